//! A run whose inputs are reported one by one, each as soon as it and all before it are finished.

use crate::batch::{self, Planned, Request, Run};
use crate::clean::clean;
use crate::engine;
use crate::error::Error;
use crate::gather::{Gathered, gather_each};
use crate::input::{Fingerprint, Fnv};
use crate::options::Options;
use crate::progress::Progress;
use crate::read_input::Done;
use crate::report::Tally;
use crate::report::assemble;
use crate::report::jsonl::{self, Earlier, Entry, Known};
use crate::report::model::Report;
use crate::source::Source;
use crate::terms::FileRole;

/// What a listener is given for each input, in the order of the inputs.
#[derive(Debug)]
pub enum Streamed {
    /// It is in an earlier file and was not read; its id in this run.
    Known(Entry, String),
    /// Its lines.
    Lines(Vec<u8>),
}

/// What came of a streamed run.
#[derive(Debug)]
pub struct StreamedRun {
    /// What the exit status needs to know.
    pub tally: Tally,
    /// The first error, if nothing was found at all.
    pub error: Option<Error>,
    /// The report about everything, if it was wanted.
    pub report: Option<Report>,
}

/// What a streamed run has to go on.
#[derive(Clone, Copy)]
pub struct Streaming<'a> {
    /// Inputs that stand here are not read.
    pub earlier: &'a Earlier,
    /// Whether the one report about everything is made too.
    pub whole: bool,
}

/// What was made of one input on the thread that read it.
struct Step {
    streamed: Option<Streamed>,
    tally: Tally,
    error: Option<Error>,
}

/// Reads what is given and hands the lines of each input to `each`, in their order. Inputs that are in an earlier file
/// are not read; an input whose reading was stopped has no lines.
///
/// # Errors
/// As [`crate::analyze`], but only if a report about everything is wanted.
pub fn run(
    given: &[Source],
    options: &Options,
    progress: &dyn Progress,
    streaming: Streaming<'_>,
    each: &mut dyn FnMut(Streamed),
) -> Result<StreamedRun, Error> {
    let hash = settings_hash(options);
    let mut outcome = StreamedRun { tally: Tally::default(), error: None, report: None };
    let work = |at: usize, one: &Planned, run: &Run<'_>| match known(at, one, run, streaming.earlier, &hash) {
        Ok(step) => (step, None),
        Err(mark) => lines(run.read(at, one), mark.as_ref(), options, streaming.whole, &hash),
    };
    let ahead = 4 * batch::threads(options).max(8);
    let all = gather_each(Request { given, options, progress }, ahead, &work, &mut |step: Step| {
        outcome.tally.merge(step.tally);
        if let Some(streamed) = step.streamed {
            each(streamed);
        }
        outcome.error = outcome.error.take().or(step.error);
    });
    if all.files.iter().any(|file| file.role == FileRole::NotRead) {
        outcome.tally.partial = outcome.tally.partial.max(1);
    }
    if streaming.whole {
        outcome.report = Some(engine::report(all.finish(options)?, options));
    }
    Ok(outcome)
}

/// The step of an input that is in an earlier file unchanged; otherwise the input's mark.
fn known(
    at: usize,
    one: &Planned,
    run: &Run<'_>,
    earlier: &Earlier,
    hash: &str,
) -> Result<Step, Option<Fingerprint>> {
    let Planned::Source(source, _) = one else { return Err(None) };
    let Some(mark) = source.mark() else { return Err(None) };
    let path = clean(&source.path().to_string_lossy()).into_owned();
    let Some(entry) = earlier.find(&path, &mark, hash) else { return Err(Some(mark)) };
    run.pass(at, source);
    let streamed = Some(Streamed::Known(entry.clone(), assemble::input_id(at)));
    Ok(Step { streamed, tally: entry.tally.clone(), error: None })
}

/// The lines of an input judged by itself, and the input, if it is wanted for the report about everything.
fn lines(
    mut done: Done,
    mark: Option<&Fingerprint>,
    options: &Options,
    whole: bool,
    hash: &str,
) -> (Step, Option<Done>) {
    let hosts = if whole { done.hosts.clone() } else { std::mem::take(&mut done.hosts) };
    let alone = engine::report(Gathered::alone(done.input.clone(), hosts), options);
    let mut lines = Vec::new();
    // Writing into memory cannot fail.
    let _ = jsonl::write(&alone, Known { mark, run: hash }, &mut lines);
    let streamed = (!done.stopped).then_some(Streamed::Lines(lines));
    let error = if whole { None } else { done.error.take() };
    (Step { streamed, tally: Tally::of(&alone), error }, whole.then_some(done))
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
