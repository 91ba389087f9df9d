//! Where bytes come from: files, archives and archives in archives, read once and in order.
//!
//! This module knows gzip, tar and zip and nothing of ESXi. It walks a [`Source`] and pushes what it meets into
//! a [`Sink`], which decides by path what to do with each member. Nothing is ever written, and no name in an
//! archive is ever used as a path on this machine.

mod deliver;
mod detect;
mod discover;
mod file_kind;
mod fingerprint;
mod folder;
mod inflate;
mod magic;
mod name;
mod packing;
mod parts;
mod peek_reader;
mod read;
mod read_ahead;
mod sink;
mod source;
mod state;
mod stream_end;
mod tar_head;
mod tar_member;
mod tar_walk;
#[cfg(test)]
mod testing;
mod walk;
mod zip_body;
mod zip_head;
mod zip_walk;

pub use crate::limits::{Limits, Stop};
pub use crate::progress::Meter;
pub use discover::{Discovery, discover, set_aside};
pub use file_kind::FoundFile;
pub use fingerprint::{Fingerprint, Fnv};
pub use magic::looks_like_archive;
pub use packing::unpacked_name;
pub use read::{Outcome, read, read_ahead, read_stream};
pub use read_ahead::Offload;
pub use sink::{End, Member, Note, NoteKind, Open, Sink};
pub use source::Source;
