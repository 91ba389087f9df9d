//! What a reader can do next, in the words of whatever shows the report: the program names its options, a page its buttons.
//! The library names neither.

/// The hints of a report and of the messages about rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hints {
    /// Under which name a report speaks of the bugcheck that was given.
    pub bugcheck_source: &'static str,
    /// How to have a crash compared with a bugcheck: note of a check.
    pub give_bugcheck: &'static str,
    /// How to have a crash compared with a bugcheck: what the text report says, after "not compared; ".
    pub compare_bugcheck: &'static str,
    /// Where all lines of a crash are, after "N more lines are ".
    pub all_lines: &'static str,
    /// Where a word of the report is explained, as a sentence.
    pub explain: Option<&'static str>,
    /// Where all of a rule is shown, as a sentence.
    pub show_rule: Option<&'static str>,
    /// Where the built-in rules are listed.
    pub builtin_rules: &'static str,
    /// Where the fields of a rule are stated.
    pub rule_fields: &'static str,
}

impl Hints {
    /// Hints that hold wherever the library is used.
    pub const LIBRARY: Self = Self {
        bugcheck_source: "the given bugcheck",
        give_bugcheck: "give the bugcheck of the dump to compare",
        compare_bugcheck: "the bugcheck of the dump shows whether it is the same crash",
        all_lines: "in the JSON report",
        explain: None,
        show_rule: None,
        builtin_rules: "docs/rules-reference.md lists the built-in rules",
        rule_fields: "docs/rules.md states every field",
    };
}

impl Default for Hints {
    fn default() -> Self {
        Self::LIBRARY
    }
}
