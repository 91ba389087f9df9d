//! The stage on which a scenario is played: hosts and VMs with their state, and the lines written so far.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::generation::Generation;
use crate::grammar::host::Daemon;
use crate::grammar::writer::{By, Syslog, Thread, Vob, by, syslog};
use crate::grammar::{Sev, host, vmware};
use crate::model::{Host, Scenario, Vm, Volume, VolumeKind};
use crate::read::{field, moment};
use crate::rng::Rng;
use crate::time::Millis;

/// Stands for the number of an event in `hostd.log`; numbers are given out in order of time at the end.
pub(crate) const EVENT_NUMBER: &str = "\u{1}#\u{1}";

/// One line, or several that belong together.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) at: Millis,
    pub(crate) text: String,
}

/// One record of the system event log.
#[derive(Debug, Clone)]
pub(crate) struct SelRecord {
    pub(crate) at: Millis,
    pub(crate) kind: String,
    pub(crate) message: String,
    pub(crate) sensor: u64,
}

/// A file that an event leaves behind.
#[derive(Debug, Clone)]
pub(crate) struct Leftover {
    pub(crate) path: String,
    pub(crate) at: Millis,
    pub(crate) bytes: Vec<u8>,
}

/// A host and what it has logged.
#[derive(Debug)]
pub(crate) struct HostState {
    pub(crate) spec: Host,
    pub(crate) generation: Generation,
    pub(crate) boot: Millis,
    pub(crate) captured: Millis,
    pub(crate) begun: Millis,
    pub(crate) logs: BTreeMap<String, Vec<Line>>,
    pub(crate) sel: Vec<SelRecord>,
    pub(crate) down: Vec<(Millis, Millis)>,
    pub(crate) leftovers: Vec<Leftover>,
}

/// One run of a VMX process: one `vmware.log`.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) host: usize,
    pub(crate) start: Millis,
    pub(crate) end: Option<Millis>,
    pub(crate) quiet: Vec<(Millis, Millis)>,
    pub(crate) lines: Vec<Line>,
}

/// A VM, where it is and what it has logged.
#[derive(Debug)]
pub(crate) struct VmState {
    pub(crate) spec: Vm,
    pub(crate) host: usize,
    pub(crate) volume: Volume,
    pub(crate) world: u64,
    pub(crate) cartel: u64,
    pub(crate) handle: u64,
    pub(crate) runs: Vec<Run>,
    pub(crate) leftovers: Vec<Leftover>,
}

impl VmState {
    /// The folder, as a path of the host.
    pub(crate) fn dir(&self) -> String {
        let colon = if self.volume.kind == VolumeKind::Vsan { "vsan:" } else { "" };
        format!("/vmfs/volumes/{colon}{}/{}", self.volume.uuid, self.spec.folder)
    }

    /// The configuration file, as a path of the host.
    pub(crate) fn vmx_path(&self) -> String {
        let dir = self.dir();
        match (self.spec.registered_under.as_str(), dir.rsplit_once('/')) {
            ("", _) | (_, None) => format!("{dir}/{}.vmx", self.stem()),
            (above, Some((volume, folder))) => format!("{volume}/{above}/{folder}/{}.vmx", self.stem()),
        }
    }

    /// The name of its files.
    pub(crate) fn stem(&self) -> &str {
        &self.spec.name
    }

    /// True while a VMX process runs.
    pub(crate) fn on(&self) -> bool {
        self.runs.last().is_some_and(|run| run.end.is_none())
    }
}

/// Everything at once.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) hosts: Vec<HostState>,
    pub(crate) vms: Vec<VmState>,
    pub(crate) rng: Rng,
}

impl<'a> Stage<'a> {
    /// Hosts up and VMs known, nothing written yet.
    pub(crate) fn new(scenario: &'a Scenario) -> Result<Self, Error> {
        let name = &scenario.name;
        let mut hosts = Vec::new();
        for spec in &scenario.hosts {
            let taken_for = moment(scenario, "taken_for", &spec.taken_for)? - scenario.base;
            let captured = moment(scenario, "captured_at", &spec.captured_at)?;
            hosts.push(HostState {
                generation: spec.generation,
                boot: moment(scenario, "up_since", &spec.up_since)?,
                captured,
                begun: captured - taken_for,
                spec: spec.clone(),
                logs: BTreeMap::new(),
                sel: Vec::new(),
                down: Vec::new(),
                leftovers: Vec::new(),
            });
        }
        let mut vms = Vec::new();
        for (index, spec) in scenario.vms.iter().enumerate() {
            let at = |part: &str| format!("vms[{index}].{part}");
            let host = scenario.hosts.iter().position(|h| h.name == spec.host);
            let volume = scenario.volumes.iter().find(|v| v.label == spec.volume);
            let mut rng = Rng::new(name, &format!("handle/{}", spec.name));
            let old = scenario.hosts.first().is_some_and(|h| h.generation <= Generation::V65);
            vms.push(VmState {
                host: host.ok_or_else(|| field(name, at("host"), "unknown"))?,
                volume: volume.ok_or_else(|| field(name, at("volume"), "unknown"))?.clone(),
                world: spec.world,
                cartel: spec.cartel,
                handle: if old { 8_192 + rng.below(40) } else { 9_083_933_140_459_520 + rng.below(99_999) },
                spec: spec.clone(),
                runs: Vec::new(),
                leftovers: Vec::new(),
            });
        }
        Ok(Self { scenario, hosts, vms, rng: Rng::new(name, "stage") })
    }

    /// The host at `index`. Indices come from the stage itself; an unknown one falls back to the first.
    pub(crate) fn generation(&self, host: usize) -> Generation {
        self.hosts.get(host).map_or(Generation::V80, |h| h.generation)
    }

    /// Adds finished text to a host's log.
    pub(crate) fn write(&mut self, host: usize, log: &str, at: Millis, text: String) {
        if let Some(state) = self.hosts.get_mut(host) {
            state.logs.entry(log.to_owned()).or_default().push(Line { at, text });
        }
    }

    /// The folder of the base disk of a linked clone.
    pub(crate) fn base_dir(&self, vm: usize) -> Option<String> {
        let label = &self.vms.get(vm)?.spec.base;
        let volume = self.scenario.volumes.iter().find(|volume| volume.label == *label)?;
        Some(format!("/vmfs/volumes/{}/base-images", volume.uuid))
    }

    /// A kernel line; warnings and alerts go to `vmkwarning.log` too.
    pub(crate) fn vmk_as(&mut self, host: usize, at: Millis, world: u64, text: &str) {
        let cpu = self.rng.below(32);
        let line = host::vmkernel(self.generation(host), at, cpu, world, text);
        if text.starts_with("WARNING:") || text.starts_with("ALERT:") {
            self.write(host, "vmkwarning", at, line.clone());
        }
        self.write(host, "vmkernel", at, line);
    }

    /// A kernel line of some system world.
    pub(crate) fn vmk(&mut self, host: usize, at: Millis, text: &str) {
        let world = 2_097_200 + self.rng.below(900);
        self.vmk_as(host, at, world, text);
    }

    fn thread(&mut self, generation: Generation) -> u64 {
        if generation.hex_threads() {
            0x0900_0b70 + self.rng.below(0x1fff) * 0x1000
        } else {
            2_098_400 + self.rng.below(60)
        }
    }

    /// A line of a daemon, and the lines that continue it.
    pub(crate) fn hostd(&mut self, host: usize, at: Millis, sev: Sev, by: By<'_>, text: &str) {
        let generation = self.generation(host);
        let thread = self.thread(generation);
        let By { program, sub, who } = by;
        let daemon = Daemon { program, thread, sub, who };
        let mut parts = text.split('\n');
        let mut line = host::daemon(generation, at, sev, &daemon, parts.next().unwrap_or(""));
        for part in parts {
            line.push('\n');
            line.push_str(&host::daemon_more(generation, at, sev, &daemon, part));
        }
        self.write(host, program, at, line);
    }

    /// An event as hostd logs it.
    pub(crate) fn event(&mut self, host: usize, at: Millis, who: &str, text: &str) {
        let text = format!("Event {EVENT_NUMBER} : {text}");
        self.hostd(host, at, Sev::Info, by("Vimsvc.ha-eventmgr", who), &text);
    }

    /// A line of hostd about one VM.
    pub(crate) fn vm_hostd(&mut self, vm: usize, at: Millis, sev: Sev, who: &str, text: &str) {
        let Some((host, sub)) = self.vms.get(vm).map(|v| (v.host, format!("Vmsvc.vm:{}", v.vmx_path())))
        else {
            return;
        };
        self.hostd(host, at, sev, by(&sub, who), text);
    }

    /// A state transition of a VM.
    pub(crate) fn transition(&mut self, vm: usize, at: Millis, who: &str, from: &str, to: &str) {
        let text = format!("State Transition (VM_STATE_{from} -> VM_STATE_{to})");
        self.vm_hostd(vm, at, Sev::Info, who, &text);
    }

    /// An observation: `[vob.…]` and, a moment later, the correlated event, which hostd repeats.
    pub(crate) fn observe(&mut self, host: usize, at: Millis, vob: Vob<'_>, text: &str) {
        let Vob { correlator, id: vob, event: esx } = vob;
        let generation = self.generation(host);
        let boot = self.hosts.get(host).map_or(0, |h| h.boot);
        let us = (at - boot).max(0) * 1_000 + self.rng.time(1, 999);
        if !vob.is_empty() {
            let line = host::vobd(generation, at, &format!("[{correlator}] {us}us: [{vob}] {text}"));
            self.write(host, "vobd", at, line);
        }
        if !esx.is_empty() {
            let late = us + self.rng.time(200_000, 400_000);
            let line = host::vobd(generation, at + 1, &format!("[{correlator}] {late}us: [{esx}] {text}"));
            self.write(host, "vobd", at + 1, line);
            self.event(host, at + 3, "", text);
        }
    }

    /// A line of a log that goes through syslog.
    pub(crate) fn plain(&mut self, host: usize, at: Millis, from: Syslog<'_>, text: &str) {
        let from = match from.pid {
            Some(_) => from,
            None => from.pid(2_099_000 + self.rng.below(900)),
        };
        let line = host::plain(self.generation(host), at, &from, text);
        self.write(host, from.log, at, line);
    }

    /// A shell session of a user with one command, in `shell.log` and `auth.log`.
    pub(crate) fn shell(&mut self, host: usize, at: Millis, user: &str, command: &str) {
        let user = if user.is_empty() { "root" } else { user };
        let pid = 2_110_000 + self.rng.below(9_000);
        let port = 49_152 + self.rng.below(9_999);
        let accepted =
            format!("Accepted keyboard-interactive/pam for {user} from 192.0.2.17 port {port} ssh2");
        self.plain(host, at - 41_000, syslog("auth", "In(38)", "sshd").pid(pid - 7), &accepted);
        let opened = format!("Session opened for '{user}' on /dev/char/pty/t0");
        self.plain(host, at - 40_600, syslog("auth", "In(38)", "sshd").pid(pid), &opened);
        let text = "Interactive shell session started";
        self.plain(host, at - 40_200, syslog("shell", "In(14)", "shell").pid(pid), text);
        self.plain(host, at, syslog("shell", "In(14)", "shell").pid(pid), &format!("[{user}]: {command}"));
        let closed = format!("Session closed for '{user}' on /dev/char/pty/t0");
        self.plain(host, at + 95_000, syslog("auth", "In(38)", "sshd").pid(pid - 7), &closed);
    }

    /// A line of a VM's `vmware.log`, and the lines that continue it.
    pub(crate) fn vmx(&mut self, vm: usize, at: Millis, sev: Sev, thread: &str, text: &str) {
        self.vmx_op(vm, at, sev, Thread { name: thread, op: None }, text);
    }

    /// The same with an operation id.
    pub(crate) fn vmx_op(&mut self, vm: usize, at: Millis, sev: Sev, thread: Thread<'_>, text: &str) {
        let Some(run_host) = self.vms.get(vm).and_then(|v| v.runs.last()).map(|run| run.host) else { return };
        let generation = self.generation(run_host);
        let mut parts = text.split('\n');
        let mut line = vmware::line(generation, at, sev, thread, parts.next().unwrap_or(""));
        for part in parts {
            line.push('\n');
            line.push_str(&vmware::more(generation, at, sev, thread.name, part));
        }
        if let Some(run) = self.vms.get_mut(vm).and_then(|v| v.runs.last_mut()) {
            run.lines.push(Line { at, text: line });
        }
    }

    /// Text that the guest printed with line ends of its own: only its first line has a head.
    pub(crate) fn vmx_torn(
        &mut self,
        vm: usize,
        at: Millis,
        sev: Sev,
        thread: &str,
        [head, rest]: &[&str; 2],
    ) {
        self.vmx(vm, at, sev, thread, head);
        if let Some(line) =
            self.vms.get_mut(vm).and_then(|v| v.runs.last_mut()).and_then(|r| r.lines.last_mut())
        {
            line.text.push('\n');
            line.text.push_str(rest);
        }
    }

    /// Nothing is written by the VM's process between these times.
    pub(crate) fn quiet(&mut self, vm: usize, from: Millis, to: Millis) {
        if let Some(run) = self.vms.get_mut(vm).and_then(|v| v.runs.last_mut()) {
            run.quiet.push((from, to));
        }
    }

    /// The VM's process is gone.
    pub(crate) fn end_run(&mut self, vm: usize, at: Millis) {
        if let Some(run) = self.vms.get_mut(vm).and_then(|v| v.runs.last_mut()) {
            run.end.get_or_insert(at);
        }
    }

    /// A file in the VM's folder.
    pub(crate) fn vm_file(&mut self, vm: usize, name: &str, at: Millis, bytes: Vec<u8>) {
        if let Some(state) = self.vms.get_mut(vm) {
            let path = format!("{}/{name}", state.dir());
            state.leftovers.push(Leftover { path, at, bytes });
        }
    }

    /// A core as the kernel writes it: compressed, binary, not text.
    pub(crate) fn core(&mut self, size: usize) -> Vec<u8> {
        let mut bytes = vec![0_u8; size];
        let mut rng = Rng::from_seed(self.rng.next());
        for (index, byte) in bytes.iter_mut().enumerate().skip(16) {
            if index % 64 < 8 {
                *byte = u8::try_from(rng.below(256)).unwrap_or(0);
            }
        }
        bytes
    }
}
