//! A stream with a buffer that can be looked into before it is used up.
//!
//! Every layer (file, gzip, member of an archive) is a [`ByteSource`]; a [`PeekReader`] over it adds the one buffer of that
//! layer. Looking ahead instead of pushing back keeps offsets exact and lets a walker change its mind about where a
//! member ends.

use std::io::{ErrorKind, Read};

use super::stream_end::{Counters, StreamEnd};

/// Capacity of a peek of compressed bytes.
pub(super) const COMPRESSED_BUFFER_BYTES: usize = 256 << 10;
/// Capacity of a peek of uncompressed bytes: small enough to stay in the second-level cache, large enough to make the
/// start of a decompressor's call cheap.
pub(super) const PLAIN_BUFFER_BYTES: usize = 256 << 10;
/// The look-ahead every peek can give: bounds the header records considered when a member's end is searched.
pub(super) const LOOK_AHEAD_BYTES: usize = 32 << 10;

/// An unbuffered stream of bytes.
pub(super) trait ByteSource {
    /// Fills the front of `into`, as far as it can without waiting twice; 0 means the end, reported by [`ByteSource::fate`].
    fn pull(&mut self, into: &mut [u8]) -> usize;
    /// Takes a buffer that is used up and gives a filled one for it, where the stream has such: how much of it is
    /// filled, 0 at the end.
    fn exchange(&mut self, _buffer: &mut Vec<u8>) -> Option<usize> {
        None
    }
    /// Why the stream ended; asked only after the end.
    fn fate(&self) -> StreamEnd;
}

/// A buffered stream of bytes.
pub(super) trait MemberBody {
    /// The next bytes; empty only at the end.
    fn piece(&mut self) -> &[u8];
    /// The next bytes, at least `n` of them if the stream can look ahead and does not end before.
    fn ahead(&mut self, _n: usize) -> &[u8] {
        self.piece()
    }
    /// The first `n` bytes of the last piece are used up.
    fn used(&mut self, n: usize);
    /// Why the stream ended; asked only after the end.
    fn fate(&self) -> StreamEnd;
}

impl<B: MemberBody + ?Sized> MemberBody for &mut B {
    fn piece(&mut self) -> &[u8] {
        (**self).piece()
    }
    fn ahead(&mut self, n: usize) -> &[u8] {
        (**self).ahead(n)
    }
    fn used(&mut self, n: usize) {
        (**self).used(n);
    }
    fn fate(&self) -> StreamEnd {
        (**self).fate()
    }
}

/// A member as the stream below a nested container.
impl<B: MemberBody + ?Sized> ByteSource for &mut B {
    fn pull(&mut self, into: &mut [u8]) -> usize {
        let piece = self.piece();
        let n = piece.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..n), piece.get(..n)) {
            to.copy_from_slice(from);
        }
        self.used(n);
        n
    }
    fn fate(&self) -> StreamEnd {
        (**self).fate()
    }
}

/// A [`ByteSource`] with a buffer.
pub(super) struct PeekReader<'a> {
    src: Box<dyn ByteSource + 'a>,
    ledger: &'a Counters<'a>,
    /// Whether bytes used up here are bytes of the outermost input.
    outermost: bool,
    buf: Vec<u8>,
    start: usize,
    end: usize,
    /// Offset in the stream of `buf[start]`.
    pos: u64,
    ended: bool,
    stopped: bool,
}

impl<'a> PeekReader<'a> {
    pub(super) fn new(src: Box<dyn ByteSource + 'a>, capacity: usize, ledger: &'a Counters<'a>) -> Self {
        PeekReader {
            src,
            ledger,
            outermost: false,
            buf: vec![0; capacity.max(2 * LOOK_AHEAD_BYTES)],
            start: 0,
            end: 0,
            pos: 0,
            ended: false,
            stopped: false,
        }
    }

    /// The peek at the very bottom, whose bytes count as compressed input.
    pub(super) fn outermost(mut self) -> Self {
        self.outermost = true;
        self
    }

    /// Offset in the stream of the next byte.
    pub(super) fn pos(&self) -> u64 {
        self.pos
    }

    fn buffered(&self) -> &[u8] {
        self.buf.get(self.start..self.end).unwrap_or_default()
    }

    /// At least `n` bytes (at most [`LOOK_AHEAD_BYTES`]), or fewer if the stream ends before; never used up by looking.
    pub(super) fn window(&mut self, n: usize) -> &[u8] {
        let n = n.min(LOOK_AHEAD_BYTES);
        while self.end - self.start < n && !self.ended {
            self.fill();
        }
        self.buffered()
    }

    fn fill(&mut self) {
        if self.ledger.limits.stop.is_set() {
            self.ended = true;
            self.stopped = true;
            return;
        }
        if self.start == self.end
            && let Some(n) = self.src.exchange(&mut self.buf)
        {
            (self.start, self.end) = (0, n);
            self.ended = n == 0;
            return;
        }
        if self.start > 0 {
            self.buf.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let n = match self.buf.get_mut(self.end..) {
            Some(room) if !room.is_empty() => self.src.pull(room),
            _ => return,
        };
        self.ended = n == 0;
        self.end += n;
    }

    /// Uses up `n` bytes, or all there are; returns how many.
    pub(super) fn skip(&mut self, n: u64) -> u64 {
        let mut left = n;
        while left > 0 {
            let have = self.window(1).len();
            if have == 0 {
                break;
            }
            let step = usize::try_from(left).unwrap_or(usize::MAX).min(have);
            self.used(step);
            left -= step as u64;
        }
        n - left
    }

    /// The next `n` bytes, used up; fewer at the end of the stream. The caller bounds `n`.
    pub(super) fn read_vec(&mut self, n: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(n.min(COMPRESSED_BUFFER_BYTES));
        while out.len() < n {
            let want = n - out.len();
            let piece = self.window(1);
            if piece.is_empty() {
                break;
            }
            let part = piece.get(..want).unwrap_or(piece);
            out.extend_from_slice(part);
            let step = part.len();
            self.used(step);
        }
        out
    }
}

impl MemberBody for PeekReader<'_> {
    fn piece(&mut self) -> &[u8] {
        self.window(1)
    }

    fn ahead(&mut self, n: usize) -> &[u8] {
        self.window(n)
    }

    fn used(&mut self, n: usize) {
        let n = n.min(self.end - self.start);
        self.start += n;
        self.pos += n as u64;
        if self.outermost {
            self.ledger.raw.set(self.ledger.raw.get() + n as u64);
        }
    }

    fn fate(&self) -> StreamEnd {
        if self.stopped { StreamEnd::Stopped } else { self.src.fate() }
    }
}

/// A file, pipe or buffer of the operating system as a stream.
pub(super) struct ReadSource<'a, R> {
    from: R,
    ledger: &'a Counters<'a>,
    error: Option<String>,
}

impl<'a, R: Read> ReadSource<'a, R> {
    pub(super) fn new(from: R, ledger: &'a Counters<'a>) -> Self {
        ReadSource { from, ledger, error: None }
    }
}

impl<R: Read> ByteSource for ReadSource<'_, R> {
    fn pull(&mut self, into: &mut [u8]) -> usize {
        if self.error.is_some() {
            return 0;
        }
        loop {
            match self.from.read(into) {
                Ok(n) => {
                    self.ledger.meter.advance(n as u64);
                    return n;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => {
                    self.error = Some(e.to_string());
                    return 0;
                }
            }
        }
    }

    fn fate(&self) -> StreamEnd {
        match &self.error {
            Some(e) => StreamEnd::Io(e.clone()),
            None => StreamEnd::Whole,
        }
    }
}
