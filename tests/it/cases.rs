//! The rules against several hundred excerpts that people who know said the cause of.

use super::support::cases::{Case, load};
use super::support::table::Table;
use super::support::{cases_folder, rules, skipped};
use std::collections::BTreeMap;
use vmcoroner::rules::{Compiled, Fact, Filter, Part};
use vmcoroner::scan::{LINE_LIMIT, Scanner};
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

/// Whether the lines of a case can decide it.
fn is_decisive(case: &Case) -> bool {
    let undecided = UNDECIDED.iter().any(|(_, ids)| ids.contains(&case.id.as_str()));
    !case.lines.is_empty() && !undecided && !CAUSELESS.contains(&case.origin_label.as_str())
}

/// Cases whose lines show another origin that is as right: id, origin, why.
const SAME: &[(&str, Origin, &str)] = &[
    ("G134", Origin::Storage, "the kill for a page that could not be read in; both ids say so"),
    ("host-012", Origin::HostFailure, "the lines end in the host's own panic"),
    ("host-070", Origin::Resource, "the lines show the full heap, and no panic yet"),
    ("host-087", Origin::Storage, "HA acts, as the case notes, on lost storage"),
    ("host-139", Origin::Resource, "no space left is the contract's resource"),
    ("host-140", Origin::Resource, "no space left is the contract's resource"),
    (
        "host-148",
        Origin::HostHardware,
        "the event log names the processor; that the host ended is told elsewhere",
    ),
];

/// Cases whose lines decide nothing by themselves, as their own notes say, by reason. They must not be decided.
const UNDECIDED: &[(&str, &[&str])] = &[
    (
        "an everyday operation, shown for reference",
        &["G011", "G015", "G016", "G017", "G058", "G069", "G070", "G071", "host-162"],
    ),
    ("an orderly stop of a host or VM, which no crash follows", &["G042", "G103", "host-060"]),
    (
        "a symptom or what follows, from which nothing can be concluded",
        &[
            "G007", "G029", "G030", "G035", "G036", "G038", "G039", "host-006", "host-039", "host-045",
            "host-046",
        ],
    ),
    (
        "a few words out of a line, which several causes share",
        &["G020", "G046", "G067", "G117", "host-025", "host-146"],
    ),
    ("the guest's own report, whose cause was found elsewhere", &["G004"]),
    ("told by lines that are missing or cut off", &["G078", "host-005", "host-009", "host-049", "host-091"]),
    ("no log of a bundle", &["G091", "G092", "G093", "G111", "G112", "host-166"]),
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
fn fired<'a>(case: &Case, rules: &'a vmcoroner::rules::RuleSet) -> Vec<Fired<'a>> {
    let text = case.text();
    let mut best: BTreeMap<usize, Fired<'a>> = BTreeMap::new();
    for kind in case.kinds() {
        let filter = Filter::new(rules, kind);
        let reference = 1_900_000_000_000;
        let scanner = Scanner { rules, filter: filter.as_ref(), kind, reference, line_limit: LINE_LIMIT };
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

fn first_line(case: &Case) -> String {
    case.text().lines().next().unwrap_or_default().to_owned()
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
    let strongest =
        fired.iter().filter(|one| one.rule.rule.origin.is_some()).filter_map(|one| one.strength).max();
    let says = |one: &Fired<'_>| one.rule.rule.origin.is_some_and(|origin| wanted.contains(&origin));
    // Who acts on purpose leaves an operation, or the fact that a stop was planned.
    let acts = |one: &Fired<'_>| {
        one.rule.rule.operation.is_some() || one.rule.rule.fact == Some(Fact::HostStopPlanned)
    };
    if wanted.contains(&Origin::Operator) && fired.iter().any(acts) && strongest < Some(Strength::Moderate) {
        return true;
    }
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
    for case in load(&folder).iter().filter(|case| is_decisive(case)) {
        decisive += 1;
        let fired = fired(case, &rules);
        if !supported(case, &fired) {
            let label = case.origin_label.clone();
            misses.row([case.id.clone(), label, case.log_file.clone(), shown(&fired), first_line(case)]);
        }
    }
    println!("{} of {decisive} decisive cases missed\n{}", misses.len(), misses.text());
    assert!(decisive > 150, "only {decisive} decisive cases");
    let share = 1.0 - misses.len() as f64 / f64::from(decisive);
    assert!(
        share >= 0.95,
        "only {:.1} % of the decisive cases are supported\n{}",
        share * 100.0,
        misses.text()
    );
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
    let open = |case: &&Case| case.origin_label != "benign" && !is_decisive(case);
    for case in load(&folder).iter().filter(open) {
        let right = if CAUSELESS.contains(&case.origin_label.as_str()) { Vec::new() } else { wanted(case) };
        let mut fired = fired(case, &rules);
        fired.retain(|one| one.rule.rule.origin.is_some_and(|origin| !right.contains(&origin)));
        fired.retain(|one| one.alone == Some(Strength::Decisive));
        if !fired.is_empty() {
            misses.row([case.id.clone(), shown(&fired), first_line(case)]);
        }
    }
    misses.assert_empty("undecided cases that are decided");
}

#[test]
fn every_exception_is_a_case() {
    let Some(folder) = cases_folder() else { return skipped("cases") };
    let cases = load(&folder);
    let listed =
        UNDECIDED.iter().flat_map(|(_, ids)| ids.iter().copied()).chain(SAME.iter().map(|(id, ..)| *id));
    for id in listed {
        assert!(cases.iter().any(|case| case.id == id), "{id}");
    }
}

#[test]
fn a_reset_by_the_guest_is_an_operation_and_no_crash() {
    let Some(folder) = cases_folder() else { return skipped("cases") };
    let rules = rules();
    let mut misses = Table::new(&["id", "log", "fired", "first line"]);
    for case in load(&folder).iter().filter(|case| case.origin_label == "guest-reset") {
        let fired = fired(case, &rules);
        let told = case.lines.is_empty() || !fired.is_empty();
        // A consequence that all ends of a VM share becomes a crash only where nothing tells of another end.
        let makes =
            |one: &Fired<'_>| one.rule.rule.crash.is_some() && one.rule.rule.part != Some(Part::Consequence);
        let crash = fired.iter().any(makes);
        let blamed =
            fired.iter().any(|one| one.rule.rule.origin.is_some() && one.alone >= Some(Strength::Strong));
        if !told || crash || blamed {
            misses.row([case.id.clone(), case.log_file.clone(), shown(&fired), first_line(case)]);
        }
    }
    misses.assert_empty("resets by the guest that are taken for something else");
}
