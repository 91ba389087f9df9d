//! The same input gives the same report, byte for byte, whatever the threads and the order of the members.

use super::support::table::Table;
use super::support::{analyze_bundles, analyze_with, archives, json_text, scenarios, without_folders};

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
