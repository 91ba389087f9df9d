//! Makes the report out of the models of the hosts and the decisions about the crashes.

use super::clean::clean;
use super::model::{
    Bugcheck, CheckOutcome, CheckResult, Crash, DumpMatch, Evidence, Gap, Host, HostLog, KnownIssue,
    NextStep, Operation, Rival, Verdict, Vm, VmLogs, Volume,
};
use crate::evidence::{Finding, HostModel, Tie, VmModel};
use crate::log::{Coverage, LogKind, Millis, rfc3339};
use crate::rules::RuleSet;
use crate::terms::{Check, CrashKind, MatchResult, Origin, Strength};
use crate::verdict::cover::{self, logs_of};
use crate::verdict::words::{self, Lead};
use crate::verdict::{Decision, Weighed, crash, known};
use crate::windows::{Given, compare, lookup};

/// A crash with everything that was decided about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The host (index in the run) whose bundle the VM was found in.
    pub host: usize,
    /// The crash.
    pub crash: crash::Crash,
    /// What counts for it.
    pub weighed: Vec<Weighed>,
    /// What was decided.
    pub decision: Decision,
}

fn text(value: &str) -> String {
    clean(value).into_owned()
}

fn opt(value: Option<&String>) -> Option<String> {
    value.map(|value| text(value))
}

/// The host as the report shows it.
#[must_use]
pub fn host(model: &HostModel, id: String, input: String) -> Host {
    let mut volumes: Vec<Volume> = model
        .volumes
        .iter()
        .map(|volume| Volume {
            label: opt(volume.label.as_ref()),
            uuid: Some(text(&volume.key)),
            kind: opt(volume.kind.as_ref()),
            devices: volume.devices.iter().map(|device| text(device)).collect(),
        })
        .collect();
    volumes.sort_by(|a, b| (&a.label, &a.uuid).cmp(&(&b.label, &b.uuid)));
    Host {
        id,
        input,
        name: opt(model.name.as_ref()),
        product: opt(model.product.as_ref()),
        version: opt(model.version.as_ref()),
        build: opt(model.build.as_ref()),
        captured_at: model.captured_at.map(rfc3339),
        logs: {
            let mut logs: Vec<HostLog> =
                model.logs.iter().map(|(kind, coverage)| host_log(*kind, coverage)).collect();
            logs.sort_by(|a, b| a.log.cmp(&b.log));
            logs
        },
        volumes,
    }
}

fn host_log(kind: LogKind, coverage: &Coverage) -> HostLog {
    HostLog {
        log: kind.as_str().to_owned(),
        first: coverage.first().map(rfc3339),
        last: coverage.last().map(rfc3339),
        members: coverage.members,
        lines: coverage.lines,
        understood: coverage.share_understood(),
        gaps: coverage
            .gaps
            .iter()
            .map(|gap| Gap { from: Some(rfc3339(gap.from)), to: Some(rfc3339(gap.to)) })
            .collect(),
    }
}

/// The VM as the report shows it, with its crashes and operations.
#[must_use]
pub fn vm(
    model: &VmModel,
    id: String,
    host: Option<String>,
    crashes: Vec<Crash>,
    operations: Vec<Operation>,
) -> Vm {
    Vm {
        id,
        host,
        name: opt(model.name.as_ref()),
        config: opt(model.config.as_ref()),
        guest_os: opt(model.vmx.guest_os.as_ref()),
        bios_uuid: opt(model.vmx.bios_uuid.as_ref()),
        logs: VmLogs {
            first: model.coverage.first().map(rfc3339),
            last: model.coverage.last().map(rfc3339),
            members: model.coverage.members,
            lines: model.coverage.lines,
            understood: model.coverage.share_understood(),
        },
        crashes,
        operations,
    }
}

/// What was done to a VM, by time.
#[must_use]
pub fn operations(host: &HostModel, rules: &RuleSet, vm: usize) -> Vec<Operation> {
    let mut out: Vec<Operation> = Vec::new();
    for (at, tied) in host.concerning(rules, vm) {
        let Some(finding) = host.findings.get(at) else { continue };
        let Some(rule) = rules.rules().get(finding.rule) else { continue };
        let Some(kind) = &rule.rule.operation else { continue };
        if tied != Tie::This {
            continue;
        }
        let opid = finding.captures.get("opid");
        let user = finding
            .captures
            .get("user")
            .or_else(|| opid.and_then(|opid| host.opid_user.get(opid)).map(String::as_str));
        let operation = Operation {
            time: finding.time.map(rfc3339),
            kind: kind.clone(),
            member: host.members.get(finding.member).map(|member| text(member)),
            line: Some(finding.line),
            text: text(&finding.text),
            user: user.map(text),
            opid: opid.map(text),
        };
        // Two rules may see the same operation in one line.
        let seen = out.iter().rev().take(8).any(|own| {
            (&own.kind, &own.member, own.line) == (&operation.kind, &operation.member, operation.line)
        });
        if !seen {
            out.push(operation);
        }
    }
    out
}

/// The crash as the report shows it.
#[must_use]
pub fn crash(hosts: &[HostModel], rules: &RuleSet, judged: &Judged, given: Option<&Given>) -> Crash {
    let host = hosts.get(judged.host);
    let model = host.and_then(|host| host.vms.get(judged.crash.vm));
    let name = model.map_or("(unnamed)", VmModel::shown_name);
    let time = rfc3339(judged.crash.time);
    let (evidence, ids) = evidence(hosts, rules, judged);
    let lead = |at: Option<usize>| -> Option<Lead> {
        let weighed = judged.weighed.get(at?)?;
        let finding = finding(hosts, weighed)?;
        let message = rules.rules().get(finding.rule)?.message(&finding.captures);
        Some(Lead { message: text(&message), log: finding.log, offset_ms: finding.time? - judged.crash.time })
    };
    let decision = &judged.decision;
    let spoken =
        if decision.origin == Origin::Undetermined { decision.leaning } else { Some(decision.origin) };
    let first = lead(spoken.and_then(|origin| decision.lead(origin))).or_else(|| match spoken {
        // What ended a host may stand in the hardware's log alone.
        Some(Origin::HostFailure) => lead(decision.lead(Origin::HostHardware)),
        _ => None,
    });
    let host_name =
        host.and_then(|host| host.name.clone()).map_or_else(|| "the host".to_owned(), |name| text(&name));
    let (who, step) = words::next_step(&judged.crash, decision, &text(name), &host_name);
    let bugcheck = judged.crash.bugcheck.as_ref().map(|reported| Bugcheck {
        code: format!("{:#x}", reported.code),
        name: lookup(reported.code).map(|known| known.name.to_owned()),
        args: reported.args.iter().map(|arg| arg.map(|arg| format!("{arg:#x}"))).collect(),
        vcpu: reported.vcpu,
    });
    let dump_match = dump_match(&judged.crash, given);
    let checks = checks(judged, &ids, &dump_match, host);
    Crash {
        id: format!("{}@{time}", text(name)),
        time: Some(time),
        kind: judged.crash.kind,
        bugcheck,
        verdict: Verdict {
            origin: decision.origin,
            confidence: decision.confidence,
            because: words::because(&judged.crash, decision, first.as_ref()),
            leaning: decision.leaning,
            missing: decision.missing.iter().map(|log| log.as_str().to_owned()).collect(),
            next_step: NextStep { who, text: step },
        },
        rivals: rivals(judged, &lead),
        checks,
        dump_match,
        evidence,
        known_issues: known_issues(hosts, rules, judged),
    }
}

fn known_issues(hosts: &[HostModel], rules: &RuleSet, judged: &Judged) -> Vec<KnownIssue> {
    known::issues(hosts, rules, judged.host, &judged.crash, &judged.weighed)
        .into_iter()
        .map(|seen| KnownIssue {
            article: text(&seen.issue.article),
            summary: text(&seen.issue.summary),
            state: seen.state,
            fixed_in: text(&seen.issue.fixed_in),
            text: text(&seen.text),
        })
        .collect()
}

fn finding<'a>(hosts: &'a [HostModel], weighed: &Weighed) -> Option<&'a Finding> {
    hosts.get(weighed.host)?.findings.get(weighed.finding)
}

fn rivals(judged: &Judged, lead: &impl Fn(Option<usize>) -> Option<Lead>) -> Vec<Rival> {
    judged
        .decision
        .case
        .candidates
        .iter()
        .filter(|candidate| candidate.origin != judged.decision.origin)
        .map(|candidate| {
            let first = lead(Some(candidate.lead));
            let (confidence, because) =
                words::rival(&judged.crash, &judged.decision, candidate, first.as_ref());
            Rival { origin: candidate.origin, confidence, because }
        })
        .collect()
}

/// The lines that matter, by time, member and line, and for each weighed finding its id.
fn evidence(hosts: &[HostModel], rules: &RuleSet, judged: &Judged) -> (Vec<Evidence>, Vec<String>) {
    let mut order: Vec<usize> = (0..judged.weighed.len()).collect();
    let key = |at: &usize| {
        let weighed = judged.weighed.get(*at)?;
        let found = finding(hosts, weighed)?;
        let member = hosts.get(weighed.host)?.members.get(found.member)?;
        Some((found.time, member.as_str(), found.line, found.rule))
    };
    order.sort_by(|a, b| key(a).cmp(&key(b)));
    let mut ids = vec![String::new(); judged.weighed.len()];
    let mut out = Vec::new();
    for at in order {
        let Some(weighed) = judged.weighed.get(at) else { continue };
        let Some(found) = finding(hosts, weighed) else { continue };
        let Some(rule) = rules.rules().get(found.rule) else { continue };
        let id = format!("E{}", out.len() + 1);
        if let Some(slot) = ids.get_mut(at) {
            id.clone_into(slot);
        }
        #[allow(clippy::cast_precision_loss)]
        let offset = found.time.map(|time| (time - judged.crash.time) as f64 / 1000.0);
        let member = hosts.get(weighed.host).and_then(|host| host.members.get(found.member));
        out.push(Evidence {
            id,
            rule: rule.rule.id.clone(),
            origin: weighed.origin,
            time: found.time.map(rfc3339),
            offset_s: offset,
            log: found.log.as_str().to_owned(),
            member: member.map(|member| text(member)).unwrap_or_default(),
            line: Some(found.line),
            text: text(&found.text),
            message: text(&rule.message(&found.captures)),
            strength: Some(weighed.strength),
            count: weighed.count,
        });
    }
    (out, ids)
}

fn dump_match(crash: &crash::Crash, given: Option<&Given>) -> DumpMatch {
    let not_given = || DumpMatch { source: None, result: MatchResult::NotGiven, differences: Vec::new() };
    let (Some(given), Some(reported)) = (given, &crash.bugcheck) else { return not_given() };
    let Ok(code) = u32::try_from(reported.code) else { return not_given() };
    let (result, differences) = compare(&Given { code, args: reported.args }, given);
    DumpMatch { source: Some("--bugcheck".to_owned()), result, differences }
}

/// Lines of a host that are named one by one although no VM is known that they tell of.
const UNCLAIMED: usize = 5;

/// Sentences about lines that tell a crash of a VM that is not known.
pub(crate) fn unclaimed(host: &HostModel, rules: &RuleSet, lines: &[&Finding]) -> Vec<String> {
    let mut notes: Vec<String> = lines
        .iter()
        .take(UNCLAIMED)
        .map(|finding| {
            let member = host.members.get(finding.member).map_or("", String::as_str);
            let title = rules.rules().get(finding.rule).map_or("", |rule| rule.rule.title.as_str());
            let time = finding.time.map_or_else(|| "an unknown time".to_owned(), rfc3339);
            text(&format!(
                "{member}:{}: tells of a crash at {time} ({title}), but not of a VM that is known here",
                finding.line
            ))
        })
        .collect();
    if lines.len() > UNCLAIMED {
        notes.push(format!(
            "{} further lines tell of crashes of no VM that is known here",
            lines.len() - UNCLAIMED
        ));
    }
    notes
}

/// The twelve checks in their fixed order.
fn checks(judged: &Judged, ids: &[String], dump: &DumpMatch, host: Option<&HostModel>) -> Vec<CheckResult> {
    Check::ALL
        .iter()
        .map(|&check| {
            let own: Vec<(usize, &Weighed)> =
                judged.weighed.iter().enumerate().filter(|(_, weighed)| weighed.check == check).collect();
            let (core, help) = logs_of(check);
            let result = outcome(judged, check, &own, core, dump);
            let mut evidence: Vec<String> = own.iter().filter_map(|(at, _)| ids.get(*at).cloned()).collect();
            evidence.sort_by_key(|id| id.get(1..).and_then(|number| number.parse::<u64>().ok()));
            // Of a clear check only the logs that were there to speak.
            let spoke = |log: &&LogKind| result != CheckOutcome::Clear || judged.decision.covered(**log);
            CheckResult {
                id: check,
                result,
                logs: core.iter().chain(help).filter(spoke).map(|log| log.as_str().to_owned()).collect(),
                evidence,
                note: note(judged, check, result, &own, core, help, dump, host),
            }
        })
        .collect()
}

fn outcome(
    judged: &Judged,
    check: Check,
    own: &[(usize, &Weighed)],
    core: &[LogKind],
    dump: &DumpMatch,
) -> CheckOutcome {
    match check {
        Check::GuestReport if judged.crash.guest_reported() => return CheckOutcome::Found,
        Check::DumpMatch => {
            return match dump.result {
                MatchResult::Match | MatchResult::Mismatch => CheckOutcome::Found,
                _ => CheckOutcome::NotCovered,
            };
        }
        Check::HostFailure if judged.crash.kind == CrashKind::HostDown => return CheckOutcome::Found,
        _ => {}
    }
    if own.iter().any(|(_, weighed)| weighed.strength > Strength::Context) {
        CheckOutcome::Found
    } else if core.iter().all(|log| judged.decision.covered(*log)) {
        CheckOutcome::Clear
    } else {
        CheckOutcome::NotCovered
    }
}

#[allow(clippy::too_many_arguments)]
fn note(
    judged: &Judged,
    check: Check,
    result: CheckOutcome,
    own: &[(usize, &Weighed)],
    core: &[LogKind],
    help: &[LogKind],
    dump: &DumpMatch,
    host: Option<&HostModel>,
) -> Option<String> {
    let reasons = |logs: &[LogKind]| -> Vec<String> {
        logs.iter()
            .filter_map(|log| judged.decision.cover_of(*log))
            .filter(|cover| !cover.covers)
            .filter_map(|cover| cover.reason.clone())
            .collect()
    };
    let mut parts: Vec<String> = Vec::new();
    match check {
        Check::DumpMatch => match dump.result {
            MatchResult::NotGiven if judged.crash.bugcheck.is_none() => {
                parts.push("the logs have no bugcheck to compare with".into());
            }
            MatchResult::NotGiven => {
                parts.push("give --bugcheck 'CODE(a,b,c,d)' from the dump to compare".into())
            }
            MatchResult::Match => parts.push("the given bugcheck and the logs agree".into()),
            _ => parts.push(format!("the given bugcheck differs: {}", dump.differences.join("; "))),
        },
        Check::HardwareEvent if result == CheckOutcome::NotCovered => {
            parts.extend(reasons(core));
            parts.push("export the hardware event log from the server's management controller".into());
        }
        _ => {
            if result != CheckOutcome::Found {
                parts.extend(reasons(core));
            }
            if result == CheckOutcome::Clear {
                parts.extend(reasons(help));
            }
        }
    }
    if result == CheckOutcome::Clear && own.iter().any(|(_, weighed)| weighed.unresolved) {
        parts.push("a line names a device or volume that the bundle does not map to VMs".into());
    } else if result == CheckOutcome::Clear && !own.is_empty() {
        parts.push("circumstances only".into());
    }
    if check == Check::HardwareEvent && judged.decision.covered(LogKind::Sel) {
        match host.and_then(|host| host.sel_ahead) {
            Some(0) => {}
            Some(ahead) => parts.push(format!(
                "the SEL's clock runs about {} {} the host's; its times are corrected",
                cover::lapse(ahead.abs()),
                if ahead > 0 { "ahead of" } else { "behind" }
            )),
            None => parts.push("how far the SEL's clock is from the host's is unknown".into()),
        }
    }
    if check == Check::HostMemory && host.is_some_and(|host| host.firmware_first) {
        parts.push(
            "the firmware keeps corrected errors to itself on this host: only the SEL would show them".into(),
        );
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Milliseconds as the seconds of the report.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn seconds(ms: Millis) -> f64 {
    ms as f64 / 1000.0
}
