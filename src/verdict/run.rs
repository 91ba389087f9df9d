//! The run of the verdicts: the hosts of a run in, every crash judged out.

use super::checks::{self, Checked, DumpAnswer};
use super::crash::{self, Crash};
use super::host_down::{self, HostDown};
use super::incident::{self, Incident};
use super::known_issues::{self, KnownIssueMatch};
use super::orphan_crashes;
use super::thresholds::CRASH_OVER_MS;
use super::weigh::{CrashQuery, HostView, Index, LeftOut, Weighed, weigh};
use super::{Decision, Method, TimeWindow, case, judge};
use crate::clean::clean;
use crate::evidence::{self, Finding, FindingIndex, HostId, HostModel, RanOn, VmId, hosts_by_id};
use crate::log::{Millis, rfc3339};
use crate::rules::{RuleId, RuleSet};
use crate::selection::Selection;
use crate::windows::Given;

/// Ends of one host that are looked at, the last ones: each ends every VM that ran.
const MAX_HOST_DOWNS: usize = 200;

const RAN_ELSEWHERE: &str = "The VM ran on another host at that moment.";

/// What the crashes of a run are judged by.
#[derive(Debug, Clone, Copy)]
pub struct JudgeOptions<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// Rows and caps.
    pub method: &'a Method,
    /// The windows in which evidence counts.
    pub windows: TimeWindow,
    /// Of which VMs and times.
    pub selection: Selection<'a>,
    /// What the Windows side says.
    pub given: Option<&'a Given>,
    /// Crashes of one host that are judged, the last ones.
    pub most: usize,
    /// The rule of which is kept why its lines do not count.
    pub traced: Option<RuleId>,
    /// How to give what the Windows side says, if it was not.
    pub give_bugcheck: &'a str,
}

/// A crash with everything that was decided about it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// `NAME@TIME`, the name cleaned.
    pub id: String,
    /// The host whose bundle the VM was found in.
    pub host: HostId,
    /// The crash.
    pub crash: Crash,
    /// What counts for it.
    pub weighed: Vec<Weighed>,
    /// The lines of the traced rule that were within reach and do not count.
    pub left_out: Vec<LeftOut>,
    /// What was decided.
    pub decision: Decision,
    /// The twelve checks in their fixed order.
    pub checks: Vec<Checked>,
    /// The comparison with the Windows side.
    pub dump: DumpAnswer,
    /// The defects known to the maker whose signature it has; those that concern its host first.
    pub issues: Vec<KnownIssueMatch>,
}

/// What came of the crashes of all hosts.
#[derive(Debug, Default)]
pub struct Verdicts<'h> {
    /// The crashes, by host, VM and time.
    pub judged: Vec<Judged>,
    /// Crashes that belong together, by time.
    pub incidents: Vec<Incident>,
    /// How many earlier crashes of which host were left out.
    pub left_out: Vec<(HostId, usize)>,
    /// By host: which findings may concern which VM.
    pub concerns: Vec<FindingIndex>,
    /// Lines of a host that tell a crash of a VM that is not known.
    pub unclaimed: Vec<(HostId, Vec<&'h Finding>)>,
}

/// Assembles and judges the crashes of all VMs, the last ones of each host where there are more than may be.
#[must_use]
pub fn run<'h>(hosts: &'h [HostModel], inquiry: JudgeOptions<'_>) -> Verdicts<'h> {
    let court = Run {
        hosts,
        inquiry,
        indices: hosts.iter().map(|host| Index::new(host, inquiry.rules)).collect(),
        downs: hosts.iter().map(|host| downs(host, inquiry.rules)).collect(),
    };
    let mut out = Verdicts::default();
    for (at, host) in hosts_by_id(hosts) {
        let crashes = court.crashes(at, host, &mut out);
        let mut before: Option<(VmId, Millis)> = None;
        for crash in crashes {
            let began = host[crash.vm]
                .session_at(crash.time)
                .filter(|session| session.started)
                .map(|session| session.from);
            let over = before.filter(|(vm, _)| *vm == crash.vm).map(|(_, last)| last + 1);
            before = Some((crash.vm, crash.last.min(crash.time + CRASH_OVER_MS)));
            let name = host[crash.vm].shown_name();
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
struct Run<'h, 'a> {
    hosts: &'h [HostModel],
    inquiry: JudgeOptions<'a>,
    indices: Vec<Index>,
    /// The ends of each host.
    downs: Vec<Vec<HostDown>>,
}

impl<'h> Run<'h, '_> {
    /// The crashes of a host's VMs, and those its own ends made.
    fn crashes(&self, at: HostId, host: &'h HostModel, out: &mut Verdicts<'h>) -> Vec<Crash> {
        let JudgeOptions { rules, selection, most, .. } = self.inquiry;
        let concerns = FindingIndex::of(host, rules);
        let mut crashes = Vec::new();
        for (vm, _) in host.vms_by_id().filter(|(_, model)| !model.adopted) {
            crashes.extend(crash::assemble(host, rules, &concerns, vm));
        }
        let own = self.downs.get(at.at()).into_iter().flatten();
        let own = own.flat_map(|down| host_down::crashes(host, down)).collect();
        let mut lines = orphan_crashes::unclaimed(host, rules, &concerns, &crashes);
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
        out.concerns.push(concerns);
        crashes
    }

    /// Judges one crash. `since`: what came before it says nothing about it.
    fn judge(&self, at: HostId, host: &HostModel, mut crash: Crash, since: Option<Millis>) -> Judged {
        let JudgeOptions { rules, method, windows, given, give_bugcheck, .. } = self.inquiry;
        let place = evidence::ran_on(self.hosts, at, crash.vm, crash.time);
        if let RanOn::There(there, _) = place {
            host_down::elsewhere(&mut crash, self.downs.get(there.at()).map_or(&[][..], Vec::as_slice));
        }
        let mut left_out = Vec::new();
        let mut weighed = self.weigh(at, crash.vm, (&crash, since), &mut left_out);
        let speaking: Vec<&HostModel> = match place {
            RanOn::Here => vec![host],
            // The logs of the host whose bundle holds the VM's folder say nothing about another host's crash.
            RanOn::There(there, vm) => {
                self.keep_own_logs(&mut weighed, &mut left_out);
                weighed.extend(self.weigh(there, vm, (&crash, since), &mut left_out));
                vec![&self.hosts[there]]
            }
            RanOn::Elsewhere => {
                self.keep_own_logs(&mut weighed, &mut left_out);
                Vec::new()
            }
        };
        let decision = judge(case(host, &speaking, &crash, &weighed, windows), speaking.is_empty(), method);
        let dump = checks::dump(&crash, given, give_bugcheck);
        let name = host[crash.vm].shown_name();
        Judged {
            id: format!("{}@{}", clean(name), rfc3339(crash.time)),
            host: at,
            checks: checks::all(host, &crash, &weighed, &decision, &dump),
            issues: known_issues::issues(self.hosts, rules, at, &crash, &weighed),
            crash,
            weighed,
            left_out,
            decision,
            dump,
        }
    }

    fn weigh(
        &self,
        at: HostId,
        vm: VmId,
        (crash, since): (&Crash, Option<Millis>),
        left_out: &mut Vec<LeftOut>,
    ) -> Vec<Weighed> {
        let JudgeOptions { rules, method, windows, .. } = self.inquiry;
        let Some(index) = self.indices.get(at.at()) else { return Vec::new() };
        let scene = HostView { at, host: &self.hosts[at], index, rules, method };
        weigh(scene, vm, CrashQuery { crash, windows, since }, &mut |one| self.keep(one, left_out))
    }

    /// Keeps why a line does not count, if its rule is traced.
    fn keep(&self, one: LeftOut, left_out: &mut Vec<LeftOut>) {
        if self.inquiry.traced == Some(self.hosts[one.host][one.finding].rule) {
            left_out.push(one);
        }
    }

    /// Of what a host's bundle contains, keeps the lines of VMs' own logs: the VM ran on another host.
    fn keep_own_logs(&self, weighed: &mut Vec<Weighed>, left_out: &mut Vec<LeftOut>) {
        weighed.retain(|own| {
            let is_of_a_vm = self.hosts[own.host][own.finding].owner.is_some();
            if !is_of_a_vm {
                self.keep(LeftOut { host: own.host, finding: own.finding, because: RAN_ELSEWHERE }, left_out);
            }
            is_of_a_vm
        });
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
