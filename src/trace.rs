//! What became of every line that a rule could have matched; `rules why` shows it.

/// The way of one rule through the logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// Lines of its logs that were looked at.
    pub lines: u64,
    /// The lines that hold one of its literals, in the order of the report.
    pub steps: Vec<Step>,
    /// Further such lines that are not listed.
    pub left_out: u64,
}

/// One line and how far it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Member of the bundle.
    pub member: String,
    /// Line in the member, from 1.
    pub line: u64,
    /// The line, cleaned.
    pub text: String,
    /// How far it got.
    pub outcome: Outcome,
}

/// How far a line got with a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It holds a literal, but no pattern matches.
    NoMatch,
    /// One of the rule's `unless` patterns matches too.
    Vetoed,
    /// A condition on its captures failed; the text says which.
    Condition(String),
    /// A rule that excludes this one matches it.
    ExcludedBy(String),
    /// It could not be tied to a VM; the text says what was tried.
    Untied(String),
    /// It is tied, but no crash lies within its window.
    OutOfWindow(String),
    /// It counts for a crash.
    Counts {
        /// The crash's id.
        crash: String,
        /// The evidence's id.
        evidence: String,
    },
}
