//! Storage that is lost, fails or is slow.

use crate::error::Error;
use crate::event::Event;
use crate::grammar::Sev;
use crate::grammar::writer::{by, vob};
use crate::model::{Volume, VolumeKind};
use crate::stage::Stage;
use crate::time::Millis;

impl Stage<'_> {
    /// What hosts call the thing that is down: the device, or the NFS mount.
    fn identifier(volume: &Volume) -> String {
        if volume.kind == VolumeKind::Nfs { volume.uuid.clone() } else { volume.device.clone() }
    }

    fn path_of(&mut self, volume: &Volume) -> String {
        let lun = self.scenario.volumes.iter().position(|v| v.label == volume.label).unwrap_or(0) + 3;
        format!("vmhba{}:C0:T{}:L{lun}", 1 + self.rng.below(4), self.rng.below(4))
    }

    fn command(&mut self) -> String {
        format!("0x45{}", self.rng.hex(10))
    }

    pub(super) fn apd_start(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let volume = self.volume_of(event)?;
        let id = Self::identifier(&volume);
        for host in self.hosts_of(event) {
            // Hosts do not notice in the same millisecond.
            let at = at + i64::try_from(host).unwrap_or(0) * 137;
            if volume.kind == VolumeKind::Vmfs {
                self.paths_fail(host, at - 10_000, &volume);
            }
            let text = format!("HBX: 6214: APD EventType: APD_START (3) for vol '{}'", volume.label);
            self.vmk(host, at, &text);
            if volume.kind == VolumeKind::Vmfs {
                let text = format!("ScsiDevice: 4993: Device state of {id} set to APD_START; token num:1");
                self.vmk(host, at, &text);
            }
            let text = format!("StorageApdHandler: 1205: APD start for 0x4302{} [{id}]", self.rng.hex(8));
            self.vmk(host, at, &text);
            let text =
                format!("Device or filesystem with identifier [{id}] has entered the All Paths Down state.");
            self.observe(
                host,
                at + 1,
                vob("APDCorrelator", "vob.storage.apd.start", "esx.problem.storage.apd.start"),
                &text,
            );
        }
        Ok(())
    }

    fn paths_fail(&mut self, host: usize, at: Millis, volume: &Volume) {
        let id = &volume.device;
        let path = self.path_of(volume);
        let world = self.vms.iter().find(|v| v.host == host && v.volume.label == volume.label && v.on());
        let world = world.map_or(2_097_288, |v| v.world);
        let command = self.command();
        let text = format!(
            "NMP: nmp_ThrottleLogForDevice:3617: Cmd 0x2a ({command}, {world}) to dev \"{id}\" on path \"{path}\" Failed: H:0x1 D:0x0 P:0x0 Invalid sense data: 0x0 0x0 0x0. Act:EVAL"
        );
        self.vmk(host, at, &text);
        let text = format!(
            "WARNING: NMP: nmp_DeviceRequestFastDeviceProbe:237: NMP device \"{id}\" state in doubt; requested fast path state update..."
        );
        self.vmk(host, at, &text);
        let text = format!("scsiPath {path} changed state from on");
        self.observe(
            host,
            at + 900,
            vob("scsiCorrelator", "vob.scsi.scsipath.pathstate.deadver2", ""),
            &text,
        );
        let text = format!(
            "Lost connectivity to storage device {id}. Path {path} is down. Affected datastores: \"{}\".",
            volume.label
        );
        self.observe(
            host,
            at + 1_100,
            vob("scsiCorrelator", "", "esx.problem.storage.connectivity.lost"),
            &text,
        );
        let text = format!(
            "NMP: nmp_ThrottleLogForDevice:3545: last error status from device {id} repeated 10 times"
        );
        self.vmk(host, at + 4_000, &text);
    }

    pub(super) fn apd_timeout(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let volume = self.volume_of(event)?;
        let id = Self::identifier(&volume);
        for host in self.hosts_of(event) {
            let at = at + i64::try_from(host).unwrap_or(0) * 137;
            let text = format!(
                "Device or filesystem with identifier [{id}] has entered the All Paths Down Timeout state after being in the All Paths Down state for 140 seconds. I/Os will now be fast failed."
            );
            let kernel = format!("WARNING: StorageApdHandlerEv: 126: {text}");
            self.vmk(host, at, &kernel);
            self.observe(
                host,
                at,
                vob("APDCorrelator", "vob.storage.apd.timeout", "esx.problem.storage.apd.timeout"),
                &text,
            );
        }
        Ok(())
    }

    pub(super) fn apd_exit(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let volume = self.volume_of(event)?;
        let id = Self::identifier(&volume);
        for host in self.hosts_of(event) {
            let at = at + i64::try_from(host).unwrap_or(0) * 137;
            if volume.kind == VolumeKind::Vmfs {
                self.vmk(host, at, &format!("ScsiDevice: 5015: Setting Device {id} state back to 0x2"));
                self.vmk(host, at, &format!("ScsiDevice: 5036: Device {id} is Out of APD; token num:1"));
            }
            let text = format!("StorageApdHandler: 1315: APD exit for 0x4302{} [{id}]", self.rng.hex(8));
            self.vmk(host, at + 2, &text);
            let text = format!("HBX: 6214: APD EventType: APD_EXIT (4) for vol '{}'", volume.label);
            self.vmk(host, at + 3, &text);
            let text =
                format!("Device or filesystem with identifier [{id}] has exited the All Paths Down state.");
            self.observe(
                host,
                at + 3,
                vob("APDCorrelator", "vob.storage.apd.exit", "esx.clear.storage.apd.exit"),
                &text,
            );
        }
        Ok(())
    }

    pub(super) fn pdl(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let volume = self.volume_of(event)?;
        let id = volume.device.clone();
        for host in self.hosts_of(event) {
            for _ in 0..2 {
                let path = self.path_of(&volume);
                let text = format!(
                    "VMW_SATP_ALUA: satp_alua_issueCommandOnPath:661: Path \"{path}\" (PERM LOSS) command 0xa3 failed with status Device is permanently unavailable. H:0x0 D:0x2 P:0x0 Valid sense data: 0x5 0x25 0x0."
                );
                self.vmk(host, at, &text);
            }
            let text = format!(
                "WARNING: vmw_psp_rr: psp_rrSelectPathToActivate:972:Could not select path for device \"{id}\"."
            );
            self.vmk(host, at, &text);
            let text = format!(
                "WARNING: ScsiDevice: 1223: Device :{id} has been removed or is permanently inaccessible."
            );
            self.vmk(host, at + 1, &text);
            let command = self.command();
            let text = format!(
                "ScsiDeviceIO: 2316: Cmd({command}) 0x25, CmdSN 0xecab to dev \"{id}\" failed H:0x1 D:0x0 P:0x0 Possible sense data: 0x5 0x25 0x0."
            );
            self.vmk(host, at + 2, &text);
            let text = format!(
                "Device: {id} has been removed or is permanently inaccessible. Affected datastores (if any): \"{}\".",
                volume.label
            );
            self.observe(
                host,
                at + 3,
                vob(
                    "scsiCorrelator",
                    "vob.scsi.device.state.permanentloss",
                    "esx.problem.scsi.device.state.permanentloss",
                ),
                &text,
            );
        }
        Ok(())
    }

    pub(super) fn io_failed(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let volume = self.volume_of(event)?;
        let (host, world) = self.vms.get(vm).map(|v| (v.host, v.world)).unwrap_or_default();
        let status = if event.text.is_empty() { "H:0x8 D:0x0 P:0x0" } else { &event.text };
        for index in 0..event.count.unwrap_or(3) {
            let late = i64::try_from(index).unwrap_or(0) * 1_370;
            let operation = if index % 2 == 0 { "0x2a" } else { "0x28" };
            let command = self.command();
            let text = format!(
                "ScsiDeviceIO: 4644: Cmd({command}) {operation}, CmdSN 0x800000{:02x} from world {world} to dev \"{}\" failed {status}",
                0x28 + index % 0x80,
                volume.device
            );
            self.vmk(host, at + late, &text);
        }
        Ok(())
    }

    pub(super) fn latency(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let volume = self.volume_of(event)?;
        let micros = event.micros.unwrap_or(31_000);
        let average = 900 + self.rng.below(900);
        for host in self.hosts_of(event) {
            let text = format!(
                "Device {} performance has deteriorated. I/O latency increased from average value of {average} microseconds to {micros} microseconds.",
                volume.device
            );
            self.vmk(host, at, &format!("WARNING: ScsiDeviceIO: 1513: {text}"));
            self.observe(
                host,
                at + 1,
                vob(
                    "scsiCorrelator",
                    "vob.scsi.device.io.latency.high",
                    "esx.problem.scsi.device.io.latency.high",
                ),
                &text,
            );
        }
        Ok(())
    }

    pub(super) fn heartbeat_lost(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let volume = self.volume_of(event)?;
        let lasts = Self::seconds_of(event, 46.0);
        let (uuid, label) = (&volume.uuid, &volume.label);
        for host in self.hosts_of(event) {
            let state = format!(
                "[HB state abcdef02 offset {} gen {} stampUS {} uuid 65f2{}-{}-{}-{} jrnl <FB {}> drv 24.82]",
                3_000_000 + self.rng.below(900) * 512,
                self.rng.between(20, 900),
                self.rng.between(100_000_000_000, 900_000_000_000),
                self.rng.hex(4),
                self.rng.hex(8),
                self.rng.hex(4),
                self.rng.hex(12),
                self.rng.between(1_000, 90_000)
            );
            let text = format!("HBX: 2832: Waiting for timed out {state} on vol '{label}'");
            self.vmk(host, at, &text);
            let text = format!(
                "Lost access to volume {uuid} ({label}) due to connectivity issues. Recovery attempt is in progress and outcome will be reported shortly."
            );
            self.event(host, at + 4, "", &text);
            let ids = format!("{uuid} {label}");
            self.observe_quietly(
                host,
                at + 1,
                "vob.vmfs.heartbeat.timedout",
                "esx.problem.vmfs.heartbeat.timedout",
                &ids,
            );
            if lasts > 0 {
                let text =
                    format!("HBX: 231: Reclaimed heartbeat for volume {uuid} ({label}): [Timeout] {state}");
                self.vmk(host, at + lasts, &text);
                let text = format!(
                    "Successfully restored access to volume {uuid} ({label}) following connectivity issues."
                );
                self.event(host, at + lasts + 4, "", &text);
                self.observe_quietly(
                    host,
                    at + lasts + 1,
                    "vob.vmfs.heartbeat.recovered",
                    "esx.problem.vmfs.heartbeat.recovered",
                    &ids,
                );
            }
        }
        Ok(())
    }

    /// An observation that hostd words differently.
    fn observe_quietly(&mut self, host: usize, at: Millis, id: &str, event: &str, text: &str) {
        self.observe(host, at, vob("vmfsCorrelator", id, ""), text);
        self.observe(host, at + 1, vob("vmfsCorrelator", event, ""), text);
    }

    pub(super) fn nfs_lost(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let volume = self.volume_of(event)?;
        let lasts = Self::seconds_of(event, 90.0);
        let (server, label, uuid) = (&volume.server, &volume.label, &volume.uuid);
        for host in self.hosts_of(event) {
            let files: Vec<String> = self
                .vms
                .iter()
                .filter(|v| v.host == host && &v.volume.label == label && v.on())
                .flat_map(|v| {
                    let stem = v.stem();
                    [
                        format!("{stem}-flat.vmdk"),
                        format!("{stem}.vmx.lck"),
                        format!("vmx-{stem}-1efc878d-1.vswp"),
                    ]
                })
                .collect();
            let text = "NFS: 6339: Status:No connection. Retrying synchronous write I/O 1 of 25 times";
            self.vmk(host, at, text);
            let mount = format!(
                "the server {server} mount point /vol/{label}, mounted as {uuid}-0000-000000000000 (\"{label}\")"
            );
            self.vmk(host, at + 12_000, &format!("WARNING: NFS: 223: Lost connection to {mount}"));
            let text = format!("{server}/{label} {uuid}-0000-000000000000 {label}");
            self.observe(
                host,
                at + 12_001,
                vob(
                    "vmfsCorrelator",
                    "vob.vmfs.nfs.server.disconnect",
                    "esx.problem.vmfs.nfs.server.disconnect",
                ),
                &text,
            );
            for file in &files {
                let text = format!("NFSLock: 1505: Stop accessing fd 0x4308{}({file})  3", self.rng.hex(8));
                self.vmk(host, at + 35_000, &text);
            }
            if lasts == 0 {
                continue;
            }
            let back = at + lasts;
            for file in &files {
                let text =
                    format!("NFSLock: 1469: Start accessing fd 0x4308{}({file}) again", self.rng.hex(8));
                self.vmk(host, back, &text);
            }
            self.vmk(host, back + 20, &format!("NFS: 243: Restored connection to {mount}"));
            self.observe(
                host,
                back + 21,
                vob("vmfsCorrelator", "vob.vmfs.nfs.server.restored", "esx.problem.vmfs.nfs.server.restored"),
                &text,
            );
        }
        Ok(())
    }

    pub(super) fn slow_open(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let (host, path) = self.vms.get(vm).map(|v| (v.host, v.vmx_path())).unwrap_or_default();
        let seconds = Self::seconds_of(event, 76.0) / 1_000;
        let thread = 2_098_400 + self.rng.below(90);
        let text = format!("In thread {thread}, fopen(\"{path}\") took over {seconds} sec.");
        self.hostd(host, at, Sev::Warning, by("IoTracker", ""), &text);
        Ok(())
    }

    pub(super) fn slow_command(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let lasts = Self::seconds_of(event, 31.0);
        for index in 0..event.count.unwrap_or(2) {
            let took = lasts - i64::try_from(index).unwrap_or(0) * 913;
            let verb = if index % 2 == 0 { "WRITE(10)" } else { "READ(10)" };
            let text =
                format!("scsi0:0: Command {verb} took {}.{:03} seconds (ok)", took / 1_000, took % 1_000);
            self.vmx(vm, at, Sev::Info, "vmx", &text);
        }
        Ok(())
    }

    pub(super) fn path_dead(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let volume = self.volume_of(event)?;
        for host in self.hosts_of(event) {
            let path = self.path_of(&volume);
            let text = format!("scsiPath {path} changed state from on");
            self.observe(host, at, vob("scsiCorrelator", "vob.scsi.scsipath.pathstate.dead", ""), &text);
            let text = format!(
                "Lost path redundancy to storage device {}. Path {path} is down. Affected datastores: \"{}\".",
                volume.device, volume.label
            );
            self.observe(
                host,
                at + 300,
                vob("scsiCorrelator", "", "esx.problem.storage.redundancy.lost"),
                &text,
            );
        }
        Ok(())
    }
}
