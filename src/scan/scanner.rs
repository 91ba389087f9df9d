//! Scans a chunk of a log: the fast filter, a stats of the line starts, and the rules on the lines with a mark.

use super::chunk_result::{ChunkResult, Hit};
use super::line_stats::{LineStats, When, line_ends, when};
use crate::log::{LogKind, Millis, Stamper};
use crate::rules::{Captures, Compiled, Fact, Filter, LiteralHit, RuleId, RuleSet};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// The most bytes of a line that a rule sees and the report keeps.
const MAX_TEXT_BYTES: usize = 8 * 1024;

/// Lines longer than this are cut; the rest is counted and dropped.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// Equal evidence within this time is one finding with a count.
const REPEAT_GAP_MS: Millis = 1_000;

/// A flood: each time one rule has told this many findings about the same thing in a chunk, the time within which
/// they are one finding doubles …
const FLOOD_FINDINGS: u32 = 64;

/// … up to 64 seconds.
const FLOOD_DOUBLINGS: u32 = 6;

/// Scans chunks of logs of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Scanner<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// The filter of the kind, if any rule looks at it.
    pub filter: Option<&'a Filter>,
    /// The kind.
    pub kind: LogKind,
    /// No line can be later than this (for stamps without a year).
    pub reference: Millis,
    /// Bytes of a line that are looked at; at most [`MAX_LINE_BYTES`].
    pub line_limit: usize,
}

impl Scanner<'_> {
    /// Scans `data[..body]`, which ends at a line end; what follows up to the end of `data` is looked at only by
    /// rules whose text spans several lines.
    #[must_use]
    pub fn scan(&self, data: &[u8], body: usize) -> ChunkResult {
        let mut out = ChunkResult::default();
        let text = data.get(..body).unwrap_or(data);
        let stats = |out: &mut _| {
            LineStats::new(text, self.kind, Stamper::new(self.reference), self.line_limit, out).run()
        };
        let Some(filter) = self.filter else {
            out.lines = line_ends(text);
            stats(&mut out);
            return out;
        };
        let mut marks = Vec::new();
        filter.marks_and(text, &mut marks, |stretch| out.lines += line_ends(stretch));
        stats(&mut out);
        let mut marks = marks.as_slice();
        let mut lines = Lines::new(self, data, text);
        while let Some(first) = marks.first() {
            lines.go_to(first.at);
            let end = lines.line.end;
            let (own, rest) = marks.split_at(marks.iter().take_while(|mark| mark.at < end).count().max(1));
            marks = rest;
            out.tried += 1;
            self.try_line(&mut lines, filter, own, &mut out.hits);
        }
        out.hits.shrink_to_fit();
        out
    }

    fn try_line(&self, lines: &mut Lines<'_>, filter: &Filter, marks: &[LiteralHit], hits: &mut Vec<Hit>) {
        filter.rules_of(marks, &mut lines.candidates);
        let first_new = hits.len();
        for at in 0..lines.candidates.len() {
            let Some(&id) = lines.candidates.get(at) else { break };
            let rule = &self.rules[id];
            let text = self.text(lines.data, &lines.line, rule.rule.span);
            let Some(captures) = rule.matches(&text) else { continue };
            let text = Box::from(String::from_utf8_lossy(&text));
            let (line, when) = lines.place();
            let time = captures.get("when").and_then(crate::log::read_alone).or(when.time);
            let before = when.before;
            hits.push(Hit { rule: id, index: line, time, before, captures, text, count: 1, last: time });
        }
        if hits.len() > first_new {
            self.settle(first_new, &mut lines.folded, hits);
        }
    }

    /// Drops hits that another rule of the same line excludes, and folds repeats into one.
    fn settle(&self, first_new: usize, folded: &mut Folded, hits: &mut Vec<Hit>) {
        let fresh: Vec<Hit> = hits.drain(first_new..).collect();
        let ids: Vec<&str> = fresh.iter().map(|hit| self.rules[hit.rule].rule.id.as_str()).collect();
        for hit in fresh {
            let rule = &self.rules[hit.rule];
            if rule.rule.excluded_by.iter().any(|id| ids.contains(&id.as_str())) {
                continue;
            }
            let hit_role = hit_role(rule);
            if hit_role != HitRole::Evidence {
                if hit_role == HitRole::Heartbeat
                    && let Some(last) = folded.told.and_then(|at| hits.get_mut(at))
                    && last.rule == hit.rule
                {
                    last.count += 1;
                    last.last = hit.last;
                    continue;
                }
                folded.told = Some(hits.len());
                hits.push(hit);
                continue;
            }
            let strength = rule.strength_of(&hit.captures);
            let known = folded
                .recent
                .entry((hit.rule, key(rule, &hit.captures)))
                .or_insert(Recent { at: usize::MAX, findings: 0 });
            // What opens a state is reported again each time: the state may have ended in between.
            let doublings = if rule.rule.interval.is_some() {
                0
            } else {
                (known.findings / FLOOD_FINDINGS).min(FLOOD_DOUBLINGS)
            };
            if let Some(own) = hits.get_mut(known.at)
                && let (Some(then), Some(now)) = (own.time, hit.time)
                && (now - then).abs() < REPEAT_GAP_MS << doublings
                && rule.strength_of(&own.captures) >= strength
            {
                own.count += 1;
                own.last = hit.time;
                continue;
            }
            *known = Recent { at: hits.len(), findings: known.findings.saturating_add(1) };
            hits.push(hit);
        }
    }

    /// The line without its line end, and the lines of its span after it; an event record ends where the next
    /// begins.
    fn text<'t>(&self, data: &'t [u8], place: &Range<usize>, span: u8) -> Cow<'t, [u8]> {
        let line = data.get(place.start..place.end.min(place.start + self.line_limit)).unwrap_or_default();
        let trim = |line: &[u8]| -> usize { line.len() - usize::from(line.last() == Some(&b'\r')) };
        let first = line.get(..trim(line).min(MAX_TEXT_BYTES)).unwrap_or_default();
        if span == 0 {
            return Cow::Borrowed(first);
        }
        let mut out = first.to_vec();
        let mut at = place.end + 1;
        for _ in 0..span {
            let Some(rest) = data.get(at..).filter(|rest| !rest.is_empty()) else { break };
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let next = rest.get(..end).unwrap_or_default();
            if self.kind == LogKind::Sel && next.trim_ascii_start().starts_with(b"Record:") {
                break;
            }
            let room = MAX_TEXT_BYTES.saturating_sub(out.len() + 1);
            if room == 0 {
                break;
            }
            out.push(b'\n');
            out.extend_from_slice(next.get(..trim(next).min(room)).unwrap_or_default());
            at += end + 1;
        }
        Cow::Owned(out)
    }
}

/// What later findings of a chunk may be folded into.
#[derive(Default)]
struct Folded {
    /// By rule and what it is about.
    recent: BTreeMap<(RuleId, String), Recent>,
    /// The last finding that hit_role what happened.
    told: Option<usize>,
}

/// The last finding of a rule about one thing, and how many there have been.
struct Recent {
    at: usize,
    findings: u32,
}

/// What the hits of a rule tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HitRole {
    /// Evidence: repeats within a short time are one finding.
    Evidence,
    /// What happened (a crash, an operation, a fact): no two such lines are one finding …
    Event,
    /// … but for signs of life, which tell of one stretch of life until something happens.
    Heartbeat,
}

pub(super) fn hit_role(rule: &Compiled) -> HitRole {
    match (&rule.rule.crash, &rule.rule.operation, rule.rule.fact) {
        (None, None, None | Some(Fact::GuestSilent | Fact::VmPaused)) => HitRole::Evidence,
        (_, _, Some(Fact::GuestAlive)) => HitRole::Heartbeat,
        _ => HitRole::Event,
    }
}

/// What a finding of a rule is about: the values it is tied by.
pub(super) fn key(rule: &Compiled, captures: &Captures) -> String {
    let mut key = String::new();
    for tie in &rule.ties {
        key.push_str(captures.get(tie.as_str()).unwrap_or_default());
        key.push('\u{1f}');
    }
    key
}

/// The lines of a chunk that hold a mark, one after the other.
struct Lines<'a> {
    scanner: &'a Scanner<'a>,
    data: &'a [u8],
    text: &'a [u8],
    /// The line that is looked at, without its line end.
    line: Range<usize>,
    /// Its number is that of the line that begins at `counted`, and as many more as there are line ends in between.
    number: u64,
    counted: usize,
    stamper: Stamper,
    when: Option<When>,
    candidates: Vec<RuleId>,
    folded: Folded,
}

impl<'a> Lines<'a> {
    fn new(scanner: &'a Scanner<'a>, data: &'a [u8], text: &'a [u8]) -> Self {
        Self {
            scanner,
            data,
            text,
            line: 0..0,
            number: 0,
            counted: 0,
            stamper: Stamper::new(scanner.reference),
            when: None,
            candidates: Vec::new(),
            folded: Folded::default(),
        }
    }

    /// Moves on to the line that holds the byte at `at`.
    fn go_to(&mut self, at: usize) {
        let before = self.text.get(self.line.end..at).unwrap_or_default();
        let start =
            memchr::memrchr(b'\n', before).map_or(self.line.end, |newline| self.line.end + newline + 1);
        let rest = self.text.get(at..).unwrap_or_default();
        self.line = start..at + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    /// Number and times of the line, worked out when a rule matches it.
    fn place(&mut self) -> (u64, When) {
        let start = self.line.start;
        if let Some(when) = self.when.filter(|when| when.start == start) {
            return (self.number, when);
        }
        let between = self.text.get(self.counted..start).unwrap_or_default();
        self.number += line_ends(between);
        self.counted = start;
        let scanner = self.scanner;
        let when = when(self.text, start, (scanner.kind, &mut self.stamper), scanner.line_limit, self.when);
        self.when = Some(when);
        (self.number, when)
    }
}

/// Scans a text as a log of this kind, for tests.
#[cfg(test)]
pub(super) fn scan_as(rules: &RuleSet, kind: LogKind, text: &str, body: usize) -> ChunkResult {
    let filter = Filter::new(rules, kind);
    let reference = 1_800_000_000_000;
    let scanner = Scanner { rules, filter: filter.as_ref(), kind, reference, line_limit: MAX_LINE_BYTES };
    scanner.scan(text.as_bytes(), body)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    const RULES: &str = r#"
topic = "test"
[[rule]]
id = "t.msr"
title = "msr"
logs = ["vmware"]
literals = ["WinBSOD"]
pattern = 'WinBSOD: .*\[(?P<reg>0x\d+)\]'
crash = "windows-bugcheck"
[[rule]]
id = "t.slow"
title = "slow"
logs = ["vmware"]
literals = ["Command "]
pattern = 'Command \w+.* took (?P<seconds>[\d.]+) seconds'
check = "storage"
origin = "storage"
grade = { capture = "seconds", steps = [{ from = 1.0, strength = "context" }, { from = 30.0, strength = "strong" }] }
[[rule]]
id = "t.cause"
title = "cause"
logs = ["vmware"]
literals = ["unrecoverable error"]
pattern = 'unrecoverable error: \((?P<who>[^)]*)\)[^\n]*\n(?P<cause>[^\n]*)'
span = 1
crash = "vmx-failure"
"#;

    fn scan(text: &str) -> ChunkResult {
        let rules = RuleSet::from_texts(&[("t.toml", RULES)]).unwrap();
        scan_as(&rules, LogKind::Vmware, text, text.len())
    }

    #[test]
    fn lines_times_and_hits_are_found_in_one_pass() {
        let out = scan(
            "2025-01-01T00:00:00.000Z In(05) vmx - a\n2025-01-01T00:20:00.000Z Wa(03) vcpu-1 - WinBSOD: Synthetic MSR[0x40000100] 0x50\nbare\n\n2025-01-01T00:20:01.000Z In(05) vmx - scsi0:0: Command WRITE(10) took 31.5 seconds (ok)\n2025-01-01T00:20:01.200Z In(05) vmx - scsi0:0: Command WRITE(10) took 31.7 seconds (ok)\n",
        );
        assert_eq!((out.lines, out.understood, out.stamped), (6, 6, 4));
        assert_eq!(out.silences.len(), 1);
        assert_eq!(out.hits.len(), 2);
        assert_eq!(out.hits[0].index, 1);
        assert_eq!(out.hits[0].before, crate::log::read_alone("2025-01-01T00:00:00Z"));
        assert_eq!((out.hits[1].count, out.hits[1].captures.get("seconds")), (2, Some("31.5")));
    }

    #[test]
    fn signs_of_life_are_one_finding_until_something_happens() {
        let rules = RuleSet::builtin().unwrap();
        let alive = |minute: u32| {
            format!(
                "2025-01-01T00:{minute:02}:00.000Z In(05) vmx - Tools: [RunningStatus] Last heartbeat value {minute} (last received 1s ago)\n"
            )
        };
        let crash = "2025-01-01T00:30:00.000Z Wa(03) vcpu-1 - WinBSOD: Synthetic MSR[0x40000100] 0x50\n";
        let text = [alive(1), alive(2), alive(3), crash.to_owned(), alive(31), alive(32)].concat();
        let hits = scan_as(&rules, LogKind::Vmware, &text, text.len()).hits;
        let counts: Vec<(u64, u64)> = hits.iter().map(|hit| (hit.index, hit.count)).collect();
        assert_eq!(counts, [(0, 3), (3, 1), (4, 2)]);
        assert_eq!(hits[0].last, crate::log::read_alone("2025-01-01T00:03:00Z"));
    }

    #[test]
    fn a_cause_on_the_next_line_belongs_to_the_hit() {
        let out = scan(
            "2025-01-01T00:00:00.000Z In(05) vmx - [msg] VMware ESX unrecoverable error: (vmx)\r\n2025-01-01T00:00:00.000Z In(05)+ vmx - Unexpected signal: 11.\r\n",
        );
        assert_eq!(out.hits.len(), 1);
        assert!(out.hits[0].captures.get("cause").unwrap().ends_with("signal: 11."));
    }

    #[test]
    fn what_lies_behind_the_body_is_seen_but_not_scanned() {
        let rules = RuleSet::from_texts(&[("t.toml", RULES)]).unwrap();
        let text = "x unrecoverable error: (vmx)\nASSERT a.c:1\nx unrecoverable error: (mks)\ny\n";
        let body = text.find("ASSERT").unwrap();
        let out = scan_as(&rules, LogKind::Vmware, text, body);
        assert_eq!(out.hits.len(), 1);
        assert_eq!(out.hits[0].captures.get("cause"), Some("ASSERT a.c:1"));
        assert_eq!(out.lines, 1);
    }
}
