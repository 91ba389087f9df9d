//! Which worlds, cartels, disk handles and volumes are whose.

use super::model::{HostModel, RawWorlds, VmId, VmModel, WorldSpan};
use super::paths::{Volumes, parent, volume_of};
use super::placements::{self, is_disk};
use crate::bundle::small_files::ListedVm;
use crate::log::Millis;
use crate::rules::{Captures, Fact, RuleSet};
use std::collections::BTreeMap;

/// World, cartel and handle tables with the time they are valid.
pub(super) fn worlds(host: &mut HostModel, rules: &RuleSet, listed: &[ListedVm]) {
    let mut raw = RawWorlds::default();
    for finding in host.facts(rules, Fact::WorldName) {
        if let (Some(world), Some(name), Some(time)) =
            (number(&finding.captures, "world"), finding.captures.get("vm"), finding.time)
        {
            raw.names.push((world, name.to_owned(), time));
        }
    }
    for finding in host.facts(rules, Fact::WorldCartel) {
        if let (Some(world), Some(cartel)) =
            (number(&finding.captures, "world"), number(&finding.captures, "cartel"))
        {
            raw.cartels.insert(world, cartel);
        }
    }
    for finding in host.facts(rules, Fact::HandleWorld) {
        if let (Some(handle), Some(world)) =
            (finding.captures.get("handle"), number(&finding.captures, "world"))
        {
            raw.handles.push((handle.to_owned(), world, finding.time));
        }
    }
    raw.names.sort_unstable();
    raw.names.dedup();
    host.worlds = raw;
    let opids: Vec<(String, String)> = host
        .findings
        .iter()
        .filter_map(|finding| {
            Some((finding.captures.get("opid")?.to_owned(), finding.captures.get("user")?.to_owned()))
        })
        .collect();
    host.opid_user = opids.into_iter().collect();
    let starts: BTreeMap<VmId, Millis> = host
        .facts(rules, Fact::VmxStart)
        .filter_map(|finding| Some((finding.owner?, finding.time?)))
        .collect();
    for vm in 0..host.vms.len() {
        name_worlds(host, VmId::new(vm));
    }
    for entry in listed {
        let key = entry.config.as_deref().map(|path| host.volumes.canonical(path));
        let known = host.vms.iter_mut().enumerate().find(|(_, vm)| key.is_some() && vm.config_key == key);
        let Some((at, model)) = known else { continue };
        // The list shows the ids at the time of the capture: those of the last start.
        let from = starts.get(&VmId::new(at)).copied();
        for (id, spans) in [(entry.world, &mut model.worlds), (entry.cartel, &mut model.cartels)] {
            if let Some(id) = id
                && !spans.iter().any(|span| span.id == id)
            {
                spans.push(WorldSpan { id, from, to: None });
            }
        }
    }
    for vm in 0..host.vms.len() {
        own_handles(host, VmId::new(vm));
    }
}

/// The worlds that have a VM's name, with the time from one start to the next. A name that two VMs share names
/// neither.
pub(super) fn name_worlds(host: &mut HostModel, vm: VmId) {
    let model = &host[vm];
    let alone = |name: &String| host.vms.iter().filter(|other| other.names.contains(name)).count() == 1;
    let mut found: Vec<(Millis, u64)> = host
        .worlds
        .names
        .iter()
        .filter(|(_, name, _)| model.names.contains(name) && alone(name))
        .map(|(world, _, time)| (*time, *world))
        .collect();
    found.sort_unstable();
    found.dedup_by_key(|(_, world)| *world);
    let spans: Vec<WorldSpan> = found
        .iter()
        .enumerate()
        .map(|(at, &(from, id))| WorldSpan {
            id,
            from: Some(from),
            to: found.get(at + 1).map(|next| next.0 - 1),
        })
        .collect();
    let cartels = spans
        .iter()
        .filter_map(|span| Some(WorldSpan { id: *host.worlds.cartels.get(&span.id)?, ..*span }))
        .collect();
    let model = &mut host[vm];
    model.worlds = spans;
    model.cartels = cartels;
}

/// The handles of virtual disks that were made for a VM's worlds.
pub(super) fn own_handles(host: &mut HostModel, vm: VmId) {
    let HostModel { vms, worlds, .. } = host;
    let Some(model) = vms.get_mut(vm.at()) else { return };
    for (handle, world, time) in &worlds.handles {
        if model.worlds.iter().any(|span| span.holds(*world, *time)) {
            model.handles.insert(handle.clone());
        }
    }
}

/// The volumes and devices under each VM.
pub(super) fn stands_on(host: &mut HostModel) {
    let mut migrations: Vec<(VmId, String)> = Vec::new();
    for finding in &host.findings {
        if let (Some(vm), Some(id)) = (finding.owner, finding.captures.get("migration")) {
            migrations.push((vm, id.to_owned()));
        }
    }
    for (vm, id) in migrations {
        host[vm].migrations.insert(id);
    }
    let HostModel { volumes, vms, .. } = host;
    for vm in vms {
        on_volumes(vm, volumes);
    }
}

/// The volumes and devices under one VM.
pub(super) fn on_volumes(vm: &mut VmModel, volumes: &Volumes) {
    for disk in vm.vmx.disks.iter().filter(|disk| is_disk(disk)) {
        if let Some(volume) = volume_of(disk) {
            vm.volumes.insert(volumes.key(volume).to_owned());
            vm.folders.insert(volumes.canonical(parent(disk.trim_start_matches('/'))));
        }
    }
    placements::devices(&mut vm.placements, volumes);
    for key in &vm.volumes {
        if let Some(volume) = volumes.get(key) {
            vm.devices.extend(volume.devices.iter().cloned());
        }
    }
}

fn number(captures: &Captures, name: &str) -> Option<u64> {
    captures.get(name)?.parse().ok()
}
