//! What the members of a bundle are, and what its small files say about the host and its VMs.

pub mod member_role;
pub mod small_files;

pub use member_role::{Owner, Place, Role, Root, SmallFile, is_mac_twin, place, role};
