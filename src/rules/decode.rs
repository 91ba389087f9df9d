//! Numbers of the hardware and of the storage stack turned into words that rules can test.

use super::captures::Captures;
use super::model::Decoder;

/// The captures a decoder adds.
#[must_use]
pub(super) fn produces(decoder: Decoder) -> &'static [&'static str] {
    match decoder {
        Decoder::McaStatus => &["severity", "unit", "channel"],
        Decoder::ScsiStatus => &["meaning", "outcome"],
    }
}

/// Adds what the decoder makes of the captures; adds nothing where they do not suffice.
pub(crate) fn apply(decoder: Decoder, captures: &mut Captures) {
    match decoder {
        Decoder::McaStatus => mca(captures),
        Decoder::ScsiStatus => scsi(captures),
    }
}

/// `status`: the 64-bit word IA32_MCi_STATUS in hex (Intel SDM vol. 3B ch. 16). Printed flags beside it are not
/// trusted: a published line prints UC=1 for a word whose bit 61 is clear.
fn mca(captures: &mut Captures) {
    let Some(status) = captures.get("status").and_then(hex64) else { return };
    let bit = |n: u32| status & (1_u64 << n) != 0;
    // Without bit 63 (VAL) the register holds nothing.
    let severity = match (bit(63), bit(61), bit(57)) {
        (false, ..) => "invalid",
        (true, false, _) => "corrected",
        (true, true, false) => "uncorrected",
        (true, true, true) => "fatal",
    };
    // Bit 12 of the compound code only says that corrected errors are being filtered.
    let code = status & 0xefff;
    let unit = match code {
        0x0080..=0x00ff | 0x0280..=0x02ff => "memory",
        0x0100..=0x01ff => "cache",
        0x0800..=0x0fff => "bus",
        0x0010..=0x001f => "tlb",
        _ => "other",
    };
    captures.set("severity", severity);
    captures.set("unit", unit);
    if unit == "memory" && code & 0xf != 0xf {
        captures.set("channel", (code & 0xf).to_string());
    }
}

/// Host, device and plug-in status with the sense triple, as `H:0x0 D:0x2 P:0x0 Valid sense data: 0x5 0x25 0x0`.
/// The triple counts only where the line says "Valid": the capture `sense` must hold that word.
fn scsi(captures: &mut Captures) {
    let number = |name: &str| captures.get(name).and_then(hex64);
    let (Some(host), Some(device)) = (number("h"), number("d")) else { return };
    let plugin = number("p").unwrap_or(0);
    let valid = captures.get("sense").is_some_and(|word| word.eq_ignore_ascii_case("valid"));
    let sense = match (valid, number("key"), number("asc"), number("ascq")) {
        (true, Some(key), Some(asc), ascq) => Some((key, asc, ascq.unwrap_or(0))),
        _ => None,
    };
    let (meaning, outcome) = meaning(host, device, plugin, sense);
    captures.set("meaning", meaning);
    captures.set("outcome", outcome);
}

fn meaning(
    host: u64,
    device: u64,
    plugin: u64,
    sense: Option<(u64, u64, u64)>,
) -> (&'static str, &'static str) {
    match (host, device, plugin, sense) {
        (_, 0x2, _, Some((0x5, 0x25, _))) => {
            ("logical unit not supported (permanent device loss)", "permanent")
        }
        (_, 0x2, _, Some((0x5, 0x20 | 0x24 | 0x26 | 0x1a, _))) => {
            ("optional command not supported", "benign")
        }
        (_, 0x2, _, Some((0x6, ..))) => ("unit attention, retried", "benign"),
        (_, 0x2, _, Some((0xe, 0x1d, _))) => ("atomic test and set miscompare", "benign"),
        (_, 0x2, _, Some((0x7, 0x27, 0x7))) | (_, _, 0x8, _) => ("no space left in the thin pool", "space"),
        (_, 0x2, _, Some((0x3, ..))) => ("medium error", "medium"),
        (_, 0x2, _, Some((0x4, ..))) => ("hardware error of the device", "failure"),
        (_, 0x2, _, Some((0x2, ..))) => ("device not ready", "failure"),
        (_, 0x2, _, Some((0xb, ..))) => ("command aborted by the target", "failure"),
        (0x1, ..) => ("no connection to the target", "failure"),
        (0x2, ..) => ("bus busy", "transient"),
        (0x3, ..) => ("timed out", "failure"),
        (0x5, ..) => ("aborted", "failure"),
        (0x7, ..) => ("internal error of the host adapter", "failure"),
        (0x8, ..) => ("reset", "failure"),
        (0xb, ..) => ("re-queued by the driver", "transient"),
        (0xc, ..) => ("transient error of the driver", "transient"),
        (0x0, 0x8, ..) => ("device busy", "busy"),
        (0x0, 0x18, ..) => ("reservation conflict", "conflict"),
        (0x0, 0x28, ..) => ("task set full", "busy"),
        (0x0, 0x2, ..) => ("check condition", "other"),
        _ => ("other status", "other"),
    }
}

/// A number in hex with or without `0x`, of up to 64 bits.
fn hex64(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mca_of(status: &str) -> (String, String) {
        let mut captures = Captures::default();
        captures.set("status", status);
        apply(Decoder::McaStatus, &mut captures);
        (captures.get("severity").unwrap_or("-").to_owned(), captures.get("unit").unwrap_or("-").to_owned())
    }

    #[test]
    fn the_status_word_is_believed_and_not_the_flags_printed_beside_it() {
        assert_eq!(mca_of("0x9020000f0120100e").0, "corrected");
        assert_eq!(mca_of("9c00000000000091"), ("corrected".into(), "memory".into()));
        assert_eq!(mca_of("bb80000000000e0b"), ("fatal".into(), "bus".into()));
        assert_eq!(mca_of("bd80000000100134"), ("uncorrected".into(), "cache".into()));
        assert_eq!(mca_of("fe20004000011166"), ("fatal".into(), "cache".into()));
        assert_eq!(mca_of("XXXX"), ("-".into(), "-".into()));
    }

    #[test]
    fn a_sense_triple_counts_only_where_the_line_says_valid() {
        let outcome = |sense: &str, key: &str, asc: &str| {
            let mut captures = Captures::default();
            for (name, value) in
                [("h", "0x0"), ("d", "0x2"), ("p", "0x0"), ("sense", sense), ("key", key), ("asc", asc)]
            {
                captures.set(name, value);
            }
            apply(Decoder::ScsiStatus, &mut captures);
            captures.get("outcome").unwrap_or("-").to_owned()
        };
        assert_eq!(outcome("Valid", "0x5", "0x25"), "permanent");
        assert_eq!(outcome("Possible", "0x5", "0x25"), "other");
        assert_eq!(outcome("Valid", "0x5", "0x20"), "benign");
        assert_eq!(outcome("Invalid", "0x65", "0x6e"), "other");
        assert_eq!(outcome("Valid", "0x3", "0x11"), "medium");
    }
}
