//! The list of files: what was given or found, and what became of it.

use super::{input_id, text};
use crate::input::FoundFile;
use crate::report::model::{FileEntry, Input};
use crate::terms::{FileRole, InputState};

/// The files as the report shows them, by path. One whose input gave nothing was not read, whatever it looked like.
pub(super) fn files(found: Vec<FoundFile>, inputs: &[Input]) -> Vec<FileEntry> {
    let mut files: Vec<FileEntry> = found.into_iter().map(|file| entry(file, inputs)).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn entry(file: FoundFile, inputs: &[Input]) -> FileEntry {
    let id = file.source.map(input_id);
    let input = id.as_ref().and_then(|id| inputs.iter().find(|input| input.id == *id));
    let lost = input.filter(|input| input.state == InputState::Unreadable);
    let (role, why) = match lost {
        Some(input) => (FileRole::NotRead, input.notes.first().cloned()),
        None => (file.role, file.why.as_deref().map(text)),
    };
    FileEntry {
        path: text(&file.path.to_string_lossy()),
        bytes: file.bytes,
        kind: file.kind,
        role,
        input: id,
        why,
    }
}
