//! `vmcoroner timeline`: what happened to a VM and to what it depends on, in the order of time.

use super::args::{InputArgs, OutputArgs, TimeArgs};
use super::exit::{self, Failure};
use super::{output, progress};
use crate::cli::formats::TIMELINE;
use crate::report::{Format, View};
use clap::Args;

/// What `timeline` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vmcoroner timeline case.tgz --vm APP01       every event of APP01, its datastore and its host
  vmcoroner timeline a.tgz b.tgz --vm APP01    the same of a VM that moved from one host to the other
  vmcoroner timeline case.tgz --vm APP01 --since 2026-03-14T02:30 --until 2026-03-14T03:30
                                               one hour of it")]
pub(crate) struct TimelineArgs {
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    time: TimeArgs,
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "text", value_parser = TIMELINE, help_heading = "Output")]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs the command.
pub(crate) fn run(args: &TimelineArgs) -> Result<u8, Failure> {
    let mut options = args.input.options()?;
    args.time.apply(&mut options)?;
    let target = args.output.target();
    output::check(std::slice::from_ref(&target), &args.input)?;
    let listener = progress::listener(args.input.progress);
    let line = crate::timeline::timeline(&args.input.sources(), &options, listener.as_ref())?;
    drop(listener);
    output::write(&target, args.format, View::Timeline(&line))?;
    let whole = line.inputs.iter().all(|input| input.state == crate::terms::InputState::Complete);
    Ok(if whole { exit::OK } else { exit::PARTIAL })
}
