//! The host itself goes down and comes back.

use crate::error::Error;
use crate::event::Event;
use crate::grammar::Sev;
use crate::grammar::writer::{by, syslog, vob};
use crate::noise::boot;
use crate::stage::{Leftover, Stage};
use crate::time::Millis;

const MINUTE: Millis = 60_000;

impl Stage<'_> {
    /// The VMs that run on a host.
    fn running_on(&self, host: usize) -> Vec<usize> {
        let on = |index: &usize| self.vms.get(*index).is_some_and(|v| v.host == host && v.on());
        (0..self.vms.len()).filter(on).collect()
    }

    /// Everything on the host stops in the same moment.
    fn stop_all(&mut self, host: usize, at: Millis, back: Millis) -> Vec<usize> {
        let vms = self.running_on(host);
        for vm in &vms {
            self.end_run(*vm, at);
        }
        if let Some(state) = self.hosts.get_mut(host) {
            state.down.push((at, back));
        }
        vms
    }

    fn start_again(&mut self, vms: &[usize], back: Millis, count: u64) {
        for (place, vm) in vms.iter().take(usize::try_from(count).unwrap_or(usize::MAX)).enumerate() {
            let at = back + 4 * MINUTE + i64::try_from(place).unwrap_or(0) * 21_000;
            self.power_on(*vm, at, " opID=SWI-1f0c77d2");
        }
    }

    pub(super) fn psod(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let host = self.host_of(event);
        let back = at + Self::seconds_of(event, 540.0);
        let world = 2_097_171 + self.rng.below(300);
        let cpu = self.rng.below(32);
        let cause = if event.text.is_empty() {
            format!("#PF Exception 14 in world {world}:vmnic1-pollWor IP 0x4200{} addr 0x48", self.rng.hex(8))
        } else {
            event.text.replace("{world}", &world.to_string()).replace("{cpu}", &cpu.to_string())
        };
        if event.style == "logged" {
            // The last lines reached the disk before the host stopped.
            self.vmk_as(host, at, world, &format!("@BlueScreen: {cause}"));
            let text = format!("Backtrace for current CPU #{cpu}, worldID={world}, fp=0x0");
            self.vmk_as(host, at, world, &text);
            for function in ["PanicvPanicInt", "Panic_NoSave", "PktList_SplitBySrcPort"] {
                let text = format!(
                    "0x453{}:[0x4200{}]{function}@vmkernel#nover+0x{} stack: 0x0, 0x4200{}, 0x0, 0x1, 0x0",
                    self.rng.hex(9),
                    self.rng.hex(8),
                    self.rng.hex(3),
                    self.rng.hex(8)
                );
                self.vmk_as(host, at, world, &text);
            }
        }
        let vms = self.stop_all(host, at + 1, back);
        boot::kernel(self, host, back);
        self.plain(host, back + 95_000, syslog("vmksummary", "No(13)", "bootstop"), "Host has booted");
        let text = "file core dump found";
        self.plain(host, back + 96_000, syslog("vmksummary", "No(13)", "bootstop"), text);
        let text = "An unread host kernel core dump has been found.";
        self.observe(host, back + 101_000, vob("UserLevelCorrelator", "", "esx.problem.host.coredump"), text);
        let bytes = self.core(2_600);
        if let Some(state) = self.hosts.get_mut(host) {
            state.leftovers.push(Leftover { path: "/var/core/vmkernel-zdump.1".to_owned(), at: back, bytes });
        }
        self.start_again(&vms, back, event.count.unwrap_or(u64::MAX));
        Ok(())
    }

    pub(super) fn power_loss(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let host = self.host_of(event);
        let back = at + Self::seconds_of(event, 420.0);
        let vms = self.stop_all(host, at, back);
        boot::kernel(self, host, back);
        self.plain(host, back + 95_000, syslog("vmksummary", "No(13)", "bootstop"), "Host has booted");
        let text = "Host had been powered off. The power off was not the result of a kernel error, deliberate reboot, or shut down. This could indicate a hardware issue. Hardware may reboot abruptly due to power outages, faulty components, and heating issues. To investigate further, engage the hardware vendor.";
        self.observe(
            host,
            back + 98_000,
            vob("UserLevelCorrelator", "", "esx.audit.host.poweroff.reason.unavailable"),
            text,
        );
        let detail = "Hostd: EventEx raised\n   eventTypeId = \"esx.audit.host.poweroff.reason.unavailable\",\n   objectId = \"ha-host\",\n   objectType = \"vim.HostSystem\",\n}";
        self.hostd(host, back + 98_002, Sev::Info, by("Vimsvc.ha-eventmgr", ""), detail);
        self.start_again(&vms, back, event.count.unwrap_or(u64::MAX));
        Ok(())
    }

    pub(super) fn host_reboot_planned(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let host = self.host_of(event);
        let back = at + Self::seconds_of(event, 600.0);
        let who = self.who(event);
        let vms = self.running_on(host);
        for (place, vm) in vms.iter().enumerate() {
            let down = at - 6 * MINUTE + i64::try_from(place).unwrap_or(0) * 17_000;
            self.shut_down(*vm, down);
        }
        let task =
            format!("haTask-ha-host-vim.HostSystem.reboot-{}", self.rng.between(1_000_000, 99_999_999));
        self.hostd(
            host,
            at - 30_000,
            Sev::Info,
            by("Vimsvc.TaskManager", &who),
            &format!("Task Created : {task}"),
        );
        let text = "Host is rebooting.";
        self.observe(
            host,
            at - 25_000,
            vob("UserLevelCorrelator", "vob.user.host.stop.reboot", "esx.audit.host.stop.reboot"),
            text,
        );
        self.plain(host, at - 1_000, syslog("vmksummary", "No(13)", "bootstop"), "Host is rebooting");
        if let Some(state) = self.hosts.get_mut(host) {
            state.down.push((at, back));
        }
        boot::kernel(self, host, back);
        self.plain(host, back + 95_000, syslog("vmksummary", "No(13)", "bootstop"), "Host has booted");
        let text = "Host has booted.";
        self.observe(
            host,
            back + 96_000,
            vob("UserLevelCorrelator", "vob.user.host.boot", "esx.audit.host.boot"),
            text,
        );
        self.start_again(&vms, back, event.count.unwrap_or(u64::MAX));
        Ok(())
    }
}
