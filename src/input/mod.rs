//! Where bytes come from: files, archives and archives in archives, read once and in order.
//!
//! This module knows gzip, tar and zip and nothing of ESXi. It walks a [`Source`] and pushes what it meets into
//! a [`Sink`], which decides by path what to do with each member. Nothing is ever written, and no name in an
//! archive is ever used as a path on this machine.

mod sink;

pub use sink::{End, Member, Note, NoteKind, Open, Sink};
