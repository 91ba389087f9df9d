//! The program over bundles: how it ends, where its output goes, and that it never passes on what a log smuggles in.

use super::support::program::{Ran, run, run_in, run_with_input};
use super::support::{Folder, archives, committed, json, sample_bundles, scenario_named};
use std::path::PathBuf;
use vmcoroner::internals::report::Format;
use vmcoroner::internals::report::model::{Crash, Report};

/// A crash of the guest itself.
const GUEST: &str = "guest-0x50-8.0";
/// A crash by the VM's storage.
const STORAGE: &str = "storage-pdl-7.0";
/// No crash at all.
const HEALTHY: &str = "healthy-8.0";

fn archive(name: &str) -> PathBuf {
    archives(scenario_named(name)).remove(0)
}

fn analyze(name: &str, args: &[&str]) -> Ran {
    let path = archive(name);
    let mut all = vec![path.to_str().unwrap()];
    all.extend(args);
    run(&all)
}

/// The words of an answer that must be in it.
fn assert_tells(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no {word:?} in:\n{text}");
    }
}

#[test]
fn a_bundle_in_full_ends_with_0_and_a_quiet_standard_error() {
    for name in [GUEST, STORAGE, HEALTHY] {
        for format in ["text", "json"] {
            let ran = analyze(name, &["--format", format]);
            assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{name} as {format}");
            assert!(ran.out.ends_with('\n') && !ran.out.contains('\u{1b}'), "{name} as {format}");
        }
    }
}

#[test]
fn the_json_is_the_report_of_the_library() {
    let expected = json(&committed(scenario_named(GUEST)));
    assert_eq!(analyze(GUEST, &["--format", "json"]).json(), expected);
    let path = archive(GUEST);
    let ran = run(&["analyze", path.to_str().unwrap(), "--format", "json", "--jobs", "2"]);
    assert_eq!(ran.json(), expected, "`vmcoroner PATH` is `vmcoroner analyze PATH`");
}

#[test]
fn the_text_names_the_vm_the_bugcheck_and_the_origin() {
    let ran = analyze(GUEST, &[]);
    let report = committed(scenario_named(GUEST));
    let crashed = report.vms.iter().find(|vm| !vm.crashes.is_empty()).unwrap();
    assert_tells(&ran.out, &[crashed.name.as_deref().unwrap(), "0x50", "guest-os", "confirmed"]);
}

#[test]
fn standard_input_is_read_like_a_file() {
    let bytes = std::fs::read(archive(GUEST)).unwrap();
    let ran = run_with_input(bytes, &["-", "--format", "json"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(ran.json()["summary"]["crashes"], 1);
}

#[test]
fn fail_on_ends_with_10_where_an_origin_matches() {
    for (name, list, status) in [
        (GUEST, "any", 10),
        (GUEST, "guest-os", 10),
        (GUEST, "storage,guest-os", 10),
        (GUEST, "infrastructure", 0),
        (GUEST, "undetermined", 0),
        (STORAGE, "infrastructure", 10),
        (STORAGE, "guest-os", 0),
        (HEALTHY, "any", 0),
        ("nmi-manifest-8.0", "infrastructure", 0),
        ("undetermined-no-vmkernel-7.0u3", "undetermined", 10),
    ] {
        let ran = analyze(name, &["--fail-on", list, "--format", "json"]);
        assert_eq!(ran.status, status, "{name} --fail-on {list}: {}", ran.err);
        assert!(ran.json()["summary"].is_object(), "the report comes in any case");
    }
}

#[test]
fn a_cut_bundle_ends_with_4_unless_a_crash_matches() {
    let folder = Folder::new();
    let bytes = std::fs::read(archive(GUEST)).unwrap();
    folder.put("cut.tgz", &bytes[..bytes.len() - 400]);
    let ran = run_in(folder.path(), &["cut.tgz", "--format", "json"]);
    assert_eq!(ran.status, 4, "{}", ran.err);
    assert_eq!(ran.json()["summary"]["partial"], true);
    let ran = run_in(folder.path(), &["cut.tgz", "--fail-on", "any", "--format", "json"]);
    assert_eq!(ran.status, 10, "{}", ran.err);
    let ran = run_in(folder.path(), &["cut.tgz"]);
    assert_eq!(ran.status, 4);
    let text = ran.out.to_lowercase();
    assert!(["truncated", "cut", "partial"].iter().any(|word| text.contains(word)), "{}", ran.out);
}

#[test]
fn one_bad_input_of_several_ends_with_4_and_is_named() {
    let folder = Folder::new();
    folder.put("good.tgz", std::fs::read(archive(GUEST)).unwrap());
    folder.put("bad.tgz", b"");
    let ran = run_in(folder.path(), &["good.tgz", "bad.tgz", "gone.tgz", "--format", "json"]);
    assert_eq!(ran.status, 4, "{}", ran.err);
    let report = ran.json();
    let states: Vec<_> = report["inputs"].as_array().unwrap().iter().map(|input| &input["state"]).collect();
    assert_eq!(states, ["complete", "unreadable", "unreadable"]);
    assert_eq!(report["summary"]["crashes"], 1);
}

#[test]
fn what_is_no_bundle_ends_with_3_and_says_what_it_is() {
    let folder = Folder::new();
    folder.put("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0");
    let ran = run_in(folder.path(), &["picture.png"]);
    assert_eq!((ran.status, ran.out.as_str()), (3, ""));
    assert_tells(&ran.err, &["picture.png", "hint: "]);
    assert_eq!(ran.err.lines().count(), 2, "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_ends_with_3_and_says_so() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let path = folder.put("locked.tgz", std::fs::read(archive(GUEST)).unwrap());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(&path).is_ok() {
        println!("skipped: this user may read everything");
        return;
    }
    let ran = run_in(folder.path(), &["locked.tgz"]);
    assert_eq!((ran.status, ran.out.as_str()), (3, ""));
    assert_tells(&ran.err.to_lowercase(), &["locked.tgz", "permission"]);
}

#[test]
fn an_unknown_format_is_answered_with_those_there_are() {
    let ran = run(&["x.tgz", "--format", "csvv"]);
    assert_eq!((ran.status, ran.out.as_str()), (2, ""));
    let formats: Vec<&str> = Format::ALL.iter().map(|format| format.as_str()).collect();
    assert_tells(&ran.err, &formats);
}

#[test]
fn output_goes_to_the_file_and_nowhere_else() {
    let folder = Folder::new();
    let path = archive(GUEST);
    let ran = run_in(folder.path(), &[path.to_str().unwrap(), "--format", "json", "-o", "report.json"]);
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
    let text = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value, json(&committed(scenario_named(GUEST))));
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["report.json"], "nothing else is left behind");
    let ran = run_in(folder.path(), &[path.to_str().unwrap(), "-o", "no/such/folder/report.json"]);
    assert_ne!(ran.status, 0);
    assert_tells(&ran.err, &["no/such/folder"]);
}

#[test]
fn vm_keeps_those_whose_name_matches() {
    let names = |args: &[&str]| -> Vec<String> {
        let ran = analyze(GUEST, &[args, &["--format", "json"]].concat());
        assert_eq!(ran.status, 0, "{}", ran.err);
        let report = ran.json();
        report["vms"].as_array().unwrap().iter().map(|vm| vm["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = names(&[]);
    assert!(all.len() > 1);
    assert_eq!(names(&["--vm", "*"]), all);
    let one = all[0].to_lowercase();
    assert_eq!(names(&["--vm", &one]), all[..1]);
    assert_eq!(names(&["--vm", "no-such-vm"]), [] as [&str; 0]);
}

#[test]
fn the_windows_side_is_compared() {
    let report = committed(scenario_named(GUEST));
    let crash = report.vms.iter().flat_map(|vm| &vm.crashes).next().unwrap();
    let bugcheck = crash.bugcheck.as_ref().unwrap();
    let args: Vec<String> = bugcheck.args.iter().flatten().cloned().collect();
    let same = format!("{}({})", bugcheck.code, args.join(","));
    for (given, result) in [(same.as_str(), "match"), ("0x80(4f4454,0,0,0)", "mismatch")] {
        let ran = analyze(GUEST, &["--bugcheck", given, "--format", "json"]);
        assert_eq!(ran.status, 0, "{}", ran.err);
        let value = ran.json();
        let crashes =
            value["vms"].as_array().unwrap().iter().flat_map(|vm| vm["crashes"].as_array().unwrap());
        let results: Vec<_> = crashes.map(|crash| &crash["dump_match"]["result"]).collect();
        assert_eq!(results, [result], "{given}");
    }
}

#[test]
fn the_inventory_lists_hosts_vms_and_logs_and_no_verdict() {
    let scenario = scenario_named(GUEST);
    let path = archive(GUEST);
    let ran = run(&["inventory", path.to_str().unwrap()]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_tells(&ran.out, &[&scenario.hosts[0].name, "vmkernel", "hostd"]);
    for vm in &scenario.vms {
        assert_tells(&ran.out, &[&vm.name]);
    }
    assert!(!ran.out.contains("guest-os") && !ran.out.contains("confirmed"), "{}", ran.out);
    assert_eq!(run(&["inventory", path.to_str().unwrap(), "--format", "json"]).status, 0);
}

#[test]
fn a_bugcheck_is_explained() {
    let ran = run(&["explain", "0x80"]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_tells(&ran.out, &["NMI_HARDWARE_FAILURE", "0x80"]);
}

#[test]
fn the_samples_of_the_built_in_rules_hold() {
    let folder = super::support::repository().join("rules");
    let ran = run(&["rules", "test", folder.to_str().unwrap()]);
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn control_bytes_of_a_log_never_reach_the_output() {
    // A VM whose name, folder and guest try to speak to the terminal.
    let evil = "EVIL\u{1b}]0;owned\u{7}\u{1b}[31m\u{9b}2J\u{202e}VM";
    let written = r"EVIL\u001b]0;owned\u0007\u001b[31m\u009b2J\u202eVM";
    let own = scenario_named(GUEST);
    let vm = &own.expect.iter().find(|expect| expect.at.is_some()).unwrap().vm;
    let text = std::fs::read_to_string(sample_bundles().join(format!("{GUEST}.toml"))).unwrap();
    let scenario =
        scenario::parse(GUEST, &text.replace(&format!("\"{vm}\""), &format!("\"{written}\""))).unwrap();
    let mut raw = scenario::Event::new(-2.0, scenario::EventKind::Raw);
    raw.log = "vmware".to_owned();
    raw.vm = evil.to_owned();
    raw.text = format!("{{t}}Guest: {evil} Kernel panic - not syncing: {evil}");
    let options = scenario::Options { extra: vec![raw], ..scenario::Options::default() };
    let bundle = scenario::render_with(&scenario, &options).unwrap().remove(0);
    let folder = Folder::new();
    folder.put("evil\u{1b}[2J.tgz", &bundle.bytes);
    let file = "evil\u{1b}[2J.tgz";
    for args in [
        vec![file],
        vec![file, "--color", "never", "--format", "json"],
        vec!["inventory", file],
        vec!["timeline", file, "--vm", "*"],
    ] {
        let ran = run_in(folder.path(), &args);
        for text in [&ran.out, &ran.err] {
            let bad =
                text.chars().find(|c| (c.is_control() && *c != '\n') || ['\u{9b}', '\u{202e}'].contains(c));
            assert!(bad.is_none(), "{args:?}: {bad:?}");
        }
    }
    let ran = run_in(folder.path(), &[file, "--format", "json"]);
    let report = ran.json();
    let crashed =
        report["vms"].as_array().unwrap().iter().find(|vm| vm["crashes"] != serde_json::json!([])).unwrap();
    assert_tells(crashed["name"].as_str().unwrap(), &["EVIL", "owned", "VM"]);
}

#[test]
fn a_stretch_of_time_can_be_asked_for() {
    let file = "sample-bundles/names-odd-9.0.tgz";
    let read = |args: &[&str]| -> Report {
        let ran = run(&[&[file, "-f", "json"], args].concat());
        assert_eq!(ran.status, 0, "{}", ran.err);
        serde_json::from_str(&ran.out).unwrap()
    };
    let crashes =
        |report: &Report| -> Vec<Crash> { report.vms.iter().flat_map(|vm| &vm.crashes).cloned().collect() };
    let mut all = crashes(&read(&[]));
    all.sort_by_key(|one| one.time);
    assert_eq!(all.len(), 2);
    // A crash is judged as in the whole report, the crash before it included.
    assert_eq!(crashes(&read(&["--since", "2026-09-09T09:20"])), all[1..]);
    assert_eq!(crashes(&read(&["--until", "2026-09-09T09:20Z"])), all[..1]);
    assert_eq!(crashes(&read(&["--since", "2026-09-09T09:39:09Z", "--until", "2026-09-09"])), all[1..]);
    assert_eq!(crashes(&read(&["--since", "2026-09-09T11:00:00+02:00", "--until", "2026-09-09"])).len(), 2);
    let none = read(&["--since", "2026-09-09T09:10", "--until", "2026-09-09T09:39"]);
    assert_eq!(crashes(&none), []);
    assert_eq!(none.settings.since.unwrap().to_string(), "2026-09-09T09:10:00.000Z");

    let text = run(&[file, "--since", "2026-09-09T09:10", "--until", "2026-09-09T09:39"]).out;
    assert!(
        text.contains("Only crashes from 2026-09-09 09:10:00 to 2026-09-09 09:39:00 UTC were requested.")
    );
    assert!(text.contains("✓ No crash was found in that time."), "{text}");
    // Where the logs do not reach, nothing is called healthy.
    for args in [["--since", "2027-01-01"], ["--until", "2020-01-01"]] {
        let text = run(&[&[file][..], &args].concat()).out;
        assert!(text.contains("? No log of a VM reaches that time") && !text.contains('✓'), "{text}");
    }

    let events = |args: &[&str]| -> Vec<String> {
        let ran = run(&[&["timeline", file, "-f", "json"], args].concat());
        let line: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let vms = line["vms"].as_array().unwrap();
        let events = vms.iter().flat_map(|vm| vm["events"].as_array().unwrap());
        events.filter_map(|event| event["time"].as_str().map(str::to_owned)).collect()
    };
    let hour = events(&["--since", "2026-09-09T09:00", "--until", "2026-09-09T09:30"]);
    assert!(!hour.is_empty() && hour.len() < events(&[]).len());
    assert!(
        hour.iter().all(|time| time.as_str() >= "2026-09-09T09:00" && time.as_str() <= "2026-09-09T09:30")
    );

    for args in [["--since", "yesterday"], ["--until", "14.03.2026"]] {
        let ran = run(&[&[file][..], &args].concat());
        assert_eq!(ran.status, 2);
        assert!(ran.err.contains("write a time like 2026-03-14"), "{}", ran.err);
    }
    let ran = run(&[file, "--since", "2026-03-15", "--until", "2026-03-14"]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("is later than --until 2026-03-14T23:59:59.999Z"), "{}", ran.err);
}
