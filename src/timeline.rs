//! Every parsed event of a VM and of what it depends on, merged in the order of time, with its distance from each crash.

use crate::batch::Request;
use crate::error::Error;
use crate::gather::gather;
use crate::options::Options;
use crate::progress::Progress;
use crate::report::assemble;
use crate::report::timeline::Timeline;
use crate::source::Source;
use crate::verdict;

/// Reads what is given and merges the events of every VM that `options.vm` names.
///
/// # Errors
/// As [`crate::analyze`].
pub fn timeline(given: &[Source], options: &Options, progress: &dyn Progress) -> Result<Timeline, Error> {
    let gathered = gather(Request { given, options, progress })?;
    let verdicts = verdict::run(&gathered.hosts, options.inquiry());
    Ok(assemble::timeline(&gathered.inputs, &gathered.hosts, &verdicts, options))
}
