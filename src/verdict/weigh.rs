//! Which findings count for a crash, and how much: tie, time, thresholds, intervals.

use super::crash::Crash;
use crate::evidence::{Finding, HostModel, Tie, tie};
use crate::log::{LogKind, Millis};
use crate::rules::{Compiled, Fact, Part, RuleSet, TieBy};
use crate::terms::{Check, CrashKind, Origin, Strength};
use std::collections::BTreeMap;

/// The windows of a run, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Before a crash.
    pub before: Millis,
    /// After a crash, for late writers.
    pub after: Millis,
    /// Findings of one rule that a crash keeps.
    pub evidence: usize,
}

impl Default for Windows {
    fn default() -> Self {
        Self { before: 900_000, after: 120_000, evidence: 12 }
    }
}

/// A finding that counts for a crash.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed {
    /// The host it was found on (index in the run).
    pub host: usize,
    /// The finding (index in the host).
    pub finding: usize,
    /// The check it belongs to.
    pub check: Check,
    /// The origin it supports.
    pub origin: Option<Origin>,
    /// How strongly, after thresholds, intervals and tie.
    pub strength: Strength,
    /// How it is tied.
    pub tie: Tie,
    /// Its part in a chain.
    pub part: Part,
    /// Since when what it tells is so: for the end of a stun, its beginning.
    pub since: Millis,
    /// How many equal ones it stands for within the window.
    pub count: u64,
    /// It would be strong if what it names could be resolved.
    pub unresolved: bool,
}

/// Findings of a host by rule, in the order of time.
#[derive(Debug)]
pub struct Index {
    by_rule: BTreeMap<usize, Vec<usize>>,
}

/// Two clocks of one host differ by less than this between logs.
const SLACK: Millis = 1_000;
/// A state may have been opened this long before the crash and still last.
const INTERVAL_BACK: Millis = 24 * 3_600_000;
/// The latest a record about a running VM is written.
const LATE: Millis = 600_000;
/// What began this long after a crash did not cause it.
const TOO_LATE: Millis = 60_000;

impl Index {
    /// Indexes the findings of a host.
    #[must_use]
    pub fn new(host: &HostModel) -> Self {
        let mut by_rule: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, finding) in host.findings.iter().enumerate() {
            by_rule.entry(finding.rule).or_default().push(at);
        }
        Self { by_rule }
    }

    fn between<'a>(&'a self, host: &'a HostModel, rule: usize, from: Millis, to: Millis) -> &'a [usize] {
        let Some(all) = self.by_rule.get(&rule) else { return &[] };
        let time = |at: &usize| host.findings.get(*at).and_then(|finding| finding.time);
        let start = all.partition_point(|at| time(at).is_none_or(|time| time < from));
        let end = all.partition_point(|at| time(at).is_none_or(|time| time <= to));
        all.get(start..end.max(start)).unwrap_or_default()
    }
}

/// Weighs every finding of one host for a crash of its VM `vm`. `since` is when this run of the VM began, or when its
/// crash before this one was over: how it died then, and what was done about it, says nothing about this crash.
#[must_use]
#[allow(clippy::too_many_arguments)]
pub fn weigh(
    host_index: usize,
    host: &HostModel,
    index: &Index,
    rules: &RuleSet,
    vm: usize,
    crash: &Crash,
    windows: Windows,
    since: Option<Millis>,
) -> Vec<Weighed> {
    let mut out: Vec<Weighed> = Vec::new();
    for &rule_index in index.by_rule.keys() {
        let Some(rule) = rules.rules().get(rule_index) else { continue };
        let Some(check) = rule.rule.check else { continue };
        let (from, to) = window(rule, crash, windows);
        let reach = if rule.rule.interval.is_some() { from.min(crash.time - INTERVAL_BACK) } else { from };
        let mut own: Vec<Weighed> = Vec::new();
        for &at in index.between(host, rule_index, reach, to) {
            let Some(finding) = host.findings.get(at) else { continue };
            let mut tied = tie(host, rule, finding, vm);
            let far = finding.time.is_none_or(|time| (time - crash.time).abs() > 10_000);
            let reports_nmi = crash.bugcheck.as_ref().is_none_or(|bugcheck| bugcheck.code == 0x80);
            if tied == Tie::Moment && rule.rule.origin == Some(Origin::AdminNmi) && reports_nmi {
                // An NMI to a VM that the line does not name: the only one of the host, or perhaps this one.
                let others = host.vms.iter().filter(|other| !other.adopted).count() > 1;
                tied = match (others, far) {
                    (false, _) => Tie::Under,
                    (true, true) => Tie::Unknown,
                    (true, false) => Tie::Moment,
                };
            }
            if tied == Tie::Other || (tied == Tie::Moment && far) {
                continue;
            }
            let Some(time) = finding.time else { continue };
            let mut strength = rule.strength_of(&finding.captures).unwrap_or(Strength::Context);
            if let Some(interval) = &rule.rule.interval {
                let end = interval_end(host, index, rules, rule, finding);
                match end {
                    // It ended before the window began: over.
                    Some(end) if end < from => continue,
                    Some(end) => {
                        let short = interval.short.map_or(0, crate::rules::Duration::ms);
                        if end - time < short {
                            strength = interval.short_strength.unwrap_or(Strength::Context);
                        }
                    }
                    None => {}
                }
            }
            // A device or volume that no list maps may be this VM's; a world or a name that nobody bears is not.
            let below = rule.ties.iter().any(|by| matches!(by, TieBy::Device | TieBy::Volume | TieBy::Path));
            // Nor may an NMI to a world that no table knows be left aside when the guest reports one.
            let nmi = rule.rule.origin == Some(Origin::AdminNmi) && reports_nmi;
            let unresolved = tied == Tie::Unknown && (below || nmi) && strength >= Strength::Moderate;
            if tied == Tie::Unknown {
                strength = Strength::Context;
            }
            let part = rule.rule.part.unwrap_or(Part::Cause);
            let of_that_run = part != Part::Cause || rule.rule.check == Some(Check::HostFailure);
            if of_that_run && crash.kind != CrashKind::HostDown && since.is_some_and(|since| time < since) {
                continue;
            }
            // The README is dated by the capture, which ends after what it made.
            let dated_late = finding.log == LogKind::Readme;
            if part == Part::Cause && !dated_late && crash.kind != CrashKind::HostDown && time - lasted(finding) > crash.time + TOO_LATE {
                strength = Strength::Context;
            }
            if tied == Tie::Host && rule.rule.origin == Some(Origin::Storage) && !on_vsan(rule, host, vm) {
                // Storage counts for the VMs that stand on it; a line that names none of theirs is a circumstance.
                strength = strength.min(Strength::Context);
            }
            if finding.log == LogKind::Sel && crash.kind != CrashKind::HostDown {
                strength = strength.min(sel_strength(host, time - crash.time, windows));
            }
            own.push(Weighed {
                host: host_index,
                finding: at,
                check,
                origin: rule.rule.origin,
                strength,
                tie: tied,
                part,
                since: time - lasted(finding),
                count: finding.count,
                unresolved,
            });
        }
        count(rule, host, &mut own);
        out.append(&mut thin(own, host, windows.evidence));
    }
    if crash.kind == CrashKind::HostDown {
        boots((host_index, host, index), rules, crash, windows.evidence, &mut out);
    }
    out
}

/// Whether a line of vSAN, which names its own objects only, can concern this VM.
fn on_vsan(rule: &Compiled, host: &HostModel, vm: usize) -> bool {
    rule.rule.id.contains("vsan")
        && host.vms.get(vm).is_some_and(|vm| {
            vm.volumes.iter().any(|key| {
                key.starts_with("vsan") || host.volumes.get(key).and_then(|volume| volume.kind.as_deref()).is_some_and(|kind| kind.starts_with("vsan"))
            })
        })
}

/// The lines of the boot that followed when the host had gone down: that the summary, which tells of every stop that
/// was asked for, knows of none is strong; VMkernel lines that begin anew are moderate.
fn boots(
    (host_index, host, index): (usize, &HostModel, &Index),
    rules: &RuleSet,
    crash: &Crash,
    most: usize,
    out: &mut Vec<Weighed>,
) {
    let until = crash.back.unwrap_or(crash.time) + 1_800_000;
    for &rule_index in index.by_rule.keys() {
        let Some(rule) = rules.rules().get(rule_index).filter(|rule| rule.rule.fact == Some(Fact::HostBoot)) else { continue };
        for &at in index.between(host, rule_index, crash.time, until).iter().take(most) {
            let Some(finding) = host.findings.get(at) else { continue };
            let Some(time) = finding.time else { continue };
            out.retain(|own| own.host != host_index || own.finding != at);
            let told = finding.log == LogKind::Vmksummary && finding.before.is_some_and(|before| before <= crash.time + 60_000);
            out.push(Weighed {
                host: host_index,
                finding: at,
                check: rule.rule.check.unwrap_or(Check::HostFailure),
                origin: Some(Origin::HostFailure),
                strength: if told { Strength::Strong } else { Strength::Moderate },
                tie: Tie::Host,
                part: Part::Cause,
                since: time,
                count: finding.count,
                unresolved: false,
            });
        }
    }
}

/// How much a record of the hardware's own log can be worth at this distance from a crash of a running host: its
/// clock is another one, and what came after a crash did not cause it.
fn sel_strength(host: &HostModel, offset: Millis, windows: Windows) -> Strength {
    let near = if host.sel_ahead.is_some() { windows.before } else { windows.before / 3 };
    match offset {
        offset if offset >= -near && offset <= windows.after.min(60_000) => Strength::Decisive,
        offset if offset < 0 => Strength::Moderate,
        _ => Strength::Context,
    }
}

/// From when to when a rule's lines count for this crash.
fn window(rule: &Compiled, crash: &Crash, windows: Windows) -> (Millis, Millis) {
    let time = rule.rule.time.as_ref();
    let before = time.and_then(|time| time.before).map_or(windows.before, crate::rules::Duration::ms);
    let late_log = rule.rule.logs.iter().all(|log| matches!(log, LogKind::Sel | LogKind::Vmksummary | LogKind::FolderListing));
    let after = match time.and_then(|time| time.after) {
        Some(after) => after.ms(),
        None if late_log => windows.after,
        None => 0,
    };
    // What the crash itself is told by belongs to it whenever it was written.
    let tells = rule.rule.crash.is_some() && rule.rule.crash != Some(CrashKind::HostDown);
    let after = if tells { after.max(crash.last - crash.time) } else { after };
    let host_wide = rule.rule.check == Some(Check::HostFailure);
    let after = match (crash.kind, host_wide) {
        // Records about the end of a host are written when it is back.
        (CrashKind::HostDown, true) => crash.back.map_or(after, |back| back - crash.time + after.min(3_600_000)),
        // A host that went down later did not crash this VM.
        (_, true) => after.min(windows.after),
        (CrashKind::HostDown, _) => after,
        // Records of the next boot speak of what ended the host, not of a VM that crashed hours before.
        _ if rule.rule.logs.iter().all(|log| *log == LogKind::Readme) => after,
        _ => after.min(LATE),
    };
    (crash.time - before, crash.time + after + SLACK)
}

/// How long what the line tells had lasted when it was written, in milliseconds: `us`, `ms` or `seconds`.
fn lasted(finding: &Finding) -> Millis {
    let number = |name: &str, factor: f64| {
        let value: f64 = finding.captures.get(name)?.parse().ok()?;
        let ms = value * factor;
        #[allow(clippy::cast_possible_truncation)]
        (0.0..8.64e7).contains(&ms).then_some(ms as Millis)
    };
    number("us", 0.001).or_else(|| number("ms", 1.0)).or_else(|| number("seconds", 1000.0)).unwrap_or(0)
}

/// When the state that a line opened was closed: by a line of an end rule that agrees in every tie they share.
fn interval_end(host: &HostModel, index: &Index, rules: &RuleSet, rule: &Compiled, opened: &Finding) -> Option<Millis> {
    let interval = rule.rule.interval.as_ref()?;
    let from = opened.time?;
    interval
        .end
        .iter()
        .filter_map(|id| rules.index_of(id))
        .flat_map(|end| index.between(host, end, from, Millis::MAX))
        .filter_map(|&at| host.findings.get(at))
        .filter(|end| {
            let mut shared = 0;
            let agree = TieBy::ALL.iter().all(|by| match (opened.captures.get(by.as_str()), end.captures.get(by.as_str())) {
                (Some(a), Some(b)) => {
                    shared += 1;
                    same_key(host, *by, a, b)
                }
                _ => true,
            });
            agree && shared > 0
        })
        .filter_map(|end| end.time)
        .min()
}

fn same_key(host: &HostModel, by: TieBy, a: &str, b: &str) -> bool {
    match by {
        TieBy::Device => crate::evidence::paths::device_key(a) == crate::evidence::paths::device_key(b),
        TieBy::Volume => host.volumes.key(a) == host.volumes.key(b),
        _ => a == b,
    }
}

/// Rules that need several lines within a span of time: fewer are worth what `below` says.
fn count(rule: &Compiled, host: &HostModel, own: &mut Vec<Weighed>) {
    let Some(count) = &rule.rule.count else { return };
    let mut groups: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (at, weighed) in own.iter().enumerate() {
        let Some(finding) = host.findings.get(weighed.finding) else { continue };
        let key = count.same.iter().map(|name| finding.captures.get(name).unwrap_or_default().to_owned()).collect();
        groups.entry(key).or_default().push(at);
    }
    let mut enough = vec![false; own.len()];
    for members in groups.values() {
        for (n, &first) in members.iter().enumerate() {
            let Some(start) = own.get(first).map(|weighed| weighed.since) else { continue };
            let run: Vec<usize> = members
                .iter()
                .copied()
                .skip(n)
                .take_while(|&at| own.get(at).is_some_and(|weighed| weighed.since - start <= count.within.ms()))
                .collect();
            let total: u64 = run.iter().filter_map(|&at| own.get(at)).map(|weighed| weighed.count).sum();
            if total >= u64::from(count.at_least) {
                for at in run {
                    if let Some(flag) = enough.get_mut(at) {
                        *flag = true;
                    }
                }
            }
        }
    }
    let below = count.below;
    let mut flags = enough.into_iter();
    own.retain_mut(|weighed| match (flags.next().unwrap_or(false), below) {
        (true, _) => true,
        (false, Some(strength)) => {
            weighed.strength = weighed.strength.min(strength);
            true
        }
        (false, None) => false,
    });
}

/// Keeps the strongest and, among equals, those nearest to the crash; the first kept one carries the count of all.
fn thin(mut own: Vec<Weighed>, host: &HostModel, most: usize) -> Vec<Weighed> {
    if own.len() <= most {
        return own;
    }
    let total: u64 = own.iter().map(|weighed| weighed.count).sum();
    let first = own.first().map(|weighed| weighed.finding);
    let order = |weighed: &Weighed| host.findings.get(weighed.finding).map(Finding::order);
    own.sort_by(|a, b| b.strength.cmp(&a.strength).then(order(b).cmp(&order(a))));
    // The first line of all is worth keeping: it says since when.
    let keep_first = own.iter().position(|weighed| Some(weighed.finding) == first).and_then(|at| own.get(at).cloned());
    own.truncate(most.saturating_sub(1).max(1));
    if let Some(first) = keep_first
        && !own.iter().any(|weighed| weighed.finding == first.finding)
    {
        own.push(first);
    }
    own.sort_by_key(order);
    let rest: u64 = own.iter().skip(1).map(|weighed| weighed.count).sum();
    if let Some(head) = own.first_mut() {
        head.count = total.saturating_sub(rest).max(1);
    }
    own
}
