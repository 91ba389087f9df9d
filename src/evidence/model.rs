//! A host as one bundle shows it: its logs' coverage, its volumes, its VMs with everything that ties a line to them,
//! and every line that a rule found.

use super::paths::Volumes;
use crate::bundle::small_files::Vmx;
use crate::log::{Coverage, LogKind, Millis, Span};
use crate::rules::{Fact, RuleId, RuleSet};
use crate::scan::Hit;
use crate::terms::ids;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, Index, IndexMut};

ids! {
    /// A host of a run.
    HostId;
    /// A VM of a [`HostModel`].
    VmId;
    /// A finding of a [`HostModel`].
    FindingId;
}

/// A line that a rule found, with its place in the bundle.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The line, and what the rule took out of it.
    pub hit: Hit,
    /// Kind of log.
    pub log: LogKind,
    /// The VM whose own log contains it.
    pub owner: Option<VmId>,
    /// Member of the bundle (index into [`HostModel::members`]).
    pub member: usize,
}

/// A finding is read as the line that it is.
impl Deref for Finding {
    type Target = Hit;

    fn deref(&self) -> &Hit {
        &self.hit
    }
}

impl Finding {
    /// Line in the member, from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.hit.index + 1
    }

    /// Order of the report: time, member, line, rule.
    #[must_use]
    pub fn order(&self) -> (Option<Millis>, usize, u64, RuleId) {
        (self.hit.time, self.member, self.hit.index, self.hit.rule)
    }
}

/// From when to when a world id is a VM's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorldSpan {
    /// The id.
    pub id: u64,
    /// First moment it is valid; `None` = unknown.
    pub from: Option<Millis>,
    /// Last moment it is valid; `None` = until the capture.
    pub to: Option<Millis>,
}

impl WorldSpan {
    /// Whether the id is the VM's at this moment, give or take a few seconds of late logging.
    #[must_use]
    pub fn holds(&self, id: u64, at: Option<Millis>) -> bool {
        const LATE_LOGGING_MS: Millis = 5_000;
        let Some(at) = at else { return self.id == id };
        self.id == id
            && self.from.is_none_or(|from| at >= from - LATE_LOGGING_MS)
            && self.to.is_none_or(|to| at <= to + LATE_LOGGING_MS)
    }
}

/// A run of the VMX process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// When it began, as far as the log shows.
    pub from: Millis,
    /// Its last line.
    pub to: Millis,
    /// Whether it ended in order.
    pub exited: bool,
    /// Whether the VM was off or saved when the log of the process stops: it may lack the line of the exit.
    pub over: bool,
    /// Whether its beginning is in the log.
    pub started: bool,
    /// The member its first line is in.
    pub member: usize,
    /// The host it ran on, as its log names it.
    pub host: Option<String>,
}

/// The volumes that a VM's disks were on for a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placement {
    /// Since when.
    pub from: Millis,
    /// The volumes, by key.
    pub volumes: BTreeSet<String>,
    /// The devices under them.
    pub devices: BTreeSet<String>,
}

/// A VM of a host.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VmModel {
    /// Display name; else the stem of its configuration file; else its folder.
    pub name: Option<String>,
    /// All names it is called by in logs.
    pub names: BTreeSet<String>,
    /// Path of its `.vmx`, as the host writes it.
    pub config: Option<String>,
    /// The same in canonical form.
    pub config_key: Option<String>,
    /// Its folders in canonical form.
    pub folders: BTreeSet<String>,
    /// Entries of its configuration.
    pub vmx: Vmx,
    /// hostd's number.
    pub vmid: Option<u64>,
    /// World ids over time.
    pub worlds: Vec<WorldSpan>,
    /// Cartel ids over time.
    pub cartels: Vec<WorldSpan>,
    /// Handles of virtual disks.
    pub handles: BTreeSet<String>,
    /// Volumes its files are on, by key.
    pub volumes: BTreeSet<String>,
    /// Devices under those volumes.
    pub devices: BTreeSet<String>,
    /// Where its disks were over time, by time; empty if they did not move.
    pub placements: Vec<Placement>,
    /// vMotion ids.
    pub migrations: BTreeSet<String>,
    /// Its own logs taken together.
    pub coverage: Coverage,
    /// Member and time span of each chunk of its own logs.
    pub spans: Vec<(usize, Span)>,
    /// Runs of its VMX process, by time.
    pub sessions: Vec<Session>,
    /// Product of its last banner (`VMware ESX`, `VMware Workstation` …).
    pub product: Option<String>,
    /// Whether the product is not ESX: Workstation, Player, Fusion, Server.
    pub hosted: bool,
    /// The VM is of another host's bundle and was here for a time: its lines here are tied to it.
    pub adopted: bool,
}

impl VmModel {
    /// The run of its VMX process at a moment: the last that had begun.
    #[must_use]
    pub fn session_at(&self, at: Millis) -> Option<&Session> {
        self.sessions.iter().filter(|session| session.from <= at + 1_000).max_by_key(|session| session.from)
    }

    /// The volumes and devices that it depended on at a moment; with none given, or before its first placement, all
    /// that are known.
    #[must_use]
    pub fn depends_on(&self, at: Option<Millis>) -> (&BTreeSet<String>, &BTreeSet<String>) {
        let placement = at.and_then(|at| self.placements.iter().rfind(|placement| placement.from <= at));
        placement.map_or((&self.volumes, &self.devices), |own| (&own.volumes, &own.devices))
    }

    /// What people call it.
    #[must_use]
    pub fn shown_name(&self) -> &str {
        self.name.as_deref().unwrap_or("(unnamed)")
    }

    /// Whether its guest is Windows, as configured; `None` if unknown.
    #[must_use]
    pub fn is_windows(&self) -> Option<bool> {
        let guest = self.vmx.guest_os.as_ref()?.to_ascii_lowercase();
        Some(guest.starts_with("win") || guest.contains("windows"))
    }
}

/// World, cartel and handle records of a host, not yet tied to VMs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawWorlds {
    /// World id, display name, time of the start.
    pub names: Vec<(u64, String, Millis)>,
    /// World id → cartel id.
    pub cartels: BTreeMap<u64, u64>,
    /// Handle, world id, time.
    pub handles: Vec<(String, u64, Option<Millis>)>,
}

/// A host as one bundle shows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HostModel {
    /// Index of the input.
    pub input: usize,
    /// Host name.
    pub name: Option<String>,
    /// `VMware ESXi`.
    pub product: Option<String>,
    /// `8.0.2`.
    pub version: Option<String>,
    /// Build number.
    pub build: Option<String>,
    /// When the bundle was made.
    pub captured_at: Option<Millis>,
    /// When the host booted last, from its uptime.
    pub booted_at: Option<Millis>,
    /// Host logs.
    pub logs: BTreeMap<LogKind, Coverage>,
    /// Volumes.
    pub volumes: Volumes,
    /// VMs, by name, then configuration.
    pub vms: Vec<VmModel>,
    /// Paths of members that findings name.
    pub members: Vec<String>,
    /// Findings, by time, member, line, rule.
    pub findings: Vec<Finding>,
    /// What the VMkernel says of worlds, before it is tied to VMs.
    pub worlds: RawWorlds,
    /// opIDs and who asked.
    pub opid_user: BTreeMap<String, String>,
    /// What the bundle's own error log says.
    pub collection_errors: Vec<String>,
    /// Whether `action.log`, which is written last, is there.
    pub has_action_log: bool,
    /// Cores and dumps in the bundle.
    pub cores: Vec<String>,
    /// Whether this is a host at all, and not a loose log of a VM.
    pub is_host: bool,
    /// How far the clock of the hardware's own log runs ahead of the host's, in milliseconds, estimated from the
    /// starts that both saw; `None` if nothing tells. Times of its findings are corrected already.
    pub sel_ahead: Option<Millis>,
    /// Members whose stamps state no zone, and of which nothing tells it.
    pub zoneless: BTreeSet<usize>,
    /// Where the stamps of its logs run back: from the stamp that is earlier to the one before it.
    pub clock_steps: Vec<Span>,
    /// What is to be said about its clock, in sentences.
    pub remarks: Vec<String>,
    /// What was left out for a budget, in sentences.
    pub left_out: Vec<String>,
    /// Corrected memory errors never reach ESXi on this host.
    pub firmware_first: bool,
}

impl HostModel {
    /// The findings that state a fact of this kind.
    pub fn facts<'a>(&'a self, rules: &'a RuleSet, fact: Fact) -> impl Iterator<Item = &'a Finding> + 'a {
        self.findings.iter().filter(move |f| rules[f.rule].rule.fact == Some(fact))
    }

    /// The member that contains a finding.
    #[must_use]
    pub fn member(&self, finding: &Finding) -> &str {
        self.members.get(finding.member).map_or("", String::as_str)
    }

    /// The findings with their places.
    pub fn findings_by_id(&self) -> impl Iterator<Item = (FindingId, &Finding)> {
        self.findings.iter().enumerate().map(|(at, finding)| (FindingId::new(at), finding))
    }

    /// The VMs with their places.
    pub fn vms_by_id(&self) -> impl Iterator<Item = (VmId, &VmModel)> {
        self.vms.iter().enumerate().map(|(at, vm)| (VmId::new(at), vm))
    }
}

/// The hosts of a run with their places.
pub fn hosts_by_id(hosts: &[HostModel]) -> impl Iterator<Item = (HostId, &HostModel)> {
    hosts.iter().enumerate().map(|(at, host)| (HostId::new(at), host))
}

#[allow(clippy::indexing_slicing)]
impl Index<FindingId> for HostModel {
    type Output = Finding;

    fn index(&self, id: FindingId) -> &Finding {
        &self.findings[id.at()]
    }
}

#[allow(clippy::indexing_slicing)]
impl Index<VmId> for HostModel {
    type Output = VmModel;

    fn index(&self, id: VmId) -> &VmModel {
        &self.vms[id.at()]
    }
}

#[allow(clippy::indexing_slicing)]
impl IndexMut<VmId> for HostModel {
    fn index_mut(&mut self, id: VmId) -> &mut VmModel {
        &mut self.vms[id.at()]
    }
}

#[allow(clippy::indexing_slicing)]
impl Index<HostId> for [HostModel] {
    type Output = HostModel;

    fn index(&self, id: HostId) -> &HostModel {
        &self[id.at()]
    }
}

#[allow(clippy::indexing_slicing)]
impl IndexMut<HostId> for [HostModel] {
    fn index_mut(&mut self, id: HostId) -> &mut HostModel {
        &mut self[id.at()]
    }
}
