//! What is said where no crash was found: whether that means anything, and what the logs cover.

use super::layout::{Cell, Table, cut, paint, wrap};
use super::words::{count, list, stamp, thousands, vm_name};
use super::{Page, asked, gaps, style};
use crate::report::model::{Report, Time, Vm};
use std::io;

/// Says that no crash was found, or that nothing can be said.
pub(super) fn healthy(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    page.blank()?;
    let first = report.vms.iter().filter_map(|vm| vm.logs.first).min();
    let last = report.vms.iter().filter_map(|vm| vm.logs.last).max();
    if report.vms.is_empty() {
        let text = "? No VM was found, so nothing can be said about crashes.";
        page.line(&paint(style::WARNING, text))?;
    } else if !report.vms.iter().any(is_read) {
        let text =
            "? No crash was found, but no log of a VM could be read: nothing can be said about crashes.";
        page.line(&paint(style::WARNING, text))?;
    } else if beyond(report, first, last) {
        let text = format!(
            "? No log of a VM reaches that time, so nothing can be said about crashes: they reach from {} to {} UTC.",
            stamp(first, false),
            stamp(last, false)
        );
        for line in wrap(&text, page.width) {
            page.line(&paint(style::WARNING, &line))?;
        }
    } else {
        looked_at(page, report, first, last)?;
    }
    unseen(page, report)?;
    logs(page, report)
}

/// Says which VMs were looked at, and whether all is well.
fn looked_at(
    page: &mut Page<'_>,
    report: &Report,
    first: Option<Time>,
    last: Option<Time>,
) -> io::Result<()> {
    if report.summary.unclaimed > 0 {
        let lines = count(report.summary.unclaimed, "line tells", "lines tell");
        let text = format!(
            "? No crash of a VM was found, but {lines} of a crash of which the VM is not known; see below."
        );
        for line in wrap(&text, page.width) {
            page.line(&paint(style::WARNING, &line))?;
        }
    } else if let Some(text) = open_end(report) {
        for line in wrap(&text, page.width) {
            page.line(&paint(style::WARNING, &line))?;
        }
    } else {
        let when = if asked(report).is_some() { " in that time" } else { "" };
        page.line(&paint(style::GOOD, &format!("✓ No crash was found{when}.")))?;
    }
    let read = report.vms.iter().filter(|vm| is_read(vm)).count() as u64;
    if first.is_none() || last.is_none() {
        let text = format!(
            "{} looked at; the times of their logs are not known.",
            count(read, "VM was", "VMs were")
        );
        return page.line(&text);
    }
    let text = format!(
        "{} looked at; their logs reach from {} to {} UTC. Crashes before or after that are not in them.",
        count(read, "VM was", "VMs were"),
        stamp(first, false),
        stamp(last, false)
    );
    for line in wrap(&text, page.width) {
        page.line(&line)?;
    }
    Ok(())
}

/// Whether a log of the VM could be read, if only without its year.
fn is_read(vm: &Vm) -> bool {
    vm.logs.first.is_some() || vm.logs.understood.is_some_and(|share| share > 0.5)
}

/// What is said instead of "no crash" where the end of a run is not in the logs.
fn open_end(report: &Report) -> Option<String> {
    let with = |kind: &str| -> Vec<&str> {
        let has = |vm: &&Vm| vm.operations.iter().any(|operation| operation.kind == kind);
        report.vms.iter().filter(has).map(vm_name).collect()
    };
    let shown = |names: &[&str]| match names {
        few if few.len() <= 3 => list(few),
        [first, rest @ ..] => format!("{first} and {} more VMs", rest.len()),
        [] => String::new(),
    };
    let (unclean, unfinished) = (with("unclean-end"), with("run-unfinished"));
    if !unclean.is_empty() {
        return Some(format!(
            "? No crash was found, but a run of {} before did not end in order; its log is not here.",
            shown(&unclean)
        ));
    }
    (!unfinished.is_empty()).then(|| {
        format!(
            "? No crash was found, but the log of {} stops in the middle of a run, and the log that follows it is not here.",
            shown(&unfinished)
        )
    })
}

/// The logs of each host, with the time they cover.
fn logs(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    for host in report.hosts.iter().filter(|host| !host.logs.is_empty()) {
        let name = host.name.as_deref().unwrap_or("the host");
        page.heading(&cut(&format!("Logs of {name}"), page.width))?;
        let mut table =
            Table::new(vec!["LOG", "FIRST LINE (UTC)", "LAST LINE (UTC)", "LINES", "GAPS"], vec![0])
                .right(vec![3, 4]);
        for log in &host.logs {
            let gaps = if log.gaps.is_empty() { "-".to_owned() } else { log.gaps.len().to_string() };
            table.row(vec![
                Cell::new(&log.log),
                Cell::new(&stamp(log.first, false)),
                Cell::new(&stamp(log.last, false)),
                Cell::new(&thousands(log.lines)),
                Cell::new(&gaps),
            ]);
        }
        for line in table.lines(page.width - 2, style::LABEL) {
            page.line(&format!("  {line}"))?;
        }
        gaps(page, &host.logs)?;
    }
    Ok(())
}

/// Says of which VMs nothing can be known.
pub(super) fn unseen(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let without: Vec<&str> = report.vms.iter().filter(|vm| vm.logs.members == 0).map(vm_name).collect();
    let mute: Vec<&str> =
        report.vms.iter().filter(|vm| vm.logs.members > 0 && !is_read(vm)).map(vm_name).collect();
    for (names, one, many) in [
        (
            without,
            "1 VM has no vmware.log in the bundle, so a crash of it may go unseen",
            "VMs have no vmware.log in the bundle, so a crash of theirs may go unseen",
        ),
        (
            mute,
            "1 VM has a vmware.log without a time stamp, so a crash of it may go unseen",
            "VMs have a vmware.log without a time stamp, so a crash of theirs may go unseen",
        ),
    ] {
        if names.is_empty() {
            continue;
        }
        let shown: Vec<&str> = names.iter().take(6).copied().collect();
        let more = if names.len() > shown.len() { " …" } else { "" };
        let what = if names.len() == 1 { one.to_owned() } else { format!("{} {many}", names.len()) };
        let text = format!("? {what}: {}{more}", shown.join(", "));
        for line in wrap(&text, page.width) {
            page.line(&paint(style::WARNING, &line))?;
        }
    }
    Ok(())
}

/// Whether the requested time lies outside that of the logs.
fn beyond(report: &Report, first: Option<Time>, last: Option<Time>) -> bool {
    let (since, until) = (report.settings.since, report.settings.until);
    since.zip(last).is_some_and(|(since, last)| since > last)
        || until.zip(first).is_some_and(|(until, first)| until < first)
}
