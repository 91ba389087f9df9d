//! `vmcoroner completions`: what a shell needs to complete a command line.

use super::exit::{self, Failure};
use super::output::{self, Target};
use clap::{Args, Command};
use clap_complete::{Shell, generate};

/// What `completions` takes.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

const AFTER_HELP: &str = "\
Examples:
  vmcoroner completions bash > ~/.local/share/bash-completion/completions/vmcoroner
  vmcoroner completions zsh > ~/.zfunc/_vmcoroner
  vmcoroner completions fish > ~/.config/fish/completions/vmcoroner.fish";

/// Runs the command for this command line.
pub(crate) fn run(args: &CompletionsArgs, mut command: Command) -> Result<u8, Failure> {
    let mut script = Vec::new();
    generate(args.shell, &mut command, "vmcoroner", &mut script);
    output::data(&Target::Stdout, |out| out.write_all(&script))?;
    Ok(exit::OK)
}
