//! The readers of small files: outputs of commands, configuration, the system event log, and what a user types.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::hint::black_box;
use std::sync::LazyLock;
use vmcoroner::internals::bundle::{place, role, small_files};
use vmcoroner::internals::log::LogKind;
use vmcoroner::internals::rules::{Duration, Filter};
use vmcoroner::internals::scan::{MAX_LINE_BYTES, Scanner};
use vmcoroner::internals::windows::Given;
use vmcoroner_fuzz::RULES;

static SEL: LazyLock<Option<Filter>> = LazyLock::new(|| Filter::new(&RULES, LogKind::Sel));

fuzz_target!(|data: &[u8]| {
    let place = place(data);
    black_box(role(&place.path));
    let text = &*String::from_utf8_lossy(data);
    black_box(small_files::vmx(text));
    black_box(small_files::vm_process_list(text));
    black_box(small_files::extent_list(text));
    black_box(small_files::filesystem_list(text));
    black_box(small_files::vm_inventory(text));
    black_box(small_files::uname(text));
    black_box(small_files::vmware_vl(text));
    black_box(small_files::readme(text));
    black_box(small_files::folder_name(text));
    black_box(small_files::esx_conf_host(text));
    black_box(small_files::error_log(text));
    let scanner = Scanner { rules: &RULES, filter: SEL.as_ref(), kind: LogKind::Sel, reference: 0, line_limit: MAX_LINE_BYTES };
    black_box(scanner.scan(data, data.len()));
    if let Ok(given) = text.parse::<Given>() {
        assert_eq!(given.to_string().parse::<Given>().ok(), Some(given));
    }
    if let Some(duration) = Duration::parse(text) {
        black_box(duration.ms());
    }
});
