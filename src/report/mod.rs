//! The report: its model and one file per format.

pub mod assemble;
pub mod inventory;
pub mod json;
pub mod jsonl;
pub mod knowledge;
pub mod model;
pub mod text;
pub mod timeline;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

use crate::terms::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

words! {
    /// The formats a report can be written in.
    Format {
        /// For people at a terminal.
        Text = "text",
        /// The model as it is, for machines.
        Json = "json",
        /// One VM a line, written as each input is finished.
        Jsonl = "jsonl",
    }
}
