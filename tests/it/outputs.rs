//! Outputs: none destroys an input, another output, or what an earlier run finished, however a run ends.

use super::hostile_make::{other, sample};
use super::support::Folder;
use super::support::program::run_in;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What is in a folder: names and bytes, files for a short time left out.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entry = |path: std::path::PathBuf| {
        (path.strip_prefix(folder).unwrap().display().to_string(), fs::read(&path).unwrap_or_default())
    };
    let mut all: Vec<_> =
        walkdir::WalkDir::new(folder).into_iter().map(|path| entry(path.unwrap().into_path())).collect();
    all.sort();
    all
}

/// Runs that must end as wrong usage and leave everything as it is.
fn assert_refused(folder: &Folder, args: &[&str], words: &str) {
    let before = contents(folder.path());
    let ran = run_in(folder.path(), args);
    assert_eq!((ran.status, ran.out.as_str()), (2, ""), "{args:?}: {}", ran.err);
    assert!(ran.err.contains(words) && ran.err.contains("hint: "), "{args:?}: {}", ran.err);
    assert!(contents(folder.path()) == before, "{args:?} changed a file");
}

fn case() -> Folder {
    let folder = Folder::new();
    folder.put("case.tgz", sample());
    folder.put("case/a.tgz", sample());
    folder.put("case/b.tgz", other());
    folder
}

#[test]
fn an_output_that_is_an_input_is_refused() {
    let folder = case();
    let rule = fs::read("rules/origins/guest.toml").or_else(|_| {
        let any = walkdir::WalkDir::new("rules").into_iter().filter_map(Result::ok);
        fs::read(any.map(|e| e.into_path()).find(|p| p.extension().is_some_and(|x| x == "toml")).unwrap())
    });
    folder.put("own/own.toml", rule.unwrap());
    for format in ["text", "json", "jsonl"] {
        assert_refused(&folder, &["case.tgz", "-f", format, "-o", "case.tgz"], "is an input");
        assert_refused(&folder, &["case.tgz", "-f", format, "-o", "./case/../case.tgz"], "is an input");
        let also = format!("--report={format}=case/a.tgz");
        assert_refused(&folder, &["case", &also], "is an input");
        assert_refused(&folder, &["case/b.tgz", "case/a.tgz", &also], "is an input");
    }
    assert_refused(&folder, &["timeline", "case.tgz", "-o", "case.tgz"], "is an input");
    assert_refused(&folder, &["inventory", "case", "-f", "json", "-o", "case/b.tgz"], "is an input");
    assert_refused(&folder, &["case.tgz", "--rules", "own", "-o", "own/own.toml"], "is a file of rules");
    // A report of an earlier run among the bundles is replaced.
    for _ in 0..2 {
        let ran = run_in(folder.path(), &["case", "-o", "case/report.txt"]);
        assert_eq!(ran.status, 0, "{}", ran.err);
    }
}

#[cfg(unix)]
#[test]
fn an_output_that_is_an_input_under_another_name_is_refused() {
    let folder = case();
    let at = |name: &str| folder.path().join(name);
    fs::hard_link(at("case.tgz"), at("hard")).unwrap();
    std::os::unix::fs::symlink("case.tgz", at("soft")).unwrap();
    std::os::unix::fs::symlink("case", at("folder")).unwrap();
    fs::hard_link(at("case/b.tgz"), at("hard-b")).unwrap();
    for format in ["text", "json", "jsonl"] {
        assert_refused(&folder, &["case.tgz", "-f", format, "-o", "hard"], "is an input");
        assert_refused(&folder, &["case.tgz", "-f", format, "-o", "soft"], "is an input");
        assert_refused(&folder, &["soft", "-f", format, "-o", "case.tgz"], "is an input");
        assert_refused(&folder, &["case", "-f", format, "-o", "folder/a.tgz"], "is an input");
        assert_refused(&folder, &["folder", "-f", format, "-o", "hard-b"], "is an input");
    }
    // By redirection too.
    let status = |script: &str| {
        let program = assert_cmd::cargo::cargo_bin("vmcoroner");
        let mut command = Command::new("sh");
        command.args(["-c", script]).env("P", program).current_dir(folder.path()).stderr(Stdio::null());
        command.status().unwrap().code()
    };
    let before = fs::read(at("case.tgz")).unwrap();
    assert_eq!(status("\"$P\" case.tgz >> case.tgz"), Some(2));
    assert_eq!(status("\"$P\" - -o case.tgz < case.tgz"), Some(2));
    assert!(fs::read(at("case.tgz")).unwrap() == before);
}

#[test]
fn a_part_of_a_split_input_and_a_file_of_an_unpacked_one_are_inputs() {
    let folder = Folder::new();
    let (head, tail) = (&sample()[..1000], &sample()[1000..]);
    folder.put("s.tgz.001", head);
    folder.put("s.tgz.002", tail);
    folder.put("esx/var/run/log/hostd.log", b"2026-01-02T03:04:05.678Z In(166) Hostd[2100000]: x\n");
    folder.put("esx/commands/one.txt", b"1\n");
    assert_refused(&folder, &["s.tgz.001", "-o", "s.tgz.002"], "is an input");
    for file in ["esx/var/run/log/hostd.log", "esx/commands/one.txt"] {
        assert_refused(&folder, &["esx", "-o", file], "is an input");
    }
    for _ in 0..2 {
        let ran = run_in(&folder.path().join("esx"), &[".", "-o", "report.txt"]);
        assert!([0, 3].contains(&ran.status), "{}", ran.err);
    }
}

#[test]
fn two_outputs_never_go_to_one_file() {
    let folder = case();
    folder.put("there", b"old");
    for (main, also) in [("x", "text=x"), ("x", "jsonl=./x"), ("there", "json=case/../there")] {
        assert_refused(&folder, &["case.tgz", "-o", main, "--report", also], "two results");
    }
    assert_refused(
        &folder,
        &["case.tgz", "--report", "json=-"],
        "two results would be written to standard output",
    );
    assert_refused(&folder, &["case.tgz", "-o", "y", "--report=json=x", "--report=jsonl=x"], "two results");
}

#[test]
fn a_dash_is_standard_output() {
    let folder = case();
    let ran = run_in(folder.path(), &["case.tgz", "-o", "r.txt", "--report", "json=-"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(ran.json()["schema"], "vmcoroner.report/1");
    let text = run_in(folder.path(), &["case.tgz", "-o", "-"]).out;
    assert_eq!(text, fs::read_to_string(folder.path().join("r.txt")).unwrap());
    assert!(!folder.path().join("-").exists());
}

#[test]
fn an_output_that_cannot_be_written_is_told_before_the_reading() {
    let folder = case();
    // A pipe that is never written to: reading it would not end.
    for (args, words) in [
        (["-o", "no/such/r.txt"], "there is no folder no/such"),
        (["--report", "jsonl=no/r.jsonl"], "there is no folder no"),
        (["-o", "case"], "is a folder"),
    ] {
        for format in ["text", "json", "jsonl"] {
            let mut child = Command::new(assert_cmd::cargo::cargo_bin("vmcoroner"))
                .current_dir(folder.path())
                .args(["-", "-f", format])
                .args(args)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let stdin = child.stdin.take();
            let output = child.wait_with_output().unwrap();
            drop(stdin);
            let err = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{err}");
            assert!(err.contains(words) && err.contains("hint: "), "{err}");
        }
    }
}

#[test]
fn a_run_that_fails_leaves_the_earlier_file() {
    let folder = case();
    let old = folder.put("old", b"old\n");
    for format in ["text", "json", "jsonl"] {
        let ran = run_in(folder.path(), &["missing.tgz", "-f", format, "-o", "old"]);
        assert_eq!(ran.status, 3, "{}", ran.err);
        assert_eq!(fs::read(&old).unwrap(), b"old\n", "{format}");
    }
    let ran = run_in(folder.path(), &["missing.tgz", "-f", "jsonl", "--resume", "old", "-o", "old"]);
    assert_eq!((ran.status, fs::read(&old).unwrap()), (3, b"old\n".to_vec()), "{}", ran.err);
    let ran = run_in(folder.path(), &["case.tgz", "-f", "jsonl", "-o", "old"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(fs::read(&old).unwrap().starts_with(b"{"));
    let names: Vec<_> = contents(folder.path()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["", "case", "case.tgz", "case/a.tgz", "case/b.tgz", "old"]);
}

#[test]
fn two_runs_on_one_output_both_end_well() {
    let folder = case();
    let expected = run_in(folder.path(), &["case", "-f", "jsonl"]).out;
    let report = run_in(folder.path(), &["case", "-f", "json"]).out;
    for (format, expected) in [("jsonl", expected), ("json", report)] {
        let name = format!("out.{format}");
        for _ in 0..4 {
            let start = || {
                let mut command = Command::new(assert_cmd::cargo::cargo_bin("vmcoroner"));
                command.current_dir(folder.path()).args(["case", "-f", format, "-o", &name]).spawn().unwrap()
            };
            let runs = [start(), start(), start()];
            for mut run in runs {
                assert_eq!(run.wait().unwrap().code(), Some(0));
            }
            assert!(fs::read_to_string(folder.path().join(&name)).unwrap() == expected);
        }
    }
    assert_eq!(contents(folder.path()).len(), 7, "nothing else is left");
}

/// The shell's limit of the size of a file ends a run at any byte: as a kill where the signal is not ignored, as a full
/// disk where it is.
#[cfg(unix)]
fn limited(folder: &Path, blocks: usize, killed: bool, args: &str) -> Option<i32> {
    let trap = if killed { "" } else { "trap '' XFSZ;" };
    let script = format!("{trap} ulimit -c 0; ulimit -f {blocks}; exec \"$P\" {args}");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).env("P", assert_cmd::cargo::cargo_bin("vmcoroner")).current_dir(folder);
    command.stderr(Stdio::null()).stdout(Stdio::null()).status().unwrap().code()
}

#[cfg(unix)]
#[test]
fn a_full_disk_and_a_kill_leave_the_earlier_report() {
    let folder = case();
    for format in ["text", "json", "jsonl"] {
        let fresh = run_in(folder.path(), &["case", "-f", format]).out;
        let mut ended = Vec::new();
        for blocks in [0, 1, 2, 5, 9, 14] {
            for killed in [true, false] {
                let old = folder.put("old", b"old\n");
                let code = limited(folder.path(), blocks, killed, &format!("case -f {format} -o old"));
                let now = fs::read_to_string(&old).unwrap();
                assert!(now == "old\n" || now == fresh, "{format} {blocks} {killed}: {now}");
                assert_eq!(code == Some(0), now == fresh, "{format} {blocks} {killed}");
                ended.push(code);
            }
        }
        assert!(ended.contains(&Some(1)) && ended.contains(&None), "{format}: {ended:?}");
    }
}

/// Inputs a, b and c are done, a has changed, and the run ends at any byte: the lines of b and c stay, and so do those
/// that this run finished.
#[cfg(unix)]
#[test]
fn a_resumed_run_loses_no_line_however_it_ends() {
    let folder = Folder::new();
    for (name, bytes) in [("a", sample()), ("b", other()), ("c", sample()), ("d", other())] {
        folder.put(&format!("case/{name}.tgz"), bytes);
    }
    let out = folder.path().join("out.jsonl");
    let whole = |folder: &Folder| run_in(folder.path(), &["case", "-f", "jsonl", "--jobs", "1"]).out;
    let lines_of = |text: &str, input: &str| -> Vec<String> {
        let named = format!("\"path\":\"case/{input}.tgz\"");
        let own = text.lines().filter(|line| line.contains(&named) && line.ends_with('}'));
        own.map(str::to_owned).collect()
    };
    let earlier = whole(&folder);
    folder.put("case/a.tgz", other());
    let fresh = whole(&folder);
    let args = "case -f jsonl --jobs 1 -o out.jsonl --resume out.jsonl";
    let whole_blocks = (earlier.len() + fresh.len()) / 512 + 2;
    let (mut failed, mut done) = (0, 0);
    for blocks in (0..whole_blocks).step_by(3) {
        for killed in [true, false] {
            fs::write(&out, &earlier).unwrap();
            let code = limited(folder.path(), blocks, killed, args);
            let now = fs::read_to_string(&out).unwrap();
            for input in ["b", "c", "d"] {
                let kept = lines_of(&now, input);
                assert_eq!(kept, lines_of(&earlier, input), "{blocks} {killed} {input}");
            }
            if code == Some(0) {
                done += 1
            } else {
                failed += 1
            }
            // The next run continues and ends as one that was never ended.
            let ran = run_in(folder.path(), &args.split(' ').collect::<Vec<_>>());
            assert_eq!(ran.status, 0, "{}", ran.err);
            assert!(fs::read_to_string(&out).unwrap() == fresh, "{blocks} {killed}");
        }
    }
    assert!(failed > 4 && done > 0, "{failed} {done}");
}

/// A first run that is ended has its finished lines in the output, and the next one takes them over.
#[cfg(unix)]
#[test]
fn a_first_run_that_is_ended_leaves_its_finished_lines() {
    let folder = case();
    let args = "case -f jsonl --jobs 1 -o out.jsonl --resume out.jsonl";
    let fresh = run_in(folder.path(), &["case", "-f", "jsonl", "--jobs", "1"]).out;
    let first =
        fresh.lines().filter(|line| line.contains("case/a.tgz")).map(|line| line.len() + 1).sum::<usize>();
    for killed in [true, false] {
        let _ = fs::remove_file(folder.path().join("out.jsonl"));
        let code = limited(folder.path(), first / 512 + 1, killed, args);
        assert_ne!(code, Some(0));
        let now = fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
        assert!(now.len() >= first && fresh.starts_with(&now), "{killed}");
        assert!(killed || now.len() == first, "a line without its end is cut off");
        assert_eq!(run_in(folder.path(), &args.split(' ').collect::<Vec<_>>()).status, 0);
        assert!(fs::read_to_string(folder.path().join("out.jsonl")).unwrap() == fresh);
    }
}

#[cfg(unix)]
#[test]
fn memory_is_bounded_whatever_is_resumed() {
    let folder = case();
    let ran = run_in(folder.path(), &["case", "-f", "jsonl", "--resume", "/dev/zero"]);
    assert_eq!((ran.status, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("not a regular file"), "{}", ran.err);
    // 400 MiB without the end of a line, behind a line that counts and before one.
    let args = ["case", "-f", "jsonl", "-o", "out.jsonl", "--resume", "out.jsonl"];
    assert_eq!(run_in(folder.path(), &args).status, 0);
    let path = folder.path().join("out.jsonl");
    let fresh = fs::read_to_string(&path).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(400 << 20).unwrap();
    drop(file);
    let script = "ulimit -v 1000000; exec \"$P\" case -f jsonl --jobs 1 -o out.jsonl --resume out.jsonl";
    let mut command = Command::new("sh");
    command.args(["-c", script]).env("P", assert_cmd::cargo::cargo_bin("vmcoroner"));
    assert_eq!(command.current_dir(folder.path()).status().unwrap().code(), Some(0));
    assert!(fs::read_to_string(&path).unwrap() == fresh);
}
