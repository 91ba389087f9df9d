//! Follows one rule through what is given, so that no one has to guess why it did not fire.

use crate::batch::Request;
use crate::clean::clean;
use crate::error::Error;
use crate::evidence::{Finding, FindingId, HostId, HostModel, Tie, hosts_by_id, tie};
use crate::gather::gather;
use crate::log::LogKind;
use crate::options::Options;
use crate::progress::Progress;
use crate::rules::{Compiled, LineResult, OneOrMany, Rule, RuleSet};
use crate::source::Source;
use crate::trace::{Outcome, Reason, Step, Trace};
use crate::verdict::{self, JudgeOptions, Judged, caps};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Steps that are listed; further ones are counted.
const MAX_STEPS: usize = 500;

/// Crashes for which is told why a line does not count.
const MAX_REASONS: usize = 3;

/// Follows one rule through what is given: which lines contain a literal of it, how far each got, and for which crash
/// it counts.
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
    let probe = probe(rule);
    let (id, probe_id) = (rule.rule.id.clone(), probe.id.clone());
    let rules = Arc::new(options.rules.with(probe));
    let (Some(traced), Some(probe)) = (rules.id_of(&id), rules.id_of(&probe_id)) else {
        return Ok(Trace::default());
    };
    let options = Options { rules: Arc::clone(&rules), ..options.clone() };
    let hosts = gather(Request { given, options: &options, progress })?.hosts;
    let inquiry = JudgeOptions { traced: Some(traced), ..options.inquiry() };
    let judged = verdict::run(&hosts, inquiry).judged;
    let follower = Follower { rule: &rules[traced], hosts: &hosts, judged: &judged };
    let mut trace = Trace::default();
    for (at, host) in hosts_by_id(&hosts) {
        trace.lines += lines(host, rule);
        let matched: BTreeMap<(usize, u64), FindingId> = host
            .findings_by_id()
            .filter(|(_, finding)| finding.rule == traced)
            .map(|(id, finding)| ((finding.member, finding.index), id))
            .collect();
        for finding in host.findings.iter().filter(|finding| finding.rule == probe) {
            if trace.steps.len() >= MAX_STEPS {
                trace.left_out += 1;
                continue;
            }
            let own = matched.get(&(finding.member, finding.index)).copied();
            trace.steps.push(Step {
                member: clean(host.member(finding)).into_owned(),
                line: finding.line(),
                text: clean(&finding.text).into_owned(),
                outcome: unmatched(&rules, rule, finding.text.as_bytes())
                    .unwrap_or_else(|| follower.outcome(at, own)),
            });
        }
    }
    Ok(trace)
}

/// Lines of the logs that a rule looks at.
fn lines(host: &HostModel, rule: &Compiled) -> u64 {
    let of_host = host.logs.iter().filter(|(kind, _)| rule.looks_at(**kind)).map(|(_, log)| log.lines);
    let of_vms = host.vms.iter().filter(|_| rule.looks_at(LogKind::Vmware)).map(|vm| vm.coverage.lines);
    of_host.chain(of_vms).sum()
}

/// A rule that matches every line that contains a literal of `rule`, and says nothing.
fn probe(rule: &Compiled) -> Rule {
    let mut probe = rule.rule.clone();
    // No id of a rule contains a tilde.
    probe.id = format!("{}~", probe.id);
    probe.pattern = OneOrMany::One(String::new());
    probe.unless.clear();
    probe.only_if.clear();
    probe.not_if.clear();
    probe.decode = None;
    probe.grade = None;
    probe.crash = None;
    probe.fact = None;
    probe.check = None;
    probe.origin = None;
    probe.known_issue = None;
    probe.excluded_by.clear();
    // An operation is never folded with its like.
    probe.operation = Some("probe".to_owned());
    probe
}

/// How far the text got in matching; `None` if it matched and no other rule excludes it.
fn unmatched(rules: &RuleSet, rule: &Compiled, text: &[u8]) -> Option<Outcome> {
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
    rule: &'a Compiled,
    hosts: &'a [HostModel],
    judged: &'a [Judged],
}

impl Follower<'_> {
    /// What became of a line that matched; `found` is its finding, if it was kept.
    fn outcome(&self, host: HostId, found: Option<FindingId>) -> Outcome {
        let rule = &self.rule.rule;
        let Some(at) = found else {
            return if rule.fact.is_some() { Outcome::StatesFact } else { Outcome::Repeated };
        };
        for one in self.judged {
            if let Some(own) = one.weighed.iter().find(|own| (own.host, own.finding) == (host, at)) {
                return Outcome::Counts {
                    crash: one.id.clone(),
                    check: own.check,
                    strength: own.weight,
                    lowered: own.lowered.iter().map(|name| caps::reason(name)).collect(),
                };
            }
        }
        let finding = &self.hosts[host][at];
        if rule.check.is_none() {
            return if rule.operation.is_some() { Outcome::StatesOperation } else { Outcome::StatesFact };
        }
        if finding.time.is_none() {
            return Outcome::Undated;
        }
        self.left_out(host, at).unwrap_or_else(|| self.unreached(&self.hosts[host], finding))
    }

    /// Why a line counts for none of the crashes within whose reach it is. That it names another VM than the one that
    /// crashed says least, and is told if there is nothing else to tell.
    fn left_out(&self, host: HostId, at: FindingId) -> Option<Outcome> {
        let reasons = self.judged.iter().flat_map(|one| {
            let own = one.left_out.iter().filter(move |left| (left.host, left.finding) == (host, at));
            own.map(|left| Reason { crash: one.id.clone(), because: left.because })
        });
        let other = caps::reason("another-vm");
        let (others, own): (Vec<Reason>, Vec<Reason>) = reasons.partition(|reason| reason.because == other);
        let mut told = if own.is_empty() { others } else { own };
        told.truncate(MAX_REASONS);
        (!told.is_empty()).then_some(Outcome::NotCounted(told))
    }

    /// Why a finding is within reach of no crash.
    fn unreached(&self, host: &HostModel, finding: &Finding) -> Outcome {
        let tied = host.vms_by_id().filter(|(id, _)| tie(host, self.rule, finding, *id) > Tie::Unknown);
        let tied: Vec<&str> = tied.map(|(_, vm)| vm.shown_name()).collect();
        if tied.is_empty() {
            let tried = self.rule.ties.iter().map(|by| match finding.captures.get(by.as_str()) {
                Some(key) => format!("{by} {key}"),
                None => by.to_string(),
            });
            return Outcome::Untied(clean(&tried.collect::<Vec<String>>().join(", ")).into_owned());
        }
        Outcome::NoCrash(match tied.len() {
            0..=3 => clean(&tied.join(", ")).into_owned(),
            many => format!("{many} VMs"),
        })
    }
}
