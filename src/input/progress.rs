//! How far the reading has come, in bytes as they lie on the disk.

/// Told by the walker while it reads; called from the reader's thread, about once for every 256 KiB.
pub trait Progress: Sync {
    /// The bytes there are to read in this source, if known (not for standard input). Called once, first.
    fn total(&self, _bytes: Option<u64>) {}
    /// So many more bytes were read, or passed over unread in a folder.
    fn advance(&self, _bytes: u64) {}
}

/// Progress nobody looks at.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {}
