//! JSON: the model as it is.

use super::format::{Format, View, unsupported};
use super::inventory::Inventory;
use super::text::TextOptions;
use crate::clean::is_hidden;
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};
use std::io::{self, Write};

/// Writes the model of a view.
pub(super) fn write_view(view: View<'_>, _: TextOptions, out: &mut dyn Write) -> io::Result<()> {
    match view {
        View::Report(report) => write(report, out),
        View::Inventory(report) => write(&Inventory::of(report), out),
        View::Timeline(timeline) => write(timeline, out),
        View::Rules(list) => write(&list.rows, out),
        View::Input(..) => unsupported(Format::Json, view),
    }
}

/// Writes a value as indented JSON followed by a line end, piece by piece.
///
/// Characters that a terminal or an editor would act on are written as `\u202e`, which means the same to a reader of
/// JSON.
///
/// # Errors
/// What the writer reports.
pub fn write(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Indented::default());
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// Indents by two blanks and escapes hidden characters.
#[derive(Default)]
struct Indented(PrettyFormatter<'static>);

/// A part of a string, hidden characters as escapes.
fn fragment<W: ?Sized + Write>(out: &mut W, fragment: &str) -> io::Result<()> {
    let mut rest = fragment;
    while let Some((at, c)) = rest.char_indices().find(|&(_, c)| is_hidden(c)) {
        let (plain, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.write_all(plain.as_bytes())?;
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(out, "\\u{unit:04x}")?;
        }
        rest = tail.get(c.len_utf8()..).unwrap_or_default();
    }
    out.write_all(rest.as_bytes())
}

/// Writes a value as one line of JSON, its line end included; hidden characters as in [`write()`].
///
/// # Errors
/// What the writer reports.
pub fn write_line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, OneLine);
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// Escapes hidden characters.
struct OneLine;

impl Formatter for OneLine {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        fragment(out, text)
    }
}

impl Formatter for Indented {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        fragment(out, text)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn shown(value: &impl Serialize) -> String {
        let mut out = Vec::new();
        write(value, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn is_laid_out_as_usual() {
        let value = serde_json::json!({"a": [1, {"b": []}], "c": {}, "d": null, "e": "x"});
        assert_eq!(shown(&value), serde_json::to_string_pretty(&value).unwrap() + "\n");
    }

    #[test]
    fn hidden_characters_are_written_as_escapes() {
        assert_eq!(shown(&"a\u{202e}b\u{9b}\u{1b}\u{e0001}"), "\"a\\u202eb\\u009b\\u001b\\udb40\\udc01\"\n");
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in any::<String>()) {
            let json = shown(&text);
            prop_assert!(!json.trim_end_matches('\n').chars().any(is_hidden));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
