#![allow(clippy::unwrap_used)]

use super::super::testing::ZipForm::*;
use super::super::testing::*;
use super::super::{End, NoteKind};
use crate::terms::InputState;

#[test]
fn all_forms_of_members() {
    let data = lines(120_000);
    for form in [Stored, Deflated, StoredStreamed, DeflatedStreamed, Deflated64, DeflatedStreamed64] {
        let bytes = zip(&[
            ("x\\a.log", &data, form),
            ("x/", b"", Stored),
            ("x/empty", b"", form),
            ("x/b", b"b", form),
        ]);
        let (sink, outcome) = run(&bytes);
        assert_eq!(
            (outcome.state, outcome.members),
            (InputState::Complete, 3),
            "{form:?} {:?}",
            sink.notes()
        );
        assert!(sink.notes().is_empty(), "{form:?} {:?}", sink.notes());
        let members = sink.members();
        assert_eq!((members[0].0.as_str(), &members[0].1), ("x/a.log", &data));
        assert!(members.iter().all(|m| m.2 == Some(End::Complete)));
    }
}

#[test]
fn a_folder_written_as_a_stream_is_passed_over() {
    let bytes = zip(&[("x/", b"", StoredStreamed), ("x/", b"", DeflatedStreamed), ("x/b", b"b", Stored)]);
    let (sink, outcome) = run(&bytes);
    assert_eq!((outcome.state, outcome.members), (InputState::Complete, 1), "{:?}", sink.notes());
}

#[test]
fn a_lost_end_is_told() {
    let bytes = zip(&[("x/a", &lines(5000), Deflated), ("x/b", b"b", Stored)]);
    let end = bytes.len() - 68;
    let (sink, outcome) = run(&bytes[..end]);
    assert_eq!((outcome.state, outcome.members), (InputState::Truncated, 2));
    assert_eq!(sink.note_kinds(), [NoteKind::Truncated]);
    assert_eq!(run(&bytes[..end + 20]).1.state, InputState::Complete);
}

#[test]
fn wrong_bytes_are_told_and_the_next_member_is_found() {
    let data = lines(90_000);
    for form in [Stored, Deflated, StoredStreamed, DeflatedStreamed] {
        let mut bytes = zip(&[("x/a", &data, form), ("x/b", b"after", form)]);
        let at = 5000;
        bytes[at..at + 8].fill(0);
        let (sink, outcome) = run(&bytes);
        assert_eq!(outcome.state, InputState::Damaged, "{form:?}");
        assert_eq!(sink.names(), ["x/a", "x/b"], "{form:?} {:?}", sink.notes());
    }
}

#[test]
fn what_cannot_be_read_is_passed_over() {
    let mut encrypted = zip_member("x/secret", b"123", Stored);
    encrypted[6] |= 1;
    let mut strange = zip_member("x/lzma", b"123", Stored);
    strange[8] = 14;
    let bytes = [encrypted, strange, zip(&[("x/b", b"b", Deflated)])].concat();
    let (sink, outcome) = run(&bytes);
    assert_eq!((outcome.state, outcome.members), (InputState::Damaged, 1));
    assert_eq!(sink.note_kinds(), [NoteKind::Damaged; 2]);
}

#[test]
fn a_length_that_lies_is_told() {
    let mut bytes = zip(&[("x/a", &lines(90_000), Deflated), ("x/b", b"after", Deflated)]);
    let stated = u32::from_le_bytes([bytes[18], bytes[19], bytes[20], bytes[21]]);
    bytes[18..22].copy_from_slice(&(stated - 500).to_le_bytes());
    let (sink, outcome) = run(&bytes);
    assert_eq!(outcome.state, InputState::Damaged);
    assert_eq!(sink.names(), ["x/a", "x/b"], "{:?}", sink.notes());
}

#[test]
fn the_mark_of_a_split_zip_is_passed_over() {
    let bytes = [b"PK00".to_vec(), zip(&[("x/a", b"a", Stored)])].concat();
    assert_eq!(run(&bytes).1.state, InputState::Complete);
}
