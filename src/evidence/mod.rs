//! Findings tied to VMs, to what they depend on and to a time.

mod build;
mod finding_index;
mod migrated_vms;
mod model;
pub mod paths;
mod placements;
mod sel_clock;
mod sessions;
mod tie;
mod twins;
mod vms;
mod worlds;
mod zones;

pub use build::build;
pub use finding_index::FindingIndex;
pub use migrated_vms::{RanOn, Stay, follow, ran_on, stays};
pub use model::{
    Finding, FindingId, HostId, HostModel, RawWorlds, Session, VmId, VmModel, WorldSpan, hosts_by_id,
};
pub use tie::{Tie, tie};
