//! `vmcoroner explain`: what a word of the report means.

use super::args::rule_set;
use super::exit::{self, Failure};
use super::output::{self, Target};
use super::{rules, suggest};
use crate::clean::clean;
use crate::report::knowledge;
use crate::report::text::Paper;
use crate::rules::RuleSet;
use crate::terms::{Check, Confidence, CrashKind, Origin};
use crate::windows::{Bugcheck, Given, lookup, lookup_name};
use clap::Args;
use std::io;
use std::path::PathBuf;

/// What `explain` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vmcoroner explain 0x7a                       a Windows bugcheck: what it says, where to look
  vmcoroner explain NMI_HARDWARE_FAILURE       the same by its name
  vmcoroner explain stun                       an origin or a check
  vmcoroner explain guest.windows-crash-msr    a rule")]
pub(crate) struct ExplainArgs {
    /// A bugcheck code or name, an origin, a check, a confidence, or the id of a rule
    #[arg(value_name = "WORD")]
    word: String,
    /// Add the rule files in this folder; a rule with the id of a built-in rule replaces it
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: &ExplainArgs) -> Result<u8, Failure> {
    let set = rule_set(args.rules.as_deref())?;
    let word = args.word.trim();
    let lower = word.to_ascii_lowercase();
    let (origin, check) = (Origin::parse(&lower), Check::parse(&lower));
    if origin.is_some() || check.is_some() {
        output::text(&Target::Stdout, |out, look| {
            let mut paper = Paper::new(out, look);
            if let Some(origin) = origin {
                origin_page(&mut paper, origin, &set)?;
            }
            if let Some(check) = check {
                if origin.is_some() {
                    paper.blank()?;
                }
                check_page(&mut paper, check, &set)?;
            }
            Ok(())
        })?;
    } else if let Some(rule) = set.get(word) {
        output::text(&Target::Stdout, |out, look| rules::page(&mut Paper::new(out, look), rule))?;
    } else if let Some(confidence) = Confidence::parse(&lower) {
        let text =
            format!("{confidence}: how sure a verdict is. Here, {}.", knowledge::confidence(confidence));
        output::text(&Target::Stdout, |out, look| Paper::new(out, look).paragraph(&text))?;
    } else if let Some(kind) = CrashKind::parse(&lower) {
        let text = format!(
            "{kind}: a kind of crash, shown as \"{}\". It tells how the VM ended, not where the crash came from.",
            knowledge::crash_kind(kind)
        );
        output::text(&Target::Stdout, |out, look| Paper::new(out, look).paragraph(&text))?;
    } else if let Some(bugcheck) =
        lookup_name(word).or_else(|| lookup(word.parse::<Given>().ok()?.code.into()))
    {
        output::text(&Target::Stdout, |out, look| bugcheck_page(&mut Paper::new(out, look), bugcheck, &set))?;
    } else {
        return Err(unknown(word, &set));
    }
    Ok(exit::OK)
}

fn origin_page(paper: &mut Paper<'_>, origin: Origin, set: &RuleSet) -> io::Result<()> {
    let page = knowledge::origin(origin);
    paper.heading(&format!("{origin}: {}", page.headline))?;
    paper.blank()?;
    paper.entry("Meaning", page.meaning)?;
    paper.blank()?;
    paper.entry("Decided by", page.decided_by)?;
    paper.blank()?;
    paper.entry("Mistaken for", page.mistaken_for)?;
    paper.blank()?;
    paper.entry("What to do", page.next)?;
    paper.entry("Turn to", knowledge::who(page.who))?;
    let ids: Vec<&str> = set
        .rules()
        .iter()
        .filter(|rule| rule.rule.origin == Some(origin))
        .map(|rule| rule.rule.id.as_str())
        .collect();
    if !ids.is_empty() {
        paper.blank()?;
        paper.entry("Rules", &ids.join(", "))?;
    }
    Ok(())
}

fn check_page(paper: &mut Paper<'_>, check: Check, set: &RuleSet) -> io::Result<()> {
    paper.heading(&format!("Check {check}: {}", knowledge::check_title(check)))?;
    paper.blank()?;
    paper.paragraph(knowledge::check_page(check))?;
    if check == Check::DumpMatch {
        paper.blank()?;
        paper.paragraph("`--bugcheck 'CODE(A,B,C,D)'` gives the code and the arguments of the dump.")?;
    }
    paper.blank()?;
    paper.entry("found", "it found something that counts")?;
    paper.entry("clear", "the logs cover the moment and show nothing")?;
    paper.entry("not covered", "the logs do not cover the moment, or are not there: nothing can be said")?;
    let of_check = || set.rules().iter().filter(|rule| rule.rule.check == Some(check));
    let mut logs: Vec<&str> =
        of_check().flat_map(|rule| &rule.rule.logs).map(|log| log.file_name()).collect();
    logs.sort_unstable();
    logs.dedup();
    let ids: Vec<&str> = of_check().map(|rule| rule.rule.id.as_str()).collect();
    if !ids.is_empty() {
        paper.blank()?;
        paper.entry("Logs", &logs.join(", "))?;
        paper.entry("Rules", &ids.join(", "))?;
    }
    Ok(())
}

fn bugcheck_page(paper: &mut Paper<'_>, bugcheck: &Bugcheck, set: &RuleSet) -> io::Result<()> {
    paper.heading(&format!("{:#x} {}", bugcheck.code, bugcheck.name))?;
    paper.blank()?;
    if bugcheck.meaning.is_empty() {
        paper.paragraph(
            "A documented Windows bugcheck that points nowhere in particular outside the guest. vmcoroner looks at all \
             twelve checks as for any crash; if the logs cover the moment and show nothing, it came from the guest.",
        )?;
        return Ok(());
    }
    paper.entry("Meaning", bugcheck.meaning)?;
    paper.entry("Arguments", bugcheck.parameters)?;
    paper.blank()?;
    for (nth, &origin) in bugcheck.points_to.iter().enumerate() {
        let rules = set.rules().iter().filter(|rule| rule.rule.origin == Some(origin)).count();
        let looks = match (origin, rules) {
            (Origin::GuestOs, _) => " (when the logs cover the moment and show nothing else)".to_owned(),
            (_, 0) => String::new(),
            (_, 1) => " (1 rule looks for it)".to_owned(),
            (_, many) => format!(" ({many} rules look for it)"),
        };
        let text = format!("{origin}: {}{looks}", knowledge::origin(origin).headline);
        paper.entry(if nth == 0 { "Points to" } else { "" }, &text)?;
    }
    paper.blank()?;
    paper.paragraph(
        "A code alone decides nothing: the report says for each of these what the logs show, and which logs were not \
         there.",
    )
}

fn unknown(word: &str, set: &RuleSet) -> Failure {
    let mut known: Vec<&str> = Origin::ALL.iter().map(|origin| origin.as_str()).collect();
    known.extend(Check::ALL.iter().map(|check| check.as_str()));
    known.extend(set.rules().iter().map(|rule| rule.rule.id.as_str()));
    let hint = match suggest::nearest(word, &known) {
        Some(near) => format!("did you mean {near}?"),
        None if word.parse::<Given>().is_ok() => {
            "it reads as a bugcheck code, but Windows documents none with this number".to_owned()
        }
        None => {
            let origins: Vec<&str> = Origin::ALL.iter().map(|origin| origin.as_str()).collect();
            format!("origins are {}; `vmcoroner rules list` names the rules", origins.join(", "))
        }
    };
    Failure::usage(format!("\"{}\" is no bugcheck, origin, check or rule that vmcoroner knows", clean(word)))
        .with_hint(Some(hint))
}
