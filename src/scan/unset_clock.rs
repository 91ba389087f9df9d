//! Stretches of a log that were written before the host's clock was set: a dead clock chip starts in 2001, until a time
//! server answers. They are a boot of unknown time, neither a gap nor a time that the log covers.

use super::bundle_scan::MemberLog;
use super::line_stats::{MIN_SILENCE_MS, RUN_BREAK_MS};
use crate::log::{Millis, Span};
use crate::log_table::Speaks;

/// A clock that is set later than it ran by this much was not set before.
const SET_FORWARD_MS: Millis = 30 * 86_400_000;

/// At the start of a log, where nothing was written before: by this much.
const SET_AT_START_MS: Millis = 365 * 86_400_000;

/// The longest that a host runs with a clock that is not set.
const UNSET_FOR_MS: Millis = 86_400_000;

/// Takes such stretches out of a log's spans and silences. What was found in them has the last moment before the clock
/// was set, which `log.unset` notes: it happened then or before.
pub(super) fn put_right(log: &mut MemberLog) {
    let stretches = stretches(&log.spans, log.kind.log().speaks == Speaks::Steadily);
    if stretches.is_empty() {
        return;
    }
    let within = |at: Millis| stretches.iter().find(|unset| unset.span.from <= at && at <= unset.span.to);
    log.spans.retain(|span| within(span.from).is_none() || within(span.to).is_none());
    log.scanned.silences.retain(|silence| within(silence.from).is_none() && within(silence.to).is_none());
    for unset in &stretches {
        if let Some(before) = unset.before.filter(|before| unset.set - before >= MIN_SILENCE_MS) {
            log.scanned.silences.push(Span { from: before, to: unset.set });
        }
    }
    for hit in &mut log.scanned.hits {
        if let Some(unset) = hit.time.and_then(within) {
            hit.time = Some(unset.set - 1);
            hit.last = hit.last.map(|_| unset.set - 1);
        }
        if let Some(unset) = hit.before.and_then(within) {
            hit.before = unset.before;
        }
    }
    log.unset = stretches.iter().map(|unset| unset.set - 1).collect();
    let whole = log.spans.iter().copied();
    log.scanned.span = whole.reduce(|a, b| Span { from: a.from.min(b.from), to: a.to.max(b.to) });
}

/// A stretch with a clock that was not set.
struct Unset {
    /// Its stamps.
    span: Span,
    /// The last stamp before it, if the log reaches back.
    before: Option<Millis>,
    /// The first stamp once the clock was set.
    set: Millis,
}

fn stretches(spans: &[Span], steadily: bool) -> Vec<Unset> {
    let mut runs: Vec<Span> = Vec::new();
    for span in spans {
        match runs.last_mut() {
            Some(run) if span.from - run.to < RUN_BREAK_MS && run.from - span.to < RUN_BREAK_MS => {
                run.from = run.from.min(span.from);
                run.to = run.to.max(span.to);
            }
            _ => runs.push(*span),
        }
    }
    let mut found = Vec::new();
    let mut high: Option<Millis> = None;
    for pair in runs.windows(2) {
        let [run, next] = pair else { continue };
        let short = run.to - run.from < UNSET_FOR_MS;
        let unset = match high {
            Some(high) => {
                run.to < high - RUN_BREAK_MS
                    && next.from >= high - RUN_BREAK_MS
                    && next.from - run.to >= SET_FORWARD_MS
            }
            None => steadily && next.from - run.to >= SET_AT_START_MS,
        };
        if short && unset {
            found.push(Unset { span: *run, before: high, set: next.from });
        } else {
            high = Some(high.map_or(run.to, |high| high.max(run.to)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: Millis = 86_400_000;
    const HOUR_MS: Millis = 3_600_000;
    /// A time in 2026, and the first day of 2001.
    const NOW: Millis = 1_770_000_000_000;
    const DEAD: Millis = 978_307_200_000;

    fn span(from: Millis, long: Millis) -> Span {
        Span { from, to: from + long }
    }

    fn found(spans: &[Span]) -> Vec<(Span, Option<Millis>, Millis)> {
        stretches(spans, true).into_iter().map(|own| (own.span, own.before, own.set)).collect()
    }

    #[test]
    fn a_boot_before_the_clock_was_set_is_found() {
        let boot = span(DEAD, 200_000);
        let spans = [span(NOW, HOUR_MS), boot, span(NOW + 2 * HOUR_MS, HOUR_MS)];
        assert_eq!(found(&spans), [(boot, Some(NOW + HOUR_MS), NOW + 2 * HOUR_MS)]);
        // The log begins with the boot.
        assert_eq!(found(&[boot, span(NOW, HOUR_MS)]), [(boot, None, NOW)]);
    }

    #[test]
    fn old_lines_and_a_clock_that_is_put_back_for_good_are_none() {
        assert!(found(&[span(NOW, HOUR_MS), span(NOW + 90 * DAY_MS, HOUR_MS)]).is_empty());
        assert!(found(&[span(NOW, HOUR_MS), span(DEAD, HOUR_MS)]).is_empty());
        assert!(
            found(&[span(NOW, HOUR_MS), span(NOW - 40 * DAY_MS, 3 * DAY_MS), span(NOW, HOUR_MS)]).is_empty()
        );
    }
}
