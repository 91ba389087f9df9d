//! The fast filter of one kind of log: which lines hold a literal that some rule of the kind needs.
//!
//! Of every literal the rarest stretch is searched for, its fingerprint, all of them at once with a packed SIMD
//! search over raw bytes. Where a fingerprint is found, the whole literal is compared in place. No line is split off,
//! walked twice or parsed for this.

use super::registry::RuleSet;
use crate::log::LogKind;
use aho_corasick::{AhoCorasick, Input, MatchKind, packed};

/// A packed search holds at most this many fingerprints; more are searched for in turns.
const PACKED_LIMIT: usize = 64;

/// A fingerprint begins with this many rare bytes: the width that the packed search looks at.
const WIDTH: usize = 4;

/// Bytes of logs from the most to the least frequent. A byte that is not in it is rarer than all of them.
const FREQUENT: &[u8] = b" 0e2:t1orsan6i3-8dc9457mul.vpI)T(xSgf=bZ\nDVOhkC[],MNARyEPHqw/FL\"@WGK_BU'Q*j>zX<;JY~!+?&";

/// The filter of one kind of log.
#[derive(Debug)]
pub struct Filter {
    searches: Vec<Search>,
    literals: Vec<Literal>,
}

/// A literal and the rules (indices into the set) that need it.
#[derive(Debug)]
struct Literal {
    text: String,
    rules: Vec<usize>,
}

/// Fingerprints that are searched for in one go.
#[derive(Debug)]
struct Search {
    finder: Finder,
    fingerprints: Vec<Fingerprint>,
}

#[derive(Debug)]
enum Finder {
    Packed(packed::Searcher),
    /// Where the machine has no packed search.
    Automaton(Box<AhoCorasick>),
}

/// A stretch of one or more literals: the literal's index and where in it the stretch stands.
#[derive(Debug)]
struct Fingerprint {
    text: String,
    of: Vec<(usize, usize)>,
}

/// A literal that stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
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
        for (index, rule) in rules.rules().iter().enumerate().filter(|(_, rule)| rule.looks_at(kind)) {
            // A literal stands in one line.
            for text in rule.rule.literals.iter().filter(|text| !text.is_empty() && !text.contains('\n')) {
                match literals.iter_mut().find(|own| own.text == *text) {
                    Some(own) => own.rules.push(index),
                    None => literals.push(Literal { text: text.clone(), rules: vec![index] }),
                }
            }
        }
        if literals.is_empty() {
            return None;
        }
        let mut searches = Vec::new();
        let mut rest = fingerprints(&literals);
        while !rest.is_empty() {
            let more = rest.split_off(rest.len().min(PACKED_LIMIT));
            let finder = Finder::new(&rest)?;
            searches.push(Search { finder, fingerprints: std::mem::replace(&mut rest, more) });
        }
        Some(Self { searches, literals })
    }

    /// Every place where a literal stands, rising.
    pub fn marks(&self, text: &[u8], out: &mut Vec<Mark>) {
        out.clear();
        for search in &self.searches {
            let mut from = 0;
            while let Some((number, at)) = search.finder.next(text, from) {
                // No fingerprint holds another: at one place there is one at most.
                from = at + 1;
                for &(literal, offset) in search.fingerprints.get(number).map(|own| own.of.as_slice()).unwrap_or_default() {
                    let Some(start) = at.checked_sub(offset) else { continue };
                    let Some(own) = self.literals.get(literal) else { continue };
                    if text.get(start..).is_some_and(|tail| tail.starts_with(own.text.as_bytes())) {
                        out.push(Mark { at: start, literal });
                    }
                }
            }
        }
        out.sort_unstable();
    }

    /// The rules that need one of these literals, rising and without repeats.
    pub fn rules_of(&self, marks: &[Mark], out: &mut Vec<usize>) {
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

    /// How many stretches are searched for, and in how many goes; one go takes 64.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.searches.iter().map(|search| search.fingerprints.len()).sum(), self.searches.len())
    }

    /// Whether the search is in its packed form.
    #[must_use]
    pub fn is_packed(&self) -> bool {
        self.searches.iter().all(|search| matches!(search.finder, Finder::Packed(_)))
    }
}

impl Finder {
    fn new(fingerprints: &[Fingerprint]) -> Option<Self> {
        let texts = || fingerprints.iter().map(|own| own.text.as_bytes());
        if let Some(packed) = packed::Config::new().builder().extend(texts()).build() {
            return Some(Self::Packed(packed));
        }
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(texts()).ok()?;
        Some(Self::Automaton(Box::new(automaton)))
    }

    /// The next fingerprint: its number and where it stands.
    #[inline]
    fn next(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        let found = match self {
            Self::Packed(packed) => packed.find_in(text, aho_corasick::Span { start: from.min(text.len()), end: text.len() }),
            Self::Automaton(automaton) => automaton.find(Input::new(text).range(from.min(text.len())..)),
        }?;
        Some((found.pattern().as_usize(), found.start()))
    }
}

/// The rarest stretch of each literal up to its end; a stretch that holds another is searched for by that one.
fn fingerprints(literals: &[Literal]) -> Vec<Fingerprint> {
    let mut cuts: Vec<(&str, usize, usize)> = literals
        .iter()
        .enumerate()
        .map(|(index, literal)| {
            let start = rarest(&literal.text);
            (literal.text.get(start..).unwrap_or(&literal.text), index, start)
        })
        .collect();
    cuts.sort_unstable_by(|a, b| (a.0.len(), a).cmp(&(b.0.len(), b)));
    let mut out: Vec<Fingerprint> = Vec::new();
    for (text, literal, start) in cuts {
        let known = out.iter_mut().find_map(|own| text.find(own.text.as_str()).map(|at| (own, at)));
        match known {
            Some((own, at)) => own.of.push((literal, start + at)),
            None => out.push(Fingerprint { text: text.to_owned(), of: vec![(literal, start)] }),
        }
    }
    out
}

/// Where the rarest [`WIDTH`] bytes of a literal begin, at the start of a character.
fn rarest(literal: &str) -> usize {
    let rank = |byte: &u8| FREQUENT.iter().position(|own| own == byte).unwrap_or(FREQUENT.len());
    literal
        .as_bytes()
        .windows(WIDTH)
        .enumerate()
        .filter(|(at, _)| literal.is_char_boundary(*at))
        .max_by_key(|(at, window)| (window.iter().map(rank).sum::<usize>(), std::cmp::Reverse(*at)))
        .map_or(0, |(at, _)| at)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn plain(filter: &Filter, text: &[u8]) -> Vec<Mark> {
        let mut out = Vec::new();
        for (literal, own) in filter.literals.iter().enumerate() {
            out.extend(memchr::memmem::find_iter(text, own.text.as_bytes()).map(|at| Mark { at, literal }));
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
                for text in [own.text.clone(), format!("2025-01-01T00:00:00Z {} and so on", own.text)] {
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
        ) {
            let literals: Vec<Literal> = words
                .iter()
                .enumerate()
                .filter(|(at, word)| !words.iter().take(*at).any(|own| own == *word))
                .map(|(at, word)| Literal { text: word.clone(), rules: vec![at] })
                .collect();
            let mut searches = Vec::new();
            let mut rest = fingerprints(&literals);
            while !rest.is_empty() {
                let more = rest.split_off(rest.len().min(PACKED_LIMIT));
                searches.push(Search { finder: Finder::new(&rest).unwrap(), fingerprints: std::mem::replace(&mut rest, more) });
            }
            let filter = Filter { searches, literals };
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
