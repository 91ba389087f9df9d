//! Somebody, or vSphere HA, resets, kills, stops or restarts a VM.

use crate::error::Error;
use crate::event::Event;
use crate::grammar::Sev;
use crate::grammar::writer::{by, thread};
use crate::noise::guest;
use crate::stage::Stage;
use crate::time::Millis;

impl Stage<'_> {
    fn facts(&self, vm: usize) -> (usize, String, u64, String) {
        let (host, name, id) =
            self.vms.get(vm).map(|v| (v.host, v.spec.name.clone(), v.spec.vm_id)).unwrap_or_default();
        let full = self.hosts.get(host).map(|h| h.spec.name.clone()).unwrap_or_default();
        (host, name, id, full)
    }

    fn vigor(&mut self, vm: usize, at: Millis, op: &str, request: &str) {
        let sequence = self.rng.between(900, 40_000);
        let text = format!(
            "VigorTransportProcessClientPayload: opID={op} seq={sequence}: Receiving {request} request."
        );
        self.vmx(vm, at, Sev::Info, "vmx", &text);
        let text = format!(
            "VigorTransport_ServerSendResponse opID={op} seq={sequence}: Completed {request} request."
        );
        self.vmx(vm, at + 9, Sev::Info, "vmx", &text);
    }

    /// A hard reset through the API, as the VM's process sees it.
    fn hard_reset(&mut self, vm: usize, at: Millis, op: &str) {
        self.vigor(vm, at, op, "PowerState.InitiateReset");
        let text = "Vix: [vmxCommands.c:595]: VMAutomation_Reset. Trying hard reset";
        self.vmx_op(vm, at + 2, Sev::Info, thread("vmx", Some(op)), text);
        self.guest_restart(vm, at + 40);
    }

    pub(super) fn operator_reset(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let (host, name, id, full) = self.facts(vm);
        let who = self.who(event);
        let op = Self::op_of(&who);
        let task =
            format!("haTask-{id}-vim.VirtualMachine.reset-{}", self.rng.between(1_000_000, 99_999_999));
        self.hostd(
            host,
            at - 40,
            Sev::Info,
            by("Vimsvc.TaskManager", &who),
            &format!("Task Created : {task}"),
        );
        self.event(host, at - 38, &who, &format!("{name} on {full} in ha-datacenter is reset"));
        self.hard_reset(vm, at, &op);
        let done = format!("Task Completed : {task} Status success");
        self.hostd(host, at + 300, Sev::Info, by("Vimsvc.TaskManager", ""), &done);
        Ok(())
    }

    pub(super) fn operator_power_off(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let (host, name, id, full) = self.facts(vm);
        let who = self.who(event);
        let op = Self::op_of(&who);
        let task =
            format!("haTask-{id}-vim.VirtualMachine.powerOff-{}", self.rng.between(1_000_000, 99_999_999));
        self.hostd(
            host,
            at - 40,
            Sev::Info,
            by("Vimsvc.TaskManager", &who),
            &format!("Task Created : {task}"),
        );
        self.event(host, at - 39, &who, &format!("{name} on  {full} in ha-datacenter is stopping"));
        self.transition(vm, at - 38, &who, "ON", "POWERING_OFF");
        self.vigor(vm, at, &op, "PowerState.InitiatePowerOff");
        let text = "Vix: [vmxCommands.c:555]: VMAutomation_InitiatePowerOff. Trying hard powerOff";
        self.vmx_op(vm, at + 2, Sev::Info, thread("vmx", Some(&op)), text);
        guest::process_end(self, vm, at + 500);
        self.event(host, at + 1_200, "", &format!("{name} on  {full} in ha-datacenter is powered off"));
        self.transition(vm, at + 1_201, "", "POWERING_OFF", "OFF");
        let done = format!("Task Completed : {task} Status success");
        self.hostd(host, at + 1_210, Sev::Info, by("Vimsvc.TaskManager", ""), &done);
        self.fdm_power(vm, at + 1_900, "powered off", true);
        Ok(())
    }

    pub(super) fn suspend(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let who = self.who(event);
        self.transition(vm, at - 30, &who, "ON", "SUSPENDING");
        self.vmx(vm, at, Sev::Info, "vmx", "SUSPEND: Start suspend (flags=0)");
        let name = self.facts(vm).1;
        let text = format!("ConfigDB: Setting checkpoint.vmState = \"{name}-696ff8fb.vmss\"");
        self.vmx(vm, at + 590, Sev::Notice, "vcpu-0", &text);
        let text = "SUSPEND: Completed suspend: 'Operation completed successfully' (0)";
        self.vmx(vm, at + 647, Sev::Info, "vcpu-0", text);
        self.end_run(vm, at + 700);
        self.transition(vm, at + 1_201, "", "SUSPENDING", "SUSPENDED");
        Ok(())
    }

    pub(super) fn operator_kill(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let (host, world) = self.vms.get(vm).map(|v| (v.host, v.world)).unwrap_or_default();
        let kind = if event.style.is_empty() { "force" } else { &event.style };
        self.shell(
            host,
            at - 400,
            &event.user,
            &format!("esxcli vm process kill --type={kind} --world-id={world}"),
        );
        self.vanished(vm, at);
        Ok(())
    }

    /// HA waits for the failure interval, takes a picture, resets.
    pub(super) fn ha_reset(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let (host, name, _, full) = self.facts(vm);
        let (dir, stem) = self.vms.get(vm).map(|v| (v.dir(), v.stem().to_owned())).unwrap_or_default();
        if event.style != "after-crash" {
            self.tools_silent(vm, at - 128_000, 0);
            self.quiet(vm, at - 119_000, at - 500);
        }
        self.transition(vm, at - 300, "", "ON", "CREATE_SCREENSHOT");
        self.vmx(vm, at - 280, Sev::Info, "vmx", "MKSVMX: Vigor requested a screenshot");
        self.vmx(vm, at - 279, Sev::Info, "svga", "MKSScreenShotMgr: Taking a screenshot");
        self.transition(vm, at - 228, "", "CREATE_SCREENSHOT", "ON");
        let op = self.rng.hex(8);
        self.hard_reset(vm, at, &op);
        let text = format!("{name} on {full} in ha-datacenter is reset");
        self.event(host, at + 60, "", &text);
        let text = format!(
            "This virtual machine reset by HA. Reason: VMware Tools heartbeat failure.A screenshot is saved at {dir}/{stem}-0.png"
        );
        self.event(host, at + 90, "", &text);
        let path = format!("{dir}/{stem}.vmx");
        let text = format!(
            "New event: VmDasBeingResetEvent vm={path} host=host-{} tag=host-{}:2043511:7 reason=vmtoolsHeartbeatFailure",
            21 + host,
            21 + host
        );
        let who = format!(" opID=WorkQueue-{}", self.rng.hex(8));
        self.hostd(host, at + 70, Sev::Debug, by("FDM", &who).of("fdm"), &text);
        let bytes = self.core(900);
        self.vm_file(vm, &format!("{stem}-0.png"), at - 200, bytes);
        Ok(())
    }

    pub(super) fn ha_restart(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        if !event.to.is_empty() {
            let target = self.hosts.iter().position(|h| h.spec.name == event.to);
            let target = target.ok_or_else(|| self.wrong(event, "to", "no such host"))?;
            if let Some(state) = self.vms.get_mut(vm) {
                state.host = target;
            }
        }
        let host = self.vms.get(vm).map_or(0, |v| v.host);
        let path = self.vms.get(vm).map(|v| v.vmx_path()).unwrap_or_default();
        let who = format!(" opID=WorkQueue-{}", self.rng.hex(8));
        let text = format!("Place {path} on host-{}", 21 + host);
        self.hostd(host, at - 4_000, Sev::Debug, by("Execution", &who).of("fdm"), &text);
        let power = format!(" opID=SWI-{}", self.rng.hex(8));
        self.power_on(vm, at, &power);
        let text = format!(
            "New event: EventEx=com.vmware.vc.ha.VmRestartedByHAEvent vm={path} host=host-{} tag=host-{}:-1630274511:3",
            21 + host,
            21 + host
        );
        self.hostd(host, at + 3_000, Sev::Debug, by("FDM", &who).of("fdm"), &text);
        Ok(())
    }
}
