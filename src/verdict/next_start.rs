//! What the next start tells of how a host or a process ended: the lines of the boot, the locks that were left behind.

use super::crash::Crash;
use super::thresholds::{BOOT_LINES_MS, BOOT_SLACK_MS, BOOT_SUMMARY_MS, LATE_NOTICE_MS};
use super::weigh::{CrashQuery, HostView, Weighed};
use crate::evidence::{Tie, VmId};
use crate::log::LogKind;
use crate::rules::{Fact, Part};
use crate::terms::{Check, Origin, Strength};

/// The lines of the boot that followed when the host had gone down: that the summary, which tells of every
/// requested stop, knows of none is strong; VMkernel lines that start again are moderate.
pub(super) fn boots(scene: HostView<'_>, question: CrashQuery<'_>, out: &mut Vec<Weighed>) {
    let (host, crash) = (scene.host, question.crash);
    let until = crash.back.unwrap_or(crash.time) + BOOT_LINES_MS;
    let boots = scene.index.by_rule.keys().map(|id| (*id, &scene.rules[*id]));
    for (id, rule) in boots.filter(|(_, rule)| rule.rule.fact == Some(Fact::HostBoot)) {
        let found = scene.index.between(host, id, crash.time, until);
        for &at in found.iter().take(question.windows.evidence) {
            let finding = &host[at];
            let Some(time) = finding.time else { continue };
            out.retain(|own| own.host != scene.at || own.finding != at);
            let told = finding.log == LogKind::Vmksummary
                && finding.before.is_some_and(|before| before <= crash.time + BOOT_SUMMARY_MS);
            let strength = if told { Strength::Strong } else { Strength::Moderate };
            out.push(Weighed {
                host: scene.at,
                finding: at,
                log: finding.log,
                check: rule.rule.check.unwrap_or(Check::HostFailure),
                origin: Some(Origin::HostFailure),
                strength,
                weight: strength,
                lowered: Vec::new(),
                tie: Tie::Host,
                part: Part::Cause,
                since: time,
                count: finding.count,
                unresolved: false,
            });
        }
    }
}

/// The locks that the next start of the VM found, whenever that was: its process did not end in order.
pub(super) fn stale_locks(scene: HostView<'_>, vm: VmId, crash: &Crash, out: &mut Vec<Weighed>) {
    let host = scene.host;
    let starts = host[vm].sessions.iter().filter(|session| session.started).map(|session| session.from);
    let Some(next) = starts.filter(|from| *from > crash.time).min() else { return };
    for id in scene.index.by_rule.keys().copied() {
        let rule = &scene.rules[id];
        if rule.rule.fact != Some(Fact::UncleanEnd) {
            continue;
        }
        let found = scene.index.between(host, id, next - BOOT_SLACK_MS, next + LATE_NOTICE_MS);
        let Some(&at) = found.iter().find(|at| host[**at].owner == Some(vm)) else { continue };
        if out.iter().any(|own| own.host == scene.at && own.finding == at) {
            continue;
        }
        out.push(Weighed {
            host: scene.at,
            finding: at,
            log: host[at].log,
            check: rule.rule.check.unwrap_or(Check::VmxVmm),
            origin: None,
            strength: Strength::Context,
            weight: Strength::Context,
            lowered: Vec::new(),
            tie: Tie::This,
            part: Part::Consequence,
            since: host[at].time.unwrap_or_default(),
            count: host[at].count,
            unresolved: false,
        });
    }
}
