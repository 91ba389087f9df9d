//! What holds for every scenario: fewer logs never make a verdict surer, and what concerns others changes none.

use super::support::{
    analyze_bundles, crashes, gather, is_named, same_crash, sample_bundles, scenarios, verdict_rank,
};
use scenario::{Event, EventKind, Options, Scenario};
use vmcoroner::internals::report::model::{CheckOutcome, Confidence, Crash, CrashKind, Origin, Report};

/// Logs that are taken away, alone and in pairs.
const LOGS: &[&str] = &["hostd", "vmkernel", "vobd", "sel", "vmksummary", "shell", "fdm"];

/// Further logs that are taken away alone.
const MORE_LOGS: &[&str] = &["vmkwarning", "vpxa", "auth", "syslog", "rhttpproxy"];

/// Every log alone, and every pair.
fn removals() -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = LOGS.iter().chain(MORE_LOGS).map(|log| vec![(*log).to_owned()]).collect();
    for (n, first) in LOGS.iter().enumerate() {
        all.extend(LOGS[n + 1..].iter().map(|second| vec![(*first).to_owned(), (*second).to_owned()]));
    }
    all
}

/// Whether a scenario is one of every `n`.
fn of_share(scenario: &Scenario, n: usize) -> bool {
    of_share_from(scenario, n, 0)
}

/// Whether a scenario is one of every `n`, counted from another one for each variant.
fn of_share_from(scenario: &Scenario, n: usize, variant: usize) -> bool {
    let place = scenarios().iter().position(|own| own.name == scenario.name).unwrap();
    (place + variant).is_multiple_of(n)
}

fn told(crash: &Crash) -> String {
    format!("{} {}", crash.verdict.origin, crash.verdict.confidence)
}

#[test]
fn a_log_less_never_makes_a_verdict_surer() {
    let removals = removals();
    let heads = ["scenario", "without", "crash", "with all logs", "with fewer", "because"];
    let misses = gather(scenarios(), &heads, |scenario, misses| {
        let whole = analyze_bundles(&scenario::render(scenario).unwrap());
        if whole.summary.crashes == 0 {
            return;
        }
        // Each log that decides alone for every scenario; the others and each pair for a share of them.
        let decides = |without: &[String]| matches!(without, [one] if LOGS.contains(&one.as_str()));
        let thinned = removals.iter().filter(|without| decides(without) || of_share(scenario, 5));
        for without in thinned {
            let options = Options { without: without.clone(), ..Options::default() };
            let report = analyze_bundles(&scenario::render_with(scenario, &options).unwrap());
            for pair in crashes(&report) {
                let Some((_, before)) = crashes(&whole).find(|whole| same_crash(*whole, pair)) else {
                    continue;
                };
                let after = pair.1;
                let blamed =
                    before.verdict.origin == Origin::Undetermined && after.verdict.origin == Origin::GuestOs;
                if blamed || verdict_rank(after) > verdict_rank(before) {
                    misses.row([
                        scenario.name.clone(),
                        without.join(" "),
                        after.id.clone(),
                        told(before),
                        told(after),
                        after.verdict.because.clone(),
                    ]);
                }
            }
        }
    });
    misses.assert_empty("verdicts that get surer with fewer logs");
}

#[test]
fn a_clear_check_names_no_log_that_is_not_there() {
    let misses = gather(scenarios(), &["scenario", "without", "crash", "check"], |scenario, misses| {
        for without in ["hostd", "vmkernel", "shell"] {
            let options = Options { without: vec![without.to_owned()], ..Options::default() };
            let report = analyze_bundles(&scenario::render_with(scenario, &options).unwrap());
            for (_, crash) in crashes(&report) {
                for check in crash.checks.iter().filter(|check| check.result == CheckOutcome::Clear) {
                    if check.logs.is_empty() || check.logs.iter().any(|log| log == without) {
                        let what = [&scenario.name, without, &crash.id, check.id.as_str()];
                        misses.row(what.map(str::to_owned));
                    }
                }
            }
        }
    });
    misses.assert_empty("clear checks that rely on a missing log");
}

#[test]
fn without_its_folder_a_vm_has_no_crash_that_it_has_not_with_it() {
    let misses = gather(scenarios(), &["scenario", "crash", "because"], |scenario, misses| {
        let whole = analyze_bundles(&scenario::render(scenario).unwrap());
        let mut bare = scenario.clone();
        bare.vms.iter_mut().for_each(|vm| vm.no_folder = true);
        let report = analyze_bundles(&scenario::render(&bare).unwrap());
        for (vm, crash) in crashes(&report) {
            // A reset of a VM that had crashed is the recovery; who does not see the crash sees a reset.
            let recovers = crash.kind == CrashKind::VmReset
                && crash.verdict.confidence != Confidence::Confirmed
                && crashes(&whole).any(|(own, whole)| own.name == vm.name && whole.time <= crash.time);
            if !recovers && !crashes(&whole).any(|whole| same_crash(whole, (vm, crash))) {
                let told = format!("{} {} {}", crash.id, crash.kind, told(crash));
                misses.row([scenario.name.clone(), told, crash.verdict.because.clone()]);
            }
        }
    });
    misses.assert_empty("crashes that only the lack of the VM's folder makes");
}

/// A VM and a volume that have nothing to do with a scenario's own.
const STRANGERS: &str = r#"
[[volumes]]
label = "zz-elsewhere"

[[vms]]
name = "ZZ-STRANGER"
volume = "zz-elsewhere"
"#;

/// The scenarios with the strangers added.
fn with_strangers() -> Vec<Scenario> {
    let with = |scenario: &Scenario| {
        let text = std::fs::read_to_string(sample_bundles().join(format!("{}.toml", scenario.name))).unwrap();
        scenario::parse(&scenario.name, &format!("{text}\n{STRANGERS}")).unwrap()
    };
    scenarios().iter().map(with).collect()
}

fn event(at: f64, kind: EventKind, fill: impl FnOnce(&mut Event)) -> Event {
    let mut event = Event::new(at, kind);
    fill(&mut event);
    event
}

/// The crashes a scenario expects: VM, seconds from its base.
fn expected(scenario: &Scenario) -> Vec<(String, f64)> {
    let of = |expect: &scenario::Expect| Some((expect.vm.clone(), expect.at?));
    scenario.expect.iter().filter_map(of).collect()
}

/// What may happen to the strangers shortly before a crash.
fn of_strangers(at: f64) -> Vec<(&'static str, Vec<Event>)> {
    let vm = |event: &mut Event| event.vm = "ZZ-STRANGER".to_owned();
    let volume = |event: &mut Event| event.volume = "zz-elsewhere".to_owned();
    vec![
        (
            "a bugcheck of another VM",
            vec![event(at - 30.0, EventKind::Bugcheck, |event| {
                vm(event);
                event.code = "0x1e".to_owned();
                event.args = ["0x1", "0x2", "0x3", "0x4"].map(str::to_owned).into();
            })],
        ),
        ("an NMI to another VM", vec![event(at - 20.0, EventKind::NmiManifest, vm)]),
        ("vmdumper on another VM", vec![event(at - 20.0, EventKind::VmdumperNmi, vm)]),
        (
            "an outage of another volume",
            vec![event(at - 60.0, EventKind::ApdStart, volume), event(at + 30.0, EventKind::ApdExit, volume)],
        ),
        (
            "failed I/O of another VM",
            vec![event(at - 15.0, EventKind::IoFailed, |event| {
                vm(event);
                event.text = "H:0x1 D:0x0 P:0x0".to_owned();
            })],
        ),
        (
            "a long stun of another VM",
            vec![event(at - 50.0, EventKind::Stun, |event| {
                vm(event);
                event.seconds = Some(45.0);
                event.style = "snapshot".to_owned();
            })],
        ),
        ("a failed VMX of another VM", vec![event(at - 25.0, EventKind::VmxPanic, vm)]),
        ("a reset of another VM", vec![event(at - 5.0, EventKind::OperatorReset, vm)]),
    ]
}

/// Everyday lines about the VM itself or its host, shortly before a crash.
fn everyday(name: &str, at: f64) -> Vec<(&'static str, Vec<Event>)> {
    let vm = |event: &mut Event| event.vm = name.to_owned();
    vec![
        (
            "one corrected memory error",
            vec![event(at - 200.0, EventKind::MceCorrected, |event| event.count = Some(1))],
        ),
        (
            "a latency of 31 ms",
            vec![event(at - 120.0, EventKind::Latency, |event| {
                vm(event);
                event.micros = Some(31_000);
            })],
        ),
        ("one of several paths gone", vec![event(at - 400.0, EventKind::PathDead, vm)]),
        (
            "a record of a fan",
            vec![event(at - 90.0, EventKind::Sel, |event| {
                event.text = "Assert + Fan Fully Redundant".to_owned();
                event.style = "1 (Threshold)".to_owned();
            })],
        ),
    ]
}

/// Grave things that happened to the VM itself, hours before.
fn long_past(name: &str, at: f64) -> Vec<(&'static str, Vec<Event>)> {
    let vm = |event: &mut Event| event.vm = name.to_owned();
    let hours = 5.0 * 3600.0;
    vec![
        (
            "a long stun hours before",
            vec![event(at - hours, EventKind::Stun, |event| {
                vm(event);
                event.seconds = Some(40.0);
                event.style = "snapshot".to_owned();
            })],
        ),
        ("an NMI hours before", vec![event(at - hours, EventKind::NmiManifest, vm)]),
        (
            "an outage hours before",
            vec![
                event(at - hours, EventKind::ApdStart, vm),
                event(at - hours + 70.0, EventKind::ApdExit, vm),
            ],
        ),
        (
            "failed I/O hours before",
            vec![event(at - hours, EventKind::IoFailed, |event| {
                vm(event);
                event.text = "H:0x1 D:0x0 P:0x0".to_owned();
            })],
        ),
    ]
}

/// What the verdict on a crash is made of, without its wording. When a host went down is only known as far as its
/// logs reach: every further line moves that moment, and nothing else.
fn verdict(scenario: &Scenario, report: &Report) -> Vec<String> {
    let own = |name: &String| scenario.vms.iter().any(|vm| vm.name == *name) && name != "ZZ-STRANGER";
    let names: Vec<&String> = scenario.vms.iter().map(|vm| &vm.name).filter(|name| own(name)).collect();
    crashes(report)
        .filter(|(vm, _)| names.iter().any(|name| is_named(vm, name)))
        .map(|(vm, crash)| {
            let verdict = &crash.verdict;
            let leaning = verdict.leaning.map_or("", |origin| origin.as_str());
            let id = if crash.kind == CrashKind::HostDown { vm.name.as_ref() } else { Some(&crash.id) };
            format!("{} {id:?} {} {leaning} {:?}", crash.kind, told(crash), verdict.missing)
        })
        .collect()
}

/// Adds events to every scenario and compares the verdicts on its own VMs.
fn nothing_changes(what: &str, added: impl Fn(&str, f64) -> Vec<(&'static str, Vec<Event>)> + Sync) {
    let misses = gather(&with_strangers(), &["scenario", "added", "before", "after"], |scenario, misses| {
        let before = verdict(scenario, &analyze_bundles(&scenario::render(scenario).unwrap()));
        let Some((vm, at)) = expected(scenario).into_iter().next() else { return };
        for (nth, (name, extra)) in added(&vm, at).into_iter().enumerate() {
            if !of_share_from(scenario, 3, nth) {
                continue;
            }
            let options = Options { extra, ..Options::default() };
            let bundles = scenario::render_with(scenario, &options).unwrap();
            let after = verdict(scenario, &analyze_bundles(&bundles));
            if before != after {
                let lost: Vec<_> = before.iter().filter(|one| !after.contains(one)).cloned().collect();
                let new: Vec<_> = after.iter().filter(|one| !before.contains(one)).cloned().collect();
                misses.row([scenario.name.clone(), name.to_owned(), lost.join("; "), new.join("; ")]);
            }
        }
    });
    misses.assert_empty(what);
}

#[test]
fn what_happens_to_others_changes_no_verdict() {
    nothing_changes("verdicts changed by what happened to others", |_, at| of_strangers(at));
}

#[test]
fn everyday_lines_change_no_verdict() {
    nothing_changes("verdicts changed by everyday lines", everyday);
}

#[test]
fn what_is_long_past_changes_no_verdict() {
    nothing_changes("verdicts changed by what is long past", long_past);
}
