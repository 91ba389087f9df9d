//! The public face: in whatever form a bundle is given and on whatever threads, the report is the same.

use super::support::{archives, json_text, scenario_named};
use vmcoroner::{Options, Report, Silent, Source, Threads, analyze};

/// The report without what says how it was given.
fn text(mut report: Report) -> String {
    for input in &mut report.inputs {
        input.path = String::new();
    }
    json_text(&report)
}

/// Only what is given as a path is a file.
fn without_files(mut report: Report) -> Report {
    report.files.clear();
    report
}

#[test]
fn the_form_in_which_a_bundle_is_given_changes_nothing() {
    for name in ["guest-0x50-8.0", "storage-pdl-7.0", "healthy-8.0"] {
        let path = archives(scenario_named(name)).remove(0);
        let bytes = std::fs::read(&path).unwrap();
        let mut options = Options::builtin().unwrap();
        let expected =
            text(without_files(analyze(&[Source::path(path.as_path())], &options, &Silent).unwrap()));
        for threads in [Threads::Calling, Threads::Exactly(1), Threads::Exactly(2), Threads::Exactly(8)] {
            options.threads = threads;
            for source in [
                Source::path(path.as_path()),
                Source::bytes("case.tgz", bytes.clone()),
                Source::reader("case.tgz", std::io::Cursor::new(bytes.clone())),
            ] {
                let shown = format!("{name} {source:?} {threads:?}");
                assert!(
                    text(without_files(analyze(&[source], &options, &Silent).unwrap())) == expected,
                    "{shown}"
                );
            }
        }
    }
}

#[test]
fn several_inputs_on_the_calling_thread_are_read_in_their_order() {
    let paths = archives(scenario_named("two-hosts-shared-outage-8.0"));
    assert!(paths.len() > 1);
    let mut options = Options::builtin().unwrap();
    let many = json_text(&analyze(&paths, &options, &Silent).unwrap());
    options.threads = Threads::Calling;
    let one = analyze(&paths, &options, &Silent).unwrap();
    assert!(json_text(&one) == many);
}

#[test]
fn a_log_in_memory_is_read_as_a_log() {
    let log = "2025-03-14T02:00:00.000Z In(05) vmx - Log for VMware ESX pid=2101234 version=8.0.2 build=build-22380479 option=Release\n\
               2025-03-14T03:00:00.000Z Wa(03) vcpu-0 - WinBSOD: Synthetic MSR[0x40000100] 0x50\n";
    let mut options = Options::builtin().unwrap();
    options.threads = Threads::Calling;
    for source in [
        Source::bytes("vmware.log", log.as_bytes().to_vec()),
        Source::bytes("copy.txt", log.as_bytes().to_vec()),
        Source::reader("vmware.log", std::io::Cursor::new(log.as_bytes().to_vec())),
    ] {
        let report = analyze(std::slice::from_ref(&source), &options, &Silent).unwrap();
        assert_eq!(report.summary.crashes, 1, "{source:?}");
    }
}

#[test]
fn a_stream_is_read_once() {
    let source = Source::reader("x.tgz", std::io::Cursor::new(Vec::new()));
    let options = Options::builtin().unwrap();
    assert!(
        analyze(std::slice::from_ref(&source), &options, &Silent)
            .unwrap_err()
            .to_string()
            .contains("contains no data")
    );
    let error = analyze(&[source], &options, &Silent).unwrap_err();
    assert!(error.to_string().contains("the stream was read before"), "{error}");
}
