//! Silence is not innocence: a hole, a moved VM or a missing bundle never makes a verdict surer, and the sentence that
//! clears the host stands only where every log that it rests on covers the whole window.

use super::support::table::Table;
use super::support::{
    Folder, analyze, analyze_bundles, committed, crash_millis, crashes, gather, same_crash, scenario_named,
    scenarios, verdict_rank,
};
use scenario::{EventKind, Host, Options, Reach, Scenario};
use std::io::Read;
use vmcoroner::internals::report::model::{Crash, CrashKind, Origin, Report, Vm};

/// What the program says where it puts a crash down to the guest.
const CLEARS_THE_HOST: &str = "cover the moment and show no cause on the host";

/// The longest that a gap may take of a window.
const MIN_GAP_SHARE_MS: i64 = 60_000;

fn told(crash: &Crash) -> String {
    format!("{} {}", crash.verdict.origin, crash.verdict.confidence)
}

/// Whether a verdict with less to go by claims more: an origin where there was none, or more confidence.
fn claims_more(before: &Crash, after: &Crash) -> bool {
    let blamed =
        before.verdict.origin == Origin::Undetermined && after.verdict.origin != Origin::Undetermined;
    blamed || verdict_rank(after) > verdict_rank(before)
}

#[test]
fn a_hole_in_a_log_never_makes_a_verdict_surer() {
    let heads = ["scenario", "log", "minutes", "crash", "whole", "with the hole", "because"];
    let misses = gather(scenarios(), &heads, |scenario, misses| {
        let Some(at) = scenario.expect.iter().find_map(|expect| expect.at) else { return };
        let place = scenarios().iter().position(|own| own.name == scenario.name).unwrap();
        // The samples are thinned; a real host writes a line every half minute and more.
        let dense = Scenario { density: 8, ..scenario.clone() };
        let whole = analyze_bundles(&scenario::render(&dense).unwrap());
        for log in ["hostd", "vmkernel"] {
            if scenario.hosts.iter().any(|host| host.logs.contains_key(log)) {
                continue;
            }
            for (nth, minutes) in [12_i64, 25, 59, 180, 700].into_iter().enumerate() {
                // Two lengths for each scenario, in turn.
                if !(place + nth).is_multiple_of(3) {
                    continue;
                }
                let mut holed = dense.clone();
                // Most of the hole lies before the crash, as where a log was lost.
                let span = |minute: f64| format!("{}s", (at + minute * 60.0) as i64);
                let hole = [span(-(minutes as f64) * 0.9), span(minutes as f64 * 0.1)];
                for host in &mut holed.hosts {
                    host.logs.insert(log.to_owned(), Reach { hole: Some(hole.clone()), ..Reach::default() });
                }
                let report = analyze_bundles(&scenario::render(&holed).unwrap());
                for pair in crashes(&report) {
                    let Some((_, before)) = crashes(&whole).find(|own| same_crash(*own, pair)) else {
                        continue;
                    };
                    if claims_more(before, pair.1) {
                        misses.row([
                            scenario.name.clone(),
                            log.to_owned(),
                            minutes.to_string(),
                            pair.1.id.clone(),
                            told(before),
                            told(pair.1),
                            pair.1.verdict.because.clone(),
                        ]);
                    }
                }
            }
        }
    });
    misses.assert_empty("verdicts that a hole makes surer");
}

/// Seconds before the crash at which the VM moves.
const MOVES_AT: f64 = -20.0;

/// The scenario with its VM on another host until shortly before the crash; which of the bundles are given.
fn split(scenario: &Scenario, vm: &str, given: [bool; 2]) -> Scenario {
    let mut split = scenario.clone();
    let first = split.hosts[0].name.clone();
    let second = Host {
        name: format!("second-{first}"),
        collected: given[1],
        logs: Default::default(),
        sel_ahead: None,
        ..split.hosts[0].clone()
    };
    split.hosts[0].collected = given[0];
    for event in &mut split.events {
        let of_host = event.vm.is_empty() && event.host.is_empty();
        if of_host {
            // What happens to the host is what happens to the one that the VM is on.
            event.host.clone_from(if event.at < MOVES_AT { &first } else { &second.name });
        }
    }
    let mut moves = scenario::Event::new(MOVES_AT, EventKind::Vmotion);
    moves.vm = vm.to_owned();
    moves.to.clone_from(&second.name);
    moves.seconds = Some(0.3);
    let place = split.events.iter().position(|event| event.at > MOVES_AT).unwrap_or(split.events.len());
    split.events.insert(place, moves);
    split.hosts.push(second);
    split
}

/// The only VM with a bugcheck at the base of a scenario of one host with everything there, whose cause lies before the
/// move.
fn movable(scenario: &Scenario) -> Option<&str> {
    let [host] = scenario.hosts.as_slice() else { return None };
    let plain = host.missing.is_empty() && host.logs.is_empty() && host.traditional.is_empty();
    let crash = scenario.expect.iter().find(|expect| expect.at == Some(0.0) && expect.code.is_some())?;
    let lasts = |event: &scenario::Event| event.at + event.seconds.unwrap_or_default();
    let near = |event: &scenario::Event| event.at < 0.0 && lasts(event) > MOVES_AT - 25.0;
    let clear = !scenario.events.iter().any(|event| near(event) || event.kind == EventKind::Vmotion);
    (plain && clear && crash.crashes == Some(1)).then_some(crash.vm.as_str())
}

#[test]
fn a_run_that_a_vmotion_splits_has_the_origin_of_the_whole_one() {
    let heads = ["scenario", "bundles", "whole", "split", "because"];
    let tried = std::sync::atomic::AtomicUsize::new(0);
    let misses = gather(scenarios(), &heads, |scenario, misses| {
        let Some(vm) = movable(scenario) else { return };
        tried.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let of = |report: &Report| -> Option<Crash> {
            let own = |(model, crash): &(&Vm, &Crash)| {
                model.name.as_deref() == Some(vm) && crash.kind == CrashKind::WindowsBugcheck
            };
            crashes(report).find(own).map(|(_, crash)| crash.clone())
        };
        let whole = of(&analyze_bundles(&scenario::render(scenario).unwrap())).unwrap();
        for (name, given) in
            [("both", [true, true]), ("the first", [true, false]), ("the second", [false, true])]
        {
            let bundles = scenario::render(&split(scenario, vm, given)).unwrap();
            let Some(crash) = of(&analyze_bundles(&bundles)) else { continue };
            let wrong = match given {
                // A verdict may be less sure: two hosts have to speak.
                [true, true] => crash.verdict.origin != whole.verdict.origin,
                _ => {
                    let other = crash.verdict.origin != Origin::Undetermined
                        && crash.verdict.origin != whole.verdict.origin;
                    other || claims_more(&whole, &crash) || crash.verdict.origin == Origin::GuestOs
                }
            };
            if wrong {
                misses.row([
                    scenario.name.clone(),
                    name.to_owned(),
                    told(&whole),
                    told(&crash),
                    crash.verdict.because.clone(),
                ]);
            }
        }
    });
    assert!(tried.into_inner() >= 15, "too few scenarios can be split");
    misses.assert_empty("verdicts that differ when a vMotion splits the run");
}

/// Why a log of a host does not cover the window of a crash, if it does not.
fn not_covered(report: &Report, host: &str, log: &str, crash: &Crash) -> Option<String> {
    let (from, to) = (crash_millis(crash) - 900_000, crash_millis(crash));
    let host = report.hosts.iter().find(|own| own.id == host)?;
    let Some(own) = host.logs.iter().find(|own| own.log == log) else {
        return Some(format!("{log} is not there"));
    };
    let (Some(first), Some(last)) = (own.first, own.last) else { return Some(format!("{log} has no times")) };
    if first.ms() > from || last.ms() < to {
        return Some(format!("{log} reaches from {first} to {last}"));
    }
    let gap = own.gaps.iter().find(|gap| {
        let (Some(start), Some(end)) = (gap.from, gap.to) else { return false };
        end.ms().min(to) - start.ms().max(from) > MIN_GAP_SHARE_MS
    });
    gap.map(|gap| format!("{log} has a gap from {:?} to {:?}", gap.from, gap.to))
}

#[test]
fn the_host_is_cleared_only_where_every_needed_log_covers_the_window() {
    let heads = ["scenario", "without", "crash", "why it may not"];
    let looked = std::sync::atomic::AtomicUsize::new(0);
    let look = |scenario: &Scenario, without: &str, report: &Report, misses: &mut Table| {
        for (vm, crash) in
            crashes(report).filter(|(_, crash)| crash.verdict.because.contains(CLEARS_THE_HOST))
        {
            looked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let mut why: Vec<String> = Vec::new();
            match &crash.host {
                None => why.push("the bundle of its host was not given".to_owned()),
                Some(host) => why.extend(
                    ["hostd", "vmkernel"].iter().filter_map(|log| not_covered(report, host, log, crash)),
                ),
            }
            // A VM that came within the window stood on another host before.
            let came = vm.operations.iter().any(|operation| {
                let at = operation.time.map_or(i64::MIN, |time| time.ms());
                operation.kind == "vmotion"
                    && (crash_millis(crash) - 900_000..crash_millis(crash)).contains(&at)
            });
            if came && report.hosts.len() < 2 {
                why.push("the bundle of the host that it came from was not given".to_owned());
            }
            if !crash.verdict.missing.iter().all(|log| !["hostd", "vmkernel"].contains(&log.as_str())) {
                why.push("a needed log is missing".to_owned());
            }
            for why in why {
                misses.row([scenario.name.clone(), without.to_owned(), crash.id.clone(), why]);
            }
        }
    };
    let misses = gather(scenarios(), &heads, |scenario, misses| {
        look(scenario, "", &committed(scenario), misses);
        for without in ["hostd", "vmkernel", "vobd"] {
            let options = Options { without: vec![without.to_owned()], ..Options::default() };
            let report = analyze_bundles(&scenario::render_with(scenario, &options).unwrap());
            look(scenario, without, &report, misses);
        }
    });
    assert!(looked.into_inner() >= 60, "the sentence is hardly ever said");
    misses.assert_empty("crashes that clear a host whose logs do not cover the window");
}

/// Whether a rotation that stops in the middle makes a crash, with or without what HA noted about the end of the VM.
fn crashes_of_a_cut_rotation(ha_noted: bool) -> usize {
    let bundles = scenario::render(scenario_named("planned-guest-shutdown-6.7")).unwrap();
    let [bundle] = bundles.as_slice() else { panic!("{} bundles", bundles.len()) };
    let folder = Folder::new();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bundle.bytes.as_slice()));
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        let kept = if path.ends_with("TIMECLOCK/vmware-24.log") {
            lines.get(..lines.len() * 6 / 10).unwrap().concat()
        } else if path.ends_with("/fdm.log") && !ha_noted {
            let noted = |line: &&&[u8]| String::from_utf8_lossy(line).contains("clnPwrOff=");
            lines.iter().filter(|line| !noted(line)).copied().collect::<Vec<_>>().concat()
        } else {
            bytes.clone()
        };
        if entry.header().entry_type().is_file() {
            folder.put(&path, kept);
        }
    }
    analyze(&[folder.path().join(&bundle.top_folder)]).summary.crashes as usize
}

#[test]
fn the_end_of_a_cut_log_is_no_crash_where_ha_noted_an_orderly_one() {
    assert_eq!(crashes_of_a_cut_rotation(true), 0);
    assert_eq!(crashes_of_a_cut_rotation(false), 1, "hostd alone saw it vanish");
}

#[test]
fn a_vm_in_the_bundles_of_two_hosts_has_its_crash_once_and_where_it_ran() {
    let bundles = scenario::render(scenario_named("host-psod-then-ha-elsewhere-8.0")).unwrap();
    let [first, second] = bundles.as_slice() else { panic!("{} bundles", bundles.len()) };
    let folder = Folder::new();
    // The folders of the VMs are on a shared volume: the bundle of the first host has them too.
    let mut top = String::new();
    for (bundle, only) in [(first, ""), (second, "/vmfs/")] {
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bundle.bytes.as_slice()));
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            let (own_top, rest) = path.split_once('/').unwrap();
            if top.is_empty() {
                own_top.clone_into(&mut top);
            }
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            if path.contains(only) && !rest.is_empty() && entry.header().entry_type().is_file() {
                folder.put(&format!("first/{top}/{rest}"), bytes);
            }
        }
    }
    let second = folder.put(&second.file_name, &second.bytes);
    let report = analyze(&[folder.path().join("first").join(top), second]);
    let host = report.hosts.iter().find(|host| host.name.as_deref() == Some("esx94a.lab.example")).unwrap();
    assert_eq!((report.hosts.len(), report.vms.len(), report.summary.crashes), (2, 6, 3));
    assert!(crashes(&report).all(|(vm, crash)| crash.host == Some(host.id.clone()) && vm.host == crash.host));
    let [incident] = report.incidents.as_slice() else { panic!("{} incidents", report.incidents.len()) };
    assert_eq!((incident.crashes.len(), incident.origin), (3, Origin::HostFailure));
    assert!(incident.because.starts_with("3 VMs ended when esx94a"), "{}", incident.because);
}
