//! Walks containers and what is in them, and tells the sink.

use super::inflate::Inflate;
use super::magic::{DETECT_BYTES, Magic, TAR_BLOCK_BYTES, holds_member, looks_like_archive, sniff};
use super::name::{shown, without_gz};
use super::peek_reader::{
    COMPRESSED_BUFFER_BYTES, LOOK_AHEAD_BYTES, MemberBody, PLAIN_BUFFER_BYTES, PeekReader,
};
use super::sink::{End, Member, Note, NoteKind, Open, Sink};
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
    containers: u64,
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
            Magic::Gzip => self.gzip(peek, name, depth),
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

    fn gzip(&mut self, peek: &mut PeekReader<'_>, name: &[u8], depth: u32) -> Found {
        let ledger = self.ledger;
        let mut inner =
            PeekReader::new(Box::new(Inflate::gzip(Box::new(peek), ledger)), PLAIN_BUFFER_BYTES, ledger);
        match sniff(inner.window(DETECT_BYTES)) {
            Magic::Tar => {
                self.archive(name, |w| w.tar(&mut inner, name, depth));
                Found::Archive
            }
            Magic::Zip | Magic::Gzip if depth < ledger.limits.depth => {
                self.container(&mut inner, without_gz(name), depth + 1)
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
                self.single(&mut inner, without_gz(name), 0, depth);
                self.remarks();
                self.sink.bundle_ends();
                Found::Single
            }
        }
    }

    /// Delivers a whole stream as one member; `size` is 0 if nothing states it.
    pub(super) fn single(&mut self, peek: &mut PeekReader<'_>, path: &[u8], size: u64, depth: u32) {
        let member = Member { path, size, modified: self.file_modified };
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

    /// Does with `body` what the sink answered; all of `body` is used up.
    pub(super) fn deliver(
        &mut self,
        open: Open,
        member: &Member<'_>,
        body: &mut dyn MemberBody,
        depth: u32,
    ) -> StreamEnd {
        match open {
            Open::Skip => self.drop_rest(body),
            Open::Read => {
                self.outer_read += u64::from(depth == 1);
                self.hand_over(member, body)
            }
            Open::Descend => {
                self.outer_nested += u64::from(depth == 1);
                self.descend(member, body, depth)
            }
        }
    }

    /// Uses up a body without a look at it, counting its bytes.
    pub(super) fn drop_rest(&mut self, body: &mut dyn MemberBody) -> StreamEnd {
        loop {
            let n = body.piece().len();
            if n == 0 {
                return body.fate();
            }
            body.used(n);
            self.bytes = self.bytes.saturating_add(n as u64);
        }
    }

    fn hand_over(&mut self, member: &Member<'_>, body: &mut dyn MemberBody) -> StreamEnd {
        let limit = self.ledger.limits.member_output;
        let mut read = 0_u64;
        loop {
            let piece = body.piece();
            if piece.is_empty() {
                break;
            }
            if read >= limit {
                self.sink.close(End::OverBudget { read });
                let text = format!("only its first {read} bytes were read: a member may have {limit}");
                self.note(NoteKind::OverBudget, Some(member.path), text);
                return self.drop_rest(body);
            }
            let most = usize::try_from(limit - read).unwrap_or(usize::MAX);
            let mut left = piece.get(..most).unwrap_or(piece);
            let n = left.len();
            while !left.is_empty() {
                let room = self.sink.space();
                let step = room.len().min(left.len());
                let (Some(to), Some((from, rest))) = (room.get_mut(..step), left.split_at_checked(step))
                else {
                    break;
                };
                if step == 0 {
                    break; // A sink that breaks its word must not make this loop for ever.
                }
                to.copy_from_slice(from);
                self.sink.filled(step);
                left = rest;
            }
            body.used(n);
            read += n as u64;
            self.bytes = self.bytes.saturating_add(n as u64);
        }
        let fate = body.fate();
        self.sink.close(match fate {
            StreamEnd::Whole => End::Complete,
            StreamEnd::Swallowed => End::Swallowed { read },
            StreamEnd::OverRatio | StreamEnd::OverOutput => End::OverBudget { read },
            StreamEnd::Cut | StreamEnd::Corrupt(_) | StreamEnd::Io(_) | StreamEnd::Stopped => {
                End::Cut { read }
            }
        });
        fate
    }

    fn descend(&mut self, member: &Member<'_>, mut body: &mut dyn MemberBody, depth: u32) -> StreamEnd {
        let limits = self.ledger.limits;
        if depth >= limits.depth {
            let text = format!("not opened: containers may be nested {} deep", limits.depth);
            self.note(NoteKind::OverBudget, Some(member.path), text);
            return self.drop_rest(body);
        }
        self.containers += 1;
        if self.containers > limits.containers {
            if self.containers == limits.containers + 1 {
                let text = format!("not opened, nor any container after it: more than {}", limits.containers);
                self.note(NoteKind::OverBudget, Some(member.path), text);
            }
            return self.drop_rest(body);
        }
        let mut peek = PeekReader::new(Box::new(&mut body), COMPRESSED_BUFFER_BYTES, self.ledger);
        let found = self.container(&mut peek, member.path, depth + 1);
        drop(peek);
        if let Found::Other(what) = found {
            let text = match what {
                Magic::Empty => "is empty where an archive was expected".to_string(),
                Magic::Foreign(name) => format!("is {name} data, which is not read; unpack it and try again"),
                _ => "is no archive, though its name says so".to_string(),
            };
            let kind = match what {
                Magic::Foreign(_) => NoteKind::Damaged,
                _ => NoteKind::Remark,
            };
            self.note(kind, Some(member.path), text);
        }
        let counted = self.bytes;
        let fate = self.drop_rest(body);
        self.bytes = counted;
        fate
    }
}

/// "inside member `x`", for [`Walker::ended`].
pub(super) fn inside(path: &[u8]) -> String {
    format!("inside member '{}'", shown(path))
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
