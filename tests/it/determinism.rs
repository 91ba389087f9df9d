//! The same input gives the same report, byte for byte, whatever the threads and the order of the members.

use super::hostile_make::{gzip, members, sample, tar_of};
use super::support::table::Table;
use super::support::{
    Folder, analyze_bundles, analyze_with, archives, json_text, scenarios, without_folders,
};

/// Says where two texts part.
fn difference(a: &str, b: &str) -> Option<String> {
    let mut lines = a.lines().zip(b.lines());
    match lines.find(|(left, right)| left != right) {
        Some((left, right)) => Some(format!("{} <> {}", left.trim(), right.trim())),
        None if a.len() != b.len() => Some(format!("{} bytes <> {} bytes", a.len(), b.len())),
        None => None,
    }
}

#[test]
fn the_number_of_jobs_changes_nothing() {
    let mut misses = Table::new(&["scenario", "jobs", "first difference"]);
    for scenario in scenarios() {
        let paths = archives(scenario);
        let one = json_text(&analyze_with(&paths, 1));
        for jobs in [2, 8] {
            let other = json_text(&analyze_with(&paths, jobs));
            if let Some(difference) = difference(&one, &other) {
                misses.row([scenario.name.clone(), jobs.to_string(), difference]);
            }
        }
    }
    misses.assert_empty("reports that depend on the number of jobs");
}

#[test]
fn the_order_of_the_members_changes_nothing() {
    let mut misses = Table::new(&["scenario", "order", "first difference"]);
    for scenario in scenarios() {
        let usual = json_text(&without_folders(analyze_with(&archives(scenario), 1)));
        for seed in 1..=3 {
            let bundles = scenario::render_with_order(scenario, seed).unwrap();
            let other = json_text(&analyze_bundles(&bundles));
            if let Some(difference) = difference(&usual, &other) {
                misses.row([scenario.name.clone(), seed.to_string(), difference]);
            }
        }
    }
    misses.assert_empty("reports that depend on the order of the members");
}

/// Twenty rotations of logs, each damaged in another place: what is told of them is in the order of the archive,
/// whichever worker is done first.
#[test]
fn damaged_rotations_are_told_in_the_order_of_the_input() {
    let mut members = members(&sample());
    let top = members[0].0.split('/').next().unwrap().to_owned();
    let line =
        "2026-03-14T02:00:00.000Z In(182) vmkernel: cpu1:2097152)a line that says nothing of a crash\n";
    for number in 0..20_usize {
        // Large ones take long, so that those given away later are done before them.
        let mut bytes = gzip(line.repeat(if number % 3 == 0 { 20_000 } else { 50 }).as_bytes());
        let at = bytes.len() / 2 + number;
        if number % 2 == 0 {
            bytes.truncate(at);
        } else {
            bytes[at] ^= 0x55;
        }
        members.push((format!("{top}/var/run/log/vmkernel.{}.gz", 100 + number), bytes));
    }
    let folder = Folder::new();
    let path = [folder.put("damaged.tgz", gzip(&tar_of(&members)))];
    let expected = json_text(&analyze_with(&path, 1));
    let report = analyze_with(&path, 1);
    let named: Vec<&String> =
        report.inputs[0].notes.iter().filter(|note| note.contains("/vmkernel.1")).collect();
    assert_eq!(named.len(), 20, "{named:#?}");
    for (number, note) in named.iter().enumerate() {
        assert!(note.contains(&format!("/vmkernel.{}.gz", 100 + number)), "{named:#?}");
    }
    for run in 0..50 {
        for jobs in [1, 2, 8] {
            let other = json_text(&analyze_with(&path, jobs));
            assert_eq!(difference(&expected, &other), None, "run {run}, {jobs} jobs");
        }
    }
}
