//! Who writes a line: the part of a daemon, a program behind syslog, a thread of the VMX process, a correlator.

/// A part of a daemon of the host agents' family, and on whose behalf it acts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct By<'a> {
    /// `hostd`, `vpxa`, `fdm`, `rhttpproxy`: its log has the same name.
    pub(crate) program: &'a str,
    /// What follows `sub=`.
    pub(crate) sub: &'a str,
    /// ` opID=… user=…`, with its leading blank, or nothing.
    pub(crate) who: &'a str,
}

/// A part of hostd.
pub(crate) const fn by<'a>(sub: &'a str, who: &'a str) -> By<'a> {
    By { program: "hostd", sub, who }
}

impl<'a> By<'a> {
    /// The same part of another daemon.
    pub(crate) const fn of(self, program: &'a str) -> Self {
        Self { program, ..self }
    }
}

/// A program that writes through syslog.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Syslog<'a> {
    /// The log its lines go to.
    pub(crate) log: &'a str,
    /// `In(14)`.
    pub(crate) severity: &'a str,
    /// Its name.
    pub(crate) program: &'a str,
    /// Its process; any if `None`.
    pub(crate) pid: Option<u64>,
}

/// A program with any process id.
pub(crate) const fn syslog<'a>(log: &'a str, severity: &'a str, program: &'a str) -> Syslog<'a> {
    Syslog { log, severity, program, pid: None }
}

impl Syslog<'_> {
    /// The same with a given process id.
    pub(crate) const fn pid(self, pid: u64) -> Self {
        Self { pid: Some(pid), ..self }
    }
}

/// A thread of a VMX process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Thread<'a> {
    /// `vmx`, `vcpu-0`.
    pub(crate) name: &'a str,
    /// The operation it works on.
    pub(crate) op: Option<&'a str>,
}

/// A thread that works on an operation.
pub(crate) const fn thread<'a>(name: &'a str, op: Option<&'a str>) -> Thread<'a> {
    Thread { name, op }
}

/// An observation: its correlator, its own id and that of the event made of it. Either id may be missing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vob<'a> {
    /// `storageCorrelator`.
    pub(crate) correlator: &'a str,
    /// `vob.…`.
    pub(crate) id: &'a str,
    /// `esx.…`.
    pub(crate) event: &'a str,
}

/// An observation.
pub(crate) const fn vob<'a>(correlator: &'a str, id: &'a str, event: &'a str) -> Vob<'a> {
    Vob { correlator, id, event }
}
