//! The hints of the command line: which command or option does what the reader may want next.

use crate::hints::Hints;

/// What the program says where the library has a hint.
pub(crate) const HINTS: Hints = Hints {
    bugcheck_source: "--bugcheck",
    give_bugcheck: "give --bugcheck 'CODE(a,b,c,d)' from the dump to compare",
    compare_bugcheck: "--bugcheck 'CODE(A,B,C,D)' compares it with what Windows says",
    all_lines: "in the JSON report (--format json)",
    explain: Some("`vmcoroner explain WORD` explains an origin, a check, a rule or a bugcheck."),
    show_rule: Some("`vmcoroner rules show ID` shows one in full."),
    builtin_rules: "`vmcoroner rules list` lists the built-in rules",
    rule_fields: "`vmcoroner schema rule` states every field",
};
