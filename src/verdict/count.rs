//! Rules that want several lines within a time.

use super::caps::Line;
use crate::evidence::{FindingId, HostModel};
use crate::rules::Count;
use std::collections::BTreeMap;

/// Marks the lines of a rule of which there are too few. `lines` are findings in the order of
/// time; those that agree in the captures the rule names are counted together.
pub(super) fn mark_too_few(count: &Count, host: &HostModel, mut lines: Vec<(FindingId, &mut Line)>) {
    let mut groups: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    let mut counts = Vec::new();
    for (place, (at, _)) in lines.iter().enumerate() {
        let finding = &host[*at];
        let key = count.same.iter().map(|name| finding.captures.get(name).unwrap_or_default().to_owned());
        groups.entry(key.collect()).or_default().push(place);
        counts.push(finding.count);
    }
    let mut enough = vec![false; lines.len()];
    for members in groups.values() {
        for (n, first) in members.iter().enumerate() {
            let Some(start) = lines.get(*first).map(|(_, line)| line.began_ms) else { continue };
            let within = |place: &&usize| {
                lines.get(**place).is_some_and(|(_, line)| line.began_ms - start <= count.within.ms())
            };
            let run: Vec<usize> = members.iter().skip(n).take_while(within).copied().collect();
            let total: u64 = run.iter().filter_map(|place| counts.get(*place)).sum();
            if total >= u64::from(count.at_least) {
                for place in run {
                    if let Some(flag) = enough.get_mut(place) {
                        *flag = true;
                    }
                }
            }
        }
    }
    for ((_, line), enough) in lines.iter_mut().zip(enough) {
        line.too_few = (!enough).then_some(count.below);
    }
}
