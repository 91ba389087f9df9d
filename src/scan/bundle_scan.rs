//! What one pass over an input gives: for each bundle in it its members, its hits and its small files.

use super::chunk_result::{ChunkResult, Hit};
use crate::bundle::{Owner, SmallFile};
use crate::log::{LogKind, Millis, Span};
use crate::quoting::Quoting;

/// A log that was scanned.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberLog {
    /// Its path in the bundle, for people.
    pub path: String,
    /// Its kind.
    pub kind: LogKind,
    /// Whether its name or its first lines tell that kind; a single log of another form is taken for that of a VM.
    pub known: bool,
    /// What stands before each of its lines: it was pasted or grepped.
    pub quoting: Quoting,
    /// Whose it is.
    pub owner: Owner,
    /// When its container says it was last changed.
    pub modified: Option<Millis>,
    /// Bytes after decompression.
    pub bytes: u64,
    /// Counts, spans and hits of the whole member; lines of hits count from 0 in the member.
    pub scanned: ChunkResult,
    /// Time spans of its chunks.
    pub spans: Vec<Span>,
    /// The moments that stand for those before the host's clock was set.
    pub unset: Vec<Millis>,
    /// Lines that were cut at the limit.
    pub long_lines: u64,
}

impl MemberLog {
    /// The hits of the member.
    #[must_use]
    pub fn hits(&self) -> &[Hit] {
        &self.scanned.hits
    }

    /// Whether its lines tell nothing: none has a stamp, or nothing says what log it is, and no rule knows any. Such a
    /// file is not the log its name says, or its text is lost.
    #[must_use]
    pub fn tells_nothing(&self) -> bool {
        self.scanned.lines > 0
            && (self.scanned.stamped == 0 || !self.known)
            && self.scanned.hits.is_empty()
            && !self.kind.log().free_form
    }
}

/// A small file that was kept whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFile {
    /// What it is.
    pub keep: SmallFile,
    /// Its path in the bundle.
    pub path: String,
    /// Its bytes as text; wrong UTF-8 replaced.
    pub text: String,
}

/// What one bundle gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BundleScan {
    /// Name of its archive or folder.
    pub name: String,
    /// Top folder inside it.
    pub top: String,
    /// Logs, by owner, kind and first stamp.
    pub logs: Vec<MemberLog>,
    /// Small files, in the order of their paths.
    pub kept: Vec<KeptFile>,
    /// Paths of cores and dumps.
    pub cores: Vec<String>,
    /// Members met.
    pub members: u64,
    /// It holds what only a bundle of vCenter Server holds.
    pub vcenter: bool,
    /// VMs that may be made of it.
    pub most_vms: usize,
}

impl BundleScan {
    /// Whether anything in it looks like an ESXi host or a VM.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.logs.is_empty() && self.kept.is_empty()
    }
}

/// Chunks of one member, as they come from the workers in any order.
#[derive(Debug)]
pub(super) struct ChunkDone {
    pub(super) bundle: usize,
    pub(super) member: usize,
    pub(super) chunk: u32,
    pub(super) scanned: ChunkResult,
    pub(super) bytes: u64,
    pub(super) long_lines: u64,
}
