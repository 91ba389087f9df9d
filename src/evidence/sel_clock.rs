//! The clock of the hardware's own log (IPMI SEL) against the host's.
//!
//! The time of a SEL record comes from the management controller (API documentation of SystemEventInfo). Starts that
//! both logs saw tell how far the clocks are apart, to within the minutes that the firmware needs.

use super::model::{Finding, HostModel};
use crate::log::{LogKind, Millis};
use crate::rules::{Fact, RuleSet};

/// The two records of one start lie at most this far apart, however wrong the clock.
const MAX_CLOCK_DIFFERENCE_MS: Millis = 14 * 3_600_000;

/// A start takes some minutes between the firmware's record and the VMkernel's first line: less than this is no
/// difference of clocks.
const MAX_POST_MS: Millis = 15 * 60_000;

/// Estimates the difference and corrects the times of the SEL's findings.
pub(super) fn correct(host: &mut HostModel, rules: &RuleSet) {
    let mut boots: Vec<Millis> =
        host.facts(rules, Fact::HostBoot).filter_map(|finding| finding.time).collect();
    boots.extend(host.booted_at);
    let starts: Vec<Millis> = host.facts(rules, Fact::SelBoot).filter_map(|finding| finding.time).collect();
    let mut differences: Vec<Millis> = starts
        .iter()
        .filter_map(|start| boots.iter().map(|boot| start - boot).min_by_key(|difference| difference.abs()))
        .filter(|difference| difference.abs() <= MAX_CLOCK_DIFFERENCE_MS)
        .collect();
    differences.sort_unstable();
    let Some(&ahead) = differences.get(differences.len() / 2) else { return };
    let ahead = if ahead.abs() <= MAX_POST_MS { 0 } else { ahead };
    host.sel_ahead = Some(ahead);
    if ahead == 0 {
        return;
    }
    for finding in host.findings.iter_mut().filter(|finding| finding.log == LogKind::Sel) {
        finding.hit.time = finding.hit.time.map(|time| time - ahead);
        finding.hit.last = finding.hit.last.map(|time| time - ahead);
    }
    host.findings.sort_by_key(Finding::order);
}
