//! The list of files at the end: how many of each role, and each that was not read by name.

use super::words::count;
use super::{Page, paint, style};
use crate::report::model::{FileEntry, FileRole, Report};
use crate::report::text::layout::wrap;
use std::io;

/// Files that are named one by one.
const MAX_NAMED: usize = 50;

/// The files that were not read, though they may hold evidence.
pub(super) fn unread(report: &Report) -> impl Iterator<Item = &FileEntry> {
    report.files.iter().filter(|file| file.role == FileRole::NotRead)
}

/// Writes the list; nothing where one file was given and read.
pub(super) fn files(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let of = |role: FileRole| report.files.iter().filter(|file| file.role == role).count() as u64;
    let roles = [
        (FileRole::Evidence, "read"),
        (FileRole::Compared, "compared"),
        (FileRole::NotNeeded, "not needed"),
        (FileRole::NotRead, "not read"),
    ];
    if report.files.len() <= 1 && of(FileRole::NotRead) == 0 {
        return Ok(());
    }
    page.heading("Files")?;
    let told: Vec<String> = roles
        .iter()
        .filter(|(role, _)| of(*role) > 0)
        .map(|(role, word)| format!("{} {word}", of(*role)))
        .collect();
    let text = format!("{}: {}.", count(report.files.len() as u64, "file", "files"), told.join(", "));
    page.blank()?;
    page.line(&text)?;
    for file in unread(report).take(MAX_NAMED) {
        let why = file.why.as_deref().unwrap_or("it was not read");
        for (nth, line) in wrap(&format!("{}: {why}", file.path), page.width - 4).into_iter().enumerate() {
            let line = format!("  {} {line}", if nth == 0 { "!" } else { " " });
            page.line(&paint(style::WARNING, &line))?;
        }
    }
    let more = unread(report).count().saturating_sub(MAX_NAMED);
    if more > 0 {
        page.line(&format!("  ! and {more} more that were not read"))?;
    }
    Ok(())
}
