//! Which origins can be the root of a crash of each kind.

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
