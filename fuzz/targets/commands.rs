//! The readers of small files: outputs of commands, configuration, the system event log, and what a user types.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use vmcoroner::bundle::{facts, place, role};
use vmcoroner::log::LogKind;
use vmcoroner::rules::{Duration, Filter};
use vmcoroner::scan::{LINE_LIMIT, Scanner};
use vmcoroner::windows::Given;
use vmcoroner_fuzz::RULES;

static SEL: LazyLock<Option<Filter>> = LazyLock::new(|| Filter::new(&RULES, LogKind::Sel));

fuzz_target!(|data: &[u8]| {
    let place = place(data);
    role(&place.path);
    let text = &*String::from_utf8_lossy(data);
    facts::vmx(text);
    facts::vm_process_list(text);
    facts::extent_list(text);
    facts::filesystem_list(text);
    facts::vm_inventory(text);
    facts::uname(text);
    facts::vmware_vl(text);
    facts::readme(text);
    facts::folder_name(text);
    facts::esx_conf_host(text);
    facts::error_log(text);
    let scanner = Scanner { rules: &RULES, filter: SEL.as_ref(), kind: LogKind::Sel, reference: 0, line_limit: LINE_LIMIT };
    scanner.scan(data, data.len());
    if let Ok(given) = text.parse::<Given>() {
        assert_eq!(given.to_string().parse::<Given>().ok(), Some(given));
    }
    if let Some(duration) = Duration::parse(text) {
        duration.ms();
    }
});
