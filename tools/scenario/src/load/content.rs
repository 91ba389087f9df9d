//! Making the large members of a load, one at a time.

use std::collections::BTreeMap;
use std::io;

use super::job::Job;
use crate::layout::Member;
use crate::layout::logs::pack;
use crate::noise::{boot, daemons, guest, kernel, sel};
use crate::rng::Rng;
use crate::stage::{EVENT_NUMBER, Line, Stage};
use crate::time::{Millis, iso};

const PIECE: usize = 1_048_576;
/// Logs that are made in bulk; all others are small.
const BULK: [&str; 6] = ["hostd", "vmkernel", "vpxa", "fdm", "rhttpproxy", "syslog"];

/// Holds the host, and the lines that belong at fixed times: boots, starts of VMs, crashes.
pub(super) struct Maker<'a> {
    stage: Stage<'a>,
    fixed: BTreeMap<String, Vec<Line>>,
    vm_fixed: Vec<Vec<Line>>,
    weight: BTreeMap<&'static str, u64>,
}

impl<'a> Maker<'a> {
    /// Takes a stage on which everything has been played.
    pub(super) fn new(mut stage: Stage<'a>) -> Self {
        let at = stage.hosts.first().map_or(0, |h| h.boot);
        boot::kernel(&mut stage, 0, at);
        boot::before(&mut stage, 0, at);
        kernel::everyday(&mut stage, 0);
        daemons::everyday(&mut stage, 0);
        sel(&mut stage, 0, at);
        let fixed = stage.hosts.first_mut().map(|h| std::mem::take(&mut h.logs)).unwrap_or_default();
        let take = |v: &mut crate::stage::VmState| {
            v.runs.last_mut().map(|r| std::mem::take(&mut r.lines)).unwrap_or_default()
        };
        let vm_fixed = stage.vms.iter_mut().map(take).collect();
        let mut maker = Self { stage, fixed, vm_fixed, weight: BTreeMap::new() };
        for log in BULK {
            maker.stage.rng = Rng::new("pilot", log);
            let bytes =
                maker.bulk(log, at, at + 600_000, 300).iter().map(|l| l.text.len() + 1).sum::<usize>();
            maker.weight.insert(log, u64::try_from(bytes / 300).unwrap_or(150).max(60));
        }
        maker
    }

    pub(super) fn stage(&self) -> &Stage<'a> {
        &self.stage
    }

    pub(super) fn boot(&self) -> Millis {
        self.stage.hosts.first().map_or(0, |h| h.boot)
    }

    pub(super) fn captured(&self) -> Millis {
        self.stage.hosts.first().map_or(0, |h| h.captured)
    }

    pub(super) fn vms(&self) -> usize {
        self.stage.vms.len()
    }

    pub(super) fn vm_dir(&self, vm: usize) -> String {
        self.stage.vms.get(vm).map(|v| v.dir().trim_start_matches('/').to_owned()).unwrap_or_default()
    }

    /// The logs that stay small at any size.
    pub(super) fn small_logs(&self) -> Vec<Member> {
        let small = self.fixed.iter().filter(|(name, _)| !BULK.contains(&name.as_str()));
        small
            .map(|(name, lines)| {
                Member::copied(format!("var/run/log/{name}.log"), text(lines.clone(), 0), self.captured())
            })
            .collect()
    }

    /// Makes a member.
    pub(super) fn make(&mut self, job: &Job) -> io::Result<Member> {
        match job {
            Job::HostLog { log, path, from, to, bytes, packed } => {
                self.stage.rng = Rng::new(&self.stage.scenario.name, path);
                let count = *bytes / self.weight.get(log).copied().unwrap_or(150);
                let mut lines = self.bulk(log, *from, *to, count);
                let own = self.fixed.get(*log).into_iter().flatten();
                lines.extend(own.filter(|l| (*from..*to).contains(&l.at)).cloned());
                let number = u64::try_from((*from - self.boot()) / 60_000).unwrap_or(0);
                let mut bytes = text(lines, number);
                if matches!(*log, "hostd" | "vpxa" | "fdm") {
                    let section = format!(
                        "{} - last log rotation time, {} - time the service was last started, Section for VMware ESX, pid=2098371, version=8.0.2, build=22380479, option=Release\n",
                        iso(*from),
                        iso(self.boot())
                    );
                    bytes.splice(0..0, section.into_bytes());
                }
                let bytes = if *packed { pack(log, &bytes, *to, 6)? } else { bytes };
                Ok(Member::copied(path, bytes, *to))
            }
            Job::VmLog { vm, path, from, to, bytes } => {
                self.stage.rng = Rng::new(&self.stage.scenario.name, path);
                let start = (*from).max(self.boot() + 14 * 3_600_000);
                let mut lines = self.vm_bulk(*vm, start, *to, *bytes);
                let own = self.vm_fixed.get(*vm).into_iter().flatten();
                lines.extend(own.filter(|l| (*from..*to).contains(&l.at)).cloned());
                Ok(Member::copied(path, text(lines, 0), *to))
            }
            Job::Tree { path, piece } => {
                let mut rng = Rng::new(&self.stage.scenario.name, path);
                Ok(Member::made(path, tree(&mut rng, *piece), self.captured()))
            }
            Job::Core { path, .. } => {
                let mut rng = Rng::new(&self.stage.scenario.name, path);
                let mut bytes = Vec::with_capacity(PIECE);
                while bytes.len() < PIECE {
                    bytes.extend(rng.next().to_le_bytes());
                }
                Ok(Member::made(path, bytes, self.captured()))
            }
        }
    }

    /// `count` everyday lines of a log, evenly spread.
    fn bulk(&mut self, log: &str, from: Millis, to: Millis, count: u64) -> Vec<Line> {
        let step = (to - from) / i64::try_from(count.max(1)).unwrap_or(1);
        let make = match log {
            "hostd" => daemons::hostd,
            "vpxa" => daemons::vpxa,
            "fdm" => daemons::fdm,
            "rhttpproxy" => daemons::rhttpproxy,
            "syslog" => daemons::syslog,
            _ => kernel::line,
        };
        let mut at = from;
        for _ in 0..count {
            make(&mut self.stage, 0, at);
            at = (at + self.stage.rng.time(0, 2 * step)).min(to - 1);
        }
        let Some(host) = self.stage.hosts.first_mut() else { return Vec::new() };
        let mut lines = host.logs.remove(log).unwrap_or_default();
        // By-products in other logs are dropped.
        host.logs.clear();
        lines.retain(|line| line.at < to);
        lines
    }

    fn vm_bulk(&mut self, vm: usize, from: Millis, to: Millis, bytes: u64) -> Vec<Line> {
        let count = bytes / 152;
        let step = (to - from) / i64::try_from(count.max(1)).unwrap_or(1);
        let mut at = from;
        let quiet =
            self.stage.vms.get(vm).and_then(|v| v.runs.last()).map(|r| r.quiet.clone()).unwrap_or_default();
        for _ in 0..count {
            if !quiet.iter().any(|(from, to)| (*from..=*to).contains(&at)) {
                guest::line(&mut self.stage, vm, at);
            }
            at = (at + self.stage.rng.time(0, 2 * step)).min(to - 1);
        }
        let run = self.stage.vms.get_mut(vm).and_then(|v| v.runs.last_mut());
        let mut lines = run.map(|r| std::mem::take(&mut r.lines)).unwrap_or_default();
        for line in &mut lines {
            if !self.stage.rng.one_in(60) {
                near_miss(&mut line.text);
            }
        }
        lines
    }
}

/// A small bundle shows each everyday line a few times; a large one is large because of chatter, not because its
/// disks were slow a hundred thousand times. Most lines that would be evidence become their look-alikes, which cost an
/// analyser as much and tell nothing.
fn near_miss(text: &mut String) {
    for (what, instead) in [("took 1.", "took 0."), ("(last received 0s ago)", "(last received 31s ago)")] {
        if text.contains(what) {
            *text = text.replace(what, instead);
        }
    }
}

/// Lines in order, as a file; events are numbered on from `number`.
fn text(mut lines: Vec<Line>, mut number: u64) -> Vec<u8> {
    lines.sort_by_key(|line| line.at);
    let mut out = Vec::with_capacity(lines.iter().map(|l| l.text.len() + 1).sum());
    for line in lines {
        if line.text.contains(EVENT_NUMBER) {
            number += 1;
            out.extend(line.text.replace(EVENT_NUMBER, &number.to_string()).into_bytes());
        } else {
            out.extend(line.text.as_bytes());
        }
        out.push(b'\n');
    }
    out
}

/// A piece of the kernel's own tree, as a command prints it.
fn tree(rng: &mut Rng, piece: u64) -> Vec<u8> {
    let mut out = String::with_capacity(PIECE + 400);
    let mut node = piece * 7_000;
    while out.len() < PIECE {
        out.push_str(&format!(
            "/sched/groups/{node}/stats/capacity\nGroup Capacity {{\n   cpu-used:{}\n   mem-size:{} KB\n   Heartbeat NMI:0\n   APD handles:0\n   failed:0\n}}\n",
            rng.below(90_000_000),
            rng.below(9_000_000)
        ));
        node += 1;
    }
    out.truncate(PIECE);
    out.into_bytes()
}
