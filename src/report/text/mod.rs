//! The report for a person at a terminal: hosts, a table of crashes, a card for each, then what belongs together and
//! what could not be read.
//!
//! Styles are always written; the writer (`anstream`) drops them where colours are not seen. Every colour is on a
//! word or mark that says the same.

mod card;
mod files;
mod healthy;
mod inventory;
pub(crate) mod layout;
mod page;
mod paper;
mod rules;
pub(crate) mod style;
mod timeline;
pub(crate) mod words;

use super::format::{Format, View, unsupported};
use super::knowledge;
use super::model::{Crash, Gap, HostLog, Input, InputState, Report, Vm};
use crate::terms::Origin;
use healthy::{healthy, unseen};
pub use layout::wrap;
use layout::{Cell, Table, cut, pad, paint, width};
pub use page::TextOptions;
pub(crate) use page::{MARGIN, Page};
pub(crate) use paper::Paper;
use std::io::{self, Write};
use words::{count, host_name, list, span, stamp, vm_name};

/// Writes something for a person.
pub(super) fn write_view(view: View<'_>, look: TextOptions, out: &mut dyn Write) -> io::Result<()> {
    match view {
        View::Report(report) => write(report, look, out),
        View::Inventory(report) => inventory::write(report, look, out),
        View::Timeline(timeline) => timeline::write(timeline, look, out),
        View::Rules(list) => rules::write(list, look, out),
        View::Input(..) => unsupported(Format::Text, view),
    }
}

/// Writes the report.
///
/// # Errors
/// What the writer reports.
pub fn write(report: &Report, options: TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(options, out);
    let crashes: Vec<(&Vm, &Crash)> =
        report.vms.iter().flat_map(|vm| vm.crashes.iter().map(move |crash| (vm, crash))).collect();
    hosts(&mut page, report)?;
    if report.summary.partial {
        partial(&mut page, report)?;
    }
    if let Some(time) = asked(report) {
        page.blank()?;
        page.line(&format!("Only crashes {time} were requested."))?;
    }
    if crashes.is_empty() {
        healthy(&mut page, report)?;
    } else {
        table(&mut page, report, &crashes)?;
        for (vm, crash) in &crashes {
            card::write(&mut page, report, vm, crash)?;
        }
        incidents(&mut page, report)?;
    }
    inputs(&mut page, report)?;
    files::files(&mut page, report)?;
    if !crashes.is_empty() {
        let text = format!(
            "Evidence counts from {} before a crash to {} after it. {}",
            span(report.settings.window_before_s),
            span(report.settings.window_after_s),
            page.hints.explain.unwrap_or_default(),
        );
        page.blank()?;
        for line in wrap(text.trim_end(), page.width) {
            page.line(&paint(style::FAINT, &line))?;
        }
    }
    Ok(())
}

/// The requested time, if not all of it was.
fn asked(report: &Report) -> Option<String> {
    let (since, until) = (report.settings.since, report.settings.until);
    match (since, until) {
        (None, None) => None,
        (Some(_), None) => Some(format!("from {} UTC on", stamp(since, false))),
        (None, Some(_)) => Some(format!("up to {} UTC", stamp(until, false))),
        (Some(_), Some(_)) => Some(format!("from {} to {} UTC", stamp(since, false), stamp(until, false))),
    }
}

fn hosts(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let mut table = Table::new(vec!["", "", "", ""], vec![0, 1, 2, 3]);
    for host in &report.hosts {
        let mut product = vec![host.product.as_deref().unwrap_or("ESXi").to_owned()];
        product.extend(host.version.clone());
        product.extend(host.build.as_ref().map(|build| format!("build {build}")));
        let captured = host.captured_at.map(|time| format!("captured {} UTC", stamp(Some(time), false)));
        // The file is worth a column only where it tells hosts apart.
        let input = report.inputs.iter().find(|input| input.id == host.input && report.inputs.len() > 1);
        let file = input.and_then(|input| input.path.rsplit('/').next()).unwrap_or_default();
        table.row(vec![
            Cell::styled(host.name.as_deref().unwrap_or("unnamed host"), style::HEAD),
            Cell::new(&product.join(" ")),
            Cell::new(&captured.unwrap_or_default()),
            Cell::styled(file, style::FAINT),
        ]);
    }
    for line in table.lines(page.width, style::LABEL) {
        page.line(&line)?;
    }
    if report.hosts.is_empty() {
        for input in &report.inputs {
            let text = format!("{} ({}, no host known)", cut(&input.path, page.width - 30), input.kind);
            page.line(&paint(style::HEAD, &text))?;
        }
    }
    Ok(())
}

fn hurt(input: &Input) -> bool {
    input.state != InputState::Complete
}

fn partial(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let broken: Vec<String> = report
        .inputs
        .iter()
        .filter(|input| hurt(input))
        .map(|input| format!("{} is {}", input.path, input.state))
        .chain(
            files::unread(report)
                .filter(|file| file.input.is_none())
                .take(3)
                .map(|file| format!("{} was not read", file.path)),
        )
        .collect();
    let what =
        if broken.is_empty() { "some of the input could not be read".to_owned() } else { list(&broken) };
    page.blank()?;
    let text = format!(
        "! This report is partial: {what}. What is missing there cannot be seen here; details below."
    );
    for line in wrap(text.trim_end(), page.width) {
        page.line(&paint(style::WARNING, &line))?;
    }
    Ok(())
}

fn table(page: &mut Page<'_>, report: &Report, crashes: &[(&Vm, &Crash)]) -> io::Result<()> {
    page.blank()?;
    let mut table =
        Table::new(vec!["VM", "HOST", "TIME (UTC)", "CRASH", "ORIGIN", "CONFIDENCE"], vec![0, 1, 3, 5]);
    for (vm, crash) in crashes {
        let host = crash.host_name.as_deref().or_else(|| host_name(report, vm));
        let host = if report.hosts.len() > 1 { host.unwrap_or_default() } else { "" };
        let kind = match &crash.bugcheck {
            Some(bugcheck) => format!("bugcheck {}", bugcheck.code),
            None => knowledge::crash_kind(crash.kind).to_owned(),
        };
        table.row(vec![
            Cell::styled(vm_name(vm), style::HEAD),
            Cell::new(host),
            Cell::new(&stamp(crash.time, false)),
            Cell::new(&kind),
            Cell::styled(crash.verdict.origin.as_str(), style::origin(crash.verdict.origin)),
            confidence(crash),
        ]);
    }
    for line in table.lines(page.width, style::LABEL) {
        page.line(&line)?;
    }
    page.blank()?;
    let hit = report.vms.iter().filter(|vm| !vm.crashes.is_empty()).count() as u64;
    let origins: Vec<String> =
        report.summary.by_origin.iter().map(|(origin, number)| format!("{number} {origin}")).collect();
    let text = format!(
        "{} on {} of {}: {}.",
        count(report.summary.crashes, "crash", "crashes"),
        words::thousands(hit),
        count(report.summary.vms, "VM", "VMs"),
        list(&origins),
    );
    for line in wrap(text.trim_end(), page.width) {
        page.line(&line)?;
    }
    if !report.summary.hosts_not_given.is_empty() {
        let names: Vec<&str> = report.summary.hosts_not_given.iter().map(String::as_str).collect();
        let text = format!("! VMs ran on {} too, and no bundle of it was given.", list(&names));
        for line in wrap(&text, page.width) {
            page.line(&paint(style::WARNING, &line))?;
        }
    }
    unseen(page, report)
}

/// How sure the verdict is; without a verdict, what it leans to.
fn confidence(crash: &Crash) -> Cell {
    let verdict = &crash.verdict;
    match (verdict.origin, verdict.leaning) {
        (Origin::Undetermined, Some(leaning)) => Cell::new(&format!("leans to {leaning}")),
        (Origin::Undetermined, None) => Cell::styled("-", style::FAINT),
        _ => Cell::styled(verdict.confidence.as_str(), style::confidence(verdict.confidence)),
    }
}

/// The gaps of logs, a line each.
pub(crate) fn gaps(page: &mut Page<'_>, logs: &[HostLog]) -> io::Result<()> {
    for log in logs {
        for Gap { from, to } in &log.gaps {
            let text =
                format!("  ? {} has no line from {} to {}", log.log, stamp(*from, false), stamp(*to, false));
            page.line(&paint(style::WARNING, &cut(&text, page.width)))?;
        }
    }
    Ok(())
}

fn incidents(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    if report.incidents.is_empty() {
        return Ok(());
    }
    page.heading("Crashes that belong together")?;
    for incident in &report.incidents {
        page.blank()?;
        let head = format!(
            "{}  {} UTC  {}",
            paint(style::HEAD, &pad(&cut(&incident.id, MARGIN - 2), MARGIN - 2)),
            cut(&stamp(incident.time, true), 40),
            origin(incident.origin),
        );
        page.line(&head)?;
        let lines = wrap(&incident.because, page.inner());
        page.section("", &lines)?;
        let names: Vec<String> = incident.crashes.iter().map(|id| cut(id, page.inner())).collect();
        page.section("", &names)?;
    }
    Ok(())
}

fn inputs(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let odd: Vec<&Input> =
        report.inputs.iter().filter(|input| hurt(input) || !input.notes.is_empty()).collect();
    if odd.is_empty() {
        return Ok(());
    }
    page.heading("What was odd about the input")?;
    for input in odd {
        page.blank()?;
        let state = format!(
            "{}, {}, {}",
            input.state,
            count(input.members, "member", "members"),
            words::bytes(input.bytes)
        );
        let look = if hurt(input) { style::WARNING } else { style::FAINT };
        let path = page.path(&input.path, page.width.saturating_sub(width(&state) + 6));
        page.line(&format!("{}  {}  {}", cut(&input.id, 8), paint(style::HEAD, &path), paint(look, &state)))?;
        for note in &input.notes {
            for (nth, line) in wrap(note, page.width - 6).into_iter().enumerate() {
                page.line(&format!("    {} {line}", if nth == 0 { "-" } else { " " }))?;
            }
        }
    }
    Ok(())
}

/// An origin in its colour.
pub(crate) fn origin(origin: Origin) -> String {
    paint(style::origin(origin), origin.as_str())
}
