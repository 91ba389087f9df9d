//! Compressions other than gzip in which bundles, logs and members come: bzip2, xz, zstd and lz4, as streams.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

use lz4_flex::frame::FrameDecoder as Lz4;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::peek_reader::{ByteSource, MemberBody};
use super::stream_end::{Counters, StreamEnd};

/// A compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Bzip2,
    Xz,
    Zstd,
    Lz4,
}

/// What is known of each: how a stream begins, the ending of file names, what people call it, and how to unpack it.
const PACKINGS: [(Packing, &[u8], &str, &str, &str); 4] = [
    (Packing::Bzip2, b"BZh", ".bz2", "bzip2", "bunzip2"),
    (Packing::Xz, b"\xfd7zXZ\0", ".xz", "xz", "xz -d"),
    (Packing::Zstd, b"\x28\xb5\x2f\xfd", ".zst", "zstd", "zstd -d --long=31"),
    (Packing::Lz4, b"\x04\x22\x4d\x18", ".lz4", "lz4", "lz4 -d"),
];

/// Bytes that a decoder takes besides its window: the tables of xz.
const XZ_TABLES_KIB: u64 = 1 << 10;

/// Bytes that a decoder is asked for at once: what it has when it meets damage is lost.
const STEP_BYTES: usize = 4 << 10;

/// Bytes given out above the ratio: what packs so well is no log, and these decoders are slower than gzip's.
const RATIO_GRACE: u64 = 512 << 20;

impl Packing {
    /// The compression of a stream, by its first bytes.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        PACKINGS.iter().find(|(_, magic, ..)| head.starts_with(magic)).map(|(own, ..)| *own)
    }

    /// What people call it, and the command that unpacks it.
    fn words(self) -> (&'static str, &'static str) {
        let known = PACKINGS.iter().find(|(own, ..)| *own == self);
        known.map_or(("", ""), |(_, _, _, name, command)| (name, command))
    }
}

/// A file name without the ending of such a compression; `None` if it has none.
#[must_use]
pub fn unpacked_name(name: &[u8]) -> Option<&[u8]> {
    PACKINGS.iter().find_map(|(_, _, ending, ..)| {
        let cut = name.len().checked_sub(ending.len())?;
        let (stem, end) = name.split_at_checked(cut)?;
        (end.eq_ignore_ascii_case(ending.as_bytes()) && !stem.is_empty()).then_some(stem)
    })
}

type SharedBody<'a> = Rc<RefCell<Box<dyn MemberBody + 'a>>>;

/// A body as the decoders want it.
struct Body<'a>(SharedBody<'a>);

impl Read for Body<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut body = self.0.borrow_mut();
        let piece = body.piece();
        let n = piece.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..n), piece.get(..n)) {
            to.copy_from_slice(from);
        }
        body.used(n);
        Ok(n)
    }
}

/// The decoder of one stream.
enum Decoder<'a> {
    /// Which reads all streams that follow each other.
    Whole(Box<dyn Read + 'a>),
    /// Between two frames.
    Zstd(Option<Box<StreamingDecoder<Body<'a>, FrameDecoder>>>),
    Lz4(Box<Lz4<Body<'a>>>),
}

/// Decompresses a [`MemberBody`].
pub(super) struct Unpack<'a> {
    packing: Packing,
    input: SharedBody<'a>,
    decoder: Decoder<'a>,
    ledger: &'a Counters<'a>,
    given: u64,
    raw_before: u64,
    fate: Option<StreamEnd>,
}

impl<'a> Unpack<'a> {
    pub(super) fn new(packing: Packing, input: Box<dyn MemberBody + 'a>, ledger: &'a Counters<'a>) -> Self {
        let input: SharedBody<'a> = Rc::new(RefCell::new(input));
        let body = Body(Rc::clone(&input));
        let decoder = match packing {
            Packing::Bzip2 => Decoder::Whole(Box::new(bzip2::read::MultiBzDecoder::new(body))),
            Packing::Xz => {
                let most = u32::try_from(ledger.limits.window / 1024 + XZ_TABLES_KIB).unwrap_or(u32::MAX);
                Decoder::Whole(Box::new(lzma_rust2::XzReader::new_mem_limit(body, true, most)))
            }
            Packing::Zstd => Decoder::Zstd(None),
            Packing::Lz4 => Decoder::Lz4(Box::new(Lz4::new(body))),
        };
        Self { packing, input, decoder, ledger, given: 0, raw_before: ledger.raw.get(), fate: None }
    }

    /// One call of the decoder; sets the fate at the end.
    fn step(&mut self, into: &mut [u8]) -> usize {
        let most = into.len().min(STEP_BYTES);
        let into = into.get_mut(..most).unwrap_or_default();
        let read = match &mut self.decoder {
            Decoder::Whole(decoder) => decoder.read(into),
            Decoder::Lz4(decoder) => match decoder.read(into) {
                Ok(0) if is_next(&self.input, &[b"\x04\x22\x4d\x18"]) => return 0,
                read => read,
            },
            Decoder::Zstd(frame) => match frame {
                Some(decoder) => match decoder.read(into) {
                    Ok(0) => {
                        *frame = None;
                        return 0;
                    }
                    read => read,
                },
                None => match next_frame(&self.input, self.ledger.limits.window) {
                    Ok(None) => Ok(0),
                    Ok(Some(decoder)) => {
                        *frame = Some(decoder);
                        return 0;
                    }
                    Err(error) => Err(error),
                },
            },
        };
        match read {
            Ok(n) if n > 0 => n,
            Ok(_) => {
                self.fate = Some(self.ended());
                0
            }
            Err(error) => {
                self.fate = Some(self.broke(&error));
                0
            }
        }
    }

    /// The stream came to its own end.
    fn ended(&self) -> StreamEnd {
        let mut input = self.input.borrow_mut();
        let more = !input.piece().is_empty();
        let fate = input.fate();
        drop(input);
        if more {
            let (name, _) = self.packing.words();
            self.ledger.remark(format!("bytes follow the end of the {name} data and were passed over"));
            return StreamEnd::Whole;
        }
        fate
    }

    /// The decoder refuses to go on. What it says of it is not passed on: it depends on how the bytes came.
    fn broke(&self, error: &io::Error) -> StreamEnd {
        let (name, command) = self.packing.words();
        if error.kind() == io::ErrorKind::OutOfMemory {
            return StreamEnd::Unread(format!(
                "{name} data that need a window of more than {} MiB; unpack it with {command} and give the result",
                self.ledger.limits.window >> 20
            ));
        }
        let mut input = self.input.borrow_mut();
        let dry = input.piece().is_empty();
        match input.fate() {
            StreamEnd::Whole if dry => StreamEnd::Cut,
            StreamEnd::Whole => StreamEnd::Corrupt("they are not what a compressor writes".into()),
            fate => fate,
        }
    }
}

/// Whether one of these follows in the input.
fn is_next(input: &SharedBody<'_>, magics: &[&[u8]]) -> bool {
    let mut input = input.borrow_mut();
    let head = input.ahead(4);
    magics.iter().any(|magic| head.starts_with(magic))
}

/// The decoder of the next frame of a zstd stream; `None` at its end. Frames that are to be skipped are.
fn next_frame<'a>(
    input: &SharedBody<'a>,
    window: u64,
) -> io::Result<Option<Box<StreamingDecoder<Body<'a>, FrameDecoder>>>> {
    loop {
        let head: Vec<u8> = input.borrow_mut().ahead(8).iter().take(8).copied().collect();
        match head.as_slice() {
            [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                use ruzstd::decoding::errors::FrameDecoderError::WindowSizeTooBig;
                let body = Body(Rc::clone(input));
                return match StreamingDecoder::new_with_max_window_size(body, window) {
                    Ok(decoder) => Ok(Some(Box::new(decoder))),
                    Err(WindowSizeTooBig { .. }) => Err(io::ErrorKind::OutOfMemory.into()),
                    Err(_) => Err(io::ErrorKind::InvalidData.into()),
                };
            }
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d] => {
                let mut left = u64::from(u32::from_le_bytes([*a, *b, *c, *d])) + 8;
                let mut input = input.borrow_mut();
                while left > 0 {
                    let n = u64::try_from(input.piece().len()).unwrap_or(u64::MAX).min(left);
                    if n == 0 {
                        return Ok(None);
                    }
                    input.used(usize::try_from(n).unwrap_or(usize::MAX));
                    left -= n;
                }
            }
            _ => return Ok(None),
        }
    }
}

impl ByteSource for Unpack<'_> {
    /// Fills all of `into` unless the stream ends, so that offsets keep their alignment.
    fn pull(&mut self, into: &mut [u8]) -> usize {
        if self.fate.is_none() {
            let grace = self.ledger.limits.ratio_grace.min(RATIO_GRACE);
            self.fate = self.ledger.over(self.given, self.raw_before, grace);
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
        filled
    }

    fn fate(&self) -> StreamEnd {
        self.fate.clone().unwrap_or(StreamEnd::Whole)
    }
}
