//! Where a bugcheck points to outside the guest: its code, and the status that its arguments hold.

use super::table::lookup;
use crate::terms::Origin;

/// I/O statuses with which Windows says that a disk did not answer. From Microsoft's list of NTSTATUS values.
const IO_STATUSES: &[(u32, &str)] = &[
    (0xc000_0006, "in-page I/O error"),
    (0xc000_000e, "no such device"),
    (0xc000_009c, "data error on the device"),
    (0xc000_009d, "device not connected"),
    (0xc000_00a3, "device not ready"),
    (0xc000_00b5, "I/O timed out"),
    (0xc000_00c0, "device does not exist"),
    (0xc000_016a, "disk operation failed"),
    (0xc000_0185, "I/O device error"),
];

/// Bugchecks that come of pages or processes that could not be read from disk, and tell the status of that read.
const TELL_A_STATUS: &[u64] = &[0x77, 0x7a, 0xef, 0xf4];

/// The I/O status among the arguments of a bugcheck that tells one.
#[must_use]
pub fn io_status(code: u64, args: &[Option<u64>; 4]) -> Option<(u32, &'static str)> {
    if !TELL_A_STATUS.contains(&code) {
        return None;
    }
    let status = |arg: u64| {
        let (high, low) = (u32::try_from(arg >> 32).ok()?, u32::try_from(arg & 0xffff_ffff).ok()?);
        // A 32-bit status, sign-extended or not; a pointer has other upper halves.
        let is_status = high == 0 || high == u32::MAX;
        IO_STATUSES.iter().find(|(known, _)| is_status && *known == low).copied()
    };
    args.iter().flatten().find_map(|arg| status(*arg))
}

/// Where to look outside the guest, the likeliest first; empty if it points nowhere in particular. A status in the
/// arguments says more than the code.
///
/// ```
/// use vmcoroner::internals::{terms::Origin, windows::points_to};
/// let gone = [Some(1), Some(0xffff_ffff_c000_000e), None, None];
/// assert_eq!(points_to(0x7a, &gone), [Origin::Storage]);
/// assert_eq!(points_to(0x7a, &[None; 4]), [Origin::Storage, Origin::HostHardware]);
/// ```
#[must_use]
pub fn points_to(code: u64, args: &[Option<u64>; 4]) -> &'static [Origin] {
    if io_status(code, args).is_some() {
        return &[Origin::Storage];
    }
    lookup(code).map_or(&[], |known| known.points_to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_found_in_any_argument_and_no_pointer_is_one() {
        let args = |arg| [Some(0x3), Some(arg), None, None];
        assert_eq!(io_status(0xf4, &args(0xc000_0185)).map(|(status, _)| status), Some(0xc000_0185));
        assert_eq!(
            io_status(0x77, &args(0xffff_ffff_c000_009d)).map(|(status, _)| status),
            Some(0xc000_009d)
        );
        assert_eq!(io_status(0x7a, &args(0xffff_8000_c000_000e)), None, "a pointer");
        assert_eq!(io_status(0x7a, &args(0xc000_0005)), None, "an access violation");
        assert_eq!(io_status(0x50, &args(0xc000_000e)), None, "a code that tells no status");
    }

    #[test]
    fn a_status_points_to_the_storage_alone() {
        assert_eq!(points_to(0xef, &[None, None, Some(0xc000_000e), None]), [Origin::Storage]);
        assert!(points_to(0xef, &[None; 4]).contains(&Origin::GuestOs));
        assert!(points_to(0x0bad_c0de, &[None; 4]).is_empty());
    }
}
