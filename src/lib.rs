//! vmcoroner tells where a virtual machine's crash came from, out of a VMware ESXi `vm-support` bundle.
//!
//! The modules stand in the order the data takes: `input` → `bundle` → `log` → `rules` → `scan` → `evidence` →
//! `verdict` → `report`. A module knows those before it and never those after it; `terms` holds the words all of
//! them share, `windows` what is known of the guest's own side.

mod batch;
pub mod bundle;
pub mod engine;
pub mod error;
pub mod evidence;
pub mod input;
pub mod limits;
pub mod log;
mod options;
pub mod progress;
pub mod report;
pub mod rules;
pub mod scan;
pub mod stream;
pub mod terms;
pub mod timeline;
pub mod trace;
pub mod verdict;
pub mod why;
pub mod windows;

pub use engine::analyze;
pub use error::AnalyzeError;
pub use options::Options;
