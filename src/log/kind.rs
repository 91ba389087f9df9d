//! The kinds of log a bundle holds. The kind fixes the line grammar and the rules that look at a line.

use crate::terms::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

words! {
    /// A kind of log. Rotations of one log (`hostd.log`, `hostd.3.gz`) are of one kind.
    LogKind {
        /// `vmware.log` and `vmware-N.log` of one VM, written by its VMX process.
        Vmware = "vmware",
        /// `vmkernel.log`.
        Vmkernel = "vmkernel",
        /// `vmkwarning.log`: the warnings and alerts of vmkernel.log again.
        Vmkwarning = "vmkwarning",
        /// `hostd.log`, the host agent.
        Hostd = "hostd",
        /// `vpxa.log`, the vCenter agent.
        Vpxa = "vpxa",
        /// `fdm.log`, vSphere HA.
        Fdm = "fdm",
        /// `vobd.log`, VMkernel observations.
        Vobd = "vobd",
        /// `vmksummary.log`, hourly heartbeat, boots and stops.
        Vmksummary = "vmksummary",
        /// `shell.log`, commands typed in the ESXi shell.
        Shell = "shell",
        /// `auth.log`, logins and one-shot SSH commands.
        Auth = "auth",
        /// `syslog.log`, everything without a log of its own.
        Syslog = "syslog",
        /// `hostd-probe.log`, the watchdog of hostd.
        HostdProbe = "hostd-probe",
        /// `rhttpproxy.log` and `envoy-access.log`: requests to the host's web services.
        Rhttpproxy = "rhttpproxy",
        /// `hostdCgiServer.log`: requests to the host's CGI programs.
        HostdCgi = "hostd-cgi",
        /// `commands/localcli_hardware-ipmi-sel-list*`: the hardware's own event log.
        Sel = "sel",
        /// `commands/ls_-isla-*` of a VM folder: cores, screenshots, log rotations by name and date.
        FolderListing = "folder-listing",
        /// The bundle's `README`: how it was made.
        Readme = "readme",
    }
}

impl LogKind {
    /// Whether its lines need not begin with a stamp: the output of a command, a text.
    #[must_use]
    pub const fn has_free_form(self) -> bool {
        matches!(self, Self::Sel | Self::FolderListing | Self::Readme)
    }

    /// The file name stem people know it by.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Vmware => "vmware.log",
            Self::Vmkernel => "vmkernel.log",
            Self::Vmkwarning => "vmkwarning.log",
            Self::Hostd => "hostd.log",
            Self::Vpxa => "vpxa.log",
            Self::Fdm => "fdm.log",
            Self::Vobd => "vobd.log",
            Self::Vmksummary => "vmksummary.log",
            Self::Shell => "shell.log",
            Self::Auth => "auth.log",
            Self::Syslog => "syslog.log",
            Self::HostdProbe => "hostd-probe.log",
            Self::Rhttpproxy => "rhttpproxy.log",
            Self::HostdCgi => "hostdCgiServer.log",
            Self::Sel => "IPMI SEL",
            Self::FolderListing => "VM folder listing",
            Self::Readme => "README",
        }
    }
}
