//! What lowers the strength of a line for a crash, or leaves it out: each cap by name, with its reason.
//!
//! A rule grades its line; a cap looks at how the line stands to one crash. Caps are tried in the order of the table;
//! the reasons of those that apply are kept beside the line.

use super::thresholds::{DEATH_OF_PROCESS_MS, ENDED_MS, SAME_MOMENT_MS, TOO_LATE_MS};
use crate::evidence::Tie;
use crate::log::{LogKind, Millis};
use crate::rules::Part;
use crate::terms::{Check, CrashKind, Origin, Strength};

/// The bugcheck whose meaning is "an NMI came".
pub const NMI_HARDWARE_FAILURE: u64 = 0x80;

/// The bugcheck that is ordered at the keyboard or by a tool in the guest.
pub const MANUALLY_INITIATED_CRASH: u64 = 0xe2;

/// The cap of a state that the guest outlived.
pub const OUTLIVED: &str = "outlived";

/// A line and how it stands to the crash it is weighed for. Times are milliseconds from the crash, negative before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The origin it supports.
    pub origin: Option<Origin>,
    /// The check it belongs to.
    pub check: Check,
    /// Its part in a chain.
    pub part: Part,
    /// The log that contains it.
    pub log: LogKind,
    /// How it is tied to the VM.
    pub tie: Tie,
    /// What it is worth so far.
    pub strength: Strength,
    /// When it was written.
    pub written_ms: Millis,
    /// Since when what it tells is so: for the end of a stun, its beginning.
    pub began_ms: Millis,
    /// When the state that it opens was closed, if it was.
    pub closed_ms: Option<Millis>,
    /// When what it tells ended: the state was closed, the stun was over; `None` if it may last, or is a moment.
    pub ended_ms: Option<Millis>,
    /// The guest showed a sign of life between that end and the crash.
    pub alive_after: bool,
    /// It opens a state, and no line tells its end.
    pub open: bool,
    /// The guest showed a sign of life long after such a state began.
    pub outlived: bool,
    /// Its log states no zone, and nothing tells which it is.
    pub zoneless: bool,
    /// It tells that the guest's file systems were frozen, or began to be.
    pub frozen: bool,
    /// It tells that they began to be, and Tools went on answering.
    pub answers: bool,
    /// When the window of its rule begins.
    pub window_ms: Millis,
    /// When this run of the VM began, or its crash before was over; `None` if unknown.
    pub run_ms: Option<Millis>,
    /// When the VM came to the host of the line from another one, if it did so within the window.
    pub arrived_ms: Option<Millis>,
    /// From when on a record of the hardware's own log keeps its strength.
    pub sel_from_ms: Millis,
    /// It names a device, a volume or a path.
    pub names_storage: bool,
    /// Its rule wants several lines within a time, and there are fewer; what fewer are worth, `None` is nothing.
    pub too_few: Option<Option<Strength>>,
    /// The kind of the crash.
    pub kind: CrashKind,
    /// Its bugcheck code.
    pub code: Option<u64>,
    /// Where the bugcheck points to.
    pub points_to: &'static [Origin],
}

impl Line {
    /// Whether the guest reports an NMI, or nothing that contradicts one.
    #[must_use]
    pub fn may_be_nmi(&self) -> bool {
        self.code.is_none_or(|code| code == NMI_HARDWARE_FAILURE)
    }

    /// Whether the bugcheck points to the origin that the line supports.
    #[must_use]
    pub fn is_pointed_to(&self) -> bool {
        self.origin.is_some_and(|origin| self.points_to.contains(&origin))
    }

    /// Whether it would be at least moderate if what it names could be resolved: a device or volume that no list maps
    /// may be this VM's, as an NMI may have been sent to it; a name or another world that is unknown may not.
    #[must_use]
    pub fn is_unresolved(&self) -> bool {
        let nmi = self.origin == Some(Origin::AdminNmi) && self.may_be_nmi();
        self.tie == Tie::Unknown && (self.names_storage || nmi) && self.strength >= Strength::Moderate
    }
}

/// What a cap does to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// It does not count for this crash.
    Out,
    /// It is worth no more than this.
    AtMost(Strength),
}

/// When a cap is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// For each line by itself.
    Line,
    /// When all lines of a rule are there.
    Group,
    /// For the decision alone: the report shows the line with the strength it had before.
    Decision,
}

/// Something that lowers the strength of a line.
#[derive(Debug)]
pub struct Cap {
    /// Its name.
    pub name: &'static str,
    /// When it is tried.
    pub stage: Stage,
    /// Why, in a sentence.
    pub says: &'static str,
    /// What it does to a line; `None` if it does not apply.
    pub lowers: fn(&Line) -> Option<To>,
}

fn out(applies: bool) -> Option<To> {
    applies.then_some(To::Out)
}

fn at_most(strength: Strength, applies: bool) -> Option<To> {
    applies.then_some(To::AtMost(strength))
}

/// All caps, in the order in which they are tried.
pub const CAPS: &[Cap] = &[
    Cap {
        name: "another-vm",
        stage: Stage::Line,
        says: "It names another VM, or something that this VM does not depend on.",
        lowers: |line| out(line.tie == Tie::Other),
    },
    Cap {
        name: "another-moment",
        stage: Stage::Line,
        says: "It names no VM and was not written at the moment of the crash.",
        lowers: |line| out(line.tie == Tie::Moment && line.written_ms.abs() > SAME_MOMENT_MS),
    },
    Cap {
        name: "state-over",
        stage: Stage::Line,
        says: "The state that it opens was over before the window of the crash began.",
        lowers: |line| out(line.closed_ms.is_some_and(|closed| closed < line.window_ms)),
    },
    Cap {
        name: "another-run",
        stage: Stage::Line,
        says: "It tells how an earlier run of the VM or of the host ended.",
        lowers: |line| {
            let of_its_run = line.part != Part::Cause || line.check == Check::HostFailure;
            let earlier = line.run_ms.is_some_and(|run| line.written_ms < run);
            out(of_its_run && line.kind != CrashKind::HostDown && earlier)
        },
    },
    Cap {
        name: "before-arrival",
        stage: Stage::Line,
        says: "It was over before the VM came to this host.",
        lowers: |line| {
            // A part of the hardware that fails fails again, a state without an end lasts.
            let stays = line.open || matches!(line.check, Check::HostMemory | Check::HardwareEvent);
            let over = line.ended_ms.unwrap_or(line.written_ms);
            let before = line.arrived_ms.is_some_and(|arrived| over < arrived - SAME_MOMENT_MS);
            out(before && !stays && line.log != LogKind::Vmware)
        },
    },
    Cap {
        name: "unresolved",
        stage: Stage::Line,
        says: "What it names cannot be resolved from this bundle: it may concern another VM.",
        lowers: |line| at_most(Strength::Context, line.tie == Tie::Unknown),
    },
    Cap {
        name: "too-late",
        stage: Stage::Line,
        says: "What it tells began more than a minute after the crash and did not cause it.",
        lowers: |line| {
            // The README is dated by the capture, which ends after what it made.
            let dated = line.log != LogKind::Readme && line.kind != CrashKind::HostDown;
            at_most(Strength::Context, line.part == Part::Cause && dated && line.began_ms > TOO_LATE_MS)
        },
    },
    Cap {
        name: "ended",
        stage: Stage::Line,
        says: "What it tells had ended more than two minutes before the crash, or the guest ran on after it.",
        lowers: |line| {
            let ended =
                line.ended_ms.filter(|_| line.part == Part::Cause && line.kind != CrashKind::HostDown)?;
            match (ended < -ENDED_MS, line.alive_after) {
                (_, true) => Some(To::AtMost(Strength::Context)),
                (true, false) if line.is_pointed_to() => Some(To::AtMost(Strength::Moderate)),
                (true, false) => Some(To::AtMost(Strength::Context)),
                (false, false) => None,
            }
        },
    },
    Cap {
        name: OUTLIVED,
        stage: Stage::Line,
        says: "No line tells its end, and the guest ran on for more than half an hour after it began.",
        lowers: |line| {
            let counts = line.part == Part::Cause && line.kind != CrashKind::HostDown;
            let most = if line.is_pointed_to() { Strength::Moderate } else { Strength::Context };
            at_most(most, line.outlived && counts)
        },
    },
    Cap {
        name: "frozen-guest",
        stage: Stage::Line,
        says: "A guest whose file systems are frozen reports no crash, and shows no sign of life.",
        lowers: |line| {
            let ran_on = line.kind != CrashKind::VmReset || line.alive_after || line.answers;
            at_most(Strength::Context, line.frozen && ran_on)
        },
    },
    Cap {
        name: "ordered-crash",
        stage: Stage::Line,
        says: "Bugcheck 0xe2 is ordered from inside the guest, at its keyboard or by a tool.",
        lowers: |line| {
            at_most(
                Strength::Context,
                line.code == Some(MANUALLY_INITIATED_CRASH) && line.part == Part::Cause,
            )
        },
    },
    Cap {
        name: "host-wide-storage",
        stage: Stage::Line,
        says: "It tells of storage and names none that this VM depends on.",
        lowers: |line| {
            let host_wide = line.tie == Tie::Host && line.origin == Some(Origin::Storage);
            at_most(Strength::Context, host_wide)
        },
    },
    Cap {
        name: "sel-clock",
        stage: Stage::Line,
        says: "The clock of the hardware's own log is another one, and the record is too far from the crash to be sure.",
        lowers: |line| {
            let far = line.written_ms < line.sel_from_ms;
            at_most(Strength::Moderate, is_sel(line) && far)
        },
    },
    Cap {
        name: "zone-unknown",
        stage: Stage::Line,
        says: "Its log states no zone: it may have been written hours before or after.",
        lowers: |line| at_most(Strength::Moderate, line.zoneless),
    },
    Cap {
        name: "too-few",
        stage: Stage::Group,
        says: "Its rule wants more such lines within a time.",
        lowers: |line| line.too_few.map(|below| below.map_or(To::Out, To::AtMost)),
    },
    Cap {
        name: "nmi-without-0x80",
        stage: Stage::Decision,
        says: "An NMI does not explain a bugcheck of another kind than 0x80.",
        lowers: |line| {
            at_most(Strength::Context, line.origin == Some(Origin::AdminNmi) && !line.may_be_nmi())
        },
    },
    Cap {
        name: "decisive-without-name",
        stage: Stage::Decision,
        says: "It decides alone only for the VM that it names, or for what that depends on.",
        lowers: |line| {
            at_most(Strength::Strong, line.strength == Strength::Decisive && !decides_for_this_vm(line))
        },
    },
    Cap {
        name: "later-line",
        stage: Stage::Decision,
        says: "It came after the guest had reported the crash, by the VM's own log or as how the VM then died: no root of it.",
        lowers: |line| {
            let reported = matches!(
                line.kind,
                CrashKind::WindowsBugcheck | CrashKind::GuestPanic | CrashKind::TripleFault
            );
            let follows = line.log == LogKind::Vmware || line.part == Part::Mechanism;
            at_most(Strength::Context, reported && follows && line.began_ms > 0)
        },
    },
    Cap {
        name: "actor-after",
        stage: Stage::Decision,
        says: "Who acted upon a VM that had crashed is no origin of that crash.",
        lowers: |line| {
            let acts = !matches!(line.part, Part::Cause | Part::Mechanism);
            out(acts && line.kind != CrashKind::VmReset && line.began_ms > 0)
        },
    },
];

fn is_sel(line: &Line) -> bool {
    line.log == LogKind::Sel && line.kind != CrashKind::HostDown
}

/// Whether a decisive line names this VM or what it depends on, or concerns all VMs of a host.
fn decides_for_this_vm(line: &Line) -> bool {
    let host_wide = line.origin == Some(Origin::HostFailure);
    // "A VM was killed" without its name, in the very seconds in which the process of this one died.
    let this_moment = line.tie == Tie::Moment
        && matches!(line.kind, CrashKind::VmxFailure | CrashKind::VmmFailure)
        && line.began_ms.abs() <= DEATH_OF_PROCESS_MS;
    host_wide || this_moment || matches!(line.tie, Tie::This | Tie::Under)
}

/// What came of a line: its strength, and the names of the caps that lowered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capped {
    /// What it is worth; `None` if it does not count.
    pub strength: Option<Strength>,
    /// The caps that changed that, in order.
    pub by: Vec<&'static str>,
}

/// Tries the caps of one stage.
#[must_use]
pub fn capped(caps: &[&Cap], stage: Stage, line: &mut Line) -> Capped {
    let mut by = Vec::new();
    for cap in caps.iter().filter(|cap| cap.stage == stage) {
        match (cap.lowers)(line) {
            None => {}
            Some(To::Out) => return Capped { strength: None, by: vec![cap.name] },
            Some(To::AtMost(most)) if line.strength > most => {
                line.strength = most;
                by.push(cap.name);
            }
            Some(To::AtMost(_)) => {}
        }
    }
    Capped { strength: Some(line.strength), by }
}

/// Why a cap lowers a line.
#[must_use]
pub fn reason(name: &str) -> &'static str {
    CAPS.iter().find(|cap| cap.name == name).map_or("", |cap| cap.says)
}

#[cfg(test)]
#[path = "caps_tests.rs"]
mod tests;
