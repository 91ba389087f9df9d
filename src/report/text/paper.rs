//! Plain pages for people: paragraphs, names with their values, lines of logs. All text is cleaned.

use super::{TextOptions, wrap};
use crate::clean::clean;
use anstyle::Style;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr as _;

const HEAD: Style = Style::new().bold();
const LABEL: Style = Style::new().dimmed();

/// Columns of a name before its value.
const MARGIN: usize = 14;

/// A writer that knows how wide it is.
pub(crate) struct Paper<'a> {
    out: &'a mut dyn Write,
    width: usize,
}

impl<'a> Paper<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, look: TextOptions) -> Self {
        Self { out, width: look.width.unwrap_or(100).clamp(60, 110) }
    }

    /// A line as it is.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", clean(text))
    }

    pub(crate) fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// A heading.
    pub(crate) fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{HEAD}{}{HEAD:#}", clean(text))
    }

    /// Text over the whole width.
    pub(crate) fn paragraph(&mut self, text: &str) -> io::Result<()> {
        for line in wrap(&text.replace('\n', " "), self.width) {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// A name and its value beside it; nothing if there is no value.
    pub(crate) fn entry(&mut self, name: &str, value: &str) -> io::Result<()> {
        if value.is_empty() {
            return Ok(());
        }
        for (nth, line) in wrap(&value.replace('\n', " "), self.width - MARGIN).iter().enumerate() {
            let name = if nth == 0 { name } else { "" };
            writeln!(self.out, "{LABEL}{name:MARGIN$}{LABEL:#}{line}")?;
        }
        Ok(())
    }

    /// A name and lines that are not broken, beside it.
    pub(crate) fn verbatim(&mut self, name: &str, lines: &[String]) -> io::Result<()> {
        for (nth, line) in lines.iter().enumerate() {
            let name = if nth == 0 { name } else { "" };
            writeln!(self.out, "{LABEL}{name:MARGIN$}{LABEL:#}{}", clean(line))?;
        }
        Ok(())
    }

    /// Text behind a head; its further lines are aligned with its first.
    pub(crate) fn hanging(&mut self, head: &str, text: &str) -> io::Result<()> {
        let head = clean(head);
        let columns = head.width();
        let room = self.width.saturating_sub(columns).max(24);
        for (nth, line) in wrap(text, room).iter().enumerate() {
            if nth == 0 {
                writeln!(self.out, "{head}{line}")?;
            } else {
                writeln!(self.out, "{:columns$}{line}", "")?;
            }
        }
        Ok(())
    }
}
