//! A stream with a buffer that can be looked into before it is used up.
//!
//! Every layer (file, gzip, member of an archive) is a [`Pull`]; a [`Tape`] over it adds the one buffer of that
//! layer. Looking ahead instead of pushing back keeps offsets exact and lets a walker change its mind about where a
//! member ends.

use std::io::{ErrorKind, Read};

use super::fate::{Fate, Ledger};

/// Capacity of a tape of compressed bytes.
pub(super) const COMPRESSED: usize = 256 << 10;
/// Capacity of a tape of uncompressed bytes: small enough to stay in the second-level cache, large enough to make the
/// start of a decompressor's call cheap.
pub(super) const PLAIN: usize = 256 << 10;
/// The look-ahead every tape can give: bounds the header records considered when a member's end is searched.
pub(super) const LOOK_AHEAD: usize = 32 << 10;

/// An unbuffered stream of bytes.
pub(super) trait Pull {
    /// Fills the front of `into`, as far as it can without waiting twice; 0 means the end, told by [`Pull::fate`].
    fn pull(&mut self, into: &mut [u8]) -> usize;
    /// Takes a buffer that is used up and gives a filled one for it, where the stream has such: how much of it is
    /// filled, 0 at the end.
    fn exchange(&mut self, _buffer: &mut Vec<u8>) -> Option<usize> {
        None
    }
    /// Why the stream ended; asked only after the end.
    fn fate(&self) -> Fate;
}

/// A buffered stream of bytes.
pub(super) trait Body {
    /// The next bytes; empty only at the end.
    fn piece(&mut self) -> &[u8];
    /// The next bytes, at least `n` of them if the stream can look ahead and does not end before.
    fn ahead(&mut self, _n: usize) -> &[u8] {
        self.piece()
    }
    /// The first `n` bytes of the last piece are used up.
    fn used(&mut self, n: usize);
    /// Why the stream ended; asked only after the end.
    fn fate(&self) -> Fate;
}

impl<B: Body + ?Sized> Body for &mut B {
    fn piece(&mut self) -> &[u8] {
        (**self).piece()
    }
    fn ahead(&mut self, n: usize) -> &[u8] {
        (**self).ahead(n)
    }
    fn used(&mut self, n: usize) {
        (**self).used(n);
    }
    fn fate(&self) -> Fate {
        (**self).fate()
    }
}

/// A member as the stream below a nested container.
impl<B: Body + ?Sized> Pull for &mut B {
    fn pull(&mut self, into: &mut [u8]) -> usize {
        let piece = self.piece();
        let n = piece.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..n), piece.get(..n)) {
            to.copy_from_slice(from);
        }
        self.used(n);
        n
    }
    fn fate(&self) -> Fate {
        (**self).fate()
    }
}

/// A [`Pull`] with a buffer.
pub(super) struct Tape<'a> {
    src: Box<dyn Pull + 'a>,
    ledger: &'a Ledger<'a>,
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

impl<'a> Tape<'a> {
    pub(super) fn new(src: Box<dyn Pull + 'a>, capacity: usize, ledger: &'a Ledger<'a>) -> Self {
        Tape {
            src,
            ledger,
            outermost: false,
            buf: vec![0; capacity.max(2 * LOOK_AHEAD)],
            start: 0,
            end: 0,
            pos: 0,
            ended: false,
            stopped: false,
        }
    }

    /// The tape at the very bottom, whose bytes count as compressed input.
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

    /// At least `n` bytes (at most [`LOOK_AHEAD`]), or fewer if the stream ends before; never used up by looking.
    pub(super) fn window(&mut self, n: usize) -> &[u8] {
        let n = n.min(LOOK_AHEAD);
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
        let mut out = Vec::with_capacity(n.min(COMPRESSED));
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

impl Body for Tape<'_> {
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

    fn fate(&self) -> Fate {
        if self.stopped { Fate::Stopped } else { self.src.fate() }
    }
}

/// A file, pipe or buffer of the operating system as a stream.
pub(super) struct ReadPull<'a, R> {
    from: R,
    ledger: &'a Ledger<'a>,
    error: Option<String>,
}

impl<'a, R: Read> ReadPull<'a, R> {
    pub(super) fn new(from: R, ledger: &'a Ledger<'a>) -> Self {
        ReadPull { from, ledger, error: None }
    }
}

impl<R: Read> Pull for ReadPull<'_, R> {
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

    fn fate(&self) -> Fate {
        match &self.error {
            Some(e) => Fate::Io(e.clone()),
            None => Fate::Whole,
        }
    }
}
