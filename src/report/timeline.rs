//! The timeline of VMs.

use super::model::{Input, Time, Tool};
use schemars::JsonSchema;
use serde::Serialize;

/// The schema's name and version.
pub const SCHEMA: &str = "vmcoroner.timeline/1";

/// The events of VMs in the order of time.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Timeline {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// What made it.
    pub tool: Tool,
    /// What was given.
    pub inputs: Vec<Input>,
    /// The VMs, by name, then configuration file.
    pub vms: Vec<TimelineVm>,
}

/// One VM with its events.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct TimelineVm {
    /// Display name.
    pub name: Option<String>,
    /// The host whose bundle it was found in.
    pub host: Option<String>,
    /// Path of its `.vmx`.
    pub config: Option<String>,
    /// Ids of its crashes, by time.
    pub crashes: Vec<String>,
    /// The events, by time.
    pub events: Vec<Event>,
}

/// One event: a line that a rule read.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Event {
    /// When.
    pub time: Option<Time>,
    /// Distance from each crash within a day, the nearest first; before it is negative.
    pub offsets: Vec<Offset>,
    /// Whom it names: `vm`, `below` (a device or volume under it), `host`, `moment` (no VM).
    pub tie: String,
    /// Kind of crash, operation, origin or fact.
    pub kind: String,
    /// The rule that read it.
    pub rule: String,
    /// Kind of log.
    pub log: String,
    /// Member of the bundle.
    pub member: String,
    /// Line in the member, from 1.
    pub line: u64,
    /// What it says.
    pub message: String,
    /// The line, cleaned.
    pub text: String,
    /// How many equal ones within a second it represents.
    pub count: u64,
}

/// Distance from a crash.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Offset {
    /// The crash.
    pub crash: String,
    /// Seconds.
    pub offset_s: f64,
}

impl Timeline {
    /// A timeline of these VMs.
    #[must_use]
    pub fn new(inputs: Vec<Input>, vms: Vec<TimelineVm>) -> Self {
        Self { schema: SCHEMA.into(), tool: super::assemble::tool(), inputs, vms }
    }
}
