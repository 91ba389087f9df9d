//! Many inputs in one run: order, resuming, failing ones, stopping.

use super::hostile_make::{other, sample};
use super::support::program::{Ran, run_in};
use super::support::{Folder, analyze_with, json_text};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A folder `case` of bundles, one of them cut, one empty, one no bundle.
fn case(folder: &Folder) {
    let cut = sample()[..sample().len() / 2].to_vec();
    for (name, bytes) in [("a.tgz", sample()), ("b.tgz", other()), ("c-cut.tgz", cut), ("e.tgz", other())] {
        folder.put(&format!("case/{name}"), bytes);
    }
}

fn jsonl(folder: &Path, more: &[&str]) -> Ran {
    run_in(folder, &[&["case", "-f", "jsonl", "--jobs", "2"], more].concat())
}

#[test]
fn lines_come_in_the_order_of_the_inputs_with_host_and_input() {
    let folder = Folder::new();
    case(&folder);
    let ran = jsonl(folder.path(), &[]);
    assert_eq!(ran.status, 4, "{}", ran.err);
    let lines: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<&str> = lines.iter().map(|line| line["input"]["id"].as_str().unwrap()).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    assert_eq!(ids, sorted);
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    for line in &lines {
        assert_eq!(line["schema"], "vmcoroner.report/1");
        assert!(line["host"]["name"].is_string() && line["crashes"].is_array(), "{line}");
    }
    assert_eq!(jsonl(folder.path(), &["--jobs=1"]).status, 2, "--jobs is given once");
    let one = run_in(folder.path(), &["case", "-f", "jsonl", "--jobs", "1"]);
    assert_eq!(one.out, ran.out, "the number of jobs changes nothing");
}

#[test]
fn jobs_change_nothing_in_the_one_report() {
    let folder = Folder::new();
    case(&folder);
    let path = [folder.path().join("case")];
    assert_eq!(json_text(&analyze_with(&path, 1)), json_text(&analyze_with(&path, 4)));
}

#[test]
fn an_input_without_vms_and_one_without_anything_have_their_line() {
    let folder = Folder::new();
    folder.put("case/hostd.log", b"2026-01-02T03:04:05.678Z In(166) Hostd[2100000]: x\n");
    folder.put("zero", b"");
    let ran = run_in(folder.path(), &["case", "zero", "-f", "jsonl"]);
    let lines: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{}", ran.out);
    assert!(lines[0]["id"].is_null() && lines[0]["host"].is_object());
    assert!(lines[1]["id"].is_null() && lines[1]["host"].is_null());
    assert_eq!(lines[1]["input"]["state"], "unreadable");
}

#[test]
fn a_run_goes_on_where_it_was_cut_off() {
    let folder = Folder::new();
    case(&folder);
    let whole = jsonl(folder.path(), &[]).out;
    let file = folder.path().join("out.jsonl");
    for cut in [0, 1, whole.len() / 3, whole.len() / 2, whole.len() - 1, whole.len()] {
        std::fs::write(&file, &whole.as_bytes()[..cut]).unwrap();
        let ran = jsonl(folder.path(), &["-o", "out.jsonl", "--resume", "out.jsonl"]);
        assert_eq!((ran.status, ran.out.as_str()), (4, ""), "{}", ran.err);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), whole, "cut at {cut}");
        let ran = jsonl(folder.path(), &["--resume", "out.jsonl"]);
        assert_eq!((ran.status, ran.out.as_str()), (4, whole.as_str()), "{}", ran.err);
    }
}

#[test]
fn what_changed_is_read_again_and_what_is_new_moves_the_rest() {
    let folder = Folder::new();
    case(&folder);
    jsonl(folder.path(), &["-o", "out.jsonl"]);
    folder.put("case/b.tgz", sample());
    folder.put("case/0.tgz", other());
    let whole = jsonl(folder.path(), &[]).out;
    let ran = jsonl(folder.path(), &["-o", "out.jsonl", "--resume", "out.jsonl"]);
    assert_eq!(ran.status, 4, "{}", ran.err);
    assert_eq!(std::fs::read_to_string(folder.path().join("out.jsonl")).unwrap(), whole);
    // Other settings, another report: nothing is taken over.
    let narrow = jsonl(folder.path(), &["--window-before", "1m"]).out;
    assert_eq!(jsonl(folder.path(), &["--window-before", "1m", "--resume", "out.jsonl"]).out, narrow);
}

#[test]
fn resume_skips_what_is_known() {
    let folder = Folder::new();
    case(&folder);
    jsonl(folder.path(), &["-o", "out.jsonl"]);
    // Whoever is not read needs not be readable: same size, time and beginning.
    let path = folder.path().join("case/a.tgz");
    let text = std::fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
    let marked = text.replacen("guest-os", "storage", 1);
    assert_ne!(text, marked);
    std::fs::write(folder.path().join("out.jsonl"), &marked).unwrap();
    assert!(path.exists());
    assert_eq!(jsonl(folder.path(), &["--resume", "out.jsonl"]).out, marked, "the lines were taken over");
}

#[test]
fn resume_is_for_lines_alone() {
    let folder = Folder::new();
    case(&folder);
    let ran = run_in(folder.path(), &["case", "--resume", "x.jsonl"]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("--resume goes with --format jsonl"));
    let ran = run_in(folder.path(), &["case", "-f", "jsonl", "--resume", "."]);
    assert_eq!((ran.status, ran.out.as_str()), (2, ""));
    assert!(ran.err.starts_with("vmcoroner: --resume: cannot read .: "), "{}", ran.err);
}

#[test]
fn several_reports_of_one_run() {
    let folder = Folder::new();
    case(&folder);
    let ran = run_in(folder.path(), &["case", "--report", "json=r.json", "--report", "jsonl=r.jsonl"]);
    assert_eq!(ran.status, 4, "{}", ran.err);
    let alone = run_in(folder.path(), &["case", "-f", "json"]).out;
    assert_eq!(std::fs::read_to_string(folder.path().join("r.json")).unwrap(), alone);
    assert_eq!(
        std::fs::read_to_string(folder.path().join("r.jsonl")).unwrap(),
        jsonl(folder.path(), &[]).out
    );
    assert_eq!(ran.out, run_in(folder.path(), &["case"]).out);
}

/// A pipe nobody writes to on: the run waits for it until it is interrupted.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_130_and_what_is_finished() {
    let folder = Folder::new();
    case(&folder);
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("vmcoroner"))
        .current_dir(folder.path())
        .args(["case", "-", "-f", "jsonl", "--jobs", "1", "-o", "out.jsonl"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let began = Instant::now();
    let lines = || std::fs::read_to_string(folder.path().join("out.jsonl")).unwrap_or_default();
    let whole = jsonl(folder.path(), &[]).out;
    while lines().len() < whole.len() && began.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let interrupt = || Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    interrupt();
    std::thread::sleep(Duration::from_millis(300));
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(lines(), whole, "what was finished is there, and nothing half");
}
