//! Why a run could not be made at all. What goes wrong inside an input is a note in the report instead.

use std::io;
use std::path::{Path, PathBuf};

/// Why nothing given could be analysed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing at the path.
    #[error("{}: there is no such file or folder", .0.display())]
    NotFound(PathBuf),
    /// The path may not be read.
    #[error("{}: permission denied", .0.display())]
    Denied(PathBuf),
    /// The file or folder is empty.
    #[error("{}: contains no data", .0.display())]
    Empty(PathBuf),
    /// It is something else.
    #[error("{}: not a vm-support bundle and not a log that vmcoroner reads ({found})", path.display())]
    NotABundle {
        /// The path.
        path: PathBuf,
        /// What was found there, in a few words.
        found: String,
        /// What to try with just that, if there is something.
        hint: Option<String>,
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

impl Error {
    /// The error for what the system said about a path.
    #[must_use]
    pub fn io(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound(path.to_owned()),
            io::ErrorKind::PermissionDenied => Self::Denied(path.to_owned()),
            _ => Self::Io { path: path.to_owned(), error },
        }
    }

    /// The same error once more.
    #[must_use]
    pub fn again(&self) -> Self {
        match self {
            Self::NotFound(path) => Self::NotFound(path.clone()),
            Self::Denied(path) => Self::Denied(path.clone()),
            Self::Empty(path) => Self::Empty(path.clone()),
            Self::NotABundle { path, found, hint } => {
                Self::NotABundle { path: path.clone(), found: found.clone(), hint: hint.clone() }
            }
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
    pub fn hint(&self) -> &str {
        match self {
            Self::NotFound(path) => not_there(&path.to_string_lossy()),
            Self::Denied(_) => "run it as a user who may read the file, or change its permissions",
            Self::Empty(_) => "the copy or the download may have failed; compare its size with the original",
            Self::NotABundle { hint: Some(hint), .. } => hint,
            Self::NotABundle { hint: None, .. } => {
                "give the .tgz that vm-support wrote, an archive or folder of such files, an unpacked bundle, or a \
                 single log such as vmware.log"
            }
            Self::Io { .. } => {
                "read the file with another program to see whether the disk or share is at fault"
            }
        }
    }
}

/// What to do about a path at which there is nothing, by how it is written.
fn not_there(path: &str) -> &'static str {
    let begins = |starts: &[&str]| starts.iter().any(|start| path.starts_with(start));
    if begins(&["http://", "https://", "ftp://"]) {
        "download it first, and give the file"
    } else if begins(&["s3://", "gs://", "az://"]) {
        "copy it to a disk first, and give the file"
    } else if begins(&["file://"]) {
        "give the path alone, without file://"
    } else if begins(&["~"]) {
        "the shell replaces ~ only outside quotes; write the path in full"
    } else if path.contains('\\') && cfg!(unix) {
        "write / between folders, and quote a name that contains \\"
    } else if path.contains(['*', '?']) {
        "no file matches the pattern"
    } else {
        "check the spelling; a name with blanks needs quotes"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_fits_how_the_path_is_written() {
        for (path, hint) in [
            ("https://example.com/a.tgz", "download"),
            ("s3://bucket/a.tgz", "copy it"),
            ("file:///tmp/a.tgz", "file://"),
            ("~/a.tgz", "~"),
            ("*.tgz", "pattern"),
            ("a b.tgz", "spelling"),
        ] {
            let error = Error::NotFound(path.into());
            assert!(error.hint().contains(hint), "{path}: {}", error.hint());
        }
    }
}
