//! The formats in one table: what can be written in each, for whom, and by which file.

use super::json;
use super::jsonl::{self, Known};
use super::model::Report;
use super::rules::RuleList;
use super::text::{self, TextOptions};
use super::timeline::Timeline;
use crate::terms::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};

words! {
    /// The formats a result can be written in.
    Format {
        /// For people at a terminal.
        Text = "text",
        /// The model as it is, for machines.
        Json = "json",
        /// One JSON value a line: a VM, an event or a rule.
        Jsonl = "jsonl",
    }
}

/// What there is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The report about everything.
    Report,
    /// The report about one input, written as soon as that is finished.
    Input,
    /// What is in the bundles.
    Inventory,
    /// The events of VMs.
    Timeline,
    /// The list of rules.
    Rules,
}

/// Something that is to be written.
#[derive(Debug, Clone, Copy)]
pub enum View<'a> {
    /// The report about everything.
    Report(&'a Report),
    /// The report about one input, and by what a later run knows it again.
    Input(&'a Report, Known<'a>),
    /// The inventory of a report.
    Inventory(&'a Report),
    /// The events of VMs.
    Timeline(&'a Timeline),
    /// The list of rules.
    Rules(&'a RuleList<'a>),
}

/// For whom a format is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// A person at a terminal: styles, and lines as wide as that.
    Terminal,
    /// A file or another program: bytes as they are.
    Data,
}

/// How a format is written.
struct Writer {
    medium: Medium,
    subjects: &'static [Subject],
    write: fn(View<'_>, TextOptions, &mut dyn Write) -> io::Result<()>,
}

impl Format {
    /// The table: a new format is a file in this folder and an arm here.
    const fn writer(self) -> Writer {
        use Subject::{Input, Inventory, Report, Rules, Timeline};
        match self {
            Self::Text => Writer {
                medium: Medium::Terminal,
                subjects: &[Report, Inventory, Timeline, Rules],
                write: text::write_view,
            },
            Self::Json => Writer {
                medium: Medium::Data,
                subjects: &[Report, Inventory, Timeline, Rules],
                write: json::write_view,
            },
            Self::Jsonl => {
                Writer { medium: Medium::Data, subjects: &[Input, Timeline, Rules], write: jsonl::write_view }
            }
        }
    }

    /// For whom it is.
    #[must_use]
    pub const fn medium(self) -> Medium {
        self.writer().medium
    }

    /// What can be written in it.
    #[must_use]
    pub const fn subjects(self) -> &'static [Subject] {
        self.writer().subjects
    }

    /// Whether a report is written in it input by input.
    #[must_use]
    pub fn is_streamed(self) -> bool {
        self.subjects().contains(&Subject::Input)
    }

    /// Writes something in this format.
    ///
    /// # Errors
    /// What the writer reports, and [`io::ErrorKind::Unsupported`] for what is not one of [`Format::subjects`].
    pub fn write(self, view: View<'_>, look: TextOptions, out: &mut dyn Write) -> io::Result<()> {
        (self.writer().write)(view, look, out)
    }
}

/// The error of a format that is asked for what is not one of its subjects.
pub(super) fn unsupported(format: Format, view: View<'_>) -> io::Result<()> {
    let text = format!("{:?} is not written as {format}", view.subject());
    Err(io::Error::new(io::ErrorKind::Unsupported, text))
}

impl View<'_> {
    /// What it is.
    #[must_use]
    pub const fn subject(self) -> Subject {
        match self {
            Self::Report(_) => Subject::Report,
            Self::Input(..) => Subject::Input,
            Self::Inventory(_) => Subject::Inventory,
            Self::Timeline(_) => Subject::Timeline,
            Self::Rules(_) => Subject::Rules,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::report::fixtures;
    use crate::rules::RuleSet;

    #[test]
    fn a_format_writes_its_subjects_and_refuses_the_others() {
        let report = fixtures::confirmed();
        let timeline = Timeline::new(report.inputs.clone(), Vec::new());
        let set = RuleSet::builtin().unwrap();
        let rules = RuleList::of(set.rules(), set.rules().len());
        let known = Known { mark: None, run: "" };
        let views = [
            View::Report(&report),
            View::Input(&report, known),
            View::Inventory(&report),
            View::Timeline(&timeline),
            View::Rules(&rules),
        ];
        for &format in Format::ALL {
            assert!(!format.subjects().is_empty(), "{format}");
            for view in views {
                let mut out = Vec::new();
                let wrote = format.write(view, TextOptions::default(), &mut out);
                if format.subjects().contains(&view.subject()) {
                    wrote.unwrap();
                } else {
                    assert_eq!(wrote.unwrap_err().kind(), io::ErrorKind::Unsupported, "{format} {view:?}");
                    assert!(out.is_empty(), "{format}");
                }
            }
        }
    }
}
