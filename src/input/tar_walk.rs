//! Walks the members of a tar.
//!
//! The `tar` crate reads the fields of a header; the walk itself is done here, because a damaged archive has to be
//! left and entered again at any block, and because header records must not fill the memory.

use tar::{EntryType, Header};

use super::magic::{TAR_BLOCK_BYTES, header};
use super::name::normalise;
use super::peek_reader::{MemberBody, PeekReader};
use super::sink::{Member, NoteKind};
use super::stream_end::StreamEnd;
use super::tar_head::Records;
use super::tar_member::{Span, Top, Watch};
use super::walk::{Walker, inside};

/// What is kept from member to member.
struct TarState {
    top: Top,
    records: Records,
    links: u64,
    devices: u64,
    folders: u64,
    sparse: u64,
    /// The last member's name, for sentences.
    last: Option<Vec<u8>>,
    /// Whether the blocks that end an archive were met.
    closed: bool,
    /// The top folder of the archive before this one in the same stream, until a member of this one is met.
    before: Option<Vec<u8>>,
}

impl TarState {
    fn watch(&self) -> Watch<'_> {
        match &self.top {
            Top::Known(top) => Watch::Below(top),
            Top::Unknown | Top::Mixed => Watch::Off,
        }
    }

    fn after(&self) -> String {
        match &self.last {
            Some(last) => format!("after member '{}'", super::name::shown(last)),
            None => "before the first member".to_string(),
        }
    }
}

/// How the walk continues.
#[derive(PartialEq, Eq)]
enum Next {
    Member,
    End,
}

impl Walker<'_> {
    /// Walks the tar on `peek` to the end of the stream.
    pub(super) fn tar(&mut self, peek: &mut PeekReader<'_>, name: &[u8], depth: u32) {
        let mut state = TarState {
            top: Top::Unknown,
            records: Records::default(),
            links: 0,
            devices: 0,
            folders: 0,
            sparse: 0,
            last: None,
            closed: false,
            before: None,
        };
        while !self.halted && self.tar_step(peek, &mut state, (name, depth)) == Next::Member {}
        if state.links + state.devices > 0 {
            let text = format!(
                "{} links and {} devices in it were not followed (and {} folders)",
                state.links, state.devices, state.folders
            );
            self.note(NoteKind::Remark, None, text);
        }
        if state.sparse > 0 {
            let text = format!("{} sparse members in it are read without their holes", state.sparse);
            self.note(NoteKind::Remark, None, text);
        }
    }

    fn tar_step(&mut self, peek: &mut PeekReader<'_>, state: &mut TarState, place: (&[u8], u32)) -> Next {
        let at = peek.pos();
        let block = peek.window(TAR_BLOCK_BYTES);
        if block.len() < TAR_BLOCK_BYTES {
            let (left, zeros) = (block.len(), block.iter().all(|b| *b == 0));
            peek.skip(TAR_BLOCK_BYTES as u64);
            self.tar_ran_out(peek, state, left > 0 && !zeros);
            return Next::End;
        }
        if block.iter().take(TAR_BLOCK_BYTES).all(|b| *b == 0) {
            return self.tar_zeros(peek, state);
        }
        match header(block) {
            Some(head) => {
                let head = head.clone();
                peek.skip(TAR_BLOCK_BYTES as u64);
                self.tar_entry(peek, state, &head, place)
            }
            None => {
                let text = format!("there is no member header at byte {at}, {}", state.after());
                self.note(NoteKind::Damaged, None, text);
                self.tar_search(peek, state)
            }
        }
    }

    /// The stream ended where a header was due.
    fn tar_ran_out(&mut self, peek: &mut PeekReader<'_>, state: &TarState, torn: bool) {
        let fate = match peek.fate() {
            StreamEnd::Whole if state.closed && !torn => return,
            StreamEnd::Cut if state.closed => {
                let text = "the archive is complete, but the end of its compressed data is missing";
                self.note(NoteKind::Remark, None, text.to_string());
                return;
            }
            StreamEnd::Whole => StreamEnd::Cut,
            other => other,
        };
        let mut what = state.after();
        if !torn {
            what.push_str(", which is complete, and without an end mark");
        }
        self.ended(&fate, state.last.as_deref(), peek.pos(), &what);
    }

    /// Passes over the zero blocks that end an archive, and over what follows unless it is another archive.
    fn tar_zeros(&mut self, peek: &mut PeekReader<'_>, state: &mut TarState) -> Next {
        loop {
            let window = peek.window(TAR_BLOCK_BYTES);
            let zeros =
                window.chunks_exact(TAR_BLOCK_BYTES).take_while(|b| b.iter().all(|x| *x == 0)).count();
            if zeros == 0 {
                break;
            }
            peek.used(zeros * TAR_BLOCK_BYTES);
        }
        state.closed = true;
        let at = peek.pos();
        let window = peek.window(TAR_BLOCK_BYTES);
        if header(window).is_some() {
            self.note(NoteKind::Remark, None, format!("another archive follows at byte {at}"));
            state.closed = false;
            state.before = match std::mem::replace(&mut state.top, Top::Unknown) {
                Top::Known(top) => Some(top),
                Top::Unknown | Top::Mixed => None,
            };
            state.records = Records::default();
            return Next::Member;
        }
        let mut junk = 0_u64;
        loop {
            let piece = peek.piece();
            let n = piece.len();
            if n == 0 {
                break;
            }
            let zeros = if junk > 0 { 0 } else { piece.iter().take_while(|b| **b == 0).count() };
            junk += (n - zeros) as u64;
            peek.used(n);
        }
        if junk > 0 {
            let text =
                format!("{junk} bytes that are no archive follow its end at byte {at} and were passed over");
            self.note(NoteKind::Remark, None, text);
        }
        self.tar_ran_out(peek, state, false);
        Next::End
    }

    /// Looks for the next header of this archive after a wrong one.
    fn tar_search(&mut self, peek: &mut PeekReader<'_>, state: &mut TarState) -> Next {
        let from = peek.pos();
        state.records = Records::default();
        let watch = match &state.top {
            Top::Known(top) => Watch::Below(top),
            Top::Unknown | Top::Mixed => Watch::Any,
        };
        let mut span = Span::new(peek, u64::MAX, watch);
        loop {
            let n = span.piece().len();
            if n == 0 {
                break;
            }
            span.used(n);
        }
        let fate = span.fate();
        let lost = peek.pos() - from;
        if fate == StreamEnd::Swallowed {
            let text = format!("{lost} bytes were passed over to the next member at byte {}", peek.pos());
            self.note(NoteKind::Damaged, None, text);
            return Next::Member;
        }
        let text = format!("no further member was found in the {lost} bytes to the end");
        self.note(NoteKind::Damaged, None, text);
        match peek.fate() {
            StreamEnd::Whole => {}
            fate => self.ended(&fate, None, peek.pos(), "while looking for the next member"),
        }
        Next::End
    }

    fn tar_entry(
        &mut self,
        peek: &mut PeekReader<'_>,
        state: &mut TarState,
        head: &Header,
        (name, depth): (&[u8], u32),
    ) -> Next {
        let kind = head.entry_type();
        if is_record(kind) {
            return self.tar_record(peek, state, head);
        }
        let records = std::mem::take(&mut state.records);
        let raw = records.path.unwrap_or_else(|| head.path_bytes().into_owned());
        let path = normalise(&raw);
        // Two bundles in one stream are two; parts of one that were packed apart stay together.
        if let Some(before) = state.before.take()
            && super::name::top(&raw).is_some_and(|top| top != before)
        {
            self.sink.bundle_ends();
            self.sink.bundle_begins(name);
        }
        match kind {
            EntryType::Symlink | EntryType::Link => state.links += 1,
            EntryType::Char | EntryType::Block | EntryType::Fifo => state.devices += 1,
            EntryType::Directory => state.folders += 1,
            _ if raw.ends_with(b"/") && head.entry_size().is_ok_and(|s| s == 0) => state.folders += 1,
            _ => return self.tar_file(peek, state, head, (path, records.size, records.modified), depth),
        }
        // Links, devices and folders have no data whatever their size field says.
        state.top.saw(&raw);
        state.last = Some(path);
        Next::Member
    }

    fn tar_file(
        &mut self,
        peek: &mut PeekReader<'_>,
        state: &mut TarState,
        head: &Header,
        (path, size, modified): (Vec<u8>, Option<u64>, Option<i64>),
        depth: u32,
    ) -> Next {
        let Some(size) = size.or_else(|| head.entry_size().ok()) else {
            let text = format!("its header at byte {} states no readable size", peek.pos());
            self.note(NoteKind::Damaged, Some(&path), text);
            return self.tar_search(peek, state);
        };
        let kind = head.entry_type();
        if kind.is_gnu_sparse() {
            state.sparse += 1;
            let mut more = head.as_gnu().is_some_and(|g| g.is_extended());
            while more {
                let map = peek.read_vec(TAR_BLOCK_BYTES);
                more = map.get(504).is_some_and(|b| *b == 1);
            }
        }
        // Volume labels, parts of other volumes and folder listings of incremental backups.
        let file = !matches!(kind.as_byte(), b'V' | b'M' | b'D' | b'N');
        if file {
            state.top.saw(&path);
        }
        let told = self.endings;
        let mut span = Span::new(peek, size, state.watch());
        let fate = if file {
            let member = Member {
                path: &path,
                size,
                modified: modified.or_else(|| head.mtime().ok().and_then(|t| i64::try_from(t).ok())),
                alone: false,
            };
            self.member(&member, &mut span, depth)
        } else {
            self.drop_rest(&mut span)
        };
        let read = span.read();
        if self.halted {
            return Next::End;
        }
        let next = match &fate {
            StreamEnd::Whole => self.tar_padding(peek, size, &path),
            StreamEnd::Swallowed => {
                let text = format!(
                    "its header states {size} bytes, but the next member begins after {read}: it changed while it \
                     was collected"
                );
                self.note(NoteKind::Damaged, Some(&path), text);
                Next::Member
            }
            fate => {
                // A nested container told already.
                if self.endings == told {
                    let what = format!("{} ({read} of {size} bytes)", inside(&path));
                    self.ended(fate, Some(&path), peek.pos(), &what);
                }
                Next::End
            }
        };
        state.last = Some(path);
        next
    }

    fn tar_padding(&mut self, peek: &mut PeekReader<'_>, size: u64, path: &[u8]) -> Next {
        let block = TAR_BLOCK_BYTES as u64;
        let padding = (block - size % block) % block;
        if peek.skip(padding) == padding {
            return Next::Member;
        }
        let fate = match peek.fate() {
            StreamEnd::Whole => StreamEnd::Cut,
            other => other,
        };
        self.ended(&fate, Some(path), peek.pos(), "after its last byte");
        Next::End
    }

    /// Reads a record that describes the next member.
    fn tar_record(&mut self, peek: &mut PeekReader<'_>, state: &mut TarState, head: &Header) -> Next {
        let at = peek.pos();
        let kind = head.entry_type();
        let Ok(size) = head.entry_size() else {
            let text = format!("the header record at byte {at} states no readable size");
            self.note(NoteKind::Damaged, None, text);
            return self.tar_search(peek, state);
        };
        let budget = self.ledger.limits.header_record;
        state.records.any = true;
        state.records.bytes = state.records.bytes.saturating_add(size);
        let wanted = !kind.is_gnu_longlink() && !kind.is_pax_global_extensions();
        let keep = wanted && state.records.bytes <= budget;
        if !keep && wanted {
            let text = format!(
                "a header record of {size} bytes at byte {at} was left out: {budget} bytes before one member are \
                 read; that member's name may be cut short"
            );
            self.note(NoteKind::OverBudget, None, text);
        }
        let mut data = Vec::new();
        let mut span = Span::new(peek, size, state.watch());
        loop {
            let piece = span.piece();
            let n = piece.len();
            if n == 0 {
                break;
            }
            if keep {
                data.extend_from_slice(piece);
            }
            span.used(n);
        }
        match span.fate() {
            StreamEnd::Whole => {}
            StreamEnd::Swallowed => {
                let text =
                    format!("the header record at byte {at} states {size} bytes, but the next member begins");
                self.note(NoteKind::Damaged, None, text);
                return Next::Member;
            }
            fate => {
                let what = format!("in a header record, {}", state.after());
                self.ended(&fate, state.last.as_deref(), peek.pos(), &what);
                return Next::End;
            }
        }
        if keep && kind.is_gnu_longname() {
            state.records.long_name(&data);
        } else if keep && !state.records.pax(&data) {
            let text = format!("the pax record at byte {at} is malformed; what could be read of it is used");
            self.note(NoteKind::Damaged, None, text);
        }
        let last = state.last.clone().unwrap_or_default();
        self.tar_padding(peek, size, &last)
    }
}

/// Whether a header describes the next member and is not one itself.
fn is_record(kind: EntryType) -> bool {
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
}

#[cfg(test)]
#[path = "tar_tests.rs"]
mod tests;
