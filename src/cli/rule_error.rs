//! A refused rule file as a person sees it: the file, the line with its neighbours, what is wrong there, what to do.

use crate::clean::clean;
use crate::cli::hints::HINTS;
use crate::rules::RuleError;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};
use std::fmt;

/// What precedes a line: its number and the frame.
const MARGIN: usize = 10;

/// The message with the lines of the file and a mark under the place, at most so wide. It is styled for a terminal; what
/// writes it drops the styles where they would not be seen.
pub(crate) fn render(error: &RuleError, width: usize) -> String {
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles: ThemeStyles::ansi() };
    // Hyperlinks are not text, and tabs are written out before.
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(width);
    let mut out = String::new();
    let shown = Refused::new(error, width.saturating_sub(MARGIN));
    match handler.render_report(&mut out, &shown) {
        Ok(()) => out.trim_end().to_owned(),
        Err(fmt::Error) => format!("{}:{}: {}", shown.excerpt.name, error.line(), shown.message),
    }
}

/// How wide a message on standard error may be.
pub(crate) fn message_width() -> usize {
    let columns = terminal_size::terminal_size_of(std::io::stderr()).map_or(100, |(columns, _)| columns.0);
    usize::from(columns.clamp(40, 120))
}

/// A refused file in the words of the renderer, with nothing hidden left in any of its texts.
#[derive(Debug)]
struct Refused {
    message: String,
    help: Option<String>,
    excerpt: Excerpt,
}

impl Refused {
    fn new(error: &RuleError, room: usize) -> Self {
        Self {
            message: clean(&error.message).into_owned(),
            help: error.help.as_ref().map(|help| clean(help.words(&HINTS)).into_owned()),
            excerpt: Excerpt::new(error, room),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}

impl Diagnostic for Refused {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(None, self.excerpt.mark))))
    }
}

/// The line of the place with the one before and the one after it, made safe to show and not too long.
#[derive(Debug)]
struct Excerpt {
    /// The file.
    name: String,
    /// The lines.
    text: String,
    /// The place in them.
    mark: SourceSpan,
    /// The number of the first of them in the file, from 0.
    first: usize,
    /// The column of the place in the file, from 0.
    column: usize,
}

impl Excerpt {
    /// The neighbourhood of the place, in lines of so many characters.
    fn new(error: &RuleError, room: usize) -> Self {
        // A long line is shown around the place: a third of it before, the rest from there on.
        let before = room / 3;
        let from_there = room.saturating_sub(before);
        let source = &error.source_text;
        let at = (0..=error.span.start.min(source.len()))
            .rev()
            .find(|&at| source.is_char_boundary(at))
            .unwrap_or(0);
        let (head, tail) = source.split_at_checked(at).unwrap_or_default();
        let start = head.rfind('\n').map_or(0, |newline| newline + 1);
        let (above, lead) = head.split_at_checked(start).unwrap_or_default();
        let (rest, below) = tail.split_once('\n').unwrap_or((tail, ""));
        let length = error.span.end.saturating_sub(at).min(rest.len());
        let marked = rest.get(..length).unwrap_or(rest);

        let mut text = String::new();
        let mut first = above.matches('\n').count();
        if let Some(line) = above.lines().last() {
            text.push_str(&beginning(line, room));
            text.push('\n');
            first = first.saturating_sub(1);
        }
        text.push_str(&end(lead, before));
        let from = text.len();
        text.push_str(&beginning(marked, from_there));
        let to = text.len();
        // After a mark that was cut nothing more is shown.
        let left = from_there.saturating_sub(marked.chars().count());
        if left > 0 {
            text.push_str(&beginning(rest.get(length..).unwrap_or_default(), left));
        }
        text.push('\n');
        if let Some(line) = below.lines().next() {
            text.push_str(&beginning(line, room));
            text.push('\n');
        }
        let name = clean(&error.file.display().to_string()).into_owned();
        Self { name, text, mark: (from, to - from).into(), first, column: lead.chars().count() }
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.read_span(span, before, after)?;
        // What is read from the middle of a line is the place itself, which may stand elsewhere in the file's line.
        let column = if inner.column() == 0 { 0 } else { self.column };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            self.first + inner.line(),
            column,
            inner.line_count(),
        )))
    }
}

/// The beginning of a text, safe to show, with a sign of what is left out.
fn beginning(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((cut, _)) => format!("{}…", shown(text.get(..cut).unwrap_or_default())),
        None => shown(text),
    }
}

/// The end of a text, likewise.
fn end(text: &str, most: usize) -> String {
    match text.chars().count().checked_sub(most) {
        Some(skip) if skip > 0 => format!("…{}", shown(&text.chars().skip(skip).collect::<String>())),
        _ => shown(text),
    }
}

fn shown(text: &str) -> String {
    // A tab is nothing to hide; written as one character it keeps the mark under the place.
    clean(&text.trim_end_matches('\r').replace('\t', " ")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;
    use std::path::PathBuf;

    fn error(text: &str, span: std::ops::Range<usize>) -> RuleError {
        RuleError {
            file: PathBuf::from("own/nmi.toml"),
            source_text: text.into(),
            span,
            message: "rule \"a\": unclosed group".into(),
            help: Some(crate::rules::Help::Says("patterns are Rust regular expressions".into())),
        }
    }

    fn plain(error: &RuleError) -> String {
        let styled = render(error, 80);
        let plain: Vec<String> =
            strip_str(&styled).to_string().lines().map(|line| line.trim_end().to_owned()).collect();
        plain.join("\n")
    }

    #[test]
    fn shows_the_line_with_its_neighbours_and_the_place() {
        let text = "topic = \"x\"\n\n[[rule]]\nid = \"a\"\npattern = '('\ncheck = \"stun\"\n";
        insta::assert_snapshot!(plain(&error(text, 31..44)));
    }

    #[test]
    fn a_long_line_is_shown_around_the_place() {
        let text = format!("id = \"a\"\n{}HERE{}\n", "x".repeat(5000), "y".repeat(5000));
        insta::assert_snapshot!(plain(&error(&text, 5009..5013)));
    }

    #[test]
    fn the_styles_are_ours_and_the_text_of_the_file_has_none() {
        let mut error = error("id = \"\u{1b}[31m\t\u{202e}a\"\r\nb\r\n", 5..9);
        error.message = "rule \"\u{1b}]0;x\u{7}\"".into();
        error.help = Some(crate::rules::Help::Says("\u{9b}2J".into()));
        error.file = PathBuf::from("own\u{1b}[2J.toml");
        assert!(render(&error, 80).contains("\u{1b}["), "no style at all");
        insta::assert_snapshot!(plain(&error));
    }

    #[test]
    fn bears_any_span_and_any_text() {
        for text in ["", "x", "é\u{1b}", "a\nb", "a\n", "\n\n", "\u{202e}\r\n\tb", "日本\n語"] {
            for start in 0..=text.len() + 2 {
                for end in [start, start + 1, start + 5, 0, usize::MAX] {
                    let error = error(text, start..end);
                    let shown = plain(&error);
                    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\r', '\t']), "{shown}");
                    assert!(
                        shown.contains(&format!("[own/nmi.toml:{}:", error.line())),
                        "{text:?} {start} {shown}"
                    );
                    assert!(shown.contains("unclosed group") && shown.contains("help: patterns"), "{shown}");
                }
            }
        }
    }

    #[test]
    fn a_narrow_terminal_gets_narrow_text() {
        let long = format!("id = \"a\"\nx = \"{}\"\n", "x".repeat(300));
        let mut error = error(&long, 13..20);
        error.message = "word ".repeat(40);
        let widest =
            strip_str(&render(&error, 50)).to_string().lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(50), "{widest:?}");
    }
}
