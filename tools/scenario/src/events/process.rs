//! The VMX process or the monitor of a VM fails.

use crate::error::Error;
use crate::event::Event;
use crate::grammar::Sev;
use crate::grammar::writer::{thread, vob};
use crate::stage::Stage;
use crate::time::Millis;

impl Stage<'_> {
    fn paths(&self, vm: usize) -> (usize, String, String) {
        self.vms.get(vm).map(|v| (v.host, v.vmx_path(), v.dir())).unwrap_or_default()
    }

    fn application_crashed(&mut self, vm: usize, at: Millis) {
        let (host, _, dir) = self.paths(vm);
        let text = format!(
            "An application (/bin/vmx) running on ESXi host has crashed (1 time(s) so far). A core file might have been created at {dir}/vmx-zdump.000."
        );
        self.event(host, at + 20, "", &text);
        let text = format!(
            "An application (/bin/vmx) running on ESXi host has crashed (1 time(s) so far). A core file may have been created at {dir}/vmx-zdump.000."
        );
        let dump = format!("/bin/vmx(2104477) {dir}/vmx-zdump.000");
        self.observe(host, at, vob("UserWorldCorrelator", "vob.uw.core.dumped", ""), &dump);
        self.observe(
            host,
            at + 1,
            vob("UserWorldCorrelator", "esx.problem.application.core.dumped", ""),
            &text,
        );
        let bytes = self.core(1_400);
        self.vm_file(vm, "vmx-zdump.000", at, bytes);
    }

    fn core_dump(&mut self, vm: usize, at: Millis, signal: u64) {
        let (host, _, dir) = self.paths(vm);
        let (cartel, world, name) =
            self.vms.get(vm).map(|v| (v.cartel, v.world, v.spec.name.clone())).unwrap_or_default();
        // Worlds of the VMX carry the VM's name after their own.
        let (world, thread) = (world + 1, format!("vmx-vcpu-0:{name}"));
        let text = format!(
            "User: 3089: {thread}: wantCoreDump:{thread} signal:{signal} exitCode:0 coredump:enabled"
        );
        self.vmk_as(host, at, world, &text);
        let text = format!(
            "UserDump: 3024: {thread}: Dumping cartel {cartel} (from world {world}) to file {dir}/vmx-zdump.000 ..."
        );
        self.vmk_as(host, at + 30, world, &text);
        let text = format!("UserDump: 3172: {thread}: Userworld({thread}) coredump complete.");
        self.vmk_as(host, at + 2_100, world, &text);
    }

    /// `PANIC:` and everything the VMX writes until it is gone.
    pub(super) fn vmx_dies(&mut self, vm: usize, at: Millis, thread: &str, cause: &str) {
        let (_, _, dir) = self.paths(vm);
        self.quiet(vm, at, at + 60_000);
        self.vmx(vm, at, Sev::Error, thread, &format!("PANIC: {cause}"));
        for depth in 0..5 {
            let text = format!(
                "Backtrace[{depth}] 000003{} rip=00000000{} rbx=0000000000000000 rbp=000003{}",
                self.rng.hex(10),
                self.rng.hex(8),
                self.rng.hex(10)
            );
            self.vmx(vm, at + 210, Sev::Info, thread, &text);
        }
        let text = format!(
            "Msg_Post: Error\n[msg.log.error.unrecoverable] VMware ESX unrecoverable error: ({thread})\n{cause}\n[msg.panic.haveLog] A log file is available in \"{dir}/vmware.log\".  \n[msg.panic.requestSupport.withLog] You can request support.  \n[msg.panic.requestSupport.vmSupport.vmx86] \nTo collect data to submit to VMware technical support, run \"vm-support\".\n----------------------------------------"
        );
        self.vmx(vm, at + 2_400, Sev::Info, thread, &text);
        let text = format!("A core file is available in \"{dir}/vmx-zdump.000\"");
        self.vmx(vm, at + 2_300, Sev::Warning, thread, &text);
        self.vmx(vm, at + 2_410, Sev::Warning, "mks", "Panic in progress... ungrabbing");
        self.vmx(vm, at + 2_411, Sev::Info, "mks", "MKS: Release starting (Panic)");
        self.vmx(vm, at + 2_412, Sev::Info, "mks", "MKS: Release finished (Panic)");
        self.vmx(vm, at + 2_420, Sev::Info, thread, "Exiting");
        let (host, name) = self.vms.get(vm).map(|v| (v.host, v.spec.name.clone())).unwrap_or_default();
        let full = self.hosts.get(host).map(|h| h.spec.name.clone()).unwrap_or_default();
        let text = format!(
            "Error message on {name} on {full} in ha-datacenter: VMware ESX unrecoverable error: ({thread})\n{cause}"
        );
        self.event(host, at + 2_430, "", &text);
        self.core_dump(vm, at + 220, 6);
        self.application_crashed(vm, at + 2_500);
        self.vanished(vm, at + 2_900);
    }

    pub(super) fn vmx_panic(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let cause =
            if event.text.is_empty() { "ASSERT bora/vmx/main/timeTracker_user.c:234" } else { &event.text };
        let thread = if event.style.is_empty() { "vmx" } else { &event.style };
        self.vmx_dies(vm, at, thread, cause);
        Ok(())
    }

    pub(super) fn device_assert(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let cause = if event.text.is_empty() {
            "NOT_REACHED bora/devices/ahci/ahci_user.c:1530"
        } else {
            &event.text
        };
        self.vmx_dies(vm, at, &format!("vcpu-{}", event.vcpu), cause);
        Ok(())
    }

    pub(super) fn monitor_panic(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let (host, _, dir) = self.paths(vm);
        let (world, name) = self.vms.get(vm).map(|v| (v.world, v.spec.name.clone())).unwrap_or_default();
        let cause = if event.text.is_empty() {
            "VMM64 fault 14: src=MONITOR rip=0xfffffffffc2a41d0 regs=0xfffffffffc008e80"
        } else {
            &event.text
        };
        let (number, thread) = (event.vcpu, format!("vcpu-{}", event.vcpu));
        self.quiet(vm, at, at + 86_400_000);
        self.vmx(vm, at, Sev::Error, &thread, &format!("MONITOR PANIC: {thread}:{cause}"));
        let build = self
            .hosts
            .get(host)
            .map(|h| h.spec.build.clone().unwrap_or_else(|| h.generation.build().to_owned()));
        let build = build.unwrap_or_default();
        self.vmx(vm, at + 1, Sev::Info, &thread, &format!("Core dump with build build-{build}"));
        let text = format!("Writing monitor corefile \"{dir}/vmmcores.gz\"");
        self.vmx(vm, at + 2, Sev::Warning, &thread, &text);
        self.vmx(vm, at + 3, Sev::Warning, &thread, "Dumping core for vcpu-0");
        self.vmx(vm, at + 4, Sev::Info, &thread, "Beginning monitor coredump");
        self.vmx(vm, at + 1_804, Sev::Info, &thread, "End monitor coredump");
        let text = format!(
            "Msg_Post: Error\n[msg.log.monpanic] *** VMware ESX internal monitor error ***\n{thread}:{cause}\n----------------------------------------"
        );
        self.vmx(vm, at + 1_900, Sev::Info, &thread, &text);
        let text = format!("WARNING: World: vm {world}: PanicWork:8430: vmm{number}:{name}:{thread}:{cause}");
        self.vmk_as(host, at, world, &text);
        let bytes = self.core(1_800);
        self.vm_file(vm, "vmmcores.gz", at + 1_804, bytes);
        if event.reboot.unwrap_or(true) {
            let text = format!("VMware ESX unrecoverable error: ({thread})");
            self.vmx(vm, at + 1_950, Sev::Error, &thread, &format!("[msg.log.error.unrecoverable] {text}"));
            self.core_dump(vm, at + 2_000, 6);
            self.application_crashed(vm, at + 4_300);
            self.vanished(vm, at + 4_700);
        }
        Ok(())
    }

    /// The kernel orders the VMX to panic: `vmk: vcpu-N:…` after the unrecoverable error.
    pub(super) fn vmk_ordered_panic(&mut self, vm: usize, at: Millis, cause: &str) {
        self.quiet(vm, at, at + 60_000);
        self.vmx(vm, at, Sev::Error, "vcpu-0", &format!("PANIC: vmk: vcpu-0:{cause}"));
        let text = format!(
            "Msg_Post: Error\n[msg.log.error.unrecoverable] VMware ESX unrecoverable error: (vcpu-0)\nvmk: vcpu-0:{cause}\n----------------------------------------"
        );
        self.vmx(vm, at + 300, Sev::Info, "vcpu-0", &text);
    }

    pub(super) fn pcpu_lockup(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let (host, world, name) =
            self.vms.get(vm).map(|v| (v.host, v.world, v.spec.name.clone())).unwrap_or_default();
        let (cpu, number) = (self.rng.below(32), event.vcpu);
        let text = format!(
            "ALERT: Heartbeat: HandleLockup:827: PCPU {cpu} didn't have a heartbeat for 5 seconds, timeout is 14, 1 IPIs sent; *may* be locked up."
        );
        self.vmk(host, at, &text);
        let cause = "Received VMkernel NMI IPI, possible CPU lockup while executing HV VT VM";
        let text =
            format!("WARNING: World: vm {world}: PanicWork:8430: vmm{number}:{name}:vcpu-{number}:{cause}");
        self.vmk_as(host, at, world, &text);
        self.vmk_ordered_panic(vm, at + 3, cause);
        self.core_dump(vm, at + 400, 6);
        self.application_crashed(vm, at + 2_700);
        self.vanished(vm, at + 3_100);
        Ok(())
    }

    pub(super) fn vmx_core(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        self.core_dump(vm, at, event.count.unwrap_or(11));
        self.application_crashed(vm, at + 2_300);
        self.vanished(vm, at + 2_800);
        Ok(())
    }

    pub(super) fn iofilter_kill(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let (host, cartel) = self.vms.get(vm).map(|v| (v.host, v.cartel)).unwrap_or_default();
        let text = "GuestRpcSendTimedOut: message to toolbox timed out.";
        self.vmx(vm, at - 176_000, Sev::Info, "vmx", text);
        self.quiet(vm, at - 120_000, at);
        let text = format!(
            "WARNING: FiltModS: 898: Upcall thread {} did not signal liveness within last 120000 ms, suspect hang up. Stopping associated cartel {cartel}.",
            cartel + 700
        );
        self.vmk(host, at, &text);
        self.application_crashed(vm, at + 77_000);
        self.vanished(vm, at + 84_000);
        Ok(())
    }

    pub(super) fn lwd_abort(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let (_, _, dir) = self.paths(vm);
        let worker = format!("worker-{}", self.rng.between(2_100_000, 2_400_000));
        let (disk, op) = (format!("61{}", self.rng.hex(8).to_uppercase()), self.rng.hex(8));
        let first = self.rng.between(10_000_000, 60_000_000);
        let text = format!(
            "LWD: Failed to write extent range [{first},{}] for the SES {dir}/lwd-{}.ses. Error 15: IO was aborted",
            first + 11,
            self.rng.hex(6)
        );
        self.vmx_op(vm, at - 41_000, Sev::Error, thread(&worker, Some(&op)), &text);
        let text = format!(
            "LWD: Failure writing to SES, snapshot must be canceled, disk {disk}: IO was aborted (15)"
        );
        self.vmx_op(vm, at - 41_000, Sev::Warning, thread(&worker, Some(&op)), &text);
        let text = format!(
            "LWD: LwdIoTracker_CancelAllIOs: '11' IOs did not complete in the stipulated time for IoTracker 61{}, disk {disk}",
            self.rng.hex(8).to_uppercase()
        );
        self.vmx_op(vm, at - 900, Sev::Warning, thread(&worker, Some(&op)), &text);
        let cause = format!(
            "LWD: Failure to quiesce IOs on disk {disk} after failure to read or write snapshot data"
        );
        self.vmx_dies(vm, at, &worker, &cause);
        Ok(())
    }
}
