//! The program as people and scripts meet it: what it prints, where, and how it ends.

use super::support::program::{run, run_in};

#[test]
fn help_teaches_and_version_tells() {
    let help = run(&["--help"]);
    assert_eq!(help.status, 0);
    for word in ["Examples:", "Exit status:", "inventory", "--fail-on", "--bugcheck", "-o, --output"] {
        assert!(help.out.contains(word), "{word}");
    }
    assert!(help.out.lines().all(|line| line.chars().count() <= 100), "a line is too long");
    assert_eq!(run(&["analyze", "--help"]).status, 0);
    assert!(run(&["--version"]).out.starts_with("vmcoroner "));
}

#[test]
fn the_manual_page_holds_what_the_help_says() {
    let page = run(&["man"]);
    assert_eq!(page.status, 0);
    insta::assert_snapshot!("man", page.out);
    let why = run(&["man", "rules", "why"]);
    assert!(why.out.contains(".TH vmcoroner-rules-why 1"), "{}", why.out);
    let wrong = run(&["man", "timelin"]);
    assert_eq!((wrong.status, wrong.out.as_str()), (2, ""));
    assert!(wrong.err.contains("did you mean `timeline`?"), "{}", wrong.err);
}

#[test]
fn every_shell_can_complete() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = run(&["completions", shell]);
        assert_eq!(ran.status, 0);
        for word in ["timeline", "fail-on", "jsonl"] {
            assert!(ran.out.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(run(&["completions", "cmd"]).status, 2);
}

#[test]
fn nothing_given_is_wrong_usage() {
    let ran = run(&[]);
    assert_eq!((ran.status, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("Usage:"));
}

#[test]
fn what_is_not_there_or_empty_ends_with_3_and_a_hint() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("empty.tgz"), b"").unwrap();
    std::fs::create_dir(dir.path().join("folder")).unwrap();
    for (path, words) in [("none.tgz", "no such file"), ("empty.tgz", "no data"), ("folder", "no data")] {
        for args in [vec![path], vec!["analyze", path], vec!["inventory", path]] {
            let ran = run_in(dir.path(), &args);
            assert_eq!((ran.status, ran.out.as_str()), (3, ""), "{args:?}");
            assert!(ran.err.starts_with(&format!("vmcoroner: {path}: ")), "{}", ran.err);
            assert!(ran.err.contains(words) && ran.err.contains("hint: "), "{}", ran.err);
            assert_eq!(ran.err.lines().count(), 2, "{}", ran.err);
        }
    }
}

#[test]
fn a_text_that_is_no_log_is_not_called_healthy() {
    let dir = tempfile::tempdir().unwrap();
    let text = "Permission is granted to copy this text.\n\nIt holds no crash and no time.\n";
    std::fs::write(dir.path().join("alien.log"), text).unwrap();
    for args in [vec!["alien.log"], vec!["inventory", "alien.log"], vec!["alien.log", "--format", "jsonl"]] {
        let ran = run_in(dir.path(), &args);
        assert_eq!(ran.status, 3, "{args:?}");
        let told = ran.out + &ran.err;
        assert!(told.contains("none of its 3 lines has the form of a log"), "{told}");
    }
    // Nor is a log of something else, whose lines bear stamps.
    let other = "2025-06-24 14:36:25 status installed libudev1:amd64 252.38-1\n".repeat(30_000);
    std::fs::write(dir.path().join("other.log"), other).unwrap();
    let ran = run_in(dir.path(), &["other.log"]);
    assert_eq!((ran.status, ran.out.as_str()), (3, ""));
    // A large log under a name that says nothing is read as what it is from its first line on.
    let quiet = "2025-03-14T03:10:00.112Z In(166) Hostd[2098914]: [Originator@6876 sub=Default] nothing\n";
    let told = "2025-03-14T03:00:00.112Z In(166) Hostd[2098914]: Guest operating system crash detected.\n";
    std::fs::write(dir.path().join("copy.log"), told.to_owned() + &quiet.repeat(30_000)).unwrap();
    let ran = run_in(dir.path(), &["copy.log"]);
    assert!(ran.out.contains("copy.log:1: tells of a crash"), "{}{}", ran.out, ran.err);

    // In a bundle it is a log that cannot be read: the report is partial, and no VM is called healthy.
    let logs = dir.path().join("esx/var/run/log");
    let vm = dir.path().join("esx/vmfs/volumes/lun/web");
    std::fs::create_dir_all(&logs).unwrap();
    std::fs::create_dir_all(&vm).unwrap();
    std::fs::write(vm.join("vmware.log"), text).unwrap();
    std::fs::write(logs.join("hostd.log"), text).unwrap();
    let ran = run_in(dir.path(), &["esx"]);
    assert_eq!(ran.status, 4);
    insta::assert_snapshot!("no_log_in_it", ran.out);
}

#[test]
fn a_crash_of_which_the_vm_is_not_known_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let alive = "2025-03-14T02:00:00.000Z In(05) vmx - Log for VMware ESX pid=2101234 version=8.0.2 build=build-22380479 option=Release\n\
                 2025-03-14T04:00:00.000Z In(05) vmx - TOOLS: appName=toolbox, oldStatus=0, status=1, guestInitiated=1.\n";
    put("esx/vmfs/volumes/lun/web/vmware.log", alive);
    put("esx/vmfs/volumes/lun/db/vmware.log", alive);
    let told = "2025-03-14T03:00:00.112Z In(166) Hostd[2098914]: Guest operating system crash detected.\n\
                2025-03-14T03:10:00.112Z In(166) Hostd[2098914]: [Originator@6876 sub=Vmsvc.vm:/vmfs/volumes/lun/gone/gone.vmx] Guest operating system crash detected.\n";
    put("esx/var/run/log/hostd.log", told);
    let ran = run_in(dir.path(), &["esx"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    insta::assert_snapshot!("crash_of_no_known_vm", ran.out);
}

#[test]
fn a_mistyped_command_is_pointed_out() {
    let ran = run(&["inventroy"]);
    assert_eq!(ran.status, 3);
    assert!(ran.err.contains("did you mean the command `inventory`?"));
}

#[test]
fn a_hostile_name_is_not_passed_on() {
    let ran = run(&["x\u{1b}[31m\u{202e}.tgz"]);
    assert_eq!(ran.status, 3);
    assert!(ran.err.contains("x\\u{1b}[31m\\u{202e}.tgz"), "{:?}", ran.err);
}

#[test]
fn wrong_values_are_answered_with_the_right_ones() {
    for (args, words) in [
        (["x", "--format", "html"], "possible values: text, json"),
        (["x", "--fail-on", "disk"], "any, infrastructure, guest-os"),
        (["x", "--window-before", "soon"], "90s, 15m, 2h"),
        (["x", "--bugcheck", "80(1,2,3,4,5)"], "a bugcheck has four"),
        (["x", "--jobs", "0"], "1..=1024"),
        (["rules", "list", "--log=none"], "possible values: vmware"),
        (["schema", "xml", "--color=never"], "possible values: report, rule"),
    ] {
        let ran = run(&args);
        assert_eq!(ran.status, 2, "{args:?}");
        assert!(ran.err.contains(words), "{}", ran.err);
    }
}

#[test]
fn explain_knows_every_word_of_the_report() {
    use vmcoroner::internals::terms::{Check, Confidence, CrashKind, Origin};
    let mut words: Vec<&str> = Origin::ALL.iter().map(|word| word.as_str()).collect();
    words.extend(Check::ALL.iter().map(|word| word.as_str()));
    words.extend(Confidence::ALL.iter().map(|word| word.as_str()));
    words.extend(CrashKind::ALL.iter().map(|word| word.as_str()));
    words.extend(["0x80", "7b", "BugCheck 124", "NMI_HARDWARE_FAILURE", "guest.windows-crash-msr"]);
    for word in words {
        let ran = run(&["explain", word]);
        assert_eq!(ran.status, 0, "{word}: {}", ran.err);
        assert!(ran.out.len() > 40, "{word}: {}", ran.out);
        assert!(!ran.out.contains('\u{1b}'), "styles where nobody sees them");
    }
    let unknown = run(&["explain", "storrage"]);
    assert_eq!(unknown.status, 2);
    assert!(unknown.err.contains("did you mean storage?"));
}

#[test]
fn rules_can_be_listed_and_shown() {
    let list = run(&["rules", "list", "--format", "json"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&list.out).unwrap();
    assert!(!rows.is_empty());
    let hostd = run(&["rules", "list", "--log", "hostd", "--format", "json"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&hostd.out).unwrap();
    assert!(rows.iter().all(|row| row["logs"].as_array().unwrap().contains(&"hostd".into())));
    let show = run(&["rules", "show", "guest.windows-crash-msr"]);
    assert!(
        show.out.contains("WinBSOD: Synthetic MSR[0x40000100] 0x80") && show.out.contains("Leaves alone")
    );
    assert_eq!(run(&["rules", "show", "guest.none"]).status, 2);
}

#[test]
fn a_refused_rule_file_is_shown_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let rule = "topic = \"own\"\n\n[[rule]]\nid = \"own.a\"\ntitle = \"t\"\nlogs = [\"hostd\"]\nliterals = [\"abc\"]\n\
                pattern = \"(abc\"\ncheck = \"stun\"\n";
    std::fs::write(dir.path().join("own.toml"), rule).unwrap();
    let ran = run_in(dir.path(), &["rules", "test", "."]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("own.toml:8:1") && ran.err.contains("8 │ pattern = \"(abc\""), "{}", ran.err);
    assert!(ran.err.contains("────") && ran.err.contains("help: "), "{}", ran.err);
    // Styles only where they are wanted.
    assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
    let styled = run_in(dir.path(), &["rules", "test", ".", "--color", "always"]);
    assert!(styled.err.contains("\u{1b}["), "{}", styled.err);
    let missing = run_in(dir.path(), &["rules", "list", "--rules", "none"]);
    assert_eq!(missing.status, 2);
    assert!(missing.err.contains("hint: "));
}

#[test]
fn a_rule_whose_sample_fails_ends_with_1() {
    let dir = tempfile::tempdir().unwrap();
    let rule = "topic = \"own\"\n\n[[rule]]\nid = \"own.a\"\ntitle = \"t\"\nlogs = [\"hostd\"]\nliterals = [\"abc\"]\n\
                pattern = \"abc\"\ncheck = \"stun\"\n\n[[rule.positive]]\nline = \"xyz\"\n";
    std::fs::write(dir.path().join("own.toml"), rule).unwrap();
    let ran = run_in(dir.path(), &["rules", "test", "."]);
    assert_eq!(ran.status, 1);
    assert!(ran.out.contains("own.a") && ran.out.contains("it has no negative sample"), "{}", ran.out);
    assert!(ran.out.contains("(1 from the folder)"), "{}", ran.out);
}

#[test]
fn schemas_are_schemas() {
    for (what, title) in [("report", "vmcoroner report"), ("rule", "vmcoroner rule file")] {
        let ran = run(&["schema", what]);
        let schema: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["title"], title);
    }
    let report = run(&["schema", "report"]);
    let schema: serde_json::Value = serde_json::from_str(&report.out).unwrap();
    let required = schema["$defs"]["Host"]["required"].as_array().unwrap();
    assert!(required.contains(&"name".into()), "unknown values are null, never left out: {required:?}");
}

#[test]
fn output_goes_to_a_file_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("some.log"), b"a line\n").unwrap();
    let ran = run_in(dir.path(), &["some.log", "--format", "json", "-o", "report.json"]);
    if ran.status != 3 {
        let text = std::fs::read_to_string(dir.path().join("report.json")).unwrap();
        assert!(text.ends_with("}\n"));
    }
    assert!(!dir.path().join("report.json.part").exists());
    assert_eq!(ran.out, "");
}

#[test]
fn each_command_writes_its_formats_and_refuses_the_others_by_name() {
    use vmcoroner::internals::report::Format;
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/sample-bundles/guest-0x50-8.0.tgz");
    let commands: &[(&[&str], &[&str])] = &[
        (&["analyze", bundle], &["text", "json", "jsonl"]),
        (&["inventory", bundle], &["text", "json"]),
        (&["timeline", bundle], &["text", "json", "jsonl"]),
        (&["rules", "list"], &["text", "json", "jsonl"]),
    ];
    for (command, formats) in commands {
        for format in Format::ALL.iter().map(|format| format.as_str()) {
            let ran = run(&[command, &["--format", format][..]].concat());
            if !formats.contains(&format) {
                assert_eq!((ran.status, ran.out.as_str()), (2, ""), "{command:?} {format}");
                assert!(ran.err.contains(&format!("'{format}'")) && ran.err.contains("tip: "), "{}", ran.err);
                assert!(formats.iter().all(|format| ran.err.contains(format)), "{}", ran.err);
                continue;
            }
            assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{command:?} {format}");
            let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
            let whole = value(&ran.out).is_some();
            let by_line = ran.out.lines().all(|line| value(line).is_some_and(|value| value.is_object()));
            let is = match (whole && ran.out.lines().count() > 1, by_line && !ran.out.is_empty()) {
                (true, false) => "json",
                (_, true) => "jsonl",
                (false, false) => "text",
            };
            assert_eq!(is, format, "{command:?}");
        }
        let name: Vec<&str> = command.iter().copied().filter(|word| !word.contains('/')).collect();
        let help = run(&[&name[..], &["--help"]].concat());
        assert!(help.out.contains(&format!("[possible values: {}]", formats.join(", "))), "{}", help.out);
    }
    let further = run(&[bundle, "--report", "csvv=x"]);
    assert_eq!(further.status, 2);
    assert!(further.err.contains("\"csvv\" is not one of text, json, jsonl"), "{}", further.err);
}

#[test]
fn a_timeline_and_the_rules_are_written_a_line_each() {
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/sample-bundles/guest-0x50-8.0.tgz");
    let json = |args: &[&str]| run(args).json();
    let lines = |args: &[&str]| -> Vec<serde_json::Value> {
        run(args).out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let whole = json(&["timeline", bundle, "-f", "json"]);
    let mut expected = Vec::new();
    for vm in whole["vms"].as_array().unwrap() {
        for event in vm["events"].as_array().unwrap() {
            let mut line = serde_json::json!({"schema": "vmcoroner.timeline/1", "vm": vm["name"], "host": vm["host"],
                "config": vm["config"]});
            line.as_object_mut().unwrap().extend(event.as_object().unwrap().clone());
            expected.push(line);
        }
    }
    assert!(expected.len() > 1);
    assert_eq!(lines(&["timeline", bundle, "-f", "jsonl"]), expected);
    let first = run(&["timeline", bundle, "-f", "jsonl"]).out;
    assert!(
        first.starts_with("{\"schema\":\"vmcoroner.timeline/1\",\"vm\":"),
        "{}",
        first.lines().next().unwrap()
    );
    let mut last = 0;
    for key in ["vm", "host", "config", "time", "offsets", "tie", "kind", "rule", "log", "member", "line"] {
        let at = first.find(&format!("\"{key}\":")).unwrap();
        assert!(at > last, "{key} is out of order");
        last = at;
    }
    let rules = json(&["rules", "list", "-f", "json"]);
    assert_eq!(&lines(&["rules", "list", "-f", "jsonl"]), rules.as_array().unwrap());
}
