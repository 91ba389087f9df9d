//! The JSON keeps the contract `vmcoroner.report/1`: every field is there, sorted and written as it promises.

use super::support::{
    analyze_bundles, cases_folder, committed, crash_millis, crashes, json, json_text, millis, scenario_named,
    scenarios, skipped,
};
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use vmcoroner::internals::report::model::{CheckOutcome, Evidence, Origin, Report, SCHEMA};

/// Objects of the report and the fields each of them has, even if `null`. `*` is every element of a list.
const FIELDS: &[(&str, &[&str])] = &[
    ("", &["schema", "tool", "settings", "inputs", "hosts", "vms", "incidents", "summary"]),
    ("tool", &["name", "version"]),
    ("settings", &["window_before_s", "window_after_s"]),
    ("inputs/*", &["id", "path", "kind", "state", "members", "bytes", "notes"]),
    ("hosts/*", &["id", "input", "name", "product", "version", "build", "captured_at", "logs"]),
    ("hosts/*/logs/*", &["log", "first", "last", "members", "lines", "understood", "gaps"]),
    ("vms/*", &["id", "host", "name", "config", "guest_os", "bios_uuid", "logs", "crashes", "operations"]),
    ("vms/*/logs", &["first", "last", "members"]),
    (
        "vms/*/crashes/*",
        &["id", "time", "kind", "bugcheck", "verdict", "rivals", "checks", "dump_match", "evidence"],
    ),
    ("vms/*/crashes/*/bugcheck?", &["code", "name", "args"]),
    ("vms/*/crashes/*/verdict", &["origin", "confidence", "because", "leaning", "missing", "next_step"]),
    ("vms/*/crashes/*/verdict/next_step", &["who", "text"]),
    ("vms/*/crashes/*/rivals/*", &["origin", "confidence", "because"]),
    ("vms/*/crashes/*/checks/*", &["id", "result", "logs", "evidence", "note"]),
    ("vms/*/crashes/*/dump_match", &["source", "result", "differences"]),
    (
        "vms/*/crashes/*/evidence/*",
        &["id", "rule", "origin", "time", "offset_s", "log", "member", "line", "text"],
    ),
    ("vms/*/operations/*", &["time", "kind", "member", "line", "text"]),
    ("incidents/*", &["id", "time", "origin", "crashes", "because"]),
    ("summary", &["inputs", "hosts", "vms", "crashes", "by_origin", "partial"]),
];

/// The checks of a crash, in their order.
const CHECKS: &[&str] = &[
    "guest-report",
    "dump-match",
    "hypervisor-nmi",
    "vmx-vmm",
    "stun",
    "storage",
    "host-memory",
    "hardware-event",
    "virtual-device",
    "resource",
    "host-failure",
    "operation",
];

/// The values at a path of [`FIELDS`].
fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![value];
    for step in path.split('/').filter(|step| !step.is_empty()) {
        found = found
            .into_iter()
            .flat_map(|value| match (step, step.strip_suffix('?')) {
                ("*", _) => value.as_array().unwrap_or_else(|| panic!("{path}: {value}")).iter().collect(),
                (_, Some(name)) => value.get(name).filter(|value| !value.is_null()).into_iter().collect(),
                _ => vec![value.get(step).unwrap_or_else(|| panic!("{path}: no {step}"))],
            })
            .collect();
    }
    found
}

fn for_each_sample(mut look: impl FnMut(&str, &Report, &Value)) {
    for scenario in scenarios() {
        let report = committed(scenario);
        look(&scenario.name, &report, &json(&report));
    }
}

fn validate_all(schema: &Value) {
    let validator = jsonschema::validator_for(schema).unwrap();
    for_each_sample(|name, _, value| {
        let faults: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(faults.is_empty(), "{name}:\n{}", faults.join("\n"));
    });
}

#[test]
fn reports_hold_against_the_schema_of_the_model() {
    validate_all(&schemars::schema_for!(Report).to_value());
}

#[test]
fn reports_hold_against_the_schema_of_the_contract() {
    let Some(folder) = cases_folder() else { return skipped("contract") };
    let file = folder.join("../design/report.schema.json");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    // A name and no address: the validator would take it for one.
    schema.as_object_mut().unwrap().remove("$id");
    validate_all(&schema);
}

#[test]
fn every_field_is_there_even_if_null() {
    let mut seen = BTreeSet::new();
    for_each_sample(|name, _, value| {
        for (path, fields) in FIELDS {
            for object in at(value, path) {
                seen.insert(*path);
                let object = object.as_object().unwrap_or_else(|| panic!("{name}: {path} is {object}"));
                for field in *fields {
                    assert!(object.contains_key(*field), "{name}: {path} has no {field}");
                }
            }
        }
    });
    let never: Vec<_> = FIELDS.iter().map(|(path, _)| path).filter(|path| !seen.contains(**path)).collect();
    assert!(never.is_empty(), "no sample has {never:?}");
}

#[test]
fn a_hole_in_a_log_is_a_gap_and_no_cover() {
    let mut scenario = scenario_named("guest-0x50-8.0").clone();
    let hole = Some(["-150m".to_owned(), "90m".to_owned()]);
    let reach = scenario::Reach { hole, ..scenario::Reach::default() };
    scenario.hosts[0].logs.insert("vmkernel".to_owned(), reach);
    let report = analyze_bundles(&scenario::render(&scenario).unwrap());
    let value = json(&report);
    let gaps = at(&value, "hosts/*/logs/*/gaps/*");
    let [gap] = gaps.as_slice() else { panic!("one gap, not {gaps:?}") };
    for (end, at) in [("from", -9000.0), ("to", 5400.0)] {
        let time = gap.get(end).and_then(Value::as_str).unwrap();
        assert!((millis(time) - scenario.time(at)).abs() < 600_000, "{end} is {time}");
    }
    let (_, crash) = crashes(&report).next().unwrap();
    assert_eq!(crash.verdict.origin, Origin::Undetermined);
    assert_eq!(crash.verdict.leaning, Some(Origin::GuestOs));
    assert_eq!(crash.verdict.missing, ["vmkernel"]);
}

#[test]
fn fields_stand_in_the_order_of_the_contract() {
    for_each_sample(|name, report, _| {
        let text = json_text(report);
        let (_, fields) = FIELDS[0];
        let places: Vec<_> = fields.iter().map(|field| text.find(&format!("\n  \"{field}\":"))).collect();
        assert!(places.is_sorted() && places.iter().all(Option::is_some), "{name}: {places:?}");
    });
}

#[test]
fn the_fixed_words_are_written() {
    for_each_sample(|name, report, value| {
        assert_eq!(value.get("schema").and_then(Value::as_str), Some("vmcoroner.report/1"), "{name}");
        assert_eq!(SCHEMA, report.schema);
        assert_eq!(report.tool.name, "vmcoroner");
        assert_eq!(report.tool.version, env!("CARGO_PKG_VERSION"));
        assert_eq!((report.settings.window_before_s, report.settings.window_after_s), (900.0, 120.0));
        for crash in at(value, "vms/*/crashes/*") {
            let ids: Vec<_> = at(crash, "checks/*/id").into_iter().filter_map(Value::as_str).collect();
            assert_eq!(ids, CHECKS, "{name}");
        }
    });
}

#[test]
fn ids_count_from_one_and_refer_to_what_is_there() {
    for_each_sample(|name, report, _| {
        let numbered = |letter: char, ids: Vec<&String>| {
            for (n, id) in ids.into_iter().enumerate() {
                assert_eq!(*id, format!("{letter}{}", n + 1), "{name}");
            }
        };
        numbered('I', report.inputs.iter().map(|input| &input.id).collect());
        numbered('H', report.hosts.iter().map(|host| &host.id).collect());
        numbered('V', report.vms.iter().map(|vm| &vm.id).collect());
        numbered('N', report.incidents.iter().map(|incident| &incident.id).collect());
        for host in &report.hosts {
            assert!(report.inputs.iter().any(|input| input.id == host.input), "{name}: {}", host.input);
        }
        let mut crash_ids = BTreeSet::new();
        for vm in &report.vms {
            if let Some(id) = &vm.host {
                assert!(report.hosts.iter().any(|host| &host.id == id), "{name}: {id}");
            }
            for crash in &vm.crashes {
                let time = crash.time.unwrap();
                assert_eq!(crash.id, format!("{}@{time}", vm.name.as_deref().unwrap()), "{name}");
                assert!(crash_ids.insert(&crash.id), "{name}: {} is used twice", crash.id);
                numbered('E', crash.evidence.iter().map(|evidence| &evidence.id).collect());
                for id in crash.checks.iter().flat_map(|check| &check.evidence) {
                    assert!(crash.evidence.iter().any(|evidence| &evidence.id == id), "{name}: {id}");
                }
                for check in &crash.checks {
                    let found = check.result == CheckOutcome::Found;
                    assert!(
                        !found || !check.evidence.is_empty() || check.note.is_some(),
                        "{name}: {check:?}"
                    );
                }
            }
        }
        for id in report.incidents.iter().flat_map(|incident| &incident.crashes) {
            assert!(crash_ids.contains(id), "{name}: incident of {id}");
        }
    });
}

#[test]
fn lists_are_sorted() {
    for_each_sample(|name, report, _| {
        assert!(report.hosts.is_sorted_by_key(|host| &host.name), "{name}: hosts");
        assert!(report.vms.is_sorted_by_key(|vm| (&vm.name, &vm.config)), "{name}: vms");
        for host in &report.hosts {
            assert!(host.logs.is_sorted_by_key(|log| &log.log), "{name}: logs of {:?}", host.name);
        }
        for vm in &report.vms {
            assert!(vm.crashes.is_sorted_by_key(|crash| &crash.time), "{name}: crashes of {:?}", vm.name);
            assert!(vm.operations.is_sorted_by_key(|operation| &operation.time), "{name}: operations");
            for crash in &vm.crashes {
                let order = |e: &Evidence| (e.time, e.member.clone(), e.line);
                assert!(crash.evidence.is_sorted_by_key(order), "{name}: evidence of {}", crash.id);
            }
        }
    });
}

#[test]
fn times_and_hex_numbers_have_one_form() {
    let time = Regex::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$").unwrap();
    let hex = Regex::new(r"^0x[0-9a-f]+$").unwrap();
    for_each_sample(|name, report, value| {
        let mut times = 0;
        walk(value, &mut |key, value| {
            if ["time", "first", "last", "from", "to", "captured_at"].contains(&key) {
                let good = value.is_null() || value.as_str().is_some_and(|text| time.is_match(text));
                assert!(good, "{name}: {key} is {value}");
                times += usize::from(!value.is_null());
            }
        });
        assert!(times > 10, "{name}: only {times} times");
        for vm in &report.vms {
            for crash in &vm.crashes {
                if let Some(bugcheck) = &crash.bugcheck {
                    assert!(hex.is_match(&bugcheck.code), "{name}: {}", bugcheck.code);
                    assert_eq!(bugcheck.args.len(), 4, "{name}: {:?}", bugcheck.args);
                    assert!(bugcheck.args.iter().flatten().all(|arg| hex.is_match(arg)), "{name}");
                }
                let at = crash_millis(crash);
                for evidence in &crash.evidence {
                    let (Some(time), Some(offset)) = (evidence.time, evidence.offset_s) else { continue };
                    let real = (time.ms() - at) as f64 / 1000.0;
                    assert!((offset - real).abs() < 0.11, "{name}: {offset} is not {real}");
                }
            }
        }
    });
}

#[test]
fn no_text_holds_a_control_character() {
    for_each_sample(|name, _, value| {
        walk(value, &mut |key, value| {
            if let Some(text) = value.as_str() {
                let bad = text.chars().find(|c| c.is_control() && !"\n\t".contains(*c));
                assert!(bad.is_none(), "{name}: {key} holds {bad:?}");
            }
        });
    });
}

#[test]
fn the_summary_counts_what_is_there() {
    for_each_sample(|name, report, _| {
        let summary = &report.summary;
        let crashes: usize = report.vms.iter().map(|vm| vm.crashes.len()).sum();
        let counts = (report.inputs.len() as u64, report.hosts.len() as u64, report.vms.len() as u64);
        assert_eq!((summary.inputs, summary.hosts, summary.vms), counts, "{name}");
        assert_eq!(summary.crashes, crashes as u64, "{name}");
        assert_eq!(summary.by_origin.values().sum::<u64>(), crashes as u64, "{name}");
        assert!(!summary.partial, "{name}");
    });
}

#[test]
fn a_report_reads_back_as_the_model_it_was() {
    for_each_sample(|name, report, _| {
        let again: Report = serde_json::from_str(&json_text(report)).unwrap();
        assert!(&again == report, "{name}: differs after it was read back");
    });
}

/// Calls back for every key and value below a value.
fn walk(value: &Value, look: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                look(key, value);
                walk(value, look);
            }
        }
        Value::Array(list) => {
            for value in list {
                look("", value);
                walk(value, look);
            }
        }
        _ => {}
    }
}
