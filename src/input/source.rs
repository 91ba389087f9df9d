//! One input, as it was found: what is to be read as one bundle.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::detect::{self, Detected};
use crate::source::{Bytes, Stream};

use crate::log_table::is_log_name;
use crate::terms::InputKind;

/// Where the bytes of a source lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Stdin,
    /// A stream of a caller.
    Stream(Stream),
    /// Bytes in memory.
    Bytes(Bytes),
    /// The parts of one stream, in order; one for a plain file.
    Files(Vec<PathBuf>),
    /// A folder, without what lies at or below the paths of `apart`, which are inputs of their own.
    Tree {
        root: PathBuf,
        apart: Vec<PathBuf>,
    },
}

/// One input. Made by [`discover`](super::discover()), read by [`read`](super::read()).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub(super) kind: InputKind,
    pub(super) name: Vec<u8>,
    pub(super) path: PathBuf,
    pub(super) place: Place,
    /// Bytes on the disk, if known.
    pub(super) size: Option<u64>,
    /// A part that is missing from the middle of a split file.
    pub(super) gap: Option<String>,
}

impl Source {
    /// Standard input.
    pub fn stdin() -> Self {
        Source {
            kind: InputKind::VmSupport,
            name: b"-".to_vec(),
            path: PathBuf::from("-"),
            place: Place::Stdin,
            size: None,
            gap: None,
        }
    }

    /// What a caller gives as a stream.
    pub(crate) fn stream(name: &str, stream: Stream) -> Self {
        let kind = if is_log_name(name.as_bytes()) { InputKind::Log } else { InputKind::VmSupport };
        Source { kind, place: Place::Stream(stream), ..Self::named(name) }
    }

    /// What a caller gives as bytes.
    pub(crate) fn bytes(name: &str, bytes: Bytes) -> Self {
        let size = Some(bytes.0.len() as u64);
        let kind = match detect::file(&bytes.0, name.as_bytes()) {
            Detected::Bundle(kind) => kind,
            Detected::Log => InputKind::Log,
            Detected::Empty | Detected::Other(_) => InputKind::VmSupport,
        };
        Source { kind, size, place: Place::Bytes(bytes), ..Self::named(name) }
    }

    fn named(name: &str) -> Self {
        Source { name: name.as_bytes().to_vec(), path: PathBuf::from(name), ..Self::stdin() }
    }

    /// What it looks like from its first bytes; [`Outcome::kind`](super::Outcome::kind) knows better after reading.
    pub fn kind(&self) -> InputKind {
        self.kind
    }

    /// The file's or folder's own name as bytes (the first part's without its number), or `-`.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// The file, first part or folder, as it was reached from what the user gave.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The files it is read from: several parts for a split archive, none for a folder and for standard input.
    pub fn files(&self) -> &[PathBuf] {
        match &self.place {
            Place::Files(files) => files,
            Place::Stdin | Place::Stream(_) | Place::Bytes(_) | Place::Tree { .. } => &[],
        }
    }

    /// The folder, if it is one.
    pub fn root(&self) -> Option<&Path> {
        match &self.place {
            Place::Tree { root, .. } => Some(root),
            Place::Stdin | Place::Stream(_) | Place::Bytes(_) | Place::Files(_) => None,
        }
    }

    /// Whether a file of a folder, named as it is reached from there, is part of this input and not of another in it.
    pub fn holds(&self, file: &Path) -> bool {
        match &self.place {
            Place::Tree { root, apart } => {
                file.starts_with(root) && !apart.iter().any(|path| file.starts_with(path))
            }
            Place::Stdin | Place::Stream(_) | Place::Bytes(_) | Place::Files(_) => false,
        }
    }

    /// Bytes on the disk or in memory; `None` for a stream.
    pub fn size(&self) -> Option<u64> {
        self.size
    }
}

/// The last component of a path as bytes; of `.` and the like the resolved folder's.
pub(super) fn own_name(path: &Path) -> Vec<u8> {
    let name = match path.file_name() {
        Some(name) => Some(name.to_os_string()),
        None => path.canonicalize().ok().and_then(|p| p.file_name().map(OsStr::to_os_string)),
    };
    name.map(|n| n.as_encoded_bytes().to_vec()).unwrap_or_else(|| b"input".to_vec())
}
