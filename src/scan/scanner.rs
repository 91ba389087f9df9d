//! Scans a piece of a log: the fast filter first, then one look at each line start, then the rules on hit lines.

use crate::log::{LogKind, Millis, Span, Stamper, head};
use crate::rules::{Captures, Compiled, Filter, Mark, RuleSet};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The most bytes of a line that a rule sees and the report keeps.
const TEXT_LIMIT: usize = 8 * 1024;

/// Lines longer than this are cut; the rest is counted and dropped.
pub const LINE_LIMIT: usize = 1 << 20;

/// Equal evidence within this time is one finding with a count.
const COALESCE: Millis = 1_000;

/// A flood: each time one rule has told this many findings about the same thing in a piece, the time within which
/// they are one finding doubles …
const FLOOD: u32 = 64;

/// … up to 64 seconds.
const FLOOD_DOUBLINGS: u32 = 6;

/// A line that a rule matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Index of the rule in its set.
    pub rule: usize,
    /// Line, from 0, counted from the start of the piece; of the member once the pass is over.
    pub line: u64,
    /// Its time; a line without a stamp has that of the line it continues.
    pub time: Option<Millis>,
    /// Time of the last line before it that has another time: the last sign of life before a boot.
    pub before: Option<Millis>,
    /// What the rule took out of it.
    pub captures: Captures,
    /// The line with the lines of its span, lossily as text, cut at 8 KiB.
    pub text: String,
    /// How many equal ones it stands for.
    pub count: u64,
    /// Time of the last of them.
    pub last: Option<Millis>,
}

/// What a scan of one piece gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scanned {
    /// Lines.
    pub lines: u64,
    /// Lines of a known form, continuations included.
    pub understood: u64,
    /// Lines with a stamp.
    pub stamped: u64,
    /// First and last stamp (by value, not by place).
    pub span: Option<Span>,
    /// Silences of ten minutes or more between two lines.
    pub silences: Vec<Span>,
    /// Hits, by line.
    pub hits: Vec<Hit>,
    /// Lines that reached a pattern.
    pub tried: u64,
    /// Lines that were cut at the limit.
    pub long_lines: u64,
    /// Time of the last stamped line, for the piece that follows.
    pub last_time: Option<Millis>,
}

/// Stretches shorter than this are not worth keeping as silences.
const SILENCE: Millis = 600_000;

/// Scans pieces of logs of one kind.
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
    /// Bytes of a line that are looked at; at most [`LINE_LIMIT`].
    pub line_limit: usize,
}

impl Scanner<'_> {
    /// Scans `data[..body]`, which ends at a line end; what follows up to the end of `data` is looked at only by
    /// rules whose text spans several lines.
    #[must_use]
    pub fn scan(&self, data: &[u8], body: usize) -> Scanned {
        let mut out = Scanned::default();
        let mut stamper = Stamper::new(self.reference);
        let text = data.get(..body).unwrap_or(data);
        let mut marks = Vec::new();
        if let Some(filter) = self.filter {
            filter.marks(text, &mut marks);
        }
        let mut marks = marks.as_slice();
        let mut recent: BTreeMap<(usize, String), Recent> = BTreeMap::new();
        let (mut time, mut before): (Option<Millis>, Option<Millis>) = (None, None);
        let mut candidates = Vec::new();
        let mut offset = 0;
        let mut ends = memchr::memchr_iter(b'\n', text);
        while offset < text.len() {
            let end = ends.next().unwrap_or(text.len());
            let mut line = text.get(offset..end).unwrap_or_default();
            if line.len() > self.line_limit {
                out.long_lines += 1;
                line = line.get(..self.line_limit).unwrap_or(line);
            }
            if let Some(head) = head::read(&mut stamper, self.kind, line) {
                out.understood += 1;
                if let Some(now) = head.time {
                    out.stamped += 1;
                    if time != Some(now) {
                        if let Some(past) = time {
                            before = Some(past);
                            if now - past >= SILENCE {
                                out.silences.push(Span { from: past, to: now });
                            }
                        }
                        time = Some(now);
                    }
                    let span = out.span.get_or_insert(Span { from: now, to: now });
                    span.from = span.from.min(now);
                    span.to = span.to.max(now);
                }
            } else if time.is_some() || line.iter().all(u8::is_ascii_whitespace) || self.is_free_form() {
                // A bare line below a stamped one continues it.
                out.understood += 1;
            }
            if marks.first().is_some_and(|mark| mark.at < end) {
                let here = marks.iter().take_while(|mark| mark.at < end).count();
                let (own, rest) = marks.split_at(here);
                marks = rest;
                out.tried += 1;
                let place = Place { line: out.lines, time, before, end };
                self.try_line(data, line, place, own, &mut candidates, &mut recent, &mut out.hits);
            }
            out.lines += 1;
            offset = end + 1;
        }
        out.last_time = time;
        out
    }

    /// Kinds whose text is not made of stamped lines.
    fn is_free_form(&self) -> bool {
        matches!(self.kind, LogKind::Sel | LogKind::FolderListing | LogKind::Readme)
    }

    #[allow(clippy::too_many_arguments)]
    fn try_line(
        &self,
        data: &[u8],
        line: &[u8],
        place: Place,
        marks: &[Mark],
        candidates: &mut Vec<usize>,
        recent: &mut BTreeMap<(usize, String), Recent>,
        hits: &mut Vec<Hit>,
    ) {
        let Some(filter) = self.filter else { return };
        filter.rules_of(marks, candidates);
        let first_new = hits.len();
        for &index in candidates.iter() {
            let Some(rule) = self.rules.rules().get(index) else { continue };
            let text = self.text(data, place, line, rule.rule.span);
            let Some(captures) = rule.matches(&text) else { continue };
            let time = captures.get("when").and_then(crate::log::read_alone).or(place.time);
            let text = String::from_utf8_lossy(&text).into_owned();
            hits.push(Hit {
                rule: index,
                line: place.line,
                time,
                before: place.before,
                captures,
                text,
                count: 1,
                last: time,
            });
        }
        if hits.len() > first_new {
            self.settle(first_new, recent, hits);
        }
    }

    /// Drops hits that another rule of the same line excludes, and folds repeats into one.
    fn settle(&self, first_new: usize, recent: &mut BTreeMap<(usize, String), Recent>, hits: &mut Vec<Hit>) {
        let fresh: Vec<Hit> = hits.drain(first_new..).collect();
        let ids: Vec<&str> = fresh.iter().filter_map(|hit| self.id(hit.rule)).collect();
        for hit in fresh {
            let Some(rule) = self.rules.rules().get(hit.rule) else { continue };
            if rule.rule.excluded_by.iter().any(|id| ids.contains(&id.as_str())) {
                continue;
            }
            if told(rule) {
                hits.push(hit);
                continue;
            }
            let strength = rule.strength_of(&hit.captures);
            let known = recent
                .entry((hit.rule, key(rule, &hit.captures)))
                .or_insert(Recent { at: usize::MAX, findings: 0 });
            // What opens a state is told anew each time: the state may have ended in between.
            let doublings =
                if rule.rule.interval.is_some() { 0 } else { (known.findings / FLOOD).min(FLOOD_DOUBLINGS) };
            if let Some(own) = hits.get_mut(known.at)
                && let (Some(then), Some(now)) = (own.time, hit.time)
                && (now - then).abs() < COALESCE << doublings
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

    fn id(&self, rule: usize) -> Option<&str> {
        self.rules.rules().get(rule).map(|rule| rule.rule.id.as_str())
    }

    /// The line without its line end, and the lines of its span behind it; an event record ends where the next
    /// begins.
    fn text<'t>(&self, data: &[u8], place: Place, line: &'t [u8], span: u8) -> Cow<'t, [u8]> {
        let trim = |line: &[u8]| -> usize { line.len() - usize::from(line.last() == Some(&b'\r')) };
        let first = line.get(..trim(line).min(TEXT_LIMIT)).unwrap_or_default();
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
            let room = TEXT_LIMIT.saturating_sub(out.len() + 1);
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

/// The last finding of a rule about one thing, and how many there have been.
struct Recent {
    at: usize,
    findings: u32,
}

/// Whether a rule tells what happened (a crash, an operation, a fact) and not only evidence: such lines are not
/// folded.
pub(super) const fn told(rule: &Compiled) -> bool {
    rule.rule.crash.is_some() || rule.rule.operation.is_some() || rule.rule.fact.is_some()
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

/// Where a hit line stands.
#[derive(Clone, Copy)]
struct Place {
    line: u64,
    time: Option<Millis>,
    before: Option<Millis>,
    /// Where its line end stands.
    end: usize,
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

    fn scan(text: &str) -> Scanned {
        let rules = RuleSet::from_texts(&[("t.toml", RULES)]).unwrap();
        let filter = Filter::new(&rules, LogKind::Vmware).unwrap();
        let scanner = Scanner {
            rules: &rules,
            filter: Some(&filter),
            kind: LogKind::Vmware,
            reference: 1_800_000_000_000,
            line_limit: LINE_LIMIT,
        };
        scanner.scan(text.as_bytes(), text.len())
    }

    #[test]
    fn lines_times_and_hits_are_found_in_one_pass() {
        let out = scan(
            "2025-01-01T00:00:00.000Z In(05) vmx - a\n2025-01-01T00:20:00.000Z Wa(03) vcpu-1 - WinBSOD: Synthetic MSR[0x40000100] 0x50\nbare\n\n2025-01-01T00:20:01.000Z In(05) vmx - scsi0:0: Command WRITE(10) took 31.5 seconds (ok)\n2025-01-01T00:20:01.200Z In(05) vmx - scsi0:0: Command WRITE(10) took 31.7 seconds (ok)\n",
        );
        assert_eq!((out.lines, out.understood, out.stamped), (6, 6, 4));
        assert_eq!(out.silences.len(), 1);
        assert_eq!(out.hits.len(), 2);
        assert_eq!(out.hits[0].line, 1);
        assert_eq!(out.hits[0].before, crate::log::read_alone("2025-01-01T00:00:00Z"));
        assert_eq!((out.hits[1].count, out.hits[1].captures.get("seconds")), (2, Some("31.5")));
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
        let filter = Filter::new(&rules, LogKind::Vmware).unwrap();
        let scanner = Scanner {
            rules: &rules,
            filter: Some(&filter),
            kind: LogKind::Vmware,
            reference: 0,
            line_limit: LINE_LIMIT,
        };
        let text = "x unrecoverable error: (vmx)\nASSERT a.c:1\nx unrecoverable error: (mks)\ny\n";
        let body = text.find("ASSERT").unwrap();
        let out = scanner.scan(text.as_bytes(), body);
        assert_eq!(out.hits.len(), 1);
        assert_eq!(out.hits[0].captures.get("cause"), Some("ASSERT a.c:1"));
        assert_eq!(out.lines, 1);
    }
}
