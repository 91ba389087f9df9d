//! How a run tells what it is doing, without knowing who listens.

/// Hears how far a run is. Called from several threads.
pub trait Progress: Sync {
    /// A stage began (`reading esx01.tgz`); `total` is its size in bytes if it is known.
    fn begin(&self, stage: &str, total: Option<u64>);
    /// So many more bytes of the stage are done.
    fn advance(&self, bytes: u64);
    /// The stage ended.
    fn end(&self);
    /// So many inputs of so many bytes are to be read, several side by side.
    fn inputs(&self, _count: usize, _bytes: u64) {}
    /// Input number `at` began; `total` is its size in bytes if it is known.
    fn begin_input(&self, _at: usize, name: &str, total: Option<u64>) {
        self.begin(&format!("reading {name}"), total);
    }
    /// So many more bytes of input number `at` are done.
    fn advance_input(&self, _at: usize, bytes: u64) {
        self.advance(bytes);
    }
    /// Input number `at` ended.
    fn end_input(&self, _at: usize) {
        self.end();
    }
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str, _: Option<u64>) {}
    fn advance(&self, _: u64) {}
    fn end(&self) {}
}

/// One input of a run as its reader tells of it.
pub struct Reading<'a> {
    at: usize,
    name: String,
    to: &'a dyn Progress,
}

impl<'a> Reading<'a> {
    /// Input number `at` of this name, told on to a listener.
    #[must_use]
    pub const fn new(at: usize, name: String, to: &'a dyn Progress) -> Self {
        Self { at, name, to }
    }
}

impl crate::input::Progress for Reading<'_> {
    fn total(&self, bytes: Option<u64>) {
        self.to.begin_input(self.at, &self.name, bytes);
    }

    fn advance(&self, bytes: u64) {
        self.to.advance_input(self.at, bytes);
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.to.end_input(self.at);
    }
}
