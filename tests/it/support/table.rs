//! Misses, gathered and shown as one table before a test fails.

use std::fmt::Write as _;

/// Rows of text under a heading.
pub(crate) struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

/// Wider cells are cut.
const WIDEST: usize = 150;

impl Table {
    /// An empty table with these columns.
    pub(crate) fn new(heads: &[&'static str]) -> Self {
        Self { heads: heads.to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        assert_eq!(N, self.heads.len());
        let cut = |cell: String| match cell.char_indices().nth(WIDEST) {
            Some((at, _)) => format!("{}…", cell.split_at(at).0),
            None => cell,
        };
        self.rows.push(cells.into_iter().map(cut).collect());
    }

    /// Takes over the rows of another table of the same columns.
    pub(crate) fn append(&mut self, other: Self) {
        assert_eq!(self.heads, other.heads);
        self.rows.extend(other.rows);
    }

    /// The table as text.
    pub(crate) fn text(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain([self.heads.get(column).map_or(0, |head| head.len())]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.heads.len()).map(width).collect();
        let mut out = String::new();
        let heads: Vec<String> = self.heads.iter().map(|head| (*head).to_owned()).collect();
        for row in std::iter::once(&heads).chain(&self.rows) {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                write!(line, "{cell:width$}  ").unwrap();
            }
            writeln!(out, "{}", line.trim_end()).unwrap();
        }
        out
    }

    /// Fails with the table if it has rows.
    pub(crate) fn assert_empty(&self, what: &str) {
        assert!(self.rows.is_empty(), "{}: {what}\n{}", self.rows.len(), self.text());
    }
}
