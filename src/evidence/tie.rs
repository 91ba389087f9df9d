//! Whether a line concerns a VM. Evidence that names another VM never counts; evidence that names a device counts
//! only for VMs that stand on it.

use super::model::{Finding, HostModel, VmModel};
use super::paths::{device_key, file_name};
use crate::log::Millis;
use crate::rules::{Compiled, TieBy};

/// How a line is tied to a VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// It names another VM, or something this VM does not stand on.
    Other,
    /// Nothing in it can be resolved.
    Unknown,
    /// It shares the moment and names nobody.
    Moment,
    /// It concerns the host as a whole.
    Host,
    /// It names something the VM stands on: its volume, its device.
    Under,
    /// It names the VM.
    This,
}

/// Ties a finding to a VM of the host.
#[must_use]
pub fn tie(host: &HostModel, rule: &Compiled, finding: &Finding, vm: usize) -> Tie {
    if let Some(owner) = finding.owner {
        return if owner == vm { Tie::This } else { Tie::Other };
    }
    let Some(model) = host.vms.get(vm) else { return Tie::Other };
    let mut fallback = Tie::Unknown;
    for by in &rule.ties {
        match by {
            TieBy::Host => fallback = fallback.max(Tie::Host),
            TieBy::Moment => fallback = fallback.max(Tie::Moment),
            TieBy::OwnLog => {}
            keyed => {
                let Some(key) = finding.captures.get(keyed.as_str()).filter(|key| !key.is_empty()) else {
                    continue;
                };
                match resolve(host, finding, model, *keyed, key) {
                    Tie::Unknown => {}
                    decided => return decided,
                }
            }
        }
    }
    fallback
}

/// Whether a key of a line names this VM; `path` is the key as a canonical path. For the keys that name VMs.
pub(super) fn owns(
    host: &HostModel,
    vm: &VmModel,
    by: TieBy,
    key: &str,
    path: &str,
    at: Option<Millis>,
) -> bool {
    match by {
        TieBy::World | TieBy::Cartel => key
            .parse::<u64>()
            .is_ok_and(|id| vm.worlds.iter().chain(&vm.cartels).any(|span| span.holds(id, at))),
        TieBy::Vm => vm.names.contains(key.trim()),
        TieBy::Vmid => key.parse::<u64>().is_ok_and(|id| vm.vmid == Some(id)),
        TieBy::Vmx => is_config(host, vm, path),
        TieBy::Path => vm.folders.iter().any(|folder| {
            !folder.is_empty()
                && path
                    .strip_prefix(folder.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }),
        TieBy::File => vm.names.iter().any(|name| is_file_of(file_name(key), name)),
        TieBy::Handle => vm.handles.contains(key),
        TieBy::Pci => vm.vmx.pci.iter().any(|own| pci_key(own) == pci_key(key)),
        TieBy::Migration => vm.migrations.contains(key),
        TieBy::Device | TieBy::Volume | TieBy::OwnLog | TieBy::Host | TieBy::Moment => false,
    }
}

/// Whether a path is the configuration file of this VM.
fn is_config(host: &HostModel, vm: &VmModel, path: &str) -> bool {
    match &vm.config_key {
        Some(own) if own == path => true,
        // Label and uuid of a volume that no list joins: folder and file decide.
        Some(own) => {
            let (volume, own_volume) =
                (path.split('/').next().unwrap_or(""), own.split('/').next().unwrap_or(""));
            let both_known = host.volumes.knows(volume) && host.volumes.knows(own_volume);
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

fn resolve(host: &HostModel, finding: &Finding, vm: &VmModel, by: TieBy, key: &str) -> Tie {
    let of = |own: bool, anyone: bool| match (own, anyone) {
        (true, _) => Tie::This,
        (false, true) => Tie::Other,
        (false, false) => Tie::Unknown,
    };
    let at = finding.time;
    match by {
        TieBy::World | TieBy::Cartel => {
            let Ok(id) = key.parse::<u64>() else { return Tie::Unknown };
            let holds = |vm: &VmModel| {
                let spans = if by == TieBy::World { &vm.worlds } else { &vm.cartels };
                // A world tie may be told by the leader world and the other way round.
                spans.iter().any(|span| span.holds(id, at))
                    || vm.worlds.iter().chain(&vm.cartels).any(|span| span.holds(id, at))
            };
            of(holds(vm), host.vms.iter().any(holds))
        }
        TieBy::Vm => {
            let key = key.trim();
            let bears = |vm: &VmModel| vm.names.contains(key);
            match host.vms.iter().filter(|other| bears(other)).count() {
                // A name no VM of the bundle bears is still the name of another VM.
                0 => Tie::Other,
                1 => of(bears(vm), true),
                // Two VMs of one name: the line cannot tell which.
                _ if bears(vm) => Tie::Unknown,
                _ => Tie::Other,
            }
        }
        TieBy::Vmid => {
            let Ok(id) = key.parse::<u64>() else { return Tie::Unknown };
            of(vm.vmid == Some(id), host.vms.iter().any(|other| other.vmid == Some(id)))
        }
        TieBy::Vmx => {
            // A path names a VM, whether the bundle knows it or not.
            let path = host.volumes.canonical(key);
            if owns(host, vm, by, key, &path, at) { Tie::This } else { Tie::Other }
        }
        TieBy::Path | TieBy::File => {
            let path = host.volumes.canonical(key);
            let below = |vm: &VmModel| {
                by == TieBy::Path
                    && vm.folders.iter().any(|folder| {
                        !folder.is_empty()
                            && path
                                .strip_prefix(folder.as_str())
                                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                    })
            };
            let named = |vm: &VmModel| {
                by == TieBy::File && vm.names.iter().any(|name| is_file_of(file_name(key), name))
            };
            let owns = |vm: &VmModel| below(vm) || named(vm);
            match host.vms.iter().filter(|other| owns(other)).count() {
                0 if by == TieBy::Path => Tie::Other,
                0 => Tie::Unknown,
                1 => of(owns(vm), true),
                _ => Tie::Unknown,
            }
        }
        TieBy::Handle => {
            of(vm.handles.contains(key), host.vms.iter().any(|other| other.handles.contains(key)))
        }
        TieBy::Device => {
            let device = device_key(key);
            if vm.devices.contains(&device) {
                return Tie::Under;
            }
            // With a list of extents at hand, a device that is not below this VM's volumes is not its device.
            let own_unmapped = vm.volumes.iter().any(|volume| {
                host.volumes.get(volume).is_none_or(|known| {
                    known.devices.is_empty()
                        && known
                            .kind
                            .as_deref()
                            .is_none_or(|kind| kind.starts_with("vmfs") && kind != "vmfsos")
                })
            });
            if host.volumes.knows_device(&device) || (host.volumes.maps_devices() && !own_unmapped) {
                Tie::Other
            } else {
                Tie::Unknown
            }
        }
        TieBy::Volume => {
            let volume = host.volumes.key(key);
            if vm.volumes.contains(volume) {
                Tie::Under
            } else if host.volumes.knows(key) || vm.volumes.iter().all(|own| host.volumes.knows(own)) {
                Tie::Other
            } else {
                Tie::Unknown
            }
        }
        TieBy::Pci => {
            let owns = |vm: &VmModel| vm.vmx.pci.iter().any(|own| pci_key(own) == pci_key(key));
            if owns(vm) { Tie::This } else { Tie::Other }
        }
        TieBy::Migration => {
            of(vm.migrations.contains(key), host.vms.iter().any(|other| other.migrations.contains(key)))
        }
        TieBy::OwnLog | TieBy::Host | TieBy::Moment => Tie::Unknown,
    }
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
}
