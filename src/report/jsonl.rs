//! JSON Lines: one VM a line, with its host and its input in it, and what it takes to go on with an earlier run.
//!
//! Every input is judged by itself and written when its turn comes. A host without a VM, and an input without a host,
//! has a line too: its `id` is `null`. All lines of an input stand together; `resume` says which of how many a line
//! is, so that a file that breaks off is told from a whole one.

use super::json;
use super::model::{Crash, Host, Input, InputState, Operation, Report, SCHEMA, Vm, VmLogs};
use crate::input::Mark;
use crate::terms::Origin;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// By what a later run knows an input again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// Size, time and hash of the input; `null` where it has none, as standard input.
    pub mark: Option<Mark>,
    /// A hash of everything that decides what the report says: version, rules, windows, filters, limits.
    pub run: String,
    /// Which line of the input this is, from 1.
    pub line: usize,
    /// Lines of the input.
    pub lines: usize,
}

/// One line.
#[derive(Serialize)]
struct Line<'a> {
    schema: &'a str,
    id: Option<&'a str>,
    host: Option<&'a Host>,
    name: Option<&'a str>,
    config: Option<&'a str>,
    guest_os: Option<&'a str>,
    bios_uuid: Option<&'a str>,
    logs: Option<&'a VmLogs>,
    crashes: &'a [Crash],
    operations: &'a [Operation],
    input: &'a Input,
    resume: Resume,
}

/// Writes the lines of a report about one input.
///
/// # Errors
/// What the writer reports.
pub fn write(report: &Report, mark: Option<&Mark>, run: &str, out: &mut dyn Write) -> io::Result<()> {
    let Some(input) = report.inputs.first() else { return Ok(()) };
    let hosts: BTreeMap<&str, &Host> = report.hosts.iter().map(|host| (host.id.as_str(), host)).collect();
    let mut rows: Vec<(Option<&Host>, Option<&Vm>)> = Vec::new();
    for vm in &report.vms {
        rows.push((vm.host.as_deref().and_then(|id| hosts.get(id).copied()), Some(vm)));
    }
    for host in &report.hosts {
        if !report.vms.iter().any(|vm| vm.host.as_ref() == Some(&host.id)) {
            rows.push((Some(host), None));
        }
    }
    if rows.is_empty() {
        rows.push((None, None));
    }
    let lines = rows.len();
    for (at, (host, vm)) in rows.into_iter().enumerate() {
        let resume = Resume { mark: mark.cloned(), run: run.to_owned(), line: at + 1, lines };
        json::write_line(&line(host, vm, input, resume), out)?;
    }
    Ok(())
}

fn line<'a>(host: Option<&'a Host>, vm: Option<&'a Vm>, input: &'a Input, resume: Resume) -> Line<'a> {
    let mut line = Line {
        schema: SCHEMA,
        id: None,
        host,
        name: None,
        config: None,
        guest_os: None,
        bios_uuid: None,
        logs: None,
        crashes: &[],
        operations: &[],
        input,
        resume,
    };
    if let Some(vm) = vm {
        // Without `..`: a new field of a VM must not be forgotten here.
        let Vm { id, host: _, name, config, guest_os, bios_uuid, logs, crashes, operations } = vm;
        line.id = Some(id);
        line.name = name.as_deref();
        line.config = config.as_deref();
        line.guest_os = guest_os.as_deref();
        line.bios_uuid = bios_uuid.as_deref();
        line.logs = Some(logs);
        line.crashes = crashes;
        line.operations = operations;
    }
    line
}

/// What the exit status needs to know of inputs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Inputs.
    pub inputs: u64,
    /// Inputs of which something could be read.
    pub readable: u64,
    /// Inputs that were not read in full.
    pub partial: u64,
    /// Hosts and VMs: lines that are more than an input.
    pub found: u64,
    /// Crashes by origin.
    pub origins: BTreeMap<Origin, u64>,
}

impl Tally {
    /// Counts one input with its crashes.
    pub fn add(&mut self, state: InputState, found: bool, origins: impl Iterator<Item = Origin>) {
        self.inputs += 1;
        self.readable += u64::from(state != InputState::Unreadable);
        self.partial += u64::from(state != InputState::Complete);
        self.found += u64::from(found);
        for origin in origins {
            *self.origins.entry(origin).or_default() += 1;
        }
    }

    /// Counts a report about one input.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let mut tally = Self::default();
        for input in &report.inputs {
            tally.add(input.state, !report.hosts.is_empty() || !report.vms.is_empty(), std::iter::empty());
        }
        for crash in report.vms.iter().flat_map(|vm| &vm.crashes) {
            *tally.origins.entry(crash.verdict.origin).or_default() += 1;
        }
        tally
    }

    /// Counts what another one counted.
    pub fn merge(&mut self, other: Self) {
        self.inputs += other.inputs;
        self.readable += other.readable;
        self.partial += other.partial;
        self.found += other.found;
        for (origin, count) in other.origins {
            *self.origins.entry(origin).or_default() += count;
        }
    }
}

/// What is read again of a line.
#[derive(Deserialize)]
struct Seen {
    host: Option<serde::de::IgnoredAny>,
    id: Option<serde::de::IgnoredAny>,
    crashes: Vec<SeenCrash>,
    input: SeenInput,
    resume: Resume,
}

#[derive(Deserialize)]
struct SeenCrash {
    verdict: SeenVerdict,
}

#[derive(Deserialize)]
struct SeenVerdict {
    origin: Origin,
}

#[derive(Deserialize)]
struct SeenInput {
    id: String,
    path: String,
    state: InputState,
}

/// An input that stands in an earlier file in full.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where its lines begin.
    pub from: u64,
    /// Where they end.
    pub to: u64,
    /// Its id in that file.
    pub id: String,
    /// What the exit status needs to know of it.
    pub tally: Tally,
}

/// An earlier file: which inputs stand in it, and where.
#[derive(Debug, Default)]
pub struct Earlier {
    entries: BTreeMap<(String, u64, u64, String, String), Entry>,
    /// Lines that are none of this program's or belong to an input that is not there in full.
    pub passed: u64,
}

impl Earlier {
    /// Reads a file. Whatever does not belong there is passed over: a line cut short by a kill is usual.
    ///
    /// # Errors
    /// The file cannot be read. That there is none is no error.
    pub fn load(path: &Path) -> io::Result<Self> {
        let mut earlier = Self::default();
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(earlier),
            Err(error) => return Err(error),
        };
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let (mut text, mut at) = (Vec::new(), 0_u64);
        let mut open: Option<(Entry, Resume, String)> = None;
        loop {
            text.clear();
            let n = reader.read_until(b'\n', &mut text)? as u64;
            if n == 0 {
                break;
            }
            let from = at;
            at += n;
            let seen = text.ends_with(b"\n").then(|| serde_json::from_slice::<Seen>(&text).ok()).flatten();
            let Some(seen) = seen else {
                earlier.passed += 1;
                open = None;
                continue;
            };
            let continues = open.as_ref().is_some_and(|(_, resume, path)| {
                let next = Resume { line: resume.line + 1, ..resume.clone() };
                next == seen.resume && *path == seen.input.path
            });
            if !continues {
                earlier.passed += u64::from(open.take().is_some());
                if seen.resume.line != 1 {
                    earlier.passed += 1;
                    continue;
                }
                let entry = Entry { from, to: at, id: seen.input.id.clone(), tally: Tally::default() };
                open = Some((entry, seen.resume.clone(), seen.input.path.clone()));
            }
            let Some((mut entry, _, _)) = open.take() else { continue };
            entry.to = at;
            if seen.resume.line == 1 {
                entry.tally.add(
                    seen.input.state,
                    seen.host.is_some() || seen.id.is_some(),
                    std::iter::empty(),
                );
            }
            for crash in &seen.crashes {
                *entry.tally.origins.entry(crash.verdict.origin).or_default() += 1;
            }
            if seen.resume.line < seen.resume.lines {
                open = Some((entry, seen.resume, seen.input.path));
            } else if let Some(mark) = seen.resume.mark {
                let key = (seen.input.path, mark.size, mark.modified, mark.hash, seen.resume.run);
                earlier.entries.insert(key, entry);
            }
        }
        Ok(earlier)
    }

    /// The entry of an input that has not changed since, read with the same settings.
    #[must_use]
    pub fn find(&self, path: &str, mark: &Mark, run: &str) -> Option<&Entry> {
        let key = (path.to_owned(), mark.size, mark.modified, mark.hash.clone(), run.to_owned());
        self.entries.get(&key)
    }

    /// How many inputs stand in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no input stands in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Entry {
    /// Its lines, the id of its input changed to the one it has in this run; `file` begins at byte `base` of the one
    /// that was loaded.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn lines(&self, file: &mut (impl Read + Seek), base: u64, id: &str) -> io::Result<Vec<u8>> {
        let from = self.from.checked_sub(base).ok_or(io::ErrorKind::UnexpectedEof)?;
        file.seek(SeekFrom::Start(from))?;
        let mut text = Vec::new();
        file.take(self.to.saturating_sub(self.from)).read_to_end(&mut text)?;
        if self.id == id {
            return Ok(text);
        }
        // A quote inside a string has a backslash before it: these bytes are the keys and nothing else.
        for key in ["\"input\":{\"id\":\"", "\"input\":\""] {
            let (old, new) = (format!("{key}{}\"", self.id), format!("{key}{id}\""));
            text = replaced(&text, old.as_bytes(), new.as_bytes());
        }
        Ok(text)
    }
}

fn replaced(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut from = 0;
    for at in memchr::memmem::find_iter(text, old) {
        out.extend_from_slice(text.get(from..at).unwrap_or_default());
        out.extend_from_slice(new);
        from = at + old.len();
    }
    out.extend_from_slice(text.get(from..).unwrap_or_default());
    out
}
