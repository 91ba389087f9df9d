//! The paths of a run: those of the command line, of a list, and those that a pattern matches where no shell did it.

use super::args::InputArgs;
use super::exit::Failure;
use crate::selection::matches;
use crate::{Error, Source};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Bytes of a list of paths that are read at most.
const MAX_LIST_BYTES: u64 = 64 << 20;

impl InputArgs {
    /// Adds the paths of `--files-from`, and puts the files that a pattern matches in its place.
    pub(crate) fn expand(&mut self) -> Result<(), Failure> {
        if let Some(list) = &self.files_from {
            if list.as_os_str() == "-" && self.paths.iter().any(|path| path.as_os_str() == "-") {
                return Err(Failure::usage(
                    "standard input is the list of --files-from and cannot be an input too",
                ));
            }
            let listed = listed(&read_list(list)?);
            if listed.is_empty() && self.paths.is_empty() {
                return Err(Failure::usage(format!(
                    "--files-from {}: the list names no file",
                    list.display()
                )));
            }
            self.paths.extend(listed);
        }
        self.paths = std::mem::take(&mut self.paths).into_iter().flat_map(matching).collect();
        Ok(())
    }

    /// What is given.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let source = |path: &PathBuf| match &self.name {
            Some(name) if path.as_os_str() == "-" => Source::reader(name, io::stdin()),
            _ => Source::path(path.as_path()),
        };
        self.paths.iter().map(source).collect()
    }
}

fn read_list(list: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if list.as_os_str() == "-" {
        io::stdin().lock().take(MAX_LIST_BYTES).read_to_end(&mut bytes)
    } else {
        fs::File::open(list).and_then(|file| file.take(MAX_LIST_BYTES).read_to_end(&mut bytes))
    };
    read.map(|_| bytes).map_err(|error| Failure::from(Error::io(list, error)))
}

/// The paths of a list, which are separated by NUL, or else by line ends.
fn listed(bytes: &[u8]) -> Vec<PathBuf> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let separator = if bytes.contains(&0) { 0 } else { b'\n' };
    let names = bytes.split(|byte| *byte == separator);
    let names =
        names.map(|name| if separator == 0 { name } else { name.strip_suffix(b"\r").unwrap_or(name) });
    names.filter(|name| !name.is_empty()).map(path).collect()
}

#[cfg(unix)]
fn path(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(name))
}

#[cfg(not(unix))]
fn path(name: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(name).into_owned())
}

/// The files that a pattern in the last part of a path matches, in the order of their names; the path itself if it is
/// there, or if nothing matches.
fn matching(given: PathBuf) -> Vec<PathBuf> {
    let pattern = given.file_name().and_then(|name| name.to_str()).filter(|name| name.contains(['*', '?']));
    let Some(pattern) = pattern.filter(|_| !given.exists()) else { return vec![given] };
    let folder = given.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Ok(entries) = fs::read_dir(folder.unwrap_or(Path::new("."))) else { return vec![given] };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut found: Vec<String> = names.filter(|name| matches(pattern, name)).collect();
    if found.is_empty() {
        return vec![given];
    }
    found.sort();
    found
        .into_iter()
        .map(|name| folder.map_or_else(|| PathBuf::from(&name), |folder| folder.join(&name)))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_list_has_lines_or_nul() {
        let names = |bytes: &[u8]| -> Vec<String> {
            listed(bytes).iter().map(|path| path.display().to_string()).collect()
        };
        assert_eq!(names(b"a.tgz\r\nb c.tgz\n\n"), ["a.tgz", "b c.tgz"]);
        assert_eq!(names(b"a\nb.tgz\0c.tgz\0"), ["a\nb.tgz", "c.tgz"]);
        assert_eq!(names(b"\xef\xbb\xbfa.tgz"), ["a.tgz"]);
        assert_eq!(names(b"\n"), [""; 0]);
    }

    #[test]
    fn a_pattern_that_no_shell_expanded_is_expanded() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.tgz", "a.tgz", "c.txt", "x[1]*.tgz"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let names = |pattern: &str| -> Vec<String> {
            let found = matching(folder.path().join(pattern)).into_iter();
            found.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect()
        };
        assert_eq!(names("?.tgz"), ["a.tgz", "b.tgz"]);
        assert_eq!(names("x[1]*.tgz"), ["x[1]*.tgz"], "a file of that name wins");
        assert_eq!(names("*.zip"), ["*.zip"]);
        assert_eq!(names("c.txt"), ["c.txt"]);
    }
}
