//! The twelve checks of a crash: what each gave, on which lines it rests and what it could not see.

use super::Decision;
use super::caps::OUTLIVED;
use super::coverage;
use super::crash::Crash;
use super::weigh::Weighed;
use crate::evidence::HostModel;
use crate::log::LogKind;
use crate::terms::{Check, CheckOutcome, CrashKind, MatchResult, Strength};
use crate::windows::{Given, compare};

/// One check of a crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Which.
    pub check: Check,
    /// What it gave.
    pub result: CheckOutcome,
    /// The logs it looks at; of a clear one those that were there to speak.
    pub logs: Vec<LogKind>,
    /// Its lines: indices among those weighed for the crash.
    pub lines: Vec<usize>,
    /// What it could not see, or what to know about it.
    pub note: Option<String>,
}

/// The comparison with the Windows side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpAnswer {
    /// What it gave.
    pub result: MatchResult,
    /// Where they differ, in words.
    pub differences: Vec<String>,
    /// How to give what the Windows side says, if it was not.
    pub how_to_give: String,
}

/// Compares what the logs say of a crash with what the Windows side says.
#[must_use]
pub fn dump(crash: &Crash, given: Option<&Given>, how_to_give: &str) -> DumpAnswer {
    let compared = given.zip(crash.bugcheck.as_ref()).and_then(|(given, reported)| {
        let code = u32::try_from(reported.code).ok()?;
        Some(compare(&Given { code, args: reported.args }, given))
    });
    let (result, differences) = compared.unwrap_or((MatchResult::NotGiven, Vec::new()));
    DumpAnswer { result, differences, how_to_give: how_to_give.to_owned() }
}

/// The checks in their fixed order.
#[must_use]
pub fn all(
    host: &HostModel,
    crash: &Crash,
    weighed: &[Weighed],
    decision: &Decision,
    dump: &DumpAnswer,
) -> Vec<Checked> {
    Check::ALL
        .iter()
        .map(|&check| {
            let own = weighed.iter().enumerate().filter(|(_, weighed)| weighed.check == check);
            let (lines, own): (Vec<usize>, Vec<&Weighed>) = own.unzip();
            let (core, help) = LogKind::of_check(check);
            let view = View { check, own, core: &core, help: &help, host, crash, decision, dump };
            let result = view.outcome();
            // Of a clear check only the logs that were there to speak.
            let spoke = |log: &LogKind| result != CheckOutcome::Clear || decision.covered(*log);
            let logs = core.iter().chain(&help).copied().filter(spoke).collect();
            Checked { check, result, logs, lines, note: view.note(result) }
        })
        .collect()
}

/// All that one check looks at.
struct View<'a> {
    check: Check,
    /// Its lines.
    own: Vec<&'a Weighed>,
    /// The logs without which it says nothing.
    core: &'a [LogKind],
    /// The logs that help it.
    help: &'a [LogKind],
    host: &'a HostModel,
    crash: &'a Crash,
    decision: &'a Decision,
    dump: &'a DumpAnswer,
}

impl View<'_> {
    fn outcome(&self) -> CheckOutcome {
        match self.check {
            Check::GuestReport if self.crash.guest_reported() => return CheckOutcome::Found,
            Check::DumpMatch => {
                return match self.dump.result {
                    MatchResult::Match | MatchResult::Mismatch => CheckOutcome::Found,
                    MatchResult::NotGiven => CheckOutcome::NotCovered,
                };
            }
            Check::HostFailure if self.crash.kind == CrashKind::HostDown => return CheckOutcome::Found,
            _ => {}
        }
        if self.own.iter().any(|weighed| weighed.strength > Strength::Context) {
            CheckOutcome::Found
        } else if self.is_open() {
            CheckOutcome::NotCovered
        } else if self.core.iter().all(|log| self.decision.covered(*log)) && !self.is_hidden_by_firmware() {
            CheckOutcome::Clear
        } else {
            CheckOutcome::NotCovered
        }
    }

    /// Whether a state began whose end no line tells, and which the guest outlived.
    fn is_open(&self) -> bool {
        self.own.iter().any(|weighed| weighed.lowered.contains(&OUTLIVED))
    }

    /// Whether errors of memory would only be in the hardware's log, and that is not here.
    fn is_hidden_by_firmware(&self) -> bool {
        let hidden = self.check == Check::HostMemory && self.host.firmware_first;
        hidden && !self.decision.covered(LogKind::Sel)
    }

    /// What it could not see, or what to know about it.
    fn note(&self, result: CheckOutcome) -> Option<String> {
        let mut parts: Vec<String> = Vec::new();
        match self.check {
            Check::DumpMatch => parts.push(self.dump_note()),
            Check::HardwareEvent if result == CheckOutcome::NotCovered => {
                parts.extend(self.reasons(self.core));
                parts.push("export the hardware event log from the server's management controller".into());
            }
            _ => {
                if result != CheckOutcome::Found {
                    parts.extend(self.reasons(self.core));
                }
                if result == CheckOutcome::Clear {
                    parts.extend(self.reasons(self.help));
                }
            }
        }
        if result == CheckOutcome::Clear && self.own.iter().any(|weighed| weighed.unresolved) {
            parts.push("a line names a device or volume that the bundle does not map to VMs".into());
        } else if result == CheckOutcome::Clear && !self.own.is_empty() {
            parts.push("circumstances only".into());
        }
        if result == CheckOutcome::NotCovered && self.is_open() {
            parts.push("what began long before has no line that ends it, and the guest ran on".into());
        }
        parts.extend(self.clock_note());
        if self.check == Check::HostMemory && self.host.firmware_first {
            parts.push(if self.decision.covered(LogKind::Sel) {
                "the firmware of this host reports corrected errors to the SEL alone".into()
            } else {
                "the firmware of this host reports corrected errors to the SEL alone, which is not here"
                    .into()
            });
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// Why logs do not cover the moment.
    fn reasons(&self, logs: &[LogKind]) -> Vec<String> {
        logs.iter()
            .filter_map(|log| self.decision.cover_of(*log))
            .filter(|cover| !cover.covers)
            .filter_map(|cover| cover.reason.clone())
            .collect()
    }

    fn dump_note(&self) -> String {
        match self.dump.result {
            MatchResult::NotGiven if self.crash.bugcheck.is_none() => {
                "the logs have no bugcheck to compare with".into()
            }
            MatchResult::NotGiven => self.dump.how_to_give.clone(),
            MatchResult::Match => "the given bugcheck and the logs agree".into(),
            MatchResult::Mismatch => {
                format!("the given bugcheck differs: {}", self.dump.differences.join("; "))
            }
        }
    }

    /// How far the clock of the hardware's own log is from the host's.
    fn clock_note(&self) -> Option<String> {
        if self.check != Check::HardwareEvent || !self.decision.covered(LogKind::Sel) {
            return None;
        }
        match self.host.sel_ahead {
            Some(0) => None,
            Some(ahead) => Some(format!(
                "the SEL's clock runs about {} {} the host's; its times are corrected",
                coverage::lapse(ahead.abs()),
                if ahead > 0 { "ahead of" } else { "behind" }
            )),
            None => Some("how far the SEL's clock is from the host's is unknown".into()),
        }
    }
}
