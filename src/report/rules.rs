//! The list of rules: what scripts and people are shown of each.

use crate::log::LogKind;
use crate::rules::Compiled;
use crate::terms::{Check, CrashKind, Origin, Strength};
use serde::Serialize;

/// A list of rules out of those there are.
#[derive(Debug, Clone)]
pub struct RuleList<'a> {
    /// The rules, in their order.
    pub rows: Vec<RuleRow<'a>>,
    /// How many there are in all.
    pub all: usize,
}

/// A rule in the list.
#[derive(Debug, Clone, Serialize)]
pub struct RuleRow<'a> {
    /// Its id.
    pub id: &'a str,
    /// What it finds.
    pub title: &'a str,
    /// What it belongs to.
    pub topic: &'a str,
    /// The logs it looks at.
    pub logs: &'a [LogKind],
    /// The check it belongs to.
    pub check: Option<Check>,
    /// The origin it supports.
    pub origin: Option<Origin>,
    /// How strongly; the highest of its steps if it has a grade.
    pub strength: Option<Strength>,
    /// The crash it tells.
    pub crash: Option<CrashKind>,
    /// The operation it tells.
    pub operation: Option<&'a str>,
    /// Whether its samples are made, not found.
    pub synthetic: bool,
}

impl<'a> RuleList<'a> {
    /// The list of these rules, out of so many.
    #[must_use]
    pub fn of(rules: impl IntoIterator<Item = &'a Compiled>, all: usize) -> Self {
        Self { rows: rules.into_iter().map(RuleRow::of).collect(), all }
    }
}

impl<'a> RuleRow<'a> {
    fn of(compiled: &'a Compiled) -> Self {
        let rule = &compiled.rule;
        let graded = rule.grade.iter().flat_map(|grade| &grade.steps).map(|step| step.strength).max();
        Self {
            id: &rule.id,
            title: &rule.title,
            topic: &compiled.topic,
            logs: &rule.logs,
            check: rule.check,
            origin: rule.origin,
            strength: graded.or(rule.strength),
            crash: rule.crash,
            operation: rule.operation.as_deref(),
            synthetic: rule.synthetic,
        }
    }

    /// What it is good for, in a word.
    #[must_use]
    pub fn gives(&self) -> String {
        match (self.origin, self.crash, self.operation) {
            (Some(origin), ..) => origin.to_string(),
            (_, Some(crash), _) => format!("({crash})"),
            (.., Some(operation)) => format!("({operation})"),
            _ => "(fact)".to_owned(),
        }
    }
}
