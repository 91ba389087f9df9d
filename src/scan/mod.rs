//! The pass over the logs: chunks of text in fixed buffers, scanned side by side.

mod archive_roots;
mod bundle_scan;
mod chunk_result;
mod chunker;
mod dedup;
mod findings_budget;
mod line_stats;
mod log_assembly;
mod open_bundle;
mod pool;
mod reader;
mod rotation_inflater;
mod scanner;
mod shared;
mod task_queue;
mod unset_clock;

pub use bundle_scan::{BundleScan, KeptFile, MemberLog};
pub use chunk_result::{ChunkResult, Hit};
pub use chunker::{Chunk, Chunker};
pub use pool::{CHUNK_BYTES, Pool};
pub use reader::Reader;
pub use scanner::{MAX_LINE_BYTES, Scanner};
pub use shared::Shared;
