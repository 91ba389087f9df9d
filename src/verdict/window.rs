//! From when to when a line counts for a crash.

use super::crash::Crash;
use super::thresholds::{
    CLOCK_SLACK_MS, LATE_BOOT_RECORD_MS, LATE_RECORD_MS, WINDOW_AFTER_MS, WINDOW_BEFORE_MS,
};
use crate::log::{LogKind, Millis};
use crate::rules::{Compiled, Duration};
use crate::terms::{Check, CrashKind};

/// The windows of a run, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeWindow {
    /// Before a crash.
    pub before: Millis,
    /// After a crash, for late writers.
    pub after: Millis,
    /// Findings of one rule that a crash keeps.
    pub evidence: usize,
}

/// Findings of one rule that a crash keeps if nothing else is said.
const MAX_LINES_PER_RULE: usize = 12;

impl Default for TimeWindow {
    fn default() -> Self {
        Self { before: WINDOW_BEFORE_MS, after: WINDOW_AFTER_MS, evidence: MAX_LINES_PER_RULE }
    }
}

/// From when to when the lines of a rule count for a crash.
pub(super) fn window(rule: &Compiled, crash: &Crash, windows: TimeWindow) -> (Millis, Millis) {
    let time = rule.rule.time.as_ref();
    let before = time.and_then(|time| time.before).map_or(windows.before, Duration::ms);
    let after = bounded(rule, crash, windows, after(rule, crash, windows));
    (crash.time - before, crash.time + after + CLOCK_SLACK_MS)
}

/// How long after the crash its writers are late: what the rule says, or the kind of its logs.
fn after(rule: &Compiled, crash: &Crash, windows: TimeWindow) -> Millis {
    let late_log = rule.rule.logs.iter().all(|log| log.log().written_late);
    let after = match rule.rule.time.as_ref().and_then(|time| time.after) {
        Some(after) => after.ms(),
        None if late_log => windows.after,
        None => 0,
    };
    // What reports the crash itself belongs to it whenever it was written.
    let tells = rule.rule.crash.is_some() && rule.rule.crash != Some(CrashKind::HostDown);
    if tells { after.max(crash.last - crash.time) } else { after }
}

/// Bounds that time by what the line is about: the end of a host is told when it is back, a VM that crashed on a
/// running host is not explained by what happened to the host later.
fn bounded(rule: &Compiled, crash: &Crash, windows: TimeWindow, after: Millis) -> Millis {
    let host_wide = rule.rule.check == Some(Check::HostFailure);
    match (crash.kind, host_wide) {
        // Records about the end of a host are written when it is back.
        (CrashKind::HostDown, true) => {
            crash.back.map_or(after, |back| back - crash.time + after.min(LATE_BOOT_RECORD_MS))
        }
        // A host that went down later did not crash this VM.
        (_, true) => after.min(windows.after),
        (CrashKind::HostDown, _) => after,
        // Records of the next boot speak of what ended the host, not of a VM that crashed hours before.
        _ if rule.rule.logs.iter().all(|log| *log == LogKind::Readme) => after,
        _ => after.min(LATE_RECORD_MS),
    }
}
