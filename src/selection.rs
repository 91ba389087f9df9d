//! Of which VMs and of which time a run is to tell.

use crate::log::Millis;

/// Of which VMs and of which time a run is to tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Selection<'a> {
    /// Only VMs whose name matches: `*` any text, `?` one character, without case.
    pub vm: Option<&'a str>,
    /// Only this time or later, in milliseconds since 1970 UTC.
    pub since: Option<Millis>,
    /// Only this time or earlier.
    pub until: Option<Millis>,
}

impl Selection<'_> {
    /// Whether something of this time is asked for; what has no time is, unless a time was given.
    #[must_use]
    pub fn in_time(&self, time: Option<Millis>) -> bool {
        match time {
            Some(time) => {
                self.since.is_none_or(|since| time >= since) && self.until.is_none_or(|until| time <= until)
            }
            None => self.since.is_none() && self.until.is_none(),
        }
    }

    /// Whether a VM of this name is asked for.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        self.vm.is_none_or(|pattern| matches(pattern, name))
    }
}

/// Whether a name matches a pattern as shells have them.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let name: Vec<char> = name.to_lowercase().chars().collect();
    // The classic walk with one place to come back to: linear in practice, never exponential.
    let (mut p, mut n) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                back = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == name.get(n) => {
                p += 1;
                n += 1;
            }
            _ => match back {
                Some((star, from)) => {
                    p = star + 1;
                    n = from + 1;
                    back = Some((star, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched_like_files() {
        assert!(matches("app*", "APP01"));
        assert!(matches("*0?", "APP01"));
        assert!(!matches("app", "APP01"));
        assert!(matches("*a*a*a*", "banana"));
        assert!(!matches("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaac"));
    }

    #[test]
    fn without_a_wish_everything_is_asked_for() {
        let all = Selection::default();
        assert!(all.wants("x") && all.in_time(None) && all.in_time(Some(5)));
        let late = Selection { since: Some(5), ..all };
        assert!(late.in_time(Some(5)) && !late.in_time(Some(4)) && !late.in_time(None));
        let early = Selection { until: Some(5), ..all };
        assert!(early.in_time(Some(5)) && !early.in_time(Some(6)) && !early.in_time(None));
    }
}
