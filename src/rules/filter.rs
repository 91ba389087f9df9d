//! The fast filter of one kind of log: which lines hold a literal that some rule of the kind needs.
//!
//! Of every literal the rarest stretch is searched for, its fingerprint, all of them at once with a packed SIMD
//! search over raw bytes. Where a fingerprint is found, the whole literal is compared in place. No line is split off,
//! walked twice or parsed for this.

use super::fingerprint::{Fingerprint, Frequencies, SAMPLE_BYTES, fingerprints};
use super::registry::{RuleId, RuleSet};
use crate::log::LogKind;
use aho_corasick::{AhoCorasick, Input, MatchKind, packed};
use std::ops::Range;
use std::sync::OnceLock;

/// A packed search holds at most this many fingerprints; more are searched for in turns. Beyond 64 the library advises
/// against it, which does not know how well its buckets are filled here.
const MAX_PACKED_PATTERNS: usize = 96;

/// Bytes that are searched in one go: they stay in the cache of the processor from one look to the next.
const STRETCH_BYTES: usize = 64 << 10;

/// The filter of one kind of log.
#[derive(Debug)]
pub struct Filter {
    literals: Vec<Literal>,
    /// For texts too short to learn from.
    usual: OnceLock<Vec<Search>>,
    /// Made for the first long text.
    learnt: OnceLock<Vec<Search>>,
}

/// A literal and the rules that need it.
#[derive(Debug)]
struct Literal {
    text: String,
    rules: Vec<RuleId>,
}

/// Fingerprints that are searched for in one go.
#[derive(Debug)]
struct Search {
    finder: Finder,
    fingerprints: Vec<Fingerprint>,
    /// Bytes of the longest of them.
    longest: usize,
}

#[derive(Debug)]
enum Finder {
    Packed(packed::Searcher),
    /// Where the machine has no packed search.
    Automaton(Box<AhoCorasick>),
}

/// A literal that is in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LiteralHit {
    /// Offset of its first byte.
    pub at: usize,
    /// Which one.
    literal: usize,
}

impl Filter {
    /// Builds the filter of a kind; `None` if no rule looks at it.
    #[must_use]
    pub fn new(rules: &RuleSet, kind: LogKind) -> Option<Self> {
        let mut literals: Vec<Literal> = Vec::new();
        for (id, rule) in rules.by_id().filter(|(_, rule)| rule.looks_at(kind)) {
            // A literal is in one line.
            for text in rule.rule.literals.iter().filter(|text| !text.is_empty() && !text.contains('\n')) {
                match literals.iter_mut().find(|own| own.text == *text) {
                    Some(own) => own.rules.push(id),
                    None => literals.push(Literal { text: text.clone(), rules: vec![id] }),
                }
            }
        }
        (!literals.is_empty()).then(|| Self::of(literals))
    }

    fn of(literals: Vec<Literal>) -> Self {
        Self { literals, usual: OnceLock::new(), learnt: OnceLock::new() }
    }

    /// The searches for a text.
    fn searches(&self, text: &[u8]) -> &[Search] {
        if text.len() < SAMPLE_BYTES {
            self.usual.get_or_init(|| searches(&self.literals, &Frequencies::usual()))
        } else {
            self.learnt.get_or_init(|| searches(&self.literals, &Frequencies::of(text)))
        }
    }

    /// Every place where a literal stands, rising. `each` gets the stretches of the text, one after the other, right
    /// before they are searched: what else is to be done with the bytes is best done then, while they are at hand.
    pub fn marks_and(&self, text: &[u8], out: &mut Vec<LiteralHit>, mut each: impl FnMut(&[u8])) {
        out.clear();
        let searches = self.searches(text);
        let mut start = 0;
        while start < text.len() {
            let end = (start + STRETCH_BYTES).min(text.len());
            each(text.get(start..end).unwrap_or_default());
            for search in searches {
                self.search(search, text, start..end, out);
            }
            start = end;
        }
        // Found from left to right, but a literal may begin before its fingerprint.
        out.sort();
    }

    /// Every place where a literal stands, rising.
    pub fn marks(&self, text: &[u8], out: &mut Vec<LiteralHit>) {
        self.marks_and(text, out, |_| ());
    }

    /// The marks of the fingerprints that begin in a stretch.
    fn search(&self, search: &Search, text: &[u8], stretch: Range<usize>, out: &mut Vec<LiteralHit>) {
        let end = (stretch.end + search.longest).min(text.len());
        let mut from = stretch.start;
        while let Some((number, at)) = search.finder.next(text, from..end) {
            if at >= stretch.end {
                break;
            }
            // No fingerprint holds another: at one place there is one at most.
            from = at + 1;
            for &(literal, offset) in
                search.fingerprints.get(number).map(|own| own.of.as_slice()).unwrap_or_default()
            {
                let Some(start) = at.checked_sub(offset) else { continue };
                let Some(own) = self.literals.get(literal) else { continue };
                if text.get(start..).is_some_and(|tail| tail.starts_with(own.text.as_bytes())) {
                    out.push(LiteralHit { at: start, literal });
                }
            }
        }
    }

    /// The rules that need one of these literals, rising and without repeats.
    pub fn rules_of(&self, marks: &[LiteralHit], out: &mut Vec<RuleId>) {
        out.clear();
        for mark in marks {
            if let Some(own) = self.literals.get(mark.literal) {
                out.extend_from_slice(&own.rules);
            }
        }
        if marks.len() > 1 {
            out.sort_unstable();
            out.dedup();
        }
    }

    /// How many stretches are searched for, and in how many goes; one go takes 96.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let searches = self.searches(&[]);
        (searches.iter().map(|search| search.fingerprints.len()).sum(), searches.len())
    }
}

fn searches(literals: &[Literal], frequencies: &Frequencies) -> Vec<Search> {
    let mut out = Vec::new();
    let texts: Vec<&str> = literals.iter().map(|literal| literal.text.as_str()).collect();
    let mut rest = fingerprints(&texts, frequencies);
    while !rest.is_empty() {
        let more = rest.split_off(rest.len().min(MAX_PACKED_PATTERNS));
        let Some(finder) = Finder::new(&rest) else { break };
        let longest = rest.iter().map(|own| own.text.len()).max().unwrap_or(0);
        out.push(Search { finder, fingerprints: std::mem::replace(&mut rest, more), longest });
    }
    out
}

impl Finder {
    fn new(fingerprints: &[Fingerprint]) -> Option<Self> {
        let texts = || fingerprints.iter().map(|own| own.text.as_bytes());
        if let Some(packed) =
            packed::Config::new().heuristic_pattern_limits(false).builder().extend(texts()).build()
        {
            return Some(Self::Packed(packed));
        }
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(texts()).ok()?;
        Some(Self::Automaton(Box::new(automaton)))
    }

    /// The next fingerprint: its number and where it stands.
    #[inline]
    fn next(&self, text: &[u8], range: Range<usize>) -> Option<(usize, usize)> {
        let found = match self {
            Self::Packed(packed) => {
                packed.find_in(text, aho_corasick::Span { start: range.start.min(range.end), end: range.end })
            }
            Self::Automaton(automaton) => {
                automaton.find(Input::new(text).range(range.start.min(range.end)..range.end))
            }
        }?;
        Some((found.pattern().as_usize(), found.start()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn plain(filter: &Filter, text: &[u8]) -> Vec<LiteralHit> {
        let mut out = Vec::new();
        for (literal, own) in filter.literals.iter().enumerate() {
            out.extend(
                memchr::memmem::find_iter(text, own.text.as_bytes()).map(|at| LiteralHit { at, literal }),
            );
        }
        out.sort_unstable();
        out
    }

    #[test]
    fn the_builtin_rules_of_every_kind_are_searched_for_in_two_goes_at_most() {
        let rules = RuleSet::builtin().unwrap();
        for &kind in LogKind::ALL {
            if let Some(filter) = Filter::new(&rules, kind) {
                assert!(filter.size().1 <= 2, "{kind} has {} fingerprints", filter.size().0);
            }
        }
    }

    #[test]
    fn every_literal_of_every_rule_is_found_alone_and_in_a_line() {
        let rules = RuleSet::builtin().unwrap();
        for &kind in LogKind::ALL {
            let Some(filter) = Filter::new(&rules, kind) else { continue };
            for (literal, own) in filter.literals.iter().enumerate() {
                // The long one makes the filter learn from a text.
                let long = format!("{}\n{}", "2025-01-01T00:00:00Z cpu1:2)Nothing\n".repeat(4000), own.text);
                for text in [own.text.clone(), format!("2025-01-01T00:00:00Z {} and so on", own.text), long] {
                    let mut marks = Vec::new();
                    filter.marks(text.as_bytes(), &mut marks);
                    assert!(marks.iter().any(|mark| mark.literal == literal), "{}", own.text);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_stands_there(
            words in proptest::collection::vec("[abH:]{3,6}", 1..90),
            text in "[abH:\n ]{0,400}",
            sample in proptest::option::of("[abH:\n ]{0,400}"),
        ) {
            let literals: Vec<Literal> = words
                .iter()
                .enumerate()
                .filter(|(at, word)| !words.iter().take(*at).any(|own| own == *word))
                .map(|(at, word)| Literal { text: word.clone(), rules: vec![RuleId::new(at)] })
                .collect();
            let filter = Filter::of(literals);
            if let Some(sample) = sample {
                let _ = filter.usual.set(searches(&filter.literals, &Frequencies::of(sample.as_bytes())));
            }
            let mut marks = Vec::new();
            filter.marks(text.as_bytes(), &mut marks);
            // Occurrences of one literal may overlap; the plain search skips those.
            for mark in plain(&filter, text.as_bytes()) {
                prop_assert!(marks.contains(&mark));
            }
            for mark in &marks {
                let own = &filter.literals[mark.literal].text;
                prop_assert!(text.as_bytes()[mark.at..].starts_with(own.as_bytes()));
            }
        }
    }
}
