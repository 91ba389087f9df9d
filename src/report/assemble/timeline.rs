//! The timeline: what each rule read, in the order of time, as far as it concerns a VM.

use super::crash::message;
use super::{dated, input, opt, seconds, text};
use crate::evidence::{Finding, HostId, HostModel, RanOn, Tie, VmId, VmModel, hosts_by_id, ran_on, tie};
use crate::inputs::InputRead;
use crate::log::Millis;
use crate::options::Options;
use crate::report::timeline::{Event, Offset, Timeline, TimelineVm};
use crate::rules::Compiled;
use crate::verdict::Verdicts;

/// Crashes further away than this from an event are not worth an offset.
const MAX_OFFSET_MS: Millis = 86_400_000;

/// Offsets of an event: a VM in a crash loop has thousands, and the nearest ones say it.
const MAX_OFFSETS: usize = 8;

/// Makes the timeline of the VMs that are asked for.
pub(crate) fn timeline(
    inputs: &[InputRead],
    hosts: &[HostModel],
    verdicts: &Verdicts<'_>,
    options: &Options,
) -> Timeline {
    let mut vms = Vec::new();
    for (at, host) in hosts_by_id(hosts) {
        for (vm, model) in host.vms_by_id().filter(|(_, model)| !model.adopted) {
            if !options.selection().wants(model.shown_name()) {
                continue;
            }
            let crashes: Vec<(&str, Millis)> = verdicts
                .judged
                .iter()
                .filter(|one| one.host == at && one.crash.vm == vm)
                .map(|one| (one.id.as_str(), one.crash.time))
                .collect();
            let subject = Subject { options, hosts, home: at, vm, crashes };
            vms.push(TimelineVm {
                name: opt(model.name.as_ref()),
                host: opt(host.name.as_ref()),
                config: opt(model.config.as_ref()),
                crashes: subject.crashes.iter().map(|(id, _)| (*id).to_owned()).collect(),
                events: subject.events(),
            });
        }
    }
    vms.sort_by(|a, b| (&a.name, &a.config, &a.host).cmp(&(&b.name, &b.config, &b.host)));
    Timeline::new(inputs.iter().map(input).collect(), vms)
}

/// The VM whose events are collected.
struct Subject<'a> {
    options: &'a Options,
    hosts: &'a [HostModel],
    /// The host its log was found on.
    home: HostId,
    /// What it is there.
    vm: VmId,
    /// Its crashes by id.
    crashes: Vec<(&'a str, Millis)>,
}

impl Subject<'_> {
    /// Its events, by time.
    fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        self.collect(self.home, self.vm, &mut events);
        let key = self.hosts[self.home][self.vm].config_key.as_ref();
        // What the host it ran on before has to say of it.
        for (there, other) in hosts_by_id(self.hosts).filter(|(there, _)| *there != self.home) {
            let same = |own: &VmModel| own.config_key.is_some() && own.config_key.as_ref() == key;
            if let Some((same, _)) = other.vms_by_id().find(|(_, own)| same(own)) {
                self.collect(there, same, &mut events);
            }
        }
        events.sort_by(|a, b| {
            (&a.time, &a.member, a.line, &a.rule).cmp(&(&b.time, &b.member, b.line, &b.rule))
        });
        events
    }

    /// Adds the events of one host that concern the VM, which is number `vm` there.
    fn collect(&self, at: HostId, vm: VmId, events: &mut Vec<Event>) {
        let host = &self.hosts[at];
        for finding in &host.findings {
            let rule = &self.options.rules[finding.rule];
            if !self.options.selection().in_time(finding.time) {
                continue;
            }
            let tied = match tie(host, rule, finding, vm) {
                Tie::This => "vm",
                Tie::Under => "below",
                Tie::Host => "host",
                Tie::Moment => "moment",
                Tie::Other | Tie::Unknown => continue,
            };
            // What concerned the host as a whole concerned the VM only while it ran there.
            if tied == "vm" || finding.time.is_none_or(|time| self.ran_there(at, time)) {
                events.push(self.event(host, rule, finding, tied));
            }
        }
    }

    fn ran_there(&self, at: HostId, time: Millis) -> bool {
        match ran_on(self.hosts, self.home, self.vm, time) {
            RanOn::Here => self.home == at,
            RanOn::There(there, _) => there == at,
            RanOn::Elsewhere => false,
        }
    }

    fn event(&self, host: &HostModel, rule: &Compiled, finding: &Finding, tied: &str) -> Event {
        Event {
            time: finding.time.and_then(dated),
            offsets: self.offsets(finding.time),
            tie: tied.to_owned(),
            kind: kind(rule),
            rule: rule.rule.id.clone(),
            log: finding.log.as_str().to_owned(),
            member: text(host.member(finding)),
            line: finding.line(),
            message: message(host, rule, finding),
            text: text(&finding.text),
            count: finding.count,
        }
    }

    /// The distances from the VM's crashes, the nearest first.
    fn offsets(&self, time: Option<Millis>) -> Vec<Offset> {
        let mut offsets: Vec<Offset> = self
            .crashes
            .iter()
            .filter_map(|(id, crash)| Some((id, time? - crash)))
            .filter(|(_, offset)| offset.abs() <= MAX_OFFSET_MS)
            .map(|(id, offset)| Offset { crash: (*id).to_owned(), offset_s: seconds(offset) })
            .collect();
        offsets.sort_by(|a, b| a.offset_s.abs().total_cmp(&b.offset_s.abs()));
        offsets.truncate(MAX_OFFSETS);
        offsets
    }
}

/// What kind of event a rule reads.
fn kind(rule: &Compiled) -> String {
    let rule = &rule.rule;
    rule.crash
        .map(|kind| kind.to_string())
        .or_else(|| rule.operation.clone())
        .or_else(|| rule.origin.map(|origin| origin.to_string()))
        .or_else(|| rule.fact.map(|fact| fact.to_string()))
        .or_else(|| rule.check.map(|check| check.to_string()))
        .unwrap_or_default()
}
