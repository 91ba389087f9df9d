//! The modules of the integration tests.

mod cases;
mod cli;
mod contract;
mod determinism;
mod real_logs;
mod scenarios;
mod support;
