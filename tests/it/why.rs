//! `rules why`: what became of a line is what the verdict kept, not a guess.

use super::support::{archives, scenario_named};
use vmcoroner::internals::terms::Strength;
use vmcoroner::internals::trace::{Outcome, Trace};
use vmcoroner::internals::verdict::caps::reason;
use vmcoroner::internals::why::trace;
use vmcoroner::{Options, Silent, Source};

fn traced(rule: &str, scenario: &str) -> Trace {
    let path = archives(scenario_named(scenario)).remove(0);
    let options = Options::builtin().unwrap();
    // Read as a stream: it is there once.
    let source = Source::reader("case.tgz", std::fs::File::open(path).unwrap());
    trace(rule, &[source], &options, &Silent).unwrap()
}

fn outcomes(rule: &str, scenario: &str) -> Vec<Outcome> {
    traced(rule, scenario).steps.into_iter().map(|step| step.outcome).collect()
}

#[test]
fn an_operation_is_no_evidence_and_says_so() {
    assert_eq!(outcomes("op.automation-reset", "operator-reset-8.0"), [Outcome::StatesOperation]);
}

#[test]
fn a_line_that_counts_says_for_what_and_how_strongly() {
    let all = outcomes("storage.pdl-sense", "storage-pdl-7.0");
    let counts = |one: &&Outcome| matches!(one, Outcome::Counts { crash, strength: Strength::Decisive, .. } if crash.contains('@'));
    assert_eq!(all.iter().filter(counts).count(), 5, "{all:?}");
    assert_eq!(all.iter().filter(|one| **one == Outcome::NoMatch).count(), 3, "{all:?}");
}

#[test]
fn a_line_that_is_left_out_has_the_sentence_of_the_cap() {
    let all = outcomes("storage.apd-start", "trap-apd-other-datastore-7.0");
    let left: Vec<&Outcome> = all.iter().filter(|one| matches!(one, Outcome::NotCounted(_))).collect();
    let [Outcome::NotCounted(reasons)] = left.as_slice() else { panic!("{all:?}") };
    assert!(reasons.iter().all(|one| one.because == reason("another-vm")), "{reasons:?}");
}

#[test]
fn a_line_outside_every_window_names_its_vm() {
    assert_eq!(
        outcomes("nmi.shell-vmdumper", "trap-nmi-hours-before-7.0u3"),
        [Outcome::NoCrash("SQL-NODE-1".to_owned())]
    );
}
