//! The fast filter of one kind of log: which lines hold a literal that some rule of the kind needs.
//!
//! Two stages. The first finds any literal in raw bytes with a packed SIMD search; it only has to be right about
//! "no". The second runs over a single line and says which rules' literals stand in it.

use super::registry::RuleSet;
use crate::log::LogKind;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// Literals beyond this number push the search out of its packed form.
const PACKED_LIMIT: usize = 64;

/// The filter of one kind of log.
#[derive(Debug)]
pub struct Filter {
    fast: AhoCorasick,
    exact: AhoCorasick,
    /// For each literal of `exact`: the rules (indices into the set) that need it.
    rules_of: Vec<Vec<usize>>,
    fast_literals: Vec<String>,
}

impl Filter {
    /// Builds the filter of a kind; `None` if no rule looks at it.
    #[must_use]
    pub fn new(rules: &RuleSet, kind: LogKind) -> Option<Self> {
        let mut literals: Vec<String> = Vec::new();
        let mut rules_of: Vec<Vec<usize>> = Vec::new();
        for (index, rule) in rules.rules().iter().enumerate().filter(|(_, rule)| rule.looks_at(kind)) {
            for literal in &rule.rule.literals {
                match literals.iter().position(|own| own == literal) {
                    Some(at) => rules_of.get_mut(at)?.push(index),
                    None => {
                        literals.push(literal.clone());
                        rules_of.push(vec![index]);
                    }
                }
            }
        }
        if literals.is_empty() {
            return None;
        }
        let fast_literals = reduce(&literals);
        let fast = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(&fast_literals).ok()?;
        let exact = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&literals)
            .ok()?;
        Some(Self { fast, exact, rules_of, fast_literals })
    }

    /// The offset of the first literal at or after `from`.
    #[must_use]
    pub fn next(&self, haystack: &[u8], from: usize) -> Option<usize> {
        self.fast.find(aho_corasick::Input::new(haystack).range(from..)).map(|found| found.start())
    }

    /// The rules whose literals stand in the line, rising and without repeats.
    pub fn candidates(&self, line: &[u8], out: &mut Vec<usize>) {
        out.clear();
        for found in self.exact.find_overlapping_iter(line) {
            if let Some(rules) = self.rules_of.get(found.pattern().as_usize()) {
                out.extend_from_slice(rules);
            }
        }
        out.sort_unstable();
        out.dedup();
    }

    /// The literals of the first stage; at most 64 keep it in its fastest form.
    #[must_use]
    pub fn literals(&self) -> &[String] {
        &self.fast_literals
    }

    /// Whether the first stage is in its packed form.
    #[must_use]
    pub fn is_packed(&self) -> bool {
        self.fast_literals.len() <= PACKED_LIMIT
    }
}

/// Drops each literal that contains another one: the shorter finds its lines too.
fn reduce(literals: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = literals
        .iter()
        .filter(|literal| !literals.iter().any(|other| other != *literal && literal.contains(other.as_str())))
        .cloned()
        .collect();
    kept.sort();
    kept
}
