//! What speaks for each origin of one crash.

use super::case::Candidate;
use super::crash::Crash;
use super::weigh::Weighed;
use crate::log::LogKind;
use crate::rules::Part;
use crate::terms::{Check, Origin, Strength};

/// One candidate for each origin that more than a circumstance speaks for, the strongest first, then the earliest.
pub(super) fn candidates(crash: &Crash, weighed: &[Weighed]) -> Vec<Candidate> {
    let points_to = crash.points_to();
    let mut out: Vec<Candidate> =
        Origin::ALL.iter().filter_map(|&origin| candidate(origin, weighed, points_to)).collect();
    out.sort_by(|a, b| b.best.cmp(&a.best).then(a.since.cmp(&b.since)).then(a.origin.cmp(&b.origin)));
    out
}

fn candidate(origin: Origin, weighed: &[Weighed], points_to: &[Origin]) -> Option<Candidate> {
    let own: Vec<(usize, &Weighed)> = weighed
        .iter()
        .enumerate()
        .filter(|(_, w)| w.origin == Some(origin) && w.weight > Strength::Context)
        .collect();
    let best = own.iter().map(|(_, w)| w.weight).max()?;
    let (lead, first) =
        own.iter().filter(|(_, w)| w.weight == best).min_by_key(|(at, w)| (w.since, *at)).copied()?;
    let counting = || own.iter().map(|(_, w)| *w).filter(|w| w.weight >= Strength::Moderate);
    Some(Candidate {
        origin,
        best,
        since: first.since,
        lead,
        witnesses: witnesses(counting()),
        // A code that the guest's own faults make too points nowhere.
        pointed: points_to.first() == Some(&origin)
            || (points_to.contains(&origin) && !points_to.contains(&Origin::GuestOs)),
        // How a VM died may name the root itself: killed for a bad page, or because memory ran out.
        cause: own.iter().any(|(_, w)| {
            let names_root =
                w.part == Part::Cause || (w.part == Part::Mechanism && origin != Origin::Hypervisor);
            names_root && w.weight == best
        }),
        own_log_only: counting().all(|w| w.log == LogKind::Vmware),
        side_logs_only: counting().all(|w| !w.log.log().primary),
    })
}

/// Two lines of one log about one check are one witness; two logs, or two checks, are two. `vmkwarning.log` repeats
/// `vmkernel.log`.
fn witnesses<'a>(weighed: impl Iterator<Item = &'a Weighed>) -> usize {
    let mut seen: Vec<(Check, LogKind)> = weighed.map(|w| (w.check, w.log.original())).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}
