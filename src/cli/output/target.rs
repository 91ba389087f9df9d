//! Where one result goes.

use std::fs;
use std::path::{Path, PathBuf};

/// Links that are followed before a name is taken as it is.
const MAX_LINKS: usize = 40;

/// Where one result goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Standard output: no file is named, or `-`.
    Stdout,
    /// A file, as the user named it.
    File(PathBuf),
    /// A file of a run that was stopped: an earlier file stays, and the new one is kept beside it.
    Apart(PathBuf),
}

impl Target {
    /// The target of an option that may be missing.
    pub(crate) fn of(path: Option<&Path>) -> Self {
        match path {
            Some(path) if path.as_os_str() != "-" => Self::File(path.to_owned()),
            _ => Self::Stdout,
        }
    }

    /// The target of a run that was stopped.
    pub(crate) fn stopped(self) -> Self {
        match self {
            Self::File(path) => Self::Apart(path),
            other => other,
        }
    }

    /// The file, unless it is standard output.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdout => None,
            Self::File(path) | Self::Apart(path) => Some(path),
        }
    }
}

/// The file that a path leads to: a link means the file it names, whether that exists or not.
pub(super) fn resolved(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(next) = fs::read_link(&path) else { break };
        path = folder_of(&path).join(next);
    }
    path
}

/// The folder that a file lies in.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
