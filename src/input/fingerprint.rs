//! By what an input is known again without being read: size, time, and a hash of its first bytes.

use std::fs::{File, Metadata};
use std::io::Read;
use std::time::UNIX_EPOCH;

use super::folder;
use super::source::{Place, Source};

/// Bytes that are hashed.
const PREFIX_BYTES: u64 = 1 << 20;

/// By what an input is known again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Fingerprint {
    /// Bytes of all its files.
    pub size: u64,
    /// When the newest of them was last changed, in milliseconds since 1970.
    pub modified: u64,
    /// Of its first MiB; for a folder of the names, sizes and times in it. FNV-1a, 64 bits, in hexadecimal.
    pub hash: String,
}

impl Source {
    /// By what it is known again; `None` for standard input, pipes and what cannot be read.
    #[must_use]
    pub fn mark(&self) -> Option<Fingerprint> {
        let (mut size, mut newest) = (0_u64, 0_u64);
        let mut take = |data: &Metadata| {
            size = size.saturating_add(data.len());
            let time = data.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let time = time.and_then(|time| u64::try_from(time.as_millis()).ok()).unwrap_or(0);
            newest = newest.max(time);
            time
        };
        let mut hash = Fnv::default();
        match &self.place {
            Place::Stdin | Place::Stream(_) | Place::Bytes(_) => return None,
            Place::Files(files) => {
                for file in files {
                    let data = std::fs::metadata(file).ok().filter(Metadata::is_file)?;
                    take(&data);
                }
                let mut head = Vec::new();
                File::open(files.first()?).ok()?.take(PREFIX_BYTES).read_to_end(&mut head).ok()?;
                hash.add(&head);
            }
            Place::Tree { root, apart } => {
                for entry in folder::entries(root, apart).filter_map(Result::ok) {
                    let Some(data) = entry.metadata().ok().filter(Metadata::is_file) else { continue };
                    let time = take(&data);
                    hash.add(
                        entry
                            .path()
                            .strip_prefix(root)
                            .unwrap_or(entry.path())
                            .as_os_str()
                            .as_encoded_bytes(),
                    );
                    hash.add(&[0]);
                    hash.add(&data.len().to_le_bytes());
                    hash.add(&time.to_le_bytes());
                }
            }
        }
        Some(Fingerprint { size, modified: newest, hash: hash.shown() })
    }
}

/// FNV-1a of 64 bits. It tells one bundle from another; it does not resist an attack.
#[derive(Debug, Clone, Copy)]
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Takes more bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// The hash so far, as 16 hexadecimal digits.
    #[must_use]
    pub fn shown(self) -> String {
        format!("{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Source, discover};
    use super::*;

    #[test]
    fn the_hash_is_fnv() {
        let mut hash = Fnv::default();
        hash.add(b"foobar");
        assert_eq!(hash.shown(), "85944171f73967e8");
    }

    #[test]
    fn a_change_of_bytes_or_size_changes_the_mark() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vmware.log");
        let marked = |text: &str| {
            std::fs::write(&path, text).unwrap();
            discover(&path).unwrap().sources[0].mark().unwrap()
        };
        let one = marked("2025 one\n");
        assert_eq!(one.size, 9);
        assert_ne!(one.hash, marked("2025 two\n").hash);
        assert_ne!(one.size, marked("2025 three\n").size);
        let folder = || discover(dir.path()).unwrap().sources[0].mark().unwrap();
        let before = folder();
        assert_eq!(before, folder());
        std::fs::write(dir.path().join("hostd.log"), "x").unwrap();
        assert_ne!(before, folder());
        assert_eq!(Source::stdin().mark(), None);
    }
}
