#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::super::testing::*;
use super::super::*;
use crate::progress::Progress;
use crate::terms::{InputKind, InputState};

fn bundle(name: &str) -> Vec<u8> {
    let top = format!("esx-{name}");
    gz(&tar(&[
        (&format!("{top}/README"), b"x"),
        (&format!("{top}/var/run/log/vmkernel.log"), &lines(40_000)),
        (&format!("{top}/commands/date.txt"), b"date\n"),
    ]))
}

/// Every form, whole.
fn forms() -> Vec<Vec<u8>> {
    let (a, b) = (bundle("a"), bundle("b"));
    vec![
        a.clone(),
        tar(&[("x/a.log", &lines(3000)), ("x/b.log", &lines(70_000))]),
        [a.clone(), b.clone()].concat(),
        tar(&[("a.tgz", &a), ("b.tgz", &b)]),
        gz(&tar(&[("w/a.tgz", &a), ("w/b.tgz", &b)])),
        zip(&[("w/a.tgz", &a, ZipForm::Stored), ("w/b.tgz", &b, ZipForm::DeflatedStreamed)]),
        zip(&[("x\\a.log", &lines(50_000), ZipForm::Deflated), ("x\\b.log", b"", ZipForm::StoredStreamed)]),
        gz(&lines(30_000)),
        lines(20_000),
        gz(&a),
    ]
}

/// Bundles begin and end in pairs, and a member that is read is closed before anything else happens.
fn assert_well_formed(sink: &Recorder) {
    let (mut depth, mut open) = (0_i32, false);
    for (at, event) in sink.events.iter().enumerate() {
        let next_is_descent = matches!(sink.events.get(at + 1), Some(Event::Begins(_)));
        match event {
            Event::Begins(_) => depth += 1,
            Event::Ends => depth -= 1,
            Event::Open(name, ..) => {
                assert!(!open);
                let nested = looks_like_archive(name.as_bytes());
                open = !next_is_descent && !nested;
            }
            Event::Data(_) => assert!(open),
            Event::Close(_) => {
                assert!(open);
                open = false;
            }
            Event::Note(..) => assert!(!open),
        }
        assert!(depth >= 0);
    }
    assert!(depth == 0 && !open, "{:?}", sink.events);
}

#[test]
fn small_reads_change_nothing() {
    for (at, form) in forms().iter().enumerate() {
        let (whole, outcome) = run(form);
        assert_eq!(outcome.state, InputState::Complete, "{at}: {:?}", whole.notes());
        assert_well_formed(&whole);
        for seed in 1..4 {
            let mut sink = Recorder::new(descend_archives);
            let limits = Limits::default();
            let mut trickle = Trickle(form, seed);
            let slow = read_stream(b"case.tgz", &mut trickle, &limits, &mut sink, Meter::SILENT).unwrap();
            assert_eq!(slow, outcome);
            assert!(sink.events == whole.events, "form {at} differs");
        }
    }
}

/// All the bytes that were delivered, with the names before them.
fn delivered(sink: &Recorder) -> Vec<u8> {
    let members = sink.members().into_iter();
    members.flat_map(|(name, data, _)| [name.as_bytes(), b"\n", &data, b"\n"].concat()).collect()
}

fn assert_cut_keeps_prefix(form: &[u8], cut: usize) {
    let whole = delivered(&run(form).0);
    let mut sink = Recorder::new(descend_archives);
    let result = read_stream(b"case.tgz", &mut &form[..cut], &Limits::default(), &mut sink, Meter::SILENT);
    assert_well_formed(&sink);
    let got = delivered(&sink);
    let got = got.strip_suffix(b"\n").unwrap_or(&got);
    assert!(whole.starts_with(got), "cut at {cut}");
    if let Ok(outcome) = result {
        assert_eq!(outcome.members as usize, sink.members().len());
    }
}

#[test]
fn a_cut_anywhere_keeps_what_came_before() {
    for (at, form) in forms().iter().enumerate() {
        // A cut log, and an archive cut within its first header, is another form.
        let first = if matches!(at, 1 | 3) { 512 } else { 30 };
        if at == 8 {
            continue;
        }
        let edges = (first..first + 600).chain(form.len().saturating_sub(600)..form.len());
        let steps = (first..form.len()).step_by(form.len() / 60 + 1);
        for cut in edges.step_by(7).chain(steps).filter(|c| *c < form.len()) {
            assert_cut_keeps_prefix(form, cut);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn wrong_bytes_never_break_the_walk(
        form in 0_usize..10,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in any::<prop::sample::Index>(),
        to_cut in any::<bool>(),
    ) {
        let mut bytes = forms().swap_remove(form);
        for (at, byte) in &flips {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if to_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let mut whole = Recorder::new(descend_archives);
        let limits = Limits { output: 64 << 20, ..Limits::default() };
        let first = read_stream(b"case.tgz", &mut &bytes[..], &limits, &mut whole, Meter::SILENT);
        assert_well_formed(&whole);
        let mut slow = Recorder::new(descend_archives);
        let second = read_stream(b"case.tgz", &mut Trickle(&bytes, 5), &limits, &mut slow, Meter::SILENT);
        prop_assert_eq!(first.is_ok(), second.is_ok());
        prop_assert_eq!(whole.members(), slow.members());
    }
}

proptest! {
    #[test]
    fn headers_that_lie_never_break_the_walk(
        headers in prop::collection::vec((
            prop::sample::select(b"0\x0012345567xgLKSVMDNX".to_vec()),
            prop_oneof![0_u64..2000, 0..100_000_u64, Just(u64::MAX), Just(1 << 40), Just(u64::MAX - 511)],
            0_usize..1500,
            any::<bool>(),
        ), 1..30),
    ) {
        let mut bytes = file_header("esx-a/first", 0, b'0');
        for (n, (kind, size, data, text)) in headers.iter().enumerate() {
            bytes.extend(file_header(&format!("esx-a/{n}"), *size, *kind));
            let filler = if *text { lines(*data) } else { b"9 path=x\n".repeat(*data / 9) };
            bytes.extend(padded(&filler));
        }
        let mut sink = Recorder::new(descend_archives);
        let limits = Limits { header_record: 3000, ..Limits::default() };
        read_stream(b"case", &mut &bytes[..], &limits, &mut sink, Meter::SILENT).unwrap();
        assert_well_formed(&sink);
        let mut slow = Recorder::new(descend_archives);
        read_stream(b"case", &mut Trickle(&bytes, 7), &limits, &mut slow, Meter::SILENT).unwrap();
        prop_assert_eq!(&sink.events, &slow.events);
    }
}

/// A header with any type, and a size that may need base 256.
fn file_header(name: &str, size: u64, kind: u8) -> Vec<u8> {
    tar_header(name, size, tar::EntryType::new(kind))
}

#[test]
fn a_wrapper_is_told_and_names_its_bundles() {
    let wrapper = zip(&[
        ("VMware-vCenter-support/esx01-vm2024-11-03@09-42-00.tgz", &bundle("a"), ZipForm::Stored),
        ("VMware-vCenter-support/esx02-vm2024-11-03@09-42-00.tgz", &bundle("b"), ZipForm::DeflatedStreamed),
    ]);
    let (sink, outcome) = run(&wrapper);
    assert_eq!((outcome.kind, outcome.state), (InputKind::Wrapper, InputState::Complete));
    assert_eq!(outcome.members, 8);
    let begins = sink.events.iter().filter(|e| matches!(e, Event::Begins(_))).count();
    assert_eq!(begins, 3);
}

#[test]
fn a_damaged_bundle_does_not_take_the_next_along() {
    let (mut a, b) = (bundle("a"), bundle("b"));
    let middle = a.len() / 2;
    a[middle..middle + 20].fill(0xff);
    for wrapper in [
        tar(&[("w/a.tgz", &a), ("w/b.tgz", &b)]),
        zip(&[("w/a.tgz", &a, ZipForm::Stored), ("w/b.tgz", &b, ZipForm::Deflated)]),
        zip(&[("w/a.tgz", &a, ZipForm::StoredStreamed), ("w/b.tgz", &b, ZipForm::DeflatedStreamed)]),
    ] {
        let (sink, outcome) = run(&wrapper);
        assert_eq!(outcome.state, InputState::Damaged);
        assert!(sink.names().contains(&"esx-b/commands/date.txt".to_string()), "{:?}", sink.notes());
        assert_eq!(sink.note_kinds(), [NoteKind::Damaged], "{:?}", sink.notes());
    }
    let cut = &bundle("a")[..bundle("a").len() / 2];
    let (sink, outcome) = run(&tar(&[("w/a.tgz", cut), ("w/b.tgz", &b)]));
    assert_eq!(outcome.state, InputState::Truncated);
    assert_eq!(sink.note_kinds(), [NoteKind::Truncated], "{:?}", sink.notes());
    assert_eq!(outcome.members, 2 + 2 + 3);
}

#[test]
fn nesting_has_a_limit() {
    let mut bytes = gz(&tar(&[("x/deep.log", b"1")]));
    for _ in 0..6 {
        bytes = gz(&tar(&[("x/in.tgz", &bytes)]));
    }
    let (sink, outcome) = run(&bytes);
    assert_eq!(sink.note_kinds(), [NoteKind::OverBudget]);
    assert_eq!(outcome.members, 4);
    assert_well_formed(&sink);
}

#[test]
fn a_bomb_ends_at_its_budget() {
    // 64 MiB of zeros, packed twice.
    let zeros = gz(&tar(&[("z/zeros", &vec![0; 64 << 20])]));
    let bomb = gz(&tar(&[("a/bomb.tgz", &zeros), ("a/after.log", b"after")]));
    let limits = Limits { ratio_grace: 1 << 20, ..Limits::default() };
    let (sink, outcome) =
        run_with(&bomb, &limits, |m| if looks_like_archive(m.path) { Open::Descend } else { Open::Skip });
    assert_eq!(sink.note_kinds(), [NoteKind::OverBudget], "{:?}", sink.notes());
    assert!(outcome.bytes < 8 << 20, "{}", outcome.bytes);
    assert_eq!(sink.names().last().map(String::as_str), Some("a/after.log"));

    let limits = Limits { output: 1 << 20, ..Limits::default() };
    let (sink, outcome) = run_with(&zeros, &limits, |_| Open::Skip);
    assert_eq!(sink.note_kinds(), [NoteKind::OverBudget]);
    assert!(outcome.bytes <= 2 << 20);
    assert_eq!(outcome.state, InputState::Truncated);
    assert_eq!(run_with(&zeros, &Limits::default(), |_| Open::Skip).1.state, InputState::Complete);
}

#[test]
fn members_and_their_bytes_have_limits() {
    let bytes = tar(&[("x/a", &lines(900_000)), ("x/b", b"2"), ("x/c", b"3")]);
    let limits = Limits { member_output: 300_000, ..Limits::default() };
    let (sink, outcome) = run_with(&bytes, &limits, read_all);
    assert_eq!(outcome.members, 3);
    assert_eq!(sink.note_kinds(), [NoteKind::OverBudget]);
    let first = &sink.members()[0];
    assert_eq!(first.2, Some(End::OverBudget { read: 300_000 }));
    assert_eq!(first.1, lines(300_000));

    let limits = Limits { members: 2, ..Limits::default() };
    let (sink, outcome) = run_with(&bytes, &limits, read_all);
    assert_eq!((outcome.members, outcome.state), (2, InputState::Truncated));
    assert_eq!(sink.note_kinds(), [NoteKind::OverBudget]);
}

#[test]
fn a_stop_ends_it() {
    let limits = Limits::default();
    limits.stop.set();
    let mut sink = Recorder::new(read_all);
    let outcome = read_stream(b"x", &mut &bundle("a")[..], &limits, &mut sink, Meter::SILENT).unwrap();
    assert!(outcome.stopped);

    // Stopped from inside, as by an interrupt.
    struct Interrupt(Stop, std::sync::atomic::AtomicU64);
    impl Progress for Interrupt {
        fn begin(&self, _: usize, _: &str, _: Option<u64>) {}
        fn end(&self, _: usize) {}
        fn advance(&self, _: usize, bytes: u64) {
            if self.1.fetch_add(bytes, std::sync::atomic::Ordering::Relaxed) + bytes > 300 << 10 {
                self.0.set();
            }
        }
    }
    let limits = Limits::default();
    let interrupt = Interrupt(limits.stop.clone(), Default::default());
    let mut sink = Recorder::new(read_all);
    let bytes = tar(&[("x/a", &lines(5_000_000)), ("x/b", b"2")]);
    let outcome = read_stream(b"x", &mut &bytes[..], &limits, &mut sink, Meter::new(0, &interrupt)).unwrap();
    assert_eq!((outcome.state, outcome.stopped, outcome.members), (InputState::Truncated, true, 1));
    assert!(matches!(sink.members()[0].2, Some(End::Cut { read }) if read > 0));
    assert_well_formed(&sink);
}

#[test]
fn progress_comes_to_the_total() {
    #[derive(Default)]
    struct Sum(std::sync::atomic::AtomicU64);
    impl Progress for Sum {
        fn begin(&self, _: usize, _: &str, _: Option<u64>) {}
        fn end(&self, _: usize) {}
        fn advance(&self, _: usize, bytes: u64) {
            self.0.fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
        }
    }
    for form in forms() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("x"), [form, vec![0; 700_000]].concat()).unwrap();
        let found = discover(&dir.path().join("x")).unwrap();
        let sum = Sum::default();
        read(&found.sources[0], &Limits::default(), &mut Recorder::new(skip_all), Meter::new(0, &sum))
            .unwrap();
        assert_eq!(Some(sum.0.into_inner()), found.sources[0].size());
    }
}

#[test]
fn junk_that_begins_like_gzip_is_junk() {
    let bytes = [bundle("a"), b"\x1f and no more".to_vec()].concat();
    for seed in 0..5 {
        let mut sink = Recorder::new(read_all);
        let mut trickle = Trickle(&bytes, seed);
        let outcome = read_stream(b"x", &mut trickle, &Limits::default(), &mut sink, Meter::SILENT).unwrap();
        assert_eq!(outcome.state, InputState::Complete, "{:?}", sink.notes());
    }
}

#[test]
fn nothing_is_told_of_what_is_nothing() {
    for (bytes, want) in
        [(&b""[..], "no data"), (b"7z\xbc\xaf\x27\x1c", "7-Zip"), (&[0; 600], "unknown kind")]
    {
        let mut sink = Recorder::new(read_all);
        let error =
            read_stream(b"x", &mut { bytes }, &Limits::default(), &mut sink, Meter::SILENT).unwrap_err();
        assert!(error.to_string().contains(want), "{error}");
        assert!(sink.events.is_empty());
    }
    let (sink, outcome) = run(b"\x1f\x8b\x08\0\0\0\0\0\0\x03torn");
    assert_eq!((outcome.state, outcome.members), (InputState::Unreadable, 0), "{:?}", sink.events);
}

#[test]
fn notes_are_bounded() {
    let mut bytes = Vec::new();
    for n in 0..50 {
        bytes.extend(tar_header(&format!("x/{n}"), 0, tar::EntryType::Regular));
        bytes.extend([b'?'; 512]);
    }
    let limits = Limits { notes: 10, ..Limits::default() };
    let (sink, outcome) = run_with(&bytes, &limits, read_all);
    assert_eq!(outcome.members, 50);
    assert_eq!(sink.notes().len(), 11);
    assert!(sink.notes()[10].1.contains("further notes"));
}

#[test]
fn what_fuzzing_found_stays_found() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions/walk");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let limits = Limits { output: 8 << 20, ..Limits::default() };
        let mut whole = Recorder::new(descend_archives);
        let first = read_stream(b"case.tgz", &mut &bytes[..], &limits, &mut whole, Meter::SILENT);
        for seed in 1..5 {
            let mut slow = Recorder::new(descend_archives);
            let mut trickle = Trickle(&bytes, seed);
            let second = read_stream(b"case.tgz", &mut trickle, &limits, &mut slow, Meter::SILENT);
            assert_eq!(first.as_ref().ok(), second.as_ref().ok(), "{}", path.display());
            assert_eq!(whole.notes(), slow.notes(), "{}", path.display());
            assert!(whole.events == slow.events, "{}", path.display());
        }
        assert_well_formed(&whole);
    }
}
