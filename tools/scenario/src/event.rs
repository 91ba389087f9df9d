//! The events a scenario is made of.

use serde::Deserialize;

/// What kind of thing happens. Each renders its lines in every log where a real host shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A Windows guest reports its bugcheck (`code`, `args`, `vcpu`), then restarts unless `reboot = false`.
    Bugcheck,
    /// A Linux guest prints a kernel panic (`text`).
    KernelPanic,
    /// A macOS guest prints a panic (`text`).
    DarwinPanic,
    /// A virtual CPU of the guest ends in a triple fault.
    TripleFault,
    /// The guest restarts in an orderly way.
    GuestReboot,
    /// The guest shuts itself down in an orderly way.
    GuestShutdown,
    /// VMware Tools stop answering for `seconds`.
    ToolsTimeout,
    /// Somebody fetches a bundle with the manifest that sends an NMI (`style`: `plain` or `encoded`, `user`).
    NmiManifest,
    /// Somebody runs `vm-support -a HungVM:Send_NMI_To_Guest` in a shell.
    NmiShell,
    /// Somebody runs `vmdumper WORLD nmi` in a shell (`user`, `world` for another world).
    VmdumperNmi,
    /// All paths to `volume` are down.
    ApdStart,
    /// All Paths Down lasted 140 s: I/O fails fast.
    ApdTimeout,
    /// The paths are back.
    ApdExit,
    /// The device of `volume` is permanently lost.
    Pdl,
    /// I/O of the VM's own world fails (`count`, `text` for the status).
    IoFailed,
    /// A latency message for `volume` (`micros`).
    Latency,
    /// The heartbeat of `volume` times out; it comes back after `seconds`.
    HeartbeatLost,
    /// The NFS server of `volume` is lost; it comes back after `seconds`.
    NfsLost,
    /// hostd needs `seconds` to open the VM's configuration.
    SlowOpen,
    /// The VM's disk needs `seconds` for a command.
    SlowCommand,
    /// One path of `volume` dies, others live on.
    PathDead,
    /// The VM stands still for `seconds` (`style`: `snapshot`, `consolidate`, `vmotion`, `hot-add`).
    Stun,
    /// `count` corrected memory errors.
    MceCorrected,
    /// An uncorrected memory error that the VM's own world consumed.
    MceUncorrected,
    /// The kernel kills the VM to retire its page.
    PageRetireKill,
    /// A record in the system event log (`text`, `style` = the event type).
    Sel,
    /// The VMX process panics (`text` = the cause line).
    VmxPanic,
    /// The monitor panics (`text` after `MONITOR PANIC: vcpu-N:`).
    MonitorPanic,
    /// The kernel panics the VM after a PCPU lock-up.
    PcpuLockup,
    /// The kernel dumps the core of the VMX process without a word in `vmware.log`.
    VmxCore,
    /// The kernel stops the VM because of a hung I/O filter.
    IofilterKill,
    /// Snapshot or replication I/O is aborted and the VMX panics on purpose.
    LwdAbort,
    /// No space is left on `volume`: the VM stops on a question (`reboot = false`: no one answers).
    Outofspace,
    /// The kernel kills the VM for memory (`style`: `vmtrack`, `noSwapResponse`, `vmx.fault.failure`).
    VmKill,
    /// The passthrough device falls off the bus.
    PassthroughDown,
    /// A device model's assertion ends the VMX (`text` = the assertion).
    DeviceAssert,
    /// The host shows a purple screen (`text`) and restarts after `seconds`.
    Psod,
    /// The host loses power and restarts after `seconds`.
    PowerLoss,
    /// Somebody restarts the host in an orderly way; VMs are shut down before.
    HostRebootPlanned,
    /// vSphere HA resets the VM after lost heartbeats.
    HaReset,
    /// vSphere HA starts the VM again after it died, on the host `to` if one is given.
    HaRestart,
    /// Somebody resets the VM (`user`).
    OperatorReset,
    /// Somebody kills the VM in a shell.
    OperatorKill,
    /// Somebody powers the VM off (`user`).
    OperatorPowerOff,
    /// The VM is suspended (`user`); the log of its process stops before the line of the exit.
    Suspend,
    /// The VM is started (`user`).
    PowerOn,
    /// The VM moves to the host `to`.
    Vmotion,
    /// The disks of the VM move to `volume`, by a Storage vMotion.
    StorageVmotion,
    /// A line of its own in `log` (`text`; `{t}` is the line's head; with `style = "bare"` the text is all of it).
    Raw,
}

/// Something that happens at a moment. Which fields count depends on the kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Seconds from the scenario's base.
    pub at: f64,
    /// What happens.
    pub kind: EventKind,
    /// The VM it happens to.
    #[serde(default)]
    pub vm: String,
    /// The host it happens on, where there is no VM; the first one if not given.
    #[serde(default)]
    pub host: String,
    /// The volume, by label.
    #[serde(default)]
    pub volume: String,
    /// The bugcheck's code.
    #[serde(default)]
    pub code: String,
    /// The bugcheck's arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// The virtual CPU that acts.
    #[serde(default)]
    pub vcpu: u64,
    /// How long it lasts.
    pub seconds: Option<f64>,
    /// How often.
    pub count: Option<u64>,
    /// A latency in microseconds.
    pub micros: Option<u64>,
    /// Who does it.
    #[serde(default)]
    pub user: String,
    /// Which way.
    #[serde(default)]
    pub style: String,
    /// Text of the line that tells the cause.
    #[serde(default)]
    pub text: String,
    /// The log of a raw line: `vmware`, or a name of `var/run/log`.
    #[serde(default)]
    pub log: String,
    /// The destination of a migration.
    #[serde(default)]
    pub to: String,
    /// A world other than the VM's own.
    pub world: Option<u64>,
    /// The guest restarts, or the question is answered, by itself; true if not given.
    pub reboot: Option<bool>,
}

impl Event {
    /// An event of this kind at this moment, with nothing else said.
    #[must_use]
    pub fn new(at: f64, kind: EventKind) -> Self {
        Self {
            at,
            kind,
            vm: String::new(),
            host: String::new(),
            volume: String::new(),
            code: String::new(),
            args: Vec::new(),
            vcpu: 0,
            seconds: None,
            count: None,
            micros: None,
            user: String::new(),
            style: String::new(),
            text: String::new(),
            log: String::new(),
            to: String::new(),
            world: None,
            reboot: None,
        }
    }
}
