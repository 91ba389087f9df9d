//! A log put together out of its chunks, as they come from the workers.

use super::bundle_scan::{ChunkDone, MemberLog};
use super::chunk_result::{ChunkResult, Hit};
use super::line_stats::{MAX_HOURS, MIN_SILENCE_MS};
use super::scanner::HitRole;
use crate::log::{Millis, Span};
use crate::rules::RuleId;
use std::collections::BTreeMap;

/// A log of which the chunks up to one are joined; those that came before their turn wait.
#[derive(Debug, Default)]
pub(super) struct LogAssembly {
    /// Counts and silences; its hits are in `hits`.
    scanned: ChunkResult,
    /// The hits of each chunk that has any; their lines count from 0 in the log.
    hits: Vec<Vec<Hit>>,
    spans: Vec<Span>,
    bytes: u64,
    long_lines: u64,
    last_before: Option<Millis>,
    /// Rule of the last hit that hit_role what happened, and its place in `hits`, if it is still there.
    told: Option<(RuleId, (usize, usize))>,
    /// The chunk that comes next.
    next: u32,
    waiting: BTreeMap<u32, ChunkDone>,
    size: Size,
    /// Hits were dropped: all that come behind them are.
    full: bool,
}

/// How much there is of a log.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Size {
    /// Hits in the chunks that are joined, dropped ones included.
    pub(super) found: u64,
    /// Bytes that they take, or took.
    pub(super) found_bytes: usize,
    /// Hits of them that are there.
    pub(super) held: u64,
    /// Bytes that they take.
    pub(super) held_bytes: usize,
    /// Bytes of the hits in chunks that wait.
    pub(super) waiting_bytes: usize,
}

impl LogAssembly {
    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// Nothing that comes is kept.
    pub(super) fn close(&mut self) {
        self.full = true;
    }

    /// Takes a chunk, and joins what has its turn now. `hit_role` says of each rule what its hits tell.
    pub(super) fn add(&mut self, chunk: ChunkDone, hit_role: &[HitRole]) {
        if chunk.chunk != self.next {
            self.size.waiting_bytes += cost(&chunk.scanned.hits);
            self.waiting.insert(chunk.chunk, chunk);
            return;
        }
        self.join(chunk, hit_role);
        while let Some(chunk) = self.waiting.remove(&self.next) {
            self.size.waiting_bytes -= cost(&chunk.scanned.hits);
            self.join(chunk, hit_role);
        }
        if self.waiting.is_empty() {
            // An empty map may hold on to its last node.
            self.waiting = BTreeMap::new();
        }
    }

    /// Joins all that waits, whatever is missing between.
    pub(super) fn settle(&mut self, hit_role: &[HitRole]) {
        while let Some((_, chunk)) = self.waiting.pop_first() {
            self.size.waiting_bytes -= cost(&chunk.scanned.hits);
            self.join(chunk, hit_role);
        }
    }

    /// Puts a chunk behind those that are joined.
    fn join(&mut self, done: ChunkDone, hit_role: &[HitRole]) {
        self.next = done.chunk.saturating_add(1);
        let mut chunk = done.scanned;
        let last_time = self.scanned.last_time;
        for hit in &mut chunk.hits {
            hit.index += self.scanned.lines;
            // A chunk that begins inside a record has its time from the chunk before.
            if hit.time.is_none() {
                hit.time = last_time;
                hit.last = hit.last.or(last_time);
            }
            if hit.before.is_none() {
                hit.before = if hit.time == last_time { self.last_before } else { last_time };
            }
        }
        if let (Some(past), Some(span)) = (last_time, chunk.span)
            && span.from - past >= MIN_SILENCE_MS
        {
            self.scanned.silences.push(Span { from: past, to: span.from });
        }
        self.scanned.lines += chunk.lines;
        self.scanned.looked += chunk.looked;
        self.scanned.understood += chunk.understood;
        self.scanned.stamped += chunk.stamped;
        self.scanned.tried += chunk.tried;
        self.scanned.silences.append(&mut chunk.silences);
        self.scanned.zoneless += chunk.zoneless;
        self.scanned.yearless += chunk.yearless;
        self.scanned.steps_back.append(&mut chunk.steps_back);
        for (hour, bytes) in std::mem::take(&mut chunk.hours) {
            if self.scanned.hours.len() < MAX_HOURS || self.scanned.hours.contains_key(&hour) {
                *self.scanned.hours.entry(hour).or_default() += bytes;
            }
        }
        self.spans.append(&mut chunk.runs);
        self.bytes += done.bytes;
        self.long_lines += done.long_lines + chunk.long_lines;
        if chunk.last_time.is_some() {
            self.last_before = last_time;
            self.scanned.last_time = chunk.last_time;
        }
        self.take(chunk.hits, hit_role);
    }

    /// Takes the hits of the chunk that is joined.
    fn take(&mut self, mut hits: Vec<Hit>, hit_role: &[HitRole]) {
        self.fold_heartbeats(&mut hits, hit_role);
        if let Some(at) = hits.iter().rposition(|hit| hit_role.get(hit.rule.at()) != Some(&HitRole::Evidence))
        {
            self.told = hits.get(at).map(|hit| (hit.rule, (self.hits.len(), at)));
        }
        let bytes = cost(&hits);
        self.size.found += hits.len() as u64;
        self.size.found_bytes += bytes;
        if !self.full && !hits.is_empty() {
            self.size.held += hits.len() as u64;
            self.size.held_bytes += bytes;
            hits.shrink_to_fit();
            self.hits.push(hits);
        }
    }

    /// Signs of life on both sides of a cut tell of one stretch of life. The rule of the last one is known also when
    /// the hit is gone, so that what was found does not depend on when something was dropped.
    fn fold_heartbeats(&mut self, hits: &mut Vec<Hit>, hit_role: &[HitRole]) {
        let Some((rule, (chunk, at))) = self.told else { return };
        let first = hits.iter().position(|hit| hit_role.get(hit.rule.at()) != Some(&HitRole::Evidence));
        let Some(first) = first.filter(|&first| hits.get(first).is_some_and(|hit| hit.rule == rule)) else {
            return;
        };
        if hit_role.get(rule.at()) != Some(&HitRole::Heartbeat) {
            return;
        }
        let more = hits.remove(first);
        if let Some(last) = self.hits.get_mut(chunk).and_then(|hits| hits.get_mut(at)) {
            last.count += more.count;
            last.last = more.last.or(last.last);
        }
    }

    /// Keeps the hits from the front that take no more than `room` bytes.
    pub(super) fn keep_first(&mut self, mut room: usize) {
        if self.size.found_bytes <= room {
            return;
        }
        self.full = true;
        let mut full = false;
        for hits in &mut self.hits {
            let fits = hits.iter().take_while(|hit| {
                let left = room.checked_sub(hit_cost(hit)).filter(|_| !full);
                full |= left.is_none();
                room = left.unwrap_or_default();
                left.is_some()
            });
            let fits = fits.count();
            if fits < hits.len() {
                hits.truncate(fits);
                hits.shrink_to_fit();
            }
        }
        self.hits.retain(|hits| !hits.is_empty());
        self.size.held = self.hits.iter().map(|hits| hits.len() as u64).sum();
        self.size.held_bytes = self.hits.iter().map(|hits| cost(hits)).sum();
    }

    /// Gives all to the log.
    pub(super) fn into_log(self, log: &mut MemberLog) {
        log.scanned = self.scanned;
        log.scanned.hits = self.hits.into_iter().flatten().collect();
        log.scanned.span =
            self.spans.iter().copied().reduce(|a, b| Span { from: a.from.min(b.from), to: a.to.max(b.to) });
        log.spans = self.spans;
        super::unset_clock::put_right(log);
        log.bytes += self.bytes;
        log.long_lines += self.long_lines;
    }
}

fn cost(hits: &[Hit]) -> usize {
    hits.iter().map(hit_cost).sum()
}

/// About what a hit takes in memory: itself, its text, its captures, and what four allocations waste.
fn hit_cost(hit: &Hit) -> usize {
    const HIT_OVERHEAD_BYTES: usize = 160;
    let captures: usize = hit.captures.iter().map(|(_, value)| value.len() + 4).sum();
    size_of::<Hit>() + hit.text.len() + captures + HIT_OVERHEAD_BYTES
}
