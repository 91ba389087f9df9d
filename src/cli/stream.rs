//! Where the lines of inputs go as they come.

use super::exit::Failure;
use super::output::named;
use std::fs::{File, OpenOptions};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use vmcoroner::report::Format;
use vmcoroner::stream::Streamed;

/// The outputs of one run that are written line by line.
pub(crate) struct Sinks {
    outs: Vec<Out>,
    /// The earlier file whose lines are taken over.
    earlier: Option<File>,
    /// Nobody reads on.
    broken: bool,
    failed: Option<io::Error>,
}

struct Out {
    to: Box<dyn Write>,
    path: Option<PathBuf>,
    /// The earlier file itself is written to: its bytes up to here are what was to be written so far.
    in_place: Option<InPlace>,
}

/// An earlier file that goes on being written.
struct InPlace {
    file: File,
    good: u64,
    /// What stood behind some place, kept before it was cut off.
    tail: Option<(u64, Vec<u8>)>,
}

impl Sinks {
    /// Opens files. One that is also the earlier file is gone on with.
    pub(crate) fn open(outputs: &[(Format, Option<&Path>)], resume: Option<&Path>) -> Result<Self, Failure> {
        let earlier = match resume.map(|path| (path, File::open(path))) {
            None => None,
            Some((_, Ok(file))) => Some(file),
            Some((_, Err(error))) if error.kind() == io::ErrorKind::NotFound => None,
            Some((path, Err(error))) => return Err(named(path, &error).into()),
        };
        let same =
            |path: &Path| match (resume.and_then(|own| own.canonicalize().ok()), path.canonicalize().ok()) {
                (Some(own), Some(path)) => own == path,
                _ => false,
            };
        let mut outs = Vec::new();
        for &(_, path) in outputs {
            let out = match path {
                None => Out { to: Box::new(io::stdout().lock()), path: None, in_place: None },
                Some(path) if same(path) => {
                    let file = OpenOptions::new()
                        .read(true)
                        .write(true)
                        .open(path)
                        .map_err(|error| named(path, &error))?;
                    let in_place = InPlace { file, good: 0, tail: None };
                    Out { to: Box::new(io::sink()), path: Some(path.to_owned()), in_place: Some(in_place) }
                }
                Some(path) => {
                    let file = File::create(path).map_err(|error| named(path, &error))?;
                    Out { to: Box::new(file), path: Some(path.to_owned()), in_place: None }
                }
            };
            outs.push(out);
        }
        Ok(Self { outs, earlier, broken: false, failed: None })
    }

    /// Writes what came of one input, in one go. Returns whether there is a use in going on.
    pub(crate) fn take(&mut self, one: Streamed) -> bool {
        if self.broken || self.failed.is_some() {
            return false;
        }
        match self.write(one) {
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

    fn write(&mut self, one: Streamed) -> io::Result<()> {
        for out in &mut self.outs {
            let wrote = out.add(&one, self.earlier.as_mut());
            wrote.map_err(|error| match &out.path {
                Some(path) => named(path, &error),
                None => error,
            })?;
        }
        Ok(())
    }

    /// The end: what is left of an earlier file behind the last line goes. Tells whether nobody read on.
    pub(crate) fn finish(mut self) -> Result<bool, Failure> {
        if let Some(error) = self.failed.take() {
            return Err(error.into());
        }
        for out in &mut self.outs {
            if let Some(own) = &mut out.in_place {
                own.file.set_len(own.good)?;
            }
        }
        Ok(self.broken)
    }
}

impl Out {
    fn add(&mut self, one: &Streamed, earlier: Option<&mut File>) -> io::Result<()> {
        if let Some(own) = &mut self.in_place {
            return own.add(one);
        }
        match (one, earlier) {
            (Streamed::Lines(lines), _) => self.to.write_all(lines)?,
            (Streamed::Known(entry, id), Some(file)) => self.to.write_all(&entry.lines(file, 0, id)?)?,
            (Streamed::Known(..), None) => {}
        }
        self.to.flush()
    }
}

impl InPlace {
    fn add(&mut self, one: &Streamed) -> io::Result<()> {
        let rewritten;
        let lines = match one {
            Streamed::Lines(lines) => lines,
            // It stands where it should stand.
            Streamed::Known(entry, id)
                if self.tail.is_none() && entry.from == self.good && entry.id == *id =>
            {
                self.good = entry.to;
                return Ok(());
            }
            Streamed::Known(entry, id) => {
                rewritten = match &self.tail {
                    Some((from, tail)) => entry.lines(&mut Cursor::new(tail), *from, id)?,
                    None => entry.lines(&mut self.file, 0, id)?,
                };
                &rewritten
            }
        };
        if self.tail.is_none() {
            // From here on the file is written anew; what it holds behind may still be asked for.
            let mut tail = Vec::new();
            self.file.seek(SeekFrom::Start(self.good))?;
            self.file.read_to_end(&mut tail)?;
            self.tail = Some((self.good, tail));
            self.file.set_len(self.good)?;
        }
        self.file.seek(SeekFrom::Start(self.good))?;
        self.file.write_all(lines)?;
        self.good += lines.len() as u64;
        Ok(())
    }
}
