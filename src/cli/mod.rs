//! The command line. Only this room prints, reads the environment and decides how the program ends.

mod analyze;
mod args;
mod completions;
mod exit;
mod explain;
mod formats;
mod given;
mod hints;
mod inventory;
mod man;
mod output;
mod progress;
mod rule_error;
mod rules;
mod schema;
mod stop;
mod suggest;
mod timeline;

use args::{AnalyzeArgs, ColorWhen, InputArgs};
use clap::{Args, CommandFactory, Parser, Subcommand};
use exit::Failure;
#[cfg(feature = "internals")]
pub(crate) use hints::HINTS;
use std::process::ExitCode;

/// Reports where each VM crash in a VMware ESXi vm-support bundle came from
#[derive(Debug, Parser)]
#[command(
    name = "vmcoroner",
    version,
    about,
    long_about = "Tells from a VMware ESXi vm-support bundle where each virtual machine's crash came from: the guest, an \
                  NMI, the hypervisor, a device, the storage, the hardware, a pause, a lack of resources, the host, HA \
                  or a person. Every verdict names the lines that decide and the logs that were not there.",
    after_help = AFTER_HELP,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    analyze: AnalyzeArgs,
    #[command(flatten)]
    global: GlobalArgs,
}

const AFTER_HELP: &str = "\
Examples:
  vmcoroner esx-esx01-2026-03-14.tgz          where the crashes in this bundle came from
  vmcoroner case/ --vm 'DB*'                  all bundles of a folder, VMs whose name begins with DB
  vmcoroner case/ --since 2026-03-14T02:00 --until 2026-03-14
                                              crashes of that time only
  vmcoroner case.tgz --bugcheck '0x80(0x4f4454,0x0,0x0,0x0)'
                                              whether it is the crash of this dump
  vmcoroner case.tgz -f json -o report.json   the report for scripts
  vmcoroner case/ -f jsonl -o case.jsonl --resume case.jsonl
                                              many bundles; go on where an earlier run was ended
  vmcoroner case.tgz --fail-on infrastructure
                                              status 10 if the infrastructure did it
  vmcoroner explain 0x7a                      what a bugcheck, an origin, a check or a rule means

Exit status:
   0  all was analysed in full        3  nothing given could be analysed
   1  internal error                  4  analysed, but some input was damaged: the report is partial
   2  wrong usage                    10  a crash matched --fail-on
 130  stopped by Ctrl-C: the report holds what was finished

`vmcoroner PATH` is `vmcoroner analyze PATH`. A file named like a command is given as ./NAME.";

#[derive(Debug, Args)]
struct GlobalArgs {
    /// When to use colours
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        global = true,
        help_heading = "Display"
    )]
    color: ColorWhen,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Report where each crash came from (the default)
    #[command(after_help = AFTER_HELP)]
    Analyze(AnalyzeArgs),
    /// List hosts, VMs, volumes and the time that each log covers, without verdicts
    Inventory(inventory::InventoryArgs),
    /// List the events of a VM, of its storage and of its host by time
    Timeline(timeline::TimelineArgs),
    /// Explain an origin, a check, a rule or a Windows bugcheck
    Explain(explain::ExplainArgs),
    /// List, explain and test the detection rules
    #[command(subcommand, arg_required_else_help = true)]
    Rules(rules::RulesCommand),
    /// Print the JSON Schema of the report or of a rule file
    Schema(schema::SchemaArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page
    Man(man::ManArgs),
}

/// Runs the command line and gives the exit status.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no fault.
            let status = if error.use_stderr() { exit::USAGE } else { exit::OK };
            let _ = error.print();
            return ExitCode::from(status);
        }
    };
    cli.global.color.apply();
    let outcome = match cli.command {
        None => given(cli.analyze, |args| &mut args.input, analyze::run),
        Some(Command::Analyze(args)) => given(args, |args| &mut args.input, analyze::run),
        Some(Command::Inventory(args)) => given(args, |args| &mut args.input, inventory::run),
        Some(Command::Timeline(args)) => given(args, |args| &mut args.input, timeline::run),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Rules(command)) => rules::run(&command),
        Some(Command::Schema(args)) => schema::run(&args),
        Some(Command::Completions(args)) => completions::run(&args, Cli::command()),
        Some(Command::Man(args)) => man::run(&args, Cli::command()),
    };
    ExitCode::from(outcome.unwrap_or_else(Failure::report))
}

/// Runs a command that reads inputs, once its list of paths is whole.
fn given<A>(
    mut args: A,
    input: impl Fn(&mut A) -> &mut InputArgs,
    run: impl Fn(&A) -> Result<u8, Failure>,
) -> Result<u8, Failure> {
    input(&mut args).expand()?;
    run(&args)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_is_known_to_those_who_mistype_it() {
        let command = Cli::command();
        let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(suggest::COMMANDS, [&names[..], &["help"]].concat());
    }

    #[test]
    fn every_command_and_option_has_help() {
        fn look(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
            command.get_subcommands().for_each(look);
        }
        look(&Cli::command());
    }
}
