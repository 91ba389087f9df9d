//! Where a result is written: standard output, as colourful as whoever reads it can see, or a file.

mod check;
mod lines;
mod replace;
mod target;

pub(crate) use check::check;
pub(crate) use lines::{Ending, LineOutputs};
pub(crate) use target::Target;

use super::exit::Failure;
use crate::clean::clean;
use crate::cli::hints::HINTS;
use crate::report::text::TextOptions;
use crate::report::{Format, Medium, View};
use anstream::adapter::StripBytes;
use replace::NewFile;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Bytes gathered before they are written.
const OUTPUT_BUFFER_BYTES: usize = 1 << 16;

/// Writes text for people, with styles where they can be seen, to a file or to standard output.
pub(crate) fn text(
    target: &Target,
    body: impl FnOnce(&mut dyn Write, TextOptions) -> io::Result<()>,
) -> Result<(), Failure> {
    let Some(path) = target.path() else {
        let options = TextOptions { width: terminal_width(), hints: HINTS };
        return to_stdout(anstream::stdout().lock(), |out| body(out, options));
    };
    to_file(path, target, |out| {
        body(&mut Plain { out, state: StripBytes::new() }, TextOptions { width: None, hints: HINTS })
    })
}

/// Writes something in a format, to a file or to standard output.
pub(crate) fn write(target: &Target, format: Format, view: View<'_>) -> Result<(), Failure> {
    match format.medium() {
        Medium::Terminal => text(target, |out, look| format.write(view, look, out)),
        Medium::Data => data(target, |out| format.write(view, TextOptions::default(), out)),
    }
}

/// Drops styles.
struct Plain<'a> {
    out: &'a mut dyn Write,
    state: StripBytes,
}

impl Write for Plain<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in self.state.strip_next(bytes) {
            self.out.write_all(piece)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes data for machines, byte by byte as it is.
pub(crate) fn data(
    target: &Target,
    body: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    match target.path() {
        None => to_stdout(io::stdout().lock(), body),
        Some(path) => to_file(path, target, body),
    }
}

/// Writes to standard output. A reader that goes away early is no failure.
fn to_stdout(out: impl Write, body: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::with_capacity(OUTPUT_BUFFER_BYTES, out);
    match body(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.map_err(Failure::from),
    }
}

fn to_file(
    path: &Path,
    target: &Target,
    body: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let whole = !matches!(target, Target::Apart(_));
    match replace(path, whole, body) {
        Ok(None) => Ok(()),
        Ok(Some(apart)) => Err(Failure::stopped(apart_hint(path, &apart))),
        Err(error) => Err(Failure::from(named(path, &error))),
    }
}

/// Writes a file. Without `whole` an earlier one stays: returns where the new one is then.
fn replace(
    path: &Path,
    whole: bool,
    body: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Option<PathBuf>> {
    let mut out = BufWriter::with_capacity(OUTPUT_BUFFER_BYTES, NewFile::create(path)?);
    body(&mut out)?;
    let new = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    if whole || !path.exists() { new.finish().map(|()| None) } else { new.keep_apart(u64::MAX) }
}

/// Where the output of a run is that was stopped.
fn apart_hint(path: &Path, apart: &Path) -> String {
    let (path, apart) = (path.display().to_string(), apart.display().to_string());
    format!("{} is left as it was; what was finished is in {}", clean(&path), clean(&apart))
}

fn terminal_width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    Some(terminal_size::terminal_size().map_or(100, |(columns, _)| usize::from(columns.0)))
}

/// What the system said about a file, with its name.
pub(crate) fn named(file: &Path, error: &io::Error) -> io::Error {
    let shown = file.display().to_string();
    let shown = clean(&shown);
    io::Error::new(error.kind(), format!("{shown}: {error}"))
}

#[cfg(test)]
mod tests;
