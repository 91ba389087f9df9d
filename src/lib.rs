//! vmcoroner

pub mod input;
