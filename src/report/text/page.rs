//! The page of a report: a writer that knows its width.

use super::layout::{cut_path, fold, paint, width};
use super::style;
use crate::clean::clean;
use crate::hints::Hints;
use std::io::{self, Write};

/// How wide a page is where no terminal says so.
const PAGE: usize = 100;

/// Where the text goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextOptions {
    /// Columns of the terminal. `None` where it is no terminal: then lines of logs are written whole.
    pub width: Option<usize>,
    /// What the reader can do next.
    pub hints: Hints,
}

/// The paper: a writer that knows its width.
pub(crate) struct Page<'a> {
    out: &'a mut dyn Write,
    /// Columns of the layout.
    pub(crate) width: usize,
    /// Whether lines of logs are cut to the layout.
    pub(crate) cut: bool,
    /// Whether nothing is written yet.
    empty: bool,
    pub(crate) hints: Hints,
}

/// Columns before the text of a section: its label stands there.
pub(crate) const MARGIN: usize = 11;

impl<'a> Page<'a> {
    pub(crate) fn new(options: TextOptions, out: &'a mut dyn Write) -> Self {
        let width = options.width.map_or(PAGE, |columns| columns.clamp(72, 120));
        Self { out, width, cut: options.width.is_some(), empty: true, hints: options.hints }
    }

    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        self.empty = false;
        writeln!(self.out, "{text}")
    }

    /// A blank line between two things.
    pub(crate) fn blank(&mut self) -> io::Result<()> {
        if self.empty {
            return Ok(());
        }
        self.line("")
    }

    /// Columns of the text of a section.
    pub(crate) const fn inner(&self) -> usize {
        self.width - MARGIN
    }

    /// A section: its label, and lines beside it.
    pub(crate) fn section(&mut self, label: &str, lines: &[String]) -> io::Result<()> {
        for (nth, line) in lines.iter().enumerate() {
            let label = if nth == 0 { label } else { "" };
            let head = format!("{}{}", paint(style::LABEL, label), " ".repeat(MARGIN - width(label)));
            let line = if label.is_empty() {
                format!("{}{line}", " ".repeat(MARGIN))
            } else {
                format!("{head}{line}")
            };
            self.line(line.trim_end())?;
        }
        Ok(())
    }

    /// A line of a log: cut to a few lines of the layout, or whole where it is no terminal.
    pub(crate) fn log_line(&self, text: &str) -> Vec<String> {
        if self.cut { fold(text, self.inner(), 4) } else { vec![clean(text).into_owned()] }
    }

    /// A path, its end kept where it must be cut.
    pub(crate) fn path(&self, path: &str, columns: usize) -> String {
        if self.cut { cut_path(path, columns) } else { clean(path).into_owned() }
    }

    /// A heading.
    pub(super) fn heading(&mut self, text: &str) -> io::Result<()> {
        self.blank()?;
        self.line(&paint(style::HEAD, text))
    }
}
