//! Where the lines of inputs go as they come.
//!
//! The file of `--resume` is written in place, at its end: a run over tens of thousands of bundles that is killed keeps
//! every finished input, and the next run reads none of them again. What is not yet whole is cut off at the start.

use super::super::exit::Failure;
use super::replace::{NewFile, beside, is_at, moved};
use super::target::{Target, resolved};
use super::{apart_hint, named};
use crate::report::jsonl::{Earlier, Entry};
use crate::stream::Streamed;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Every input had its turn.
    Whole,
    /// It was stopped, or the reader of standard output went away.
    Stopped,
    /// There was nothing to analyse.
    Nothing,
}

/// The outputs of one run that are written line by line.
pub(crate) struct LineOutputs {
    outs: Vec<Out>,
    /// The earlier file whose lines are taken over.
    earlier: Option<File>,
    /// The reader of standard output went away.
    broken: bool,
    failed: Option<io::Error>,
}

struct Out {
    to: To,
    /// As the user named it; `None` for standard output.
    path: Option<PathBuf>,
}

enum To {
    Stdout(Box<dyn Write>),
    New(Growing),
    Journal(Journal),
}

/// A new file, and how many of its bytes are whole lines.
struct Growing {
    file: NewFile,
    good: u64,
}

impl LineOutputs {
    /// Opens the outputs. One that is also the file of `--resume` continues to be written. Returns what that file holds.
    pub(crate) fn open(outputs: &[Target], resume: Option<&Path>) -> Result<(Self, Earlier), Failure> {
        let own = resume.map(resolved);
        let earlier = match resume {
            None => None,
            Some(path) => open_earlier(path)?,
        };
        let known = match (&earlier, resume) {
            (Some(file), Some(path)) => Earlier::load(file).map_err(|error| unreadable(path, &error))?,
            _ => Earlier::default(),
        };
        let mut outs = Vec::new();
        for target in outputs {
            let (to, path) = match target {
                Target::Stdout => (To::Stdout(Box::new(io::stdout().lock())), None),
                Target::File(path) | Target::Apart(path) => {
                    let same = own.as_ref().is_some_and(|own| is_same(own, &resolved(path)));
                    let to = match &earlier {
                        Some(_) if same => Journal::open(path).map(To::Journal),
                        _ => NewFile::create_growing(path).map(|file| To::New(Growing { file, good: 0 })),
                    };
                    (to.map_err(|error| named(path, &error))?, Some(path.clone()))
                }
            };
            outs.push(Out { to, path });
        }
        Ok((Self { outs, earlier, broken: false, failed: None }, known))
    }

    /// Writes what came of one input, in one go. Returns whether there is a use in going on.
    pub(crate) fn take(&mut self, one: Streamed) -> bool {
        if self.broken || self.failed.is_some() {
            return false;
        }
        match self.write(&one) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.broken = true;
                false
            }
            Err(error) => {
                self.failed = Some(error);
                false
            }
        }
    }

    fn write(&mut self, one: &Streamed) -> io::Result<()> {
        for out in &mut self.outs {
            let wrote = out.to.add(one, self.earlier.as_ref());
            wrote.map_err(|error| match &out.path {
                Some(path) => named(path, &error),
                None => error,
            })?;
        }
        Ok(())
    }

    /// Whether the reader of standard output went away.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Ends all outputs. Whatever happened, no line that an earlier run or this one finished is lost: where the run is
    /// not whole, an earlier file stays, and new lines stay beside it.
    pub(crate) fn finish(self, ending: Ending) -> Result<(), Failure> {
        let mut failed = self.failed;
        let ending = if failed.is_some() { Ending::Stopped } else { ending };
        let mut kept = Vec::new();
        for out in self.outs {
            let outcome = match (out.to, ending) {
                (To::Stdout(_), _) => Ok(None),
                (To::New(new), Ending::Whole) => new.file.finish().map(|()| None),
                (To::New(new), Ending::Stopped) => new.file.keep_apart(new.good),
                (To::New(new), Ending::Nothing) => new.file.discard().map(|()| None),
                (To::Journal(journal), Ending::Whole) => journal.finish().map(|()| None),
                (To::Journal(journal), Ending::Stopped) => journal.cut_back(false).map(|()| None),
                (To::Journal(journal), Ending::Nothing) => journal.cut_back(true).map(|()| None),
            };
            match (outcome, out.path) {
                (Ok(Some(at)), Some(path)) if !is_same(&resolved(&path), &at) => kept.push((path, at)),
                (Ok(_), _) => {}
                (Err(error), Some(path)) => failed = failed.or(Some(named(&path, &error))),
                (Err(error), None) => failed = failed.or(Some(error)),
            }
        }
        let hint = kept.first().map(|(path, at)| format!("{}; --resume takes it", apart_hint(path, at)));
        match (failed, hint) {
            (Some(error), hint) => Err(Failure::from(error).with_hint(hint)),
            (None, Some(hint)) => Err(Failure::stopped(hint)),
            (None, None) => Ok(()),
        }
    }
}

impl To {
    fn add(&mut self, one: &Streamed, earlier: Option<&File>) -> io::Result<()> {
        match (self, one) {
            (Self::Journal(journal), _) => journal.add(one),
            (Self::Stdout(out), Streamed::Lines(lines)) => {
                out.write_all(lines)?;
                out.flush()
            }
            (Self::Stdout(out), Streamed::Known(entry, id)) => {
                copy(entry, earlier, id, out)?;
                out.flush()
            }
            (Self::New(new), Streamed::Lines(lines)) => {
                new.file.write_all(lines)?;
                new.good += lines.len() as u64;
                Ok(())
            }
            (Self::New(new), Streamed::Known(entry, id)) => {
                new.good += copy(entry, earlier, id, &mut new.file)?;
                Ok(())
            }
        }
    }
}

fn copy(entry: &Entry, earlier: Option<&File>, id: &str, out: &mut impl Write) -> io::Result<u64> {
    let file = earlier.ok_or_else(|| io::Error::other("the lines of an earlier run are not at hand"))?;
    entry.copy(&mut &*file, id, out)
}

/// The file of `--resume`; `None` if there is no such file yet.
fn open_earlier(path: &Path) -> Result<Option<File>, Failure> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(path, &error)),
        Ok(data) if !data.is_file() => {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file");
            return Err(unreadable(path, &error));
        }
        Ok(_) => {}
    }
    File::open(path).map(Some).map_err(|error| unreadable(path, &error))
}

fn is_same(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// The file of `--resume` cannot be read.
fn unreadable(file: &Path, error: &io::Error) -> Failure {
    let error = named(file, error);
    Failure::usage(format!("--resume: cannot read {error}"))
        .with_hint(Some("it takes a file that an earlier run wrote with --format jsonl".to_owned()))
}

/// The file of an earlier run that is resumed and written to: new lines are added behind all it holds, so that nothing
/// is lost if the run is killed; at the end it is put in order.
struct Journal {
    target: PathBuf,
    file: File,
    /// Its length before this run.
    before: u64,
    /// Where the next line begins.
    end: u64,
    /// The line before it has no end.
    torn: bool,
    /// Another run adds lines too.
    shared: bool,
    /// What the file is to hold, in order.
    parts: Vec<Part>,
}

struct Part {
    lines: Entry,
    /// The id of the input in this run.
    id: String,
}

impl Journal {
    fn open(path: &Path) -> io::Result<Self> {
        let target = resolved(path);
        let mut file = OpenOptions::new().read(true).append(true).open(&target)?;
        let before = file.seek(SeekFrom::End(0))?;
        let mut last = [b'\n'];
        if before > 0 {
            file.seek(SeekFrom::Start(before - 1))?;
            file.read_exact(&mut last)?;
        }
        Ok(Self { target, file, before, end: before, torn: last != *b"\n", shared: false, parts: Vec::new() })
    }

    fn add(&mut self, one: &Streamed) -> io::Result<()> {
        let part = match one {
            Streamed::Known(entry, id) => Part { lines: entry.clone(), id: id.clone() },
            Streamed::Lines(lines) => {
                if self.torn {
                    self.file.write_all(b"\n")?;
                    (self.torn, self.end) = (false, self.end + 1);
                }
                self.file.write_all(lines)?;
                let end = self.file.stream_position()?;
                let from = end.saturating_sub(lines.len() as u64);
                self.shared |= from != self.end;
                self.end = end;
                Part { lines: Entry::new(from, end), id: String::new() }
            }
        };
        self.parts.push(part);
        Ok(())
    }

    /// Puts the file in order: the lines of this run's inputs, and no others.
    fn finish(mut self) -> io::Result<()> {
        let mut at = 0;
        let in_order = self.parts.iter().all(|part| {
            let fits = part.lines.from == at && (part.id.is_empty() || part.id == part.lines.id);
            at = part.lines.to;
            fits
        });
        if in_order && at == self.file.seek(SeekFrom::End(0))? && is_at(&self.file, &self.target) {
            return self.file.sync_all();
        }
        let mut new = beside(&self.target)?;
        for part in &self.parts {
            let id = if part.id.is_empty() { &part.lines.id } else { &part.id };
            part.lines.copy(&mut self.file, id, &mut new)?;
        }
        moved(new, &self.target)
    }

    /// Cuts off a line that could not be written in full, and with `all` every line of this run.
    fn cut_back(self, all: bool) -> io::Result<()> {
        let to = if all { self.before } else { self.end };
        if !self.shared && self.file.metadata()?.len() != to {
            self.file.set_len(to)?;
        }
        self.file.sync_all()
    }
}
