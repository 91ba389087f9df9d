//! Crashes assembled, checks run, origins weighed against each other, coverage applied, the next step named.

pub mod cover;
pub mod crash;
pub mod host_down;
pub mod incident;
mod judge;
pub mod known;
pub mod table;
pub mod unclaimed;
mod weigh;
pub mod words;

pub use crash::Crash;
pub use judge::{Candidate, Decision, judge};
pub use weigh::{Index, Weighed, Windows, weigh};
