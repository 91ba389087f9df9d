//! Over what time a log speaks: absence of evidence counts only inside it.

use super::stamp::Millis;
use crate::log_table::LogKind;

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

    /// Whether the log has lines at or before `from` and at or after `to`, and no gap swallows the stretch.
    #[must_use]
    pub fn covers(&self, from: Millis, to: Millis) -> bool {
        let reaches =
            self.first().is_some_and(|first| first <= from) && self.last().is_some_and(|last| last >= to);
        reaches
            && !self.gaps.iter().any(|gap| gap.from < to && gap.to > to && gap.from <= from.max(to - 60_000))
    }

    /// Whether the log reaches back to `from`; for logs that speak only when something happens.
    #[must_use]
    pub fn reaches_back(&self, from: Millis) -> bool {
        self.first().is_some_and(|first| first <= from)
    }

    /// Puts the pieces of a log together: their spans, and the long silences inside them (`silences`, longest
    /// stretch between two lines of a piece).
    #[must_use]
    pub fn assemble(mut self, kind: LogKind, silences: &[Span]) -> Self {
        self.spans.sort_unstable();
        let Some(limit) = kind.log().silence_ms else {
            return self.merged(&[], Millis::MAX);
        };
        // A quiet host has a slow log: silence is odd only when it is long for this very log.
        let total = match (self.first(), self.last()) {
            (Some(first), Some(last)) => last - first,
            _ => 0,
        };
        // Of lines that were only counted, as many have a stamp as of those that were read.
        let read = i128::from(self.looked.max(1));
        let stamped = i128::from(self.stamped) * i128::from(self.lines) / read;
        let usual = Millis::try_from(i128::from(total) / stamped.max(1)).unwrap_or(total);
        let limit = limit.max(usual.saturating_mul(20));
        self.merged(silences, limit)
    }

    fn merged(mut self, silences: &[Span], limit: Millis) -> Self {
        let mut merged: Vec<Span> = Vec::new();
        let mut gaps: Vec<Span> = Vec::new();
        for span in &self.spans {
            match merged.last_mut() {
                Some(last) if span.from <= last.to.saturating_add(limit.min(60_000)) => {
                    last.to = last.to.max(span.to)
                }
                Some(last) => {
                    if span.from - last.to > limit {
                        gaps.push(Span { from: last.to, to: span.from });
                        merged.push(*span);
                    } else {
                        last.to = last.to.max(span.to);
                    }
                }
                None => merged.push(*span),
            }
        }
        gaps.extend(silences.iter().filter(|silence| silence.to - silence.from > limit));
        gaps.sort_unstable();
        gaps.dedup();
        self.spans = merged;
        self.gaps = gaps;
        self
    }
}
