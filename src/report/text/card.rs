//! The card of one crash: where it came from, what to do, what was looked at, the lines that decide.

use super::layout::{cut, pad, paint, width, wrap};
use super::words::{bugcheck, host_name, list, log_name, offset, stamp, vm_name};
use super::{Page, origin, style};
use crate::report::knowledge;
use crate::report::model::{CheckOutcome, CheckResult, Crash, DumpMatch, Evidence, MatchResult, Report, Vm};
use crate::terms::Origin;
use std::io;

/// How many lines of evidence a terminal shows.
const MAX_LINES: usize = 12;

/// Columns of a check's name.
const CHECK: usize = 15;

/// Columns of a check's result.
const RESULT: usize = 13;

/// Writes the card.
pub(super) fn write(page: &mut Page<'_>, report: &Report, vm: &Vm, crash: &Crash) -> io::Result<()> {
    head(page, report, vm, crash)?;
    verdict(page, crash)?;
    known_issues(page, crash)?;
    checks(page, crash)?;
    evidence(page, crash)?;
    rivals(page, crash)?;
    dump(page, crash)
}

fn head(page: &mut Page<'_>, report: &Report, vm: &Vm, crash: &Crash) -> io::Result<()> {
    page.blank()?;
    let time = cut(&stamp(crash.time, true), 30);
    let name = cut(vm_name(vm), page.width.saturating_sub(width(&time) + 16));
    let rule = "━".repeat(page.width.saturating_sub(width(&name) + width(&time) + 12));
    let (edge, faint) = (paint(style::FAINT, "━━"), paint(style::FAINT, &rule));
    page.line(&format!("{edge} {} {faint} {time} UTC {edge}", paint(style::HEAD, &name)))?;
    let what = match &crash.bugcheck {
        Some(reported) => {
            let vcpu = reported.vcpu.map(|vcpu| format!(", first on vCPU {vcpu}")).unwrap_or_default();
            format!("{} {}{vcpu}", knowledge::crash_kind(crash.kind), bugcheck(reported))
        }
        None if crash.count > 1 => format!("{}, {} times", knowledge::crash_kind(crash.kind), crash.count),
        None => knowledge::crash_kind(crash.kind).to_owned(),
    };
    page.section("Crash", &wrap(&what, page.inner()))?;
    let mut place: Vec<String> = Vec::new();
    let ran_on = crash.host_name.as_deref().or_else(|| host_name(report, vm));
    place.extend(ran_on.map(|host| format!("on {host}")));
    let given = crash.host.is_some() || crash.host_name.is_none() || report.hosts.is_empty();
    place.extend((!given).then(|| "whose bundle was not given".to_owned()));
    place.extend(vm.guest_os.clone());
    place.extend(vm.config.clone());
    page.section("", &faint_lines(&place.join(" · "), page.inner()))
}

fn verdict(page: &mut Page<'_>, crash: &Crash) -> io::Result<()> {
    let verdict = &crash.verdict;
    page.blank()?;
    let headline = knowledge::origin(verdict.origin).headline;
    let confidence = paint(style::confidence(verdict.confidence), verdict.confidence.as_str());
    let confidence =
        if verdict.origin == Origin::Undetermined { String::new() } else { format!(" · {confidence}") };
    let mut lines = vec![format!("{}{confidence}: {headline}", origin(verdict.origin))];
    lines.extend(wrap(&verdict.because, page.inner()));
    page.section("Verdict", &lines)?;
    if let Some(leaning) = verdict.leaning {
        page.section("Leaning", &[format!("{}, but not proven", origin(leaning))])?;
    }
    if !verdict.missing.is_empty() {
        let missing: Vec<&str> = verdict.missing.iter().map(|log| log_name(log)).collect();
        let text = format!("{}: not in the bundle, or without a line at that moment", list(&missing));
        let lines: Vec<String> =
            wrap(&text, page.inner()).iter().map(|line| paint(style::WARNING, line)).collect();
        page.section("Missing", &lines)?;
    }
    let mut lines = vec![paint(style::HEAD, knowledge::who(verdict.next_step.who))];
    lines.extend(wrap(&verdict.next_step.text, page.inner()));
    page.section("Next step", &lines)
}

/// Defects whose signature the lines have, and whether this host is affected.
fn known_issues(page: &mut Page<'_>, crash: &Crash) -> io::Result<()> {
    if crash.known_issues.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let mut lines = Vec::new();
    for issue in &crash.known_issues {
        let (state, look) = style::issue(issue.state);
        let article = cut(&issue.article, page.inner().saturating_sub(width(state) + 3));
        lines.push(format!("{} · {article}", paint(look, state)));
        for text in [&issue.summary, &issue.text] {
            lines.extend(wrap(text, page.inner().saturating_sub(2)).iter().map(|line| format!("  {line}")));
        }
    }
    page.section("Known bug", &lines)
}

fn checks(page: &mut Page<'_>, crash: &Crash) -> io::Result<()> {
    if crash.checks.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let mut lines = Vec::new();
    for check in &crash.checks {
        let (mark, result, look) = style::check(check.id, check.result);
        let head = format!(
            "{} {} {}",
            paint(look, mark),
            pad(check.id.as_str(), CHECK),
            paint(look, result) + &" ".repeat(RESULT.saturating_sub(width(result)))
        );
        let indent = 2 + CHECK + 1 + RESULT;
        for (nth, line) in wrap(&remark(check), page.inner().saturating_sub(indent)).iter().enumerate() {
            lines.push(if nth == 0 {
                format!("{head}{line}")
            } else {
                format!("{}{line}", " ".repeat(indent))
            });
        }
    }
    page.section("Checks", &lines)
}

/// What a check rests on: its lines, its note, the logs it looked at.
fn remark(check: &CheckResult) -> String {
    let note = check.note.as_deref().unwrap_or_default();
    let logs: Vec<&str> = check.logs.iter().map(|log| log_name(log)).collect();
    let mut parts: Vec<String> = Vec::new();
    match check.result {
        CheckOutcome::Found => parts.extend((!check.evidence.is_empty()).then(|| check.evidence.join(", "))),
        CheckOutcome::Clear if !logs.is_empty() => parts.push(format!("nothing in {}", list(&logs))),
        CheckOutcome::NotCovered if note.is_empty() && !logs.is_empty() => {
            parts.push(format!("needs {}", list(&logs)));
        }
        _ => {}
    }
    parts.extend((!note.is_empty()).then(|| note.to_owned()));
    parts.join(": ")
}

fn evidence(page: &mut Page<'_>, crash: &Crash) -> io::Result<()> {
    let shown = selection(page, &crash.evidence);
    for (nth, item) in shown.iter().enumerate() {
        page.blank()?;
        let mut lines = evidence_head(page, item);
        let place = match item.line {
            Some(line) => format!("{}:{line}", page.path(&item.member, page.inner().saturating_sub(10))),
            None => page.path(&item.member, page.inner()),
        };
        lines.push(paint(style::FAINT, &place));
        lines.extend(page.log_line(&item.text));
        page.section(if nth == 0 { "Lines" } else { "" }, &lines)?;
    }
    let hidden = crash.evidence.len() - shown.len();
    if hidden > 0 {
        page.blank()?;
        let text = format!("{hidden} more lines are {}", page.hints.all_lines);
        page.section("", &faint_lines(&text, page.inner()))?;
    }
    Ok(())
}

/// The lines to show, in their order: all, or on a terminal the strongest.
fn selection<'a>(page: &Page<'_>, all: &'a [Evidence]) -> Vec<&'a Evidence> {
    if !page.cut || all.len() <= MAX_LINES {
        return all.iter().collect();
    }
    let mut order: Vec<usize> = (0..all.len()).collect();
    // Stable: among lines of one strength the earlier ones stay.
    order.sort_by_key(|&at| std::cmp::Reverse(all.get(at).and_then(|item| item.strength)));
    order.truncate(MAX_LINES);
    order.sort_unstable();
    order.iter().filter_map(|&at| all.get(at)).collect()
}

/// Id, distance from the crash, what the line says, and what it supports.
fn evidence_head(page: &Page<'_>, item: &Evidence) -> Vec<String> {
    const ID: usize = 5;
    const WHEN: usize = 14;
    let mut remarks: Vec<String> = Vec::new();
    remarks.extend((item.count > 1).then(|| format!("{} times", item.count)));
    remarks.extend(item.origin.map(|supports| supports.to_string()));
    remarks.extend(item.origin.and(item.strength).map(|strength| strength.to_string()));
    let remarks = remarks.join(", ");
    let look = item.origin.and(item.strength).map_or(style::FAINT, style::strength);
    let message = if item.message.is_empty() { &item.rule } else { &item.message };
    let room = page.inner().saturating_sub(ID + WHEN + width(&remarks) + 2).max(20);
    let mut lines = Vec::new();
    for (nth, line) in wrap(message, room).iter().enumerate() {
        if nth == 0 {
            let id = paint(style::HEAD, &pad(&cut(&item.id, ID - 1), ID));
            let when = item.offset_s.map(offset).unwrap_or_default();
            let when = format!("{when:>12}  ");
            let line = if remarks.is_empty() { line.clone() } else { format!("{}  ", pad(line, room)) };
            lines.push(format!("{id}{when}{line}{}", paint(look, &remarks)));
        } else {
            lines.push(format!("{}{line}", " ".repeat(ID + WHEN)));
        }
    }
    lines
}

fn rivals(page: &mut Page<'_>, crash: &Crash) -> io::Result<()> {
    if crash.rivals.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let mut lines = Vec::new();
    for rival in &crash.rivals {
        lines.push(format!("{} · {}", origin(rival.origin), rival.confidence));
        lines.extend(
            wrap(&rival.because, page.inner().saturating_sub(2)).iter().map(|line| format!("  {line}")),
        );
    }
    page.section("Also seen", &lines)
}

fn dump(page: &mut Page<'_>, crash: &Crash) -> io::Result<()> {
    let DumpMatch { source, result, differences } = &crash.dump_match;
    if *result == MatchResult::NotGiven && crash.bugcheck.is_none() {
        return Ok(());
    }
    page.blank()?;
    let (mark, look) = style::dump(*result);
    let source = source.as_deref().unwrap_or("what was given");
    let text = match result {
        MatchResult::Match => format!("{mark} the same crash as in {source}"),
        MatchResult::Mismatch => format!("{mark} not the crash of {source}"),
        MatchResult::NotGiven => {
            format!("{mark} not compared; {}", page.hints.compare_bugcheck)
        }
    };
    let mut lines: Vec<String> = wrap(&text, page.inner()).iter().map(|line| paint(look, line)).collect();
    for difference in differences {
        lines.extend(wrap(difference, page.inner().saturating_sub(2)).iter().map(|line| format!("  {line}")));
    }
    page.section("Windows", &lines)
}

fn faint_lines(text: &str, columns: usize) -> Vec<String> {
    wrap(text, columns).iter().map(|line| paint(style::FAINT, line)).collect()
}
