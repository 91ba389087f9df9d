//! A refused rule file as a person sees it: the place, the line, what is wrong with it, what to do.

use std::fmt::Write as _;
use vmcoroner::report::clean::clean;
use vmcoroner::rules::RuleError;

/// How much of a long line is shown around the place.
const AROUND: usize = 90;

/// The message with the line of the file and a mark under the place.
pub(crate) fn render(error: &RuleError) -> String {
    let text = &error.source_text;
    let at = error.span.start.min(text.len());
    let before = text.get(..at).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let column = text.get(start..at).map_or(0, |head| head.chars().count());
    let length = text
        .get(at..error.span.end.min(start + line.len()))
        .map_or(1, |marked| marked.chars().count().max(1));
    // Only the neighbourhood of the place, so that the mark stays under it.
    let skip = column.saturating_sub(AROUND / 2);
    let shown = |from: usize, count: usize| {
        clean(&line.chars().skip(from).take(count).collect::<String>()).into_owned()
    };
    let (lead, body) = (shown(skip, column - skip), shown(column, AROUND - (column - skip)));
    let room = body.chars().count().max(1);
    let number = error.line().to_string();
    let margin = " ".repeat(number.len());
    let file = clean(&error.file.display().to_string()).into_owned();

    let mut out = clean(&error.message).into_owned();
    let _ = write!(out, "\n{margin}--> {file}:{number}:{}", column + 1);
    let _ = write!(out, "\n{margin} |\n{number} | {lead}{body}");
    let _ = write!(out, "\n{margin} | {}{}", " ".repeat(lead.chars().count()), "^".repeat(length.min(room)));
    if let Some(help) = &error.help {
        let _ = write!(out, "\n{margin} = help: {}", clean(help));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn error(text: &str, span: std::ops::Range<usize>) -> RuleError {
        RuleError {
            file: PathBuf::from("own/nmi.toml"),
            source_text: text.into(),
            span,
            message: "rule \"a\": unclosed group".into(),
            help: Some("patterns are Rust regular expressions".into()),
        }
    }

    #[test]
    fn shows_the_line_and_the_place() {
        let text = "topic = \"x\"\n\n[[rule]]\nid = \"a\"\npattern = '('\n";
        assert_eq!(
            render(&error(text, 31..44)),
            "\
rule \"a\": unclosed group
 --> own/nmi.toml:5:1
  |
5 | pattern = '('
  | ^^^^^^^^^^^^^
  = help: patterns are Rust regular expressions"
        );
    }

    #[test]
    fn bears_any_span_and_any_text() {
        for (text, span) in [("", 0..0), ("x", 5..9), ("é\u{1b}", 1..2), ("a\nb", 0..3), ("a\n", 2..2)] {
            let shown = render(&error(text, span));
            assert!(!shown.contains('\u{1b}'));
        }
        let long = format!("{}HERE", "x".repeat(5000));
        let shown = render(&error(&long, 5000..5004));
        assert!(shown.contains("xxHERE\n") && shown.len() < 400, "{shown}");
    }
}
