//! The host's own logs: put in order, cut to what they cover, split into rotated files.

use std::io::Write;

use flate2::{Compression, GzBuilder};

use super::Member;
use crate::error::Error;
use crate::read::moment;
use crate::stage::{EVENT_NUMBER, Line, Stage};
use crate::time::{Millis, iso, parse_span, yearless};

/// Every log a bundle has; those without lines are empty files.
const NAMES: [&str; 18] = [
    "vmkernel",
    "vmkwarning",
    "hostd",
    "vpxa",
    "vobd",
    "fdm",
    "vmksummary",
    "shell",
    "auth",
    "syslog",
    "hostd-probe",
    "rhttpproxy",
    "hostdCgiServer",
    "esxupdate",
    "usb",
    "Xorg",
    "vprobe",
    "nfcd",
];

/// `var/run/log`.
pub(super) fn host_logs(stage: &Stage<'_>, host: usize, missing: &[String]) -> Result<Vec<Member>, Error> {
    let Some(state) = stage.hosts.get(host) else { return Ok(Vec::new()) };
    let mut members = Vec::new();
    let extra = state.logs.keys().map(String::as_str).filter(|name| !NAMES.contains(name));
    for name in NAMES.into_iter().chain(extra) {
        if missing.iter().any(|m| m == name) {
            continue;
        }
        let mut lines = state.logs.get(name).cloned().unwrap_or_default();
        lines.sort_by_key(|line| line.at);
        let mut number = 40;
        for line in &mut lines {
            if line.text.contains(EVENT_NUMBER) {
                number += 1;
                line.text = line.text.replace(EVENT_NUMBER, &number.to_string());
            }
        }
        keep_covered(stage, host, name, &mut lines)?;
        if let Some(ahead) = state.spec.traditional.get(name) {
            let ahead = parse_span(ahead).unwrap_or(0);
            lines.iter_mut().for_each(|line| traditional(line, &state.spec.name, name, ahead));
        }
        members.extend(files(stage, host, name, &lines)?);
    }
    Ok(members)
}

/// A line as a syslog server stores it that writes no year and no zone: `Nov 11 22:09:13 esx01 vmkernel: cpu3:2097201)x`.
fn traditional(line: &mut Line, host: &str, program: &str, ahead: Millis) {
    let Some((_, rest)) = line.text.split_once(' ').filter(|(stamp, _)| stamp.starts_with("20")) else {
        return;
    };
    let rest = rest.split_once(&format!("{program}: ")).map_or(rest, |(_, text)| text);
    line.text = format!("{} {host} {program}: {rest}", yearless(line.at + ahead));
}

fn keep_covered(stage: &Stage<'_>, host: usize, name: &str, lines: &mut Vec<Line>) -> Result<(), Error> {
    let Some(state) = stage.hosts.get(host) else { return Ok(()) };
    let reach = state.spec.logs.get(name).cloned().unwrap_or_default();
    let at = |span: &Option<String>, usual: Millis| match span {
        Some(span) => moment(stage.scenario, "logs", span),
        None => Ok(usual),
    };
    let (from, to) = (at(&reach.from, Millis::MIN)?, at(&reach.to, state.captured)?);
    let hole = match &reach.hole {
        Some([from, to]) => {
            Some((moment(stage.scenario, "logs", from)?, moment(stage.scenario, "logs", to)?))
        }
        None => None,
    };
    lines.retain(|line| {
        (from..=to).contains(&line.at)
            && !hole.is_some_and(|(from, to)| (from..to).contains(&line.at))
            && !state.down.iter().any(|(from, to)| (*from + 1..*to).contains(&line.at))
    });
    Ok(())
}

fn files(stage: &Stage<'_>, host: usize, name: &str, lines: &[Line]) -> Result<Vec<Member>, Error> {
    let Some(state) = stage.hosts.get(host) else { return Ok(Vec::new()) };
    let pieces = match name {
        "hostd" => 4,
        "vmkernel" => 3,
        "vpxa" | "fdm" => 2,
        _ => 1,
    };
    let sectioned = matches!(name, "hostd" | "vpxa" | "fdm" | "rhttpproxy");
    let size = lines.len().div_ceil(pieces).max(40);
    let mut members = Vec::new();
    let chunks: Vec<&[Line]> = if lines.is_empty() { vec![lines] } else { lines.chunks(size).collect() };
    let last = chunks.len() - 1;
    for (index, chunk) in chunks.into_iter().enumerate() {
        let mut text = String::new();
        if let (true, Some(first)) = (sectioned, chunk.first()) {
            let build = state.spec.build.clone().unwrap_or_else(|| state.generation.build().to_owned());
            let version = state.spec.version.clone().unwrap_or_else(|| state.generation.version().to_owned());
            text = format!(
                "{} - time the service was last started {}, Section for VMware ESX, pid=2098371, version={version}, build={build}, option=Release\n",
                iso(first.at),
                iso(state.boot + 61_000)
            );
        }
        for line in chunk {
            text.push_str(&line.text);
            text.push('\n');
        }
        let at = chunk.last().map_or(state.boot, |line| line.at);
        members.push(if index == last {
            Member::copied(format!("var/run/log/{name}.log"), text, at)
        } else {
            // 0 is the newest of the rotated files.
            let path = format!("var/run/log/{name}.{}.gz", last - 1 - index);
            Member::copied(path, squeeze(stage, name, text.as_bytes(), at)?, at)
        });
    }
    Ok(members)
}

fn squeeze(stage: &Stage<'_>, name: &str, bytes: &[u8], at: Millis) -> Result<Vec<u8>, Error> {
    pack(name, bytes, at, 9)
        .map_err(|source| Error::Archive { scenario: stage.scenario.name.clone(), source })
}

/// A rotated log as syslog packs it.
pub(crate) fn pack(name: &str, bytes: &[u8], at: Millis, level: u32) -> std::io::Result<Vec<u8>> {
    let seconds = u32::try_from(at / 1_000).unwrap_or(0);
    let header = GzBuilder::new().filename(format!("{name}.0")).mtime(seconds).operating_system(3);
    let mut writer = header.write(Vec::new(), Compression::new(level));
    writer.write_all(bytes)?;
    writer.finish()
}
