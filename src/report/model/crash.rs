//! A crash of the report: verdict, rivals, checks and the lines they rest on.

use super::Time;
use crate::terms::{
    Check, CheckOutcome, Confidence, CrashKind, IssueState, MatchResult, Origin, Strength, Who,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One crash of a VM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Crash {
    /// `NAME@TIME`.
    pub id: String,
    /// When: the first line that reports it.
    pub time: Option<Time>,
    /// Of what kind.
    pub kind: CrashKind,
    /// The host that ran the VM at that moment; `null` if its bundle was not given. After a vMotion or a restart by HA
    /// it is another one than the VM's `host`.
    #[serde(default)]
    pub host: Option<String>,
    /// The name of that host, as far as the logs tell.
    #[serde(default)]
    pub host_name: Option<String>,
    /// How often it came again at once, and was counted here: a guest that fails in each of its boots. 1 for most.
    #[serde(default = "once")]
    pub count: u64,
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
    /// Defects known to the maker whose signature these lines have; those that concern this host first.
    #[serde(default)]
    pub known_issues: Vec<KnownIssue>,
}

const fn once() -> u64 {
    1
}

/// A defect known to the maker, compared with the version that the VM ran on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct KnownIssue {
    /// Article that describes it.
    pub article: String,
    /// What it is, in a sentence.
    pub summary: String,
    /// Whether the host is affected.
    pub state: IssueState,
    /// Name of the first release with the fix.
    pub fixed_in: String,
    /// The comparison in a sentence.
    pub text: String,
}

/// A Windows bugcheck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
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
#[non_exhaustive]
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
#[non_exhaustive]
pub struct NextStep {
    /// Whom.
    pub who: Who,
    /// What to do, in a sentence or two.
    pub text: String,
}

/// An origin that lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
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
#[non_exhaustive]
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
#[non_exhaustive]
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
#[non_exhaustive]
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
