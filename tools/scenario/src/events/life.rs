//! The life of a VM: starting, and restarting inside.

use crate::generation::Generation;
use crate::grammar::Sev;
use crate::grammar::writer::by;
use crate::noise::guest;
use crate::rng::Rng;
use crate::stage::{Run, Stage};
use crate::time::Millis;

const HOUR: Millis = 3_600_000;

impl Stage<'_> {
    /// `H(GID:8193)(vscsi0:0)`, or `8203(vscsi0:0)` on older hosts.
    pub(super) fn vscsi(&self, vm: usize) -> String {
        let Some(state) = self.vms.get(vm) else { return String::new() };
        if self.generation(state.host) <= Generation::V65 {
            format!("{}(vscsi0:0)", state.handle)
        } else {
            format!("{}(GID:8{:03})(vscsi0:0)", state.handle, 193 + vm)
        }
    }

    /// Runs that ended in an orderly way before `before`; their logs are still in the folder.
    pub(super) fn older_runs(&mut self, vm: usize, before: Millis) {
        let Some((count, host, name)) =
            self.vms.get(vm).map(|v| (v.spec.older_runs, v.host, v.spec.name.clone()))
        else {
            return;
        };
        for back in (1..=count).rev() {
            let mut rng = Rng::new(&self.scenario.name, &format!("older/{name}/{back}"));
            let start = before - i64::try_from(back).unwrap_or(1) * 200 * HOUR - rng.time(0, 20 * HOUR);
            let end = start + 30 * HOUR + rng.time(0, 90 * HOUR);
            if let Some(state) = self.vms.get_mut(vm) {
                state.runs.push(Run { host, start, end: None, quiet: Vec::new(), lines: Vec::new() });
            }
            guest::start(self, vm, start);
            guest::orderly_end(self, vm, end);
        }
    }

    /// A VM is started: a new process, new worlds, a new `vmware.log`.
    pub(super) fn power_on(&mut self, vm: usize, at: Millis, who: &str) {
        let Some(state) = self.vms.get_mut(vm) else { return };
        if state.on() {
            return;
        }
        let again = state.runs.last().is_some_and(|run| run.start > at - 60 * HOUR);
        if again {
            let step = self.rng.between(400, 2_900);
            state.cartel += step;
            state.world += step;
            state.handle += step;
        }
        let host = state.host;
        let (name, id) = (state.spec.name.clone(), state.spec.vm_id);
        state.runs.push(Run { host, start: at, end: None, quiet: Vec::new(), lines: Vec::new() });
        let task =
            format!("haTask-{id}-vim.VirtualMachine.powerOn-{}", self.rng.between(1_000_000, 99_999_999));
        let full = self.hosts.get(host).map(|h| h.spec.name.clone()).unwrap_or_default();
        self.hostd(
            host,
            at - 900,
            Sev::Info,
            by("Vimsvc.TaskManager", who),
            &format!("Task Created : {task}"),
        );
        self.event(host, at - 899, who, &format!("{name} on host {full} in ha-datacenter is starting"));
        self.transition(vm, at - 898, who, "OFF", "POWERING_ON");
        self.hostd(host, at - 890, Sev::Info, by("Libs", who), "Starting vmx as /bin/vmx");
        self.event(host, at + 1_300, "", &format!("{name} on  {full} in ha-datacenter is powered on"));
        self.transition(vm, at + 1_301, "", "POWERING_ON", "ON");
        let done = format!("Task Completed : {task} Status success");
        self.hostd(host, at + 1_320, Sev::Info, by("Vimsvc.TaskManager", ""), &done);
        self.fdm_power(vm, at + 2_400, "powered on", false);
        self.kernel_power_on(vm, at);
        guest::start(self, vm, at);
    }

    pub(super) fn kernel_power_on(&mut self, vm: usize, at: Millis) {
        let Some((host, world, cartel, name)) =
            self.vms.get(vm).map(|v| (v.host, v.world, v.cartel, v.spec.name.clone()))
        else {
            return;
        };
        let group = self.rng.between(20_000, 90_000);
        let vscsi = self.vscsi(vm);
        self.vmk_as(
            host,
            at,
            cartel,
            &format!("World: vm {world}: 1646: Starting world vmm0:{name} of type 8"),
        );
        let text = format!(
            "Sched: vm {world}: 6485: Adding world 'vmm0:{name}', group 'host/user', cpu: shares=-3 min=0 minLimit=-1 max=-1, mem: shares=-3 min=0 minLimit=-1 max=-1"
        );
        self.vmk_as(host, at, cartel, &text);
        self.vmk_as(
            host,
            at + 1,
            cartel,
            &format!("Sched: vm {world}: 6500: renamed group {group} to vm.{cartel}"),
        );
        self.vmk_as(
            host,
            at + 2,
            cartel,
            &format!("MemSched: vm {cartel}: 8109: extended swap to 43176 pgs"),
        );
        let blocks = self.rng.between(40, 400) * 2_097_152;
        let text = format!(
            "VSCSI: 5253: handle {vscsi}:Creating Virtual Device for world {world} (FSS handle {}) numBlocks={blocks} (bs=512)",
            self.rng.between(1_000_000, 9_999_999)
        );
        self.vmk_as(host, at + 240, cartel, &text);
        let text = format!("VSCSI: 272: handle {vscsi}:Input values: res=0 limit=-1 bw=-1 Shares=-1");
        self.vmk_as(host, at + 240, cartel, &text);
        self.kernel_guest_boot(vm, at + 9_000);
    }

    /// What the kernel shows when a guest's drivers find their disks.
    pub(super) fn kernel_guest_boot(&mut self, vm: usize, at: Millis) {
        let Some((host, world, name)) = self.vms.get(vm).map(|v| (v.host, v.world, v.spec.name.clone()))
        else {
            return;
        };
        let vscsi = self.vscsi(vm);
        let low = 2_097_650 + self.rng.below(9);
        let text = format!("VSCSI: 2891: handle {vscsi}:Reset [Retries: 0/0] from (vmm0:{name})");
        self.vmk_as(host, at, low, &text);
        let text = format!("VSCSI: 2679: handle {vscsi}:Completing reset (0 outstanding commands)");
        self.vmk_as(host, at + 100, low, &text);
        let text = format!("VSCSIFs: 4390: handle {vscsi}:Invalid Opcode (0xa3) from (vmm0:{name})");
        self.vmk_as(host, at + 168, world + 3, &text);
    }

    /// fdm notes a change of power.
    pub(super) fn fdm_power(&mut self, vm: usize, at: Millis, state: &str, clean: bool) {
        let Some((host, path)) = self.vms.get(vm).map(|v| (v.host, v.vmx_path())) else { return };
        let before = if state == "powered on" { "powered off" } else { "powered on" };
        let text = format!(
            "[VmStateChange::SavePowerChange] vm {path} curPwrState={before} curPowerOnCount=1 newPwrState={state} clnPwrOff={clean} hostReporting=host-{}",
            21 + host
        );
        let who = format!(" opID=SWI-{}", self.rng.hex(8));
        self.hostd(host, at, Sev::Debug, by("Invt", &who).of("fdm"), &text);
    }

    /// The guest starts again inside the same process.
    pub(super) fn guest_restart(&mut self, vm: usize, at: Millis) {
        self.kernel_guest_boot(vm, at + 4_100);
        guest::restart(self, vm, at);
    }

    /// The process is gone without a word to hostd: what hostd and fdm then see.
    pub(super) fn vanished(&mut self, vm: usize, at: Millis) {
        let Some((host, id)) = self.vms.get(vm).map(|v| (v.host, v.spec.vm_id)) else { return };
        let text = "VigorOnlineDisconnectCb: connection closed (is final).";
        self.hostd(host, at, Sev::Info, by("Libs", ""), text);
        self.transition(vm, at + 40, "", "ON", "OFF");
        let text = format!("Replicator: powerstate change VM: {id} Old: 1 New: 0");
        self.hostd(host, at + 42, Sev::Info, by("Hbrsvc", ""), &text);
        let text = "Failed to find activation record, event user unknown.";
        self.vm_hostd(vm, at + 43, Sev::Warning, "", text);
        let full = self.hosts.get(host).map(|h| h.spec.name.clone()).unwrap_or_default();
        let name = self.vms.get(vm).map(|v| v.spec.name.clone()).unwrap_or_default();
        self.event(host, at + 44, "", &format!("{name} on  {full} in ha-datacenter is powered off"));
        self.fdm_power(vm, at + 600, "powered off", false);
        self.end_run(vm, at);
    }
}
