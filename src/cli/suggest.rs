//! The word somebody may have meant.

/// The commands of the program.
pub(crate) const COMMANDS: &[&str] =
    &["analyze", "inventory", "timeline", "explain", "rules", "schema", "completions", "man", "help"];

/// The known word nearest to what was typed, if it is near enough.
pub(crate) fn nearest<'a>(typed: &str, known: &[&'a str]) -> Option<&'a str> {
    let allowed = typed.chars().count() / 3;
    known
        .iter()
        .map(|word| (distance(typed, word), *word))
        .filter(|(distance, _)| *distance <= allowed.min(3))
        .min()
        .map(|(_, word)| word)
}

/// How many letters must be changed, added or taken away.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    // Longer texts are never near, and need not be compared.
    if a.len() > 128 || b.len() > 128 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (y, slot) in b.iter().zip(row.iter_mut().skip(1)) {
            let above = *slot;
            left = (left + 1).min(above + 1).min(diagonal + usize::from(x != *y));
            diagonal = above;
            *slot = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_word_meant() {
        assert_eq!(nearest("inventroy", COMMANDS), Some("inventory"));
        assert_eq!(nearest("analyse", COMMANDS), Some("analyze"));
        assert_eq!(nearest("case.tgz", COMMANDS), None);
        assert_eq!(nearest("rul", COMMANDS), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }
}
