//! What is under way on the workers, and what came of it.

use super::found::Found;
use super::pass::PieceDone;
use crate::input::{Note, NoteKind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Work that is under way: pieces come in from the workers; the end waits for all of them.
#[derive(Debug, Default)]
pub(super) struct Work {
    state: Mutex<WorkState>,
    idle: Condvar,
}

#[derive(Debug, Default)]
struct WorkState {
    running: usize,
    found: Found,
    notes: Vec<(usize, Note)>,
}

impl Work {
    pub(super) fn new(budget: usize) -> Self {
        let state = WorkState { found: Found::new(budget), ..WorkState::default() };
        Self { state: Mutex::new(state), idle: Condvar::new() }
    }

    pub(super) fn begin(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).running += 1;
    }

    pub(super) fn add(&self, piece: PieceDone) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).found.add(piece);
    }

    pub(super) fn note(&self, order: usize, note: Note) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).notes.push((order, note));
    }

    /// Waits until no more than `most` tasks are under way.
    pub(super) fn throttle(&self, most: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.running > most {
            state = self.idle.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn end(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.running -= 1;
        drop(state);
        self.idle.notify_all();
    }

    pub(super) fn wait(&self) -> (Found, Vec<(usize, Note)>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.running > 0 {
            state = self.idle.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        (std::mem::take(&mut state.found), std::mem::take(&mut state.notes))
    }
}

/// Ends a task also when it panics, so that nobody waits for it forever.
pub(super) struct Ticket(pub(super) Arc<Work>, pub(super) Option<(usize, String)>);

impl Drop for Ticket {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some((order, path)) = self.1.take()
        {
            let text = "an internal error ended the scan of a part of it".to_owned();
            self.0.note(order, Note { kind: NoteKind::Damaged, member: Some(path.into_bytes()), text });
        }
        self.0.end();
    }
}
