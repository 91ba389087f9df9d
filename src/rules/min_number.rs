//! The number of a graded rule, looked at before its pattern: most lines that state how long something took state
//! that it took no time.

use memchr::memmem;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Digits of a number that are added up; longer ones are left to the pattern.
const MAX_DIGITS: usize = 15;

/// The text that stands right before the number, and the number below which a line is no evidence.
#[derive(Debug)]
pub(super) struct MinNumber {
    before: memmem::Finder<'static>,
    least: f64,
}

impl MinNumber {
    /// Looks the place up in a pattern that is matched in its case, without Unicode classes. `None` if nothing
    /// certain precedes the capture, or if it can hold anything but digits and points.
    pub(super) fn of(pattern: &str, capture: &str, least: f64) -> Option<Self> {
        let hir = ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).ok()?;
        let HirKind::Concat(parts) = hir.kind() else { return None };
        parts.windows(2).find_map(|pair| match pair {
            [before, number] => match (before.kind(), number.kind()) {
                (HirKind::Literal(text), HirKind::Capture(own))
                    if own.name.as_deref() == Some(capture) && is_number(&own.sub) =>
                {
                    Some(Self { before: memmem::Finder::new(&text.0).into_owned(), least })
                }
                _ => None,
            },
            _ => None,
        })
    }

    /// Whether every number in the text that the pattern could capture is too small. What is captured is the
    /// beginning of a run of digits and points, and that is never more than the whole run.
    pub(super) fn is_above(&self, text: &[u8]) -> bool {
        let len = self.before.needle().len();
        self.before.find_iter(text).all(|at| {
            let number = text.get(at + len..).unwrap_or_default();
            let digits = number.iter().take(MAX_DIGITS + 1).take_while(|byte| byte.is_ascii_digit());
            let (count, whole) = digits
                .fold((0, 0.0), |(count, whole), digit| (count + 1, whole * 10.0 + f64::from(digit - b'0')));
            count <= MAX_DIGITS && whole + 1.0 <= self.least
        })
    }
}

/// Whether a part matches nothing but digits and points.
fn is_number(hir: &Hir) -> bool {
    let fits = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    match hir.kind() {
        HirKind::Empty => true,
        HirKind::Literal(text) => text.0.iter().copied().all(fits),
        HirKind::Class(Class::Bytes(class)) => {
            class.ranges().iter().all(|range| (range.start()..=range.end()).all(fits))
        }
        HirKind::Class(Class::Unicode(_)) | HirKind::Look(_) => false,
        HirKind::Repetition(repetition) => is_number(&repetition.sub),
        HirKind::Capture(capture) => is_number(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(is_number),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rules::{LineResult, RuleSet};

    #[test]
    fn a_number_below_the_first_step_is_seen_without_the_pattern() {
        let floor = MinNumber::of(r"Command \w+ took (?P<s>\d+(?:\.\d+)?) seconds", "s", 1.0).unwrap();
        assert!(floor.is_above(b"Command READ took 0.999 seconds"));
        assert!(!floor.is_above(b"Command READ took 1.0 seconds"));
        assert!(!floor.is_above(b"it took 0.1, Command READ took 12 seconds"));
        assert!(!floor.is_above(b"Command READ took 00000000000000000001 seconds"));
        assert!(floor.is_above(b"nothing"));
        assert!(MinNumber::of(r"took (?P<s>\w+) seconds", "s", 1.0).is_none());
        assert!(MinNumber::of(r"took:? (?P<s>-?\d+) seconds", "s", 1.0).is_none());
        assert!(MinNumber::of(r"(?P<s>\d+) seconds", "s", 1.0).is_none());
    }

    #[test]
    fn the_short_way_and_the_long_way_agree_on_every_sample() {
        let rules = RuleSet::builtin().unwrap();
        let lines: Vec<&str> = rules
            .rules()
            .iter()
            .flat_map(|rule| {
                rule.rule
                    .positives
                    .iter()
                    .map(|own| own.line.as_str())
                    .chain(rule.rule.negatives.iter().map(|own| own.line.as_str()))
            })
            .collect();
        let graded: Vec<_> = rules.rules().iter().filter(|rule| rule.rule.grade.is_some()).collect();
        assert!(graded.len() > 5);
        for rule in graded {
            for line in &lines {
                let long = matches!(rule.try_line(line.as_bytes()), LineResult::Match(_));
                assert_eq!(rule.matches(line.as_bytes()).is_some(), long, "{}: {line}", rule.rule.id);
            }
        }
    }
}
