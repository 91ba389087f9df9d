//! A host that went down: purple screen, power loss, forced reboot. It ends every VM that ran on it at once.

use super::crash::Crash;
use crate::evidence::HostModel;
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
    pub findings: Vec<usize>,
    /// Whether something positive says that it was not planned, or the log that would say "planned" is there.
    pub certain: bool,
}

/// Boot lines of one boot come within this time.
const ONE_BOOT: Millis = 30 * 60_000;
/// A stop that was asked for comes at most this long before the last sign of life.
const PLANNED_BEFORE: Millis = 30 * 60_000;

/// The unplanned ends of a host, by time.
#[must_use]
pub fn find(host: &HostModel, rules: &RuleSet) -> Vec<HostDown> {
    let fact_at = |wanted: Fact| -> Vec<usize> {
        host.findings
            .iter()
            .enumerate()
            .filter(|(_, finding)| {
                rules.rules().get(finding.rule).is_some_and(|rule| rule.rule.fact == Some(wanted))
            })
            .map(|(at, _)| at)
            .collect()
    };
    let proofs: Vec<usize> = host
        .findings
        .iter()
        .enumerate()
        .filter(|(_, finding)| {
            rules.rules().get(finding.rule).is_some_and(|rule| rule.rule.crash == Some(CrashKind::HostDown))
        })
        .map(|(at, _)| at)
        .collect();
    let planned: Vec<Millis> =
        fact_at(Fact::HostStopPlanned).iter().filter_map(|&at| time(host, at)).collect();
    let mut boots = fact_at(Fact::HostBoot);
    boots.sort_by_key(|&at| time(host, at));
    let mut downs: Vec<HostDown> = Vec::new();
    for cluster in clusters(host, &boots) {
        let Some(first) = cluster.iter().filter_map(|&at| stamped(host, at)).min() else { continue };
        let Some(life) = cluster.iter().filter_map(|&at| life(host, at)).filter(|life| *life <= first).max()
        else {
            continue;
        };
        let life = last_sign(host, life, first);
        if planned.iter().any(|stop| *stop >= life - PLANNED_BEFORE && *stop <= first + 300_000) {
            continue;
        }
        let own: Vec<usize> = proofs
            .iter()
            .copied()
            .filter(|&at| {
                time(host, at).is_some_and(|proof| proof >= life - 600_000 && proof <= first + 2 * 3_600_000)
            })
            .collect();
        // A purple screen is the moment itself; records written at the next boot are not.
        let screen = own
            .iter()
            .filter_map(|&at| time(host, at))
            .filter(|proof| *proof < first - 1_000 && *proof <= life + 60_000)
            .min();
        let summary = host.logs.get(&LogKind::Vmksummary).is_some_and(|log| log.reaches_back(life));
        let mut findings = own.clone();
        findings.extend(cluster.iter().copied());
        findings.sort_unstable();
        findings.dedup();
        downs.push(HostDown {
            time: screen.unwrap_or(life),
            back: Some(first),
            findings,
            certain: !own.is_empty() || summary,
        });
    }
    // Proof without a boot in the logs: the boot was rotated away, or the proof stands in a log of its own.
    for &at in &proofs {
        if downs.iter().any(|down| down.findings.contains(&at)) {
            continue;
        }
        let Some(when) = host.findings.get(at) else { continue };
        let Some(moment) = when.time else { continue };
        if planned.iter().any(|stop| (moment - stop).abs() < PLANNED_BEFORE) {
            continue;
        }
        match downs.iter_mut().find(|down| (down.time - moment).abs() < ONE_BOOT) {
            Some(down) => down.findings.push(at),
            None => downs.push(HostDown { time: moment, back: None, findings: vec![at], certain: true }),
        }
    }
    downs.sort_by_key(|down| down.time);
    downs
}

fn time(host: &HostModel, at: usize) -> Option<Millis> {
    host.findings.get(at)?.time
}

/// Lines from before the clock is set have the time of the line before them.
fn is_unstamped(text: &str) -> bool {
    text.starts_with("TSC:")
        || text.split(':').next().is_some_and(|days| {
            days.len() < 4 && days.bytes().all(|b| b.is_ascii_digit()) && !days.is_empty()
        })
}

/// When the boot shows in this line, if the line has a stamp of its own.
fn stamped(host: &HostModel, at: usize) -> Option<Millis> {
    let finding = host.findings.get(at)?;
    if is_unstamped(&finding.text) { None } else { finding.time }
}

/// The last sign of life before the boot that this line shows, in its own log.
fn life(host: &HostModel, at: usize) -> Option<Millis> {
    let finding = host.findings.get(at)?;
    if is_unstamped(&finding.text) { finding.time } else { finding.before }
}

/// The last sign of life in any log between what the booting logs show and the boot itself.
fn last_sign(host: &HostModel, life: Millis, first: Millis) -> Millis {
    let own = |log: LogKind| !matches!(log, LogKind::Sel | LogKind::FolderListing | LogKind::Readme);
    // What was written within the minute before the boot belongs to the boot.
    let until = first - 60_000;
    let lines = host.findings.iter().filter(|finding| own(finding.log)).filter_map(|finding| finding.time);
    let ends = host
        .vms
        .iter()
        .flat_map(|vm| &vm.sessions)
        .filter(|session| !session.exited)
        .map(|session| session.to);
    lines.chain(ends).filter(|time| *time > life && *time < until).max().unwrap_or(life)
}

fn clusters(host: &HostModel, boots: &[usize]) -> Vec<Vec<usize>> {
    let mut clusters: Vec<Vec<usize>> = Vec::new();
    let mut last: Option<Millis> = None;
    for &at in boots {
        let Some(moment) = time(host, at) else { continue };
        match clusters.last_mut() {
            // Unstamped lines carry the time of the host's last line, which may lie hours before the next stamp.
            Some(cluster)
                if last.is_some_and(|last| moment - last <= ONE_BOOT)
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
pub fn crashes(host: &HostModel, down: &HostDown) -> Vec<Crash> {
    let mut out = Vec::new();
    for (vm, model) in host.vms.iter().enumerate() {
        let until = down.back.unwrap_or(Millis::MAX);
        let running = model
            .sessions
            .iter()
            .rfind(|session| session.from <= down.time)
            .is_some_and(|session| !session.exited && session.to <= until);
        if running {
            out.push(Crash {
                vm,
                time: down.time,
                last: down.time,
                kind: CrashKind::HostDown,
                bugcheck: None,
                findings: down.findings.clone(),
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
        let until = down.back.unwrap_or(down.time + 600_000);
        let near = |crash: &Crash| {
            crash.vm == down.vm && crash.time >= down.time - 120_000 && crash.time <= until + 60_000
        };
        let reported = crashes
            .iter()
            .any(|crash| near(crash) && crash.guest_reported() && crash.time <= down.time + 1_000);
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
        crash.time <= down.back.unwrap_or(down.time + 600_000)
            && crash.back.is_none_or(|back| back >= down.time)
    });
    if let Some(down) = down {
        crash.kind = CrashKind::HostDown;
        crash.time = down.time;
        crash.last = down.time;
        crash.back = down.back;
    }
}
