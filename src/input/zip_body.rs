//! Streams of zip members that need more than a length: checked ones, and stored ones of unknown length.

use flate2::Crc;

use super::peek_reader::{LOOK_AHEAD_BYTES, MemberBody, PeekReader};
use super::stream_end::StreamEnd;
use super::zip_head::{DESCRIPTOR, DESCRIPTOR_MAGIC, descriptor};

/// A body whose used bytes are summed up.
pub(super) struct Summed<B> {
    pub(super) body: B,
    pub(super) crc: Crc,
}

impl<B: MemberBody> Summed<B> {
    pub(super) fn new(body: B) -> Self {
        Summed { body, crc: Crc::new() }
    }
}

impl<B: MemberBody> MemberBody for Summed<B> {
    fn piece(&mut self) -> &[u8] {
        self.body.piece()
    }
    fn used(&mut self, n: usize) {
        if let Some(bytes) = self.body.piece().get(..n) {
            self.crc.update(bytes);
        }
        self.body.used(n);
    }
    fn fate(&self) -> StreamEnd {
        self.body.fate()
    }
}

/// A stored member that ends where a data descriptor states just the bytes that were read.
pub(super) struct Stored<'t, 'a> {
    peek: &'t mut PeekReader<'a>,
    pub(super) read: u64,
    clear: usize,
    fate: Option<StreamEnd>,
}

impl<'t, 'a> Stored<'t, 'a> {
    pub(super) fn new(peek: &'t mut PeekReader<'a>) -> Self {
        Stored { peek, read: 0, clear: 0, fate: None }
    }

    fn look(&mut self) {
        let window = self.peek.window(LOOK_AHEAD_BYTES);
        if window.is_empty() {
            self.fate = Some(match self.peek.fate() {
                StreamEnd::Whole => StreamEnd::Cut,
                other => other,
            });
            return;
        }
        let last = window.len() < LOOK_AHEAD_BYTES;
        for at in memchr::memmem::find_iter(window, DESCRIPTOR_MAGIC) {
            let so_far = self.read + at as u64;
            let rest = window.get(at..).unwrap_or_default();
            if rest.len() < DESCRIPTOR && !last {
                break;
            }
            if descriptor(rest, so_far, so_far).is_some() {
                match at {
                    0 => self.fate = Some(StreamEnd::Whole),
                    _ => self.clear = at,
                }
                return;
            }
        }
        if !last {
            self.clear = window.len() - DESCRIPTOR;
            return;
        }
        let tail = window.len().saturating_sub(DESCRIPTOR);
        let torn = (tail..window.len()).find(|at| {
            let so_far = (self.read + *at as u64) as u32;
            window.get(*at..).is_some_and(|rest| begins_descriptor(rest, so_far))
        });
        match torn {
            Some(0) => {
                self.peek.skip(u64::MAX);
                self.fate = Some(StreamEnd::Cut);
            }
            at => self.clear = at.unwrap_or(window.len()),
        }
    }
}

/// Whether the input was cut inside a descriptor for `size` bytes: `rest` is the front of one.
fn begins_descriptor(rest: &[u8], size: u32) -> bool {
    let magic = rest.iter().zip(DESCRIPTOR_MAGIC).all(|(a, b)| a == b);
    let stated = rest.get(8..).unwrap_or_default();
    magic && stated.iter().zip(size.to_le_bytes()).all(|(a, b)| *a == b)
}

impl MemberBody for Stored<'_, '_> {
    fn piece(&mut self) -> &[u8] {
        if self.clear == 0 && self.fate.is_none() {
            self.look();
        }
        if self.fate.is_some() {
            return &[];
        }
        let clear = self.clear;
        self.peek.window(1).get(..clear).unwrap_or_default()
    }
    fn used(&mut self, n: usize) {
        let n = n.min(self.clear);
        self.peek.used(n);
        self.clear -= n;
        self.read += n as u64;
    }
    fn fate(&self) -> StreamEnd {
        self.fate.clone().unwrap_or(StreamEnd::Whole)
    }
}
