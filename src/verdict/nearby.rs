//! What is near a crash and is no evidence for an origin, but says how far the evidence can be trusted: an NMI that went
//! to another VM, a step of the clock, a fatal record by a clock that is not known.

use super::caps::NMI_HARDWARE_FAILURE;
use super::crash::Crash;
use super::thresholds::{CLOCK_SLACK_MS, SAME_MOMENT_MS, STEP_OF_UNKNOWN_LENGTH_MS};
use super::weigh::HostView;
use crate::evidence::{Tie, VmId, tie};
use crate::log::{LogKind, Millis};
use crate::rules::Fact;
use crate::terms::{Origin, Strength};

/// How long before a crash that reports an NMI one was sent to another VM of the host, in the same seconds: a person may
/// have named the wrong one.
#[must_use]
pub fn nmi_to_another(scene: HostView<'_>, vm: VmId, crash: &Crash) -> Option<Millis> {
    if crash.bugcheck.as_ref().map(|bugcheck| bugcheck.code) != Some(NMI_HARDWARE_FAILURE) {
        return None;
    }
    let rules = scene.index.by_rule.keys().map(|id| (*id, &scene.rules[*id]));
    let (from, to) = (crash.time - SAME_MOMENT_MS, crash.time + CLOCK_SLACK_MS);
    rules
        .filter(|(_, rule)| rule.rule.origin == Some(Origin::AdminNmi))
        .flat_map(|(id, rule)| {
            let found = scene.index.between(scene.host, id, from, to).iter();
            found.map(|at| &scene.host[*at]).filter(|sent| tie(scene.host, rule, sent, vm) == Tie::Other)
        })
        .filter_map(|sent| sent.time)
        .map(|sent| (crash.time - sent).max(0))
        .min()
}

/// The step of a host's clock that is nearer to a moment than it is long: when, and how long.
#[must_use]
pub fn clock_step_near(scene: HostView<'_>, at: Millis) -> Option<(Millis, Millis)> {
    let back = scene.host.clock_steps.iter().filter(|step| step.from <= step.to).flat_map(|step| {
        let by = step.to - step.from;
        [(step.from, by), (step.to, by)]
    });
    let rules =
        scene.index.by_rule.iter().filter(|(id, _)| scene.rules[**id].rule.fact == Some(Fact::ClockStep));
    let told = rules.flat_map(|(_, own)| own).filter_map(|id| {
        let finding = &scene.host[*id];
        let seconds = finding.captures.get("seconds").and_then(|text| text.parse::<f64>().ok());
        #[allow(clippy::cast_possible_truncation)]
        let by =
            seconds.map_or(STEP_OF_UNKNOWN_LENGTH_MS, |seconds| (seconds.abs() * 1000.0).min(1e12) as Millis);
        Some((finding.time?, by))
    });
    back.chain(told)
        .filter(|(step, by)| (at - step).abs() <= *by)
        .min_by_key(|(step, by)| ((at - step).abs(), std::cmp::Reverse(*by)))
}

/// A record of a fatal error in a hardware log whose clock is unknown, within a day of a crash.
#[must_use]
pub fn fatal_record_near(scene: HostView<'_>, at: Millis) -> Option<Millis> {
    const DAY_MS: Millis = 86_400_000;
    if scene.host.sel_ahead.is_some() {
        return None;
    }
    let rules = scene.index.by_rule.keys().map(|id| (*id, &scene.rules[*id]));
    let fatal = rules.filter(|(_, rule)| {
        rule.looks_at(LogKind::Sel)
            && rule.rule.origin == Some(Origin::HostHardware)
            && rule.rule.strength.is_some_and(|strength| strength >= Strength::Strong)
    });
    fatal
        .flat_map(|(id, _)| scene.index.between(scene.host, id, at - DAY_MS, at + DAY_MS))
        .map(|record| &scene.host[*record])
        .filter(|record| record.log == LogKind::Sel)
        .filter_map(|record| record.time)
        .min_by_key(|time| (time - at).abs())
}
