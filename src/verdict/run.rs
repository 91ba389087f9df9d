//! The run of the verdicts: the hosts of a run in, every crash judged out.

use super::checks::{self, Checked, DumpAnswer};
use super::crash::{self, Crash};
use super::host_down::{self, HostDown};
use super::incident::{self, Incident};
use super::known::{self, Seen};
use super::thresholds::CRASH_OVER_MS;
use super::unclaimed;
use super::weigh::{Index, Question, Scene, Weighed, weigh};
use super::{Decision, Method, Windows, case, judge};
use crate::clean::clean;
use crate::evidence::{self, Finding, HostModel, RanOn};
use crate::log::{Millis, rfc3339};
use crate::rules::RuleSet;
use crate::selection::Selection;
use crate::windows::Given;

/// Ends of one host that are looked at, the last ones: each ends every VM that ran.
const MAX_HOST_DOWNS: usize = 200;

/// What the crashes of a run are judged by.
#[derive(Debug, Clone, Copy)]
pub struct Inquiry<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// Rows and caps.
    pub method: &'a Method,
    /// The windows in which evidence counts.
    pub windows: Windows,
    /// Of which VMs and times.
    pub selection: Selection<'a>,
    /// What the Windows side says.
    pub given: Option<&'a Given>,
    /// Crashes of one host that are judged, the last ones.
    pub most: usize,
}

/// A crash with everything that was decided about it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// `NAME@TIME`, the name cleaned.
    pub id: String,
    /// The host (index in the run) whose bundle the VM was found in.
    pub host: usize,
    /// The crash.
    pub crash: Crash,
    /// What counts for it.
    pub weighed: Vec<Weighed>,
    /// What was decided.
    pub decision: Decision,
    /// The twelve checks in their fixed order.
    pub checks: Vec<Checked>,
    /// The comparison with the Windows side.
    pub dump: DumpAnswer,
    /// The defects known to the maker whose signature it bears; those that concern its host first.
    pub issues: Vec<Seen>,
}

/// What came of the crashes of all hosts.
#[derive(Debug, Default)]
pub struct Verdicts<'h> {
    /// The crashes, by host, VM and time.
    pub judged: Vec<Judged>,
    /// Crashes that belong together, by time.
    pub incidents: Vec<Incident>,
    /// How many earlier crashes of which host were left out.
    pub left_out: Vec<(usize, usize)>,
    /// Lines of a host that tell a crash of a VM that is not known.
    pub unclaimed: Vec<(usize, Vec<&'h Finding>)>,
}

/// Assembles and judges the crashes of all VMs, the last ones of each host where there are more than may be.
#[must_use]
pub fn run<'h>(hosts: &'h [HostModel], inquiry: Inquiry<'_>) -> Verdicts<'h> {
    let court = Court {
        hosts,
        inquiry,
        indices: hosts.iter().map(Index::new).collect(),
        downs: hosts.iter().map(|host| downs(host, inquiry.rules)).collect(),
    };
    let mut out = Verdicts::default();
    for (at, host) in hosts.iter().enumerate() {
        let crashes = court.crashes(at, host, &mut out);
        let mut before: Option<(usize, Millis)> = None;
        for crash in crashes {
            let began = host
                .vms
                .get(crash.vm)
                .and_then(|vm| vm.session_at(crash.time))
                .filter(|session| session.started)
                .map(|session| session.from);
            let over = before.filter(|(vm, _)| *vm == crash.vm).map(|(_, last)| last + 1);
            before = Some((crash.vm, crash.last.min(crash.time + CRASH_OVER_MS)));
            let name = host.vms.get(crash.vm).map_or("", |vm| vm.shown_name());
            if inquiry.selection.wants(name) && inquiry.selection.in_time(Some(crash.time)) {
                out.judged.push(court.judge(at, host, crash, began.max(over)));
            }
        }
    }
    out.incidents = incident::find(hosts, out.judged.iter().map(member).collect());
    out
}

/// The ends of a host, the last ones.
fn downs(host: &HostModel, rules: &RuleSet) -> Vec<HostDown> {
    let mut found = host_down::find(host, rules);
    found.drain(..found.len().saturating_sub(MAX_HOST_DOWNS));
    found
}

fn member(judged: &Judged) -> incident::Member {
    incident::Member {
        id: judged.id.clone(),
        host: judged.host,
        vm: judged.crash.vm,
        time: judged.crash.time,
        kind: judged.crash.kind,
        origin: judged.decision.origin,
        code: judged.crash.bugcheck.as_ref().map(|bugcheck| bugcheck.code),
    }
}

/// What all crashes of a run are judged with.
struct Court<'h, 'a> {
    hosts: &'h [HostModel],
    inquiry: Inquiry<'a>,
    indices: Vec<Index>,
    /// The ends of each host.
    downs: Vec<Vec<HostDown>>,
}

impl<'h> Court<'h, '_> {
    /// The crashes of a host's VMs, and those its own ends made.
    fn crashes(&self, at: usize, host: &'h HostModel, out: &mut Verdicts<'h>) -> Vec<Crash> {
        let Inquiry { rules, selection, most, .. } = self.inquiry;
        let mut crashes = Vec::new();
        for vm in (0..host.vms.len()).filter(|vm| host.vms.get(*vm).is_some_and(|model| !model.adopted)) {
            crashes.extend(crash::assemble(host, rules, vm));
        }
        let own = self.downs.get(at).into_iter().flatten();
        let own = own.flat_map(|down| host_down::crashes(host, down)).collect();
        let mut lines = unclaimed::unclaimed(host, rules, &crashes);
        lines.retain(|finding| selection.in_time(finding.time));
        if !lines.is_empty() && selection.vm.is_none() {
            out.unclaimed.push((at, lines));
        }
        // What came later says nothing about a crash; the one before it does, and is dropped when that is known.
        crashes.retain(|crash| selection.until.is_none_or(|until| crash.time <= until));
        let asked =
            |crashes: &[Crash]| crashes.iter().filter(|crash| selection.in_time(Some(crash.time))).count();
        let all = asked(&crashes);
        latest(&mut crashes, most);
        let kept = asked(&crashes);
        if kept < all {
            out.left_out.push((at, all - kept));
        }
        host_down::merge(&mut crashes, own);
        crashes
    }

    /// Judges one crash. `since`: what came before it says nothing about it.
    fn judge(&self, at: usize, host: &HostModel, mut crash: Crash, since: Option<Millis>) -> Judged {
        let Inquiry { rules, method, windows, given, .. } = self.inquiry;
        let place = evidence::ran_on(self.hosts, at, crash.vm, crash.time);
        if let RanOn::There(there, _) = place {
            host_down::elsewhere(&mut crash, self.downs.get(there).map_or(&[][..], Vec::as_slice));
        }
        let mut weighed = self.weigh(at, crash.vm, &crash, since);
        let speaking: Vec<&HostModel> = match place {
            RanOn::Here => vec![host],
            // The logs of the host whose bundle holds the VM's folder say nothing about another host's crash.
            RanOn::There(there, vm) => {
                weighed.retain(|weighed| self.is_of_a_vm(weighed));
                weighed.extend(self.weigh(there, vm, &crash, since));
                self.hosts.get(there).into_iter().collect()
            }
            RanOn::Elsewhere => {
                weighed.retain(|weighed| self.is_of_a_vm(weighed));
                Vec::new()
            }
        };
        let decision = judge(case(host, &speaking, &crash, &weighed, windows), speaking.is_empty(), method);
        let dump = checks::dump(&crash, given);
        let name = host.vms.get(crash.vm).map_or("(unnamed)", |vm| vm.shown_name());
        Judged {
            id: format!("{}@{}", clean(name), rfc3339(crash.time)),
            host: at,
            checks: checks::all(host, &crash, &weighed, &decision, &dump),
            issues: known::issues(self.hosts, rules, at, &crash, &weighed),
            crash,
            weighed,
            decision,
            dump,
        }
    }

    fn weigh(&self, at: usize, vm: usize, crash: &Crash, since: Option<Millis>) -> Vec<Weighed> {
        let Inquiry { rules, method, windows, .. } = self.inquiry;
        let (Some(host), Some(index)) = (self.hosts.get(at), self.indices.get(at)) else {
            return Vec::new();
        };
        let scene = Scene { at, host, index, rules, method };
        weigh(scene, vm, Question { crash, windows, since }, &mut |_| {})
    }

    /// Whether a line stands in a VM's own log.
    fn is_of_a_vm(&self, weighed: &Weighed) -> bool {
        let finding = self.hosts.get(weighed.host).and_then(|host| host.findings.get(weighed.finding));
        finding.is_some_and(|finding| finding.owner.is_some())
    }
}

/// Keeps the last `most` crashes; their order stays.
fn latest(crashes: &mut Vec<Crash>, most: usize) {
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
