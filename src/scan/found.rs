//! What the workers found, within a budget: the first hits of each log and of each bundle, whatever the order in
//! which the pieces come.

use super::pass::PieceDone;
use super::scanned::Hit;
use std::collections::BTreeMap;

/// The pieces of each member of each bundle, in their order.
pub(super) type ByMember = BTreeMap<(usize, usize), Vec<PieceDone>>;

/// Bundle, member, piece: the order of the input.
type Key = (usize, usize, u32);

/// The pieces of all members of an input.
///
/// A hit is kept if it lies within the first quarter of the budget of its log, and that within the first budget of
/// its bundle, both counted over everything that was found. What comes later but lies in front can only push more out;
/// hence what is kept does not depend on the order of coming, and what is surely out can be dropped at once.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Bytes that the hits of one bundle may take.
    budget: usize,
    pieces: BTreeMap<Key, Piece>,
    /// Bytes of hits that are held, by bundle.
    held: BTreeMap<usize, usize>,
    /// Bytes of hits that were found, by member.
    members: BTreeMap<(usize, usize), usize>,
    /// Behind this piece nothing of a bundle is kept.
    cuts: BTreeMap<usize, Key>,
}

#[derive(Debug)]
struct Piece {
    done: PieceDone,
    /// Bytes of all its hits, those dropped included.
    bytes: usize,
    /// How many there were.
    hits: usize,
}

impl Found {
    pub(super) fn new(budget: usize) -> Self {
        Self { budget, ..Self::default() }
    }

    /// Takes a piece.
    pub(super) fn add(&mut self, mut done: PieceDone) {
        let key = (done.bundle, done.member, done.piece);
        let (bytes, hits) = (cost(&done.scanned.hits), done.scanned.hits.len());
        if self.cuts.get(&key.0).is_some_and(|cut| key > *cut) {
            done.scanned.hits = Vec::new();
            self.pieces.insert(key, Piece { done, bytes, hits });
            return;
        }
        let cut_before = self.cuts.contains_key(&key.0);
        let member = self.members.entry((key.0, key.1)).or_default();
        *member += bytes;
        let member = *member;
        let held = self.held.entry(key.0).or_default();
        *held += bytes;
        let full = *held > self.budget;
        self.pieces.insert(key, Piece { done, bytes, hits });
        if bytes > 0 && (full || cut_before || member > self.budget / 4) {
            self.trim(key, full || cut_before);
        }
    }

    /// Drops what is surely out: in the log of this piece, or in its whole bundle.
    fn trim(&mut self, (bundle, member, _): Key, whole: bool) {
        let most = self.budget / 4;
        let (first, last) = if whole { (0, usize::MAX) } else { (member, member) };
        // Bytes of the logs before, and of this log before the piece.
        let (mut before, mut own, mut now) = (0_usize, 0_usize, first);
        let mut freed = 0;
        let mut cut = None;
        for (key, piece) in self.pieces.range_mut((bundle, first, 0)..=(bundle, last, u32::MAX)) {
            if key.1 != now {
                before += own.min(most);
                (own, now) = (0, key.1);
            }
            let room = most.saturating_sub(own).min(if whole {
                self.budget.saturating_sub(before + own)
            } else {
                most
            });
            own += piece.bytes;
            let had = cost(&piece.done.scanned.hits);
            if had > room {
                keep_first(&mut piece.done.scanned.hits, room);
                freed += had - cost(&piece.done.scanned.hits);
            }
            if whole && cut.is_none() && before + own.min(most) >= self.budget {
                cut = Some(*key);
            }
        }
        if let Some(cut) = cut {
            self.cuts.insert(bundle, cut);
        }
        let held = self.held.entry(bundle).or_default();
        *held = held.saturating_sub(freed);
    }

    /// The pieces of each member in their order, and how many hits of each bundle were left out.
    pub(super) fn finish(mut self) -> (ByMember, BTreeMap<usize, u64>) {
        let over: Vec<usize> = self.held.keys().copied().collect();
        for bundle in over {
            self.trim((bundle, 0, 0), true);
        }
        let mut lost: BTreeMap<usize, u64> = BTreeMap::new();
        let mut by_member: BTreeMap<(usize, usize), Vec<PieceDone>> = BTreeMap::new();
        for (key, piece) in self.pieces {
            let gone = piece.hits.saturating_sub(piece.done.scanned.hits.len());
            if gone > 0 {
                *lost.entry(key.0).or_default() += gone as u64;
            }
            by_member.entry((key.0, key.1)).or_default().push(piece.done);
        }
        (by_member, lost)
    }
}

/// Keeps the hits from the front that take no more than `room` bytes.
fn keep_first(hits: &mut Vec<Hit>, mut room: usize) {
    let keep = hits.iter().take_while(|hit| {
        let cost = hit_cost(hit);
        let fits = cost <= room;
        room = room.saturating_sub(cost);
        fits
    });
    let keep = keep.count();
    hits.truncate(keep);
    hits.shrink_to_fit();
}

fn cost(hits: &[Hit]) -> usize {
    hits.iter().map(hit_cost).sum()
}

/// About what a hit takes in memory.
fn hit_cost(hit: &Hit) -> usize {
    let captures: usize = hit.captures.iter().map(|(_, value)| value.len() + 48).sum();
    hit.text.len() + captures + 320
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::scan::Scanned;
    use proptest::prelude::*;

    fn piece(bundle: usize, member: usize, number: u32, hits: usize) -> PieceDone {
        let hit = |n| Hit {
            rule: 0,
            line: n as u64,
            time: None,
            before: None,
            captures: Default::default(),
            text: "x".repeat(80),
            count: 1,
            last: None,
        };
        let scanned = Scanned { hits: (0..hits).map(hit).collect(), ..Scanned::default() };
        PieceDone { bundle, member, piece: number, scanned, bytes: 0, long_lines: 0 }
    }

    proptest! {
        #[test]
        fn what_is_kept_does_not_depend_on_the_order_of_coming(
            sizes in prop::collection::vec((0_usize..2, 0_usize..4, 0_usize..30), 1..40),
            seed in any::<u64>(),
        ) {
            let make = || {
                let mut counts: BTreeMap<(usize, usize), u32> = BTreeMap::new();
                sizes.iter().map(|&(bundle, member, hits)| {
                    let number = counts.entry((bundle, member)).or_default();
                    *number += 1;
                    piece(bundle, member, *number, hits)
                }).collect::<Vec<_>>()
            };
            let keep = |pieces: Vec<PieceDone>| {
                let mut found = Found::new(40_000);
                for piece in pieces {
                    found.add(piece);
                }
                let (by_member, lost) = found.finish();
                let kept: Vec<_> = by_member.into_iter().map(|(key, pieces)| {
                    (key, pieces.into_iter().map(|piece| piece.scanned.hits.len()).collect::<Vec<_>>())
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
