//! The heads of `vmware.log`.

use super::Sev;
use super::writer::Thread;
use crate::generation::Generation;
use crate::time::{Millis, iso};

/// The level word of the generations with bars: one scheme up to 6.0, one for 6.5 and 6.7, one for 7.0.
fn barred(generation: Generation, sev: Sev) -> &'static str {
    let scheme = match generation {
        Generation::V60 => ["A115", "E105", "W110", "I120"],
        Generation::V65 | Generation::V67 => ["A100", "E105", "W115", "I125"],
        _ => ["A000", "E001", "W003", "I005"],
    };
    let [notice, error, warning, info] = scheme;
    match sev {
        Sev::Notice => notice,
        Sev::Error => error,
        Sev::Warning => warning,
        Sev::Info | Sev::Debug => info,
    }
}

fn worded(sev: Sev) -> &'static str {
    match sev {
        Sev::Notice => "No(00)",
        Sev::Error => "Er(02)",
        Sev::Warning => "Wa(03)",
        Sev::Info | Sev::Debug => "In(05)",
    }
}

/// A line of `vmware.log`. Only the newer form shows the operation.
pub(crate) fn line(generation: Generation, at: Millis, sev: Sev, thread: Thread<'_>, text: &str) -> String {
    let Thread { name: thread, op } = thread;
    if generation.plain_vmx() {
        format!("{} {} {thread} {} {text}", iso(at), worded(sev), op.unwrap_or("-"))
    } else {
        format!("{}| {thread}| {}: {text}", iso(at), barred(generation, sev))
    }
}

/// A line that continues the one before it.
pub(crate) fn more(generation: Generation, at: Millis, sev: Sev, thread: &str, text: &str) -> String {
    if generation.plain_vmx() {
        format!("{} {}+ {thread} - {text}", iso(at), worded(sev))
    } else {
        format!("{}| {thread}| {}+ {text}", iso(at), barred(generation, sev))
    }
}

#[cfg(test)]
mod tests {
    use super::{line, more};
    use crate::generation::Generation;
    use crate::grammar::Sev;
    use crate::grammar::writer::thread;

    #[test]
    fn the_three_families() {
        let at = 1_773_457_200_000;
        assert_eq!(
            line(Generation::V67, at, Sev::Info, thread("vcpu-0", None), "x"),
            "2026-03-14T03:00:00.000Z| vcpu-0| I125: x"
        );
        assert_eq!(
            line(Generation::V70, at, Sev::Warning, thread("vmx", None), "x"),
            "2026-03-14T03:00:00.000Z| vmx| W003: x"
        );
        assert_eq!(
            line(Generation::V80, at, Sev::Info, thread("vmx", Some("ab12")), "x"),
            "2026-03-14T03:00:00.000Z In(05) vmx ab12 x"
        );
        assert_eq!(
            more(Generation::V80, at, Sev::Warning, "vcpu-1", ""),
            "2026-03-14T03:00:00.000Z Wa(03)+ vcpu-1 - "
        );
    }
}
