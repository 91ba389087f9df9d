//! What a caller gives to be analysed: a path, a stream, or bytes in memory.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Something to be analysed: a path, a stream, or bytes in memory.
///
/// A path may be a bundle, an archive or folder of bundles, an unpacked bundle, a single log, or `-` for standard input;
/// a folder may give several inputs. A stream and bytes are one bundle, archive or log each; their name is what a file
/// would be called.
#[derive(Debug, Clone)]
pub struct Source(pub(crate) Given);

/// In which form it is given.
#[derive(Debug, Clone)]
pub(crate) enum Given {
    Path(PathBuf),
    Stream(String, Stream),
    Bytes(String, Bytes),
}

impl Source {
    /// A file or a folder.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self(Given::Path(path.into()))
    }

    /// A stream, which is read once, from its start to its end.
    pub fn reader(name: impl Into<String>, reader: impl Read + Send + 'static) -> Self {
        Self(Given::Stream(name.into(), Stream::new(reader)))
    }

    /// Bytes in memory.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(Given::Bytes(name.into(), Bytes(bytes.into())))
    }
}

impl From<PathBuf> for Source {
    fn from(path: PathBuf) -> Self {
        Self::path(path)
    }
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Self::path(path)
    }
}

/// Bytes in memory; clones share them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) Arc<[u8]>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// A stream that can be taken once; clones share it.
#[derive(Clone)]
pub(crate) struct Stream(Arc<Mutex<Option<Box<dyn Read + Send>>>>);

impl Stream {
    fn new(reader: impl Read + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(reader)))))
    }

    /// The stream, the first time.
    pub(crate) fn take(&self) -> Option<Box<dyn Read + Send>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl PartialEq for Stream {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Stream {}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stream")
    }
}
