//! Columns, wrapping and cutting by the width that characters have on a terminal. Every text that goes in here is
//! cleaned first, so nothing raw gets out.

use crate::clean::clean;
use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// A text in a style.
pub(crate) fn paint(style: Style, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{style}{text}{style:#}") }
}

/// A text cut to so many columns, with `…` where something is missing.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    let text = clean(text);
    if width(&text) <= columns {
        return text.into_owned();
    }
    let (mut out, mut used) = (String::new(), 0);
    for c in text.chars() {
        let own = c.width().unwrap_or(0);
        if used + own + 1 > columns {
            break;
        }
        out.push(c);
        used += own;
    }
    out.push('…');
    out
}

/// A path cut in its middle part, so that its end stays readable.
pub(crate) fn cut_path(path: &str, columns: usize) -> String {
    let path = clean(path);
    if width(&path) <= columns {
        return path.into_owned();
    }
    let (mut tail, mut used) = (Vec::new(), 1);
    for c in path.chars().rev() {
        let own = c.width().unwrap_or(0);
        if used + own > columns {
            break;
        }
        tail.push(c);
        used += own;
    }
    let tail: String = tail.iter().rev().collect();
    // Begin with a whole name if that costs little.
    match tail.find('/').and_then(|at| tail.get(at..)) {
        Some(whole) if width(whole) * 2 > columns => format!("…{whole}"),
        _ => format!("…{tail}"),
    }
}

/// A text filled with blanks to so many columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// A text in lines of at most so many columns, broken at blanks; a longer word is broken where it must be.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let text = clean(text);
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let own = width(word);
        if used > 0 && used + 1 + own > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        if own <= columns {
            line.push_str(word);
            used += own;
            continue;
        }
        for c in word.chars() {
            let own = c.width().unwrap_or(0);
            if used + own > columns {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += own;
        }
    }
    if used > 0 || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// A text broken wherever a line is full, every blank kept, with at most so many lines; what is missing is shown by
/// `…`.
pub(crate) fn fold(text: &str, columns: usize, most: usize) -> Vec<String> {
    let text = clean(text);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let own = c.width().unwrap_or(0);
        if used + own > columns {
            if lines.len() == most {
                if let Some(last) = lines.last_mut() {
                    *last = cut(&format!("{last}……"), columns);
                }
                break;
            }
            lines.push(String::new());
            used = 0;
        }
        if let Some(last) = lines.last_mut() {
            last.push(c);
        }
        used += own;
    }
    lines
}

/// A cell of a table: a cleaned text and its style.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(crate) fn new(text: &str) -> Self {
        Self::styled(text, Style::new())
    }

    pub(crate) fn styled(text: &str, style: Style) -> Self {
        Self { text: clean(text).into_owned(), style }
    }
}

/// A table without lines. Columns are as wide as they must be; if that is too much, the widest of those that may
/// give way does, a column at a time.
#[derive(Debug)]
pub(crate) struct Table {
    head: Vec<&'static str>,
    /// The columns that may be cut, by index.
    flexible: Vec<usize>,
    /// The columns that stand to the right, by index.
    right: Vec<usize>,
    rows: Vec<Vec<Cell>>,
}

/// Blanks between columns.
const COLUMN_GAP: usize = 2;

/// A flexible column gets no narrower than this.
const MIN_COLUMN_WIDTH: usize = 8;

impl Table {
    pub(crate) fn new(head: Vec<&'static str>, flexible: Vec<usize>) -> Self {
        Self { head, flexible, right: Vec::new(), rows: Vec::new() }
    }

    pub(crate) fn right(mut self, columns: Vec<usize>) -> Self {
        self.right = columns;
        self
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The lines of the table within so many columns; the head in its own style. A column in which every cell is
    /// empty is left out.
    pub(crate) fn lines(&self, columns: usize, head: Style) -> Vec<String> {
        let body: Vec<usize> = (0..self.head.len())
            .map(|at| {
                self.rows
                    .iter()
                    .filter_map(|row| row.get(at))
                    .map(|cell| width(&cell.text))
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let shown: Vec<usize> =
            (0..self.head.len()).filter(|&at| body.get(at).is_some_and(|&w| w > 0)).collect();
        let mut widths: Vec<usize> =
            body.iter().zip(&self.head).map(|(&w, title)| w.max(width(title))).collect();
        let gaps = COLUMN_GAP * shown.len().saturating_sub(1);
        loop {
            let total: usize = shown.iter().filter_map(|&at| widths.get(at)).sum::<usize>() + gaps;
            let widest = self
                .flexible
                .iter()
                .copied()
                .filter(|at| shown.contains(at))
                .max_by_key(|&at| widths.get(at).copied());
            match widest.and_then(|at| widths.get_mut(at)) {
                Some(slot) if total > columns && *slot > MIN_COLUMN_WIDTH => *slot -= 1,
                _ => break,
            }
        }
        let mut lines = Vec::with_capacity(self.rows.len() + 1);
        if self.head.iter().any(|title| !title.is_empty()) {
            let titles: Vec<Cell> = self.head.iter().map(|title| Cell::styled(title, head)).collect();
            lines.push(self.line(&titles, &shown, &widths));
        }
        lines.extend(self.rows.iter().map(|row| self.line(row, &shown, &widths)));
        lines
    }

    fn line(&self, row: &[Cell], shown: &[usize], widths: &[usize]) -> String {
        let mut line = String::new();
        for (nth, &at) in shown.iter().enumerate() {
            let (Some(cell), Some(&columns)) = (row.get(at), widths.get(at)) else { continue };
            let text = cut(&cell.text, columns);
            let blanks = " ".repeat(columns.saturating_sub(width(&text)));
            let last = nth + 1 == shown.len();
            if self.right.contains(&at) {
                line.push_str(&blanks);
            }
            line.push_str(&paint(cell.style, &text));
            if !self.right.contains(&at) && !last {
                line.push_str(&blanks);
            }
            if !last {
                line.push_str(&" ".repeat(COLUMN_GAP));
            }
        }
        let length = line.trim_end().len();
        line.truncate(length);
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wraps_at_blanks_and_breaks_what_is_too_long() {
        assert_eq!(wrap("one two three", 9), ["one two", "three"]);
        assert_eq!(wrap("abcdefghijkl mn", 8), ["abcdefgh", "ijkl mn"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("仮想仮想仮想", 8), ["仮想仮想", "仮想"]);
    }

    #[test]
    fn cuts_by_columns() {
        assert_eq!(cut("仮想仮想", 6), "仮想…");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut_path("/vmfs/volumes/x/APP01.vmx", 12), "…/APP01.vmx");
        assert_eq!(cut_path("esx-esx01-2026/var/run/log/hostd.log", 30), "…/var/run/log/hostd.log");
        assert_eq!(fold("aaaaaaaa  bbbbbbbb cc", 8, 2), ["aaaaaaaa", "  bbbbb…"]);
        assert_eq!(fold("aaaaaaaa  bbbbbb", 8, 2), ["aaaaaaaa", "  bbbbbb"]);
    }

    #[test]
    fn a_table_fits_and_leaves_out_empty_columns() {
        let mut table = Table::new(vec!["VM", "HOST", "N"], vec![0]).right(vec![2]);
        table.row(vec![Cell::new("a rather long name of a VM"), Cell::new(""), Cell::new("1")]);
        table.row(vec![Cell::new("仮想"), Cell::new(""), Cell::new("22")]);
        assert_eq!(
            table.lines(16, Style::new()),
            ["VM             N", "a rather lo…   1", "仮想          22"]
        );
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked(text in any::<String>(), columns in 8_usize..60) {
            for line in wrap(&text, columns) {
                prop_assert!(width(&line) <= columns);
            }
            for line in fold(&text, columns, 3) {
                prop_assert!(width(&line) <= columns);
            }
            prop_assert!(width(&cut(&text, columns)) <= columns);
            prop_assert!(width(&cut_path(&text, columns)) <= columns);
        }
    }
}
