//! Runs of the VMX process of each VM: from banner to exit, to the next banner, or to the end of the log.

use super::model::{HostModel, Session, VmId};
use crate::log::Millis;
use crate::rules::{Fact, RuleSet};
use std::collections::BTreeMap;

/// The banner and the lines that follow it have stamps up to this much later than the line after.
const BANNER_SLACK_MS: Millis = 5_000;
/// The source of a vMotion ends its process within this time after the one that takes over has begun.
const HANDOVER_MS: Millis = 600_000;
/// The lines about one end of a process lie within this time of each other.
const EXIT_LINES_MS: Millis = 60_000;

/// A process whose VM is off or saved writes its last lines within this time.
const ENDING_MS: Millis = 60_000;

/// A banner or an exit line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct SessionSign {
    time: Millis,
    is_start: bool,
    member: usize,
    before: Option<Millis>,
}

/// Finds the sessions of all VMs.
pub(super) fn find(host: &mut HostModel, rules: &RuleSet) {
    let mut marks: BTreeMap<VmId, Vec<SessionSign>> = BTreeMap::new();
    for (fact, is_start) in [(Fact::VmxStart, true), (Fact::VmxExit, false)] {
        for finding in host.facts(rules, fact) {
            if let (Some(vm), Some(time)) = (finding.owner, finding.time) {
                let mark = SessionSign { time, is_start, member: finding.member, before: finding.before };
                marks.entry(vm).or_default().push(mark);
            }
        }
    }
    let names: Vec<(VmId, usize, Millis, String)> = host
        .facts(rules, Fact::VmxHost)
        .filter_map(|finding| {
            Some((finding.owner?, finding.member, finding.time?, finding.captures.get("value")?.to_owned()))
        })
        .collect();
    let overs: Vec<(VmId, Millis)> = host
        .facts(rules, Fact::RunOver)
        .filter_map(|finding| Some((finding.owner?, finding.time?)))
        .collect();
    for (at, vm) in host.vms.iter_mut().enumerate() {
        let id = VmId::new(at);
        let (Some(first), Some(last)) = (vm.coverage.first(), vm.coverage.last()) else { continue };
        let mut own = marks.remove(&id).unwrap_or_default();
        own.sort_unstable();
        let spans = &vm.spans;
        // The last line before a start: of the chunks that end before it; inside its own chunk the hint tells.
        let last_before = |at: Millis, hint: Option<Millis>| {
            hint.into_iter().chain(spans.iter().map(|(_, span)| span.to)).filter(|time| *time < at).max()
        };
        vm.sessions = sessions(&own, first, last, last_before);
        for session in &mut vm.sessions {
            let ending = session.to - ENDING_MS..=session.to;
            session.over = overs.iter().any(|(owner, time)| *owner == id && ending.contains(time));
            session.host = names
                .iter()
                .find(|(owner, member, time, _)| {
                    *owner == id
                        && *member == session.member
                        && session.started
                        && (time - session.from).abs() <= BANNER_SLACK_MS
                })
                .map(|(.., name)| name.clone());
        }
    }
}

fn sessions(
    signs: &[SessionSign],
    first: Millis,
    last: Millis,
    last_before: impl Fn(Millis, Option<Millis>) -> Option<Millis>,
) -> Vec<Session> {
    let mut found = Sessions { signs, first, done: Vec::new(), open: None };
    for (at, sign) in signs.iter().enumerate() {
        if sign.is_start {
            found.starts(at, *sign, &last_before);
        } else {
            found.ends(*sign);
        }
    }
    found.finish(last)
}

/// The sessions of one VM while its signs are gone through.
struct Sessions<'a> {
    signs: &'a [SessionSign],
    /// The first line of its logs.
    first: Millis,
    done: Vec<Session>,
    open: Option<Session>,
}

impl Sessions<'_> {
    /// A banner: the process before it has ended, if only without a word.
    fn starts(
        &mut self,
        at: usize,
        sign: SessionSign,
        last_before: &impl Fn(Millis, Option<Millis>) -> Option<Millis>,
    ) {
        let same = |session: &Session| {
            session.started
                && session.member == sign.member
                && (sign.time - session.from).abs() < BANNER_SLACK_MS
        };
        if self.open.as_ref().is_some_and(same) {
            return;
        }
        if let Some(mut past) = self.open.take() {
            match self.later_exit(at, sign, past.member) {
                Some(exit) => {
                    past.to = exit;
                    past.exited = true;
                }
                None => past.to = last_before(sign.time, sign.before).unwrap_or(past.from).max(past.from),
            }
            self.done.push(past);
        } else if self.done.is_empty() && sign.time - self.first > BANNER_SLACK_MS {
            let to = last_before(sign.time, sign.before).unwrap_or(self.first);
            self.done.push(Session { started: false, ..session(self.first, to, sign.member) });
        }
        self.open = Some(session(sign.time, sign.time, sign.member));
    }

    /// The process of a VM that moves away ends a little after the one that takes over has begun.
    fn later_exit(&self, at: usize, start: SessionSign, member: usize) -> Option<Millis> {
        let exit = self
            .signs
            .iter()
            .skip(at)
            .find(|exit| !exit.is_start && exit.member == member && member != start.member)?;
        (exit.time - start.time < HANDOVER_MS).then_some(exit.time)
    }

    /// An exit line.
    fn ends(&mut self, sign: SessionSign) {
        // The end of a process that has been put away already.
        let past = self.done.iter().any(|session| session.exited && session.member == sign.member)
            && self.open.as_ref().is_some_and(|session| session.member != sign.member);
        if past {
            return;
        }
        match (self.open.take(), self.done.last_mut()) {
            (Some(open), _) => self.done.push(Session { to: sign.time, exited: true, ..open }),
            // Two or three lines report the end; they close one session.
            (None, Some(session)) if session.exited && sign.time - session.to < EXIT_LINES_MS => {
                session.to = session.to.max(sign.time)
            }
            (None, last) => {
                let from = last.map_or(self.first, |session| session.to);
                let unseen = session(from, sign.time, sign.member);
                self.done.push(Session { exited: true, started: false, ..unseen });
            }
        }
    }

    fn finish(mut self, last: Millis) -> Vec<Session> {
        match self.open.take() {
            Some(open) => self.done.push(Session { to: last.max(open.from), ..open }),
            None if self.done.is_empty() => {
                self.done.push(Session { started: false, ..session(self.first, last, 0) });
            }
            None => {}
        }
        self.done
    }
}

/// A session whose start is in the log and whose end is not.
fn session(from: Millis, to: Millis, member: usize) -> Session {
    Session { from, to, exited: false, over: false, started: true, member, host: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(time: Millis, is_start: bool, member: usize) -> SessionSign {
        SessionSign { time, is_start, member, before: Some(time - 1_000) }
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
