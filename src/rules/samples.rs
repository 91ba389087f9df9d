//! Runs the samples that every rule brings along.

use super::compiled::{Compiled, LineResult};
use super::references;
use super::registry::{RuleSet, check};

/// A sample, or a rule as a whole, that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The rule.
    pub rule: String,
    /// The sample line; empty if the rule as a whole is at fault.
    pub line: String,
    /// What was expected and what came.
    pub reason: String,
}

/// What a run of all samples gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Rules looked at.
    pub rules: usize,
    /// Positive samples that held.
    pub positives: usize,
    /// Negative samples that held.
    pub negatives: usize,
    /// What did not hold.
    pub failures: Vec<Failure>,
}

/// Runs every sample of every rule: positives match with the stated captures and hold a literal; negatives stay
/// unmatched; every rule has both.
#[must_use]
pub fn run(rules: &RuleSet) -> Outcome {
    let mut outcome = Outcome { rules: rules.rules().len(), ..Outcome::default() };
    for rule in rules.rules() {
        run_rule(rules, rule, &mut outcome);
    }
    outcome
}

fn run_rule(set: &RuleSet, compiled: &Compiled, outcome: &mut Outcome) {
    let rule = &compiled.rule;
    let mut fail = |line: &str, reason: String| {
        outcome.failures.push(Failure { rule: rule.id.clone(), line: line.to_owned(), reason });
    };
    if let Err((_, message, _)) = check(compiled) {
        fail("", message);
    }
    if rule.positives.is_empty() {
        fail("", "it has no positive sample".into());
    }
    if rule.negatives.is_empty() {
        fail("", "it has no negative sample".into());
    }
    if let Err((_, message, _)) = references::check_rules(compiled, |id| set.get(id)) {
        fail("", message);
    }
    let (mut positives, mut negatives) = (0, 0);
    for sample in &rule.positives {
        let first_line = sample.line.lines().next().unwrap_or_default();
        if !rule.literals.iter().any(|literal| first_line.contains(literal.as_str())) {
            fail(&sample.line, format!("its first line holds none of the literals {:?}", rule.literals));
            continue;
        }
        if sample.line.lines().count() > usize::from(rule.span) + 1 {
            fail(&sample.line, "the sample has more lines than the rule's span".into());
            continue;
        }
        match compiled.try_line(sample.line.as_bytes()) {
            LineResult::Match(captures) => {
                let mut wrong = Vec::new();
                for (name, value) in &sample.captures {
                    if captures.get(name) != Some(value.as_str()) {
                        wrong.push(format!("{name} is {:?}, not {value:?}", captures.get(name)));
                    }
                }
                let strength = compiled.strength_of(&captures);
                if let Some(expected) = sample.strength.filter(|expected| strength != Some(*expected)) {
                    wrong.push(format!("strength is {strength:?}, not {expected}"));
                }
                let excluded = rule.excluded_by.iter().find(|id| {
                    set.get(id).is_some_and(|other| other.matches(sample.line.as_bytes()).is_some())
                });
                if let Some(other) = excluded {
                    wrong.push(format!("the rule \"{other}\", which excludes it, matches too"));
                }
                if wrong.is_empty() { positives += 1 } else { fail(&sample.line, wrong.join("; ")) }
            }
            other => fail(&sample.line, format!("should match: {other:?}")),
        }
    }
    for sample in &rule.negatives {
        let has_literal = rule.literals.iter().any(|literal| sample.line.contains(literal.as_str()));
        let excluded = rule
            .excluded_by
            .iter()
            .any(|id| set.get(id).is_some_and(|other| other.matches(sample.line.as_bytes()).is_some()));
        match compiled.try_line(sample.line.as_bytes()) {
            LineResult::Match(captures) if has_literal && !excluded => {
                fail(&sample.line, format!("should not match ({}); captured {captures:?}", sample.why));
            }
            _ => negatives += 1,
        }
    }
    outcome.positives += positives;
    outcome.negatives += negatives;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn every_sample_of_every_builtin_rule_holds() {
        let rules = RuleSet::builtin().unwrap_or_else(|error| panic!("{error}"));
        let outcome = run(&rules);
        let shown: Vec<String> =
            outcome.failures.iter().map(|f| format!("{}: {}\n    {}", f.rule, f.reason, f.line)).collect();
        assert!(shown.is_empty(), "{} failures\n{}", shown.len(), shown.join("\n"));
        assert!(outcome.rules > 0);
    }
}
