//! The fields of a zip's local headers and data descriptors.

/// Bytes of a local header before its name.
pub(super) const LOCAL: usize = 30;
/// Begins a local header.
pub(super) const LOCAL_MAGIC: &[u8] = b"PK\x03\x04";
/// Begins a data descriptor, if its writer was kind.
pub(super) const DESCRIPTOR_MAGIC: &[u8] = b"PK\x07\x08";
/// Bytes of the longest data descriptor, and the two letters of what follows it.
pub(super) const DESCRIPTOR: usize = 26;

const ENCRYPTED: u16 = 1;
const STREAMED: u16 = 1 << 3;
const IN_EXTRA: u32 = u32::MAX;

/// What a local header states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Local {
    pub(super) method: u16,
    pub(super) encrypted: bool,
    /// A data descriptor follows the data.
    pub(super) streamed: bool,
    pub(super) crc: u32,
    /// Bytes as they lie in the archive, if stated here.
    pub(super) packed: Option<u64>,
    /// Bytes of the member, if stated here.
    pub(super) size: Option<u64>,
    /// Seconds since 1970. Zip states local time without a zone, taken for UTC, unless an extra field knows better.
    pub(super) modified: Option<i64>,
    pub(super) name: u16,
    pub(super) extra: u16,
}

/// Whether the first member of a zip is encrypted.
pub(super) fn is_encrypted(head: &[u8]) -> bool {
    Local::parse(head).is_some_and(|local| local.encrypted)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_le_bytes(*b))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|b| u64::from_le_bytes(*b))
}

impl Local {
    /// Reads the fixed part; `None` if it is not one or makes no sense.
    pub(super) fn parse(bytes: &[u8]) -> Option<Local> {
        if !bytes.starts_with(LOCAL_MAGIC) {
            return None;
        }
        let version = u16_at(bytes, 4)? & 0xff;
        let flags = u16_at(bytes, 6)?;
        let method = u16_at(bytes, 8)?;
        let name = u16_at(bytes, 26)?;
        if version > 100 || method > 100 || name == 0 {
            return None;
        }
        let streamed = flags & STREAMED != 0;
        let stated = |n: u32| (n != IN_EXTRA && !(streamed && n == 0)).then_some(u64::from(n));
        Some(Local {
            method,
            encrypted: flags & ENCRYPTED != 0,
            streamed,
            crc: u32_at(bytes, 14)?,
            packed: stated(u32_at(bytes, 18)?),
            size: stated(u32_at(bytes, 22)?),
            modified: dos_time(u16_at(bytes, 12)?, u16_at(bytes, 10)?),
            name,
            extra: u16_at(bytes, 28)?,
        })
    }

    /// Reads the extra field: Zip64 sizes and the UTC time.
    pub(super) fn take_extra(&mut self, mut extra: &[u8], fixed: &[u8]) {
        while let (Some(id), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
            let end = 4 + usize::from(length);
            let Some(data) = extra.get(4..end) else { return };
            match id {
                0x0001 => {
                    let mut at = 0;
                    let mut next = |in_extra: bool| {
                        let value = in_extra.then(|| u64_at(data, at)).flatten();
                        at += if in_extra { 8 } else { 0 };
                        value.filter(|n| !(self.streamed && *n == 0))
                    };
                    let size = next(u32_at(fixed, 22) == Some(IN_EXTRA));
                    let packed = next(u32_at(fixed, 18) == Some(IN_EXTRA));
                    self.size = size.or(self.size);
                    self.packed = packed.or(self.packed);
                }
                0x5455 if data.first().is_some_and(|flags| flags & 1 != 0) => {
                    let seconds = u32_at(data, 1).map(|s| i64::from(s.cast_signed()));
                    self.modified = seconds.or(self.modified);
                }
                _ => {}
            }
            extra = extra.get(end..).unwrap_or_default();
        }
    }
}

/// Seconds since 1970 of a DOS date and time; `None` for the all-zero date some writers leave.
fn dos_time(date: u16, time: u16) -> Option<i64> {
    let (year, month, day) = (i64::from(date >> 9) + 1980, i64::from(date >> 5 & 15), i64::from(date & 31));
    if !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    // Days since 1970 with years that begin in March, so that a leap day comes last.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    let (hour, minute, second) = (i64::from(time >> 11), i64::from(time >> 5 & 63), i64::from(time & 31) * 2);
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

/// What a data descriptor states, and its length in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub(super) crc: u32,
    pub(super) length: usize,
}

/// Finds which of the four forms of a data descriptor (with and without magic, 32 and 64 bits) the front of `bytes`
/// is, by the sizes it must state.
pub(super) fn descriptor(bytes: &[u8], packed: u64, size: u64) -> Option<Descriptor> {
    let mut best = None;
    for skip in [4, 0] {
        if skip == 4 && !bytes.starts_with(DESCRIPTOR_MAGIC) {
            continue;
        }
        let Some(crc) = u32_at(bytes, skip) else { continue };
        let short =
            u32_at(bytes, skip + 4) == Some(packed as u32) && u32_at(bytes, skip + 8) == Some(size as u32);
        let long = u64_at(bytes, skip + 4) == Some(packed) && u64_at(bytes, skip + 12) == Some(size);
        for (fits, length) in [(short, skip + 12), (long, skip + 20)] {
            if !fits {
                continue;
            }
            let sure = bytes.get(length..length + 2).is_none_or(|next| next == b"PK");
            if sure {
                return Some(Descriptor { crc, length });
            }
            best = best.or(Some(Descriptor { crc, length }));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dos_times() {
        assert_eq!(dos_time(0, 0), None);
        // 2024-02-29 12:34:56
        let (date, time) = ((44 << 9) | (2 << 5) | 29, (12 << 11) | (34 << 5) | 28);
        assert_eq!(dos_time(date, time), Some(1_709_210_096));
        assert_eq!(dos_time((1 << 5) | 1, 0), Some(315_532_800));
    }

    #[test]
    fn descriptors_of_all_forms() {
        let crc = 0xdead_beef_u32;
        for magic in [true, false] {
            for long in [true, false] {
                let mut bytes = if magic { DESCRIPTOR_MAGIC.to_vec() } else { Vec::new() };
                bytes.extend(crc.to_le_bytes());
                for n in [2_u64, 0] {
                    bytes.extend(n.to_le_bytes().iter().take(if long { 8 } else { 4 }));
                }
                let length = bytes.len();
                bytes.extend(b"PK\x03\x04 and more bytes");
                assert_eq!(descriptor(&bytes, 2, 0), Some(Descriptor { crc, length }), "{magic} {long}");
            }
        }
        assert_eq!(descriptor(&[7; 40], 2, 0), None);
    }
}
