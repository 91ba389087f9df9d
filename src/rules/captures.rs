//! What a rule takes out of a line.

use std::sync::Arc;

/// The end of the value of a group that took no part.
const ABSENT: u32 = u32::MAX;

/// What a rule took out of a line: name and value, in the order of the groups; decoded ones at the end.
///
/// A large bundle has tens of thousands of these in memory. So the values follow each other in one text, and the names
/// are those of the pattern: two allocations, whatever their number.
#[derive(Debug, Clone, Default)]
pub struct Captures {
    /// Names of the groups.
    names: Arc<Vec<Arc<str>>>,
    /// Values of the groups that took part, one after the other.
    values: Box<str>,
    /// Where the value of each group ends, or [`ABSENT`].
    ends: Box<[u32]>,
    /// What was decoded out of them.
    decoded: Box<[(Box<str>, Box<str>)]>,
}

impl Captures {
    /// The captures of groups of these names, in their order; groups of one pattern have different names.
    pub(super) fn of<'v>(names: &Arc<Vec<Arc<str>>>, groups: impl Iterator<Item = Option<&'v str>>) -> Self {
        let mut values = String::new();
        let mut ends = Vec::with_capacity(names.len());
        for group in groups.take(names.len()) {
            values.push_str(group.unwrap_or_default());
            ends.push(group.and_then(|_| u32::try_from(values.len()).ok()).unwrap_or(ABSENT));
        }
        Self {
            names: Arc::clone(names),
            values: values.into_boxed_str(),
            ends: ends.into_boxed_slice(),
            decoded: Box::default(),
        }
    }

    /// The value of a capture, if it took part.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// All captures that took part.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut from = 0;
        let groups = self.names.iter().zip(&self.ends).filter(|(_, end)| **end != ABSENT);
        let groups = groups.map(move |(name, &end)| {
            let end = end as usize;
            let value = self.values.get(from..end).unwrap_or_default();
            from = end;
            (&**name, value)
        });
        groups.chain(self.decoded.iter().map(|(name, value)| (&**name, &**value)))
    }

    /// Adds a capture, or replaces its value.
    pub fn set(&mut self, name: &str, value: impl Into<Box<str>>) {
        let value = value.into();
        if let Some(slot) = self.decoded.iter_mut().find(|(key, _)| &**key == name) {
            slot.1 = value;
        } else if let Some(group) =
            self.names.iter().zip(&self.ends).position(|(key, end)| &**key == name && *end != ABSENT)
        {
            let names = Arc::clone(&self.names);
            let values = names
                .iter()
                .enumerate()
                .map(|(at, key)| if at == group { Some(&*value) } else { self.get(key) });
            let decoded = self.decoded.clone();
            *self = Self { decoded, ..Self::of(&names, values) };
        } else {
            let mut decoded = std::mem::take(&mut self.decoded).into_vec();
            decoded.push((Box::from(name), value));
            self.decoded = decoded.into_boxed_slice();
        }
    }

    /// Whether nothing was captured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl PartialEq for Captures {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Captures {}

#[cfg(test)]
mod tests {
    use super::*;

    fn captures() -> Captures {
        let names = Arc::new(["vm", "world", "device"].map(Arc::from).to_vec());
        Captures::of(&names, [Some("web é"), None, Some("")].into_iter())
    }

    #[test]
    fn a_group_that_took_no_part_is_absent_and_an_empty_one_is_there() {
        let captures = captures();
        assert_eq!(captures.iter().collect::<Vec<_>>(), [("vm", "web é"), ("device", "")]);
        assert_eq!((captures.get("world"), captures.get("device")), (None, Some("")));
        assert!(!captures.is_empty() && Captures::default().is_empty());
    }

    #[test]
    fn a_value_is_replaced_in_its_place_and_a_new_one_comes_last() {
        let mut captures = captures();
        captures.set("severity", "low");
        captures.set("vm", "db");
        captures.set("device", "naa.1");
        captures.set("severity", "high");
        captures.set("world", "77");
        assert_eq!(
            captures.iter().collect::<Vec<_>>(),
            [("vm", "db"), ("device", "naa.1"), ("severity", "high"), ("world", "77")]
        );
        assert_ne!(captures, self::captures());
    }
}
