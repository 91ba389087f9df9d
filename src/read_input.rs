//! One input, read and modelled. Whatever happens in it stays with it.

use crate::batch::{Planned, Run};
use crate::bundle::SmallFile;
use crate::clean::clean_bytes;
use crate::error::Error;
use crate::evidence::{self, HostModel};
use crate::input::{self, Note, Offload, Source};
use crate::inputs::{InputRead, Notice};
use crate::progress::Running;
use crate::scan::{BundleScan, MemberLog, Reader};
use crate::terms::{InputKind, InputState};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What came of one input.
pub(crate) struct Done {
    /// What was read of it.
    pub(crate) input: InputRead,
    /// The hosts in it.
    pub(crate) hosts: Vec<HostModel>,
    /// Why there is nothing of it.
    pub(crate) error: Option<Error>,
    /// It was not read to its end because the run was to stop.
    pub(crate) stopped: bool,
}

impl Done {
    /// An input with nothing in it.
    fn nothing(input: InputRead, error: Option<Error>, stopped: bool) -> Self {
        Self { input, hosts: Vec::new(), error, stopped }
    }
}

impl Run<'_> {
    /// Reads one input and models its hosts.
    pub(crate) fn read(&self, at: usize, planned: &Planned) -> Done {
        let (source, notes) = match planned {
            Planned::Source(source, notes) => (source, notes),
            Planned::Failed(path, error) => {
                let why = Notice::Refused(error.to_string());
                let input = InputRead::unreadable(at, path.clone(), why);
                return Done::nothing(input, Some(error.again()), false);
            }
        };
        let path = || source.path().to_owned();
        if self.options.limits.stop.is_set() {
            return Done::nothing(InputRead::unreadable(at, path(), Notice::NotBegun), None, true);
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| self.model(at, source, notes)));
        outcome
            .unwrap_or_else(|_| Done::nothing(InputRead::unreadable(at, path(), Notice::Failed), None, false))
    }

    /// Tells of an input that is not read because it is known already.
    pub(crate) fn pass(&self, at: usize, source: &Source) {
        let running = Running::begin(at, &clean_bytes(source.name()), source.size(), self.progress);
        running.meter().advance(source.size().unwrap_or(0));
    }

    fn model(&self, at: usize, source: &Source, notes: &[Note]) -> Done {
        let (mut done, passes) = self.pass_through(at, source, notes);
        if let Some(found) = no_log(done.input.kind, &passes) {
            let error = Error::NotABundle { path: source.path().to_owned(), found, hint: None };
            let why = Notice::Refused(error.to_string());
            let input = InputRead::unreadable(at, done.input.path, why);
            return Done { input: InputRead { kind: InputKind::Log, ..input }, error: Some(error), ..done };
        }
        for pass in passes.into_iter().filter(|pass| !pass.is_empty()) {
            let mut host = evidence::build(at, pass, &self.options.rules);
            for text in std::mem::take(&mut host.left_out) {
                done.input.note(Notice::UncountedLine(text));
            }
            for text in std::mem::take(&mut host.remarks) {
                done.input.note(Notice::Clock(text));
            }
            done.hosts.push(host);
        }
        if done.hosts.is_empty() && done.input.state == InputState::Complete {
            done.input.note(Notice::NothingKnown);
        }
        done
    }

    /// The pass through the bytes of one source.
    fn pass_through(&self, at: usize, source: &Source, notes: &[Note]) -> (Done, Vec<BundleScan>) {
        let running = Running::begin(at, &clean_bytes(source.name()), source.size(), self.progress);
        let mut reader = Reader::new(&self.shared, self.workers.as_ref());
        let aside = reader.aside();
        let aside: Option<&Offload<'_>> = match &aside {
            Some(aside) => Some(aside),
            None => None,
        };
        let limits = &self.shared.limits;
        let outcome = input::read_ahead(source, limits, &mut reader, running.meter(), aside);
        let (passes, own) = reader.finish();
        drop(running);
        let path = source.path().to_owned();
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                let input = InputRead::unreadable(at, path, Notice::Refused(error.to_string()));
                return (Done::nothing(input, Some(error), limits.stop.is_set()), Vec::new());
            }
        };
        let mut input = InputRead {
            at,
            path,
            kind: outcome.kind,
            state: outcome.state,
            members: outcome.members,
            bytes: outcome.bytes,
            notices: Vec::new(),
        };
        for note in notes.iter().cloned().chain(own) {
            input.note(Notice::Noted(note));
        }
        let whole = |pass: &BundleScan| pass.kept.iter().any(|file| file.keep == SmallFile::ActionLog);
        let some = passes.iter().any(|pass| !pass.is_empty());
        if input.kind == InputKind::VmSupport && some && !passes.iter().any(whole) {
            input.note(Notice::NoActionLog);
        }
        if passes.iter().any(|pass| pass.vcenter) {
            input.note(Notice::Vcenter);
        }
        (Done::nothing(input, None, outcome.stopped), passes)
    }
}

/// What a single log was found to be, if not one line of it has the form of a log of a VM or a host.
fn no_log(kind: InputKind, passes: &[BundleScan]) -> Option<String> {
    let logs = || passes.iter().flat_map(|pass| &pass.logs);
    if kind != InputKind::Log || logs().next().is_none() || !logs().all(MemberLog::tells_nothing) {
        return None;
    }
    let lines = match logs().map(|log| log.scanned.lines).sum::<u64>() {
        1 => "its one line does not have".to_owned(),
        lines => format!("none of its {lines} lines has"),
    };
    Some(format!("{lines} the form of a log of a VM or a host"))
}
