//! vmcoroner tells where a virtual machine's crash came from, out of a VMware ESXi `vm-support` bundle.
//!
//! The modules stand in the order the data takes: `input` → `bundle` → `log` → `rules` → `evidence` → `verdict` →
//! `report`. A module knows those before it and never those after it; `terms` holds the words all of them share.

pub mod engine;
pub mod error;
pub mod input;
pub mod log;
pub mod progress;
pub mod report;
pub mod rules;
pub mod terms;
pub mod trace;
pub mod windows;

pub use engine::{Options, analyze};
pub use error::AnalyzeError;
