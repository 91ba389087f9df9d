//! Line grammar: kinds of log, time stamps, heads by generation, coverage.

mod kind;

pub use kind::LogKind;
