//! Finds the inputs in what the user named: a file, a folder, or `-`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::detect::{self, Detected};
use super::folder;
use super::name::{shown, without_packing};
use super::parts::{PartName, following};
use super::read::what_to_try;
use super::sink::{Note, NoteKind};
use super::source::{Place, Source, own_name};
use crate::error::Error;
use crate::layout;
use crate::log_content::stray_log;
use crate::log_table::is_log_name;
use crate::terms::InputKind;

/// What was found under one path.
#[derive(Debug)]
#[non_exhaustive]
pub struct Discovery {
    /// The kind of the path itself: [`InputKind::Folder`] for a folder that is no input itself but holds some.
    pub kind: InputKind,
    /// The inputs, in the order of their names; at least one.
    pub sources: Vec<Source>,
    /// What was passed over, and what could not be looked at.
    pub notes: Vec<Note>,
}

/// Folders within folders that are looked into.
const MAX_FOLDER_DEPTH: usize = 64;
/// Bytes of a file that are looked at.
const DETECT_FILE_BYTES: u64 = 64 << 10;
/// Bytes more of a bzip2 file: its blocks contain 900 kB, and give nothing before they are whole.
const BZIP2_BLOCK_BYTES: u64 = 1 << 20;

/// Finds the inputs at `path`: one for a file or `-`; for a folder every bundle, unpacked bundle and set of loose logs
/// in it, at any depth. Files are recognised by their first bytes; links are not followed, `path` itself excepted.
///
/// # Errors
/// If there is nothing to analyse: [`Error`] says what was expected.
pub fn discover(path: &Path) -> Result<Discovery, Error> {
    if path.as_os_str() == "-" {
        return Ok(Discovery {
            kind: InputKind::VmSupport,
            sources: vec![Source::stdin()],
            notes: Vec::new(),
        });
    }
    let data = fs::metadata(path).map_err(|e| Error::io(path, e))?;
    if data.is_dir() {
        return in_folder(path);
    }
    let source = if data.is_file() {
        named_file(path, data.len())?
    } else {
        // A pipe: looking at its first bytes would take them.
        file_source(path, InputKind::VmSupport, None)
    };
    Ok(Discovery { kind: source.kind, sources: vec![source], notes: Vec::new() })
}

fn file_source(path: &Path, kind: InputKind, size: Option<u64>) -> Source {
    Source {
        kind,
        name: own_name(path),
        path: path.to_path_buf(),
        place: Place::Files(vec![path.to_path_buf()]),
        size,
        gap: None,
    }
}

fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut file = File::open(path)?;
    file.by_ref().take(DETECT_FILE_BYTES).read_to_end(&mut head)?;
    if head.starts_with(b"BZh") {
        file.take(BZIP2_BLOCK_BYTES).read_to_end(&mut head)?;
    }
    Ok(head)
}

fn named_file(path: &Path, size: u64) -> Result<Source, Error> {
    let head = head(path).map_err(|e| Error::io(path, e))?;
    let name = own_name(path);
    let kind = match detect::file(&head, &name) {
        Detected::Bundle(kind) => kind,
        Detected::Log => InputKind::Log,
        Detected::Empty => return Err(Error::Empty(shown(&name).into())),
        Detected::Other(what) => {
            let (found, hint) = what_to_try(what, &head);
            return Err(Error::NotABundle { path: shown(&name).into(), found, hint });
        }
    };
    let mut source = file_source(path, kind, Some(size));
    with_parts(&mut source);
    Ok(source)
}

/// If the file is the first part of a split one, adds the others.
fn with_parts(source: &mut Source) {
    let Some(name) = source.path.file_name().and_then(|n| n.to_str()).and_then(PartName::parse) else {
        return;
    };
    if !name.is_first() {
        return;
    }
    let (more, missing) = following(&source.path, &name);
    source.gap = missing.map(|m| format!("part '{m}' is missing: what comes after it cannot be read"));
    if more.is_empty() && source.gap.is_none() {
        return;
    }
    let bytes: u64 = more.iter().filter_map(|p| fs::metadata(p).ok()).map(|d| d.len()).sum();
    source.size = source.size.map(|s| s.saturating_add(bytes));
    source.name = name.stem.into_bytes();
    if let Place::Files(files) = &mut source.place {
        files.extend(more);
    }
}

fn in_folder(path: &Path) -> Result<Discovery, Error> {
    fs::read_dir(path).map_err(|e| Error::io(path, e))?;
    let mut scan = Scan::default();
    scan.folder(path, None, 0);
    if scan.sources.is_empty() {
        return Err(match scan.passed {
            0 => Error::Empty(path.to_path_buf()),
            passed => Error::NotABundle {
                path: path.to_path_buf(),
                found: format!("{passed} files were looked at"),
                hint: None,
            },
        });
    }
    if scan.passed > 0 {
        let text = format!("{} files in '{}' are nothing this program reads", scan.passed, path.display());
        scan.remark(text);
    }
    if scan.links > 0 {
        let text = format!("{} links in '{}' were not followed", scan.links, path.display());
        scan.remark(text);
    }
    for source in &mut scan.sources {
        if let Place::Tree { root, apart } = &source.place {
            source.size = Some(folder::size(root, apart));
        }
    }
    let kind = match scan.sources.as_slice() {
        [one] if one.path == path => one.kind,
        _ => InputKind::Folder,
    };
    Ok(Discovery { kind, sources: scan.sources, notes: scan.notes })
}

/// What a file of a folder is.
enum FileInFolder {
    Bundle(Source),
    Log,
    Other,
}

#[derive(Default)]
struct Scan {
    sources: Vec<Source>,
    notes: Vec<Note>,
    passed: u64,
    links: u64,
}

impl Scan {
    fn remark(&mut self, text: String) {
        self.notes.push(Note { kind: NoteKind::Remark, member: None, text });
    }

    fn unreadable(&mut self, path: &Path, why: &str) {
        let text = format!("'{}' cannot be read: {why}", path.display());
        self.notes.push(Note { kind: NoteKind::Damaged, member: None, text });
    }

    /// Looks into one folder; `loose` is the index of the loose logs it lies in, if any.
    fn folder(&mut self, dir: &Path, loose: Option<usize>, depth: usize) {
        if layout::is_bundle(|path| dir.join(path).is_dir(), |path| dir.join(path).exists()) {
            self.set_apart(loose, dir);
            self.tree(dir);
            return;
        }
        let (files, folders) = self.list(dir);
        let mut taken = BTreeSet::new();
        let mut found = Vec::new();
        let (mut others, mut has_logs) = (0, false);
        for file in &files {
            if taken.contains(file) {
                continue;
            }
            match self.file(file) {
                FileInFolder::Bundle(source) => {
                    if let Place::Files(parts) = &source.place {
                        taken.extend(parts.iter().cloned());
                    }
                    found.push(source);
                }
                FileInFolder::Log => has_logs = true,
                FileInFolder::Other => others += 1,
            }
        }
        let loose = match loose {
            None if has_logs => Some(self.tree(dir)),
            other => other,
        };
        for part in &taken {
            self.set_apart(loose, part);
        }
        self.sources.extend(found);
        if loose.is_none() {
            self.passed += others;
        }
        for folder in folders {
            if depth >= MAX_FOLDER_DEPTH {
                self.unreadable(&folder, "folders are nested too deep");
            } else {
                self.folder(&folder, loose, depth + 1);
            }
        }
    }

    /// What a file is by its bytes: a bundle, a log under whatever name, something else.
    fn file(&mut self, file: &Path) -> FileInFolder {
        let name = own_name(file);
        let head = match head(file) {
            Ok(head) => head,
            Err(error) => {
                self.unreadable(file, &error.to_string());
                return FileInFolder::Other;
            }
        };
        match detect::file(&head, &name) {
            Detected::Bundle(kind) if !detect::is_office_file(&head) => {
                let size = fs::metadata(file).ok().map(|d| d.len());
                let mut source = file_source(file, kind, size);
                with_parts(&mut source);
                FileInFolder::Bundle(source)
            }
            _ if is_log_name(without_packing(&name)) => FileInFolder::Log,
            Detected::Log if stray_log(&head).is_some() => FileInFolder::Log,
            _ => FileInFolder::Other,
        }
    }

    fn tree(&mut self, root: &Path) -> usize {
        self.sources.push(Source {
            kind: InputKind::Extracted,
            name: own_name(root),
            path: root.to_path_buf(),
            place: Place::Tree { root: root.to_path_buf(), apart: Vec::new() },
            size: None,
            gap: None,
        });
        self.sources.len() - 1
    }

    /// Keeps `path` out of the loose logs around it.
    fn set_apart(&mut self, loose: Option<usize>, path: &Path) {
        let around = loose.and_then(|i| self.sources.get_mut(i));
        if let Some(Source { place: Place::Tree { apart, .. }, .. }) = around {
            apart.push(path.to_path_buf());
        }
    }

    /// Files and folders directly in `dir`, each in the order of their names.
    fn list(&mut self, dir: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        for entry in walkdir::WalkDir::new(dir).min_depth(1).max_depth(1).sort_by_file_name() {
            match entry {
                Ok(e) if e.file_type().is_file() => files.push(e.into_path()),
                Ok(e) if e.file_type().is_dir() => folders.push(e.into_path()),
                Ok(_) => self.links += 1,
                Err(e) => {
                    let why = e.io_error().map_or_else(|| e.to_string(), ToString::to_string);
                    self.unreadable(e.path().unwrap_or(dir), &why);
                }
            }
        }
        (files, folders)
    }
}

#[cfg(test)]
#[path = "discover_tests.rs"]
mod tests;
