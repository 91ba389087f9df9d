//! Member names as keys: bytes, with one spelling for each.

use super::packing::unpacked_name;

/// A name as [`Member::path`](super::Member::path) wants it: `\` becomes `/`; leading `/` and `./` and doubled `/`
/// go. `..` stays as text: no name is ever used as a path.
pub(super) fn normalise(raw: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(raw.len());
    for part in raw.split(|b| *b == b'/' || *b == b'\\') {
        if part.is_empty() || part == b"." {
            continue;
        }
        if !out.is_empty() {
            out.push(b'/');
        }
        out.extend_from_slice(part);
    }
    out
}

/// The first component of a raw name, if another follows it.
pub(super) fn top(raw: &[u8]) -> Option<&[u8]> {
    let mut parts = raw.split(|b| *b == b'/' || *b == b'\\').filter(|p| !p.is_empty() && *p != b".");
    let first = parts.next()?;
    parts.next().map(|_| first)
}

/// A name without `.gz`, `.xz` and the like, for the single file that is compressed.
pub(super) fn without_packing(name: &[u8]) -> &[u8] {
    if let Some(stem) = unpacked_name(name) {
        return stem;
    }
    let cut = name.len().saturating_sub(3);
    match name.get(cut..) {
        Some(end) if cut > 0 && end.eq_ignore_ascii_case(b".gz") => name.get(..cut).unwrap_or(name),
        _ => name,
    }
}

/// A name for a sentence: lossy, control characters replaced, at most 200 characters.
pub(super) fn shown(name: &[u8]) -> String {
    const MAX_SHOWN_CHARS: usize = 200;
    let text: String = String::from_utf8_lossy(name)
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(MAX_SHOWN_CHARS + 1)
        .collect();
    if text.chars().count() > MAX_SHOWN_CHARS {
        let mut cut: String = text.chars().take(MAX_SHOWN_CHARS).collect();
        cut.push('\u{2026}');
        cut
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_spelling() {
        for (raw, want) in [
            ("./a/b", "a/b"),
            ("/etc/x", "etc/x"),
            ("a\\b\\c", "a/b/c"),
            ("a//b/./c/", "a/b/c"),
            ("../../etc/passwd", "../../etc/passwd"),
            (".vmsyslogd.err", ".vmsyslogd.err"),
            ("././@LongLink", "@LongLink"),
            ("", ""),
        ] {
            assert_eq!(normalise(raw.as_bytes()), want.as_bytes(), "{raw}");
        }
    }

    #[test]
    fn the_top_needs_something_below() {
        assert_eq!(top(b"./esx-a/README"), Some(&b"esx-a"[..]));
        assert_eq!(top(b"esx-a/"), None);
        assert_eq!(top(b"README"), None);
    }

    #[test]
    fn gz_goes() {
        assert_eq!(without_packing(b"vmkernel.0.gz"), b"vmkernel.0");
        assert_eq!(without_packing(b"vmkernel.log.XZ"), b"vmkernel.log");
        assert_eq!(without_packing(b".gz"), b".gz");
        assert_eq!(without_packing(b".xz"), b".xz");
    }
}
