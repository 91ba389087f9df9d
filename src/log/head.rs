//! The head of a line: what stands between its stamp and its text, by kind of log and generation of the product.
//!
//! Each form is declared with real sample lines; a test reads every sample back. Lines are recognised by their shape and
//! never by the version of the bundle: after an upgrade one file holds two generations.

use super::stamp::{Millis, Stamp, StampForm, Stamper};
use crate::log_table::LogKind;

/// A form of line head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// vmware.log up to 7.x of hosted products: `Mon DD hh:mm:ss[.mmm]: thread| text`.
    VmwareYearless,
    /// vmware.log of ESXi 5.0: `stamp| thread| text`.
    VmwarePlain,
    /// vmware.log of ESXi 5.1 to 7.0 U2: `stamp| thread| I125: text`, continuation `I125+ text`.
    VmwareLevel,
    /// vmware.log since 7.0 U3: `stamp In(05) thread opID text`.
    VmwareSyslog,
    /// A host log up to 7.x: `stamp level prog[tid] …`, `stamp cpuN:W)…`, `stamp prog[pid]: …`, `stamp: [corr] …`.
    HostPlain,
    /// A host log since 8.0: `stamp In(182) prog: …`.
    HostSyslog,
    /// hostd and fdm up to 5.x: `stamp [tid level 'sub'] text` or the stamp inside the bracket.
    HostBracket,
    /// Remote copy of 9.1: `stamp HOST prog pid - [esx@4413 …] text`.
    Rfc5424,
    /// Syslog of 4.x and before: `Mon DD hh:mm:ss [host] prog: …`.
    HostYearless,
    /// Before the clock is set: `0:00:00:07.008 cpu0:32768)…`, `TSC: 0 cpu0:0)…`.
    Uptime,
    /// The header that some daemons repeat after each rotation: `Section for …`.
    Section,
    /// `-->`, a `+` mark, or a bare line below a stamped one.
    Continuation,
}

/// Forms with the lines they were learnt from: kind of log, form, line.
pub const SAMPLES: &[(LogKind, Form, &str)] = &[
    (LogKind::Vmware, Form::VmwareYearless, "Feb 19 16:11:59: vcpu-0| MONITOR PANIC: vcpu-0:FPU Safety"),
    (LogKind::Vmware, Form::VmwareYearless, "Dec 06 21:39:28.100: vcpu-0| VCPU 0 RunVM failed: -2."),
    (
        LogKind::Vmware,
        Form::VmwarePlain,
        "2012-03-23T16:22:51.876Z| vcpu-0| Checkpoint_Unstun: vm stopped for 3658889 us",
    ),
    (
        LogKind::Vmware,
        Form::VmwareLevel,
        "2015-10-27T22:01:42.149Z| vcpu-0| I120: Checkpoint_Unstun: vm stopped for 188405 us",
    ),
    (LogKind::Vmware, Form::VmwareLevel, "2016-08-30T16:02:43.217-07:00| vcpu-0| I125: Guest: "),
    (LogKind::Vmware, Form::VmwareLevel, "2021-11-15T00:23:51+01:00[+0.000]| mks| I005: Exiting"),
    (
        LogKind::Vmware,
        Form::Continuation,
        "2021-11-15T00:23:51+01:00[+0.000]| mks| I005+ Unexpected signal: 4.",
    ),
    (LogKind::Vmware, Form::VmwareSyslog, "2026-02-21T18:13:03.929Z In(05) vcpu-9 - Triple fault."),
    (
        LogKind::Vmware,
        Form::VmwareSyslog,
        "2023-12-05T17:42:40.666Z In(05) vmx vim-cmd-09-a45d SnapshotVMX_TakeSnapshot start: 'x'",
    ),
    (LogKind::Vmware, Form::Continuation, "2026-02-21T18:13:03.929Z In(05)+ vcpu-9 - A fault has occurred"),
    (
        LogKind::Vmkernel,
        Form::HostPlain,
        "2015-08-17T18:57:26.128Z cpu1:35956)World: vm 35957: 1646: Starting world vmm0:a of type 8",
    ),
    (
        LogKind::Vmkernel,
        Form::HostSyslog,
        "2023-12-07T05:07:09.945Z Wa(180) vmkwarning: cpu3:2097803)WARNING: NFS: 5544: x",
    ),
    (
        LogKind::Vmkernel,
        Form::HostSyslog,
        "2023-08-08T14:13:55Z In(182) vmkernel: VMB: 65: Reserved 4 MPNs starting @ 0x4c1",
    ),
    (
        LogKind::Vmkernel,
        Form::HostPlain,
        "2014-03-14T16:22:52.801Z hypervisor01 vmkernel: cpu3:32800)ScsiDeviceIO: 2337: x",
    ),
    (
        LogKind::Vmkernel,
        Form::HostYearless,
        "Mar 9 23:53:24 esx405 vmkernel: 2:14:39:54.069 cpu3:4300)ScsiDeviceIO: 1688: x",
    ),
    (
        LogKind::Vmkernel,
        Form::Uptime,
        "0:00:00:07.008 cpu0:32768)MCE: 1480: Detected 9 MCE banks. MCG_CAP MSR:0x1c09",
    ),
    (LogKind::Vmkernel, Form::Uptime, "TSC: 0 cpu0:0)Boot: 167: Parsing boot option module /useropts.gz"),
    (
        LogKind::Vmkernel,
        Form::Rfc5424,
        "2026-10-06T14:56:57.843Z host-1 vmkernel - - [esx@4413] cpu2:2097963)StorageApdHandler: 967: x",
    ),
    (
        LogKind::Hostd,
        Form::HostPlain,
        "2024-10-16T04:56:09.509Z warning hostd[2100102] [Originator@6876 sub=X opID=Y] text",
    ),
    (
        LogKind::Hostd,
        Form::HostPlain,
        "2018-07-05T20:55:44.732Z info hostd[AAC2B70] [Originator@6876 sub=Vimsvc.TaskManager] Task Created",
    ),
    (
        LogKind::Hostd,
        Form::HostSyslog,
        "2025-05-12T20:41:08.408Z In(166) Hostd[2098867]: [Originator@6876 sub=Libs opID=0] text",
    ),
    (LogKind::Hostd, Form::Continuation, "2025-05-12T20:41:08.408Z In(166) Hostd[2098867]: --> }"),
    (
        LogKind::Hostd,
        Form::Continuation,
        "-->    eventTypeId = \"esx.audit.host.poweroff.reason.unavailable\",",
    ),
    (
        LogKind::Hostd,
        Form::HostBracket,
        "2014-01-17T04:55:50.347Z [7F03ECE76700 verbose 'Default' opID=2140bc71] [VpxVmomi] Invoke done",
    ),
    (
        LogKind::Hostd,
        Form::HostBracket,
        "[2010-03-16 12:51:54.284 27D13B90 info 'TaskManager'] Task Created : x",
    ),
    (
        LogKind::Hostd,
        Form::Section,
        "2021-05-24T20:31:05.671Z - last log rotation time, 2021-05-24T09:30:02.683Z - time the service was last started, Section for VMware ESX, pid=1000080910, version=7.0.3, build=0, option=DEBUG",
    ),
    (
        LogKind::Hostd,
        Form::Rfc5424,
        "2026-10-06T14:11:34.123Z host-2 Hostd 2098516 - [esx@4413 sub=\"Hostsvc.DatastoreSystem\"] x",
    ),
    (
        LogKind::Vobd,
        Form::HostPlain,
        "2013-04-01T14:35:08.074Z: [APDCorrelator] 9413898746us: [vob.storage.apd.start] Device x",
    ),
    (
        LogKind::Vobd,
        Form::HostSyslog,
        "2025-01-01T00:00:00.737Z In(14) vobd[2097521]:  [UserLevelCorrelator] 1012726884193us: [vob.x] x",
    ),
    (LogKind::Vmksummary, Form::HostPlain, "2025-09-18T02:15:00.360Z bootstop[137121]: Host is halting"),
    (LogKind::Vmksummary, Form::HostPlain, "2025-09-18T02:45:00.360Z Host has booted"),
    (
        LogKind::Vmksummary,
        Form::HostSyslog,
        "2025-09-18T15:59:09.000Z No(13) bootstop[2097]: Host has booted",
    ),
    (
        LogKind::Fdm,
        Form::HostSyslog,
        "2025-04-27T12:35:25.822Z Db(167) Fdm[2102736]: [Originator@6876 sub=FDM] New event",
    ),
    (
        LogKind::Fdm,
        Form::HostBracket,
        "2014-04-04T11:41:54.882Z [688C2B70 info 'Invt' opID=SWI-24c018b] [VmStateChange] vm x",
    ),
    (LogKind::Shell, Form::HostPlain, "2020-11-27T11:13:24Z shell[71435]: [root]: esxcli vm process list"),
    (
        LogKind::Shell,
        Form::HostSyslog,
        "2023-12-05T17:42:32.948Z In(14) shell[1053659]: [root]: vim-cmd vmsvc/getallvms",
    ),
    (
        LogKind::Syslog,
        Form::HostSyslog,
        "2022-06-02T05:34:23Z In(14)[+] hostprofile[1001430319]: {'mode': 'Disabled'}",
    ),
    (
        LogKind::Syslog,
        Form::HostSyslog,
        "2022-06-02 In(14) hostprofile[1001430319]: 05:34:23.666 {'mode': 'Disabled'}",
    ),
];

/// A line's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its form.
    pub form: Form,
    /// When, if the line has a stamp of its own.
    pub time: Option<Millis>,
    /// Whether that stamp states its zone.
    pub zoned: bool,
    /// Whether it states its year.
    pub dated: bool,
}

/// The NULs in front of a line: a file system that lost power fills the last block of a file with them, and the next
/// line is written right behind.
#[must_use]
pub fn nuls(line: &[u8]) -> usize {
    if line.first() != Some(&0) {
        return 0;
    }
    line.iter().position(|byte| *byte != 0).unwrap_or(line.len())
}

/// Reads the head of a line; `None` for a line that stands alone in no known form (it may still continue another).
#[inline]
pub fn read(stamper: &mut Stamper, kind: LogKind, line: &[u8]) -> Option<Head> {
    let line = line.get(nuls(line)..).unwrap_or_default();
    let Some(stamp) = stamper.read(line) else { return unstamped(line) };
    let rest = line.get(stamp.len..).unwrap_or_default();
    let form = if kind == LogKind::Vmware { vmware(&stamp, rest) } else { host(&stamp, rest) }?;
    let dated = stamp.form != StampForm::Yearless || stamp.zoned;
    Some(Head { form, time: Some(stamp.ms), zoned: stamp.zoned, dated })
}

fn unstamped(line: &[u8]) -> Option<Head> {
    let form = if line.starts_with(b"-->") {
        Form::Continuation
    } else if line.starts_with(b"TSC: ") || is_uptime(line) {
        Form::Uptime
    } else {
        return None;
    };
    Some(Head { form, time: None, zoned: true, dated: true })
}

/// `d:hh:mm:ss.mmm `
fn is_uptime(line: &[u8]) -> bool {
    let days = line.iter().take(5).take_while(|byte| byte.is_ascii_digit()).count();
    days > 0
        && matches!(line.get(days..days + 14), Some(&[b':', _, _, b':', _, _, b':', _, _, b'.', f, _, _, b' ']) if f.is_ascii_digit())
}

fn vmware(stamp: &Stamp, rest: &[u8]) -> Option<Form> {
    if let Some((level, plus, _)) = syslog_level(rest) {
        return (level && stamp.form != StampForm::Yearless).then_some(if plus {
            Form::Continuation
        } else {
            Form::VmwareSyslog
        });
    }
    if stamp.form == StampForm::Yearless {
        return rest.starts_with(b":").then_some(Form::VmwareYearless);
    }
    // A drift such as `[+0.000]` may stand between the stamp and the bar.
    let rest = match rest.strip_prefix(b"[") {
        Some(inner) => inner.get(memchr::memchr(b']', inner)? + 1..)?,
        None => rest,
    };
    let Some(after) = rest.strip_prefix(b"|") else {
        // The level was dropped: `stamp vcpu-0 - text`, as articles quote it.
        return (rest.first() == Some(&b' ') && rest.len() > 1).then_some(Form::VmwareSyslog);
    };
    let Some(bar) = memchr::memchr(b'|', after.get(..64.min(after.len()))?) else {
        return Some(Form::VmwarePlain);
    };
    Some(match after.get(bar + 1..).unwrap_or_default() {
        [b' ', level, d1, d2, d3, mark @ (b':' | b'+'), ..]
            if level.is_ascii_uppercase() && [d1, d2, d3].iter().all(|d| d.is_ascii_digit()) =>
        {
            if *mark == b'+' { Form::Continuation } else { Form::VmwareLevel }
        }
        _ => Form::VmwarePlain,
    })
}

fn host(stamp: &Stamp, rest: &[u8]) -> Option<Form> {
    if stamp.form == StampForm::Yearless {
        return (rest.first() == Some(&b' ') || rest.first() == Some(&b':')).then_some(Form::HostYearless);
    }
    if let Some((level, plus, after)) = syslog_level(rest) {
        if !level {
            return None;
        }
        let body = holds_arrow(after.get(..64.min(after.len()))?);
        return Some(if body || (plus && !after.starts_with(b" ")) {
            Form::Continuation
        } else {
            Form::HostSyslog
        });
    }
    if stamp.form == StampForm::Bracketed {
        return Some(Form::HostBracket);
    }
    match rest.first()? {
        b' ' => match rest.get(1..)? {
            [] => None,
            [b'[', ..] => Some(Form::HostBracket),
            [b'-', b' ', ..] => Some(Form::Section),
            text if text.starts_with(b"Section for ") => Some(Form::Section),
            text if text.starts_with(b"-->") => Some(Form::Continuation),
            text if holds_element(text.get(..120.min(text.len()))?) => Some(Form::Rfc5424),
            _ => Some(Form::HostPlain),
        },
        b':' => Some(Form::HostPlain),
        _ => None,
    }
}

/// Whether `: -->` is in it. Searching for one rare byte spares the set-up of a search for several.
#[inline]
fn holds_arrow(text: &[u8]) -> bool {
    memchr::memchr_iter(b'>', text).any(|at| text.get(..at).is_some_and(|before| before.ends_with(b": --")))
}

/// Whether ` [esx@` is in it.
#[inline]
fn holds_element(text: &[u8]) -> bool {
    memchr::memchr_iter(b'@', text).any(|at| text.get(..at).is_some_and(|before| before.ends_with(b" [esx")))
}

/// ` In(05)`, ` Wa(180)+`, ` In(14)[+]`: whether the code is a known one, whether it is marked as a continuation,
/// and what follows. `None` if the text does not begin like a level.
#[inline]
fn syslog_level(rest: &[u8]) -> Option<(bool, bool, &[u8])> {
    let [b' ', upper, lower, b'(', digits @ ..] = rest else { return None };
    if !upper.is_ascii_uppercase() || !lower.is_ascii_lowercase() {
        return None;
    }
    let close = digits.iter().take(4).position(|byte| *byte == b')')?;
    let after = digits.get(close + 1..)?;
    let known = matches!(&[*upper, *lower], b"Em" | b"Al" | b"Cr" | b"Er" | b"Wa" | b"No" | b"In" | b"Db");
    let (plus, after) = match after {
        [b'+', tail @ ..] | [b'[', b'+', b']', tail @ ..] => (true, tail),
        tail => (false, tail),
    };
    Some((known, plus, after))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_declared_form_reads_its_samples() {
        let mut stamper = Stamper::new(1_800_000_000_000);
        for (kind, form, line) in SAMPLES {
            let head = read(&mut stamper, *kind, line.as_bytes());
            assert_eq!(head.map(|head| head.form), Some(*form), "{line}");
        }
    }

    #[test]
    fn a_line_behind_the_nuls_of_a_power_loss_has_its_own_time() {
        let mut stamper = Stamper::new(1_800_000_000_000);
        let line = b"2025-09-18T03:00:00.360Z bootstop[137121]: Host has booted";
        let behind = [vec![0; 700], line.to_vec()].concat();
        let mut at = |line: &[u8]| read(&mut stamper, LogKind::Vmksummary, line);
        assert_eq!(at(&behind), at(line));
        assert_eq!(at(&[0; 40]), None);
    }

    #[test]
    fn a_torn_line_has_no_form() {
        let mut stamper = Stamper::new(1_800_000_000_000);
        assert_eq!(read(&mut stamper, LogKind::Vmkernel, b"<6>mpt2sas0: Protocol=(Initiator,Target)"), None);
        assert_eq!(read(&mut stamper, LogKind::Hostd, b"2025-13-41T99:00:00Z x"), None);
    }
}
