//! The sample bundles as they are in the repository, and the promises of the generator.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use scenario::{
    Event, EventKind, Options, Scenario, load_dir, parse, render, render_with, render_with_order,
    render_without,
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-bundles")
}

fn named(name: &str) -> Scenario {
    load_dir(folder()).unwrap().into_iter().find(|s| s.name == name).unwrap()
}

/// Path below the top folder, and content; rotated files are unpacked.
fn members(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(GzDecoder::new(bytes));
    let mut members = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let (_, path) = path.split_once('/').unwrap();
        let path = path.to_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        if path.starts_with("var/run/log/") && path.ends_with(".gz") {
            let packed = std::mem::take(&mut content);
            GzDecoder::new(packed.as_slice()).read_to_end(&mut content).unwrap();
        }
        members.push((path, content));
    }
    members
}

/// All lines of the logs and VM folders, by the start of their path.
fn lines(bytes: &[u8], start: &str) -> Vec<String> {
    let mut lines: Vec<String> = members(bytes)
        .into_iter()
        .filter(|(path, _)| path.starts_with(start) && (path.ends_with(".log") || path.ends_with(".gz")))
        .flat_map(|(_, content)| {
            String::from_utf8_lossy(&content).lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn the_archives_are_the_ones_the_scenarios_give() {
    for scenario in load_dir(folder()).unwrap() {
        for bundle in render(&scenario).unwrap() {
            let stored = std::fs::read(folder().join(&bundle.file_name)).unwrap();
            assert!(stored == bundle.bytes, "{}: run `scenario build sample-bundles`", bundle.file_name);
        }
    }
}

#[test]
fn the_archives_are_small() {
    let mut total = 0;
    for scenario in load_dir(folder()).unwrap() {
        for bundle in render(&scenario).unwrap() {
            assert!(bundle.bytes.len() < 170_000, "{}: {}", bundle.file_name, bundle.bytes.len());
            total += bundle.bytes.len();
        }
    }
    assert!(total < 12_000_000, "{total}");
}

#[test]
fn every_origin_is_there_on_two_generations() {
    let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for scenario in load_dir(folder()).unwrap() {
        let generation = format!("{:?}", scenario.hosts.first().unwrap().generation);
        for expect in &scenario.expect {
            for origin in expect.origin.values() {
                seen.entry(origin.to_owned()).or_default().push(generation.clone());
            }
        }
    }
    for origin in [
        "guest-os",
        "admin-nmi",
        "hypervisor",
        "virtual-device",
        "storage",
        "host-hardware",
        "stun",
        "resource",
        "host-failure",
        "ha-reset",
        "operator",
        "undetermined",
    ] {
        let generations = seen.get(origin).unwrap_or_else(|| panic!("no scenario for {origin}"));
        let mut distinct = generations.clone();
        distinct.sort();
        distinct.dedup();
        assert!(distinct.len() >= 2, "{origin}: only {distinct:?}");
    }
}

#[test]
fn every_vm_has_an_expectation() {
    for scenario in load_dir(folder()).unwrap() {
        for vm in &scenario.vms {
            let told = scenario.expect.iter().any(|e| e.vm == vm.name && e.crashes.is_some());
            assert!(told, "{}: nothing expected of {}", scenario.name, vm.name);
        }
    }
}

#[test]
fn another_order_holds_the_same_members() {
    let scenario = named("guest-0x50-8.0");
    let usual = render(&scenario).unwrap().remove(0);
    let other = render_with_order(&scenario, 7).unwrap().remove(0);
    let (mut a, mut b) = (members(&usual.bytes), members(&other.bytes));
    assert_ne!(a.iter().map(|m| &m.0).collect::<Vec<_>>(), b.iter().map(|m| &m.0).collect::<Vec<_>>());
    for list in [&a, &b] {
        assert_eq!(list.last().unwrap().0, "action.log");
    }
    a.retain(|m| m.0 != "action.log");
    b.retain(|m| m.0 != "action.log");
    a.sort();
    b.sort();
    assert!(a == b);
}

#[test]
fn a_log_can_be_left_out() {
    let scenario = named("guest-0x50-8.0");
    for (log, gone) in [("hostd", "var/run/log/hostd."), ("sel", "commands/localcli_hardware-ipmi-sel-")] {
        let bundle = render_without(&scenario, log).unwrap().remove(0);
        let left: Vec<_> =
            members(&bundle.bytes).into_iter().map(|m| m.0).filter(|p| p.starts_with(gone)).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn added_events_leave_all_other_lines_alone() {
    let scenario = named("guest-0x50-8.0");
    let mut crash = Event::new(1_234.0, EventKind::Bugcheck);
    "DB03".clone_into(&mut crash.vm);
    "0xd1".clone_into(&mut crash.code);
    let mut latency = Event::new(-77.0, EventKind::Latency);
    "gold-lun-07".clone_into(&mut latency.volume);
    let options = Options { extra: vec![crash, latency], ..Options::default() };
    let usual = render(&scenario).unwrap().remove(0);
    let more = render_with(&scenario, &options).unwrap().remove(0);
    for start in ["var/run/log/vmkernel", "var/run/log/vobd", "vmfs/"] {
        let (before, after) = (lines(&usual.bytes, start), lines(&more.bytes, start));
        assert!(after.len() > before.len(), "{start}");
        if start == "var/run/log/vmkernel" {
            let lost: Vec<_> = before.iter().filter(|line| after.binary_search(line).is_err()).collect();
            assert!(lost.is_empty(), "{start}: {lost:?}");
        }
    }
}

#[test]
fn pieces_of_a_command_keep_their_order() {
    let bundle = render(&named("healthy-8.0")).unwrap().remove(0);
    let pieces: Vec<_> = members(&bundle.bytes).into_iter().filter(|m| m.0.contains(".FRAG-")).collect();
    assert_eq!(pieces.len(), 2);
    assert!(pieces[0].0.ends_with("FRAG-00000") && pieces[0].1.len() == 1_048_576);
    assert!(pieces[1].0.ends_with("FRAG-00001") && pieces[1].1.len() < 1_048_576);
}

#[test]
fn mistakes_are_named() {
    let good = "about = 'x'\nbase = '2026-03-14T03:00:00Z'\n[[hosts]]\nname = 'h'\ngeneration = '8.0'\n[[volumes]]\nlabel = 'v'\n[[vms]]\nname = 'A'\n";
    assert!(render(&parse("good", good).unwrap()).is_ok());
    for (change, named) in [
        (good.replace("2026-03-14T03", "2026-03-14 03"), "base"),
        (good.replace("'8.0'", "'4.1'"), "4.1"),
        (format!("{good}volume = 'w'\n"), "vms[0].volume"),
        (format!("{good}on_since = 'yesterday'\n"), "vms[0].on_since"),
        (format!("{good}[[events]]\nat = 0\nkind = 'bugcheck'\nvm = 'B'\ncode = '0x1'\n"), "events[0].vm"),
        (format!("{good}[[events]]\nat = 0\nkind = 'bugcheque'\n"), "bugcheque"),
        (format!("{good}[[events]]\nat = 0\nkind = 'bugcheck'\nvm = 'A'\n"), "code"),
        (format!("{good}[[events]]\nat = 0\nkind = 'raw'\n"), "log"),
        (format!("{good}[[expect]]\nvm = 'C'\n"), "expect[0].vm"),
    ] {
        let error = parse("bad", &change).and_then(|s| render(&s)).err();
        let text = error.unwrap_or_else(|| panic!("no error about {named}")).to_string();
        assert!(text.starts_with("bad: ") && text.contains(named), "{named}: {text}");
    }
}
