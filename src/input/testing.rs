//! Helpers of this module's tests: a sink that writes down what it is told, and archives made in memory.
#![allow(clippy::unwrap_used)]

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

/// What a sink was told, pieces joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    Begins(String),
    Ends,
    Open(String, u64, Option<i64>),
    Data(Vec<u8>),
    Close(End),
    Note(NoteKind, Option<String>, String),
}

/// Writes down events; answers `open` as told.
pub(super) struct Recorder {
    pub(super) events: Vec<Event>,
    pub(super) answer: fn(&Member<'_>) -> Open,
    buf: Vec<u8>,
}

pub(super) fn read_all(_: &Member<'_>) -> Open {
    Open::Read
}

pub(super) fn skip_all(_: &Member<'_>) -> Open {
    Open::Skip
}

pub(super) fn descend_archives(member: &Member<'_>) -> Open {
    if looks_like_archive(member.path) { Open::Descend } else { Open::Read }
}

impl Recorder {
    pub(super) fn new(answer: fn(&Member<'_>) -> Open) -> Self {
        // An odd size, so that pieces never fall together with blocks.
        Recorder { events: Vec::new(), answer, buf: vec![0; 10_007] }
    }

    /// Members in order: name, bytes, end.
    pub(super) fn members(&self) -> Vec<(String, Vec<u8>, Option<End>)> {
        let mut out: Vec<(String, Vec<u8>, Option<End>)> = Vec::new();
        for event in &self.events {
            match event {
                Event::Open(name, ..) => out.push((name.clone(), Vec::new(), None)),
                Event::Data(data) => out.last_mut().unwrap().1.extend_from_slice(data),
                Event::Close(end) => out.last_mut().unwrap().2 = Some(*end),
                _ => {}
            }
        }
        out
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.members().into_iter().map(|m| m.0).collect()
    }

    pub(super) fn notes(&self) -> Vec<(NoteKind, String)> {
        let all = self.events.iter();
        all.filter_map(|e| match e {
            Event::Note(kind, _, text) => Some((*kind, text.clone())),
            _ => None,
        })
        .collect()
    }

    pub(super) fn note_kinds(&self) -> Vec<NoteKind> {
        self.notes().into_iter().map(|n| n.0).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Sink for Recorder {
    fn bundle_begins(&mut self, name: &[u8]) {
        self.events.push(Event::Begins(text(name)));
    }
    fn bundle_ends(&mut self) {
        self.events.push(Event::Ends);
    }
    fn open(&mut self, member: &Member<'_>) -> Open {
        self.events.push(Event::Open(text(member.path), member.size, member.modified));
        (self.answer)(member)
    }
    fn space(&mut self) -> &mut [u8] {
        &mut self.buf
    }
    fn filled(&mut self, n: usize) {
        let bytes = self.buf[..n].to_vec();
        match self.events.last_mut() {
            Some(Event::Data(data)) => data.extend(bytes),
            _ => self.events.push(Event::Data(bytes)),
        }
    }
    fn close(&mut self, end: End) {
        self.events.push(Event::Close(end));
    }
    fn note(&mut self, note: Note) {
        self.events.push(Event::Note(note.kind, note.member.map(|m| text(&m)), note.text));
    }
}

/// A reader that gives 1 to 7 bytes at a time.
pub(super) struct Trickle<'b>(pub(super) &'b [u8], pub(super) usize);

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.1 = self.1.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let n = (1 + (self.1 >> 8) % 7).min(into.len()).min(self.0.len());
        let (now, rest) = self.0.split_at(n);
        into[..n].copy_from_slice(now);
        self.0 = rest;
        Ok(n)
    }
}

/// Reads `bytes` under `limits`.
pub(super) fn run_with(
    bytes: &[u8],
    limits: &Limits,
    answer: fn(&Member<'_>) -> Open,
) -> (Recorder, Outcome) {
    let mut sink = Recorder::new(answer);
    let outcome = read_stream(b"case.tgz", &mut { bytes }, limits, &mut sink, Meter::SILENT).unwrap();
    (sink, outcome)
}

pub(super) fn run(bytes: &[u8]) -> (Recorder, Outcome) {
    run_with(bytes, &Limits::default(), descend_archives)
}

pub(super) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// Text that compresses about as logs do and differs everywhere.
pub(super) fn lines(bytes: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes + 80);
    let mut n = 0_u64;
    while out.len() < bytes {
        n += 1;
        let odd = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        writeln!(out, "2024-03-11T09:42:{:02}.{:03}Z cpu{}:{odd})line {n}", n % 60, n % 1000, n % 64)
            .unwrap();
    }
    out.truncate(bytes);
    out
}

/// A tar with these members, GNU form, and its end blocks.
pub(super) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, data) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mtime(1_700_000_000);
        builder.append_data(&mut header, name, *data).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A header alone, with a size of one's choice.
pub(super) fn tar_header(name: &str, size: u64, kind: tar::EntryType) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(size);
    header.set_mtime(1);
    header.set_entry_type(kind);
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// `data` filled up with zeros to whole blocks.
pub(super) fn padded(data: &[u8]) -> Vec<u8> {
    let mut out = data.to_vec();
    out.resize(data.len().next_multiple_of(512), 0);
    out
}

/// How a zip holds a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ZipForm {
    Stored,
    Deflated,
    StoredStreamed,
    DeflatedStreamed,
    /// Sizes in a Zip64 extra field.
    Deflated64,
    /// Deflated, with a descriptor of 64 bits without magic.
    DeflatedStreamed64,
}

/// A zip with these members and an end that is enough for a forward reader.
pub(super) fn zip(members: &[(&str, &[u8], ZipForm)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, data, form) in members {
        out.extend(zip_member(name, data, *form));
    }
    out.extend(b"PK\x01\x02");
    out.extend([0; 42]);
    out.extend(b"PK\x05\x06");
    out.extend([0; 18]);
    out
}

pub(super) fn zip_member(name: &str, data: &[u8], form: ZipForm) -> Vec<u8> {
    use ZipForm::*;
    let mut crc = flate2::Crc::new();
    crc.update(data);
    let deflated = !matches!(form, Stored | StoredStreamed);
    let streamed = matches!(form, StoredStreamed | DeflatedStreamed | DeflatedStreamed64);
    let packed = if deflated {
        let mut out = flate2::write::DeflateEncoder::new(Vec::new(), Compression::fast());
        out.write_all(data).unwrap();
        out.finish().unwrap()
    } else {
        data.to_vec()
    };
    let (crc, size, length) = (crc.sum(), data.len() as u64, packed.len() as u64);
    let sizes = match form {
        _ if streamed => [0, 0],
        Deflated64 => [u32::MAX; 2],
        _ => [length as u32, size as u32],
    };
    let extra = match form {
        Deflated64 => [&[1, 0, 16, 0][..], &size.to_le_bytes(), &length.to_le_bytes()].concat(),
        _ => [b"UT\x05\0\x01".as_slice(), &1_700_000_000_u32.to_le_bytes()].concat(),
    };
    let mut out = b"PK\x03\x04\x14\0".to_vec();
    out.extend([if streamed { 8 } else { 0 }, 0, if deflated { 8 } else { 0 }, 0, 0, 0, 0, 0]);
    out.extend(if streamed { 0 } else { crc }.to_le_bytes());
    out.extend(sizes.iter().flat_map(|n| n.to_le_bytes()));
    out.extend((name.len() as u16).to_le_bytes());
    out.extend((extra.len() as u16).to_le_bytes());
    out.extend(name.as_bytes());
    out.extend(extra);
    out.extend(packed);
    match form {
        DeflatedStreamed64 => {
            out.extend(crc.to_le_bytes());
            out.extend(length.to_le_bytes());
            out.extend(size.to_le_bytes());
        }
        _ if streamed => {
            out.extend(b"PK\x07\x08");
            out.extend([crc, length as u32, size as u32].iter().flat_map(|n| n.to_le_bytes()));
        }
        _ => {}
    }
    out
}
