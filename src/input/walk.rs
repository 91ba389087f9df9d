//! Walks containers and what is in them, and tells the sink.

use super::inflate::Inflate;
use super::magic::{DETECT_BYTES, Magic, TAR_BLOCK_BYTES, holds_member, looks_like_archive, sniff};
use super::name::{shown, without_packing};
use super::packing::{Packing, Unpack};
use super::peek_reader;
use super::peek_reader::{LOOK_AHEAD_BYTES, MemberBody, PLAIN_BUFFER_BYTES, PeekReader};
use super::sink::{Member, Note, NoteKind, Open, Sink};
use super::stream_end::{Counters, StreamEnd};

/// The state of one walk over one source.
pub(super) struct Walker<'w> {
    pub(super) sink: &'w mut dyn Sink,
    pub(super) ledger: &'w Counters<'w>,
    /// Members met, in all containers.
    pub(super) members: u64,
    /// Bytes of members met, those of a container that was descended into not counted twice.
    pub(super) bytes: u64,
    /// The input ended early, or was left early for a budget.
    pub(super) truncated: bool,
    /// Some bytes were wrong.
    pub(super) damaged: bool,
    /// The walk was asked to stop.
    pub(super) stopped: bool,
    /// No more members are to be opened.
    pub(super) halted: bool,
    /// Members of the outermost container that were read, and that were descended into.
    pub(super) outer_read: u64,
    pub(super) outer_nested: u64,
    /// Containers descended into.
    pub(super) containers: u64,
    /// Endings told so far: a nested container's tells its parent's too.
    pub(super) endings: u64,
    notes: u64,
    /// When the file that is read was last changed, in seconds since 1970 UTC; a single log has no other date.
    pub(super) file_modified: Option<i64>,
}

/// What a container turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// An archive; its members were walked.
    Archive,
    /// A gzip of one file, delivered as one member.
    Single,
    /// Something else; nothing was told to the sink.
    Other(Magic),
}

impl<'w> Walker<'w> {
    pub(super) fn new(sink: &'w mut dyn Sink, ledger: &'w Counters<'w>) -> Self {
        Walker {
            sink,
            ledger,
            members: 0,
            bytes: 0,
            truncated: false,
            damaged: false,
            stopped: false,
            halted: false,
            outer_read: 0,
            outer_nested: 0,
            containers: 0,
            endings: 0,
            notes: 0,
            file_modified: None,
        }
    }

    /// Tells the sink something, and keeps the state.
    pub(super) fn note(&mut self, kind: NoteKind, member: Option<&[u8]>, text: String) {
        match kind {
            NoteKind::Truncated => self.truncated = true,
            NoteKind::Damaged => self.damaged = true,
            NoteKind::OverBudget | NoteKind::Remark => {}
        }
        self.notes += 1;
        if self.notes <= self.ledger.limits.notes {
            self.sink.note(Note { kind, member: member.map(<[u8]>::to_vec), text });
        }
    }

    /// Tells how many notes were kept back, at the very end.
    pub(super) fn notes_kept_back(&mut self) {
        let over = self.notes.saturating_sub(self.ledger.limits.notes);
        if over > 0 {
            self.sink.note(Note {
                kind: NoteKind::OverBudget,
                member: None,
                text: format!("{over} further notes about this input are not shown"),
            });
        }
    }

    /// Hands on what streams had to say.
    pub(super) fn remarks(&mut self) {
        let remarks = self.ledger.remarks.take();
        for text in remarks {
            self.note(NoteKind::Remark, None, text);
        }
    }

    /// Tells why a stream ended before its time. `what` says where: "inside member x" or the like; `at` is the
    /// offset in bytes in the uncompressed stream of the container.
    pub(super) fn ended(&mut self, fate: &StreamEnd, member: Option<&[u8]>, at: u64, what: &str) {
        let (kind, text) = match fate {
            StreamEnd::Whole | StreamEnd::Swallowed => return,
            StreamEnd::Cut => (NoteKind::Truncated, format!("the input ends at byte {at}, {what}")),
            StreamEnd::Corrupt(why) => (
                NoteKind::Damaged,
                format!("the compressed data are damaged after byte {at} ({why}), {what}"),
            ),
            StreamEnd::Unread(what) => (NoteKind::Damaged, format!("is {what}")),
            StreamEnd::Io(why) => {
                (NoteKind::Damaged, format!("reading stopped at byte {at} ({why}), {what}"))
            }
            StreamEnd::OverRatio => (
                NoteKind::OverBudget,
                format!(
                    "left at byte {at}, {what}: it inflates more than {} times",
                    self.ledger.limits.ratio
                ),
            ),
            StreamEnd::OverOutput => {
                self.truncated = true;
                self.halted = true;
                (
                    NoteKind::OverBudget,
                    format!(
                        "left at byte {at}, {what}: the input inflates to more than {} bytes",
                        self.ledger.limits.output
                    ),
                )
            }
            StreamEnd::Stopped => {
                self.stopped = true;
                self.halted = true;
                (NoteKind::Truncated, format!("stopped on request at byte {at}, {what}"))
            }
        };
        self.endings += 1;
        self.note(kind, member, text);
    }

    /// Walks the container on `peek`, whose name is `name`. The outermost is depth 1.
    pub(super) fn container(&mut self, peek: &mut PeekReader<'_>, name: &[u8], depth: u32) -> Found {
        match sniff(peek.window(DETECT_BYTES)) {
            Magic::Tar => {
                self.archive(name, |w| w.tar(peek, name, depth));
                Found::Archive
            }
            Magic::Zip => {
                self.archive(name, |w| w.zip(peek, depth));
                Found::Archive
            }
            Magic::Gzip => {
                let inner = Box::new(Inflate::gzip(Box::new(peek), self.ledger));
                self.unpacked(inner, name, depth)
            }
            other @ Magic::Foreign(_) => match Packing::of(peek.window(DETECT_BYTES)) {
                Some(packing) => {
                    let inner = Box::new(Unpack::new(packing, Box::new(peek), self.ledger));
                    self.unpacked(inner, name, depth)
                }
                None => Found::Other(other),
            },
            Magic::Binary if holds_member(peek.window(LOOK_AHEAD_BYTES)) => {
                self.archive(name, |w| w.tar(peek, name, depth));
                Found::Archive
            }
            other => Found::Other(other),
        }
    }

    fn archive(&mut self, name: &[u8], walk: impl FnOnce(&mut Self)) {
        self.sink.bundle_begins(name);
        walk(self);
        self.remarks();
        self.sink.bundle_ends();
    }

    /// Walks what a compressed stream contains.
    fn unpacked(&mut self, inner: Box<dyn peek_reader::ByteSource + '_>, name: &[u8], depth: u32) -> Found {
        let ledger = self.ledger;
        let mut inner = PeekReader::new(inner, PLAIN_BUFFER_BYTES, ledger);
        match sniff(inner.window(DETECT_BYTES)) {
            Magic::Tar => {
                self.archive(name, |w| w.tar(&mut inner, name, depth));
                Found::Archive
            }
            Magic::Zip | Magic::Gzip if depth < ledger.limits.depth => {
                self.container(&mut inner, without_packing(name), depth + 1)
            }
            Magic::Foreign(_) if depth < ledger.limits.depth && is_packed(&mut inner) => {
                self.container(&mut inner, without_packing(name), depth + 1)
            }
            found => {
                // Too little came to tell a log from an archive's first header.
                let torn =
                    inner.window(TAR_BLOCK_BYTES).len() < TAR_BLOCK_BYTES && inner.fate() != StreamEnd::Whole;
                if torn && (found != Magic::Text || looks_like_archive(name)) {
                    let fate = inner.fate();
                    self.archive(name, |w| w.ended(&fate, None, 0, "before any member"));
                    return Found::Archive;
                }
                // The first header may be damaged, and the first member long.
                if found == Magic::Binary
                    && (looks_like_archive(name) || holds_member(inner.window(LOOK_AHEAD_BYTES)))
                {
                    self.archive(name, |w| w.tar(&mut inner, name, depth));
                    return Found::Archive;
                }
                self.sink.bundle_begins(name);
                self.single(&mut inner, without_packing(name), 0, depth);
                self.remarks();
                self.sink.bundle_ends();
                Found::Single
            }
        }
    }

    /// Delivers a whole stream as one member; `size` is 0 if nothing states it.
    pub(super) fn single(&mut self, peek: &mut PeekReader<'_>, path: &[u8], size: u64, depth: u32) {
        let member = Member { path, size, modified: self.file_modified, alone: self.members == 0 };
        let fate = self.member(&member, peek, depth);
        self.ended(&fate, Some(path), peek.pos(), "inside it");
    }

    /// Offers one member to the sink and does with `body` what it answers; all of `body` is used up.
    pub(super) fn member(&mut self, member: &Member<'_>, body: &mut dyn MemberBody, depth: u32) -> StreamEnd {
        match self.offer(member) {
            Some(open) => self.deliver(open, member, body, depth),
            None => StreamEnd::Whole,
        }
    }

    /// Asks the sink about a member; `None` if the budget of members is used up.
    pub(super) fn offer(&mut self, member: &Member<'_>) -> Option<Open> {
        let most = self.ledger.limits.members;
        if self.members >= most {
            self.halted = true;
            self.truncated = true;
            let text = format!("more than {most} members: the rest was left out");
            self.note(NoteKind::OverBudget, Some(member.path), text);
            return None;
        }
        self.members += 1;
        Some(self.sink.open(member))
    }
}

/// Whether a stream is compressed in one of the ways that are read.
fn is_packed(peek: &mut PeekReader<'_>) -> bool {
    Packing::of(peek.window(DETECT_BYTES)).is_some()
}

/// "inside member `x`", for [`Walker::ended`].
pub(super) fn inside(path: &[u8]) -> String {
    format!("inside member '{}'", shown(path))
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
