//! Whole logs of real machines, read from outside the repository: the crashes their sources tell of, and no other.

use super::support::table::Table;
use super::support::{Folder, analyze, cases_folder, crash_millis, crashes, millis, skipped};
use std::path::{Path, PathBuf};
use vmcoroner::internals::report::model::{CrashKind, Origin, Report};

/// A crash that a file holds.
struct Known {
    kind: CrashKind,
    /// Seconds of tolerance are in [`WITHIN_S`]; `None` where the log has no year.
    time: Option<&'static str>,
    origins: &'static [Origin],
}

const WITHIN_S: i64 = 60;

/// Files and what happened in them; those not named hold no crash.
const KNOWN: &[(&str, &[Known])] = &[
    // The monitor stopped on an instruction of its own; nothing below it is told.
    (
        "server1-linux-host-monitor-panic-excerpt.log",
        &[Known { kind: CrashKind::VmmFailure, time: None, origins: &[Origin::Hypervisor] }],
    ),
    // The paging file could not be mapped, then signal 11: the class is the VMX, the cause below it may be named.
    (
        "player1-linux-host-vmx-signal-11-on-resume.log",
        &[Known {
            kind: CrashKind::VmxFailure,
            time: None,
            origins: &[Origin::Hypervisor, Origin::Resource, Origin::Storage],
        }],
    ),
    // A guest kernel that starts wrongly, twice; the reset between them was requested by the user.
    ("player7-windows-host-triple-fault-twice.log", &[triple("T15:33:30Z"), triple("T16:43:33Z")]),
];

const fn triple(time: &'static str) -> Known {
    let origins = &[Origin::GuestOs, Origin::Undetermined];
    Known { kind: CrashKind::TripleFault, time: Some(time), origins }
}

/// Ended without a word and without an exit line. Alone it may also be a copy of a running VM's log.
const CUT: &str = "player16-windows-host-died-after-host-wake-cut.log";
/// The next start of that VM, which proves that it had died.
const NEXT: &str = "player16-windows-host-next-start-repair-operator-resets.log";
const CUT_AT: &str = "2021-11-21T12:21:06Z";
const CUT_ORIGINS: &[Origin] = &[Origin::Undetermined, Origin::HostFailure, Origin::Hypervisor];

/// The logs, by name.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "log"))
        .collect();
    files.sort();
    files
}

fn found(report: &Report) -> Vec<(CrashKind, Option<i64>, Origin, String)> {
    crashes(report)
        .map(|(_, crash)| {
            let time = crash.time.as_ref().map(|_| crash_millis(crash));
            let told = format!("{} {} {}", crash.id, crash.kind, crash.verdict.origin);
            (crash.kind, time, crash.verdict.origin, told)
        })
        .collect()
}

/// Whether the crash is the known one. Only the time of day is known of some.
fn fits(known: &Known, crash: &(CrashKind, Option<i64>, Origin, String)) -> bool {
    let (kind, time, origin, _) = crash;
    let in_time = match (known.time, time) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(known), Some(time)) => {
            let day = 86_400_000;
            let known = millis(&format!("2020-01-01{known}")) % day;
            ((time % day) - known).abs() <= WITHIN_S * 1000
        }
    };
    known.kind == *kind && in_time && known.origins.contains(origin)
}

#[test]
fn real_logs_give_the_crashes_their_sources_tell_of() {
    let Some(folder) = cases_folder() else { return skipped("real_logs") };
    let mut misses = Table::new(&["file", "expected", "got"]);
    let files = files(&folder.join("real-logs"));
    assert_eq!(files.len(), 14);
    for path in &files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let report = analyze(std::slice::from_ref(path));
        let crashes = found(&report);
        let told: Vec<&str> = crashes.iter().map(|crash| crash.3.as_str()).collect();
        if name == CUT {
            let fine = |crash: &(CrashKind, Option<i64>, Origin, String)| {
                crash.0 == CrashKind::VmxFailure && CUT_ORIGINS.contains(&crash.2)
            };
            if crashes.len() > 1 || !crashes.iter().all(fine) {
                misses.row([name, "at most the end without a word".into(), told.join("; ")]);
            }
            continue;
        }
        let known = KNOWN.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, known)| known);
        if known.len() != crashes.len()
            || !known.iter().zip(&crashes).all(|(known, crash)| fits(known, crash))
        {
            let wanted: Vec<String> = known
                .iter()
                .map(|known| format!("{} {:?} {:?}", known.kind, known.time, known.origins))
                .collect();
            misses.row([name, wanted.join("; "), told.join("; ")]);
        }
    }
    misses.assert_empty("real logs with other crashes than they hold");
}

#[test]
fn the_next_start_proves_that_the_process_had_died() {
    let Some(folder) = cases_folder() else { return skipped("real_logs") };
    let place = Folder::new();
    for (file, name) in [(CUT, "vmware-2.log"), (NEXT, "vmware-1.log")] {
        place.put(name, std::fs::read(folder.join("real-logs").join(file)).unwrap());
    }
    let report = analyze(&[place.path().to_owned()]);
    let crashes = found(&report);
    let told: Vec<&str> = crashes.iter().map(|crash| crash.3.as_str()).collect();
    let [(kind, Some(time), origin, _)] = &crashes[..] else { panic!("one crash, not {told:?}") };
    assert_eq!(*kind, CrashKind::VmxFailure, "{told:?}");
    assert!(CUT_ORIGINS.contains(origin), "{told:?}");
    assert!((time - millis(CUT_AT)).abs() <= WITHIN_S * 1000, "{told:?}");
}

#[test]
fn nearly_every_line_of_real_logs_is_understood() {
    let Some(folder) = cases_folder() else { return skipped("real_logs") };
    let mut misses = Table::new(&["file", "log", "understood"]);
    for path in files(&folder.join("real-logs")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let report = analyze(std::slice::from_ref(&path));
        let of_hosts = report.hosts.iter().flat_map(|host| &host.logs);
        let shares: Vec<(String, u64, Option<f64>)> = of_hosts
            .map(|log| (log.log.clone(), log.lines, log.understood))
            .chain(report.vms.iter().map(|vm| ("vmware".to_owned(), vm.logs.lines, vm.logs.understood)))
            .filter(|(_, lines, _)| *lines > 0)
            .collect();
        if shares.is_empty() {
            misses.row([name.clone(), "none".into(), "no log was recognised".into()]);
        }
        for (log, lines, share) in shares {
            if share.is_none_or(|share| share < 0.99) {
                misses.row([name.clone(), log, format!("{share:?} of {lines} lines")]);
            }
        }
    }
    misses.assert_empty("real logs that are not understood");
}
