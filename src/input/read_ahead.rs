//! Reads a file ahead of its decompressor, by whichever thread has time.
//!
//! The decompressor is what everything waits for. While it works, another thread may fetch the next bytes; if none came
//! to it, the thread that needs them reads them itself. Buffers go round and are never copied.
//!
//! What it is for: reading the file took 4 % to 6 % of the time, which is now spent beside the decompressor and not
//! before it. A thread of its own brought nothing on two cores.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::peek_reader::{ByteSource, COMPRESSED_BUFFER_BYTES};
use super::stream_end::{Counters, StreamEnd};

/// Buffers that go round, besides that of the peek.
const MAX_BUFFERS: usize = 8;

/// Smaller files are read as they are needed.
pub(super) const MIN_READ_AHEAD_BYTES: u64 = 8 << 20;

/// Takes a task and does it on another thread, some time or never.
pub type Offload<'a> = dyn Fn(Box<dyn FnOnce() + Send>) + 'a;

/// A stream that is read ahead.
pub(super) struct ReadAhead<'a, R> {
    shared: Arc<Shared<R>>,
    aside: &'a Offload<'a>,
    ledger: &'a Counters<'a>,
    /// What is left of a buffer that could not be taken whole.
    rest: (Vec<u8>, usize, usize),
    error: Option<String>,
}

struct Shared<R> {
    state: Mutex<ReadAheadState<R>>,
    changed: Condvar,
}

struct ReadAheadState<R> {
    /// The stream; away while somebody reads it, and for good at its end.
    from: Option<R>,
    /// Filled buffers in their order.
    ready: VecDeque<(Vec<u8>, usize)>,
    empty: Vec<Vec<u8>>,
    /// Whether somebody was asked to read.
    asked: bool,
    ended: bool,
    error: Option<String>,
}

impl<'a, R: Read + Send + 'static> ReadAhead<'a, R> {
    /// Prepares to read; `aside` does what there is time for.
    pub(super) fn new(from: R, aside: &'a Offload<'a>, ledger: &'a Counters<'a>) -> Self {
        let state = ReadAheadState {
            from: Some(from),
            ready: VecDeque::new(),
            empty: (0..MAX_BUFFERS).map(|_| vec![0; COMPRESSED_BUFFER_BYTES]).collect(),
            asked: false,
            ended: false,
            error: None,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        Self { shared, aside, ledger, rest: (Vec::new(), 0, 0), error: None }
    }

    /// The next filled buffer; `None` at the end.
    fn next(&mut self) -> Option<(Vec<u8>, usize)> {
        let mut state = self.shared.lock();
        let next = loop {
            if let Some(next) = state.ready.pop_front() {
                break Some(next);
            }
            if state.ended {
                break None;
            }
            state = if state.from.is_some() {
                self.shared.fetch(state, 1)
            } else {
                self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
            };
        };
        let ask = !state.asked && state.from.is_some() && state.ready.len() < MAX_BUFFERS / 2;
        state.asked |= ask;
        if next.is_none() {
            self.error.clone_from(&state.error);
        }
        drop(state);
        if ask {
            let shared = Arc::clone(&self.shared);
            (self.aside)(Box::new(move || {
                let mut state = shared.lock();
                state.asked = false;
                drop(shared.fetch(state, MAX_BUFFERS));
            }));
        }
        self.ledger.meter.advance(next.as_ref().map_or(0, |(_, filled)| *filled as u64));
        next
    }

    fn give_back(&self, buffer: Vec<u8>) {
        if buffer.len() == COMPRESSED_BUFFER_BYTES {
            self.shared.lock().empty.push(buffer);
        }
    }
}

impl<R: Read> Shared<R> {
    fn lock(&self) -> MutexGuard<'_, ReadAheadState<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fills up to `most` buffers, unless somebody else is at it.
    fn fetch<'s>(
        &'s self,
        mut state: MutexGuard<'s, ReadAheadState<R>>,
        most: usize,
    ) -> MutexGuard<'s, ReadAheadState<R>> {
        let Some(mut from) = state.from.take() else { return state };
        for _ in 0..most {
            let Some(mut buffer) = state.empty.pop() else { break };
            drop(state);
            let (filled, error) = fill(&mut from, &mut buffer);
            state = self.lock();
            state.ended = error.is_some() || filled < buffer.len();
            state.error = error;
            if filled > 0 {
                state.ready.push_back((buffer, filled));
            }
            self.changed.notify_all();
            if state.ended {
                return state;
            }
        }
        state.from = Some(from);
        self.changed.notify_all();
        state
    }
}

/// Fills a buffer as far as the stream goes.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> (usize, Option<String>) {
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match from.read(room) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return (filled, Some(error.to_string())),
        }
    }
    (filled, None)
}

impl<R: Read + Send + 'static> ByteSource for ReadAhead<'_, R> {
    fn pull(&mut self, into: &mut [u8]) -> usize {
        if self.rest.1 == self.rest.2 {
            let Some((buffer, filled)) = self.next() else { return 0 };
            let used = std::mem::replace(&mut self.rest, (buffer, 0, filled)).0;
            self.give_back(used);
        }
        let (buffer, start, end) = &mut self.rest;
        let n = into.len().min(*end - *start);
        if let (Some(to), Some(from)) = (into.get_mut(..n), buffer.get(*start..*start + n)) {
            to.copy_from_slice(from);
        }
        *start += n;
        n
    }

    fn exchange(&mut self, buffer: &mut Vec<u8>) -> Option<usize> {
        if self.rest.1 < self.rest.2 || buffer.len() != COMPRESSED_BUFFER_BYTES {
            return None;
        }
        let Some((next, filled)) = self.next() else { return Some(0) };
        self.give_back(std::mem::replace(buffer, next));
        Some(filled)
    }

    fn fate(&self) -> StreamEnd {
        match &self.error {
            Some(error) => StreamEnd::Io(error.clone()),
            None => StreamEnd::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::input::{Limits, Meter};
    use std::cell::RefCell;
    use std::io;

    /// A stream that gives little at a time, and may fail in the end.
    struct Source {
        left: Vec<u8>,
        fails: bool,
    }

    impl Read for Source {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let n = into.len().min(70_001).min(self.left.len());
            if n == 0 && self.fails {
                return Err(io::Error::other("gone"));
            }
            for (to, from) in into.iter_mut().zip(self.left.drain(..n)) {
                *to = from;
            }
            Ok(n)
        }
    }

    type Task = Box<dyn FnOnce() + Send>;

    /// Reads all, by exchange and by copies in turn.
    fn all(len: usize, fails: bool, aside: &Offload<'_>) -> (Vec<u8>, StreamEnd) {
        let data: Vec<u8> = (0..len).map(|n| (n / 7 % 251) as u8).collect();
        let limits = Limits::default();
        let ledger = Counters::new(&limits, Meter::SILENT);
        let mut ahead = ReadAhead::new(Source { left: data.clone(), fails }, aside, &ledger);
        let (mut out, mut buffer) = (Vec::new(), vec![0; COMPRESSED_BUFFER_BYTES]);
        loop {
            let n = match ahead.exchange(&mut buffer) {
                Some(n) => n,
                None => ahead.pull(&mut buffer),
            };
            if n == 0 {
                break;
            }
            out.extend_from_slice(&buffer[..n]);
            let mut small = [0; 1000];
            let n = ahead.pull(&mut small);
            out.extend_from_slice(&small[..n]);
        }
        assert!(out == data);
        assert_eq!((ahead.pull(&mut buffer), ahead.exchange(&mut buffer)), (0, Some(0)));
        (out, ahead.fate())
    }

    #[test]
    fn every_byte_comes_once_whoever_reads() {
        let kept: RefCell<Vec<Task>> = RefCell::default();
        let late = |task: Task| {
            if let Some(task) = kept.replace(vec![task]).pop() {
                task();
            }
        };
        let thread = |task: Task| drop(std::thread::spawn(task));
        for len in [
            0,
            1,
            COMPRESSED_BUFFER_BYTES - 1,
            COMPRESSED_BUFFER_BYTES,
            COMPRESSED_BUFFER_BYTES + 1,
            5_000_000,
        ] {
            for aside in [&(|_| ()) as &Offload<'_>, &|task| task(), &late, &thread] {
                assert_eq!(all(len, false, aside).1, StreamEnd::Whole);
                assert_eq!(all(len, true, aside).1, StreamEnd::Io("gone".into()));
            }
        }
    }
}
