//! Text from outside made safe to show: log lines, names of VMs, paths.
//!
//! What a terminal, a browser or an editor would act on instead of showing is written out as `\u{1b}`: control
//! characters of both sets, marks that turn the direction of writing, characters without width or form. Nothing is
//! dropped in silence, and no line is without bound.

use std::borrow::Cow;

/// The most characters that a cleaned text has.
pub const MAX_CHARS: usize = 4096;

/// Room for the words that say how much was left out.
const REMARK_CHARS: usize = 40;

/// Whether a character is shown as its escape.
///
/// ```
/// use vmcoroner::internals::clean::is_hidden;
/// assert!(is_hidden('\u{1b}') && is_hidden('\u{202e}') && is_hidden('\u{200b}'));
/// assert!(!is_hidden('é') && !is_hidden('仮') && !is_hidden('<'));
/// ```
#[must_use]
pub const fn is_hidden(c: char) -> bool {
    matches!(c,
        // Both sets of control characters, line and paragraph separators.
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}'
        // Direction of writing.
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
        // Without width or form.
        | '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text with everything hidden shown as its escape, and cut at [`MAX_CHARS`] characters with a remark of how many
/// are missing. Cleaning a cleaned text changes nothing.
///
/// ```
/// use vmcoroner::internals::clean::clean;
/// assert_eq!(clean("APP\u{1b}[31m01\t\u{202e}exe"), "APP\\u{1b}[31m01\\t\\u{202e}exe");
/// assert_eq!(clean("plain <b>text</b>"), "plain <b>text</b>");
/// ```
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    // A character is at least a byte: a text of no more bytes cannot be too long.
    if !text.chars().any(is_hidden) && (text.len() <= MAX_CHARS || text.chars().count() <= MAX_CHARS) {
        return Cow::Borrowed(text);
    }
    let mut out = Shown::default();
    for c in text.chars() {
        out.push(c);
    }
    Cow::Owned(out.finish())
}

/// As [`clean`] for bytes of a log: a byte that is no UTF-8 is shown as `\xff`.
///
/// ```
/// use vmcoroner::internals::clean::clean_bytes;
/// assert_eq!(clean_bytes(b"caf\xe9 \x07"), "caf\\xe9 \\u{7}");
/// ```
#[must_use]
pub fn clean_bytes(bytes: &[u8]) -> String {
    let mut out = Shown::default();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            out.push(c);
        }
        for byte in chunk.invalid() {
            out.push_escape(&format!("\\x{byte:02x}"));
        }
    }
    out.finish()
}

/// A text under construction that knows how long it is.
#[derive(Default)]
struct Shown {
    text: String,
    length: usize,
    /// Bytes of `text` at the place where it would be cut, once that is reached.
    cut: Option<usize>,
    /// Characters of the source after the cut.
    behind: usize,
}

impl Shown {
    fn push(&mut self, c: char) {
        match c {
            '\t' => self.push_escape("\\t"),
            '\n' => self.push_escape("\\n"),
            '\r' => self.push_escape("\\r"),
            c if is_hidden(c) => self.push_escape(&format!("\\u{{{:x}}}", u32::from(c))),
            c => self.add(c.encode_utf8(&mut [0; 4]), 1),
        }
    }

    fn push_escape(&mut self, escape: &str) {
        self.add(escape, escape.len());
    }

    fn add(&mut self, shown: &str, length: usize) {
        if self.cut.is_none() && self.length + length > MAX_CHARS - REMARK_CHARS {
            self.cut = Some(self.text.len());
        }
        if self.cut.is_some() {
            self.behind += 1;
        }
        // Behind the limit nothing is kept: the text is cut in any case.
        if self.length <= MAX_CHARS {
            self.text.push_str(shown);
        }
        self.length += length;
    }

    fn finish(mut self) -> String {
        if self.length > MAX_CHARS
            && let Some(cut) = self.cut
        {
            self.text.truncate(cut);
            self.text.push_str(&format!("… ({} more characters)", self.behind));
        }
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn long_text_is_cut_with_a_remark() {
        let long = "x".repeat(MAX_CHARS + 100);
        let shown = clean(&long);
        assert!(shown.ends_with("… (140 more characters)"), "{shown}");
        assert!(shown.chars().count() <= MAX_CHARS);
        assert_eq!(clean(&"x".repeat(MAX_CHARS)), "x".repeat(MAX_CHARS));
        assert_eq!(clean(&"仮".repeat(MAX_CHARS)), "仮".repeat(MAX_CHARS));
    }

    #[test]
    fn an_escape_is_never_cut_in_half() {
        let shown = clean_bytes(&[0x1b; 2 * MAX_CHARS]);
        assert!(shown.contains("\\u{1b}… ("), "{shown}");
    }

    proptest! {
        #[test]
        fn nothing_hidden_remains_and_cleaning_is_done_once(text in any::<String>()) {
            let once = clean(&text).into_owned();
            prop_assert!(!once.chars().any(is_hidden));
            let twice = clean(&once).into_owned();
            prop_assert_eq!(once, twice);
        }

        #[test]
        fn any_bytes_can_be_shown(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let shown = clean_bytes(&bytes);
            prop_assert!(!shown.chars().any(is_hidden));
        }

        #[test]
        fn every_length_is_bounded(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let many = bytes.repeat(4);
            prop_assert!(clean_bytes(&many).chars().count() <= MAX_CHARS);
        }
    }
}
