//! Where a result is written: standard output, as colourful as whoever reads it can see, or a file.

use super::exit::Failure;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use vmcoroner::report::clean::clean;
use vmcoroner::report::text::TextOptions;

/// Opens the output, has it written and closed.
pub(crate) fn write(
    path: Option<&Path>,
    body: impl FnOnce(&mut dyn Write, TextOptions) -> io::Result<()>,
) -> Result<(), Failure> {
    match path {
        None => to_stdout(body),
        Some(path) => to_file(path, body).map_err(|error| {
            Failure::from(io::Error::new(
                error.kind(),
                format!("{}: {error}", clean(&path.display().to_string())),
            ))
        }),
    }
}

/// Writes to standard output. That nobody reads on is no failure.
pub(crate) fn to_stdout(
    body: impl FnOnce(&mut dyn Write, TextOptions) -> io::Result<()>,
) -> Result<(), Failure> {
    let options = TextOptions { width: terminal_width() };
    let mut out = BufWriter::with_capacity(1 << 16, anstream::stdout().lock());
    match body(&mut out, options).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.map_err(Failure::from),
    }
}

fn to_file(path: &Path, body: impl FnOnce(&mut dyn Write, TextOptions) -> io::Result<()>) -> io::Result<()> {
    // Written beside it and moved into place, so that no half of a report is ever taken for one.
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    // What is no plain file (a device, a pipe) is written to as it is.
    if path.exists() && !path.is_file() {
        return fill(File::create(path)?, body);
    }
    let outcome =
        File::create(&beside).and_then(|file| fill(file, body)).and_then(|()| std::fs::rename(&beside, path));
    if outcome.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    outcome
}

fn fill(file: File, body: impl FnOnce(&mut dyn Write, TextOptions) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, anstream::StripStream::new(file));
    body(&mut out, TextOptions { width: None })?;
    out.flush()
}

fn terminal_width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    Some(terminal_size::terminal_size().map_or(100, |(columns, _)| usize::from(columns.0)))
}
