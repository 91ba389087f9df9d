//! The hostile set in small, and streams that come in pieces of any size.

use super::hostile_make::sample;
use super::support::Folder;
use super::support::program::{run_in, run_with_input};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn nothing_in_the_hostile_set_panics_hangs_or_writes() {
    let folder = Folder::new();
    let work = folder.path().join("work");
    std::fs::create_dir_all(&work).unwrap();
    for one in scenario::hostile_set(400).unwrap() {
        let mut bytes = Vec::new();
        one.write(&mut bytes).unwrap();
        let path = folder.put(&format!("in/{}", one.name), bytes);
        let began = Instant::now();
        let ran = run_in(&work, &[path.to_str().unwrap(), "-f", "json"]);
        assert!([0, 3, 4].contains(&ran.status), "{}: {} {}", one.name, ran.status, ran.err);
        assert!(!ran.err.contains("panicked") && !ran.out.contains("internal error"), "{}", one.name);
        assert!(began.elapsed() < Duration::from_secs(10), "{}", one.name);
        if ran.status != 3 {
            assert_eq!(ran.json()["schema"], "vmcoroner.report/1", "{}", one.name);
        }
    }
    assert_eq!(std::fs::read_dir(&work).unwrap().count(), 0, "it wrote a file");
}

#[test]
fn the_pieces_of_a_stream_change_nothing() {
    let bytes = sample();
    let at_once = run_with_input(bytes.clone(), &["-", "-f", "json"]).out;
    for step in [1_usize, 511, 4_097, 70_001] {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin("vmcoroner"))
            .args(["-", "-f", "json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut to = child.stdin.take().unwrap();
        let writer = std::thread::spawn({
            let bytes = bytes.clone();
            // Ever other sizes; single bytes only at the start, where everything is decided.
            move || {
                let mut rest = bytes.as_slice();
                let mut size = step;
                while !rest.is_empty() {
                    let (now, later) = rest.split_at(size.min(rest.len()));
                    to.write_all(now).unwrap();
                    to.flush().unwrap();
                    rest = later;
                    size = (size * 7 + 13) % 90_000 + 1;
                }
            }
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), at_once, "pieces from {step} bytes on");
    }
}
