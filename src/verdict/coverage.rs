//! What the logs could not show: the coverage of each check, in words a person can act on.

use super::crash::Crash;
use super::window::TimeWindow;
use crate::evidence::HostModel;
use crate::log::{Coverage, LogKind, Millis};
use crate::log_table::{Belongs, Speaks};

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
}

/// Whether a log speaks about the time before the crash and the crash itself.
#[must_use]
pub fn cover(host: &HostModel, crash: &Crash, log: LogKind, windows: TimeWindow) -> Cover {
    let from = crash.time - windows.before;
    let own =
        if log.log().belongs == Belongs::ToVm { Some(&host[crash.vm].coverage) } else { host.logs.get(&log) };
    let Some(own) = own.filter(|own| own.members > 0) else {
        let why = collection_error(host, log)
            .map_or(String::new(), |error| format!(" (the collection says: {error})"));
        return Cover {
            log,
            covers: false,
            reason: Some(format!("{} is not in the bundle{why}", log.file_name())),
        };
    };
    let reason = match log.log().speaks {
        Speaks::AtOnce => (own.lines == 0).then(|| format!("the {} output is empty", log.file_name())),
        Speaks::OnEvents => begins_late(log, own, from, crash.time),
        Speaks::OfTheCrash => begins_late(log, own, crash.time, crash.time),
        Speaks::Steadily => excerpt(log, own)
            .or_else(|| begins_late(log, own, from, crash.time))
            .or_else(|| ends_early(log, own, crash.time))
            .or_else(|| silent(log, own, from, crash.time)),
    };
    Cover { log, covers: reason.is_none(), reason }
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
    let gap = own.gaps.iter().find(|gap| gap.from < crash && gap.to > from)?;
    Some(format!("{} is silent for {} around the crash", log.file_name(), lapse(gap.to - gap.from)))
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
    fn stretches_of_time_are_said_as_people_say_them() {
        assert_eq!(lapse(45_000), "45 s");
        assert_eq!(lapse(131 * 60_000), "2 h 11 min");
        assert_eq!(lapse(90_000), "1 min 30 s");
        assert_eq!(lapse(3 * 86_400_000 + 3_600_000), "3 d 1 h");
    }
}
