//! Reads one source from its first byte to its last.

use std::fs::File;
use std::io::{self, Read};

use super::file_kind;
use super::magic::{DETECT_BYTES, Magic};
use super::name::shown;
use super::parts::Parts;
use super::peek_reader::{self, COMPRESSED_BUFFER_BYTES, MemberBody, PeekReader, ReadSource};
use super::read_ahead::{MIN_READ_AHEAD_BYTES, Offload, ReadAhead};
use super::sink::{NoteKind, Sink};
use super::source::{Place, Source};
use super::stream_end::{Counters, StreamEnd};
use super::walk::{Found, Walker};
use crate::error::Error;
use crate::limits::Limits;
use crate::log_table::is_log_name;
use crate::progress::Meter;
use crate::terms::{FileKind, InputKind, InputState};

/// What came of reading one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// In what state it was.
    pub state: InputState,
    /// Members met, in all nested containers, those the sink skipped included; links and folders are not.
    pub members: u64,
    /// Uncompressed bytes of members met, skipped ones included; a container that was descended into counts by its
    /// members. Skipped files of a folder count with their size though they are not read.
    pub bytes: u64,
    /// What it turned out to be.
    pub kind: InputKind,
    /// Whether [`Limits::stop`] ended it.
    pub stopped: bool,
}

/// Reads `source` on this thread and pushes its members into `sink`, in the order of the input.
///
/// Memory is bounded by a few hundred KiB a nesting level, whatever the input holds.
///
/// # Errors
/// Only if there is nothing to read: the file is missing, not permitted, empty or nothing known. Damage and
/// truncation are reported by notes and by [`Outcome::state`].
pub fn read(
    source: &Source,
    limits: &Limits,
    sink: &mut dyn Sink,
    meter: Meter<'_>,
) -> Result<Outcome, Error> {
    read_ahead(source, limits, sink, meter, None)
}

/// Reads as [`read`] does; a large file is read ahead of its decompressor by the threads behind `aside`, as far as
/// they have time.
///
/// # Errors
/// As [`read`].
pub fn read_ahead(
    source: &Source,
    limits: &Limits,
    sink: &mut dyn Sink,
    meter: Meter<'_>,
    aside: Option<&Offload<'_>>,
) -> Result<Outcome, Error> {
    let ledger = Counters::new(limits, meter);
    let mut walker = Walker::new(sink, &ledger);
    if let Some(gap) = &source.gap {
        walker.note(NoteKind::Truncated, None, gap.clone());
    }
    match &source.place {
        Place::Stdin => one_stream(&mut walker, source.name(), &mut io::stdin().lock()),
        Place::Stream(taken) => {
            let gone = || Error::io(source.path(), io::Error::other("the stream was read before"));
            one_stream(&mut walker, source.name(), &mut taken.take().ok_or_else(gone)?)
        }
        Place::Bytes(bytes) => one_stream(&mut walker, source.name(), &mut &*bytes.0),
        Place::Files(files) => {
            let first = File::open(source.path()).map_err(|e| Error::io(source.path(), e))?;
            walker.file_modified = first.metadata().ok().as_ref().and_then(super::folder::modified);
            let parts = Parts::new(first, files.iter().skip(1).cloned().collect());
            let aside = aside.filter(|_| source.size.is_some_and(|size| size >= MIN_READ_AHEAD_BYTES));
            let from: Box<dyn peek_reader::ByteSource + '_> = match aside {
                Some(aside) => Box::new(ReadAhead::new(parts, aside, &ledger)),
                None => Box::new(ReadSource::new(parts, &ledger)),
            };
            stream(&mut walker, source.name(), from)
        }
        Place::Tree { root, apart } => {
            walker.tree(source.name(), root, apart);
            Ok(finish(&mut walker, InputKind::Extracted))
        }
    }
}

/// Reads an archive or a log from any stream, as [`read`] does from a file; `name` is what a file would be called.
///
/// # Errors
/// If the stream is empty or nothing known.
pub fn read_stream(
    name: &[u8],
    from: &mut dyn Read,
    limits: &Limits,
    sink: &mut dyn Sink,
    meter: Meter<'_>,
) -> Result<Outcome, Error> {
    let ledger = Counters::new(limits, meter);
    let mut walker = Walker::new(sink, &ledger);
    stream(&mut walker, name, Box::new(ReadSource::new(from, &ledger)))
}

/// Reads a stream whose first bytes were not looked at.
fn one_stream(walker: &mut Walker<'_>, name: &[u8], from: &mut dyn Read) -> Result<Outcome, Error> {
    let ledger = walker.ledger;
    stream(walker, name, Box::new(ReadSource::new(from, ledger)))
}

fn stream(
    walker: &mut Walker<'_>,
    name: &[u8],
    from: Box<dyn peek_reader::ByteSource + '_>,
) -> Result<Outcome, Error> {
    let mut peek = PeekReader::new(from, COMPRESSED_BUFFER_BYTES, walker.ledger).outermost();
    let kind = match walker.container(&mut peek, name, 1) {
        Found::Archive if walker.outer_nested > 0 && walker.outer_read == 0 => InputKind::Wrapper,
        Found::Archive => InputKind::VmSupport,
        Found::Single => InputKind::Log,
        Found::Other(what) if what == Magic::Text || (what == Magic::Binary && is_log_name(name)) => {
            walker.sink.bundle_begins(name);
            walker.single(&mut peek, name, 0, 1);
            walker.sink.bundle_ends();
            InputKind::Log
        }
        Found::Other(Magic::Empty) if peek.fate() == StreamEnd::Stopped => {
            walker.ended(&StreamEnd::Stopped, None, 0, "before any member");
            InputKind::VmSupport
        }
        Found::Other(what) => return Err(unknown(name, what, &mut peek)),
    };
    Ok(finish(walker, kind))
}

fn unknown(name: &[u8], what: Magic, peek: &mut PeekReader<'_>) -> Error {
    let name = shown(name);
    if what == Magic::Empty {
        if let StreamEnd::Io(why) = peek.fate() {
            return Error::Io { path: name.into(), error: io::Error::other(why) };
        }
        return Error::Empty(name.into());
    }
    let (found, hint) = what_to_try(what, peek.window(DETECT_BYTES), name.as_bytes());
    Error::NotABundle { path: name.into(), found, hint }
}

/// What was found instead of a bundle, and what may help.
pub(super) fn what_to_try(what: Magic, head: &[u8], name: &[u8]) -> (String, Option<String>) {
    if let (
        FileKind::Document | FileKind::Picture | FileKind::GuestDump | FileKind::GuestEvents,
        _,
        Some(why),
    ) = file_kind::tell(head, name)
    {
        let hint = "give the .tgz that vm-support wrote, or a single log such as vmware.log";
        return (why.trim_start_matches("it is ").to_owned(), Some(hint.to_owned()));
    }
    match what {
        Magic::Foreign(format) => (format!("{format} data"), Some("unpack it and give the result".to_owned())),
        _ if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") => {
            ("UTF-16 text".to_owned(), Some("save it as UTF-8 and try again".to_owned()))
        }
        _ => (
            "binary data of an unknown kind".to_owned(),
            Some(
                "give the .tgz that vm-support wrote, or a single log such as vmware.log; of a split archive give the \
                 first part"
                    .to_owned(),
            ),
        ),
    }
}

fn finish(walker: &mut Walker<'_>, kind: InputKind) -> Outcome {
    walker.notes_kept_back();
    let state = InputState::of_walk(walker.members, walker.truncated, walker.damaged);
    Outcome { state, members: walker.members, bytes: walker.bytes, kind, stopped: walker.stopped }
}
