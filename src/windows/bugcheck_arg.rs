//! A bugcheck as a person copies it: off the blue screen, out of the event log, out of a debugger.

use super::table::{lookup, lookup_name};
use crate::terms::MatchResult;
use std::fmt;
use std::str::FromStr;

/// The bit that marks the small-dump form of a code: `0x1000007e` is `0x7e`.
const SMALL_DUMP_BIT: u32 = 0x1000_0000;

/// A bugcheck code with what is known of its four arguments.
///
/// Read from any form in which Windows and its tools print it; numbers are hexadecimal with or without `0x`.
///
/// ```
/// use vmcoroner::Given;
/// let plain: Given = "0x80(0x4f4454,0,0,0)".parse().unwrap();
/// for other in [
///     "*** STOP: 0x00000080 (0x00000000004F4454,0x0000000000000000,0x0000000000000000,0x0000000000000000)",
///     "BugCheck 80, {4f4454, 0, 0, 0}",
///     "NMI_HARDWARE_FAILURE (00000000`004f4454, 0, 0, 0)",
/// ] {
///     assert_eq!(other.parse(), Ok(plain));
/// }
/// assert_eq!(plain.to_string(), "0x80 (0x4f4454, 0x0, 0x0, 0x0)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Given {
    /// The code.
    pub code: u32,
    /// The arguments; `None` where nothing is known.
    pub args: [Option<u64>; 4],
}

/// Why a text is no bugcheck.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseGivenError {
    /// There is nothing.
    #[error("the bugcheck code is missing; write it as '0x80(0x4f4454,0x0,0x0,0x0)'")]
    Empty,
    /// The code is neither a number nor a name.
    #[error("\"{0}\" is neither a hexadecimal bugcheck code nor the name of one")]
    Code(String),
    /// Zero means "no bugcheck" in event 41.
    #[error("0 is no bugcheck: event 41 shows it when Windows wrote none")]
    Zero,
    /// The code is too large.
    #[error("\"{0}\" does not fit: a bugcheck code has 32 bits")]
    LargeCode(String),
    /// An argument is no number.
    #[error("argument {number}, \"{text}\", is not a hexadecimal number of up to 64 bits")]
    Argument {
        /// Which, from 1.
        number: usize,
        /// What stands there.
        text: String,
    },
    /// There are more than four arguments.
    #[error("{0} arguments are too many: a bugcheck has four")]
    TooMany(usize),
    /// A bracket is not closed.
    #[error("the bracket \"{0}\" is not closed")]
    Unclosed(char),
    /// Something follows the closing bracket.
    #[error("\"{0}\" follows the arguments; a bugcheck ends with its closing bracket")]
    Trailing(String),
}

impl Given {
    /// A code alone.
    #[must_use]
    pub const fn code(code: u32) -> Self {
        Self { code, args: [None; 4] }
    }

    /// Its name, if it is a documented one.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        lookup(self.code.into()).map(|bugcheck| bugcheck.name)
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.code)?;
        if self.args.iter().all(Option::is_none) {
            return Ok(());
        }
        for (index, arg) in self.args.iter().enumerate() {
            f.write_str(if index == 0 { " (" } else { ", " })?;
            match arg {
                Some(value) => write!(f, "{value:#x}")?,
                None => f.write_str("?")?,
            }
        }
        f.write_str(")")
    }
}

impl FromStr for Given {
    type Err = ParseGivenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = after_lead_in(text.trim());
        let end = text.find(|c: char| c.is_whitespace() || ",;:({".contains(c)).unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        if word.is_empty() {
            return Err(ParseGivenError::Empty);
        }
        let (code, by_name) = code(word)?;
        let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ",;:".contains(c));
        let mut args = arguments(rest)?;
        // A debugger's headline holds the code in brackets after the name.
        if by_name && args == [Some(u64::from(code)), None, None, None] {
            args = [None; 4];
        }
        Ok(Self { code, args })
    }
}

/// Drops the words that precede the code in a screen, an event or a debugger.
fn after_lead_in(text: &str) -> &str {
    const WORDS: &[&str] = &["bugcheck code", "bugcheck", "bug check", "stop code", "stop", "code"];
    let lower = text.to_ascii_lowercase();
    let mut rest = match lower.find("bugcheck was:") {
        Some(at) => text.get(at + "bugcheck was:".len()..).unwrap_or(text),
        None => text,
    };
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || "*:".contains(c));
        let next = WORDS.iter().find_map(|word| {
            let (head, tail) = rest.split_at_checked(word.len())?;
            let whole = tail.starts_with(|c: char| c.is_whitespace() || c == ':');
            (whole && head.eq_ignore_ascii_case(word)).then_some(tail)
        });
        match next {
            Some(tail) => rest = tail,
            None => return rest,
        }
    }
}

/// The code a word states, and whether it does so by its name.
fn code(word: &str) -> Result<(u32, bool), ParseGivenError> {
    if let Some(bugcheck) = lookup_name(word)
        && let Ok(code) = u32::try_from(bugcheck.code)
    {
        return Ok((code, true));
    }
    let shown = || shorten(word);
    let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit() || b == b'`') {
        return Err(ParseGivenError::Code(shown()));
    }
    match hex(word).map(u32::try_from) {
        Some(Ok(0)) => Err(ParseGivenError::Zero),
        Some(Ok(code)) => Ok((code, false)),
        _ => Err(ParseGivenError::LargeCode(shown())),
    }
}

fn arguments(rest: &str) -> Result<[Option<u64>; 4], ParseGivenError> {
    let mut args = [None; 4];
    let close = match rest.chars().next() {
        None => return Ok(args),
        Some('(') => Some(('(', ')')),
        Some('{') => Some(('{', '}')),
        Some(_) => None,
    };
    let list = match close {
        None => rest,
        Some((open, close)) => {
            let inner = rest.strip_prefix(open).unwrap_or(rest);
            let (inner, tail) = inner.split_once(close).ok_or(ParseGivenError::Unclosed(open))?;
            // In the event log another sentence follows.
            if !tail.trim().is_empty() && !tail.trim_start().starts_with('.') {
                return Err(ParseGivenError::Trailing(shorten(tail.trim())));
            }
            inner
        }
    };
    let words: Vec<&str> = if list.contains(',') {
        list.split(',').map(str::trim).collect()
    } else {
        list.split_whitespace().collect()
    };
    if words.len() > args.len() {
        return Err(ParseGivenError::TooMany(words.len()));
    }
    for (index, (slot, word)) in args.iter_mut().zip(words).enumerate() {
        *slot = match word {
            "" | "?" | "-" => None,
            word => Some(
                hex(word)
                    .ok_or_else(|| ParseGivenError::Argument { number: index + 1, text: shorten(word) })?,
            ),
        };
    }
    Ok(args)
}

/// A hexadecimal number with or without `0x`, with the debugger's backtick between its halves.
fn hex(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let digits: String = digits.chars().filter(|&c| c != '`').collect();
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    plain.then(|| u64::from_str_radix(&digits, 16).ok()).flatten()
}

fn shorten(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

/// Compares what the host's logs hold with what the Windows side has. An argument that one side lacks is no
/// difference; a small-dump code equals its base, and 32-bit arguments equal their sign-extended form.
#[must_use]
pub fn compare(reported: &Given, given: &Given) -> (MatchResult, Vec<String>) {
    let mut differences = Vec::new();
    if reported.code & !SMALL_DUMP_BIT != given.code & !SMALL_DUMP_BIT {
        let mut text = format!("code: the log has {}, the Windows side {}", named(reported), named(given));
        if format!("{:x}", given.code) == reported.code.to_string() {
            text.push_str(" (event 41 writes the code as a decimal number: it would be the same one)");
        }
        differences.push(text);
    }
    for (index, pair) in reported.args.iter().zip(&given.args).enumerate() {
        if let (Some(reported), Some(given)) = pair
            && !same_value(*reported, *given)
        {
            let number = index + 1;
            differences
                .push(format!("argument {number}: the log has {reported:#x}, the Windows side {given:#x}"));
        }
    }
    let result = if differences.is_empty() { MatchResult::Match } else { MatchResult::Mismatch };
    (result, differences)
}

fn named(bugcheck: &Given) -> String {
    match bugcheck.name() {
        Some(name) => format!("{:#x} {name}", bugcheck.code),
        None => format!("{:#x}", bugcheck.code),
    }
}

fn same_value(a: u64, b: u64) -> bool {
    let extended = |narrow: u64, wide: u64| {
        narrow >> 32 == 0 && narrow >> 31 == 1 && wide >> 32 == 0xffff_ffff && wide & 0xffff_ffff == narrow
    };
    a == b || extended(a, b) || extended(b, a)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn full(code: u32, args: [u64; 4]) -> Given {
        Given { code, args: args.map(Some) }
    }

    #[test]
    fn reads_every_form_that_windows_prints() {
        let nmi = full(0x80, [0x4f4454, 0, 0, 0]);
        for text in [
            "0x80(0x4f4454,0x0,0x0,0x0)",
            "0x00000080 (0x4f4454, 0x0, 0x0, 0x0)",
            "BugCheck 80, {4f4454, 0, 0, 0}",
            "Bugcheck code 00000080 (00000000`004f4454, 00000000`00000000, 0, 0)",
            "*** STOP: 0x00000080 (0x004F4454,0x00000000,0x00000000,0x00000000)",
            "80 4f4454 0 0 0",
            "0x80, 0x4f4454, 0x0, 0x0, 0x0",
            "NMI_HARDWARE_FAILURE (4f4454, 0, 0, 0)",
            "The computer has rebooted from a bugcheck.  The bugcheck was: 0x00000080 (0x00000000004f4454, 0x0, 0x0, 0x0). A dump was saved in: C:\\Windows\\MEMORY.DMP.",
        ] {
            assert_eq!(text.parse(), Ok(nmi), "{text}");
        }
        for text in
            ["80", "0x80", "0X80", "STOP: 0x00000080", "nmi_hardware_failure (80)", "  stop code: 0x80  "]
        {
            assert_eq!(text.parse(), Ok(Given::code(0x80)), "{text}");
        }
        let half = "STOP: 0x00000050 (0xFFFFFFF8,?,,-)".parse::<Given>().unwrap();
        assert_eq!(half.args, [Some(0xffff_fff8), None, None, None]);
        let wide = "50, {ffffffff`fffffff8, 2, fffff801`12345678, 0}".parse::<Given>().unwrap();
        assert_eq!(wide.args[2], Some(0xffff_f801_1234_5678));
    }

    #[test]
    fn says_what_is_wrong() {
        let error = |text: &str| text.parse::<Given>().unwrap_err();
        assert_eq!(error(" "), ParseGivenError::Empty);
        assert_eq!(error("STOP: "), ParseGivenError::Empty);
        assert_eq!(error("BSOD"), ParseGivenError::Code("BSOD".into()));
        assert_eq!(error("0x0"), ParseGivenError::Zero);
        assert_eq!(error("0x123456789"), ParseGivenError::LargeCode("0x123456789".into()));
        assert_eq!(error("80(1,2,3,4,5)"), ParseGivenError::TooMany(5));
        assert_eq!(error("80(1,2"), ParseGivenError::Unclosed('('));
        assert_eq!(error("80(1) x"), ParseGivenError::Trailing("x".into()));
        assert_eq!(error("80(1,zz)"), ParseGivenError::Argument { number: 2, text: "zz".into() });
        assert_eq!(
            error("80(1,0x11112222333344445)").to_string(),
            "argument 2, \"0x11112222333344445\", is not a hexadecimal number of up to 64 bits"
        );
    }

    #[test]
    fn compares_code_and_arguments() {
        let log = full(0x80, [0x4f4454, 0, 0, 0]);
        assert_eq!(compare(&log, &log), (MatchResult::Match, Vec::new()));
        assert_eq!(compare(&log, &Given::code(0x80)).0, MatchResult::Match);
        let (result, words) = compare(&log, &full(0x80, [0x4f4454, 0, 1, 0]));
        assert_eq!(result, MatchResult::Mismatch);
        assert_eq!(words, ["argument 3: the log has 0x0, the Windows side 0x1"]);
        let (_, words) = compare(&log, &Given::code(0x7a));
        assert_eq!(
            words,
            ["code: the log has 0x80 NMI_HARDWARE_FAILURE, the Windows side 0x7a KERNEL_DATA_INPAGE_ERROR"]
        );
    }

    #[test]
    fn forms_of_one_value_are_no_difference() {
        let small = compare(&Given::code(0x7e), &Given::code(0x1000_007e));
        assert_eq!(small.0, MatchResult::Match);
        let wide = full(0x50, [0xffff_ffff_ffff_fff8, 0, 0, 0]);
        let narrow = full(0x50, [0xffff_fff8, 0, 0, 0]);
        assert_eq!(compare(&wide, &narrow).0, MatchResult::Match);
        assert_eq!(compare(&narrow, &wide).0, MatchResult::Match);
        let other = full(0x50, [0x7fff_fff8, 0, 0, 0]);
        assert_eq!(compare(&wide, &other).0, MatchResult::Mismatch);
        let (_, words) = compare(&Given::code(0x80), &"128".parse().unwrap());
        assert!(words[0].contains("decimal"), "{words:?}");
    }

    proptest! {
        #[test]
        fn parsing_undoes_display(code in 1_u32.., args in proptest::array::uniform4(proptest::option::of(any::<u64>()))) {
            let given = Given { code, args };
            prop_assert_eq!(given.to_string().parse::<Given>(), Ok(given));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            let _ = text.parse::<Given>();
        }

        #[test]
        fn comparing_has_no_direction(a in 1_u32.., b in 1_u32.., x in any::<u64>(), y in any::<u64>()) {
            let (left, right) = (full(a, [x, y, 0, 0]), full(b, [y, x, 0, 0]));
            prop_assert_eq!(compare(&left, &right).0, compare(&right, &left).0);
        }
    }
}
