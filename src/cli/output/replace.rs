//! A file that appears whole or not at all: it is written beside its target and moved there at the end.

use super::target::{folder_of, resolved};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// A file that is being written.
pub(super) struct NewFile {
    /// The target, its links followed.
    target: PathBuf,
    place: Destination,
}

enum Destination {
    /// A device or a pipe, which is written to as it is.
    Device(File),
    /// A new file in the folder of the target, which keeps what it holds until the end.
    Beside(NamedTempFile),
    /// The target itself, which this run made.
    Target(File),
}

impl NewFile {
    /// Begins a file whose target shows nothing of it before the end.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let target = resolved(path);
        let place = match fs::metadata(&target) {
            Ok(data) if !data.is_file() => Destination::Device(OpenOptions::new().write(true).open(&target)?),
            _ => Destination::Beside(beside(&target)?),
        };
        Ok(Self { target, place })
    }

    /// Begins a file that others may read while it grows, where there is no earlier one.
    pub(super) fn create_growing(path: &Path) -> io::Result<Self> {
        let target = resolved(path);
        match OpenOptions::new().read(true).write(true).create_new(true).open(&target) {
            Ok(file) => Ok(Self { target, place: Destination::Target(file) }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::create(path),
            Err(error) => Err(error),
        }
    }

    /// Ends the file: it takes the place of its target.
    pub(super) fn finish(self) -> io::Result<()> {
        match self.place {
            Destination::Device(mut file) => file.flush(),
            Destination::Beside(file) => moved(file, &self.target),
            Destination::Target(mut file) => {
                file.sync_all()?;
                if is_at(&file, &self.target) {
                    return Ok(());
                }
                // Another run has put its file there in the meantime. The last one to end stands.
                let mut copy = beside(&self.target)?;
                file.seek(SeekFrom::Start(0))?;
                io::copy(&mut file, &mut copy)?;
                moved(copy, &self.target)
            }
        }
    }

    /// Ends a file that is not whole. The target keeps what it held; of the new file the first `good` bytes stay, or as
    /// many as it has. Returns where.
    pub(super) fn keep_apart(self, good: u64) -> io::Result<Option<PathBuf>> {
        match self.place {
            Destination::Device(_) => Ok(None),
            // An empty file goes with its handle.
            Destination::Beside(_) if good == 0 => Ok(None),
            Destination::Beside(file) => {
                file.as_file().set_len(good.min(file.as_file().metadata()?.len()))?;
                file.as_file().sync_all()?;
                let (_, path) = file.keep().map_err(|error| error.error)?;
                Ok(Some(path))
            }
            Destination::Target(file) => {
                file.set_len(good.min(file.metadata()?.len()))?;
                file.sync_all()?;
                Ok(Some(self.target))
            }
        }
    }
}

impl NewFile {
    /// Gives up a file that says only why there is nothing to say. It stays where it is the first of its name.
    pub(super) fn discard(self) -> io::Result<()> {
        match self.place {
            Destination::Device(mut file) => file.flush(),
            Destination::Beside(file) => file.close(),
            Destination::Target(file) => file.sync_all(),
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.place {
            Destination::Device(file) | Destination::Target(file) => file.write(bytes),
            Destination::Beside(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.place {
            Destination::Device(file) | Destination::Target(file) => file.flush(),
            Destination::Beside(file) => file.flush(),
        }
    }
}

/// A new file beside `target`, under a random name that no file and no link has.
pub(super) fn beside(target: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".vmcoroner-").suffix(".part");
    #[cfg(unix)]
    if !target.exists() {
        // Less the umask, as of every new file. Beside an earlier file it is the owner's alone until the end.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder_of(target))
}

/// Moves a file that is on the disk in full to its target, whose mode it takes over.
pub(super) fn moved(file: NamedTempFile, target: &Path) -> io::Result<()> {
    if let Ok(earlier) = fs::metadata(target) {
        file.as_file().set_permissions(earlier.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(target).map_err(|error| error.error)?;
    // So that the new name is on the disk too. Some systems know no such thing for a folder.
    if let Ok(folder) = File::open(folder_of(target)) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Whether the file at `path` is this one.
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(own), Ok(there)) => same(&own, &there),
        _ => false,
    }
}

#[cfg(unix)]
fn same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn same(a: &Metadata, b: &Metadata) -> bool {
    // An open file cannot be replaced there.
    a.created().ok() == b.created().ok()
}
