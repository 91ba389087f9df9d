//! The grammar of lines: stamps, heads, the scan of a piece with all rules, for every kind of log.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::hint::black_box;
use std::sync::LazyLock;
use vmcoroner::internals::log_content::{kind_of, stray_log};
use vmcoroner::internals::log::{LogKind, read_alone, rfc3339};
use vmcoroner::internals::rules::Filter;
use vmcoroner::internals::scan::{MAX_LINE_BYTES, Scanner};
use vmcoroner_fuzz::RULES;

static FILTERS: LazyLock<Vec<Option<Filter>>> =
    LazyLock::new(|| LogKind::ALL.iter().map(|kind| Filter::new(&RULES, *kind)).collect());

fuzz_target!(|data: &[u8]| {
    let Some((choice, text)) = data.split_first() else { return };
    let at = usize::from(*choice) % LogKind::ALL.len();
    let kind = LogKind::ALL[at];
    let scanner =
        Scanner { rules: &RULES, filter: FILTERS[at].as_ref(), kind, reference: 1_900_000_000_000, line_limit: MAX_LINE_BYTES };
    let whole = scanner.scan(text, text.len());
    assert!(whole.understood <= whole.lines && whole.stamped <= whole.understood);
    assert!(whole.hits.iter().all(|hit| hit.index < whole.lines));
    // What is cut off behind a line end is looked at, not scanned.
    let body = text.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let first = scanner.scan(text, body);
    assert!(first.lines <= 1);
    if let Ok(text) = std::str::from_utf8(text)
        && let Some(time) = read_alone(text)
    {
        black_box(rfc3339(time));
    }
    black_box((kind_of(text), stray_log(text)));
});
