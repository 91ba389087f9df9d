//! What is given is found: logs on standard input, logs under names that say nothing, lists of paths.

use super::hostile_make::{gzip, members, sample, zip_of};
use super::support::program::{Ran, run, run_in, run_with_input};
use super::support::{Folder, analyze};

fn member(ends: &str) -> Vec<u8> {
    members(&sample()).into_iter().find(|(name, _)| name.ends_with(ends)).unwrap().1
}

/// Input kind, name of the first VM and number of crashes of a report.
fn told(ran: &Ran) -> (String, Option<String>, u64) {
    let json = ran.json();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let kind = text(&json["inputs"][0]["kind"]).unwrap();
    (kind, text(&json["vms"][0]["name"]), json["summary"]["crashes"].as_u64().unwrap())
}

#[test]
fn a_single_log_is_read_from_standard_input() {
    let log = member("/vmware.log");
    let expected = ("log".to_owned(), Some("APP01".to_owned()), 1);
    for bytes in [log.clone(), gzip(&log)] {
        let ran = run_with_input(bytes, &["-", "-f", "json"]);
        assert_eq!((ran.status, told(&ran)), (0, expected.clone()));
    }
    let host =
        run_with_input(member("/run/log/vmkernel.log"), &["-", "-f", "json", "--name", "of-esx11.txt"]);
    let json = host.json();
    assert_eq!(json["inputs"][0]["path"], "of-esx11.txt");
    assert_eq!(json["hosts"][0]["logs"][0]["log"], "vmkernel");
    let letter = run_with_input(b"Hello,\nthe server is down.\n".to_vec(), &["-", "-f", "json"]);
    assert_eq!(letter.status, 3, "{}", letter.err);
}

#[test]
fn a_log_is_known_by_its_content_in_a_folder_and_in_an_archive() {
    let folder = Folder::new();
    folder.put("case/vmkernel export.txt", member("/run/log/vmkernel.log"));
    folder.put("case/from the VM", gzip(&member("/vmware.log")));
    folder.put("case/letter.txt", "Hello,\n2026-03-14T03:00:00.000Z cpu1:2)x\nthis is all that we have.\n");
    let report = analyze(&[folder.path().join("case")]);
    let logs = |report: &vmcoroner::internals::report::model::Report| -> Vec<String> {
        report.hosts.iter().flat_map(|host| host.logs.iter().map(|log| log.log.clone())).collect()
    };
    assert_eq!((report.vms.len(), report.summary.crashes), (1, 1));
    assert_eq!(logs(&report), ["vmkernel"]);
    let members: Vec<(String, Vec<u8>)> = ["vmkernel export.txt", "from the VM", "letter.txt"]
        .map(|name| (format!("x/{name}"), std::fs::read(folder.path().join("case").join(name)).unwrap()))
        .into();
    let archive = folder.put("case.zip", zip_of(&members));
    let report = analyze(&[archive]);
    assert_eq!((report.vms.len(), report.summary.crashes), (1, 1));
    assert_eq!(logs(&report), ["vmkernel"]);
}

#[test]
fn a_list_of_paths_is_read_from_a_file_and_from_standard_input() {
    let folder = Folder::new();
    folder.put("a b.tgz", sample());
    let list = folder.put("list.txt", "a b.tgz\r\n");
    let list = list.to_str().unwrap();
    let from_file = run_in(folder.path(), &["--files-from", list, "-f", "json"]);
    let from_input = |bytes: &[u8]| run_with_input(bytes.to_vec(), &["--files-from", "-", "-f", "json"]);
    let absolute = folder.path().join("a b.tgz");
    let absolute = absolute.to_str().unwrap();
    for ran in [from_file, from_input(absolute.as_bytes()), from_input(format!("{absolute}\0").as_bytes())] {
        assert_eq!((ran.status, told(&ran).2), (0, 1), "{}", ran.err);
    }
    assert_eq!(from_input(b"").status, 2);
    assert_eq!(run_with_input(Vec::new(), &["-", "--files-from", "-"]).status, 2);
    assert_eq!(run(&["--files-from", "/no/such/list"]).status, 3);
}

/// Path, role and kind of each file, with what is said of it.
fn files(ran: &Ran) -> Vec<[String; 3]> {
    let json = ran.json();
    let text = |file: &serde_json::Value, name: &str| file[name].as_str().unwrap().to_owned();
    let files = json["files"].as_array().unwrap();
    files.iter().map(|file| ["path", "role", "kind"].map(|name| text(file, name))).collect()
}

#[test]
fn every_file_of_a_case_folder_is_listed() {
    let folder = Folder::new();
    let docx = zip_of(&[("[Content_Types].xml".to_owned(), b"<x/>".to_vec())]);
    let mut secret = zip_of(&[("esx/var/run/log/vmkernel.log".to_owned(), b"x".to_vec())]);
    secret[6] |= 1;
    for (name, bytes) in [
        ("a.tgz", sample()),
        ("b/logs.7z", b"7z\xbc\xaf\x27\x1c\0\x04".to_vec()),
        ("b/logs.rar", b"Rar!\x1a\x07\0".to_vec()),
        ("empty.tgz", Vec::new()),
        ("letter.docx", docx),
        ("login.tgz", b"<!DOCTYPE html><html><body>Sign in</body></html>".to_vec()),
        ("picture.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec()),
        ("secret.zip", secret),
        ("stub.tgz", b"\x1f\x8b\x08\0".repeat(750)),
    ] {
        folder.put(&format!("case/{name}"), bytes);
    }
    let case = folder.path().join("case");
    let case = case.to_str().unwrap();
    let ran = run(&[case, "-f", "json"]);
    assert_eq!((ran.status, ran.json()["summary"]["partial"].as_bool()), (4, Some(true)));
    let want = [
        ["a.tgz", "evidence", "vm-support"],
        ["b/logs.7z", "not-read", "archive"],
        ["b/logs.rar", "not-read", "archive"],
        ["empty.tgz", "not-read", "archive"],
        ["letter.docx", "not-needed", "document"],
        ["login.tgz", "not-read", "archive"],
        ["picture.jpg", "not-needed", "picture"],
        ["secret.zip", "not-read", "archive"],
        ["stub.tgz", "not-read", "vm-support"],
    ];
    assert_eq!(files(&ran), want.map(|row| row.map(str::to_owned)));
    let text = run(&[case]).out;
    for said in
        ["9 files: 1 read, 2 not needed, 6 not read.", "! b/logs.7z: it is 7-Zip data", "needed a login"]
    {
        assert!(text.contains(said), "{said}\n{text}");
    }
    assert_eq!(run(&[case, "-f", "jsonl"]).status, 4);
    // A picture beside a bundle is no loss, given or found.
    for name in ["b", "empty.tgz", "login.tgz", "secret.zip", "stub.tgz"] {
        let path = folder.path().join("case").join(name);
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap()
        } else {
            std::fs::remove_file(path).unwrap()
        }
    }
    assert_eq!(run(&[case]).status, 0);
    let (bundle, picture) = (format!("{case}/a.tgz"), format!("{case}/picture.jpg"));
    let ran = run(&[&bundle, &picture, "-f", "json"]);
    assert_eq!((ran.status, files(&ran)[1][1].as_str()), (0, "not-needed"));
    assert_eq!(run(&[&picture]).status, 3);
}

#[test]
fn pasted_and_grepped_lines_are_read_as_the_log_they_come_from() {
    let log = String::from_utf8(member("/vmware.log")).unwrap();
    let quoted = |prefix: &dyn Fn(usize) -> String| -> Vec<u8> {
        let lines = log.lines().enumerate().map(|(at, line)| format!("{}{line}\r\n", prefix(at + 1)));
        lines.collect::<String>().into_bytes()
    };
    let whole = run_with_input(log.clone().into_bytes(), &["-", "-f", "json"]).json();
    let lines_of = |json: &serde_json::Value| json["vms"][0]["crashes"][0]["evidence"][0]["line"].as_u64();
    assert!(lines_of(&whole).is_some());
    let forms: [(&str, Vec<u8>); 5] = [
        ("indented", quoted(&|_| "    ".into())),
        ("quoted", quoted(&|_| "> ".into())),
        ("grep -n", quoted(&|at| format!("{}:", at + 4000))),
        ("grep -H", quoted(&|_| "case/vmware.log:".into())),
        ("a mail of grep -Hn", quoted(&|at| format!("> vmware.log:{at}:"))),
    ];
    for (form, bytes) in forms {
        let ran = run_with_input(bytes.clone(), &["-", "-f", "json"]);
        assert_eq!(told(&ran).2, 1, "{form}: {}", ran.err);
        assert_eq!(lines_of(&ran.json()), lines_of(&whole), "{form}: the line is that of the given file");
        let folder = Folder::new();
        folder.put("case/pasted.txt", &bytes);
        assert_eq!(run(&[folder.path().to_str().unwrap()]).status, 0, "{form} in a folder");
    }
}
