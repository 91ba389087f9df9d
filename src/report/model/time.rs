//! A point in time. It is a number here and becomes text only where a format writes it.

use crate::log::{Millis, read_alone, rfc3339};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// Years 1 to 9999: what RFC 3339 can write.
const WRITABLE_MS: std::ops::RangeInclusive<Millis> = -62_135_596_800_000..=253_402_207_200_000;

/// A point in time; formats write it as RFC 3339 in UTC with milliseconds, `2026-03-14T03:00:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(Millis);

impl Time {
    /// The time at so many milliseconds since 1970 UTC; what lies outside the years 1 to 9999 becomes their first or
    /// last moment.
    #[must_use]
    pub fn new(ms: Millis) -> Self {
        Self(ms.clamp(*WRITABLE_MS.start(), *WRITABLE_MS.end()))
    }

    /// Milliseconds since 1970 UTC.
    #[must_use]
    pub const fn ms(self) -> Millis {
        self.0
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&rfc3339(self.0))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let ms = read_alone(&text);
        ms.map(Self::new)
            .ok_or_else(|| serde::de::Error::custom(format!("\"{text}\" is not a time in RFC 3339")))
    }
}

impl JsonSchema for Time {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({"type": "string"})
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_cannot_be_written_becomes_the_nearest_that_can() {
        assert_eq!(Time::new(i64::MIN).to_string(), "0001-01-01T00:00:00.000Z");
        assert!(Time::new(i64::MAX).to_string().starts_with("9999-12-3"));
        assert_eq!(Time::new(1_773_457_200_000).to_string(), "2026-03-14T03:00:00.000Z");
        assert!(serde_json::from_str::<Time>("\"soon\"").is_err());
    }

    proptest! {
        #[test]
        fn a_time_is_read_as_it_was_written(ms in 0_i64..4_000_000_000_000) {
            let text = serde_json::to_string(&Time::new(ms)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Time>(&text).unwrap(), Time::new(ms));
        }
    }
}
