//! A bundle that was unpacked and packed again, in whatever form, gives the verdicts of the original, each VM once.

use super::hostile_make::{gzip, zip_of};
use super::support::table::Table;
use super::support::{Folder, analyze, archives, committed, crashes, gather, scenario_named, scenarios};
use scenario::Scenario;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use vmcoroner::internals::report::model::Report;

/// A member of a tar: name, time in seconds since 1970 UTC, bytes; a folder has none.
struct Packed {
    name: String,
    time: u64,
    bytes: Option<Vec<u8>>,
}

/// The members of a bundle, with their times.
fn unpacked(path: &Path) -> Vec<Packed> {
    let bytes = std::fs::read(path).unwrap();
    let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(bytes.as_slice()));
    let entries = archive.entries().unwrap();
    entries
        .map(|entry| {
            let mut entry = entry.unwrap();
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let time = entry.header().mtime().unwrap();
            let is_file = entry.header().entry_type().is_file();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            Packed { name, time, bytes: is_file.then_some(bytes) }
        })
        .collect()
}

/// A `.tgz` of members under other names.
fn packed(members: &[Packed], rename: impl Fn(&str) -> String) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for Packed { name, time, bytes } in members {
        let mut header = tar::Header::new_gnu();
        let data = bytes.as_deref().unwrap_or_default();
        header.set_size(data.len() as u64);
        header.set_mtime(*time);
        header.set_mode(0o644);
        header.set_entry_type(if bytes.is_some() {
            tar::EntryType::Regular
        } else {
            tar::EntryType::Directory
        });
        builder.append_data(&mut header, rename(name), data).unwrap();
    }
    gzip(&builder.into_inner().unwrap())
}

/// The files of members as a zip keeps them.
fn files(members: &[Packed]) -> Vec<(String, Vec<u8>)> {
    let files = members.iter().filter_map(|one| Some((one.name.clone(), one.bytes.clone()?)));
    files.collect()
}

/// A name whose first folder is another.
fn renamed(name: &str) -> String {
    name.split_once('/').map_or_else(|| name.to_owned(), |(_, rest)| format!("from the customer/{rest}"))
}

/// Writes a member as a file with its time.
fn put(folder: &Folder, one: &Packed) {
    let Some(bytes) = &one.bytes else { return };
    let path = folder.put(&format!("case 7/{}", one.name), bytes);
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(one.time);
    std::fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

/// A form into which a bundle is packed again.
struct Form {
    name: &'static str,
    /// Writes the bundle of a member list in this form, and gives the path of it.
    make: fn(&Folder, &Path, &[Packed]) -> PathBuf,
}

/// Forms that keep the times of files, and name the capture as the original does.
const FORMS: &[Form] = &[
    Form {
        name: "a folder deeper",
        make: |folder, _, own| folder.put("case.tgz", packed(own, |name| format!("CASE-7/{name}"))),
    },
    Form {
        name: "three folders deeper",
        make: |folder, _, own| folder.put("case.tgz", packed(own, |name| format!("a/var/log/CASE-7/{name}"))),
    },
    Form {
        name: "./",
        make: |folder, _, own| folder.put("case.tar.gz", packed(own, |name| format!("./{name}"))),
    },
    Form { name: "another top folder", make: |folder, _, own| folder.put("case.tgz", packed(own, renamed)) },
    Form {
        name: "another top folder, deeper",
        make: |folder, _, own| {
            folder.put("case.tgz", packed(own, |name| format!("CASE-7/logs/{}", renamed(name))))
        },
    },
    Form {
        name: "the twins of a Mac",
        make: |folder, _, own| {
            let twin = |one: &Packed| {
                let (above, name) = one.name.trim_end_matches('/').rsplit_once('/')?;
                let name = format!("__MACOSX/{above}/._{name}");
                Some(Packed {
                    name,
                    time: one.time,
                    bytes: Some(b"\0\x05\x16\x07\0\x02\0\0Mac OS X".to_vec()),
                })
            };
            let copy =
                |one: &Packed| Packed { name: one.name.clone(), time: one.time, bytes: one.bytes.clone() };
            let all: Vec<Packed> =
                own.iter().flat_map(|one| twin(one).into_iter().chain([copy(one)])).collect();
            folder.put("Archive.tgz", packed(&all, str::to_owned))
        },
    },
    Form {
        name: "a zip of the .tgz",
        make: |folder, path, _| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            folder.put("case.zip", zip_of(&[(format!("case/{name}"), std::fs::read(path).unwrap())]))
        },
    },
    Form {
        name: "a folder",
        make: |folder, _, own| {
            own.iter().for_each(|one| put(folder, one));
            folder.path().join("case 7")
        },
    },
    Form {
        name: "the .tgz beside its folder",
        make: |folder, path, own| {
            own.iter().for_each(|one| put(folder, one));
            folder.put("case 7/esx.tgz", std::fs::read(path).unwrap());
            folder.path().to_owned()
        },
    },
];

/// What the report says of each crash.
fn told(report: &Report) -> Vec<String> {
    let mut all: Vec<String> = crashes(report)
        .map(|(vm, crash)| {
            let verdict = &crash.verdict;
            format!(
                "{:?} {} {} {} {:?} {:?}",
                vm.name, crash.id, crash.kind, verdict.origin, verdict.confidence, verdict.missing
            )
        })
        .collect();
    all.sort();
    all
}

fn names(report: &Report) -> Vec<Option<&str>> {
    let mut names: Vec<Option<&str>> = report.vms.iter().map(|vm| vm.name.as_deref()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_bundle_that_was_packed_again_gives_the_same_verdicts() {
    let misses = gather(scenarios(), &["scenario", "form", "what", "expected", "got"], |scenario, misses| {
        let [path] = archives(scenario).try_into().unwrap_or([PathBuf::new()]);
        if path.as_os_str().is_empty() {
            return;
        }
        let place = scenarios().iter().position(|own| own.name == scenario.name).unwrap();
        let expected = committed(scenario);
        let members = unpacked(&path);
        // Three forms for each scenario, in turn.
        let forms = FORMS.iter().enumerate().filter(|(nth, _)| (place + nth).is_multiple_of(3));
        for (_, form) in forms {
            let folder = Folder::new();
            let report = analyze(&[(form.make)(&folder, &path, &members)]);
            compare(scenario, form.name, (&expected, &report), misses);
        }
    });
    misses.assert_empty("verdicts that another form of the bundle changes");
}

fn compare(scenario: &Scenario, form: &str, (expected, got): (&Report, &Report), misses: &mut Table) {
    let mut differ = |what: &str, expected: String, got: String| {
        if expected != got {
            misses.row([scenario.name.clone(), form.to_owned(), what.to_owned(), expected, got]);
        }
    };
    differ("VMs", format!("{:?}", names(expected)), format!("{:?}", names(got)));
    differ("crashes", told(expected).join("; "), told(got).join("; "));
    differ("hosts", expected.hosts.len().to_string(), got.hosts.len().to_string());
}

#[test]
fn two_unpacked_bundles_in_one_archive_are_two_hosts() {
    let [first, second] =
        ["guest-0x50-8.0", "storage-apd-own-8.0"].map(|name| archives(scenario_named(name)).remove(0));
    let mut all = files(&unpacked(&first));
    all.extend(files(&unpacked(&second)));
    all.push(("README".to_owned(), b"Logs of the customer".to_vec()));
    all.push(("notes/README".to_owned(), b"See the other folder".to_vec()));
    let folder = Folder::new();
    let both = folder.put("case.zip", zip_of(&all));
    let (got, expected) = (analyze(&[both]), analyze(&[first, second]));
    assert_eq!((got.inputs.len(), got.hosts.len()), (1, 2));
    assert_eq!((names(&got), told(&got)), (names(&expected), told(&expected)));
}
