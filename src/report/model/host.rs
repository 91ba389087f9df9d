//! A host of the report: its logs and volumes.

use super::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A host, as one bundle shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Host {
    /// `H1`, `H2` …
    pub id: String,
    /// The input it came from.
    pub input: String,
    /// Host name.
    pub name: Option<String>,
    /// `VMware ESXi`.
    pub product: Option<String>,
    /// `8.0.2`.
    pub version: Option<String>,
    /// `22380479`.
    pub build: Option<String>,
    /// When the bundle was made.
    pub captured_at: Option<Time>,
    /// Its logs, by name.
    pub logs: Vec<HostLog>,
    /// Volumes and the devices they depend on, by label.
    #[serde(default)]
    pub volumes: Vec<Volume>,
}

/// A volume of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Volume {
    /// Its label, if it has one.
    pub label: Option<String>,
    /// Its uuid.
    pub uuid: Option<String>,
    /// `vmfs`, `nfs`, `vsan` …
    pub kind: Option<String>,
    /// The devices it depends on.
    pub devices: Vec<String>,
}

/// One log of a host with all its rotations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct HostLog {
    /// `vmkernel`, `hostd` …
    pub log: String,
    /// First time stamp.
    pub first: Option<Time>,
    /// Last time stamp.
    pub last: Option<Time>,
    /// Files.
    pub members: u64,
    /// Lines.
    pub lines: u64,
    /// Share of lines whose form is known, 0 to 1.
    pub understood: Option<f64>,
    /// Stretches without a line that are too long for this log.
    pub gaps: Vec<Gap>,
}

/// A stretch of time without a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Gap {
    /// Last line before it.
    pub from: Option<Time>,
    /// First line after it.
    pub to: Option<Time>,
}
