//! Rotated logs: gzip members inside the bundle, inflated by a worker when small and as they come when large.
//!
//! The decoder and its buffers are kept from one rotation to the next: its state takes 47 kB, and freeing it each time
//! left holes between the findings that cost 17 MiB of peak memory on a load of 8 GiB.

use super::chunk_result::ChunkResult;
use super::chunker::{Chunk, Chunker};
use super::pool::CHUNK_BYTES;
use super::scanner::Scanner;
use crate::input::NoteKind;
use flate2::bufread::GzDecoder;
use std::cell::RefCell;
use std::io::{self, Cursor, Read, Write};

thread_local! {
    /// The buffers of a worker, for the next rotation.
    static ROOM: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
    /// Its decoder. The state of a decompressor is large and aligned: made again for each rotation it leaves holes
    /// between the findings that nothing fits into.
    static DECODER: RefCell<Option<GzDecoder<Cursor<Vec<u8>>>>> = const { RefCell::new(None) };
}

/// The gzip members of a gathered rotation, one after the other, inflated with the decoder of the worker.
struct Rotation {
    decoder: GzDecoder<Cursor<Vec<u8>>>,
    /// A member ended, and nothing was read after it so far.
    between: bool,
}

impl Rotation {
    fn new(bytes: Vec<u8>) -> Self {
        let bytes = Cursor::new(bytes);
        match DECODER.take() {
            Some(mut decoder) => {
                decoder.reset(bytes);
                Self { decoder, between: false }
            }
            None => Self { decoder: GzDecoder::new(bytes), between: false },
        }
    }

    /// The bytes go, the decoder stays for the next.
    fn end(mut self) {
        self.decoder.reset(Cursor::default());
        DECODER.set(Some(self.decoder));
    }
}

impl Read for Rotation {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.decoder.read(room)?;
            self.between &= n == 0;
            let bytes = self.decoder.get_ref();
            if n > 0 || bytes.position() >= bytes.get_ref().len() as u64 {
                return Ok(n);
            }
            let rest = self.decoder.reset(Cursor::default());
            self.decoder.reset(rest);
            self.between = true;
        }
    }
}

fn room() -> Vec<u8> {
    let mut room = ROOM.with_borrow_mut(Vec::pop).unwrap_or_default();
    room.resize(CHUNK_BYTES, 0);
    room
}

/// A rotation may unpack to this many bytes whatever its size …
const UNCHECKED_OUTPUT_BYTES: u64 = 256 << 20;

/// … and beyond that to this many times its size. Real logs stay below 40 times.
const MAX_RATIO: u64 = 100;

/// What went wrong: the kind of the note and its sentence.
pub(super) type Damage = Option<(NoteKind, String)>;

/// Inflates and scans a gathered rotation. `each` gets every chunk: number, result, bytes, lines that were cut.
/// A file that is cut or corrupt gives what came before.
pub(super) fn scan(
    bytes: Vec<u8>,
    scanner: &Scanner<'_>,
    mut each: impl FnMut(u32, ChunkResult, u64, u64),
) -> Damage {
    let allowed = UNCHECKED_OUTPUT_BYTES.max(MAX_RATIO.saturating_mul(bytes.len() as u64));
    let mut rotation = Rotation::new(bytes);
    let mut chunker = Chunker::new(room());
    let mut number = 0;
    let mut total = 0_u64;
    let damage = loop {
        match rotation.read(chunker.space()) {
            Ok(0) => break None,
            Ok(n) => {
                total += n as u64;
                if chunker.filled(n) {
                    let chunk = chunker.cut(Vec::new());
                    chunker.settle(room());
                    let data = chunk.data.get(..chunk.len).unwrap_or_default();
                    each(number, scanner.scan(data, chunk.body), chunk.body as u64, 0);
                    number += 1;
                    ROOM.with_borrow_mut(|spare| spare.push(chunk.data));
                }
                if total > allowed {
                    break Some((
                        NoteKind::OverBudget,
                        format!(
                            "it unpacks to more than {} MiB, {MAX_RATIO} times its size; the rest was left out",
                            allowed >> 20
                        ),
                    ));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                // Padding after the last gzip member is no loss; a member that breaks off or has another checksum is.
                let complete = rotation.between && error.kind() == io::ErrorKind::InvalidInput;
                break (!complete).then(|| {
                    (
                        NoteKind::Damaged,
                        format!("its compressed data breaks off or is wrong after {total} bytes ({error})"),
                    )
                });
            }
        }
    };
    rotation.end();
    let long_lines = chunker.long_lines;
    let chunk = chunker.finish();
    let data = chunk.data.get(..chunk.len).unwrap_or_default();
    each(number, scanner.scan(data, chunk.body), chunk.body as u64, long_lines);
    ROOM.with_borrow_mut(|spare| spare.push(chunk.data));
    damage
}

/// Inflates a large rotation as its bytes come.
pub(super) struct Inline {
    decoder: Option<flate2::write::MultiGzDecoder<Out>>,
    failed: Option<String>,
    read: u64,
}

/// Where the inflated bytes go: a chunker with its finished chunks.
struct Out {
    chunker: Chunker,
    chunks: Vec<Chunk>,
    total: u64,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let space = self.chunker.space();
        let n = bytes.len().min(space.len());
        if let (Some(room), Some(from)) = (space.get_mut(..n), bytes.get(..n)) {
            room.copy_from_slice(from);
        }
        self.total += n as u64;
        if self.chunker.filled(n) {
            let chunk = self.chunker.cut(Vec::new());
            self.chunks.push(chunk);
            self.chunker.settle(Vec::new());
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Inline {
    pub(super) fn new() -> Self {
        let out = Out { chunker: Chunker::new(vec![0; CHUNK_BYTES]), chunks: Vec::new(), total: 0 };
        Self { decoder: Some(flate2::write::MultiGzDecoder::new(out)), failed: None, read: 0 }
    }

    /// Takes compressed bytes in small steps, so that a bomb is seen early; gives the chunks they filled.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        if self.failed.is_some() {
            return chunks;
        }
        let Some(decoder) = &mut self.decoder else { return chunks };
        for step in bytes.chunks(4096) {
            self.read += step.len() as u64;
            if let Err(error) = decoder.write_all(step) {
                self.failed = Some(format!(
                    "its compressed data is wrong after {} bytes ({error})",
                    decoder.get_ref().total
                ));
                break;
            }
            let out = decoder.get_mut();
            if out.total > UNCHECKED_OUTPUT_BYTES.max(MAX_RATIO.saturating_mul(self.read)) {
                self.failed = Some(format!(
                    "it unpacks to more than {MAX_RATIO} times its size; the rest was left out"
                ));
                break;
            }
        }
        chunks.append(&mut decoder.get_mut().chunks);
        chunks
    }

    /// The end of the member: the last chunk, and what went wrong.
    pub(super) fn finish(mut self, complete: bool) -> (Chunk, Damage, u64) {
        let empty = || Chunk { data: Vec::new(), len: 0, body: 0 };
        let Some(mut decoder) = self.decoder.take() else { return (empty(), None, 0) };
        let ended = decoder.try_finish();
        let total = decoder.get_ref().total;
        let out = decoder.get_mut();
        let chunker = std::mem::replace(&mut out.chunker, Chunker::new(Vec::new()));
        let damage = match (self.failed.take(), ended) {
            (Some(text), _) => Some((NoteKind::Damaged, text)),
            (None, Err(error)) if complete => Some((
                NoteKind::Damaged,
                format!("its compressed data breaks off after {total} bytes ({error})"),
            )),
            _ => None,
        };
        let long_lines = chunker.long_lines;
        (chunker.finish(), damage, long_lines)
    }
}
