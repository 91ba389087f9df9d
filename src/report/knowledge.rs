//! What the words of the report mean, for the people who read it: origins, checks, kinds of crash, whom to call.

use super::model::Who;
use crate::terms::{Check, Confidence, CrashKind, Origin};

/// A page about an origin.
#[derive(Debug, Clone, Copy)]
pub struct OriginPage {
    /// Where the crash came from, in a few words.
    pub headline: &'static str,
    /// What the word claims.
    pub meaning: &'static str,
    /// What has to be in the logs for it.
    pub decided_by: &'static str,
    /// What looks like it and is not, or the other way round.
    pub mistaken_for: &'static str,
    /// What to do next.
    pub next: &'static str,
    /// Whom to turn to.
    pub who: Who,
}

/// The page about an origin.
#[must_use]
pub const fn origin(origin: Origin) -> OriginPage {
    match origin {
        Origin::GuestOs => OriginPage {
            headline: "the guest operating system itself",
            meaning: "The guest crashed by its own doing: its kernel, a driver or a program in it. Nothing outside \
                took part.",
            decided_by: "The guest reported the crash (bugcheck, kernel panic), and hostd.log and vmkernel.log both \
                have lines before and after the moment and show nothing against this VM, its storage or the host. \
                Without that coverage the verdict is undetermined and only leans this way.",
            mistaken_for: "The lines \"WinBSOD: Synthetic MSR\" alone prove only that Windows reported a crash. A lost \
                disk (0x7a, 0xf4), a long stun (0x101, 0x133) and an NMI (0x80) end in a blue screen as well.",
            next: "Bring the memory dump of the guest to the maker of the operating system or of the driver that the \
                dump names. Compare its bugcheck with this report first.",
            who: Who::OsVendor,
        },
        Origin::AdminNmi => OriginPage {
            headline: "an NMI that somebody sent to the guest",
            meaning: "A person or script sent a non-maskable interrupt to the VM to force a memory dump. The crash was \
                intended.",
            decided_by: "A request that sends an NMI is in hostd.log, the web access logs, shell.log or auth.log \
                within about a minute before the crash: the vm-support manifest HungVM:Send_NMI_To_Guest, \
                `vmdumper … nmi`, or the debug call of the API.",
            mistaken_for: "Bugcheck 0x80 says \"hardware failure\" in its name. On a VM that is seldom true: without an \
                NMI in the logs look for a machine check of the host before anybody changes hardware.",
            next: "Ask whoever collected the bundle or runs the monitoring. What made the guest hang before the NMI is \
                the question that remains; the dump answers it.",
            who: Who::Administrator,
        },
        Origin::Hypervisor => OriginPage {
            headline: "the VM's own VMX process or its monitor",
            meaning: "The process that runs the VM, or the virtual machine monitor in it, failed: panic, unrecoverable \
                error, killed by a watchdog, or a physical CPU that locked up.",
            decided_by: "MONITOR PANIC, \"unrecoverable error\", an assertion or a signal in vmware.log; a VMX core \
                file; a VMX killed by the VMkernel. What stands as cause in the panic decides further.",
            mistaken_for: "A VMX that panics on purpose after failed I/O (storage) or without memory (resource) is \
                only the messenger. Machine check vectors in a monitor panic are hardware.",
            next: "Open a case with VMware by Broadcom support and attach the bundle and the vmx-zdump or vmmcores \
                file. Look whether the build is known for it.",
            who: Who::VmwareSupport,
        },
        Origin::VirtualDevice => OriginPage {
            headline: "a virtual or passed-through device",
            meaning: "An emulated, paravirtual or passed-through device failed or behaved in a way that brought the \
                guest down, and nothing below it explains that.",
            decided_by: "Device assertions or errors in vmware.log or vmkernel.log just before the crash, tied to this \
                VM, with the storage and the host quiet.",
            mistaken_for: "Controller aborts are mostly the echo of slow storage. Errors after the crash are the \
                guest's restart.",
            next: "Update virtual hardware, VMware Tools and the device's firmware; try another controller or adapter \
                type; then open a case with VMware by Broadcom support.",
            who: Who::VmwareSupport,
        },
        Origin::Storage => OriginPage {
            headline: "the storage the VM depends on",
            meaning: "The VM's disks did not answer: all paths down, permanent device loss, failed or very slow I/O, \
                lost heartbeat of the datastore, an NFS or vSAN object that could not be reached.",
            decided_by: "Such lines in vmkernel.log, vobd.log or vmware.log for a device or volume that holds this \
                VM's files, in the minutes before the crash.",
            mistaken_for: "Trouble of another datastore does not count. \"Performance has deteriorated\" with small \
                latencies, and sense codes of optional commands, are noise. A burst of slow writes just before a \
                reboot is the guest flushing its caches.",
            next: "Give the storage team the device or volume and the exact time; have them look at array, fabric and \
                multipathing from there.",
            who: Who::StorageTeam,
        },
        Origin::HostHardware => OriginPage {
            headline: "the hardware of the host",
            meaning: "Memory, CPU, a bus or a card of the server reported an error.",
            decided_by: "Machine checks or uncorrected memory errors in vmkernel.log, events of the hardware's own log \
                (IPMI SEL), a machine check that was passed to the guest.",
            mistaken_for: "Corrected errors alone bring no VM down. Several VMs with different bugchecks on one host \
                within a short time speak for memory even when no line says so.",
            next: "Put the host into maintenance mode, run the maker's diagnostics and open a case with the maker of \
                the server; name bank, slot or sensor.",
            who: Who::HardwareVendor,
        },
        Origin::Stun => OriginPage {
            headline: "a pause of the VM that was too long",
            meaning: "The VM was stunned for a snapshot, a consolidation, a vMotion or a hot-add, longer than the guest \
                or its cluster can carry.",
            decided_by: "\"Checkpoint_Unstun: vm stopped for …\" or a failed switch-over in vmware.log just before the \
                crash, with seconds, not milliseconds.",
            mistaken_for: "Short stuns belong to every snapshot. When slow storage made the stun long, storage is the \
                cause and the stun the way it took.",
            next: "Look at what took the snapshot or moved the VM (backup, DRS), at the age of its snapshots and at the \
                speed of the storage at that time.",
            who: Who::Administrator,
        },
        Origin::Resource => OriginPage {
            headline: "a lack of memory or space",
            meaning: "Host memory, swap, a heap or the space of a datastore ran out.",
            decided_by: "\"No space left\", failed allocations or an exhausted heap in vmkernel.log or vmware.log, for \
                this VM or for the host as a whole.",
            mistaken_for: "A VM that waits on the question about a full datastore is stopped, not crashed.",
            next: "Free space or memory, remove old snapshots, set alarms, then look at what grew.",
            who: Who::Administrator,
        },
        Origin::HostFailure => OriginPage {
            headline: "the host went down",
            meaning: "The whole host ended: purple screen, loss of power, forced reboot. Every VM on it ended with it.",
            decided_by: "A new boot in vmksummary.log or vmkernel.log without a planned stop before it, a purple screen \
                or its core file, a power event in the IPMI SEL.",
            mistaken_for: "A planned reboot of the host. Lines of single VMs from that moment are consequences.",
            next: "Find out why the host went down first: the purple screen's text and core file for VMware by Broadcom \
                support, the SEL for the maker of the server.",
            who: Who::Administrator,
        },
        Origin::HaReset => OriginPage {
            headline: "vSphere HA reset the VM",
            meaning: "VM Monitoring reset the VM because its heartbeats and I/O had stopped. The guest hung before that.",
            decided_by: "The reset in fdm.log or hostd.log with the reason of a heartbeat failure, and the screenshot \
                that HA takes before it.",
            mistaken_for: "A restart by HA after the host or the VM had died already: that is a consequence.",
            next: "Look at the screenshot in the VM's folder and for what stopped the guest before the reset; check \
                whether VMware Tools was just being updated.",
            who: Who::Administrator,
        },
        Origin::Operator => OriginPage {
            headline: "a person or an API call",
            meaning: "Somebody reset the VM or switched it off without asking the guest.",
            decided_by: "A reset or power-off request in hostd.log, vmware.log or shell.log that the guest had not \
                asked for, with its user or operation id.",
            mistaken_for: "A reset after a blue screen is the repair, not the cause. Orderly shutdowns are no crashes.",
            next: "Ask the user or script that the operation id or the login names; vCenter's events hold the person \
                behind vpxuser.",
            who: Who::Administrator,
        },
        Origin::Undetermined => OriginPage {
            headline: "not to be told from these logs",
            meaning: "The logs do not reach the moment, or they do not suffice to decide.",
            decided_by: "A log that is needed is missing, was rotated away or has a gap at the moment; the report names \
                it. Or lines contradict each other.",
            mistaken_for: "\"Nothing found\" is no proof for the guest where nothing could have been found.",
            next: "Collect another bundle soon after the next crash, send logs to a log server, and raise the number \
                and size of kept logs.",
            who: Who::Administrator,
        },
    }
}

/// A check in a few words, as a line of the report.
#[must_use]
pub const fn check_title(check: Check) -> &'static str {
    match check {
        Check::GuestReport => "the guest's own report",
        Check::DumpMatch => "same crash as in Windows",
        Check::HypervisorNmi => "NMI sent to the guest",
        Check::VmxVmm => "VMX process and monitor",
        Check::Stun => "pauses of the VM",
        Check::Storage => "the VM's storage",
        Check::HostMemory => "host memory and CPU",
        Check::HardwareEvent => "hardware event log",
        Check::VirtualDevice => "virtual devices",
        Check::Resource => "memory and space",
        Check::HostFailure => "the host as a whole",
        Check::Operation => "resets by people and HA",
    }
}

/// What a check looks at and what its result tells.
#[must_use]
pub const fn check_page(check: Check) -> &'static str {
    match check {
        Check::GuestReport => {
            "Looks for what the guest itself said: the bugcheck that Windows writes into the synthetic crash registers, \
             a kernel panic, a triple fault. It dates the crash and tells nothing about where it came from."
        }
        Check::DumpMatch => {
            "Compares code and arguments in the log with those of a dump, so that a dump is not read for \
             another crash than this one. Arguments that one side lacks are no difference."
        }
        Check::HypervisorNmi => {
            "Looks for an NMI that was sent to this VM within a minute before the crash, and for who sent it."
        }
        Check::VmxVmm => {
            "Looks for the end of the VM's own process or monitor: panics, assertions, signals, core files, kills by the \
             VMkernel."
        }
        Check::Stun => {
            "Looks for pauses of the VM by snapshot, consolidation, vMotion, hot-add or checkpoint, and how long they \
             took."
        }
        Check::Storage => {
            "Looks for lost paths, lost devices, failed or slow I/O and lost heartbeats of the devices and volumes that \
             hold this VM's files."
        }
        Check::HostMemory => "Looks for machine checks and memory errors of the host in vmkernel.log.",
        Check::HardwareEvent => {
            "Looks in the hardware's own event log (IPMI SEL) for errors near the crash. Many bundles do not hold it."
        }
        Check::VirtualDevice => {
            "Looks for assertions and errors of virtual, paravirtual and passed-through devices of this VM."
        }
        Check::Resource => "Looks for exhausted memory, swap, heaps and datastore space.",
        Check::HostFailure => {
            "Looks for an end of the whole host: purple screen, loss of power, reboot without a plan."
        }
        Check::Operation => {
            "Looks for resets and power operations that a person, an API client or vSphere HA asked for, and for who it \
             was."
        }
    }
}

/// What a confidence claims.
#[must_use]
pub const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Confirmed => "the cause is written in the logs and tied to this VM and moment",
        Confidence::Likely => "tied in time and scope, and the mechanism is plausible",
        Confidence::Possible => "tied in time only",
    }
}

/// A kind of crash in a few words.
#[must_use]
pub const fn crash_kind(kind: CrashKind) -> &'static str {
    match kind {
        CrashKind::WindowsBugcheck => "Windows bugcheck",
        CrashKind::GuestPanic => "guest panic",
        CrashKind::TripleFault => "triple fault",
        CrashKind::VmxFailure => "VMX process failed",
        CrashKind::VmmFailure => "monitor failed",
        CrashKind::VmReset => "reset from outside",
        CrashKind::HostDown => "host went down",
    }
}

/// Whom to turn to, in words.
#[must_use]
pub const fn who(who: Who) -> &'static str {
    match who {
        Who::OsVendor => "maker of the guest's operating system",
        Who::VmwareSupport => "VMware by Broadcom support",
        Who::HardwareVendor => "maker of the server",
        Who::StorageTeam => "storage team",
        Who::Administrator => "vSphere administrator",
    }
}
