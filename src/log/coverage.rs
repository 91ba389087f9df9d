//! Over what time a log speaks: absence of evidence counts only inside it.

use super::stamp::Millis;
use crate::log_table::{LogKind, Speaks};
use std::collections::BTreeMap;

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Its first moment.
    pub from: Millis,
    /// Its last moment.
    pub to: Millis,
}

/// What is known of one log with all its rotations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Coverage {
    /// Stretches that have lines, by time, overlapping ones merged.
    pub spans: Vec<Span>,
    /// Stretches of silence that are too long for this kind.
    pub gaps: Vec<Span>,
    /// Files.
    pub members: u64,
    /// Lines.
    pub lines: u64,
    /// Lines whose start was read; of a long log only a part.
    pub looked: u64,
    /// Those of a known form.
    pub understood: u64,
    /// Those with a stamp.
    pub stamped: u64,
    /// Some of its files state no zone, and nothing tells which it is.
    pub zoneless: bool,
}

impl Coverage {
    /// First stamp.
    #[must_use]
    pub fn first(&self) -> Option<Millis> {
        self.spans.first().map(|span| span.from)
    }

    /// Last stamp.
    #[must_use]
    pub fn last(&self) -> Option<Millis> {
        self.spans.iter().map(|span| span.to).max()
    }

    /// Share of lines of a known form among those that were read, 0 to 1; `None` without lines.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn share_understood(&self) -> Option<f64> {
        (self.looked > 0).then(|| (self.understood as f64 / self.looked as f64 * 10_000.0).round() / 10_000.0)
    }

    /// Whether the log has lines at or before `from` and at or after `to`, and no gap takes more than a minute of the
    /// stretch.
    #[must_use]
    pub fn covers(&self, from: Millis, to: Millis) -> bool {
        let reaches =
            self.first().is_some_and(|first| first <= from) && self.last().is_some_and(|last| last >= to);
        reaches && self.gap_in(from, to).is_none()
    }

    /// The first gap that takes more than a minute of a stretch, or its end.
    #[must_use]
    pub fn gap_in(&self, from: Millis, to: Millis) -> Option<&Span> {
        self.gaps.iter().find(|gap| {
            let shared = gap.to.min(to) - gap.from.max(from);
            shared > MIN_GAP_SHARE_MS
                || (gap.from < to && gap.to > to && shared >= (to - from).min(MIN_GAP_SHARE_MS))
        })
    }

    /// Whether the log reaches back to `from`; for logs that speak only when something happens.
    #[must_use]
    pub fn reaches_back(&self, from: Millis) -> bool {
        self.first().is_some_and(|first| first <= from)
    }

    /// Puts the pieces of a log together: their spans, the long silences inside them (`silences`, longest stretch
    /// between two lines of a piece), and the bytes of its lines by hour since 1970 (`hours`).
    #[must_use]
    pub fn assemble(mut self, kind: LogKind, silences: &[Span], hours: &BTreeMap<i64, u64>) -> Self {
        self.spans.sort_unstable();
        let Some(limit) = kind.log().silence_ms else {
            return self.merged(&[], Millis::MAX);
        };
        let total = match (self.first(), self.last()) {
            (Some(first), Some(last)) => last - first,
            _ => 0,
        };
        // Of lines that were only counted, as many have a stamp as of those that were read.
        let read = i128::from(self.looked.max(1));
        let stamped = i128::from(self.stamped) * i128::from(self.lines) / read;
        let usual = Millis::try_from(i128::from(total) / stamped.max(1)).unwrap_or(total);
        // A quiet host has a slow log: silence is odd only when it is long for this very log.
        let limit = limit.max(usual.saturating_mul(20));
        let mut pauses: Vec<Span> = silences.to_vec();
        pauses.extend(self.between());
        pauses.sort_unstable();
        pauses.dedup();
        let always = kind.log().speaks == Speaks::Steadily;
        let rate = HourlyRate::new(hours, stamped, &self);
        let is_hole = |pause: &&Span| {
            let long = pause.to - pause.from;
            long > limit || (always && is_rare(**pause, &pauses, &rate, total))
        };
        let holes: Vec<Span> = pauses.iter().filter(is_hole).copied().collect();
        self.merged(&holes, limit)
    }

    /// The stretches between the pieces of a log.
    fn between(&self) -> Vec<Span> {
        let mut out = Vec::new();
        let mut last: Option<Millis> = None;
        for span in &self.spans {
            if let Some(last) = last.filter(|last| span.from > *last) {
                out.push(Span { from: last, to: span.from });
            }
            last = Some(last.map_or(span.to, |last| last.max(span.to)));
        }
        out
    }

    fn merged(mut self, holes: &[Span], limit: Millis) -> Self {
        let mut merged: Vec<Span> = Vec::new();
        for span in &self.spans {
            match merged.last_mut() {
                Some(last) if span.from - last.to <= limit => last.to = last.to.max(span.to),
                _ => merged.push(*span),
            }
        }
        self.spans = merged;
        self.gaps = holes.to_vec();
        self
    }
}

/// Lines that must have been expected in a pause before it is a hole.
const MIN_EXPECTED_LINES: f64 = 10.0;

/// A gap that takes less of a window than this hides nothing that matters: logs are written in bursts.
const MIN_GAP_SHARE_MS: Millis = 60_000;

/// Shorter pauses are no holes, whatever the rate: daemons rest.
const MIN_HOLE_MS: Millis = 10 * 60_000;

const HOUR_MS: Millis = 3_600_000;
const DAY_HOURS: i64 = 24;
const DAY_MS: Millis = DAY_HOURS * HOUR_MS;

/// Days before and after a pause by whose hours it is judged.
const DAYS_AROUND: i64 = 14;

/// Whether a pause is long for this log: more than ten lines were to be expected in it by the same hours of other days,
/// and the log does not pause like that day by day.
fn is_rare(pause: Span, pauses: &[Span], rate: &HourlyRate<'_>, total: Millis) -> bool {
    let long = pause.to - pause.from;
    if long < MIN_HOLE_MS || rate.expected(pause) <= MIN_EXPECTED_LINES {
        return false;
    }
    let alike = pauses.iter().filter(|own| **own != pause && (own.to - own.from) * 3 >= long * 2).count();
    Millis::try_from(alike).unwrap_or(Millis::MAX) <= total / DAY_MS
}

/// How many lines a log has by hour.
struct HourlyRate<'a> {
    hours: &'a BTreeMap<i64, u64>,
    lines_per_byte: f64,
    /// The first and the last hour that the log covers from their beginning to their end.
    whole: (i64, i64),
}

impl<'a> HourlyRate<'a> {
    #[allow(clippy::cast_precision_loss)]
    fn new(hours: &'a BTreeMap<i64, u64>, lines: i128, coverage: &Coverage) -> Self {
        let bytes: u64 = hours.values().sum();
        let (first, last) = coverage.first().zip(coverage.last()).unwrap_or_default();
        Self {
            hours,
            lines_per_byte: lines as f64 / bytes.max(1) as f64,
            whole: (-((-first).div_euclid(HOUR_MS)), last.div_euclid(HOUR_MS) - 1),
        }
    }

    /// The lines that were to be expected in a pause: in each of its hours the median of that hour on other days, else of
    /// the hours around it.
    #[allow(clippy::cast_precision_loss)]
    fn expected(&self, pause: Span) -> f64 {
        let hours = pause.from.div_euclid(HOUR_MS)..=(pause.to - 1).div_euclid(HOUR_MS);
        // A pause of many days is judged by the longest silence that the log may keep.
        let shares = hours.clone().take(DAY_HOURS as usize * 31).map(|hour| {
            let (from, to) = (hour * HOUR_MS, (hour + 1) * HOUR_MS);
            let share = (to.min(pause.to) - from.max(pause.from)) as f64 / HOUR_MS as f64;
            let is_other = |other: &i64| !hours.contains(other);
            let same = (-DAYS_AROUND..=DAYS_AROUND).map(|days| hour + days * DAY_HOURS).filter(is_other);
            let median = self.median(same).or_else(|| {
                let half = DAY_HOURS / 2;
                self.median((hour - half..=hour + half).filter(is_other))
            });
            share * median.unwrap_or_default()
        });
        shares.sum()
    }

    /// The median of the lines in those of the hours that the log covers; `None` if it covers none.
    #[allow(clippy::cast_precision_loss)]
    fn median(&self, hours: impl Iterator<Item = i64>) -> Option<f64> {
        let (first, last) = self.whole;
        let covered = hours.filter(|hour| (first..=last).contains(hour));
        let mut bytes: Vec<u64> = covered.map(|hour| self.hours.get(&hour).copied().unwrap_or(0)).collect();
        bytes.sort_unstable();
        let middle = *bytes.get(bytes.len() / 2)?;
        Some(middle as f64 * self.lines_per_byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_MS: Millis = 60_000;

    /// So many days of a log, with this many lines.
    fn days(days: Millis, lines: u64) -> Coverage {
        Coverage {
            spans: vec![Span { from: 0, to: days * DAY_MS }],
            members: 1,
            lines,
            looked: lines,
            understood: lines,
            stamped: lines,
            ..Coverage::default()
        }
    }

    /// A day of a log with this many lines and these pauses: minute of the day, minutes.
    fn day(lines: u64, pauses: &[(Millis, Millis)]) -> Coverage {
        let silences: Vec<Span> = pauses
            .iter()
            .map(|(at, long)| Span { from: at * MINUTE_MS, to: (at + long) * MINUTE_MS })
            .collect();
        days(1, lines).assemble(LogKind::Hostd, &silences, &even(lines, &silences))
    }

    /// So many bytes of lines as there are lines, evenly over those minutes of the day that no pause takes.
    fn even(lines: u64, pauses: &[Span]) -> BTreeMap<i64, u64> {
        let free: Vec<Millis> = (0..24 * 60)
            .map(|minute| minute * MINUTE_MS)
            .filter(|at| !pauses.iter().any(|pause| pause.from <= *at && *at < pause.to))
            .collect();
        let mut hours = BTreeMap::new();
        for at in &free {
            *hours.entry(at.div_euclid(HOUR_MS)).or_default() += lines * 1_000 / free.len() as u64;
        }
        hours
    }

    #[test]
    fn a_night_is_judged_by_other_nights() {
        // A week with 600 lines an hour by day and 20 by night.
        let night = |hour: i64| hour.rem_euclid(24) < 6;
        let hours: BTreeMap<i64, u64> =
            (0..7 * 24).map(|hour| (hour, if night(hour) { 20 } else { 600 })).collect();
        let lines = hours.values().sum();
        let week = days(7, lines);
        let pause = |hour: Millis| Span {
            from: 3 * DAY_MS + hour * HOUR_MS,
            to: 3 * DAY_MS + hour * HOUR_MS + 25 * MINUTE_MS,
        };
        let holes = |pause: Span| week.clone().assemble(LogKind::Hostd, &[pause], &hours).gaps.len();
        assert_eq!(holes(pause(2)), 0, "eight lines were to be expected");
        assert_eq!(holes(pause(14)), 1, "250 lines were to be expected");
    }

    #[test]
    fn a_pause_of_minutes_is_a_hole_in_a_busy_log() {
        assert_eq!(day(8_400, &[(600, 14)]).gaps.len(), 1);
        assert!(day(8_400, &[(600, 9)]).gaps.is_empty(), "a daemon rests");
    }

    #[test]
    fn a_pause_in_which_lines_were_to_be_expected_is_a_hole() {
        // 350 lines an hour.
        let busy = day(8_400, &[(600, 59)]);
        assert_eq!(busy.gaps.len(), 1);
        assert!(!busy.covers(640 * MINUTE_MS, 655 * MINUTE_MS), "within the hole");
        assert!(!busy.covers(650 * MINUTE_MS, 665 * MINUTE_MS), "its end takes nine minutes of the window");
        assert!(busy.covers(660 * MINUTE_MS, 675 * MINUTE_MS), "after it");
    }

    #[test]
    fn the_pauses_of_a_quiet_log_are_no_holes() {
        // A line each quarter of an hour, and a flood in one minute.
        let quiet: Vec<(Millis, Millis)> = (0..48).map(|at| (at * 30, 25)).collect();
        assert!(day(10_000, &quiet).gaps.is_empty());
        // A log of few lines: no more than ten were to be expected.
        assert!(day(200, &[(600, 59)]).gaps.is_empty());
    }

    proptest::proptest! {
        /// A longer pause is never less of a hole.
        #[test]
        fn a_longer_pause_covers_no_more(lines in 10_u64..50_000, at in 0_i64..900, short in 10_i64..200, more in 0_i64..200) {
            let (short, long) = (day(lines, &[(at, short)]), day(lines, &[(at, short + more)]));
            for from in (0..1_400).step_by(50) {
                let window = (from * MINUTE_MS, (from + 15) * MINUTE_MS);
                proptest::prop_assert!(short.covers(window.0, window.1) || !long.covers(window.0, window.1));
            }
        }
    }
}
