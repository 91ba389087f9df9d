//! A run whose inputs are reported one by one, each as soon as it and all before it are finished.

use crate::batch::{self, Collected, Planned};
use crate::engine::{self, Gathered};
use crate::error::Error;
use crate::evidence;
use crate::input::{Fnv, Mark};
use crate::options::Options;
use crate::progress::Progress;
use crate::report::clean::clean;
use crate::report::jsonl::{self, Earlier, Entry, Tally};
use crate::report::model::Report;
use crate::source::Source;

/// What a listener is given for each input, in the order of the inputs.
#[derive(Debug)]
pub enum Streamed {
    /// It stands in an earlier file and was not read; its id in this run.
    Known(Entry, String),
    /// Its lines.
    Lines(Vec<u8>),
}

/// What came of a streamed run.
#[derive(Debug)]
pub struct Outcome {
    /// What the exit status needs to know.
    pub tally: Tally,
    /// The first error, if nothing was found at all.
    pub error: Option<Error>,
    /// The report about everything, if it was wanted.
    pub report: Option<Report>,
}

struct Step {
    streamed: Option<Streamed>,
    tally: Tally,
    error: Option<Error>,
    done: Option<batch::Done>,
}

/// Reads what is given and hands the lines of each input to `each`, in their order. Inputs that stand in `earlier` are
/// not read; an input whose reading was stopped has no lines. With `whole` the one report about everything is made too.
///
/// # Errors
/// As [`crate::analyze`], but only if `whole` is wanted.
pub fn run(
    given: &[Source],
    options: &Options,
    progress: &dyn Progress,
    earlier: &Earlier,
    whole: bool,
    each: &mut dyn FnMut(Streamed),
) -> Result<Outcome, Error> {
    let planned = batch::plan(given);
    let run_hash = settings_hash(options);
    let mut outcome = Outcome { tally: Tally::default(), error: None, report: None };
    let mut all = Collected::default();
    let work = |at: usize, one: &Planned, run: &batch::Run<'_>| {
        let mut mark: Option<Mark> = None;
        if let Planned::Source(source, _) = one {
            mark = source.mark();
            let path = clean(&source.path().to_string_lossy()).into_owned();
            if let Some(entry) = mark.as_ref().and_then(|mark| earlier.find(&path, mark, &run_hash)) {
                run.pass(at, source);
                let streamed = Some(Streamed::Known(entry.clone(), format!("I{}", at + 1)));
                return Step { streamed, tally: entry.tally.clone(), error: None, done: None };
            }
        }
        let mut done = run.read(at, one);
        let error = done.error.take();
        let mut hosts = if whole { done.hosts.clone() } else { std::mem::take(&mut done.hosts) };
        let stopped = done.stopped;
        evidence::follow(&mut hosts);
        let alone = engine::report(Gathered { inputs: vec![done.input.clone()], hosts }, options);
        let mut lines = Vec::new();
        // Writing into memory cannot fail.
        let _ = jsonl::write(&alone, mark.as_ref(), &run_hash, &mut lines);
        let streamed = (!stopped).then_some(Streamed::Lines(lines));
        Step { streamed, tally: Tally::of(&alone), error, done: whole.then_some(done) }
    };
    let ahead = 4 * batch::threads(options).max(8);
    batch::run(&planned, options, progress, ahead, &work, &mut |_, step| {
        outcome.tally.merge(step.tally);
        if let Some(streamed) = step.streamed {
            each(streamed);
        }
        match step.done {
            Some(mut done) => {
                done.error = step.error;
                all.add(done);
            }
            None => outcome.error = outcome.error.take().or(step.error),
        }
    });
    if whole {
        outcome.report = Some(engine::report(all.finish(options)?, options));
    }
    Ok(outcome)
}

/// A hash of everything that decides what a report says, besides the inputs.
fn settings_hash(options: &Options) -> String {
    let mut hash = Fnv::default();
    hash.add(env!("CARGO_PKG_VERSION").as_bytes());
    let rules: Vec<_> = options.rules.rules().iter().map(|rule| &rule.rule).collect();
    let limits: Vec<u64> =
        crate::limits::Limit::ALL.iter().map(|budget| options.limits.get(*budget)).collect();
    let text = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {limits:?} {rules:?}",
        options.window_before_ms,
        options.window_after_ms,
        options.vm,
        options.since,
        options.until,
        options.bugcheck
    );
    hash.add(text.as_bytes());
    hash.shown()
}
