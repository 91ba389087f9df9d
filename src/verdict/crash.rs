//! Crashes put together: one crash is one, however many lines, vCPUs and logs tell it.

use super::thresholds::{
    BOOT_AFTER_RESET_MS, CLOCK_SLACK_MS, CRASHED_UNTIL_RESET_MS, EXIT_LINE_MS, LATE_NOTICE_MS,
    MONITOR_WITH_GUEST_MS, ORDERLY_STOP_MS, QUESTION_MS, RESET_JOINS_MS, RESET_LOOP_MS, SAME_GUEST_CRASH_MS,
    SAME_MOMENT_MS,
};
use crate::evidence::{Finding, FindingId, FindingIndex, HostModel, Tie, VmId};
use crate::log::{LogKind, Millis};
use crate::rules::{Fact, RuleSet};
use crate::terms::{CrashKind, Origin};
use crate::windows::points_to;

/// A bugcheck as the crash registers tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The code.
    pub code: u64,
    /// The arguments that were written.
    pub args: [Option<u64>; 4],
    /// The vCPU that wrote first.
    pub vcpu: Option<u32>,
}

/// A crash of a VM before it is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Crash {
    /// The VM in its host.
    pub vm: VmId,
    /// Its first line.
    pub time: Millis,
    /// The last line that tells it.
    pub last: Millis,
    /// Of what kind.
    pub kind: CrashKind,
    /// What Windows reported.
    pub bugcheck: Option<Reported>,
    /// The findings that tell it.
    pub findings: Vec<FindingId>,
    /// How often it came again at once, the first included: a guest that fails in each of its boots.
    pub count: u64,
    /// Whether its first line is in the VM's own log.
    pub told_by_own_log: bool,
    /// Whether a line says how it came to it, and not only that the process is gone.
    pub is_told: bool,
    /// For a host that went down: when it was back.
    pub back: Option<Millis>,
}

impl Crash {
    /// Where its bugcheck points to, if it has one.
    #[must_use]
    pub fn points_to(&self) -> &'static [Origin] {
        self.bugcheck.as_ref().map_or(&[], |bugcheck| points_to(bugcheck.code, &bugcheck.args))
    }

    /// Whether the guest itself reported it.
    #[must_use]
    pub fn guest_reported(&self) -> bool {
        matches!(self.kind, CrashKind::WindowsBugcheck | CrashKind::GuestPanic | CrashKind::TripleFault)
    }
}

/// A line that tells a crash of a VM.
struct CrashSign {
    at: FindingId,
    time: Millis,
    kind: CrashKind,
    own_log: bool,
    /// The line shares a moment and names no VM: it makes no crash alone.
    keyless: bool,
    /// The line only says that the process is gone: an orderly end looks the same.
    weak: bool,
    /// The line says that the guest halted its CPUs: an orderly halt looks the same.
    halt: bool,
}

/// The crashes of one VM, by time; those of a host that went down are found elsewhere.
#[must_use]
pub fn assemble(host: &HostModel, rules: &RuleSet, concerns: &FindingIndex, vm: VmId) -> Vec<Crash> {
    let concerning = concerns.of_vm(host, rules, vm);
    let marks = marks(host, rules, vm, &concerning);
    let facts = Facts::of(host, rules, vm, &concerning);
    let mut crashes: Vec<Crash> = Vec::new();
    let mut pending: Vec<&CrashSign> = Vec::new();
    for mark in &marks {
        if mark.keyless {
            pending.push(mark);
            continue;
        }
        if facts.explains(mark) {
            continue;
        }
        match crashes.last_mut() {
            Some(crash) if joins(crash, mark, &facts) => {
                crash.findings.push(mark.at);
                crash.is_told |= !mark.weak;
                if is_guest(mark.kind) && Facts::between(&facts.boots, crash.last, mark.time) {
                    crash.count += 1;
                }
                crash.last = crash.last.max(mark.time);
                crash.kind = merged_kind(crash, mark);
            }
            _ => crashes.push(Crash {
                vm,
                time: mark.time,
                last: mark.time,
                kind: mark.kind,
                bugcheck: None,
                findings: vec![mark.at],
                count: 1,
                told_by_own_log: mark.own_log,
                is_told: !mark.weak,
                back: None,
            }),
        }
    }
    for mark in pending {
        if let Some(crash) = crashes.iter_mut().find(|crash| (mark.time - crash.time).abs() <= SAME_MOMENT_MS)
        {
            crash.findings.push(mark.at);
        }
    }
    for crash in &mut crashes {
        crash.findings.sort_unstable();
        crash.bugcheck = bugcheck(host, rules, crash);
        settle_kind(host, vm, crash);
    }
    super::silent_end::add(host, rules, vm, &concerning, &mut crashes);
    crashes.sort_by_key(|crash| crash.time);
    crashes
}

fn marks(host: &HostModel, rules: &RuleSet, vm: VmId, concerning: &[(FindingId, Tie)]) -> Vec<CrashSign> {
    let mut marks = Vec::new();
    for &(at, tied) in concerning {
        let finding = &host[at];
        let rule = &rules[finding.rule];
        let (Some(kind), Some(time)) = (rule.rule.crash, finding.time) else { continue };
        if kind == CrashKind::HostDown {
            continue;
        }
        if !matches!(tied, Tie::This | Tie::Moment) {
            continue;
        }
        let own_log = finding.owner.is_some();
        // A loose log of a hosted product knows only its user: a reset there is an operation.
        if kind == CrashKind::VmReset && host[vm].hosted {
            continue;
        }
        marks.push(CrashSign {
            at,
            time,
            kind,
            own_log,
            keyless: tied == Tie::Moment,
            weak: rule.rule.origin.is_none() && !own_log,
            halt: rule.rule.fact == Some(Fact::CpusHalted),
        });
    }
    marks
}

/// What the VM's logs say about boots and orderly stops.
struct Facts {
    boots: Vec<Millis>,
    starts: Vec<Millis>,
    orderly: Vec<Millis>,
    exits: Vec<Millis>,
    asked: Vec<Millis>,
    /// Orderly ends that the host tells: hostd, or HA, which keeps book of them.
    told_by_host: Vec<Millis>,
    /// Questions that kept the VM waiting.
    questions: Vec<Millis>,
    /// From when on the VM's own log speaks.
    first: Option<Millis>,
}

impl Facts {
    fn of(host: &HostModel, rules: &RuleSet, vm: VmId, concerning: &[(FindingId, Tie)]) -> Self {
        let times = |wanted: &[Fact]| -> Vec<Millis> {
            concerning
                .iter()
                .map(|(at, _)| &host[*at])
                .filter(|finding| finding.owner == Some(vm))
                .filter(|finding| rules[finding.rule].rule.fact.is_some_and(|fact| wanted.contains(&fact)))
                .filter_map(|finding| finding.time)
                .collect()
        };
        Self {
            boots: times(&[Fact::GuestBoot, Fact::VmxStart]),
            starts: times(&[Fact::VmxStart]),
            orderly: times(&[Fact::OrderlyStop]),
            exits: times(&[Fact::VmxExit]),
            asked: times(&[Fact::GuestAsked]),
            told_by_host: concerning
                .iter()
                .filter(|(_, tied)| *tied == Tie::This)
                .map(|(at, _)| &host[*at])
                .filter(|finding| finding.owner.is_none())
                .filter(|finding| rules[finding.rule].rule.fact == Some(Fact::OrderlyStop))
                .filter_map(|finding| finding.time)
                .collect(),
            questions: host
                .findings
                .iter()
                .filter(|finding| finding.owner == Some(vm))
                .filter(|finding| {
                    let rule = &rules[finding.rule].rule;
                    rule.operation.as_deref() == Some("question") && rule.origin.is_some()
                })
                .filter_map(|finding| finding.time)
                .collect(),
            first: host[vm].coverage.first(),
        }
    }

    fn between(times: &[Millis], from: Millis, to: Millis) -> bool {
        times.iter().any(|time| *time > from && *time <= to)
    }

    /// Whether an orderly stop explains the mark: a reset that the guest or Tools had prepared, a process that
    /// ended in order.
    fn explains(&self, mark: &CrashSign) -> bool {
        match mark.kind {
            CrashKind::VmReset => Self::between(&self.orderly, mark.time - ORDERLY_STOP_MS, mark.time),
            _ if mark.halt => {
                let unsaid =
                    self.first.is_none_or(|first| first > mark.time - ORDERLY_STOP_MS) && !mark.own_log;
                let from = mark.time - ORDERLY_STOP_MS;
                let asked = Self::between(&self.asked, from, mark.time + CLOCK_SLACK_MS);
                unsaid || asked || Self::between(&self.orderly, from, mark.time + CLOCK_SLACK_MS)
            }
            CrashKind::VmxFailure if !mark.own_log => {
                // An exit line near it: the process ended in order, whoever asked.
                let exited = Self::between(&self.exits, mark.time - EXIT_LINE_MS, mark.time + EXIT_LINE_MS);
                // Gone without a word, but the guest had asked to be turned off, or its own log does not reach here
                // and cannot say.
                let unsaid = self.first.is_none_or(|first| first > mark.time);
                // A VM that waited on a question and was then ended did not end by its own will, however orderly.
                let stood = Self::between(&self.questions, mark.time - QUESTION_MS, mark.time)
                    && !Self::between(&self.asked, mark.time - QUESTION_MS, mark.time)
                    && !Self::between(&self.orderly, mark.time - QUESTION_MS, mark.time);
                (exited && !stood)
                    || (mark.weak
                        && (unsaid
                            || Self::between(
                                &self.told_by_host,
                                mark.time - ORDERLY_STOP_MS,
                                mark.time + EXIT_LINE_MS,
                            )
                            || Self::between(
                                &self.asked,
                                mark.time - ORDERLY_STOP_MS,
                                mark.time + CLOCK_SLACK_MS,
                            )))
            }
            _ => false,
        }
    }
}

fn is_guest(kind: CrashKind) -> bool {
    matches!(kind, CrashKind::WindowsBugcheck | CrashKind::GuestPanic | CrashKind::TripleFault)
}

fn joins(crash: &Crash, mark: &CrashSign, facts: &Facts) -> bool {
    let since_last = mark.time - crash.last;
    // A reset makes the guest boot: what hostd and HA write about the reset comes a few seconds later.
    let slack = if mark.kind == CrashKind::VmReset { BOOT_AFTER_RESET_MS } else { 0 };
    let booted = Facts::between(&facts.boots, crash.time, mark.time - slack);
    match mark.kind {
        CrashKind::VmReset => {
            since_last <= RESET_JOINS_MS && (crash.kind == CrashKind::VmReset || !booted)
                || (!booted
                    && mark.time - crash.time <= CRASHED_UNTIL_RESET_MS
                    && crash.kind != CrashKind::VmReset)
        }
        // The virtual machine resets, boots, and fails again.
        CrashKind::TripleFault if crash.kind == CrashKind::TripleFault && mark.own_log => {
            since_last <= RESET_LOOP_MS
        }
        kind if is_guest(kind) => since_last <= SAME_GUEST_CRASH_MS && (!booted || !mark.own_log),
        _ => {
            let restarted = Facts::between(&facts.starts, crash.time, mark.time);
            if mark.own_log {
                since_last <= LATE_NOTICE_MS && !restarted
            } else {
                since_last <= LATE_NOTICE_MS
            }
        }
    }
}

fn merged_kind(crash: &Crash, mark: &CrashSign) -> CrashKind {
    let soon = mark.time - crash.time <= MONITOR_WITH_GUEST_MS;
    // What comes later is no root of what the VM's own log told before.
    let later = crash.told_by_own_log && mark.time > crash.time;
    match (crash.kind, mark.kind) {
        // A reset is what happened to it, the other is what it was.
        (CrashKind::VmReset, other) => other,
        // The monitor and the guest at the same moment: the monitor below it first.
        (own, CrashKind::VmmFailure | CrashKind::VmxFailure) if is_guest(own) && soon && !later => mark.kind,
        (CrashKind::GuestPanic, CrashKind::WindowsBugcheck | CrashKind::TripleFault) => mark.kind,
        (own, _) => own,
    }
}

/// Code and arguments out of the lines of the crash registers: of the vCPU that reported first.
fn bugcheck(host: &HostModel, rules: &RuleSet, crash: &Crash) -> Option<Reported> {
    let mut lines: Vec<&Finding> = crash
        .findings
        .iter()
        .map(|&at| &host[at])
        .filter(|finding| {
            rules[finding.rule].rule.crash == Some(CrashKind::WindowsBugcheck)
                && finding.captures.get("reg").is_some()
        })
        .collect();
    lines.sort_by_key(|finding| finding.order());
    let value = |finding: &Finding| {
        let text = finding.captures.get("value")?;
        u64::from_str_radix(text.trim_start_matches("0x").trim_start_matches("0X"), 16).ok()
    };
    let register = |finding: &Finding| finding.captures.get("reg").and_then(|reg| reg.parse::<usize>().ok());
    let first = lines.iter().find(|finding| register(finding) == Some(0))?;
    let vcpu = vcpu(&first.text);
    let mut args = [None; 4];
    for finding in &lines {
        // Another vCPU may report the same crash in between with other arguments.
        let own = vcpu.is_none() || self::vcpu(&finding.text) == vcpu;
        if let (true, Some(reg @ 1..=4)) = (own, register(finding))
            && let Some(slot) = args.get_mut(reg - 1)
            && slot.is_none()
        {
            *slot = value(finding);
        }
    }
    Some(Reported { code: value(first)?, args, vcpu })
}

/// The number in `vcpu-N` of a line's head.
fn vcpu(text: &str) -> Option<u32> {
    let (_, after) = text.split_once("vcpu-")?;
    after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn settle_kind(host: &HostModel, vm: VmId, crash: &mut Crash) {
    if crash.bugcheck.is_some() && crash.kind == CrashKind::GuestPanic {
        crash.kind = CrashKind::WindowsBugcheck;
    }
    let only_hostd = crash.findings.iter().map(|&at| &host[at]).all(|finding| finding.log != LogKind::Vmware);
    if crash.kind == CrashKind::GuestPanic && only_hostd && host[vm].is_windows() == Some(true) {
        crash.kind = CrashKind::WindowsBugcheck;
    }
}
