//! Defects that the maker knows and has fixed, compared with the version and build the VM ran on.
//!
//! They explain a verdict and never make one: what a line speaks for, and how strongly, is the rule's alone.

use super::crash::Crash;
use super::weigh::Weighed;
use crate::evidence::{HostId, HostModel, RanOn, VmId, ran_on};
use crate::log::Millis;
use crate::rules::{Fact, KnownIssue, RuleSet};
use crate::terms::IssueState;

/// A known defect whose signature a crash has.
#[derive(Debug, Clone)]
pub struct KnownIssueMatch {
    /// The defect as the rule states it.
    pub issue: KnownIssue,
    /// Whether the host is affected.
    pub state: IssueState,
    /// The comparison in a sentence.
    pub text: String,
}

/// What ran the VM at the moment of a crash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Running {
    /// `VMware ESXi`.
    product: Option<String>,
    /// `7.0.3`.
    version: Option<String>,
    /// Build number.
    build: Option<u64>,
}

/// The known defects of a crash, each once: those that concern its host first.
#[must_use]
pub fn issues(
    hosts: &[HostModel],
    rules: &RuleSet,
    host: HostId,
    crash: &Crash,
    weighed: &[Weighed],
) -> Vec<KnownIssueMatch> {
    let mut found: Vec<&KnownIssue> = Vec::new();
    for weighed in weighed {
        let finding = &hosts[weighed.host][weighed.finding];
        let Some(issue) = &rules[finding.rule].rule.known_issue else { continue };
        // Two rules may see one defect in two logs.
        if !found.iter().any(|own| own.article == issue.article && own.summary == issue.summary) {
            found.push(issue);
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    let running = running(hosts, rules, host, crash);
    let mut out: Vec<KnownIssueMatch> = found
        .into_iter()
        .map(|issue| {
            let (state, text) = compare(issue, &running);
            KnownIssueMatch { issue: issue.clone(), state, text }
        })
        .collect();
    let rank = |state: IssueState| match state {
        IssueState::Affected => 0,
        IssueState::Unknown => 1,
        IssueState::Fixed => 2,
        IssueState::OtherVersion => 3,
    };
    out.sort_by(|a, b| (rank(a.state), &a.issue.article).cmp(&(rank(b.state), &b.issue.article)));
    out
}

/// The banner of the VMX process that crashed; without one the host it ran on. The banner is the better witness: a
/// host may have been patched between the crash and the bundle.
fn running(hosts: &[HostModel], rules: &RuleSet, host: HostId, crash: &Crash) -> Running {
    let home = &hosts[host];
    if let Some(banner) = banner(home, rules, crash.vm, crash.time) {
        return banner;
    }
    let there = match ran_on(hosts, host, crash.vm, crash.time) {
        RanOn::Here => home,
        RanOn::There(there, _) => &hosts[there],
        RanOn::Elsewhere => return Running::default(),
    };
    Running {
        product: there.product.clone(),
        version: there.version.clone(),
        build: there.build.as_ref().and_then(|build| build.parse().ok()),
    }
}

/// What the last banner before a moment says, if it names version and build.
fn banner(home: &HostModel, rules: &RuleSet, vm: VmId, at: Millis) -> Option<Running> {
    let finding = home
        .findings
        .iter()
        .filter(|finding| finding.owner == Some(vm) && finding.time.is_some_and(|time| time <= at))
        .rfind(|finding| rules[finding.rule].rule.fact == Some(Fact::VmxStart))?;
    let product = finding.captures.get("product")?.trim();
    let product = if product.contains("ESX") { "VMware ESXi" } else { product };
    Some(Running {
        product: Some(product.to_owned()),
        version: Some(finding.captures.get("version")?.to_owned()),
        build: Some(finding.captures.get("build")?.parse().ok()?),
    })
}

/// Compares a defect with what ran.
fn compare(issue: &KnownIssue, running: &Running) -> (IssueState, String) {
    let fix = |build: u64| match build {
        0 => issue.fixed_in.clone(),
        build => format!("{}, build {build}", issue.fixed_in),
    };
    let product = running.product.as_deref().unwrap_or("ESXi").trim_start_matches("VMware ");
    let Some(version) = running.version.as_deref() else {
        let text = format!(
            "The version that the VM ran on is not known; the defect is fixed in {}.",
            issue.fixed_in
        );
        return (IssueState::Unknown, text);
    };
    let ran = match running.build {
        Some(build) => format!("{product} {version} build {build}"),
        None => format!("{product} {version}"),
    };
    let place = issue.affected.iter().position(|affected| is_version(version, affected));
    let esx = product.contains("ESX");
    let Some(place) = place.filter(|_| esx) else {
        let text =
            format!("{ran} is not among the versions it is known for ({}).", issue.affected.join(", "));
        return (IssueState::OtherVersion, text);
    };
    let fixed = issue.fixed_build.get(place).copied().unwrap_or(0);
    if fixed == 0 {
        // The fix came only with a later version: no build of this one has it.
        let later = leading_version(&issue.fixed_in).zip(leading_version(version));
        return if later.is_some_and(|(fix, own)| fix > own) {
            (IssueState::Affected, format!("{ran} is older than the fix ({}).", issue.fixed_in))
        } else {
            let text = format!(
                "{ran} is of a version concerned; whether it has the fix ({}) is not known.",
                issue.fixed_in
            );
            (IssueState::Unknown, text)
        };
    }
    match running.build {
        None => {
            let text = format!(
                "{ran} is of a version concerned, but its build is not known; the fix is {}.",
                fix(fixed)
            );
            (IssueState::Unknown, text)
        }
        Some(build) if build < fixed => {
            (IssueState::Affected, format!("{ran} is older than the fix ({}).", fix(fixed)))
        }
        Some(_) => {
            let text = format!(
                "{ran} has the fix ({}): this is something else, or the fix did not suffice.",
                fix(fixed)
            );
            (IssueState::Fixed, text)
        }
    }
}

/// Whether a version is the one named, or one of its updates: `7.0.3` is `7.0`.
fn is_version(version: &str, named: &str) -> bool {
    version.strip_prefix(named).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `(7, 0)` out of `7.0 Update 3d` or `7.0.3`.
fn leading_version(text: &str) -> Option<(u32, u32)> {
    let (major, rest) = text.split_once('.')?;
    let minor = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn issue(affected: &[&str], fixed_in: &str, fixed_build: &[u64]) -> KnownIssue {
        KnownIssue {
            article: "1".into(),
            summary: String::new(),
            affected: affected.iter().map(|word| (*word).to_owned()).collect(),
            fixed_in: fixed_in.to_owned(),
            fixed_build: fixed_build.to_vec(),
        }
    }

    fn esxi(version: &str, build: Option<u64>) -> Running {
        Running { product: Some("VMware ESXi".into()), version: Some(version.to_owned()), build }
    }

    #[test]
    fn builds_are_compared_within_the_versions_concerned() {
        let race = issue(&["7.0"], "7.0 Update 3d", &[19_482_537]);
        let state = |running: &Running| compare(&race, running).0;
        assert_eq!(state(&esxi("7.0.3", Some(19_193_900))), IssueState::Affected);
        assert_eq!(state(&esxi("7.0.3", Some(19_482_537))), IssueState::Fixed);
        assert_eq!(state(&esxi("7.0.3", None)), IssueState::Unknown);
        assert_eq!(state(&esxi("8.0.2", Some(22_380_479))), IssueState::OtherVersion);
        assert_eq!(state(&esxi("17.0.1", Some(1))), IssueState::OtherVersion);
        assert_eq!(state(&Running::default()), IssueState::Unknown);
        let text = compare(&race, &esxi("7.0.3", Some(19_193_900))).1;
        assert_eq!(text, "ESXi 7.0.3 build 19193900 is older than the fix (7.0 Update 3d, build 19482537).");
    }

    #[test]
    fn a_fix_of_a_later_version_never_came_to_the_earlier_one() {
        let locks = issue(&["6.0", "6.5"], "6.5 Update 1", &[0, 5_969_303]);
        assert_eq!(compare(&locks, &esxi("6.0.0", Some(3_620_759))).0, IssueState::Affected);
        assert_eq!(compare(&locks, &esxi("6.5.0", Some(4_564_106))).0, IssueState::Affected);
        assert_eq!(compare(&locks, &esxi("6.5.0", Some(5_969_303))).0, IssueState::Fixed);
        let vague = issue(&["6.0"], "a later 6.0 patch", &[0]);
        assert_eq!(compare(&vague, &esxi("6.0.0", Some(3_620_759))).0, IssueState::Unknown);
    }

    #[test]
    fn other_products_have_versions_of_their_own() {
        let locks = issue(&["6.5"], "6.5 Update 1", &[5_969_303]);
        let running = Running {
            product: Some("VMware Workstation".into()),
            version: Some("6.5.0".into()),
            build: Some(1),
        };
        assert_eq!(compare(&locks, &running).0, IssueState::OtherVersion);
    }

    #[test]
    fn every_rule_with_a_known_issue_is_complete() {
        let rules = RuleSet::builtin().unwrap();
        let mut some = 0;
        for rule in rules.rules() {
            let Some(issue) = &rule.rule.known_issue else { continue };
            some += 1;
            assert!(!issue.affected.is_empty() && !issue.summary.is_empty(), "{}", rule.rule.id);
            assert_eq!(issue.fixed_build.len(), issue.affected.len(), "{}", rule.rule.id);
            assert!(rule.rule.check.is_some(), "{}: without a check it counts for no crash", rule.rule.id);
        }
        assert!(some > 5);
    }
}
