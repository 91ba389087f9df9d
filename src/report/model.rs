//! The report, as `vmcoroner.report/1` states it. JSON is this model written out; every other format is made of it.
//!
//! Field order is the order of the contract. Unknown values are `null`, never left out. Times are RFC 3339 UTC with
//! milliseconds; durations are seconds.

pub use crate::terms::{
    Check, CheckOutcome, Confidence, CrashKind, InputKind, InputState, IssueState, MatchResult, Origin,
    Strength, Who,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The schema's name and version.
pub const SCHEMA: &str = "vmcoroner.report/1";

/// A point in time as the report writes it: `2026-03-14T03:00:00.000Z`.
pub type Time = String;

/// The whole report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// What made it.
    pub tool: Tool,
    /// The settings that decide what counts.
    pub settings: Settings,
    /// What was given, in the order it was given.
    pub inputs: Vec<Input>,
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
pub struct Tool {
    /// Always `vmcoroner`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The settings that decide what counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// Seconds before a crash within which evidence counts.
    pub window_before_s: f64,
    /// Seconds after a crash within which late writers count.
    pub window_after_s: f64,
    /// Only crashes at this time or later were asked for.
    #[serde(default)]
    pub since: Option<String>,
    /// Only crashes at this time or earlier were asked for.
    #[serde(default)]
    pub until: Option<String>,
}

/// Something that was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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

/// A host, as one bundle shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Volumes and the devices they stand on, by label.
    #[serde(default)]
    pub volumes: Vec<Volume>,
}

/// A volume of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Volume {
    /// Its label, if it has one.
    pub label: Option<String>,
    /// Its uuid.
    pub uuid: Option<String>,
    /// `vmfs`, `nfs`, `vsan` …
    pub kind: Option<String>,
    /// The devices it stands on.
    pub devices: Vec<String>,
}

/// One log of a host with all its rotations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
pub struct Gap {
    /// Last line before it.
    pub from: Option<Time>,
    /// First line after it.
    pub to: Option<Time>,
}

/// A VM, as one bundle shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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

/// One crash of a VM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Crash {
    /// `NAME@TIME`.
    pub id: String,
    /// When: the first line that reports it.
    pub time: Option<Time>,
    /// Of what kind.
    pub kind: CrashKind,
    /// What Windows reported.
    pub bugcheck: Option<Bugcheck>,
    /// Where it came from.
    pub verdict: Verdict,
    /// Other origins that were weighed, best first.
    pub rivals: Vec<Rival>,
    /// All twelve checks, in their fixed order.
    pub checks: Vec<CheckResult>,
    /// The comparison with the Windows side.
    pub dump_match: DumpMatch,
    /// The lines that matter, by time, then member, then line.
    pub evidence: Vec<Evidence>,
    /// Defects known to the maker whose signature these lines bear; those that concern this host first.
    #[serde(default)]
    pub known_issues: Vec<KnownIssue>,
}

/// A defect known to the maker, compared with the version that the VM ran on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KnownIssue {
    /// Article that describes it.
    pub article: String,
    /// What it is, in a sentence.
    pub summary: String,
    /// How the host stands to it.
    pub state: IssueState,
    /// Name of the first release with the fix.
    pub fixed_in: String,
    /// The comparison in a sentence.
    pub text: String,
}

/// A Windows bugcheck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bugcheck {
    /// Lower-case hex: `0x80`.
    pub code: String,
    /// `NMI_HARDWARE_FAILURE`.
    pub name: Option<String>,
    /// Four arguments in lower-case hex; `null` where the log has none.
    pub args: Vec<Option<String>>,
    /// The vCPU that reported first.
    #[serde(default)]
    pub vcpu: Option<u32>,
}

/// Where a crash came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The origin.
    pub origin: Origin,
    /// How sure.
    pub confidence: Confidence,
    /// Why, in one sentence.
    pub because: String,
    /// Where an undetermined verdict leans.
    pub leaning: Option<Origin>,
    /// Logs that would have been needed and do not cover the moment.
    pub missing: Vec<String>,
    /// Whom to call and what to bring.
    pub next_step: NextStep,
}

/// Whom to call and what to bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NextStep {
    /// Whom.
    pub who: Who,
    /// What to do, in a sentence or two.
    pub text: String,
}

/// An origin that lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rival {
    /// The origin.
    pub origin: Origin,
    /// How sure it would be alone.
    pub confidence: Confidence,
    /// Why it was weighed and why it lost.
    pub because: String,
}

/// One check of a crash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckResult {
    /// Which.
    pub id: Check,
    /// What it gave.
    pub result: CheckOutcome,
    /// The logs it looks at; of a clear one those that were there to speak.
    pub logs: Vec<String>,
    /// Ids of its evidence.
    pub evidence: Vec<String>,
    /// What it could not see, or what to know about it.
    pub note: Option<String>,
}

/// The comparison with the Windows side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DumpMatch {
    /// What it was compared with.
    pub source: Option<String>,
    /// What it gave.
    pub result: MatchResult,
    /// Where they differ, in words.
    pub differences: Vec<String>,
}

/// A line that matters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// `E1`, `E2` … within the crash.
    pub id: String,
    /// The rule that found it.
    pub rule: String,
    /// The origin it supports, if any.
    pub origin: Option<Origin>,
    /// When.
    pub time: Option<Time>,
    /// Seconds from the crash; before it is negative.
    pub offset_s: Option<f64>,
    /// Kind of log.
    pub log: String,
    /// Member of the bundle.
    pub member: String,
    /// Line in the member, from 1.
    pub line: Option<u64>,
    /// The line, cleaned of control characters.
    pub text: String,
    /// What it says, in a sentence.
    #[serde(default)]
    pub message: String,
    /// How strongly it speaks (`decisive`, `strong`, `moderate`, `context`).
    #[serde(default)]
    pub strength: Option<Strength>,
    /// How many like it were found within the window; this is the first.
    #[serde(default)]
    pub count: u64,
}

/// Something that was done to a VM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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

/// Crashes that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
}
