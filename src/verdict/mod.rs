//! Crashes assembled, lines weighed by caps, origins decided by the table, coverage applied, the next step named.

mod candidates;
pub mod caps;
pub mod case;
pub mod checks;
mod conditions;
mod count;
pub mod coverage;
pub mod crash;
mod crash_ids;
pub mod explain;
pub mod host_down;
pub mod host_of_crash;
pub mod incident;
mod judge;
pub mod known_issues;
mod life;
mod nearby;
mod next_start;
pub mod orphan_crashes;
pub mod page;
mod possible_roots;
mod run;
mod silent_end;
mod state_end;
pub mod table;
pub mod thresholds;
mod weigh;
mod window;

pub use case::{Candidate, Case};
pub use crash::Crash;
pub use judge::{Decision, Method, case, judge};
pub use run::{JudgeOptions, Judged, Verdicts, run};
pub use weigh::{CrashQuery, HostView, Index, UncountedLine, Weighed, weigh};
pub use window::TimeWindow;
