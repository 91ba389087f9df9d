//! What a file is that is no input, by its first bytes, and the word for it: so that a user sees what became of it.

use super::detect::first_zip_name;
use super::magic::{Magic, looks_like_archive, sniff};
use super::zip_head::is_encrypted;
use crate::terms::{FileKind, FileRole};
use std::path::PathBuf;

/// A file that was given, or found in a folder that was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Its path: as it was given, or from the folder that was given on.
    pub path: PathBuf,
    /// Its bytes on the disk.
    pub bytes: u64,
    /// What it is.
    pub kind: FileKind,
    /// What was done with it.
    pub role: FileRole,
    /// Why, in a sentence.
    pub why: Option<String>,
    /// The number of its input among those that were found.
    pub source: Option<usize>,
}

/// What is known of a kind of file: where which bytes stand, what it is, and the word for it.
const KINDS: &[(usize, &[u8], FileKind, &str)] = &[
    (0, b"%PDF", FileKind::Document, "a PDF document"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind::Document, "an Office document or a mail of Outlook"),
    (0, b"{\\rtf", FileKind::Document, "an RTF document"),
    (0, b"\x89PNG\r\n\x1a\n", FileKind::Picture, "a picture"),
    (0, b"\xff\xd8\xff", FileKind::Picture, "a picture"),
    (0, b"GIF8", FileKind::Picture, "a picture"),
    (0, b"BM", FileKind::Picture, "a picture"),
    (0, b"ElfFile\0", FileKind::GuestEvents, "a Windows event log"),
    (0, b"PAGEDUMP", FileKind::GuestDump, "a memory dump of Windows"),
    (0, b"PAGEDU64", FileKind::GuestDump, "a memory dump of Windows"),
    (0, b"MDMP", FileKind::GuestDump, "a minidump of a Windows process"),
    (0, b"\xd2\xbe\xd2\xbe", FileKind::Other, "the saved state of a VM"),
    (0, b"\xd0\xbe\xd2\xbe", FileKind::Other, "the saved state of a VM"),
    (0, b"KDMV", FileKind::Other, "a virtual disk"),
    (0, b"MZ", FileKind::Other, "a Windows program"),
    (0, b"\x7fELF", FileKind::Other, "a program or a core dump"),
    (32_769, b"CD001", FileKind::Other, "an ISO image"),
];

/// What a file is that is neither a bundle nor a log, what becomes of it, and why.
pub(super) fn tell(head: &[u8], name: &[u8]) -> (FileKind, FileRole, Option<String>) {
    let archive = looks_like_archive(name);
    let unread = |what: String| (FileKind::Archive, FileRole::NotRead, Some(what));
    let known =
        KINDS.iter().find(|(at, magic, ..)| head.get(*at..).is_some_and(|head| head.starts_with(magic)));
    match sniff(head) {
        Magic::Foreign(format) => unread(format!("it is {format} data: unpack it and give the result")),
        Magic::Zip if is_encrypted(head) => {
            unread("it is an encrypted zip: pack it again without a password".into())
        }
        Magic::Empty if archive => {
            unread("it contains no data: the copy or the download may have failed".into())
        }
        Magic::Empty => (FileKind::Other, FileRole::NotNeeded, Some("it contains no data".into())),
        Magic::Text if is_web_page(head) && archive => {
            unread("it is a web page: the download needed a login".into())
        }
        Magic::Text if archive => unread("it is a text, not an archive: the download may have failed".into()),
        Magic::Text if is_web_page(head) => {
            (FileKind::Document, FileRole::NotNeeded, Some("it is a web page".into()))
        }
        Magic::Zip => {
            let word = if is_office_file(head) { "an Office document or a program package" } else { "a zip" };
            (FileKind::Document, FileRole::NotNeeded, Some(format!("it is {word}")))
        }
        _ => match known {
            Some((_, _, kind, word)) if !archive => {
                (*kind, FileRole::NotNeeded, Some(format!("it is {word}")))
            }
            Some((_, _, _, word)) => unread(format!("it is {word}, not an archive")),
            None if archive => unread("it is no archive, though its name says so".into()),
            None => (FileKind::Other, FileRole::NotNeeded, None),
        },
    }
}

fn is_web_page(head: &[u8]) -> bool {
    let start: Vec<u8> = head.iter().copied().skip_while(u8::is_ascii_whitespace).take(64).collect();
    let start = String::from_utf8_lossy(&start).to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// Whether a zip is a document or a program package rather than an archive of files.
pub(super) fn is_office_file(head: &[u8]) -> bool {
    const NAMES: [&[u8]; 4] = [b"[Content_Types].xml", b"mimetype", b"META-INF", b"_rels"];
    sniff(head) == Magic::Zip
        && first_zip_name(head)
            .is_some_and(|name| NAMES.iter().any(|n| name.split(|b| *b == b'/').next() == Some(*n)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_input_gets_its_word() {
        let told = |head: &[u8], name: &[u8]| {
            let (kind, role, why) = tell(head, name);
            (kind, role, why.unwrap_or_default())
        };
        let (kind, role, why) = told(b"7z\xbc\xaf\x27\x1c\0\x04", b"logs.7z");
        assert!((kind, role) == (FileKind::Archive, FileRole::NotRead) && why.contains("7-Zip"), "{why}");
        let page = told(b"\n<!DOCTYPE html><html>", b"esx01.tgz");
        assert!(page.1 == FileRole::NotRead && page.2.contains("login"), "{}", page.2);
        assert_eq!(told(b"<html>", b"ticket.html").1, FileRole::NotNeeded);
        assert_eq!(told(b"", b"esx01.tgz").1, FileRole::NotRead);
        assert_eq!(told(b"", b"fdm.log").1, FileRole::NotNeeded);
        assert_eq!(told(b"not found", b"esx01.tgz").1, FileRole::NotRead);
        assert_eq!(told(b"Dear all", b"mail.txt"), (FileKind::Other, FileRole::NotNeeded, String::new()));
        for (head, kind) in [
            (&b"%PDF-1.7"[..], FileKind::Document),
            (b"\xff\xd8\xff\xe0", FileKind::Picture),
            (b"ElfFile\0\0", FileKind::GuestEvents),
            (b"PAGEDU64", FileKind::GuestDump),
        ] {
            assert_eq!((told(head, b"x").0, told(head, b"x").1), (kind, FileRole::NotNeeded));
        }
    }
}
