//! The data of one archive member as a stream that notices when it runs into the next member.
//!
//! A file that shrinks while it is collected leaves a header that states more bytes than follow, and everything after
//! it seems to be data of that member. The archive stays aligned to 512 bytes, so a header of the same archive found
//! at an aligned place inside a member is taken for what it is.

use super::magic::{TAR_BLOCK_BYTES, has_ustar, header};
use super::name;
use super::peek_reader::{LOOK_AHEAD_BYTES, MemberBody, PeekReader};
use super::stream_end::StreamEnd;

/// The folder all members of an archive lie in, as far as was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Top {
    /// No member yet.
    Unknown,
    /// All members so far.
    Known(Vec<u8>),
    /// There is no single one: a header inside a member cannot be told from one of a nested archive.
    Mixed,
}

impl Top {
    /// Takes note of a member's name.
    pub(super) fn saw(&mut self, path: &[u8]) {
        let seen = name::top(path);
        match (&*self, seen) {
            (Top::Unknown, Some(seen)) => *self = Top::Known(seen.to_vec()),
            (Top::Known(known), Some(seen)) if known == seen => {}
            (Top::Mixed, _) => {}
            _ => *self = Top::Mixed,
        }
    }
}

/// Which headers end a member early.
#[derive(Debug, Clone, Copy)]
pub(super) enum Watch<'w> {
    /// None: the container is trusted, or is no tar.
    Off,
    /// Those of members below this folder.
    Below(&'w [u8]),
    /// Any, in the search after a wrong header.
    Any,
}

enum Verdict {
    No,
    Yes,
    /// So many bytes are needed to tell.
    More(usize),
}

/// Tells whether a member of the watched archive begins at the front of `bytes`, header records before it included.
fn begins(bytes: &[u8], watch: Watch<'_>) -> Verdict {
    /// Records considered before one member: a hostile archive must not make every block cost many.
    const MAX_HEADER_RECORDS: u32 = 4;
    let mut at = 0;
    for _ in 0..=MAX_HEADER_RECORDS {
        let Some(block) = bytes.get(at..at + TAR_BLOCK_BYTES) else {
            return Verdict::More(at + TAR_BLOCK_BYTES);
        };
        let Some(head) = header(block).filter(|_| has_ustar(block)) else {
            return Verdict::No;
        };
        let kind = head.entry_type();
        if kind.is_pax_local_extensions() || kind.is_gnu_longname() || kind.is_gnu_longlink() {
            let size = head.entry_size().ok().and_then(|s| usize::try_from(s).ok());
            at = match size {
                Some(size)
                    if size < LOOK_AHEAD_BYTES && at + size + 3 * TAR_BLOCK_BYTES <= LOOK_AHEAD_BYTES =>
                {
                    at + TAR_BLOCK_BYTES + size.next_multiple_of(TAR_BLOCK_BYTES)
                }
                _ => return Verdict::No,
            };
            continue;
        }
        return match watch {
            Watch::Any => Verdict::Yes,
            Watch::Below(top) => {
                let path = head.path_bytes();
                let below = name::top(&path) == Some(top) || name::normalise(&path) == top;
                if below { Verdict::Yes } else { Verdict::No }
            }
            Watch::Off => Verdict::No,
        };
    }
    Verdict::No
}

/// The data of one member, `size` bytes of `peek` from where it stands, which must be a block's begin if watched.
pub(super) struct Span<'t, 'a> {
    peek: &'t mut PeekReader<'a>,
    left: u64,
    read: u64,
    /// Bytes at the front of the peek known to be this member's.
    clear: usize,
    watch: Watch<'t>,
    fate: Option<StreamEnd>,
}

impl<'t, 'a> Span<'t, 'a> {
    pub(super) fn new(peek: &'t mut PeekReader<'a>, size: u64, watch: Watch<'t>) -> Self {
        Span { peek, left: size, read: 0, clear: 0, watch, fate: None }
    }

    /// Bytes used up so far.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    fn look(&mut self) {
        if self.left == 0 {
            self.fate = Some(StreamEnd::Whole);
            return;
        }
        let mut want = match self.watch {
            Watch::Off => 1,
            _ => 2 * TAR_BLOCK_BYTES,
        };
        loop {
            let window = self.peek.window(want);
            if window.is_empty() {
                self.fate = Some(match self.peek.fate() {
                    StreamEnd::Whole => StreamEnd::Cut,
                    other => other,
                });
                return;
            }
            let last = window.len() < want;
            let reach = usize::try_from(self.left).unwrap_or(usize::MAX).min(window.len());
            self.clear = reach;
            if matches!(self.watch, Watch::Off) {
                return;
            }
            let into = (self.read % TAR_BLOCK_BYTES as u64) as usize;
            match next_head(window, (TAR_BLOCK_BYTES - into) % TAR_BLOCK_BYTES, reach, (self.watch, last)) {
                None => return,
                Some((0, Verdict::More(n))) => want = n,
                Some((0, _)) => {
                    self.clear = 0;
                    self.fate = Some(StreamEnd::Swallowed);
                    return;
                }
                Some((at, _)) => {
                    self.clear = at;
                    return;
                }
            }
        }
    }
}

/// The first block from `at` on that begins another member, or of which more must be seen to say so; `last` is true where
/// no more can come.
fn next_head(
    window: &[u8],
    mut at: usize,
    reach: usize,
    (watch, last): (Watch<'_>, bool),
) -> Option<(usize, Verdict)> {
    while at < reach {
        let rest = window.get(at..).unwrap_or_default();
        // Cheap for nearly every block: five bytes looked at in 512.
        let verdict = if rest.len() < TAR_BLOCK_BYTES {
            Verdict::More(TAR_BLOCK_BYTES)
        } else if has_ustar(rest) {
            begins(rest, watch)
        } else {
            Verdict::No
        };
        match verdict {
            Verdict::No => {}
            Verdict::More(_) if last => {}
            other => return Some((at, other)),
        }
        at += TAR_BLOCK_BYTES;
    }
    None
}

impl MemberBody for Span<'_, '_> {
    fn piece(&mut self) -> &[u8] {
        if self.clear == 0 && self.fate.is_none() {
            self.look();
        }
        if self.fate.is_some() {
            return &[];
        }
        let clear = self.clear;
        self.peek.window(1).get(..clear).unwrap_or_default()
    }

    fn used(&mut self, n: usize) {
        let n = n.min(self.clear);
        self.peek.used(n);
        self.clear -= n;
        self.left -= n as u64;
        self.read += n as u64;
    }

    fn fate(&self) -> StreamEnd {
        self.fate.clone().unwrap_or(StreamEnd::Whole)
    }
}
