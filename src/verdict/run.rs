//! The run of the verdicts: the hosts of a run in, every crash judged out.

use super::checks::{self, Checked, DumpAnswer};
use super::coverage::Stretch;
use super::crash::{self, Crash};
use super::crash_ids::{moment, number_undated, once_a_vm};
use super::host_down::{self, HostDown};
use super::host_of_crash::HostOfCrash;
use super::incident::{self, Incident};
use super::judge::Beside;
use super::known_issues::{self, KnownIssueMatch};
use super::life::Life;
use super::nearby::{clock_step_near, fatal_record_near, nmi_to_another};
use super::orphan_crashes;
use super::thresholds::{CRASH_OVER_MS, DIED_WITH_HOST_MS, SAME_MOMENT_MS};
use super::weigh::{CrashQuery, HostView, Index, UncountedLine, Weighed, weigh};
use super::{Decision, Method, TimeWindow, case, judge};
use crate::clean::clean;
use crate::evidence::{self, Finding, FindingIndex, HostId, HostModel, RanOn, Stay, VmId, hosts_by_id};
use crate::log::Millis;
use crate::rules::{RuleId, RuleSet};
use crate::selection::Selection;
use crate::terms::MatchResult;
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
    /// The host that ran the VM at that moment.
    pub ran_on: HostOfCrash,
    /// The crash.
    pub crash: Crash,
    /// What counts for it.
    pub weighed: Vec<Weighed>,
    /// The lines of the traced rule that were within reach and do not count.
    pub left_out: Vec<UncountedLine>,
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
    number_undated(&mut out.judged);
    once_a_vm(hosts, &mut out.judged);
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
        ran_on: judged.ran_on.clone(),
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
        let downs = self.downs.get(at.at()).map_or(&[][..], Vec::as_slice);
        let own = downs.iter().flat_map(|down| host_down::crashes(host, downs, down)).collect();
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
        let mut stays = evidence::stays(self.hosts, at, crash.vm, crash.time - windows.before, crash.time);
        let place = stays.first().map_or(RanOn::Here, |stay| stay.ran_on);
        if let RanOn::There(there, _) = place {
            host_down::elsewhere(&mut crash, self.downs.get(there.at()).map_or(&[][..], Vec::as_slice));
        }
        if let Some(last) = stays.first_mut() {
            // Its own log may have stopped before its host did.
            last.to = last.to.max(crash.time);
        }
        let since = since.map(|since| began(&stays, since));
        let mut left_out = Vec::new();
        let life = self.life(at, &stays, crash.vm);
        let query = |crash, arrived| CrashQuery { crash, windows, since, arrived, life: &life };
        let here = query(&crash, arrival(&stays, RanOn::Here));
        let mut weighed = self.weigh((at, crash.vm), here, &mut left_out);
        // What the host whose bundle contains the VM's folder says counts for the time that the VM spent there.
        let until = stays.iter().find(|stay| stay.ran_on == RanOn::Here).map(|stay| stay.to);
        if place != RanOn::Here {
            self.keep_own_logs(&mut weighed, until, &mut left_out);
        }
        for stay in &stays {
            if let RanOn::There(there, vm) = stay.ran_on {
                let question = query(&crash, arrival(&stays, stay.ran_on));
                let mut own = self.weigh((there, vm), question, &mut left_out);
                if stay.to < crash.time {
                    self.keep_own_logs(&mut own, Some(stay.to), &mut left_out);
                }
                weighed.extend(own);
            }
        }
        let stretches = self.stretches(host, &stays, crash.time - windows.before);
        let dump = checks::dump(&crash, given, give_bugcheck);
        let place_host = HostOfCrash::of(self.hosts, at, stays.first());
        let beside = Beside {
            nmi_to_another: self.on_stays(at, &stays, &crash, &|scene, vm| nmi_to_another(scene, vm, &crash)),
            host_ended: self.host_ended(&place_host, &crash),
            clock_step: self
                .on_stays(at, &stays, &crash, &|scene, _| clock_step_near(scene, crash.time))
                .map(|(step, by)| (step - crash.time, by)),
            fatal_record: self.on_stays(at, &stays, &crash, &|scene, _| fatal_record_near(scene, crash.time)),
            dump_disagrees: dump.result == MatchResult::Mismatch,
        };
        let case = case(host, &stretches, &crash, &weighed, beside);
        let decision = judge(case, place == RanOn::Elsewhere, method);
        let name = host[crash.vm].shown_name();
        Judged {
            id: format!("{}@{}", clean(name), moment(crash.time)),
            host: at,
            ran_on: place_host,
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
        (at, vm): (HostId, VmId),
        question: CrashQuery<'_>,
        left_out: &mut Vec<UncountedLine>,
    ) -> Vec<Weighed> {
        let JudgeOptions { rules, method, .. } = self.inquiry;
        let Some(index) = self.indices.get(at.at()) else { return Vec::new() };
        let scene = HostView { at, host: &self.hosts[at], index, rules, method };
        weigh(scene, vm, question, &mut |one| self.keep(one, left_out))
    }

    /// The signs of life of a guest, on all hosts that it was on.
    fn life(&self, home: HostId, stays: &[Stay], vm: VmId) -> Life {
        let mut life = Life::default();
        let there = stays.iter().filter_map(|stay| match stay.ran_on {
            RanOn::There(there, vm) => Some((there, vm)),
            RanOn::Here | RanOn::Elsewhere => None,
        });
        for (at, vm) in std::iter::once((home, vm)).chain(there) {
            if let Some(index) = self.indices.get(at.at()) {
                life.add(&self.hosts[at], index, vm);
            }
        }
        life
    }

    /// How long after a crash its host went down, if soon.
    fn host_ended(&self, place: &HostOfCrash, crash: &Crash) -> Option<Millis> {
        let downs = self.downs.get(place.host?.at())?;
        let soon = crash.time..=crash.time + DIED_WITH_HOST_MS;
        downs.iter().find(|down| soon.contains(&down.time)).map(|down| down.time - crash.time)
    }

    /// The first that is found on the hosts on which the VM was, the last of them first.
    fn on_stays<T>(
        &self,
        home: HostId,
        stays: &[Stay],
        crash: &Crash,
        find: &dyn Fn(HostView<'_>, VmId) -> Option<T>,
    ) -> Option<T> {
        let JudgeOptions { rules, method, .. } = self.inquiry;
        stays.iter().find_map(|stay| {
            let (at, vm) = match stay.ran_on {
                RanOn::Here => (home, crash.vm),
                RanOn::There(there, vm) => (there, vm),
                RanOn::Elsewhere => return None,
            };
            let index = self.indices.get(at.at())?;
            find(HostView { at, host: &self.hosts[at], index, rules, method }, vm)
        })
    }

    /// Keeps why a line does not count, if its rule is traced.
    fn keep(&self, one: UncountedLine, left_out: &mut Vec<UncountedLine>) {
        if self.inquiry.traced == Some(self.hosts[one.host][one.finding].rule) {
            left_out.push(one);
        }
    }

    /// The stretches of time that the logs of each host have to speak of.
    fn stretches<'s>(&'s self, home: &'s HostModel, stays: &'s [Stay], from: Millis) -> Vec<Stretch<'s>> {
        let last = stays.len().saturating_sub(1);
        let stretch = |(nth, stay): (usize, &'s Stay)| Stretch {
            host: match stay.ran_on {
                RanOn::Here => Some(home),
                RanOn::There(there, _) => Some(&self.hosts[there]),
                RanOn::Elsewhere => None,
            },
            name: stay.host.as_deref(),
            // Of the first stay, and of a run that began within the window, the host is to speak of all of it.
            from: if nth == last { from } else { stay.from.max(from) },
            to: stay.to,
            left: nth > 0,
        };
        stays.iter().enumerate().map(stretch).collect()
    }

    /// Of what a host's bundle says, keeps the lines of VMs' own logs, and those of the host until the VM left it.
    fn keep_own_logs(
        &self,
        weighed: &mut Vec<Weighed>,
        until: Option<Millis>,
        left_out: &mut Vec<UncountedLine>,
    ) {
        weighed.retain(|own| {
            let finding = &self.hosts[own.host][own.finding];
            let in_time = until.zip(finding.time).is_some_and(|(until, time)| time <= until + SAME_MOMENT_MS);
            let counts = finding.owner.is_some() || in_time;
            if !counts {
                self.keep(
                    UncountedLine { host: own.host, finding: own.finding, because: RAN_ELSEWHERE },
                    left_out,
                );
            }
            counts
        });
    }
}

/// When a run began: one that came by vMotion began where it came from.
fn began(stays: &[Stay], since: Millis) -> Millis {
    match stays {
        [current, .., first] if current.from == since => first.from,
        _ => since,
    }
}

/// When a VM came to one of the hosts it was on: `None` if it was there from the first, or was never there.
fn arrival(stays: &[Stay], place: RanOn) -> Option<Millis> {
    let (first, moved_to) = stays.split_last()?;
    let came = moved_to.iter().filter(|stay| stay.ran_on == place).map(|stay| stay.from).min();
    came.filter(|_| first.ran_on != place)
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
