//! What is in every text that a pattern matches: literals found in the pattern itself.
//!
//! Most lines that hold a rule's literal are look-alikes. A search for the words that the pattern cannot do without
//! turns them away at a hundredth of what the regular expression costs; it only has to be right about "no".

use aho_corasick::packed;
use memchr::memmem;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A need of more alternatives than this costs more than it saves.
const MAX_ALTERNATIVES: usize = 16;

/// A class of more bytes ends an exact text: `took \d` is better looked for as `took `.
const MAX_CLASS_SIZE: usize = 9;

/// Literals that are looked at: so many of those that are one text, and so many of those that have alternatives.
const MAX_LITERALS: usize = 3;

/// One of these texts is in every text that matches.
type LiteralSet = Vec<Vec<u8>>;

/// What a pattern needs.
#[derive(Debug, Default)]
pub(super) struct InnerLiterals {
    finders: Vec<Finder>,
    /// The one that failed last. Look-alikes come in swarms and lack the same word: it is looked for first. The order
    /// decides nothing but the time it takes.
    failed: AtomicUsize,
}

#[derive(Debug)]
enum Finder {
    One(memmem::Finder<'static>),
    Any(packed::Searcher),
}

impl Finder {
    /// `None` for alternatives on a machine that has no packed search.
    fn new(need: &LiteralSet) -> Option<Self> {
        match need.as_slice() {
            [one] => Some(Self::One(memmem::Finder::new(one).into_owned())),
            any => packed::Config::new().builder().extend(any).build().map(Self::Any),
        }
    }

    fn is_in(&self, text: &[u8]) -> bool {
        match self {
            Self::One(one) => one.find(text).is_some(),
            Self::Any(any) => any.find(text).is_some(),
        }
    }
}

impl InnerLiterals {
    /// The needs of a pattern that is matched in its case, without Unicode classes.
    pub(super) fn of(pattern: &str) -> Self {
        Self { finders: texts(pattern).iter().filter_map(Finder::new).collect(), failed: AtomicUsize::new(0) }
    }

    /// Whether the text holds what is needed; a text that does not cannot match.
    pub(super) fn met(&self, text: &[u8]) -> bool {
        let first = self.failed.load(Ordering::Relaxed);
        if self.finders.get(first).is_some_and(|need| !need.is_in(text)) {
            return false;
        }
        let lacking = self.finders.iter().enumerate().find(|(at, need)| *at != first && !need.is_in(text));
        if let Some((at, _)) = lacking {
            self.failed.store(at, Ordering::Relaxed);
        }
        lacking.is_none()
    }
}

/// The needs worth looking at, the most telling first.
fn texts(pattern: &str) -> Vec<LiteralSet> {
    let Ok(hir) = ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern) else {
        return Vec::new();
    };
    let mut walk = Walk::default();
    walk.visit(&hir);
    walk.flush();
    let mut found = walk.found;
    found.retain(|need| shortest(need) >= 3);
    // Few alternatives and long ones are the cheapest to look for and the least likely to be there.
    found.sort_by_key(|need| (need.len(), std::cmp::Reverse(shortest(need))));
    found.dedup();
    let (mut one, mut any): (Vec<LiteralSet>, Vec<LiteralSet>) =
        found.into_iter().partition(|need| need.len() == 1);
    one.truncate(MAX_LITERALS);
    any.sort_by_key(|need| std::cmp::Reverse(shortest(need)));
    any.truncate(MAX_LITERALS);
    one.append(&mut any);
    one
}

fn shortest(need: &LiteralSet) -> usize {
    need.iter().map(Vec::len).min().unwrap_or(0)
}

/// Collects needs; `run` holds every form of the exact text that ends where the walk stands.
struct Walk {
    run: LiteralSet,
    found: Vec<LiteralSet>,
}

impl Default for Walk {
    fn default() -> Self {
        Self { run: vec![Vec::new()], found: Vec::new() }
    }
}

impl Walk {
    fn visit(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.visit(part)),
            HirKind::Capture(capture) => self.visit(&capture.sub),
            HirKind::Repetition(repetition) if repetition.min > 0 && exact(hir).is_none() => {
                // The first round follows the run, what comes after the last does not follow the first.
                self.visit(&repetition.sub);
                self.flush();
            }
            _ => match exact(hir) {
                Some(forms) => self.append(&forms),
                None => self.flush(),
            },
        }
    }

    /// The run continues with one of these.
    fn append(&mut self, forms: &LiteralSet) {
        if self.run.len() * forms.len() > MAX_ALTERNATIVES {
            self.flush();
            if forms.len() > MAX_ALTERNATIVES {
                return;
            }
        }
        self.run = self
            .run
            .iter()
            .flat_map(|head| forms.iter().map(move |tail| [head.as_slice(), tail].concat()))
            .collect();
    }

    /// The run ends here.
    fn flush(&mut self) {
        self.found.push(std::mem::replace(&mut self.run, vec![Vec::new()]));
    }
}

/// All texts that a part matches, if they are few.
fn exact(hir: &Hir) -> Option<LiteralSet> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => Some(vec![literal.0.to_vec()]),
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Class(Class::Bytes(class)) => {
            let bytes: Vec<u8> = class
                .ranges()
                .iter()
                .flat_map(|range| range.start()..=range.end())
                .take(MAX_CLASS_SIZE + 1)
                .collect();
            (bytes.len() <= MAX_CLASS_SIZE).then(|| bytes.into_iter().map(|byte| vec![byte]).collect())
        }
        HirKind::Class(Class::Unicode(_)) => None,
        HirKind::Repetition(repetition) if repetition.min == 0 && repetition.max == Some(1) => {
            let mut forms = exact(&repetition.sub)?;
            forms.push(Vec::new());
            (forms.len() <= MAX_ALTERNATIVES).then_some(forms)
        }
        HirKind::Repetition(_) => None,
        HirKind::Concat(parts) => {
            let mut forms = vec![Vec::new()];
            for part in parts {
                let tails = exact(part)?;
                if forms.len() * tails.len() > MAX_ALTERNATIVES {
                    return None;
                }
                forms = forms
                    .iter()
                    .flat_map(|head| tails.iter().map(move |tail| [head.as_slice(), tail].concat()))
                    .collect();
            }
            Some(forms)
        }
        HirKind::Alternation(parts) => {
            let mut forms = Vec::new();
            for part in parts {
                forms.extend(exact(part)?);
                if forms.len() > MAX_ALTERNATIVES {
                    return None;
                }
            }
            Some(forms)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rules::RuleSet;

    fn needs(pattern: &str) -> Vec<Vec<String>> {
        let text = |text: &Vec<u8>| String::from_utf8_lossy(text).into_owned();
        texts(pattern).iter().map(|need| need.iter().map(text).collect()).collect()
    }

    #[test]
    fn what_a_pattern_cannot_do_without_is_found() {
        assert_eq!(
            needs(r"took (?P<s>\d+(?:\.\d+)?) seconds \((?P<o>\w+)\)"),
            [[" seconds ("], ["took "]].map(|n| n.to_vec())
        );
        assert_eq!(
            needs(r"D:(?P<d>0x2) P:(?P<p>0x[0-9a-f]+) (?P<sense>Valid) sense"),
            [[" Valid sense"], ["D:0x2 P:0x"]].map(|n| n.to_vec())
        );
        assert_eq!(needs(r"0x(?:28|5a),"), [["0x28,", "0x5a,"]].map(|n| n.to_vec()));
        assert_eq!(needs(r"to dev(?:ice)? x"), [["to device x", "to dev x"]].map(|n| n.to_vec()));
        assert_eq!(needs(r"ON -> (?:ON|OFF)\)"), [["ON -> ON)", "ON -> OFF)"]].map(|n| n.to_vec()));
        assert_eq!(needs(r"abc|d.f"), Vec::<Vec<String>>::new());
        assert_eq!(needs(r"(?:abc\d)+def"), [["abc"], ["def"]].map(|n| n.to_vec()));
        assert_eq!(needs(r"(?:abc)?.def"), [["def"]].map(|n| n.to_vec()));
        // Letters of either case are written out as far as it pays.
        assert_eq!(needs(r"(?i)abc def").concat().len(), 16);
    }

    #[test]
    fn no_sample_of_a_rule_lacks_what_its_pattern_needs() {
        let rules = RuleSet::builtin().unwrap();
        let mut counted = 0;
        for rule in rules.rules().iter().filter(|rule| !rule.rule.ignore_case && !rule.rule.url_decode) {
            for pattern in rule.rule.pattern.all() {
                let (regex, needs) = (
                    regex::bytes::RegexBuilder::new(pattern).unicode(false).build().unwrap(),
                    InnerLiterals::of(pattern),
                );
                for line in rules
                    .rules()
                    .iter()
                    .flat_map(|other| other.rule.positives.iter().map(|sample| sample.line.as_bytes()))
                {
                    let matches = regex.is_match(line);
                    assert!(!matches || needs.met(line), "{}: {pattern}", rule.rule.id);
                    counted += usize::from(matches);
                }
            }
        }
        assert!(counted > 300);
    }
}
