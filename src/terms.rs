//! The words of the report contract: origins, confidences, checks, kinds of crash. They know nothing of the rest.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Makes an enum whose values are written in kebab case, with the list of all and a text form.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[non_exhaustive]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// All values, in their fixed order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// the word as it is in the report and in rules.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value a word names, if it names one.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use words;

/// A place in a list, made by the list's owner alone and looked up in it by `owner[id]`: one that is in no list is a
/// mistake of the program and stops it.
macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident;)+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(usize);

        impl $name {
            pub(crate) const fn new(at: usize) -> Self {
                Self(at)
            }

            /// The place, from 0.
            #[must_use]
            pub const fn at(self) -> usize {
                self.0
            }
        }
    )+ };
}
pub(crate) use ids;

words! {
    /// Where a crash came from.
    Origin {
        /// The guest itself: it reported the crash, and the host's logs cover the moment and show nothing.
        GuestOs = "guest-os",
        /// A person or script sent an NMI to the guest.
        AdminNmi = "admin-nmi",
        /// The VM's own VMX process or VMM failed.
        Hypervisor = "hypervisor",
        /// Emulated, paravirtual or passed-through device errors, with no cause below them.
        VirtualDevice = "virtual-device",
        /// The VM's storage: APD, PDL, path or I/O failures, latency, lost heartbeat, NFS or vSAN inaccessible.
        Storage = "storage",
        /// Host memory or CPU error: MCE/MCA, ECC, IERR, PCIe fatal, SEL event.
        HostHardware = "host-hardware",
        /// The VM was stopped long enough by snapshot, consolidation, vMotion, hot-add or checkpoint.
        Stun = "stun",
        /// Out of memory, swap, heap or datastore space.
        Resource = "resource",
        /// The host went down: PSOD, power loss, forced reboot.
        HostFailure = "host-failure",
        /// vSphere HA VM Monitoring reset it because the guest had stopped answering.
        HaReset = "ha-reset",
        /// A person or API call reset it or powered it off.
        Operator = "operator",
        /// The logs do not reach, or do not suffice.
        Undetermined = "undetermined",
    }
}

words! {
    /// How sure a verdict is.
    Confidence {
        /// Tied in time only.
        Possible = "possible",
        /// Tied in time and scope, the mechanism is plausible.
        Likely = "likely",
        /// The cause is written in the logs and tied to this VM and moment.
        Confirmed = "confirmed",
    }
}

words! {
    /// The checks of a crash, in the order of the report.
    Check {
        /// What the guest itself reported.
        GuestReport = "guest-report",
        /// The report compared with the Windows side.
        DumpMatch = "dump-match",
        /// An NMI sent to the guest.
        HypervisorNmi = "hypervisor-nmi",
        /// A failure of the VMX process or the VMM.
        VmxVmm = "vmx-vmm",
        /// The VM stopped by snapshot, migration or hot-add.
        Stun = "stun",
        /// The VM's storage.
        Storage = "storage",
        /// Host memory and CPU errors.
        HostMemory = "host-memory",
        /// Events of the hardware's own log (IPMI SEL).
        HardwareEvent = "hardware-event",
        /// Virtual and passed-through devices.
        VirtualDevice = "virtual-device",
        /// Memory, swap, heap and space.
        Resource = "resource",
        /// The host as a whole.
        HostFailure = "host-failure",
        /// Resets and power operations by a person, an API or HA.
        Operation = "operation",
    }
}

words! {
    /// What kind of crash it was.
    CrashKind {
        /// Windows wrote its bugcheck into the synthetic crash registers, or hostd said so.
        WindowsBugcheck = "windows-bugcheck",
        /// Another guest's kernel said that it panicked.
        GuestPanic = "guest-panic",
        /// A virtual CPU entered the shutdown state.
        TripleFault = "triple-fault",
        /// The VMX process died or ended itself.
        VmxFailure = "vmx-failure",
        /// The virtual machine monitor died.
        VmmFailure = "vmm-failure",
        /// Reset or stopped from outside without the guest having asked.
        VmReset = "vm-reset",
        /// The host ended under it.
        HostDown = "host-down",
    }
}

words! {
    /// How strongly a line supports its origin, as the domain notes grade it.
    Strength {
        /// Describes a circumstance or a consequence; never decides.
        Context = "context",
        /// Needs a second, independent witness.
        Moderate = "moderate",
        /// Needs only the tie in time and scope.
        Strong = "strong",
        /// Decides alone.
        Decisive = "decisive",
    }
}

words! {
    /// Who has the next step.
    Who {
        /// Microsoft or another maker of the guest.
        OsVendor = "os-vendor",
        /// VMware by Broadcom support.
        VmwareSupport = "vmware-support",
        /// The maker of the server.
        HardwareVendor = "hardware-vendor",
        /// The people who run the storage.
        StorageTeam = "storage-team",
        /// The people who run vSphere.
        Administrator = "administrator",
    }
}

words! {
    /// How a host stands to a defect that its maker knows.
    IssueState {
        /// Its version is concerned and older than the fix.
        Affected = "affected",
        /// Its version is concerned, and its build has the fix.
        Fixed = "fixed",
        /// Its version is not among those concerned.
        OtherVersion = "other-version",
        /// Version, build or the build of the fix is not known.
        Unknown = "unknown",
    }
}

words! {
    /// What the comparison with the Windows side gave.
    MatchResult {
        /// Code and all known arguments agree.
        Match = "match",
        /// They differ.
        Mismatch = "mismatch",
        /// Nothing was given to compare with, or the log has no bugcheck.
        NotGiven = "not-given",
    }
}

words! {
    /// What a check gave.
    CheckOutcome {
        /// It found something that counts.
        Found = "found",
        /// The logs cover the moment and show nothing.
        Clear = "clear",
        /// The logs do not cover the moment, or are not there.
        NotCovered = "not-covered",
    }
}

words! {
    /// What a file that was given or found is.
    FileKind {
        /// A vm-support bundle, packed or unpacked.
        VmSupport = "vm-support",
        /// A log.
        Log = "log",
        /// An export of a syslog server.
        Syslog = "syslog",
        /// A bundle of vCenter Server.
        Vcenter = "vcenter",
        /// A memory dump of a guest.
        GuestDump = "guest-dump",
        /// An event log of a guest.
        GuestEvents = "guest-events",
        /// A text about a guest: what a debugger printed.
        GuestText = "guest-text",
        /// A picture.
        Picture = "picture",
        /// A document.
        Document = "document",
        /// An archive.
        Archive = "archive",
        /// Something else.
        Other = "other",
    }
}

words! {
    /// What was done with a file.
    FileRole {
        /// It was read.
        Evidence = "evidence",
        /// It is the Windows side of the comparison.
        Compared = "compared",
        /// It holds nothing that is needed.
        NotNeeded = "not-needed",
        /// It may hold evidence, and was not read.
        NotRead = "not-read",
    }
}

words! {
    /// What form an input has.
    InputKind {
        /// One vm-support bundle.
        VmSupport = "vm-support",
        /// An archive of bundles.
        Wrapper = "wrapper",
        /// A folder of bundles.
        Folder = "folder",
        /// A bundle that was unpacked.
        Extracted = "extracted",
        /// A single log file.
        Log = "log",
    }
}

words! {
    /// In what state an input was.
    InputState {
        /// Read to its end without loss.
        Complete = "complete",
        /// It ended early.
        Truncated = "truncated",
        /// Parts were lost.
        Damaged = "damaged",
        /// Nothing of it could be read.
        Unreadable = "unreadable",
    }
}
