//! A VM of the report: its logs, and what was done to it.

use super::{Crash, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A VM, as one bundle shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Vm {
    /// `V1`, `V2` …
    pub id: String,
    /// The host it was found on.
    pub host: Option<String>,
    /// Display name.
    pub name: Option<String>,
    /// Path of its `.vmx`.
    pub config: Option<String>,
    /// Guest OS id as configured.
    pub guest_os: Option<String>,
    /// BIOS uuid as configured.
    pub bios_uuid: Option<String>,
    /// Its vmware.log files taken together.
    pub logs: VmLogs,
    /// Its crashes, by time.
    pub crashes: Vec<Crash>,
    /// What was done to it, by time.
    pub operations: Vec<Operation>,
}

/// The vmware.log files of a VM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct VmLogs {
    /// First time stamp.
    pub first: Option<Time>,
    /// Last time stamp.
    pub last: Option<Time>,
    /// Files.
    pub members: u64,
    /// Lines.
    #[serde(default)]
    pub lines: u64,
    /// Share of lines whose form is known.
    #[serde(default)]
    pub understood: Option<f64>,
}

/// Something that was done to a VM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Operation {
    /// When.
    pub time: Option<Time>,
    /// `power-on`, `reset`, `snapshot-create` …
    pub kind: String,
    /// Member of the bundle.
    pub member: Option<String>,
    /// Line in the member.
    pub line: Option<u64>,
    /// The line, cleaned.
    pub text: String,
    /// Who asked, if known.
    #[serde(default)]
    pub user: Option<String>,
    /// Operation id that joins the logs.
    #[serde(default)]
    pub opid: Option<String>,
}
