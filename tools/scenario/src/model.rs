//! What a scenario file says: the hosts, volumes and VMs, what happened to them, and what an analyser should find.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::event::Event;
use crate::generation::Generation;
use crate::time::Millis;

/// One scenario: a situation in a data centre, the bundles it leaves behind and the verdicts they should lead to.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The file's name without `.toml`.
    pub name: String,
    /// What happened, in prose.
    pub about: String,
    /// The moment from which all offsets count.
    pub base: Millis,
    /// The hosts; each gives one bundle.
    pub hosts: Vec<Host>,
    /// The volumes the VMs lie on.
    pub volumes: Vec<Volume>,
    /// The virtual machines.
    pub vms: Vec<Vm>,
    /// How many times as many everyday lines hostd and the VMkernel write; 1 in every file.
    pub density: u64,
    /// What happens.
    pub events: Vec<Event>,
    /// What an analyser should say.
    pub expect: Vec<Expect>,
    /// The operations an analyser should list.
    pub expect_operation: Vec<ExpectOperation>,
}

impl Scenario {
    /// The time `seconds` after the scenario's base.
    #[must_use]
    pub fn time(&self, seconds: f64) -> Millis {
        self.base + millis(seconds)
    }
}

/// Seconds as milliseconds.
pub(crate) fn millis(seconds: f64) -> Millis {
    // A scenario spans days; the cast cannot lose anything that matters, and saturates.
    #[allow(clippy::cast_possible_truncation)]
    let ms = (seconds * 1_000.0).round() as i64;
    ms
}

/// The file as written; spans and times are still text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawScenario {
    pub(crate) about: String,
    pub(crate) base: String,
    pub(crate) hosts: Vec<Host>,
    #[serde(default)]
    pub(crate) volumes: Vec<Volume>,
    #[serde(default)]
    pub(crate) vms: Vec<Vm>,
    #[serde(default)]
    pub(crate) events: Vec<Event>,
    #[serde(default)]
    pub(crate) expect: Vec<Expect>,
    #[serde(default)]
    pub(crate) expect_operation: Vec<ExpectOperation>,
}

/// The form of the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TarForm {
    /// GNU tar: long names in `././@LongLink` members.
    Gnu,
    /// POSIX pax: an extended header before each copied file.
    Pax,
}

/// A host; it gives one bundle.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Its full name.
    pub name: String,
    /// The generation of ESXi it runs.
    pub generation: Generation,
    /// The version it reports, if not the usual one of its generation.
    pub version: Option<String>,
    /// The build it reports, if not the usual one of its generation.
    pub build: Option<String>,
    /// When the bundle was taken, after the base: `2h`.
    #[serde(default = "two_hours")]
    pub captured_at: String,
    /// When the host was last started, before the base: `-21d`.
    #[serde(default = "three_weeks")]
    pub up_since: String,
    /// The archive's form, if not the usual one of its generation.
    pub tar: Option<TarForm>,
    /// Logs that the bundle lacks: names of `var/run/log`, or `sel`.
    #[serde(default)]
    pub missing: Vec<String>,
    /// From when to when each log reaches; a log not named covers the usual hours.
    #[serde(default)]
    pub logs: BTreeMap<String, Reach>,
    /// The bundle holds one command output of more than 1 MiB, cut into pieces.
    #[serde(default)]
    pub big_command: bool,
    /// Manifests that were requested by name, as the README tells.
    #[serde(default)]
    pub manifests: Vec<String>,
    /// How long taking the bundle lasted: logs reach to `captured_at`, it was begun this long before.
    #[serde(default = "nothing")]
    pub taken_for: String,
    /// How fast the controller's clock runs ahead of the host's: `40s`.
    pub sel_ahead: Option<String>,
    /// Logs that a syslog server stored in the form without year and zone, and how far its clock is from UTC: `1h`.
    #[serde(default)]
    pub traditional: BTreeMap<String, String>,
    /// Whether its bundle was collected.
    #[serde(default = "yes")]
    pub collected: bool,
}

const fn yes() -> bool {
    true
}

fn nothing() -> String {
    "0s".to_owned()
}

fn two_hours() -> String {
    "2h".to_owned()
}

fn three_weeks() -> String {
    "-30h".to_owned()
}

/// From when to when a log reaches, as spans from the base.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// The first moment covered.
    pub from: Option<String>,
    /// The last moment covered.
    pub to: Option<String>,
    /// A hole inside: lines between these two spans are not there.
    pub hole: Option<[String; 2]>,
}

/// The kind of a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VolumeKind {
    /// VMFS on one device.
    #[default]
    Vmfs,
    /// An NFS export.
    Nfs,
    /// A vSAN datastore.
    Vsan,
}

/// A volume on which VMs lie.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Its label.
    pub label: String,
    /// Its kind.
    #[serde(default)]
    pub kind: VolumeKind,
    /// Its UUID; made up if not given.
    #[serde(default)]
    pub uuid: String,
    /// Its device; made up if not given.
    #[serde(default)]
    pub device: String,
    /// The NFS server.
    #[serde(default)]
    pub server: String,
}

/// A virtual machine.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vm {
    /// Its display name.
    pub name: String,
    /// Its folder; the name if not given.
    #[serde(default)]
    pub folder: String,
    /// The label of its volume; the first one if not given.
    #[serde(default)]
    pub volume: String,
    /// The volume of the base disk of a linked clone, by label.
    #[serde(default)]
    pub base: String,
    /// The name of its host; the first one if not given.
    #[serde(default)]
    pub host: String,
    /// Its guest, as in the `.vmx`.
    #[serde(default = "windows")]
    pub guest_os: String,
    /// Number of virtual CPUs.
    #[serde(default = "two")]
    pub cpus: u64,
    /// Memory in MiB.
    #[serde(default = "eight_gib")]
    pub memory: u64,
    /// The BIOS UUID; made up if not given.
    #[serde(default)]
    pub bios_uuid: String,
    /// The world of its first VMM; made up if not given.
    #[serde(default)]
    pub world: u64,
    /// Its cartel; made up if not given.
    #[serde(default)]
    pub cartel: u64,
    /// The number hostd gave it; made up if not given.
    #[serde(default)]
    pub vm_id: u64,
    /// When it was started, before the base: `-3d`. Empty: it is off at first.
    #[serde(default = "three_days")]
    pub on_since: String,
    /// Older runs whose logs are still in the folder.
    #[serde(default = "one")]
    pub older_runs: u64,
    /// Further lines of the `.vmx`.
    #[serde(default)]
    pub vmx: BTreeMap<String, String>,
    /// A folder above its own, by the path under which the host knows it; its files in the bundle lie without it.
    #[serde(default)]
    pub registered_under: String,
    /// Its folder is not in the bundle at all.
    #[serde(default)]
    pub no_folder: bool,
}

fn windows() -> String {
    "windows2019srv-64".to_owned()
}

fn two() -> u64 {
    2
}

fn one() -> u64 {
    1
}

fn eight_gib() -> u64 {
    8192
}

fn three_days() -> String {
    "-28h".to_owned()
}

/// One text or several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// Exactly this one.
    One(String),
    /// Any of these.
    Many(Vec<String>),
    /// Not said.
    #[default]
    Unsaid,
}

impl OneOrMany {
    /// True if `value` is what was expected, or nothing was.
    #[must_use]
    pub fn allows(&self, value: &str) -> bool {
        match self {
            Self::One(one) => one == value,
            Self::Many(many) => many.iter().any(|one| one == value),
            Self::Unsaid => true,
        }
    }

    /// The values that are allowed; empty if nothing was said.
    #[must_use]
    pub fn values(&self) -> Vec<&str> {
        match self {
            Self::One(one) => vec![one.as_str()],
            Self::Many(many) => many.iter().map(String::as_str).collect(),
            Self::Unsaid => Vec::new(),
        }
    }
}

/// What an analyser should say about one crash of a VM, or that it has none.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The VM's name; empty: no VM of the scenario has a crash besides those named.
    #[serde(default)]
    pub vm: String,
    /// The host whose bundle shows it; the only one if not given.
    #[serde(default)]
    pub host: String,
    /// The number of crashes of this VM in all; said once per VM, 0 for none.
    pub crashes: Option<u64>,
    /// Seconds from the base to the crash.
    pub at: Option<f64>,
    /// How far from `at` the reported time may lie, in seconds.
    #[serde(default = "two_seconds")]
    pub within: f64,
    /// The origin.
    #[serde(default)]
    pub origin: OneOrMany,
    /// The confidence.
    #[serde(default)]
    pub confidence: OneOrMany,
    /// What an undetermined crash leans to.
    pub leaning: Option<String>,
    /// The kind of crash.
    #[serde(default)]
    pub kind: OneOrMany,
    /// The bugcheck code: `0x50`.
    pub code: Option<String>,
    /// The bugcheck's four arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// The host that ran the VM at that moment, by name.
    #[serde(default)]
    pub ran_on: String,
    /// How often it came again at once and was counted as one.
    pub count: Option<u64>,
    /// The logs that are missing.
    pub missing: Option<Vec<String>>,
    /// Why, for people who read the scenario.
    #[serde(default)]
    pub because: String,
    /// The time of the crash; filled in from `at`.
    #[serde(skip)]
    pub time: Option<Millis>,
}

fn two_seconds() -> f64 {
    2.0
}

/// An operation that an analyser should list.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectOperation {
    /// The VM's name.
    pub vm: String,
    /// The operation's kind, as in the report.
    #[serde(default)]
    pub kind: OneOrMany,
    /// Seconds from the base.
    pub at: Option<f64>,
    /// How far from `at` the reported time may lie, in seconds.
    #[serde(default = "two_seconds")]
    pub within: f64,
}
