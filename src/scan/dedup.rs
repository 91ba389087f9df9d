//! Keeps the findings of a flood within bounds.
//!
//! A log that says the same thing a million times must not cost the memory of a million findings. Each chunk of a
//! log keeps so many findings of a rule; what is beyond is folded into its neighbours, which carry the count. The
//! bound holds for each chunk alone, so that what is kept does not depend on the order in which chunks are scanned;
//! and it is shared out evenly between the things that the findings are about, so that a flood about one VM does not
//! take the place of a line about another.

use super::chunk_result::Hit;
use super::scanner::{HitRole, hit_role, key};
use crate::rules::{RuleId, RuleSet};
use std::collections::BTreeMap;

/// Findings that a chunk keeps of a rule that gives evidence. A crash shows twelve of a rule at most.
const MAX_EVIDENCE_HITS: usize = 256;

/// Findings that a chunk keeps of a rule that hit_role crashes, operations or facts. A machine that does nothing but
/// crash writes about a thousand such lines into a chunk.
const MAX_EVENT_HITS: usize = 2_048;

/// From this chunk of a member on, that is beyond 256 MiB of one log, a quarter of it.
const LONG_LOG_CHUNKS: u32 = 256;

/// Folds what goes beyond the bounds; the order of the hits stays.
pub(super) fn bound(hits: &mut Vec<Hit>, rules: &RuleSet, chunk: u32) {
    if hits.len() <= MAX_EVIDENCE_HITS / 4 {
        return;
    }
    let mut of_rule: BTreeMap<RuleId, Vec<usize>> = BTreeMap::new();
    for (at, hit) in hits.iter().enumerate() {
        of_rule.entry(hit.rule).or_default().push(at);
    }
    let mut dropped = vec![false; hits.len()];
    for (rule, all) in of_rule {
        let rule = &rules[rule];
        let limit = if hit_role(rule) == HitRole::Evidence { MAX_EVIDENCE_HITS } else { MAX_EVENT_HITS }
            / if chunk >= LONG_LOG_CHUNKS { 4 } else { 1 };
        if all.len() <= limit {
            continue;
        }
        let mut of_key: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for at in all {
            if let Some(hit) = hits.get(at) {
                of_key.entry(key(rule, &hit.captures)).or_default().push(at);
            }
        }
        let share = (limit / of_key.len()).max(1);
        let mut kept = Vec::new();
        for own in of_key.into_values() {
            let run = own.len().div_ceil(share);
            for group in own.chunks(run) {
                kept.extend(fold(hits, group, &mut dropped, |hit| rule.strength_of(&hit.captures)));
            }
        }
        // More things than findings that may be kept: each represents its neighbours, whatever they are about.
        if kept.len() > limit {
            kept.sort_unstable();
            let run = kept.len().div_ceil(limit);
            for group in kept.chunks(run) {
                fold(hits, group, &mut dropped, |hit| rule.strength_of(&hit.captures));
            }
        }
    }
    let mut dropped = dropped.into_iter();
    hits.retain(|_| !dropped.next().unwrap_or(false));
}

/// Keeps the strongest of a group, the first among equals; it counts for all.
fn fold<S: Ord>(
    hits: &mut [Hit],
    group: &[usize],
    dropped: &mut [bool],
    strength: impl Fn(&Hit) -> S,
) -> Option<usize> {
    let kept = group
        .iter()
        .copied()
        .filter_map(|at| Some((strength(hits.get(at)?), std::cmp::Reverse(at))))
        .max()
        .map(|(_, std::cmp::Reverse(at))| at)?;
    let (mut count, mut last) = (0, None);
    for &at in group {
        let Some(hit) = hits.get(at) else { continue };
        count += hit.count;
        last = last.max(hit.last);
        if let Some(flag) = dropped.get_mut(at).filter(|_| at != kept) {
            *flag = true;
        }
    }
    if let Some(hit) = hits.get_mut(kept) {
        hit.count = count;
        hit.last = hit.last.max(last);
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::log::LogKind;
    use crate::scan::scanner::scan_as;

    const RULES: &str = r#"
topic = "test"
[[rule]]
id = "t.path"
title = "path"
logs = ["vmkernel"]
literals = ["failed on"]
pattern = 'world (?P<world>\d+) failed on'
check = "storage"
origin = "storage"
strength = "moderate"
[[rule]]
id = "t.state"
title = "state"
logs = ["vmkernel"]
literals = ["APD start"]
pattern = 'device (?P<device>\S+) APD start'
check = "storage"
origin = "storage"
strength = "strong"
interval = { end = ["t.state"] }
"#;

    fn scan(text: &str) -> (RuleSet, Vec<Hit>) {
        let rules = RuleSet::from_texts(&[("t.toml", RULES)]).unwrap();
        let hits = scan_as(&rules, LogKind::Vmkernel, text, text.len()).hits;
        (rules, hits)
    }

    fn line(second: usize, text: &str) -> String {
        let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
        format!("2025-01-01T{h:02}:{m:02}:{s:02}.000Z In(182) vmkernel: {text}\n")
    }

    #[test]
    fn a_flood_about_one_thing_is_told_ever_less_often_and_counted_in_full() {
        let text: String = (0..20_000).map(|n| line(n, "world 77 failed on x")).collect();
        let (_, hits) = scan(&text);
        assert!(hits.len() < 700, "{}", hits.len());
        assert_eq!(hits.iter().map(|hit| hit.count).sum::<u64>(), 20_000);
    }

    #[test]
    fn a_state_is_told_each_time_it_opens_until_the_bound() {
        let text: String = (0..1_000).map(|n| line(n * 2, "device naa.1 APD start")).collect();
        let (rules, mut hits) = scan(&text);
        assert_eq!(hits.len(), 1_000);
        bound(&mut hits, &rules, 0);
        assert!(hits.len() <= MAX_EVIDENCE_HITS);
        assert_eq!(hits.iter().map(|hit| hit.count).sum::<u64>(), 1_000);
        assert!(hits.windows(2).all(|pair| pair[0].index < pair[1].index));
    }

    #[test]
    fn a_flood_of_one_leaves_room_for_the_others() {
        let mut text: String = (0..3_000).map(|n| line(n * 25, "world 77 failed on x")).collect();
        text.push_str(&line(80_000, "world 88 failed on y"));
        let (rules, mut hits) = scan(&text);
        let before: u64 = hits.iter().map(|hit| hit.count).sum();
        bound(&mut hits, &rules, 0);
        assert!(hits.len() <= MAX_EVIDENCE_HITS);
        assert_eq!(hits.iter().map(|hit| hit.count).sum::<u64>(), before);
        assert_eq!(hits.iter().filter(|hit| hit.captures.get("world") == Some("88")).count(), 1);
    }

    #[test]
    fn many_things_at_once_are_thinned_evenly() {
        let text: String =
            (0..3_000).map(|n| line(n * 5, &format!("world {} failed on x", 1_000 + n))).collect();
        let (rules, mut hits) = scan(&text);
        assert_eq!(hits.len(), 3_000);
        bound(&mut hits, &rules, 300);
        assert!(hits.len() <= MAX_EVIDENCE_HITS / 4);
        assert_eq!(hits.iter().map(|hit| hit.count).sum::<u64>(), 3_000);
    }
}
