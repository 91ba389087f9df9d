//! The whole way from a bundle to a report in every format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use vmcoroner::internals::progress::Silent;
use vmcoroner::internals::clean::is_hidden;
use vmcoroner::internals::report::{Format, View, json, text};
use vmcoroner::{Options, Threads, analyze};
use vmcoroner_fuzz::{RULES, bundle};

static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("vmcoroner-fuzz-{}", std::process::id())));

fuzz_target!(|data: &[u8]| {
    let (first, rest) = data.split_first().unwrap_or((&0, &[]));
    let bytes = if *first == b'R' { rest.to_vec() } else { bundle(data) };
    if std::fs::write(&*FILE, bytes).is_err() {
        return;
    }
    let mut options = Options::new(Arc::clone(&RULES));
    options.threads = Threads::Exactly(1);
    let Ok(report) = analyze(&[FILE.clone()], &options, &Silent) else { return };
    let mut out = Vec::new();
    json::write(&report, &mut out).ok();
    let shown = String::from_utf8(out).unwrap_or_default();
    assert!(!shown.chars().any(|c| c != '\n' && is_hidden(c)));
    for width in [None, Some(80)] {
        let mut out = Vec::new();
        text::write(&report, text::TextOptions { width, ..Default::default() }, &mut out).ok();
        Format::Text.write(View::Inventory(&report), text::TextOptions { width, ..Default::default() }, &mut out).ok();
        // Styles are escapes of our own; nothing else that acts may be there.
        let plain = strip(&String::from_utf8_lossy(&out));
        assert!(!plain.chars().any(|c| c != '\n' && is_hidden(c)), "{plain:?}");
    }
    for crash in report.vms.iter().flat_map(|vm| &vm.crashes) {
        assert_eq!(crash.checks.len(), 12);
        assert!(crash.id.contains('@'));
    }
});

/// Without the styles `ESC [ … m`.
fn strip(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        match after.split_once('m') {
            Some((style, tail)) if style.chars().all(|c| c.is_ascii_digit() || c == ';') => rest = tail,
            _ => {
                out.push('\u{1b}');
                rest = after;
            }
        }
    }
    out + rest
}
