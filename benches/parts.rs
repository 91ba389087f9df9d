//! The parts of a run, each alone: `cargo bench --bench parts`. The text is that of a load of 64 MiB with its everyday
//! look-alikes; the share of lines that reach a pattern is printed before the figures.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::cast_precision_loss)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use flate2::{Decompress, FlushDecompress, Status};
use scenario::{Load, write_load};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use vmcoroner::internals::bundle::{Role, place, role};
use vmcoroner::internals::input::{End, Limits, Member, Meter, Note, Open, Sink, read_stream};
use vmcoroner::internals::log::{LogKind, Stamper, head};
use vmcoroner::internals::progress::Silent;
use vmcoroner::internals::rules::{Filter, RuleSet};
use vmcoroner::internals::scan::{CHUNK_BYTES, Chunker, Scanner};
use vmcoroner::{Options, analyze};

const REFERENCE: i64 = 4_102_444_800_000;

/// Keeps the plain text of logs by kind, or passes over everything.
#[derive(Default)]
struct Taker {
    take: bool,
    kind: Option<LogKind>,
    room: Vec<u8>,
    texts: BTreeMap<LogKind, Vec<u8>>,
}

impl Sink for Taker {
    fn bundle_begins(&mut self, _: &[u8]) {}
    fn bundle_ends(&mut self) {}
    fn open(&mut self, member: &Member<'_>) -> Open {
        match role(&place(member.path).path) {
            Role::Log { kind, .. } if self.take && !member.path.ends_with(b".gz") => {
                self.kind = Some(kind);
                self.room.resize(64 << 10, 0);
                Open::Read
            }
            _ => Open::Skip,
        }
    }
    fn space(&mut self) -> &mut [u8] {
        &mut self.room
    }
    fn filled(&mut self, n: usize) {
        if let Some(kind) = self.kind {
            self.texts.entry(kind).or_default().extend_from_slice(self.room.get(..n).unwrap_or_default());
        }
    }
    fn close(&mut self, _: End) {}
    fn note(&mut self, _: Note) {}
}

fn inflate(packed: &[u8], room: &mut [u8]) -> u64 {
    let mut inflater = Decompress::new_gzip(15);
    loop {
        let at = usize::try_from(inflater.total_in()).unwrap();
        let status =
            inflater.decompress(packed.get(at..).unwrap_or_default(), room, FlushDecompress::None).unwrap();
        if status == Status::StreamEnd {
            return inflater.total_out();
        }
    }
}

/// The text up to the last line end in its first `most` bytes.
fn lines(text: &[u8], most: usize) -> &[u8] {
    let text = text.get(..most.min(text.len())).unwrap_or(text);
    text.get(..memchr::memrchr(b'\n', text).map_or(0, |at| at + 1)).unwrap_or(text)
}

fn parts(c: &mut Criterion) {
    let mut packed = Vec::new();
    write_load(&Load { size: 64 << 20, vms: 10, crashes: 10, seed: 7 }, &mut packed).unwrap();
    let mut room = vec![0; 256 << 10];
    let size = inflate(&packed, &mut room);

    let mut group = c.benchmark_group("bundle");
    group.sample_size(20).throughput(Throughput::Bytes(size));
    group.bench_function("inflate", |b| b.iter(|| inflate(&packed, &mut room)));
    group.bench_function("tar walk", |b| {
        b.iter(|| {
            let mut taker = Taker::default();
            read_stream(b"load.tgz", &mut packed.as_slice(), &Limits::default(), &mut taker, Meter::SILENT)
                .unwrap()
        });
    });
    group.finish();

    let mut taker = Taker { take: true, ..Taker::default() };
    read_stream(b"load.tgz", &mut packed.as_slice(), &Limits::default(), &mut taker, Meter::SILENT).unwrap();
    let rules = RuleSet::brief().unwrap();
    for (kind, text) in &taker.texts {
        let text = lines(text, 4 << 20);
        if text.len() >= 128 << 10 {
            text_of_kind(c, &rules, *kind, text);
        }
    }
    whole(c, &packed);
}

fn text_of_kind(c: &mut Criterion, rules: &RuleSet, kind: LogKind, text: &[u8]) {
    let Some(filter) = Filter::new(rules, kind) else { return };
    let scanner = Scanner { rules, filter: Some(&filter), kind, reference: REFERENCE, line_limit: 1 << 20 };
    let out = scanner.scan(text, text.len());
    println!(
        "{kind}: {} lines, {:.1} % reach a pattern, {} findings",
        out.lines,
        out.tried as f64 * 100.0 / out.lines as f64,
        out.hits.len()
    );
    let mut group = c.benchmark_group(kind.to_string());
    group.sample_size(30).throughput(Throughput::Bytes(text.len() as u64));
    let mut marks = Vec::new();
    group.bench_function("filter", |b| {
        b.iter(|| {
            filter.marks(text, &mut marks);
            marks.len()
        });
    });
    group.bench_function("stamps", |b| {
        b.iter(|| {
            let mut stamper = Stamper::new(REFERENCE);
            let mut start = 0;
            let mut stamped = 0;
            for end in memchr::memchr_iter(b'\n', text) {
                stamped += usize::from(stamper.read(text.get(start..end).unwrap_or_default()).is_some());
                start = end + 1;
            }
            stamped
        });
    });
    group.bench_function("heads", |b| {
        b.iter(|| {
            let mut stamper = Stamper::new(REFERENCE);
            let mut start = 0;
            let mut known = 0;
            for end in memchr::memchr_iter(b'\n', text) {
                known += usize::from(
                    head::read(&mut stamper, kind, text.get(start..end).unwrap_or_default()).is_some(),
                );
                start = end + 1;
            }
            known
        });
    });
    group.bench_function("scan", |b| b.iter(|| scanner.scan(black_box(text), text.len()).lines));
    if kind == LogKind::Vmware {
        group.bench_function("splitting", |b| {
            b.iter_batched(
                || vec![0; CHUNK_BYTES],
                |buffer| {
                    let mut cutter = Chunker::new(buffer);
                    let (mut rest, mut pieces) = (text, 0);
                    while !rest.is_empty() {
                        let space = cutter.space();
                        let n = space.len().min(rest.len()).min(256 << 10);
                        space.get_mut(..n).unwrap().copy_from_slice(rest.get(..n).unwrap());
                        rest = rest.get(n..).unwrap_or_default();
                        if cutter.filled(n) {
                            let piece = cutter.cut(Vec::new());
                            cutter.settle(piece.data);
                            pieces += 1;
                        }
                    }
                    pieces
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// Everything, and the start of the program; the difference between many crashes and none is the verdicts.
fn whole(c: &mut Criterion, packed: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let mut group = c.benchmark_group("whole");
    group.sample_size(10);
    group.bench_function("rules at start", |b| b.iter(|| RuleSet::brief().unwrap().rules().len()));
    group.bench_function("rules with samples", |b| b.iter(|| RuleSet::builtin().unwrap().rules().len()));
    let options = Options::new(Arc::new(RuleSet::brief().unwrap()));
    let mut run = |name: &str, bytes: &[u8]| {
        let path: PathBuf = folder.path().join(format!("{name}.tgz"));
        std::fs::write(&path, bytes).unwrap();
        group.bench_function(name, |b| {
            b.iter(|| analyze(std::slice::from_ref(&path), &options, &Silent).unwrap().summary.crashes)
        });
    };
    run("64 MiB", packed);
    for crashes in [0, 300] {
        let mut bytes = Vec::new();
        write_load(&Load { size: 8 << 20, vms: 10, crashes, seed: 7 }, &mut bytes).unwrap();
        run(&format!("8 MiB with {crashes} crashes"), &bytes);
    }
    group.finish();
}

criterion_group!(benches, parts);
criterion_main!(benches);
