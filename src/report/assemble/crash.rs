//! A crash of the report: the verdict in sentences, its rivals, checks and lines.

use super::{dated, opt, seconds, text};
use crate::evidence::{Finding, HostId, HostModel};
use crate::options::Options;
use crate::report::model::{
    Bugcheck, CheckResult, Crash, DumpMatch, Evidence, KnownIssue, NextStep, Rival, Verdict,
};
use crate::rules::{Compiled, RuleSet};
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
        let message = message(&hosts[weighed.host], &rules[finding.rule], finding);
        Some(Lead { message, log: finding.log, offset_ms: finding.time? - judged.crash.time })
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
    let user = user(hosts, judged).map(|user| text(&user));
    let parties = Parties { vm: &name, host: &host_name, user: user.as_deref() };
    let (who, text) = explain::next_step(&judged.crash, &judged.decision, parties);
    NextStep { who, text }
}

/// The user that the lines about who acted name, or one of the same operation: that of the strongest line.
fn user(hosts: &[HostModel], judged: &Judged) -> Option<String> {
    let actors = judged.weighed.iter().filter(|own| own.origin == Some(Origin::Operator));
    let named = actors.filter_map(|own| {
        let host = &hosts[own.host];
        let get = |name: &str| host[own.finding].captures.get(name).filter(|value| !value.is_empty());
        let user = get("user").or_else(|| host.opid_user.get(get("opid")?).map(String::as_str))?;
        Some((own.strength, user.to_owned()))
    });
    named.rev().max_by_key(|(strength, _)| *strength).map(|(_, user)| user)
}

/// What a line says, in a sentence; the number or the configuration file of a VM is said as its name.
pub(super) fn message(host: &HostModel, rule: &Compiled, finding: &Finding) -> String {
    let name_of = |capture: &str| {
        let value = finding.captures.get(capture)?;
        let named = match capture {
            "vmid" => {
                let number: u64 = value.parse().ok()?;
                host.vms.iter().find(|vm| vm.vmid == Some(number))
            }
            "vmx" => {
                let key = host.volumes.canonical(value);
                host.vms.iter().find(|vm| vm.config_key.as_ref() == Some(&key))
            }
            _ => None,
        };
        named.map(|vm| vm.shown_name().to_owned())
    };
    text(&rule.message_with(&finding.captures, &name_of))
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
            message: message(&hosts[weighed.host], rule, found),
            strength: Some(weighed.strength),
            count: weighed.count,
        });
    }
    (out, numbers)
}
