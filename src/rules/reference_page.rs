//! The reference of the rules as a page of Markdown, made from the rules themselves.

use super::compiled::Compiled;
use super::model::{Count, Interval, KnownIssue, Rule};
use super::registry::RuleSet;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The title of the page.
const TITLE: &str = "# Rules reference";

/// The page: its introduction, then topics by name, their rules by id.
#[must_use]
pub fn markdown(rules: &RuleSet, introduction: &str) -> String {
    let mut topics: BTreeMap<&str, Vec<&Compiled>> = BTreeMap::new();
    for rule in rules.rules() {
        topics.entry(&rule.topic).or_default().push(rule);
    }
    let mut page = Page { out: format!("{TITLE}\n\n{introduction}\n") };
    page.line("");
    page.line("| topic | rules |");
    page.line("|---|---|");
    for (topic, own) in &topics {
        page.line(&format!("| [{}](#{}) | {} |", plain(topic), anchor(topic), own.len()));
    }
    for (topic, own) in &topics {
        page.line("");
        page.line(&format!("## {}", plain(topic)));
        for about in own.iter().map(|rule| &*rule.about).filter(|about| !about.is_empty()).take(1) {
            page.line("");
            page.line(&plain(about));
        }
        for rule in own {
            page.rule(rule);
        }
    }
    page.out
}

struct Page {
    out: String,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    /// A point of a list; nothing without a value.
    fn point(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.line(&format!("- **{name}:** {value}"));
        }
    }

    fn rule(&mut self, compiled: &Compiled) {
        let rule = &compiled.rule;
        self.line("");
        self.line(&format!("### `{}`", rule.id));
        self.line("");
        self.line(&format!("{}.", plain(rule.title.trim_end_matches('.'))));
        self.line("");
        let logs: Vec<&str> = rule.logs.iter().map(|log| log.file_name()).collect();
        self.point("Logs", &logs.join(", "));
        self.point("Gives", &gives(rule));
        self.point("Strength", &strength(rule));
        self.point("Tied by", &compiled.ties.iter().map(|tie| tie.as_str()).collect::<Vec<_>>().join(", "));
        self.point("Counts", &rule.time.as_ref().map(ToString::to_string).unwrap_or_default());
        self.point("How often", &rule.count.as_ref().map(count).unwrap_or_default());
        self.point("Until", &rule.interval.as_ref().map(interval).unwrap_or_default());
        self.point("Left to", &codes(&rule.excluded_by));
        self.point("Known issue", &rule.known_issue.as_ref().map(known_issue).unwrap_or_default());
        self.point("References", &plain(&rule.references.join(", ")));
        if rule.synthetic {
            self.point("Seen", "never verbatim; the samples follow the grammar only");
        }
        if !rule.explain.trim().is_empty() {
            self.line("");
            self.line(&plain(rule.explain.trim()));
        }
        if let Some(sample) = rule.positives.first() {
            self.sample("Matches:", &sample.line);
        }
        let alike: Vec<String> = rule
            .negatives
            .iter()
            .map(|sample| format!("# {}\n{}", sample.why, sample.line.trim_end()))
            .collect();
        if !alike.is_empty() {
            self.sample("Leaves alone:", &alike.join("\n"));
        }
    }

    fn sample(&mut self, label: &str, text: &str) {
        // A fence longer than any run of backticks inside.
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        self.line("");
        self.line(label);
        self.line("");
        self.line(&format!("{fence}text"));
        for line in text.lines() {
            self.line(line);
        }
        self.line(&fence);
    }
}

/// What a line of the rule is: evidence, a crash, an operation, a fact.
fn gives(rule: &Rule) -> String {
    let mut parts: Vec<String> = Vec::new();
    match (rule.check, rule.origin) {
        (Some(check), Some(origin)) => parts.push(format!("evidence for `{origin}` in the check `{check}`")),
        (Some(check), None) => parts.push(format!("a line of the check `{check}`")),
        _ => {}
    }
    parts.extend(rule.part.map(|part| format!("as its {part}")));
    parts.extend(rule.crash.map(|crash| format!("a crash of kind `{crash}`")));
    parts.extend(rule.operation.as_ref().map(|operation| format!("the operation `{operation}`")));
    parts.extend(rule.fact.map(|fact| format!("the fact `{fact}`")));
    parts.join(", ")
}

fn strength(rule: &Rule) -> String {
    match &rule.grade {
        None => rule.strength.map(|strength| strength.to_string()).unwrap_or_default(),
        Some(grade) => format!("by `{}`: {}", grade.capture, grade.steps_in_words()),
    }
}

fn count(count: &Count) -> String {
    let same =
        if count.same.is_empty() { String::new() } else { format!(" with the same {}", codes(&count.same)) };
    let below = count.below.map_or("count for nothing".to_owned(), |below| format!("are {below}"));
    format!("{} lines within {}{same}; fewer {below}", count.at_least, count.within)
}

fn interval(interval: &Interval) -> String {
    let short = interval.short.map_or(String::new(), |short| {
        let worth = interval.short_strength.map_or("context", |strength| strength.as_str());
        format!("; a state that ended within {short} is {worth}")
    });
    format!("{}{short}", codes(&interval.end))
}

fn known_issue(issue: &KnownIssue) -> String {
    let builds: Vec<String> =
        issue.fixed_build.iter().filter(|build| **build > 0).map(u64::to_string).collect();
    let builds = if builds.is_empty() { String::new() } else { format!(" (build {})", builds.join(", ")) };
    format!(
        "{} Affects {}; fixed in {}{builds}; article {}.",
        plain(&issue.summary),
        issue.affected.join(", "),
        plain(&issue.fixed_in),
        plain(&issue.article)
    )
}

fn codes(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// Text that Markdown takes as it is.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '_' | '<' | '>' | '[' | ']' | '|' | '\\' | '#') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The anchor that renderers give a heading.
fn anchor(heading: &str) -> String {
    let mut out = String::new();
    for c in heading.to_lowercase().chars() {
        match c {
            ' ' => out.push('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => {
                let _ = write!(out, "{c}");
            }
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::Path;

    #[test]
    fn the_page_in_docs_is_the_one_the_rules_give() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules-reference.md");
        let stands = std::fs::read_to_string(path).unwrap_or_default();
        // The introduction is the program's.
        let rules = RuleSet::builtin().unwrap();
        let (head, _) = stands.split_once("\n| topic").unwrap();
        let made = markdown(&rules, head.strip_prefix(TITLE).unwrap().trim());
        let line = stands.lines().zip(made.lines()).take_while(|(a, b)| a == b).count() + 1;
        assert!(
            stands == made,
            "docs/rules-reference.md differs from the rules (line {line}); refresh it with\n    \
             cargo run -- rules reference > docs/rules-reference.md"
        );
    }

    #[test]
    fn every_rule_stands_on_the_page_once() {
        let rules = RuleSet::builtin().unwrap();
        let page = markdown(&rules, "");
        for rule in rules.rules() {
            let heading = format!("\n### `{}`\n", rule.rule.id);
            assert_eq!(page.matches(&heading).count(), 1, "{}", rule.rule.id);
            assert!(!rule.rule.positives.is_empty() && !rule.rule.negatives.is_empty(), "{}", rule.rule.id);
        }
        assert!(page.lines().all(|line| line == line.trim_end()));
    }

    #[test]
    fn markdown_is_not_broken_by_what_rules_say() {
        assert_eq!(plain("a <b> *c* | d"), "a \\<b\\> \\*c\\* \\| d");
        assert_eq!(anchor("Paths, adapters and iSCSI sessions"), "paths-adapters-and-iscsi-sessions");
        let mut page = Page { out: String::new() };
        page.sample("x", "``` y");
        assert!(page.out.contains("````text\n``` y\n````\n"));
    }
}
