//! Cuts the stream of a log at line ends into chunks, so that chunks can be scanned apart.
//!
//! A chunk is a buffer whose body ends at a line end, best in front of a line that begins a record; what stands
//! after the body is the beginning of the next chunk, so that a text of several lines can be seen whole. Where the
//! cuts fall depends on the bytes alone and never on the sizes in which they came.

use super::pool::CHUNK_BYTES;
use super::scanner::MAX_LINE_BYTES;

/// Bytes after the body that a chunk can show to rules of several lines.
const LOOK_AHEAD_BYTES: usize = 8 * 1024;

/// How far back a cut looks for a line that begins a record.
const RECORD_SEARCH_BYTES: usize = 64 * 1024;

/// A chunk of a log, ready to be scanned.
#[derive(Debug)]
pub struct Chunk {
    /// The bytes; only `data[..len]` count.
    pub data: Vec<u8>,
    /// Bytes that count.
    pub len: usize,
    /// Bytes of the body.
    pub body: usize,
}

/// Collects the bytes of one log and cuts them.
#[derive(Debug)]
pub struct Chunker {
    buffer: Vec<u8>,
    filled: usize,
    /// Inside a line that passed the limit: everything up to its end is dropped.
    dropping: bool,
    /// Lines that were cut.
    pub long_lines: u64,
}

impl Chunker {
    /// Begins a log in an empty buffer of [`CHUNK_BYTES`] bytes.
    #[must_use]
    pub fn new(buffer: Vec<u8>) -> Self {
        Self { buffer, filled: 0, dropping: false, long_lines: 0 }
    }

    /// Where the next bytes go; never empty.
    pub fn space(&mut self) -> &mut [u8] {
        let filled = self.filled.min(self.buffer.len());
        self.buffer.get_mut(filled..).unwrap_or_default()
    }

    /// The first `n` bytes of the space are filled. Returns whether the buffer is full and must be cut.
    pub fn filled(&mut self, n: usize) -> bool {
        self.filled = (self.filled + n).min(self.buffer.len());
        if self.dropping {
            self.drop_line();
        }
        self.filled >= self.buffer.len()
    }

    /// What has been read so far and not cut off.
    #[must_use]
    pub fn seen(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    /// Cuts a full buffer: the chunk goes away with it, the rest is put into `fresh`. If `fresh` is smaller than a
    /// buffer, [`Chunker::settle`] must be called before more bytes come.
    #[must_use]
    pub fn cut(&mut self, mut fresh: Vec<u8>) -> Chunk {
        let text = self.buffer.get(..self.filled).unwrap_or_default();
        let limit = text.len().saturating_sub(LOOK_AHEAD_BYTES);
        let body = cut_point(text, limit);
        let body = match body {
            0 => {
                // One line fills the buffer: it is cut here, and its rest dropped as it comes.
                self.long_lines += 1;
                self.dropping = true;
                text.len()
            }
            body => body,
        };
        let rest = text.get(body..).unwrap_or_default();
        if fresh.len() < rest.len() {
            fresh.resize(rest.len(), 0);
        }
        if let Some(room) = fresh.get_mut(..rest.len()) {
            room.copy_from_slice(rest);
        }
        let kept = rest.len();
        let len = self.filled;
        let data = std::mem::replace(&mut self.buffer, fresh);
        self.filled = kept;
        Chunk { data, len, body }
    }

    /// Moves what a cut left over into a buffer of full size. The left-over waits in a small one so that a reader can
    /// give its chunk away before it waits for the next buffer.
    pub fn settle(&mut self, mut buffer: Vec<u8>) {
        buffer.resize(CHUNK_BYTES, 0);
        if let (Some(room), Some(kept)) = (buffer.get_mut(..self.filled), self.buffer.get(..self.filled)) {
            room.copy_from_slice(kept);
        }
        self.buffer = buffer;
    }

    /// The log is at its end: the last chunk, and the buffer goes with it.
    #[must_use]
    pub fn finish(self) -> Chunk {
        Chunk { len: self.filled, body: self.filled, data: self.buffer }
    }

    fn drop_line(&mut self) {
        let text = self.buffer.get(..self.filled).unwrap_or_default();
        match memchr::memchr(b'\n', text) {
            Some(end) => {
                self.buffer.copy_within(end + 1..self.filled, 0);
                self.filled -= end + 1;
                self.dropping = false;
            }
            None => self.filled = 0,
        }
    }
}

/// The best place to cut at or before `limit`: behind a line end, if possible in front of a line that begins a
/// record. 0 if there is no line end.
fn cut_point(text: &[u8], limit: usize) -> usize {
    let last = match memchr::memrchr(b'\n', text.get(..limit).unwrap_or(text)) {
        Some(at) => at + 1,
        // The look-ahead may hold the only line end of a very long line.
        None => return memchr::memchr(b'\n', text).map_or(0, |at| at + 1),
    };
    let mut at = last;
    while at > last.saturating_sub(RECORD_SEARCH_BYTES) {
        if text.get(at).is_some_and(|first| first.is_ascii_digit() || *first == b'[') {
            return at;
        }
        match memchr::memrchr(b'\n', text.get(..at.saturating_sub(1)).unwrap_or_default()) {
            Some(newline) => at = newline + 1,
            None => break,
        }
    }
    last
}

const _: () = assert!(MAX_LINE_BYTES <= CHUNK_BYTES);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    fn chunks(text: &[u8], steps: &[usize]) -> Vec<Vec<u8>> {
        let mut chunker = Chunker::new(vec![0; CHUNK_BYTES]);
        let mut out = Vec::new();
        let mut rest = text;
        let mut steps = steps.iter().copied().cycle();
        while !rest.is_empty() {
            let step = steps.next().unwrap_or(1).max(1);
            let space = chunker.space();
            let n = step.min(space.len()).min(rest.len());
            space[..n].copy_from_slice(&rest[..n]);
            rest = &rest[n..];
            if chunker.filled(n) {
                let chunk = chunker.cut(vec![0; CHUNK_BYTES]);
                out.push(chunk.data[..chunk.body].to_vec());
            }
        }
        let chunk = chunker.finish();
        out.push(chunk.data[..chunk.body].to_vec());
        out
    }

    fn log(lines: usize, seed: usize) -> Vec<u8> {
        (0..lines)
            .flat_map(|n| {
                let width = (n * 7919 + seed) % 300;
                let head = if n % 5 == 0 { "-->" } else { "2025-01-01T00:00:00.000Z" };
                format!("{head} {n} {}\n", "x".repeat(width)).into_bytes()
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn the_way_bytes_come_changes_no_cut(seed in 0_usize..1000, steps in proptest::collection::vec(1_usize..300_000, 1..6)) {
            let text = log(25_000, seed);
            let whole = chunks(&text, &[CHUNK_BYTES]);
            prop_assert_eq!(&whole.concat(), &text);
            prop_assert!(whole.iter().all(|chunk| chunk.is_empty() || chunk.ends_with(b"\n")));
            prop_assert_eq!(chunks(&text, &steps), whole);
        }
    }

    #[test]
    fn a_line_beyond_the_limit_is_cut_and_counted() {
        let mut text = b"first\n".to_vec();
        text.extend(std::iter::repeat_n(b'y', 3 * CHUNK_BYTES));
        text.extend_from_slice(b"\n2025 last\n");
        let got = chunks(&text, &[100_000]);
        assert_eq!(got[0], b"first\n");
        assert_eq!(got.last().unwrap(), b"2025 last\n");
        assert!(got.iter().all(|chunk| chunk.len() <= CHUNK_BYTES));
    }
}
