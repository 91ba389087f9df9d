//! One VM under two paths: the inventory calls its folder by a friendly name or with one folder more, the bundle
//! contains its logs under another. Both are one VM.

use super::model::{HostModel, VmId, VmModel};
use super::paths::{file_name, parent};

/// Joins each VM that is only registered with the one whose logs are here and that is the same.
pub(super) fn join(host: &mut HostModel) {
    let mut pairs: Vec<(VmId, VmId)> = Vec::new();
    for (registered, model) in host.vms_by_id().filter(|(_, model)| model.coverage.members == 0) {
        let mut same =
            host.vms_by_id().filter(|(_, other)| other.coverage.members > 0 && is_twin(model, other));
        // Of several that fit none is known to be it.
        if let (Some((logged, _)), None) = (same.next(), same.next())
            && !pairs.iter().any(|(_, taken)| *taken == logged)
        {
            pairs.push((registered, logged));
        }
    }
    for (registered, logged) in &pairs {
        let other = std::mem::take(&mut host[*registered]);
        let model = &mut host[*logged];
        model.vmid = model.vmid.or(other.vmid);
        model.vmx.fill_from(&other.vmx);
        model.names.extend(other.names);
        model.folders.extend(other.folders);
        model.volumes.extend(other.volumes);
        // The registered path is the one that the host's logs name.
        model.config = other.config.or(model.config.take());
        model.config_key = other.config_key.or(model.config_key.take());
    }
    if pairs.is_empty() {
        return;
    }
    let gone = |vm: VmId| pairs.iter().any(|(registered, _)| *registered == vm);
    let mut places: Vec<Option<VmId>> = Vec::new();
    let mut next = 0;
    for at in 0..host.vms.len() {
        let keeps = !gone(VmId::new(at));
        places.push(keeps.then(|| VmId::new(next)));
        next += usize::from(keeps);
    }
    let mut at = 0;
    host.vms.retain(|_| {
        at += 1;
        !gone(VmId::new(at - 1))
    });
    for finding in &mut host.findings {
        finding.owner = finding.owner.and_then(|old| places.get(old.at()).copied().flatten());
    }
}

/// Whether two entries are one VM: the same uuid and name; or, where one of them has no uuid, a configuration file of
/// the same name in a folder of the same name.
fn is_twin(registered: &VmModel, logged: &VmModel) -> bool {
    let named = |model: &VmModel| model.vmx.name.clone();
    if let (Some(a), Some(b)) = (&registered.vmx.bios_uuid, &logged.vmx.bios_uuid) {
        return digits(a) == digits(b) && named(registered) == named(logged) && named(logged).is_some();
    }
    let tail = |model: &VmModel| {
        let key = model.config_key.as_deref()?;
        Some((file_name(parent(key)).to_owned(), file_name(key).to_owned()))
    };
    let volumes = registered.volumes.is_empty()
        || logged.volumes.is_empty()
        || !registered.volumes.is_disjoint(&logged.volumes);
    tail(registered).is_some() && tail(registered) == tail(logged) && volumes
}

/// A uuid without the marks between its digits.
fn digits(uuid: &str) -> String {
    uuid.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Coverage;

    fn vm(config: &str, uuid: Option<&str>, members: u64) -> VmModel {
        let mut vm = VmModel {
            config_key: Some(config.to_owned()),
            coverage: Coverage { members, ..Coverage::default() },
            volumes: [config.split('/').next().unwrap_or_default().to_owned()].into(),
            ..VmModel::default()
        };
        vm.vmx.name = Some("APP01".to_owned());
        vm.vmx.bios_uuid = uuid.map(str::to_owned);
        vm
    }

    fn joined(vms: &[VmModel]) -> usize {
        let mut host = HostModel { vms: vms.to_vec(), ..HostModel::default() };
        join(&mut host);
        host.vms.len()
    }

    #[test]
    fn a_registered_path_and_a_folder_with_logs_are_one_vm() {
        let uuid = Some("42 1c 00 01-02 03");
        let same = Some("421c00010203");
        assert_eq!(joined(&[vm("v/APP01/APP01.vmx", uuid, 0), vm("v/0a1b2c/APP01.vmx", same, 3)]), 1);
        assert_eq!(joined(&[vm("v/dir/APP01/APP01.vmx", None, 0), vm("v/APP01/APP01.vmx", None, 3)]), 1);
        // Copies of one VM have its uuid too.
        let copies =
            [vm("v/a/APP01.vmx", uuid, 0), vm("v/b/APP01.vmx", uuid, 2), vm("v/c/APP01.vmx", uuid, 2)];
        assert_eq!(joined(&copies), 3);
        assert_eq!(joined(&[vm("v/APP01/APP01.vmx", None, 0), vm("w/APP01/APP01.vmx", None, 3)]), 2);
        assert_eq!(joined(&[vm("v/a/APP01.vmx", uuid, 3), vm("v/b/APP01.vmx", uuid, 3)]), 2);
    }

    #[test]
    fn lines_follow_their_vm_to_its_new_place() {
        use crate::evidence::Finding;
        use crate::log::LogKind;
        use crate::rules::{Captures, RuleId};
        let hit = crate::scan::Hit {
            rule: RuleId::new(0),
            index: 0,
            time: None,
            before: None,
            captures: Captures::default(),
            text: "".into(),
            count: 1,
            last: None,
        };
        let finding = Finding { hit, log: LogKind::Vmware, owner: Some(VmId::new(1)), member: 0 };
        let vms = vec![vm("v/dir/APP01/APP01.vmx", None, 0), vm("v/APP01/APP01.vmx", None, 3)];
        let mut host = HostModel { vms, findings: vec![finding], ..HostModel::default() };
        join(&mut host);
        assert_eq!(host.findings.first().and_then(|finding| finding.owner), Some(VmId::new(0)));
    }
}
