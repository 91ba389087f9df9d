//! JSON Lines: one VM a line, with its host and its input in it, and what it takes to go on with an earlier run.
//!
//! Every input is judged by itself and written when its turn comes. A host without a VM, and an input without a host,
//! has a line too: its `id` is `null`. All lines of an input stand together; `resume` says which of how many a line
//! is, so that a file that breaks off is told from a whole one.

mod earlier;
mod events;

pub use earlier::{Earlier, Entry};

use super::format::{View, unsupported};
use super::model::{Crash, Host, Input, Operation, Report, SCHEMA, Vm, VmLogs};
use super::text::TextOptions;
use super::{Format, json};
use crate::input::Fingerprint;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes what is written line by line.
pub(super) fn write_view(view: View<'_>, _: TextOptions, out: &mut dyn Write) -> io::Result<()> {
    match view {
        View::Input(report, known) => write(report, known, out),
        View::Timeline(timeline) => events::write(timeline, out),
        View::Rules(list) => list.rows.iter().try_for_each(|row| json::write_line(row, out)),
        View::Report(_) | View::Inventory(_) => unsupported(Format::Jsonl, view),
    }
}

/// By what a later run knows an input again.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Size, time and hash of the input, if it has them.
    pub mark: Option<&'a Fingerprint>,
    /// A hash of everything else that decides what the report says.
    pub run: &'a str,
}

/// By what a later run knows an input again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// Size, time and hash of the input; `null` where it has none, as standard input.
    pub mark: Option<Fingerprint>,
    /// A hash of everything that decides what the report says: version, rules, windows, filters, limits.
    pub run: String,
    /// Which line of the input this is, from 1.
    pub line: usize,
    /// Lines of the input.
    pub lines: usize,
}

/// One line.
#[derive(Serialize)]
struct Line<'a> {
    schema: &'a str,
    id: Option<&'a str>,
    host: Option<&'a Host>,
    name: Option<&'a str>,
    config: Option<&'a str>,
    guest_os: Option<&'a str>,
    bios_uuid: Option<&'a str>,
    logs: Option<&'a VmLogs>,
    crashes: &'a [Crash],
    operations: &'a [Operation],
    input: &'a Input,
    resume: Resume,
}

/// Writes the lines of a report about one input.
///
/// # Errors
/// What the writer reports.
pub fn write(report: &Report, known: Known<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(input) = report.inputs.first() else { return Ok(()) };
    let hosts: BTreeMap<&str, &Host> = report.hosts.iter().map(|host| (host.id.as_str(), host)).collect();
    let mut rows: Vec<(Option<&Host>, Option<&Vm>)> = Vec::new();
    for vm in &report.vms {
        rows.push((vm.host.as_deref().and_then(|id| hosts.get(id).copied()), Some(vm)));
    }
    for host in &report.hosts {
        if !report.vms.iter().any(|vm| vm.host.as_ref() == Some(&host.id)) {
            rows.push((Some(host), None));
        }
    }
    if rows.is_empty() {
        rows.push((None, None));
    }
    let lines = rows.len();
    for (at, (host, vm)) in rows.into_iter().enumerate() {
        let resume = Resume { mark: known.mark.cloned(), run: known.run.to_owned(), line: at + 1, lines };
        json::write_line(&line(host, vm, input, resume), out)?;
    }
    Ok(())
}

fn line<'a>(host: Option<&'a Host>, vm: Option<&'a Vm>, input: &'a Input, resume: Resume) -> Line<'a> {
    let mut line = Line {
        schema: SCHEMA,
        id: None,
        host,
        name: None,
        config: None,
        guest_os: None,
        bios_uuid: None,
        logs: None,
        crashes: &[],
        operations: &[],
        input,
        resume,
    };
    if let Some(vm) = vm {
        // Without `..`: a new field of a VM must not be forgotten here.
        let Vm { id, host: _, name, config, guest_os, bios_uuid, logs, crashes, operations } = vm;
        line.id = Some(id);
        line.name = name.as_deref();
        line.config = config.as_deref();
        line.guest_os = guest_os.as_deref();
        line.bios_uuid = bios_uuid.as_deref();
        line.logs = Some(logs);
        line.crashes = crashes;
        line.operations = operations;
    }
    line
}
