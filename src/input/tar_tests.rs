#![allow(clippy::unwrap_used, clippy::string_slice)]

use tar::EntryType;

use super::super::testing::*;
use super::super::{End, Limits, Meter, NoteKind, read_stream};
use crate::input::tar_member::Top;
use crate::terms::InputState;

const TOP: &str = "esx-a-2024-03-11--09.42-1";

fn sample() -> Vec<u8> {
    let long = format!("{TOP}/vmfs/volumes/u/{}/vmware.log", "vm-".repeat(60));
    let (big, small) = (lines(300_000), lines(1000));
    tar(&[
        (&format!("{TOP}/README"), b"Command line: vm-support\n"),
        (&format!("{TOP}/var/run/log/vmkernel.log"), &big),
        (&format!("{TOP}/var/run/log/empty.log"), b""),
        (&long, &small),
        (&format!("{TOP}/action.log"), &small),
    ])
}

/// A pax record with these `key=value` pairs.
fn pax(pairs: &[(&str, &[u8])]) -> Vec<u8> {
    let mut data = Vec::new();
    for (key, value) in pairs {
        let rest = 3 + key.len() + value.len();
        let mut length = rest + 1;
        while length != rest + length.to_string().len() {
            length = rest + length.to_string().len();
        }
        data.extend(format!("{length} {key}=").bytes().chain(value.iter().copied()).chain([b'\n']));
    }
    [tar_header("././@PaxHeader", data.len() as u64, EntryType::XHeader), padded(&data)].concat()
}

fn file(name: &str, data: &[u8]) -> Vec<u8> {
    [tar_header(name, data.len() as u64, EntryType::Regular), padded(data)].concat()
}

const END: [u8; 1024] = [0; 1024];

#[test]
fn a_tgz_and_a_tar_give_the_same() {
    let tar = sample();
    let (sink, outcome) = run(&gz(&tar));
    assert_eq!(outcome.state, InputState::Complete, "{:?}", sink.notes());
    assert_eq!((outcome.members, outcome.bytes), (5, 25 + 300_000 + 2000));
    assert!(sink.notes().is_empty(), "{:?}", sink.notes());
    let members = sink.members();
    assert_eq!(members[1].1, lines(300_000));
    assert!(members.iter().all(|m| m.2 == Some(End::Complete)));
    assert!(members[3].0.ends_with("vm-/vmware.log"));
    assert_eq!(run(&tar).0.events, sink.events);
}

#[test]
fn a_cut_tgz_keeps_what_came() {
    let whole = gz(&sample());
    let (sink, outcome) = run(&whole[..whole.len() / 2]);
    assert_eq!(outcome.state, InputState::Truncated);
    assert_eq!(sink.note_kinds(), [NoteKind::Truncated]);
    let members = sink.members();
    assert!(matches!(members.last().unwrap().2, Some(End::Cut { read }) if read > 0));
    assert!(lines(300_000).starts_with(&members.last().unwrap().1));
    assert!(sink.notes()[0].1.contains("vmkernel.log"), "{:?}", sink.notes());
}

#[test]
fn without_end_blocks_it_is_cut_and_with_them_complete() {
    let whole = sample();
    let data_end = whole.len() - 1024;
    let (sink, outcome) = run(&gz(&whole[..data_end]));
    assert_eq!((outcome.state, outcome.members), (InputState::Truncated, 5));
    assert_eq!(sink.members().last().unwrap().2, Some(End::Complete));
    for end in [data_end + 512, data_end + 700, whole.len()] {
        assert_eq!(run(&whole[..end]).1.state, InputState::Complete, "{end}");
    }
    // The archive is complete; only the trailer of the gzip is gone.
    let gz = gz(&whole);
    let (sink, outcome) = run(&gz[..gz.len() - 5]);
    assert_eq!(outcome.state, InputState::Complete);
    assert_eq!(sink.note_kinds(), [NoteKind::Remark]);
}

#[test]
fn wrong_bytes_lose_no_byte_before_them() {
    let mut whole = gz(&sample());
    let middle = whole.len() / 2;
    for byte in &mut whole[middle..middle + 40] {
        *byte ^= 0x55;
    }
    let (sink, outcome) = run(&whole);
    assert_eq!(outcome.state, InputState::Damaged);
    assert_eq!(sink.note_kinds(), [NoteKind::Damaged]);
    let members = sink.members();
    assert!(members.last().unwrap().1.len() > 50_000);
    // A wrong checksum alone comes to light after everything was read.
    let mut whole = gz(&sample());
    let crc = whole.len() - 8;
    whole[crc] ^= 1;
    let (sink, outcome) = run(&whole);
    assert_eq!((outcome.state, outcome.members), (InputState::Damaged, 5), "{:?}", sink.notes());
}

#[test]
fn a_shrunk_member_does_not_swallow_the_next() {
    let small = lines(700);
    for lead in [0_usize, 512, 200_192] {
        for with_pax in [false, true] {
            let long = format!("{TOP}/{}", "n".repeat(150));
            let next = match with_pax {
                true => {
                    [pax(&[("mtime", b"1.5"), ("path", long.as_bytes())]), file(&long[..90], &small)].concat()
                }
                false => file(&format!("{TOP}/b.log"), &small),
            };
            let bytes = [
                file(&format!("{TOP}/README"), b"x"),
                tar_header(&format!("{TOP}/shrunk.log"), 10_000_000, EntryType::Regular),
                lines(lead),
                next,
                END.to_vec(),
            ]
            .concat();
            for answer in [read_all, skip_all] {
                let (sink, outcome) = run_with(&gz(&bytes), &Limits::default(), answer);
                assert_eq!(outcome.state, InputState::Damaged);
                assert_eq!(outcome.members, 3, "{lead} {with_pax} {:?}", sink.notes());
                assert_eq!(outcome.bytes, 1 + lead as u64 + 700);
                let third = &sink.names()[2];
                assert_eq!(third, &if with_pax { long.clone() } else { format!("{TOP}/b.log") });
            }
            let (sink, _) = run_with(&gz(&bytes), &Limits::default(), read_all);
            let members = sink.members();
            assert_eq!(members[1].2, Some(End::Swallowed { read: lead as u64 }));
            assert_eq!(members[1].1, lines(lead));
            assert_eq!((&members[2].1, members[2].2), (&small, Some(End::Complete)));
        }
    }
}

#[test]
fn a_nested_tar_is_data() {
    let nested = tar(&[("etc/a", &lines(5000)), ("etc/b", &lines(90_000))]);
    let bytes = tar(&[(&format!("{TOP}/var/log/dvsData.tar"), &nested), (&format!("{TOP}/README"), b"x")]);
    let (sink, outcome) = run_with(&gz(&bytes), &Limits::default(), read_all);
    assert_eq!((outcome.state, outcome.members), (InputState::Complete, 2), "{:?}", sink.notes());
    assert_eq!(sink.members()[0].1, nested);
}

#[test]
fn after_a_wrong_header_the_next_right_one_is_found() {
    let mut bytes = sample();
    // The size of the first member shrinks: its rest stands where a header is due.
    let fake = tar_header(&format!("{TOP}/README"), 600_000_000, EntryType::Regular);
    let torn = [&lines(2048)[..], &fake[..100], &[7; 412]].concat();
    bytes.splice(1024..1024, torn);
    let (sink, outcome) = run(&gz(&bytes));
    assert_eq!((outcome.state, outcome.members), (InputState::Damaged, 5), "{:?}", sink.notes());
    assert!(sink.notes()[1].1.contains("2560 bytes were passed over"), "{:?}", sink.notes());
    // Nothing to find.
    let bytes = [file(&format!("{TOP}/README"), b"x"), lines(5000)].concat();
    let (sink, outcome) = run(&bytes);
    assert_eq!((outcome.state, outcome.members), (InputState::Damaged, 1), "{:?}", sink.notes());
}

#[test]
fn all_forms_of_names_and_sizes() {
    let mut ustar = tar::Header::new_ustar();
    let deep = format!("{TOP}/{}/{}", "d".repeat(80), "f".repeat(80));
    ustar.set_path(&deep).unwrap();
    ustar.set_size(3);
    ustar.set_entry_type(EntryType::Regular);
    ustar.set_cksum();
    let mut base256 = tar::Header::new_gnu();
    base256.set_path(format!("{TOP}/base256")).unwrap();
    base256.as_old_mut().size = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3];
    base256.set_cksum();
    let long = format!("{TOP}/{}", "L".repeat(300));
    let odd = [TOP.as_bytes(), b"/web 01 (prod)/\xfc\xe4 $x:[...]\xff/.ft-generation"].concat();
    let bytes = [
        [tar_header("pax_global_header", 9, EntryType::XGlobalHeader), padded(b"9 path=x\n")].concat(),
        [ustar.as_bytes().to_vec(), padded(b"one")].concat(),
        [base256.as_bytes().to_vec(), padded(b"two")].concat(),
        [tar_header("././@LongLink", 301, EntryType::GNULongLink), padded(&[b'k'; 301])].concat(),
        [tar_header("././@LongLink", long.len() as u64 + 1, EntryType::GNULongName), padded(long.as_bytes())]
            .concat(),
        file(&long[..100], b"3"),
        pax(&[("path", &odd), ("size", b"4"), ("mtime", b"1700000000.75")]),
        [tar_header(&format!("{TOP}/short"), 0, EntryType::Regular), padded(b"four")].concat(),
        END.to_vec(),
    ]
    .concat();
    let (sink, outcome) = run(&gz(&bytes));
    assert_eq!((outcome.state, outcome.members), (InputState::Complete, 4), "{:?}", sink.notes());
    let odd = String::from_utf8_lossy(&odd).into_owned();
    assert_eq!(sink.names(), [deep, format!("{TOP}/base256"), long, odd.clone()]);
    assert_eq!(sink.members()[3].1, b"four");
    assert!(sink.events.contains(&Event::Open(odd, 4, Some(1_700_000_000))));
}

#[test]
fn names_that_lead_away_and_what_is_no_file() {
    let bytes = [
        file("/abs/a", b"1"),
        file("../../etc/passwd", b"2"),
        file("./dot/b", b"3"),
        file("back\\slash", b"4"),
        tar_header("l", 0, EntryType::Symlink),
        tar_header("h", 70_000, EntryType::Link),
        tar_header("c", 0, EntryType::Char),
        tar_header("d/", 0, EntryType::Directory),
        tar_header("old-dir/", 0, EntryType::Regular),
        file("last", b"5"),
        END.to_vec(),
    ]
    .concat();
    let (sink, outcome) = run(&bytes);
    assert_eq!(sink.names(), ["abs/a", "../../etc/passwd", "dot/b", "back/slash", "last"]);
    assert_eq!(outcome.state, InputState::Complete);
    assert_eq!(sink.notes().len(), 1);
    assert!(sink.notes()[0].1.starts_with("2 links and 1 devices"), "{:?}", sink.notes());
}

#[test]
fn what_follows_the_end() {
    let (a, b) = (gz(&tar(&[("esx-a/x", b"1")])), gz(&tar(&[("esx-b/y", b"2")])));
    let (sink, outcome) = run(&[a.clone(), b].concat());
    assert_eq!((outcome.state, outcome.members), (InputState::Complete, 2));
    assert_eq!(sink.note_kinds(), [NoteKind::Remark]);
    for junk in [vec![0_u8; 3000], b"junk at the end".to_vec()] {
        let (sink, outcome) = run(&[a.clone(), junk].concat());
        assert_eq!((outcome.state, outcome.members), (InputState::Complete, 1));
        assert_eq!(sink.note_kinds(), [NoteKind::Remark], "{:?}", sink.notes());
    }
    let (sink, outcome) = run(&[tar(&[("esx-a/x", b"1")]), lines(3000)].concat());
    assert_eq!((outcome.state, outcome.members), (InputState::Complete, 1));
    assert!(sink.notes()[0].1.starts_with("3000 bytes that are no archive"), "{:?}", sink.notes());
}

#[test]
fn header_records_cannot_fill_the_memory() {
    let limits = Limits { header_record: 4096, ..Limits::default() };
    let huge = vec![b'n'; 20_000_000];
    for kind in [EntryType::GNULongName, EntryType::XHeader] {
        let bytes = [
            file(&format!("{TOP}/a"), b"1"),
            tar_header("././@LongLink", huge.len() as u64, kind),
            padded(&huge),
            file(&format!("{TOP}/cut-short"), b"2"),
            file(&format!("{TOP}/b"), b"3"),
            END.to_vec(),
        ]
        .concat();
        let (sink, outcome) = run_with(&gz(&bytes), &limits, read_all);
        assert_eq!(sink.note_kinds(), [NoteKind::OverBudget], "{:?}", sink.notes());
        assert_eq!(outcome.members, 3);
        assert_eq!(sink.names()[1], format!("{TOP}/cut-short"));
    }
    // A record that claims more than there is does not take the members after it along.
    let bytes = [
        file(&format!("{TOP}/a"), b"1"),
        tar_header("././@LongLink", 1 << 40, EntryType::GNULongName),
        file(&format!("{TOP}/b"), b"3"),
        END.to_vec(),
    ]
    .concat();
    let (sink, _) = run_with(&gz(&bytes), &limits, read_all);
    assert_eq!(sink.names(), [format!("{TOP}/a"), format!("{TOP}/b")]);
}

#[test]
fn sparse_members_come_without_holes() {
    let mut head = tar::Header::new_gnu();
    head.set_path(format!("{TOP}/core")).unwrap();
    head.set_size(3);
    head.set_entry_type(EntryType::GNUSparse);
    head.as_gnu_mut().unwrap().isextended = [1];
    head.set_cksum();
    let map = [0; 512];
    let bytes =
        [&head.as_bytes()[..], &map, &padded(b"abc"), &file(&format!("{TOP}/b"), b"2"), &END].concat();
    let (sink, outcome) = run(&bytes);
    assert_eq!((outcome.state, outcome.members), (InputState::Complete, 2), "{:?}", sink.notes());
    assert_eq!(sink.members()[0].1, b"abc");
    assert_eq!(sink.note_kinds(), [NoteKind::Remark]);
}

#[test]
fn one_top_folder_or_none() {
    let mut top = Top::Unknown;
    top.saw(b"a/b");
    top.saw(b"./a/c/d");
    assert_eq!(top, Top::Known(b"a".to_vec()));
    top.saw(b"b/c");
    assert_eq!(top, Top::Mixed);
}

#[test]
fn a_damaged_first_header_does_not_hide_the_archive() {
    let text = lines(20_000);
    let first = format!("{TOP}/commands/first.txt");
    for (data, named) in
        [(vec![0x81_u8; 20_000], "upload"), (text.clone(), "upload"), (vec![0; 90_000], "a.tgz")]
    {
        let mut tar = tar(&[(&first, &data), (&format!("{TOP}/var/run/log/vmkernel.log"), &text)]);
        tar[3] ^= 0x10;
        let packed = gz(&tar);
        let mut sink = Recorder::new(descend_archives);
        let limits = Limits::default();
        let outcome =
            read_stream(named.as_bytes(), &mut packed.as_slice(), &limits, &mut sink, Meter::SILENT).unwrap();
        assert_eq!(sink.names(), [format!("{TOP}/var/run/log/vmkernel.log")], "{named} {:?}", sink.notes());
        assert_eq!(outcome.state, InputState::Damaged);
    }
}
