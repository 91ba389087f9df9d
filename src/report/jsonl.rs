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

/// A longer line is passed over: its input is read again. Bytes.
const MOST_LINE: usize = 32 << 20;

/// What is kept of all inputs of an earlier file; those behind it are read again. Bytes.
const MOST_KEPT: usize = 256 << 20;

/// What one input takes in memory besides its names, about. Bytes.
const ENTRY_COST: usize = 512;

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
    /// Reads a file from its start. Whatever does not belong there is passed over: a line cut short by a kill is usual.
    /// Memory is bounded whatever the file holds; one that never ends is read for ever.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn load(mut file: &File) -> io::Result<Self> {
        let mut earlier = Self::default();
        file.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let (mut text, mut at, mut kept) = (Vec::new(), 0_u64, 0_usize);
        let mut open: Option<Open> = None;
        loop {
            let n = next_line(&mut reader, &mut text)?;
            if n == 0 {
                return Ok(earlier);
            }
            let from = at;
            at += n;
            let seen = text.ends_with(b"\n").then(|| serde_json::from_slice::<Seen>(&text).ok()).flatten();
            let Some(seen) = seen else {
                earlier.passed += 1;
                open = None;
                continue;
            };
            if !open.as_ref().is_some_and(|open| open.is_continued_by(&seen)) {
                earlier.passed += u64::from(open.take().is_some());
                if seen.resume.line != 1 {
                    earlier.passed += 1;
                    continue;
                }
                open = Some(Open::new(from, &seen));
            }
            let Some(mut own) = open.take() else { continue };
            own.take(at, &seen);
            if seen.resume.line < seen.resume.lines {
                open = Some(own);
            } else {
                earlier.keep(own, seen, &mut kept);
            }
        }
    }

    /// Takes in an input whose last line was read; `kept` is what is taken in so far, in bytes.
    fn keep(&mut self, own: Open, seen: Seen, kept: &mut usize) {
        let Some(mark) = seen.resume.mark else { return };
        let names = seen.input.path.len() + mark.hash.len() + seen.resume.run.len() + own.entry.id.len();
        *kept += ENTRY_COST + names;
        if *kept > MOST_KEPT {
            self.passed += 1;
            return;
        }
        let key = (seen.input.path, mark.size, mark.modified, mark.hash, seen.resume.run);
        self.entries.insert(key, own.entry);
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

/// An input of an earlier file of which not all lines were read.
struct Open {
    entry: Entry,
    resume: Resume,
    path: String,
}

impl Open {
    fn new(from: u64, seen: &Seen) -> Self {
        let entry = Entry { from, to: from, id: seen.input.id.clone(), tally: Tally::default() };
        Self { entry, resume: seen.resume.clone(), path: seen.input.path.clone() }
    }

    fn is_continued_by(&self, seen: &Seen) -> bool {
        let next = Resume { line: self.resume.line + 1, ..self.resume.clone() };
        next == seen.resume && self.path == seen.input.path
    }

    /// Counts a line that ends at byte `to`.
    fn take(&mut self, to: u64, seen: &Seen) {
        self.entry.to = to;
        if seen.resume.line == 1 {
            let found = seen.host.is_some() || seen.id.is_some();
            self.entry.tally.add(seen.input.state, found, std::iter::empty());
        }
        for crash in &seen.crashes {
            *self.entry.tally.origins.entry(crash.verdict.origin).or_default() += 1;
        }
        self.resume = seen.resume.clone();
    }
}

impl Entry {
    /// Lines that were just written: where they begin and where they end.
    #[must_use]
    pub fn new(from: u64, to: u64) -> Self {
        Self { from, to, id: String::new(), tally: Tally::default() }
    }

    /// Copies its lines out of the file that was loaded, the id of its input changed to the one it has in this run.
    /// Returns how many bytes were written.
    ///
    /// # Errors
    /// The file cannot be read or `out` not be written; the file is shorter than it was.
    pub fn copy(&self, file: &mut (impl Read + Seek), id: &str, out: &mut dyn Write) -> io::Result<u64> {
        file.seek(SeekFrom::Start(self.from))?;
        let length = self.to.saturating_sub(self.from);
        let mut lines = BufReader::with_capacity(1 << 16, file.take(length));
        if self.id == id {
            let copied = io::copy(&mut lines, out)?;
            return if copied == length { Ok(copied) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        let (mut text, mut read, mut wrote) = (Vec::new(), 0, 0);
        while read < length {
            let n = next_line(&mut lines, &mut text)?;
            if n == 0 || n > text.len() as u64 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            read += n;
            // A quote inside a string has a backslash before it: these bytes are the keys and nothing else.
            for key in ["\"input\":{\"id\":\"", "\"input\":\""] {
                let (old, new) = (format!("{key}{}\"", self.id), format!("{key}{id}\""));
                text = replaced(&text, old.as_bytes(), new.as_bytes());
            }
            out.write_all(&text)?;
            wrote += text.len() as u64;
        }
        Ok(wrote)
    }
}

/// Reads a line with its end; of one that is too long nothing stays. Returns how many bytes it has in the file.
fn next_line(reader: &mut impl BufRead, text: &mut Vec<u8>) -> io::Result<u64> {
    text.clear();
    let mut read = 0_u64;
    loop {
        let piece = match reader.fill_buf() {
            Ok(piece) => piece,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = memchr::memchr(b'\n', piece).map(|at| at + 1);
        let n = end.unwrap_or(piece.len());
        read += n as u64;
        if read <= MOST_LINE as u64 {
            text.extend_from_slice(piece.get(..n).unwrap_or_default());
        } else {
            *text = Vec::new();
        }
        reader.consume(n);
        if end.is_some() || n == 0 {
            return Ok(read);
        }
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
