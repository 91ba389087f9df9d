//! Public reports whose cause is known, in a folder that the environment names: a line of `index.tsv` says what happened
//! in each. Here stands what a right report says of those that turn on what logs cannot show.

use super::support::table::Table;
use super::support::{crashes, repository, try_analyze};
use std::path::PathBuf;
use vmcoroner::internals::report::model::{CrashKind, Origin, Report};

/// What must hold of the report of a case, in words and as a check.
type Right = (&'static str, &'static str, fn(&Report) -> bool);

const RIGHT: &[Right] = &[
    ("g02", "no crash", none),
    ("g06", "one reset, whose origin is the freeze", |report| {
        all(report, |crash_kind, origin| crash_kind == CrashKind::VmReset && origin == Origin::Stun)
    }),
    ("g25", "a crash of the guest, its reset no crash of its own", |report| {
        all(report, |kind, origin| kind == CrashKind::GuestPanic && origin == Origin::Undetermined)
    }),
    ("g27", "no crash", none),
    ("g28", "the panic of the guest, in each form in which lines are pasted", |report| {
        all(report, |kind, _| kind == CrashKind::GuestPanic)
    }),
    ("h08", "a log under the name of a core is read", |report| has_log(report, "vmkernel")),
    ("h14", "messages of ESX 4 are read, and the year is not later than today's", |report| {
        has_log(report, "vmkernel")
            && report.inputs.iter().all(|input| !input.notes.concat().contains("2099"))
    }),
    ("h41", "var/log/vmkernel of ESX 3 is read", |report| has_log(report, "vmkernel")),
    ("h31", "no time after the capture", |report| {
        let years = report.hosts.iter().flat_map(|host| &host.logs).filter_map(|log| log.last);
        years.map(|time| time.to_string()).all(|time| time.as_str() < "2012")
    }),
    ("h44v", "no crash", none),
    ("r05", "never the guest", never_the_guest),
    ("z01", "storage, each VM once", |report| one_of(report, Origin::Storage)),
    ("z02", "an NMI, each VM once", |report| one_of(report, Origin::AdminNmi)),
];

fn has_log(report: &Report, name: &str) -> bool {
    report.hosts.iter().flat_map(|host| &host.logs).any(|log| log.log == name && log.lines > 0)
}

fn none(report: &Report) -> bool {
    crashes(report).next().is_none()
}

fn all(report: &Report, right: impl Fn(CrashKind, Origin) -> bool) -> bool {
    crashes(report).next().is_some()
        && crashes(report).all(|(_, crash)| right(crash.kind, crash.verdict.origin))
}

fn never_the_guest(report: &Report) -> bool {
    crashes(report).all(|(_, crash)| crash.verdict.origin != Origin::GuestOs)
}

fn one_of(report: &Report, origin: Origin) -> bool {
    let mut names: Vec<_> = report.vms.iter().map(|vm| &vm.name).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    names.len() == count && crashes(report).count() == 1 && all(report, |_, own| own == origin)
}

#[test]
fn public_reports_are_told_right() {
    let Some(folder) = std::env::var_os("VMCORONER_PUBLIC_CASES") else {
        println!("public_reports_are_told_right: skipped, VMCORONER_PUBLIC_CASES is not set");
        return;
    };
    let folder = repository().join(PathBuf::from(folder));
    let mut misses = Table::new(&["case", "what is right", "got"]);
    for (id, says, right) in RIGHT {
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let path = entries
            .map(|entry| entry.unwrap().path())
            .find(|path| path.file_name().unwrap().to_string_lossy().starts_with(&format!("{id}-")))
            .unwrap_or_else(|| panic!("no case {id} in {}", folder.display()));
        let report = try_analyze(&[path], 1).unwrap_or_else(|error| panic!("{id}: {error}"));
        if !right(&report) {
            let got: Vec<String> = crashes(&report)
                .map(|(_, crash)| format!("{} {} {}", crash.id, crash.kind, crash.verdict.origin))
                .collect();
            misses.row([(*id).to_owned(), (*says).to_owned(), got.join("; ")]);
        }
    }
    misses.assert_empty("public reports that are told wrong");
}
