//! From paths to a report: reads every input once, models its hosts, judges every crash.

use crate::batch::Request;
use crate::error::Error;
use crate::gather::{Gathered, gather};
use crate::options::Options;
use crate::progress::Progress;
use crate::report::assemble;
use crate::report::model::Report;
use crate::source::Source;
use crate::verdict;

/// Analyses what is given.
///
/// # Errors
/// Nothing given could be analysed.
pub fn analyze<S>(given: &[S], options: &Options, progress: &dyn Progress) -> Result<Report, Error>
where
    S: Clone + Into<Source>,
{
    let given: Vec<Source> = given.iter().cloned().map(Into::into).collect();
    Ok(report(gather(Request { given: &given, options, progress })?, options))
}

/// Judges what was read and makes the report.
pub(crate) fn report(gathered: Gathered, options: &Options) -> Report {
    let Gathered { inputs, hosts, files } = gathered;
    let verdicts = verdict::run(&hosts, options.inquiry());
    assemble::report((inputs, files), &hosts, &verdicts, options)
}
