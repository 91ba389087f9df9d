//! The configuration of a VM, as its `.vmx` and as the dump in `vmware.log`.

use crate::generation::Generation;
use crate::stage::VmState;

/// The pairs of a VM's configuration, in the order of the file.
pub(crate) fn pairs(vm: &VmState, generation: Generation) -> Vec<(String, String)> {
    let spec = &vm.spec;
    let stem = vm.stem();
    let mut pairs: Vec<(String, String)> = [
        (".encoding", "UTF-8".to_owned()),
        ("config.version", "8".to_owned()),
        ("virtualHW.version", generation.hardware().to_string()),
        ("nvram", format!("{stem}.nvram")),
        ("svga.present", "TRUE".to_owned()),
        ("vmci0.present", "TRUE".to_owned()),
        ("displayName", spec.name.clone()),
        ("extendedConfigFile", format!("{stem}.vmxf")),
        ("floppy0.present", "FALSE".to_owned()),
        ("numvcpus", spec.cpus.to_string()),
        ("memSize", spec.memory.to_string()),
        ("firmware", "efi".to_owned()),
        ("tools.upgrade.policy", "manual".to_owned()),
        ("sched.cpu.units", "mhz".to_owned()),
        (
            "scsi0.virtualDev",
            if spec.guest_os.starts_with("win") { "lsisas1068" } else { "pvscsi" }.to_owned(),
        ),
        ("scsi0.present", "TRUE".to_owned()),
        ("sata0.present", "TRUE".to_owned()),
        ("scsi0:0.deviceType", "scsi-hardDisk".to_owned()),
        ("scsi0:0.fileName", format!("{stem}.vmdk")),
        ("scsi0:0.present", "TRUE".to_owned()),
        ("ethernet0.virtualDev", "vmxnet3".to_owned()),
        ("ethernet0.addressType", "vpx".to_owned()),
        ("ethernet0.generatedAddress", "00:50:56:9a:11:20".to_owned()),
        ("ethernet0.present", "TRUE".to_owned()),
        ("guestOS", spec.guest_os.clone()),
        ("toolScripts.afterPowerOn", "TRUE".to_owned()),
        ("uuid.bios", spec.bios_uuid.clone()),
        ("uuid.location", spec.bios_uuid.replace("42 1c", "56 4d")),
        ("sched.swap.derivedName", format!("{}/{stem}-1efc878d.vswp", vm.dir())),
        ("cleanShutdown", if vm.on() { "FALSE" } else { "TRUE" }.to_owned()),
        ("softPowerOff", "FALSE".to_owned()),
        ("vmotion.checkpointFBSize", "4194304".to_owned()),
        ("monitor.phys_bits_used", "45".to_owned()),
        ("tools.syncTime", "FALSE".to_owned()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    pairs.extend(spec.vmx.iter().map(|(key, value)| (key.clone(), value.clone())));
    pairs
}

/// The text of the `.vmx`.
pub(crate) fn file(vm: &VmState, generation: Generation) -> String {
    pairs(vm, generation).iter().map(|(key, value)| format!("{key} = \"{value}\"\n")).collect()
}
