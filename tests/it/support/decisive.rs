//! Which cases can be decided at all. It is read off the case itself, before any rule is tried, and it takes out cases
//! that the rules would get right as well as those that they would not.

use super::cases::{Case, is_log};
use regex::Regex;
use std::sync::LazyLock;

/// Labels that name no cause of a crash.
pub(crate) const CAUSELESS: &[&str] = &["undetermined", "benign", "guest-reset"];

/// What a case is worth to the count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// Its label names no cause of a crash.
    Causeless,
    /// The source quotes no line.
    NoLine,
    /// Its text is not in a log of a bundle.
    NoLog,
    /// Its lines are not whole, as its notes say.
    Incomplete,
    /// Its lines do not tell the cause, as its source or its notes say.
    Undecided,
    /// Its lines are whole, and its source takes them for the cause.
    Decisive,
}

impl Standing {
    /// Why cases of this kind are not counted.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Causeless => "the label names no cause of a crash",
            Self::NoLine => "no line is quoted",
            Self::NoLog => "no log of a bundle: events of vCenter, catalogues, screens, dumps",
            Self::Incomplete => "the lines are not whole, says the case",
            Self::Undecided => "the lines do not tell the cause, says the case",
            Self::Decisive => "decisive",
        }
    }
}

/// A way in which a case speaks of its lines, and what it says by that.
pub(crate) struct Word {
    /// The words, whatever the case of their letters.
    pub(crate) pattern: &'static str,
    /// What they say about the lines.
    pub(crate) says: &'static str,
}

/// In the notes: the lines are not whole.
pub(crate) const INCOMPLETE: &[Word] = &[
    Word { pattern: r"\bfragments?\b|\bpartial\b", says: "words out of a line" },
    Word { pattern: r"\bcut\b|\btruncated\b", says: "a line ends before its end" },
    Word {
        pattern: r"\bexcerpt ends\b|\bextraction (of the article )?stops\b",
        says: "lines are left off at the end",
    },
    Word { pattern: r"\belide[sd]?\b", says: "something in the line is left out" },
    Word { pattern: r"\bby absence\b", says: "the line that matters is the one that is not there" },
    Word {
        pattern: r"\bnot raw lines\b|\bno full line\b|\bstrings? only\b|\benum values\b",
        says: "names, not lines",
    },
    Word { pattern: r"\bwithout the \S+ prefix\b", says: "what is typed, not what is logged" },
];

/// In the notes or in the cause: the lines do not tell it.
pub(crate) const UNDECIDED: &[Word] = &[
    Word { pattern: r"\bbenign\b|\bharmless\b|\bnoise\b", says: "an everyday line" },
    Word { pattern: r"\bby design\b", says: "what the product is meant to do" },
    Word { pattern: r"\bsymptoms?\b|\bconsequences?\b", says: "what followed from the cause" },
    Word {
        pattern: r"\bordering trap\b|\bAFTER the (reset|triple fault)\b",
        says: "written after the crash",
    },
    Word { pattern: r"\bonly hint\b|\bhint only\b", says: "a hint" },
    Word { pattern: r"\bnever a guest crash cause\b|\bnot a cause\b", says: "no cause" },
    Word { pattern: r"\bno crash\b|\bnot a (guest )?crash\b", says: "nothing crashed" },
    Word { pattern: r"\bsurvive[sd]?\b|\brecovered by itself\b", says: "the guest went on" },
];

/// The words of both tables, ready to be looked for.
static PATTERNS: LazyLock<[Vec<Regex>; 2]> = LazyLock::new(|| {
    [INCOMPLETE, UNDECIDED]
        .map(|words| words.iter().map(|word| Regex::new(&format!("(?i){}", word.pattern)).unwrap()).collect())
});

/// How a case stands, and the words by which it says so.
pub(crate) fn standing(case: &Case) -> (Standing, String) {
    let [incomplete, undecided] = &*PATTERNS;
    let said = |words: &[Regex], text: &str| {
        words.iter().find_map(|word| word.find(text)).map(|found| found.as_str().to_owned())
    };
    if CAUSELESS.contains(&case.origin_label.as_str()) {
        return (Standing::Causeless, case.origin_label.clone());
    }
    if case.lines.is_empty() {
        return (Standing::NoLine, String::new());
    }
    if !is_log(&case.log_file) {
        return (Standing::NoLog, case.log_file.clone());
    }
    if let Some(words) = said(incomplete, &case.notes) {
        return (Standing::Incomplete, words);
    }
    if let Some(words) = said(undecided, &format!("{}\n{}", case.notes, case.stated_cause)) {
        return (Standing::Undecided, words);
    }
    (Standing::Decisive, String::new())
}

/// The words of both tables that no case with a cause says: they would be there for nothing.
pub(crate) fn unused(cases: &[Case]) -> Vec<&'static str> {
    let labelled: Vec<String> = cases
        .iter()
        .filter(|case| !CAUSELESS.contains(&case.origin_label.as_str()))
        .map(|case| format!("{}\n{}", case.notes, case.stated_cause))
        .collect();
    let tables = [INCOMPLETE, UNDECIDED].into_iter().zip(PATTERNS.iter());
    tables
        .flat_map(|(words, patterns)| words.iter().zip(patterns))
        .filter(|(_, pattern)| !labelled.iter().any(|text| pattern.is_match(text)))
        .map(|(word, _)| word.says)
        .collect()
}
