//! The header records that may precede a tar member: GNU long names and pax.

/// What the records before a member say about it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    /// Its whole name, where the header's field is too short for it.
    pub(super) path: Option<Vec<u8>>,
    /// Its size, where the header's field is too small for it.
    pub(super) size: Option<u64>,
    /// Its modification time in whole seconds since 1970 UTC.
    pub(super) modified: Option<i64>,
    /// Whether any record was met since the last member.
    pub(super) any: bool,
    /// Bytes of records since the last member, those dropped included.
    pub(super) bytes: u64,
}

impl Records {
    /// Takes the data of a GNU long-name record.
    pub(super) fn long_name(&mut self, data: &[u8]) {
        let end = data.iter().position(|b| *b == 0).unwrap_or(data.len());
        if let Some(name) = data.get(..end).filter(|n| !n.is_empty()) {
            self.path = Some(name.to_vec());
        }
    }

    /// Takes the data of a pax record: lines `<length> <key>=<value>\n`. The length rules, since a name may hold a
    /// line end. Returns whether all of it was well formed; what came before an error holds.
    pub(super) fn pax(&mut self, data: &[u8]) -> bool {
        let mut rest = data;
        while !rest.is_empty() && rest.first() != Some(&0) {
            let Some((key, value, after)) = pax_line(rest) else {
                return false;
            };
            match key {
                b"path" | b"GNU.sparse.name" => self.path = Some(value.to_vec()),
                b"size" => self.size = number(value).or(self.size),
                b"mtime" => self.modified = whole_seconds(value).or(self.modified),
                _ => {}
            }
            rest = after;
        }
        true
    }
}

fn pax_line(data: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let blank = data.iter().take(20).position(|b| *b == b' ')?;
    let length = usize::try_from(number(data.get(..blank)?)?).ok()?;
    let line = data.get(blank + 1..length)?;
    let line = line.strip_suffix(b"\n")?;
    let equals = line.iter().position(|b| *b == b'=')?;
    Some((line.get(..equals)?, line.get(equals + 1..)?, data.get(length..)?))
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Whole seconds of a decimal number such as `1700000000.25` or `-1.5`, rounded down.
fn whole_seconds(value: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(value).ok()?;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    let down = whole.starts_with('-') && part.bytes().any(|b| b != b'0');
    seconds.checked_sub(i64::from(down))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pax_lengths_rule_over_line_ends() {
        assert!(!Records::default().pax(b"99 path=a\n"));
        let mut records = Records::default();
        assert!(records.pax(b"14 path=a\nb c\n22 mtime=1700000000.9\n19 size=9000000000\n"));
        assert_eq!(records.path.as_deref(), Some(&b"a\nb c"[..]));
        assert_eq!(records.modified, Some(1_700_000_000));
        assert_eq!(records.size, Some(9_000_000_000));
    }

    #[test]
    fn times_round_down() {
        assert_eq!(whole_seconds(b"-1.5"), Some(-2));
        assert_eq!(whole_seconds(b"7"), Some(7));
        assert_eq!(whole_seconds(b"x"), None);
    }
}
