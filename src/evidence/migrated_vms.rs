//! Follows VMs that moved into the bundles of the other hosts: a crash is judged by the logs of the host that the VM
//! ran on.

use super::model::{HostId, HostModel, Session, VmId, VmModel, hosts_by_id};
use super::worlds::{name_worlds, on_volumes, own_handles};
use crate::log::Millis;

/// Where a VM ran at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RanOn {
    /// On the host whose bundle its log was found in, as far as is known.
    Here,
    /// On another host of this run: host and VM there.
    There(HostId, VmId),
    /// On a host whose bundle was not given.
    Elsewhere,
}

/// Whether two host names mean the same host: equal, or one is the other without its domain.
#[must_use]
fn same_host(a: &str, b: &str) -> bool {
    let short = |name: &str| name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    if a.contains('.') && b.contains('.') { a.eq_ignore_ascii_case(b) } else { short(a) == short(b) }
}

/// Puts each VM that ran on another host of this run into that host's model too, so that lines there are tied to it.
pub fn follow(hosts: &mut [HostModel]) {
    let mut adopt: Vec<(HostId, VmModel)> = Vec::new();
    for (at, host) in hosts_by_id(hosts) {
        for vm in host.vms.iter().filter(|vm| !vm.adopted) {
            let mut done: Vec<HostId> = vec![at];
            for name in vm.sessions.iter().filter_map(|session| session.host.as_deref()) {
                let there = hosts_by_id(hosts)
                    .find(|(_, other)| other.name.as_deref().is_some_and(|own| same_host(own, name)))
                    .map(|(there, _)| there);
                if let Some(there) = there
                    && !done.contains(&there)
                {
                    done.push(there);
                    if find(&hosts[there], vm).is_none() {
                        adopt.push((there, vm.clone()));
                    }
                }
            }
        }
    }
    for (there, mut vm) in adopt {
        let host = &mut hosts[there];
        vm.adopted = true;
        vm.vmid = None;
        vm.worlds.clear();
        vm.cartels.clear();
        vm.handles.clear();
        vm.devices.clear();
        on_volumes(&mut vm, &host.volumes);
        host.vms.push(vm);
        let index = VmId::new(host.vms.len() - 1);
        name_worlds(host, index);
        own_handles(host, index);
    }
}

/// The same VM in another host's model: by uuid and path, or by path alone where no uuid is known.
fn find(host: &HostModel, vm: &VmModel) -> Option<VmId> {
    let is_same = |other: &VmModel| {
        let path = vm.config_key.is_some() && other.config_key == vm.config_key;
        let uuid = match (&vm.vmx.bios_uuid, &other.vmx.bios_uuid) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        path && uuid
    };
    host.vms_by_id().find(|(_, other)| is_same(other)).map(|(id, _)| id)
}

/// A time that a VM spent on one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// Where.
    pub ran_on: RanOn,
    /// Since when it was there: its run began, or it arrived.
    pub from: Millis,
    /// Until when: it left, or the moment that was asked about.
    pub to: Millis,
    /// The host as the VM's log names it.
    pub host: Option<String>,
}

/// The process that takes over a VM begins its log while the one that hands over still writes, or shortly after.
const HANDOVER_GAP_MS: Millis = 60_000;

/// Where a VM of a host ran at a moment.
#[must_use]
pub fn ran_on(hosts: &[HostModel], host: HostId, vm: VmId, at: Millis) -> RanOn {
    let session = hosts[host][vm].session_at(at);
    place_of(hosts, host, vm, session)
}

/// Where a VM was in the time up to a moment, the last stay first: the host it ran on then, and those it had come from
/// by vMotion since `from`.
#[must_use]
pub fn stays(hosts: &[HostModel], host: HostId, vm: VmId, from: Millis, to: Millis) -> Vec<Stay> {
    let model = &hosts[host][vm];
    let Some(mut session) = model.session_at(to) else {
        return vec![Stay { ran_on: RanOn::Here, from, to, host: None }];
    };
    let stay = |session: &Session, to: Millis| Stay {
        ran_on: place_of(hosts, host, vm, Some(session)),
        from: session.from,
        to,
        host: session.host.clone(),
    };
    let mut all = vec![stay(session, to)];
    while session.from > from && session.started {
        let handed_over = |own: &&Session| {
            own.from < session.from && own.to >= session.from - HANDOVER_GAP_MS && own.host != session.host
        };
        let before = model.sessions.iter().filter(handed_over).max_by_key(|own| own.from);
        let Some(before) = before.filter(|own| own.host.is_some() && session.host.is_some()) else { break };
        all.push(stay(before, session.from));
        session = before;
    }
    all
}

fn place_of(hosts: &[HostModel], host: HostId, vm: VmId, session: Option<&Session>) -> RanOn {
    let here = &hosts[host];
    let model = &here[vm];
    let (Some(own), Some(name)) = (&here.name, session.and_then(|session| session.host.as_ref())) else {
        return RanOn::Here;
    };
    if same_host(own, name) || !here.is_host {
        return RanOn::Here;
    }
    hosts_by_id(hosts)
        .filter(|(_, other)| other.name.as_deref().is_some_and(|own| same_host(own, name)))
        .find_map(|(there, other)| Some(RanOn::There(there, find(other, model)?)))
        .unwrap_or(RanOn::Elsewhere)
}

#[cfg(test)]
mod tests {
    use super::same_host;

    #[test]
    fn a_host_is_the_same_with_and_without_its_domain() {
        assert!(same_host("esx01", "ESX01.lab.example"));
        assert!(same_host("esx01.lab.example", "esx01.lab.example"));
        assert!(!same_host("esx01.lab.example", "esx01.other.example"));
        assert!(!same_host("esx01", "esx02"));
    }
}
