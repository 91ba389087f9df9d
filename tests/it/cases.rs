//! The rules against several hundred excerpts that people who know said the cause of.

use super::support::cases::{Case, load};
use super::support::decisive::{self, Standing, standing};
use super::support::table::Table;
use super::support::{cases_folder, rules, skipped};
use std::collections::BTreeMap;
use vmcoroner::internals::log::LogKind;
use vmcoroner::internals::rules::{Compiled, Fact, Filter, Part, RuleId};
use vmcoroner::internals::scan::Scanner;
use vmcoroner::internals::terms::{CrashKind, Origin, Strength};

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

/// What the contract says of an origin, and when the lines of a case are of that kind, whatever their label.
type Clause = (Origin, &'static str, fn(&Case, &[Fired<'_>]) -> bool);

/// Origins that the contract gives to what the lines show. A label may name what lay behind it and is not in the lines.
const CONTRACT: &[Clause] = &[
    (Origin::HostFailure, "the host went down: PSOD, power loss, forced reboot", |_, fired| {
        fired.iter().any(|one| one.rule.rule.crash == Some(CrashKind::HostDown))
    }),
    (Origin::HostHardware, "host memory or CPU error: … SEL event", |case, _| {
        case.kinds() == [LogKind::Sel]
    }),
    (Origin::Resource, "out of memory, swap, heap or datastore space", |case, _| {
        let text = case.text();
        text.contains("No space left on device") || text.contains("already at its maximum size")
    }),
    (Origin::Storage, "the VM's storage: … NFS or vSAN inaccessible", |case, _| {
        case.text().contains("datastore was inaccessible")
    }),
];

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
fn fired<'a>(case: &Case, rules: &'a vmcoroner::internals::rules::RuleSet) -> Vec<Fired<'a>> {
    let text = case.text();
    let mut best: BTreeMap<RuleId, Fired<'a>> = BTreeMap::new();
    for kind in case.kinds() {
        let filter = Filter::new(rules, kind);
        let scanner = Scanner {
            rules,
            filter: filter.as_ref(),
            kind,
            reference: 1_900_000_000_000,
            line_limit: vmcoroner::internals::scan::MAX_LINE_BYTES,
        };
        let hits = scanner.scan(text.as_bytes(), text.len()).hits;
        let mut times: BTreeMap<RuleId, u64> = BTreeMap::new();
        for hit in &hits {
            *times.entry(hit.rule).or_default() += hit.count;
        }
        for hit in &hits {
            let rule = &rules[hit.rule];
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

fn first_line(case: &Case) -> String {
    case.text().lines().next().unwrap_or_default().to_owned()
}

/// The origins that say the same as a case's label.
fn labelled(case: &Case) -> &'static [Origin] {
    let label = LABELS.iter().find(|(label, _)| *label == case.origin_label);
    label.unwrap_or_else(|| panic!("{}: unknown label {}", case.id, case.origin_label)).1
}

/// Those, and the ones that the contract gives to the lines.
fn wanted(case: &Case, fired: &[Fired<'_>]) -> Vec<Origin> {
    let contract = CONTRACT.iter().filter(|(.., applies)| applies(case, fired)).map(|(origin, ..)| *origin);
    labelled(case).iter().copied().chain(contract).collect()
}

/// Whether the strongest of the rules that fired say one of these origins.
fn supported(wanted: &[Origin], fired: &[Fired<'_>]) -> bool {
    let strongest =
        fired.iter().filter(|one| one.rule.rule.origin.is_some()).filter_map(|one| one.strength).max();
    let says = |one: &Fired<'_>| one.rule.rule.origin.is_some_and(|origin| wanted.contains(&origin));
    let said = strongest.is_some() && fired.iter().any(|one| one.strength == strongest && says(one));
    said || wanted.iter().any(|origin| drawn(*origin, fired, strongest))
}

/// Whether a verdict draws this origin from lines that are no evidence for any: facts, operations, the crash itself.
fn drawn(origin: Origin, fired: &[Fired<'_>], strongest: Option<Strength>) -> bool {
    let fact = |fact: Fact| fired.iter().any(|one| one.rule.rule.fact == Some(fact));
    match origin {
        // A boot that nothing announced is the first row of the decision table: it beats all evidence.
        Origin::HostFailure => fact(Fact::HostBoot) && !fact(Fact::HostStopPlanned),
        // Who acts on purpose leaves an operation, or the fact that a stop was planned.
        Origin::Operator => {
            let acts =
                fact(Fact::HostStopPlanned) || fired.iter().any(|one| one.rule.rule.operation.is_some());
            acts && strongest < Some(Strength::Moderate)
        }
        // What the guest reports or asks for is of its own making until something else is found.
        Origin::GuestOs => {
            let crash = fired.iter().any(|one| one.rule.rule.crash.is_some());
            (crash || fact(Fact::GuestAsked)) && strongest.is_none()
        }
        _ => false,
    }
}

/// All cases by how they stand, with the words by which they say so.
fn sorted_out(cases: &[Case]) -> BTreeMap<Standing, Vec<(&Case, String)>> {
    let mut sorted: BTreeMap<Standing, Vec<(&Case, String)>> = BTreeMap::new();
    for case in cases {
        let (standing, words) = standing(case);
        sorted.entry(standing).or_default().push((case, words));
    }
    sorted
}

#[test]
fn the_strongest_rule_says_what_the_label_says() {
    let Some(folder) = cases_folder() else { return skipped("cases") };
    let (rules, cases) = (rules(), load(&folder));
    let sorted = sorted_out(&cases);
    let mut out = Table::new(&["cases", "right", "standing", "which"]);
    let mut misses = Table::new(&["id", "label", "log", "fired", "first line"]);
    let (mut all, mut all_right, mut by_label) = (0, 0, 0);
    let (mut decisive, mut right) = (0, 0);
    for (standing, cases) in sorted {
        let mut hits = 0;
        let mut which = Vec::new();
        for (case, words) in &cases {
            if standing == Standing::Causeless {
                continue;
            }
            let fired = fired(case, &rules);
            let hit = supported(&wanted(case, &fired), &fired);
            by_label += usize::from(supported(labelled(case), &fired));
            hits += usize::from(hit);
            which.push(format!("{}{} ({words})", if hit { "" } else { "!" }, case.id));
            if standing == Standing::Decisive && !hit {
                let label = case.origin_label.clone();
                misses.row([case.id.clone(), label, case.log_file.clone(), shown(&fired), first_line(case)]);
            }
        }
        match standing {
            Standing::Causeless | Standing::NoLine => {}
            _ => (all, all_right) = (all + cases.len(), all_right + hits),
        }
        if standing == Standing::Decisive {
            (decisive, right) = (cases.len(), hits);
            which.clear();
        }
        out.row([cases.len().to_string(), hits.to_string(), standing.title().to_owned(), String::new()]);
        for some in which.chunks(4) {
            out.row([String::new(), String::new(), String::new(), some.join(", ")]);
        }
    }
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    let (raw, share) = (percent(all_right, all), percent(right, decisive));
    println!("{}", out.text());
    println!(
        "{all_right} of all {all} cases with a cause and a line: {raw:.1} %, {by_label} of them by the label alone"
    );
    println!("{right} of {decisive} decisive cases: {share:.1} %\n{}", misses.text());
    assert!(decisive > 120, "only {decisive} decisive cases");
    assert!(share >= 95.0, "only {share:.1} % of the decisive cases are supported\n{}", misses.text());
    assert!(raw >= 80.0, "only {raw:.1} % of all cases are supported");
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
            misses.row([case.id.clone(), shown(&fired), first_line(case)]);
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
    for case in &load(&folder) {
        let (standing, _) = standing(case);
        if standing == Standing::Decisive || case.origin_label == "benign" {
            continue;
        }
        let fired = fired(case, &rules);
        // Lines of several origins in one case are not decided by one of them alone.
        let right = if standing == Standing::Causeless { Vec::new() } else { wanted(case, &fired) };
        if supported(&right, &fired) {
            continue;
        }
        let wrong = |one: &&Fired<'_>| {
            let other = one.rule.rule.origin.is_some_and(|origin| !right.contains(&origin));
            other && one.alone == Some(Strength::Decisive)
        };
        if fired.iter().any(|one| wrong(&one)) {
            misses.row([case.id.clone(), shown(&fired), first_line(case)]);
        }
    }
    misses.assert_empty("undecided cases that are decided");
}

#[test]
fn every_word_that_takes_cases_out_is_said() {
    let Some(folder) = cases_folder() else { return skipped("cases") };
    let unused = decisive::unused(&load(&folder));
    assert!(unused.is_empty(), "no case says: {unused:?}");
}

#[test]
fn a_reset_by_the_guest_is_an_operation_and_no_crash() {
    let Some(folder) = cases_folder() else { return skipped("cases") };
    let rules = rules();
    let mut misses = Table::new(&["id", "log", "fired", "first line"]);
    for case in load(&folder).iter().filter(|case| case.origin_label == "guest-reset") {
        let fired = fired(case, &rules);
        let told = case.lines.is_empty() || !fired.is_empty();
        // A consequence that all ends of a VM share becomes a crash only where nothing tells of another end, and halted
        // CPUs only where no orderly stop came before: a case of one line does not show it.
        let makes = |one: &Fired<'_>| {
            let rule = &one.rule.rule;
            let depends = rule.part == Some(Part::Consequence) || rule.fact == Some(Fact::CpusHalted);
            rule.crash.is_some() && !depends
        };
        let crash = fired.iter().any(makes);
        let blamed =
            fired.iter().any(|one| one.rule.rule.origin.is_some() && one.alone >= Some(Strength::Strong));
        if !told || crash || blamed {
            misses.row([case.id.clone(), case.log_file.clone(), shown(&fired), first_line(case)]);
        }
    }
    misses.assert_empty("resets by the guest that are taken for something else");
}
