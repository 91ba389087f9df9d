//! From paths to a report: reads every input once, models its hosts, judges every crash.

pub(crate) use crate::batch::{Gathered, gather};
use crate::error::Error;
use crate::evidence::{self, Finding, HostModel, RanOn};
use crate::options::Options;
use crate::progress::Progress;
use crate::report::build::{self, Judged, seconds};
use crate::report::clean::clean;
use crate::report::model::{Crash, Incident, InputState, Report, SCHEMA, Settings, Summary, Tool, Vm};
use crate::source::Source;
use crate::verdict::{self, Index, host_down, incident};
use std::collections::BTreeMap;

/// Analyses what is given.
///
/// # Errors
/// Nothing given could be analysed.
pub fn analyze<S>(given: &[S], options: &Options, progress: &dyn Progress) -> Result<Report, Error>
where
    S: Clone + Into<Source>,
{
    let given: Vec<Source> = given.iter().cloned().map(Into::into).collect();
    let gathered = gather(&given, options, progress)?;
    Ok(report(gathered, options))
}

/// Ends of one host that are looked at, the last ones: each ends every VM that ran.
const DOWNS: usize = 200;

/// Judges every crash and writes the report.
pub(crate) fn report(gathered: Gathered, options: &Options) -> Report {
    let Gathered { mut inputs, hosts } = gathered;
    let Outcome { judged, left_out, unclaimed } = judge_within(&hosts, options);
    let mut of_no_vm = 0;
    for (host, lines) in unclaimed {
        of_no_vm += lines.len() as u64;
        if let Some(host) = hosts.get(host)
            && let Some(input) = inputs.get_mut(host.input)
        {
            input.notes.extend(build::unclaimed(host, &options.rules, &lines));
        }
    }
    for (host, count) in left_out {
        let input = hosts.get(host).and_then(|host| inputs.get_mut(host.input));
        if let Some(input) = input {
            input.notes.push(format!(
                "{count} earlier crashes were left out: a bundle may have {}",
                options.limits.crashes
            ));
            if input.state == InputState::Complete {
                input.state = InputState::Damaged;
            }
        }
    }
    let mut host_order: Vec<usize> =
        (0..hosts.len()).filter(|&at| hosts.get(at).is_some_and(|host| host.is_host)).collect();
    host_order.sort_by_key(|&at| hosts.get(at).map(|host| (host.name.clone(), host.captured_at, host.input)));
    let host_ids: BTreeMap<usize, String> =
        host_order.iter().enumerate().map(|(n, &at)| (at, format!("H{}", n + 1))).collect();
    let mut crashes: BTreeMap<(usize, usize), Vec<Crash>> = BTreeMap::new();
    let mut members = Vec::new();
    for one in &judged {
        let crash = build::crash(&hosts, &options.rules, one, options.bugcheck.as_ref());
        members.push(incident::Member {
            id: crash.id.clone(),
            host: one.host,
            vm: one.crash.vm,
            time: one.crash.time,
            kind: one.crash.kind,
            origin: one.decision.origin,
            code: one.crash.bugcheck.as_ref().map(|bugcheck| bugcheck.code),
        });
        crashes.entry((one.host, one.crash.vm)).or_default().push(crash);
    }
    let mut vms: Vec<Vm> = Vec::new();
    for (at, host) in hosts.iter().enumerate() {
        for (index, model) in host.vms.iter().enumerate().filter(|(_, model)| !model.adopted) {
            if !wanted(options.vm.as_deref(), model.shown_name()) {
                continue;
            }
            let own = crashes.remove(&(at, index)).unwrap_or_default();
            let operations = build::operations(host, &options.rules, index);
            vms.push(build::vm(model, String::new(), host_ids.get(&at).cloned(), own, operations));
        }
    }
    vms.sort_by(|a, b| (&a.name, &a.config, &a.host).cmp(&(&b.name, &b.config, &b.host)));
    for (n, vm) in vms.iter_mut().enumerate() {
        vm.id = format!("V{}", n + 1);
    }
    let incidents = incident::find(&hosts, members)
        .into_iter()
        .enumerate()
        .map(|(n, incident)| Incident {
            id: format!("N{}", n + 1),
            time: Some(crate::log::rfc3339(incident.time)),
            origin: incident.origin,
            crashes: incident.crashes,
            because: clean(&incident.because).into_owned(),
        })
        .collect();
    let host_list: Vec<_> = host_order
        .iter()
        .filter_map(|at| {
            let host = hosts.get(*at)?;
            let input = inputs.get(host.input).map(|input| input.id.clone()).unwrap_or_default();
            Some(build::host(host, host_ids.get(at)?.clone(), input))
        })
        .collect();
    let mut by_origin = BTreeMap::new();
    for crash in vms.iter().flat_map(|vm| &vm.crashes) {
        *by_origin.entry(crash.verdict.origin).or_insert(0) += 1;
    }
    let summary = Summary {
        inputs: inputs.len() as u64,
        hosts: host_list.len() as u64,
        vms: vms.len() as u64,
        crashes: vms.iter().map(|vm| vm.crashes.len() as u64).sum(),
        by_origin,
        partial: inputs.iter().any(|input| input.state != InputState::Complete),
        unclaimed: of_no_vm,
    };
    Report {
        schema: SCHEMA.into(),
        tool: Tool { name: "vmcoroner".into(), version: env!("CARGO_PKG_VERSION").into() },
        settings: Settings {
            window_before_s: seconds(options.window_before_ms),
            window_after_s: seconds(options.window_after_ms),
            since: options.since.map(crate::log::rfc3339),
            until: options.until.map(crate::log::rfc3339),
        },
        inputs,
        hosts: host_list,
        vms,
        incidents,
        summary,
    }
}

/// Assembles and judges the crashes of all VMs.
pub(crate) fn judge_all(hosts: &[HostModel], options: &Options) -> Vec<Judged> {
    judge_within(hosts, options).judged
}

/// What came of the crashes of all hosts.
struct Outcome<'h> {
    judged: Vec<Judged>,
    /// How many crashes of which host were left out.
    left_out: Vec<(usize, usize)>,
    /// Lines of a host that tell a crash of a VM that is not known.
    unclaimed: Vec<(usize, Vec<&'h Finding>)>,
}

/// Assembles and judges the crashes of all VMs, the last ones of each host where there are more than may be.
fn judge_within<'h>(hosts: &'h [HostModel], options: &Options) -> Outcome<'h> {
    let (mut left_out, mut unclaimed) = (Vec::new(), Vec::new());
    let rules = &options.rules;
    let windows = options.windows();
    let indices: Vec<Index> = hosts.iter().map(Index::new).collect();
    let downs: Vec<Vec<host_down::HostDown>> = hosts
        .iter()
        .map(|host| {
            let mut found = host_down::find(host, rules);
            found.drain(..found.len().saturating_sub(DOWNS));
            found
        })
        .collect();
    let mut out = Vec::new();
    for (at, host) in hosts.iter().enumerate() {
        let mut crashes = Vec::new();
        for vm in (0..host.vms.len()).filter(|vm| host.vms.get(*vm).is_some_and(|model| !model.adopted)) {
            crashes.extend(verdict::crash::assemble(host, rules, vm));
        }
        let own =
            downs.get(at).into_iter().flatten().flat_map(|down| host_down::crashes(host, down)).collect();
        let mut lines = verdict::unclaimed::unclaimed(host, rules, &crashes);
        lines.retain(|finding| options.in_time(finding.time));
        if !lines.is_empty() && options.vm.is_none() {
            unclaimed.push((at, lines));
        }
        // What came later says nothing about a crash; the one before it does, and is dropped when that is known.
        crashes.retain(|crash| options.until.is_none_or(|until| crash.time <= until));
        let asked = |crashes: &[verdict::crash::Crash]| {
            crashes.iter().filter(|crash| options.in_time(Some(crash.time))).count()
        };
        let all = asked(&crashes);
        latest(&mut crashes, options.limits.crashes);
        let kept = asked(&crashes);
        if kept < all {
            left_out.push((at, all - kept));
        }
        host_down::merge(&mut crashes, own);
        let mut before: Option<(usize, i64)> = None;
        for mut crash in crashes {
            let began = host
                .vms
                .get(crash.vm)
                .and_then(|vm| vm.session_at(crash.time))
                .filter(|s| s.started)
                .map(|s| s.from);
            let over = before.filter(|(vm, _)| *vm == crash.vm).map(|(_, last)| last + 1);
            before = Some((crash.vm, crash.last.min(crash.time + verdict::thresholds::CRASH_OVER_MS)));
            let since = began.max(over);
            let name = host.vms.get(crash.vm).map_or("", |vm| vm.shown_name());
            if !wanted(options.vm.as_deref(), name) || !options.in_time(Some(crash.time)) {
                continue;
            }
            let place = evidence::ran_on(hosts, at, crash.vm, crash.time);
            if let RanOn::There(there, _) = place {
                host_down::elsewhere(&mut crash, downs.get(there).map_or(&[][..], Vec::as_slice));
            }
            let question = verdict::Question { crash: &crash, windows, since };
            let weigh = |at: usize, vm: usize| match (hosts.get(at), indices.get(at)) {
                (Some(host), Some(index)) => {
                    let scene = verdict::Scene { at, host, index, rules, method: &options.method };
                    verdict::weigh(scene, vm, question, &mut |_| {})
                }
                _ => Vec::new(),
            };
            let mut weighed = weigh(at, crash.vm);
            let mut speaking: Vec<&HostModel> = vec![host];
            let own_log = |weighed: &verdict::Weighed| {
                hosts
                    .get(weighed.host)
                    .and_then(|host| host.findings.get(weighed.finding))
                    .is_some_and(|f| f.owner.is_some())
            };
            match place {
                RanOn::Here => {}
                // The logs of the host whose bundle holds the VM's folder say nothing about another host's crash.
                RanOn::There(there, vm) => {
                    weighed.retain(own_log);
                    weighed.extend(weigh(there, vm));
                    speaking = hosts.get(there).into_iter().collect();
                }
                RanOn::Elsewhere => {
                    weighed.retain(own_log);
                    speaking.clear();
                }
            }
            let case = verdict::case(host, &speaking, &crash, &weighed, windows);
            let decision = verdict::judge(case, speaking.is_empty(), &options.method);
            out.push(Judged { host: at, crash, weighed, decision });
        }
    }
    Outcome { judged: out, left_out, unclaimed }
}

/// Keeps the last `most` crashes; their order stays.
fn latest(crashes: &mut Vec<verdict::crash::Crash>, most: usize) {
    if crashes.len() <= most {
        return;
    }
    let mut times: Vec<_> = crashes.iter().map(|crash| crash.time).collect();
    times.sort_unstable();
    let from = times.get(times.len() - most).copied().unwrap_or(i64::MIN);
    // Of those at the very first moment only so many as there is room for.
    let mut room = most - times.iter().filter(|time| **time > from).count();
    crashes.retain(|crash| {
        let keep = crash.time > from || (crash.time == from && room > 0);
        if keep && crash.time == from {
            room -= 1;
        }
        keep
    });
}

/// Whether a VM's name matches the pattern of `--vm`: `*` any text, `?` one character, without case.
pub(crate) fn wanted(pattern: Option<&str>, name: &str) -> bool {
    let Some(pattern) = pattern else { return true };
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let name: Vec<char> = name.to_lowercase().chars().collect();
    // The classic walk with one place to come back to: linear in practice, never exponential.
    let (mut p, mut n) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                back = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == name.get(n) => {
                p += 1;
                n += 1;
            }
            _ => match back {
                Some((star, from)) => {
                    p = star + 1;
                    n = from + 1;
                    back = Some((star, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::wanted;

    #[test]
    fn names_are_matched_like_files() {
        assert!(wanted(None, "x"));
        assert!(wanted(Some("app*"), "APP01"));
        assert!(wanted(Some("*0?"), "APP01"));
        assert!(!wanted(Some("app"), "APP01"));
        assert!(wanted(Some("*a*a*a*"), "banana"));
        assert!(!wanted(Some("*a*a*a*b"), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaac"));
    }
}
