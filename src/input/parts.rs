//! Files that were cut into numbered parts, read as the one stream they were.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Reads parts one after the other; each but the first is opened when it is its turn.
pub(super) struct Parts {
    now: File,
    rest: std::vec::IntoIter<PathBuf>,
}

impl Parts {
    pub(super) fn new(first: File, rest: Vec<PathBuf>) -> Self {
        Parts { now: first, rest: rest.into_iter() }
    }
}

impl Read for Parts {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.now.read(into)?;
            if n > 0 || into.is_empty() {
                return Ok(n);
            }
            match self.rest.next() {
                Some(next) => self.now = File::open(next)?,
                None => return Ok(0),
            }
        }
    }
}

/// A file name that ends with a part's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PartName {
    /// The name without the number's suffix: `x.tgz` of `x.tgz.001`.
    pub(super) stem: String,
    /// What stands between the two: `.` or `.part`.
    joint: &'static str,
    pub(super) number: u32,
    /// Digits of the number as written.
    width: usize,
}

impl PartName {
    /// Reads `x.tgz.001` and `x.tgz.part1`. Numbers without `part` need three digits: `.1` is a rotated log.
    pub(super) fn parse(name: &str) -> Option<PartName> {
        let (stem, last) = name.rsplit_once('.')?;
        let (joint, digits) = match last.strip_prefix("part") {
            Some(digits) => (".part", digits),
            None => (".", last),
        };
        let digits_only =
            !digits.is_empty() && digits.len() <= 5 && digits.bytes().all(|b| b.is_ascii_digit());
        if stem.is_empty() || !digits_only || (joint == "." && digits.len() < 3) {
            return None;
        }
        Some(PartName { stem: stem.to_string(), joint, number: digits.parse().ok()?, width: digits.len() })
    }

    /// The same name with another number.
    fn with(&self, number: u32) -> String {
        format!("{}{}{number:0width$}", self.stem, self.joint, width = self.width)
    }

    /// Whether this can be the first part.
    pub(super) fn is_first(&self) -> bool {
        self.number <= 1
    }
}

/// The parts that follow `first` in its folder, up to the first number that is missing; and the name of the missing
/// one if a later one is there.
pub(super) fn following(first: &Path, name: &PartName) -> (Vec<PathBuf>, Option<String>) {
    /// Parts looked for beyond a missing one.
    const MAX_MISSING_PARTS: u32 = 8;
    let mut found = Vec::new();
    let mut number = name.number;
    loop {
        number = number.saturating_add(1);
        let path = first.with_file_name(name.with(number));
        if number > 99_999 || !path.is_file() {
            break;
        }
        found.push(path);
    }
    let later =
        (1..=MAX_MISSING_PARTS).any(|n| first.with_file_name(name.with(number.saturating_add(n))).is_file());
    (found, later.then(|| name.with(number)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn part_names() {
        assert_eq!(PartName::parse("x.tgz.001").unwrap().with(12), "x.tgz.012");
        assert_eq!(PartName::parse("x.tgz.part1").unwrap().with(2), "x.tgz.part2");
        assert_eq!(PartName::parse("x.tgz.part09").unwrap().with(10), "x.tgz.part10");
        assert_eq!(PartName::parse("vmkernel.1"), None);
        assert_eq!(PartName::parse("x.tgz"), None);
    }
}
