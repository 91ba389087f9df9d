//! Runs whose log just stops: the VMX process died without a word.

use super::crash::Crash;
use super::thresholds::{BOOT_SLACK_MS, EXIT_LINE_MS, ORDERLY_STOP_MS};
use crate::evidence::{FindingId, HostModel, Tie, VmId};
use crate::log::Millis;
use crate::rules::{Fact, RuleSet};
use crate::terms::CrashKind;

/// A VMX process whose log just stops, and that was started again: it died without a word.
pub(super) fn add(
    host: &HostModel,
    rules: &RuleSet,
    vm: VmId,
    concerning: &[(FindingId, Tie)],
    crashes: &mut Vec<Crash>,
) {
    let model = &host[vm];
    let mut boots: Vec<Millis> =
        host.facts(rules, Fact::HostBoot).filter_map(|finding| finding.time).collect();
    boots.extend(host.booted_at);
    // Orderly ends that the VM or its host tells; the last lines of the process may be lost.
    let orderly: Vec<Millis> = concerning
        .iter()
        .filter(|(_, tied)| *tied == Tie::This)
        .map(|(at, _)| &host[*at])
        .filter(|finding| {
            let rule = &rules[finding.rule].rule;
            let by_host = rule.fact == Some(Fact::OrderlyStop) && finding.owner.is_none();
            by_host || rule.operation.as_deref() == Some("guest-shutdown")
        })
        .filter_map(|finding| finding.time)
        .collect();
    for pair in model.sessions.windows(2) {
        let [session, next] = pair else { continue };
        if session.exited || session.over || !next.started || !session.started {
            continue;
        }
        // A log that was cut stops before its process did.
        let until = next.from.max(session.to + EXIT_LINE_MS);
        let from = session.to - ORDERLY_STOP_MS;
        let stopped = orderly.iter().any(|time| *time > from && *time <= until);
        if stopped {
            continue;
        }
        // A boot of the host in between ended the process; whether it was planned is a question about the host.
        if boots.iter().any(|boot| *boot > session.to && *boot <= next.from + BOOT_SLACK_MS) {
            continue;
        }
        let told =
            crashes.iter().any(|crash| crash.time >= session.from && crash.time <= next.from + BOOT_SLACK_MS);
        if !told {
            crashes.push(Crash {
                vm,
                time: session.to,
                last: session.to,
                kind: CrashKind::VmxFailure,
                bugcheck: None,
                findings: Vec::new(),
                count: 1,
                told_by_own_log: true,
                is_told: false,
                back: Some(next.from),
            });
        }
    }
}
