//! The modules of the integration tests.

mod contract;
mod determinism;
mod scenarios;
mod support;
