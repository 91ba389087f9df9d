//! The tables of the method as Markdown: `docs/verdicts.md` contains them.

use super::caps::{CAPS, Cap, Stage};
use super::coverage::lapse;
use super::table::{ROWS, Row, roots};
use super::thresholds::THRESHOLDS;
use crate::log::LogKind;
use crate::terms::{Check, CrashKind, Origin};
use std::fmt::Write as _;

/// The tables by name, in the order of the page.
#[must_use]
pub fn tables() -> [(&'static str, String); 5] {
    [
        ("caps", caps()),
        ("roots", possible_roots()),
        ("rows", rows()),
        ("coverage", coverage()),
        ("thresholds", thresholds()),
    ]
}

fn possible_roots() -> String {
    let mut page = "| kind | possible roots besides the guest itself |\n|---|---|\n".to_owned();
    for &kind in CrashKind::ALL {
        let words: Vec<String> = roots(kind).iter().map(|origin: &Origin| format!("`{origin}`")).collect();
        let _ = writeln!(page, "| `{kind}` | {} |", words.join(", "));
    }
    page
}

fn rows() -> String {
    let mut page = "| row | applies if | origin | confidence |\n|---|---|---|---|\n".to_owned();
    for row in ROWS {
        let Row { name, applies, names, .. } = row;
        let _ = writeln!(page, "| `{name:?}` | {applies} | {names} | {} |", confidence(row));
    }
    page
}

fn confidence(row: &Row) -> String {
    let conditions: Vec<&str> = row.sure.iter().map(|condition| condition.says).collect();
    match conditions.as_slice() {
        _ if row.names.starts_with("`undetermined`") => "possible".to_owned(),
        [] => "confirmed".to_owned(),
        ["never"] => "likely".to_owned(),
        conditions => format!("confirmed if {}; else likely", conditions.join(", and ")),
    }
}

fn caps() -> String {
    let mut page = "| cap | of | why |\n|---|---|---|\n".to_owned();
    for Cap { name, stage, says, .. } in CAPS {
        let of = match stage {
            Stage::Line => "a line",
            Stage::Group => "the lines of a rule",
            Stage::Decision => "a line, for the decision alone",
        };
        let _ = writeln!(page, "| `{name}` | {of} | {says} |");
    }
    page
}

fn coverage() -> String {
    let logs = |logs: &[LogKind]| match logs {
        [] => "none".to_owned(),
        logs => logs.iter().map(|log| log.file_name()).collect::<Vec<_>>().join(", "),
    };
    let mut page = "| check | must cover | helps |\n|---|---|---|\n".to_owned();
    for &check in Check::ALL {
        let (core, help) = LogKind::of_check(check);
        let _ = writeln!(page, "| `{check}` | {} | {} |", logs(&core), logs(&help));
    }
    page
}

fn thresholds() -> String {
    let mut page = "| threshold | time | what it bounds | why |\n|---|---:|---|---|\n".to_owned();
    for own in THRESHOLDS {
        let name = own.name.trim_end_matches("_MS").to_lowercase().replace('_', "-");
        let _ = writeln!(page, "| `{name}` | {} | {} | {} |", lapse(own.ms), own.says, own.reason);
    }
    page
}
