#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use super::super::testing::*;
use super::super::{Limits, Meter, read};
use super::*;
use crate::terms::{InputKind, InputState};

/// A folder with these files.
fn case(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, data) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, data).unwrap();
    }
    dir
}

fn found(dir: &Path) -> Vec<(String, InputKind)> {
    let found = discover(dir).unwrap();
    found.sources.iter().map(|s| (String::from_utf8_lossy(s.name()).into_owned(), s.kind())).collect()
}

fn bundle(top: &str) -> Vec<u8> {
    gz(&tar(&[(&format!("{top}/README"), b"x"), (&format!("{top}/var/run/log/vmkernel.log"), b"y")]))
}

#[test]
fn a_case_folder_gives_each_input_once() {
    let (a, b) = (bundle("esx-a"), bundle("esx-b"));
    let wrapper = tar(&[("hosts/a.tgz", &a), ("hosts/b.tgz", &b)]);
    let dir = case(&[
        ("01/any-name.bin", &a),
        ("01/notes.md", b"hello"),
        ("02/wrapper.tar", &wrapper),
        ("03/esx-c/commands/x.txt", b"x"),
        ("03/esx-c/README", b"x"),
        ("03/esx-c/commands/y.tgz", &a),
        ("04/vmware.log", b"log"),
        ("04/vm2/vmware-1.log", b"log"),
        ("04/vm2/other.tgz", &b),
        ("05/photo.jpg", &[0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 1, 2, 3]),
    ]);
    let kinds = found(dir.path());
    let want = [
        ("any-name.bin", InputKind::VmSupport),
        ("wrapper.tar", InputKind::Wrapper),
        ("esx-c", InputKind::Extracted),
        ("04", InputKind::Extracted),
        ("other.tgz", InputKind::VmSupport),
    ];
    assert_eq!(kinds, want.map(|(n, k)| (n.to_string(), k)));
    let found = discover(dir.path()).unwrap();
    assert_eq!(found.kind, InputKind::Folder);
    assert!(found.notes.is_empty(), "{:?}", found.notes);
    let files: Vec<(String, FileRole, Option<usize>)> =
        found.files.iter().map(|file| (file.path.display().to_string(), file.role, file.source)).collect();
    use FileRole::{Evidence, NotNeeded};
    let want = [
        ("01/any-name.bin", Evidence, Some(0)),
        ("01/notes.md", NotNeeded, None),
        ("02/wrapper.tar", Evidence, Some(1)),
        ("03/esx-c", Evidence, Some(2)),
        ("04/vm2/other.tgz", Evidence, Some(4)),
        ("04/vm2/vmware-1.log", Evidence, Some(3)),
        ("04/vmware.log", Evidence, Some(3)),
        ("05/photo.jpg", NotNeeded, None),
    ];
    assert_eq!(files, want.map(|(path, role, source)| (path.to_owned(), role, source)));

    let mut sink = Recorder::new(read_all);
    read(&found.sources[3], &Limits::default(), &mut sink, Meter::SILENT).unwrap();
    assert_eq!(sink.names(), ["04/vm2/vmware-1.log", "04/vmware.log"]);
    assert_eq!(found.sources[3].size(), Some(6));
}

#[test]
fn split_files_are_one_stream() {
    let whole = gz(&tar(&[("esx-a/README", b"x"), ("esx-a/a.log", &lines(200_000))]));
    let parts: Vec<&[u8]> = whole.chunks(whole.len() / 3 + 1).collect();
    let dir = case(&[("x.tgz.001", parts[0]), ("x.tgz.002", parts[1]), ("x.tgz.003", parts[2])]);
    for path in [dir.path().to_path_buf(), dir.path().join("x.tgz.001")] {
        let found = discover(&path).unwrap();
        assert_eq!(found.sources.len(), 1);
        assert_eq!(found.sources[0].name(), b"x.tgz");
        assert_eq!(found.sources[0].size(), Some(whole.len() as u64));
        let mut sink = Recorder::new(read_all);
        let outcome = read(&found.sources[0], &Limits::default(), &mut sink, Meter::SILENT).unwrap();
        assert_eq!((outcome.state, outcome.members), (InputState::Complete, 2), "{:?}", sink.notes());
    }
    fs::remove_file(dir.path().join("x.tgz.002")).unwrap();
    let found = discover(&dir.path().join("x.tgz.001")).unwrap();
    let mut sink = Recorder::new(read_all);
    let outcome = read(&found.sources[0], &Limits::default(), &mut sink, Meter::SILENT).unwrap();
    assert_eq!(outcome.state, InputState::Truncated);
    assert!(sink.notes()[0].1.contains("x.tgz.002"));
    assert!(matches!(discover(&dir.path().join("x.tgz.003")), Err(Error::NotABundle { .. })));
}

#[test]
fn single_logs() {
    let dir = case(&[("a.txt", b"2024 line\n"), ("vmkernel.0.gz", &gz(b"2024 line\n"))]);
    for (file, member) in [("a.txt", "a.txt"), ("vmkernel.0.gz", "vmkernel.0")] {
        let found = discover(&dir.path().join(file)).unwrap();
        assert_eq!(found.kind, InputKind::Log);
        let mut sink = Recorder::new(read_all);
        let outcome = read(&found.sources[0], &Limits::default(), &mut sink, Meter::SILENT).unwrap();
        assert_eq!((outcome.kind, outcome.state, outcome.members), (InputKind::Log, InputState::Complete, 1));
        let want = [(member.to_string(), b"2024 line\n".to_vec(), Some(super::super::End::Complete))];
        assert_eq!(sink.members(), want);
    }
}

#[test]
fn what_is_nothing_is_an_error_that_helps() {
    let dir = case(&[
        ("empty", b""),
        ("x.7z", b"7z\xbc\xaf\x27\x1c\0\x04"),
        ("bin", &[0, 1, 2, 3, 0, 0]),
        ("sub/bin", &[0; 9]),
    ]);
    let text = |name: &str| discover(&dir.path().join(name)).unwrap_err().to_string();
    assert!(text("missing").contains("no such file or folder"));
    assert!(text("empty").contains("contains no data"));
    assert!(text("x.7z").contains("7-Zip"));
    assert!(text("bin").contains("binary data of an unknown kind"));
    assert!(text("sub").contains("1 files were looked at"));
    assert!(matches!(discover(&PathBuf::from("-")).unwrap().sources.as_slice(), [s] if s.name() == b"-"));
}

#[test]
fn documents_are_no_bundles() {
    let docx = [
        b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x13\0\0\0".as_slice(),
        b"[Content_Types].xml",
    ]
    .concat();
    let dir = case(&[("report.docx", &docx)]);
    assert!(matches!(discover(dir.path()), Err(Error::NotABundle { hint: None, .. })));
}
