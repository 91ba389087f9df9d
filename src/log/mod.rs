//! Line grammar: kinds of log, time stamps, heads by generation, coverage.

mod coverage;
pub mod head;
mod stamp;
mod user_time;

pub use crate::log_table::LogKind;
pub use coverage::{Coverage, Span};
pub use stamp::{
    Millis, Stamp, StampForm, Stamper, UNKNOWN_YEAR_MS, is_of_unknown_year, read_alone, rfc3339,
};
pub use user_time::read_asked;
