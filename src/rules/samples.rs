//! Runs the samples that every rule brings along.

use super::compiled::{Compiled, LineResult};
use super::model::{Negative, Positive};
use super::registry::{RuleSet, check};
use super::validate::{self, Fault};

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
pub struct SampleResults {
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
pub fn run(rules: &RuleSet) -> SampleResults {
    let mut outcome = SampleResults { rules: rules.rules().len(), ..SampleResults::default() };
    for rule in rules.rules() {
        run_rule(rules, rule, &mut outcome);
    }
    outcome
}

fn run_rule(set: &RuleSet, compiled: &Compiled, results: &mut SampleResults) {
    let rule = &compiled.rule;
    let mut fail = |line: &str, reason: String| {
        results.failures.push(Failure { rule: rule.id.clone(), line: line.to_owned(), reason });
    };
    if let Err(Fault { message, .. }) = check(compiled) {
        fail("", message);
    }
    if rule.positives.is_empty() {
        fail("", "it has no positive sample".into());
    }
    if rule.negatives.is_empty() {
        fail("", "it has no negative sample".into());
    }
    if let Err(Fault { message, .. }) = validate::check_rules(compiled, |id| set.get(id)) {
        fail("", message);
    }
    let (mut positives, mut negatives) = (0, 0);
    for sample in &rule.positives {
        match positive(set, compiled, sample) {
            Ok(()) => positives += 1,
            Err(reason) => fail(&sample.line, reason),
        }
    }
    for sample in &rule.negatives {
        match negative(set, compiled, sample) {
            Ok(()) => negatives += 1,
            Err(reason) => fail(&sample.line, reason),
        }
    }
    results.positives += positives;
    results.negatives += negatives;
}

/// Whether a rule matches a line that it must match, with what the sample says; else what is wrong.
fn positive(set: &RuleSet, compiled: &Compiled, sample: &Positive) -> Result<(), String> {
    let rule = &compiled.rule;
    let first_line = sample.line.lines().next().unwrap_or_default();
    if !rule.literals.iter().any(|literal| first_line.contains(literal.as_str())) {
        return Err(format!("its first line holds none of the literals {:?}", rule.literals));
    }
    if sample.line.lines().count() > usize::from(rule.span) + 1 {
        return Err("the sample has more lines than the rule's span".into());
    }
    let captures = match compiled.try_line(sample.line.as_bytes()) {
        LineResult::Match(captures) => captures,
        other => return Err(format!("should match: {other:?}")),
    };
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
    if let Some(other) = excluding(set, compiled, &sample.line) {
        wrong.push(format!("the rule \"{other}\", which excludes it, matches too"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

/// Whether a rule leaves a look-alike alone; else what is wrong.
fn negative(set: &RuleSet, compiled: &Compiled, sample: &Negative) -> Result<(), String> {
    let has_literal = compiled.rule.literals.iter().any(|literal| sample.line.contains(literal.as_str()));
    match compiled.try_line(sample.line.as_bytes()) {
        LineResult::Match(captures) if has_literal && excluding(set, compiled, &sample.line).is_none() => {
            Err(format!("should not match ({}); captured {captures:?}", sample.why))
        }
        _ => Ok(()),
    }
}

/// The rule that takes a line away from this one.
fn excluding<'r>(set: &RuleSet, compiled: &'r Compiled, line: &str) -> Option<&'r String> {
    let takes = |id: &&String| set.get(id).is_some_and(|other| other.matches(line.as_bytes()).is_some());
    compiled.rule.excluded_by.iter().find(takes)
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
