//! Logs whose stamps state no zone or no year. Logs of one bundle that all state none share the host's clock. One beside
//! logs that do is compared with them: what both tell (the start of a VM, a boot) shows how far its clock is from UTC.

use super::paths::file_name;
use crate::bundle::Owner;
use crate::log::{LogKind, Millis, Span, is_of_unknown_year, rfc3339};
use crate::rules::{Fact, RuleSet};
use crate::scan::{BundleScan, MemberLog};
use std::collections::{BTreeMap, BTreeSet};

/// Zones lie this far apart.
const ZONE_STEP_MS: Millis = 15 * 60_000;
/// The farthest zone from UTC.
const FARTHEST_ZONE_MS: Millis = 14 * 3_600_000;
/// Two logs write about one event within this time.
const SAME_EVENT_MS: Millis = 60_000;

/// What came of the stamps of a bundle's logs.
#[derive(Debug, Default)]
pub(super) struct Zones {
    /// Logs, by their place in the bundle, of which nothing tells how far they are from UTC.
    pub(super) unknown: BTreeSet<usize>,
    /// What is to be said, in sentences.
    pub(super) remarks: Vec<String>,
}

/// Finds the logs that state no zone or no year, and moves those to UTC whose distance from it other logs show.
pub(super) fn settle(pass: &mut BundleScan, rules: &RuleSet) -> Zones {
    let mut zones = Zones { remarks: years(&pass.logs), ..Zones::default() };
    let dated = |log: &&MemberLog| log.scanned.stamped > 0 && !log.kind.log().free_form;
    let without: Vec<usize> =
        (0..pass.logs.len()).filter(|at| pass.logs.get(*at).is_some_and(states_no_zone)).collect();
    if without.is_empty() {
        return zones;
    }
    let names = |places: &[usize]| {
        let mut names: Vec<&str> =
            places.iter().filter_map(|at| pass.logs.get(*at)).map(|log| file_name(&log.path)).collect();
        names.sort_unstable();
        names.dedup();
        let more = names.len().saturating_sub(3);
        let shown = names.iter().take(3).copied().collect::<Vec<_>>().join(", ");
        if more > 0 { format!("{shown} and {more} more") } else { shown }
    };
    if without.len() == pass.logs.iter().filter(dated).count() {
        zones.remarks.push(format!(
            "the stamps of {} state no zone: times are those of the host's clock, its distance from UTC is not known",
            names(&without)
        ));
        return zones;
    }
    let events: Vec<Vec<Event>> = pass.logs.iter().map(|log| events(log, rules)).collect();
    let known: Vec<&Event> =
        events.iter().enumerate().filter(|(at, _)| !without.contains(at)).flat_map(|(_, own)| own).collect();
    let mut moved = Vec::new();
    for &at in &without {
        match events.get(at).and_then(|own| distance(own, &known)) {
            Some(by) => moved.push((at, by)),
            None => {
                zones.unknown.insert(at);
            }
        }
    }
    if !zones.unknown.is_empty() {
        let places: Vec<usize> = zones.unknown.iter().copied().collect();
        zones.remarks.push(format!(
            "the stamps of {} state no zone, and nothing in them tells which it is: they cover no moment",
            names(&places)
        ));
    }
    for (at, by) in moved {
        let Some(log) = pass.logs.get_mut(at) else { continue };
        zones.remarks.push(format!(
            "the stamps of {} state no zone; events that other logs tell too show that its clock is {} min {} UTC",
            file_name(&log.path),
            (by / 60_000).abs(),
            if by > 0 { "behind" } else { "ahead of" },
        ));
        shift(log, by);
    }
    zones
}

/// Whether most stamps of a log state no zone.
fn states_no_zone(log: &MemberLog) -> bool {
    !log.kind.log().free_form && log.scanned.zoneless * 2 > log.scanned.stamped
}

/// What is to be said of the years that stamps do not state.
fn years(logs: &[MemberLog]) -> Vec<String> {
    let mut taken: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for log in logs.iter().filter(|log| log.scanned.yearless * 2 > log.scanned.stamped) {
        let Some(span) = log.scanned.span else { continue };
        let year = if is_of_unknown_year(span.to) {
            String::new()
        } else {
            rfc3339(span.to).split('-').next().unwrap_or_default().to_owned()
        };
        taken.entry(year).or_default().push(file_name(&log.path));
    }
    let sentence = |(year, mut names): (String, Vec<&str>)| {
        names.sort_unstable();
        names.dedup();
        let shown = names.iter().take(3).copied().collect::<Vec<_>>().join(", ");
        let more = names.len().saturating_sub(3);
        let shown = if more > 0 { format!("{shown} and {more} more") } else { shown };
        if year.is_empty() {
            format!(
                "the stamps of {shown} state no year, and nothing dates the file: its times are not known"
            )
        } else {
            format!(
                "the stamps of {shown} state no year; {year} is taken, by the time of the file or the capture"
            )
        }
    };
    taken.into_iter().map(sentence).collect()
}

/// Something that more than one log tells: what, and when.
type Event = (String, Millis);

/// The starts of VMs and of the host that a log tells.
fn events(log: &MemberLog, rules: &RuleSet) -> Vec<Event> {
    let folder = match &log.owner {
        Owner::Vm(folder) => Some(file_name(folder)),
        Owner::Host => None,
    };
    let event = |fact: Fact, vm: Option<&str>| match fact {
        Fact::HostBoot => Some("boot".to_owned()),
        Fact::WorldName => Some(format!("vm {}", vm?)),
        Fact::VmxStart => Some(format!("vm {}", folder?)),
        _ => None,
    };
    let hits = log.scanned.hits.iter();
    let all = hits.filter_map(|hit| {
        let what = event(rules[hit.rule].rule.fact?, hit.captures.get("vm"))?;
        Some((what, hit.time?))
    });
    all.collect()
}

/// How far the stamps of a log are from UTC: the one distance that fits most of the events it shares with others.
fn distance(own: &[Event], known: &[&Event]) -> Option<Millis> {
    let mut fits: BTreeMap<Millis, u32> = BTreeMap::new();
    for (what, at) in own {
        let mut here: BTreeSet<Millis> = BTreeSet::new();
        for (_, time) in known.iter().filter(|(other, _)| other == what) {
            let by = time - at;
            let zone = (by + ZONE_STEP_MS / 2).div_euclid(ZONE_STEP_MS) * ZONE_STEP_MS;
            if (by - zone).abs() <= SAME_EVENT_MS && zone.abs() <= FARTHEST_ZONE_MS {
                here.insert(zone);
            }
        }
        for zone in here {
            *fits.entry(zone).or_default() += 1;
        }
    }
    let most = fits.values().copied().max()?;
    let mut best = fits.into_iter().filter(|(_, count)| *count == most);
    let (zone, _) = best.next()?;
    best.next().is_none().then_some(zone)
}

/// Moves all times of a log.
fn shift(log: &mut MemberLog, by: Millis) {
    let span = |span: &mut Span| {
        span.from += by;
        span.to += by;
    };
    log.spans.iter_mut().for_each(span);
    log.scanned.silences.iter_mut().for_each(span);
    log.scanned.steps_back.iter_mut().for_each(span);
    log.scanned.span.iter_mut().for_each(span);
    for hit in &mut log.scanned.hits {
        for time in [&mut hit.time, &mut hit.before, &mut hit.last].into_iter().flatten() {
            *time += by;
        }
    }
}

/// Whether the kind of a log is one by whose stamps a step of the host's clock shows.
pub(super) const fn shows_clock(kind: LogKind) -> bool {
    matches!(kind, LogKind::Vmkernel | LogKind::Hostd | LogKind::Vobd)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(what: &str, at: Millis) -> Event {
        (what.to_owned(), at)
    }

    #[test]
    fn shared_events_show_the_distance_from_utc() {
        const HOUR_MS: Millis = 3_600_000;
        let known = [event("vm A", 10 * HOUR_MS), event("vm A", 80 * HOUR_MS), event("boot", 5 * HOUR_MS)];
        let known: Vec<&Event> = known.iter().collect();
        let own = [event("vm A", 11 * HOUR_MS - 900), event("boot", 6 * HOUR_MS + 20_000)];
        assert_eq!(distance(&own, &known), Some(-HOUR_MS));
        assert_eq!(distance(&[event("vm A", 11 * HOUR_MS + 400_000)], &known), None, "no zone fits");
        assert_eq!(distance(&[event("vm B", 11 * HOUR_MS)], &known), None, "no event is shared");
        let twice = [event("boot", HOUR_MS), event("boot", 2 * HOUR_MS)];
        let twice: Vec<&Event> = twice.iter().collect();
        assert_eq!(distance(&[event("boot", 0)], &twice), None, "two zones fit");
    }
}
