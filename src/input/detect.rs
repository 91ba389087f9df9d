//! What a file is, from its first bytes and, where those leave it open, its name.

use super::magic::{DETECT_BYTES, Magic, TAR_BLOCK_BYTES, header, holds_member, looks_like_archive, sniff};
use super::name::{normalise, without_packing};
use super::packing::{Packing, Unpack};
use super::peek_reader::{ByteSource, COMPRESSED_BUFFER_BYTES, PeekReader, ReadSource};
use super::stream_end::Counters;
use super::zip_head::{LOCAL, Local};
use crate::limits::Limits;
use crate::log_content::inflated;
use crate::log_table::is_log_name;
use crate::progress::Meter;
use crate::terms::InputKind;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detected {
    /// An archive.
    Bundle(InputKind),
    /// One log, plain or gzipped.
    Log,
    Empty,
    Other(Magic),
}

/// Bytes of a gzip's content that are looked at: enough for a first member's long name.
const INNER_DETECT_BYTES: usize = 4 * DETECT_BYTES;

/// Tells a file by its first bytes; a few KiB are enough.
pub(super) fn file(head: &[u8], name: &[u8]) -> Detected {
    match sniff(head) {
        Magic::Tar => Detected::Bundle(kind_of(first_tar_name(head))),
        Magic::Zip => Detected::Bundle(kind_of(first_zip_name(head))),
        Magic::Gzip => gzip(head, name),
        Magic::Text => Detected::Log,
        Magic::Binary if is_log_name(name) => Detected::Log,
        Magic::Empty => Detected::Empty,
        Magic::Foreign(_) if Packing::of(head).is_some() => {
            unpacked(&unpack(head), head, without_packing(name))
        }
        other => Detected::Other(other),
    }
}

fn gzip(head: &[u8], name: &[u8]) -> Detected {
    unpacked(&inflated(head, INNER_DETECT_BYTES), head, name)
}

/// What a compressed file is, by the begin of its content.
fn unpacked(inner: &[u8], head: &[u8], name: &[u8]) -> Detected {
    match sniff(inner) {
        Magic::Tar => Detected::Bundle(kind_of(first_tar_name(inner))),
        Magic::Zip => Detected::Bundle(kind_of(first_zip_name(inner))),
        Magic::Gzip => Detected::Bundle(InputKind::VmSupport),
        Magic::Text => Detected::Log,
        _ if is_log_name(name) => Detected::Log,
        // Its first header may be damaged: what its name says is tried.
        Magic::Binary if looks_like_archive(name) || holds_member(inner) => {
            Detected::Bundle(InputKind::VmSupport)
        }
        // Torn at the very begin.
        Magic::Empty if looks_like_archive(name) || head.len() < TAR_BLOCK_BYTES => {
            Detected::Bundle(InputKind::VmSupport)
        }
        other => Detected::Other(other),
    }
}

/// The begin of what a file in another compression than gzip contains.
fn unpack(head: &[u8]) -> Vec<u8> {
    let limits = Limits::default();
    let ledger = Counters::new(&limits, Meter::SILENT);
    let Some(packing) = Packing::of(head) else { return Vec::new() };
    let body = PeekReader::new(Box::new(ReadSource::new(head, &ledger)), COMPRESSED_BUFFER_BYTES, &ledger);
    let mut out = vec![0; INNER_DETECT_BYTES];
    let filled = Unpack::new(packing, Box::new(body), &ledger).pull(&mut out);
    out.truncate(filled);
    out
}

fn kind_of(first: Option<Vec<u8>>) -> InputKind {
    match first {
        // Deeper ones are the archives a bundle itself holds.
        Some(path) if looks_like_archive(&path) && path.iter().filter(|b| **b == b'/').count() <= 1 => {
            InputKind::Wrapper
        }
        _ => InputKind::VmSupport,
    }
}

/// The name of the first file in a tar, as far as it lies in `head`.
fn first_tar_name(head: &[u8]) -> Option<Vec<u8>> {
    let mut at = 0_usize;
    loop {
        let block = head.get(at..)?;
        let header = header(block)?;
        let kind = header.entry_type();
        if kind.is_file() {
            return Some(normalise(&header.path_bytes()));
        }
        let size = if kind.is_dir() { 0 } else { usize::try_from(header.entry_size().ok()?).ok()? };
        at = at.checked_add(TAR_BLOCK_BYTES)?.checked_add(size.checked_next_multiple_of(TAR_BLOCK_BYTES)?)?;
    }
}

/// The name of the first file in a zip, as far as it lies in `head`.
pub(super) fn first_zip_name(head: &[u8]) -> Option<Vec<u8>> {
    let mut rest = head;
    if rest.starts_with(b"PK\x07\x08") || rest.starts_with(b"PK00") {
        rest = rest.get(4..)?;
    }
    loop {
        let local = Local::parse(rest)?;
        let name_end = LOCAL + usize::from(local.name);
        let name = rest.get(LOCAL..name_end)?;
        if !matches!(name.last(), Some(b'/' | b'\\')) {
            return Some(normalise(name));
        }
        rest = rest.get(name_end + usize::from(local.extra)..)?;
    }
}
