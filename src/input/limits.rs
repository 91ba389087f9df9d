//! What a hostile or absurd input may cost, and how to stop early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Budgets of one [`read`](super::read). Passing one never fails the run: the part concerned is left out and a
/// [`NoteKind::OverBudget`](super::NoteKind::OverBudget) says so.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How deep containers may be nested; the outermost is depth 1. Each level costs
    /// about 0.5 MiB of memory and some stack. Default 4 (zip, tgz, tgz, and one to spare).
    pub depth: u32,
    /// Bytes that all decompressors together may give out. Default 1 TiB.
    pub output: u64,
    /// Bytes of one member handed to the sink. Default 64 GiB, above the largest host core.
    pub member_output: u64,
    /// Bytes a decompressor may give out for each compressed byte of the *outermost* input read meanwhile, so that
    /// the ratios of nested containers multiply. Default 1100: one layer of deflate cannot pass 1032.
    pub ratio: u64,
    /// Bytes a decompressor may give out above [`Limits::ratio`]. Default 8 GiB: the zeros of a sparse dump inside a
    /// deflated wrapper are legitimate and may pass any ratio, and inflating zeros is cheap.
    pub ratio_grace: u64,
    /// Members in all containers together. Default 4,000,000 (a large host has about 10,000).
    pub members: u64,
    /// Containers inside the outermost one. Each costs some 50 µs however small it is. Default 20,000.
    pub containers: u64,
    /// Bytes of header records (GNU long name, pax) before one tar member; they are held in memory. Default 256 KiB.
    pub header_record: u64,
    /// Notes given to the sink; the rest is only counted. Default 500.
    pub notes: u64,
    /// Ends the walk early when set from another thread.
    pub stop: Stop,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            depth: 4,
            output: 1024 * GIB,
            member_output: 64 * GIB,
            ratio: 1100,
            ratio_grace: 8 * GIB,
            members: 4_000_000,
            containers: 20_000,
            header_record: MIB / 4,
            notes: 500,
            stop: Stop::default(),
        }
    }
}

/// A flag that ends a walk at the next block of about 256 KiB; clones share it. Made for an interrupt handler.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A flag that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks every walk that holds a clone of this flag to end.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether [`Stop::set`] was called.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
