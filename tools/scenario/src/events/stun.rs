//! A VM that stands still: snapshots, consolidation, hot-add, a migration that takes too long.

use crate::error::Error;
use crate::event::Event;
use crate::grammar::Sev;
use crate::grammar::writer::{by, thread};
use crate::stage::Stage;
use crate::time::Millis;

impl Stage<'_> {
    pub(super) fn stun(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let lasts = Self::seconds_of(event, 1.0);
        let end = at + lasts;
        self.quiet(vm, at, end);
        let who = self.who(event);
        match event.style.as_str() {
            "" | "snapshot" => self.stun_snapshot(vm, at, end, &who, event.count.unwrap_or(0) > 0),
            "consolidate" => self.stun_consolidate(vm, at, end, &who),
            "hot-add" => {
                let text = "memoryHotplug: Change of memory size from 8192 to 16384 was requested";
                self.vmx(vm, at - 700, Sev::Info, "vmx", text);
                let text = "Migrate: VM starting stun, waiting 100 seconds for go/no-go message.";
                self.vmx(vm, at - 80, Sev::Info, "vmx", text);
                self.vmx(vm, at, Sev::Info, "vcpu-0", "Migrate: VM successfully stunned");
            }
            "vmotion" => self.stun_vmotion(vm, at, end),
            _ => return Err(self.wrong(event, "style", "not snapshot, consolidate, hot-add or vmotion")),
        }
        // Microseconds with a plausible tail.
        let us = u64::try_from(lasts).unwrap_or(0) * 1_000 + self.rng.below(999);
        let text = format!("Checkpoint_Unstun: vm stopped for {us} us");
        self.vmx(vm, end, Sev::Info, "vcpu-0", &text);
        Ok(())
    }

    fn task(&mut self, vm: usize, at: Millis, end: Millis, who: &str, method: &str) {
        let (host, id) = self.vms.get(vm).map(|v| (v.host, v.spec.vm_id)).unwrap_or_default();
        let task = format!("haTask-{id}-vim.{method}-{}", self.rng.between(1_000_000, 99_999_999));
        self.hostd(host, at, Sev::Info, by("Vimsvc.TaskManager", who), &format!("Task Created : {task}"));
        let done = format!("Task Completed : {task} Status success");
        self.hostd(host, end, Sev::Info, by("Vimsvc.TaskManager", ""), &done);
    }

    fn disks_again(&mut self, vm: usize, at: Millis, end: Millis) {
        let (host, world, old) = self.vms.get(vm).map(|v| (v.host, v.world, v.handle)).unwrap_or_default();
        let before = self.vscsi(vm);
        let text = format!("Destroying virtual dev for scsi0:0 vscsi={old}");
        self.vmx(vm, at + 10, Sev::Info, "vcpu-0", &text);
        let text = format!("VSCSI: 3810: handle {before}:Destroying Device for world {world} (pendCom 0)");
        self.vmk_as(host, at + 10, world, &text);
        if let Some(state) = self.vms.get_mut(vm) {
            state.handle += 7;
        }
        let after = self.vscsi(vm);
        let text = format!(
            "VSCSI: 5253: handle {after}:Creating Virtual Device for world {world} (FSS handle {}) numBlocks=209715200 (bs=512)",
            self.rng.between(1_000_000, 9_999_999)
        );
        self.vmk_as(host, end - 5, world, &text);
        self.vmx(vm, end - 6, Sev::Info, "vcpu-0", "Creating virtual dev for scsi0:0");
    }

    fn stun_snapshot(&mut self, vm: usize, at: Millis, end: Millis, who: &str, quiesced: bool) {
        self.task(vm, at - 2_200, end + 900, who, "VirtualMachine.createSnapshot");
        let op = Self::op_of(who);
        let text = format!(
            "SnapshotVMX_TakeSnapshot start: 'nightly-{}', deviceState=0, lazy=0, quiesced={}, forceNative=0, tryNative=1, saveAllocMaps=0",
            self.rng.between(10, 99),
            u8::from(quiesced)
        );
        self.vmx_op(vm, at - 1_900, Sev::Info, thread("vmx", Some(&op)), &text);
        let text = "SNAPSHOT: SnapshotPrepareTakeDoneCB: Prepare phase complete (The operation completed successfully).";
        self.vmx(vm, at - 1_400, Sev::Info, "vmx", text);
        self.disks_again(vm, at, end);
        let text = "SnapshotVMXTakeSnapshotComplete: Done with snapshot: 3";
        self.vmx(vm, end + 600, Sev::Info, "vmx", text);
        self.transition(vm, at - 2_150, who, "ON", "CREATE_SNAPSHOT");
        self.transition(vm, end + 880, "", "CREATE_SNAPSHOT", "ON");
    }

    fn stun_consolidate(&mut self, vm: usize, at: Millis, end: Millis, who: &str) {
        self.task(vm, at - 95_000, end + 1_400, who, "vm.Snapshot.remove");
        let op = Self::op_of(who);
        let text = "SnapshotVMX_Consolidate: Starting online snapshot consolidate operation.";
        self.vmx_op(vm, at - 94_000, Sev::Info, thread("vmx", Some(&op)), text);
        self.disks_again(vm, at, end);
        let text = "ConsolidateEnd: Snapshot consolidate complete: The operation completed successfully (0).";
        self.vmx(vm, end + 1_100, Sev::Info, "vmx", text);
    }

    fn stun_vmotion(&mut self, vm: usize, at: Millis, end: Millis) {
        let (host, world) = self.vms.get(vm).map(|v| (v.host, v.world)).unwrap_or_default();
        let id = self.rng.between(1_000_000_000_000_000_000, 8_999_999_999_999_999_999);
        let text = format!(
            "Received migrate 'to' request for mid id {id}, src ip <198.51.100.11>, dst ip <198.51.100.12>(invalidate source config)."
        );
        self.vmx(vm, at - 31_000, Sev::Info, "vmx", &text);
        for (step, late) in [(0, 31_000), (1, 30_800), (2, 29_000), (3, 4_000)] {
            let text = format!("MigrateSetState: Transitioning from state {step} to {}.", step + 1);
            self.vmx(vm, at - late, Sev::Info, "vmx", &text);
        }
        let text = "Migrate: VM starting stun, waiting 100 seconds for go/no-go message.";
        self.vmx(vm, at - 60, Sev::Info, "vmx", text);
        self.vmx(vm, at, Sev::Info, "vcpu-0", "Migrate: VM successfully stunned");
        self.transition(vm, at - 31_100, "", "ON", "EMIGRATING");
        let text = format!(
            "Migrate: vm {world}: 3284: Setting VMOTION info: Source ts = {id}, src ip = <198.51.100.11> dest ip = <198.51.100.12> Dest wid = 2213381 using SHARED swap"
        );
        self.vmk_as(host, at - 31_000, world, &text);
        let text = format!(
            "WARNING: Migrate: 5454: {id} S: Migration considered a failure by the VMX. It is most likely a timeout, but check the VMX log for the true error."
        );
        self.vmk_as(host, end - 40, world, &text);
        let text = "[msg.checkpoint.migration.maxSwitchoverTimeExceeded] The migration has exceeded the maximum switchover time of 100 second(s). ESX has preemptively failed the migration to allow the VM to continue running on the source. To avoid this failure, either increase the maximum allowable switchover time or wait until the VM is performing a less intensive workload.";
        self.vmx(vm, end - 30, Sev::Info, "vmx", text);
        self.vmx(vm, end - 20, Sev::Info, "vmx", "Migrate: Attempting to continue running on the source.");
        self.transition(vm, end + 30, "", "EMIGRATING", "ON");
    }
}
