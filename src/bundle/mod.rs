//! What the members of a bundle are, and what its small files say about the host and its VMs.

pub mod catalogue;
pub mod facts;

pub use catalogue::{Keep, Owner, Place, Role, place, role, sniff};
