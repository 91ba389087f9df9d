//! The pass over the logs: pieces of text in fixed buffers, scanned side by side.

mod cutter;
mod pool;
mod scanner;

pub use cutter::{Cutter, Piece};
pub use pool::{BUFFER, Pool};
pub use scanner::{Hit, LINE_LIMIT, Scanned, Scanner};
