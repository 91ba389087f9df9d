//! The report for a person at a terminal: hosts, a table of crashes, a card for each, then what belongs together and
//! what could not be read.
//!
//! Styles are always written; the writer (`anstream`) drops them where nobody sees colours. Every colour stands on a
//! word or mark that says the same.

mod card;
pub(crate) mod layout;
pub(crate) mod style;
pub(crate) mod words;

use super::knowledge;
use super::model::{Crash, Gap, HostLog, Input, InputState, Report, Vm};
use crate::terms::Origin;
pub use layout::wrap;
use layout::{Cell, Table, cut, cut_path, fold, pad, paint, width};
use std::io::{self, Write};
use words::{count, host_name, list, span, stamp, vm_name};

/// How wide a page is where no terminal says so.
const PAGE: usize = 100;

/// Where the text goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextOptions {
    /// Columns of the terminal. `None` where it is no terminal: then lines of logs are written whole.
    pub width: Option<usize>,
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
        page.line(&format!("Only crashes {time} were asked for."))?;
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
    if !crashes.is_empty() {
        let text = format!(
            "Evidence counts from {} before a crash to {} after it. `vmcoroner explain WORD` tells what an origin, a \
             check, a rule or a bugcheck means.",
            span(report.settings.window_before_s),
            span(report.settings.window_after_s),
        );
        page.blank()?;
        for line in wrap(&text, page.width) {
            page.line(&paint(style::FAINT, &line))?;
        }
    }
    Ok(())
}

/// The time that was asked for, if not all of it was.
fn asked(report: &Report) -> Option<String> {
    let (since, until) = (report.settings.since.as_ref(), report.settings.until.as_ref());
    match (since, until) {
        (None, None) => None,
        (Some(_), None) => Some(format!("from {} UTC on", stamp(since, false))),
        (None, Some(_)) => Some(format!("up to {} UTC", stamp(until, false))),
        (Some(_), Some(_)) => Some(format!("from {} to {} UTC", stamp(since, false), stamp(until, false))),
    }
}

/// The paper: a writer that knows its width.
pub(crate) struct Page<'a> {
    out: &'a mut dyn Write,
    /// Columns of the layout.
    pub(crate) width: usize,
    /// Whether lines of logs are cut to the layout.
    pub(crate) cut: bool,
    /// Whether nothing is written yet.
    empty: bool,
}

/// Columns before the text of a section: its label stands there.
pub(crate) const MARGIN: usize = 11;

impl<'a> Page<'a> {
    pub(crate) fn new(options: TextOptions, out: &'a mut dyn Write) -> Self {
        let width = options.width.map_or(PAGE, |columns| columns.clamp(72, 120));
        Self { out, width, cut: options.width.is_some(), empty: true }
    }

    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        self.empty = false;
        writeln!(self.out, "{text}")
    }

    /// A blank line between two things.
    pub(crate) fn blank(&mut self) -> io::Result<()> {
        if self.empty {
            return Ok(());
        }
        self.line("")
    }

    /// Columns of the text of a section.
    pub(crate) const fn inner(&self) -> usize {
        self.width - MARGIN
    }

    /// A section: its label, and lines beside it.
    pub(crate) fn section(&mut self, label: &str, lines: &[String]) -> io::Result<()> {
        for (nth, line) in lines.iter().enumerate() {
            let label = if nth == 0 { label } else { "" };
            let head = format!("{}{}", paint(style::LABEL, label), " ".repeat(MARGIN - width(label)));
            let line = if label.is_empty() {
                format!("{}{line}", " ".repeat(MARGIN))
            } else {
                format!("{head}{line}")
            };
            self.line(line.trim_end())?;
        }
        Ok(())
    }

    /// A line of a log: cut to a few lines of the layout, or whole where it is no terminal.
    pub(crate) fn log_line(&self, text: &str) -> Vec<String> {
        if self.cut { fold(text, self.inner(), 4) } else { vec![crate::clean::clean(text).into_owned()] }
    }

    /// A path, its end kept where it must be cut.
    pub(crate) fn path(&self, path: &str, columns: usize) -> String {
        if self.cut { cut_path(path, columns) } else { crate::clean::clean(path).into_owned() }
    }

    /// A heading.
    fn heading(&mut self, text: &str) -> io::Result<()> {
        self.blank()?;
        self.line(&paint(style::HEAD, text))
    }
}

fn hosts(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let mut table = Table::new(vec!["", "", "", ""], vec![0, 1, 2, 3]);
    for host in &report.hosts {
        let mut product = vec![host.product.as_deref().unwrap_or("ESXi").to_owned()];
        product.extend(host.version.clone());
        product.extend(host.build.as_ref().map(|build| format!("build {build}")));
        let captured =
            host.captured_at.as_ref().map(|time| format!("captured {} UTC", stamp(Some(time), false)));
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
        .collect();
    let what =
        if broken.is_empty() { "some of the input could not be read".to_owned() } else { list(&broken) };
    page.blank()?;
    let text = format!(
        "! This report is partial: {what}. What is missing there cannot be seen here; details below."
    );
    for line in wrap(&text, page.width) {
        page.line(&paint(style::WARNING, &line))?;
    }
    Ok(())
}

fn table(page: &mut Page<'_>, report: &Report, crashes: &[(&Vm, &Crash)]) -> io::Result<()> {
    page.blank()?;
    let mut table =
        Table::new(vec!["VM", "HOST", "TIME (UTC)", "CRASH", "ORIGIN", "CONFIDENCE"], vec![0, 1, 3, 5]);
    for (vm, crash) in crashes {
        let host = if report.hosts.len() > 1 { host_name(report, vm).unwrap_or_default() } else { "" };
        let kind = match &crash.bugcheck {
            Some(bugcheck) => format!("bugcheck {}", bugcheck.code),
            None => knowledge::crash_kind(crash.kind).to_owned(),
        };
        table.row(vec![
            Cell::styled(vm_name(vm), style::HEAD),
            Cell::new(host),
            Cell::new(&stamp(crash.time.as_ref(), false)),
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
    for line in wrap(&text, page.width) {
        page.line(&line)?;
    }
    unseen(page, report)
}

/// How sure the verdict is; where there is none, what it leans to.
fn confidence(crash: &Crash) -> Cell {
    let verdict = &crash.verdict;
    match (verdict.origin, verdict.leaning) {
        (Origin::Undetermined, Some(leaning)) => Cell::new(&format!("leans to {leaning}")),
        (Origin::Undetermined, None) => Cell::styled("-", style::FAINT),
        _ => Cell::styled(verdict.confidence.as_str(), style::confidence(verdict.confidence)),
    }
}

/// Says of which VMs nothing can be known.
fn unseen(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let without: Vec<&str> = report.vms.iter().filter(|vm| vm.logs.members == 0).map(vm_name).collect();
    let mute: Vec<&str> =
        report.vms.iter().filter(|vm| vm.logs.members > 0 && vm.logs.first.is_none()).map(vm_name).collect();
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

fn healthy(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    page.blank()?;
    let first = report.vms.iter().filter_map(|vm| vm.logs.first.as_ref()).min();
    let last = report.vms.iter().filter_map(|vm| vm.logs.last.as_ref()).max();
    if report.vms.is_empty() {
        let text = "? No VM was found, so nothing can be said about crashes.";
        page.line(&paint(style::WARNING, text))?;
    } else if first.is_none() || last.is_none() {
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
        if report.summary.unclaimed > 0 {
            let lines = count(report.summary.unclaimed, "line tells", "lines tell");
            let text = format!(
                "? No crash of a VM was found, but {lines} of a crash of which the VM is not known; see below."
            );
            for line in wrap(&text, page.width) {
                page.line(&paint(style::WARNING, &line))?;
            }
        } else {
            let when = if asked(report).is_some() { " in that time" } else { "" };
            page.line(&paint(style::GOOD, &format!("✓ No crash was found{when}.")))?;
        }
        let read = report.vms.iter().filter(|vm| vm.logs.first.is_some()).count() as u64;
        let text = format!(
            "{} looked at; their logs reach from {} to {} UTC. Crashes before or after that are not in them.",
            count(read, "VM was", "VMs were"),
            stamp(first, false),
            stamp(last, false)
        );
        for line in wrap(&text, page.width) {
            page.line(&line)?;
        }
    }
    unseen(page, report)?;
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
                Cell::new(&stamp(log.first.as_ref(), false)),
                Cell::new(&stamp(log.last.as_ref(), false)),
                Cell::new(&words::thousands(log.lines)),
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

/// Whether the time that was asked for lies outside that of the logs. The times of a report are of one form, so that they
/// compare as texts.
fn beyond(report: &Report, first: Option<&String>, last: Option<&String>) -> bool {
    let (since, until) = (report.settings.since.as_ref(), report.settings.until.as_ref());
    since.zip(last).is_some_and(|(since, last)| since > last)
        || until.zip(first).is_some_and(|(until, first)| until < first)
}

/// The gaps of logs, a line each.
pub(crate) fn gaps(page: &mut Page<'_>, logs: &[HostLog]) -> io::Result<()> {
    for log in logs {
        for Gap { from, to } in &log.gaps {
            let text = format!(
                "  ? {} has no line from {} to {}",
                log.log,
                stamp(from.as_ref(), false),
                stamp(to.as_ref(), false)
            );
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
            cut(&stamp(incident.time.as_ref(), true), 40),
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
