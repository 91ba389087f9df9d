//! Crashes that belong together: near in time, across VMs and hosts, with what they have in common.

use super::host_of_crash::HostOfCrash;
use super::thresholds::INCIDENT_GAP_MS;
use crate::evidence::{HostId, HostModel, VmId};
use crate::log::Millis;
use crate::terms::{CrashKind, Origin};
use std::collections::BTreeSet;

/// What is needed of a judged crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Id in the report.
    pub id: String,
    /// The host whose bundle the VM was found in.
    pub host: HostId,
    /// The host that ran it.
    pub ran_on: HostOfCrash,
    /// The VM in its host.
    pub vm: VmId,
    /// When.
    pub time: Millis,
    /// Of what kind.
    pub kind: CrashKind,
    /// Its origin.
    pub origin: Origin,
    /// Its bugcheck code.
    pub code: Option<u64>,
}

/// Crashes that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// The first crash.
    pub time: Millis,
    /// The common origin; undetermined if none is visible.
    pub origin: Origin,
    /// The crashes, by time.
    pub crashes: Vec<String>,
    /// Why they belong together.
    pub because: String,
}

/// The incidents of a run, by time. `members` come in any order.
#[must_use]
pub fn find(hosts: &[HostModel], mut members: Vec<Member>) -> Vec<Incident> {
    members.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
    let mut groups: Vec<Vec<Member>> = Vec::new();
    for member in members {
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|last| member.time - last.time <= INCIDENT_GAP_MS) => {
                group.push(member)
            }
            _ => groups.push(vec![member]),
        }
    }
    groups.iter().flat_map(|group| incidents(hosts, group)).collect()
}

/// The incidents of crashes that are near in time: for each origin those that share a cause; if none do, all of them
/// together with the plain statement that no common cause is visible.
fn incidents(hosts: &[HostModel], group: &[Member]) -> Vec<Incident> {
    let origins: BTreeSet<Origin> = group.iter().map(|member| member.origin).collect();
    let shared: Vec<Incident> = origins
        .iter()
        .filter_map(|origin| {
            let own: Vec<Member> = group.iter().filter(|member| member.origin == *origin).cloned().collect();
            incident(hosts, &own).filter(|incident| incident.origin != Origin::Undetermined)
        })
        .collect();
    if shared.is_empty() { incident(hosts, group).into_iter().collect() } else { shared }
}

fn incident(hosts: &[HostModel], group: &[Member]) -> Option<Incident> {
    let distinct: BTreeSet<Identity<'_>> = group.iter().map(|member| identity(hosts, member)).collect();
    if distinct.len() < 2 {
        return None;
    }
    let first = group.first()?;
    let one_host = group.iter().all(|member| member.ran_on == first.ran_on);
    let origins: BTreeSet<Origin> = group.iter().map(|member| member.origin).collect();
    let one_origin =
        (origins.len() == 1).then_some(first.origin).filter(|origin| *origin != Origin::Undetermined);
    let host_name = |member: &Member| member.ran_on.name.clone().unwrap_or_else(|| "one host".to_owned());
    let (volumes, devices) = shared_storage(hosts, group);
    let count = distinct.len();
    let (origin, because) = match one_origin {
        Some(Origin::HostFailure) if one_host => {
            (Origin::HostFailure, format!("{count} VMs ended when {} went down", host_name(first)))
        }
        Some(Origin::Storage) if !devices.is_empty() => {
            (Origin::Storage, format!("{count} VMs depend on the same device, {}", devices.join(", ")))
        }
        Some(Origin::Storage) if !volumes.is_empty() => {
            (Origin::Storage, format!("{count} VMs are on the same volume, {}", volumes.join(", ")))
        }
        Some(origin @ (Origin::HostHardware | Origin::Hypervisor | Origin::Resource | Origin::Stun))
            if one_host =>
        {
            (
                origin,
                format!("{count} VMs of {} crashed within minutes with the same origin", host_name(first)),
            )
        }
        _ => {
            let codes: BTreeSet<u64> = group.iter().filter_map(|member| member.code).collect();
            let hint = if one_host && codes.len() > 1 {
                format!(
                    "; different bugchecks of several guests on {} within minutes point to its memory or CPU first (article 315245)",
                    host_name(first)
                )
            } else if !devices.is_empty() {
                format!("; they depend on the same device, {}", devices.join(", "))
            } else {
                String::new()
            };
            (
                Origin::Undetermined,
                format!("{count} VMs crashed within minutes; no common cause is visible in the logs{hint}"),
            )
        }
    };
    // A VM in the bundles of two hosts has its crash in both.
    let mut crashes: Vec<String> = group.iter().map(|member| member.id.clone()).collect();
    crashes.dedup();
    Some(Incident { time: first.time, origin, crashes, because })
}

/// What a VM is told apart by: its uuid and configuration file, so that one VM in the bundles of two hosts is one; else
/// its place.
type Identity<'a> = (Option<(&'a str, &'a str)>, Option<(HostId, VmId)>);

fn identity<'a>(hosts: &'a [HostModel], member: &Member) -> Identity<'a> {
    let model = &hosts[member.host][member.vm];
    match (&model.vmx.bios_uuid, &model.config_key) {
        (Some(uuid), Some(config)) => (Some((uuid, config)), None),
        _ => (None, Some((member.host, member.vm))),
    }
}

/// Volumes and devices that every VM of the group depends on.
fn shared_storage(hosts: &[HostModel], group: &[Member]) -> (Vec<String>, Vec<String>) {
    let mut common: Option<(BTreeSet<String>, BTreeSet<String>)> = None;
    for member in group {
        let (own, below) = hosts[member.host][member.vm].depends_on(Some(member.time));
        common = Some(match common {
            None => (own.clone(), below.clone()),
            Some((volumes, devices)) => {
                (volumes.intersection(own).cloned().collect(), devices.intersection(below).cloned().collect())
            }
        });
    }
    let (volumes, devices) = common.unwrap_or_default();
    let label = |key: &String| {
        hosts
            .iter()
            .find_map(|host| host.volumes.get(key).and_then(|volume| volume.label.clone()))
            .unwrap_or_else(|| key.clone())
    };
    (volumes.iter().map(label).collect(), devices.into_iter().collect())
}
