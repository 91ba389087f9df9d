//! The colours of the terminal report. Each only underlines a word that is there without it.

use crate::report::model::{CheckOutcome, MatchResult};
use crate::terms::{Check, Confidence, IssueState, Origin, Strength};
use anstyle::{AnsiColor, Style};

/// Headings.
pub(crate) const HEAD: Style = Style::new().bold();
/// Names of columns and sections.
pub(crate) const LABEL: Style = Style::new().dimmed();
/// What may be passed over.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// What must not be overlooked.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// What is well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();

/// The colour of an origin.
pub(crate) const fn origin(origin: Origin) -> Style {
    let colour = match origin {
        Origin::GuestOs => AnsiColor::Cyan,
        Origin::AdminNmi | Origin::HaReset | Origin::Operator => AnsiColor::Magenta,
        Origin::Stun | Origin::Resource => AnsiColor::Blue,
        Origin::Undetermined => AnsiColor::Yellow,
        // The infrastructure failed.
        _ => AnsiColor::Red,
    };
    colour.on_default().bold()
}

/// The style of a confidence.
pub(crate) const fn confidence(confidence: Confidence) -> Style {
    match confidence {
        Confidence::Confirmed => Style::new().bold(),
        Confidence::Likely => Style::new(),
        Confidence::Possible => Style::new().dimmed(),
    }
}

/// The style of a strength.
pub(crate) const fn strength(strength: Strength) -> Style {
    match strength {
        Strength::Decisive => Style::new().bold(),
        Strength::Strong | Strength::Moderate => Style::new(),
        Strength::Context => Style::new().dimmed(),
    }
}

/// Mark, words and style of what a check gave. What the guest and Windows say is no fault that was found.
pub(crate) const fn check(id: Check, result: CheckOutcome) -> (&'static str, &'static str, Style) {
    match (result, id) {
        (CheckOutcome::Found, Check::GuestReport | Check::DumpMatch) => ("●", "found", HEAD),
        (CheckOutcome::Found, _) => ("●", "found", AnsiColor::Red.on_default().bold()),
        (CheckOutcome::Clear, _) => ("✓", "clear", AnsiColor::Green.on_default()),
        (CheckOutcome::NotCovered, _) => ("?", "not covered", AnsiColor::Yellow.on_default()),
    }
}

/// Mark and style of a comparison with the Windows side.
pub(crate) const fn dump(result: MatchResult) -> (&'static str, Style) {
    match result {
        MatchResult::Match => ("✓", GOOD),
        MatchResult::Mismatch => ("✗", WARNING),
        MatchResult::NotGiven => ("-", FAINT),
    }
}

/// Words and style of how a host stands to a known defect.
pub(crate) const fn issue(state: IssueState) -> (&'static str, Style) {
    match state {
        IssueState::Affected => ("this host is affected", WARNING),
        IssueState::Fixed => ("fixed in this build", HEAD),
        IssueState::OtherVersion => ("known for other versions", FAINT),
        IssueState::Unknown => ("affected or not: unknown", HEAD),
    }
}
