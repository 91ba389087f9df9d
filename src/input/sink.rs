//! The contract between the walker, which knows archives, and the reader of a bundle, which knows ESXi.

/// One member of an archive, or one file of a folder, as its header states it.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// Its name with a leading `/` or `./` removed and `\` turned into `/`, `.` and empty components dropped and `..`
    /// kept as text; bytes, not text: names need not be UTF-8.
    pub path: &'a [u8],
    /// The size its header states, in bytes; 0 also where nothing states it (a gzip of one log, a zip written as a
    /// stream). A hostile or torn archive may lie.
    pub size: u64,
    /// Modification time in whole seconds since 1970 UTC, where the container states one.
    pub modified: Option<i64>,
    /// It is all there is: the input is this one file.
    pub alone: bool,
}

/// What the sink wants done with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// Inflate and drop: the bytes are never copied.
    Skip,
    /// Hand the bytes over through [`Sink::space`] and [`Sink::filled`].
    Read,
    /// The member is a container (recognised by its first bytes: gzip, tar or zip) whose members are wanted as a bundle
    /// of their own, between [`Sink::bundle_begins`] and [`Sink::bundle_ends`].
    Descend,
    /// Hand the bytes over as for [`Open::Read`], decompressed if they are bzip2, xz, zstd or lz4.
    Unpack,
    /// Show the sink the first bytes, and ask it again by [`Sink::look`].
    Look,
}

/// How a member ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All the bytes its header states were read.
    Complete,
    /// The input ended, or turned unreadable, inside it: `read` of the stated bytes came.
    Cut {
        /// Bytes of this member that were read before the end.
        read: u64,
    },
    /// Its header claimed more than it had: the walker found the next member's header inside it.
    Swallowed {
        /// Bytes of this member before the next header.
        read: u64,
    },
    /// A budget ended it.
    OverBudget {
        /// Bytes of this member that were read before the budget ran out.
        read: u64,
    },
}

/// What a [`Note`] tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    /// The input ended early; the rest is missing.
    Truncated,
    /// Bytes are wrong (checksum, header, compression); some part was lost.
    Damaged,
    /// A stated budget was passed and a part was left out.
    OverBudget,
    /// Worth saying, and nothing was lost: trailing junk, a link that was not followed.
    Remark,
}

/// A sentence about the input for the report. Damage is data: it never becomes an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it tells; all but [`NoteKind::Remark`] make the report partial.
    pub kind: NoteKind,
    /// The member it happened at, if any.
    pub member: Option<Vec<u8>>,
    /// The sentence, in plain words with offsets in bytes.
    pub text: String,
}

/// Takes what the walker meets, in the order of the input.
///
/// The walker calls `open`; for [`Open::Read`] then any number of `space` + `filled`, then `close`; for
/// [`Open::Descend`] the nested bundle's calls and no `close`; for [`Open::Skip`] nothing more. Bytes of a
/// member that is read are copied once, out of the decompressor's buffer into the sink's own; those of a skipped one
/// never. `space` may block while the sink's budget is full: the walker runs on a plain thread.
pub trait Sink {
    /// A bundle begins: the outermost container, or one inside it that `open` answered with [`Open::Descend`].
    fn bundle_begins(&mut self, name: &[u8]);
    /// The bundle that began last ends.
    fn bundle_ends(&mut self);
    /// A member begins: what is to be done with it?
    fn open(&mut self, member: &Member<'_>) -> Open;
    /// The first bytes of a member of which `open` wanted to see more: what is to be done with it? It is passed over if
    /// the answer is [`Open::Look`] again.
    fn look(&mut self, _member: &Member<'_>, _head: &[u8]) -> Open {
        Open::Skip
    }
    /// Where the next bytes of the open member go; never empty.
    fn space(&mut self) -> &mut [u8];
    /// The first `n` bytes of the last `space` are filled; `n` is at most its length.
    fn filled(&mut self, n: usize);
    /// The open member ended.
    fn close(&mut self, end: End);
    /// Something to say about the input.
    fn note(&mut self, note: Note);
}
