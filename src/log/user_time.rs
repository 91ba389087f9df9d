//! Times as a person gives them.

use super::stamp::Millis;
use jiff::civil::{Date, DateTime, time};
use jiff::tz::Offset;

/// Reads a time: a date (`2026-03-14`), a date and a time (`2026-03-14T03:00`, `2026-03-14 03:00:05.5`), with `Z` or an
/// offset after it or without one. Without one it is UTC, like all times of a report. A date alone is its first moment, or
/// with `end` its last millisecond. Gives milliseconds since 1970 UTC.
#[must_use]
pub fn read_asked(text: &str, end: bool) -> Option<Millis> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(instant.as_millisecond());
    }
    // A date is a date and time for the library too.
    let civil = match text.parse::<Date>() {
        Ok(date) if text.len() <= "2026-03-14".len() => {
            date.to_datetime(if end { time(23, 59, 59, 999_000_000) } else { time(0, 0, 0, 0) })
        }
        _ => text.parse::<DateTime>().ok()?,
    };
    Some(Offset::UTC.to_timestamp(civil).ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::rfc3339;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, end, read) in [
            ("2026-03-14", false, "2026-03-14T00:00:00.000Z"),
            ("2026-03-14", true, "2026-03-14T23:59:59.999Z"),
            (" 2026-03-14T03:00 ", true, "2026-03-14T03:00:00.000Z"),
            ("2026-03-14 03:00:05.5", false, "2026-03-14T03:00:05.500Z"),
            ("2026-03-14T03:00:00.112Z", false, "2026-03-14T03:00:00.112Z"),
            ("2026-03-14T03:00:00+02:00", false, "2026-03-14T01:00:00.000Z"),
        ] {
            assert_eq!(read_asked(text, end).map(rfc3339).as_deref(), Some(read), "{text}");
        }
        for text in ["", "yesterday", "14.03.2026", "2026-13-01", "03:00", "2026-03-14T25:00"] {
            assert_eq!(read_asked(text, false), None, "{text}");
        }
    }
}
