//! The program, run as people and scripts run it: standard error and output are pipes, no terminal.

use assert_cmd::Command;
use std::path::Path;

/// What a run left.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The output read as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}

/// Runs the program.
pub(crate) fn run(args: &[&str]) -> Ran {
    run_in(Path::new("."), args)
}

/// Runs the program in a folder.
pub(crate) fn run_in(folder: &Path, args: &[&str]) -> Ran {
    ended(command().current_dir(folder).args(args))
}

/// Runs the program with something on standard input.
pub(crate) fn run_with_input(input: Vec<u8>, args: &[&str]) -> Ran {
    ended(command().write_stdin(input).args(args))
}

fn command() -> Command {
    let mut command = Command::cargo_bin("vmcoroner").unwrap();
    // What the caller's terminal wishes is no part of a test.
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "PAGER", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}

fn ended(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        status: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
