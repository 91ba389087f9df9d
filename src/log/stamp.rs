//! Time stamps at the start of a line, read by position: no regular expression and no allocation.
//!
//! Everything becomes milliseconds since 1970 UTC. A stamp without a zone is taken as UTC, which is what ESXi
//! writes; hosted products of the oldest generations wrote local time without saying so.

use jiff::civil;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// A stamp that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The time.
    pub ms: Millis,
    /// Bytes of the line that it takes, brackets included.
    pub len: usize,
    /// How it was written.
    pub form: StampForm,
    /// Whether it states its zone. Without one the time is that of an unknown zone, taken as UTC.
    pub zoned: bool,
}

/// How a stamp is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StampForm {
    /// `2025-05-12T20:41:08.408Z`, with or without fraction and zone.
    Iso,
    /// `[2010-03-16 12:51:54.284 …` or `[2025-05-12T20:41:08]`: an ISO stamp in a bracket.
    Bracketed,
    /// `2016-08-29 13:38:01`: a blank for the `T`.
    Spaced,
    /// `Dec 06 21:39:28.100`: no year.
    Yearless,
    /// `2022-06-02 In(14) …`: only a date; the time comes later in the line.
    DateOnly,
}

/// Reads stamps of one log. It remembers the last date so that a run of lines of one day costs little.
#[derive(Debug, Clone)]
pub struct Stamper {
    date: [u8; 10],
    day_ms: Millis,
    /// A yearless stamp is in the latest year that does not put it past this moment.
    reference: Millis,
}

const DAY_MS: Millis = 86_400_000;

/// Bytes behind a stamp without a year among which a full one is looked for.
const FULL_STAMP_WITHIN: usize = 64;

/// The end of the year 9990: what stamps without a year are read by where nothing dates their file.
pub const UNKNOWN_YEAR_MS: Millis = 253_118_217_600_000;

/// Times from here on are of an unknown year: their distances are right, their dates are not.
const FROM_UNKNOWN_YEAR_MS: Millis = UNKNOWN_YEAR_MS - 8 * 366 * DAY_MS;

/// Whether a time is one of an unknown year.
#[must_use]
pub const fn is_of_unknown_year(ms: Millis) -> bool {
    ms >= FROM_UNKNOWN_YEAR_MS
}

impl Stamper {
    /// For a log whose newest line cannot be later than `reference` (the member's date or the capture; now if
    /// neither is known).
    #[must_use]
    pub fn new(reference: Millis) -> Self {
        Self { date: [0; 10], day_ms: 0, reference }
    }

    /// The stamp at the start of a line, if it has one.
    #[inline]
    pub fn read(&mut self, line: &[u8]) -> Option<Stamp> {
        match line.first()? {
            b'0'..=b'9' => self.read_iso(line),
            b'[' => self.read_bracketed(line),
            b'A'..=b'Z' | b'a'..=b'z' => self.read_yearless(line),
            _ => None,
        }
    }

    #[inline]
    fn read_iso(&mut self, line: &[u8]) -> Option<Stamp> {
        let (date, rest) = line.split_first_chunk::<10>()?;
        if *date != self.date {
            self.day_ms = day(date)?;
            self.date = *date;
        }
        let (&mark, clock) = rest.split_first()?;
        let form = match mark {
            b'T' => StampForm::Iso,
            b' ' if clock.first().is_some_and(u8::is_ascii_digit) => StampForm::Spaced,
            b' ' => return Some(Stamp { ms: self.day_ms, len: 10, form: StampForm::DateOnly, zoned: true }),
            _ => return None,
        };
        let (ms, used) = clock_ms(clock)?;
        let (offset, zone) = zone_ms(clock.get(used..).unwrap_or_default());
        Some(Stamp { ms: self.day_ms + ms - offset, len: 11 + used + zone, form, zoned: zone > 0 })
    }

    fn read_bracketed(&mut self, line: &[u8]) -> Option<Stamp> {
        let inner = line.get(1..)?;
        if !inner.first()?.is_ascii_digit() {
            return None;
        }
        let mut stamp = self.read_iso(inner)?;
        stamp.len += 1;
        if line.get(stamp.len) == Some(&b']') {
            stamp.len += 1;
        }
        stamp.form = StampForm::Bracketed;
        Some(stamp)
    }

    /// `Mon DD hh:mm:ss[.mmm]`; the month may be localised, so only English names say which month it is; others
    /// are found by their first letters where that is unambiguous.
    fn read_yearless(&mut self, line: &[u8]) -> Option<Stamp> {
        let (name, rest) = line.split_first_chunk::<3>()?;
        let month = month(name)?;
        let rest = rest.strip_prefix(b" ")?;
        let (&tens, rest) = rest.split_first()?;
        let (day_of_month, rest, used) = match (tens, rest.split_first()) {
            (b' ', Some((&ones, rest))) => (digit(ones)?, rest, 2),
            (_, Some((b' ', _))) => (digit(tens)?, rest, 1),
            (_, Some((&ones, rest))) => (digit(tens)? * 10 + digit(ones)?, rest, 2),
            _ => return None,
        };
        let clock = rest.strip_prefix(b" ")?;
        let (ms, clock_used) = clock_ms(clock)?;
        let day_of_month = i8::try_from(day_of_month).ok()?;
        let reference_year = i16::try_from(1970 + self.reference.div_euclid(DAY_MS) * 400 / 146_097).ok()?;
        let ms = (reference_year.saturating_sub(5)..=reference_year.saturating_add(1))
            .rev()
            .filter_map(|year| civil::Date::new(year, month, day_of_month).ok())
            .map(|date| days_since_1970(date) * DAY_MS + ms)
            .find(|&candidate| candidate <= self.reference + DAY_MS)?;
        let len = 3 + 1 + used + 1 + clock_used;
        // A server that received the line wrote the stamp in front; the host's own one is further on.
        let own = line.get(len..).and_then(|rest| self.full_stamp_in(rest));
        let (ms, zoned) = own.map_or((ms, false), |own| (own.ms, own.zoned));
        Some(Stamp { ms, len, form: StampForm::Yearless, zoned })
    }

    /// A full stamp among the first words behind a stamp without a year.
    fn full_stamp_in(&mut self, rest: &[u8]) -> Option<Stamp> {
        let head = rest.get(..FULL_STAMP_WITHIN.min(rest.len()))?;
        let words = memchr::memchr_iter(b' ', head).filter_map(|blank| rest.get(blank + 1..));
        words.filter(|word| word.get(4) == Some(&b'-') && word.get(10) == Some(&b'T')).find_map(|word| {
            let (date, day_ms) = (self.date, self.day_ms);
            let stamp = self.read_iso(word);
            if stamp.is_none() {
                (self.date, self.day_ms) = (date, day_ms);
            }
            stamp
        })
    }
}

/// `YYYY-MM-DD` as milliseconds.
fn day(date: &[u8; 10]) -> Option<Millis> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *date else { return None };
    let year = digit(y1)? * 1000 + digit(y2)? * 100 + digit(y3)? * 10 + digit(y4)?;
    let (month, day) = (digit(m1)? * 10 + digit(m2)?, digit(d1)? * 10 + digit(d2)?);
    let date =
        civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
            .ok()?;
    Some(days_since_1970(date) * DAY_MS)
}

fn days_since_1970(date: civil::Date) -> i64 {
    date.duration_since(civil::date(1970, 1, 1)).as_hours() / 24
}

/// `hh:mm:ss` with an optional fraction; milliseconds of the day and the bytes used.
#[inline]
fn clock_ms(clock: &[u8]) -> Option<(Millis, usize)> {
    let (&[h1, h2, b':', m1, m2, b':', s1, s2], rest) = clock.split_first_chunk::<8>()? else { return None };
    let (hours, minutes, seconds) =
        (digit(h1)? * 10 + digit(h2)?, digit(m1)? * 10 + digit(m2)?, digit(s1)? * 10 + digit(s2)?);
    // A leap second may be written as 60.
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let mut ms = ((hours * 60 + minutes) * 60 + seconds) * 1000;
    let mut used = 8;
    if let Some((b'.' | b',', fraction)) = rest.split_first() {
        let digits = fraction.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 {
            let mut scale = 100;
            for &byte in fraction.iter().take(digits.min(3)) {
                ms += digit(byte)? * scale;
                scale /= 10;
            }
            used += 1 + digits;
        }
    }
    Some((ms, used))
}

/// `Z`, `+05:30`, `-0700` or nothing; the offset in milliseconds and the bytes used.
#[inline]
fn zone_ms(rest: &[u8]) -> (Millis, usize) {
    match rest.first() {
        Some(b'Z') => (0, 1),
        Some(&sign @ (b'+' | b'-')) => {
            let offset =
                |h1, h2, m1, m2| Some((digit(h1)? * 10 + digit(h2)?) * 60 + digit(m1)? * 10 + digit(m2)?);
            let found = match *rest.get(1..).unwrap_or_default() {
                [h1, h2, b':', m1, m2, ..] => offset(h1, h2, m1, m2).map(|minutes| (minutes, 6)),
                [h1, h2, m1, m2, ..] => offset(h1, h2, m1, m2).map(|minutes| (minutes, 5)),
                _ => None,
            };
            match found {
                Some((minutes, used)) => (if sign == b'-' { -minutes } else { minutes } * 60_000, used),
                None => (0, 0),
            }
        }
        _ => (0, 0),
    }
}

#[inline]
fn digit(byte: u8) -> Option<i64> {
    byte.is_ascii_digit().then(|| i64::from(byte - b'0'))
}

/// The month a three-letter name represents, in the languages seen in real logs.
fn month(name: &[u8; 3]) -> Option<i8> {
    let lower = name.map(|byte| byte.to_ascii_lowercase());
    Some(match &lower {
        b"jan" | b"ene" | b"gen" => 1,
        b"feb" | b"fev" | b"fv " => 2,
        b"mar" | b"mrz" | b"maa" => 3,
        b"apr" | b"abr" | b"avr" => 4,
        b"may" | b"mai" | b"mag" | b"mei" => 5,
        b"jun" | b"giu" => 6,
        b"jul" | b"lug" => 7,
        b"aug" | b"ago" => 8,
        b"sep" | b"set" => 9,
        b"oct" | b"okt" | b"out" | b"ott" => 10,
        b"nov" => 11,
        b"dec" | b"dez" | b"dic" => 12,
        _ => return None,
    })
}

/// Reads a stamp on its own, such as `2025-03-14T10:54:53` of an event record.
#[must_use]
pub fn read_alone(text: &str) -> Option<Millis> {
    Stamper::new(Millis::MAX / 4).read_iso(text.trim().as_bytes()).map(|stamp| stamp.ms)
}

/// A time as the report writes it: RFC 3339 UTC with milliseconds.
#[must_use]
pub fn rfc3339(ms: Millis) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(time) => {
            let t = jiff::tz::Offset::UTC.to_datetime(time);
            format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                t.year(),
                t.month(),
                t.day(),
                t.hour(),
                t.minute(),
                t.second(),
                t.millisecond()
            )
        }
        Err(_) => "out of range".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> String {
        rfc3339(Stamper::new(read_alone("2026-11-22T00:00:00Z").unwrap()).read(text.as_bytes()).unwrap().ms)
    }

    #[test]
    fn every_form_of_stamp_is_read() {
        assert_eq!(at("2025-05-12T20:41:08.408Z In(05) vmx - x"), "2025-05-12T20:41:08.408Z");
        assert_eq!(at("2023-08-08T14:13:55Z In(182) vmkernel: x"), "2023-08-08T14:13:55.000Z");
        assert_eq!(at("2014-11-04T15:53:31.075+05:30 verbose"), "2014-11-04T10:23:31.075Z");
        assert_eq!(at("2016-08-30T16:02:43.217-07:00| vcpu-0|"), "2016-08-30T23:02:43.217Z");
        assert_eq!(at("2021-11-15T00:23:51+01:00[+0.000]| mks|"), "2021-11-14T23:23:51.000Z");
        assert_eq!(at("[2010-03-16 12:51:54.284 27D13B90 info"), "2010-03-16T12:51:54.284Z");
        assert_eq!(at("2016-08-29 13:38:01 : x"), "2016-08-29T13:38:01.000Z");
        assert_eq!(at("2022-06-02 In(14) hostprofile[1]: 05:34:23.666 x"), "2022-06-02T00:00:00.000Z");
        assert_eq!(at("Dec 06 21:39:28.100: vcpu-0| x"), "2025-12-06T21:39:28.100Z");
        assert_eq!(at("Mar 9 23:53:24 esx vmkernel: x"), "2026-03-09T23:53:24.000Z");
        assert_eq!(at("Out 18 12:27:00.193: app| x"), "2026-10-18T12:27:00.193Z");
    }

    #[test]
    fn a_yearless_stamp_lies_before_the_reference() {
        let mut stamper = Stamper::new(read_alone("2007-02-20T00:00:00Z").unwrap());
        let ms = stamper.read(b"Feb 19 16:11:59: vcpu-0| MONITOR PANIC").unwrap().ms;
        assert_eq!(rfc3339(ms), "2007-02-19T16:11:59.000Z");
        assert_eq!(rfc3339(stamper.read(b"Dec 31 00:00:00: x").unwrap().ms), "2006-12-31T00:00:00.000Z");
    }

    #[test]
    fn a_full_stamp_further_on_tells_year_and_zone() {
        let mut stamper = Stamper::new(read_alone("2026-11-22T00:00:00Z").unwrap());
        let stamp =
            stamper.read(b"Mar 14 04:00:07 esx01 Hostd: 2019-03-14T03:00:07.123Z info hostd").unwrap();
        assert_eq!((rfc3339(stamp.ms).as_str(), stamp.zoned), ("2019-03-14T03:00:07.123Z", true));
        let stamp = stamper.read(b"Mar 14 04:00:07 esx01 vmkernel: cpu3:4300)x").unwrap();
        assert_eq!((rfc3339(stamp.ms).as_str(), stamp.zoned), ("2026-03-14T04:00:07.000Z", false));
    }

    #[test]
    fn where_nothing_dates_a_file_the_year_is_known_to_be_unknown() {
        let mut stamper = Stamper::new(UNKNOWN_YEAR_MS);
        let mut at = |line: &str| stamper.read(line.as_bytes()).unwrap().ms;
        let (first, last) = (at("Dec 31 23:59:59: vmx| x"), at("Feb 29 00:00:00: vmx| x"));
        assert!(is_of_unknown_year(first) && is_of_unknown_year(last));
        assert!(!is_of_unknown_year(at("2026-12-31T00:00:00Z vmx| x")));
        assert_eq!(rfc3339(UNKNOWN_YEAR_MS), "9990-12-31T00:00:00.000Z");
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = Stamper::new(0).read(&bytes);
        }

        #[test]
        fn what_is_written_is_read_back(ms in 0_i64..4_000_000_000_000) {
            prop_assert_eq!(read_alone(&rfc3339(ms)), Some(ms));
        }
    }
}
