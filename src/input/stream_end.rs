//! Why a stream of bytes ended, and the counters all streams of one walk share.

use std::cell::{Cell, RefCell};

use crate::limits::Limits;
use crate::progress::Meter;

/// Why a stream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StreamEnd {
    /// Where it should.
    Whole,
    /// The input ended before the stream did.
    Cut,
    /// Its bytes are wrong; the text says in what way.
    Corrupt(String),
    /// It is of a kind that is not read; the text says what it is, and what to do.
    Unread(String),
    /// A header of the next member was found inside it.
    Swallowed,
    /// A budget ended this stream; others may go on.
    OverRatio,
    /// The budget of the whole walk ended.
    OverOutput,
    /// The operating system refused to read on.
    Io(String),
    /// The walk was asked to stop.
    Stopped,
}

/// Counters and limits that all streams of one walk share.
pub(super) struct Counters<'l> {
    pub(super) limits: &'l Limits,
    pub(super) meter: Meter<'l>,
    /// Bytes of the outermost input that were used up.
    pub(super) raw: Cell<u64>,
    /// Bytes all decompressors gave out.
    pub(super) inflated: Cell<u64>,
    /// Remarks of streams, which know no sink.
    pub(super) remarks: RefCell<Vec<String>>,
}

impl<'l> Counters<'l> {
    pub(super) fn new(limits: &'l Limits, meter: Meter<'l>) -> Self {
        Counters {
            limits,
            meter,
            raw: Cell::new(0),
            inflated: Cell::new(0),
            remarks: RefCell::new(Vec::new()),
        }
    }

    /// Whether a decoder that gave out so many bytes since the outermost input was at `raw_before` is over a budget;
    /// `grace` are the bytes that it may give out above the ratio.
    pub(super) fn over(&self, given: u64, raw_before: u64, grace: u64) -> Option<StreamEnd> {
        if self.inflated.get() >= self.limits.output {
            return Some(StreamEnd::OverOutput);
        }
        let raw = self.raw.get().saturating_sub(raw_before);
        let allowed = raw.saturating_mul(self.limits.ratio).saturating_add(grace);
        (given > allowed).then_some(StreamEnd::OverRatio)
    }

    pub(super) fn remark(&self, text: String) {
        self.remarks.borrow_mut().push(text);
    }
}
