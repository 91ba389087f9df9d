//! `vmcoroner rules test`: does every sample hold?

use crate::cli::args::rule_set;
use crate::cli::exit::{self, Failure};
use crate::cli::output::{self, Target};
use crate::report::text::Paper;
use crate::rules::{RuleSet, samples};
use clap::Args;
use std::path::PathBuf;

/// What `rules test` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Every rule brings lines it must match and look-alikes it must leave alone. Ends with status 1 if one does not hold.

Examples:
  vmcoroner rules test                         the built-in rules
  vmcoroner rules test own-rules/              those of a folder, together with the built-in ones")]
pub(crate) struct TestArgs {
    /// Add the rule files in this folder; a rule with the id of a built-in rule replaces it
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: &TestArgs) -> Result<u8, Failure> {
    let own = args.dir.as_deref().map(RuleSet::only_dir).transpose()?;
    let rules = rule_set(args.dir.as_deref())?;
    if own.as_ref().is_some_and(|own| own.rules().is_empty()) {
        return Err(Failure::usage("the folder holds no rules")
            .with_hint(Some("rules belong in *.toml files, each in a [[rule]] table".to_owned())));
    }
    let outcome = samples::run(&rules);
    output::text(&Target::Stdout, |out, look| {
        let mut paper = Paper::new(out, look);
        for failure in &outcome.failures {
            paper.heading(&failure.rule)?;
            paper.entry("Fails", &failure.reason)?;
            let lines: Vec<String> = failure.line.lines().map(str::to_owned).collect();
            paper.verbatim("Sample", &lines)?;
            paper.blank()?;
        }
        let of =
            own.as_ref().map_or(String::new(), |own| format!(" ({} from the folder)", own.rules().len()));
        let verdict = match outcome.failures.len() {
            0 => "All hold.".to_owned(),
            1 => "1 failure.".to_owned(),
            many => format!("{many} failures."),
        };
        paper.paragraph(&format!(
            "{} rules{of}: {} lines matched as they must, {} look-alikes left alone. {verdict}",
            outcome.rules, outcome.positives, outcome.negatives
        ))
    })?;
    Ok(if outcome.failures.is_empty() { exit::OK } else { exit::INTERNAL })
}
