//! The fixed pool of buffers: the memory budget of a run, and the brake of its readers.

use std::sync::{Condvar, Mutex, PoisonError};

/// Bytes of one buffer.
pub const BUFFER: usize = 1 << 20;

/// Buffers for pieces of logs, and a budget for small files gathered whole.
///
/// A reader takes a buffer while it holds none, so that any number of readers over one pool makes progress.
#[derive(Debug)]
pub struct Pool {
    free: Mutex<State>,
    returned: Condvar,
    /// Bytes that gathered files may hold together.
    gather_budget: usize,
}

#[derive(Debug)]
struct State {
    buffers: Vec<Vec<u8>>,
    made: usize,
    limit: usize,
    gathered: usize,
}

impl Pool {
    /// A pool of at most `buffers` buffers, made when first needed, with `gather_budget` bytes for gathered files.
    #[must_use]
    pub fn new(buffers: usize, gather_budget: usize) -> Self {
        let state = State { buffers: Vec::new(), made: 0, limit: buffers.max(2), gathered: 0 };
        Self { free: Mutex::new(state), returned: Condvar::new(), gather_budget }
    }

    /// Takes a buffer of [`BUFFER`] bytes; waits while all are in use.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        let mut state = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(buffer) = state.buffers.pop() {
                return buffer;
            }
            if state.made < state.limit {
                state.made += 1;
                return vec![0; BUFFER];
            }
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives a buffer back.
    pub fn give(&self, buffer: Vec<u8>) {
        let mut state = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        // Buffers of large rotations are made outside the pool: it keeps no more than its limit.
        if buffer.len() == BUFFER && state.buffers.len() < state.made {
            state.buffers.push(buffer);
        }
        drop(state);
        self.returned.notify_one();
    }

    /// Reserves bytes for a gathered file; waits while the budget is full, but lets a single file pass whatever
    /// its size: the caller bounds that.
    pub fn reserve(&self, bytes: usize) {
        let mut state = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while state.gathered > 0 && state.gathered + bytes > self.gather_budget {
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.gathered += bytes;
    }

    /// Gives reserved bytes back.
    pub fn release(&self, bytes: usize) {
        let mut state = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        state.gathered = state.gathered.saturating_sub(bytes);
        drop(state);
        self.returned.notify_all();
    }
}
