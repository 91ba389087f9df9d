//! How the program ends: the exit status, and the line on standard error that says why.

use super::rule_error;
use crate::clean::clean;
use crate::report::Tally;
use crate::report::model::Report;
use crate::terms::Origin;
use crate::{Error, rules::LoadError};
use std::fmt::Write as _;
use std::io::{self, Write as _};

/// All was analysed in full.
pub(crate) const OK: u8 = 0;
/// Something failed that is not the input's fault.
pub(crate) const INTERNAL: u8 = 1;
/// Wrong usage.
pub(crate) const USAGE: u8 = 2;
/// Nothing given could be analysed.
pub(crate) const NOTHING: u8 = 3;
/// Some input was damaged, cut off or unreadable.
pub(crate) const PARTIAL: u8 = 4;
/// A crash matched `--fail-on`.
pub(crate) const MATCHED: u8 = 10;

/// The exit status of a report.
pub(crate) fn exit_code(report: &Report, fail_on: Option<&FailOn>) -> u8 {
    exit_code_of(&Tally::of(report), fail_on)
}

/// The exit status of what was counted.
pub(crate) fn exit_code_of(tally: &Tally, fail_on: Option<&FailOn>) -> u8 {
    if fail_on.is_some_and(|fail_on| tally.origins.keys().any(|origin| fail_on.matches(*origin))) {
        MATCHED
    } else if tally.readable == 0 || tally.found == 0 {
        NOTHING
    } else if tally.partial > 0 {
        PARTIAL
    } else {
        OK
    }
}

/// The origins that `--fail-on` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FailOn(Vec<Origin>);

impl FailOn {
    /// Reads a list of origins and groups with commas between them.
    pub(crate) fn parse(list: &str) -> Result<Self, String> {
        let mut origins = Vec::new();
        for word in list.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word {
                "any" => origins.extend(Origin::ALL),
                "infrastructure" => {
                    origins.extend(Origin::ALL.iter().filter(|origin| is_infrastructure(**origin)))
                }
                word => match Origin::parse(word) {
                    Some(origin) => origins.push(origin),
                    None => {
                        let known: Vec<&str> = Origin::ALL.iter().map(|origin| origin.as_str()).collect();
                        return Err(format!(
                            "\"{word}\" is not one of any, infrastructure, {}",
                            known.join(", ")
                        ));
                    }
                },
            }
        }
        if origins.is_empty() {
            return Err("the list is empty; name origins, or any, or infrastructure".to_owned());
        }
        origins.sort_unstable();
        origins.dedup();
        Ok(Self(origins))
    }

    fn matches(&self, origin: Origin) -> bool {
        self.0.contains(&origin)
    }
}

/// Whether an origin belongs to those who run the infrastructure.
fn is_infrastructure(origin: Origin) -> bool {
    !matches!(origin, Origin::GuestOs | Origin::AdminNmi | Origin::Operator | Origin::Undetermined)
}

/// Why a command could not be carried out.
#[derive(Debug)]
pub(crate) struct Failure {
    status: u8,
    message: String,
    hint: Option<String>,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { status: USAGE, message: message.into(), hint: None }
    }

    /// The run was stopped, and there is something to be told about its outputs.
    pub(crate) fn stopped(hint: String) -> Self {
        Self { status: super::stop::STOPPED, message: "stopped".to_owned(), hint: Some(hint) }
    }

    pub(crate) fn with_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// Says on standard error why, and gives the exit status.
    pub(crate) fn report(self) -> u8 {
        let mut text = format!("vmcoroner: {}\n", self.message);
        if let Some(hint) = &self.hint {
            let _ = writeln!(text, "  hint: {hint}");
        }
        let _ = anstream::stderr().write_all(text.as_bytes());
        self.status
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let path = error.path().display().to_string();
        let command = super::suggest::nearest(&path, super::suggest::COMMANDS);
        let hint = match (&error, command) {
            (Error::NotFound(_), Some(command)) => format!("did you mean the command `{command}`?"),
            _ => error.hint().to_owned(),
        };
        Self { status: NOTHING, message: clean(&error.to_string()).into_owned(), hint: Some(hint) }
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Rule(error) => {
                let place = rule_error::render(&error, rule_error::message_width());
                Self { status: USAGE, message: format!("a rule file is not valid\n\n{place}"), hint: None }
            }
            error @ LoadError::Io { .. } => Self {
                status: USAGE,
                message: clean(&error.to_string()).into_owned(),
                hint: Some("--rules expects a folder that contains *.toml files".to_owned()),
            },
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self { status: INTERNAL, message: format!("cannot write the output: {error}"), hint: None }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::PathBuf;

    fn report(origins: &[&str], states: &[&str]) -> Report {
        let crash = |origin: &&str| {
            serde_json::json!({"id": "x", "time": null, "kind": "vm-reset", "bugcheck": null, "verdict": {"origin":
                origin, "confidence": "likely", "because": "", "leaning": null, "missing": [], "next_step": {"who":
                "administrator", "text": ""}}, "rivals": [], "checks": [], "dump_match": {"source": null, "result":
                "not-given", "differences": []}, "evidence": []})
        };
        let input = |state: &&str| {
            serde_json::json!({"id": "I1", "path": "", "kind": "log", "state": state, "members": 0, "bytes": 0,
                "notes": []})
        };
        serde_json::from_value(serde_json::json!({"schema": "", "tool": {"name": "", "version": ""}, "settings":
            {"window_before_s": 0.0, "window_after_s": 0.0}, "inputs": states.iter().map(input).collect::<Vec<_>>(),
            "hosts": [], "vms": [{"id": "V1", "host": null, "name": null, "config": null, "guest_os": null,
            "bios_uuid": null, "logs": {"first": null, "last": null, "members": 1}, "crashes":
            origins.iter().map(crash).collect::<Vec<_>>(), "operations": []}], "incidents": [], "summary": {"inputs":
            1, "hosts": 0, "vms": 1, "crashes": 0, "by_origin": {}, "partial": states.iter().any(|s| *s != "complete")}}))
        .unwrap()
    }

    fn fail_on(list: &str) -> FailOn {
        FailOn::parse(list).unwrap()
    }

    #[test]
    fn the_status_follows_the_contract() {
        let whole = report(&["storage"], &["complete"]);
        let broken = report(&["guest-os"], &["complete", "truncated"]);
        assert_eq!(exit_code(&whole, None), OK);
        assert_eq!(exit_code(&broken, None), PARTIAL);
        assert_eq!(exit_code(&report(&[], &["unreadable"]), None), NOTHING);
        assert_eq!(exit_code(&report(&[], &["unreadable", "complete"]), None), PARTIAL);
        assert_eq!(exit_code(&report(&[], &[]), None), NOTHING);
        assert_eq!(exit_code(&whole, Some(&fail_on("infrastructure"))), MATCHED);
        assert_eq!(exit_code(&whole, Some(&fail_on("guest-os, undetermined"))), OK);
        assert_eq!(exit_code(&broken, Some(&fail_on("infrastructure"))), PARTIAL);
        assert_eq!(exit_code(&broken, Some(&fail_on("any"))), MATCHED);
    }

    #[test]
    fn infrastructure_is_every_origin_but_four() {
        let group = fail_on("infrastructure");
        let out: Vec<&Origin> = Origin::ALL.iter().filter(|origin| !group.matches(**origin)).collect();
        assert_eq!(out, [&Origin::GuestOs, &Origin::AdminNmi, &Origin::Operator, &Origin::Undetermined]);
        assert_eq!(fail_on("any").0.len(), Origin::ALL.len());
    }

    #[test]
    fn a_wrong_list_is_refused_with_the_right_words() {
        assert!(
            FailOn::parse("storrage")
                .unwrap_err()
                .contains("\"storrage\" is not one of any, infrastructure, guest-os")
        );
        assert!(FailOn::parse(" , ").is_err());
    }

    #[test]
    fn a_mistyped_command_is_recognised() {
        let failure = Failure::from(Error::NotFound(PathBuf::from("inventry")));
        assert_eq!(failure.status, NOTHING);
        assert_eq!(failure.hint.as_deref(), Some("did you mean the command `inventory`?"));
    }
}
