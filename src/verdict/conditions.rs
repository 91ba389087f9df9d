//! What must hold for a verdict to be confirmed, and the logs that it rests on.

use super::case::Case;
use crate::log::LogKind;
use crate::terms::{CrashKind, Origin, Strength};

/// Something that must hold for a verdict to be `confirmed`.
#[derive(Debug)]
pub struct Condition {
    /// What must hold, in words.
    pub says: &'static str,
    /// Whether it holds for this origin.
    pub holds: fn(&Case, Origin) -> bool,
}

pub(super) const DECISIVE: Condition = Condition {
    says: "a line for it is decisive",
    holds: |case, origin| case.is_at_least(origin, Strength::Decisive),
};

pub(super) const NEVER: Condition = Condition { says: "never", holds: |_, _| false };

pub(super) const LOGS_WHOLE: Condition = Condition {
    says: "hostd, vmkernel, vobd and the SEL cover the moment",
    holds: |case, _| case.lacking(BELOW).is_empty(),
};

pub(super) const ACTOR_LOGS_WHOLE: Condition = Condition {
    says: "hostd, vmkernel, vobd and the SEL, vmware.log and fdm.log cover the moment",
    holds: |case, _| case.lacking(BESIDE_ACTOR).is_empty(),
};

pub(super) const RESOLVED: Condition =
    Condition { says: "everything strong can be tied", holds: |case, _| case.unresolved.is_none() };

pub(super) const CORE_WHOLE: Condition = Condition {
    says: "hostd and vmkernel cover the moment, for 0x80 the shell log too",
    holds: |case, _| case.lacking(&by_exclusion(case)).is_empty(),
};

pub(super) const SIDE_LOGS_WHOLE: Condition = Condition {
    says: "vmware.log, vobd and the SEL cover the moment too",
    holds: |case, _| case.lacking(SIDE).is_empty(),
};

pub(super) const NO_RIVAL: Condition = Condition {
    says: "no other origin has a line of moderate strength",
    holds: |case, _| !case.possible().any(|candidate| candidate.best >= Strength::Moderate),
};

pub(super) const CODE_FITS_GUEST: Condition = Condition {
    says: "the bugcheck does not point to another origin",
    holds: |case, _| case.points_to.is_empty() || case.points_to.contains(&Origin::GuestOs),
};

pub(super) const NO_OPEN_STATE: Condition = Condition {
    says: "no state below the VM is open that the guest outlived",
    holds: |case, _| !case.open_state,
};

pub(super) const NO_TRIPLE_FAULT: Condition =
    Condition { says: "it was no triple fault", holds: |case, _| case.kind != CrashKind::TripleFault };

/// Logs that would show a cause below a failure of the VMX process, the monitor or an act of HA.
pub(super) const BELOW: &[LogKind] = &[LogKind::Hostd, LogKind::Vmkernel, LogKind::Vobd, LogKind::Sel];
/// Logs that would show why somebody acted, or that it was HA.
pub(super) const BESIDE_ACTOR: &[LogKind] =
    &[LogKind::Hostd, LogKind::Vmkernel, LogKind::Vobd, LogKind::Sel, LogKind::Vmware, LogKind::Fdm];
/// Logs by whose absence the guest is blamed.
pub(super) const CORE: &[LogKind] = &[LogKind::Hostd, LogKind::Vmkernel];
/// Logs that make that surer.
pub(super) const SIDE: &[LogKind] = &[LogKind::Vmware, LogKind::Sel, LogKind::Vobd];

/// The logs by whose silence the guest is blamed.
pub(super) fn by_exclusion(case: &Case) -> Vec<LogKind> {
    let mut needed = CORE.to_vec();
    if case.reports_nmi() {
        // A person at the host's shell leaves a trace there and nowhere else.
        needed.push(LogKind::Shell);
    }
    for log in case.pointed_logs() {
        if !needed.contains(&log) {
            needed.push(log);
        }
    }
    needed
}
