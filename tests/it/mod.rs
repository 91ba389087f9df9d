//! The modules of the integration tests.

mod ablation;
mod cases;
mod cli;
mod cli_bundles;
mod contract;
mod cuts;
mod determinism;
mod docs_files;
mod docs_rules;
mod docs_verdicts;
mod face;
mod hostile_batch;
mod hostile_forms;
mod hostile_make;
mod hostile_set;
mod log_names;
mod outputs;
mod own_rules;
mod properties;
mod public_cases;
mod real_logs;
mod repacked;
mod scenarios;
mod silence;
mod support;
mod why;
