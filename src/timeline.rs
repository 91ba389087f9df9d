//! Every parsed event of a VM and of what it stands on, merged in the order of time, with its distance from each crash.

use crate::batch::Request;
use crate::clean::clean;
use crate::error::Error;
use crate::evidence::{HostModel, RanOn, Tie, ran_on, tie};
use crate::gather::gather;
use crate::log::{Millis, rfc3339};
use crate::options::Options;
use crate::progress::Progress;
use crate::report::assemble::{input, seconds};
use crate::report::timeline::{Event, Offset, Timeline, TimelineVm};
use crate::source::Source;
use crate::verdict;

/// Crashes further away than this from an event are not worth an offset.
const NEAR: Millis = 86_400_000;

/// Reads what is given and merges the events of every VM that `options.vm` names.
///
/// # Errors
/// As [`crate::analyze`].
pub fn timeline(given: &[Source], options: &Options, progress: &dyn Progress) -> Result<Timeline, Error> {
    let gathered = gather(Request { given, options, progress })?;
    let judged = verdict::run(&gathered.hosts, options.inquiry()).judged;
    let mut vms = Vec::new();
    for (at, host) in gathered.hosts.iter().enumerate() {
        for (vm, model) in host.vms.iter().enumerate().filter(|(_, model)| !model.adopted) {
            if !options.selection().wants(model.shown_name()) {
                continue;
            }
            let crashes: Vec<(String, Millis)> = judged
                .iter()
                .filter(|one| one.host == at && one.crash.vm == vm)
                .map(|one| (one.id.clone(), one.crash.time))
                .collect();
            let mut events = Vec::new();
            collect(options, &gathered.hosts, (at, vm), (at, vm), &crashes, &mut events);
            // What the host it ran on before has to say of it.
            for (there, other) in gathered.hosts.iter().enumerate().filter(|(there, _)| *there != at) {
                let same = other
                    .vms
                    .iter()
                    .position(|own| own.config_key.is_some() && own.config_key == model.config_key);
                if let Some(same) = same {
                    collect(options, &gathered.hosts, (at, vm), (there, same), &crashes, &mut events);
                }
            }
            events.sort_by(|a, b| {
                (&a.time, &a.member, a.line, &a.rule).cmp(&(&b.time, &b.member, b.line, &b.rule))
            });
            vms.push(TimelineVm {
                name: model.name.as_deref().map(|name| clean(name).into_owned()),
                host: host.name.as_deref().map(|name| clean(name).into_owned()),
                config: model.config.as_deref().map(|path| clean(path).into_owned()),
                crashes: crashes.into_iter().map(|(id, _)| id).collect(),
                events,
            });
        }
    }
    vms.sort_by(|a, b| (&a.name, &a.config, &a.host).cmp(&(&b.name, &b.config, &b.host)));
    Ok(Timeline::new(gathered.inputs.iter().map(input).collect(), vms))
}

/// Adds the events of one host that concern the VM: `home` is where its log was found, `here` what it is on this host.
fn collect(
    options: &Options,
    hosts: &[HostModel],
    home: (usize, usize),
    here: (usize, usize),
    crashes: &[(String, Millis)],
    events: &mut Vec<Event>,
) {
    let Some(host) = hosts.get(here.0) else { return };
    for finding in &host.findings {
        let Some(rule) = options.rules.rules().get(finding.rule) else { continue };
        if !options.selection().in_time(finding.time) {
            continue;
        }
        let tied = match tie(host, rule, finding, here.1) {
            Tie::This => "vm",
            Tie::Under => "below",
            Tie::Host => "host",
            Tie::Moment => "moment",
            Tie::Other | Tie::Unknown => continue,
        };
        // What concerned the host as a whole concerned the VM only while it ran there.
        if tied != "vm"
            && let Some(time) = finding.time
        {
            let there = match ran_on(hosts, home.0, home.1, time) {
                RanOn::Here => home.0 == here.0,
                RanOn::There(there, _) => there == here.0,
                RanOn::Elsewhere => false,
            };
            if !there {
                continue;
            }
        }
        let mut offsets: Vec<Offset> = crashes
            .iter()
            .filter_map(|(id, crash)| Some((id, finding.time? - crash)))
            .filter(|(_, offset)| offset.abs() <= NEAR)
            .map(|(id, offset)| Offset { crash: id.clone(), offset_s: seconds(offset) })
            .collect();
        offsets.sort_by(|a, b| a.offset_s.abs().total_cmp(&b.offset_s.abs()));
        // A VM in a crash loop has thousands: the nearest ones say it.
        offsets.truncate(8);
        let kind = rule
            .rule
            .crash
            .map(|kind| kind.to_string())
            .or_else(|| rule.rule.operation.clone())
            .or_else(|| rule.rule.origin.map(|origin| origin.to_string()))
            .or_else(|| rule.rule.fact.map(|fact| fact.to_string()))
            .or_else(|| rule.rule.check.map(|check| check.to_string()))
            .unwrap_or_default();
        events.push(Event {
            time: finding.time.map(rfc3339),
            offsets,
            tie: tied.to_owned(),
            kind,
            rule: rule.rule.id.clone(),
            log: finding.log.as_str().to_owned(),
            member: clean(host.members.get(finding.member).map_or("", String::as_str)).into_owned(),
            line: finding.line,
            message: clean(&rule.message(&finding.captures)).into_owned(),
            text: clean(&finding.text).into_owned(),
            count: finding.count,
        });
    }
}
