//! Verdicts put into words: the reason in one sentence, what rivals lacked, whom to call and what to bring.

use super::caps::MANUALLY_INITIATED_CRASH;
use super::case::Candidate;
use super::coverage::lapse;
use super::crash::Crash;
use super::judge::Decision;
use super::table::{RowName, roots};
use crate::clean::clean;
use crate::log::{LogKind, rfc3339};
use crate::terms::{Confidence, CrashKind, Origin, Strength, Who};

/// What the sentences need to know of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    /// What it says.
    pub message: String,
    /// Its log.
    pub log: LogKind,
    /// Milliseconds from the crash, negative before it.
    pub offset_ms: i64,
}

/// What the crash is called in a sentence.
#[must_use]
pub fn crash_name(crash: &Crash) -> String {
    match (crash.kind, &crash.bugcheck) {
        (CrashKind::WindowsBugcheck, Some(bugcheck)) => {
            let name = crate::windows::lookup(bugcheck.code)
                .map_or(String::new(), |known| format!(" {}", known.name));
            format!("Windows reported bugcheck {:#x}{name}", bugcheck.code)
        }
        (CrashKind::WindowsBugcheck, None) => {
            "the guest reported a Windows crash (no code in the logs)".to_owned()
        }
        (CrashKind::GuestPanic, _) => "the guest reported a kernel panic".to_owned(),
        (CrashKind::TripleFault, _) if crash.count > 1 => {
            format!(
                "a virtual CPU entered the shutdown state (triple fault) {} times, in boot after boot",
                crash.count
            )
        }
        (CrashKind::TripleFault, _) => "a virtual CPU entered the shutdown state (triple fault)".to_owned(),
        (CrashKind::VmxFailure, _) => "the VMX process of the VM ended".to_owned(),
        (CrashKind::VmmFailure, _) => "the virtual machine monitor failed".to_owned(),
        (CrashKind::VmReset, _) => "the VM was reset or stopped from outside".to_owned(),
        (CrashKind::HostDown, _) => "the host went down under the VM".to_owned(),
    }
}

fn when(lead: &Lead) -> String {
    match lead.offset_ms {
        -999..=999 => "at the same moment".to_owned(),
        ms if ms < 0 => format!("{} before", lapse(-ms)),
        ms => format!("{} after", lapse(ms)),
    }
}

fn told(lead: &Lead) -> String {
    format!(
        "{} ({}, {})",
        inside_sentence(lead.message.trim_end_matches('.')),
        lead.log.file_name(),
        when(lead)
    )
}

/// A sentence that continues another one: its first word loses its capital, unless it is a name.
fn inside_sentence(message: &str) -> String {
    const LOGS_PEOPLE_KNOW: &[&str] =
        &["The", "A", "An", "All", "One", "Path", "Volume", "Command", "Commands", "Hard", "Soft", "Monitor"];
    match message.split_once(' ') {
        Some((first, rest)) if LOGS_PEOPLE_KNOW.contains(&first) => {
            format!("{} {rest}", first.to_lowercase())
        }
        _ => message.to_owned(),
    }
}

/// How the coverage says that a log is missing.
const NOT_HERE: &str = "is not in the bundle";

/// The reason of a verdict, in one sentence. `lead` is the finding that speaks first for the origin.
#[must_use]
pub fn because(crash: &Crash, decision: &Decision, lead: Option<&Lead>) -> String {
    let reason = reason(crash, decision, lead);
    match decision.case.clock_step {
        Some((_, by)) => format!(
            "{reason} The clock of the host was stepped by {} or more around that moment: lines before and after the step cannot be laid beside each other.",
            lapse(by)
        ),
        None => reason,
    }
}

fn reason(crash: &Crash, decision: &Decision, lead: Option<&Lead>) -> String {
    let what = crash_name(crash);
    match (decision.row, lead) {
        (RowName::GuestOs, _) => {
            let ordered = match decision.case.code {
                Some(MANUALLY_INITIATED_CRASH) => {
                    ": it was ordered from inside the guest, at its keyboard or by a tool"
                }
                _ => "",
            };
            let gap = gap(decision);
            if decision.case.open_state {
                return format!(
                    "{what}{ordered}; hostd and vmkernel cover the moment and show one thing that began long before: no line tells its end, and the guest ran on{gap}."
                );
            }
            format!(
                "{what}{ordered}, and hostd and vmkernel cover the moment and show no cause on the host{gap}."
            )
        }
        (RowName::OneWitness, Some(lead)) => format!(
            "{what}; one line speaks for {} but is not enough alone: {}.",
            decision.leaning.map_or("", Origin::as_str),
            told(lead)
        ),
        (RowName::HostDown | RowName::HostSilent, None) => {
            let gaps = gaps(decision);
            format!("{what}: its logs start again, and nothing says why they stopped; {gaps}.")
        }
        (RowName::Undetermined, _) | (_, None) => undetermined(crash, decision, &what),
        (_, Some(lead)) if decision.confidence == Confidence::Likely && !decision.missing.is_empty() => {
            format!("{what}; {}. What else there was is not known: {}.", told(lead), gaps(decision))
        }
        (_, Some(lead)) => format!("{what}; {}.", told(lead)),
    }
}

/// Why no row named an origin.
fn undetermined(crash: &Crash, decision: &Decision, what: &str) -> String {
    let case = &decision.case;
    if let Some(ms) = case.nmi_to_another {
        return format!(
            "{what}, and an NMI was sent to another VM of this host {} before: perhaps the wrong VM was named{}.",
            lapse(ms),
            gap(decision)
        );
    }
    if let Some(ms) = case.host_ended.filter(|_| crash.guest_reported()) {
        let later = lapse(ms);
        return format!(
            "{what}, and its host went down {later} later; a failing host disturbs its VMs first."
        );
    }
    if crash.kind == CrashKind::VmReset && decision.lead(Origin::Operator).is_some() {
        return format!(
            "{what}, and the logs that tell a person from vSphere HA, which resets through the same calls, do not cover the moment: {}.",
            gaps(decision)
        );
    }
    let device = match case.unresolved {
        Some(Origin::AdminNmi) => "; an NMI was sent to a world that cannot be tied to a VM any more",
        Some(_) => "; a line names a device or volume that the bundle does not map to VMs",
        None => "",
    };
    match (decision.missing.is_empty() && !case.hosted, case.unresolved) {
        (true, None) if crash.guest_reported() => {
            format!("{what}, and the logs show no cause that can be tied to it.")
        }
        (true, None) => {
            format!("{what} without a word, and the logs, which cover the moment, show no cause.")
        }
        (true, Some(_)) => format!("{what}{device}."),
        (false, _) if case.reports_nmi() => format!(
            "{what}, which an NMI that somebody sent and a fault of the hardware both make, but {}{device}.",
            gaps(decision)
        ),
        (false, _) => format!("{what}, but {}{device}.", gaps(decision)),
    }
}

/// What the logs do not cover, as the end of a sentence; nothing if they cover all.
fn gap(decision: &Decision) -> String {
    if decision.missing.is_empty() { String::new() } else { format!("; {}", gaps(decision)) }
}

/// What the logs do not cover.
fn gaps(decision: &Decision) -> String {
    let absent = decision.case.absent_hosts.iter().map(|(host, until)| {
        let until = rfc3339(*until).replace('T', " ");
        let until = until.split('.').next().unwrap_or_default();
        format!("the VM ran on {} until {until} UTC and the bundle of that host was not given", clean(host))
    });
    let covers = decision.missing.iter().filter_map(|log| decision.cover_of(*log));
    let own = covers.filter(|cover| !cover.of_absent_host).filter_map(|cover| cover.reason.clone());
    let (lacking, own): (Vec<String>, Vec<String>) = own.partition(|reason| reason.ends_with(NOT_HERE));
    let names: Vec<String> =
        lacking.iter().map(|reason| reason.trim_end_matches(NOT_HERE).trim_end().to_owned()).collect();
    let lacking = match names.as_slice() {
        [] => None,
        [one] => Some(format!("{one} {NOT_HERE}")),
        several => Some(format!("{} are not in the bundle", join(several))),
    };
    let hosted = decision
        .case
        .hosted
        .then(|| "this product keeps no log of its host that could show a cause below the VM".to_owned());
    let all: Vec<String> = absent.chain(lacking).chain(own).chain(hosted).collect();
    if all.is_empty() { "the logs do not suffice".to_owned() } else { join(&all) }
}

fn join(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// Why a rival was weighed and why it lost.
#[must_use]
pub fn rival(
    crash: &Crash,
    decision: &Decision,
    rival: &Candidate,
    lead: Option<&Lead>,
) -> (Confidence, String) {
    let confidence = match rival.best {
        Strength::Decisive | Strength::Strong => Confidence::Likely,
        _ => Confidence::Possible,
    };
    let said = lead.map_or_else(|| "its lines".to_owned(), told);
    let lost = if !roots(crash.kind).contains(&rival.origin) {
        format!("it cannot be the root of a crash of kind {}", crash.kind)
    } else if decision.origin == Origin::Undetermined {
        "it needs a second, independent witness".to_owned()
    } else if rival.best < Strength::Strong {
        "it is too weak alone".to_owned()
    } else {
        decision.loses(rival)
    };
    (confidence, format!("{said}; {lost}."))
}

/// Whom to call and what to bring, by origin; `{vm}`, `{host}` and `{dump}` are filled in.
const NEXT_STEPS: &[(Origin, Who, &str)] = &[
    (
        Origin::GuestOs,
        Who::OsVendor,
        "Open a case with the maker of the guest's operating system and bring {dump} of {vm} together with this report: the host shows no cause.",
    ),
    (
        Origin::AdminNmi,
        Who::Administrator,
        "Find out who sent the NMI to {vm} (see the deciding lines for user and command). The crash is what an NMI is meant to cause; the dump it wrote shows what the guest was doing before.",
    ),
    (
        Origin::Hypervisor,
        Who::VmwareSupport,
        "Open a case with VMware by Broadcom support and bring this bundle, the vmware.log with the failure and any vmx-zdump or vmmcores files in the folder of {vm}.",
    ),
    (
        Origin::VirtualDevice,
        Who::VmwareSupport,
        "Open a case with VMware by Broadcom support about the device named in the deciding line; bring this bundle and the .vmx of {vm}. For a passed-through device ask its maker as well.",
    ),
    (
        Origin::Storage,
        Who::StorageTeam,
        "Give the deciding lines (device, volume, time in UTC) to the people who run the storage and the fabric, and ask what happened to that device at that minute. Then check the guest file systems of {vm}.",
    ),
    (
        Origin::HostHardware,
        Who::HardwareVendor,
        "Put {host} into maintenance mode and open a case with the maker of the server; bring the deciding lines and the hardware event log (IPMI SEL).",
    ),
    (
        Origin::Stun,
        Who::Administrator,
        "Look at what stopped {vm} for so long: snapshot, backup or migration at that minute. Move it, shorten the chain of snapshots, or spread the load; then look at the datastore's latency.",
    ),
    (
        Origin::Resource,
        Who::Administrator,
        "Free what ran out (see the deciding line) before {vm} is started again, and set an alarm on it.",
    ),
    (
        Origin::HostFailure,
        Who::HardwareVendor,
        "Treat {host} and not the VM: open a case with the maker of the server for a power loss or a hardware error, with VMware by Broadcom support for a purple screen, and bring the core (vmkernel-zdump) and the IPMI SEL.",
    ),
    (
        Origin::HaReset,
        Who::Administrator,
        "vSphere HA reset {vm} because its guest had stopped answering. Look at the console screenshot in its folder and in the guest's own event log for why it hung.",
    ),
    (
        Origin::Operator,
        Who::Administrator,
        "Ask who worked as {user}: {vm} was reset or powered off on purpose. If the user is vpxuser, vCenter's own events name the person.",
    ),
];

/// The next step where the guest is named and a state below it has no end in the logs.
const OPEN_STATE_STEP: &str = "Find out first whether what the host's lines show had ended before the crash: no line tells it. If it had, open a case with the maker of the guest's operating system and bring {dump} of {vm} together with this report.";

/// Who is spoken of in the next step.
#[derive(Debug, Clone, Copy)]
pub struct Parties<'a> {
    /// The VM's name.
    pub vm: &'a str,
    /// The host's name.
    pub host: &'a str,
    /// The user that the lines about who acted name, if they name one.
    pub user: Option<&'a str>,
}

/// Whom to call and what to bring.
#[must_use]
pub fn next_step(crash: &Crash, decision: &Decision, parties: Parties<'_>) -> (Who, String) {
    let Parties { vm, host, user } = parties;
    if decision.origin == Origin::Operator && user.is_none() {
        return (
            Who::Administrator,
            format!(
                "{vm} was reset or powered off from outside, and the deciding lines name no user. Look into vCenter's events and the host's shell and authentication logs of that minute."
            ),
        );
    }
    let dump = if crash.kind == CrashKind::WindowsBugcheck {
        "the memory dump (MEMORY.DMP or the minidump)"
    } else {
        "the guest's crash dump or console text"
    };
    match NEXT_STEPS.iter().find(|(origin, ..)| *origin == decision.origin) {
        // Split first: a name may contain braces.
        Some((_, who, text)) => {
            let filled = |part: &str| match part {
                "vm" => vm.to_owned(),
                "host" => host.to_owned(),
                "user" => user.unwrap_or_default().to_owned(),
                _ => dump.to_owned(),
            };
            // A line shows something whose end no line tells: that is to be settled first.
            let open = decision.origin == Origin::GuestOs && decision.case.open_state;
            let text = if open { OPEN_STATE_STEP } else { text };
            let mut parts = text.split(['{', '}']);
            let mut out = parts.next().unwrap_or_default().to_owned();
            while let (Some(name), rest) = (parts.next(), parts.next()) {
                out += &filled(name);
                out += rest.unwrap_or_default();
            }
            (*who, out)
        }
        None => undetermined_step(crash, decision, vm, host),
    }
}

fn undetermined_step(crash: &Crash, decision: &Decision, vm: &str, host: &str) -> (Who, String) {
    let names: Vec<String> = decision.missing.iter().map(|log| log.file_name().to_owned()).collect();
    if decision.elsewhere {
        return (
            Who::Administrator,
            format!(
                "{vm} ran on another host when it crashed: make a vm-support bundle there and give both bundles together."
            ),
        );
    }
    if let [(first, _), ..] = decision.case.absent_hosts.as_slice() {
        return (
            Who::Administrator,
            format!(
                "{vm} ran on {} shortly before it crashed: make a vm-support bundle there and give both bundles together.",
                clean(first)
            ),
        );
    }
    if !names.is_empty() {
        return (
            Who::Administrator,
            format!(
                "Before anybody is blamed, get {} of {host} for the time of the crash: from the syslog server, from an older bundle, or by a new vm-support run if the logs still reach back. Then run this again.",
                join(&names)
            ),
        );
    }
    match decision.leaning {
        Some(Origin::GuestOs) | None if crash.guest_reported() => (
            Who::OsVendor,
            "Have the guest's crash dump analysed, and keep this bundle: the host's logs show something that could not be tied to the VM.".to_owned(),
        ),
        Some(Origin::Storage) => (
            Who::StorageTeam,
            "Ask the people who run the storage about that minute; a second witness (an array log, a fabric log) would decide.".to_owned(),
        ),
        _ => (
            Who::VmwareSupport,
            format!("Open a case with VMware by Broadcom support and bring this bundle with the folder listing of {vm}."),
        ),
    }
}
