//! `vmcoroner inventory`: what is in the bundles.

use super::args::{InputArgs, OutputArgs};
use super::exit::{Failure, exit_code};
use super::{output, progress};
use crate::analyze;
use crate::report::{Format, inventory};
use clap::Args;

/// What `inventory` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vmcoroner inventory case.tgz                 which hosts and VMs are in it, what time the logs cover
  vmcoroner inventory case/ --format json      the same for scripts")]
pub(crate) struct InventoryArgs {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs the command.
pub(crate) fn run(args: &InventoryArgs) -> Result<u8, Failure> {
    if args.output.format == Format::Jsonl {
        return Err(Failure::usage("an inventory is written as text or json"));
    }
    let target = args.output.target();
    output::check(std::slice::from_ref(&target), &args.input)?;
    let listener = progress::listener(args.input.progress);
    let report = analyze(&args.input.sources(), &args.input.options()?, listener.as_ref())?;
    drop(listener);
    match args.output.format {
        Format::Json => output::data(&target, |out| inventory::write_json(&report, out))?,
        _ => output::text(&target, |out, look| inventory::write_text(&report, look, out))?,
    }
    Ok(exit_code(&report, None))
}
