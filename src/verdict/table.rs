//! The decision table: which origin can be the root of which kind of crash, and which rule of decision applies first.
//! `docs/verdicts.md` shows the same table in words.

use crate::terms::{CrashKind, Origin};

/// Origins that can be the root of a crash of this kind. Others are listed as rivals and never decide: a stun does
/// not make a VMX process fail an assertion, and who resets a VM did not make its guest panic.
#[must_use]
pub const fn roots(kind: CrashKind) -> &'static [Origin] {
    use Origin::{
        AdminNmi, HaReset, HostFailure, HostHardware, Hypervisor, Operator, Resource, Storage, Stun,
        VirtualDevice,
    };
    match kind {
        CrashKind::WindowsBugcheck | CrashKind::GuestPanic => {
            &[AdminNmi, HostFailure, HostHardware, Storage, Resource, VirtualDevice, Stun, Hypervisor]
        }
        CrashKind::TripleFault => &[HostFailure, HostHardware, Storage, Resource, VirtualDevice, Hypervisor],
        CrashKind::VmxFailure => {
            &[HostFailure, Operator, HostHardware, Storage, Resource, VirtualDevice, Hypervisor]
        }
        CrashKind::VmmFailure => &[HostFailure, HostHardware, Storage, Resource, VirtualDevice, Hypervisor],
        CrashKind::VmReset => {
            &[Operator, HostFailure, HostHardware, Storage, Resource, Stun, Hypervisor, HaReset]
        }
        CrashKind::HostDown => &[HostFailure],
    }
}

/// One row of the table. Rows are tried in order; the first that applies decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// The host went down under the VM: the host failure beats every symptom of a VM.
    HostDown,
    /// An NMI was sent to this VM just before, and the guest's report fits one.
    AdminNmi,
    /// A person or API call acted on the VM, and nothing had crashed before.
    Operator,
    /// A cause that is written in the logs and tied to this VM; of several the earliest.
    DecisiveCause,
    /// A cause tied in time and scope; of several the one the bugcheck points to, else the earliest.
    StrongCause,
    /// The VMX or VMM failed and nothing below explains it.
    Mechanism,
    /// HA acted upon a guest that had stopped answering, and nothing explains why it had.
    HaReset,
    /// Two independent moderate witnesses of one origin, or one that the bugcheck points to.
    TwoWitnesses,
    /// One moderate witness in a log that `guest-os` relies on: not enough to name it, too much to blame the guest.
    OneWitness,
    /// The guest reported the crash, and hostd and vmkernel cover the moment and show nothing.
    GuestOs,
    /// Everything else.
    Undetermined,
}

/// The table.
pub const ROWS: &[Row] = &[
    Row::HostDown,
    Row::AdminNmi,
    Row::Operator,
    Row::DecisiveCause,
    Row::StrongCause,
    Row::Mechanism,
    Row::HaReset,
    Row::TwoWitnesses,
    Row::OneWitness,
    Row::GuestOs,
    Row::Undetermined,
];
