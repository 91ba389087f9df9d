//! What all readers and workers of a run share.

use super::pool::Pool;
use super::scanner::{MAX_LINE_BYTES, Scanner};
use crate::limits::Limits;
use crate::log::{LogKind, Millis};
use crate::rules::{Filter, RuleSet};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Everything the readers and workers of a run share.
#[derive(Debug)]
pub struct Shared {
    /// The rules.
    pub rules: Arc<RuleSet>,
    /// By kind; built when the first log of the kind comes.
    filters: BTreeMap<LogKind, OnceLock<Option<Filter>>>,
    /// The buffers.
    pub pool: Pool,
    /// What an input may cost.
    pub limits: Limits,
}

impl Shared {
    /// Shares the rules; at most `buffers` buffers are made.
    #[must_use]
    pub fn new(rules: Arc<RuleSet>, buffers: usize, limits: Limits) -> Self {
        let filters = LogKind::ALL.iter().map(|kind| (*kind, OnceLock::new())).collect();
        Self { rules, filters, pool: Pool::new(buffers, 24 << 20), limits }
    }

    pub(super) fn scanner(&self, kind: LogKind, reference: Millis) -> Scanner<'_> {
        let line_limit = self.limits.line.min(MAX_LINE_BYTES);
        let filter = self
            .filters
            .get(&kind)
            .and_then(|own| own.get_or_init(|| Filter::new(&self.rules, kind)).as_ref());
        Scanner { rules: &self.rules, filter, kind, reference, line_limit }
    }
}
