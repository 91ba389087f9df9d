//! What the workers found, within a budget: the first hits of each log and of each bundle, whatever the order in
//! which the chunks come.

use super::bundle_scan::ChunkDone;
use super::log_assembly::LogAssembly;
use super::scanner::{HitRole, hit_role};
use crate::rules::RuleSet;
use std::collections::BTreeMap;

/// The members of each bundle, in their order.
pub(super) type ByMember = BTreeMap<(usize, usize), LogAssembly>;

/// The logs of an input.
///
/// A hit is kept if it lies within the first quarter of the budget of its log, and that within the first budget of
/// its bundle, both counted over everything that was found. Chunks of a log are joined in their order; what is joined
/// later but lies in front can only push more out. Hence what is kept does not depend on the order of coming, and what
/// is surely out can be dropped at once.
#[derive(Debug, Default)]
pub(super) struct FindingsBudget {
    /// Bytes that the hits of one bundle may take.
    budget: usize,
    /// What the hits of each rule tell.
    hit_role: Vec<HitRole>,
    logs: ByMember,
    /// Bytes of hits that are held, by bundle.
    held: BTreeMap<usize, usize>,
    /// Behind this member nothing of a bundle is kept.
    cuts: BTreeMap<usize, usize>,
    /// Bytes of hits in chunks that wait for one before them.
    waiting: usize,
}

impl FindingsBudget {
    pub(super) fn new(budget: usize, rules: &RuleSet) -> Self {
        let hit_role = rules.rules().iter().map(hit_role).collect();
        Self { budget, hit_role, ..Self::default() }
    }

    /// Whether so much waits for a chunk before it that no further chunks should be read.
    pub(super) fn waits(&self) -> bool {
        self.waiting > self.budget / 4
    }

    #[cfg(test)]
    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting
    }

    /// Bytes of all hits that are held.
    pub(super) fn bytes(&self) -> usize {
        self.waiting + self.held.values().sum::<usize>()
    }

    /// Takes a chunk.
    pub(super) fn add(&mut self, chunk: ChunkDone) {
        let key @ (bundle, member) = (chunk.bundle, chunk.member);
        let log = self.logs.entry(key).or_default();
        if self.cuts.get(&bundle).is_some_and(|cut| member > *cut) {
            log.close();
        }
        let before = log.size();
        log.add(chunk, &self.hit_role);
        if log.size().found_bytes > self.budget / 4 {
            log.keep_first(self.budget / 4);
        }
        let after = log.size();
        self.waiting = self.waiting + after.waiting_bytes - before.waiting_bytes;
        let held = self.held.entry(bundle).or_default();
        *held = *held + after.held_bytes - before.held_bytes;
        if *held > self.budget {
            self.trim(bundle);
        }
    }

    /// Drops what is surely out of a bundle.
    fn trim(&mut self, bundle: usize) {
        let (mut room, mut held) = (self.budget, 0);
        for ((_, member), log) in self.logs.range_mut((bundle, 0)..=(bundle, usize::MAX)) {
            log.keep_first(room.min(self.budget / 4));
            room = room.saturating_sub(log.size().found_bytes.min(self.budget / 4));
            held += log.size().held_bytes;
            if room == 0 {
                let cut = self.cuts.entry(bundle).or_insert(*member);
                *cut = (*cut).min(*member);
            }
        }
        self.held.insert(bundle, held);
    }

    /// The logs, and how many hits of each bundle were left out.
    pub(super) fn finish(mut self) -> (ByMember, BTreeMap<usize, u64>) {
        let hit_role = std::mem::take(&mut self.hit_role);
        for log in self.logs.values_mut() {
            log.settle(&hit_role);
        }
        let bundles: Vec<usize> = self.held.keys().copied().collect();
        for bundle in bundles {
            self.trim(bundle);
        }
        let mut lost: BTreeMap<usize, u64> = BTreeMap::new();
        for ((bundle, _), log) in &self.logs {
            let gone = log.size().found - log.size().held;
            if gone > 0 {
                *lost.entry(*bundle).or_default() += gone;
            }
        }
        (self.logs, lost)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::bundle::Owner;
    use crate::log::LogKind;
    use crate::rules::RuleId;
    use crate::scan::{ChunkResult, Hit, MemberLog};
    use proptest::prelude::*;

    fn chunk(bundle: usize, member: usize, number: u32, hits: usize) -> ChunkDone {
        // The first and every third hit hit_role what happened or is a sign of life.
        let hit = |n: usize| Hit {
            rule: RuleId::new(n % 3),
            index: n as u64,
            time: None,
            before: None,
            captures: Default::default(),
            text: "x".repeat(80).into(),
            count: 1,
            last: None,
        };
        let scanned = ChunkResult { hits: (0..hits).map(hit).collect(), ..ChunkResult::default() };
        ChunkDone { bundle, member, chunk: number, scanned, bytes: 0, long_lines: 0 }
    }

    fn member_log() -> MemberLog {
        MemberLog {
            path: String::new(),
            kind: LogKind::Vmware,
            known: true,
            quoting: crate::quoting::Quoting::default(),
            owner: Owner::Host,
            modified: None,
            bytes: 0,
            scanned: ChunkResult::default(),
            spans: Vec::new(),
            unset: Vec::new(),
            long_lines: 0,
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_does_not_depend_on_the_order_of_coming(
            sizes in prop::collection::vec((0_usize..2, 0_usize..4, 0_usize..30), 1..40),
            seed in any::<u64>(),
            alive in any::<bool>(),
        ) {
            let make = || {
                let mut counts: BTreeMap<(usize, usize), u32> = BTreeMap::new();
                sizes.iter().map(|&(bundle, member, hits)| {
                    let number = counts.entry((bundle, member)).or_default();
                    *number += 1;
                    chunk(bundle, member, *number - 1, hits)
                }).collect::<Vec<_>>()
            };
            let keep = |chunks: Vec<ChunkDone>| {
                let hit_role = vec![HitRole::Heartbeat, HitRole::Evidence, if alive { HitRole::Heartbeat } else { HitRole::Event }];
                let mut found = FindingsBudget { budget: 40_000, hit_role, ..FindingsBudget::default() };
                for chunk in chunks {
                    found.add(chunk);
                }
                let (by_member, lost) = found.finish();
                let kept: Vec<_> = by_member.into_iter().map(|(key, log)| {
                    let mut member = member_log();
                    log.into_log(&mut member);
                    (key, member)
                }).collect();
                (kept, lost)
            };
            let in_order = keep(make());
            let mut shuffled = make();
            let mut state = seed;
            for at in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                shuffled.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
            }
            prop_assert_eq!(keep(shuffled), in_order);
        }
    }
}
