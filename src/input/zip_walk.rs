//! Walks the members of a zip from front to back.
use super::tape::Tape;
use super::walk::Walker;
impl Walker<'_> {
    /// Walks the zip on `tape`.
    pub(super) fn zip(&mut self, _tape: &mut Tape<'_>, _depth: u32) {}
}
