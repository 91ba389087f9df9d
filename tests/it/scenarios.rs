//! Every sample bundle leads to the verdicts that its scenario tells.

use super::support::table::Table;
use super::support::{archives, committed, crash_millis, crashes, host_name, is_named, scenarios};
use scenario::{Expect, Scenario, iso};
use vmcoroner::internals::report::model::{Crash, InputState, Report, Vm};

#[test]
fn the_committed_archives_are_what_the_scenarios_give() {
    for scenario in scenarios() {
        let bundles = scenario::render(scenario).unwrap();
        let paths = archives(scenario);
        assert_eq!(bundles.len(), paths.len(), "{}", scenario.name);
        for (bundle, path) in bundles.iter().zip(&paths) {
            let stored = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(stored == bundle.bytes, "{} differs from its scenario", bundle.file_name);
        }
    }
}

#[test]
fn every_sample_leads_to_the_expected_verdicts() {
    let mut misses = Table::new(&["scenario", "vm", "what", "expected", "got", "because"]);
    for scenario in scenarios() {
        let mut look = Look { scenario, report: committed(scenario), misses: &mut misses };
        look.inputs();
        look.counts();
        look.verdicts();
        look.operations();
    }
    misses.assert_empty("misses of the sample bundles");
}

/// One scenario and what came of it.
struct Look<'a> {
    scenario: &'a Scenario,
    report: Report,
    misses: &'a mut Table,
}

impl Look<'_> {
    fn miss(&mut self, vm: &str, what: &str, expected: impl ToString, got: impl ToString, because: &str) {
        let cells = [self.scenario.name.clone(), vm.into(), what.into()];
        let [name, vm, what] = cells;
        self.misses.row([name, vm, what, expected.to_string(), got.to_string(), because.to_owned()]);
    }

    /// Everything was read, without a remark, and nearly every line was understood.
    fn inputs(&mut self) {
        let report = self.report.clone();
        for input in &report.inputs {
            if input.state != InputState::Complete {
                self.miss("", "input state", "complete", input.state, "");
            }
            // A log without year and zone is remarked upon.
            let remarked = self.scenario.hosts.iter().any(|host| !host.traditional.is_empty());
            if input.notes.is_empty() == remarked {
                let expected = if remarked { "a remark" } else { "none" };
                self.miss("", "input notes", expected, input.notes.join("; "), "");
            }
        }
        let given = self.scenario.hosts.iter().filter(|host| host.collected).count();
        if report.hosts.len() != given {
            self.miss("", "hosts", given, report.hosts.len(), "");
        }
        for host in &report.hosts {
            for log in host.logs.iter().filter(|log| log.understood.is_some_and(|share| share < 0.99)) {
                self.miss("", "understood", ">= 0.99", format!("{} {:?}", log.log, log.understood), "");
            }
        }
        for vm in report.vms.iter().filter(|vm| vm.logs.understood.is_some_and(|share| share < 0.99)) {
            let name = vm.name.clone().unwrap_or_default();
            self.miss(&name, "understood", ">= 0.99", format!("vmware {:?}", vm.logs.understood), "");
        }
    }

    /// The VMs have as many crashes as expected, VMs that are not named have none.
    fn counts(&mut self) {
        let report = self.report.clone();
        for expect in &self.scenario.expect {
            let Some(wanted) = expect.crashes else { continue };
            let found: Vec<String> = crashes(&report)
                .filter(|(vm, _)| is_named(vm, &expect.vm))
                .map(|(vm, crash)| told(&report, vm, crash))
                .collect();
            if found.len() as u64 != wanted {
                self.miss(&expect.vm, "crashes", wanted, found.join("; "), &expect.because);
            }
            if wanted == 0 && !report.vms.iter().any(|vm| is_named(vm, &expect.vm)) {
                self.miss(&expect.vm, "vm", "listed", "not in the report", "");
            }
        }
        for (vm, crash) in crashes(&report) {
            if !self.scenario.expect.iter().any(|expect| is_named(vm, &expect.vm)) {
                let name = vm.name.clone().unwrap_or_default();
                self.miss(&name, "crashes", "none, the VM is not named", told(&report, vm, crash), "");
            }
        }
    }

    fn verdicts(&mut self) {
        let report = self.report.clone();
        for expect in &self.scenario.expect {
            let Some(time) = expect.time else { continue };
            // The crash of the VM that lies nearest.
            let nearest = crashes(&report)
                .filter(|(vm, _)| is_named(vm, &expect.vm))
                .filter(|(vm, _)| expect.host.is_empty() || host_name(&report, vm) == Some(&expect.host))
                .min_by_key(|(_, crash)| (crash_millis(crash) - time).abs());
            match nearest {
                Some((vm, crash)) => self.verdict(expect, time, vm, crash),
                None => self.miss(&expect.vm, "crash", iso(time), "none", &expect.because),
            }
        }
    }

    fn verdict(&mut self, expect: &Expect, time: i64, vm: &Vm, crash: &Crash) {
        let ran_on = crash.host_name.as_deref().unwrap_or_default();
        if !expect.ran_on.is_empty() && expect.ran_on != ran_on {
            self.miss(&expect.vm, "ran on", &expect.ran_on, ran_on, &expect.because);
        }
        if expect.count.is_some_and(|count| count != crash.count) {
            self.miss(&expect.vm, "count", expect.count.unwrap_or(1), crash.count, &expect.because);
        }
        let off = (crash_millis(crash) - time).abs() as f64 / 1000.0;
        if off > expect.within {
            self.miss(
                &expect.vm,
                "time",
                iso(time),
                crash.time.map(|time| time.to_string()).unwrap_or_default(),
                "",
            );
        }
        let verdict = &crash.verdict;
        let because = &verdict.because;
        let one_of = |allowed: &scenario::OneOrMany| allowed.values().join(" | ");
        if !expect.kind.allows(crash.kind.as_str()) {
            self.miss(&expect.vm, "kind", one_of(&expect.kind), crash.kind, because);
        }
        if !expect.origin.allows(verdict.origin.as_str()) {
            self.miss(&expect.vm, "origin", one_of(&expect.origin), verdict.origin, because);
        } else if !expect.confidence.allows(verdict.confidence.as_str()) {
            self.miss(&expect.vm, "confidence", one_of(&expect.confidence), verdict.confidence, because);
        }
        if let Some(leaning) = &expect.leaning {
            let got = verdict.leaning.map_or("none", |origin| origin.as_str());
            if got != leaning {
                self.miss(&expect.vm, "leaning", leaning, got, because);
            }
        }
        if let Some(missing) = &expect.missing
            && sorted(missing) != sorted(&verdict.missing)
        {
            self.miss(&expect.vm, "missing", missing.join(" "), verdict.missing.join(" "), because);
        }
        if let Some(code) = &expect.code {
            let got = crash.bugcheck.as_ref().map_or("none", |bugcheck| bugcheck.code.as_str());
            if got != code {
                self.miss(&expect.vm, "code", code, got, because);
            }
        }
        if !expect.args.is_empty() {
            let args = crash.bugcheck.as_ref().map(|bugcheck| bugcheck.args.clone()).unwrap_or_default();
            let got: Vec<String> = args.into_iter().map(Option::unwrap_or_default).collect();
            if got != expect.args {
                self.miss(&expect.vm, "args", expect.args.join(" "), got.join(" "), because);
            }
        }
        let host = host_name(&self.report, vm).unwrap_or_default().to_owned();
        if !expect.host.is_empty() && host != expect.host {
            self.miss(&expect.vm, "host", &expect.host, host, because);
        }
    }

    fn operations(&mut self) {
        let report = self.report.clone();
        for expect in &self.scenario.expect_operation {
            let time = expect.at.map(|at| self.scenario.time(at));
            let of_vm: Vec<_> = report
                .vms
                .iter()
                .filter(|vm| is_named(vm, &expect.vm))
                .flat_map(|vm| &vm.operations)
                .collect();
            let found = of_vm.iter().any(|operation| {
                let in_time = match (time, &operation.time) {
                    (Some(time), Some(got)) => (got.ms() - time).abs() as f64 <= expect.within * 1000.0,
                    (Some(_), None) => false,
                    (None, _) => true,
                };
                in_time && expect.kind.allows(&operation.kind)
            });
            if !found {
                let wanted =
                    format!("{} at {}", expect.kind.values().join(" | "), time.map_or_else(String::new, iso));
                let got: Vec<String> = of_vm
                    .iter()
                    .map(|operation| {
                        format!(
                            "{} {}",
                            operation.kind,
                            operation.time.map(|time| time.to_string()).unwrap_or_default()
                        )
                    })
                    .collect();
                self.miss(&expect.vm, "operation", wanted, got.join("; "), "");
            }
        }
    }
}

fn told(report: &Report, vm: &Vm, crash: &Crash) -> String {
    let time = crash.time.map_or_else(|| "?".to_owned(), |time| time.to_string());
    format!("{} {time} {} on {}", crash.kind, crash.verdict.origin, host_name(report, vm).unwrap_or("?"))
}

fn sorted(words: &[String]) -> Vec<String> {
    let mut words = words.to_vec();
    words.sort();
    words
}
