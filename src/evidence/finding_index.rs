//! Which findings may concern a VM, worked out once for a host: a flood of lines times a thousand VMs must not be
//! looked at a thousand times.

use super::model::{Finding, FindingId, HostModel, VmId};
use super::tie::{Key, Several, Tie, Way, tie, way};
use crate::rules::{Compiled, RuleSet, TieBy};
use std::collections::{BTreeMap, BTreeSet};

/// For each VM of a host the findings that may concern it as a crash, an operation or a fact.
#[derive(Debug, Clone, Default)]
pub struct FindingIndex {
    /// By VM: in its own log, or naming it.
    own: Vec<Vec<FindingId>>,
    /// Naming no VM.
    unnamed: Vec<FindingId>,
    /// Naming a VM that the host does not have, or a world that no list knows.
    of_no_vm: Vec<FindingId>,
}

impl FindingIndex {
    /// The findings that may concern a VM, in their order, with their tie: those of its own log and those of the
    /// host's logs that are tied to it or name no VM.
    #[must_use]
    pub fn of_vm(&self, host: &HostModel, rules: &RuleSet, vm: VmId) -> Vec<(FindingId, Tie)> {
        let tied = |&at: &FindingId| (at, tie(host, &rules[host[at].rule], &host[at], vm));
        let mut all: Vec<(FindingId, Tie)> = self.own.get(vm.at()).into_iter().flatten().map(tied).collect();
        all.extend(self.unnamed.iter().map(|&at| (at, Tie::Moment)));
        all.sort_unstable();
        all
    }

    /// The findings in the host's logs that tell crashes or operations and are tied to no VM: they name no VM, or one
    /// that is not known here.
    #[must_use]
    pub fn of_no_vm(&self) -> Vec<FindingId> {
        let mut all: Vec<FindingId> = self.unnamed.iter().chain(&self.of_no_vm).copied().collect();
        all.sort_unstable();
        all
    }

    /// Of a model that is finished: VMs that moved here are in it.
    #[must_use]
    pub fn of(host: &HostModel, rules: &RuleSet) -> Self {
        let mut lists = Self { own: vec![Vec::new(); host.vms.len()], ..Self::default() };
        let mut known: BTreeMap<(TieBy, String), Vec<VmId>> = BTreeMap::new();
        for (at, finding) in host.findings_by_id() {
            let rule = &rules[finding.rule];
            if rule.rule.crash.is_none() && rule.rule.operation.is_none() && rule.rule.fact.is_none() {
                continue;
            }
            match finding.owner {
                Some(vm) => lists.add(vm, at),
                None if rule.rule.crash.is_none() && rule.rule.operation.is_none() => {}
                None => lists.host_line(host, rule, at, finding, &mut known),
            }
        }
        lists
    }

    fn add(&mut self, vm: VmId, at: FindingId) {
        if let Some(own) = self.own.get_mut(vm.at()) {
            own.push(at);
        }
    }

    /// A line of one of the host's logs: the VMs its keys name, or all if they name none and the moment may do.
    fn host_line(
        &mut self,
        host: &HostModel,
        rule: &Compiled,
        at: FindingId,
        finding: &Finding,
        known: &mut BTreeMap<(TieBy, String), Vec<VmId>>,
    ) {
        let mut candidates = BTreeSet::new();
        let mut decided = false;
        for &by in &rule.ties {
            // What is below a VM is not the VM.
            let Way::Names { names, none, several } = way(by) else { continue };
            let Some(text) = finding.captures.get(by.as_str()).filter(|text| !text.is_empty()) else {
                continue;
            };
            let found = || Key::new(host, by, text, finding.time).named(names);
            let owners = match by {
                // Worlds come and go: whose one is depends on the time.
                TieBy::World | TieBy::Cartel => &found(),
                _ => known.entry((by, text.to_owned())).or_insert_with(found),
            };
            candidates.extend(owners.iter().copied());
            decided = match owners.len() {
                0 => none == Tie::Other,
                1 => true,
                _ => several != Several::Unclear,
            };
            if decided {
                break;
            }
        }
        if decided && !candidates.is_empty() {
            for vm in candidates {
                self.add(vm, at);
            }
        } else if decided {
            self.of_no_vm.push(at);
        } else if rule.ties.contains(&TieBy::Moment) {
            self.unnamed.push(at);
        } else {
            self.of_no_vm.push(at);
        }
    }
}
