//! Crashes assembled, lines weighed by caps, origins decided by the table, coverage applied, the next step named.

mod candidates;
pub mod caps;
pub mod case;
pub mod checks;
mod count;
pub mod cover;
pub mod crash;
pub mod host_down;
pub mod incident;
mod judge;
pub mod known;
pub mod page;
mod run;
pub mod table;
pub mod thresholds;
pub mod unclaimed;
mod weigh;
mod window;
pub mod words;

pub use case::{Candidate, Case};
pub use crash::Crash;
pub use judge::{Decision, Method, case, judge};
pub use run::{Inquiry, Judged, Verdicts, run};
pub use weigh::{Index, LeftOut, Question, Scene, Weighed, weigh};
pub use window::Windows;
