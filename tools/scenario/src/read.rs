//! Reading scenario files, and filling in what they leave out.

use std::path::Path;

use crate::error::Error;
use crate::event::Event;
use crate::model::{Host, RawScenario, Scenario, VolumeKind};
use crate::rng::Rng;
use crate::time::{Millis, parse_iso, parse_span};

/// Reads every `*.toml` of a folder, in the order of their names.
///
/// # Errors
/// If the folder or a file cannot be read, or a file is not a scenario.
pub fn load_dir(path: impl AsRef<Path>) -> Result<Vec<Scenario>, Error> {
    let path = path.as_ref();
    let io = |source| Error::Io { path: path.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(io)? {
        let file = entry.map_err(io)?.path();
        if file.extension().is_some_and(|e| e == "toml") {
            files.push(file);
        }
    }
    files.sort();
    files.iter().map(load_file).collect()
}

/// Reads one scenario file.
///
/// # Errors
/// If the file cannot be read or is not a scenario.
pub fn load_file(path: impl AsRef<Path>) -> Result<Scenario, Error> {
    let path = path.as_ref();
    let text = std::fs::read_to_string(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let name = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    parse(&name, &text)
}

/// Reads a scenario from text; `name` seeds everything the text leaves out.
///
/// # Errors
/// If the text is not a scenario.
pub fn parse(name: &str, text: &str) -> Result<Scenario, Error> {
    let raw: RawScenario = toml::from_str(text)
        .map_err(|source| Error::Toml { scenario: name.to_owned(), source: Box::new(source) })?;
    let base =
        parse_iso(&raw.base).ok_or_else(|| field(name, "base", "not a time such as 2026-03-14T03:00:00Z"))?;
    let mut scenario = Scenario {
        name: name.to_owned(),
        about: raw.about,
        base,
        hosts: raw.hosts,
        density: 1,
        volumes: raw.volumes,
        vms: raw.vms,
        events: raw.events,
        expect: raw.expect,
        expect_operation: raw.expect_operation,
    };
    complete(&mut scenario);
    validate(&scenario)?;
    Ok(scenario)
}

pub(crate) fn field(scenario: &str, field: impl Into<String>, problem: impl Into<String>) -> Error {
    Error::Field { scenario: scenario.to_owned(), field: field.into(), problem: problem.into() }
}

/// A span of the scenario as a time.
pub(crate) fn moment(scenario: &Scenario, name: &str, span: &str) -> Result<Millis, Error> {
    parse_span(span)
        .map(|ms| scenario.base + ms)
        .ok_or_else(|| field(&scenario.name, name, format!("{span:?} is not a span such as -6h")))
}

fn complete(scenario: &mut Scenario) {
    let name = scenario.name.clone();
    for volume in &mut scenario.volumes {
        let mut rng = Rng::new(&name, &format!("volume/{}", volume.label));
        if volume.uuid.is_empty() {
            volume.uuid = match volume.kind {
                VolumeKind::Vmfs => {
                    format!("6{}-{}-{}-{}", rng.hex(7), rng.hex(8), rng.hex(4), rng.hex(12))
                }
                VolumeKind::Nfs => format!("{}-{}", rng.hex(8), rng.hex(8)),
                VolumeKind::Vsan => format!("52{}-{}", rng.hex(14), rng.hex(16)),
            };
        }
        if volume.device.is_empty() && volume.kind == VolumeKind::Vmfs {
            volume.device = format!("naa.600a0980{}", rng.hex(24));
        }
        if volume.server.is_empty() && volume.kind == VolumeKind::Nfs {
            volume.server = format!("192.0.2.{}", rng.between(20, 90));
        }
    }
    let first_volume = scenario.volumes.first().map(|v| v.label.clone()).unwrap_or_default();
    let first_host = scenario.hosts.first().map(|h| h.name.clone()).unwrap_or_default();
    let mut world = 2_100_000 + Rng::new(&name, "worlds").below(90_000);
    for (index, vm) in scenario.vms.iter_mut().enumerate() {
        let mut rng = Rng::new(&name, &format!("vm/{}", vm.name));
        let or = |value: &mut String, other: &str| {
            if value.is_empty() {
                other.clone_into(value);
            }
        };
        or(&mut vm.volume, &first_volume);
        or(&mut vm.host, &first_host);
        let own = vm.name.clone();
        or(&mut vm.folder, &own);
        if vm.bios_uuid.is_empty() {
            let bytes: Vec<String> = (0..14).map(|_| rng.hex(2)).collect();
            let (head, tail) = bytes.split_at(6);
            vm.bios_uuid = format!("42 1c {}-{}", head.join(" "), tail.join(" "));
        }
        world += 1_100 + rng.below(700);
        if vm.cartel == 0 {
            vm.cartel = world;
        }
        if vm.world == 0 {
            vm.world = vm.cartel + [1, 2, 6, 8].get(index % 4).copied().unwrap_or(1);
        }
        if vm.vm_id == 0 {
            vm.vm_id = 12 + 7 * u64::try_from(index).unwrap_or(0) + rng.below(5);
        }
    }
    let base = scenario.base;
    for expect in &mut scenario.expect {
        expect.time = expect.at.map(|at| base + crate::model::millis(at));
    }
}

fn validate(scenario: &Scenario) -> Result<(), Error> {
    let name = &scenario.name;
    if scenario.hosts.is_empty() {
        return Err(field(name, "hosts", "no host is given"));
    }
    for (index, host) in scenario.hosts.iter().enumerate() {
        validate_host(scenario, index, host)?;
    }
    for (index, vm) in scenario.vms.iter().enumerate() {
        let at = |part: &str| format!("vms[{index}].{part}");
        if !vm.base.is_empty() && !scenario.volumes.iter().any(|v| v.label == vm.base) {
            return Err(field(name, at("base"), format!("no volume {:?}", vm.base)));
        }
        if !scenario.volumes.iter().any(|v| v.label == vm.volume) {
            return Err(field(name, at("volume"), format!("no volume {:?}", vm.volume)));
        }
        if !scenario.hosts.iter().any(|h| h.name == vm.host) {
            return Err(field(name, at("host"), format!("no host {:?}", vm.host)));
        }
        if !vm.on_since.is_empty() {
            moment(scenario, &at("on_since"), &vm.on_since)?;
        }
    }
    for (index, event) in scenario.events.iter().enumerate() {
        validate_event(scenario, &format!("events[{index}]"), event)?;
    }
    for (index, expect) in scenario.expect.iter().enumerate() {
        if !expect.vm.is_empty() && !scenario.vms.iter().any(|v| v.name == expect.vm) {
            return Err(field(name, format!("expect[{index}].vm"), format!("no VM {:?}", expect.vm)));
        }
    }
    Ok(())
}

fn validate_host(scenario: &Scenario, index: usize, host: &Host) -> Result<(), Error> {
    let at = |part: &str| format!("hosts[{index}].{part}");
    moment(scenario, &at("captured_at"), &host.captured_at)?;
    moment(scenario, &at("taken_for"), &host.taken_for)?;
    moment(scenario, &at("up_since"), &host.up_since)?;
    if let Some(ahead) = &host.sel_ahead {
        moment(scenario, &at("sel_ahead"), ahead)?;
    }
    for (log, reach) in &host.logs {
        for span in [&reach.from, &reach.to].into_iter().flatten().chain(reach.hole.iter().flatten()) {
            moment(scenario, &at(&format!("logs.{log}")), span)?;
        }
    }
    Ok(())
}

/// Checks that an event names things that exist.
pub(crate) fn validate_event(scenario: &Scenario, at: &str, event: &Event) -> Result<(), Error> {
    let name = &scenario.name;
    let missing =
        |part: &str, value: &str| field(name, format!("{at}.{part}"), format!("no {part} {value:?}"));
    if !event.vm.is_empty() && !scenario.vms.iter().any(|v| v.name == event.vm) {
        return Err(missing("vm", &event.vm));
    }
    for host in [&event.host, &event.to] {
        if !host.is_empty() && !scenario.hosts.iter().any(|h| &h.name == host) {
            return Err(missing("host", host));
        }
    }
    if !event.volume.is_empty() && !scenario.volumes.iter().any(|v| v.label == event.volume) {
        return Err(missing("volume", &event.volume));
    }
    if !event.at.is_finite() {
        return Err(field(name, format!("{at}.at"), "not a number of seconds"));
    }
    Ok(())
}
