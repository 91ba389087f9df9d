//! The walk over containers: gzip, tar, zip, in each other, cut and lying.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmcoroner::internals::input::{Meter, read_stream};
use vmcoroner_fuzz::{Checked, Trickle, limits};

fuzz_target!(|data: &[u8]| {
    // The first byte may ask for a gzip around the rest, which a fuzzer hardly ever finds by itself.
    let (first, rest) = data.split_first().unwrap_or((&0, &[]));
    let packed;
    let bytes = match first {
        b'G' => {
            use std::io::Write as _;
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            writer.write_all(rest).ok();
            packed = writer.finish().unwrap_or_default();
            &packed
        }
        b'T' => rest,
        _ => data,
    };
    let limits = limits();
    let mut whole = Checked::default();
    let outcome = read_stream(b"case.tgz", &mut &bytes[..], &limits, &mut whole, Meter::SILENT);
    whole.assert_done();
    let mut slow = Checked::default();
    let again = read_stream(b"case.tgz", &mut Trickle(bytes, 1), &limits, &mut slow, Meter::SILENT);
    slow.assert_done();
    assert_eq!(outcome.ok(), again.ok());
    assert_eq!(whole.digest, slow.digest);
    assert!(whole.bytes <= limits.output + (2 << 20));
});
