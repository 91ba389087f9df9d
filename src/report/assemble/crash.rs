//! A crash of the report: the verdict in sentences, its rivals, checks and lines.

use super::{dated, opt, seconds, text};
use crate::evidence::{HostId, HostModel};
use crate::options::Options;
use crate::report::model::{
    Bugcheck, CheckResult, Crash, DumpMatch, Evidence, KnownIssue, NextStep, Rival, Verdict,
};
use crate::rules::RuleSet;
use crate::terms::{MatchResult, Origin};
use crate::verdict::explain::{self, Lead, Parties};
use crate::verdict::{Judged, Weighed};
use crate::windows::lookup;
use std::collections::BTreeMap;

/// The crash as the report shows it.
pub(super) fn crash(
    hosts: &[HostModel],
    host_ids: &BTreeMap<HostId, String>,
    options: &Options,
    judged: &Judged,
) -> Crash {
    let rules = options.rules.as_ref();
    let decision = &judged.decision;
    let (evidence, numbers) = evidence(hosts, rules, judged);
    let lead = |at: Option<usize>| -> Option<Lead> {
        let weighed = judged.weighed.get(at?)?;
        let finding = &hosts[weighed.host][weighed.finding];
        let message = rules[finding.rule].message(&finding.captures);
        Some(Lead { message: text(&message), log: finding.log, offset_ms: finding.time? - judged.crash.time })
    };
    let bugcheck = judged.crash.bugcheck.as_ref().map(|reported| Bugcheck {
        code: format!("{:#x}", reported.code),
        name: lookup(reported.code).map(|known| known.name.to_owned()),
        args: reported.args.iter().map(|arg| arg.map(|arg| format!("{arg:#x}"))).collect(),
        vcpu: reported.vcpu,
    });
    Crash {
        id: judged.id.clone(),
        time: dated(judged.crash.time),
        kind: judged.crash.kind,
        host: judged.ran_on.host.and_then(|host| host_ids.get(&host).cloned()),
        host_name: opt(judged.ran_on.name.as_ref()),
        count: judged.crash.count,
        bugcheck,
        verdict: Verdict {
            origin: decision.origin,
            confidence: decision.confidence,
            because: explain::because(&judged.crash, decision, lead(decision.first_lead()).as_ref()),
            leaning: decision.leaning,
            missing: decision.missing.iter().map(|log| log.as_str().to_owned()).collect(),
            next_step: next_step(hosts, judged),
        },
        rivals: rivals(judged, &lead),
        checks: checks(judged, &numbers),
        dump_match: dump_match(judged, options.hints.bugcheck_source),
        evidence,
        known_issues: known_issues(judged),
    }
}

fn next_step(hosts: &[HostModel], judged: &Judged) -> NextStep {
    let name = text(hosts[judged.host][judged.crash.vm].shown_name());
    let host_name = judged.ran_on.name.as_ref().map_or_else(|| "the host".to_owned(), |name| text(name));
    let parties = Parties { vm: &name, host: &host_name, names_user: names_user(hosts, judged) };
    let (who, text) = explain::next_step(&judged.crash, &judged.decision, parties);
    NextStep { who, text }
}

/// Whether a line about who acted, or one of the same operation, names a user.
fn names_user(hosts: &[HostModel], judged: &Judged) -> bool {
    judged.weighed.iter().filter(|own| own.origin == Some(Origin::Operator)).any(|own| {
        let host = &hosts[own.host];
        let finding = &host[own.finding];
        let user = finding.captures.get("user").is_some_and(|user| !user.is_empty());
        user || finding.captures.get("opid").is_some_and(|opid| host.opid_user.contains_key(opid))
    })
}

fn dump_match(judged: &Judged, source: &str) -> DumpMatch {
    let compared = judged.dump.result != MatchResult::NotGiven;
    DumpMatch {
        source: compared.then(|| source.to_owned()),
        result: judged.dump.result,
        differences: judged.dump.differences.clone(),
    }
}

fn checks(judged: &Judged, numbers: &BTreeMap<usize, usize>) -> Vec<CheckResult> {
    judged
        .checks
        .iter()
        .map(|checked| {
            let mut lines: Vec<usize> =
                checked.lines.iter().filter_map(|at| numbers.get(at).copied()).collect();
            lines.sort_unstable();
            CheckResult {
                id: checked.check,
                result: checked.result,
                logs: checked.logs.iter().map(|log| log.as_str().to_owned()).collect(),
                evidence: lines.into_iter().map(evidence_id).collect(),
                note: checked.note.clone(),
            }
        })
        .collect()
}

fn known_issues(judged: &Judged) -> Vec<KnownIssue> {
    let issues = judged.issues.iter().map(|seen| KnownIssue {
        article: text(&seen.issue.article),
        summary: text(&seen.issue.summary),
        state: seen.state,
        fixed_in: text(&seen.issue.fixed_in),
        text: text(&seen.text),
    });
    issues.collect()
}

fn evidence_id(number: usize) -> String {
    format!("E{number}")
}

fn rivals(judged: &Judged, lead: &impl Fn(Option<usize>) -> Option<Lead>) -> Vec<Rival> {
    judged
        .decision
        .case
        .candidates
        .iter()
        .filter(|candidate| candidate.origin != judged.decision.origin)
        // What an undetermined crash leans to by exclusion did not lose.
        .filter(|candidate| {
            candidate.origin != Origin::GuestOs || judged.decision.leaning != Some(Origin::GuestOs)
        })
        .map(|candidate| {
            let first = lead(Some(candidate.lead));
            let (confidence, because) =
                explain::rival(&judged.crash, &judged.decision, candidate, first.as_ref());
            Rival { origin: candidate.origin, confidence, because }
        })
        .collect()
}

/// The lines that matter, by time, member and line, and the number of each weighed finding among them.
fn evidence(
    hosts: &[HostModel],
    rules: &RuleSet,
    judged: &Judged,
) -> (Vec<Evidence>, BTreeMap<usize, usize>) {
    let mut order: Vec<(usize, &Weighed)> = judged.weighed.iter().enumerate().collect();
    let key = |(_, weighed): &(usize, &Weighed)| {
        let found = &hosts[weighed.host][weighed.finding];
        (found.time, hosts[weighed.host].member(found), found.line(), found.rule)
    };
    order.sort_by(|a, b| key(a).cmp(&key(b)));
    let mut numbers = BTreeMap::new();
    let mut out = Vec::new();
    for (at, weighed) in order {
        let found = &hosts[weighed.host][weighed.finding];
        let rule = &rules[found.rule];
        let number = out.len() + 1;
        numbers.insert(at, number);
        out.push(Evidence {
            id: evidence_id(number),
            rule: rule.rule.id.clone(),
            origin: weighed.origin,
            time: found.time.and_then(dated),
            offset_s: found.time.map(|time| seconds(time - judged.crash.time)),
            log: found.log.as_str().to_owned(),
            member: text(hosts[weighed.host].member(found)),
            line: Some(found.line()),
            text: text(&found.text),
            message: text(&rule.message(&found.captures)),
            strength: Some(weighed.strength),
            count: weighed.count,
        });
    }
    (out, numbers)
}
