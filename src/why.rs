//! Follows one rule through what is given, so that nobody has to guess why it did not fire.

use crate::batch::Request;
use crate::clean::clean;
use crate::error::Error;
use crate::evidence::{HostModel, Tie, tie};
use crate::gather::gather;
use crate::log::LogKind;
use crate::options::Options;
use crate::progress::Progress;
use crate::rules::{Compiled, LineResult, OneOrMany, RuleSet};
use crate::source::Source;
use crate::trace::{Outcome, Step, Trace};
use crate::verdict::{self, Judged};
use std::sync::Arc;

/// Steps that are listed; further ones are counted.
const MOST: usize = 500;

/// Follows one rule through what is given: which lines hold a literal of it, how far each got, and for which crash
/// it counts. The inputs are read twice; standard input, which cannot be, gives nothing the second time.
///
/// # Errors
/// As [`crate::analyze`].
pub fn trace(
    rule: &str,
    given: &[Source],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Trace, Error> {
    let Some(rule) = options.rules.get(rule) else { return Ok(Trace::default()) };
    let probing = Options { rules: Arc::new(probe(rule)), ..options.clone() };
    let probed = gather(Request { given, options: &probing, progress })?;
    let gathered = gather(Request { given, options, progress })?;
    let judged = verdict::run(&gathered.hosts, options.inquiry()).judged;
    let mut trace = Trace::default();
    for (host, real) in probed.hosts.iter().zip(&gathered.hosts) {
        trace.lines += host
            .logs
            .iter()
            .filter(|(kind, _)| rule.looks_at(**kind))
            .map(|(_, coverage)| coverage.lines)
            .sum::<u64>();
        if rule.looks_at(LogKind::Vmware) {
            trace.lines += host.vms.iter().map(|vm| vm.coverage.lines).sum::<u64>();
        }
        for finding in &host.findings {
            if trace.steps.len() >= MOST {
                trace.left_out += 1;
                continue;
            }
            let member = host.members.get(finding.member).cloned().unwrap_or_default();
            let outcome = outcome(&options.rules, rule, finding.text.as_bytes()).unwrap_or_else(|| {
                fate(&options.rules, rule, real, &gathered.hosts, &judged, &member, finding.line)
            });
            trace.steps.push(Step {
                member: clean(&member).into_owned(),
                line: finding.line,
                text: clean(&finding.text).into_owned(),
                outcome,
            });
        }
    }
    Ok(trace)
}

/// A set with one rule that hits every line that holds a literal of `rule`.
fn probe(rule: &Compiled) -> RuleSet {
    let mut probe = rule.rule.clone();
    probe.pattern = OneOrMany::One(String::new());
    probe.unless.clear();
    probe.only_if.clear();
    probe.not_if.clear();
    probe.decode = None;
    probe.grade = None;
    probe.crash = None;
    probe.fact = None;
    probe.excluded_by.clear();
    // An operation is never folded with its like.
    probe.operation = Some("probe".to_owned());
    RuleSet::single(probe)
}

/// How far the text got in matching; `None` if it matched and no other rule excludes it.
fn outcome(rules: &RuleSet, rule: &Compiled, text: &[u8]) -> Option<Outcome> {
    match rule.try_line(text) {
        LineResult::NoMatch => Some(Outcome::NoMatch),
        LineResult::Vetoed => Some(Outcome::Vetoed),
        LineResult::Condition(which) => Some(Outcome::Condition(which)),
        LineResult::Match(_) => rule
            .rule
            .excluded_by
            .iter()
            .find(|id| rules.get(id).is_some_and(|other| other.matches(text).is_some()))
            .map(|id| Outcome::ExcludedBy(id.clone())),
    }
}

/// What became of a line that matched.
fn fate(
    rules: &RuleSet,
    rule: &Compiled,
    host: &HostModel,
    hosts: &[HostModel],
    judged: &[Judged],
    member: &str,
    line: u64,
) -> Outcome {
    let index = rules.index_of(&rule.rule.id);
    let found = host.findings.iter().position(|finding| {
        Some(finding.rule) == index
            && finding.line == line
            && host.members.get(finding.member).is_some_and(|own| own == member)
    });
    let Some(at) = found else {
        let fact = rule.rule.fact.map_or(
            "one that equals the line before within a second",
            |_| "taken into the tables that tie other lines",
        );
        return Outcome::OutOfWindow(format!("it matched and is {fact}"));
    };
    for one in judged {
        let counted = one.weighed.iter().position(|weighed| {
            weighed.finding == at
                && hosts.get(weighed.host).is_some_and(|own| std::ptr::eq(own, host) || own == host)
        });
        if counted.is_some() {
            return Outcome::Counts {
                crash: one.id.clone(),
                evidence: rule.rule.check.map_or_else(String::new, |check| format!("check {check}")),
            };
        }
    }
    let Some(finding) = host.findings.get(at) else { return Outcome::NoMatch };
    let tied: Vec<&str> = host
        .vms
        .iter()
        .enumerate()
        .filter(|(vm, _)| tie(host, rule, finding, *vm) > Tie::Unknown)
        .map(|(_, vm)| vm.shown_name())
        .collect();
    if tied.is_empty() {
        let tried: Vec<String> = rule
            .ties
            .iter()
            .map(|by| match finding.captures.get(by.as_str()) {
                Some(key) => format!("{by} {key}"),
                None => by.to_string(),
            })
            .collect();
        return Outcome::Untied(format!(
            "tried {}; none leads to a VM of this bundle",
            clean(&tried.join(", "))
        ));
    }
    if rule.rule.check.is_none() {
        return Outcome::OutOfWindow(
            "it matched; the rule states an operation or a fact and no evidence".to_owned(),
        );
    }
    let names =
        if tied.len() > 3 { format!("{} VMs", tied.len()) } else { clean(&tied.join(", ")).into_owned() };
    Outcome::OutOfWindow(format!("tied to {names}; no crash of theirs lies within its window"))
}
