//! The report, as `vmcoroner.report/1` states it. JSON is this model written out; every other format is made of it.
//!
//! Field order is the order of the contract. Unknown values are `null`, never left out. Times are RFC 3339 UTC with
//! milliseconds; durations are seconds.

mod crash;
mod host;
mod time;
mod vm;

pub use crate::terms::{
    Check, CheckOutcome, Confidence, CrashKind, FileKind, FileRole, InputKind, InputState, IssueState,
    MatchResult, Origin, Strength, Who,
};
pub use crash::*;
pub use host::*;
pub use time::Time;
pub use vm::*;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The schema's name and version.
pub const SCHEMA: &str = "vmcoroner.report/1";

/// The whole report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// What made it.
    pub tool: Tool,
    /// The settings that decide what counts.
    pub settings: Settings,
    /// What was given, in the order it was given.
    pub inputs: Vec<Input>,
    /// Every file that was given or found in a folder, by path; an unpacked bundle is one.
    #[serde(default)]
    pub files: Vec<FileEntry>,
    /// The hosts, by name.
    pub hosts: Vec<Host>,
    /// The VMs, by name, then configuration file.
    pub vms: Vec<Vm>,
    /// Crashes that belong together.
    pub incidents: Vec<Incident>,
    /// Totals.
    pub summary: Summary,
}

/// What made the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Tool {
    /// Always `vmcoroner`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The settings that decide what counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Settings {
    /// Seconds before a crash within which evidence counts.
    pub window_before_s: f64,
    /// Seconds after a crash within which late writers count.
    pub window_after_s: f64,
    /// Only crashes at this time or later were requested.
    #[serde(default)]
    pub since: Option<Time>,
    /// Only crashes at this time or earlier were requested.
    #[serde(default)]
    pub until: Option<Time>,
}

/// Something that was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Input {
    /// `I1`, `I2` …
    pub id: String,
    /// Path as it was given.
    pub path: String,
    /// Its form.
    pub kind: InputKind,
    /// Its state.
    pub state: InputState,
    /// Members read.
    pub members: u64,
    /// Bytes after decompression.
    pub bytes: u64,
    /// What was odd about it, in sentences.
    pub notes: Vec<String>,
}

/// A file that was given, or found in a folder that was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct FileEntry {
    /// Its path: as it was given, or from the folder that was given on.
    pub path: String,
    /// Its bytes on the disk.
    pub bytes: u64,
    /// What it is.
    pub kind: FileKind,
    /// What was done with it.
    pub role: FileRole,
    /// The input that it is, or is part of.
    pub input: Option<String>,
    /// Why, in a sentence.
    pub why: Option<String>,
}

/// Crashes that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Incident {
    /// `N1`, `N2` …
    pub id: String,
    /// The first crash.
    pub time: Option<Time>,
    /// The common origin.
    pub origin: Origin,
    /// Crash ids, by time.
    pub crashes: Vec<String>,
    /// Why they belong together.
    pub because: String,
}

/// Totals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Summary {
    /// Inputs.
    pub inputs: u64,
    /// Hosts.
    pub hosts: u64,
    /// VMs.
    pub vms: u64,
    /// Crashes.
    pub crashes: u64,
    /// Crashes by origin.
    pub by_origin: BTreeMap<Origin, u64>,
    /// Whether any input was damaged, cut off or unreadable.
    pub partial: bool,
    /// Lines that tell a crash of a VM that is not known; the notes of the inputs name them.
    #[serde(default)]
    pub unclaimed: u64,
    /// Hosts on which VMs ran when they crashed, or shortly before, and whose bundles were not given; by name.
    #[serde(default)]
    pub hosts_not_given: Vec<String>,
}
