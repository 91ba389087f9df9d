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
    if without.len() == pass.logs.iter().filter(dated).count() {
        zones.remarks.push(format!(
            "the stamps of {} state no zone: times are those of the host's clock, its distance from UTC is not known",
            names(&pass.logs, &without)
        ));
        return zones;
    }
    let moved = distances(&pass.logs, rules, &without);
    zones.unknown = without.iter().copied().filter(|at| !moved.contains_key(at)).collect();
    if !zones.unknown.is_empty() {
        let places: Vec<usize> = zones.unknown.iter().copied().collect();
        zones.remarks.push(format!(
            "the stamps of {} state no zone, and nothing in them tells which it is: they cover no moment",
            names(&pass.logs, &places)
        ));
    }
    let mut clocks: BTreeMap<Millis, Vec<usize>> = BTreeMap::new();
    for (at, by) in moved {
        clocks.entry(by).or_default().push(at);
    }
    for (by, places) in clocks {
        zones.remarks.push(format!(
            "the stamps of {} state no zone; events that other logs tell too show that their clock is {} min {} UTC",
            names(&pass.logs, &places),
            (by / 60_000).abs(),
            if by > 0 { "behind" } else { "ahead of" },
        ));
        for at in places {
            if let Some(log) = pass.logs.get_mut(at) {
                shift(log, by);
            }
        }
    }
    zones
}

/// The names of logs, the first three.
fn names(logs: &[MemberLog], places: &[usize]) -> String {
    let mut names: Vec<&str> =
        places.iter().filter_map(|at| logs.get(*at)).map(|log| file_name(&log.path)).collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(3);
    let shown = names.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// How far the stamps of logs without a zone are from UTC, of those of which other logs show it.
fn distances(logs: &[MemberLog], rules: &RuleSet, without: &[usize]) -> BTreeMap<usize, Millis> {
    let events: Vec<Vec<Event>> = logs.iter().map(|log| events(log, rules)).collect();
    let known: Vec<&Event> =
        events.iter().enumerate().filter(|(at, _)| !without.contains(at)).flat_map(|(_, own)| own).collect();
    let told = |at: &usize| Some((*at, distance(events.get(*at)?, &known)?));
    let told: BTreeMap<usize, Millis> = without.iter().filter_map(told).collect();
    // The rotations of a log have one clock.
    let shared = |at: &usize| Some((*at, told.get(at).copied().or_else(|| of_rotations(logs, *at, &told))?));
    without.iter().filter_map(shared).collect()
}

/// How far the stamps of the rotations of a log are from UTC, if that is one distance for all of which it is known.
fn of_rotations(logs: &[MemberLog], at: usize, known: &BTreeMap<usize, Millis>) -> Option<Millis> {
    let own = logs.get(at)?;
    let of_one_log = |other: &MemberLog| other.kind == own.kind && other.owner == own.owner;
    let of_log = known.iter().filter(|(other, _)| logs.get(**other).is_some_and(of_one_log));
    one_distance(of_log.map(|(_, by)| *by))
}

/// The distance of several clocks from UTC, if it is the same.
fn one_distance(mut all: impl Iterator<Item = Millis>) -> Option<Millis> {
    let by = all.next()?;
    all.all(|other| other == by).then_some(by)
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
    fn rotations_share_their_clock_where_they_agree() {
        assert_eq!(one_distance([3_600_000, 3_600_000].into_iter()), Some(3_600_000));
        assert_eq!(one_distance([3_600_000, 7_200_000].into_iter()), None, "the clock was set in between");
        assert_eq!(one_distance(std::iter::empty()), None);
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
