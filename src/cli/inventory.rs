//! `vmcoroner inventory`: what is in the bundles.

use super::args::{InputArgs, OutputArgs};
use super::exit::{Failure, exit_code};
use super::{output, progress};
use crate::analyze;
use crate::cli::formats::INVENTORY;
use crate::report::{Format, View};
use clap::Args;

/// What `inventory` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vmcoroner inventory case.tgz                 which hosts and VMs are in it, what time the logs cover
  vmcoroner inventory case/ --format json      the same for scripts")]
pub(crate) struct InventoryArgs {
    #[command(flatten)]
    pub(super) input: InputArgs,
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "text", value_parser = INVENTORY, help_heading = "Output")]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs the command.
pub(crate) fn run(args: &InventoryArgs) -> Result<u8, Failure> {
    let target = args.output.target();
    output::check(std::slice::from_ref(&target), &args.input)?;
    let listener = progress::listener(args.input.progress);
    let report = analyze(&args.input.sources(), &args.input.options()?, listener.as_ref())?;
    drop(listener);
    output::write(&target, args.format, View::Inventory(&report))?;
    Ok(exit_code(&report, None))
}
