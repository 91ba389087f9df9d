//! Findings tied to VMs, to what they stand on and to a time.

mod build;
mod model;
pub mod paths;
mod tie;

pub use build::build;
pub use model::{Finding, HostModel, Session, VmModel, WorldSpan};
pub use tie::{Tie, tie};
