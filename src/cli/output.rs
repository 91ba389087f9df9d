//! Where a result is written: standard output, as colourful as whoever reads it can see, or a file.

use super::exit::Failure;
use anstream::adapter::StripBytes;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use vmcoroner::report::clean::clean;
use vmcoroner::report::text::TextOptions;

/// Bytes gathered before they are written.
const BUFFER: usize = 1 << 16;

/// Writes text for people, with styles where they can be seen, to a file or to standard output.
pub(crate) fn text(
    path: Option<&Path>,
    body: impl FnOnce(&mut dyn Write, TextOptions) -> io::Result<()>,
) -> Result<(), Failure> {
    let Some(path) = path else {
        let options = TextOptions { width: terminal_width() };
        return to_stdout(anstream::stdout().lock(), |out| body(out, options));
    };
    to_file(path, |out| body(&mut Plain { out, state: StripBytes::new() }, TextOptions { width: None }))
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
    path: Option<&Path>,
    body: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    match path {
        None => to_stdout(io::stdout().lock(), body),
        Some(path) => to_file(path, body),
    }
}

/// Writes to standard output. That nobody reads on is no failure.
fn to_stdout(out: impl Write, body: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::with_capacity(BUFFER, out);
    match body(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.map_err(Failure::from),
    }
}

fn to_file(path: &Path, body: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    replace(path, body).map_err(|error| {
        Failure::from(io::Error::new(
            error.kind(),
            format!("{}: {error}", clean(&path.display().to_string())),
        ))
    })
}

/// Writes beside a file and moves it into place, so that no half of a report is ever taken for one.
fn replace(path: &Path, body: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // What is no plain file (a device, a pipe) is written to as it is.
    if path.exists() && !path.is_file() {
        return fill(File::create(path)?, body);
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let outcome =
        File::create(&beside).and_then(|file| fill(file, body)).and_then(|()| std::fs::rename(&beside, path));
    if outcome.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    outcome
}

fn fill(file: File, body: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, file);
    body(&mut out)?;
    out.flush()
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
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.txt");
        text(Some(&path), |out, look| {
            assert_eq!(look.width, None);
            write!(out, "\u{1b}[1mbold\u{1b}[0m")
        })
        .unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "bold");
        let failed = data(Some(&path), |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("no more"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "bold");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
