//! Everything a verdict rests on, in one small value: the crash, what speaks for each origin, which logs cover it.

use super::caps::NMI_HARDWARE_FAILURE;
use super::coverage::Cover;
use super::table::roots;
use crate::log::{LogKind, Millis};
use crate::terms::{Check, CrashKind, Origin, Strength};

/// What is known of one origin for one crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The origin.
    pub origin: Origin,
    /// Its strongest finding.
    pub best: Strength,
    /// Since when the earliest finding of that strength is so.
    pub since: Millis,
    /// Index of that finding among the weighed ones.
    pub lead: usize,
    /// Independent findings of at least moderate strength: two lines of one log about one check are one.
    pub witnesses: usize,
    /// Whether the bugcheck is of a kind that this origin makes.
    pub pointed: bool,
    /// Whether a cause, not only the mechanism or an actor, speaks for it.
    pub cause: bool,
    /// Whether all its findings of that weight are in the VM's own log.
    pub own_log_only: bool,
    /// Whether all its findings of that weight are in logs that only lower a verdict when they are missing.
    pub side_logs_only: bool,
}

/// Everything a verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The kind of the crash.
    pub kind: CrashKind,
    /// Its bugcheck code.
    pub code: Option<u64>,
    /// Where its bugcheck points to.
    pub points_to: &'static [Origin],
    /// Whether the VM runs on a hosted product, which keeps no logs of a host.
    pub hosted: bool,
    /// Whether no line tells it: the process was just gone.
    pub is_silent: bool,
    /// What speaks for each origin, the strongest first.
    pub candidates: Vec<Candidate>,
    /// Coverage of the logs that decide about absence.
    pub covers: Vec<Cover>,
    /// Hosts that the VM left within the window, and whose bundles were not given; and when it left them.
    pub absent_hosts: Vec<(String, Millis)>,
    /// Something strong could not be tied: a device that no list maps, a world that no table knows. What it would
    /// speak for.
    pub unresolved: Option<Origin>,
    /// How long before the crash an NMI was sent to another VM of the host, in the same seconds.
    pub nmi_to_another: Option<Millis>,
    /// How long after the crash, within two minutes, its host went down.
    pub host_ended: Option<Millis>,
    /// A step of the host's clock that is nearer to the crash than it is long: milliseconds from the crash, and its
    /// length.
    pub clock_step: Option<(Millis, Millis)>,
    /// A dump or an event log was given, and it tells of another crash.
    pub dump_disagrees: bool,
    /// A state below the VM began, and the guest ran on; no line tells its end.
    pub open_state: bool,
    /// HA or the person whose act is told first.
    pub actor: Option<Origin>,
}

impl Case {
    /// What speaks for an origin, if that can be the root of a crash of this kind.
    #[must_use]
    pub fn candidate(&self, origin: Origin) -> Option<&Candidate> {
        self.possible().find(|candidate| candidate.origin == origin)
    }

    /// The candidates that can be the root of a crash of this kind, the strongest first.
    pub fn possible(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().filter(|candidate| roots(self.kind).contains(&candidate.origin))
    }

    /// Whether an origin that can be the root is at least this strong.
    #[must_use]
    pub fn is_at_least(&self, origin: Origin, strength: Strength) -> bool {
        self.candidate(origin).is_some_and(|candidate| candidate.best >= strength)
    }

    /// Whether the guest itself reported the crash.
    #[must_use]
    pub fn is_guest_reported(&self) -> bool {
        matches!(self.kind, CrashKind::WindowsBugcheck | CrashKind::GuestPanic | CrashKind::TripleFault)
    }

    /// Whether the bugcheck says that an NMI came.
    #[must_use]
    pub fn reports_nmi(&self) -> bool {
        self.code == Some(NMI_HARDWARE_FAILURE)
    }

    /// The logs of the check to which the bugcheck points: of the storage, or of the hardware if it points there
    /// alone. None if it may be the guest's own fault.
    #[must_use]
    pub fn pointed_logs(&self) -> Vec<LogKind> {
        let below = |origin: &Origin| matches!(origin, Origin::Storage | Origin::HostHardware);
        if !self.points_to.iter().all(below) {
            return Vec::new();
        }
        let checks = self.points_to.iter().flat_map(|origin| match origin {
            Origin::Storage => &[Check::Storage][..],
            Origin::HostHardware if self.points_to == [Origin::HostHardware] => {
                &[Check::HostMemory, Check::HardwareEvent]
            }
            _ => &[],
        });
        let mut logs: Vec<LogKind> = checks
            .flat_map(|check| {
                let (required, helpful) = LogKind::of_check(*check);
                required.into_iter().chain(helpful)
            })
            .filter(|log| log.log().repeats.is_none())
            .collect();
        logs.sort_unstable();
        logs.dedup();
        logs
    }

    /// Whether a log covers the moment.
    #[must_use]
    pub fn covered(&self, log: LogKind) -> bool {
        self.covers.iter().any(|cover| cover.log == log && cover.covers)
    }

    /// Those of the logs that do not cover the moment.
    #[must_use]
    pub fn lacking(&self, logs: &[LogKind]) -> Vec<LogKind> {
        logs.iter().copied().filter(|log| !self.covered(*log)).collect()
    }
}
