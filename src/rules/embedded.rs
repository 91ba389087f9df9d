//! The rule files built into the program.

/// Name and text of each file under `rules/`, by name.
pub(crate) const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rule_files.rs"));
