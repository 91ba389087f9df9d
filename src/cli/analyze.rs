//! `vmcoroner analyze`: where the crashes came from.

use super::args::AnalyzeArgs;
use super::exit::{Failure, exit_code, exit_code_of};
use super::output::{self, Ending, LineOutputs, Target};
use super::{progress, stop};
use crate::Options;
use crate::report::model::Report;
use crate::report::{Format, Tally, View};
use crate::{analyze, stream};

/// Runs the command.
pub(crate) fn run(args: &AnalyzeArgs) -> Result<u8, Failure> {
    let mut options = args.input.options()?;
    options.window_before_ms = args.window_before.ms();
    options.window_after_ms = args.window_after.ms();
    options.bugcheck = args.bugcheck;
    args.time.apply(&mut options)?;
    let main = (args.format, args.output.target());
    let outputs: Vec<(Format, Target)> =
        std::iter::once(main).chain(args.report.iter().map(|to| (to.format, to.target.clone()))).collect();
    let targets: Vec<Target> = outputs.iter().map(|(_, target)| target.clone()).collect();
    let (lines, whole): (Vec<_>, Vec<_>) = outputs.into_iter().partition(|(format, _)| format.is_streamed());
    if args.resume.is_some() && !whole.is_empty() {
        return Err(Failure::usage(
            "--resume goes with --format jsonl alone: other reports need all inputs to be read",
        ));
    }
    output::check(&targets, &args.input)?;
    let stop = &options.limits.stop;
    stop::on_interrupt(stop);
    if !lines.is_empty() {
        let lines: Vec<Target> = lines.into_iter().map(|(_, target)| target).collect();
        return in_lines(args, &options, &lines, &whole);
    }
    let listener = progress::listener(args.input.progress);
    let report = analyze(&args.input.sources(), &options, listener.as_ref())?;
    drop(listener);
    write(&whole, &report, stop.is_set())?;
    Ok(if stop.is_set() { stop::STOPPED } else { exit_code(&report, args.fail_on.as_ref()) })
}

/// Writes each input as soon as it is finished, and the other reports at the end.
fn in_lines(
    args: &AnalyzeArgs,
    options: &Options,
    lines: &[Target],
    whole: &[(Format, Target)],
) -> Result<u8, Failure> {
    let stop = &options.limits.stop;
    let (mut outputs, earlier) = LineOutputs::open(lines, args.resume.as_deref())?;
    let listener = progress::listener(args.input.progress);
    let streaming = stream::Streaming { earlier: &earlier, whole: !whole.is_empty() };
    let outcome = stream::run(&args.input.sources(), options, listener.as_ref(), streaming, &mut |one| {
        if !outputs.take(one) {
            stop.set();
        }
    });
    drop(listener);
    let broken = outputs.is_broken();
    let (report, tally, error) = match outcome {
        Ok(outcome) => (outcome.report, outcome.tally, outcome.error),
        Err(error) => (None, Tally::default(), Some(error)),
    };
    let nothing = error.filter(|_| tally.found == 0 && !stop.is_set());
    outputs.finish(if stop.is_set() {
        Ending::Stopped
    } else if tally.found == 0 {
        Ending::Nothing
    } else {
        Ending::Whole
    })?;
    if let Some(report) = &report {
        write(whole, report, stop.is_set())?;
    }
    if broken {
        return Ok(exit_code_of(&tally, args.fail_on.as_ref()));
    }
    match nothing {
        Some(error) => Err(Failure::from(error)),
        None if stop.is_set() => Ok(stop::STOPPED),
        None => Ok(exit_code_of(&tally, args.fail_on.as_ref())),
    }
}

/// Writes the reports that are made when everything is read.
fn write(outputs: &[(Format, Target)], report: &Report, stopped: bool) -> Result<(), Failure> {
    for (format, target) in outputs {
        let target = if stopped { target.clone().stopped() } else { target.clone() };
        output::write(&target, *format, View::Report(report))?;
    }
    Ok(())
}
