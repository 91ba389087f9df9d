//! The list of rules for a person: a line each.

use super::{Paper, TextOptions};
use crate::report::rules::RuleList;
use crate::terms::Strength;
use std::io::{self, Write};

/// Writes the list.
pub(super) fn write(list: &RuleList<'_>, look: TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut paper = Paper::new(out, look);
    let id = list.rows.iter().map(|row| row.id.len()).max().unwrap_or(0).min(40);
    let gives = list.rows.iter().map(|row| row.gives().len()).max().unwrap_or(0);
    for row in &list.rows {
        let strength = row.strength.map(Strength::as_str).unwrap_or_default();
        let head = format!("{:id$}  {:gives$}  {strength:8}  ", row.id, row.gives());
        paper.hanging(&head, row.title)?;
    }
    paper.blank()?;
    paper.line(&format!(
        "{} of {} rules. {}",
        list.rows.len(),
        list.all,
        look.hints.show_rule.unwrap_or_default()
    ))
}
