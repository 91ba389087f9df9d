//! Makes the report out of what was read and what was decided. Nothing is decided here.

mod crash;
mod files;
mod host;
mod input;
mod timeline;
mod vm;

pub(crate) use input::{input, input_id};
pub(crate) use timeline::timeline;

use super::model::{Crash, Host, Incident, Input, Report, SCHEMA, Settings, Summary, Time, Tool, Vm};
use crate::clean::clean;
use crate::evidence::{Finding, HostId, HostModel, VmId, hosts_by_id};
use crate::input::FoundFile;
use crate::inputs::{InputRead, Notice};
use crate::log::{Millis, is_of_unknown_year};
use crate::options::Options;
use crate::rules::RuleSet;
use crate::terms::{FileRole, InputState};
use crate::verdict::Verdicts;
use std::collections::{BTreeMap, BTreeSet};

/// Lines of a host that are named one by one although no VM is known that they tell of.
const MAX_UNCLAIMED: usize = 5;

/// A text of a bundle, without what acts on a terminal or a page.
fn text(value: &str) -> String {
    clean(value).into_owned()
}

fn opt(value: Option<&String>) -> Option<String> {
    value.map(|value| text(value))
}

/// A time of the report; none if its year is not known.
fn dated(ms: Millis) -> Option<Time> {
    (!is_of_unknown_year(ms)).then(|| Time::new(ms))
}

/// Milliseconds as the seconds of the report.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub(crate) fn seconds(ms: Millis) -> f64 {
    ms as f64 / 1000.0
}

/// Who made a report.
pub(crate) fn tool() -> Tool {
    Tool { name: "vmcoroner".into(), version: env!("CARGO_PKG_VERSION").into() }
}

/// Makes the report of a run.
pub(crate) fn report(
    (inputs, files): (Vec<InputRead>, Vec<FoundFile>),
    hosts: &[HostModel],
    verdicts: &Verdicts<'_>,
    options: &Options,
) -> Report {
    let inputs = noted(inputs, hosts, verdicts, options);
    let files = files::files(files, &inputs);
    let order = host_order(hosts);
    let host_ids: BTreeMap<HostId, String> =
        order.iter().enumerate().map(|(n, &at)| (at, format!("H{}", n + 1))).collect();
    let host_list: Vec<Host> = order
        .iter()
        .filter_map(|at| {
            let host = &hosts[*at];
            Some(host::host(host, host_ids.get(at)?.clone(), input_id(host.input)))
        })
        .collect();
    let vms = vms(hosts, &host_ids, verdicts, options);
    let mut summary = summary(&inputs, &host_list, &vms, verdicts);
    summary.partial |= files.iter().any(|file| file.role == FileRole::NotRead);
    Report {
        schema: SCHEMA.into(),
        tool: tool(),
        settings: Settings {
            window_before_s: seconds(options.window_before_ms),
            window_after_s: seconds(options.window_after_ms),
            since: options.since.map(Time::new),
            until: options.until.map(Time::new),
        },
        inputs,
        files,
        hosts: host_list,
        vms,
        incidents: incidents(verdicts),
        summary,
    }
}

/// The inputs, with what the verdicts have to say of them.
fn noted(
    mut inputs: Vec<InputRead>,
    hosts: &[HostModel],
    verdicts: &Verdicts<'_>,
    options: &Options,
) -> Vec<Input> {
    let mut note = |host: HostId, notice: Notice| {
        let number = hosts[host].input;
        if let Some(input) = inputs.iter_mut().find(|input| input.at == number) {
            input.note(notice);
        }
    };
    for (at, lines) in &verdicts.unclaimed {
        let host = &hosts[*at];
        for finding in lines.iter().take(MAX_UNCLAIMED) {
            note(*at, unclaimed(host, &options.rules, finding));
        }
        if lines.len() > MAX_UNCLAIMED {
            note(*at, Notice::MoreUnclaimed(lines.len() - MAX_UNCLAIMED));
        }
    }
    for &(at, count) in &verdicts.left_out {
        note(at, Notice::EarlierCrashes { count, most: options.limits.crashes });
    }
    inputs.iter().map(input).collect()
}

/// What is said of a line that tells a crash of a VM that is not known.
fn unclaimed(host: &HostModel, rules: &RuleSet, finding: &Finding) -> Notice {
    Notice::Unclaimed {
        member: host.member(finding).to_owned(),
        line: finding.line(),
        time: finding.time,
        title: rules[finding.rule].rule.title.clone(),
    }
}

/// The hosts that are hosts, and not loose logs of a VM, in the order of the report.
fn host_order(hosts: &[HostModel]) -> Vec<HostId> {
    let mut order: Vec<(HostId, &HostModel)> = hosts_by_id(hosts).filter(|(_, host)| host.is_host).collect();
    order.sort_by_key(|(_, host)| (&host.name, host.captured_at, host.input));
    order.into_iter().map(|(at, _)| at).collect()
}

/// The VMs that are asked for, with their crashes.
fn vms(
    hosts: &[HostModel],
    host_ids: &BTreeMap<HostId, String>,
    verdicts: &Verdicts<'_>,
    options: &Options,
) -> Vec<Vm> {
    let selection = options.selection();
    let mut crashes: BTreeMap<(HostId, VmId), Vec<Crash>> = BTreeMap::new();
    for judged in &verdicts.judged {
        let own = crashes.entry((judged.host, judged.crash.vm)).or_default();
        own.push(crash::crash(hosts, host_ids, options, judged));
    }
    let mut order = Vec::new();
    for (at, host) in hosts_by_id(hosts) {
        for (index, model) in host.vms_by_id().filter(|(_, model)| !model.adopted) {
            if selection.wants(model.shown_name()) {
                let id = host_ids.get(&at).cloned();
                order.push((opt(model.name.as_ref()), opt(model.config.as_ref()), id, (at, index)));
            }
        }
    }
    order.sort();
    order
        .into_iter()
        .map(|(_, _, host_id, (at, index))| {
            let host = &hosts[at];
            let own = crashes.remove(&(at, index)).unwrap_or_default();
            let concerns = verdicts.concerns.get(at.at());
            let concerning = concerns.map(|own| own.of_vm(host, &options.rules, index)).unwrap_or_default();
            let operations = vm::operations(host, &options.rules, index, &concerning);
            (&host[index], host_id, own, operations)
        })
        .enumerate()
        .map(|(n, (model, host, own, operations))| {
            vm::vm(model, format!("V{}", n + 1), host, own, operations)
        })
        .collect()
}

fn incidents(verdicts: &Verdicts<'_>) -> Vec<Incident> {
    let incidents = verdicts.incidents.iter().enumerate().map(|(n, incident)| Incident {
        id: format!("N{}", n + 1),
        time: dated(incident.time),
        origin: incident.origin,
        crashes: incident.crashes.clone(),
        because: text(&incident.because),
    });
    incidents.collect()
}

/// The hosts on which VMs ran when they crashed, or shortly before, and whose bundles were not given; by name.
fn hosts_not_given(verdicts: &Verdicts<'_>) -> Vec<String> {
    let names = verdicts.judged.iter().flat_map(|judged| {
        let own =
            Some(&judged.ran_on).filter(|place| place.host.is_none()).and_then(|place| place.name.as_ref());
        own.into_iter().chain(judged.decision.case.absent_hosts.iter().map(|(name, _)| name))
    });
    let names: BTreeSet<String> = names.map(|name| text(name)).collect();
    names.into_iter().collect()
}

fn summary(inputs: &[Input], hosts: &[Host], vms: &[Vm], verdicts: &Verdicts<'_>) -> Summary {
    let mut by_origin = BTreeMap::new();
    for crash in vms.iter().flat_map(|vm| &vm.crashes) {
        *by_origin.entry(crash.verdict.origin).or_insert(0) += 1;
    }
    Summary {
        inputs: inputs.len() as u64,
        hosts: hosts.len() as u64,
        vms: vms.len() as u64,
        crashes: vms.iter().map(|vm| vm.crashes.len() as u64).sum(),
        by_origin,
        partial: inputs.iter().any(|input| input.state != InputState::Complete),
        hosts_not_given: hosts_not_given(verdicts),
        unclaimed: verdicts.unclaimed.iter().map(|(_, lines)| lines.len() as u64).sum(),
    }
}
