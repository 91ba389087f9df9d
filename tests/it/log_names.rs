//! Each name that the table of logs gives a log is read alone, in a folder and in a bundle, as that log.

use std::io::Write;
use std::path::Path;
use vmcoroner::internals::log_table::{Belongs, Files, LogKind};
use vmcoroner::{Options, Report, Silent, Source, Threads, analyze};

/// A line that every log may hold.
const LINE: &str = "2025-03-14T02:00:00.000Z In(05) vmx - one line\n";

/// The names of one log in every generation.
fn names(kind: LogKind) -> Vec<String> {
    let with = |stem: &str, ends: &[&str]| ends.iter().map(|end| format!("{stem}{end}")).collect::<Vec<_>>();
    match kind.log().files {
        Files::Rotated(stems) => stems
            .iter()
            .flat_map(|stem| with(stem, &[".log", ".log.gz", ".0", ".12", ".0.gz", ".log.1", ".log.1.gz"]))
            .collect(),
        Files::Numbered(stem) => with(stem, &[".log", ".log.gz", "-3.log", "-3.log.gz"]),
        // These have their meaning only in a bundle.
        Files::Output(_) | Files::One(_) => Vec::new(),
    }
}

fn content(name: &str) -> Vec<u8> {
    if !name.ends_with(".gz") {
        return LINE.as_bytes().to_vec();
    }
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(LINE.as_bytes()).unwrap();
    out.finish().unwrap()
}

fn report(path: &Path) -> Report {
    let mut options = Options::builtin().unwrap();
    options.threads = Threads::Calling;
    analyze(&[Source::path(path)], &options, &Silent)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Whether the report has read one file of this log and no other.
fn is_read(report: &Report, kind: LogKind) -> bool {
    match kind.log().belongs {
        Belongs::ToVm => report.vms.iter().map(|vm| vm.logs.members).sum::<u64>() == 1,
        Belongs::ToHost => {
            let logs: Vec<&str> =
                report.hosts.iter().flat_map(|host| &host.logs).map(|log| log.log.as_str()).collect();
            logs == [kind.as_str()]
        }
    }
}

#[test]
fn every_name_of_every_log_is_read_as_that_log() {
    for &kind in LogKind::ALL {
        for name in names(kind) {
            let bytes = content(&name);
            let folder = tempfile::tempdir().unwrap();

            let alone = folder.path().join(&name);
            std::fs::write(&alone, &bytes).unwrap();
            assert!(is_read(&report(&alone), kind), "{name} alone");
            assert!(is_read(&report(folder.path()), kind), "{name} in a folder");

            let place = match kind.log().belongs {
                Belongs::ToVm => "vmfs/volumes/ds/web",
                Belongs::ToHost => "var/run/log",
            };
            let mut tar = tar::Builder::new(Vec::new());
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(
                &mut header,
                format!("esx-a-2025-03-14--03.00-1/{place}/{name}"),
                bytes.as_slice(),
            )
            .unwrap();
            let bundle = folder.path().join("bundle.tar");
            std::fs::write(&bundle, tar.into_inner().unwrap()).unwrap();
            assert!(is_read(&report(&bundle), kind), "{name} in a bundle");
        }
    }
}
