//! The modules of the integration tests.

mod cases;
mod cli;
mod contract;
mod cuts;
mod determinism;
mod properties;
mod real_logs;
mod scenarios;
mod support;
