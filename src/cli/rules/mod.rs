//! `vmcoroner rules`: what the rules are, and whether they hold.

mod list;
mod reference;
mod show;
mod test;
mod why;

use super::exit::Failure;
use crate::rules::{Compiled, RuleSet};
use clap::Subcommand;
pub(crate) use show::page;

/// The commands about rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List the rules
    List(list::ListArgs),
    /// Show a rule with its samples
    Show(show::ShowArgs),
    /// Print the reference of all rules as Markdown
    Reference(reference::ReferenceArgs),
    /// Test every rule against its samples
    Test(test::TestArgs),
    /// Show what happened to each line that a rule could match
    Why(why::WhyArgs),
}

/// Runs the command.
pub(crate) fn run(command: &RulesCommand) -> Result<u8, Failure> {
    match command {
        RulesCommand::List(args) => list::run(args),
        RulesCommand::Show(args) => show::run(args),
        RulesCommand::Reference(args) => reference::run(args),
        RulesCommand::Test(args) => test::run(args),
        RulesCommand::Why(args) => why::run(args),
    }
}

/// The rule with this id, or the words that say there is no such rule.
pub(crate) fn find<'a>(rules: &'a RuleSet, id: &str) -> Result<&'a Compiled, Failure> {
    rules.get(id).ok_or_else(|| {
        let ids: Vec<&str> = rules.rules().iter().map(|rule| rule.rule.id.as_str()).collect();
        let hint = match super::suggest::nearest(id, &ids) {
            Some(near) => format!("did you mean {near}?"),
            None => "`vmcoroner rules list` lists them".to_owned(),
        };
        Failure::usage(format!("no rule has the id \"{}\"", crate::clean::clean(id))).with_hint(Some(hint))
    })
}
