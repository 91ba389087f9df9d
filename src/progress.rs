//! How a run reports how far it is, without knowing who listens.

/// Hears how far a run is. Called from several threads. Inputs are numbered from 0 in the order of the report.
pub trait Progress: Sync {
    /// So many inputs of so many bytes are to be read, several side by side.
    fn inputs(&self, _count: usize, _bytes: u64) {}
    /// Input number `at` begins; `total` is its size in bytes if it is known.
    fn begin(&self, at: usize, name: &str, total: Option<u64>);
    /// So many more bytes of input number `at` were read, or passed over; about once for every 256 KiB.
    fn advance(&self, at: usize, bytes: u64);
    /// Input number `at` ended.
    fn end(&self, at: usize);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: usize, _: &str, _: Option<u64>) {}
    fn advance(&self, _: usize, _: u64) {}
    fn end(&self, _: usize) {}
}

/// Counts the bytes of one input for a listener.
#[derive(Clone, Copy)]
pub struct Meter<'a> {
    at: usize,
    to: &'a dyn Progress,
}

impl<'a> Meter<'a> {
    /// A meter without a listener.
    pub const SILENT: Self = Self { at: 0, to: &Silent };

    /// A meter of input number `at`.
    #[must_use]
    pub const fn new(at: usize, to: &'a dyn Progress) -> Self {
        Self { at, to }
    }

    /// So many more bytes were read, or passed over.
    pub fn advance(&self, bytes: u64) {
        self.to.advance(self.at, bytes);
    }
}

/// An input that is being read; its end is reported when this goes.
pub(crate) struct Running<'a>(Meter<'a>);

impl<'a> Running<'a> {
    /// Reports that input number `at` begins.
    pub(crate) fn begin(at: usize, name: &str, total: Option<u64>, to: &'a dyn Progress) -> Self {
        to.begin(at, name, total);
        Self(Meter::new(at, to))
    }

    /// Counts its bytes.
    pub(crate) const fn meter(&self) -> Meter<'a> {
        self.0
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.to.end(self.0.at);
    }
}
