//! The table of logs: what each is called in every generation, how its content is recognised, whose it is, how long
//! it may be silent, and which checks need it. A new log is one entry here.
//!
//! It stands below all rooms: `input` asks it for names, `bundle` for roles, `log` for silences, `verdict` for needs.

use crate::terms::{Check, words};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The names of a log's files. Every name may be followed by `.gz`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Files {
    /// `STEM.log` and its rotations `STEM.N`, `STEM.log.N` of any of these stems.
    Rotated(&'static [&'static str]),
    /// `STEM.log` and its rotations `STEM-N.log`.
    Numbered(&'static str),
    /// Outputs of commands, whose names begin so.
    Output(&'static [&'static str]),
    /// The one file of this name.
    One(&'static str),
}

/// Whose a log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belongs {
    /// The host's.
    ToHost,
    /// The VM's in whose folder it lies.
    ToVm,
}

/// When the log covers a crash, by how its writer speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// Steadily: it must reach back, go on to the crash, and not be silent around it.
    Steadily,
    /// Only when something happens: it must reach back, and need not go on.
    OnEvents,
    /// Of the crash itself: it must reach the crash.
    OfTheCrash,
    /// As one output: that it is there and not empty is enough.
    AtOnce,
}

/// How much a check needs a log; the number is the place among the check's logs in which the report names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Without it the check is not clear.
    Required(u8),
    /// It helps.
    Helpful(u8),
}

/// A sign in a line by which the content of a log is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// The line contains this.
    Contains(&'static str),
    /// The line begins with a stamp and `cpuN:WORLD)`.
    CpuAndWorld,
}

/// All that is known of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// What people call it.
    pub title: &'static str,
    /// The names of its files.
    pub files: Files,
    /// Whose it is.
    pub belongs: Belongs,
    /// How it speaks.
    pub speaks: Speaks,
    /// How long it may be silent before the report says so, in milliseconds; `None` for a log that may be silent for
    /// ever.
    pub silence_ms: Option<i64>,
    /// By what its content is recognised; the logs are tried in their order.
    pub signs: &'static [Sign],
    /// The checks that look into it.
    pub checks: &'static [(Check, Need)],
    /// The log whose lines it repeats.
    pub repeats: Option<LogKind>,
    /// Whether it is one of those that tell a crash by themselves; of the others alone no origin is confirmed.
    pub primary: bool,
    /// Whether its lines need not begin with a stamp: the output of a command, a text.
    pub free_form: bool,
    /// Whether it is written long after what it tells of.
    pub written_late: bool,
}

const fn rotated(title: &'static str, stems: &'static [&'static str]) -> Log {
    Log {
        title,
        files: Files::Rotated(stems),
        belongs: Belongs::ToHost,
        speaks: Speaks::Steadily,
        silence_ms: None,
        signs: &[],
        checks: &[],
        repeats: None,
        primary: false,
        free_form: false,
        written_late: false,
    }
}

const fn other(title: &'static str, files: Files) -> Log {
    Log { files, free_form: true, ..rotated(title, &[]) }
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

macro_rules! logs {
    ($($(#[$doc:meta])* $kind:ident = $word:literal: $log:expr;)+) => {
        words! {
            /// A kind of log. Rotations of one log (`hostd.log`, `hostd.3.gz`) are of one kind. The kind fixes the line
            /// grammar and the rules that look at a line.
            LogKind { $($(#[$doc])* $kind = $word),+ }
        }

        impl LogKind {
            /// The entry of this log.
            #[must_use]
            pub const fn log(self) -> &'static Log {
                match self { $(Self::$kind => const { &$log }),+ }
            }
        }
    };
}

use Check::{
    DumpMatch, GuestReport, HardwareEvent, HostFailure, HostMemory, HypervisorNmi, Operation, Resource,
    Storage, Stun, VirtualDevice, VmxVmm,
};
use Need::{Helpful, Required};
use Sign::{Contains, CpuAndWorld};

logs! {
    /// `vmware.log` and `vmware-N.log` of one VM, written by its VMX process.
    Vmware = "vmware": Log {
        files: Files::Numbered("vmware"),
        belongs: Belongs::ToVm,
        // The VM's own log tells the crash; how far back it goes matters only for what came before.
        speaks: Speaks::OfTheCrash,
        signs: &[
            Contains("| vmx| "), Contains("| vcpu-"), Contains(": vmx| "), Contains(": vcpu-"),
            Contains("Log for VMware "), Contains("In(05) "), Contains("Wa(03) "), Contains("No(00) "),
            Contains("Er(02) "),
        ],
        checks: &[
            (GuestReport, Required(1)), (VmxVmm, Required(1)), (Stun, Required(1)), (VirtualDevice, Required(1)),
            (DumpMatch, Helpful(1)), (Storage, Helpful(1)), (Resource, Helpful(1)), (Operation, Helpful(1)),
        ],
        primary: true,
        ..rotated("vmware.log", &[])
    };
    /// `vmkernel.log`.
    Vmkernel = "vmkernel": Log {
        silence_ms: Some(3 * HOUR_MS),
        signs: &[Contains("vmkernel: "), Contains(" vmkwarning: "), CpuAndWorld],
        checks: &[
            (HypervisorNmi, Required(2)), (VmxVmm, Required(2)), (Storage, Required(1)), (HostMemory, Required(1)),
            (VirtualDevice, Required(2)), (Resource, Required(1)), (HostFailure, Required(1)), (Stun, Helpful(2)),
        ],
        primary: true,
        ..rotated("vmkernel.log", &["vmkernel"])
    };
    /// `vmkwarning.log`: the warnings and alerts of vmkernel.log again.
    Vmkwarning = "vmkwarning": Log {
        speaks: Speaks::OnEvents,
        checks: &[(HostMemory, Helpful(1))],
        repeats: Some(LogKind::Vmkernel),
        primary: true,
        ..rotated("vmkwarning.log", &["vmkwarning"])
    };
    /// `hostd.log`, the host agent.
    Hostd = "hostd": Log {
        silence_ms: Some(HOUR_MS),
        signs: &[Contains(" Hostd["), Contains(" hostd[")],
        checks: &[
            (HypervisorNmi, Required(1)), (Resource, Required(2)), (Operation, Required(1)), (GuestReport, Helpful(1)),
            (VmxVmm, Helpful(1)), (Stun, Helpful(1)), (Storage, Helpful(2)), (HostFailure, Helpful(2)),
        ],
        primary: true,
        ..rotated("hostd.log", &["hostd"])
    };
    /// `vpxa.log`, the vCenter agent.
    Vpxa = "vpxa": Log {
        signs: &[Contains(" Vpxa["), Contains(" vpxa[")],
        ..rotated("vpxa.log", &["vpxa"])
    };
    /// `fdm.log`, vSphere HA.
    Fdm = "fdm": Log {
        speaks: Speaks::OnEvents,
        signs: &[Contains(" Fdm["), Contains(" fdm[")],
        checks: &[(Operation, Helpful(2))],
        ..rotated("fdm.log", &["fdm"])
    };
    /// `vobd.log`, VMkernel observations.
    Vobd = "vobd": Log {
        speaks: Speaks::OnEvents,
        signs: &[Contains("Correlator] "), Contains(" vobd[")],
        checks: &[
            (VmxVmm, Helpful(2)), (Storage, Helpful(3)), (HostMemory, Helpful(2)), (Resource, Helpful(2)),
        ],
        ..rotated("vobd.log", &["vobd"])
    };
    /// `vmksummary.log`, hourly heartbeat, boots and stops.
    Vmksummary = "vmksummary": Log {
        speaks: Speaks::OnEvents,
        // Two heartbeats are missing.
        silence_ms: Some(2 * HOUR_MS + 10 * MINUTE_MS),
        signs: &[Contains("heartbeat["), Contains("bootstop["), Contains("Host has booted")],
        checks: &[(HostFailure, Helpful(1))],
        written_late: true,
        ..rotated("vmksummary.log", &["vmksummary"])
    };
    /// `shell.log`, commands typed in the ESXi shell.
    Shell = "shell": Log {
        speaks: Speaks::OnEvents,
        signs: &[Contains("shell[")],
        checks: &[(HypervisorNmi, Helpful(1)), (Operation, Helpful(3))],
        ..rotated("shell.log", &["shell"])
    };
    /// `auth.log`, logins and one-shot SSH commands.
    Auth = "auth": Log { speaks: Speaks::OnEvents, ..rotated("auth.log", &["auth"]) };
    /// `syslog.log`, everything without a log of its own.
    Syslog = "syslog": rotated("syslog.log", &["syslog"]);
    /// `hostd-probe.log`, the watchdog of hostd.
    HostdProbe = "hostd-probe": rotated("hostd-probe.log", &["hostd-probe"]);
    /// `rhttpproxy.log` and `envoy-access.log`: requests to the host's web services.
    Rhttpproxy = "rhttpproxy": rotated("rhttpproxy.log", &["rhttpproxy", "envoy-access"]);
    /// `hostdCgiServer.log`: requests to the host's CGI programs.
    HostdCgi = "hostd-cgi": rotated("hostdCgiServer.log", &["hostdCgiServer"]);
    /// `commands/localcli_hardware-ipmi-sel-list*`: the hardware's own event log.
    Sel = "sel": Log {
        speaks: Speaks::AtOnce,
        checks: &[(HardwareEvent, Required(1))],
        written_late: true,
        ..other("IPMI SEL", Files::Output(&["localcli_hardware-ipmi-sel-list", "esxcli_hardware_ipmi_sel_list"]))
    };
    /// `commands/ls_-isla-*` of a VM folder: cores, screenshots, log rotations by name and date.
    FolderListing = "folder-listing": Log {
        written_late: true,
        ..other("VM folder listing", Files::Output(&["ls_-isla-vmfsvolumes"]))
    };
    /// The bundle's `README`: how it was made.
    Readme = "readme": other("README", Files::One("README"));
}

/// Stems of host logs that no rule looks at yet: a folder or file of this name is one of a host's logs all the same.
const UNREAD_STEMS: &[&str] = &[
    "boot",
    "clomd",
    "esxupdate",
    "kickstart",
    "sdrsinjector",
    "storagerm",
    "sysboot",
    "usb",
    "vmauthd",
    "vmkdevmgr",
    "vmkeventd",
];

impl LogKind {
    /// What people call it: `vmkernel.log`.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        self.log().title
    }

    /// The kind of a log by its file name without folders, the case of its letters included: `hostd.3.gz`,
    /// `vobd.log.1`, `vmware-12.log`.
    #[must_use]
    pub fn of_file(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| match kind.log().files {
            Files::Rotated(stems) => stems.iter().any(|stem| is_rotation(stem, name)),
            Files::Numbered(stem) => is_numbered(stem, name),
            Files::Output(_) | Files::One(_) => false,
        })
    }

    /// The kind of a log by the file name of a command's output.
    #[must_use]
    pub fn of_output(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| match kind.log().files {
            Files::Output(starts) => starts.iter().any(|start| name.starts_with(start)),
            _ => false,
        })
    }

    /// The kind of a log by one line of it.
    #[must_use]
    pub fn of_line(line: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.log().signs.iter().any(|sign| sign.is_in(line)))
    }

    /// The log of which this is a copy, or this one.
    #[must_use]
    pub const fn original(self) -> Self {
        match self.log().repeats {
            Some(original) => original,
            None => self,
        }
    }

    /// The logs without which a check is not clear, and those that help it, as the report names them.
    #[must_use]
    pub fn of_check(check: Check) -> (Vec<Self>, Vec<Self>) {
        let needs =
            |kind: Self| kind.log().checks.iter().find(|(own, _)| *own == check).map(|(_, need)| *need);
        let mut own: Vec<(Need, Self)> =
            Self::ALL.iter().filter_map(|&kind| needs(kind).map(|need| (need, kind))).collect();
        own.sort_unstable();
        let (required, helpful): (Vec<_>, Vec<_>) =
            own.into_iter().partition(|(need, _)| matches!(need, Required(_)));
        let kinds = |own: Vec<(Need, Self)>| own.into_iter().map(|(_, kind)| kind).collect();
        (kinds(required), kinds(helpful))
    }
}

impl Sign {
    fn is_in(self, line: &str) -> bool {
        match self {
            Self::Contains(text) => line.contains(text),
            Self::CpuAndWorld => line.split_once(" cpu").is_some_and(|(before, after)| {
                let world = after.split_once(')').map(|(id, _)| id);
                before.len() < 40 && world.is_some_and(|id| id.contains(':') && id.len() < 40)
            }),
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `STEM.log`, `STEM.N`, `STEM.log.N`, each perhaps followed by `.gz`, and `STEM.gz`.
fn is_rotation(stem: &str, name: &str) -> bool {
    let Some(rest) = name.strip_prefix(stem).and_then(|rest| rest.strip_prefix('.')) else { return false };
    let rest = rest.strip_suffix(".gz").unwrap_or(rest);
    rest == "log" || rest == "gz" || is_number(rest) || rest.strip_prefix("log.").is_some_and(is_number)
}

/// `STEM.log`, `STEM-7.log`, each perhaps followed by `.gz`.
fn is_numbered(stem: &str, name: &str) -> bool {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let Some(rest) = name.strip_suffix(".log").and_then(|rest| rest.strip_prefix(stem)) else { return false };
    rest.is_empty() || rest.strip_prefix('-').is_some_and(is_number)
}

/// Whether a file name is one that logs have: any `NAME.log` and its rotations, and the rotations of a known stem
/// that drop the `.log` (`hostd.3.gz`). Letters count without case: a file that a person kept may have any.
#[must_use]
pub fn is_log_name(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    let mut rest = lower.as_slice();
    let mut is_rotated = false;
    loop {
        let dot = rest.iter().rposition(|byte| *byte == b'.');
        let (Some(stem), Some(last)) =
            (dot.and_then(|at| rest.get(..at)), dot.and_then(|at| rest.get(at + 1..)))
        else {
            break;
        };
        match last {
            b"log" => return !stem.is_empty(),
            b"gz" | b"bz2" | b"txt" => {}
            number if !number.is_empty() && number.iter().all(u8::is_ascii_digit) => {}
            _ => return false,
        }
        is_rotated = true;
        rest = stem;
    }
    is_rotated && stems().any(|stem| stem.as_bytes().eq_ignore_ascii_case(rest))
}

/// The stems of all logs.
fn stems() -> impl Iterator<Item = &'static str> {
    let read = LogKind::ALL.iter().flat_map(|kind| match kind.log().files {
        Files::Rotated(stems) => stems.to_vec(),
        Files::Numbered(stem) => vec![stem],
        Files::Output(_) | Files::One(_) => Vec::new(),
    });
    read.chain(UNREAD_STEMS.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_have_their_names() {
        for (name, kind) in [
            ("vmkernel.log", Some(LogKind::Vmkernel)),
            ("hostd.10.gz", Some(LogKind::Hostd)),
            ("hostd.1", Some(LogKind::Hostd)),
            ("vobd.log.3", Some(LogKind::Vobd)),
            ("vobd.log.3.gz", Some(LogKind::Vobd)),
            ("fdm.gz", Some(LogKind::Fdm)),
            ("hostd-probe.log", Some(LogKind::HostdProbe)),
            ("envoy-access.0.gz", Some(LogKind::Rhttpproxy)),
            ("vmware.log", Some(LogKind::Vmware)),
            ("vmware-21.log.gz", Some(LogKind::Vmware)),
            ("vmware.1", None),
            ("vmkernel.logx", None),
            ("vmware-core.gz", None),
        ] {
            assert_eq!(LogKind::of_file(name), kind, "{name}");
        }
    }

    #[test]
    fn a_file_that_the_table_names_is_a_log() {
        for kind in LogKind::ALL {
            let names: Vec<String> = match kind.log().files {
                Files::Rotated(stems) => stems
                    .iter()
                    .flat_map(|stem| {
                        [".log", ".0", ".7.gz", ".log.3", ".log.3.gz", ".gz"]
                            .map(|end| format!("{stem}{end}"))
                    })
                    .collect(),
                Files::Numbered(stem) => {
                    [".log", "-7.log", "-7.log.gz", ".log.gz"].map(|end| format!("{stem}{end}")).to_vec()
                }
                Files::Output(starts) => {
                    assert!(
                        starts.iter().all(|start| LogKind::of_output(&format!("{start}.txt")) == Some(*kind))
                    );
                    continue;
                }
                Files::One(_) => continue,
            };
            for name in names {
                assert_eq!(LogKind::of_file(&name), Some(*kind), "{name}");
                assert!(is_log_name(name.as_bytes()), "{name}");
            }
        }
    }

    #[test]
    fn a_name_that_any_log_may_have_is_told_from_others() {
        for yes in ["x.log.gz", "VPXA.1", "vmkernel.log.1", "clomd.3.gz", "HOSTDCGISERVER.0.gz"] {
            assert!(is_log_name(yes.as_bytes()), "{yes}");
        }
        for no in ["vmware", "notes.1", "x.tgz", ".log", "a.vmdk", "photo.1.gz", "vmware.vmx", ""] {
            assert!(!is_log_name(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn each_check_has_its_logs_in_order() {
        for check in Check::ALL {
            let (required, helpful) = LogKind::of_check(*check);
            assert!(!required.is_empty() || !helpful.is_empty(), "{check}");
            for (count, is_required) in [(required.len(), true), (helpful.len(), false)] {
                let mut places: Vec<u8> = LogKind::ALL
                    .iter()
                    .flat_map(|kind| kind.log().checks)
                    .filter(|(own, _)| own == check)
                    .filter_map(|(_, need)| match (need, is_required) {
                        (Required(place), true) | (Helpful(place), false) => Some(*place),
                        _ => None,
                    })
                    .collect();
                places.sort_unstable();
                assert!(places.iter().map(|place| usize::from(*place)).eq(1..=count), "{check}: {places:?}");
            }
        }
    }
}
