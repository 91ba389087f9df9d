//! The heads of the host's own logs.

use super::Sev;
use super::writer::Syslog;
use crate::generation::Generation;
use crate::time::{Millis, iso, iso_seconds};

/// hostd, vpxa, fdm, rhttpproxy: `program` as the older form writes it, in lower case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Daemon<'a> {
    /// `hostd`, `vpxa`, `fdm`, `rhttpproxy`.
    pub(crate) program: &'a str,
    /// The thread's number.
    pub(crate) thread: u64,
    /// What stands after `sub=`.
    pub(crate) sub: &'a str,
    /// ` opID=… user=…`, with its leading blank, or nothing.
    pub(crate) who: &'a str,
}

fn capital(program: &str) -> String {
    let mut letters = program.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

fn syslog(sev: Sev) -> &'static str {
    match sev {
        Sev::Error => "Er(163)",
        Sev::Warning => "Wa(164)",
        Sev::Info | Sev::Notice => "In(166)",
        Sev::Debug => "Db(167)",
    }
}

fn word(sev: Sev) -> &'static str {
    match sev {
        Sev::Error => "error",
        Sev::Warning => "warning",
        Sev::Info | Sev::Notice => "info",
        Sev::Debug => "verbose",
    }
}

fn daemon_head(generation: Generation, at: Millis, sev: Sev, daemon: &Daemon<'_>) -> String {
    let Daemon { program, thread, .. } = *daemon;
    if generation.severities() {
        format!("{} {} {}[{thread}]:", iso(at), syslog(sev), capital(program))
    } else if generation.hex_threads() {
        format!("{} {} {program}[{thread:X}]", iso(at), word(sev))
    } else {
        format!("{} {} {program}[{thread}]", iso(at), word(sev))
    }
}

/// A line of a daemon.
pub(crate) fn daemon(
    generation: Generation,
    at: Millis,
    sev: Sev,
    daemon: &Daemon<'_>,
    text: &str,
) -> String {
    let head = daemon_head(generation, at, sev, daemon);
    format!("{head} [Originator@6876 sub={}{}] {text}", daemon.sub, daemon.who)
}

/// A line that continues a daemon's message; the newer form repeats the head.
pub(crate) fn daemon_more(
    generation: Generation,
    at: Millis,
    sev: Sev,
    daemon: &Daemon<'_>,
    text: &str,
) -> String {
    if generation.severities() {
        format!("{} --> {text}", daemon_head(generation, at, sev, daemon))
    } else {
        format!("--> {text}")
    }
}

/// A line of `vmkernel.log`; a text that begins with `WARNING:` or `ALERT:` is written as such.
pub(crate) fn vmkernel(generation: Generation, at: Millis, cpu: u64, world: u64, text: &str) -> String {
    if generation.severities() {
        let head = if text.starts_with("ALERT:") {
            "Al(177) vmkalert"
        } else if text.starts_with("WARNING:") {
            "Wa(180) vmkwarning"
        } else {
            "In(182) vmkernel"
        };
        format!("{} {head}: cpu{cpu}:{world}){text}", iso(at))
    } else {
        format!("{} cpu{cpu}:{world}){text}", iso(at))
    }
}

/// A line of the kernel's first steps, before it knows its CPUs.
pub(crate) fn early_boot(generation: Generation, at: Millis, text: &str) -> String {
    if generation.severities() {
        format!("{} In(182) vmkernel: {text}", iso_seconds(at))
    } else {
        format!("{} cpu0:2097152){text}", iso_seconds(at))
    }
}

/// A line of `vobd.log`.
pub(crate) fn vobd(generation: Generation, at: Millis, text: &str) -> String {
    if generation.severities() {
        format!("{} In(14) vobd[2097711]:  {text}", iso(at))
    } else {
        format!("{}: {text}", iso(at))
    }
}

/// A line of a log that goes through syslog: `auth`, `shell`, `vmksummary`, `syslog`.
pub(crate) fn plain(generation: Generation, at: Millis, from: &Syslog<'_>, text: &str) -> String {
    let Syslog { severity, program, .. } = from;
    let pid = from.pid.unwrap_or_default();
    if generation.severities() {
        format!("{} {severity} {program}[{pid}]: {text}", iso(at))
    } else if generation >= Generation::V70 {
        format!("{} {program}[{pid}]: {text}", iso(at))
    } else {
        format!("{} {program}[{pid}]: {text}", iso_seconds(at))
    }
}

#[cfg(test)]
mod tests {
    use super::{Daemon, daemon, vmkernel, vobd};
    use crate::generation::Generation;
    use crate::grammar::Sev;

    const AT: i64 = 1_773_457_200_000;
    const HOSTD: Daemon<'static> =
        Daemon { program: "hostd", thread: 2_104_418, sub: "Libs", who: " opID=a1 user=root" };

    #[test]
    fn hostd_by_generation() {
        assert_eq!(
            daemon(Generation::V65, AT, Sev::Info, &HOSTD, "x"),
            "2026-03-14T03:00:00.000Z info hostd[201C62] [Originator@6876 sub=Libs opID=a1 user=root] x"
        );
        assert_eq!(
            daemon(Generation::V70, AT, Sev::Warning, &HOSTD, "x"),
            "2026-03-14T03:00:00.000Z warning hostd[2104418] [Originator@6876 sub=Libs opID=a1 user=root] x"
        );
        assert_eq!(
            daemon(Generation::V80, AT, Sev::Debug, &HOSTD, "x"),
            "2026-03-14T03:00:00.000Z Db(167) Hostd[2104418]: [Originator@6876 sub=Libs opID=a1 user=root] x"
        );
    }

    #[test]
    fn kernel_by_generation() {
        assert_eq!(
            vmkernel(Generation::V80, AT, 3, 9, "WARNING: NFS: 1: x"),
            "2026-03-14T03:00:00.000Z Wa(180) vmkwarning: cpu3:9)WARNING: NFS: 1: x"
        );
        assert_eq!(vmkernel(Generation::V67, AT, 3, 9, "x"), "2026-03-14T03:00:00.000Z cpu3:9)x");
        assert_eq!(vobd(Generation::V80, AT, "x"), "2026-03-14T03:00:00.000Z In(14) vobd[2097711]:  x");
    }
}
