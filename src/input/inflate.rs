//! Deflate as a stream: gzip with any number of members, and the raw form inside zip.

use std::cell::{Cell, RefCell};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::peek_reader::{ByteSource, MemberBody};
use super::stream_end::{Counters, StreamEnd};

/// What a raw deflate stream was, for the zip walker to hold against what the zip states.
#[derive(Default)]
pub(super) struct Tally {
    /// Compressed bytes used up.
    pub(super) taken: Cell<u64>,
    /// Uncompressed bytes given out.
    pub(super) given: Cell<u64>,
    /// Checksum of the bytes given out.
    pub(super) crc: RefCell<Crc>,
    /// Whether the stream came to its own end.
    pub(super) ended: Cell<bool>,
}

/// Inflates a [`MemberBody`].
pub(super) struct Inflate<'a> {
    input: Box<dyn MemberBody + 'a>,
    ledger: &'a Counters<'a>,
    inflater: Decompress,
    /// `None` for gzip.
    tally: Option<&'a Tally>,
    given: u64,
    raw_before: u64,
    fate: Option<StreamEnd>,
}

/// 32 KiB of window, and a gzip header and trailer checked by the decompressor itself.
const GZIP_WINDOW_BITS: u8 = 15;

impl<'a> Inflate<'a> {
    /// Gzip: one member or several in a row; what follows the last is counted and remarked on.
    pub(super) fn gzip(input: Box<dyn MemberBody + 'a>, ledger: &'a Counters<'a>) -> Self {
        Self::with(input, ledger, Decompress::new_gzip(GZIP_WINDOW_BITS), None)
    }

    /// A raw deflate stream; what follows is left in `input`.
    pub(super) fn raw(input: Box<dyn MemberBody + 'a>, ledger: &'a Counters<'a>, tally: &'a Tally) -> Self {
        Self::with(input, ledger, Decompress::new(false), Some(tally))
    }

    fn with(
        input: Box<dyn MemberBody + 'a>,
        ledger: &'a Counters<'a>,
        inflater: Decompress,
        tally: Option<&'a Tally>,
    ) -> Self {
        Inflate { input, ledger, inflater, tally, given: 0, raw_before: ledger.raw.get(), fate: None }
    }

    /// One call of the decompressor. Returns bytes given out; sets the fate at the end.
    fn step(&mut self, into: &mut [u8]) -> usize {
        let piece = self.input.piece();
        let dry = piece.is_empty();
        let (in_before, out_before) = (self.inflater.total_in(), self.inflater.total_out());
        let result = self.inflater.decompress(piece, into, FlushDecompress::None);
        let taken = (self.inflater.total_in() - in_before) as usize;
        let given = (self.inflater.total_out() - out_before) as usize;
        self.input.used(taken);
        if let Some(tally) = self.tally {
            tally.taken.set(tally.taken.get() + taken as u64);
        }
        match result {
            Ok(Status::StreamEnd) => self.member_ended(),
            Ok(Status::Ok | Status::BufError) if given == 0 && dry => {
                self.fate = Some(match self.input.fate() {
                    StreamEnd::Whole => StreamEnd::Cut,
                    other => other,
                });
            }
            Ok(Status::Ok | Status::BufError) if given == 0 && taken == 0 => {
                self.fate = Some(StreamEnd::Corrupt("they are not what a compressor writes".into()));
            }
            Ok(Status::Ok | Status::BufError) => {}
            // What the decompressor says of it depends on how much it was given at once: it is not passed on.
            Err(_) => self.fate = Some(StreamEnd::Corrupt("they are not what a compressor writes".into())),
        }
        given
    }

    fn member_ended(&mut self) {
        if let Some(tally) = self.tally {
            tally.ended.set(true);
            self.fate = Some(StreamEnd::Whole);
            return;
        }
        if self.input.ahead(2).starts_with(b"\x1f\x8b") {
            self.inflater = Decompress::new_gzip(GZIP_WINDOW_BITS);
            return;
        }
        self.fate = Some(StreamEnd::Whole);
        let (mut bytes, mut zeros) = (0_u64, true);
        loop {
            let piece = self.input.piece();
            let n = piece.len();
            if n == 0 {
                break;
            }
            zeros = zeros && piece.iter().all(|b| *b == 0);
            bytes += n as u64;
            self.input.used(n);
        }
        if bytes > 0 {
            let what = if zeros { "zero bytes" } else { "bytes of something else" };
            self.ledger
                .remark(format!("{bytes} {what} follow the end of the gzip data and were passed over"));
        }
    }
}

impl ByteSource for Inflate<'_> {
    /// Fills all of `into` unless the stream ends, so that offsets keep their alignment.
    fn pull(&mut self, into: &mut [u8]) -> usize {
        if self.fate.is_none() {
            self.fate = self.ledger.over(self.given, self.raw_before, self.ledger.limits.ratio_grace);
        }
        let mut filled = 0;
        while self.fate.is_none() {
            match into.get_mut(filled..) {
                Some(room) if !room.is_empty() => filled += self.step(room),
                _ => break,
            }
        }
        self.given += filled as u64;
        self.ledger.inflated.set(self.ledger.inflated.get() + filled as u64);
        if let Some(tally) = self.tally {
            tally.given.set(self.given);
            if let Some(bytes) = into.get(..filled) {
                tally.crc.borrow_mut().update(bytes);
            }
        }
        filled
    }

    fn fate(&self) -> StreamEnd {
        self.fate.clone().unwrap_or(StreamEnd::Whole)
    }
}
