//! What guests do by themselves: bugchecks, panics, triple faults, orderly restarts.

use crate::error::Error;
use crate::event::Event;
use crate::grammar::Sev;
use crate::grammar::writer::{by, thread};
use crate::noise::guest;
use crate::stage::Stage;
use crate::time::Millis;

impl Stage<'_> {
    fn name_and_host(&self, vm: usize) -> (String, usize, String) {
        let (name, host) = self.vms.get(vm).map(|v| (v.spec.name.clone(), v.host)).unwrap_or_default();
        let full = self.hosts.get(host).map(|h| h.spec.name.clone()).unwrap_or_default();
        (name, host, full)
    }

    pub(super) fn bugcheck(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        if event.code.is_empty() {
            return Err(self.wrong(event, "code", "a bugcheck needs one"));
        }
        let thread = format!("vcpu-{}", event.vcpu);
        let values = std::iter::once(&event.code).chain(&event.args);
        for (register, value) in values.enumerate().take(5) {
            let text = format!("WinBSOD: Synthetic MSR[0x{:x}] {value}\n", 0x4000_0100 + register);
            self.vmx(vm, at + i64::try_from(register / 2).unwrap_or(0), Sev::Warning, &thread, &text);
        }
        self.crash_noticed(vm, at + 7);
        let restart = at + 48_000 + self.rng.time(0, 9_000);
        self.quiet(vm, at + 500, restart);
        self.vmx(vm, at + 31_000, Sev::Info, "vmx", "GuestRpcSendTimedOut: message to toolbox timed out.");
        self.vmx(vm, at + 36_200, Sev::Info, "vmx", "Tools: Tools heartbeat timeout.");
        if event.reboot.unwrap_or(true) {
            let text = "Chipset: The guest has requested that the virtual machine be hard reset.";
            self.vmx(vm, restart, Sev::Info, &thread, text);
            self.guest_restart(vm, restart + 4);
        } else {
            self.quiet(vm, restart, restart + 86_400_000);
        }
        Ok(())
    }

    /// hostd learns that the guest has crashed.
    fn crash_noticed(&mut self, vm: usize, at: Millis) {
        let (name, host, _) = self.name_and_host(vm);
        self.vm_hostd(vm, at, Sev::Info, "", "Guest operating system crash detected.");
        self.event(host, at + 2, "", &format!("{name}: Guest operating system has crashed."));
    }

    pub(super) fn kernel_panic(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let up = self.rng.between(9_000, 99_000);
        let cause = if event.text.is_empty() { "Fatal exception" } else { &event.text };
        let thread = format!("vcpu-{}", event.vcpu);
        let line = |level: u64, part: u64, text: &str| format!("<{level}>[{up}.{part:06}] {text}");
        let fault = "BUG: unable to handle kernel NULL pointer dereference at 0000000000000048";
        self.vmx_torn(vm, at - 3, Sev::Info, &thread, &["Guest: ", &line(1, 412_003, fault)]);
        let call = "RIP: 0010:[<ffffffffa0312e5c>]  [<ffffffffa0312e5c>] acq_ring_poll+0x5c/0x210 [acqring]";
        self.vmx_torn(vm, at - 2, Sev::Info, &thread, &["Guest: ", &line(1, 412_640, call)]);
        let panic = format!("Kernel panic - not syncing: {cause}");
        self.vmx_torn(vm, at, Sev::Info, &thread, &["Guest: ", &line(0, 415_117, &panic)]);
        let restart = at + 10_200 + self.rng.time(0, 900);
        self.quiet(vm, at + 200, restart);
        if event.reboot.unwrap_or(true) {
            let text = "Chipset: The guest has requested that the virtual machine be hard reset.";
            self.vmx(vm, restart, Sev::Info, &thread, text);
            self.guest_restart(vm, restart + 3);
        } else {
            let text = "The CPU has been disabled by the guest operating system. Power off or reset the virtual machine.";
            self.vmx(vm, at + 400, Sev::Info, &thread, text);
            self.quiet(vm, restart, restart + 86_400_000);
        }
        Ok(())
    }

    pub(super) fn darwin_panic(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let cause =
            if event.text.is_empty() { "\"a freed zone element has been modified\"" } else { &event.text };
        let thread = format!("vcpu-{}", event.vcpu);
        let text =
            format!("DarwinPanic: panic(cpu {} caller 0xffffff80{}): {cause}", event.vcpu, self.rng.hex(8));
        self.vmx(vm, at, Sev::Warning, &thread, &text);
        self.quiet(vm, at + 100, at + 3_000);
        let text = "Chipset: The guest has requested that the virtual machine be hard reset.";
        self.vmx(vm, at + 3_000, Sev::Info, &thread, text);
        self.guest_restart(vm, at + 3_004);
        Ok(())
    }

    pub(super) fn triple_fault(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let thread = format!("vcpu-{}", event.vcpu);
        self.vmx(vm, at, Sev::Info, &thread, "Triple fault.");
        let hint = "MsgHint: msg.monitorEvent.tripleFault\nA fault has occurred causing a virtual CPU to enter the shutdown state. If this fault had occurred outside of a virtual machine, it would have caused the physical machine to restart. The shutdown state can be reached by incorrectly configuring the virtual machine, a bug in the guest operating system, or a problem in VMware ESX.\n---------------------------------------";
        self.vmx(vm, at, Sev::Info, &thread, hint);
        self.guest_restart(vm, at + 4);
        Ok(())
    }

    pub(super) fn guest_reboot(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        if event.user.is_empty() {
            guest::tools_stop(self, vm, at - 21_000);
        } else {
            let (name, host, full) = self.name_and_host(vm);
            let who = self.who(event);
            let id = self.vms.get(vm).map_or(0, |v| v.spec.vm_id);
            let task = format!(
                "haTask-{id}-vim.VirtualMachine.rebootGuest-{}",
                self.rng.between(1_000_000, 99_999_999)
            );
            self.hostd(
                host,
                at - 24_000,
                Sev::Info,
                by("Vimsvc.TaskManager", &who),
                &format!("Task Created : {task}"),
            );
            self.event(
                host,
                at - 23_990,
                &who,
                &format!("Guest OS reboot for {name} on {full} in ha-datacenter"),
            );
            let done = format!("Task Completed : {task} Status success");
            self.hostd(host, at - 23_900, Sev::Info, by("Vimsvc.TaskManager", ""), &done);
            let op = Self::op_of(&who);
            self.vmx_op(
                vm,
                at - 23_980,
                Sev::Info,
                thread("vmx", Some(&op)),
                "Tools: sending 'OS_Reboot' (state = 2) state change request",
            );
            guest::tools_stop(self, vm, at - 21_000);
        }
        self.quiet(vm, at - 20_000, at);
        let text = "Chipset: The guest has requested that the virtual machine be hard reset.";
        self.vmx(vm, at, Sev::Info, "vcpu-0", text);
        self.guest_restart(vm, at + 4);
        Ok(())
    }

    pub(super) fn guest_shutdown(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        self.shut_down(vm, at);
        Ok(())
    }

    /// The guest shuts down by itself and the process ends.
    pub(super) fn shut_down(&mut self, vm: usize, at: Millis) {
        let (name, host, full) = self.name_and_host(vm);
        guest::orderly_end(self, vm, at);
        self.transition(vm, at + 700, "", "ON", "OFF");
        let text = "Failed to find activation record, event user unknown.";
        self.vm_hostd(vm, at + 703, Sev::Warning, "", text);
        self.event(host, at + 704, "", &format!("{name} on  {full} in ha-datacenter is powered off"));
        self.fdm_power(vm, at + 1_300, "powered off", true);
    }

    pub(super) fn tools_timeout(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        self.tools_silent(vm, at, Self::seconds_of(event, 60.0));
        Ok(())
    }

    /// Tools stop answering and, after a while, answer again (0: they do not).
    pub(super) fn tools_silent(&mut self, vm: usize, at: Millis, lasts: Millis) {
        let beat = self.rng.between(9_000, 60_000);
        self.vmx(vm, at, Sev::Info, "vmx", "GuestRpcSendTimedOut: message to toolbox timed out.");
        self.vmx(
            vm,
            at,
            Sev::Info,
            "vmx",
            "TOOLS: appName=toolbox, oldStatus=1, status=2, guestInitiated=0.",
        );
        self.vmx(vm, at + 8_685, Sev::Info, "vcpu-0", "Tools: Tools heartbeat timeout.");
        self.vmx(vm, at + 8_692, Sev::Info, "vmx", "Tools: Running status rpc handler: 1 => 0.");
        let text = format!("Tools: [RunningStatus] Last heartbeat value {beat} (last received 20s ago)");
        self.vmx(vm, at + 8_693, Sev::Info, "vmx", &text);
        if lasts > 0 {
            self.vmx(vm, at + lasts, Sev::Info, "vmx", "Tools: Running status rpc handler: 0 => 1.");
            self.vmx(vm, at + lasts, Sev::Info, "vmx", "Tools: Changing running status: 0 => 1.");
            let text =
                format!("Tools: [RunningStatus] Last heartbeat value {} (last received 1s ago)", beat + 1);
            self.vmx(vm, at + lasts, Sev::Info, "vmx", &text);
        }
    }
}
