//! Walks the members of a zip from front to back, by the headers that precede them.
//!
//! The list of members at the end of a zip is what an incomplete upload loses, and a stream cannot be asked for it
//! first; so it is not used at all.

use super::inflate::{Inflate, Tally};
use super::name::{normalise, shown};
use super::peek_reader::{LOOK_AHEAD_BYTES, MemberBody, PLAIN_BUFFER_BYTES, PeekReader};
use super::sink::{Member, NoteKind, Open};
use super::stream_end::StreamEnd;
use super::tar_member::{Span, Watch};
use super::walk::{Walker, inside};
use super::zip_body::{Stored, Summed};
use super::zip_head::{DESCRIPTOR, LOCAL, LOCAL_MAGIC, Local, descriptor};

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// How the walk continues.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Member,
    /// The place of the next member is not known.
    Search,
    End,
}

/// How a member's data ended, for the check against what the zip states.
struct Data {
    fate: StreamEnd,
    packed: u64,
    size: u64,
    crc: u32,
    /// The end of the data is known though they are damaged.
    placed: bool,
}

impl Walker<'_> {
    /// Walks the zip on `peek` to the end of the stream.
    pub(super) fn zip(&mut self, peek: &mut PeekReader<'_>, depth: u32) {
        let head = peek.window(8);
        if head.starts_with(b"PK\x07\x08") || head.starts_with(b"PK00") {
            peek.skip(4); // The mark of a zip that was to be split.
        }
        let mut last: Option<Vec<u8>> = None;
        while !self.halted {
            let next = match self.zip_step(peek, &mut last, depth) {
                Next::Search => self.zip_search(peek),
                next => next,
            };
            if next == Next::End {
                return;
            }
        }
    }

    fn zip_step(&mut self, peek: &mut PeekReader<'_>, last: &mut Option<Vec<u8>>, depth: u32) -> Next {
        let at = peek.pos();
        let after = match last {
            Some(last) => format!("after member '{}'", shown(last)),
            None => "before the first member".to_string(),
        };
        let fixed = peek.window(LOCAL);
        let fixed = fixed.get(..LOCAL).unwrap_or(fixed).to_vec();
        if [&b"PK\x01\x02"[..], b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x08"]
            .iter()
            .any(|m| fixed.starts_with(m))
        {
            peek.skip(u64::MAX);
            // Nothing but the list of members can be missing now.
            match peek.fate() {
                StreamEnd::Whole | StreamEnd::Cut => {}
                fate => self.ended(&fate, None, peek.pos(), "after the last member"),
            }
            return Next::End;
        }
        let Some(mut local) = Local::parse(&fixed) else {
            if fixed.len() < LOCAL && (fixed.starts_with(LOCAL_MAGIC) || LOCAL_MAGIC.starts_with(&fixed)) {
                self.zip_ran_out(peek, last.as_deref(), &format!("{after}, where another was due"));
                return Next::End;
            }
            self.note(NoteKind::Damaged, None, format!("there is no member header at byte {at}, {after}"));
            return Next::Search;
        };
        peek.skip(LOCAL as u64);
        let name = peek.read_vec(usize::from(local.name));
        let extra = peek.read_vec(usize::from(local.extra));
        if name.len() < usize::from(local.name) || extra.len() < usize::from(local.extra) {
            self.zip_ran_out(peek, last.as_deref(), &format!("in a header, {after}"));
            return Next::End;
        }
        local.take_extra(&extra, &fixed);
        let path = normalise(&name);
        let folder = matches!(name.last(), Some(b'/' | b'\\')) && local.size.unwrap_or(0) == 0;
        let next = self.zip_member(peek, &path, &local, folder, depth);
        *last = Some(path);
        next
    }

    fn zip_ran_out(&mut self, peek: &mut PeekReader<'_>, last: Option<&[u8]>, what: &str) {
        peek.skip(u64::MAX);
        let fate = match peek.fate() {
            StreamEnd::Whole => StreamEnd::Cut,
            other => other,
        };
        self.ended(&fate, last, peek.pos(), what);
    }

    fn zip_member(
        &mut self,
        peek: &mut PeekReader<'_>,
        path: &[u8],
        local: &Local,
        folder: bool,
        depth: u32,
    ) -> Next {
        let readable = matches!(local.method, STORED | DEFLATED) && !local.encrypted;
        if folder {
            return self.zip_pass(peek, path, local);
        }
        if !readable {
            let why = match local.encrypted {
                true => "is encrypted".to_string(),
                false => format!("is compressed by method {}, which is not read", local.method),
            };
            self.note(
                NoteKind::Damaged,
                Some(path),
                format!("{why}; repack the zip with deflate and no password"),
            );
            return self.zip_pass(peek, path, local);
        }
        let member = Member { path, size: local.size.unwrap_or(0), modified: local.modified, alone: false };
        let Some(open) = self.offer(&member) else { return Next::End };
        if open == Open::Skip && local.packed.is_some() {
            self.bytes = self.bytes.saturating_add(member.size);
            return self.zip_pass(peek, path, local);
        }
        let told = self.endings;
        let data = match (local.method, local.packed) {
            (DEFLATED, _) => self.zip_deflated(peek, &member, open, local, depth),
            (_, Some(packed)) => {
                let mut body = Summed::new(Span::new(peek, packed, Watch::Off));
                let fate = self.deliver(open, &member, &mut body, depth);
                let read = body.body.read();
                Data { fate, packed: read, size: read, crc: body.crc.sum(), placed: false }
            }
            (_, None) => {
                let mut body = Summed::new(Stored::new(peek));
                let fate = self.deliver(open, &member, &mut body, depth);
                let read = body.body.read;
                Data { fate, packed: read, size: read, crc: body.crc.sum(), placed: false }
            }
        };
        if self.halted {
            return Next::End;
        }
        if data.fate != StreamEnd::Whole {
            if self.endings == told {
                let what = format!("{} (after {} bytes of it)", inside(path), data.size);
                self.ended(&data.fate, Some(path), peek.pos(), &what);
            }
            return match data.fate {
                _ if self.halted || peek.window(1).is_empty() => Next::End,
                _ if data.placed => Next::Member,
                _ => Next::Search,
            };
        }
        self.zip_check(peek, path, local, &data)
    }

    /// Reads the data descriptor and holds checksum and size against the data.
    fn zip_check(&mut self, peek: &mut PeekReader<'_>, path: &[u8], local: &Local, data: &Data) -> Next {
        let mut crc = local.crc;
        if local.streamed {
            let window = peek.window(DESCRIPTOR);
            let short = window.len() < DESCRIPTOR;
            match descriptor(window, data.packed, data.size) {
                Some(found) => {
                    crc = found.crc;
                    peek.skip(found.length as u64);
                }
                None if short => {
                    self.zip_ran_out(peek, Some(path), "after the last byte of a member");
                    return Next::End;
                }
                None => {
                    self.note(
                        NoteKind::Damaged,
                        Some(path),
                        "its size is not the one stated after it".to_string(),
                    );
                    return Next::Search;
                }
            }
        }
        if crc != data.crc {
            self.note(
                NoteKind::Damaged,
                Some(path),
                "its checksum is wrong: some of its bytes are".to_string(),
            );
        }
        Next::Member
    }

    fn zip_deflated(
        &mut self,
        peek: &mut PeekReader<'_>,
        member: &Member<'_>,
        open: Open,
        local: &Local,
        depth: u32,
    ) -> Data {
        let ledger = self.ledger;
        let tally = Tally::default();
        let mut fate = {
            let input: Box<dyn MemberBody + '_> = match local.packed {
                Some(packed) => Box::new(Span::new(peek, packed, Watch::Off)),
                None => Box::new(&mut *peek),
            };
            let mut body =
                PeekReader::new(Box::new(Inflate::raw(input, ledger, &tally)), PLAIN_BUFFER_BYTES, ledger);
            self.deliver(open, member, &mut body, depth)
        };
        let taken = tally.taken.get();
        let mut placed = false;
        if let Some(rest) = local.packed.map(|p| p.saturating_sub(taken)) {
            placed = peek.skip(rest) == rest && !peek.window(1).is_empty();
            if placed && fate == StreamEnd::Cut {
                fate = StreamEnd::Corrupt("the member's data end early".to_string());
            }
        }
        let crc = tally.crc.borrow().sum();
        Data { fate, packed: taken, size: tally.given.get(), crc, placed }
    }

    /// Passes over a member's data as they lie in the archive.
    fn zip_pass(&mut self, peek: &mut PeekReader<'_>, path: &[u8], local: &Local) -> Next {
        let Some(packed) = local.packed else {
            // Only a folder has no data to lose the way in.
            return if local.streamed { Next::Search } else { Next::Member };
        };
        if peek.skip(packed) < packed {
            self.zip_ran_out(peek, Some(path), &inside(path));
            return Next::End;
        }
        if local.streamed {
            let window = peek.window(DESCRIPTOR);
            let found = descriptor(window, packed, local.size.unwrap_or(packed));
            match found {
                Some(found) => peek.skip(found.length as u64),
                None => return Next::Search,
            };
        }
        Next::Member
    }

    /// Looks for the next member's header, or for the list of members.
    fn zip_search(&mut self, peek: &mut PeekReader<'_>) -> Next {
        loop {
            let window = peek.window(LOOK_AHEAD_BYTES);
            if window.is_empty() {
                self.zip_ran_out(peek, None, "while looking for the next member");
                return Next::End;
            }
            let last = window.len() < LOOK_AHEAD_BYTES;
            let hit = memchr::memmem::find_iter(window, b"PK").find(|at| {
                let rest = window.get(*at..).unwrap_or_default();
                rest.starts_with(b"PK\x01\x02") || Local::parse(rest).is_some()
            });
            match hit {
                Some(at) => {
                    peek.skip(at as u64);
                    return Next::Member;
                }
                None => {
                    let step = if last { window.len() } else { window.len() - LOCAL };
                    peek.skip(step as u64);
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "zip_tests.rs"]
mod tests;
