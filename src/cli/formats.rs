//! Which command writes in which formats.

use crate::report::{Format, Subject};
use clap::builder::{PossibleValue, PossibleValuesParser, StyledStr, TypedValueParser};
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command, Error};
use std::ffi::OsStr;

/// The formats of `analyze`: of the report about everything, and of reports about single inputs.
pub(crate) const ANALYZE: Formats = Formats("vmcoroner PATH", &[Subject::Report, Subject::Input]);
/// The formats of `inventory`.
pub(crate) const INVENTORY: Formats = Formats("inventory", &[Subject::Inventory]);
/// The formats of `timeline`.
pub(crate) const TIMELINE: Formats = Formats("timeline", &[Subject::Timeline]);
/// The formats of `rules list`.
pub(crate) const RULES: Formats = Formats("rules list", &[Subject::Rules]);

const COMMANDS: &[Formats] = &[ANALYZE, INVENTORY, TIMELINE, RULES];

/// The formats of one command, by what it writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Formats(&'static str, &'static [Subject]);

impl Formats {
    fn has(self, format: Format) -> bool {
        format.subjects().iter().any(|subject| self.1.contains(subject))
    }

    fn words(self) -> impl Iterator<Item = &'static str> {
        Format::ALL.iter().filter(move |format| self.has(**format)).map(|format| format.as_str())
    }

    /// Reads one of its formats.
    pub(crate) fn read(self, word: &str) -> Result<Format, String> {
        let format = Format::parse(word).filter(|format| self.has(*format));
        format.ok_or_else(|| {
            format!("\"{word}\" is not one of {}", self.words().collect::<Vec<_>>().join(", "))
        })
    }
}

impl TypedValueParser for Formats {
    type Value = Format;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Format, Error> {
        if let Some(format) = value.to_str().and_then(|word| self.read(word).ok()) {
            return Ok(format);
        }
        let refused = PossibleValuesParser::new(self.words()).parse_ref(command, arg, value);
        let mut error = refused.err().unwrap_or_else(|| Error::new(clap::error::ErrorKind::InvalidValue));
        if let Some(format) = value.to_str().and_then(Format::parse) {
            let others: Vec<&str> = COMMANDS.iter().filter(|one| one.has(format)).map(|one| one.0).collect();
            let tip = StyledStr::from(format!("{format} is written by: {}", others.join(", ")));
            error.remove(ContextKind::SuggestedValue);
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
        }
        Err(error)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.words().map(PossibleValue::new)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_written_by_a_command_and_every_subject_by_one() {
        for &format in Format::ALL {
            assert!(COMMANDS.iter().any(|command| command.has(format)), "{format}");
            for subject in format.subjects() {
                let writers = COMMANDS.iter().filter(|command| command.1.contains(subject));
                assert_eq!(writers.count(), 1, "{subject:?}");
            }
        }
    }
}
