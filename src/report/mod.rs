//! The report: its models, their assembly and one file for each format.

pub mod assemble;
pub mod format;
pub mod inventory;
pub mod json;
pub mod jsonl;
pub mod knowledge;
pub mod model;
pub mod rules;
pub mod tally;
pub mod text;
pub mod timeline;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

pub use format::{Format, Medium, Subject, View};
pub use tally::Tally;
