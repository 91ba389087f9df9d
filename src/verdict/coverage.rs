//! What the logs could not show: the coverage of each check, in words a person can act on.

use super::crash::Crash;
use super::thresholds::EXIT_LINE_MS;
use crate::evidence::HostModel;
use crate::log::{Coverage, LogKind, Millis, rfc3339};
use crate::log_table::Speaks;

/// Lines that a log which always speaks has at least; the quietest host writes more in an hour.
const MIN_STEADY_LINES: u64 = 10;

/// How a log covers a crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// The log.
    pub log: LogKind,
    /// Whether it covers the moment.
    pub covers: bool,
    /// Why not.
    pub reason: Option<String>,
    /// It is the log of a host that the VM left within the window, and whose bundle was not given.
    pub of_absent_host: bool,
}

/// A time of which a host's logs are to speak: the window of a crash, or as much of it as the VM spent on that host.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// The host; `None` if its bundle was not given.
    pub host: Option<&'a HostModel>,
    /// What its logs call it, where the VM moved.
    pub name: Option<&'a str>,
    /// From when.
    pub from: Millis,
    /// Until when: the crash, or the VM's leaving.
    pub to: Millis,
    /// The VM left this host before the crash.
    pub left: bool,
}

/// Whether the VM's own log speaks about its crash.
#[must_use]
pub fn own_cover(host: &HostModel, crash: &Crash) -> Cover {
    let cover = cover_of(host, LogKind::Vmware, Some(&host[crash.vm].coverage), (crash.time, crash.time));
    // An older run may be there, and the one that crashed not.
    let run = host[crash.vm].session_at(crash.time);
    let over = run.is_some_and(|run| (run.exited || run.over) && run.to < crash.time - EXIT_LINE_MS);
    if !cover.covers || !over {
        return cover;
    }
    let reason = format!("{} of the run that crashed is missing", LogKind::Vmware.file_name());
    Cover { covers: false, reason: Some(reason), ..cover }
}

/// Whether a host's log speaks about a stretch of time.
#[must_use]
pub fn cover(stretch: &Stretch<'_>, log: LogKind) -> Cover {
    let Some(host) = stretch.host else {
        let reason = match stretch.name.filter(|_| stretch.left) {
            Some(name) => format!(
                "{} of {name} is not here, where the VM ran until {}",
                log.file_name(),
                rfc3339(stretch.to)
            ),
            None => format!("{} here is of another host than the one the VM ran on", log.file_name()),
        };
        return Cover { log, covers: false, reason: Some(reason), of_absent_host: stretch.left };
    };
    let mut cover = cover_of(host, log, host.logs.get(&log), (stretch.from, stretch.to));
    if let (true, Some(name), Some(reason)) = (stretch.left, stretch.name, &mut cover.reason) {
        *reason = format!("{reason}, on {name}, which the VM left {}", rfc3339(stretch.to));
    }
    cover
}

fn cover_of(host: &HostModel, log: LogKind, own: Option<&Coverage>, (from, to): (Millis, Millis)) -> Cover {
    let Some(own) = own.filter(|own| own.members > 0) else {
        let why = collection_error(host, log)
            .map_or(String::new(), |error| format!(" (the collection says: {error})"));
        return Cover {
            log,
            covers: false,
            reason: Some(format!("{} is not in the bundle{why}", log.file_name())),
            of_absent_host: false,
        };
    };
    if own.zoneless && own.spans.is_empty() {
        let reason = format!("{} states no zone, so what moment it covers is not known", log.file_name());
        return Cover { log, covers: false, reason: Some(reason), of_absent_host: false };
    }
    let reason = match log.log().speaks {
        Speaks::AtOnce if own.lines == 0 => Some(format!("the {} output is empty", log.file_name())),
        // It was cleared since.
        Speaks::AtOnce => own
            .first()
            .filter(|first| *first > to)
            .map(|first| format!("{} begins {} after the crash", log.file_name(), lapse(first - to))),
        Speaks::OnEvents | Speaks::OfTheCrash => begins_late(log, own, from, to),
        Speaks::Steadily => excerpt(log, own)
            .or_else(|| begins_late(log, own, from, to))
            .or_else(|| ends_early(log, own, to))
            .or_else(|| silent(log, own, from, to)),
    };
    // Rotations of it may be there that state no zone.
    let reason = reason.map(|reason| match own.zoneless {
        true => format!("what of {} states a zone does not cover the moment", log.file_name()),
        false => reason,
    });
    Cover { log, covers: reason.is_none(), reason, of_absent_host: false }
}

/// A log that always speaks and has only a handful of lines was cut out of one: it may lack what matters.
fn excerpt(log: LogKind, own: &Coverage) -> Option<String> {
    let lines = match own.lines {
        1 => "one line".to_owned(),
        lines => format!("{lines} lines"),
    };
    (own.lines < MIN_STEADY_LINES).then(|| format!("{} has only {lines}: an excerpt", log.file_name()))
}

fn begins_late(log: LogKind, own: &Coverage, from: Millis, crash: Millis) -> Option<String> {
    let name = log.file_name();
    let Some(first) = own.first() else { return Some(format!("{name} has no line with a time")) };
    if first > crash {
        return Some(format!("{name} begins {} after the crash", lapse(first - crash)));
    }
    (first > from).then(|| format!("{name} begins only {} before the crash", lapse(crash - first)))
}

fn ends_early(log: LogKind, own: &Coverage, crash: Millis) -> Option<String> {
    let last = own.last()?;
    (last < crash).then(|| format!("{} ends {} before the crash", log.file_name(), lapse(crash - last)))
}

fn silent(log: LogKind, own: &Coverage, from: Millis, crash: Millis) -> Option<String> {
    if own.covers(from, crash) {
        return None;
    }
    let gap = own.gap_in(from, crash)?;
    Some(format!("{} is silent for {} around the crash", log.file_name(), lapse(gap.to - gap.from)))
}

/// A log of the host beside a log of the VM that states no zone, where that of the host does: neither covers the other.
#[must_use]
pub fn beside_zoneless(log: LogKind) -> Cover {
    let reason = format!("the VM's own log states no zone, so {} cannot be laid beside it", log.file_name());
    Cover { log, covers: false, reason: Some(reason), of_absent_host: false }
}

/// A hardware log whose clock is unknown, and that holds a fatal record on the day of a crash that the guest puts down
/// to the hardware: it may be of that moment.
#[must_use]
pub fn fatal_on_that_day(time: Millis) -> Cover {
    let reason = format!(
        "the clock of the IPMI SEL is not known, and it holds a fatal record of {} by that clock",
        rfc3339(time).replace('T', " ").split('.').next().unwrap_or_default()
    );
    Cover { log: LogKind::Sel, covers: false, reason: Some(reason), of_absent_host: false }
}

/// What the bundle's error log says about a log that is missing.
fn collection_error(host: &HostModel, log: LogKind) -> Option<&str> {
    let word = match log {
        LogKind::Sel => "ipmi",
        other => other.as_str(),
    };
    host.collection_errors.iter().map(String::as_str).find(|line| line.to_ascii_lowercase().contains(word))
}

/// A stretch of time as people say it: `2 h 11 min`, `45 s`.
#[must_use]
pub fn lapse(ms: Millis) -> String {
    let seconds = ms / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds % 86_400 / 3_600, seconds % 3_600 / 60);
    match (days, hours, minutes) {
        (0, 0, 0) if seconds == 0 => format!("{ms} ms"),
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) if seconds % 60 > 0 && minutes < 5 => format!("{minutes} min {} s", seconds % 60),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_of_a_log_covers_nothing() {
        let hour = 3_600_000;
        let log = |lines| Coverage {
            spans: vec![crate::log::Span { from: -hour, to: hour }],
            members: 1,
            lines,
            ..Coverage::default()
        };
        let covered = |kind, lines| {
            let host = HostModel { logs: [(kind, log(lines))].into(), ..HostModel::default() };
            let stretch = Stretch { host: Some(&host), name: None, from: -900_000, to: 0, left: false };
            cover(&stretch, kind)
        };
        let excerpt = covered(LogKind::Hostd, MIN_STEADY_LINES - 1);
        assert_eq!(excerpt.reason.as_deref(), Some("hostd.log has only 9 lines: an excerpt"));
        assert!(covered(LogKind::Hostd, MIN_STEADY_LINES).covers);
        assert!(covered(LogKind::Shell, 2).covers, "a log that speaks on events may have few lines");
    }

    #[test]
    fn a_host_that_the_vm_left_covers_only_with_its_bundle() {
        let stretch = Stretch { host: None, name: Some("esx01"), from: -900_000, to: -60_000, left: true };
        let absent = cover(&stretch, LogKind::Hostd);
        assert!(!absent.covers && absent.of_absent_host);
        assert!(absent.reason.is_some_and(|reason| reason.starts_with("hostd.log of esx01 is not here")));
    }

    #[test]
    fn stretches_of_time_are_said_as_people_say_them() {
        assert_eq!(lapse(45_000), "45 s");
        assert_eq!(lapse(131 * 60_000), "2 h 11 min");
        assert_eq!(lapse(90_000), "1 min 30 s");
        assert_eq!(lapse(3 * 86_400_000 + 3_600_000), "3 d 1 h");
    }
}
