//! Memory and space run out.

use crate::error::Error;
use crate::event::Event;
use crate::grammar::Sev;
use crate::grammar::writer::{by, vob};
use crate::stage::Stage;
use crate::time::Millis;

impl Stage<'_> {
    pub(super) fn out_of_space(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let volume = self.volume_of(event)?;
        let (host, world, stem) =
            self.vms.get(vm).map(|v| (v.host, v.world, v.stem().to_owned())).unwrap_or_default();
        let label = &volume.label;
        let text = format!("Fil6: 4289: '{label}': Fil6 file IO (<FD c19 r4>) : No space left on device");
        self.vmk(host, at - 20, &text);
        let text = format!(
            "Fil6: 4251: ioCtx: 0x45ba{}, world: {world}, overallStatus: No space left on device, token: 0x45d9{}, tokenStatus: Success, txnToken: 0x0, txnTokenStatus: N, totalIOSize: 1048576",
            self.rng.hex(8),
            self.rng.hex(8)
        );
        self.vmk(host, at - 20, &text);
        let question = format!(
            "There is no more space for virtual disk '{stem}.vmdk'. You might be able to continue this session by freeing disk space on the relevant volume, and clicking Retry. Click Cancel to terminate this session."
        );
        let text = format!(
            "Msg_Question:\n[msg.hbacommon.outofspace] {question}\n----------------------------------------"
        );
        self.vmx(vm, at, Sev::Info, "vcpu-0", &text);
        self.vm_hostd(
            vm,
            at + 12,
            Sev::Info,
            "",
            &format!("Handling vmx message {}: {question}", self.scenario.events.len() + 56_310),
        );
        let full = self.hosts.get(host).map(|h| h.spec.name.clone()).unwrap_or_default();
        self.event(host, at + 14, "", &format!("Message on {stem} on {full} in ha-datacenter: {question}"));
        if !event.user.is_empty() {
            let answered = at + Self::seconds_of(event, 300.0);
            self.quiet(vm, at, answered);
            let who = self.who(event);
            let id = self.vms.get(vm).map_or(0, |v| v.spec.vm_id);
            let task =
                format!("haTask-{id}-vim.VirtualMachine.answer-{}", self.rng.between(1_000_000, 99_999_999));
            self.hostd(
                host,
                answered,
                Sev::Info,
                by("Vimsvc.TaskManager", &who),
                &format!("Task Created : {task}"),
            );
            self.vmx(vm, answered + 40, Sev::Info, "vcpu-0", "Exiting because of failed disk operation.");
            self.vmx(vm, answered + 30, Sev::Info, "vcpu-0", "MsgQuestion: msg.hbacommon.outofspace reply=1");
            self.vanished(vm, answered + 900);
        } else {
            self.quiet(vm, at, at + 86_400_000);
        }
        Ok(())
    }

    pub(super) fn vm_kill(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let (host, path, name) =
            self.vms.get(vm).map(|v| (v.host, v.vmx_path(), v.spec.name.clone())).unwrap_or_default();
        let (style, why) = match event.style.as_str() {
            "" | "vmtrack" => (
                "vmtrack",
                "The virtual machine is allocating too many pages while the system is critically low in free memory. It is forcefully terminated to prevent system instability.",
            ),
            "noSwapResponse" => (
                "noSwapResponse",
                "The virtual machine did not respond to swap actions. It is terminated as further progress is impossible.",
            ),
            "vmx.fault.failure" => (
                "vmx.fault.failure",
                "The user world daemon of this virtual machine could not fault in a page. The virtual machine is terminated as further progress is impossible.",
            ),
            "forcefulPageRetire" => (
                "forcefulPageRetire",
                "The virtual machine contained the host physical page which was scheduled for immediate retirement. To avoid system instability the virtual machine is forcefully powered off.",
            ),
            _ => {
                return Err(self.wrong(
                    event,
                    "style",
                    "not vmtrack, noSwapResponse, vmx.fault.failure or forcefulPageRetire",
                ));
            }
        };
        let text = format!("{name} ({path}): {why}");
        let (id, esx) =
            (format!("vob.vm.kill.unexpected.{style}"), format!("esx.problem.vm.kill.unexpected.{style}.2"));
        self.observe(host, at, vob("UserWorldCorrelator", &id, &esx), &text);
        self.vanished(vm, at + 60);
        Ok(())
    }
}
