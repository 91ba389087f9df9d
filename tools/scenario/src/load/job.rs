//! A large member of a load: what it is, before it is made.

use crate::time::Millis;

/// The command whose output makes up what a load lacks.
pub(super) const LONGEST: &str = "vsi_traverse_-s--l-0";

/// A large member that is made when its turn comes.
#[derive(Debug, Clone)]
pub(super) enum Job {
    /// A piece of a host log: name, file name, from, to, bytes, packed.
    HostLog { log: &'static str, path: String, from: Millis, to: Millis, bytes: u64, packed: bool },
    /// A piece of a VM's log.
    VmLog { vm: usize, path: String, from: Millis, to: Millis, bytes: u64 },
    /// A piece of a command's output.
    Tree { path: String, piece: u64 },
    /// A piece of a core.
    Core { path: String, piece: u64 },
}

impl Job {
    /// True if an analyser scans it.
    pub(super) fn is_log(&self) -> bool {
        matches!(self, Self::HostLog { .. } | Self::VmLog { .. })
    }

    /// The number of a piece of the longest command.
    pub(super) fn last_tree(&self) -> Option<u64> {
        match self {
            Self::Tree { path, piece } if path.contains(LONGEST) => Some(*piece),
            _ => None,
        }
    }

    pub(super) fn piece(&self) -> Option<(&str, u64)> {
        match self {
            Self::Tree { path, piece } | Self::Core { path, piece } => Some((path, *piece)),
            _ => None,
        }
    }
}
