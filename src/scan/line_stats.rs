//! What the line starts of a chunk tell: how many lines there are, from when to when they reach, where they are
//! silent, and how many of them have a known form.
//!
//! Not every line start is read. Behind a line with a stamp stands, some kilobytes on, another one: if hardly any time
//! lies between the two, nothing between them can be a silence or lie outside the span, and the lines there are only
//! counted. Where time jumps, runs back or is missing, each line is read. Which lines are read depends on the text
//! alone.
//!
//! What it is for: reading each line start took a seventh of all time.

use super::chunk_result::ChunkResult;
use crate::log::{LogKind, Millis, Span, Stamper, head};

/// Bytes between two line starts that are compared. Half a screen of lines; a log with fewer bytes is read line by
/// line.
const LEAP_BYTES: usize = 4 << 10;

/// Lines behind a leap that may be without a stamp, such as the body of an event.
const MAX_LEAP_STEPS: usize = 16;

/// Stretches shorter than this are not worth keeping as silences.
pub(super) const MIN_SILENCE_MS: Millis = 600_000;

/// Time that jumps by this much begins another run of stamps.
pub(super) const RUN_BREAK_MS: Millis = 86_400_000;

/// Stamps that run back by less are those of lines that were written late.
const MIN_STEP_BACK_MS: Millis = 60_000;

/// Places of a chunk that are kept at which stamps run back.
const MAX_STEPS_BACK: usize = 16;

const HOUR_MS: Millis = 3_600_000;

/// Hours of a log whose lines are counted: more than a year.
pub(super) const MAX_HOURS: usize = 10_000;

/// Runs of stamps of a chunk that are told apart.
const MAX_RUNS: usize = 64;

/// The line starts of one chunk.
pub(super) struct LineStats<'a> {
    text: &'a [u8],
    kind: LogKind,
    stamper: Stamper,
    line_limit: usize,
    time: Option<Millis>,
    /// The last stamp ran back: from it to the one before.
    ran_back: Option<Span>,
    /// The hour of the last stamp, and where the first line of it begins.
    hour: Option<(i64, usize)>,
    out: &'a mut ChunkResult,
}

impl<'a> LineStats<'a> {
    /// Prepares to fill the counts and spans of `out`, whose lines are the line ends of `text`, the body of a chunk.
    pub(super) fn new(
        text: &'a [u8],
        kind: LogKind,
        stamper: Stamper,
        line_limit: usize,
        out: &'a mut ChunkResult,
    ) -> Self {
        Self { text, kind, stamper, line_limit, time: None, ran_back: None, hour: None, out }
    }

    /// Reads as many line starts as it takes. The line ends have been counted.
    pub(super) fn run(mut self) {
        self.out.lines += u64::from(self.text.last().is_some_and(|last| *last != b'\n'));
        // Leaps would pass over lines that are longer than the limit without counting them.
        let mut leap_from = if self.line_limit > 2 * LEAP_BYTES { LEAP_BYTES } else { usize::MAX };
        let mut at = 0;
        while at < self.text.len() {
            let (next, stamped) = self.look(at);
            at = next;
            if stamped && at >= leap_from {
                match self.leap(at) {
                    Some(landed) => at = landed,
                    None => leap_from = at + LEAP_BYTES,
                }
            }
        }
        self.out.last_time = self.time;
        self.count_hour(self.text.len());
    }

    /// Reads the line that begins at `at`. Gives where the next begins, and whether this one has a stamp.
    fn look(&mut self, at: usize) -> (usize, bool) {
        let rest = self.text.get(at..).unwrap_or_default();
        let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..len).unwrap_or_default();
        let mut line = line.get(head::nuls(line)..).unwrap_or_default();
        if line.len() > self.line_limit {
            self.out.long_lines += 1;
            line = line.get(..self.line_limit).unwrap_or(line);
        }
        self.out.looked += 1;
        let mut now = None;
        if let Some(head) = head::read(&mut self.stamper, self.kind, line) {
            self.out.understood += 1;
            now = head.time;
            if now.is_some() {
                self.out.zoneless += u64::from(!head.zoned);
                self.out.yearless += u64::from(!head.dated);
            }
        } else if self.time.is_some() || line.iter().all(u8::is_ascii_whitespace) || self.kind.log().free_form
        {
            // A bare line below a stamped one continues it.
            self.out.understood += 1;
        }
        if let Some(now) = now {
            self.out.stamped += 1;
            self.pass(now);
            let hour = now.div_euclid(HOUR_MS);
            if self.hour.is_none_or(|(own, _)| own != hour) {
                self.count_hour(at);
                self.hour = Some((hour, at));
            }
        }
        (at + len + 1, now.is_some())
    }

    /// Takes note of the time of a line.
    fn pass(&mut self, now: Millis) {
        let past = self.time.replace(now);
        if let Some(past) = past.filter(|past| now - past >= MIN_SILENCE_MS) {
            self.out.silences.push(Span { from: past, to: now });
        }
        self.run_on(past, now);
        // One late line is not a step: the next one must be early too.
        if let Some(back) = self.ran_back.take().filter(|back| now < back.to - MIN_STEP_BACK_MS)
            && self.out.steps_back.len() < MAX_STEPS_BACK
        {
            self.out.steps_back.push(back);
        }
        let step = past.map_or(0, |past| now - past);
        if (1 - RUN_BREAK_MS..=-MIN_STEP_BACK_MS).contains(&step) {
            self.ran_back = Some(Span { from: now, to: now - step });
        }
        let span = self.out.span.get_or_insert(Span { from: now, to: now });
        span.from = span.from.min(now);
        span.to = span.to.max(now);
    }

    /// Counts the bytes of the hour that ends before `at`.
    fn count_hour(&mut self, at: usize) {
        let Some((hour, from)) = self.hour else { return };
        let hours = &mut self.out.hours;
        if self.kind.log().silence_ms.is_some() && (hours.len() < MAX_HOURS || hours.contains_key(&hour)) {
            *hours.entry(hour).or_default() += at.saturating_sub(from) as u64;
        }
    }

    /// Continues the run of stamps, or begins another.
    fn run_on(&mut self, past: Option<Millis>, now: Millis) {
        let runs = &mut self.out.runs;
        let full = runs.len() >= MAX_RUNS;
        let breaks = past.is_none_or(|past| (now - past).abs() >= RUN_BREAK_MS);
        match runs.last_mut() {
            Some(run) if !breaks => {
                run.from = run.from.min(now);
                run.to = run.to.max(now);
            }
            Some(run) if full => {
                run.from = run.from.min(now);
                run.to = run.to.max(now);
            }
            _ => runs.push(Span { from: now, to: now }),
        }
    }

    /// The start of a line some kilobytes behind `at` whose stamp says that nothing happened to time in between.
    /// Never reaches the last lines.
    fn leap(&mut self, at: usize) -> Option<usize> {
        let past = self.time?;
        let mut from = at + LEAP_BYTES;
        for _ in 0..MAX_LEAP_STEPS {
            let rest = self.text.get(from..self.text.len().checked_sub(LEAP_BYTES)?)?;
            let start = from + memchr::memchr(b'\n', rest)? + 1;
            if start - at > 2 * LEAP_BYTES {
                return None;
            }
            let line = self.text.get(start..)?;
            let line = line.get(..self.line_limit).unwrap_or(line);
            if let Some(now) = head::read(&mut self.stamper, self.kind, line).and_then(|head| head.time) {
                return (0..MIN_SILENCE_MS).contains(&(now - past)).then_some(start);
            }
            from = start;
        }
        None
    }
}

/// Line ends in a text.
pub(super) fn line_ends(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

/// Where a line begins, and its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When {
    /// Offset of its first byte.
    pub(super) start: usize,
    /// Its time; that of the line it continues if it has none of its own.
    pub(super) time: Option<Millis>,
    /// Time of the last line before it that has another time.
    pub(super) before: Option<Millis>,
}

/// Finds the times of the line that begins at `start` by walking back from it, at most to `known`, an earlier line
/// whose times have been found: no line is read twice on the way through a chunk.
pub(super) fn when(
    text: &[u8],
    start: usize,
    (kind, stamper): (LogKind, &mut Stamper),
    line_limit: usize,
    known: Option<When>,
) -> When {
    let mut time = None;
    let mut at = start;
    loop {
        if let Some(known) = known.filter(|known| known.start == at) {
            let (time, before) = match time {
                None => (known.time, known.before),
                Some(_) if known.time.is_some() && known.time != time => (time, known.time),
                Some(_) => (time, known.before),
            };
            return When { start, time, before };
        }
        let line = text.get(at..).unwrap_or_default();
        let line = line.get(..memchr::memchr(b'\n', line).unwrap_or(line.len())).unwrap_or(line);
        let line = line.get(head::nuls(line)..).unwrap_or_default();
        let line = line.get(..line_limit).unwrap_or(line);
        if let Some(now) = head::read(stamper, kind, line).and_then(|head| head.time) {
            match time {
                None => time = Some(now),
                Some(own) if own != now => return When { start, time, before: Some(now) },
                Some(_) => {}
            }
        }
        let Some(end) = at.checked_sub(1) else { return When { start, time, before: None } };
        at = memchr::memrchr(b'\n', text.get(..end).unwrap_or_default()).map_or(0, |newline| newline + 1);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::log::rfc3339;
    use proptest::prelude::*;

    const END_OF_2096_MS: Millis = 4_000_000_000_000;

    fn stats(text: &[u8], line_limit: usize) -> ChunkResult {
        let mut out = ChunkResult { lines: line_ends(text), ..ChunkResult::default() };
        LineStats::new(text, LogKind::Vmkernel, Stamper::new(END_OF_2096_MS), line_limit, &mut out).run();
        out
    }

    /// Reads every line, from the first to the last.
    fn plainly(text: &[u8]) -> (ChunkResult, Vec<When>) {
        let mut out = ChunkResult::default();
        let mut stamper = Stamper::new(END_OF_2096_MS);
        let (mut time, mut before, mut start) = (None, None, 0);
        let mut when = Vec::new();
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            out.lines += 1;
            if let Some(now) = head::read(&mut stamper, LogKind::Vmkernel, line).and_then(|head| head.time) {
                if let Some(past) = time.filter(|past| *past != now) {
                    before = Some(past);
                    if now - past >= MIN_SILENCE_MS {
                        out.silences.push(Span { from: past, to: now });
                    }
                }
                time = Some(now);
                let span = out.span.get_or_insert(Span { from: now, to: now });
                *span = Span { from: span.from.min(now), to: span.to.max(now) };
            }
            when.push(When { start, time, before });
            start += line.len();
        }
        out.last_time = time;
        (out, when)
    }

    fn log(steps: &[(i64, usize, bool)]) -> Vec<u8> {
        let mut now = 1_700_000_000_000;
        let mut text = String::new();
        for (step, width, stamped) in steps {
            now += step;
            if *stamped {
                text += &format!("{} cpu0:1)", rfc3339(now));
            }
            text += &"x".repeat(*width);
            text.push('\n');
        }
        text.into_bytes()
    }

    proptest! {
        #[test]
        fn lines_that_are_passed_over_change_nothing(
            steps in proptest::collection::vec(
                (prop_oneof![60 => Just(0_i64), 60 => 0..900_i64, 1 => 500_000..3_000_000_i64],
                 prop_oneof![50 => 0..150_usize, 1 => 0..9000_usize], proptest::bool::weighted(0.8)),
                0..1500,
            ),
            backwards in proptest::option::of(0..1500_usize),
        ) {
            let mut steps = steps;
            // Clocks may be set back by a lot, once.
            if let Some(step) = backwards.and_then(|at| steps.get_mut(at)) {
                step.0 = -20_000_000;
            }
            let text = log(&steps);
            let (plain, when_plain) = plainly(&text);
            let seen = stats(&text, 1 << 20);
            prop_assert_eq!(seen.lines, plain.lines);
            prop_assert_eq!(&seen.silences, &plain.silences);
            prop_assert_eq!(seen.span, plain.span);
            prop_assert_eq!(seen.last_time, plain.last_time);
            prop_assert!(seen.looked <= seen.lines);

            let mut stamper = Stamper::new(END_OF_2096_MS);
            let mut known = None;
            for expected in when_plain.iter().step_by(7) {
                let found = when(&text, expected.start, (LogKind::Vmkernel, &mut stamper), 1 << 20, known);
                prop_assert_eq!(&found, expected);
                known = Some(found);
            }
        }
    }

    #[test]
    fn most_lines_of_a_busy_log_are_only_counted() {
        let text = log(&vec![(20, 90, true); 20_000]);
        let seen = stats(&text, 1 << 20);
        assert_eq!((seen.lines, seen.understood), (20_000, seen.looked));
        assert!(seen.looked < 1_000, "{}", seen.looked);
    }

    #[test]
    fn long_lines_are_counted_whatever_the_limit() {
        let mut text = log(&vec![(20, 90, true); 500]);
        text.extend(log(&[(1, 30_000, true)]));
        text.extend(log(&vec![(20, 90, true); 500]));
        assert_eq!(stats(&text, 20_000).long_lines, 1);
        assert_eq!(stats(&text, 100).long_lines, 1001);
    }
}
