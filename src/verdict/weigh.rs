//! Which findings count for a crash, and how much: tie, time, thresholds, intervals.

use super::caps::{Capped, Line, Stage, capped, reason};
use super::count::mark_too_few;
use super::crash::Crash;
use super::judge::Method;
use super::life::Life;
use super::next_start;
use super::state_end::interval_end;
use super::thresholds::{OUTLIVED_MS, SAME_MOMENT_MS, STATE_LASTS_MS};
use super::window::{TimeWindow, window};
use crate::evidence::{Finding, FindingId, HostId, HostModel, Tie, VmId, tie};
use crate::log::{LogKind, Millis};
use crate::rules::{Compiled, Duration, Fact, Part, RuleId, RuleSet, TieBy};
use crate::terms::{Check, CrashKind, Origin, Strength};
use std::collections::BTreeMap;

/// A finding that counts for a crash.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed {
    /// The host it was found on.
    pub host: HostId,
    /// The finding.
    pub finding: FindingId,
    /// The log that contains it.
    pub log: LogKind,
    /// The check it belongs to.
    pub check: Check,
    /// The origin it supports.
    pub origin: Option<Origin>,
    /// How strongly, after thresholds, intervals and tie.
    pub strength: Strength,
    /// How strongly for the decision: a circumstance does not count.
    pub weight: Strength,
    /// The caps that lowered it.
    pub lowered: Vec<&'static str>,
    /// How it is tied.
    pub tie: Tie,
    /// Its part in a chain.
    pub part: Part,
    /// Since when what it tells is so: for the end of a stun, its beginning.
    pub since: Millis,
    /// How many equal ones it represents within the window.
    pub count: u64,
    /// It would be strong if what it names could be resolved.
    pub unresolved: bool,
}

/// A finding within reach of a crash that does not count for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UncountedLine {
    /// The host it was found on.
    pub host: HostId,
    /// The finding.
    pub finding: FindingId,
    /// Why it does not count, in a sentence.
    pub because: &'static str,
}

const COUNTED_WITH_OTHERS: &str = "Its rule has more lines than are kept; it is counted with them.";

/// Findings of a host by rule, in the order of time.
#[derive(Debug)]
pub struct Index {
    pub(super) by_rule: BTreeMap<RuleId, Vec<FindingId>>,
    /// Signs of life of guests.
    pub(super) alive: Vec<FindingId>,
    /// Lines that tell that Tools stopped answering.
    pub(super) silent: Vec<FindingId>,
    /// Lines that tell that a question was answered, and the VM continues.
    pub(super) continued: Vec<FindingId>,
}

impl Index {
    /// Indexes the findings of a host.
    #[must_use]
    pub fn new(host: &HostModel, rules: &RuleSet) -> Self {
        let mut by_rule: BTreeMap<RuleId, Vec<FindingId>> = BTreeMap::new();
        for (at, finding) in host.findings_by_id() {
            by_rule.entry(finding.rule).or_default().push(at);
        }
        let of = |fact: Fact| -> Vec<FindingId> {
            let own = by_rule.iter().filter(|(rule, _)| rules[**rule].rule.fact == Some(fact));
            own.flat_map(|(_, own)| own.iter().copied()).collect()
        };
        let (alive, silent) = (of(Fact::GuestAlive), of(Fact::GuestSilent));
        let continued = of(Fact::VmContinues);
        Self { by_rule, alive, silent, continued }
    }

    /// The findings of a rule in a stretch of time, both ends included.
    pub(super) fn between<'a>(
        &'a self,
        host: &'a HostModel,
        rule: RuleId,
        from: Millis,
        to: Millis,
    ) -> &'a [FindingId] {
        let Some(all) = self.by_rule.get(&rule) else { return &[] };
        let time = |at: &FindingId| host[*at].time;
        let start = all.partition_point(|at| time(at).is_none_or(|time| time < from));
        let end = all.partition_point(|at| time(at).is_none_or(|time| time <= to));
        all.get(start..end.max(start)).unwrap_or_default()
    }
}

/// One host whose findings are weighed.
#[derive(Debug, Clone, Copy)]
pub struct HostView<'a> {
    /// Which it is.
    pub at: HostId,
    /// The host.
    pub host: &'a HostModel,
    /// Its findings by rule.
    pub index: &'a Index,
    /// The rules.
    pub rules: &'a RuleSet,
    /// What is decided by.
    pub method: &'a Method,
}

/// The crash that findings are weighed for.
#[derive(Debug, Clone, Copy)]
pub struct CrashQuery<'a> {
    /// The crash.
    pub crash: &'a Crash,
    /// The windows of the run.
    pub windows: TimeWindow,
    /// When this run of the VM began, or when its crash before this one was over: how it died then, and what was done
    /// about it, says nothing about this crash.
    pub since: Option<Millis>,
    /// When the VM came to this host, if it came from another one within the window.
    pub arrived: Option<Millis>,
    /// When its guest showed that it lives.
    pub life: &'a Life,
}

/// Weighs every finding of one host for a crash of its VM `vm`. What is within reach and does not count is told to
/// `left_out`.
#[must_use]
pub fn weigh(
    scene: HostView<'_>,
    vm: VmId,
    question: CrashQuery<'_>,
    left_out: &mut dyn FnMut(UncountedLine),
) -> Vec<Weighed> {
    let mut out: Vec<Weighed> = Vec::new();
    for &rule_id in scene.index.by_rule.keys() {
        let rule = &scene.rules[rule_id];
        let Some(check) = rule.rule.check else { continue };
        let lines = lines(scene, vm, question, (rule_id, rule, check));
        let own = weigh_rule(scene, rule, lines, left_out);
        out.append(&mut thin(own, scene, question.windows.evidence, left_out));
    }
    if question.crash.kind == CrashKind::HostDown {
        next_start::boots(scene, question, &mut out);
    }
    if matches!(question.crash.kind, CrashKind::VmxFailure | CrashKind::VmmFailure | CrashKind::HostDown) {
        next_start::stale_locks(scene, vm, question.crash, &mut out);
    }
    out
}

/// The lines of one rule within reach of a crash, with their findings.
fn lines(
    scene: HostView<'_>,
    vm: VmId,
    question: CrashQuery<'_>,
    (rule_id, rule, check): (RuleId, &Compiled, Check),
) -> Vec<(FindingId, Line)> {
    let crash = question.crash;
    let (from, to) = window(rule, crash, question.windows);
    let reach = if rule.rule.interval.is_some() { from.min(crash.time - STATE_LASTS_MS) } else { from };
    let found = scene.index.between(scene.host, rule_id, reach, to).iter();
    found
        .filter_map(|&at| Some((at, line(scene, vm, question, (rule, check, from), &scene.host[at])?)))
        .collect()
}

/// How one finding relates to a crash; `None` if it has no time.
fn line(
    scene: HostView<'_>,
    vm: VmId,
    question: CrashQuery<'_>,
    (rule, check, from): (&Compiled, Check, Millis),
    finding: &Finding,
) -> Option<Line> {
    let (host, crash, windows) = (scene.host, question.crash, question.windows);
    let time = finding.time?;
    let tied = tie(host, rule, finding, vm);
    // Only of a line that can count: looking for the end of a state is dear.
    let closed = if tied == Tie::Other { None } else { interval_end(scene, rule, (finding, vm)) };
    let lives = |since: Millis| question.life.shows(since, crash.time);
    let fact = rule.rule.fact;
    // A VM that waited on a question and shows life was answered; the question of an earlier run is over.
    let answered = (fact == Some(Fact::VmPaused))
        .then(|| {
            let again = question.since.filter(|since| *since > time);
            let told = question.life.continued(time, crash.time).or_else(|| lives(time).then_some(time));
            again.or(told)
        })
        .flatten();
    // The end of a state, or of what lasted until the line was written.
    let ended = closed.or(answered).or_else(|| (lasted(finding) > 0).then_some(time));
    let freezing = fact == Some(Fact::GuestFreezing);
    let frozen = freezing || fact == Some(Fact::GuestFrozen);
    let open = rule.rule.interval.is_some() && closed.is_none();
    let quiet_since = ended.or_else(|| frozen.then_some(time));
    let sel_reach = if host.sel_ahead.is_some() { windows.before } else { windows.before / 3 };
    let mut line = Line {
        origin: rule.rule.origin,
        check,
        part: rule.rule.part.unwrap_or(Part::Cause),
        log: finding.log,
        tie: tied,
        strength: graded(rule, finding, closed.map(|closed| closed - time)),
        written_ms: time - crash.time,
        began_ms: time - lasted(finding) - crash.time,
        closed_ms: closed.map(|closed| closed - crash.time),
        ended_ms: ended.map(|ended| ended - crash.time),
        alive_after: quiet_since.is_some_and(lives),
        open,
        outlived: open && lives(time + OUTLIVED_MS),
        frozen,
        answers: freezing && !question.life.stops(time, crash.time),
        zoneless: host.zoneless.contains(&finding.member),
        window_ms: from - crash.time,
        run_ms: question.since.map(|since| since - crash.time),
        arrived_ms: question.arrived.map(|arrived| arrived - crash.time),
        sel_from_ms: -sel_reach,
        names_storage: rule.ties.iter().any(|by| matches!(by, TieBy::Device | TieBy::Volume | TieBy::Path)),
        too_few: None,
        kind: crash.kind,
        code: crash.bugcheck.as_ref().map(|bugcheck| bugcheck.code),
        points_to: crash.points_to(),
    };
    line.tie = of_nameless_nmi(host, &line);
    Some(line)
}

/// The strength that the rule gives a line: a consequence is a circumstance, whatever its rule says; of the start of a state that was over soon, that of a short one.
fn graded(rule: &Compiled, finding: &Finding, lasted: Option<Millis>) -> Strength {
    if rule.rule.part == Some(Part::Consequence) {
        return Strength::Context;
    }
    if let (Some(interval), Some(lasted)) = (&rule.rule.interval, lasted)
        && lasted < interval.short.map_or(0, Duration::ms)
    {
        return interval.short_strength.unwrap_or(Strength::Context);
    }
    rule.strength_of(&finding.captures).unwrap_or(Strength::Context)
}

/// The tie of an NMI to a VM that the line does not name: the only VM of the host, or perhaps this one.
fn of_nameless_nmi(host: &HostModel, line: &Line) -> Tie {
    let nmi = line.tie == Tie::Moment && line.origin == Some(Origin::AdminNmi) && line.may_be_nmi();
    if !nmi {
        return line.tie;
    }
    let others = host.vms.iter().filter(|other| !other.adopted).count() > 1;
    match (others, line.written_ms.abs() > SAME_MOMENT_MS) {
        (false, _) => Tie::Under,
        (true, true) => Tie::Unknown,
        (true, false) => Tie::Moment,
    }
}

/// Tries the caps for the lines of one rule.
fn weigh_rule(
    scene: HostView<'_>,
    rule: &Compiled,
    lines: Vec<(FindingId, Line)>,
    left_out: &mut dyn FnMut(UncountedLine),
) -> Vec<Weighed> {
    let mut leave = |finding: FindingId, capped: &Capped| {
        let because = capped.by.first().map_or("", |by| reason(by));
        left_out(UncountedLine { host: scene.at, finding, because });
    };
    let mut counted: Vec<(FindingId, Line, bool, Vec<&'static str>)> = Vec::new();
    for (at, mut line) in lines {
        let unresolved = line.is_unresolved();
        let capped = capped(&scene.method.caps, Stage::Line, &mut line);
        match capped.strength {
            None => leave(at, &capped),
            Some(_) => counted.push((at, line, unresolved, capped.by)),
        }
    }
    if let Some(count) = &rule.rule.count {
        mark_too_few(count, scene.host, counted.iter_mut().map(|(at, line, ..)| (*at, line)).collect());
    }
    let mut out = Vec::new();
    for (at, mut line, unresolved, mut lowered) in counted {
        let group = capped(&scene.method.caps, Stage::Group, &mut line);
        let Some(strength) = group.strength else {
            leave(at, &group);
            continue;
        };
        let decision = capped(&scene.method.caps, Stage::Decision, &mut line);
        lowered.extend(group.by);
        lowered.extend(decision.by);
        let finding = &scene.host[at];
        out.push(Weighed {
            host: scene.at,
            finding: at,
            log: finding.log,
            check: line.check,
            origin: line.origin,
            strength,
            weight: decision.strength.unwrap_or(Strength::Context),
            lowered,
            tie: line.tie,
            part: line.part,
            since: finding.time.unwrap_or_default() - lasted(finding),
            count: finding.count,
            unresolved,
        });
    }
    out
}

/// How long what the line tells had lasted when it was written, in milliseconds: `us`, `ms` or `seconds`.
fn lasted(finding: &Finding) -> Millis {
    let number = |name: &str, factor: f64| {
        let value: f64 = finding.captures.get(name)?.parse().ok()?;
        let ms = value * factor;
        #[allow(clippy::cast_possible_truncation)]
        (0.0..8.64e7).contains(&ms).then_some(ms as Millis)
    };
    number("us", 0.001).or_else(|| number("ms", 1.0)).or_else(|| number("seconds", 1000.0)).unwrap_or(0)
}

/// Keeps the strongest and, among equals, those nearest to the crash; the first kept one carries the count of all.
fn thin(
    mut own: Vec<Weighed>,
    scene: HostView<'_>,
    most: usize,
    left_out: &mut dyn FnMut(UncountedLine),
) -> Vec<Weighed> {
    if own.len() <= most {
        return own;
    }
    let total: u64 = own.iter().map(|weighed| weighed.count).sum();
    let first = own.first().map(|weighed| weighed.finding);
    let order = |weighed: &Weighed| scene.host[weighed.finding].order();
    own.sort_by(|a, b| b.strength.cmp(&a.strength).then(order(b).cmp(&order(a))));
    // The first line of all is worth keeping: it says since when.
    let keep_first =
        own.iter().position(|weighed| Some(weighed.finding) == first).and_then(|at| own.get(at).cloned());
    let rest = own.split_off(most.saturating_sub(1).max(1).min(own.len()));
    if let Some(first) = keep_first
        && !own.iter().any(|weighed| weighed.finding == first.finding)
    {
        own.push(first);
    }
    for weighed in rest.iter().filter(|one| Some(one.finding) != first) {
        left_out(UncountedLine { host: scene.at, finding: weighed.finding, because: COUNTED_WITH_OTHERS });
    }
    own.sort_by_key(order);
    let rest: u64 = own.iter().skip(1).map(|weighed| weighed.count).sum();
    if let Some(head) = own.first_mut() {
        head.count = total.saturating_sub(rest).max(1);
    }
    own
}
