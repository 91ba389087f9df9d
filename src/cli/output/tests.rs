#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use std::fs;
use std::process::Command;

/// Names the case in a test that runs itself again to be killed.
const VICTIM: &str = "VMCORONER_TEST_VICTIM";

fn file(path: &Path) -> Target {
    Target::File(path.to_owned())
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_replaced_whole_or_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.txt");
    text(&file(&path), |out, look| {
        assert_eq!(look.width, None);
        write!(out, "\u{1b}[1mbold\u{1b}[0m")
    })
    .unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "bold");
    // The writer fails behind each byte: less than a buffer, and more.
    for at in [
        0,
        1,
        4,
        OUTPUT_BUFFER_BYTES - 1,
        OUTPUT_BUFFER_BYTES,
        OUTPUT_BUFFER_BYTES + 1,
        3 * OUTPUT_BUFFER_BYTES,
    ] {
        for text_too in [false, true] {
            let body = |out: &mut dyn Write| {
                out.write_all(&vec![b'x'; at])?;
                Err(io::Error::from(io::ErrorKind::StorageFull))
            };
            let failed =
                if text_too { text(&file(&path), |out, _| body(out)) } else { data(&file(&path), body) };
            assert!(failed.is_err());
            assert_eq!(fs::read_to_string(&path).unwrap(), "bold", "{at}");
            assert_eq!(names(dir.path()), ["report.txt"], "{at}");
        }
    }
}

#[test]
fn a_file_that_ends_in_part_and_a_link_in_the_way_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("X");
    fs::write(dir.path().join("X.part"), "mine").unwrap();
    data(&file(&path), |out| out.write_all(b"new")).unwrap();
    assert_eq!(fs::read_to_string(dir.path().join("X.part")).unwrap(), "mine");
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(names(dir.path()), ["X", "X.part"]);
}

#[cfg(unix)]
#[test]
fn the_mode_of_the_target_is_kept_and_a_link_leads_to_its_file() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.json");
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    data(&file(&path), |out| out.write_all(b"1")).unwrap();
    let usual = dir.path().join("usual");
    fs::write(&usual, "").unwrap();
    assert_eq!(mode(), fs::metadata(&usual).unwrap().permissions().mode() & 0o777, "as of any new file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let link = dir.path().join("link");
    symlink("report.json", &link).unwrap();
    data(&file(&link), |out| out.write_all(b"2")).unwrap();
    assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode()), ("2", 0o640));
    assert!(link.is_symlink());
    let dangling = dir.path().join("dangling");
    symlink("made", &dangling).unwrap();
    data(&file(&dangling), |out| out.write_all(b"3")).unwrap();
    assert_eq!(fs::read_to_string(dir.path().join("made")).unwrap(), "3");
    // Nothing of a device is replaced.
    data(&file(Path::new("/dev/null")), |out| out.write_all(b"4")).unwrap();
    assert!(!Path::new("/dev/null").is_file());
}

#[test]
fn what_was_finished_when_a_run_was_stopped_is_kept_beside_an_earlier_report() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.txt");
    data(&file(&path).stopped(), |out| out.write_all(b"half")).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "half", "there is nothing to be kept");
    assert!(data(&file(&path).stopped(), |out| out.write_all(b"less")).is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "half");
    let apart = names(dir.path()).into_iter().find(|name| name != "report.txt").unwrap();
    assert_eq!(fs::read_to_string(dir.path().join(apart)).unwrap(), "less");
}

/// Kills this process as `kill -9` does.
#[cfg(unix)]
fn die() -> ! {
    let own = std::process::id().to_string();
    let _ = Command::new("kill").args(["-9", &own]).status();
    loop {
        std::thread::park();
    }
}

/// Runs one test of this file again in a process of its own, which is killed.
#[cfg(unix)]
fn killed(test: &str, case: &str) {
    use std::os::unix::process::ExitStatusExt as _;
    let test = format!("cli::output::tests::{test}");
    let own = std::env::current_exe().unwrap();
    let output =
        Command::new(own).args(["--exact", &test, "--nocapture"]).env(VICTIM, case).output().unwrap();
    assert_eq!(output.status.signal(), Some(9), "{case}: {}", String::from_utf8_lossy(&output.stdout));
}

#[cfg(unix)]
#[test]
fn killed_at_any_write_an_earlier_file_stays() {
    if let Some(case) = std::env::var_os(VICTIM) {
        let case = case.into_string().unwrap();
        let (at, path) = case.split_once(' ').unwrap();
        let at: usize = at.parse().unwrap();
        let body = |out: &mut dyn Write| {
            for _ in 0..at {
                out.write_all(&[b'x'; OUTPUT_BUFFER_BYTES])?;
            }
            die()
        };
        let _ = data(&file(Path::new(path)), body);
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.json");
    fs::write(&path, "earlier").unwrap();
    for at in 0..4 {
        killed("killed_at_any_write_an_earlier_file_stays", &format!("{at} {}", path.display()));
        assert_eq!(fs::read_to_string(&path).unwrap(), "earlier");
    }
    data(&file(&path), |out| out.write_all(b"new")).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
}
