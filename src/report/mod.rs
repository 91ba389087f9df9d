//! The report: its model and one file per format.

pub mod model;
