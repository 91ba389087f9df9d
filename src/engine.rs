//! From paths to a report.

use crate::error::AnalyzeError;
use crate::progress::Progress;
use crate::report::model::{Report, SCHEMA, Settings, Summary, Tool};
use crate::rules::RuleSet;
use crate::trace::Trace;
use crate::windows::Given;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What decides a run besides its inputs.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long before a crash evidence counts, in milliseconds.
    pub window_before_ms: i64,
    /// How long after a crash late writers count, in milliseconds.
    pub window_after_ms: i64,
    /// Threads; 0 takes as many as the machine has.
    pub jobs: usize,
    /// Only VMs whose name matches this (`*` and `?`).
    pub vm: Option<String>,
    /// What the Windows side says.
    pub bugcheck: Option<Given>,
    /// The rules.
    pub rules: Arc<RuleSet>,
}

/// Analyses what is given.
///
/// # Errors
/// Nothing given could be analysed.
pub fn analyze(
    paths: &[PathBuf],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Report, AnalyzeError> {
    progress.begin("looking", None);
    for path in paths {
        AnalyzeError::probe(path)?;
    }
    progress.end();
    #[allow(clippy::cast_precision_loss)]
    let seconds = |ms: i64| ms as f64 / 1000.0;
    Ok(Report {
        schema: SCHEMA.into(),
        tool: Tool { name: "vmcoroner".into(), version: env!("CARGO_PKG_VERSION").into() },
        settings: Settings {
            window_before_s: seconds(options.window_before_ms),
            window_after_s: seconds(options.window_after_ms),
        },
        inputs: Vec::new(),
        hosts: Vec::new(),
        vms: Vec::new(),
        incidents: Vec::new(),
        summary: Summary {
            inputs: 0,
            hosts: 0,
            vms: 0,
            crashes: 0,
            by_origin: BTreeMap::new(),
            partial: false,
        },
    })
}

/// Follows one rule through what is given.
///
/// # Errors
/// As [`analyze`].
pub fn trace(
    _rule: &str,
    paths: &[PathBuf],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Trace, AnalyzeError> {
    analyze(paths, options, progress).map(|_| Trace::default())
}
