//! A VM of the report and what was done to it.

use super::{dated, opt, text};
use crate::evidence::{FindingId, HostModel, Tie, VmModel};
use crate::report::model::{Crash, Operation, Vm, VmLogs};
use crate::rules::RuleSet;

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
    concerning: &[(FindingId, Tie)],
) -> Vec<Operation> {
    let mut out: Vec<Operation> = Vec::new();
    for &(at, tied) in concerning {
        let finding = &host[at];
        let rule = &rules[finding.rule];
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
    out
}
