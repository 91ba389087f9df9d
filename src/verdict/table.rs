//! The decision table: which origin can be the root of which kind of crash, and the rows by which one is named. The
//! tables of `docs/verdicts.md` are printed from here.

use super::case::{Candidate, Case};
use super::conditions::{
    ACTOR_LOGS_WHOLE, BELOW, BESIDE_ACTOR, CODE_FITS_GUEST, CORE, CORE_WHOLE, Condition, DECISIVE,
    LOGS_WHOLE, NEVER, NO_OPEN_STATE, NO_RIVAL, NO_TRIPLE_FAULT, RESOLVED, SIDE, SIDE_LOGS_WHOLE,
    by_exclusion,
};
pub use super::possible_roots::roots;
use crate::log::LogKind;
use crate::terms::{CrashKind, Origin, Strength};

/// The name of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowName {
    /// The host went down under the VM, and a line says why or that it did.
    HostDown,
    /// A host failure shows in the window of another crash.
    HostFailureBelow,
    /// The host went down under the VM, and no line says why.
    HostSilent,
    /// An NMI was sent to this VM.
    AdminNmi,
    /// A person or API call acted on the VM.
    Operator,
    /// A cause that the logs contain, tied to this VM.
    DecisiveCause,
    /// A strong cause.
    StrongCause,
    /// The VMX or VMM failed, and nothing below explains it.
    Mechanism,
    /// HA reset a guest that had stopped answering.
    HaReset,
    /// Two independent moderate witnesses.
    TwoWitnesses,
    /// One moderate witness.
    OneWitness,
    /// The guest, by exclusion.
    GuestOs,
    /// Everything else.
    Undetermined,
}

/// A row of the table. Rows are tried in order; the first that applies decides.
#[derive(Debug)]
pub struct Row {
    /// Its name.
    pub name: RowName,
    /// When it applies, in words.
    pub applies: &'static str,
    /// What it names, in words.
    pub names: &'static str,
    /// When it applies.
    pub when: fn(&Case) -> bool,
    /// The origin that it names; `None` leaves the crash undetermined.
    pub origin: fn(&Case) -> Option<Origin>,
    /// What must hold for `confirmed`; `likely` otherwise.
    pub sure: &'static [Condition],
    /// Where an undetermined crash leans.
    pub leaning: fn(&Case) -> Option<Origin>,
    /// Logs that do not cover the moment and would have been needed, or would have made it surer.
    pub missing: fn(&Case) -> Vec<LogKind>,
    /// Why another origin, which can be the root and is strong, loses against the one that is named.
    pub loses: fn(&Candidate, Origin) -> String,
}

/// The table.
pub const ROWS: &[Row] = &[
    Row {
        name: RowName::HostDown,
        applies: "the host went down, and a line at least strong tells its failure, or a fatal error of its hardware",
        names: "`host-failure`",
        when: |case| {
            case.kind == CrashKind::HostDown
                && (case.is_at_least(Origin::HostFailure, Strength::Strong) || has_fatal_hardware(case))
        },
        origin: |_| Some(Origin::HostFailure),
        sure: &[DECISIVE],
        leaning: no_leaning,
        missing: nothing_missing,
        loses: loses_to_host,
    },
    Row {
        name: RowName::HostFailureBelow,
        applies: "a host failure, at least strong, shows in the window of another crash, which was its first symptom",
        names: "`host-failure`",
        when: |case| {
            case.kind != CrashKind::HostDown && case.is_at_least(Origin::HostFailure, Strength::Strong)
        },
        origin: |_| Some(Origin::HostFailure),
        sure: &[NEVER],
        leaning: no_leaning,
        missing: nothing_missing,
        loses: loses_to_host,
    },
    Row {
        name: RowName::HostSilent,
        applies: "the host went down, and no line says why its logs start again",
        names: "`undetermined`, leaning to `host-failure`",
        when: |case| case.kind == CrashKind::HostDown,
        origin: |_| None,
        sure: &[NEVER],
        leaning: |_| Some(Origin::HostFailure),
        missing: |case| case.lacking(&[LogKind::Vmksummary]),
        loses: loses_to_host,
    },
    Row {
        name: RowName::AdminNmi,
        applies: "an NMI was sent to this VM, at least strong",
        names: "`admin-nmi`",
        when: |case| case.is_at_least(Origin::AdminNmi, Strength::Strong),
        origin: |_| Some(Origin::AdminNmi),
        sure: &[DECISIVE],
        leaning: no_leaning,
        missing: nothing_missing,
        loses: |_, _| "the NMI that was sent is the more specific cause".to_owned(),
    },
    Row {
        name: RowName::DecisiveCause,
        applies: "a cause is written in the logs and tied to this VM; of several the earliest",
        names: "that cause",
        when: |case| decisive_cause(case).is_some(),
        origin: decisive_cause,
        sure: &[CORE_WHOLE],
        leaning: no_leaning,
        missing: |case| case.lacking(&by_exclusion(case)),
        loses: loses_by_order,
    },
    Row {
        name: RowName::StrongCause,
        applies: "a strong cause; of several the one the bugcheck points to, else the earliest",
        names: "that cause",
        when: |case| strong_cause(case).is_some(),
        origin: strong_cause,
        sure: &[NEVER],
        leaning: no_leaning,
        missing: nothing_missing,
        loses: loses_by_order,
    },
    Row {
        name: RowName::Mechanism,
        applies: "the VMX or VMM failed, at least strong, and nothing below explains it",
        names: "`hypervisor`, or what the failure names",
        when: |case| mechanism(case).is_some(),
        origin: mechanism,
        sure: &[DECISIVE, LOGS_WHOLE, RESOLVED],
        leaning: no_leaning,
        missing: |case| case.lacking(BELOW),
        loses: loses_by_order,
    },
    Row {
        name: RowName::Operator,
        applies: "a person or an API call acted on it, at least strong, nothing explains why, and there are no traces \
                  of HA, which resets through the same calls; if only the VM's own log tells it, fdm and hostd cover \
                  the moment",
        names: "`operator`",
        when: |case| {
            case.is_at_least(Origin::Operator, Strength::Strong)
                && !case.is_at_least(Origin::HaReset, Strength::Strong)
                && !may_be_ha(case)
        },
        origin: |_| Some(Origin::Operator),
        sure: &[DECISIVE, ACTOR_LOGS_WHOLE, RESOLVED],
        leaning: no_leaning,
        missing: |case| case.lacking(BESIDE_ACTOR),
        loses: |_, _| "who acted on the VM is written in the logs".to_owned(),
    },
    Row {
        name: RowName::HaReset,
        applies: "HA acted upon a guest that had stopped answering, and nothing explains why it had",
        names: "`ha-reset`",
        when: |case| case.is_at_least(Origin::HaReset, Strength::Strong),
        origin: |_| Some(Origin::HaReset),
        sure: &[DECISIVE, LOGS_WHOLE, RESOLVED],
        leaning: no_leaning,
        missing: |case| case.lacking(BELOW),
        loses: loses_by_order,
    },
    Row {
        name: RowName::TwoWitnesses,
        applies: "two independent moderate witnesses of one origin, or one that the bugcheck points to, not in side logs \
                  alone",
        names: "that origin",
        when: |case| two_witnesses(case).is_some(),
        origin: two_witnesses,
        sure: &[NEVER],
        leaning: no_leaning,
        missing: nothing_missing,
        loses: loses_by_order,
    },
    Row {
        name: RowName::OneWitness,
        applies: "one moderate witness in `vmware.log`, `hostd.log` or `vmkernel.log`: not enough to name it, too much to \
                  blame the guest",
        names: "`undetermined`, leaning to it",
        when: |case| one_witness(case).is_some(),
        origin: |_| None,
        sure: &[NEVER],
        leaning: one_witness,
        missing: |case| case.lacking(CORE),
        loses: loses_by_order,
    },
    Row {
        name: RowName::GuestOs,
        applies: "the guest reported the crash, everything strong can be tied, and hostd and vmkernel cover the moment and \
                  show nothing, and no step of the host's clock is nearer to it than it is long, and the host did not go down within two minutes; for 0x80 the shell log too, and no NMI went to another VM in the same seconds; where \
                  the bugcheck or its status points to the storage or the hardware alone, all logs of that check",
        names: "`guest-os`",
        when: |case| {
            case.is_guest_reported()
                && case.unresolved.is_none()
                && case.nmi_to_another.is_none()
                && case.clock_step.is_none()
                && case.host_ended.is_none()
                && case.lacking(&by_exclusion(case)).is_empty()
        },
        origin: |_| Some(Origin::GuestOs),
        sure: &[SIDE_LOGS_WHOLE, CODE_FITS_GUEST, NO_RIVAL, NO_OPEN_STATE, NO_TRIPLE_FAULT],
        leaning: no_leaning,
        missing: |case| case.lacking(SIDE),
        loses: loses_by_order,
    },
    Row {
        name: RowName::Undetermined,
        applies: "everything else",
        names: "`undetermined`, leaning to the guest, the hypervisor, the host or who acted, by the kind",
        when: |_| true,
        origin: |_| None,
        sure: &[NEVER],
        leaning: |case| match case.unresolved {
            Some(Origin::AdminNmi) => Some(Origin::AdminNmi),
            // A failing host disturbs its VMs first.
            _ if case.host_ended.is_some() => Some(Origin::HostFailure),
            _ => leaning_by_kind(case),
        },
        missing: |case| {
            let mut needed = by_exclusion(case);
            if !case.is_guest_reported() && case.kind != CrashKind::HostDown {
                needed.push(LogKind::Vmware);
            }
            if case.kind == CrashKind::VmxFailure && case.is_silent {
                // Who kills a process at the host's shell is told there.
                needed.push(LogKind::Shell);
            }
            if may_be_ha(case) {
                needed.push(LogKind::Fdm);
            }
            case.lacking(&needed)
        },
        loses: loses_by_order,
    },
];

fn no_leaning(_: &Case) -> Option<Origin> {
    None
}

fn nothing_missing(_: &Case) -> Vec<LogKind> {
    Vec::new()
}

fn loses_to_host(_: &Candidate, _: Origin) -> String {
    "the host failure beats every symptom of a VM".to_owned()
}

fn loses_by_order(rival: &Candidate, origin: Origin) -> String {
    if rival.cause {
        format!("{origin} is the stronger or the earlier anomaly")
    } else {
        format!("it is how the VM died; {origin} came before it")
    }
}

/// A fatal record of the hardware at the moment at which the host stopped writing.
fn has_fatal_hardware(case: &Case) -> bool {
    case.candidates.iter().any(|own| own.origin == Origin::HostHardware && own.best >= Strength::Strong)
}

/// Causes of at least this strength. Actors and the host have rows of their own.
fn causes(case: &Case, least: Strength) -> impl Iterator<Item = &Candidate> {
    const OWN_ROWS: [Origin; 4] = [Origin::HaReset, Origin::Operator, Origin::AdminNmi, Origin::HostFailure];
    case.possible().filter(move |own| own.best >= least && own.cause && !OWN_ROWS.contains(&own.origin))
}

fn decisive_cause(case: &Case) -> Option<Origin> {
    causes(case, Strength::Decisive).min_by_key(|own| (own.since, own.origin)).map(|own| own.origin)
}

fn strong_cause(case: &Case) -> Option<Origin> {
    let order = |own: &&Candidate| (!own.pointed, own.since, own.origin);
    causes(case, Strength::Strong).min_by_key(order).map(|own| own.origin)
}

const fn is_actor(origin: Origin) -> bool {
    matches!(origin, Origin::HaReset | Origin::Operator)
}

/// How the VM died, where nothing says why. An actor before it has a row of its own.
fn mechanism(case: &Case) -> Option<Origin> {
    let first = case.possible().find(|own| own.best >= Strength::Strong && !own.cause)?;
    let acted_before =
        |own: &Candidate| is_actor(own.origin) && own.best >= Strength::Strong && own.since <= first.since;
    (!is_actor(first.origin) && !case.possible().any(acted_before)).then_some(first.origin)
}

fn two_witnesses(case: &Case) -> Option<Origin> {
    let enough = |own: &&Candidate| {
        own.best == Strength::Moderate && (own.witnesses >= 2 || own.pointed) && !own.side_logs_only
    };
    let order = |own: &&Candidate| (!own.pointed, own.since, own.origin);
    case.possible().filter(enough).min_by_key(order).map(|own| own.origin)
}

fn one_witness(case: &Case) -> Option<Origin> {
    let unclear = |own: &Candidate| own.origin == Origin::Operator && may_be_ha(case);
    let counts = |own: &&Candidate| own.best >= Strength::Moderate && !own.side_logs_only && !unclear(own);
    let first = case.possible().find(counts);
    first.map(|own| own.origin)
}

/// Whether somebody acted through the API, and the logs that tell HA from a person do not cover the moment.
fn may_be_ha(case: &Case) -> bool {
    let bare = case.candidate(Origin::Operator).is_some_and(|own| own.own_log_only);
    bare && case.kind == CrashKind::VmReset && !case.lacking(&[LogKind::Hostd, LogKind::Fdm]).is_empty()
}

/// Where a crash leans about which the logs say nothing: to the one party that the bugcheck points to, or to the one
/// that a crash of this kind comes from.
fn leaning_by_kind(case: &Case) -> Option<Origin> {
    match (case.kind, case.points_to) {
        (CrashKind::WindowsBugcheck, [only]) => Some(*only),
        // Several parties below the guest make such a bugcheck: none is leaned to.
        (CrashKind::WindowsBugcheck, [first, _, ..]) if *first != Origin::GuestOs => None,
        (CrashKind::WindowsBugcheck | CrashKind::GuestPanic | CrashKind::TripleFault, _) => {
            Some(Origin::GuestOs)
        }
        // A power loss, a kill and the end of the host leave the same trace as a failure of the process.
        (CrashKind::VmxFailure, _) if case.is_silent => None,
        (CrashKind::VmxFailure | CrashKind::VmmFailure, _) => Some(Origin::Hypervisor),
        (CrashKind::HostDown, _) => Some(Origin::HostFailure),
        (CrashKind::VmReset, _) if may_be_ha(case) => None,
        (CrashKind::VmReset, _) => case.actor.or(Some(Origin::Operator)),
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
