//! Every duration of the method, in one table: what it bounds and why it is as long as it is.

use crate::log::Millis;

/// A duration of the method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// The name of its constant.
    pub name: &'static str,
    /// How long it is, in milliseconds.
    pub ms: Millis,
    /// What it bounds.
    pub says: &'static str,
    /// Why it is as long as it is.
    pub reason: &'static str,
}

/// Defines a constant for each duration and the table of all.
macro_rules! thresholds {
    ($($name:ident = $ms:expr, $says:literal, $reason:literal;)+) => {
        $(#[doc = $says] pub const $name: Millis = $ms;)+

        /// All durations of the method, in the order in which it meets them.
        pub const THRESHOLDS: &[Threshold] =
            &[$(Threshold { name: stringify!($name), ms: $name, says: $says, reason: $reason }),+];
    };
}

const SECOND_MS: Millis = 1_000;
const MINUTE_MS: Millis = 60 * SECOND_MS;
const HOUR_MS: Millis = 60 * MINUTE_MS;

thresholds! {
    SAME_GUEST_CRASH_MS = 30 * SECOND_MS,
        "Lines of one guest crash lie within this time of each other.",
        "Every vCPU writes its own set of crash registers, some repeat it";
    LATE_NOTICE_MS = 10 * MINUTE_MS,
        "Notices of a dead VMX process join its crash within this time.",
        "The core is written before hostd notices";
    CRASHED_UNTIL_RESET_MS = 24 * HOUR_MS,
        "A reset of a VM that has not booted since its crash is the consequence of it, within this time.",
        "A crashed VM may stand overnight before a person resets it";
    RESET_JOINS_MS = 2 * MINUTE_MS,
        "Lines of one reset lie within this time of each other.",
        "hostd, HA and the VM write about it one after the other";
    RESET_LOOP_MS = 5 * MINUTE_MS,
        "A triple fault this soon after the one before is the same crash again: a guest that fails in each boot.",
        "A guest boots, and reaches the place where it fails, within minutes";
    BOOT_AFTER_RESET_MS = 10 * SECOND_MS,
        "The boot of the guest shows before the last line about the reset that caused it, by no more than this.",
        "hostd and HA write when the task ends";
    MONITOR_WITH_GUEST_MS = 5 * SECOND_MS,
        "A failure of the monitor or the VMX process within this time of the guest's report is the crash itself.",
        "The monitor lies below the guest";
    ENDED_MS = 2 * MINUTE_MS,
        "A cause that has ended counts in full for this time after its end.",
        "The guest's disk and watchdog timeouts are 60 to 120 s: what it survived that long did not kill it";
    OUTLIVED_MS = 30 * MINUTE_MS,
        "A guest that shows a sign of life this long after a state began, whose end no line tells, outlived it.",
        "Tools runs from memory for a while when the disks are gone; no guest works for half an hour without them";
    SAME_MOMENT_MS = 10 * SECOND_MS,
        "A line that names no VM shares the moment of a crash within this time.",
        "Two logs of one host write about one event seconds apart";
    DEATH_OF_PROCESS_MS = 3 * SECOND_MS,
        "A kill without a name belongs to the VM whose process died within this time.",
        "The VMkernel writes in the second in which the process dies";
    ORDERLY_STOP_MS = 5 * MINUTE_MS,
        "A requested orderly stop explains a reset or an end within this time.",
        "A guest takes minutes to shut down";
    EXIT_LINE_MS = 2 * MINUTE_MS,
        "An exit line this near says that the process ended in order.",
        "hostd notices the end of a process with a delay";
    QUESTION_MS = 15 * MINUTE_MS,
        "A question that was open this long before the end of the process made the VM stand still.",
        "A question is answered or given up within minutes";
    CLOCK_SLACK_MS = SECOND_MS,
        "The clocks of two logs of one host differ by no more than this.",
        "Lines are stamped when they are written, not when they happen";
    STEP_OF_UNKNOWN_LENGTH_MS = MINUTE_MS,
        "A step of the clock whose length no line tells is taken to be this long.",
        "A time daemon slews what is shorter, and steps what is longer than a minute or two";
    BOOT_SLACK_MS = 5 * SECOND_MS,
        "A new run of a VM begins no more than this before the boot it belongs to.",
        "The first line of a log is written while the process starts";
    CRASH_OVER_MS = 2 * MINUTE_MS,
        "What is reported about a crash later than this belongs to the next run of the VM.",
        "Notices of a crash are written within two minutes";
    WINDOW_BEFORE_MS = 15 * MINUTE_MS,
        "Evidence counts from this time before a crash on, unless the user or a rule says otherwise.",
        "The longest time for which a guest waits for its disks is minutes";
    WINDOW_AFTER_MS = 2 * MINUTE_MS,
        "Late writers count until this time after a crash.",
        "The SEL and the boot summary are written after the event";
    STATE_LASTS_MS = 24 * HOUR_MS,
        "A state that was opened before a crash and not closed lasts this long.",
        "A path or a volume may be down for a day";
    LATE_RECORD_MS = 10 * MINUTE_MS,
        "A record about a VM of a host that continues is written within this time.",
        "Later records belong to the next event";
    TOO_LATE_MS = MINUTE_MS,
        "What began this long after a crash did not cause it.",
        "Clocks and buffers of one host differ by less";
    BOOT_LINES_MS = 30 * MINUTE_MS,
        "Lines of one boot of the host lie within this time of each other; a boot takes no longer.",
        "Servers with much memory boot for up to half an hour";
    BOOT_SUMMARY_MS = MINUTE_MS,
        "The boot summary names the end of the host if the line before it is no later than this after it.",
        "vmksummary writes once an hour and at a boot";
    LATE_BOOT_RECORD_MS = HOUR_MS,
        "Records about the end of a host count until this time after it is back.",
        "Agents collect crash records once the host is up";
    PLANNED_BEFORE_MS = 30 * MINUTE_MS,
        "A requested stop comes no more than this before the last line of the host.",
        "Evacuation and shutdown of services take that long";
    PLANNED_AFTER_MS = 5 * MINUTE_MS,
        "A requested stop may be written this late, at the next boot.",
        "The audit log is written when its agent starts";
    SCREEN_BEFORE_LIFE_MS = 10 * MINUTE_MS,
        "A purple screen lies no more than this before the last line of the host.",
        "Other logs are flushed after it";
    SCREEN_TOLD_MS = 2 * HOUR_MS,
        "A purple screen is told no later than this after the boot.",
        "The core is extracted after the boot";
    SCREEN_AFTER_LIFE_MS = MINUTE_MS,
        "A purple screen is the moment of the end if it lies no more than this after the last line of the host.",
        "No other log speaks after it";
    BELONGS_TO_BOOT_MS = MINUTE_MS,
        "Lines within this time before the boot belong to the boot.",
        "The clock is set while the host boots";
    HOST_BACK_MS = 10 * MINUTE_MS,
        "A host whose boot is not in the logs is taken to be back after this time.",
        "The shortest boot of a server takes minutes";
    DIED_WITH_HOST_MS = 2 * MINUTE_MS,
        "What the log of a VM shows within this time before the end of its host is part of that end.",
        "A failing host disturbs its VMs first";
    DIED_AT_BOOT_MS = MINUTE_MS,
        "What is reported about a VM within this time after the boot of its host is part of the end of the host.",
        "hostd notices dead processes when it starts";
    INCIDENT_GAP_MS = 5 * MINUTE_MS,
        "Crashes of different VMs within this time of the one before are looked at together.",
        "One cause reaches the VMs of a host or a datastore within minutes";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_threshold_has_a_sentence_a_reason_and_a_length() {
        for threshold in THRESHOLDS {
            assert!(threshold.ms >= SECOND_MS, "{}", threshold.name);
            assert!(threshold.says.ends_with('.') && !threshold.reason.is_empty(), "{}", threshold.name);
            assert!(threshold.name.ends_with("_MS"), "{}", threshold.name);
        }
    }
}
