//! Analyses a bundle that is in memory, on the calling thread, through the public face alone.
//!
//! `cargo run --example from_memory -- sample-bundles/guest-0x50-8.0.tgz`

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;
use vmcoroner::{Options, Silent, Source, Threads, analyze};

fn main() -> ExitCode {
    let path = std::env::args().nth(1).unwrap_or_else(|| "sample-bundles/guest-0x50-8.0.tgz".to_owned());
    match run(&path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(path: &str) -> Result<(), Box<dyn std::error::Error>> {
    let bytes = std::fs::read(path)?;
    let mut options = Options::builtin()?;
    options.threads = Threads::Calling;
    let report = analyze(&[Source::bytes("case.tgz", bytes)], &options, &Silent)?;
    for vm in &report.vms {
        for crash in &vm.crashes {
            let verdict = &crash.verdict;
            println!("{}: {}, {}: {}", crash.id, verdict.origin, verdict.confidence, verdict.because);
        }
    }
    Ok(())
}
