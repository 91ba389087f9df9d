//! What bytes are, recognised by the bytes; names are only asked where bytes cannot say.

use tar::Header;

use super::packing::unpacked_name;
use super::peek_reader::LOOK_AHEAD_BYTES;

/// Bytes of a tar header, and the unit everything in a tar is aligned to.
pub(super) const TAR_BLOCK_BYTES: usize = 512;

/// What the first bytes of a stream say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Magic {
    Gzip,
    Zip,
    Tar,
    /// A compression or archive this walker does not read; its usual name.
    Foreign(&'static str),
    Text,
    Binary,
    Empty,
}

/// Bytes [`sniff`] wants to see; fewer are fine at the end of a stream.
pub(super) const DETECT_BYTES: usize = 4096;

/// Tells a stream by its first [`DETECT_BYTES`] bytes.
pub(super) fn sniff(head: &[u8]) -> Magic {
    const FOREIGN: [(&[u8], &str); 7] = [
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        (b"\x04\x22\x4d\x18", "lz4"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"\x1f\x9d", "compress (.Z)"),
    ];
    // A stream that comes in small pieces must be told as one that comes at once.
    let head = head.get(..DETECT_BYTES).unwrap_or(head);
    if head.is_empty() {
        return Magic::Empty;
    }
    if head.starts_with(b"\x1f\x8b") {
        return Magic::Gzip;
    }
    if [&b"PK\x03\x04"[..], b"PK\x05\x06", b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04"]
        .iter()
        .any(|m| head.starts_with(m))
    {
        return Magic::Zip;
    }
    if header(head).is_some() || holds_member(head) {
        return Magic::Tar;
    }
    for (magic, name) in FOREIGN {
        if head.starts_with(magic) {
            return Magic::Foreign(name);
        }
    }
    if is_text(head) { Magic::Text } else { Magic::Binary }
}

/// Whether a tar's member begins in one of the blocks of [`LOOK_AHEAD_BYTES`]: a tar is one even if its first header is
/// damaged. What lies behind is not looked at: how much of it is there depends on how the stream came.
pub(super) fn holds_member(head: &[u8]) -> bool {
    let head = head.get(..LOOK_AHEAD_BYTES).unwrap_or(head);
    head.chunks_exact(TAR_BLOCK_BYTES).any(|block| has_ustar(block) && header(block).is_some())
}

/// Whether nearly all bytes are ones a log may hold. A host that lost power leaves runs of NUL in its logs, hence
/// not a single one is needed to say no.
fn is_text(head: &[u8]) -> bool {
    let odd = head.iter().filter(|b| matches!(**b, 0..=8 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f)).count();
    odd * 20 <= head.len()
}

/// The tar header at the front of `bytes`, if its checksum is right. Old headers have no magic, so for them the
/// checksum and a name must do.
pub(super) fn header(bytes: &[u8]) -> Option<&Header> {
    let block = bytes.get(..TAR_BLOCK_BYTES)?;
    if block.first() == Some(&0) {
        return None;
    }
    let header = Header::from_byte_slice(block);
    let stated = header.cksum().ok()?;
    (checksum(block) == stated).then_some(header)
}

/// The sum of all bytes of a header, its own checksum field counted as blanks.
fn checksum(block: &[u8]) -> u32 {
    let all: u32 = block.iter().map(|b| u32::from(*b)).sum();
    let field: u32 = block.get(148..156).unwrap_or_default().iter().map(|b| u32::from(*b)).sum();
    all - field + 8 * u32::from(b' ')
}

/// Whether `bytes` has the magic of POSIX and GNU tar headers in its place.
pub(super) fn has_ustar(bytes: &[u8]) -> bool {
    bytes.get(257..262) == Some(b"ustar")
}

/// Endings of archives' names, without those of a compression beside gzip.
const ARCHIVE_ENDINGS: [&[u8]; 8] =
    [b".tgz", b".tar.gz", b".tar", b".zip", b".txz", b".tbz", b".tbz2", b".tzst"];

/// Whether a member's name says it is an archive that may hold a bundle: `.tgz`, `.tar.gz`, `.tar`, `.zip`, in
/// any case. A single gzipped log (`vmkernel.0.gz`) is not.
pub fn looks_like_archive(path: &[u8]) -> bool {
    let lower = path.to_ascii_lowercase();
    let lower = unpacked_name(&lower).unwrap_or(&lower);
    ARCHIVE_ENDINGS.iter().any(|suffix| lower.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn bytes_are_told() {
        assert_eq!(sniff(b""), Magic::Empty);
        assert_eq!(sniff(b"\x1f\x8b\x08"), Magic::Gzip);
        assert_eq!(sniff(b"PK\x03\x04..."), Magic::Zip);
        assert_eq!(sniff(b"BZh91AY"), Magic::Foreign("bzip2"));
        assert_eq!(sniff("2024-01-01T00:00:00Z gr\u{fc}n\r\n".as_bytes()), Magic::Text);
        assert_eq!(sniff(&[0; 512]), Magic::Binary);
        let mut header = Header::new_gnu();
        header.set_path("a/b").unwrap();
        header.set_size(0);
        header.set_cksum();
        assert_eq!(sniff(header.as_bytes()), Magic::Tar);
    }

    #[test]
    fn archives_are_told_by_name() {
        assert!(looks_like_archive(b"x/esx-a.tgz"));
        assert!(looks_like_archive(b"A.TAR.GZ"));
        assert!(
            looks_like_archive(b"a.tar.xz")
                && looks_like_archive(b"a.tgz.bz2")
                && looks_like_archive(b"a.txz")
        );
        assert!(!looks_like_archive(b"vmkernel.log.xz"));
        assert!(!looks_like_archive(b"var/run/log/vmkernel.0.gz"));
    }
}
