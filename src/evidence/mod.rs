//! Findings tied to VMs, to what they stand on and to a time.

mod build;
mod concern;
mod follow;
mod machines;
mod model;
pub mod paths;
mod sel_clock;
mod sessions;
mod tie;
mod worlds;

pub use build::build;
pub use concern::Concerns;
pub use follow::{RanOn, follow, ran_on};
pub use model::{
    Finding, FindingId, HostId, HostModel, RawWorlds, Session, VmId, VmModel, WorldSpan, hosts_by_id,
};
pub use tie::{Tie, tie};
