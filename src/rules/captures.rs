//! What a rule takes out of a line.

use std::sync::Arc;

/// What a rule took out of a line: name and value, in the order of the groups; decoded ones at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captures(Vec<(Arc<str>, Box<str>)>);

impl Captures {
    /// None yet, with room for so many.
    pub(super) fn with_room(groups: usize) -> Self {
        Self(Vec::with_capacity(groups))
    }

    /// The value of a capture, if it took part.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| &**key == name).map(|(_, value)| &**value)
    }

    /// All captures that took part.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    /// Adds the capture of a group; groups of one pattern bear different names.
    pub(super) fn push(&mut self, name: Arc<str>, value: Box<str>) {
        self.0.push((name, value));
    }

    /// Adds a capture, or replaces its value.
    pub fn set(&mut self, name: &str, value: impl Into<Box<str>>) {
        let value = value.into();
        match self.0.iter_mut().find(|(key, _)| &**key == name) {
            Some(slot) => slot.1 = value,
            None => self.0.push((Arc::from(name), value)),
        }
    }

    /// Whether nothing was captured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
