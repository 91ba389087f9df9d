//! Decides one crash by the table.

use super::candidates::candidates;
use super::caps::{CAPS, Cap, OUTLIVED};
use super::case::{Candidate, Case};
use super::coverage::{Cover, Stretch, beside_zoneless, cover, fatal_on_that_day, own_cover};
use super::crash::Crash;
use super::table::{ROWS, Row, RowName};
use super::weigh::Weighed;
use crate::evidence::HostModel;
use crate::log::{LogKind, Millis};
use crate::log_table::Belongs;
use crate::terms::{Confidence, Origin};

/// What a run decides by: rows and caps in their order. Tests take single ones out.
#[derive(Debug, Clone)]
pub struct Method {
    /// The rows of the table.
    pub rows: Vec<&'static Row>,
    /// The caps of lines.
    pub caps: Vec<&'static Cap>,
}

impl Default for Method {
    fn default() -> Self {
        Self { rows: ROWS.iter().collect(), caps: CAPS.iter().collect() }
    }
}

/// A verdict before it is put into words.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The row that decided.
    pub row: RowName,
    /// The origin.
    pub origin: Origin,
    /// How sure.
    pub confidence: Confidence,
    /// Where an undetermined one leans.
    pub leaning: Option<Origin>,
    /// Logs that would have been needed.
    pub missing: Vec<LogKind>,
    /// What it rests on.
    pub case: Case,
    /// The logs are those of another host than the one the VM ran on.
    pub elsewhere: bool,
}

impl Decision {
    /// The coverage of a log.
    #[must_use]
    pub fn cover_of(&self, log: LogKind) -> Option<&Cover> {
        self.case.covers.iter().find(|cover| cover.log == log)
    }

    /// Whether a log covers the moment.
    #[must_use]
    pub fn covered(&self, log: LogKind) -> bool {
        self.case.covered(log)
    }

    /// The finding that speaks first for the origin.
    #[must_use]
    pub fn lead(&self, origin: Origin) -> Option<usize> {
        let own = self.case.candidates.iter().find(|candidate| candidate.origin == origin);
        own.map(|candidate| candidate.lead)
    }

    /// The finding that speaks first for the origin that is named, or leaned to.
    #[must_use]
    pub fn first_lead(&self) -> Option<usize> {
        let named = Some(self.origin).filter(|origin| *origin != Origin::Undetermined).or(self.leaning)?;
        self.lead(named).or_else(|| match named {
            // What ended a host may be in the hardware's log alone.
            Origin::HostFailure => self.lead(Origin::HostHardware),
            _ => None,
        })
    }

    /// Why another strong origin loses against the one that is named.
    #[must_use]
    pub fn loses(&self, rival: &Candidate) -> String {
        ROWS.iter()
            .find(|row| row.name == self.row)
            .map_or_else(String::new, |row| (row.loses)(rival, self.origin))
    }
}

/// What is known beside the lines that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Beside {
    /// How long before the crash an NMI was sent to another VM of the host, in the same seconds.
    pub nmi_to_another: Option<Millis>,
    /// A dump or an event log was given, and it tells of another crash.
    pub dump_disagrees: bool,
    /// A step of the host's clock that is nearer to the crash than it is long: milliseconds from the crash, and its
    /// length.
    pub clock_step: Option<(Millis, Millis)>,
    /// How long after the crash, within two minutes, its host went down.
    pub host_ended: Option<Millis>,
    /// A fatal record of the hardware within a day of the crash, by a clock that is not known.
    pub fatal_record: Option<Millis>,
}

/// The case of a crash of a VM of `home`. `stretches` are the times that its hosts' logs have to speak of: those of
/// each host it ran on in the window.
#[must_use]
pub fn case(
    home: &HostModel,
    stretches: &[Stretch<'_>],
    crash: &Crash,
    weighed: &[Weighed],
    beside: Beside,
) -> Case {
    let actors = [Origin::HaReset, Origin::Operator];
    let cover_of = |log: LogKind| match log.log().belongs {
        Belongs::ToVm => own_cover(home, crash),
        Belongs::ToHost if home[crash.vm].coverage.zoneless => beside_zoneless(log),
        Belongs::ToHost => match beside.fatal_record {
            Some(time) if log == LogKind::Sel => fatal_on_that_day(time),
            _ => cover_on(stretches, log),
        },
    };
    Case {
        kind: crash.kind,
        code: crash.bugcheck.as_ref().map(|bugcheck| bugcheck.code),
        points_to: crash.points_to(),
        hosted: home[crash.vm].hosted,
        is_silent: !crash.is_told,
        candidates: candidates(crash, weighed),
        covers: LogKind::ALL.iter().map(|&log| cover_of(log)).collect(),
        absent_hosts: stretches
            .iter()
            .filter(|stretch| stretch.left && stretch.host.is_none())
            .filter_map(|stretch| Some((stretch.name?.to_owned(), stretch.to)))
            .collect(),
        unresolved: weighed.iter().filter(|w| w.unresolved).find_map(|w| w.origin),
        nmi_to_another: beside.nmi_to_another,
        clock_step: beside.clock_step,
        host_ended: beside.host_ended,
        dump_disagrees: beside.dump_disagrees,
        open_state: weighed.iter().any(|w| w.lowered.contains(&OUTLIVED)),
        actor: weighed.iter().filter_map(|w| w.origin).find(|origin| actors.contains(origin)),
    }
}

/// How a host log covers the window: on every host the VM ran on in it, or not.
fn cover_on(stretches: &[Stretch<'_>], log: LogKind) -> Cover {
    let mut all = stretches.iter().map(|stretch| cover(stretch, log));
    let first = all.next().unwrap_or(Cover { log, covers: false, reason: None, of_absent_host: false });
    if first.covers { all.find(|cover| !cover.covers).unwrap_or(first) } else { first }
}

/// Decides a case by the first row that applies. `elsewhere`: no host speaks about it.
#[must_use]
pub fn judge(case: Case, elsewhere: bool, method: &Method) -> Decision {
    let undecided = Decision {
        row: RowName::Undetermined,
        origin: Origin::Undetermined,
        confidence: Confidence::Possible,
        leaning: None,
        missing: Vec::new(),
        case,
        elsewhere,
    };
    let Some(row) = method.rows.iter().find(|row| (row.when)(&undecided.case)) else { return undecided };
    let case = undecided.case;
    let origin = (row.origin)(&case);
    let confidence = match origin {
        None => Confidence::Possible,
        Some(_) if case.clock_step.is_some() => Confidence::Possible,
        Some(origin)
            if !case.dump_disagrees && row.sure.iter().all(|condition| (condition.holds)(&case, origin)) =>
        {
            Confidence::Confirmed
        }
        Some(_) => Confidence::Likely,
    };
    Decision {
        row: row.name,
        origin: origin.unwrap_or(Origin::Undetermined),
        confidence,
        leaning: (row.leaning)(&case),
        missing: (row.missing)(&case)
            .into_iter()
            .filter(|log| !case.hosted || log.log().belongs == Belongs::ToVm)
            .collect(),
        case,
        elsewhere,
    }
}
