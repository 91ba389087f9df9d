//! Times as milliseconds since 1970, in UTC, and the few forms in which ESXi writes them.

const DAY_MS: i64 = 86_400_000;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// Year, month, day, hour, minute, second, millisecond of a time.
pub(crate) fn civil(at: Millis) -> (i64, i64, i64, i64, i64, i64, i64) {
    let (days, rest) = (at.div_euclid(DAY_MS), at.rem_euclid(DAY_MS));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year, month, day, rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60, rest % 1_000)
}

fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// `2026-03-14T03:00:00.000Z`.
#[must_use]
pub fn iso(at: Millis) -> String {
    let (y, mo, d, h, mi, s, ms) = civil(at);
    format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}.{ms:03}Z")
}

/// `2026-03-14T03:00:00Z`: the form without a fraction.
pub(crate) fn iso_seconds(at: Millis) -> String {
    format!("{}Z", iso_plain(at))
}

/// `2026-03-14T03:00:00`: the form of the system event log.
pub(crate) fn iso_plain(at: Millis) -> String {
    let (y, mo, d, h, mi, s, _) = civil(at);
    format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}")
}

/// `2026-03-14--03.00`: the form of a bundle's name.
pub(crate) fn bundle_stamp(at: Millis) -> String {
    let (y, mo, d, h, mi, _, _) = civil(at);
    format!("{y:04}-{mo:02}-{d:02}--{h:02}.{mi:02}")
}

/// `Mar 14 03:00:00`: the form of a syslog server without year and zone.
pub(crate) fn yearless(at: Millis) -> String {
    let (_, mo, d, h, mi, s, _) = civil(at);
    format!("{} {d:02} {h:02}:{mi:02}:{s:02}", month_name(mo))
}

/// Three letters of the month.
pub(crate) fn month_name(month: i64) -> &'static str {
    const NAMES: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    usize::try_from(month - 1).ok().and_then(|m| NAMES.get(m)).copied().unwrap_or("Jan")
}

/// Three letters of the day of the week.
pub(crate) fn day_name(at: Millis) -> &'static str {
    const NAMES: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    usize::try_from(at.div_euclid(DAY_MS).rem_euclid(7))
        .ok()
        .and_then(|d| NAMES.get(d))
        .copied()
        .unwrap_or("Thu")
}

/// Reads `2026-03-14T03:00:00[.000]Z`.
pub(crate) fn parse_iso(text: &str) -> Option<Millis> {
    let text = text.strip_suffix('Z')?;
    let (date, clock) = text.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|p| p.parse::<i64>().ok());
    let (y, mo, d) = (date.next()??, date.next()??, date.next()??);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut clock = clock.splitn(3, ':').map(|p| p.parse::<i64>().ok());
    let (h, mi, s) = (clock.next()??, clock.next()??, clock.next()??);
    let ms = format!("{fraction:0<3}").parse::<i64>().ok()?;
    let sane = (1..=12).contains(&mo)
        && (1..=31).contains(&d)
        && (0..24).contains(&h)
        && (0..60).contains(&mi)
        && (0..60).contains(&s)
        && (0..1000).contains(&ms);
    sane.then(|| days_of(y, mo, d) * DAY_MS + ((h * 60 + mi) * 60 + s) * 1_000 + ms)
}

/// Reads a span such as `-6h`, `+30m`, `90s`, `-21d`, `-2d12h`.
pub(crate) fn parse_span(text: &str) -> Option<Millis> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest.is_empty() {
        return None;
    }
    let (mut total, mut number) = (0_i64, String::new());
    for letter in rest.chars() {
        if letter.is_ascii_digit() {
            number.push(letter);
            continue;
        }
        let unit = match letter {
            's' => 1_000,
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => DAY_MS,
            _ => return None,
        };
        total += number.parse::<i64>().ok()? * unit;
        number.clear();
    }
    number.is_empty().then_some(sign * total)
}

#[cfg(test)]
mod tests {
    use super::{iso, parse_iso, parse_span};

    #[test]
    fn stamps_round_trip() {
        for text in ["2026-03-14T03:00:00.000Z", "2024-02-29T23:59:59.999Z", "2025-12-31T00:00:00.001Z"] {
            assert_eq!(parse_iso(text).map(iso).as_deref(), Some(text));
        }
        assert_eq!(parse_iso("2026-03-14T03:00:00Z").map(iso).as_deref(), Some("2026-03-14T03:00:00.000Z"));
        assert_eq!(parse_iso("2026-13-14T03:00:00Z"), None);
    }

    #[test]
    fn spans_are_signed_and_may_be_joined() {
        assert_eq!(parse_span("-6h"), Some(-21_600_000));
        assert_eq!(parse_span("1d2h"), Some(93_600_000));
        assert_eq!(parse_span("6"), None);
        assert_eq!(parse_span("-"), None);
    }
}
