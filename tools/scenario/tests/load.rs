//! The load generator keeps its promises at a small size.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use flate2::read::GzDecoder;
use scenario::{Load, write_load};

#[test]
fn a_load_has_its_size_and_is_the_same_every_time() {
    let load = Load { size: 24 << 20, vms: 6, crashes: 2, seed: 7 };
    let (mut one, mut two) = (Vec::new(), Vec::new());
    let summary = write_load(&load, &mut one).unwrap();
    write_load(&load, &mut two).unwrap();
    assert!(one == two);

    let near = summary.unpacked as f64 / load.size as f64;
    assert!((0.8..1.3).contains(&near), "{near}");
    let logs = summary.logs as f64 / summary.unpacked as f64;
    assert!((0.35..0.7).contains(&logs), "{logs}");
    let ratio = summary.unpacked as f64 / one.len() as f64;
    assert!((2.5..6.0).contains(&ratio), "{ratio}");

    let mut names = BTreeSet::new();
    let mut archive = tar::Archive::new(GzDecoder::new(one.as_slice()));
    let mut crashes = 0;
    let mut last = String::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        assert!(names.insert(path.clone()), "{path} twice");
        if path.contains("/vmware") && path.ends_with(".log") {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            crashes += text.matches("MSR[0x40000100]").count();
        }
        last = path;
    }
    assert_eq!(crashes, 2);
    assert!(last.ends_with("/action.log"));
    assert_eq!(u64::try_from(names.len()).unwrap(), summary.members);
}
