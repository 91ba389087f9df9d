//! Line grammar: kinds of log, time stamps, heads by generation, coverage.

mod asked;
mod coverage;
pub mod head;
mod stamp;

pub use crate::log_table::LogKind;
pub use asked::read_asked;
pub use coverage::{Coverage, Span};
pub use stamp::{Millis, Stamp, StampForm, Stamper, read_alone, rfc3339};
