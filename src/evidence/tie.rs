//! Whether a line concerns a VM. Evidence that names another VM never counts; evidence that names a device counts
//! only for VMs that depend on it.

use super::model::{Finding, HostModel, VmId, VmModel};
use super::paths::{device_key, file_name};
use crate::log::Millis;
use crate::rules::{Compiled, TieBy};

/// How a line is tied to a VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// It names another VM, or something this VM does not depend on.
    Other,
    /// Nothing in it can be resolved.
    Unknown,
    /// It shares the moment and names no VM.
    Moment,
    /// It concerns the host as a whole.
    Host,
    /// It names something the VM depends on: its volume, its device.
    Under,
    /// It names the VM.
    This,
}

/// What a line ties by, as it is looked up on VMs.
pub(super) struct Key<'a> {
    host: &'a HostModel,
    text: &'a str,
    /// The text as a canonical path; empty for keys that are no paths.
    path: String,
    /// The text as a number.
    id: Option<u64>,
    at: Option<Millis>,
}

impl<'a> Key<'a> {
    pub(super) fn new(host: &'a HostModel, by: TieBy, text: &'a str, at: Option<Millis>) -> Self {
        let path = match by {
            TieBy::Vmx | TieBy::Path => host.volumes.canonical(text),
            _ => String::new(),
        };
        Self { host, text, path, id: text.parse().ok(), at }
    }

    /// The VMs of the host that it names.
    pub(super) fn named(&self, names: Names) -> Vec<VmId> {
        let all = self.host.vms_by_id();
        all.filter(|(_, vm)| names(self, vm)).map(|(at, _)| at).collect()
    }
}

/// Whether a key names a VM.
pub(super) type Names = fn(&Key<'_>, &VmModel) -> bool;

/// What it means that several VMs of the host match a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Several {
    /// The line concerns each of them.
    Each,
    /// The line concerns one of them, and does not say which.
    OneOf,
    /// The key says nothing.
    Unclear,
}

/// How one way of tying works.
#[derive(Clone, Copy)]
pub(super) enum Way {
    /// The key names VMs.
    Names {
        /// Whether it names this one.
        names: Names,
        /// What it means that it names none: a path or a name is that of a VM that is not known here, a number may be
        /// stale.
        none: Tie,
        /// What it means that it names several.
        several: Several,
    },
    /// The key names what VMs depend on.
    Below(fn(&Key<'_>, &VmModel) -> Tie),
    /// There is no key: the line is tied to every VM like this, unless a key decides.
    Keyless(fn(&HostModel, &VmModel) -> Tie),
}

/// All ways of tying.
pub(super) fn way(by: TieBy) -> Way {
    use Several::{Each, OneOf, Unclear};
    let names = |names: Names, none: Tie, several: Several| Way::Names { names, none, several };
    match by {
        TieBy::World | TieBy::Cartel => names(has_world, Tie::Unknown, Each),
        TieBy::Vm => names(|key, vm| vm.names.contains(key.text.trim()), Tie::Other, OneOf),
        TieBy::Vmid => names(|key, vm| key.id.is_some() && vm.vmid == key.id, Tie::Unknown, Each),
        TieBy::Vmx => names(is_config, Tie::Other, Each),
        TieBy::Path => names(has_path, Tie::Other, Unclear),
        TieBy::File => names(has_file, Tie::Unknown, Unclear),
        TieBy::Handle => names(|key, vm| vm.handles.contains(key.text), Tie::Unknown, Each),
        TieBy::Pci => names(has_device, Tie::Other, Each),
        TieBy::Migration => names(|key, vm| vm.migrations.contains(key.text), Tie::Unknown, Each),
        TieBy::Device => Way::Below(on_device),
        TieBy::Volume => Way::Below(on_volume),
        TieBy::OwnLog => Way::Keyless(|_, _| Tie::Unknown),
        TieBy::Moment => Way::Keyless(|_, _| Tie::Moment),
        TieBy::Host => Way::Keyless(|_, _| Tie::Host),
        TieBy::Vsan => Way::Keyless(on_vsan),
    }
}

/// Ties a finding to a VM of the host: by the first key that decides; else by what needs no key.
#[must_use]
pub fn tie(host: &HostModel, rule: &Compiled, finding: &Finding, vm: VmId) -> Tie {
    if let Some(owner) = finding.owner {
        return if owner == vm { Tie::This } else { Tie::Other };
    }
    let model = &host[vm];
    let mut fallback = Tie::Unknown;
    for &by in &rule.ties {
        let way = way(by);
        if let Way::Keyless(tied) = way {
            fallback = fallback.max(tied(host, model));
            continue;
        }
        let text = finding.captures.get(by.as_str()).filter(|text| !text.is_empty());
        let Some(text) = text else { continue };
        let key = Key::new(host, by, text, finding.time);
        let tied = match way {
            Way::Names { names, none, several } => by_name(&key, model, names, (none, several)),
            Way::Below(tied) => tied(&key, model),
            Way::Keyless(_) => Tie::Unknown,
        };
        if tied != Tie::Unknown {
            return tied;
        }
    }
    fallback
}

fn by_name(key: &Key<'_>, vm: &VmModel, names: Names, (none, several): (Tie, Several)) -> Tie {
    let own = names(key, vm);
    let owners = match several {
        // One other is enough to know.
        Several::Each if own => 1,
        Several::Each => usize::from(key.host.vms.iter().any(|other| names(key, other))),
        Several::OneOf | Several::Unclear => key.host.vms.iter().filter(|other| names(key, other)).count(),
    };
    match (owners, own) {
        (0, _) => none,
        (1, true) => Tie::This,
        (1, false) => Tie::Other,
        (_, false) if several == Several::OneOf => Tie::Other,
        _ => Tie::Unknown,
    }
}

/// A world tie may be given by the leader world, and the other way round.
fn has_world(key: &Key<'_>, vm: &VmModel) -> bool {
    key.id.is_some_and(|id| vm.worlds.iter().chain(&vm.cartels).any(|span| span.holds(id, key.at)))
}

/// Whether a path is the configuration file of this VM.
fn is_config(key: &Key<'_>, vm: &VmModel) -> bool {
    let path = key.path.as_str();
    match &vm.config_key {
        Some(own) if own == path => true,
        // Label and uuid of a volume that no list joins: folder and file decide.
        Some(own) => {
            let (volume, own_volume) =
                (path.split('/').next().unwrap_or(""), own.split('/').next().unwrap_or(""));
            let both_known = key.host.volumes.knows(volume) && key.host.volumes.knows(own_volume);
            !both_known && tail(own) == tail(path) && tail(own).is_some()
        }
        None => vm
            .folders
            .iter()
            .any(|folder| path.strip_prefix(folder.as_str()).is_some_and(|r| r.starts_with('/'))),
    }
}

/// The folder and the file at the end of a path.
fn tail(path: &str) -> Option<(&str, &str)> {
    let (folder, file) = path.rsplit_once('/')?;
    Some((file_name(folder), file))
}

fn has_path(key: &Key<'_>, vm: &VmModel) -> bool {
    vm.folders.iter().filter(|folder| !folder.is_empty()).any(|folder| {
        let rest = key.path.strip_prefix(folder.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

fn has_file(key: &Key<'_>, vm: &VmModel) -> bool {
    vm.names.iter().any(|name| is_file_of(file_name(key.text), name))
}

fn has_device(key: &Key<'_>, vm: &VmModel) -> bool {
    vm.vmx.pci.iter().any(|own| pci_key(own) == pci_key(key.text))
}

/// Whether the VM depends on a storage device.
fn on_device(key: &Key<'_>, vm: &VmModel) -> Tie {
    let (device, volumes) = (device_key(key.text), &key.host.volumes);
    let (own_volumes, own_devices) = vm.depends_on(key.at);
    if own_devices.contains(&device) {
        return Tie::Under;
    }
    // With a list of extents at hand, a device that is not below this VM's volumes is not its device.
    let own_unmapped = own_volumes.iter().any(|volume| {
        volumes.get(volume).is_none_or(|known| {
            let vmfs = |kind: &str| kind.starts_with("vmfs") && kind != "vmfsos";
            known.devices.is_empty() && known.kind.as_deref().is_none_or(vmfs)
        })
    });
    if volumes.knows_device(&device) || (volumes.maps_devices() && !own_unmapped) {
        Tie::Other
    } else {
        Tie::Unknown
    }
}

/// Whether the VM is on a volume.
fn on_volume(key: &Key<'_>, vm: &VmModel) -> Tie {
    let volumes = &key.host.volumes;
    let (own, _) = vm.depends_on(key.at);
    if own.contains(volumes.key(key.text)) {
        Tie::Under
    } else if volumes.knows(key.text) || own.iter().all(|own| volumes.knows(own)) {
        Tie::Other
    } else {
        Tie::Unknown
    }
}

/// A line of vSAN names objects of vSAN only: it concerns the VMs that are on vSAN; for others it is of the host.
fn on_vsan(host: &HostModel, vm: &VmModel) -> Tie {
    let is_vsan = |key: &String| {
        let kind = host.volumes.get(key).and_then(|volume| volume.kind.as_deref());
        key.starts_with("vsan") || kind.is_some_and(|kind| kind.starts_with("vsan"))
    };
    if vm.volumes.iter().any(is_vsan) { Tie::Under } else { Tie::Host }
}

/// `0000:05:00.0`, `00000:005:00.0` and `005:00.0`, as a `.vmx` and logs write it; the domain is always 0 on hosts
/// that pass devices through.
fn pci_key(address: &str) -> String {
    let parts: Vec<&str> = address.split([':', '.']).collect();
    parts
        .iter()
        .skip(parts.len().saturating_sub(3))
        .copied()
        .map(|part| {
            let trimmed = part.trim_start_matches('0');
            if trimmed.is_empty() { "0" } else { trimmed }
        })
        .collect::<Vec<_>>()
        .join(":")
        .to_ascii_lowercase()
}

/// Whether a file name is a VM's by its stem: `APP01-flat.vmdk`, `APP01.vmx.lck`, `vmx-APP01-<hash>-1.vswp`.
fn is_file_of(file: &str, name: &str) -> bool {
    let file = file.strip_prefix("vmx-").unwrap_or(file);
    let Some(rest) = file.strip_prefix(name) else { return false };
    // `APP01` owns `APP01-flat.vmdk` and `APP01_1.vmdk`, not `APP011.vmdk`.
    rest.starts_with('.') || ((rest.starts_with('-') || rest.starts_with('_')) && is_suffix(rest))
}

/// `-flat.vmdk`, `-000001-delta.vmdk`, `_1.vmdk`, `-ctk.vmdk`, `-Snapshot2.vmem`, a hash of a swap file.
fn is_suffix(rest: &str) -> bool {
    let body = rest.get(1..).unwrap_or_default();
    let word = body.split(['.', '-']).next().unwrap_or_default();
    let known = ["flat", "delta", "sesparse", "ctk", "rdm", "rdmp", "vmdk"].contains(&word)
        || word.starts_with("Snapshot");
    known || (!word.is_empty() && word.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::model::WorldSpan;

    #[test]
    fn files_are_told_apart_by_their_stem() {
        assert!(is_file_of("APP01-flat.vmdk", "APP01"));
        assert!(is_file_of("APP01.vmx.lck", "APP01"));
        assert!(is_file_of("APP01_2.vmdk", "APP01"));
        assert!(is_file_of("APP01-000001-delta.vmdk", "APP01"));
        assert!(is_file_of("vmx-testvm02-1efc878d81c8d6ddc0fb-1.vswp", "testvm02"));
        assert!(!is_file_of("APP011-flat.vmdk", "APP01"));
        assert!(!is_file_of("APP01-web-flat.vmdk", "APP01"));
        assert_eq!(pci_key("00000:005:00.0"), pci_key("0000:05:00.0"));
        assert_eq!(pci_key("007:00.0"), pci_key("0000:07:00.0"));
        assert_ne!(pci_key("007:00.1"), pci_key("0000:07:00.0"));
    }

    /// Two VMs of one name, one of them with everything a line can name.
    fn host() -> HostModel {
        let mut one = VmModel {
            name: Some("APP01".to_owned()),
            names: ["APP01".to_owned(), "TWIN".to_owned()].into(),
            config_key: Some("vol1/APP01/APP01.vmx".to_owned()),
            folders: ["vol1/APP01".to_owned()].into(),
            vmid: Some(7),
            worlds: vec![WorldSpan { id: 100, from: Some(1_000_000), to: Some(2_000_000) }],
            cartels: vec![WorldSpan { id: 99, from: None, to: None }],
            handles: ["handle1".to_owned()].into(),
            volumes: ["vsan:1".to_owned()].into(),
            devices: ["naa.1".to_owned()].into(),
            migrations: ["42".to_owned()].into(),
            ..VmModel::default()
        };
        one.vmx.pci = vec!["0000:05:00.0".to_owned()];
        let two = VmModel {
            names: ["DB01".to_owned(), "TWIN".to_owned()].into(),
            folders: ["vol2/DB01".to_owned()].into(),
            volumes: ["vol2".to_owned()].into(),
            ..VmModel::default()
        };
        HostModel { vms: vec![one, two], ..HostModel::default() }
    }

    /// How a line with this key is tied to the first and to the second VM.
    fn tied(by: TieBy, text: &str) -> (Tie, Tie) {
        let host = host();
        let key = Key::new(&host, by, text, Some(1_500_000));
        let of = |vm: &VmModel| match way(by) {
            Way::Names { names, none, several } => by_name(&key, vm, names, (none, several)),
            Way::Below(tied) => tied(&key, vm),
            Way::Keyless(tied) => tied(&host, vm),
        };
        match host.vms.as_slice() {
            [one, two] => (of(one), of(two)),
            _ => (Tie::Unknown, Tie::Unknown),
        }
    }

    #[test]
    fn each_way_ties_to_its_vm_and_to_no_other() {
        let own = (Tie::This, Tie::Other);
        let none = (Tie::Unknown, Tie::Unknown);
        let another = (Tie::Other, Tie::Other);
        for (by, text, expected) in [
            (TieBy::World, "100", own),
            (TieBy::World, "99", own),
            (TieBy::World, "101", none),
            (TieBy::World, "x", none),
            (TieBy::Cartel, "99", own),
            (TieBy::Vm, "APP01 ", own),
            (TieBy::Vm, "WEB01", another),
            (TieBy::Vm, "TWIN", none),
            (TieBy::Vmid, "7", own),
            (TieBy::Vmid, "8", none),
            (TieBy::Vmx, "/vmfs/volumes/vol1/APP01/APP01.vmx", own),
            (TieBy::Vmx, "/vmfs/volumes/vol1/WEB01/WEB01.vmx", another),
            (TieBy::Path, "/vmfs/volumes/vol1/APP01/APP01-flat.vmdk", own),
            (TieBy::Path, "/vmfs/volumes/vol1/APP011/x.vmdk", another),
            (TieBy::File, "APP01-flat.vmdk", own),
            (TieBy::File, "WEB01-flat.vmdk", none),
            (TieBy::File, "TWIN-flat.vmdk", none),
            (TieBy::Handle, "handle1", own),
            (TieBy::Handle, "handle2", none),
            (TieBy::Pci, "005:00.0", own),
            (TieBy::Pci, "006:00.0", another),
            (TieBy::Migration, "42", own),
            (TieBy::Migration, "43", none),
            (TieBy::Device, "naa.1", (Tie::Under, Tie::Unknown)),
            (TieBy::Device, "naa.2", none),
            (TieBy::Volume, "vol2", (Tie::Unknown, Tie::Under)),
            (TieBy::OwnLog, "", none),
            (TieBy::Moment, "", (Tie::Moment, Tie::Moment)),
            (TieBy::Host, "", (Tie::Host, Tie::Host)),
            (TieBy::Vsan, "", (Tie::Under, Tie::Host)),
        ] {
            assert_eq!(tied(by, text), expected, "{by} {text}");
        }
    }

    #[test]
    fn a_world_is_a_vms_only_for_its_time() {
        let host = host();
        let at = |ms: Millis| Key::new(&host, TieBy::World, "100", Some(ms)).named(has_world).len();
        assert_eq!((at(900_000), at(1_500_000), at(2_100_000)), (0, 1, 0));
    }
}
