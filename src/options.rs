//! What decides a run besides its inputs.

use crate::hints::Hints;
use crate::limits::Limits;
use crate::log::Millis;
use crate::rules::{LoadError, RuleSet};
use crate::selection::Selection;
use crate::verdict::{JudgeOptions, Method, TimeWindow};
use crate::windows::Given;
use std::sync::Arc;

/// On which threads a run works. The report is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// As many as the machine has cores.
    Machine,
    /// So many, at least one.
    Exactly(usize),
    /// None besides the one that calls: nothing is spawned, and inputs are read one after the other.
    Calling,
}

/// What decides a run besides its inputs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// How long before a crash evidence counts, in milliseconds.
    pub window_before_ms: i64,
    /// How long after a crash late writers count, in milliseconds.
    pub window_after_ms: i64,
    /// On which threads the run works.
    pub threads: Threads,
    /// Only VMs whose name matches this (`*` and `?`).
    pub vm: Option<String>,
    /// Only crashes and events at this time or later, in milliseconds since 1970 UTC.
    pub since: Option<Millis>,
    /// Only crashes and events at this time or earlier.
    pub until: Option<Millis>,
    /// What the Windows side says.
    pub bugcheck: Option<Given>,
    /// The rules.
    pub rules: Arc<RuleSet>,
    /// What inputs may cost.
    pub limits: Limits,
    /// What the report tells its reader to do next.
    pub hints: Hints,
    /// What verdicts are decided by; only tests take rows and caps out.
    #[doc(hidden)]
    pub method: Arc<Method>,
}

impl Options {
    /// The usual settings with the built-in rules.
    ///
    /// # Errors
    /// A built-in rule is wrong, which the tests of the library exclude.
    pub fn builtin() -> Result<Self, LoadError> {
        Ok(Self::new(Arc::new(RuleSet::brief()?)))
    }

    /// The usual settings with these rules.
    #[must_use]
    pub fn new(rules: Arc<RuleSet>) -> Self {
        let windows = TimeWindow::default();
        Self {
            window_before_ms: windows.before,
            window_after_ms: windows.after,
            threads: Threads::Machine,
            vm: None,
            since: None,
            until: None,
            bugcheck: None,
            rules,
            limits: Limits::default(),
            hints: Hints::LIBRARY,
            method: Arc::new(Method::default()),
        }
    }

    /// Of which VMs and of which time the result is to tell.
    pub(crate) fn selection(&self) -> Selection<'_> {
        Selection { vm: self.vm.as_deref(), since: self.since, until: self.until }
    }

    /// What crashes are judged by.
    pub(crate) fn inquiry(&self) -> JudgeOptions<'_> {
        JudgeOptions {
            rules: &self.rules,
            method: &self.method,
            windows: self.windows(),
            selection: self.selection(),
            given: self.bugcheck.as_ref(),
            most: self.limits.crashes,
            traced: None,
            give_bugcheck: self.hints.give_bugcheck,
        }
    }

    /// The windows in which evidence counts.
    pub(crate) fn windows(&self) -> TimeWindow {
        TimeWindow {
            before: self.window_before_ms,
            after: self.window_after_ms,
            evidence: self.limits.evidence,
        }
    }
}
