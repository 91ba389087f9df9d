//! Runs of the VMX process of each VM: from banner to exit, to the next banner, or to the end of the log.

use super::model::{HostModel, Session};
use crate::log::Millis;
use crate::rules::{Fact, RuleSet};
use std::collections::BTreeMap;

/// The banner and the lines behind it carry stamps up to a few seconds later than the line after.
const BANNER: Millis = 5_000;

/// A banner or an exit line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    time: Millis,
    is_start: bool,
    member: usize,
    before: Option<Millis>,
}

/// Finds the sessions of all VMs.
pub(super) fn find(host: &mut HostModel, rules: &RuleSet) {
    let mut marks: BTreeMap<usize, Vec<Mark>> = BTreeMap::new();
    for (fact, is_start) in [(Fact::VmxStart, true), (Fact::VmxExit, false)] {
        for finding in host.facts(rules, fact) {
            if let (Some(vm), Some(time)) = (finding.owner, finding.time) {
                let mark = Mark { time, is_start, member: finding.member, before: finding.before };
                marks.entry(vm).or_default().push(mark);
            }
        }
    }
    let names: Vec<(usize, usize, Millis, String)> = host
        .facts(rules, Fact::VmxHost)
        .filter_map(|finding| {
            Some((finding.owner?, finding.member, finding.time?, finding.captures.get("value")?.to_owned()))
        })
        .collect();
    for (index, vm) in host.vms.iter_mut().enumerate() {
        let (Some(first), Some(last)) = (vm.coverage.first(), vm.coverage.last()) else { continue };
        let mut own = marks.remove(&index).unwrap_or_default();
        own.sort_unstable();
        let spans = &vm.spans;
        // The last line before a start: of the pieces that end before it; inside its own piece the hint tells.
        let last_before = |at: Millis, hint: Option<Millis>| {
            hint.into_iter().chain(spans.iter().map(|(_, span)| span.to)).filter(|time| *time < at).max()
        };
        vm.sessions = sessions(&own, first, last, last_before);
        for session in &mut vm.sessions {
            session.host = names
                .iter()
                .find(|(owner, member, time, _)| {
                    *owner == index
                        && *member == session.member
                        && session.started
                        && (time - session.from).abs() <= BANNER
                })
                .map(|(.., name)| name.clone());
        }
    }
}

fn sessions(
    marks: &[Mark],
    first: Millis,
    last: Millis,
    last_before: impl Fn(Millis, Option<Millis>) -> Option<Millis>,
) -> Vec<Session> {
    let mut out: Vec<Session> = Vec::new();
    let mut open: Option<Session> = None;
    for (at, mark) in marks.iter().enumerate() {
        if mark.is_start {
            let same = |session: &Session| {
                session.started && session.member == mark.member && (mark.time - session.from).abs() < BANNER
            };
            if open.as_ref().is_some_and(same) {
                continue;
            }
            if let Some(mut past) = open.take() {
                // The process of a VM that moves away ends a little after the one that takes over has begun.
                let later_exit = marks
                    .iter()
                    .skip(at)
                    .find(|exit| !exit.is_start && exit.member == past.member && past.member != mark.member)
                    .filter(|exit| exit.time - mark.time < 600_000);
                match later_exit {
                    Some(exit) => {
                        past.to = exit.time;
                        past.exited = true;
                    }
                    None => past.to = last_before(mark.time, mark.before).unwrap_or(past.from).max(past.from),
                }
                out.push(past);
            } else if out.is_empty() && mark.time - first > BANNER {
                let to = last_before(mark.time, mark.before).unwrap_or(first);
                out.push(Session {
                    from: first,
                    to,
                    exited: false,
                    started: false,
                    member: mark.member,
                    host: None,
                });
            }
            open = Some(Session {
                from: mark.time,
                to: mark.time,
                exited: false,
                started: true,
                member: mark.member,
                host: None,
            });
        } else {
            // The end of a process that has been put away already.
            let past = out.iter().any(|session| session.exited && session.member == mark.member)
                && open.as_ref().is_some_and(|session| session.member != mark.member);
            if past {
                continue;
            }
            let known = open.take();
            match (known, out.last_mut()) {
                (Some(mut session), _) => {
                    session.to = mark.time;
                    session.exited = true;
                    out.push(session);
                }
                // The end is told by two or three lines; they close one session.
                (None, Some(session)) if session.exited && mark.time - session.to < 60_000 => {
                    session.to = session.to.max(mark.time)
                }
                (None, _) => {
                    let from = out.last().map_or(first, |session| session.to);
                    out.push(Session {
                        from,
                        to: mark.time,
                        exited: true,
                        started: false,
                        member: mark.member,
                        host: None,
                    });
                }
            }
        }
    }
    match open {
        Some(mut session) => {
            session.to = last.max(session.from);
            out.push(session);
        }
        None if out.is_empty() => {
            out.push(Session { from: first, to: last, exited: false, started: false, member: 0, host: None });
        }
        None => {}
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(time: Millis, is_start: bool, member: usize) -> Mark {
        Mark { time, is_start, member, before: Some(time - 1_000) }
    }

    #[test]
    fn a_move_overlaps_and_is_no_silent_end() {
        let marks = [
            mark(0, true, 0),
            mark(1_000_000, true, 1),
            mark(1_018_000, false, 0),
            mark(1_018_010, false, 0),
        ];
        let got = sessions(&marks, 0, 2_000_000, |_, hint| hint);
        assert_eq!(got.len(), 2);
        assert!(got.iter().any(|session| session.exited && session.to == 1_018_000));
        assert!(got.iter().any(|session| !session.exited && session.to == 2_000_000));
    }

    #[test]
    fn a_process_that_dies_without_a_word_has_no_exit() {
        let marks = [mark(0, true, 0), mark(1_000_000, true, 1), mark(1_500_000, false, 1)];
        let got = sessions(&marks, 0, 1_500_000, |_, hint| hint);
        assert_eq!(
            got.iter().map(|session| (session.exited, session.to)).collect::<Vec<_>>(),
            [(false, 999_000), (true, 1_500_000)]
        );
    }

    #[test]
    fn a_log_that_begins_in_the_middle_has_an_unknown_start() {
        let marks = [mark(500_000, false, 0), mark(900_000, true, 1)];
        let got = sessions(&marks, 0, 2_000_000, |_, hint| hint);
        assert_eq!(got.len(), 2);
        assert!(got.first().is_some_and(|session| session.exited && !session.started));
    }
}
