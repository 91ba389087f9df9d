//! The events: each writes its lines in every log where a real host shows it.

mod device;
mod guest;
mod hardware;
mod host;
mod life;
mod migrate;
mod nmi;
mod operate;
mod process;
mod resource;
mod storage;
mod stun;

use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::grammar::writer::by;
use crate::model::{Scenario, Volume, millis};
use crate::read::{field, moment};
use crate::stage::Stage;
use crate::time::Millis;

/// Plays a scenario: the VMs are started, then everything happens in the order of time.
pub(crate) fn play<'a>(scenario: &'a Scenario, extra: &[Event]) -> Result<Stage<'a>, Error> {
    let mut stage = Stage::new(scenario)?;
    for index in 0..scenario.vms.len() {
        let Some(spec) = scenario.vms.get(index) else { continue };
        if spec.on_since.is_empty() {
            continue;
        }
        let since = moment(scenario, &format!("vms[{index}].on_since"), &spec.on_since)?;
        stage.older_runs(index, since);
        stage.power_on(index, since, " opID=5d1f2c08-7e user=vpxuser:VSPHERE.LOCAL\\Administrator");
    }
    let mut events: Vec<&Event> = scenario.events.iter().chain(extra).collect();
    events.sort_by(|a, b| a.at.total_cmp(&b.at));
    for event in events {
        stage.rng = crate::rng::Rng::new(
            &scenario.name,
            &format!("event/{:?}/{}/{}", event.kind, event.at, event.vm),
        );
        stage.event_of(event)?;
    }
    Ok(stage)
}

impl Stage<'_> {
    fn event_of(&mut self, event: &Event) -> Result<(), Error> {
        let at = self.scenario.base + millis(event.at);
        match event.kind {
            EventKind::Bugcheck => self.bugcheck(event, at),
            EventKind::KernelPanic => self.kernel_panic(event, at),
            EventKind::DarwinPanic => self.darwin_panic(event, at),
            EventKind::TripleFault => self.triple_fault(event, at),
            EventKind::GuestReboot => self.guest_reboot(event, at),
            EventKind::GuestShutdown => self.guest_shutdown(event, at),
            EventKind::ToolsTimeout => self.tools_timeout(event, at),
            EventKind::NmiManifest => self.nmi_manifest(event, at),
            EventKind::NmiShell => self.nmi_shell(event, at),
            EventKind::VmdumperNmi => self.vmdumper_nmi(event, at),
            EventKind::ApdStart => self.apd_start(event, at),
            EventKind::ApdTimeout => self.apd_timeout(event, at),
            EventKind::ApdExit => self.apd_exit(event, at),
            EventKind::Pdl => self.pdl(event, at),
            EventKind::IoFailed => self.io_failed(event, at),
            EventKind::Latency => self.latency(event, at),
            EventKind::HeartbeatLost => self.heartbeat_lost(event, at),
            EventKind::NfsLost => self.nfs_lost(event, at),
            EventKind::SlowOpen => self.slow_open(event, at),
            EventKind::SlowCommand => self.slow_command(event, at),
            EventKind::PathDead => self.path_dead(event, at),
            EventKind::Stun => self.stun(event, at),
            EventKind::MceCorrected => self.mce_corrected(event, at),
            EventKind::MceUncorrected => self.mce_uncorrected(event, at),
            EventKind::PageRetireKill => self.page_retire_kill(event, at),
            EventKind::Sel => self.sel_record(event, at),
            EventKind::VmxPanic => self.vmx_panic(event, at),
            EventKind::MonitorPanic => self.monitor_panic(event, at),
            EventKind::PcpuLockup => self.pcpu_lockup(event, at),
            EventKind::VmxCore => self.vmx_core(event, at),
            EventKind::IofilterKill => self.iofilter_kill(event, at),
            EventKind::LwdAbort => self.lwd_abort(event, at),
            EventKind::Outofspace => self.out_of_space(event, at),
            EventKind::VmKill => self.vm_kill(event, at),
            EventKind::PassthroughDown => self.passthrough_down(event, at),
            EventKind::DeviceAssert => self.device_assert(event, at),
            EventKind::Psod => self.psod(event, at),
            EventKind::PowerLoss => self.power_loss(event, at),
            EventKind::HostRebootPlanned => self.host_reboot_planned(event, at),
            EventKind::HaReset => self.ha_reset(event, at),
            EventKind::HaRestart => self.ha_restart(event, at),
            EventKind::OperatorReset => self.operator_reset(event, at),
            EventKind::OperatorKill => self.operator_kill(event, at),
            EventKind::OperatorPowerOff => self.operator_power_off(event, at),
            EventKind::Suspend => self.suspend(event, at),
            EventKind::PowerOn => {
                let vm = self.vm_of(event)?;
                let who = self.who(event);
                self.power_on(vm, at, &who);
                Ok(())
            }
            EventKind::Vmotion => self.vmotion(event, at),
            EventKind::StorageVmotion => self.storage_vmotion(event, at),
            EventKind::Raw => self.raw(event, at),
        }
    }

    fn wrong(&self, event: &Event, part: &str, problem: &str) -> Error {
        let name = format!("{:?} at {}: {part}", event.kind, event.at);
        field(&self.scenario.name, name, problem)
    }

    /// The VM an event is about.
    fn vm_of(&self, event: &Event) -> Result<usize, Error> {
        self.vms
            .iter()
            .position(|v| v.spec.name == event.vm)
            .ok_or_else(|| self.wrong(event, "vm", "this kind of event needs one"))
    }

    /// The host an event is about: the VM's, the named one, or the first.
    fn host_of(&self, event: &Event) -> usize {
        if event.host.is_empty() {
            return self.vms.iter().find(|v| v.spec.name == event.vm).map_or(0, |v| v.host);
        }
        self.hosts.iter().position(|h| h.spec.name == event.host).unwrap_or(0)
    }

    /// The hosts that share what an event is about: the named one, or all.
    fn hosts_of(&self, event: &Event) -> Vec<usize> {
        if event.host.is_empty() { (0..self.hosts.len()).collect() } else { vec![self.host_of(event)] }
    }

    /// The volume an event is about: the named one, or the VM's.
    fn volume_of(&self, event: &Event) -> Result<Volume, Error> {
        let named = self.scenario.volumes.iter().find(|v| v.label == event.volume);
        let own = || self.vms.iter().find(|v| v.spec.name == event.vm).map(|v| &v.volume);
        named
            .or_else(own)
            .cloned()
            .ok_or_else(|| self.wrong(event, "volume", "this kind of event needs one, or a vm"))
    }

    /// How long an event lasts.
    fn seconds_of(event: &Event, usual: f64) -> Millis {
        millis(event.seconds.unwrap_or(usual))
    }

    /// ` opID=… user=…` of the person who acts.
    fn who(&mut self, event: &Event) -> String {
        let user = if event.user.is_empty() { "root" } else { &event.user };
        let op = if user.starts_with("vpxuser") {
            format!(
                "l{}-{}-auto-{}-h5:700{}-{}-01",
                self.rng.hex(7),
                self.rng.between(1000, 99_999),
                self.rng.hex(3),
                self.rng.between(10_000, 99_999),
                self.rng.hex(2)
            )
        } else {
            format!("esxui-{}-{}", self.rng.hex(4), self.rng.hex(4))
        };
        let host = self.host_of(event);
        let sid = if self.generation(host).severities() {
            format!(" sid=52{}", self.rng.hex(6))
        } else {
            String::new()
        };
        format!(" opID={op}{sid} user={user}")
    }

    /// The operation id inside of what `who` gave.
    fn op_of(who: &str) -> String {
        who.split_once("opID=").and_then(|(_, rest)| rest.split(' ').next()).unwrap_or("-").to_owned()
    }

    fn raw(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        use crate::grammar::Sev;
        let host = self.host_of(event);
        match event.log.as_str() {
            "" => return Err(self.wrong(event, "log", "a raw line needs one")),
            log if event.style == "bare" => {
                let text = event.text.replace("{t}", &crate::time::iso(at));
                self.write(host, log, at, text);
            }
            "vmware" => {
                let vm = self.vm_of(event)?;
                let thread = if event.style.is_empty() { "vmx" } else { &event.style };
                self.vmx(vm, at, Sev::Info, thread, &event.text);
            }
            "vmkernel" => self.vmk(host, at, &event.text),
            "hostd" | "fdm" | "vpxa" | "rhttpproxy" => {
                let sub = if event.style.is_empty() { "Default" } else { &event.style };
                self.hostd(host, at, Sev::Info, by(sub, "").of(&event.log), &event.text);
            }
            log => {
                let text = event.text.replace("{t}", &crate::time::iso(at));
                self.write(host, log, at, text);
            }
        }
        Ok(())
    }
}
