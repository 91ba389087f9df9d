//! On which volumes a VM's disks were, over time: a Storage vMotion moves them, a linked clone reads its base disk on
//! another volume.

use super::model::{HostModel, Placement, VmId};
use super::paths::{Volumes, volume_of};
use crate::log::Millis;
use crate::rules::{Fact, RuleSet};
use std::collections::{BTreeMap, BTreeSet};

/// The library opens the files of a disk within this time before the VM opens the disk.
const OPENED_BEFORE_MS: Millis = 60_000;

/// Notes on which volumes the VMs' own logs show their disks. A VM that did not move only gets those that its folder
/// and its configuration do not name.
pub(super) fn find(host: &mut HostModel, rules: &RuleSet) {
    let mut own: BTreeMap<VmId, Disks> = BTreeMap::new();
    for finding in &host.findings {
        let (Some(vm), Some(time), Some(fact)) = (finding.owner, finding.time, rules[finding.rule].rule.fact)
        else {
            continue;
        };
        let volume = |name: &str| {
            let path = finding.captures.get(name)?;
            volume_of(path).map(|volume| host.volumes.key(volume).to_owned())
        };
        match fact {
            Fact::ConfigFile => {
                if let Some(home) = volume("vmx") {
                    own.entry(vm).or_default().starts(time, home);
                }
            }
            Fact::ConfigEntry => {
                let is_disk = finding.captures.get("value").is_some_and(is_disk);
                if let Some(volume) = volume("value").filter(|_| is_disk) {
                    own.entry(vm).or_default().uses(time, volume);
                }
            }
            Fact::DiskOpen => {
                let Some(volume) = volume("path") else { continue };
                match finding.captures.get("slot") {
                    Some(slot) => own.entry(vm).or_default().opens(time, slot, volume),
                    None => own.entry(vm).or_default().uses(time, volume),
                }
            }
            _ => {}
        }
    }
    let HostModel { volumes, vms, .. } = host;
    for (vm, disks) in own {
        let Some(model) = vms.get_mut(vm.at()) else { continue };
        let placements = disks.finish();
        match placements.as_slice() {
            [] => {}
            [only] => model.volumes.extend(only.volumes.iter().cloned()),
            _ => model.placements = placements,
        }
        devices(&mut model.placements, volumes);
    }
}

/// The devices under each placement of a VM.
pub(super) fn devices(placements: &mut [Placement], volumes: &Volumes) {
    for placement in placements {
        let known = placement.volumes.iter().filter_map(|key| volumes.get(key));
        placement.devices = known.flat_map(|volume| volume.devices.iter().cloned()).collect();
    }
}

/// Whether the file of a configuration entry is a virtual disk, and not the image of a CD or a floppy.
pub(super) fn is_disk(file: &str) -> bool {
    file.trim_matches('"').to_ascii_lowercase().ends_with(".vmdk")
}

/// The disks of one VM while its log is gone through.
#[derive(Default)]
struct Disks {
    done: Vec<Placement>,
    open: Option<OpenDisks>,
}

/// What is open since a start of the VM, or since its disks moved.
#[derive(Default, Clone)]
struct OpenDisks {
    from: Millis,
    /// The volume of the configuration.
    home: Option<String>,
    /// The volume of the disk in each slot.
    slots: BTreeMap<String, String>,
    /// When other files of its disks were opened, and where.
    files: Vec<(Millis, String)>,
}

impl OpenDisks {
    fn placement(self) -> Placement {
        let mut volumes: BTreeSet<String> = self.slots.into_values().collect();
        volumes.extend(self.home);
        volumes.extend(self.files.into_iter().map(|(_, volume)| volume));
        Placement { from: self.from, volumes, devices: BTreeSet::new() }
    }
}

impl Disks {
    /// A process reads its configuration: what was open before is over.
    fn starts(&mut self, time: Millis, home: String) {
        self.close();
        self.open = Some(OpenDisks { from: time, home: Some(home), ..OpenDisks::default() });
    }

    /// A file of a disk, of whatever slot.
    fn uses(&mut self, time: Millis, volume: String) {
        let open = self.open.get_or_insert_with(|| OpenDisks { from: time, ..OpenDisks::default() });
        if !open.files.iter().any(|(_, known)| *known == volume) {
            open.files.push((time, volume));
        }
    }

    /// A disk in its slot: on another volume than before, the disks have moved.
    fn opens(&mut self, time: Millis, slot: &str, volume: String) {
        let open = self.open.get_or_insert_with(|| OpenDisks { from: time, ..OpenDisks::default() });
        let old = open.slots.insert(slot.to_owned(), volume.clone());
        let Some(old) = old.filter(|old| *old != volume) else { return };
        let mut before = open.clone();
        before.slots.insert(slot.to_owned(), old.clone());
        open.from = time;
        if open.home.as_ref() == Some(&old) {
            open.home = Some(volume);
        }
        let soon = |(opened, _): &(Millis, String)| *opened >= time - OPENED_BEFORE_MS;
        open.files.retain(soon);
        before.files.retain(|file| !soon(file));
        self.done.push(before.placement());
    }

    fn close(&mut self) {
        self.done.extend(self.open.take().map(OpenDisks::placement));
    }

    /// The placements by time, equal neighbours as one.
    fn finish(mut self) -> Vec<Placement> {
        self.close();
        self.done.sort_by_key(|placement| placement.from);
        self.done.dedup_by(|next, first| next.volumes == first.volumes);
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(disks: Disks) -> Vec<(Millis, Vec<String>)> {
        disks.finish().into_iter().map(|own| (own.from, own.volumes.into_iter().collect())).collect()
    }

    #[test]
    fn a_disk_that_opens_elsewhere_has_moved() {
        let mut disks = Disks::default();
        disks.starts(0, "old".into());
        disks.uses(100, "old".into());
        disks.opens(200, "scsi0:0", "old".into());
        disks.uses(900_000, "new".into());
        disks.opens(900_100, "scsi0:0", "new".into());
        assert_eq!(sets(disks), [(0, vec!["old".to_owned()]), (900_100, vec!["new".to_owned()])]);
    }

    #[test]
    fn a_process_that_starts_in_another_folder_has_moved() {
        let mut disks = Disks::default();
        disks.starts(0, "old".into());
        disks.opens(200, "scsi0:0", "old".into());
        disks.starts(900_000, "new".into());
        disks.opens(900_200, "scsi0:0", "new".into());
        assert_eq!(sets(disks).len(), 2);
    }

    #[test]
    fn a_linked_clone_stands_on_its_base_too_and_does_not_move() {
        let mut disks = Disks::default();
        for start in [0, 900_000] {
            disks.starts(start, "own".into());
            disks.uses(start + 1, "base".into());
            disks.opens(start + 2, "scsi0:0", "own".into());
        }
        assert_eq!(sets(disks), [(0, vec!["base".to_owned(), "own".to_owned()])]);
    }

    #[test]
    fn the_image_of_a_cd_is_no_disk() {
        assert!(is_disk("/vmfs/volumes/a/b/c.VMDK"));
        for other in ["/vmfs/volumes/iso/w.iso", "/vmfs/volumes/a/f.flp", "/vmfs/volumes/a/serial.log", ""] {
            assert!(!is_disk(other), "{other}");
        }
    }
}
