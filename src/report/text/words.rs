//! Numbers, times and names as a person reads them.

use crate::log::LogKind;
use crate::report::model::{Bugcheck, Report, Time, Vm};

/// `2026-03-14 03:00:00.000` out of `2026-03-14T03:00:00.000Z`; without the milliseconds if they are not wanted.
pub(crate) fn stamp(time: Option<Time>, milliseconds: bool) -> String {
    let Some(time) = time else { return "unknown time".to_owned() };
    let text = time.to_string().trim_end_matches('Z').replace('T', " ");
    match text.split_once('.') {
        Some((whole, _)) if !milliseconds => whole.to_owned(),
        _ => text,
    }
}

/// `-20.1 s`, `+0.3 s`, `-5 min 12 s`, `-3 h 05 min`.
pub(crate) fn offset(seconds: f64) -> String {
    let size = seconds.abs();
    if size < 0.05 {
        return "0.0 s".to_owned();
    }
    let sign = if seconds < 0.0 { '-' } else { '+' };
    if size < 99.95 {
        return format!("{sign}{size:.1} s");
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = size.round() as u64;
    if whole < 3600 {
        format!("{sign}{} min {:02} s", whole / 60, whole % 60)
    } else {
        format!("{sign}{} h {:02} min", whole / 3600, whole % 3600 / 60)
    }
}

/// A span of seconds: `15 min`, `90 s`, `2 h`.
pub(crate) fn span(seconds: f64) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0 => "0 s".to_owned(),
        s if s % 3600 == 0 => format!("{} h", s / 3600),
        s if s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

/// `1 crash`, `2 crashes`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// `61,234`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `774.7 MiB`.
pub(crate) fn bytes(number: u64) -> String {
    #[allow(clippy::cast_precision_loss)]
    let mut size = number as f64;
    for unit in ["bytes", "KiB", "MiB", "GiB"] {
        if size < 1024.0 {
            return if unit == "bytes" { format!("{number} bytes") } else { format!("{size:.1} {unit}") };
        }
        size /= 1024.0;
    }
    format!("{size:.1} TiB")
}

/// What a VM is called: its name, else the stem of its configuration file, else its id.
pub(crate) fn vm_name(vm: &Vm) -> &str {
    let stem = || {
        let file = vm.config.as_deref()?.rsplit('/').next()?;
        file.strip_suffix(".vmx").filter(|stem| !stem.is_empty())
    };
    vm.name.as_deref().filter(|name| !name.is_empty()).or_else(stem).unwrap_or(&vm.id)
}

/// The name of the host a VM was found on.
pub(crate) fn host_name<'a>(report: &'a Report, vm: &'a Vm) -> Option<&'a str> {
    let id = vm.host.as_deref()?;
    let host = report.hosts.iter().find(|host| host.id == id);
    Some(host.and_then(|host| host.name.as_deref()).unwrap_or(id))
}

/// `0x80 NMI_HARDWARE_FAILURE (0x4f4454, 0x0, 0x0, 0x0)`.
pub(crate) fn bugcheck(bugcheck: &Bugcheck) -> String {
    let mut text = bugcheck.code.clone();
    if let Some(name) = &bugcheck.name {
        text.push(' ');
        text.push_str(name);
    }
    if bugcheck.args.iter().any(Option::is_some) {
        let args: Vec<&str> = bugcheck.args.iter().map(|arg| arg.as_deref().unwrap_or("?")).collect();
        text.push_str(&format!(" ({})", args.join(", ")));
    }
    text
}

/// A log as a person calls it.
pub(crate) fn log_name(log: &str) -> &str {
    match LogKind::parse(log) {
        Some(kind) if kind.log().free_form => kind.file_name(),
        _ => log,
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(words: &[impl AsRef<str>]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        let time = Some(Time::new(1_773_457_200_000));
        assert_eq!(stamp(time, true), "2026-03-14 03:00:00.000");
        assert_eq!(stamp(time, false), "2026-03-14 03:00:00");
        assert_eq!(stamp(None, false), "unknown time");
        let shown = [-20.1, 0.0, 0.04, -312.4, 11_220.0, 99.96].map(offset);
        assert_eq!(shown, ["-20.1 s", "0.0 s", "0.0 s", "-5 min 12 s", "+3 h 07 min", "+1 min 40 s"]);
        assert_eq!([900.0, 90.0, 7200.0, 0.0].map(span), ["15 min", "90 s", "2 h", "0 s"]);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [1, 999, 1000, 61_234, 1_234_567].map(thousands),
            ["1", "999", "1,000", "61,234", "1,234,567"]
        );
        assert_eq!([12, 812_345_678].map(bytes), ["12 bytes", "774.7 MiB"]);
        assert_eq!(count(1, "crash", "crashes"), "1 crash");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
    }
}
