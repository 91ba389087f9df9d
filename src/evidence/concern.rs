//! Which findings may concern a VM, worked out once for a host: a flood of lines times a thousand VMs must not be
//! looked at a thousand times.

use super::model::{Finding, HostModel};
use super::tie::{Key, Several, Tie, Way, tie, way};
use crate::rules::{Compiled, RuleSet, TieBy};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// For each VM the findings that may be tied to it, among those that tell crashes, operations and facts.
#[derive(Debug, Clone, Default)]
pub struct Concerns(OnceLock<Lists>);

#[derive(Debug, Clone, Default)]
struct Lists {
    /// By VM: in its own log, or naming it.
    own: Vec<Vec<usize>>,
    /// Naming nobody.
    anyone: Vec<usize>,
    /// Naming a VM that the host does not have, or a world that no list knows.
    nobody: Vec<usize>,
}

/// It follows from the rest of the model.
impl PartialEq for Concerns {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl HostModel {
    /// The findings that may concern a VM as a crash, an operation or a fact, in their order, with their tie: those of
    /// its own log and those of the host's logs that are tied to it or name nobody. To be asked only of a finished model.
    pub fn concerning(&self, rules: &RuleSet, vm: usize) -> Vec<(usize, Tie)> {
        let lists = self.concerns.0.get_or_init(|| Lists::of(self, rules));
        let tied = |&at: &usize| {
            let finding = self.findings.get(at)?;
            Some((at, tie(self, rules.rules().get(finding.rule)?, finding, vm)))
        };
        let mut all: Vec<(usize, Tie)> = lists.own.get(vm).into_iter().flatten().filter_map(tied).collect();
        all.extend(lists.anyone.iter().map(|&at| (at, Tie::Moment)));
        all.sort_unstable();
        all
    }

    /// The findings in the host's logs that tell crashes or operations and are tied to no VM: they name nobody, or one
    /// that is not known here. To be asked only of a finished model.
    #[must_use]
    pub fn concerning_nobody(&self, rules: &RuleSet) -> Vec<usize> {
        let lists = self.concerns.0.get_or_init(|| Lists::of(self, rules));
        let mut all: Vec<usize> = lists.anyone.iter().chain(&lists.nobody).copied().collect();
        all.sort_unstable();
        all
    }
}

impl Lists {
    fn of(host: &HostModel, rules: &RuleSet) -> Self {
        let mut lists = Self { own: vec![Vec::new(); host.vms.len()], ..Self::default() };
        let mut known: BTreeMap<(TieBy, String), Vec<usize>> = BTreeMap::new();
        for (at, finding) in host.findings.iter().enumerate() {
            let Some(rule) = rules.rules().get(finding.rule) else { continue };
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

    fn add(&mut self, vm: usize, at: usize) {
        if let Some(own) = self.own.get_mut(vm) {
            own.push(at);
        }
    }

    /// A line of one of the host's logs: the VMs its keys name, or all if they name none and the moment may do.
    fn host_line(
        &mut self,
        host: &HostModel,
        rule: &Compiled,
        at: usize,
        finding: &Finding,
        known: &mut BTreeMap<(TieBy, String), Vec<usize>>,
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
            self.nobody.push(at);
        } else if rule.ties.contains(&TieBy::Moment) {
            self.anyone.push(at);
        } else {
            self.nobody.push(at);
        }
    }
}
