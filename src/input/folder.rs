//! Delivers the files of a folder as if it were an archive.
use super::walk::Walker;
use std::path::{Path, PathBuf};
impl Walker<'_> {
    /// Delivers every file below `root`.
    pub(super) fn tree(&mut self, _name: &[u8], _root: &Path, _apart: &[PathBuf]) {}
}
