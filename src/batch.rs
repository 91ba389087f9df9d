//! Many inputs in one run: read side by side within one budget of memory, given on in their order.

use crate::error::Error;
use crate::input::{self, FoundFile, Note, Source};
use crate::options::{Options, Threads};
use crate::progress::Progress;
use crate::scan::Shared;
use crate::source::Given;
use crate::terms::FileRole;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Buffers of 1 MiB that a run may hold.
const MAX_CHUNK_BUFFERS: usize = 24;

/// One thing that was given or found in a folder.
pub(crate) enum Planned {
    /// An input, and what was noticed when it was looked for.
    Source(Source, Vec<Note>),
    /// A path with nothing to read.
    Failed(PathBuf, Error),
}

/// What a run is to do.
#[derive(Default)]
pub(crate) struct Plan {
    /// Everything that was given, in its order, the inputs of a folder in the place of the folder.
    pub(crate) inputs: Vec<Planned>,
    /// The files that were given or found; their sources are numbers of inputs.
    pub(crate) files: Vec<FoundFile>,
}

/// Finds everything that was given.
pub(crate) fn plan(given: &[crate::Source]) -> Plan {
    let Plan { inputs: mut planned, mut files } = Plan::default();
    let mut aside = Vec::new();
    for crate::Source(given) in given {
        let path = match given {
            Given::Path(path) => path,
            Given::Stream(name, stream) => {
                planned.push(Planned::Source(Source::stream(name, stream.clone()), Vec::new()));
                continue;
            }
            Given::Bytes(name, bytes) => {
                planned.push(Planned::Source(Source::bytes(name, bytes.clone()), Vec::new()));
                continue;
            }
        };
        match input::discover(path) {
            Ok(found) => {
                let first = planned.len();
                let file = |file: FoundFile| FoundFile { source: file.source.map(|at| at + first), ..file };
                files.extend(found.files.into_iter().map(file));
                let mut notes = found.notes;
                let sources = found.sources.into_iter();
                planned.extend(sources.map(|source| Planned::Source(source, std::mem::take(&mut notes))));
            }
            Err(error) => {
                let file = input::set_aside(path, &error);
                // A picture beside the bundles is no loss.
                match file.role {
                    FileRole::NotNeeded => aside.push(Planned::Failed(path.clone(), error)),
                    _ => planned.push(Planned::Failed(path.clone(), error)),
                }
                files.push(file);
            }
        }
    }
    if planned.is_empty() {
        planned = aside;
    }
    Plan { inputs: planned, files }
}

struct Queue<T> {
    next: usize,
    given: usize,
    ready: BTreeMap<usize, T>,
}

/// What is asked for: the inputs, what decides the run, and who hears how far it is.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) given: &'a [crate::Source],
    pub(crate) options: &'a Options,
    pub(crate) progress: &'a dyn Progress,
}

/// What all readers of a run share.
pub(crate) struct Run<'a> {
    pub(crate) options: &'a Options,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) shared: Arc<Shared>,
    pub(crate) workers: Option<rayon::ThreadPool>,
}

/// Works on all inputs, several side by side, and gives the outcomes on in the order of the inputs. No more than
/// `ahead` inputs are begun before the first of them is given on.
pub(crate) fn run<T: Send>(
    request: Request<'_>,
    planned: &[Planned],
    ahead: usize,
    work: &(dyn Fn(usize, &Planned, &Run<'_>) -> T + Sync),
    each: &mut dyn FnMut(T),
) {
    let Request { options, progress, .. } = request;
    let jobs = threads(options);
    let run = prepare(options, progress, planned, jobs);
    if options.threads == Threads::Calling {
        for (at, one) in planned.iter().enumerate() {
            each(work(at, one, &run));
        }
        return;
    }
    // Every reader holds a buffer while it reads a log.
    let readers = jobs.min(planned.len()).clamp(1, MAX_CHUNK_BUFFERS / 2);
    let ahead = ahead.max(readers);
    let queue = Mutex::new(Queue { next: 0, given: 0, ready: BTreeMap::new() });
    let changed = Condvar::new();
    let lock = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    std::thread::scope(|scope| {
        for _ in 0..readers {
            scope.spawn(|| {
                loop {
                    let mut state = lock();
                    while state.next < planned.len() && state.next >= state.given.saturating_add(ahead) {
                        state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                    }
                    let at = state.next;
                    state.next += 1;
                    drop(state);
                    let Some(one) = planned.get(at) else { break };
                    let value = work(at, one, &run);
                    lock().ready.insert(at, value);
                    changed.notify_all();
                }
            });
        }
        for at in 0..planned.len() {
            let mut state = lock();
            let value = loop {
                match state.ready.remove(&at) {
                    Some(value) => break value,
                    None => state = changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                }
            };
            drop(state);
            each(value);
            lock().given += 1;
            changed.notify_all();
        }
    });
}

/// How many threads a run works on.
pub(crate) fn threads(options: &Options) -> usize {
    match options.threads {
        Threads::Machine => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        Threads::Exactly(jobs) => jobs.max(1),
        Threads::Calling => 1,
    }
}

/// Makes what the readers share, and tells how much there is to be read.
fn prepare<'a>(
    options: &'a Options,
    progress: &'a dyn Progress,
    planned: &[Planned],
    jobs: usize,
) -> Run<'a> {
    let shared = Arc::new(Shared::new(Arc::clone(&options.rules), MAX_CHUNK_BUFFERS, options.limits.clone()));
    let sizes = planned.iter().filter_map(|one| match one {
        Planned::Source(source, _) => source.size(),
        Planned::Failed(..) => None,
    });
    progress.inputs(planned.len(), sizes.fold(0, u64::saturating_add));
    // The thread that reads is one of them, and does its share of the work when it would have to wait. A worker that
    // panics must not take the process along; the chunk it had says so.
    let pool = || rayon::ThreadPoolBuilder::new().num_threads(jobs - 1).panic_handler(|_| {}).build().ok();
    Run { options, progress, shared, workers: (jobs > 1).then(pool).flatten() }
}
