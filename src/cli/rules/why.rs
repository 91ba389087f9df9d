//! `vmcoroner rules why`: what became of every line that a rule could have matched.

use super::find;
use crate::cli::args::InputArgs;
use crate::cli::exit::{self, Failure};
use crate::cli::output::{self, Target};
use crate::cli::progress;
use crate::report::text::Paper;
use crate::trace::{Outcome, Trace};
use crate::why;
use clap::Args;

/// What `rules why` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  vmcoroner rules why storage.apd-start case.tgz --vm APP01
                                               which lines it saw, and why they count or do not")]
pub(crate) struct WhyArgs {
    /// The rule's id
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    input: InputArgs,
}

/// Runs the command.
pub(crate) fn run(args: &WhyArgs) -> Result<u8, Failure> {
    let options = args.input.options()?;
    let rule = find(&options.rules, &args.id)?;
    let listener = progress::listener(args.input.progress);
    let trace = why::trace(&rule.rule.id, &args.input.sources(), &options, listener.as_ref())?;
    drop(listener);
    output::text(&Target::Stdout, |out, look| page(&mut Paper::new(out, look), &rule.rule.literals, &trace))?;
    Ok(exit::OK)
}

fn page(paper: &mut Paper<'_>, literals: &[String], trace: &Trace) -> std::io::Result<()> {
    if trace.steps.is_empty() {
        let literals: Vec<String> = literals.iter().map(|literal| format!("\"{literal}\"")).collect();
        return paper.paragraph(&format!(
            "{} lines of its logs were read; none holds {}.",
            trace.lines,
            literals.join(" or ")
        ));
    }
    for step in &trace.steps {
        paper.heading(&format!("{}:{}", step.member, step.line))?;
        paper.verbatim("Line", std::slice::from_ref(&step.text))?;
        paper.entry("Outcome", &words(&step.outcome))?;
        paper.blank()?;
    }
    let more =
        if trace.left_out > 0 { format!(", {} more are not shown", trace.left_out) } else { String::new() };
    paper.paragraph(&format!(
        "{} lines of its logs were read; {} hold what it looks for{more}.",
        trace.lines,
        trace.steps.len()
    ))
}

fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::NoMatch => "no pattern matches".to_owned(),
        Outcome::Vetoed => "one of its `unless` patterns matches too".to_owned(),
        Outcome::Condition(text) => format!("a condition fails: {text}"),
        Outcome::ExcludedBy(rule) => format!("left to {rule}"),
        Outcome::Repeated => "matches, and repeats a line before it: counted with that one".to_owned(),
        Outcome::StatesFact => "matches: the rule states a fact, which ties and dates other lines".to_owned(),
        Outcome::StatesOperation => {
            "matches: the rule states an operation, which the report lists; no verdict rests on it".to_owned()
        }
        Outcome::Undated => "matches, but has no time".to_owned(),
        Outcome::Untied(tried) => {
            format!("matches, but is tied to no VM: tried {tried}; none leads to a VM of this bundle")
        }
        Outcome::NoCrash(vms) => {
            format!("matches, tied to {vms}; none of their crashes has it in its window")
        }
        Outcome::NotCounted(reasons) => {
            let each =
                reasons.iter().map(|reason| format!("not counted for {}: {}", reason.crash, reason.because));
            format!("matches; {}", each.collect::<Vec<_>>().join(" "))
        }
        Outcome::Counts { crash, check, strength, lowered } => {
            let counts = format!("counts for {crash} in check {check}, {strength}");
            if lowered.is_empty() {
                counts
            } else {
                format!("{counts}, no more because: {}", lowered.join(" "))
            }
        }
    }
}
