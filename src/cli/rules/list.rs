//! `vmcoroner rules list`.

use crate::cli::args::{format, rule_set, words_parser};
use crate::cli::exit::{self, Failure};
use crate::cli::output::{self, Target};
use crate::cli::page::Paper;
use crate::log::LogKind;
use crate::report::{Format, json};
use crate::rules::Compiled;
use crate::terms::{Check, CrashKind, Origin, Strength};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use serde::Serialize;
use std::io;
use std::path::PathBuf;

/// What `rules list` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vmcoroner rules list --origin storage        what speaks for the storage
  vmcoroner rules list --log hostd             what is looked for in hostd.log
  vmcoroner rules list --format json           for scripts")]
pub(crate) struct ListArgs {
    /// Only rules that look at this log
    #[arg(long, value_name = "LOG", value_parser = words_parser!(LogKind))]
    log: Option<LogKind>,
    /// Only rules that support this origin
    #[arg(long, value_name = "ORIGIN", value_parser = words_parser!(Origin))]
    origin: Option<Origin>,
    /// Only rules of topics that hold these letters
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// A folder of rule files that are added to the built-in ones or take their place
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// The form of the list
    #[arg(long, short, value_name = "FORMAT", default_value = "text", value_parser = format())]
    format: Format,
}

/// A rule in the list for scripts.
#[derive(Debug, Serialize)]
struct Row<'a> {
    id: &'a str,
    title: &'a str,
    topic: &'a str,
    logs: &'a [LogKind],
    check: Option<Check>,
    origin: Option<Origin>,
    strength: Option<Strength>,
    crash: Option<CrashKind>,
    operation: Option<&'a str>,
    synthetic: bool,
}

impl<'a> Row<'a> {
    fn of(compiled: &'a Compiled) -> Self {
        let rule = &compiled.rule;
        Self {
            id: &rule.id,
            title: &rule.title,
            topic: &compiled.topic,
            logs: &rule.logs,
            check: rule.check,
            origin: rule.origin,
            strength: top_strength(compiled),
            crash: rule.crash,
            operation: rule.operation.as_deref(),
            synthetic: rule.synthetic,
        }
    }

    /// What it is good for, in a word.
    fn gives(&self) -> String {
        match (self.origin, self.crash, self.operation) {
            (Some(origin), ..) => origin.to_string(),
            (_, Some(crash), _) => format!("({crash})"),
            (.., Some(operation)) => format!("({operation})"),
            _ => "(fact)".to_owned(),
        }
    }
}

/// The strength of a rule, the highest of its steps if it has a grade.
fn top_strength(compiled: &Compiled) -> Option<Strength> {
    let graded = compiled.rule.grade.iter().flat_map(|grade| &grade.steps).map(|step| step.strength).max();
    graded.or(compiled.rule.strength)
}

/// Runs the command.
pub(crate) fn run(args: &ListArgs) -> Result<u8, Failure> {
    let rules = rule_set(args.rules.as_deref())?;
    let topic = args.topic.as_deref().map(str::to_lowercase);
    let rows: Vec<Row<'_>> = rules
        .rules()
        .iter()
        .filter(|rule| args.log.is_none_or(|log| rule.looks_at(log)))
        .filter(|rule| args.origin.is_none_or(|origin| rule.rule.origin == Some(origin)))
        .filter(|rule| topic.as_ref().is_none_or(|topic| rule.topic.to_lowercase().contains(topic)))
        .map(Row::of)
        .collect();
    match args.format {
        Format::Json => output::data(&Target::Stdout, |out| json::write(&rows, out))?,
        _ => output::text(&Target::Stdout, |out, look| {
            page(&mut Paper::new(out, look), &rows, rules.rules().len())
        })?,
    }
    Ok(exit::OK)
}

fn page(paper: &mut Paper<'_>, rows: &[Row<'_>], all: usize) -> io::Result<()> {
    let id = rows.iter().map(|row| row.id.len()).max().unwrap_or(0).min(40);
    let gives = rows.iter().map(|row| row.gives().len()).max().unwrap_or(0);
    for row in rows {
        let strength = row.strength.map(Strength::as_str).unwrap_or_default();
        let head = format!("{:id$}  {:gives$}  {strength:8}  ", row.id, row.gives());
        paper.hanging(&head, row.title)?;
    }
    paper.blank()?;
    paper.line(&format!("{} of {all} rules. `vmcoroner rules show ID` tells all of one.", rows.len()))
}
