//! The generations of ESXi and what differs in their writing.

use serde::Deserialize;

/// A generation of ESXi: it decides the form of every line and of the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Generation {
    /// ESXi 6.0.
    #[serde(rename = "6.0")]
    V60,
    /// ESXi 6.5.
    #[serde(rename = "6.5")]
    V65,
    /// ESXi 6.7.
    #[serde(rename = "6.7")]
    V67,
    /// ESXi 7.0 up to update 2.
    #[serde(rename = "7.0")]
    V70,
    /// ESXi 7.0 update 3.
    #[serde(rename = "7.0u3")]
    V70u3,
    /// ESXi 8.0.
    #[serde(rename = "8.0")]
    V80,
    /// ESXi 9.0.
    #[serde(rename = "9.0")]
    V90,
}

impl Generation {
    /// The version number the host reports unless the scenario says otherwise.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::V60 => "6.0.0",
            Self::V65 => "6.5.0",
            Self::V67 => "6.7.0",
            Self::V70 => "7.0.1",
            Self::V70u3 => "7.0.3",
            Self::V80 => "8.0.2",
            Self::V90 => "9.0.0",
        }
    }

    /// The build number the host reports unless the scenario says otherwise.
    pub(crate) fn build(self) -> &'static str {
        match self {
            Self::V60 => "5050593",
            Self::V65 => "13932383",
            Self::V67 => "15160138",
            Self::V70 => "17325551",
            Self::V70u3 => "20328353",
            Self::V80 => "22380479",
            Self::V90 => "24755229",
        }
    }

    /// The second line of `vmware -vl`.
    pub(crate) fn release(self) -> &'static str {
        match self {
            Self::V60 => "VMware ESXi 6.0.0 Update 3",
            Self::V65 => "VMware ESXi 6.5.0 Update 3",
            Self::V67 => "VMware ESXi 6.7.0 Update 3",
            Self::V70 => "VMware ESXi 7.0 Update 1",
            Self::V70u3 => "VMware ESXi 7.0 Update 3",
            Self::V80 => "VMware ESXi 8.0 Update 2",
            Self::V90 => "VMware ESXi 9.0 GA",
        }
    }

    /// The version number of the virtual hardware it makes.
    pub(crate) fn hardware(self) -> u32 {
        match self {
            Self::V60 => 11,
            Self::V65 => 13,
            Self::V67 => 14,
            Self::V70 => 18,
            Self::V70u3 => 19,
            Self::V80 => 21,
            Self::V90 => 22,
        }
    }

    /// Host logs carry a severity and a program name before the text.
    pub(crate) fn severities(self) -> bool {
        self >= Self::V80
    }

    /// `vmware.log` carries a severity word and an operation id instead of bars.
    pub(crate) fn plain_vmx(self) -> bool {
        self >= Self::V70u3
    }

    /// Threads of hostd are written in hexadecimal.
    pub(crate) fn hex_threads(self) -> bool {
        self <= Self::V65
    }

    /// The archive's writer is new enough for pax headers.
    pub(crate) fn pax(self) -> bool {
        self >= Self::V70u3
    }

    /// The VMFS version of its volumes.
    pub(crate) fn vmfs(self) -> &'static str {
        if self >= Self::V67 { "VMFS-6" } else { "VMFS-5" }
    }
}
