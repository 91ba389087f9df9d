//! `vmcoroner rules reference`: all rules on one page.

use crate::clean::clean;
use crate::cli::args::rule_set;
use crate::cli::exit::{self, Failure};
use crate::cli::output::{self, Target};
use crate::rules::reference_page;
use clap::Args;
use std::path::PathBuf;

/// What `rules reference` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  vmcoroner rules reference > docs/rules-reference.md")]
pub(crate) struct ReferenceArgs {
    /// Add the rule files in this folder; a rule with the id of a built-in rule replaces it
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

/// What the page says before its topics.
const INTRODUCTION: &str = "\
Every detection built into the program. `vmcoroner rules reference` prints this page; [rules.md](rules.md) explains
the fields, [verdicts.md](verdicts.md) what becomes of the lines that are found.";

/// Runs the command.
pub(crate) fn run(args: &ReferenceArgs) -> Result<u8, Failure> {
    let rules = rule_set(args.rules.as_deref())?;
    let page = reference_page::markdown(&rules, INTRODUCTION);
    output::data(&Target::Stdout, |out| page.lines().try_for_each(|line| writeln!(out, "{}", clean(line))))?;
    Ok(exit::OK)
}
