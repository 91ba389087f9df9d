//! A host that went down: purple screen, power loss, forced reboot. It ends every VM that ran on it at once.

use super::crash::Crash;
use super::thresholds::{
    BELONGS_TO_BOOT_MS, BOOT_LINES_MS, CLOCK_SLACK_MS, DIED_AT_BOOT_MS, DIED_WITH_HOST_MS, HOST_BACK_MS,
    PLANNED_AFTER_MS, PLANNED_BEFORE_MS, SCREEN_AFTER_LIFE_MS, SCREEN_BEFORE_LIFE_MS, SCREEN_TOLD_MS,
};
use crate::evidence::{FindingId, HostModel};
use crate::log::{LogKind, Millis};
use crate::rules::{Fact, RuleSet};
use crate::terms::CrashKind;

/// An unplanned end of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostDown {
    /// Last sign of life, or the purple screen.
    pub time: Millis,
    /// When its logs begin again.
    pub back: Option<Millis>,
    /// Findings that tell it: boot lines, purple screens, audit records.
    pub findings: Vec<FindingId>,
    /// Whether something positive says that it was not planned, or the log that would say "planned" is there.
    pub certain: bool,
}

/// The unplanned ends of a host, by time.
#[must_use]
pub fn find(host: &HostModel, rules: &RuleSet) -> Vec<HostDown> {
    let told = HostRecords::of(host, rules);
    let mut downs: Vec<HostDown> =
        clusters(host, &told.boots).iter().filter_map(|cluster| before_boot(host, &told, cluster)).collect();
    // Proof without a boot in the logs: the boot was rotated away, or the proof is in a log of its own.
    for &at in &told.proofs {
        if downs.iter().any(|down| down.findings.contains(&at)) {
            continue;
        }
        let Some(moment) = host[at].time else { continue };
        if told.planned.iter().any(|stop| (moment - stop).abs() < PLANNED_BEFORE_MS) {
            continue;
        }
        match downs.iter_mut().find(|down| (down.time - moment).abs() < BOOT_LINES_MS) {
            Some(down) => down.findings.push(at),
            None => downs.push(HostDown { time: moment, back: None, findings: vec![at], certain: true }),
        }
    }
    downs.sort_by_key(|down| down.time);
    downs
}

/// What the logs of a host say about its ends and boots: findings and times.
struct HostRecords {
    /// Lines of a boot, by time.
    boots: Vec<FindingId>,
    /// Lines that say that the host ended without being asked to.
    proofs: Vec<FindingId>,
    /// When a stop was requested.
    planned: Vec<Millis>,
}

impl HostRecords {
    fn of(host: &HostModel, rules: &RuleSet) -> Self {
        let mut told = Self { boots: Vec::new(), proofs: Vec::new(), planned: Vec::new() };
        for (at, finding) in host.findings_by_id() {
            let rule = &rules[finding.rule];
            match rule.rule.fact {
                Some(Fact::HostBoot) => told.boots.push(at),
                Some(Fact::HostStopPlanned) => told.planned.extend(finding.time),
                _ => {}
            }
            if rule.rule.crash == Some(CrashKind::HostDown) {
                told.proofs.push(at);
            }
        }
        told.boots.sort_by_key(|&at| host[at].time);
        told
    }
}

/// The unplanned end before a boot that these lines show; `None` if it was planned.
fn before_boot(host: &HostModel, told: &HostRecords, cluster: &[FindingId]) -> Option<HostDown> {
    let first = cluster.iter().filter_map(|&at| stamped(host, at)).min()?;
    let life = cluster.iter().filter_map(|&at| life(host, at)).filter(|life| *life <= first).max()?;
    let life = last_sign(host, life, first);
    let planned = |stop: &Millis| *stop >= life - PLANNED_BEFORE_MS && *stop <= first + PLANNED_AFTER_MS;
    if told.planned.iter().any(planned) {
        return None;
    }
    let near = |proof: Millis| proof >= life - SCREEN_BEFORE_LIFE_MS && proof <= first + SCREEN_TOLD_MS;
    let own: Vec<FindingId> =
        told.proofs.iter().copied().filter(|&at| host[at].time.is_some_and(near)).collect();
    // A purple screen is the moment itself; records written at the next boot are not.
    let screen = own
        .iter()
        .filter_map(|&at| host[at].time)
        .filter(|proof| *proof < first - CLOCK_SLACK_MS && *proof <= life + SCREEN_AFTER_LIFE_MS)
        .min();
    let summary = host.logs.get(&LogKind::Vmksummary).is_some_and(|log| log.reaches_back(life));
    let certain = !own.is_empty() || summary;
    let mut findings = own;
    findings.extend(cluster.iter().copied());
    findings.sort_unstable();
    findings.dedup();
    Some(HostDown { time: screen.unwrap_or(life), back: Some(first), findings, certain })
}

/// Lines from before the clock is set have the time of the line before them.
fn is_unstamped(text: &str) -> bool {
    text.starts_with("TSC:")
        || text.split(':').next().is_some_and(|days| {
            days.len() < 4 && days.bytes().all(|b| b.is_ascii_digit()) && !days.is_empty()
        })
}

/// When the boot shows in this line, if the line has a stamp of its own.
fn stamped(host: &HostModel, at: FindingId) -> Option<Millis> {
    let finding = &host[at];
    if is_unstamped(&finding.text) { None } else { finding.time }
}

/// The last sign of life before the boot that this line shows, in its own log.
fn life(host: &HostModel, at: FindingId) -> Option<Millis> {
    let finding = &host[at];
    if is_unstamped(&finding.text) { finding.time } else { finding.before }
}

/// The last sign of life in any log between what the booting logs show and the boot itself.
fn last_sign(host: &HostModel, life: Millis, first: Millis) -> Millis {
    let own = |log: LogKind| !log.log().free_form;
    // What was written within the minute before the boot belongs to the boot.
    let until = first - BELONGS_TO_BOOT_MS;
    let lines = host.findings.iter().filter(|finding| own(finding.log)).filter_map(|finding| finding.time);
    let ends = host
        .vms
        .iter()
        .flat_map(|vm| &vm.sessions)
        .filter(|session| !session.exited && !session.over)
        .map(|session| session.to);
    lines.chain(ends).filter(|time| *time > life && *time < until).max().unwrap_or(life)
}

fn clusters(host: &HostModel, boots: &[FindingId]) -> Vec<Vec<FindingId>> {
    let mut clusters: Vec<Vec<FindingId>> = Vec::new();
    let mut last: Option<Millis> = None;
    for &at in boots {
        let Some(moment) = host[at].time else { continue };
        match clusters.last_mut() {
            // Unstamped lines carry the time of the host's last line, which may lie hours before the next stamp.
            Some(cluster)
                if last.is_some_and(|last| moment - last <= BOOT_LINES_MS)
                    || cluster.iter().all(|&own| stamped(host, own).is_none()) =>
            {
                cluster.push(at);
            }
            _ => clusters.push(vec![at]),
        }
        last = Some(moment);
    }
    clusters
}

/// The crash of each VM that ran when the host went down.
#[must_use]
pub fn crashes(host: &HostModel, downs: &[HostDown], down: &HostDown) -> Vec<Crash> {
    let mut out = Vec::new();
    // A VM that moved is judged with the bundle that it is in.
    for (vm, model) in host.vms_by_id().filter(|(_, model)| !model.adopted) {
        let until = down.back.unwrap_or(Millis::MAX);
        let last = model.sessions.iter().rfind(|session| session.from <= down.time);
        let running = last.is_some_and(|session| !session.exited && !session.over && session.to <= until);
        // It ended with the host before, and never started there again.
        let ended = downs.iter().any(|earlier| {
            earlier.time < down.time
                && last.is_some_and(|session| {
                    session.from <= earlier.time && earlier.back.is_some_and(|back| session.to <= back)
                })
        });
        if running && !ended {
            out.push(Crash {
                vm,
                time: down.time,
                last: down.time,
                kind: CrashKind::HostDown,
                bugcheck: None,
                findings: down.findings.clone(),
                count: 1,
                told_by_own_log: false,
                is_told: true,
                back: down.back,
            });
        }
    }
    out
}

/// Puts the crashes of a host that went down among those of its VMs: what a VM's log shows at the same moment is
/// part of it.
pub fn merge(crashes: &mut Vec<Crash>, downs: Vec<Crash>) {
    for mut down in downs {
        let until = down.back.unwrap_or(down.time + HOST_BACK_MS);
        let near = |crash: &Crash| {
            crash.vm == down.vm
                && crash.time >= down.time - DIED_WITH_HOST_MS
                && crash.time <= until + DIED_AT_BOOT_MS
        };
        let reported = crashes
            .iter()
            .any(|crash| near(crash) && crash.guest_reported() && crash.time <= down.time + CLOCK_SLACK_MS);
        if reported {
            continue;
        }
        let same: Vec<usize> = (0..crashes.len()).filter(|&at| crashes.get(at).is_some_and(near)).collect();
        for at in same.into_iter().rev() {
            let crash = crashes.remove(at);
            down.findings.extend(crash.findings);
        }
        // A log that just stops some time before is the same end: nothing was written since.
        crashes.retain(|crash| {
            !(crash.vm == down.vm
                && crash.findings.is_empty()
                && crash.time <= down.time
                && crash.back.is_some_and(|b| b >= down.time))
        });
        down.findings.sort_unstable();
        down.findings.dedup();
        crashes.push(down);
    }
    crashes.sort_by_key(|crash| (crash.vm, crash.time));
}

/// A VM whose process ended without a word on another host: if that host went down then, this is why.
pub fn elsewhere(crash: &mut Crash, downs: &[HostDown]) {
    if crash.guest_reported() || !crash.findings.is_empty() {
        return;
    }
    let down = downs.iter().find(|down| {
        crash.time <= down.back.unwrap_or(down.time + HOST_BACK_MS)
            && crash.back.is_none_or(|back| back >= down.time)
    });
    if let Some(down) = down {
        crash.kind = CrashKind::HostDown;
        crash.time = down.time;
        crash.last = down.time;
        crash.back = down.back;
    }
}
