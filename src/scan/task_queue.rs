//! What is under way on the workers, and what came of it.

use super::bundle_scan::ChunkDone;
use super::chunk_result::ChunkResult;
use super::findings_budget::FindingsBudget;
use crate::input::{Note, NoteKind};
use crate::rules::RuleSet;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A task: a chunk to scan, a rotation to inflate.
pub(super) type Task = Box<dyn FnOnce() + Send>;

/// Tasks under way: chunks come in from the workers; the end waits for all of them.
///
/// Tasks wait in a queue of their reader. Workers take them from there, and so does the reader when it would have to
/// wait: for a buffer, for room, or for the end. So a run needs no more threads than cores, and the reader, which
/// everything waits for, has its core to itself.
#[derive(Default)]
pub(super) struct TaskQueue {
    state: Mutex<TaskQueueState>,
    idle: Condvar,
    queue: Mutex<VecDeque<Task>>,
}

#[derive(Debug, Default)]
struct TaskQueueState {
    running: usize,
    found: FindingsBudget,
    notes: Vec<(usize, Note)>,
}

impl TaskQueue {
    pub(super) fn new(budget: usize, rules: &RuleSet) -> Self {
        let state = TaskQueueState { found: FindingsBudget::new(budget, rules), ..TaskQueueState::default() };
        Self { state: Mutex::new(state), ..Self::default() }
    }

    pub(super) fn begin(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).running += 1;
    }

    /// Hands a task to the workers.
    pub(super) fn spawn(self: &Arc<Self>, workers: &rayon::ThreadPool, task: impl FnOnce() + Send + 'static) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(Box::new(task));
        self.call(workers);
    }

    /// Hands a task to the workers that is to be done before all that wait.
    pub(super) fn spawn_first(self: &Arc<Self>, workers: &rayon::ThreadPool, task: Task) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push_front(task);
        self.call(workers);
    }

    /// Asks a worker to take the next task.
    fn call(self: &Arc<Self>, workers: &rayon::ThreadPool) {
        let work = Arc::clone(self);
        workers.spawn(move || {
            if let Some(task) = work.next() {
                task();
            }
        });
    }

    fn next(&self) -> Option<Task> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Does the next task on this thread; `false` if none is waiting. A task that panics says so by its ticket.
    pub(super) fn help(&self) -> bool {
        let Some(task) = self.next() else { return false };
        let _ = catch_unwind(AssertUnwindSafe(task));
        true
    }

    /// Takes what a chunk gave; hit_role how many bytes of findings are held more, or less, than before.
    pub(super) fn add(&self, chunk: ChunkDone) -> isize {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.found.bytes();
        state.found.add(chunk);
        state.found.bytes().cast_signed() - before.cast_signed()
    }

    pub(super) fn note(&self, place: usize, note: Note) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).notes.push((place, note));
    }

    /// Helps, then waits, until no more than `most` tasks are under way.
    pub(super) fn throttle(&self, most: usize) {
        while self.running() > most && self.help() {}
        drop(self.settled(most));
    }

    /// Helps, then waits, while much of what was found waits for a chunk that is still under way.
    pub(super) fn catch_up(&self) {
        let behind = |state: &TaskQueueState| state.found.waits() && state.running > 0;
        while behind(&self.state.lock().unwrap_or_else(PoisonError::into_inner)) && self.help() {}
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while behind(&state) {
            state = self.idle.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn running(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).running
    }

    /// Waits until no more than `most` tasks are under way.
    fn settled(&self, most: usize) -> MutexGuard<'_, TaskQueueState> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.running > most {
            state = self.idle.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }

    fn end(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.running -= 1;
        drop(state);
        self.idle.notify_all();
    }

    /// Helps with what is left, waits for the rest, and gives what came of all.
    pub(super) fn wait(&self) -> (FindingsBudget, Vec<(usize, Note)>) {
        while self.help() {}
        let mut state = self.settled(0);
        (std::mem::take(&mut state.found), std::mem::take(&mut state.notes))
    }
}

/// What a task is about, in case it fails.
pub(super) struct TaskLabel {
    /// Its place in the order of the input, as of a note.
    pub(super) place: usize,
    /// The log.
    pub(super) path: String,
    /// The chunk that is scanned, where others may wait for it: bundle, member, number.
    pub(super) chunk: Option<(usize, usize, u32)>,
}

/// Ends a task also when it panics, so that nothing waits for it forever.
pub(super) struct Ticket(pub(super) Arc<TaskQueue>, pub(super) Option<TaskLabel>);

impl Drop for Ticket {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(mark) = self.1.take()
        {
            let text = "an internal error ended the scan of a part of it".to_owned();
            let member = Some(mark.path.into_bytes());
            self.0.note(mark.place, Note { kind: NoteKind::Damaged, member, text });
            if let Some((bundle, member, chunk)) = mark.chunk {
                let scanned = ChunkResult::default();
                let _ = self.0.add(ChunkDone { bundle, member, chunk, scanned, bytes: 0, long_lines: 0 });
            }
        }
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::log::LogKind;
    use crate::scan::scanner::scan_as;
    use std::panic::resume_unwind;

    #[test]
    fn a_piece_that_fails_holds_up_none_behind_it() {
        let rules = RuleSet::builtin().unwrap();
        let work = Arc::new(TaskQueue::new(1 << 20, &rules));
        let line = "2025-01-01T00:00:00.000Z Wa(03) vcpu-0 - WinBSOD: Synthetic MSR[0x40000100] 0x50\n";
        let scanned = scan_as(&rules, LogKind::Vmware, line, line.len());
        let behind = ChunkDone { bundle: 0, member: 0, chunk: 1, scanned, bytes: 1, long_lines: 0 };
        assert!(work.add(behind) > 0);
        assert!(work.state.lock().unwrap().found.waiting_bytes() > 0);

        work.begin();
        let failing = Arc::clone(&work);
        let failed = catch_unwind(AssertUnwindSafe(move || {
            let mark = TaskLabel { place: 0, path: "vmware.log".to_owned(), chunk: Some((0, 0, 0)) };
            let _ticket = Ticket(failing, Some(mark));
            resume_unwind(Box::new(()));
        }));
        assert!(failed.is_err());
        assert_eq!(work.state.lock().unwrap().found.waiting_bytes(), 0);
        let (found, notes) = work.wait();
        assert!(found.bytes() > 0);
        assert_eq!(notes.len(), 1);
    }
}
