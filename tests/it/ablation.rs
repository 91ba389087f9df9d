//! Each row and each cap of the method does something: taken out, it takes verdicts of sample bundles along.

use super::support::{archives, rules, scenarios};
use rayon::prelude::*;
use scenario::Scenario;
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

/// The verdicts of a scenario, decided by this method.
fn decided(scenario: &Scenario, method: &Method) -> Vec<String> {
    let mut options = Options::new(rules());
    options.threads = vmcoroner::Threads::Exactly(1);
    options.method = Arc::new(method.clone());
    verdicts(&vmcoroner::analyze(&archives(scenario), &options, &Silent).unwrap())
}

#[test]
fn each_row_and_each_cap_taken_out_takes_a_scenario_along() {
    let whole = Method::default();
    let expected: Vec<(&Scenario, Vec<String>)> =
        scenarios().par_iter().map(|scenario| (scenario, decided(scenario, &whole))).collect();
    let rows = (0..whole.rows.len()).map(|at| {
        let mut method = whole.clone();
        let row = method.rows.remove(at);
        (format!("row {:?}", row.name), method)
    });
    let caps = (0..whole.caps.len()).map(|at| {
        let mut method = whole.clone();
        let cap = method.caps.remove(at);
        (format!("cap {}", cap.name), method)
    });
    let mut idle = Vec::new();
    for (name, method) in rows.chain(caps) {
        let needs = |(scenario, own): &&(&Scenario, Vec<String>)| decided(scenario, &method) != *own;
        match expected.par_iter().find_any(needs) {
            Some((scenario, _)) => println!("{name} → {}", scenario.name),
            None => idle.push(name),
        }
    }
    assert!(idle.is_empty(), "no scenario needs {idle:?}");
}
