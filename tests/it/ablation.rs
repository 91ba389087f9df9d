//! Each row and each cap of the method does something: taken out, it takes verdicts of sample bundles along.

use super::support::{archives, rules, scenarios};
use std::collections::BTreeMap;
use std::sync::Arc;
use vmcoroner::Options;
use vmcoroner::internals::progress::Silent;
use vmcoroner::internals::report::model::Report;
use vmcoroner::internals::verdict::Method;

/// What a report says of each crash, without its words.
fn verdicts(report: &Report) -> Vec<String> {
    let crashes = report.vms.iter().flat_map(|vm| &vm.crashes);
    crashes
        .map(|crash| {
            let own = &crash.verdict;
            let rivals: Vec<_> = crash.rivals.iter().map(|rival| rival.origin).collect();
            let evidence: Vec<_> =
                crash.evidence.iter().map(|own| (&own.rule, own.line, own.strength)).collect();
            format!(
                "{} {} {} {:?} {:?} {rivals:?} {evidence:?}",
                crash.id, own.origin, own.confidence, own.leaning, own.missing
            )
        })
        .collect()
}

/// The verdicts of each scenario, decided by this method.
fn decided(method: Method) -> BTreeMap<&'static str, Vec<String>> {
    let mut options = Options::new(rules());
    options.threads = vmcoroner::Threads::Exactly(1);
    options.method = Arc::new(method);
    let one = |scenario: &'static scenario::Scenario| {
        let report = vmcoroner::analyze(&archives(scenario), &options, &Silent).unwrap();
        (scenario.name.as_str(), verdicts(&report))
    };
    scenarios().iter().map(one).collect()
}

#[test]
fn each_row_and_each_cap_taken_out_takes_a_scenario_along() {
    let whole = Method::default();
    let expected = decided(whole.clone());
    let mut idle = Vec::new();
    let mut check = |name: String, method: Method| {
        let got = decided(method);
        let failing: Vec<&str> = expected
            .iter()
            .filter(|(name, own)| got.get(*name) != Some(own))
            .map(|(name, _)| *name)
            .collect();
        println!("{name} → {}", failing.join(", "));
        if failing.is_empty() {
            idle.push(name);
        }
    };
    for at in 0..whole.rows.len() {
        let mut method = whole.clone();
        let row = method.rows.remove(at);
        check(format!("row {:?}", row.name), method);
    }
    for at in 0..whole.caps.len() {
        let mut method = whole.clone();
        let cap = method.caps.remove(at);
        check(format!("cap {}", cap.name), method);
    }
    assert!(idle.is_empty(), "no scenario needs {idle:?}");
}
