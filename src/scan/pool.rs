//! The fixed pool of buffers: the memory budget of a run, and the brake of its readers.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes of one buffer.
pub const CHUNK_BYTES: usize = 1 << 20;

/// Buffers for chunks of logs, and a budget for small files gathered whole.
///
/// A reader takes a buffer while it holds none, so that any number of readers over one pool makes progress.
#[derive(Debug)]
pub struct Pool {
    free: Mutex<PoolState>,
    returned: Condvar,
    /// Bytes that gathered files may hold together.
    gather_budget: usize,
}

#[derive(Debug)]
struct PoolState {
    buffers: Vec<Vec<u8>>,
    made: usize,
    limit: usize,
    gathered: usize,
    /// Bytes of findings and of logs that are kept until the end of their inputs.
    findings: usize,
}

impl PoolState {
    /// A spare buffer, or a new one while there may be more.
    fn take(&mut self) -> Option<Vec<u8>> {
        self.buffers.pop().or_else(|| {
            let more = self.made < self.most();
            self.made += usize::from(more);
            more.then(|| vec![0; CHUNK_BYTES])
        })
    }

    /// How many buffers there may be: what findings take is saved on buffers, down to half of them.
    fn most(&self) -> usize {
        self.limit.saturating_sub(self.findings / CHUNK_BYTES).max(self.limit.div_ceil(2))
    }
}

impl Pool {
    /// A pool of at most `buffers` buffers, made when first needed, with `gather_budget` bytes for gathered files.
    #[must_use]
    pub fn new(buffers: usize, gather_budget: usize) -> Self {
        let state =
            PoolState { buffers: Vec::new(), made: 0, limit: buffers.max(2), gathered: 0, findings: 0 };
        Self { free: Mutex::new(state), returned: Condvar::new(), gather_budget }
    }

    /// Takes a buffer of [`CHUNK_BYTES`] bytes. While all are in use it does what `help` finds to do; when `help` finds
    /// nothing any more, it waits.
    #[must_use]
    pub fn take(&self, help: impl Fn() -> bool) -> Vec<u8> {
        loop {
            if let Some(buffer) = self.lock().take() {
                return buffer;
            }
            if !help() {
                break;
            }
        }
        let mut state = self.lock();
        loop {
            if let Some(buffer) = state.take() {
                return buffer;
            }
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, PoolState> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a buffer back.
    pub fn give(&self, buffer: Vec<u8>) {
        let mut state = self.lock();
        // Buffers of large rotations are made outside the pool: it keeps no more than its limit.
        if buffer.len() == CHUNK_BYTES && state.buffers.len() < state.made {
            if state.made > state.most() {
                state.made -= 1;
            } else {
                state.buffers.push(buffer);
            }
        }
        drop(state);
        self.returned.notify_one();
    }

    /// Says that findings, and what is known of logs, take so many bytes more, or less, so that a run with many of them takes little more memory than
    /// one with few: a run needs only a few of its buffers to keep everything busy.
    pub fn findings(&self, change: isize) {
        let mut state = self.lock();
        state.findings = state.findings.saturating_add_signed(change);
    }

    /// Reserves bytes for a gathered file. While the budget is full it helps and then waits, but it lets a single
    /// file pass whatever its size: the caller bounds that.
    pub fn reserve(&self, bytes: usize, help: impl Fn() -> bool) {
        let full = |state: &PoolState| state.gathered > 0 && state.gathered + bytes > self.gather_budget;
        while full(&self.lock()) && help() {}
        let mut state = self.lock();
        while full(&state) {
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.gathered += bytes;
    }

    /// Gives reserved bytes back.
    pub fn release(&self, bytes: usize) {
        let mut state = self.lock();
        state.gathered = state.gathered.saturating_sub(bytes);
        drop(state);
        self.returned.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_paid_for_with_buffers_and_half_of_them_stay() {
        let pool = Pool::new(8, 0);
        let take = |count: usize| -> Vec<Vec<u8>> { (0..count).map(|_| pool.take(|| false)).collect() };
        let there = || {
            let state = pool.lock();
            (state.buffers.len(), state.made)
        };
        let taken = take(8);
        pool.findings(2 * CHUNK_BYTES.cast_signed());
        taken.into_iter().for_each(|buffer| pool.give(buffer));
        assert_eq!(there(), (6, 6));
        pool.findings(100 * CHUNK_BYTES.cast_signed());
        take(6).into_iter().for_each(|buffer| pool.give(buffer));
        assert_eq!(there(), (4, 4));
        pool.findings(-102 * CHUNK_BYTES.cast_signed());
        assert_eq!(take(8).len(), 8);
    }
}
