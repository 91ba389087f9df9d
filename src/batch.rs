//! Many inputs in one run: read side by side within one budget of memory, given on in their order.

use crate::error::Error;
use crate::evidence::{self, HostModel};
use crate::input::{self, Note, NoteKind, Source};
use crate::options::{Options, Threads};
use crate::progress::{Progress, Running};
use crate::report::clean::{clean, clean_bytes};
use crate::report::model::{Input, InputKind, InputState};
use crate::scan::{BundlePass, MemberLog, Reader, Shared};
use crate::source::Given;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Buffers of 1 MiB that a run may hold.
const BUFFERS: usize = 24;

/// One thing that was given or found in a folder.
pub(crate) enum Planned {
    /// An input, and what was noticed when it was looked for.
    Source(Source, Vec<Note>),
    /// A path with nothing to read.
    Failed(PathBuf, Error),
}

/// Everything that was given, in its order, the inputs of a folder in the place of the folder.
pub(crate) fn plan(given: &[crate::Source]) -> Vec<Planned> {
    let mut planned = Vec::new();
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
                let mut notes = found.notes;
                let sources = found.sources.into_iter();
                planned.extend(sources.map(|source| Planned::Source(source, std::mem::take(&mut notes))));
            }
            Err(error) => planned.push(Planned::Failed(path.clone(), error)),
        }
    }
    planned
}

/// What came of one input.
pub(crate) struct Done {
    /// How the report lists it.
    pub(crate) input: Input,
    /// The hosts in it; their index of the input is 0.
    pub(crate) hosts: Vec<HostModel>,
    /// Why there is nothing of it.
    pub(crate) error: Option<Error>,
    /// It was not read to its end because the run was to stop.
    pub(crate) stopped: bool,
}

/// Everything that was read, before it is judged.
pub(crate) struct Gathered {
    pub(crate) inputs: Vec<Input>,
    pub(crate) hosts: Vec<HostModel>,
}

/// Reads every input once.
pub(crate) fn gather(
    given: &[crate::Source],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Gathered, Error> {
    let planned = plan(given);
    let mut all = Collected::default();
    let ahead = planned.len();
    run(&planned, options, progress, ahead, &|at, one, run| run.read(at, one), &mut |_, done| all.add(done));
    all.finish(options)
}

/// Inputs and hosts as they come in, in their order.
#[derive(Default)]
pub(crate) struct Collected {
    inputs: Vec<Input>,
    hosts: Vec<HostModel>,
    first_error: Option<Error>,
}

impl Collected {
    /// Takes the next input.
    pub(crate) fn add(&mut self, done: Done) {
        let index = self.inputs.len();
        self.first_error = self.first_error.take().or(done.error);
        self.hosts.extend(done.hosts.into_iter().map(|host| HostModel { input: index, ..host }));
        self.inputs.push(done.input);
    }

    /// All there is.
    ///
    /// # Errors
    /// There is no host in any input, and at least one input could not be read.
    pub(crate) fn finish(mut self, options: &Options) -> Result<Gathered, Error> {
        if self.hosts.is_empty()
            && !options.limits.stop.is_set()
            && let Some(error) = self.first_error
        {
            return Err(error);
        }
        leave_out_copies(&mut self.inputs, &mut self.hosts);
        evidence::follow(&mut self.hosts);
        Ok(Gathered { inputs: self.inputs, hosts: self.hosts })
    }
}

/// Two inputs may hold the same bundle: the same host, captured at the same second. What the fuller one shows is
/// shown once.
fn leave_out_copies(inputs: &mut [Input], hosts: &mut Vec<HostModel>) {
    let mut best: BTreeMap<(String, i64), usize> = BTreeMap::new();
    let mut copies: Vec<(usize, usize)> = Vec::new();
    let weight = |hosts: &[HostModel], at: usize| {
        hosts.get(at).map(|host| {
            let lines: u64 =
                host.logs.values().chain(host.vms.iter().map(|vm| &vm.coverage)).map(|log| log.lines).sum();
            (lines, host.findings.len())
        })
    };
    for at in 0..hosts.len() {
        let Some(host) = hosts.get(at).filter(|host| host.is_host) else { continue };
        let (Some(name), Some(captured)) = (&host.name, host.captured_at) else { continue };
        let key = (name.clone(), captured);
        match best.get(&key).copied() {
            Some(own) if weight(hosts, at) > weight(hosts, own) => {
                copies.push((own, at));
                best.insert(key, at);
            }
            Some(own) => copies.push((at, own)),
            None => {
                best.insert(key, at);
            }
        }
    }
    for &(copy, original) in &copies {
        let of = |at: usize| hosts.get(at).map_or(usize::MAX, |host| host.input);
        let original_id = inputs.get(of(original)).map(|input| input.id.clone()).unwrap_or_default();
        let name = hosts.get(copy).and_then(|host| host.name.clone()).unwrap_or_default();
        if let Some(input) = inputs.get_mut(of(copy)) {
            input.notes.push(format!(
                "the bundle of host '{}' in it was made at the same moment as the one in {original_id}, which holds at \
                 least as much: it is shown once",
                clean(&name)
            ));
        }
    }
    let mut at = 0;
    hosts.retain(|_| {
        at += 1;
        !copies.iter().any(|(copy, _)| *copy == at - 1)
    });
}

struct Queue<T> {
    next: usize,
    given: usize,
    ready: BTreeMap<usize, T>,
}

/// What all readers of a run share.
pub(crate) struct Run<'a> {
    options: &'a Options,
    progress: &'a dyn Progress,
    shared: Arc<Shared>,
    workers: Option<rayon::ThreadPool>,
}

/// How many threads a run works on.
pub(crate) fn threads(options: &Options) -> usize {
    match options.threads {
        Threads::Machine => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        Threads::Exactly(jobs) => jobs.max(1),
        Threads::Calling => 1,
    }
}

/// Works on all inputs, several side by side, and gives the outcomes on in the order of the inputs. No more than
/// `ahead` inputs are begun before the first of them is given on.
pub(crate) fn run<T: Send>(
    planned: &[Planned],
    options: &Options,
    progress: &dyn Progress,
    ahead: usize,
    work: &(dyn Fn(usize, &Planned, &Run<'_>) -> T + Sync),
    each: &mut dyn FnMut(usize, T),
) {
    let jobs = threads(options);
    let shared = Arc::new(Shared::new(Arc::clone(&options.rules), BUFFERS, options.limits.clone()));
    let sizes = planned.iter().filter_map(|one| match one {
        Planned::Source(source, _) => source.size(),
        Planned::Failed(..) => None,
    });
    progress.inputs(planned.len(), sizes.fold(0, u64::saturating_add));
    // The thread that reads is one of them, and does its share of the work when it would have to wait. A worker that panics must not take the process
    // along; the piece it had says so.
    let pool = || rayon::ThreadPoolBuilder::new().num_threads(jobs - 1).panic_handler(|_| {}).build().ok();
    let run = Run { options, progress, shared, workers: (jobs > 1).then(pool).flatten() };
    if options.threads == Threads::Calling {
        for (at, one) in planned.iter().enumerate() {
            each(at, work(at, one, &run));
        }
        return;
    }
    // Every reader holds a buffer while it reads a log.
    let readers = jobs.min(planned.len()).clamp(1, BUFFERS / 2);
    let ahead = ahead.max(readers);
    let queue = Mutex::new(Queue { next: 0, given: 0, ready: BTreeMap::new() });
    let changed = Condvar::new();
    let lock = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    std::thread::scope(|scope| {
        for _ in 0..readers {
            scope.spawn(|| {
                loop {
                    let mut state = lock();
                    while state.next < planned.len() && state.next >= state.given + ahead {
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
            each(at, value);
            lock().given += 1;
            changed.notify_all();
        }
    });
}

impl Run<'_> {
    /// One input, read and modelled. Whatever happens in it stays with it.
    pub(crate) fn read(&self, at: usize, planned: &Planned) -> Done {
        let id = format!("I{}", at + 1);
        let (source, notes) = match planned {
            Planned::Source(source, notes) => (source, notes),
            Planned::Failed(path, error) => {
                let input = unreadable(id, clean(&path.to_string_lossy()).into_owned(), error.to_string());
                return Done { input, hosts: Vec::new(), error: Some(error.again()), stopped: false };
            }
        };
        let path = clean(&source.path().to_string_lossy()).into_owned();
        if self.options.limits.stop.is_set() {
            let input = unreadable(id, path, "not read: the run was stopped before its turn".to_owned());
            return Done { input, hosts: Vec::new(), error: None, stopped: true };
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| self.model(at, source, notes)));
        let mut done = outcome.unwrap_or_else(|_| {
            let why = "an internal error ended its analysis; the other inputs are not concerned".to_owned();
            Done {
                input: unreadable(String::new(), path, why),
                hosts: Vec::new(),
                error: None,
                stopped: false,
            }
        });
        done.input.id = id;
        done
    }

    fn model(&self, at: usize, source: &Source, notes: &[Note]) -> Done {
        let Read { mut done, passes } =
            read_one(at, source, notes, &self.shared, self.workers.as_ref(), self.progress);
        let logs = || passes.iter().flat_map(|pass| &pass.logs);
        if source.kind() == input::Kind::Log
            && logs().next().is_some()
            && logs().all(MemberLog::tells_nothing)
        {
            let lines: u64 = logs().map(|log| log.scanned.lines).sum();
            let lines = if lines == 1 {
                "its one line has".to_owned()
            } else {
                format!("none of its {lines} lines has")
            };
            let found = format!("{lines} the form of a log of a VM or a host");
            let error = Error::NotABundle { path: source.path().to_owned(), found, hint: None };
            let input = unreadable(String::new(), done.input.path, error.to_string());
            return Done { input: Input { kind: InputKind::Log, ..input }, error: Some(error), ..done };
        }
        for pass in passes.into_iter().filter(|pass| !pass.is_empty()) {
            let mut host = evidence::build(0, pass, &self.options.rules);
            for text in std::mem::take(&mut host.left_out) {
                done.input.notes.push(text);
                if done.input.state == InputState::Complete {
                    done.input.state = InputState::Damaged;
                }
            }
            done.hosts.push(host);
        }
        if done.hosts.is_empty() && done.input.state == InputState::Complete {
            done.input.notes.push("nothing in it is a log or a file of an ESXi host or a VM".to_owned());
        }
        done
    }

    /// An input that is not read because it is known already.
    pub(crate) fn pass(&self, at: usize, source: &Source) {
        let running = Running::begin(at, &clean_bytes(source.name()), source.size(), self.progress);
        running.meter().advance(source.size().unwrap_or(0));
    }
}

fn unreadable(id: String, path: String, why: String) -> Input {
    let notes = vec![clean(&why).into_owned()];
    Input { id, path, kind: InputKind::VmSupport, state: InputState::Unreadable, members: 0, bytes: 0, notes }
}

/// What came of reading one source.
struct Read {
    done: Done,
    passes: Vec<BundlePass>,
}

fn read_one(
    at: usize,
    source: &Source,
    notes: &[Note],
    shared: &Arc<Shared>,
    workers: Option<&rayon::ThreadPool>,
    progress: &dyn Progress,
) -> Read {
    let path = clean(&source.path().to_string_lossy()).into_owned();
    let running = Running::begin(at, &clean_bytes(source.name()), source.size(), progress);
    let mut reader = Reader::new(shared, workers);
    reader.single_log = source.kind() == input::Kind::Log;
    let aside = reader.aside();
    let aside: Option<&input::Aside<'_>> = match &aside {
        Some(aside) => Some(aside),
        None => None,
    };
    let outcome = input::read_ahead(source, &shared.limits, &mut reader, running.meter(), aside);
    let (passes, mut own) = reader.finish();
    drop(running);
    own.splice(0..0, notes.iter().cloned());
    let outcome = match outcome {
        Err(error) => {
            let error = error;
            let input = unreadable(String::new(), path, error.to_string());
            let stopped = shared.limits.stop.is_set();
            let done = Done { input, hosts: Vec::new(), error: Some(error), stopped };
            return Read { done, passes: Vec::new() };
        }
        Ok(outcome) => outcome,
    };
    let worst = own.iter().map(|note| note.kind).min();
    let state = match (outcome.state, worst) {
        (input::State::Unreadable, _) => InputState::Unreadable,
        (input::State::Truncated, _) | (_, Some(NoteKind::Truncated)) => InputState::Truncated,
        (input::State::Damaged, _) | (_, Some(NoteKind::Damaged | NoteKind::OverBudget)) => {
            InputState::Damaged
        }
        _ => InputState::Complete,
    };
    let kind = match outcome.kind {
        input::Kind::VmSupport => InputKind::VmSupport,
        input::Kind::Wrapper => InputKind::Wrapper,
        input::Kind::Folder => InputKind::Folder,
        input::Kind::Extracted => InputKind::Extracted,
        _ => InputKind::Log,
    };
    let mut notes: Vec<String> = own.iter().map(sentence).collect();
    let whole = |pass: &BundlePass| pass.kept.iter().any(|file| file.keep == crate::bundle::Keep::ActionLog);
    if kind == InputKind::VmSupport && !passes.iter().any(whole) && passes.iter().any(|pass| !pass.is_empty())
    {
        notes.push("action.log, which vm-support writes last, is not in it: the collection was not finished or the archive is not whole".to_owned());
    }
    if passes.iter().any(|pass| pass.vcenter) {
        notes.push("a support bundle of vCenter Server is in it: that holds no logs of hosts and VMs; give the bundles of the ESXi hosts".to_owned());
    }
    let input =
        Input { id: String::new(), path, kind, state, members: outcome.members, bytes: outcome.bytes, notes };
    Read { done: Done { input, hosts: Vec::new(), error: None, stopped: outcome.stopped }, passes }
}

fn sentence(note: &Note) -> String {
    match &note.member {
        Some(member) => format!("{}: {}", clean_bytes(member), clean(&note.text)),
        None => clean(&note.text).into_owned(),
    }
}
