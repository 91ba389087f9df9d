//! The bugcheck table: every documented code with its name, and more about those that matter on a virtual machine.

use super::details::{DETAILS, Detail};
use super::names::NAMES;
use crate::terms::Origin;
use std::sync::LazyLock;

/// The bit that marks a code as the small-dump form of another: `0x1000007e` is `0x7e`.
const SMALL_DUMP_BIT: u64 = 0x1000_0000;

/// A Windows bugcheck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bugcheck {
    /// The code, `0x80`.
    pub code: u64,
    /// Its name, `NMI_HARDWARE_FAILURE`.
    pub name: &'static str,
    /// What Windows says with it; empty for codes that play no part on virtual machines.
    pub meaning: &'static str,
    /// What its arguments are; empty if they are of no help.
    pub parameters: &'static str,
    /// Where to look outside the guest, the likeliest first; empty if it points nowhere in particular.
    pub points_to: &'static [Origin],
}

static TABLE: LazyLock<Vec<Bugcheck>> = LazyLock::new(|| {
    NAMES
        .iter()
        .map(|&(code, name)| {
            let base =
                if code & SMALL_DUMP_BIT != 0 && code >> 32 == 0 { code & !SMALL_DUMP_BIT } else { code };
            let detail = detail(code).or_else(|| detail(base));
            Bugcheck {
                code,
                name,
                meaning: detail.map_or("", |detail| detail.meaning),
                parameters: detail.map_or("", |detail| detail.parameters),
                points_to: detail.map_or(&[], |detail| detail.points_to),
            }
        })
        .collect()
});

fn detail(code: u64) -> Option<&'static Detail> {
    DETAILS.binary_search_by_key(&code, |detail| detail.code).ok().and_then(|at| DETAILS.get(at))
}

/// The bugcheck with this code.
///
/// ```
/// let nmi = vmcoroner::internals::windows::lookup(0x80).map(|bugcheck| bugcheck.name);
/// assert_eq!(nmi, Some("NMI_HARDWARE_FAILURE"));
/// ```
#[must_use]
pub fn lookup(code: u64) -> Option<&'static Bugcheck> {
    TABLE.binary_search_by_key(&code, |bugcheck| bugcheck.code).ok().and_then(|at| TABLE.get(at))
}

/// The bugcheck with this name, in either case of letters.
#[must_use]
pub fn lookup_name(name: &str) -> Option<&'static Bugcheck> {
    TABLE.iter().find(|bugcheck| bugcheck.name.eq_ignore_ascii_case(name))
}

/// All bugchecks, by code.
#[must_use]
pub fn all() -> &'static [Bugcheck] {
    &TABLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_rise_and_names_are_well_formed() {
        assert!(NAMES.len() >= 330, "{}", NAMES.len());
        assert!(NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (code, name) in NAMES {
            let good = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
            assert!(good && name.len() > 4, "{code:#x} {name}");
        }
    }

    #[test]
    fn every_detail_belongs_to_a_code_and_says_something() {
        assert!(DETAILS.len() >= 60, "{}", DETAILS.len());
        assert!(DETAILS.windows(2).all(|pair| pair[0].code < pair[1].code));
        for detail in DETAILS {
            assert!(
                NAMES.binary_search_by_key(&detail.code, |row| row.0).is_ok(),
                "{:#x} has no name",
                detail.code
            );
            assert!(detail.meaning.ends_with('.'), "{:#x}", detail.code);
            assert!(detail.parameters.is_empty() || detail.parameters.ends_with('.'), "{:#x}", detail.code);
            assert!(!detail.points_to.is_empty(), "{:#x}", detail.code);
        }
    }

    #[test]
    fn looks_up_by_code_and_by_name() {
        assert_eq!(lookup(0x7b).map(|b| b.name), Some("INACCESSIBLE_BOOT_DEVICE"));
        assert_eq!(lookup(0x0bad_c0de).map(|b| b.name), None);
        assert_eq!(lookup_name("nmi_hardware_failure").map(|b| b.code), Some(0x80));
        assert_eq!(lookup(0x80).and_then(|b| b.points_to.first()), Some(&Origin::AdminNmi));
    }

    #[test]
    fn the_small_dump_form_has_the_details_of_its_base() {
        assert_eq!(lookup(0x1000_007e).map(|b| b.meaning), lookup(0x7e).map(|b| b.meaning));
        assert_eq!(lookup(0x1000_007e).map(|b| b.name), Some("SYSTEM_THREAD_EXCEPTION_NOT_HANDLED_M"));
    }
}
