//! Finds the inputs in what the user named: a file, a folder, or `-`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::detect::{self, Detected};
use super::file_kind::{self, FoundFile, is_office_file};
use super::folder;
use super::name::{shown, without_packing};
use super::parts::{PartName, following};
use super::read::what_to_try;
use super::sink::{Note, NoteKind};
use super::source::{Place, Source, own_name};
use super::zip_head::is_encrypted;
use crate::error::Error;
use crate::layout;
use crate::log_content::stray_log;
use crate::log_table::is_log_name;
use crate::terms::{FileKind, FileRole, InputKind};

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
    /// Every file that was given or found, an unpacked bundle as one.
    pub files: Vec<FoundFile>,
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
            files: Vec::new(),
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
    let file = FoundFile { path: path.to_owned(), ..evidence(kind_of(source.kind), data.len(), Some(0)) };
    Ok(Discovery { kind: source.kind, sources: vec![source], notes: Vec::new(), files: vec![file] })
}

/// A file that was given and is nothing to analyse: what it is, and whether it may hold evidence all the same.
#[must_use]
pub fn set_aside(path: &Path, why: &Error) -> FoundFile {
    let bytes = fs::metadata(path).map_or(0, |data| data.len());
    let told = head(path).ok().map(|head| file_kind::tell(&head, &own_name(path)));
    let (kind, role) = match told {
        Some((kind, FileRole::NotNeeded, _)) if kind != FileKind::Other => (kind, FileRole::NotNeeded),
        Some((kind, ..)) => (kind, FileRole::NotRead),
        None => (FileKind::Other, FileRole::NotRead),
    };
    FoundFile { path: path.to_owned(), role, why: Some(why.to_string()), ..evidence(kind, bytes, None) }
}

/// A file that is read, under no name yet.
fn evidence(kind: FileKind, bytes: u64, source: Option<usize>) -> FoundFile {
    FoundFile { path: PathBuf::new(), bytes, kind, role: FileRole::Evidence, why: None, source }
}

const fn kind_of(input: InputKind) -> FileKind {
    match input {
        InputKind::VmSupport | InputKind::Extracted => FileKind::VmSupport,
        InputKind::Wrapper | InputKind::Folder => FileKind::Archive,
        InputKind::Log => FileKind::Log,
    }
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
    let detected = detect::file(&head, &name);
    if let Some(found) = other_than_it_seems(detected, &head, &name) {
        return Err(Error::NotABundle { path: shown(&name).into(), found, hint: None });
    }
    let kind = match detected {
        Detected::Bundle(kind) => kind,
        Detected::Log => InputKind::Log,
        Detected::Empty => return Err(Error::Empty(shown(&name).into())),
        Detected::Other(what) => {
            let (found, hint) = what_to_try(what, &head, &name);
            return Err(Error::NotABundle { path: shown(&name).into(), found, hint });
        }
    };
    let mut source = file_source(path, kind, Some(size));
    with_parts(&mut source);
    Ok(source)
}

/// The word for a file that only looks like a bundle or a log: a document, a picture, a web page under the name of a
/// bundle.
fn other_than_it_seems(detected: Detected, head: &[u8], name: &[u8]) -> Option<String> {
    let suspect = match detected {
        Detected::Bundle(_) => is_office_file(head) || is_encrypted(head),
        Detected::Log => stray_log(head).is_none(),
        Detected::Empty | Detected::Other(_) => false,
    };
    let (kind, role, why) = file_kind::tell(head, name);
    let certain = role == FileRole::NotRead || kind != FileKind::Other;
    why.filter(|_| suspect && certain).map(|why| why.trim_start_matches("it is ").to_owned())
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
    let mut scan = Scan { given: path.to_owned(), ..Scan::default() };
    scan.folder(path, None, 0);
    if scan.sources.is_empty() {
        return Err(nothing_in(path, &scan.files));
    }
    if scan.links > 0 {
        let text = format!("{} links in '{}' were not followed", scan.links, path.display());
        scan.remark(text);
    }
    for (at, source) in scan.sources.iter_mut().enumerate() {
        if let Place::Tree { root, apart } = &source.place {
            source.size = Some(folder::size(root, apart));
            // An unpacked bundle is one entry.
            let own = scan
                .files
                .iter_mut()
                .find(|file| file.source == Some(at) && file.kind == FileKind::VmSupport);
            if let Some(own) = own {
                own.bytes = source.size.unwrap_or_default();
            }
        }
    }
    scan.files.sort_by(|a, b| a.path.cmp(&b.path));
    let kind = match scan.sources.as_slice() {
        [one] if one.path == path => one.kind,
        _ => InputKind::Folder,
    };
    Ok(Discovery { kind, sources: scan.sources, notes: scan.notes, files: scan.files })
}

/// Why a folder gives nothing.
fn nothing_in(path: &Path, files: &[FoundFile]) -> Error {
    if files.is_empty() {
        return Error::Empty(path.to_path_buf());
    }
    let unread = files.iter().find(|file| file.role == FileRole::NotRead);
    let found = match unread.and_then(|file| Some((file, file.why.as_ref()?))) {
        Some((file, why)) => format!("{} files were looked at; {}: {why}", files.len(), file.path.display()),
        None => format!("{} files were looked at", files.len()),
    };
    Error::NotABundle { path: path.to_path_buf(), found, hint: None }
}

/// What a file of a folder is.
enum FileInFolder {
    Bundle(Source),
    Log(u64),
    Other(FileKind, FileRole, Option<String>, u64),
}

#[derive(Default)]
struct Scan {
    /// The folder that was given.
    given: PathBuf,
    sources: Vec<Source>,
    notes: Vec<Note>,
    files: Vec<FoundFile>,
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
            let at = self.tree(dir);
            self.list_file(dir, evidence(FileKind::VmSupport, 0, Some(at)));
            return;
        }
        let (files, folders) = self.list(dir);
        let mut taken = BTreeSet::new();
        let mut found = Vec::new();
        let mut logs = Vec::new();
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
                FileInFolder::Log(bytes) => logs.push((file, bytes)),
                FileInFolder::Other(kind, role, why, bytes) => {
                    self.list_file(file, FoundFile { role, why, ..evidence(kind, bytes, None) });
                }
            }
        }
        let loose = match loose {
            None if !logs.is_empty() => Some(self.tree(dir)),
            other => other,
        };
        for (file, bytes) in logs {
            self.list_file(file, evidence(FileKind::Log, bytes, loose));
        }
        for part in &taken {
            self.set_apart(loose, part);
        }
        for source in found {
            let at = self.sources.len();
            for part in source.files() {
                let bytes = fs::metadata(part).map_or(0, |data| data.len());
                self.list_file(part, evidence(kind_of(source.kind), bytes, Some(at)));
            }
            self.sources.push(source);
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
                let why = Some(format!("it cannot be read: {error}"));
                return FileInFolder::Other(FileKind::Other, FileRole::NotRead, why, 0);
            }
        };
        let bytes = fs::metadata(file).map_or(0, |data| data.len());
        match detect::file(&head, &name) {
            Detected::Bundle(kind) if !is_office_file(&head) && !is_encrypted(&head) => {
                let mut source = file_source(file, kind, Some(bytes));
                with_parts(&mut source);
                FileInFolder::Bundle(source)
            }
            _ if is_log_name(without_packing(&name)) => FileInFolder::Log(bytes),
            Detected::Log if stray_log(&head).is_some() => FileInFolder::Log(bytes),
            _ => {
                let (kind, role, why) = file_kind::tell(&head, &name);
                FileInFolder::Other(kind, role, why, bytes)
            }
        }
    }

    /// Adds a file to the list, under its path from the folder that was given.
    fn list_file(&mut self, path: &Path, file: FoundFile) {
        let below = path.strip_prefix(&self.given).ok().filter(|below| !below.as_os_str().is_empty());
        self.files.push(FoundFile { path: below.unwrap_or(path).to_owned(), ..file });
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
