//! Bundles that end early or are damaged: always a report, never a crash too many, and none lost that was whole.

use super::support::table::Table;
use super::support::{
    Folder, analyze, archives, crash_millis, crashes, same_crash, scenario_named, try_analyze, verdict_rank,
};
use flate2::read::GzDecoder;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::Read;
use vmcoroner::internals::report::model::{Crash, InputState, Report};

/// Bundles of four generations and both forms of tar.
const SAMPLES: &[&str] =
    &["guest-0x50-8.0", "nmi-manifest-encoded-6.7", "storage-pdl-7.0", "hypervisor-vmx-panic-7.0u3"];

/// A sample bundle and where its members end.
struct Sample {
    name: &'static str,
    bytes: Vec<u8>,
    whole: Report,
    /// Member → bytes of the tar up to its end.
    ends: BTreeMap<String, u64>,
}

impl Sample {
    fn load(name: &'static str) -> Self {
        let path = archives(scenario_named(name)).remove(0);
        let bytes = std::fs::read(&path).unwrap();
        let mut archive = tar::Archive::new(GzDecoder::new(bytes.as_slice()));
        let mut ends = BTreeMap::new();
        for entry in archive.entries().unwrap() {
            let entry = entry.unwrap();
            let member = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            ends.insert(member, entry.raw_file_position() + entry.size());
        }
        Self { name, bytes, whole: analyze(&[path]), ends }
    }

    /// The report of its first bytes.
    fn cut(&self, length: usize) -> Report {
        let folder = Folder::new();
        let path = folder.put("cut.tgz", &self.bytes[..length]);
        try_analyze(&[path], 2).unwrap_or_else(|error| panic!("{} cut at {length}: {error}", self.name))
    }

    /// Bytes of the tar that can be had from so many bytes of the archive.
    fn unpacked(&self, length: usize) -> u64 {
        let mut decoder = GzDecoder::new(&self.bytes[..length]);
        let mut buffer = [0; 4096];
        let mut all = 0;
        while let Ok(read @ 1..) = decoder.read(&mut buffer) {
            all += read as u64;
        }
        all
    }

    /// Whether all evidence of a crash lies before that place of the tar.
    fn is_told_before(&self, crash: &Crash, place: u64) -> bool {
        let end = |member: &str| {
            self.ends.get(member).copied().unwrap_or_else(|| panic!("{}: no member {member}", self.name))
        };
        crash.evidence.iter().all(|evidence| end(&evidence.member) <= place)
    }
}

/// Every twentieth of the length, and shortly before the end.
fn lengths(whole: usize) -> Vec<usize> {
    (1..20).map(|n| whole * n / 20).chain([whole - 400]).collect()
}

#[test]
fn a_cut_behind_the_last_member_loses_nothing() {
    for name in SAMPLES {
        let sample = Sample::load(name);
        // Without the checksum and length that end a gzip stream.
        let report = sample.cut(sample.bytes.len() - 8);
        assert_eq!(report.vms, sample.whole.vms, "{name}");
        assert_eq!(report.hosts, sample.whole.hosts, "{name}");
    }
}

#[test]
fn a_cut_bundle_gives_a_partial_report() {
    let mut misses = Table::new(&["sample", "cut at", "what"]);
    for name in SAMPLES {
        let sample = Sample::load(name);
        for length in lengths(sample.bytes.len()) {
            let report = sample.cut(length);
            let state = report.inputs.first().map(|input| input.state);
            if !matches!(state, Some(InputState::Truncated | InputState::Damaged)) || !report.summary.partial
            {
                let what = format!("input {state:?}, partial {}", report.summary.partial);
                misses.row([(*name).to_owned(), length.to_string(), what]);
            }
            if report.inputs.iter().all(|input| input.notes.is_empty()) {
                misses.row([(*name).to_owned(), length.to_string(), "nothing says that it is cut".into()]);
            }
        }
    }
    misses.assert_empty("cut bundles that are taken for whole ones");
}

#[test]
fn a_cut_loses_no_crash_that_was_told_before_it_and_makes_none_up() {
    let mut misses = Table::new(&["sample", "cut at", "what", "crash"]);
    let mut kept = 0;
    for name in SAMPLES {
        let sample = Sample::load(name);
        for length in lengths(sample.bytes.len()) {
            let (report, place) = (sample.cut(length), sample.unpacked(length));
            let mut miss = |what: &str, crash: &Crash| {
                let told = format!("{} {} {}", crash.id, crash.kind, crash.verdict.origin);
                misses.row([(*name).to_owned(), length.to_string(), what.to_owned(), told]);
            };
            for (vm, crash) in crashes(&report) {
                if !crashes(&sample.whole).any(|whole| same_crash(whole, (vm, crash))) {
                    miss("made up", crash);
                }
            }
            for whole in crashes(&sample.whole).filter(|(_, crash)| sample.is_told_before(crash, place)) {
                kept += 1;
                let near = |crash: &Crash| (crash_millis(crash) - crash_millis(whole.1)).abs() <= 60_000;
                match crashes(&report).find(|(_, crash)| near(crash)) {
                    None => miss("lost", whole.1),
                    Some((_, crash)) if verdict_rank(crash) > verdict_rank(whole.1) => miss("surer", crash),
                    Some(_) => {}
                }
            }
        }
    }
    misses.assert_empty("crashes that a cut loses or makes up");
    assert!(kept >= SAMPLES.len(), "no cut lies behind the evidence");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes_never_stop_the_program(
        which in 0..SAMPLES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let mut bytes = std::fs::read(archives(scenario_named(SAMPLES[which])).remove(0)).unwrap();
        for (place, byte) in changes {
            *place.get_mut(&mut bytes) ^= byte;
        }
        let folder = Folder::new();
        let path = folder.put("changed.tgz", &bytes);
        // An error is an answer too; a panic is none.
        if let Ok(report) = try_analyze(&[path], 2) {
            prop_assert_eq!(report.inputs.len(), 1);
        }
    }
}
