//! `vmcoroner man`: the manual page of the program or of one of its commands.

use super::exit::{self, Failure};
use super::output::{self, Target};
use super::suggest;
use clap::{Args, Command};
use clap_mangen::Man;
use std::io::{self, Write};

/// What `man` takes.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ManArgs {
    /// The command; by default the program itself
    #[arg(value_name = "COMMAND", num_args = 0..)]
    command: Vec<String>,
}

const AFTER_HELP: &str = "\
Examples:
  vmcoroner man | man -l -                    read it
  vmcoroner man > vmcoroner.1                 keep it
  vmcoroner man rules why > vmcoroner-rules-why.1";

/// Runs the command for this command line.
pub(crate) fn run(args: &ManArgs, command: Command) -> Result<u8, Failure> {
    let mut command = without_help(command);
    command.build();
    let mut page = &command;
    for word in &args.command {
        page = page.find_subcommand(word).ok_or_else(|| {
            let known: Vec<&str> = page.get_subcommands().map(Command::get_name).collect();
            let hint = suggest::nearest(word, &known).map(|near| format!("did you mean `{near}`?"));
            Failure::usage(format!("there is no command \"{word}\" to tell about")).with_hint(hint)
        })?;
    }
    let name = page.get_bin_name().unwrap_or("vmcoroner").replace(' ', "-");
    let page = page.clone().name(name.clone()).display_name(name);
    output::data(&Target::Stdout, |out| write(page, out))?;
    Ok(exit::OK)
}

/// A page needs no pointer to a command that prints what it says.
fn without_help(command: Command) -> Command {
    command.disable_help_subcommand(true).mut_subcommands(without_help)
}

/// The page: what the definitions say, then the examples and the rest of the help as they stand there.
fn write(command: Command, out: &mut dyn Write) -> io::Result<()> {
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let man = Man::new(command);
    let mut page: Vec<u8> = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    man.render_subcommands_section(&mut page)?;
    out.write_all(&page)?;
    for section in after.split("\n\n") {
        let (title, lines) = match section.split_once('\n') {
            Some((title, lines)) if title.ends_with(':') => (title.trim_end_matches(':'), lines),
            _ => ("Notes", section),
        };
        if section.is_empty() {
            continue;
        }
        writeln!(out, ".SH {}\n.nf", title.to_uppercase())?;
        for line in lines.lines() {
            // A dot or an apostrophe at the start of a line would be an instruction.
            let guard = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
            writeln!(out, "{guard}{}", line.replace('\\', "\\e").replace('-', "\\-"))?;
        }
        writeln!(out, ".fi")?;
    }
    Ok(())
}
