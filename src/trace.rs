//! What became of every line that a rule could have matched; `rules why` shows it.

use crate::terms::{Check, Strength};

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
    /// It contains a literal, but no pattern matches.
    NoMatch,
    /// One of the rule's `unless` patterns matches too.
    Vetoed,
    /// A condition on its captures failed; the text says which.
    Condition(String),
    /// A rule that excludes this one matches it.
    ExcludedBy(String),
    /// It repeats a line before it, and is counted with that one.
    Repeated,
    /// The rule states a fact, which ties and dates other lines.
    StatesFact,
    /// The rule states an operation, which the report lists and no verdict rests on.
    StatesOperation,
    /// It has no time.
    Undated,
    /// It could not be tied to a VM; the text says what was tried.
    Untied(String),
    /// It is tied to these VMs, and none of their crashes has it in its window.
    NoCrash(String),
    /// It is within reach of crashes and counts for none of them.
    NotCounted(Vec<Reason>),
    /// It counts for a crash.
    Counts {
        /// The crash's id.
        crash: String,
        /// The check it belongs to.
        check: Check,
        /// How strongly it counts in the decision.
        strength: Strength,
        /// Why no more strongly, in sentences.
        lowered: Vec<&'static str>,
    },
}

/// Why a line does not count for a crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The crash's id.
    pub crash: String,
    /// Why, in a sentence.
    pub because: &'static str,
}
