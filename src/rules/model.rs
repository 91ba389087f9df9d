//! A rule as it is in its TOML file. `docs/rules.md` describes the format for the people who write rules.

use super::duration::Duration;
use super::fact::Fact;
use crate::log::LogKind;
use crate::terms::{Check, CrashKind, Origin, Strength, words};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One file of rules: one topic.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// What the topic is, as a heading.
    pub topic: String,
    /// What the rules of this file look for and why, for the reference.
    #[serde(default)]
    pub about: String,
    /// The rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// One detection: which lines it matches, what they mean, whom they concern, when they count.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Unique id, `topic.what`, of lower-case letters, digits, `-` and `.`.
    pub id: String,
    /// What a matching line says, in a few words.
    pub title: String,
    /// The logs it looks at.
    pub logs: Vec<LogKind>,
    /// Generations of the product it was seen in, in words; for readers only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub generations: Vec<String>,
    /// One of these is in every matching line, in this case of letters: the fast filter is made of them.
    pub literals: Vec<String>,
    /// Regular expressions (no look-around), tried in order over the line without its line end; named groups are
    /// the captures. With `span`, over the line and the lines that follow, joined by `\n`.
    pub pattern: OneOrMany,
    /// Match letters of either case (ASCII).
    #[serde(default, skip_serializing_if = "is_false")]
    pub ignore_case: bool,
    /// Undo URL encoding (`%3A`, `%2F`) before the pattern is tried.
    #[serde(default, skip_serializing_if = "is_false")]
    pub url_decode: bool,
    /// A line that one of these matches is not this rule's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<String>,
    /// How many lines after the hit line belong to the text the pattern sees (0 to 12).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub span: u8,
    /// Turns captures into further ones before the conditions are looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decode: Option<Decoder>,
    /// Capture → the values one of which it must have. A capture that did not take part fails the condition.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub only_if: BTreeMap<String, Vec<String>>,
    /// Capture → values it must not have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_if: BTreeMap<String, Vec<String>>,
    /// The check of the report that its evidence belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// The origin it supports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// How strongly, where `grade` does not say otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<Strength>,
    /// Strength by magnitude: how long the stun was, how high the latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
    /// How many within which span of time it takes before the strength is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<Count>,
    /// The line opens a state that another rule's line closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// When it counts, relative to the crash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeRelation>,
    /// By what it is tied to a VM. Default: `own-log` if the only log is `vmware`, else the captures it has that
    /// can tie. One tie that resolves suffices; one that names another VM rules the line out for this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tie: Vec<TieBy>,
    /// The line is a crash of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash: Option<CrashKind>,
    /// The line is an operation of this kind (`power-on`, `reset`, `snapshot-create` …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The line states a fact that ties others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact: Option<Fact>,
    /// A line that one of these rules matches too is theirs, not this one's (ids).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded_by: Vec<String>,
    /// The part it plays in a chain; default `cause`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// A defect the vendor knows and has fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_issue: Option<KnownIssue>,
    /// A sentence for the report with `{capture}` in it; default the title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why it means that, what it is mistaken for; for `explain` and the reference.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub explain: String,
    /// Articles and manuals.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// The line form was never seen verbatim: its samples follow the grammar only. Such a rule is never decisive.
    #[serde(default, skip_serializing_if = "is_false")]
    pub synthetic: bool,
    /// Lines it must match.
    #[serde(default, rename = "positive", skip_serializing_if = "Vec::is_empty")]
    pub positives: Vec<Positive>,
    /// Look-alikes it must leave alone.
    #[serde(default, rename = "negative", skip_serializing_if = "Vec::is_empty")]
    pub negatives: Vec<Negative>,
}

/// One pattern or several.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// A single pattern.
    One(String),
    /// Several, tried in order.
    Many(Vec<String>),
}

impl OneOrMany {
    /// The patterns in order.
    #[must_use]
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// Strength by the magnitude of a capture.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grade {
    /// The capture that holds the number (decimal).
    pub capture: String,
    /// Steps, rising; a number below the first step is no evidence at all.
    pub steps: Vec<GradeStep>,
}

impl Grade {
    /// Its steps in words: `moderate from 10, strong from 30`.
    #[must_use]
    pub fn steps_in_words(&self) -> String {
        let steps: Vec<String> =
            self.steps.iter().map(|step| format!("{} from {}", step.strength, step.from)).collect();
        steps.join(", ")
    }
}

/// One step of a [`Grade`].
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GradeStep {
    /// From this number on, in the capture's own unit.
    pub from: f64,
    /// The strength.
    pub strength: Strength,
}

/// How often a line must come to have its strength.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// At least this many lines …
    pub at_least: u32,
    /// … within this span of time (`"5m"`, `"90s"`).
    pub within: Duration,
    /// Lines must agree in these captures to be counted together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same: Vec<String>,
    /// The strength of fewer lines; default: none at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Strength>,
}

/// A state that one line opens and another closes.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// The rules whose line closes it (ids); its tie captures must agree.
    pub end: Vec<String>,
    /// A state that ended within this time is only worth `short_strength`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<Duration>,
    /// The strength of a short one; default `context`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_strength: Option<Strength>,
}

/// When a line counts.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeRelation {
    /// Up to this long before the crash; default the window of the run (15 minutes).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Duration>,
    /// Up to this long after the crash, where the writer is known to be late; default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Duration>,
}

impl std::fmt::Display for TimeRelation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.before {
            Some(before) => write!(f, "from {before} before the crash")?,
            None => f.write_str("from the window before the crash")?,
        }
        self.after.as_ref().map_or(Ok(()), |after| write!(f, " to {after} after it"))
    }
}

words! {
    /// By which capture a line is tied to a VM; each word names the capture that holds the key.
    TieBy {
        /// The line is in the VM's own vmware.log; no capture.
        OwnLog = "own-log",
        /// World id of one of its worlds.
        World = "world",
        /// VMX cartel id (leader world).
        Cartel = "cartel",
        /// Display name.
        Vm = "vm",
        /// Path of its `.vmx`.
        Vmx = "vmx",
        /// hostd's number of the VM, as in `haTask-<id>-…`.
        Vmid = "vmid",
        /// Handle of a virtual SCSI device.
        Handle = "handle",
        /// Name of a file of the VM (its stem is the VM's).
        File = "file",
        /// Any path below its folder.
        Path = "path",
        /// Device id (`naa.`, `eui.`, `t10.`, `mpx.`) that one of its volumes or RDMs depends on.
        Device = "device",
        /// Volume label or uuid, or NFS/vSAN mount, that its files are on.
        Volume = "volume",
        /// PCI address of a passed-through device.
        Pci = "pci",
        /// vMotion id.
        Migration = "migration",
        /// No key in the line: it belongs to the crash whose moment it shares (10 s), and makes none alone.
        Moment = "moment",
        /// It concerns the host as a whole and so every VM that ran on it.
        Host = "host",
        /// A line of vSAN, which names objects of vSAN only: it concerns the VMs that are on vSAN; no capture.
        Vsan = "vsan",
    }
}

words! {
    /// The part a line plays in a chain of events.
    Part {
        /// An independent anomaly that can be the root.
        Cause = "cause",
        /// How the VM died: a panic, a kill. The root may lie before it.
        Mechanism = "mechanism",
        /// Who acted upon it: HA, an operator. Never the root of a crash that came before.
        Actor = "actor",
        /// What followed: restarts, core files, resets by the guest's driver.
        Consequence = "consequence",
    }
}

words! {
    /// Turns captures into further captures.
    Decoder {
        /// `status` (hex, 64 bits) → `severity` (`corrected`, `uncorrected`, `fatal`), `unit` (`memory`, `cache`,
        /// `bus`, `tlb`, `other`). Bits as in Intel SDM vol. 3, IA32_MCi_STATUS.
        McaStatus = "mca-status",
        /// `h`, `d`, `p` and the sense triple `key`, `asc`, `ascq` → `meaning` (see `rules/decode`), `outcome`
        /// (`failure`, `transient`, `busy`, `conflict`, `space`, `permanent`, `medium`, `benign`, `other`).
        ScsiStatus = "scsi-status",
    }
}

/// A defect with its range of builds.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownIssue {
    /// Article number.
    pub article: String,
    /// What it is, in a sentence.
    pub summary: String,
    /// Affected versions as `major.minor` prefixes (`"7.0"`); the issue does not apply to others.
    pub affected: Vec<String>,
    /// Name of the first release with the fix (`"7.0 Update 3o"`).
    pub fixed_in: String,
    /// First build number with the fix, per affected version in the same order; 0 = only the name is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed_build: Vec<u64>,
}

/// A line that a rule must match.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Positive {
    /// The line, or several joined by line ends.
    pub line: String,
    /// What it must capture, decoded captures included; others are not compared.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub captures: BTreeMap<String, String>,
    /// The strength it must reach, where `grade` decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<Strength>,
}

/// A line that a rule must not match.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Negative {
    /// The line.
    pub line: String,
    /// Why it is harmless or somebody else's.
    pub why: String,
}

fn is_false(value: &bool) -> bool {
    !*value
}

fn is_zero(value: &u8) -> bool {
    *value == 0
}
