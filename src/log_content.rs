//! Tells a log by its content, where its name says nothing.

use crate::log_table::LogKind;
use crate::quoting::Quoting;
use flate2::bufread::MultiGzDecoder;
use std::borrow::Cow;
use std::io::Read;

/// First bytes of a file that are looked at, after decompression.
const LOOK_BYTES: usize = 64 << 10;

/// First lines that are looked at.
const LOOK_LINES: usize = 400;

/// The kind of a file that is taken for a log, by its first bytes; `None` if no line has the form of a known log.
#[must_use]
pub fn kind_of(head: &[u8]) -> Option<LogKind> {
    votes(&text(&Quoting::of(head).strip(head))).0
}

/// The kind of a file whose name says nothing, by its first bytes, gzipped or not: at least half of its lines have the
/// form of a known log, continued lines left out.
#[must_use]
pub fn stray_log(head: &[u8]) -> Option<LogKind> {
    let head = match head {
        [0x1f, 0x8b, ..] => Cow::Owned(inflated(head, LOOK_BYTES)),
        plain => Cow::Borrowed(plain),
    };
    let bare = Quoting::of(&head).strip(&head);
    let text = text(&bare);
    let lines = text.lines().take(LOOK_LINES);
    let records = lines.filter(|line| line.starts_with(|first: char| !first.is_whitespace())).count();
    match votes(&text) {
        (Some(kind), known) if known * 2 >= records => Some(kind),
        _ => None,
    }
}

fn text(head: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(head.get(..head.len().min(LOOK_BYTES)).unwrap_or_default())
}

/// The kind that most of the first lines have, and how many lines have the form of any.
fn votes(text: &str) -> (Option<LogKind>, usize) {
    let mut votes: Vec<(LogKind, usize)> = Vec::new();
    for kind in text.lines().take(LOOK_LINES).filter_map(LogKind::of_line) {
        match votes.iter_mut().find(|(own, _)| *own == kind) {
            Some((_, count)) => *count += 1,
            None => votes.push((kind, 1)),
        }
    }
    let all = votes.iter().map(|(_, count)| count).sum();
    (votes.into_iter().max_by_key(|(_, count)| *count).map(|(kind, _)| kind), all)
}

/// The first bytes of what a gzip contains, at most `most`, as far as they lie in `head`.
pub(crate) fn inflated(head: &[u8], most: usize) -> Vec<u8> {
    let mut out = vec![0; most];
    let mut filled = 0;
    let mut decoder = MultiGzDecoder::new(head);
    while let Some(room) = out.get_mut(filled..).filter(|room| !room.is_empty()) {
        match decoder.read(room) {
            Ok(n) if n > 0 => filled += n,
            _ => break,
        }
    }
    out.truncate(filled);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "2017-01-03T17:45:49.659Z cpu7:69126)WARNING: LinNet: netdev_watchdog: vmnic3\n";

    #[test]
    fn a_log_is_told_by_its_lines() {
        assert_eq!(kind_of(LINE.as_bytes()), Some(LogKind::Vmkernel));
        assert_eq!(stray_log(LINE.repeat(9).as_bytes()), Some(LogKind::Vmkernel));
        assert_eq!(kind_of(b"nothing of the kind\n"), None);
        assert_eq!(stray_log(b""), None);
    }

    #[test]
    fn a_letter_that_quotes_a_line_is_no_log() {
        let letter = format!("Hello,\nwe see this since Monday:\n{LINE}Please help.\nRegards\n");
        assert_eq!(stray_log(letter.as_bytes()), None);
        assert_eq!(kind_of(letter.as_bytes()), Some(LogKind::Vmkernel));
        let continued = format!("{LINE}   a continued line\n   another\n   and one more\n");
        assert_eq!(stray_log(continued.as_bytes()), Some(LogKind::Vmkernel));
    }
}
