//! Whether the outputs of a run can be written, before anything is read: none is an input, none is another output, each
//! has a folder.

use super::super::args::InputArgs;
use super::super::exit::Failure;
use super::target::{Target, folder_of, resolved};
use super::{named, replace};
use crate::bundle::{Role, place, role};
use crate::clean::clean;
use crate::input::discover;
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Endings of the reports that lie in an unpacked bundle after an earlier run.
const REPORT_ENDINGS: [&str; 8] = ["txt", "json", "jsonl", "md", "html", "xml", "csv", "sarif"];

/// Looks at the outputs of a run that reads `input`.
///
/// # Errors
/// Wrong usage: an output is an input or another output, is a folder or has none, or may not be written.
pub(crate) fn check(outputs: &[Target], input: &InputArgs) -> Result<(), Failure> {
    let mut taken: BTreeMap<Identity, String> = BTreeMap::new();
    for target in outputs {
        let Some(identity) = identity_of(target)? else { continue };
        let shown = shown(target);
        if let Some(other) = taken.insert(identity.clone(), shown.clone()) {
            return Err(Failure::usage(if other == shown {
                format!("two results would be written to {shown}")
            } else {
                format!("two results would be written to one file: {other} is {shown}")
            })
            .with_hint(Some("give each its own file".to_owned())));
        }
        if let Some(what) = is_input(&identity, input) {
            return Err(Failure::usage(format!(
                "the output {shown} is {what}: writing it would destroy that"
            ))
            .with_hint(Some("name another file with -o or --report".to_owned())));
        }
    }
    outputs.iter().filter_map(|target| target.path()).try_for_each(writable)
}

fn shown(target: &Target) -> String {
    match target.path() {
        Some(path) => clean(&path.display().to_string()).into_owned(),
        None => "standard output".to_owned(),
    }
}

/// By what a file is known, whatever it is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    /// Standard output that is no regular file.
    Stdout,
    /// Device and inode.
    #[cfg(unix)]
    Inode(u64, u64),
    /// The real path of a file that does not exist yet, or of one on a system without inodes.
    Path(PathBuf),
}

impl Identity {
    /// Of a regular file, or of one that is still to be made.
    fn of(path: &Path) -> Option<Self> {
        let path = resolved(path);
        match fs::metadata(&path) {
            Ok(data) if data.is_file() => Some(Self::of_file(&data, &path)),
            Ok(_) => None,
            Err(_) => {
                let folder = folder_of(&path).canonicalize().ok()?;
                Some(Self::Path(folder.join(path.file_name()?)))
            }
        }
    }

    #[cfg(unix)]
    fn of_file(data: &fs::Metadata, _path: &Path) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self::Inode(data.dev(), data.ino())
    }

    #[cfg(not(unix))]
    fn of_file(_data: &fs::Metadata, path: &Path) -> Self {
        Self::Path(path.canonicalize().unwrap_or_else(|_| path.to_owned()))
    }
}

fn identity_of(target: &Target) -> Result<Option<Identity>, Failure> {
    let Some(path) = target.path() else {
        return Ok(Some(of_stream(&io::stdout()).unwrap_or(Identity::Stdout)));
    };
    let resolved = resolved(path);
    if resolved.is_dir() {
        return Err(Failure::usage(format!("the output {} is a folder", shown(target)))
            .with_hint(Some("name a file in it".to_owned())));
    }
    let folder = folder_of(&resolved);
    if !folder.is_dir() {
        let folder = folder.display().to_string();
        return Err(Failure::usage(format!(
            "the output {} cannot be written: there is no folder {}",
            shown(target),
            clean(&folder)
        ))
        .with_hint(Some("make the folder first".to_owned())));
    }
    Ok(Identity::of(path))
}

/// A standard stream that is a regular file.
#[cfg(unix)]
fn of_stream(stream: &impl std::os::fd::AsFd) -> Option<Identity> {
    let file = fs::File::from(stream.as_fd().try_clone_to_owned().ok()?);
    let data = file.metadata().ok().filter(fs::Metadata::is_file)?;
    Some(Identity::of_file(&data, Path::new("")))
}

#[cfg(not(unix))]
fn of_stream<T>(_stream: &T) -> Option<Identity> {
    None
}

/// What the run reads in this file, if it reads it.
fn is_input(identity: &Identity, input: &InputArgs) -> Option<&'static str> {
    for path in &input.paths {
        if path.as_os_str() == "-" {
            if of_stream(&io::stdin()).as_ref() == Some(identity) {
                return Some("an input, given on standard input");
            }
        } else if path.is_dir() {
            if lies_in(identity, path) {
                return Some("an input");
            }
        } else if reads(path, identity) {
            return Some("an input");
        }
    }
    let rules = input.rules.as_deref().into_iter().flat_map(files_below);
    for file in rules {
        if file.extension().is_some_and(|ending| ending == "toml")
            && Identity::of(&file).as_ref() == Some(identity)
        {
            return Some("a file of rules");
        }
    }
    None
}

/// Whether a file that is given is this one, or has it as a further part.
fn reads(path: &Path, identity: &Identity) -> bool {
    if Identity::of(path).as_ref() == Some(identity) {
        return true;
    }
    if !path.is_file() {
        return false;
    }
    let sources = discover(path).map(|found| found.sources).unwrap_or_default();
    sources.iter().flat_map(|source| source.files()).any(|file| Identity::of(file).as_ref() == Some(identity))
}

/// Whether a file in a folder that is given is this one and is read.
fn lies_in(identity: &Identity, folder: &Path) -> bool {
    let hits: Vec<PathBuf> =
        files_below(folder).filter(|file| Identity::of(file).as_ref() == Some(identity)).collect();
    if hits.is_empty() {
        return false;
    }
    let sources = discover(folder).map(|found| found.sources).unwrap_or_default();
    hits.iter().any(|hit| {
        sources.iter().any(|source| match source.root() {
            Some(root) => source.holds(hit) && !is_report_in(hit, root),
            None => source.files().contains(hit),
        })
    })
}

/// Whether a file in an unpacked bundle is a report of an earlier run: it lies in the topmost folder and is nothing that
/// a bundle has there.
fn is_report_in(file: &Path, root: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().as_encoded_bytes();
    let ending = file.extension().and_then(|ending| ending.to_str());
    file.parent() == Some(root)
        && ending.is_some_and(|ending| REPORT_ENDINGS.contains(&ending))
        && role(&place(name).path) == Role::Pass
}

fn files_below(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = walkdir::WalkDir::new(folder).min_depth(1).into_iter().filter_map(Result::ok);
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path)
}

/// Whether a file may be written and a new one be made beside it.
fn writable(path: &Path) -> Result<(), Failure> {
    let target = resolved(path);
    let tried = match fs::metadata(&target) {
        Ok(data) if !data.is_file() => Ok(()),
        Ok(_) => OpenOptions::new().append(true).open(&target).and_then(|_| probe(&target)),
        Err(_) => probe(&target),
    };
    tried.map_err(|error| Failure::from(named(path, &error)))
}

fn probe(target: &Path) -> io::Result<()> {
    replace::beside(target)?.close()
}
