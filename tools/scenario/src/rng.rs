//! A small deterministic generator: the same label always gives the same numbers, on every machine.

/// SplitMix64, seeded from text.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    /// The generator that belongs to `scenario` and `label`. Different labels do not influence each other, so an
    /// added event leaves the other lines of a bundle as they were.
    pub(crate) fn new(scenario: &str, label: &str) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in scenario.bytes().chain([0xff]).chain(label.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Self(hash)
    }

    /// The generator of a plain number.
    pub(crate) fn from_seed(seed: u64) -> Self {
        Self(seed ^ 0x5851_f42d_4c95_7f2d)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit` (0 if `limit` is 0).
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 { 0 } else { self.next() % limit }
    }

    /// A number from `low` up to and with `high`.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// A time from `low` up to and with `high`.
    pub(crate) fn time(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low)).unwrap_or(0);
        low + i64::try_from(self.below(span + 1)).unwrap_or(0)
    }

    /// True once in `n`.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// `digits` lower-case hexadecimal digits.
    pub(crate) fn hex(&mut self, digits: usize) -> String {
        (0..digits).filter_map(|_| char::from_digit(u32::try_from(self.below(16)).unwrap_or(0), 16)).collect()
    }

    /// One of `items`.
    pub(crate) fn pick<'a>(&mut self, items: &[&'a str]) -> &'a str {
        let count = u64::try_from(items.len()).unwrap_or(0);
        let index = usize::try_from(self.below(count)).unwrap_or(0);
        items.get(index).copied().unwrap_or("")
    }

    /// Puts `items` in another order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = usize::try_from(self.below(u64::try_from(last).unwrap_or(0) + 1)).unwrap_or(0);
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn the_same_label_gives_the_same_numbers() {
        let (mut a, mut b) = (Rng::new("s", "x"), Rng::new("s", "x"));
        assert_eq!((a.next(), a.hex(8)), (b.next(), b.hex(8)));
        assert_ne!(Rng::new("s", "x").next(), Rng::new("s", "y").next());
        assert_ne!(Rng::new("sx", "").next(), Rng::new("s", "x").next());
    }
}
