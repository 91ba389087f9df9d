//! Why a run could not be made at all. What goes wrong with a single input is a note in the report instead.

use std::io;
use std::path::{Path, PathBuf};

/// Why nothing given could be analysed.
#[derive(Debug, thiserror::Error)]
pub enum AnalyzeError {
    /// There is nothing at the path.
    #[error("{}: there is no such file or folder", .0.display())]
    NotFound(PathBuf),
    /// The path may not be read.
    #[error("{}: permission denied", .0.display())]
    Denied(PathBuf),
    /// The file or folder is empty.
    #[error("{}: it is empty", .0.display())]
    Empty(PathBuf),
    /// It is something else.
    #[error("{}: no vm-support bundle and no log that vmcoroner knows ({found})", path.display())]
    NotABundle {
        /// The path.
        path: PathBuf,
        /// What was found there, in a few words.
        found: String,
    },
    /// The system failed otherwise.
    #[error("{}: {error}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl AnalyzeError {
    /// The error for what the system said about a path.
    #[must_use]
    pub fn io(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound(path.to_owned()),
            io::ErrorKind::PermissionDenied => Self::Denied(path.to_owned()),
            _ => Self::Io { path: path.to_owned(), error },
        }
    }

    /// Looks whether a path can be opened and holds anything. `-` is standard input and always can.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn probe(path: &Path) -> Result<(), Self> {
        if path.as_os_str() == "-" {
            return Ok(());
        }
        let meta = std::fs::metadata(path).map_err(|error| Self::io(path, error))?;
        let empty = if meta.is_dir() {
            std::fs::read_dir(path).map_err(|error| Self::io(path, error))?.next().is_none()
        } else {
            std::fs::File::open(path).map_err(|error| Self::io(path, error))?;
            // A pipe or a device has no length.
            meta.is_file() && meta.len() == 0
        };
        if empty { Err(Self::Empty(path.to_owned())) } else { Ok(()) }
    }

    /// The same error once more.
    #[must_use]
    pub fn again(&self) -> Self {
        match self {
            Self::NotFound(path) => Self::NotFound(path.clone()),
            Self::Denied(path) => Self::Denied(path.clone()),
            Self::Empty(path) => Self::Empty(path.clone()),
            Self::NotABundle { path, found } => Self::NotABundle { path: path.clone(), found: found.clone() },
            Self::Io { path, error } => {
                Self::Io { path: path.clone(), error: io::Error::new(error.kind(), error.to_string()) }
            }
        }
    }

    /// The path it is about.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::NotFound(path) | Self::Denied(path) | Self::Empty(path) => path,
            Self::NotABundle { path, .. } | Self::Io { path, .. } => path,
        }
    }

    /// What to do about it, in a sentence.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "check the spelling; a name with blanks needs quotes",
            Self::Denied(_) => "run it as a user who may read the file, or change its permissions",
            Self::Empty(_) => "the copy or the download may have failed; compare its size with the original",
            Self::NotABundle { .. } => {
                "give the .tgz that vm-support wrote, an archive or folder of such files, an unpacked bundle, or a \
                 single log such as vmware.log"
            }
            Self::Io { .. } => {
                "read the file with another program to see whether the disk or share is at fault"
            }
        }
    }
}

impl From<crate::input::InputError> for AnalyzeError {
    fn from(error: crate::input::InputError) -> Self {
        use crate::input::InputError;
        match error {
            InputError::Missing { path } => Self::NotFound(path),
            InputError::NoPermission { path } => Self::Denied(path),
            InputError::Empty { name } => Self::Empty(name.into()),
            InputError::NotABundle { name, found, .. } => Self::NotABundle { path: name.into(), found },
            InputError::NothingInFolder { path, passed: 0 } => Self::Empty(path),
            InputError::NothingInFolder { path, passed } => {
                Self::NotABundle { path, found: format!("{passed} files were looked at") }
            }
            InputError::Io { path, error } => Self::Io { path, error },
        }
    }
}
