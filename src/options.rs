//! What decides a run besides its inputs.

use crate::limits::Budgets;
use crate::rules::RuleSet;
use crate::verdict::Windows;
use crate::windows::Given;
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
    /// What inputs may cost.
    pub limits: Budgets,
}

impl Options {
    /// The defaults of the command line with these rules.
    #[must_use]
    pub fn new(rules: Arc<RuleSet>) -> Self {
        let windows = Windows::default();
        Self {
            window_before_ms: windows.before,
            window_after_ms: windows.after,
            jobs: 0,
            vm: None,
            bugcheck: None,
            rules,
            limits: Budgets::default(),
        }
    }

    /// The windows in which evidence counts.
    pub(crate) fn windows(&self) -> Windows {
        Windows { before: self.window_before_ms, after: self.window_after_ms, evidence: self.limits.evidence }
    }
}
