//! `vmcoroner analyze`: where the crashes came from.

use super::args::AnalyzeArgs;
use super::exit::{Failure, exit_code, exit_code_of};
use super::stream::Sinks;
use super::{output, progress, stop};
use std::path::Path;
use vmcoroner::report::jsonl::Earlier;
use vmcoroner::report::model::Report;
use vmcoroner::report::{Format, json, text};
use vmcoroner::{analyze, stream};

/// Runs the command.
pub(crate) fn run(args: &AnalyzeArgs) -> Result<u8, Failure> {
    let mut options = args.input.options()?;
    options.window_before_ms = args.window_before.ms();
    options.window_after_ms = args.window_after.ms();
    options.bugcheck = args.bugcheck;
    args.time.apply(&mut options)?;
    let main = (args.output.format, args.output.output.as_deref());
    let outputs: Vec<(Format, Option<&Path>)> = std::iter::once(main)
        .chain(args.report.iter().map(|to| (to.format, Some(to.file.as_path()))))
        .collect();
    let (lines, whole): (Vec<_>, Vec<_>) =
        outputs.into_iter().partition(|(format, _)| *format == Format::Jsonl);
    if args.resume.is_some() && !whole.is_empty() {
        return Err(Failure::usage(
            "--resume goes with --format jsonl alone: other reports need all inputs to be read",
        ));
    }
    let limits = &options.limits.input;
    stop::on_interrupt(&limits.stop);
    let listener = progress::listener(args.input.progress);
    let status = if lines.is_empty() {
        let report = analyze(&args.input.paths, &options, listener.as_ref())?;
        drop(listener);
        write(&whole, &report)?;
        exit_code(&report, args.fail_on.as_ref())
    } else {
        let earlier = match &args.resume {
            Some(file) => Earlier::load(file).map_err(|error| unreadable(file, &error))?,
            None => Earlier::default(),
        };
        let mut sinks = Sinks::open(&lines, args.resume.as_deref())?;
        let outcome = stream::run(
            &args.input.paths,
            &options,
            listener.as_ref(),
            &earlier,
            !whole.is_empty(),
            &mut |one| {
                if !sinks.take(one) {
                    limits.stop.set();
                }
            },
        );
        drop(listener);
        let broken = sinks.finish()?;
        let outcome = outcome?;
        if let Some(report) = &outcome.report {
            write(&whole, report)?;
        }
        if broken {
            return Ok(exit_code_of(&outcome.tally, args.fail_on.as_ref()));
        }
        match outcome.error {
            Some(error) if outcome.tally.found == 0 && !limits.stop.is_set() => {
                return Err(Failure::from(error));
            }
            _ => exit_code_of(&outcome.tally, args.fail_on.as_ref()),
        }
    };
    Ok(if limits.stop.is_set() { stop::STOPPED } else { status })
}

/// Writes the reports that are made when everything is read.
fn write(outputs: &[(Format, Option<&Path>)], report: &Report) -> Result<(), Failure> {
    for &(format, file) in outputs {
        match format {
            Format::Json => output::data(file, |out| json::write(report, out))?,
            _ => output::text(file, |out, look| text::write(report, look, out))?,
        }
    }
    Ok(())
}

/// The file of `--resume` cannot be read.
fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    let error = output::named(file, error);
    Failure::usage(format!("--resume: cannot read {error}"))
        .with_hint(Some("it takes a file that an earlier run wrote with --format jsonl".to_owned()))
}
