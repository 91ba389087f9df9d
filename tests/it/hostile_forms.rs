//! Every form in which a bundle comes gives the verdict of the bundle itself: the rows of `docs/inputs.md`.

use super::hostile_make::{gunzip, gzip, members, other, packed, sample, tar_of, zip_of};
use super::support::program::{run, run_in, run_with_input};
use super::support::{Folder, analyze, crashes};
use std::path::PathBuf;
use vmcoroner::internals::report::model::{InputState, Report};

/// Crashes with their verdicts.
fn told(report: &Report) -> Vec<String> {
    crashes(report)
        .map(|(_, crash)| format!("{} {} {}", crash.id, crash.verdict.origin, crash.verdict.confidence))
        .collect()
}

fn told_by(bundles: &[Vec<u8>]) -> Vec<String> {
    let folder = Folder::new();
    let paths: Vec<PathBuf> =
        bundles.iter().enumerate().map(|(n, b)| folder.put(&format!("{n}.tgz"), b)).collect();
    let told = told(&analyze(&paths));
    assert!(told.len() >= bundles.len());
    told
}

/// A file of this name and content gives the crashes of the bundle alone, and is complete.
fn same_as_bundle(name: &str, bytes: &[u8]) {
    let folder = Folder::new();
    let report = analyze(&[folder.put(name, bytes)]);
    assert_eq!(told(&report), told_by(&[sample()]), "{name}: {:?}", report.inputs);
    assert_eq!(report.inputs[0].state, InputState::Complete, "{:?}", report.inputs[0].notes);
}

fn same_as_both(path: PathBuf) -> Report {
    let report = analyze(&[path]);
    assert_eq!(told(&report), told_by(&[sample(), other()]), "{:?}", report.inputs);
    report
}

#[test]
fn a_tgz_whatever_its_name() {
    same_as_bundle("bundle.tgz", &sample());
    same_as_bundle("download(1)", &sample());
    same_as_bundle("x.log", &sample());
}

#[test]
fn a_plain_tar() {
    same_as_bundle("bundle.tar", &gunzip(&sample()));
}

#[test]
fn gzip_of_several_members() {
    let tar = gunzip(&sample());
    let parts: Vec<u8> = tar.chunks(70_001).flat_map(gzip).collect();
    same_as_bundle("bundle.tgz", &parts);
    let folder = Folder::new();
    same_as_both(folder.put("two.tgz", [sample(), other()].concat()));
}

#[test]
fn a_zip_of_tgz() {
    let zip = zip_of(&[
        ("VMware-vCenter-support-2026-01-02@03-04-05/a-vm2026-02-01@03-04-05.tgz".into(), sample()),
        ("VMware-vCenter-support-2026-01-02@03-04-05/b-vm2026-02-01@03-04-05.tgz".into(), other()),
    ]);
    let (_folder, path) = Folder::new().put_zip(zip);
    let report = same_as_both(path);
    assert_eq!(report.inputs.len(), 1);
    assert_eq!(report.hosts.len(), 2);
}

#[test]
fn a_cut_zip_is_read_forward() {
    let zip = zip_of(&[("a.tgz".into(), sample()), ("b.tgz".into(), other())]);
    let (_folder, path) = Folder::new().put_zip(zip[..zip.len() - other().len() / 2 - 200].to_vec());
    let report = analyze(&[path]);
    assert_eq!(report.inputs[0].state, InputState::Truncated);
    assert_eq!(report.hosts.len(), 2);
    assert!(told(&report).contains(&told_by(&[sample()])[0]));
}

#[test]
fn a_tar_of_tgz() {
    let (_folder, path) =
        Folder::new().put_zip(tar_of(&[("w/a.tgz".into(), sample()), ("w/b.tgz".into(), other())]));
    same_as_both(path);
}

#[test]
fn a_bundle_as_zip() {
    same_as_bundle("bundle.zip", &zip_of(&members(&sample())));
    let windows: Vec<_> =
        members(&sample()).into_iter().map(|(name, bytes)| (name.replace('/', "\\"), bytes)).collect();
    same_as_bundle("windows.zip", &zip_of(&windows));
}

#[test]
fn an_unpacked_folder() {
    let folder = Folder::new();
    for (name, bytes) in members(&sample()) {
        folder.put(&name, bytes);
    }
    let report = analyze(&[folder.path().to_owned()]);
    assert_eq!(told(&report), told_by(&[sample()]), "{:?}", report.inputs);
}

#[test]
fn joined_and_left_over_fragments() {
    let folder = Folder::new();
    for (name, bytes) in members(&sample()) {
        if name.ends_with("commands/localcli_vm-process-list.txt") {
            folder.put(&format!("{name}.FRAG-00000"), &bytes);
            folder.put(&format!("{name}.FRAG-00001"), b"left over");
        }
        folder.put(&name, bytes);
    }
    let report = analyze(&[folder.path().to_owned()]);
    assert_eq!(told(&report), told_by(&[sample()]));
    assert!(
        report.inputs[0].notes.iter().any(|note| note.contains("left over")),
        "{:?}",
        report.inputs[0].notes
    );
}

#[test]
fn logs_packed_at_rest() {
    let folder = Folder::new();
    let mut ending = 0;
    for (name, bytes) in members(&sample()) {
        let packs = name.ends_with(".log") && name.contains("/var/run/log/");
        if packs {
            // Each compression in turn.
            let all = packed(&bytes);
            let (kind, bytes) = all.get(ending % all.len()).unwrap();
            ending += 1;
            folder.put(&format!("{name}.{kind}"), bytes);
        } else if name.ends_with(".log") {
            folder.put(&format!("{name}.gz"), gzip(&bytes));
        } else {
            folder.put(&name, bytes);
        }
    }
    let report = analyze(&[folder.path().to_owned()]);
    assert_eq!(told(&report), told_by(&[sample()]));
    assert_eq!(report.inputs[0].state, InputState::Complete);
    // One that breaks off is told, and what came before counts.
    let torn = Folder::new();
    torn.put("case/vmkernel.log.bz2", b"BZh91AY&SY");
    let report = analyze(&[torn.path().to_owned()]);
    assert_eq!(report.inputs[0].state, InputState::Truncated);
    assert!(report.inputs[0].notes.iter().any(|note| note.contains("vmkernel.log.bz2")));
}

#[test]
fn other_compressions_than_gzip() {
    let bundle = sample();
    let tar = gunzip(&bundle);
    let folder = Folder::new();
    let whole = told_by(std::slice::from_ref(&bundle));
    let each = packed(&bundle).into_iter().zip(packed(&tar));
    for ((kind, tgz), (_, tar)) in each {
        for (name, bytes) in [(format!("esx.tgz.{kind}"), &tgz), (format!("esx.tar.{kind}"), &tar)] {
            let alone = analyze(&[folder.put(&format!("{kind}/{name}"), bytes)]);
            assert_eq!(told(&alone), whole, "{name}");
            let wrapped =
                folder.put(&format!("{name}.zip"), zip_of(&[(format!("case/{name}"), bytes.clone())]));
            assert_eq!(told(&analyze(&[wrapped])), whole, "{name} in a zip");
        }
        assert_eq!(told(&analyze(&[folder.path().join(kind)])), whole, "{kind} in a folder");
        let (cut, _) = tar.split_at(tar.len() * 4 / 5);
        let ran = run_with_input(cut.to_vec(), &["-", "-f", "json"]);
        assert!(matches!(ran.status, 3 | 4), "{kind}: {}", ran.status);
    }
}

#[test]
fn a_window_above_the_limit_is_not_taken() {
    // A frame of zstd that asks for a window of 2 GiB; a block of xz whose dictionary is above a lowered limit.
    let zstd = b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00".to_vec();
    let [_, (_, xz), ..] = packed(&gunzip(&sample()));
    for (name, bytes, limit, command) in
        [("a.tar.zst", zstd, "window=64M", "zstd -d"), ("a.tar.xz", xz, "window=64K", "xz -d")]
    {
        let folder = Folder::new();
        let path = folder.put(name, bytes);
        let ran = run(&[path.to_str().unwrap(), "--limit", limit]);
        assert_eq!(ran.status, 3);
        assert!(ran.out.contains("window") && ran.out.contains(command), "{}{}", ran.out, ran.err);
    }
}

#[test]
fn the_folder_of_a_collector() {
    let folder = Folder::new();
    for (name, bytes) in members(&sample()) {
        let (_, below) = name.split_once('/').unwrap();
        if below.starts_with("var/") || below.starts_with("vmfs/") {
            folder.put(&format!("uac-esx01-20260102/[root]/{below}"), bytes);
        }
    }
    folder.put("uac-esx01-20260102/uac.log", b"2026-01-02 collected\n");
    let report = analyze(&[folder.path().to_owned()]);
    let ids = |told: Vec<String>| {
        told.iter().map(|one| one.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(told(&report)), ids(told_by(&[sample()])), "{:?}", report.inputs);
}

#[test]
fn a_single_log() {
    let all = members(&sample());
    for (log, crash) in [("vmware.log", true), ("vmkernel.log", false), ("hostd.log", false)] {
        let (_, bytes) = all.iter().find(|(name, _)| name.ends_with(&format!("/{log}"))).unwrap();
        for (name, bytes) in [
            (log.to_owned(), bytes.clone()),
            (format!("{log}.gz"), gzip(bytes)),
            ("case 17.txt".to_owned(), bytes.clone()),
        ] {
            let folder = Folder::new();
            let report = analyze(&[folder.put(&name, &bytes)]);
            assert_eq!(report.summary.crashes > 0, crash, "{name} of {log}");
            assert!(report.hosts.len() + report.vms.len() > 0, "{name} of {log}");
        }
    }
}

#[test]
fn split_parts_as_one_stream() {
    let bytes = sample();
    for pattern in ["bundle.tgz.00", "bundle.tgz.part"] {
        let folder = Folder::new();
        for (n, part) in bytes.chunks(bytes.len() / 3 + 1).enumerate() {
            folder.put(&format!("{pattern}{}", n + 1), part);
        }
        let report = analyze(&[folder.path().join(format!("{pattern}1"))]);
        assert_eq!(told(&report), told_by(&[sample()]));
        let report = analyze(&[folder.path().to_owned()]);
        assert_eq!((report.inputs.len(), told(&report)), (1, told_by(&[sample()])));
        std::fs::remove_file(folder.path().join(format!("{pattern}2"))).unwrap();
        let report = analyze(&[folder.path().join(format!("{pattern}1"))]);
        assert_eq!(report.inputs[0].state, InputState::Truncated);
        assert!(
            report.inputs[0].notes.iter().any(|note| note.contains(&format!("{pattern}2"))),
            "{:?}",
            report.inputs
        );
    }
}

#[test]
fn standard_input() {
    let ran = run_with_input(sample(), &["-", "-f", "json"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(ran.json()["summary"]["crashes"], 1);
}

#[test]
fn a_folder_of_bundles_is_one_report() {
    let folder = Folder::new();
    folder.put("case/a/one.tgz", sample());
    folder.put("case/b/export.zip", zip_of(&[("x/two.tgz".into(), other())]));
    folder.put("case/notes.docx", zip_of(&[("[Content_Types].xml".into(), b"<x/>".to_vec())]));
    let report = same_as_both(folder.path().to_owned());
    assert_eq!(report.inputs.len(), 2);
}

#[test]
fn a_bundle_of_vcenter_is_recognised() {
    let folder = Folder::new();
    let bytes = gzip(&tar_of(&[
        ("vc-vcsa-2026-01-02--03.04-1234/README".into(), b"Command line: vc-support\n".to_vec()),
        (
            "vc-vcsa-2026-01-02--03.04-1234/var/log/vmware/vpxd/vpxd.log".into(),
            b"2026-01-02T03:04:05Z info vpxd\n".to_vec(),
        ),
    ]));
    folder.put("vc.tgz", bytes);
    let ran = run_in(folder.path(), &["vc.tgz", "-f", "json"]);
    assert!(ran.out.contains("support bundle of vCenter Server"), "{}{}", ran.out, ran.err);
}

#[test]
fn the_same_bundle_twice_is_shown_once() {
    let folder = Folder::new();
    folder.put("a.tgz", sample());
    folder.put("b.zip", zip_of(&[("again.tgz".into(), sample())]));
    let report = analyze(&[folder.path().to_owned()]);
    assert_eq!(told(&report), told_by(&[sample()]));
    assert!(report.inputs[1].notes.iter().any(|note| note.contains("shown once")), "{:?}", report.inputs);
}

#[test]
fn nothing_is_written_and_no_name_acts() {
    let folder = Folder::new();
    for one in scenario::hostile_set(1_000).unwrap() {
        if !["names.tgz", "display-names.tgz", "links-and-devices.tgz"].contains(&one.name.as_str()) {
            continue;
        }
        let mut bytes = Vec::new();
        one.write(&mut bytes).unwrap();
        let path = folder.put(&format!("in/{}", one.name), bytes);
        let work = folder.path().join("work");
        std::fs::create_dir_all(&work).unwrap();
        for format in ["text", "json", "jsonl"] {
            let ran = run_in(&work, &[path.to_str().unwrap(), "-f", format]);
            assert_eq!(ran.status, 0, "{}", ran.err);
            let acts = |c: char| c != '\n' && vmcoroner::internals::clean::is_hidden(c);
            assert!(!ran.out.chars().any(acts), "{format}: {}", ran.out);
            assert!(!ran.err.chars().any(acts), "{}", ran.err);
        }
        assert_eq!(std::fs::read_dir(&work).unwrap().count(), 0, "it wrote a file");
    }
}

#[test]
fn limits_can_be_changed_on_the_command_line() {
    let folder = Folder::new();
    folder.put("a.tgz", sample());
    let ran = run_in(folder.path(), &["a.tgz", "-f", "json", "--limit", "members=10"]);
    assert_eq!(ran.status, 4, "{}", ran.out);
    assert!(ran.out.contains("more than 10 members"));
    assert_eq!(run(&["x", "--limit", "member=10"]).status, 2);
}

/// The members of the sample, changed.
fn changed(change: impl Fn(&str, Vec<u8>) -> Vec<(String, Vec<u8>)>) -> Report {
    let all: Vec<_> = members(&sample()).into_iter().flat_map(|(name, bytes)| change(&name, bytes)).collect();
    let (_folder, path) = Folder::new().put_zip(gzip(&tar_of(&all)));
    analyze(&[path])
}

fn notes(report: &Report) -> String {
    report.inputs.iter().flat_map(|input| &input.notes).cloned().collect::<Vec<_>>().join("\n")
}

#[test]
fn fragments_in_any_state() {
    let list = "commands/localcli_vm-process-list.txt";
    let cut = |order: &'static [(u32, usize)]| {
        changed(move |name, bytes| {
            if !name.ends_with(list) {
                return vec![(name.to_owned(), bytes)];
            }
            let pieces: Vec<Vec<u8>> = bytes.chunks(bytes.len() / 3 + 1).map(<[u8]>::to_vec).collect();
            order
                .iter()
                .map(|(number, piece)| (format!("{name}.FRAG-{number:05}"), pieces[*piece].clone()))
                .collect()
        })
    };
    let whole = told_by(&[sample()]);
    let report = cut(&[(2, 2), (0, 0), (1, 1)]);
    assert_eq!((told(&report), notes(&report).contains("fragment")), (whole.clone(), false));
    let report = cut(&[(0, 0), (2, 2)]);
    assert!(notes(&report).contains("fragment 2 follows where 1 was expected"), "{}", notes(&report));
    let report = cut(&[(0, 0), (1, 1), (1, 1), (2, 2)]);
    assert!(told(&report) == whole && notes(&report).contains("there twice"), "{}", notes(&report));
    let report = cut(&[(99_999, 0), (100_000, 1), (100_001, 2)]);
    assert!(notes(&report).contains("fragment 99999 follows where 0 was expected"));
}

#[test]
fn rotations_in_any_state() {
    let report = changed(|name, bytes| {
        if !name.ends_with("var/run/log/hostd.log") {
            return vec![(name.to_owned(), bytes)];
        }
        let at = |n: &str| name.replace("hostd.log", n);
        let packed = gzip(&bytes);
        let half = bytes.len() / 2;
        vec![
            (at("hostd.20.gz"), Vec::new()),
            (at("hostd.21.gz"), bytes.clone()),
            (at("hostd.22.gz"), packed[..packed.len() / 2].to_vec()),
            (at("hostd.23"), bytes.clone()),
            (at("hostd.24.gz"), [gzip(&bytes[..half]), gzip(&bytes[half..])].concat()),
            (at("hostd.log"), bytes),
        ]
    });
    assert_eq!(told(&report).len(), 1, "{}", notes(&report));
    let hostd = report.hosts[0].logs.iter().find(|log| log.log == "hostd").unwrap();
    let own =
        members(&sample()).iter().filter(|(name, _)| name.contains("/var/run/log/hostd.")).count() as u64;
    assert_eq!(hostd.members, own + 5);
    assert!(
        notes(&report).contains("hostd.22.gz") && !notes(&report).contains("hostd.24.gz"),
        "{}",
        notes(&report)
    );
}

#[test]
fn empty_and_binary_members() {
    let report = changed(|name, bytes| match name {
        name if name.ends_with("/vpxa.log") => vec![(name.to_owned(), Vec::new())],
        name if name.ends_with("/vobd.log") => {
            vec![(name.to_owned(), [&[0; 5000][..], &bytes, &[0xff; 5000]].concat())]
        }
        name => vec![(name.to_owned(), bytes), (format!("{name}-flat.vmdk"), vec![0; 1024])],
    });
    assert_eq!(told(&report).len(), 1, "{}", notes(&report));
}

#[test]
fn names_of_every_kind() {
    for name in [
        "web 01 (prod) [x]: $HOME",
        "b\u{fc}ro",
        ".hidden",
        "1.x",
        "a\u{301}\u{4eee}",
        "-rf",
        "%s%n",
        "'; --",
    ] {
        let report = changed(|path, bytes| {
            let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
            if parts.get(1).is_some_and(|part| part == "vmfs") && parts.len() > 5 {
                parts[4] = format!("{} {name}", parts[4]);
            }
            vec![(parts.join("/"), bytes)]
        });
        // What the host's own lists say of the folder still has the old name.
        let mut members =
            crashes(&report).flat_map(|(_, crash)| &crash.evidence).map(|evidence| &evidence.member);
        let shown = vmcoroner::internals::clean::clean(name);
        assert!(members.any(|member| member.contains(&*shown)), "{name}: {}", notes(&report));
    }
}

#[test]
fn the_same_member_twice() {
    let report = changed(|name, bytes| {
        let mut out = vec![(name.to_owned(), bytes.clone())];
        if name.ends_with("uname_-a.txt") {
            out.insert(
                0,
                (
                    name.to_owned(),
                    b"VMkernel wrong.example 6.0.0 #1 SMP Release build-1 x86_64 ESXi\n".to_vec(),
                ),
            );
        } else if name.ends_with("/hostd.log") {
            out.push((name.to_owned(), bytes));
        }
        out
    });
    assert_eq!(told(&report), told_by(&[sample()]), "{}", notes(&report));
    assert!(notes(&report).contains("the last one counts") && notes(&report).contains("both are read"));
}

#[test]
fn lines_of_two_versions_in_one_log() {
    let report = changed(|name, bytes| {
        if !name.ends_with("/vmware.log") {
            return vec![(name.to_owned(), bytes)];
        }
        let old = b"2025-01-01T00:00:00.000Z| vmx| I125: Log for VMware ESX pid=1 version=7.0.3\n\
                    2025-01-01T00:00:01.000Z| vcpu-0| I125: Guest: x\n";
        vec![(name.to_owned(), [&old[..], &bytes].concat())]
    });
    assert!(told(&report).contains(&told_by(&[sample()])[0]), "{:?}", told(&report));
    let log = report.vms.iter().find(|vm| !vm.crashes.is_empty()).unwrap();
    assert!(
        log.logs.understood.unwrap() > 0.99 && log.logs.first.unwrap().to_string().starts_with("2025-01-01")
    );
}

#[test]
fn parts_of_a_bundle() {
    let only = |keep: fn(&str) -> bool| {
        changed(move |name, bytes| if keep(name) { vec![(name.to_owned(), bytes)] } else { Vec::new() })
    };
    let report = only(|name| name.contains("/commands/"));
    assert_eq!((report.hosts.len(), report.summary.crashes), (1, 0), "{}", notes(&report));
    let report = only(|name| name.contains("/vmfs/"));
    assert_eq!(report.summary.crashes, 1);
    let report = only(|name| name.contains("/var/"));
    assert_eq!(report.hosts.len(), 1);
}

#[test]
fn secrets_are_not_echoed() {
    let report = changed(|name, bytes| {
        let top = name.split('/').next().unwrap();
        let mut out = vec![(name.to_owned(), bytes)];
        if name.ends_with("/README") {
            for file in [
                "etc/vmware/esx.conf",
                "etc/vmware/vpxa/vpxa.cfg",
                "etc/likewise/x.conf",
                "bootbank/local.tgz",
            ] {
                out.push((format!("{top}/{file}"), b"/adv/Net/password = \"hunter2-secret\"\n".to_vec()));
            }
        }
        out
    });
    assert!(!super::support::json_text(&report).contains("hunter2"));
}

/// Helpers of this file alone.
trait Put {
    fn put_zip(self, bytes: Vec<u8>) -> (Folder, PathBuf);
}

impl Put for Folder {
    fn put_zip(self, bytes: Vec<u8>) -> (Folder, PathBuf) {
        let path = self.put("case", bytes);
        (self, path)
    }
}
