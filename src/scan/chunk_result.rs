//! What scanning a chunk of a log gives.

use crate::log::{Millis, Span};
use crate::rules::{Captures, RuleId};
use std::collections::BTreeMap;

/// A line that a rule matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The rule.
    pub rule: RuleId,
    /// Line, from 0, counted from the start of the chunk; of the member once the pass is over.
    pub index: u64,
    /// Its time; a line without a stamp has that of the line it continues.
    pub time: Option<Millis>,
    /// Time of the last line before it that has another time: the last sign of life before a boot.
    pub before: Option<Millis>,
    /// What the rule took out of it.
    pub captures: Captures,
    /// The line with the lines of its span, lossily as text, cut at 8 KiB.
    pub text: Box<str>,
    /// How many equal ones it represents.
    pub count: u64,
    /// Time of the last of them.
    pub last: Option<Millis>,
}

/// What a scan of one chunk gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChunkResult {
    /// Lines.
    pub lines: u64,
    /// Lines whose start was read.
    pub looked: u64,
    /// Those of a known form, continuations included.
    pub understood: u64,
    /// Those with a stamp.
    pub stamped: u64,
    /// Those of them that state no zone.
    pub zoneless: u64,
    /// Those of them that state no year.
    pub yearless: u64,
    /// Stretches of stamps, in the order of their places: a new one begins where time jumps by a day or more.
    pub runs: Vec<Span>,
    /// Bytes of lines by the hour of their stamp, hours since 1970; of logs that may not be silent for ever.
    pub hours: BTreeMap<i64, u64>,
    /// Where stamps run back, and stay back: from the stamp that is earlier to the one before it.
    pub steps_back: Vec<Span>,
    /// First and last stamp (by value, not by place).
    pub span: Option<Span>,
    /// Silences of ten minutes or more between two lines.
    pub silences: Vec<Span>,
    /// Hits, by line.
    pub hits: Vec<Hit>,
    /// Lines that reached a pattern.
    pub tried: u64,
    /// Lines that were cut at the limit.
    pub long_lines: u64,
    /// Time of the last stamped line, for the chunk that follows.
    pub last_time: Option<Millis>,
}
