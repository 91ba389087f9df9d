//! What a line adds to the tables that tie other lines to VMs and moments.

use crate::terms::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

words! {
    /// What a line adds to the tables that tie other lines.
    Fact {
        /// `world` is the VMM world of `vm`.
        WorldName = "world-name",
        /// `cartel` is the leader world of the VM whose world is `world`.
        WorldCartel = "world-cartel",
        /// `handle` is a virtual disk of the VM whose world is `world`.
        HandleWorld = "handle-world",
        /// The VM with number `vmid` is the one named in the same operation (`opid`).
        TaskVm = "task-vm",
        /// `opid` was asked by `user`.
        OpidUser = "opid-user",
        /// `migration` is a vMotion of this VM.
        MigrationVm = "migration-vm",
        /// Banner of a new VMX process: `product`, `version`, `build`.
        VmxStart = "vmx-start",
        /// Name of the host that a VMX process runs on (`value`).
        VmxHost = "vmx-host",
        /// A line of the configuration dump: `key`, `value`.
        ConfigEntry = "config-entry",
        /// Path of the VM's `.vmx` (`vmx`).
        ConfigFile = "config-file",
        /// A disk of the VM was opened: `path` of its file, `slot` where the line names it.
        DiskOpen = "disk-open",
        /// The host booted: its VMkernel's first lines, or "Host has booted".
        HostBoot = "host-boot",
        /// The hardware's own log saw the host start: its clock can be compared with the host's.
        SelBoot = "sel-boot",
        /// The host was told to stop or reboot.
        HostStopPlanned = "host-stop-planned",
        /// Hourly sign of life, with the number of VMs.
        HostAlive = "host-alive",
        /// The guest began to boot.
        GuestBoot = "guest-boot",
        /// The guest asked for its own reset or power-off.
        GuestAsked = "guest-asked",
        /// Tools stopped in order, or an orderly shutdown was requested.
        OrderlyStop = "orderly-stop",
        /// The VMX process ended in order.
        VmxExit = "vmx-exit",
        /// The process before this one left its locks behind.
        UncleanEnd = "unclean-end",
        /// The VMX process is about to end in order: the VM is off or saved, and only its exit remains.
        RunOver = "run-over",
        /// The guest is alive: heartbeat, Tools running.
        GuestAlive = "guest-alive",
        /// The guest halted all its CPUs: a crash, unless it stopped in order.
        CpusHalted = "cpus-halted",
        /// The file systems of the guest were frozen, and nothing says that they were thawed.
        GuestFrozen = "guest-frozen",
        /// A quiesced snapshot began to freeze the file systems of the guest; its rule names what ends it.
        GuestFreezing = "guest-freezing",
        /// Tools in the guest stopped answering.
        GuestSilent = "guest-silent",
        /// The VM stands still until a question is answered.
        VmPaused = "vm-paused",
        /// Such a question was answered, and the VM continues.
        VmContinues = "vm-continues",
        /// Corrected machine checks never reach ESXi on this host (firmware first).
        FirmwareFirst = "firmware-first",
        /// The log lost lines: throttled or dropped by stress.
        LogLoss = "log-loss",
        /// The clock was stepped.
        ClockStep = "clock-step",
        /// A state opened by another rule's line ends.
        IntervalEnd = "interval-end",
    }
}
