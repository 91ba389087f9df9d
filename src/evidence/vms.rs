//! Which VMs a bundle tells of, and which folder is whose.

use super::model::{HostModel, VmId, VmModel};
use super::paths::{Volumes, file_name, parent, volume_of};
use crate::bundle::small_files::{self, ListedVm};
use crate::bundle::{Owner, SmallFile};
use crate::scan::BundleScan;
use std::collections::BTreeMap;

/// The VMs: from their folders, the registered list, the running list. Gives folder of a log → VM.
pub(super) fn machines(
    host: &mut HostModel,
    pass: &BundleScan,
    listed: &[ListedVm],
) -> BTreeMap<String, VmId> {
    let mut owners = BTreeMap::new();
    let mut known = VmTable { most: pass.most_vms, ..VmTable::default() };
    for file in &pass.kept {
        if let SmallFile::Vmx(folder) = &file.keep {
            let entries = small_files::vmx(&file.text);
            let path = format!("{folder}/{}", file_name(&file.path));
            let Some(vm) = known.at(&mut host.vms, &host.volumes, Some(&path), folder) else { continue };
            let model = &mut host[vm];
            model.vmx.fill_from(&entries);
            model.config.get_or_insert_with(|| absolute(&path));
            owners.entry(folder.clone()).or_insert(vm);
        }
    }
    for file in pass.kept.iter().filter(|file| file.keep == SmallFile::VmInventory) {
        for (vmid, path) in small_files::vm_inventory(&file.text) {
            let folder = parent(path.trim_start_matches('/'));
            let Some(vm) = known.at(&mut host.vms, &host.volumes, Some(&path), folder) else { continue };
            let model = &mut host[vm];
            model.vmid = model.vmid.or(vmid);
            model.config = Some(path.clone());
        }
    }
    for entry in listed {
        let Some(path) = &entry.config else { continue };
        let folder = parent(path.trim_start_matches('/'));
        let Some(vm) = known.at(&mut host.vms, &host.volumes, Some(path), folder) else { continue };
        let model = &mut host[vm];
        model.config.get_or_insert_with(|| path.clone());
        if !entry.name.is_empty() {
            model.names.insert(entry.name.clone());
            model.vmx.name.get_or_insert_with(|| entry.name.clone());
        }
        if let Some(uuid) = &entry.uuid {
            model.vmx.bios_uuid.get_or_insert_with(|| uuid.clone());
        }
    }
    for log in &pass.logs {
        if let Owner::Vm(folder) = &log.owner
            && !owners.contains_key(folder)
        {
            let Some(vm) = known.at(&mut host.vms, &host.volumes, None, folder) else { continue };
            owners.insert(folder.clone(), vm);
        }
    }
    if known.left_out > 0 {
        host.left_out.push(format!(
            "{} entries of VMs were left out: a bundle may have {} VMs",
            known.left_out, known.most
        ));
    }
    owners
}

/// The VMs so far, to be found by configuration file and folder.
#[derive(Default)]
struct VmTable {
    /// VMs that may be made; 0 for any number.
    most: usize,
    by_config: BTreeMap<String, usize>,
    /// VMs in each folder, in the order they were made.
    by_folder: BTreeMap<String, Vec<usize>>,
    left_out: u64,
}

impl VmTable {
    /// The VM with this configuration file or, without one, with this folder; made if it is not there and there may
    /// be another one.
    fn at(
        &mut self,
        vms: &mut Vec<VmModel>,
        volumes: &Volumes,
        config: Option<&str>,
        folder: &str,
    ) -> Option<VmId> {
        let config_key = config.map(|path| volumes.canonical(path));
        let folder_key = volumes.canonical(folder);
        let here: &[usize] = self.by_folder.get(&folder_key).map_or(&[], Vec::as_slice);
        let found = match &config_key {
            Some(key) => {
                let nameless =
                    here.iter().copied().find(|&at| vms.get(at).is_some_and(|vm| vm.config_key.is_none()));
                // Of two that fit the one that was made first.
                self.by_config.get(key).copied().into_iter().chain(nameless).min()
            }
            None => here.first().copied(),
        };
        if found.is_none() && self.most > 0 && vms.len() >= self.most {
            self.left_out += 1;
            return None;
        }
        let index = found.unwrap_or_else(|| {
            vms.push(VmModel::default());
            vms.len() - 1
        });
        let vm = vms.get_mut(index)?;
        if vm.config_key.is_none()
            && let Some(key) = config_key
        {
            self.by_config.entry(key.clone()).or_insert(index);
            vm.config_key = Some(key);
        }
        if vm.folders.insert(folder_key.clone()) {
            let here = self.by_folder.entry(folder_key).or_default();
            here.push(index);
            here.sort_unstable();
        }
        if let Some(volume) = volume_of(folder).or_else(|| config.and_then(volume_of)) {
            vm.volumes.insert(volumes.key(volume).to_owned());
        }
        Some(VmId::new(index))
    }
}

fn absolute(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}
