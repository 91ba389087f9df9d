//! All rules of a run: the built-in ones, and those a user adds or puts in their place.

use super::compiled::Compiled;
use super::model::RuleFile;
use super::validate::{Fault, Help};
use super::{embedded, validate};
use crate::terms::{Strength, ids};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a rule file was refused. Nothing of a refused file is used.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("{message}")]
pub struct RuleError {
    /// The file.
    pub file: PathBuf,
    /// Its text, to show the place.
    pub source_text: String,
    /// Where in the text, in bytes.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<Help>,
}

impl RuleError {
    /// Line (from 1) of the place.
    #[must_use]
    pub fn line(&self) -> usize {
        1 + self.source_text.bytes().take(self.span.start).filter(|&byte| byte == b'\n').count()
    }
}

/// Why a folder of rules could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file was refused.
    #[error("{}:{}: {}", .0.file.display(), .0.line(), .0.message)]
    Rule(Box<RuleError>),
    /// The folder or a file in it could not be read.
    #[error("cannot read rules in {}: {error}", .path.display())]
    Io {
        /// What was being read.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
}

ids! {
    /// A rule of a [`RuleSet`].
    RuleId;
}

/// The rules of a run, in the order of their ids.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Compiled>,
}

impl RuleSet {
    /// The rules built into the program.
    ///
    /// # Errors
    /// A built-in file that is wrong; the tests exclude that.
    pub fn builtin() -> Result<Self, LoadError> {
        Ok(Self::from_map(builtin(embedded::FILES)?))
    }

    /// The built-in rules as an analysis needs them: without samples, explanations and references, which are a large
    /// part of what a start would parse.
    ///
    /// # Errors
    /// As [`RuleSet::builtin`].
    pub fn brief() -> Result<Self, LoadError> {
        Ok(Self::from_map(builtin(embedded::BRIEF)?))
    }

    /// The built-in rules, and those of the `*.toml` files of a folder: new ids are added, known ids replaced.
    ///
    /// # Errors
    /// A file that cannot be read, or one that is refused: with its place and the reason.
    pub fn with_dir(dir: &Path) -> Result<Self, LoadError> {
        let mut all = builtin(embedded::FILES)?;
        let own = own(&read_dir(dir)?, &all)?;
        all.extend(own);
        Ok(Self::from_map(all))
    }

    /// Only the rules of a folder. They may refer to built-in ones.
    ///
    /// # Errors
    /// As [`RuleSet::with_dir`].
    pub fn only_dir(dir: &Path) -> Result<Self, LoadError> {
        Ok(Self::from_map(own(&read_dir(dir)?, &builtin(embedded::BRIEF)?)?))
    }

    /// Rules out of texts; for tests and for the examples of the documentation.
    ///
    /// # Errors
    /// A text that is refused.
    pub fn from_texts(texts: &[(&str, &str)]) -> Result<Self, LoadError> {
        let sources: Vec<(PathBuf, String)> =
            texts.iter().map(|(name, text)| (PathBuf::from(name), (*text).to_owned())).collect();
        Ok(Self::from_map(own(&sources, &BTreeMap::new())?))
    }

    /// These rules and one more, taken as it is; it takes the place of one with its id.
    #[must_use]
    pub fn with(&self, rule: super::model::Rule) -> Self {
        let others = self.rules.iter().filter(|own| own.rule.id != rule.id);
        // Patterns are compiled when a line first needs them: the copy compiles its own.
        let again = |own: &Compiled| Compiled::new(own.rule.clone(), Arc::clone(&own.topic));
        let mut rules: Vec<Compiled> = others.map(again).collect();
        let at = rules.partition_point(|own| own.rule.id < rule.id);
        rules.insert(at, Compiled::new(rule, Arc::from("")));
        Self { rules }
    }

    /// All rules, by id.
    #[must_use]
    pub fn rules(&self) -> &[Compiled] {
        &self.rules
    }

    /// The rule with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Compiled> {
        self.id_of(id).map(|id| &self[id])
    }

    /// The rules with their places.
    pub fn by_id(&self) -> impl Iterator<Item = (RuleId, &Compiled)> {
        self.rules.iter().enumerate().map(|(at, rule)| (RuleId::new(at), rule))
    }

    /// The place of the rule with this id.
    #[must_use]
    pub fn id_of(&self, id: &str) -> Option<RuleId> {
        self.rules.binary_search_by(|rule| rule.rule.id.as_str().cmp(id)).ok().map(RuleId::new)
    }

    fn from_map(all: BTreeMap<String, Compiled>) -> Self {
        Self { rules: all.into_values().collect() }
    }
}

impl std::ops::Index<RuleId> for RuleSet {
    type Output = Compiled;

    #[allow(clippy::indexing_slicing)]
    fn index(&self, id: RuleId) -> &Compiled {
        &self.rules[id.at()]
    }
}

/// The built-in rules. They are trusted: their patterns are not compiled at every start.
fn builtin(files: &[(&str, &str)]) -> Result<BTreeMap<String, Compiled>, LoadError> {
    let mut all = BTreeMap::new();
    for (name, text) in files {
        for rule in parse(Path::new(name), text)? {
            insert(&mut all, rule, Path::new(name), text)?;
        }
    }
    Ok(all)
}

/// The rules of other people's files, each checked; they may refer to each other and to those that are there already.
fn own(
    sources: &[(PathBuf, String)],
    others: &BTreeMap<String, Compiled>,
) -> Result<BTreeMap<String, Compiled>, LoadError> {
    let refuse = |file: &Path, text: &str, id: &str, fault: Fault| {
        refused(file, text, place(text, id, &fault.field), fault.message, fault.help)
    };
    let mut all = BTreeMap::new();
    let mut ids: Vec<(&Path, &str, String)> = Vec::new();
    for (file, text) in sources {
        for rule in parse(file, text)? {
            check(&rule).map_err(|fault| refuse(file, text, &rule.rule.id, fault))?;
            ids.push((file, text, rule.rule.id.clone()));
            insert(&mut all, rule, file, text)?;
        }
    }
    // Only now all ids are known.
    for (file, text, id) in ids {
        let Some(rule) = all.get(&id) else { continue };
        validate::check_rules(rule, |id| all.get(id).or_else(|| others.get(id)))
            .map_err(|fault| refuse(file, text, &id, fault))?;
    }
    Ok(all)
}

/// The `*.toml` files of a folder with their texts, by name.
fn read_dir(dir: &Path) -> Result<Vec<(PathBuf, String)>, LoadError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error| LoadError::Io { path, error }
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .map_err(io(dir))?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let text = std::fs::read_to_string(&file).map_err(io(&file))?;
            Ok((file, text))
        })
        .collect()
}

fn refused(file: &Path, text: &str, span: Range<usize>, message: String, help: Option<Help>) -> LoadError {
    let (file, source_text) = (file.to_owned(), text.to_owned());
    LoadError::Rule(Box::new(RuleError { file, source_text, span, message, help }))
}

/// The rules of one file, unchecked.
fn parse(file: &Path, text: &str) -> Result<Vec<Compiled>, LoadError> {
    let parsed: RuleFile = toml::from_str(text).map_err(|error| {
        let message = error.message().to_owned();
        refused(file, text, error.span().unwrap_or(0..0), message, Some(Help::RuleFields))
    })?;
    let topic: Arc<str> = Arc::from(parsed.topic.as_str());
    let about: Arc<str> = Arc::from(parsed.about.trim());
    let ready = |rule| {
        let mut compiled = Compiled::new(rule, Arc::clone(&topic));
        compiled.about = Arc::clone(&about);
        compiled
    };
    Ok(parsed.rules.into_iter().map(ready).collect())
}

fn insert(
    all: &mut BTreeMap<String, Compiled>,
    rule: Compiled,
    file: &Path,
    text: &str,
) -> Result<(), LoadError> {
    let id = rule.rule.id.clone();
    if all.contains_key(&id) {
        return Err(refused(
            file,
            text,
            place(text, &id, "id"),
            format!("the id \"{id}\" is used twice"),
            None,
        ));
    }
    all.insert(id, rule);
    Ok(())
}

/// Everything that a rule must hold beyond its form.
///
/// # Errors
/// The first fault found.
pub fn check(compiled: &Compiled) -> Result<(), Fault> {
    let rule = &compiled.rule;
    let fault = |field: &str, message: String| {
        let message = format!("rule \"{}\": {message}", rule.id);
        Err(Fault { field: field.to_owned(), message, help: None })
    };
    if rule.id.is_empty()
        || !rule.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b))
    {
        return fault("id", "an id is made of lower-case letters, digits, `-` and `.`".into());
    }
    if rule.logs.is_empty() {
        return fault("logs", "it names no log to look at".into());
    }
    if rule.literals.is_empty() || rule.literals.iter().any(|literal| literal.len() < 3) {
        return fault(
            "literals",
            "it needs literals of at least three bytes, one of which is in every line it matches".into(),
        );
    }
    if rule.span > 12 {
        return fault("span", "a span is at most 12 lines".into());
    }
    check_patterns(compiled)?;
    validate::check_captures(compiled)?;
    if let Some(grade) = &rule.grade
        && (grade.steps.is_empty() || !grade.steps.windows(2).all(|pair| pair[0].from < pair[1].from))
    {
        return fault("grade", "the steps of a grade rise".into());
    }
    if rule.origin.is_some() && (rule.check.is_none() || (rule.strength.is_none() && rule.grade.is_none())) {
        return fault("origin", "evidence for an origin needs a check and a strength".into());
    }
    if rule.origin.is_some() && compiled.ties.is_empty() {
        return fault("id", "evidence needs a tie to a VM, to what it depends on, or to the host".into());
    }
    if rule.synthetic && rule.strength == Some(Strength::Decisive) {
        return fault("synthetic", "a form that was never seen verbatim is never decisive".into());
    }
    if rule.origin.is_none()
        && rule.crash.is_none()
        && rule.operation.is_none()
        && rule.fact.is_none()
        && rule.check.is_none()
    {
        return fault("id", "it says nothing: no origin, crash, operation, fact or check".into());
    }
    Ok(())
}

/// Whether every pattern of a rule is one.
fn check_patterns(compiled: &Compiled) -> Result<(), Fault> {
    let rule = &compiled.rule;
    if let Err((pattern, error)) = compiled.check_patterns() {
        let help = match error {
            regex::Error::CompiledTooBig(_) => "the pattern is too large: write counted repetitions smaller",
            _ => "patterns are Rust regular expressions: no look-around, no back-references",
        };
        let field = if rule.unless.contains(&pattern) { "unless" } else { "pattern" };
        let reason = error.to_string();
        let reason = reason
            .lines()
            .rev()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or("bad pattern")
            .to_owned();
        let message = format!("rule \"{}\": {reason}", rule.id);
        return Err(Fault { field: field.into(), message, help: Some(Help::Says(help.into())) });
    }
    Ok(())
}

/// Where a field of a rule is in the text of its file; the id's place if the field is not written out.
fn place(text: &str, id: &str, field: &str) -> Range<usize> {
    let quoted = format!("\"{id}\"");
    let start = text
        .match_indices(&quoted)
        .map(|(at, _)| at)
        .find(|&at| {
            let line_start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |n| n + 1);
            text.get(line_start..at).is_some_and(|head| head.trim_start().starts_with("id"))
        })
        .unwrap_or(0);
    let tail = text.get(start..).unwrap_or_default();
    let end = tail.find("\n[[rule]]").unwrap_or(tail.len());
    let body = tail.get(..end).unwrap_or_default();
    let mut offset = start;
    if field != "id" {
        for line in body.split_inclusive('\n') {
            let trimmed = line.trim_start();
            let key = trimmed.trim_start_matches("[rule.").trim_start_matches("rule.");
            if key.strip_prefix(field).is_some_and(|after| after.trim_start().starts_with(['=', ']', '.'])) {
                return offset..offset + line.trim_end().len();
            }
            offset += line.len();
        }
    }
    start..start + quoted.len().min(tail.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_brief_rules_are_the_rules_without_what_readers_want() {
        let (whole, brief) = (RuleSet::builtin().unwrap(), RuleSet::brief().unwrap());
        assert_eq!(whole.rules().len(), brief.rules().len());
        let (mut long, mut short) = (0, 0);
        for (whole, brief) in whole.rules().iter().zip(brief.rules()) {
            let mut expected = whole.rule.clone();
            long += serde_json::to_string(&expected).unwrap().len();
            expected.positives.clear();
            expected.negatives.clear();
            expected.explain.clear();
            // Lists of several lines stay.
            expected.references.clone_from(&brief.rule.references);
            expected.generations.clone_from(&brief.rule.generations);
            let brief_text = serde_json::to_string(&brief.rule).unwrap();
            short += brief_text.len();
            assert_eq!(brief_text, serde_json::to_string(&expected).unwrap());
            assert_eq!(whole.topic, brief.topic);
        }
        assert!(short * 2 < long, "{short} of {long} bytes are left");
    }
}
