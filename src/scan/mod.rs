//! The pass over the logs: pieces of text in fixed buffers, scanned side by side.

mod cutter;
mod flood;
mod found;
mod gz;
mod joined;
mod pass;
mod pool;
mod reader;
mod scanned;
mod scanner;
mod shared;
mod state;
mod survey;
mod work;

pub use cutter::{Cutter, Piece};
pub use pass::{BundlePass, KeptFile, MemberLog};
pub use pool::{BUFFER, Pool};
pub use reader::Reader;
pub use scanned::{Hit, Scanned};
pub use scanner::{LINE_LIMIT, Scanner};
pub use shared::Shared;
