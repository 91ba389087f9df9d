//! The reader of a bundle: takes members as the walker meets them, keeps small files, cuts logs into chunks and
//! hands them to the workers.

mod kept;
mod sink;

use super::archive_roots::{self, OpenArchive};
use super::bundle_scan::{BundleScan, ChunkDone, KeptFile, MemberLog};
use super::chunk_result::ChunkResult;
use super::chunker::Chunker;
use super::dedup;
use super::open_bundle::{OpenBundle, join_fragments};
use super::rotation_inflater;
use super::shared::Shared;
use super::task_queue::{TaskLabel, TaskQueue, Ticket};
use crate::bundle::Owner;
use crate::input::{End, Note, NoteKind, Sink};
use crate::log::{LogKind, Millis, UNKNOWN_YEAR_MS};
use crate::quoting::Quoting;
use std::sync::Arc;

/// About what a log takes in memory besides its findings: its path in three places, its counts and spans.
const LOG_ENTRY_BYTES: isize = 1_024;

/// The member that is open.
enum Current {
    None,
    SmallFile {
        index: usize,
        part: Option<u32>,
        room: Vec<u8>,
    },
    /// A log: its first bytes are not looked at yet, or it is plain text.
    Log {
        member: usize,
        chunker: Chunker,
        started: bool,
        size: u64,
    },
    /// A rotated log that is being gathered compressed.
    Gather {
        member: usize,
        bytes: Vec<u8>,
        room: Vec<u8>,
        reserved: usize,
    },
    /// A large rotated log, inflated as it comes.
    Inflate {
        member: usize,
        inflater: Box<rotation_inflater::Inline>,
        room: Vec<u8>,
    },
}

/// A [`Sink`] that reads bundles.
pub struct Reader<'a> {
    shared: &'a Arc<Shared>,
    workers: Option<&'a rayon::ThreadPool>,
    work: Arc<TaskQueue>,
    bundles: Vec<OpenBundle>,
    open: Vec<OpenArchive>,
    current: Current,
    /// Notes with their places.
    notes: Vec<(usize, Note)>,
    notes_left_out: u64,
    /// Places given out: one for each note and each task, in the order of the input.
    places: usize,
    /// The input is a single log whose name may say nothing.
    single_log: bool,
}

impl<'a> Reader<'a> {
    /// A reader whose chunks are scanned on `workers`; without workers, on the reading thread.
    #[must_use]
    pub fn new(shared: &'a Arc<Shared>, workers: Option<&'a rayon::ThreadPool>) -> Self {
        Self {
            shared,
            workers,
            work: Arc::new(TaskQueue::new(shared.limits.findings, &shared.rules)),
            bundles: Vec::new(),
            open: Vec::new(),
            current: Current::None,
            notes: Vec::new(),
            notes_left_out: 0,
            places: 0,
            single_log: false,
        }
    }

    /// Lets the workers do a task before all else; `None` if there is no task.
    #[must_use]
    pub fn aside(&self) -> Option<impl Fn(Box<dyn FnOnce() + Send>) + use<'a>> {
        let (work, workers) = (Arc::clone(&self.work), self.workers?);
        Some(move |task| work.spawn_first(workers, task))
    }

    /// Waits for the workers and puts everything in order. Gives each bundle that held anything, and the notes.
    #[must_use]
    pub fn finish(mut self) -> (Vec<BundleScan>, Vec<Note>) {
        if !matches!(self.current, Current::None) {
            self.close(End::Cut { read: 0 });
        }
        let (found, more) = self.work.wait();
        let logs: isize = self.bundles.iter().map(|state| state.pass.logs.len().cast_signed()).sum();
        self.shared.pool.findings(-found.bytes().cast_signed() - logs * LOG_ENTRY_BYTES);
        let mut notes = std::mem::take(&mut self.notes);
        notes.extend(more);
        // No place is given out twice, so the order in which workers end does not show.
        notes.sort_by_key(|(place, _)| *place);
        if self.notes_left_out > 0 {
            let text = format!("{} further notes about its members are not shown", self.notes_left_out);
            notes.push((usize::MAX, Note { kind: NoteKind::OverBudget, member: None, text }));
        }
        let (mut by_member, lost) = found.finish();
        let mut bundles = std::mem::take(&mut self.bundles);
        for (index, state) in bundles.iter_mut().enumerate() {
            let lost = lost.get(&index).copied().unwrap_or(0);
            left_out(state, lost, &mut notes);
            state.pass.most_vms = self.shared.limits.vms;
            for (member, log) in state.pass.logs.iter_mut().enumerate() {
                if let Some(joined) = by_member.remove(&(index, member)) {
                    joined.into_log(log);
                }
            }
        }
        archive_roots::settle(&mut bundles);
        let mut passes = Vec::new();
        for state in bundles {
            long_lines(&state.pass.logs, self.shared.limits.line, &mut notes);
            if !self.single_log {
                strange_logs(&state.pass.logs, &mut notes);
            }
            passes.push(finished(state, self.shared.limits.small_file, &mut notes));
        }
        (passes, notes.into_iter().map(|(_, note)| note).collect())
    }

    fn bundle(&mut self) -> Option<&mut OpenBundle> {
        let index = self.open.last()?.current;
        self.bundles.get_mut(index)
    }

    fn say(&mut self, kind: NoteKind, member: &str, text: String) {
        if self.notes.len() as u64 >= self.shared.limits.notes {
            self.notes_left_out += 1;
            return;
        }
        let place = self.next_place();
        self.notes.push((place, Note { kind, member: Some(member.as_bytes().to_vec()), text }));
    }

    /// The place of the next note or task in the order of the input; no two have the same.
    fn next_place(&mut self) -> usize {
        self.places += 1;
        self.places
    }

    fn run(&self, task: impl FnOnce() + Send + 'static) {
        match self.workers {
            Some(workers) => self.work.spawn(workers, task),
            None => task(),
        }
    }

    /// Hands a chunk to the workers.
    fn spawn(&mut self, member: usize, chunk: super::Chunk) {
        let Some(bundle) = self.open.last().map(|open| open.current) else { return };
        let Some(state) = self.bundles.get_mut(bundle) else { return };
        let Some(log) = state.pass.logs.get(member) else { return };
        let (kind, reference) = (log.kind, year_reference(log.modified, state.reference));
        let quoting = log.quoting.clone();
        let Some(number) = state.chunks.get_mut(member) else { return };
        let piece_number = *number;
        *number += 1;
        let (shared, work) = (Arc::clone(self.shared), Arc::clone(&self.work));
        let of = Some((bundle, member, piece_number));
        let path = log.path.clone();
        let mark = Some(TaskLabel { place: self.next_place(), path, chunk: of });
        work.catch_up();
        work.begin();
        self.run(move || {
            let ticket = Ticket(work, mark);
            let data = chunk.data.get(..chunk.len).unwrap_or_default();
            let scanner = shared.scanner(kind, reference);
            let mut scanned = match quoting.is_empty() {
                true => scanner.scan(data, chunk.body),
                false => {
                    let (body, more) = data.split_at_checked(chunk.body).unwrap_or((data, &[]));
                    let mut bare = quoting.strip(body);
                    let end = bare.len();
                    bare.extend(quoting.strip(more));
                    scanner.scan(&bare, end)
                }
            };
            dedup::bound(&mut scanned.hits, &shared.rules, piece_number);
            let bytes = chunk.body as u64;
            let done = ChunkDone { bundle, member, chunk: piece_number, scanned, bytes, long_lines: 0 };
            shared.pool.findings(ticket.0.add(done));
            shared.pool.give(chunk.data);
        });
    }

    /// Hands a gathered rotation to the workers: inflated and scanned there in one go.
    fn spawn_gathered(&mut self, member: usize, bytes: Vec<u8>, reserved: usize) {
        let Some(bundle) = self.open.last().map(|open| open.current) else { return };
        let Some(state) = self.bundles.get(bundle) else { return };
        let Some(log) = state.pass.logs.get(member) else { return };
        let (kind, reference) = (log.kind, year_reference(log.modified, state.reference));
        let path = log.path.clone();
        let (shared, work) = (Arc::clone(self.shared), Arc::clone(&self.work));
        let place = self.next_place();
        work.begin();
        self.run(move || {
            let ticket = Ticket(work, Some(TaskLabel { place, path: path.clone(), chunk: None }));
            let scanner = shared.scanner(kind, reference);
            let damage = rotation_inflater::scan(bytes, &scanner, |chunk, mut scanned, bytes, long_lines| {
                dedup::bound(&mut scanned.hits, &shared.rules, chunk);
                let done = ChunkDone { bundle, member, chunk, scanned, bytes, long_lines };
                shared.pool.findings(ticket.0.add(done));
            });
            shared.pool.release(reserved);
            if let Some((kind, text)) = damage {
                ticket.0.note(place, Note { kind, member: Some(path.into_bytes()), text });
            }
        });
    }

    fn add_log(
        &mut self,
        path: String,
        kind: LogKind,
        owner: Owner,
        modified: Option<Millis>,
    ) -> Option<usize> {
        let pool = &self.shared.pool;
        let state = self.open.last().and_then(|open| self.bundles.get_mut(open.current))?;
        pool.findings(LOG_ENTRY_BYTES);
        let scanned = ChunkResult::default();
        state.pass.logs.push(MemberLog {
            path,
            kind,
            known: true,
            quoting: Quoting::default(),
            owner,
            modified,
            bytes: 0,
            scanned,
            spans: Vec::new(),
            unset: Vec::new(),
            long_lines: 0,
        });
        state.chunks.push(0);
        Some(state.pass.logs.len() - 1)
    }
}

/// The pass of a bundle that was read to its end: its logs in the order of their stamps, its small files whole.
fn finished(mut state: OpenBundle, small_file: usize, notes: &mut Vec<(usize, Note)>) -> BundleScan {
    // Rotations are ordered by their stamps: their numbers need not follow time.
    state.pass.logs.sort_by(|a, b| {
        let key = |log: &MemberLog| (log.owner.clone(), log.kind, log.scanned.span, log.path.clone());
        key(a).cmp(&key(b))
    });
    join_fragments(&mut state, small_file, notes);
    state.pass.kept = state
        .kept
        .into_iter()
        .map(|(keep, path, bytes)| KeptFile {
            keep,
            path,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        })
        .collect();
    state.pass.kept.sort_by(|a, b| a.path.cmp(&b.path));
    state.pass.cores.sort();
    state.pass
}

/// Says what of a bundle was left out for a budget; `lost` are lines that rules matched.
fn left_out(state: &OpenBundle, lost: u64, notes: &mut Vec<(usize, Note)>) {
    for (left_out, what) in [
        (state.logs_left_out, "logs were not scanned: there are more than a bundle may have"),
        (
            state.vms_left_out,
            "logs and files of VMs were not read: there are more VMs than a bundle may have",
        ),
        (
            state.files_left_out,
            "small files were not read: there are more, or larger ones, than a bundle may have",
        ),
        (lost, "lines that rules match were left out: there are more than a bundle may have"),
    ] {
        if left_out > 0 {
            let text = format!("{left_out} {what}");
            notes.push((usize::MAX, Note { kind: NoteKind::OverBudget, member: None, text }));
        }
    }
}

/// Says in which logs lines were cut.
fn long_lines(logs: &[MemberLog], most: usize, notes: &mut Vec<(usize, Note)>) {
    for log in logs.iter().filter(|log| log.long_lines > 0) {
        let text = format!("{} lines longer than {most} bytes were cut", log.long_lines);
        let member = Some(log.path.clone().into_bytes());
        notes.push((usize::MAX, Note { kind: NoteKind::OverBudget, member, text }));
    }
}

/// Logs that are named one by one where their text is not that of a log.
const MAX_UNKNOWN_LOGS: usize = 20;

/// Says which files are not what their names say.
fn strange_logs(logs: &[MemberLog], notes: &mut Vec<(usize, Note)>) {
    let strange = || logs.iter().filter(|log| log.tells_nothing());
    for log in strange().take(MAX_UNKNOWN_LOGS) {
        let text = format!(
            "not one of its lines ({}) has a time stamp: it is no {}, or its text is lost",
            log.scanned.lines,
            log.kind.file_name()
        );
        let member = Some(log.path.clone().into_bytes());
        notes.push((usize::MAX, Note { kind: NoteKind::Damaged, member, text }));
    }
    let more = strange().count().saturating_sub(MAX_UNKNOWN_LOGS);
    if more > 0 {
        let text = format!("{more} further logs hold no line with a time stamp");
        notes.push((usize::MAX, Note { kind: NoteKind::Damaged, member: None, text }));
    }
}

/// The moment before which the stamps of a log without a year lie: the file's own time, but never later than the
/// capture. Before 1995 there was no such log: the time of the file is not set.
fn year_reference(modified: Option<Millis>, captured: Option<Millis>) -> Millis {
    const YEAR_1995_MS: Millis = 788_918_400_000;
    let modified = modified.filter(|modified| *modified >= YEAR_1995_MS);
    modified.into_iter().chain(captured).min().unwrap_or(UNKNOWN_YEAR_MS)
}
