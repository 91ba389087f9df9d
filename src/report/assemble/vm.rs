//! A VM of the report and what was done to it.

use super::{dated, opt, text};
use crate::evidence::{FindingId, HostModel, Tie, VmId, VmModel};
use crate::log::Millis;
use crate::report::model::{Crash, Operation, Vm, VmLogs};
use crate::rules::{Fact, RuleSet};

/// The VM as the report shows it, with its crashes and operations.
pub(super) fn vm(
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
            first: model.coverage.first().and_then(dated),
            last: model.coverage.last().and_then(dated),
            members: model.coverage.members,
            lines: model.coverage.lines,
            understood: model.coverage.share_understood(),
        },
        crashes,
        operations,
    }
}

/// What was done to a VM, by time.
pub(super) fn operations(
    host: &HostModel,
    rules: &RuleSet,
    vm: VmId,
    concerning: &[(FindingId, Tie)],
) -> Vec<Operation> {
    let mut out: Vec<Operation> = Vec::new();
    let mut locks: Option<Millis> = None;
    for &(at, tied) in concerning {
        let finding = &host[at];
        let rule = &rules[finding.rule];
        let Some(kind) = &rule.rule.operation else { continue };
        if tied != Tie::This {
            continue;
        }
        if rule.rule.fact == Some(Fact::UncleanEnd) {
            // One start finds a lock for each file; and a run that is known to have ended in order left none.
            let told = locks.zip(finding.time).is_some_and(|(last, time)| time - last < START_MS);
            locks = finding.time.or(locks);
            if told || ended_in_order(&host[vm], finding.time) {
                continue;
            }
        }
        let opid = finding.captures.get("opid");
        let user = finding
            .captures
            .get("user")
            .or_else(|| opid.and_then(|opid| host.opid_user.get(opid)).map(String::as_str));
        let operation = Operation {
            time: finding.time.and_then(dated),
            kind: kind.clone(),
            member: host.members.get(finding.member).map(|member| text(member)),
            line: Some(finding.line()),
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
    out.extend(unfinished(host, &host[vm]));
    out
}

/// A start of a VM takes no longer.
const START_MS: Millis = 60_000;

/// Whether the run of a VM before the one of a moment is in its logs, and ended in order.
fn ended_in_order(vm: &VmModel, at: Option<Millis>) -> bool {
    let own = at.and_then(|at| vm.session_at(at));
    let before =
        own.and_then(|own| vm.sessions.iter().filter(|other| other.from < own.from).max_by_key(|s| s.from));
    before.is_some_and(|before| before.exited || before.over)
}

/// The end of a log in the middle of a run, where a newer log must exist: it was rotated, and the one that would tell how
/// the run ended is not here.
fn unfinished(host: &HostModel, vm: &VmModel) -> Option<Operation> {
    let last = vm.sessions.iter().max_by_key(|session| session.to)?;
    let (member, _) = vm.spans.iter().max_by_key(|(_, span)| span.to)?;
    let path = host.members.get(*member)?;
    let file = path.rsplit('/').next().unwrap_or(path);
    let is_rotated = file.strip_prefix("vmware-").is_some_and(|rest| {
        rest.split('.')
            .next()
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    });
    (is_rotated && !last.exited && !last.over).then(|| Operation {
        time: dated(last.to),
        kind: "run-unfinished".into(),
        member: Some(text(path)),
        line: None,
        text: "the log stops in the middle of a run; the log that follows it is not here".into(),
        user: None,
        opid: None,
    })
}
