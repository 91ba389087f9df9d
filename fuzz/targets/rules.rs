//! The loader of rule files: a text is a rule set or is refused with a place in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::hint::black_box;
use vmcoroner::internals::log::LogKind;
use vmcoroner::internals::rules::{Filter, LoadError, RuleSet, samples};
use vmcoroner::internals::scan::{MAX_LINE_BYTES, Scanner};

fuzz_target!(|text: &str| {
    match RuleSet::from_texts(&[("fuzz.toml", text)]) {
        Ok(rules) => {
            black_box(samples::run(&rules));
            let log = b"2025-05-12T20:55:01.123Z In(05) vmx - abc 123\n2025-05-12T20:55:02.123Z abc\n";
            for kind in LogKind::ALL {
                let filter = Filter::new(&rules, *kind);
                let scanner = Scanner { rules: &rules, filter: filter.as_ref(), kind: *kind, reference: 0, line_limit: MAX_LINE_BYTES };
                black_box(scanner.scan(log, log.len()));
            }
        }
        Err(LoadError::Rule(error)) => {
            assert!(error.line() <= text.lines().count() + 1);
            let _ = error.to_string();
        }
        Err(_) => {}
    }
});
