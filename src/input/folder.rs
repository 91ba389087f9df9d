//! Delivers the files of a folder as if they were the members of an archive.

use std::collections::BTreeSet;
use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use walkdir::{DirEntry, WalkDir};

use super::name::normalise;
use super::peek_reader::{COMPRESSED_BUFFER_BYTES, LOOK_AHEAD_BYTES, PeekReader, ReadSource};
use super::sink::{End, Member, NoteKind, Open};
use super::stream_end::StreamEnd;
use super::walk::{Walker, inside};

/// Entries of a folder in the order of their names, links not followed, without what lies `apart`.
pub(super) fn entries(root: &Path, apart: &[PathBuf]) -> impl Iterator<Item = walkdir::Result<DirEntry>> {
    let apart: BTreeSet<PathBuf> = apart.iter().cloned().collect();
    WalkDir::new(root)
        .min_depth(1)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(move |entry| !apart.contains(entry.path()))
}

/// Bytes of all files of a folder; what cannot be looked at counts nothing.
pub(super) fn size(root: &Path, apart: &[PathBuf]) -> u64 {
    entries(root, apart)
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| entry.metadata().ok())
        .map(|data| data.len())
        .sum()
}

/// When a file was last changed, in seconds since 1970 UTC.
pub(super) fn modified(data: &Metadata) -> Option<i64> {
    let time = data.modified().ok()?;
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).ok(),
        Err(before) => i64::try_from(before.duration().as_secs()).ok().map(|s| -s),
    }
}

impl Walker<'_> {
    /// Delivers every file below `root`, its path begun with `name` as an archive's would be with its top folder.
    pub(super) fn tree(&mut self, name: &[u8], root: &Path, apart: &[PathBuf]) {
        self.sink.bundle_begins(name);
        let mut links = 0_u64;
        for entry in entries(root, apart) {
            if self.halted {
                break;
            }
            if self.ledger.limits.stop.is_set() {
                self.ended(&StreamEnd::Stopped, None, self.bytes, "between two files of the folder");
                break;
            }
            match entry {
                Ok(entry) if entry.file_type().is_file() => self.tree_file(name, root, &entry),
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(_) => links += 1,
                Err(error) => {
                    let path = error.path().map(|p| member_path(name, root, p));
                    let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                    self.note(NoteKind::Damaged, path.as_deref(), format!("cannot be read: {why}"));
                }
            }
        }
        if links > 0 {
            let text = format!("{links} links and devices in the folder were not followed");
            self.note(NoteKind::Remark, None, text);
        }
        self.remarks();
        self.sink.bundle_ends();
    }

    fn tree_file(&mut self, name: &[u8], root: &Path, entry: &DirEntry) {
        let ledger = self.ledger;
        let path = member_path(name, root, entry.path());
        let data = entry.metadata().ok();
        let size = data.as_ref().map_or(0, Metadata::len);
        let member = Member { path: &path, size, modified: data.as_ref().and_then(modified), alone: false };
        let Some(open) = self.offer(&member) else { return };
        if open == Open::Skip {
            ledger.meter.advance(size);
            self.bytes = self.bytes.saturating_add(size);
            return;
        }
        match File::open(entry.path()) {
            Ok(file) => {
                let told = self.endings;
                let mut peek =
                    PeekReader::new(Box::new(ReadSource::new(file, ledger)), COMPRESSED_BUFFER_BYTES, ledger)
                        .outermost();
                let open = match open {
                    Open::Look => {
                        let head = peek.window(LOOK_AHEAD_BYTES);
                        self.sink.look(&member, head.get(..LOOK_AHEAD_BYTES).unwrap_or(head))
                    }
                    open => open,
                };
                if matches!(open, Open::Skip | Open::Look) {
                    ledger.meter.advance(size);
                    self.bytes = self.bytes.saturating_add(size);
                    return;
                }
                let fate = self.deliver(open, &member, &mut peek, 1);
                if self.endings == told {
                    self.ended(&fate, Some(&path), peek.pos(), &inside(&path));
                }
            }
            Err(error) => {
                if open == Open::Read {
                    self.sink.close(End::Cut { read: 0 });
                }
                self.note(NoteKind::Damaged, Some(&path), format!("cannot be read: {error}"));
            }
        }
    }
}

fn member_path(name: &[u8], root: &Path, path: &Path) -> Vec<u8> {
    let below = path.strip_prefix(root).unwrap_or(path);
    let mut raw = name.to_vec();
    raw.push(b'/');
    raw.extend_from_slice(below.as_os_str().as_encoded_bytes());
    normalise(&raw)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::super::testing::*;
    use super::super::*;
    use super::*;
    use crate::terms::{InputKind, InputState};

    #[test]
    fn a_folder_reads_like_an_archive() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("esx-a");
        for (path, data) in [("var/run/log/vmkernel.log", "k"), ("commands/x.txt", "x"), ("README", "r")] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, data).unwrap();
        }
        let nested = gz(&tar(&[("a/b.log", b"deep")]));
        fs::write(root.join("commands/y.tgz"), nested).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/passwd", root.join("link")).unwrap();

        let found = discover(&root).unwrap();
        assert_eq!(found.kind, InputKind::Extracted);
        assert_eq!(found.sources.len(), 1);
        let mut sink = Recorder::new(descend_archives);
        let outcome = read(&found.sources[0], &Limits::default(), &mut sink, Meter::SILENT).unwrap();
        assert_eq!(outcome.state, InputState::Complete);
        assert_eq!(outcome.kind, InputKind::Extracted);
        assert_eq!(
            sink.names(),
            [
                "esx-a/README",
                "esx-a/commands/x.txt",
                "esx-a/commands/y.tgz",
                "a/b.log",
                "esx-a/var/run/log/vmkernel.log"
            ]
        );
        assert_eq!(sink.events[0], Event::Begins("esx-a".into()));
        assert_eq!(sink.events.last(), Some(&Event::Ends));
        #[cfg(unix)]
        assert_eq!(sink.note_kinds(), [NoteKind::Remark]);
    }
}
