//! The file of an earlier run: which inputs are in it in full, and their lines.

use super::Resume;
use crate::input::Fingerprint;
use crate::report::Tally;
use crate::terms::{InputState, Origin};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};

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
const MAX_LINE_BYTES: usize = 32 << 20;

/// What is kept of all inputs of an earlier file; later ones are read again. Bytes.
const MAX_KEPT_BYTES: usize = 256 << 20;

/// What one input takes in memory besides its names, about. Bytes.
const ENTRY_BYTES: usize = 512;

/// An input that is in an earlier file in full.
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

/// An earlier file: which inputs are in it, and where.
#[derive(Debug, Default)]
pub struct Earlier {
    entries: BTreeMap<(String, u64, u64, String, String), Entry>,
    /// Lines that are not this program's or belong to an input that is not there in full.
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
        *kept += ENTRY_BYTES + names;
        if *kept > MAX_KEPT_BYTES {
            self.passed += 1;
            return;
        }
        let key = (seen.input.path, mark.size, mark.modified, mark.hash, seen.resume.run);
        self.entries.insert(key, own.entry);
    }

    /// The entry of an input that has not changed since, read with the same settings.
    #[must_use]
    pub fn find(&self, path: &str, mark: &Fingerprint, run: &str) -> Option<&Entry> {
        let key = (path.to_owned(), mark.size, mark.modified, mark.hash.clone(), run.to_owned());
        self.entries.get(&key)
    }

    /// How many inputs are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no input is in it.
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
        if read <= MAX_LINE_BYTES as u64 {
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
