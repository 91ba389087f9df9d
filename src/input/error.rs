//! What keeps a source from being read at all. Damage inside a source is no error but a note.

use std::io;
use std::path::{Path, PathBuf};

/// Why there is nothing to analyse.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// There is no such file or folder.
    #[error("'{}' does not exist; give a vm-support bundle (.tgz or .zip), a folder, a log, or '-' for standard input", path.display())]
    Missing {
        /// As it was given.
        path: PathBuf,
    },
    /// The operating system does not let this user read it.
    #[error("no permission to read '{}'; copy it to a place of your own or ask its owner", path.display())]
    NoPermission {
        /// As it was given.
        path: PathBuf,
    },
    /// It has no bytes.
    #[error("'{name}' is empty; was the download or the copy completed?")]
    Empty {
        /// File name, or `-`.
        name: String,
    },
    /// Its bytes are nothing this program reads.
    #[error(
        "'{name}' is not a vm-support bundle: expected gzip, tar, zip or a plain-text log, found {found}; {hint}"
    )]
    NotABundle {
        /// File name, or `-`.
        name: String,
        /// What its first bytes look like.
        found: String,
        /// What to try.
        hint: String,
    },
    /// A folder without a bundle, an unpacked bundle or logs.
    #[error(
        "nothing to analyse in folder '{}' ({passed} files looked at): expected vm-support bundles (.tgz, .zip), an \
         unpacked bundle or logs such as vmware.log and vmkernel.log",
        path.display()
    )]
    NothingInFolder {
        /// As it was given.
        path: PathBuf,
        /// Files that were nothing known.
        passed: u64,
    },
    /// The operating system failed to open it.
    #[error("cannot open '{}': {error}", path.display())]
    Io {
        /// As it was given.
        path: PathBuf,
        /// Its reason.
        #[source]
        error: io::Error,
    },
}

impl InputError {
    /// The error for a failed open of `path`.
    pub(super) fn opening(path: &Path, error: io::Error) -> Self {
        let path = path.to_path_buf();
        match error.kind() {
            io::ErrorKind::NotFound => InputError::Missing { path },
            io::ErrorKind::PermissionDenied => InputError::NoPermission { path },
            _ => InputError::Io { path, error },
        }
    }
}
