//! Reads a file ahead of its decompressor, by whoever has time.
//!
//! The decompressor is what everything waits for. While it works, another thread may fetch the next bytes; if none came
//! to it, the thread that needs them reads them itself. Buffers go round and are never copied.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::fate::{Fate, Ledger};
use super::tape::{COMPRESSED, Pull};

/// Buffers that go round, besides that of the tape.
const BUFFERS: usize = 8;

/// Smaller files are read as they are needed.
pub(super) const WORTH: u64 = 8 << 20;

/// Takes a task and does it on another thread, some time or never.
pub type Aside<'a> = dyn Fn(Box<dyn FnOnce() + Send>) + 'a;

/// A stream that is read ahead.
pub(super) struct Ahead<'a, R> {
    shared: Arc<Shared<R>>,
    aside: &'a Aside<'a>,
    ledger: &'a Ledger<'a>,
    /// What is left of a buffer that could not be taken whole.
    rest: (Vec<u8>, usize, usize),
    error: Option<String>,
}

struct Shared<R> {
    state: Mutex<AheadState<R>>,
    changed: Condvar,
}

struct AheadState<R> {
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

impl<'a, R: Read + Send + 'static> Ahead<'a, R> {
    /// Prepares to read; `aside` does what there is time for.
    pub(super) fn new(from: R, aside: &'a Aside<'a>, ledger: &'a Ledger<'a>) -> Self {
        let state = AheadState {
            from: Some(from),
            ready: VecDeque::new(),
            empty: (0..BUFFERS).map(|_| vec![0; COMPRESSED]).collect(),
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
        let ask = !state.asked && state.from.is_some() && state.ready.len() < BUFFERS / 2;
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
                drop(shared.fetch(state, BUFFERS));
            }));
        }
        self.ledger.meter.advance(next.as_ref().map_or(0, |(_, filled)| *filled as u64));
        next
    }

    fn give_back(&self, buffer: Vec<u8>) {
        if buffer.len() == COMPRESSED {
            self.shared.lock().empty.push(buffer);
        }
    }
}

impl<R: Read> Shared<R> {
    fn lock(&self) -> MutexGuard<'_, AheadState<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fills up to `most` buffers, unless somebody else is at it.
    fn fetch<'s>(
        &'s self,
        mut state: MutexGuard<'s, AheadState<R>>,
        most: usize,
    ) -> MutexGuard<'s, AheadState<R>> {
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

impl<R: Read + Send + 'static> Pull for Ahead<'_, R> {
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
        if self.rest.1 < self.rest.2 || buffer.len() != COMPRESSED {
            return None;
        }
        let Some((next, filled)) = self.next() else { return Some(0) };
        self.give_back(std::mem::replace(buffer, next));
        Some(filled)
    }

    fn fate(&self) -> Fate {
        match &self.error {
            Some(error) => Fate::Io(error.clone()),
            None => Fate::Whole,
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
    fn all(len: usize, fails: bool, aside: &Aside<'_>) -> (Vec<u8>, Fate) {
        let data: Vec<u8> = (0..len).map(|n| (n / 7 % 251) as u8).collect();
        let limits = Limits::default();
        let ledger = Ledger::new(&limits, Meter::SILENT);
        let mut ahead = Ahead::new(Source { left: data.clone(), fails }, aside, &ledger);
        let (mut out, mut buffer) = (Vec::new(), vec![0; COMPRESSED]);
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
        for len in [0, 1, COMPRESSED - 1, COMPRESSED, COMPRESSED + 1, 5_000_000] {
            for aside in [&(|_| ()) as &Aside<'_>, &|task| task(), &late, &thread] {
                assert_eq!(all(len, false, aside).1, Fate::Whole);
                assert_eq!(all(len, true, aside).1, Fate::Io("gone".into()));
            }
        }
    }
}
