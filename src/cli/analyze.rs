//! `vmcoroner analyze`: where the crashes came from.

use super::args::AnalyzeArgs;
use super::exit::{Failure, exit_code};
use super::{output, progress};
use vmcoroner::analyze;
use vmcoroner::report::{Format, json, text};

/// Runs the command.
pub(crate) fn run(args: &AnalyzeArgs) -> Result<u8, Failure> {
    let mut options = args.input.options()?;
    options.window_before_ms = args.window_before.ms();
    options.window_after_ms = args.window_after.ms();
    options.bugcheck = args.bugcheck;
    let listener = progress::listener(args.input.progress);
    let report = analyze(&args.input.paths, &options, listener.as_ref())?;
    drop(listener);
    let file = args.output.output.as_deref();
    match args.output.format {
        Format::Json => output::data(file, |out| json::write(&report, out))?,
        _ => output::text(file, |out, look| text::write(&report, look, out))?,
    }
    Ok(exit_code(&report, args.fail_on.as_ref()))
}
