//! When the guest of a VM showed that it lives, and when Tools in it stopped answering, on whichever hosts it ran.

use super::thresholds::SAME_MOMENT_MS;
use super::weigh::Index;
use crate::evidence::{FindingId, HostModel, VmId};
use crate::log::Millis;

/// The signs of life of one guest.
#[derive(Debug, Default)]
pub struct Life {
    /// First and last of signs that follow each other.
    alive: Vec<(Millis, Millis)>,
    /// When Tools stopped answering.
    silent: Vec<Millis>,
    /// When a question that it waited on was answered.
    continued: Vec<Millis>,
}

impl Life {
    /// Adds the signs that the logs of one host's bundle contain.
    pub fn add(&mut self, host: &HostModel, index: &Index, vm: VmId) {
        let own = |at: &&FindingId| host[**at].owner == Some(vm);
        let alive = index.alive.iter().filter(own).map(|at| &host[*at]);
        self.alive.extend(alive.filter_map(|sign| Some((sign.time?, sign.last.or(sign.time)?))));
        self.silent.extend(index.silent.iter().filter(own).filter_map(|at| host[*at].time));
        self.continued.extend(index.continued.iter().filter(own).filter_map(|at| host[*at].time));
    }

    /// Whether it showed a sign of life between the end of something and a crash. What it writes in the moment of that
    /// end was waiting to be written.
    #[must_use]
    pub fn shows(&self, ended: Millis, crash: Millis) -> bool {
        self.alive.iter().any(|(first, last)| *first < crash && *last > ended + SAME_MOMENT_MS)
    }

    /// When a question of this moment was answered, if it was before the crash.
    #[must_use]
    pub fn continued(&self, asked: Millis, crash: Millis) -> Option<Millis> {
        self.continued.iter().copied().filter(|time| *time >= asked && *time < crash).min()
    }

    /// Whether Tools stopped answering between two moments.
    #[must_use]
    pub fn stops(&self, from: Millis, to: Millis) -> bool {
        self.silent.iter().any(|time| *time > from && *time < to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_of_life_counts_after_the_moment_and_before_the_crash() {
        let life = Life { alive: vec![(0, 60_000)], silent: vec![70_000], continued: vec![80_000] };
        assert!(life.shows(49_999, 90_000) && !life.shows(50_000, 90_000));
        assert!(!life.shows(-20_000, 0), "it came after the crash");
        assert_eq!(life.continued(10_000, 90_000), Some(80_000));
        assert_eq!(life.continued(10_000, 80_000).or(life.continued(80_001, 90_000)), None);
        assert!(life.stops(60_000, 90_000) && !life.stops(70_000, 90_000) && !life.stops(0, 70_000));
    }
}
