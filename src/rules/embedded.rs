//! The rule files built into the program.

/// Name and text of each file under `rules/`, by name.
pub(crate) const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rule_files.rs"));

/// The same without samples, explanations, references and comments: all that a run needs.
pub(crate) const BRIEF: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rule_files_brief.rs"));
