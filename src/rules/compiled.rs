//! A rule made ready to match lines.

use super::captures::Captures;
use super::decode;
use super::inner_literals::InnerLiterals;
use super::min_number::MinNumber;
use super::model::{Grade, Rule, TieBy};
use crate::log::LogKind;
use crate::terms::Strength;
use regex::bytes::{Regex, RegexBuilder};
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// The largest compiled program a pattern may have, in bytes. Real patterns stay far below.
const MAX_PROGRAM_BYTES: usize = 1 << 20;

/// A rule with its patterns, compiled when they are first needed: most rules of a run never see a line.
#[derive(Debug)]
pub struct Compiled {
    /// The rule as written.
    pub rule: Rule,
    /// Topic of the file it came from.
    pub topic: Arc<str>,
    /// What that file says about its rules.
    pub about: Arc<str>,
    /// Its ties, the default worked out.
    pub ties: Vec<TieBy>,
    patterns: Vec<Pattern>,
    unless: Vec<Pattern>,
}

/// A compiled pattern with its groups that have a name.
#[derive(Debug)]
struct Ready {
    regex: Regex,
    groups: Vec<usize>,
    names: Arc<Vec<Arc<str>>>,
}

#[derive(Debug)]
struct Pattern {
    text: String,
    ignore_case: bool,
    needs: OnceLock<InnerLiterals>,
    floor: OnceLock<Option<MinNumber>>,
    compiled: OnceLock<Option<Ready>>,
}

impl Pattern {
    fn new(text: &str, ignore_case: bool) -> Self {
        Self {
            text: text.to_owned(),
            ignore_case,
            needs: OnceLock::new(),
            floor: OnceLock::new(),
            compiled: OnceLock::new(),
        }
    }

    /// Compiles the pattern without keeping it, to see its errors.
    fn try_compile(&self) -> Result<Regex, regex::Error> {
        RegexBuilder::new(&self.text)
            .unicode(false)
            .multi_line(false)
            .case_insensitive(self.ignore_case)
            .size_limit(MAX_PROGRAM_BYTES)
            .build()
    }

    /// Whether the text can match at all: a cheap look before the pattern is tried, or even compiled.
    fn may_match(&self, text: &[u8]) -> bool {
        self.needs
            .get_or_init(|| {
                if self.ignore_case { InnerLiterals::default() } else { InnerLiterals::of(&self.text) }
            })
            .met(text)
    }

    /// Whether every number that it could capture for this grade is below the first step.
    fn is_too_low(&self, grade: &Grade, text: &[u8]) -> bool {
        self.floor
            .get_or_init(|| {
                let least = grade.steps.first()?.from;
                if self.ignore_case { None } else { MinNumber::of(&self.text, &grade.capture, least) }
            })
            .as_ref()
            .is_some_and(|floor| floor.is_above(text))
    }

    /// The compiled pattern; `None` only for one that does not compile, which loading has refused before.
    fn get(&self) -> Option<&Ready> {
        self.compiled
            .get_or_init(|| {
                let regex = self.try_compile().ok()?;
                let (groups, names): (Vec<usize>, Vec<Arc<str>>) = regex
                    .capture_names()
                    .enumerate()
                    .filter_map(|(group, name)| Some((group, Arc::from(name?))))
                    .unzip();
                Some(Ready { regex, groups, names: Arc::new(names) })
            })
            .as_ref()
    }
}

/// How far a line got with a rule; `rules why` tells it.
#[derive(Debug, Clone, PartialEq)]
pub enum LineResult {
    /// No pattern matched.
    NoMatch,
    /// A pattern matched, and one of `unless` did too.
    Vetoed,
    /// Matched, but a condition on the captures failed; the text says which.
    Condition(String),
    /// Matched.
    Match(Captures),
}

impl Compiled {
    /// Prepares a rule. The patterns are compiled later, when a line needs them.
    #[must_use]
    pub fn new(rule: Rule, topic: Arc<str>) -> Self {
        let patterns = rule.pattern.all().iter().map(|p| Pattern::new(p, rule.ignore_case)).collect();
        let unless = rule.unless.iter().map(|p| Pattern::new(p, rule.ignore_case)).collect();
        let ties = default_ties(&rule);
        Self { rule, topic, about: Arc::from(""), ties, patterns, unless }
    }

    /// Compiles every pattern and gives the first error with the pattern it is about.
    ///
    /// # Errors
    /// The pattern's text and what the regex engine says: bad syntax, or a program over 1 MiB.
    pub fn check_patterns(&self) -> Result<(), (String, regex::Error)> {
        for pattern in self.patterns.iter().chain(&self.unless) {
            pattern.try_compile().map_err(|error| (pattern.text.clone(), error))?;
        }
        Ok(())
    }

    /// The names of all captures of all patterns, decoded ones included.
    #[must_use]
    pub fn capture_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for own in self.patterns.iter().filter_map(Pattern::get) {
            names.extend(own.names.iter().map(|name| name.to_string()));
        }
        if let Some(decoder) = self.rule.decode {
            names.extend(decode::produces(decoder).iter().map(|name| (*name).to_owned()));
        }
        names.sort();
        names.dedup();
        names
    }

    /// Tries the rule on a line (with the lines of its span after it, joined by `\n`).
    #[must_use]
    pub fn try_line(&self, text: &[u8]) -> LineResult {
        let decoded = if self.rule.url_decode { url_decode(text) } else { Cow::Borrowed(text) };
        let text = decoded.as_ref();
        let Some(mut captures) = self.captures(text) else { return LineResult::NoMatch };
        if self
            .unless
            .iter()
            .filter(|p| p.may_match(text))
            .filter_map(Pattern::get)
            .any(|own| own.regex.is_match(text))
        {
            return LineResult::Vetoed;
        }
        if let Some(decoder) = self.rule.decode {
            decode::apply(decoder, &mut captures);
        }
        for (name, allowed) in &self.rule.only_if {
            match captures.get(name) {
                Some(value) if allowed.iter().any(|a| a == value) => {}
                Some(value) => {
                    return LineResult::Condition(format!(
                        "{name} is {value}, not one of {}",
                        allowed.join(", ")
                    ));
                }
                None => return LineResult::Condition(format!("{name} is absent")),
            }
        }
        for (name, refused) in &self.rule.not_if {
            if let Some(value) = captures.get(name).filter(|value| refused.iter().any(|r| r == value)) {
                return LineResult::Condition(format!("{name} is {value}"));
            }
        }
        if self.rule.grade.is_some() && self.strength_of(&captures).is_none() {
            return LineResult::Condition("below the first step of its grade".to_owned());
        }
        LineResult::Match(captures)
    }

    /// The captures if the line matches in full.
    #[must_use]
    pub fn matches(&self, text: &[u8]) -> Option<Captures> {
        if let Some(grade) = &self.rule.grade
            // A decoder may make another number of it.
            && !self.rule.url_decode
            && self.rule.decode.is_none()
            && self.patterns.iter().all(|pattern| pattern.is_too_low(grade, text))
        {
            return None;
        }
        match self.try_line(text) {
            LineResult::Match(captures) => Some(captures),
            _ => None,
        }
    }

    /// The strength of one line with these captures; counting and intervals are looked at later.
    #[must_use]
    pub fn strength_of(&self, captures: &Captures) -> Option<Strength> {
        let Some(grade) = &self.rule.grade else { return self.rule.strength };
        let number: f64 = captures.get(&grade.capture)?.parse().ok()?;
        grade.steps.iter().rev().find(|step| number >= step.from).map(|step| step.strength)
    }

    /// Whether the rule looks at logs of this kind.
    #[must_use]
    pub fn looks_at(&self, kind: LogKind) -> bool {
        self.rule.logs.contains(&kind)
    }

    /// The sentence of the report: the message with its captures filled in; the title if there is no message or one of its
    /// captures did not take part. `{us:s}` is a capture in microseconds, said in seconds.
    #[must_use]
    pub fn message(&self, captures: &Captures) -> String {
        self.message_with(captures, &|_| None)
    }

    /// The same, where `known` says a better value of a capture than the line does: the name of a VM for its number.
    #[must_use]
    pub fn message_with(&self, captures: &Captures, known: &dyn Fn(&str) -> Option<String>) -> String {
        let Some(template) = &self.rule.message else { return self.rule.title.clone() };
        // A sentence with a hole says less than the title.
        if template_names(template).iter().any(|name| captures.get(name).is_none_or(str::is_empty)) {
            return self.rule.title.clone();
        }
        fill(template, |name| match name.split_once(':') {
            Some((name, _)) => captures.get(name).map(in_seconds),
            None => known(name).or_else(|| captures.get(name).map(str::to_owned)),
        })
    }

    fn captures(&self, text: &[u8]) -> Option<Captures> {
        self.patterns.iter().filter(|pattern| pattern.may_match(text)).filter_map(Pattern::get).find_map(
            |Ready { regex, groups, names }| {
                let found = regex.captures(text)?;
                let values: Vec<Option<Cow<'_, str>>> = groups
                    .iter()
                    .map(|&group| found.get(group).map(|value| String::from_utf8_lossy(value.as_bytes())))
                    .collect();
                Some(Captures::of(names, values.iter().map(|value| value.as_deref())))
            },
        )
    }
}

/// Fills `{name}` in a template; a name without a value stays empty, `{{` is a brace.
pub(crate) fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        if let Some(tail) = after.strip_prefix('{') {
            out.push('{');
            rest = tail;
        } else if let Some((name, tail)) = after.split_once('}') {
            out.push_str(&value(name).unwrap_or_default());
            rest = tail;
        } else {
            out.push('{');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// Microseconds as seconds; what is no number stays as it is.
fn in_seconds(us: &str) -> String {
    match us.parse::<f64>().map(|us| us / 1_000_000.0) {
        Ok(seconds) if seconds >= 10.0 => format!("{seconds:.0}"),
        Ok(seconds) => format!("{seconds:.1}"),
        Err(_) => us.to_owned(),
    }
}

/// The names a template asks for.
pub(crate) fn template_names(template: &str) -> Vec<String> {
    let names = std::cell::RefCell::new(Vec::new());
    let _ = fill(template, |name| {
        names.borrow_mut().push(name.strip_suffix(":s").unwrap_or(name).to_owned());
        None
    });
    names.into_inner()
}

/// Undoes `%XX`. Forms of the web write a blank as `+`, and then they write every slash as `%2F`: only there a `+` is
/// a blank; anywhere else it is part of a name.
fn url_decode(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'%', text).is_none() {
        return Cow::Borrowed(text);
    }
    let plus_is_blank = text.windows(3).any(|window| window.eq_ignore_ascii_case(b"%2F"));
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'%'
            && let Some((&[high, low], after)) = tail.split_first_chunk::<2>()
            && let (Some(high), Some(low)) = (hex(high), hex(low))
        {
            out.push(high * 16 + low);
            rest = after;
        } else if byte == b'+' && plus_is_blank {
            out.push(b' ');
            rest = tail;
        } else {
            out.push(byte);
            rest = tail;
        }
    }
    Cow::Owned(out)
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn default_ties(rule: &Rule) -> Vec<TieBy> {
    if !rule.tie.is_empty() {
        return rule.tie.clone();
    }
    if rule.logs.iter().all(|kind| *kind == LogKind::Vmware) {
        return vec![TieBy::OwnLog];
    }
    let text = rule.pattern.all().join("\n");
    TieBy::ALL
        .iter()
        .copied()
        .filter(|tie| {
            let word = tie.as_str();
            text.contains(&format!("(?P<{word}>")) || text.contains(&format!("(?<{word}>"))
        })
        .collect()
}
