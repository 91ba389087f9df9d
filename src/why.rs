//! Follows one rule through what is given, so that nobody has to guess why it did not fire.

use crate::batch::Request;
use crate::clean::clean;
use crate::error::Error;
use crate::evidence::{Finding, HostModel, Tie, tie};
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
    let follower = Follower { rules: &options.rules, rule, hosts: &gathered.hosts, judged: &judged };
    for (at, host) in probed.hosts.iter().enumerate().take(gathered.hosts.len()) {
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
            let outcome = outcome(&options.rules, rule, finding.text.as_bytes())
                .unwrap_or_else(|| follower.fate(at, &member, finding.line));
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

/// What a line that matched is followed through.
struct Follower<'a> {
    rules: &'a RuleSet,
    rule: &'a Compiled,
    hosts: &'a [HostModel],
    judged: &'a [Judged],
}

impl Follower<'_> {
    /// What became of a line of a member of a host.
    fn fate(&self, host: usize, member: &str, line: u64) -> Outcome {
        let Some(model) = self.hosts.get(host) else { return Outcome::NoMatch };
        let index = self.rules.index_of(&self.rule.rule.id);
        let found = model.findings.iter().enumerate().find(|(_, finding)| {
            Some(finding.rule) == index
                && finding.line == line
                && model.members.get(finding.member).is_some_and(|own| own == member)
        });
        let Some((at, finding)) = found else {
            let fact = self.rule.rule.fact.map_or(
                "one that equals the line before within a second",
                |_| "taken into the tables that tie other lines",
            );
            return Outcome::OutOfWindow(format!("it matched and is {fact}"));
        };
        let counts =
            |one: &&Judged| one.weighed.iter().any(|weighed| (weighed.host, weighed.finding) == (host, at));
        if let Some(one) = self.judged.iter().find(counts) {
            let check = self.rule.rule.check;
            return Outcome::Counts {
                crash: one.id.clone(),
                evidence: check.map_or_else(String::new, |check| format!("check {check}")),
            };
        }
        self.not_counted(model, finding)
    }

    /// Why a finding counts for no crash.
    fn not_counted(&self, host: &HostModel, finding: &Finding) -> Outcome {
        let tied: Vec<&str> = host
            .vms
            .iter()
            .enumerate()
            .filter(|(vm, _)| tie(host, self.rule, finding, *vm) > Tie::Unknown)
            .map(|(_, vm)| vm.shown_name())
            .collect();
        if tied.is_empty() {
            let tried = self.rule.ties.iter().map(|by| match finding.captures.get(by.as_str()) {
                Some(key) => format!("{by} {key}"),
                None => by.to_string(),
            });
            let tried = tried.collect::<Vec<String>>().join(", ");
            return Outcome::Untied(format!("tried {}; none leads to a VM of this bundle", clean(&tried)));
        }
        if self.rule.rule.check.is_none() {
            return Outcome::OutOfWindow(
                "it matched; the rule states an operation or a fact and no evidence".to_owned(),
            );
        }
        let names = match tied.len() {
            0..=3 => clean(&tied.join(", ")).into_owned(),
            many => format!("{many} VMs"),
        };
        Outcome::OutOfWindow(format!("tied to {names}; no crash of theirs lies within its window"))
    }
}
