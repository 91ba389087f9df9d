//! The program: reads the command line, runs it, tells how it ended.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
