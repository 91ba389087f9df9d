//! JSON: the model as it is.

use serde::Serialize;
use std::io::{self, Write};

/// Writes a value as indented JSON with a line end behind it, piece by piece.
///
/// # Errors
/// What the writer reports.
pub fn write(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}
