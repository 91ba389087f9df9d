//! A stretch of time as a rule writes it: `90s`, `15m`, `2h`, `1d`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A span of time written as `"90s"`, `"15m"`, `"2h"` or `"1d"`; held in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub i64);

impl Duration {
    /// Reads `"250ms"`, `"90s"`, `"15m"`, `"2h"`, `"1d"` or several in a row (`"1h30m"`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut total = 0_i64;
        let mut rest = text.trim();
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (number, tail) = rest.split_at_checked(digits)?;
            let unit_end = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
            let (unit, next) = tail.split_at_checked(unit_end)?;
            let factor = match unit {
                "ms" => 1.0,
                "s" | "sec" => 1_000.0,
                "m" | "min" => 60_000.0,
                "h" => 3_600_000.0,
                "d" => 86_400_000.0,
                _ => return None,
            };
            let number: f64 = number.parse().ok()?;
            let part = number * factor;
            // Ten thousand years is more than any window needs and keeps the sum far from overflow.
            if !(0.0..3.2e14).contains(&part) {
                return None;
            }
            #[allow(clippy::cast_possible_truncation)]
            {
                total = total.checked_add(part as i64)?;
            }
            rest = next;
        }
        Some(Self(total))
    }

    /// Milliseconds.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0
    }
}

impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            ms if ms % 86_400_000 == 0 && ms > 0 => write!(f, "{}d", ms / 86_400_000),
            ms if ms % 3_600_000 == 0 && ms > 0 => write!(f, "{}h", ms / 3_600_000),
            ms if ms % 60_000 == 0 && ms > 0 => write!(f, "{}m", ms / 60_000),
            ms if ms % 1_000 == 0 => write!(f, "{}s", ms / 1_000),
            ms => write!(f, "{ms}ms"),
        }
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "\"{text}\" is not a span of time; write it as \"90s\", \"15m\" or \"2h\""
            ))
        })
    }
}

impl Serialize for Duration {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^([0-9.]+(ms|s|sec|m|min|h|d))+$",
            "description": "A span of time such as \"90s\", \"15m\", \"2h\" or \"1h30m\"."})
    }
}
