//! A VM moves to another host.

use crate::error::Error;
use crate::event::Event;
use crate::grammar::Sev;
use crate::noise::guest;
use crate::stage::{Run, Stage};
use crate::time::Millis;

impl Stage<'_> {
    pub(super) fn vmotion(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let target = self
            .hosts
            .iter()
            .position(|h| h.spec.name == event.to)
            .ok_or_else(|| self.wrong(event, "to", "a migration needs a host to go to"))?;
        let (source, world, name) =
            self.vms.get(vm).map(|v| (v.host, v.world, v.spec.name.clone())).unwrap_or_default();
        let id = self.rng.between(1_000_000_000_000_000_000, 8_999_999_999_999_999_999);
        let stop = Self::seconds_of(event, 0.3);
        let new_world = world + 11_000 + self.rng.below(900);
        let ips = "src ip <198.51.100.11>, dst ip <198.51.100.12>";
        let text = format!("Received migrate 'to' request for mid id {id}, {ips}(invalidate source config).");
        self.vmx(vm, at - 21_000, Sev::Info, "vmx", &text);
        for (step, late) in [(0, 21_000), (1, 20_800), (2, 19_000), (3, 900), (4, 100)] {
            let text = format!("MigrateSetState: Transitioning from state {step} to {}.", step + 1);
            self.vmx(vm, at - late, Sev::Info, "vmx", &text);
        }
        self.transition(vm, at - 21_100, "", "ON", "EMIGRATING");
        let swap = "using SHARED swap";
        let text = format!(
            "Migrate: vm {world}: 3284: Setting VMOTION info: Source ts = {id}, src ip = <198.51.100.11> dest ip = <198.51.100.12> Dest wid = {new_world} {swap}"
        );
        self.vmk_as(source, at - 21_000, world, &text);
        let text = format!(
            "VMotion: 4650: {id} S: Stopping pre-copy: only 1296 pages left to send, which can be sent within the switchover time goal of 0.500 seconds (network bandwidth ~845.404 MB/s, 1088% t2d)"
        );
        self.vmk_as(source, at - 200, world, &text);
        guest::process_end(self, vm, at + stop + 400);
        self.transition(vm, at + stop + 700, "", "EMIGRATING", "OFF");
        self.fdm_power(vm, at + stop + 900, "powered off", true);

        if let Some(state) = self.vms.get_mut(vm) {
            state.host = target;
            state.world = new_world;
            state.cartel = new_world - 1;
            state.handle += 5_000;
            let start = at - 18_000;
            state.runs.push(Run {
                host: target,
                start,
                end: None,
                quiet: vec![(start, at + stop)],
                lines: Vec::new(),
            });
        }
        let text = format!(
            "Migrate: vm {new_world}: 3284: Setting VMOTION info: Dest ts = {id}, src ip = <198.51.100.11> dest ip = <198.51.100.12> Dest wid = 0 {swap}"
        );
        self.vmk_as(target, at - 17_000, new_world, &text);
        self.transition(vm, at - 18_100, "", "OFF", "IMMIGRATING");
        let text = format!("{name} on host {} in ha-datacenter is migrating", event.to);
        self.event(target, at - 18_000, "", &text);
        self.kernel_power_on_quietly(vm, at - 17_500);
        guest::arrive(self, vm, at - 18_000, at + stop, id);
        let us = u64::try_from(stop).unwrap_or(0) * 1_000 + self.rng.below(999);
        self.vmx(vm, at + stop, Sev::Info, "vcpu-0", &format!("Checkpoint_Unstun: vm stopped for {us} us"));
        self.transition(vm, at + stop + 300, "", "IMMIGRATING", "ON");
        self.fdm_power(vm, at + stop + 1_200, "powered on", false);
        Ok(())
    }

    /// The process opens its disks on the other volume; what it wrote before stays as it was.
    pub(super) fn storage_vmotion(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let target = self
            .scenario
            .volumes
            .iter()
            .find(|volume| volume.label == event.volume)
            .cloned()
            .ok_or_else(|| self.wrong(event, "volume", "a Storage vMotion needs a volume to go to"))?;
        let Some(state) = self.vms.get_mut(vm) else { return Ok(()) };
        let (host, old) = (state.host, state.dir());
        state.volume = target;
        let (new, stem) = (state.dir(), state.stem().to_owned());
        let text = format!("SVMotion: Enter Phase 8: moving '{old}' to '{new}'");
        self.vmx(vm, at - 40, Sev::Info, "vmx", &text);
        for text in [
            format!(
                "DISKLIB-VMFS  : \"{new}/{stem}-flat.vmdk\" : open successful (10) size = 107374182400, hd = 0. Type 3"
            ),
            format!("DISK: OPEN scsi0:0 '{new}/{stem}.vmdk' persistent R[]"),
        ] {
            self.vmx(vm, at, Sev::Info, "vmx", &text);
        }
        let text = format!("SVM: 5032: SkipZero 0, dstFsBlockSize -1, preallocateBlocks 0, {stem}");
        self.vmk(host, at - 900, &text);
        Ok(())
    }

    fn kernel_power_on_quietly(&mut self, vm: usize, at: Millis) {
        let Some((host, world, cartel, name)) =
            self.vms.get(vm).map(|v| (v.host, v.world, v.cartel, v.spec.name.clone()))
        else {
            return;
        };
        let text = format!("World: vm {world}: 1646: Starting world vmm0:{name} of type 8");
        self.vmk_as(host, at, cartel, &text);
        let group = self.rng.between(20_000, 90_000);
        let text = format!("Sched: vm {world}: 6500: renamed group {group} to vm.{cartel}");
        self.vmk_as(host, at + 1, cartel, &text);
        let vscsi = self.vscsi(vm);
        let text = format!(
            "VSCSI: 5253: handle {vscsi}:Creating Virtual Device for world {world} (FSS handle {}) numBlocks=209715200 (bs=512)",
            self.rng.between(1_000_000, 9_999_999)
        );
        self.vmk_as(host, at + 200, cartel, &text);
    }
}
