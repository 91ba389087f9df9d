//! `vmcoroner rules show`: all of a rule.

use super::find;
use crate::cli::args::rule_set;
use crate::cli::exit::{self, Failure};
use crate::cli::output::{self, Target};
use crate::report::text::Paper;
use crate::rules::{Compiled, Rule};
use clap::Args;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

/// What `rules show` takes.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The rule's id
    #[arg(value_name = "ID")]
    id: String,
    /// Add the rule files in this folder; a rule with the id of a built-in rule replaces it
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: &ShowArgs) -> Result<u8, Failure> {
    let rules = rule_set(args.rules.as_deref())?;
    let rule = find(&rules, &args.id)?;
    output::text(&Target::Stdout, |out, look| page(&mut Paper::new(out, look), rule))?;
    Ok(exit::OK)
}

/// Writes everything a rule says.
pub(crate) fn page(paper: &mut Paper<'_>, compiled: &Compiled) -> io::Result<()> {
    let rule = &compiled.rule;
    paper.heading(&rule.id)?;
    paper.paragraph(&rule.title)?;
    if !rule.explain.is_empty() {
        paper.blank()?;
        paper.paragraph(rule.explain.trim())?;
    }
    paper.blank()?;
    meaning(paper, compiled)?;
    paper.blank()?;
    form(paper, rule)?;
    samples(paper, rule)
}

fn meaning(paper: &mut Paper<'_>, compiled: &Compiled) -> io::Result<()> {
    let rule = &compiled.rule;
    paper.entry("Topic", &compiled.topic)?;
    paper.entry("Supports", &rule.origin.map(|origin| origin.to_string()).unwrap_or_default())?;
    paper.entry("Check", &rule.check.map(|check| check.to_string()).unwrap_or_default())?;
    paper.entry("Strength", &strength(rule))?;
    paper.entry("Crash", &rule.crash.map(|crash| crash.to_string()).unwrap_or_default())?;
    paper.entry("Operation", rule.operation.as_deref().unwrap_or_default())?;
    paper.entry("Fact", &rule.fact.map(|fact| fact.to_string()).unwrap_or_default())?;
    paper.entry("Part", &rule.part.map(|part| part.to_string()).unwrap_or_default())?;
    let ties: Vec<&str> = compiled.ties.iter().map(|tie| tie.as_str()).collect();
    paper.entry("Tied by", &ties.join(", "))?;
    paper.entry("Counts", &rule.time.as_ref().map_or_else(String::new, ToString::to_string))?;
    if let Some(count) = &rule.count {
        let below = count.below.map_or(String::new(), |below| format!("; fewer are {below}"));
        let same =
            if count.same.is_empty() { String::new() } else { format!(", same {}", count.same.join(", ")) };
        paper.entry("How often", &format!("{} within {}{same}{below}", count.at_least, count.within))?;
    }
    if let Some(interval) = &rule.interval {
        let short = interval.short.map_or(String::new(), |short| {
            let worth = interval.short_strength.map_or("context", |strength| strength.as_str());
            format!("; one shorter than {short} is only {worth}")
        });
        paper.entry("Until", &format!("{}{short}", interval.end.join(", ")))?;
    }
    paper.entry("Left to", &rule.excluded_by.join(", "))?;
    if let Some(issue) = &rule.known_issue {
        let text = format!(
            "{} (article {}; affects {}; fixed in {})",
            issue.summary,
            issue.article,
            issue.affected.join(", "),
            issue.fixed_in
        );
        paper.entry("Known issue", &text)?;
    }
    paper.entry("Message", rule.message.as_deref().unwrap_or_default())?;
    paper.entry("References", &rule.references.join(", "))?;
    let seen = if rule.synthetic { "never verbatim: its samples follow the grammar only" } else { "" };
    paper.entry("Seen", seen)
}

fn form(paper: &mut Paper<'_>, rule: &Rule) -> io::Result<()> {
    let logs: Vec<&str> = rule.logs.iter().map(|log| log.file_name()).collect();
    paper.entry("Logs", &logs.join(", "))?;
    paper.entry("Generations", &rule.generations.join(", "))?;
    paper.verbatim("Literals", &rule.literals)?;
    paper.verbatim("Patterns", rule.pattern.all())?;
    paper.verbatim("Unless", &rule.unless)?;
    let mut ways: Vec<String> = Vec::new();
    ways.extend(rule.ignore_case.then(|| "either case of letters".to_owned()));
    ways.extend(rule.url_decode.then(|| "URL encoding undone".to_owned()));
    ways.extend((rule.span > 0).then(|| format!("with up to {} lines after it", rule.span)));
    ways.extend(rule.decode.map(|decoder| format!("decoded by {decoder}")));
    paper.entry("Matched", &ways.join(", "))?;
    paper.entry("Only if", &conditions(&rule.only_if))?;
    paper.entry("Not if", &conditions(&rule.not_if))
}

fn samples(paper: &mut Paper<'_>, rule: &Rule) -> io::Result<()> {
    for sample in &rule.positives {
        paper.blank()?;
        let lines: Vec<String> = sample.line.lines().map(str::to_owned).collect();
        paper.verbatim("Matches", &lines)?;
        let captures: Vec<String> =
            sample.captures.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        paper.entry("", &captures.join(", "))?;
    }
    for sample in &rule.negatives {
        paper.blank()?;
        let lines: Vec<String> = sample.line.lines().map(str::to_owned).collect();
        paper.verbatim("Leaves alone", &lines)?;
        paper.entry("", &sample.why)?;
    }
    Ok(())
}

fn strength(rule: &Rule) -> String {
    match &rule.grade {
        None => rule.strength.map(|strength| strength.to_string()).unwrap_or_default(),
        Some(grade) => format!("by {}: {}", grade.capture, grade.steps_in_words()),
    }
}

fn conditions(map: &BTreeMap<String, Vec<String>>) -> String {
    map.iter()
        .map(|(name, values)| format!("{name} is {}", values.join(" or ")))
        .collect::<Vec<_>>()
        .join("; ")
}
