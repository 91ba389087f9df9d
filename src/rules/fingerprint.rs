//! Which stretch of each literal to search for, its fingerprint, and how to group them.
//!
//! The packed search compares the first four bytes of all fingerprints with sixteen bytes of the text at once. To do
//! so it throws the fingerprints into buckets, in turn, and of each bucket it knows only which half bytes its members
//! have at each of the four places. A bucket of members that look alike therefore stops at little else, one of
//! members that have nothing in common stops everywhere. What is rare and what looks alike is read off a sample of
//! the text that is about to be searched. It changes how fast literals are found, never which.
//!
//! What it is for: on 4 MiB of `vmware.log` with 62 literals the search goes from 3.3 to 5.6 GB/s, in `hostd.log` from
//! 6.4 to 9.3; learning takes less than a millisecond.

/// Bytes of the text that are looked at.
pub(super) const SAMPLE_BYTES: usize = 64 << 10;

/// Parts into which the sample is spread over the text.
const SAMPLE_PARTS: usize = 32;

/// A fingerprint begins with this many rare bytes: the width that the packed search looks at.
const FINGERPRINT_BYTES: usize = 4;

/// Places of a literal that are tried as the start of its fingerprint: the rarest ones.
const MAX_PLACES: usize = 6;

/// More fingerprints than this make the packed search use sixteen buckets instead of eight.
const SLIM_BUCKETS: usize = 32;

/// Bytes of logs from the most to the least frequent. A byte that is not in it is rarer than all of them.
const FREQUENT_BYTES: &[u8] =
    b" 0e2:t1orsan6i3-8dc9457mul.vpI)T(xSgf=bZ\nDVOhkC[],MNARyEPHqw/FL\"@WGK_BU'Q*j>zX<;JY~!+?&";

/// A stretch of one or more literals.
#[derive(Debug)]
pub(super) struct Fingerprint {
    /// What is searched for.
    pub(super) text: String,
    /// The literals it represents: index, and where in the literal it begins.
    pub(super) of: Vec<(usize, usize)>,
}

/// How frequent bytes and groups of four bytes are.
pub(super) struct Frequencies {
    /// Share of each byte.
    bytes: [f32; 256],
    /// Share of groups of four bytes, by hash; empty if unknown.
    groups: Vec<f32>,
}

/// Never quite absent: a sample is not the whole log.
const MIN_FREQUENCY: f32 = 1e-4;

const GROUP_BITS: u32 = 15;

impl Frequencies {
    /// Those of logs in general.
    pub(super) fn usual() -> Self {
        let mut bytes = [MIN_FREQUENCY; 256];
        for (rank, byte) in FREQUENT_BYTES.iter().enumerate() {
            if let Some(share) = bytes.get_mut(usize::from(*byte)) {
                *share += 0.15 / (rank as f32 + 1.0) * (1.0 - rank as f32 / FREQUENT_BYTES.len() as f32);
            }
        }
        Self { bytes, groups: Vec::new() }
    }

    /// Those of a text, read off parts that lie all over it: a log begins with lines that never come again.
    pub(super) fn of(text: &[u8]) -> Self {
        let part = (SAMPLE_BYTES / SAMPLE_PARTS).min(text.len());
        let step = (text.len() - part) / (SAMPLE_PARTS - 1);
        let parts = || (0..SAMPLE_PARTS).filter_map(|number| text.get(number * step..number * step + part));
        let share = 1.0 / (part * SAMPLE_PARTS).max(1) as f32;
        let mut bytes = [0.0; 256];
        for byte in parts().flatten() {
            if let Some(own) = bytes.get_mut(usize::from(*byte)) {
                *own += share;
            }
        }
        for own in &mut bytes {
            *own = own.max(MIN_FREQUENCY);
        }
        let mut groups = vec![0.0; 1 << GROUP_BITS];
        for group in parts().flat_map(|part| part.windows(FINGERPRINT_BYTES)) {
            if let Some(own) = groups.get_mut(slot(group)) {
                *own += share;
            }
        }
        Self { bytes, groups }
    }

    fn byte(&self, byte: u8) -> f32 {
        self.bytes.get(usize::from(byte)).copied().unwrap_or(MIN_FREQUENCY)
    }

    /// How often a fingerprint that begins like this is found: by its bytes, and as a whole.
    fn found(&self, start: &[u8]) -> f32 {
        self.groups.get(slot(start)).copied().unwrap_or(0.0)
    }

    fn rarity(&self, start: &[u8]) -> f32 {
        start.iter().map(|byte| self.byte(*byte)).product::<f32>() + self.found(start)
    }
}

fn slot(group: &[u8]) -> usize {
    let value = group.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
    (value.wrapping_mul(0x9e37_79b1) >> (32 - GROUP_BITS)) as usize
}

/// A fingerprint for each literal, in the order in which the packed search is to get them. A literal that holds the
/// fingerprint of another is searched for by that one.
pub(super) fn fingerprints(literals: &[&str], frequencies: &Frequencies) -> Vec<Fingerprint> {
    let texts: Vec<&[u8]> = literals.iter().map(|literal| literal.as_bytes()).collect();
    let starts = group(&texts, frequencies, MAX_PLACES);
    let mut cuts: Vec<(&str, usize, usize)> = starts
        .iter()
        .filter_map(|placed| {
            let literal = literals.get(placed.which)?;
            Some((literal.get(placed.start..)?, placed.which, placed.start))
        })
        .collect();
    cuts.sort_unstable_by(|a, b| (a.0.len(), a).cmp(&(b.0.len(), b)));
    let mut out: Vec<Fingerprint> = Vec::new();
    for (text, literal, start) in cuts {
        let known = out.iter_mut().find_map(|own| text.find(own.text.as_str()).map(|at| (own, at)));
        match known {
            Some((own, at)) => own.of.push((literal, start + at)),
            None => out.push(Fingerprint { text: text.to_owned(), of: vec![(literal, start)] }),
        }
    }
    // Fewer are left: they are dealt again, with the starts they have.
    let texts: Vec<&[u8]> = out.iter().map(|own| own.text.as_bytes()).collect();
    let order: Vec<usize> = group(&texts, frequencies, 0).iter().map(|placed| placed.which).collect();
    let mut dealt: Vec<Option<Fingerprint>> = out.into_iter().map(Some).collect();
    order.into_iter().filter_map(|which| dealt.get_mut(which)?.take()).collect()
}

/// A text with the place where its fingerprint begins.
struct Placed {
    which: usize,
    start: usize,
}

/// Deals texts into buckets, so that in each bucket those come together that widen it least; the most frequent are
/// dealt first. With `places` of 0 every fingerprint begins where its text begins. The result is in the order in which
/// the packed search deals them out again.
fn group(texts: &[&[u8]], frequencies: &Frequencies, places: usize) -> Vec<Placed> {
    let start_of = |which: usize, at: usize| -> &[u8] {
        let rest = texts.get(which).and_then(|text| text.get(at..)).unwrap_or_default();
        rest.get(..FINGERPRINT_BYTES).unwrap_or(rest)
    };
    let mut todo: Vec<(usize, Vec<usize>)> =
        texts.iter().enumerate().map(|(which, text)| (which, choices(text, frequencies, places))).collect();
    todo.sort_by(|a, b| {
        let rarity = |one: &(usize, Vec<usize>)| {
            frequencies.rarity(start_of(one.0, one.1.first().copied().unwrap_or(0)))
        };
        rarity(b).total_cmp(&rarity(a)).then(a.0.cmp(&b.0))
    });
    let count = if texts.len() > SLIM_BUCKETS { 16 } else { 8 };
    let mut buckets: Vec<Bucket> = (0..count)
        .map(|at| Bucket {
            room: texts.len() / count + usize::from(at < texts.len() % count),
            ..Bucket::default()
        })
        .collect();
    for (which, starts) in todo {
        let mut best: Option<(f32, usize, usize)> = None;
        for (number, bucket) in buckets.iter().enumerate().filter(|(_, bucket)| bucket.room > 0) {
            for &at in &starts {
                let start = start_of(which, at);
                let cost = bucket.with(start).stops(frequencies) - bucket.stops(frequencies)
                    + frequencies.found(start);
                if best.is_none_or(|(least, ..)| cost < least) {
                    best = Some((cost, number, at));
                }
            }
        }
        if let Some((_, number, start)) = best
            && let Some(bucket) = buckets.get_mut(number)
        {
            let masks = bucket.with(start_of(which, start)).masks;
            bucket.masks = masks;
            bucket.room -= 1;
            bucket.members.push(Placed { which, start });
        }
    }
    dealt_out(buckets)
}

/// Where the fingerprint of a text may begin: its rarest places.
fn choices(text: &[u8], frequencies: &Frequencies, places: usize) -> Vec<usize> {
    if places == 0 {
        return vec![0];
    }
    let mut starts: Vec<(f32, usize)> = text
        .windows(FINGERPRINT_BYTES)
        .enumerate()
        // Not in the middle of a character.
        .filter(|(_, start)| start.first().is_some_and(|byte| byte & 0xc0 != 0x80))
        .map(|(at, start)| (frequencies.rarity(start), at))
        .collect();
    starts.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    starts.truncate(places);
    if starts.is_empty() { vec![0] } else { starts.into_iter().map(|(_, at)| at).collect() }
}

/// The members of all buckets in the order in which the packed search deals them out again.
fn dealt_out(buckets: Vec<Bucket>) -> Vec<Placed> {
    let mut rows: Vec<(usize, usize, Placed)> = Vec::new();
    for (number, bucket) in buckets.into_iter().enumerate() {
        rows.extend(bucket.members.into_iter().enumerate().map(|(row, placed)| (row, number, placed)));
    }
    rows.sort_by_key(|(row, number, _)| (*row, *number));
    rows.into_iter().map(|(.., placed)| placed).collect()
}

/// A bucket of the packed search: at each of four places, which lower and which upper half bytes its members have.
#[derive(Default)]
struct Bucket {
    masks: [(u16, u16); FINGERPRINT_BYTES],
    members: Vec<Placed>,
    room: usize,
}

impl Bucket {
    fn with(&self, start: &[u8]) -> Self {
        let mut masks = self.masks;
        for (mask, byte) in masks.iter_mut().zip(start) {
            mask.0 |= 1 << (byte & 0x0f);
            mask.1 |= 1 << (byte >> 4);
        }
        Self { masks, members: Vec::new(), room: 0 }
    }

    /// Share of the places of a text at which the bucket stops, if bytes came independently of each other.
    fn stops(&self, frequencies: &Frequencies) -> f32 {
        let bits = |mask: u16| (0..16_u8).filter(move |bit| mask >> bit & 1 == 1);
        self.masks
            .iter()
            .map(|(low, high)| -> f32 {
                bits(*high)
                    .flat_map(|high| bits(*low).map(move |low| high << 4 | low))
                    .map(|byte| frequencies.byte(byte))
                    .sum()
            })
            .product()
    }
}
