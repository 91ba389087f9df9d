//! Crashes that the host's logs tell without a VM they could belong to.

use super::crash::Crash;
use super::thresholds::SAME_MOMENT_MS;
use crate::evidence::{Finding, FindingId, FindingIndex, HostModel};
use crate::log::Millis;
use crate::rules::{Part, RuleSet};
use crate::terms::CrashKind;
use std::collections::BTreeSet;

/// The lines that tell the end of a guest or of a VMX process, name no VM that is known here, and have no crash of a VM
/// beside them. To pass over them would call a host healthy that says it is not. `crashes` are all crashes of VMs of
/// the host.
///
/// Resets are left out: a host with the role of the master writes about VMs of all hosts (fdm.log), and a VM that was
/// reset by somebody may have moved on since.
#[must_use]
pub fn unclaimed<'h>(
    host: &'h HostModel,
    rules: &RuleSet,
    concerns: &FindingIndex,
    crashes: &[Crash],
) -> Vec<&'h Finding> {
    let tells = |finding: &Finding| {
        let rule = &rules[finding.rule].rule;
        !matches!(rule.crash, None | Some(CrashKind::HostDown | CrashKind::VmReset))
            && rule.part != Some(Part::Consequence)
    };
    let claimed: BTreeSet<FindingId> = crashes.iter().flat_map(|crash| &crash.findings).copied().collect();
    let times: BTreeSet<Millis> = crashes.iter().flat_map(|crash| [crash.time, crash.last]).collect();
    let known = |at: FindingId, finding: &Finding| {
        claimed.contains(&at)
            || finding.time.is_some_and(|time| {
                times.range(time - SAME_MOMENT_MS..=time + SAME_MOMENT_MS).next().is_some()
            })
    };
    concerns
        .of_no_vm()
        .into_iter()
        .map(|at| (at, &host[at]))
        .filter(|(at, finding)| tells(finding) && !known(*at, finding))
        .map(|(_, finding)| finding)
        .collect()
}
