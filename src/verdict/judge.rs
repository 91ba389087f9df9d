//! Weighs the origins of one crash against each other and decides by the table.

use super::cover::{Cover, cover};
use super::crash::Crash;
use super::table::{ROWS, Row, roots};
use super::weigh::{Weighed, Windows};
use crate::evidence::{HostModel, Tie};
use crate::log::{LogKind, Millis};
use crate::rules::Part;
use crate::terms::{Check, Confidence, CrashKind, Origin, Strength};
use crate::windows::lookup;

/// A bugcheck whose meaning is "an NMI came".
const NMI_HARDWARE_FAILURE: u64 = 0x80;

/// What is known of one origin for one crash.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The origin.
    pub origin: Origin,
    /// Its strongest finding.
    pub best: Strength,
    /// Since when the earliest finding of that strength is so.
    pub since: Millis,
    /// Index of that finding among the weighed ones.
    pub lead: usize,
    /// Different rules of at least moderate strength.
    pub witnesses: usize,
    /// Whether the bugcheck is of a kind that this origin makes.
    pub pointed: bool,
    /// Whether a cause, not only the mechanism or an actor, speaks for it.
    pub cause: bool,
    /// Whether all its findings of that weight stand in logs that only lower a verdict when they are missing.
    pub side_logs_only: bool,
}

/// A verdict before it is put into words.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The row that decided.
    pub row: Row,
    /// The origin.
    pub origin: Origin,
    /// How sure.
    pub confidence: Confidence,
    /// Where an undetermined one leans.
    pub leaning: Option<Origin>,
    /// Logs that would have been needed.
    pub missing: Vec<LogKind>,
    /// All candidates, the strongest first.
    pub candidates: Vec<Candidate>,
    /// Coverage of the logs that decide about absence.
    pub covers: Vec<Cover>,
    /// Something strong could not be tied: a device that no list maps, a world that no table knows. What it would
    /// speak for.
    pub unresolved: Option<Origin>,
    /// The logs are those of another host than the one the VM ran on.
    pub elsewhere: bool,
}

impl Decision {
    /// The coverage of a log.
    #[must_use]
    pub fn cover_of(&self, log: LogKind) -> Option<&Cover> {
        self.covers.iter().find(|cover| cover.log == log)
    }

    /// Whether a log covers the moment.
    #[must_use]
    pub fn covered(&self, log: LogKind) -> bool {
        self.cover_of(log).is_some_and(|cover| cover.covers)
    }

    fn settle(&mut self, origin: Origin, confidence: Confidence) -> bool {
        self.origin = origin;
        self.confidence = confidence;
        true
    }

    /// The finding that speaks first for the origin.
    #[must_use]
    pub fn lead(&self, origin: Origin) -> Option<usize> {
        self.candidates.iter().find(|candidate| candidate.origin == origin).map(|candidate| candidate.lead)
    }
}

/// Decides one crash of a VM of `home`. `speaking` are the hosts whose logs say something about it: the one it ran
/// on; none if that host's bundle was not given. `logs` are the logs of the weighed findings.
#[must_use]
pub fn judge(
    home: &HostModel,
    speaking: &[&HostModel],
    crash: &Crash,
    weighed: &[Weighed],
    logs: &[LogKind],
    windows: Windows,
) -> Decision {
    let candidates = candidates(crash, weighed, logs);
    let elsewhere = speaking.is_empty();
    let covers: Vec<Cover> = LogKind::ALL
        .iter()
        .map(|&log| {
            if log == LogKind::Vmware {
                return cover(home, crash, log, windows);
            }
            let mut all = speaking.iter().map(|host| cover(host, crash, log, windows));
            let unknown = || Cover {
                log,
                covers: false,
                reason: Some(format!(
                    "{} here is of another host than the one the VM ran on",
                    log.file_name()
                )),
            };
            let first = all.next().unwrap_or_else(unknown);
            if first.covers { first } else { all.find(|cover| cover.covers).unwrap_or(first) }
        })
        .collect();
    let mut decision = Decision {
        row: Row::Undetermined,
        origin: Origin::Undetermined,
        confidence: Confidence::Possible,
        leaning: None,
        missing: Vec::new(),
        candidates,
        covers,
        unresolved: weighed.iter().filter(|w| w.unresolved).find_map(|w| w.origin),
        elsewhere,
    };
    for &row in ROWS {
        if apply(row, crash, weighed, &mut decision) {
            decision.row = row;
            break;
        }
    }
    decision
}

fn candidates(crash: &Crash, weighed: &[Weighed], logs: &[LogKind]) -> Vec<Candidate> {
    let code = crash.bugcheck.as_ref().map(|bugcheck| bugcheck.code);
    let points_to = code.and_then(lookup).map_or(&[][..], |bugcheck| bugcheck.points_to);
    let mut out: Vec<Candidate> = Vec::new();
    for &origin in Origin::ALL {
        let own: Vec<(usize, &Weighed)> = weighed
            .iter()
            .enumerate()
            .filter(|(_, w)| w.origin == Some(origin) && w.strength > Strength::Context)
            // Who acted upon a VM that had crashed is no origin of that crash.
            .filter(|(_, w)| {
                w.part == Part::Cause
                    || w.part == Part::Mechanism
                    || crash.kind == CrashKind::VmReset
                    || w.since <= crash.time
            })
            .filter(|(_, w)| w.part != Part::Consequence)
            .collect();
        let Some(best) =
            own.iter().map(|(_, w)| fitted(crash, w)).max().filter(|best| *best > Strength::Context)
        else {
            continue;
        };
        let Some((lead, first)) =
            own.iter().filter(|(_, w)| fitted(crash, w) == best).min_by_key(|(at, w)| (w.since, *at))
        else {
            continue;
        };
        let mut rules: Vec<(usize, usize)> = own
            .iter()
            .filter(|(_, w)| fitted(crash, w) >= Strength::Moderate)
            .map(|(_, w)| (w.host, w.finding))
            .collect();
        rules.sort_unstable();
        let mut kinds: Vec<Check> = Vec::new();
        let mut witnesses = 0;
        let mut seen: Vec<(Check, LogKind)> = Vec::new();
        for (at, w) in &own {
            if fitted(crash, w) >= Strength::Moderate
                && let Some(&log) = logs.get(*at)
            {
                // Two lines of one log about one thing are one witness; two logs, or two checks, are two.
                let log = if log == LogKind::Vmkwarning { LogKind::Vmkernel } else { log };
                if !seen.contains(&(w.check, log)) {
                    seen.push((w.check, log));
                    witnesses += 1;
                }
                if !kinds.contains(&w.check) {
                    kinds.push(w.check);
                }
            }
        }
        let side = |log: LogKind| {
            !matches!(log, LogKind::Vmware | LogKind::Hostd | LogKind::Vmkernel | LogKind::Vmkwarning)
        };
        out.push(Candidate {
            origin,
            best,
            since: first.since,
            lead: *lead,
            witnesses,
            // A code that the guest's own faults make too points nowhere.
            pointed: points_to.first() == Some(&origin)
                || (points_to.contains(&origin) && !points_to.contains(&Origin::GuestOs)),
            // How a VM died may name the root itself: killed for a bad page, for want of memory.
            cause: own.iter().any(|(_, w)| {
                let names_root =
                    w.part == Part::Cause || (w.part == Part::Mechanism && origin != Origin::Hypervisor);
                names_root && fitted(crash, w) == best
            }),
            side_logs_only: own.iter().all(|(at, w)| {
                fitted(crash, w) < Strength::Moderate || logs.get(*at).is_some_and(|log| side(*log))
            }),
        });
    }
    out.sort_by(|a, b| b.best.cmp(&a.best).then(a.since.cmp(&b.since)).then(a.origin.cmp(&b.origin)));
    out
}

/// The strength of a finding for this crash: an NMI does not explain a bugcheck of another kind, and a decisive line
/// decides only for the VM it names.
fn fitted(crash: &Crash, weighed: &Weighed) -> Strength {
    let strength = weighed.strength;
    if weighed.origin == Some(Origin::AdminNmi)
        && crash.bugcheck.as_ref().is_some_and(|bugcheck| bugcheck.code != NMI_HARDWARE_FAILURE)
    {
        return strength.min(Strength::Context);
    }
    let host_wide = weighed.origin == Some(Origin::HostFailure);
    // "A VM was killed" without its name, in the very second in which this one's process died.
    let this_moment = weighed.tie == Tie::Moment
        && matches!(crash.kind, CrashKind::VmxFailure | CrashKind::VmmFailure)
        && (weighed.since - crash.time).abs() <= 3_000;
    let tied = host_wide || this_moment || matches!(weighed.tie, Tie::This | Tie::Under);
    if strength == Strength::Decisive && !tied {
        return Strength::Strong;
    }
    strength
}

fn apply(row: Row, crash: &Crash, weighed: &[Weighed], decision: &mut Decision) -> bool {
    let roots = roots(crash.kind);
    let find = |decision: &Decision, origin: Origin| {
        decision
            .candidates
            .iter()
            .find(|candidate| candidate.origin == origin && roots.contains(&origin))
            .cloned()
    };
    match row {
        Row::HostDown => {
            if crash.kind != CrashKind::HostDown {
                // A host failure within the window of another crash: the crash was its first symptom.
                return match find(decision, Origin::HostFailure) {
                    Some(host) if host.best >= Strength::Strong => {
                        decision.settle(Origin::HostFailure, Confidence::Likely)
                    }
                    _ => false,
                };
            }
            match find(decision, Origin::HostFailure).map(|host| host.best) {
                Some(Strength::Decisive) => decision.settle(Origin::HostFailure, Confidence::Confirmed),
                Some(Strength::Strong) => decision.settle(Origin::HostFailure, Confidence::Likely),
                // A fatal record of the hardware at the moment at which the host fell silent.
                _ if decision
                    .candidates
                    .iter()
                    .any(|c| c.origin == Origin::HostHardware && c.best >= Strength::Strong) =>
                {
                    decision.settle(Origin::HostFailure, Confidence::Likely)
                }
                _ => {
                    decision.leaning = Some(Origin::HostFailure);
                    if !decision.covered(LogKind::Vmksummary) {
                        decision.missing.push(LogKind::Vmksummary);
                    }
                    true
                }
            }
        }
        Row::AdminNmi => match find(decision, Origin::AdminNmi) {
            Some(nmi) if nmi.best >= Strength::Strong => decision.settle(
                Origin::AdminNmi,
                if nmi.best == Strength::Decisive { Confidence::Confirmed } else { Confidence::Likely },
            ),
            _ => false,
        },
        Row::Operator => match find(decision, Origin::Operator) {
            // HA resets through the same calls as a person: where HA's own traces stand, it was HA.
            Some(person)
                if person.best >= Strength::Strong
                    && find(decision, Origin::HaReset).is_none_or(|ha| ha.best < Strength::Strong) =>
            {
                decision.settle(
                    Origin::Operator,
                    if person.best == Strength::Decisive {
                        Confidence::Confirmed
                    } else {
                        Confidence::Likely
                    },
                )
            }
            _ => false,
        },
        Row::DecisiveCause | Row::StrongCause => {
            let wanted = if row == Row::DecisiveCause { Strength::Decisive } else { Strength::Strong };
            let mut fitting: Vec<Candidate> = decision
                .candidates
                .iter()
                .filter(|c| c.best >= wanted && c.cause && roots.contains(&c.origin))
                .filter(|c| {
                    !matches!(
                        c.origin,
                        Origin::HaReset | Origin::Operator | Origin::AdminNmi | Origin::HostFailure
                    )
                })
                .cloned()
                .collect();
            fitting.sort_by_key(|c| (row == Row::StrongCause && !c.pointed, c.since, c.origin));
            let Some(first) = fitting.first() else { return false };
            let confidence =
                if row == Row::DecisiveCause { Confidence::Confirmed } else { Confidence::Likely };
            decision.settle(first.origin, confidence)
        }
        Row::Mechanism => {
            let mechanism = decision
                .candidates
                .iter()
                .find(|c| c.best >= Strength::Strong && !c.cause && roots.contains(&c.origin))
                .filter(|c| !matches!(c.origin, Origin::HaReset | Origin::Operator))
                .cloned();
            let Some(mechanism) = mechanism else { return false };
            // The cause below a mechanism is excluded only by logs that would show it.
            let whole = lacking(decision, &[LogKind::Hostd, LogKind::Vmkernel, LogKind::Vobd, LogKind::Sel]);
            let sure =
                mechanism.best == Strength::Decisive && whole.is_empty() && decision.unresolved.is_none();
            decision.missing = whole;
            decision.origin = mechanism.origin;
            decision.confidence = if sure { Confidence::Confirmed } else { Confidence::Likely };
            true
        }
        Row::HaReset => match find(decision, Origin::HaReset) {
            Some(actor) if actor.best >= Strength::Strong => {
                let whole =
                    lacking(decision, &[LogKind::Hostd, LogKind::Vmkernel, LogKind::Vobd, LogKind::Sel]);
                let sure =
                    actor.best == Strength::Decisive && whole.is_empty() && decision.unresolved.is_none();
                decision.missing = whole;
                decision.origin = Origin::HaReset;
                decision.confidence = if sure { Confidence::Confirmed } else { Confidence::Likely };
                true
            }
            _ => false,
        },
        Row::TwoWitnesses => {
            let mut fitting: Vec<Candidate> = decision
                .candidates
                .iter()
                .filter(|c| c.best == Strength::Moderate && roots.contains(&c.origin))
                .filter(|c| (c.witnesses >= 2 || c.pointed) && !c.side_logs_only)
                .cloned()
                .collect();
            fitting.sort_by_key(|c| (!c.pointed, c.since, c.origin));
            let Some(first) = fitting.first() else { return false };
            decision.settle(first.origin, Confidence::Likely)
        }
        Row::OneWitness => {
            let first = decision
                .candidates
                .iter()
                .find(|c| c.best >= Strength::Moderate && roots.contains(&c.origin) && !c.side_logs_only);
            let Some(first) = first else { return false };
            decision.leaning = Some(first.origin);
            decision.missing = lacking(decision, &[LogKind::Hostd, LogKind::Vmkernel]);
            true
        }
        Row::GuestOs => {
            if !crash.guest_reported() || decision.unresolved.is_some() {
                return false;
            }
            let code = crash.bugcheck.as_ref().map(|bugcheck| bugcheck.code);
            let mut needed = vec![LogKind::Hostd, LogKind::Vmkernel];
            if code == Some(NMI_HARDWARE_FAILURE) {
                // A person at the host's shell leaves a trace there and nowhere else.
                needed.push(LogKind::Shell);
            }
            if !lacking(decision, &needed).is_empty() {
                return false;
            }
            let side = lacking(decision, &[LogKind::Sel, LogKind::Vobd]);
            let elsewhere = code.and_then(lookup).is_some_and(|known| {
                !known.points_to.is_empty() && !known.points_to.contains(&Origin::GuestOs)
            });
            let rivals =
                decision.candidates.iter().any(|c| c.best >= Strength::Moderate && roots.contains(&c.origin));
            let sure = side.is_empty() && !elsewhere && !rivals && crash.kind != CrashKind::TripleFault;
            decision.missing = side;
            decision.settle(Origin::GuestOs, if sure { Confidence::Confirmed } else { Confidence::Likely })
        }
        Row::Undetermined => {
            decision.missing = undetermined_missing(crash, decision);
            decision.leaning = match decision.unresolved {
                Some(Origin::AdminNmi) => Some(Origin::AdminNmi),
                _ => leaning(crash, weighed),
            };
            true
        }
    }
}

/// Those of the logs that do not cover the moment.
fn lacking(decision: &Decision, logs: &[LogKind]) -> Vec<LogKind> {
    logs.iter().copied().filter(|log| !decision.covered(*log)).collect()
}

fn undetermined_missing(crash: &Crash, decision: &Decision) -> Vec<LogKind> {
    let mut needed = vec![LogKind::Hostd, LogKind::Vmkernel];
    if crash.bugcheck.as_ref().is_some_and(|bugcheck| bugcheck.code == NMI_HARDWARE_FAILURE) {
        needed.push(LogKind::Shell);
    }
    if !crash.guest_reported() && crash.kind != CrashKind::HostDown {
        needed.push(LogKind::Vmware);
    }
    lacking(decision, &needed)
}

fn leaning(crash: &Crash, weighed: &[Weighed]) -> Option<Origin> {
    match crash.kind {
        CrashKind::WindowsBugcheck | CrashKind::GuestPanic | CrashKind::TripleFault => Some(Origin::GuestOs),
        CrashKind::VmxFailure | CrashKind::VmmFailure => Some(Origin::Hypervisor),
        CrashKind::HostDown => Some(Origin::HostFailure),
        CrashKind::VmReset => weighed
            .iter()
            .filter_map(|w| w.origin)
            .find(|origin| matches!(origin, Origin::HaReset | Origin::Operator))
            .or(Some(Origin::Operator)),
    }
}
