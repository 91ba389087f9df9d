//! Does with the bytes of a member what the sink wants done with them.

use super::magic::{DETECT_BYTES, Magic};
use super::packing::{Packing, Unpack};
use super::peek_reader::{
    COMPRESSED_BUFFER_BYTES, LOOK_AHEAD_BYTES, MemberBody, PLAIN_BUFFER_BYTES, PeekReader,
};
use super::sink::{End, Member, NoteKind, Open};
use super::stream_end::StreamEnd;
use super::walk::{Found, Walker};

impl Walker<'_> {
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
            Open::Unpack => {
                self.outer_read += u64::from(depth == 1);
                self.hand_over_unpacked(member, body)
            }
            Open::Look => self.show(member, body, depth),
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

    /// Shows the sink the first bytes of a member, and does what it answers then.
    fn show(&mut self, member: &Member<'_>, mut body: &mut dyn MemberBody, depth: u32) -> StreamEnd {
        let mut peek = PeekReader::new(Box::new(&mut body), LOOK_AHEAD_BYTES, self.ledger);
        let head = peek.window(LOOK_AHEAD_BYTES);
        match self.sink.look(member, head.get(..LOOK_AHEAD_BYTES).unwrap_or(head)) {
            Open::Look | Open::Skip => {
                let looked = peek.window(1).len() as u64;
                drop(peek);
                self.bytes = self.bytes.saturating_add(looked);
                self.drop_rest(body)
            }
            open => self.deliver(open, member, &mut peek, depth),
        }
    }

    /// Hands a member over decompressed; as it is, if its bytes are not those of a compression.
    fn hand_over_unpacked(&mut self, member: &Member<'_>, mut body: &mut dyn MemberBody) -> StreamEnd {
        let ledger = self.ledger;
        let mut peek = PeekReader::new(Box::new(&mut body), COMPRESSED_BUFFER_BYTES, ledger);
        let Some(packing) = Packing::of(peek.window(DETECT_BYTES)) else {
            return self.hand_over(member, &mut peek);
        };
        let unpack = Unpack::new(packing, Box::new(&mut peek), ledger);
        let mut inner = PeekReader::new(Box::new(unpack), PLAIN_BUFFER_BYTES, ledger);
        let fate = self.hand_over(member, &mut inner);
        let at = inner.pos();
        drop(inner);
        self.ended(&fate, Some(member.path), at, "inside it");
        drop(peek);
        let counted = self.bytes;
        let rest = self.drop_rest(body);
        self.bytes = counted;
        // A member whose end is missing was told already.
        if rest == fate { StreamEnd::Whole } else { rest }
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
            StreamEnd::Cut
            | StreamEnd::Corrupt(_)
            | StreamEnd::Unread(_)
            | StreamEnd::Io(_)
            | StreamEnd::Stopped => End::Cut { read },
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
