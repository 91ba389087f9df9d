//! The rules against several hundred excerpts that people who know said the cause of.

use super::support::cases::{Case, load};
use super::support::table::Table;
use super::support::{cases_folder, rules, skipped};
use std::collections::BTreeMap;
use vmcoroner::log::LogKind;
use vmcoroner::rules::{Compiled, Filter};
use vmcoroner::scan::Scanner;
use vmcoroner::terms::{Origin, Strength};

/// Labels of the cases and the origins of the contract that say the same.
const LABELS: &[(&str, &[Origin])] = &[
    ("guest-os", &[Origin::GuestOs]),
    ("admin-nmi", &[Origin::AdminNmi]),
    ("vmx-fault", &[Origin::Hypervisor]),
    ("vmm-fault", &[Origin::Hypervisor]),
    ("virtual-device", &[Origin::VirtualDevice]),
    ("storage", &[Origin::Storage]),
    ("host-memory", &[Origin::HostHardware]),
    ("host-cpu", &[Origin::HostHardware]),
    ("snapshot-stun", &[Origin::Stun]),
    ("resource", &[Origin::Resource]),
    ("host-failure", &[Origin::HostFailure]),
    ("ha-reset", &[Origin::HaReset]),
    ("admin-reset", &[Origin::Operator]),
];

/// Labels that name no cause of a crash.
const CAUSELESS: &[&str] = &["undetermined", "benign", "guest-reset"];

/// Cases whose lines show, on the level of the host, another origin that is as right: id, origin, why.
const SAME: &[(&str, Origin, &str)] = &[];

/// A rule that matched a line of a case.
struct Fired<'a> {
    rule: &'a Compiled,
    /// Its strength once it has come as often as it must.
    strength: Option<Strength>,
    /// Its strength with the lines of the case alone.
    alone: Option<Strength>,
}

impl Fired<'_> {
    fn shown(&self) -> String {
        let origin = self.rule.rule.origin.map_or("-", |origin| origin.as_str());
        let strength = self.alone.map_or("-", |strength| strength.as_str());
        format!("{} ({origin} {strength})", self.rule.rule.id)
    }
}

/// The rules that fired, each once with its best strength.
fn fired<'a>(case: &Case, rules: &'a vmcoroner::rules::RuleSet) -> Vec<Fired<'a>> {
    let text = case.text();
    let mut best: BTreeMap<usize, Fired<'a>> = BTreeMap::new();
    for kind in case.kinds() {
        let filter = Filter::new(rules, kind);
        let scanner = Scanner { rules, filter: filter.as_ref(), kind, reference: 1_900_000_000_000 };
        let hits = scanner.scan(text.as_bytes(), text.len()).hits;
        let mut times: BTreeMap<usize, u64> = BTreeMap::new();
        for hit in &hits {
            *times.entry(hit.rule).or_default() += hit.count;
        }
        for hit in &hits {
            let rule = &rules.rules()[hit.rule];
            let strength = rule.strength_of(&hit.captures);
            let alone = match &rule.rule.count {
                Some(count) if times[&hit.rule] < u64::from(count.at_least) => count.below,
                _ => strength,
            };
            let new = Fired { rule, strength, alone };
            match best.get(&hit.rule) {
                Some(old) if (old.alone, old.strength) >= (alone, strength) => {}
                _ => drop(best.insert(hit.rule, new)),
            }
        }
    }
    best.into_values().collect()
}

fn shown(fired: &[Fired<'_>]) -> String {
    let all: Vec<String> = fired.iter().map(Fired::shown).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}

/// The origins that say the same as a case's label.
fn wanted(case: &Case) -> Vec<Origin> {
    let label = LABELS.iter().find(|(label, _)| *label == case.origin_label);
    let (_, origins) = label.unwrap_or_else(|| panic!("{}: unknown label {}", case.id, case.origin_label));
    let same = SAME.iter().filter(|(id, ..)| *id == case.id).map(|(_, origin, _)| *origin);
    origins.iter().copied().chain(same).collect()
}

/// Whether the strongest of the rules that fired say what the label says.
fn supported(case: &Case, fired: &[Fired<'_>]) -> bool {
    let wanted = wanted(case);
    let strongest = fired.iter().filter(|one| one.rule.rule.origin.is_some()).filter_map(|one| one.strength).max();
    let says = |one: &Fired<'_>| one.rule.rule.origin.is_some_and(|origin| wanted.contains(&origin));
    match strongest {
        Some(strongest) => fired.iter().any(|one| one.strength == Some(strongest) && says(one)),
        // A report of the guest is a crash of its own making until something else is found.
        None => wanted.contains(&Origin::GuestOs) && fired.iter().any(|one| one.rule.rule.crash.is_some()),
    }
}

#[test]
fn the_strongest_rule_says_what_the_label_says() {
    let Some(folder) = cases_folder() else { return skipped("cases") };
    let rules = rules();
    let mut misses = Table::new(&["id", "label", "log", "fired", "first line"]);
    let mut decisive = 0;
    for case in load(&folder) {
        if case.lines.is_empty() || CAUSELESS.contains(&case.origin_label.as_str()) {
            continue;
        }
        decisive += 1;
        let fired = fired(&case, &rules);
        if !supported(&case, &fired) {
            let first = case.text().lines().next().unwrap_or_default().to_owned();
            misses.row([case.id.clone(), case.origin_label.clone(), case.log_file.clone(), shown(&fired), first]);
        }
    }
    println!("{} of {decisive} decisive cases missed\n{}", misses.len(), misses.text());
    assert!(decisive > 150, "only {decisive} decisive cases");
    let share = 1.0 - misses.len() as f64 / f64::from(decisive);
    assert!(share >= 0.95, "only {:.1} % of the decisive cases are supported\n{}", share * 100.0, misses.text());
}

#[test]
fn nothing_benign_is_evidence() {
    let Some(folder) = cases_folder() else { return skipped("cases") };
    let rules = rules();
    let mut misses = Table::new(&["id", "fired", "first line"]);
    let mut benign = 0;
    for case in load(&folder).iter().filter(|case| case.origin_label == "benign" && !case.lines.is_empty()) {
        benign += 1;
        let mut fired = fired(case, &rules);
        fired.retain(|one| one.rule.rule.origin.is_some() && one.alone >= Some(Strength::Moderate));
        if !fired.is_empty() {
            misses.row([case.id.clone(), shown(&fired), case.text().lines().next().unwrap_or_default().to_owned()]);
        }
    }
    assert!(benign > 50, "only {benign} benign cases");
    misses.assert_empty("benign cases that give evidence");
}

#[test]
fn what_cannot_be_decided_is_not_decided() {
    let Some(folder) = cases_folder() else { return skipped("cases") };
    let rules = rules();
    let mut misses = Table::new(&["id", "fired", "first line"]);
    for case in load(&folder).iter().filter(|case| case.origin_label == "undetermined") {
        let mut fired = fired(case, &rules);
        fired.retain(|one| one.rule.rule.origin.is_some() && one.alone == Some(Strength::Decisive));
        if !fired.is_empty() {
            misses.row([case.id.clone(), shown(&fired), case.text().lines().next().unwrap_or_default().to_owned()]);
        }
    }
    misses.assert_empty("undetermined cases that are decided");
}

#[test]
fn a_reset_by_the_guest_is_an_operation_and_no_crash() {
    let Some(folder) = cases_folder() else { return skipped("cases") };
    let rules = rules();
    let mut misses = Table::new(&["id", "log", "fired", "first line"]);
    for case in load(&folder).iter().filter(|case| case.origin_label == "guest-reset") {
        let fired = fired(case, &rules);
        let known = fired.iter().any(|one| one.rule.rule.operation.is_some() || one.rule.rule.fact.is_some());
        let crash = fired.iter().any(|one| one.rule.rule.crash.is_some());
        let blamed = fired.iter().any(|one| one.rule.rule.origin.is_some() && one.alone >= Some(Strength::Strong));
        if !known || crash || blamed {
            let first = case.text().lines().next().unwrap_or_default().to_owned();
            misses.row([case.id.clone(), case.log_file.clone(), shown(&fired), first]);
        }
    }
    misses.assert_empty("resets by the guest that are taken for something else");
}
