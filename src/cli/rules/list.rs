//! `vmcoroner rules list`.

use crate::cli::args::{rule_set, words_parser};
use crate::cli::exit::{self, Failure};
use crate::cli::formats::RULES;
use crate::cli::output::{self, Target};
use crate::log::LogKind;
use crate::report::rules::RuleList;
use crate::report::{Format, View};
use crate::terms::Origin;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use std::path::PathBuf;

/// What `rules list` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vmcoroner rules list --origin storage        what speaks for the storage
  vmcoroner rules list --log hostd             what is looked for in hostd.log
  vmcoroner rules list --format json           for scripts
  vmcoroner rules list --format jsonl          a rule a line")]
pub(crate) struct ListArgs {
    /// Only rules that read this log
    #[arg(long, value_name = "LOG", value_parser = words_parser!(LogKind))]
    log: Option<LogKind>,
    /// Only rules that support this origin
    #[arg(long, value_name = "ORIGIN", value_parser = words_parser!(Origin))]
    origin: Option<Origin>,
    /// Only rules whose topic contains this text
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Add the rule files in this folder; a rule with the id of a built-in rule replaces it
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "text", value_parser = RULES)]
    format: Format,
}

/// Runs the command.
pub(crate) fn run(args: &ListArgs) -> Result<u8, Failure> {
    let rules = rule_set(args.rules.as_deref())?;
    let topic = args.topic.as_deref().map(str::to_lowercase);
    let chosen = rules
        .rules()
        .iter()
        .filter(|rule| args.log.is_none_or(|log| rule.looks_at(log)))
        .filter(|rule| args.origin.is_none_or(|origin| rule.rule.origin == Some(origin)))
        .filter(|rule| topic.as_ref().is_none_or(|topic| rule.topic.to_lowercase().contains(topic)));
    let list = RuleList::of(chosen, rules.rules().len());
    output::write(&Target::Stdout, args.format, View::Rules(&list))?;
    Ok(exit::OK)
}
