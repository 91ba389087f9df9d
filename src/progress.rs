//! How a run tells what it is doing, without knowing who listens.

/// Hears how far a run is. Called from several threads.
pub trait Progress: Sync {
    /// A stage began (`reading esx01.tgz`); `total` is its size in bytes if it is known.
    fn begin(&self, stage: &str, total: Option<u64>);
    /// So many more bytes of the stage are done.
    fn advance(&self, bytes: u64);
    /// The stage ended.
    fn end(&self);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str, _: Option<u64>) {}
    fn advance(&self, _: u64) {}
    fn end(&self) {}
}

/// A stage of a run as the reader of an input tells of it.
pub struct Reading<'a> {
    stage: String,
    to: &'a dyn Progress,
}

impl<'a> Reading<'a> {
    /// The stage of this name, told on to a listener.
    #[must_use]
    pub const fn new(stage: String, to: &'a dyn Progress) -> Self {
        Self { stage, to }
    }
}

impl crate::input::Progress for Reading<'_> {
    fn total(&self, bytes: Option<u64>) {
        self.to.begin(&self.stage, bytes);
    }

    fn advance(&self, bytes: u64) {
        self.to.advance(bytes);
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.to.end();
    }
}
