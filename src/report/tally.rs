//! What the exit status needs to know of a run.

use super::model::Report;
use crate::terms::{FileRole, InputState, Origin};
use std::collections::BTreeMap;

/// What the exit status needs to know of inputs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Inputs.
    pub inputs: u64,
    /// Inputs of which something could be read.
    pub readable: u64,
    /// Inputs that were not read in full.
    pub partial: u64,
    /// Hosts and VMs: lines that are more than an input.
    pub found: u64,
    /// Crashes by origin.
    pub origins: BTreeMap<Origin, u64>,
}

impl Tally {
    /// Counts one input with its crashes.
    pub fn add(&mut self, state: InputState, found: bool, origins: impl Iterator<Item = Origin>) {
        self.inputs += 1;
        self.readable += u64::from(state != InputState::Unreadable);
        self.partial += u64::from(state != InputState::Complete);
        self.found += u64::from(found);
        for origin in origins {
            *self.origins.entry(origin).or_default() += 1;
        }
    }

    /// Counts a report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let mut tally = Self::default();
        for input in &report.inputs {
            tally.add(input.state, !report.hosts.is_empty() || !report.vms.is_empty(), std::iter::empty());
        }
        let unread = report.files.iter().any(|file| file.role == FileRole::NotRead);
        tally.partial = tally.partial.max(u64::from(unread));
        for crash in report.vms.iter().flat_map(|vm| &vm.crashes) {
            *tally.origins.entry(crash.verdict.origin).or_default() += 1;
        }
        tally
    }

    /// Counts what another one counted.
    pub fn merge(&mut self, other: Self) {
        self.inputs += other.inputs;
        self.readable += other.readable;
        self.partial += other.partial;
        self.found += other.found;
        for (origin, count) in other.origins {
            *self.origins.entry(origin).or_default() += count;
        }
    }
}
