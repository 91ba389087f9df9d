//! The inventory: hosts, VMs, volumes, logs and the time they cover, without verdicts.

use super::json;
use super::model::{Host, HostLog, Input, Report, Tool, VmLogs};
use super::text::layout::{Cell, Table, cut, paint, width};
use super::text::words::{count, host_name, stamp, thousands, vm_name};
use super::text::{Page, TextOptions, gaps, style};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// The schema's name and version.
pub const SCHEMA: &str = "vmcoroner.inventory/1";

/// What is in the bundles.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Inventory<'a> {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// What made it.
    pub tool: &'a Tool,
    /// What was given.
    pub inputs: &'a [Input],
    /// The hosts, by name.
    pub hosts: &'a [Host],
    /// The VMs, by name, then configuration file.
    pub vms: Vec<InventoryVm<'a>>,
}

/// A VM without what happened to it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InventoryVm<'a> {
    /// `V1`, `V2` …
    pub id: &'a str,
    /// The host it was found on.
    pub host: Option<&'a str>,
    /// Display name.
    pub name: Option<&'a str>,
    /// Path of its `.vmx`.
    pub config: Option<&'a str>,
    /// Guest OS id as configured.
    pub guest_os: Option<&'a str>,
    /// BIOS uuid as configured.
    pub bios_uuid: Option<&'a str>,
    /// Its vmware.log files taken together.
    pub logs: &'a VmLogs,
}

impl<'a> Inventory<'a> {
    /// The inventory of a report.
    #[must_use]
    pub fn of(report: &'a Report) -> Self {
        let vms = report.vms.iter().map(|vm| InventoryVm {
            id: &vm.id,
            host: vm.host.as_deref(),
            name: vm.name.as_deref(),
            config: vm.config.as_deref(),
            guest_os: vm.guest_os.as_deref(),
            bios_uuid: vm.bios_uuid.as_deref(),
            logs: &vm.logs,
        });
        Self {
            schema: SCHEMA,
            tool: &report.tool,
            inputs: &report.inputs,
            hosts: &report.hosts,
            vms: vms.collect(),
        }
    }
}

/// Writes the inventory as JSON.
///
/// # Errors
/// What the writer reports.
pub fn write_json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    json::write(&Inventory::of(report), out)
}

/// Writes the inventory for a person.
///
/// # Errors
/// What the writer reports.
pub fn write_text(report: &Report, options: TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(options, out);
    inputs(&mut page, report)?;
    for host in &report.hosts {
        page.blank()?;
        let product = [host.product.as_deref(), host.version.as_deref(), host.build.as_deref()];
        let product: Vec<&str> = product.into_iter().flatten().collect();
        let name = cut(host.name.as_deref().unwrap_or("unnamed host"), page.width / 2);
        let captured =
            host.captured_at.as_ref().map(|time| format!(", captured {} UTC", stamp(Some(time), false)));
        let room = page.width.saturating_sub(width(&name) + 2);
        let about = cut(&format!("{}{}", product.join(" "), captured.unwrap_or_default()), room);
        page.line(&format!("{}  {about}", paint(style::HEAD, &name)))?;
        logs(&mut page, &host.logs)?;
        volumes(&mut page, host)?;
    }
    vms(&mut page, report)
}

fn inputs(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let mut table = Table::new(vec!["INPUT", "PATH", "KIND", "STATE", "MEMBERS"], vec![1]).right(vec![4]);
    for input in &report.inputs {
        let path = page.path(&input.path, page.width.saturating_sub(45));
        table.row(vec![
            Cell::new(&input.id),
            Cell::new(&path),
            Cell::new(input.kind.as_str()),
            Cell::new(input.state.as_str()),
            Cell::new(&thousands(input.members)),
        ]);
    }
    print(page, &table, "")?;
    if report.inputs.is_empty() {
        page.line("Nothing was found.")?;
    }
    Ok(())
}

fn logs(page: &mut Page<'_>, logs: &[HostLog]) -> io::Result<()> {
    let head = vec!["LOG", "FIRST LINE (UTC)", "LAST LINE (UTC)", "FILES", "LINES", "UNDERSTOOD", "GAPS"];
    let mut table = Table::new(head, vec![0]).right(vec![3, 4, 5, 6]);
    for log in logs {
        table.row(vec![
            Cell::new(&log.log),
            Cell::new(&stamp(log.first.as_ref(), false)),
            Cell::new(&stamp(log.last.as_ref(), false)),
            Cell::new(&thousands(log.members)),
            Cell::new(&thousands(log.lines)),
            Cell::new(&share(log.understood)),
            Cell::new(&if log.gaps.is_empty() { "-".to_owned() } else { log.gaps.len().to_string() }),
        ]);
    }
    print(page, &table, "  ")?;
    gaps(page, logs)
}

fn volumes(page: &mut Page<'_>, host: &Host) -> io::Result<()> {
    if host.volumes.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let mut table = Table::new(vec!["VOLUME", "UUID", "KIND", "DEVICES"], vec![0, 3]);
    for volume in &host.volumes {
        table.row(vec![
            Cell::new(volume.label.as_deref().unwrap_or("-")),
            Cell::new(volume.uuid.as_deref().unwrap_or("")),
            Cell::new(volume.kind.as_deref().unwrap_or("")),
            Cell::new(&volume.devices.join(" ")),
        ]);
    }
    print(page, &table, "  ")
}

fn vms(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    page.blank()?;
    page.line(&paint(style::HEAD, &count(report.vms.len() as u64, "VM", "VMs")))?;
    let head = vec!["VM", "HOST", "GUEST", "LOGS FROM (UTC)", "TO (UTC)", "FILES", "UNDERSTOOD"];
    let mut table = Table::new(head, vec![0, 1, 2]).right(vec![5, 6]);
    for vm in &report.vms {
        let host = if report.hosts.len() > 1 { host_name(report, vm).unwrap_or_default() } else { "" };
        let known = vm.logs.members > 0;
        let time = |time| if known { stamp(time, false) } else { "-".to_owned() };
        table.row(vec![
            Cell::styled(vm_name(vm), style::HEAD),
            Cell::new(host),
            Cell::new(vm.guest_os.as_deref().unwrap_or("")),
            Cell::new(&time(vm.logs.first.as_ref())),
            Cell::new(&time(vm.logs.last.as_ref())),
            Cell::new(&thousands(vm.logs.members)),
            Cell::new(&share(vm.logs.understood)),
        ]);
    }
    print(page, &table, "  ")
}

fn print(page: &mut Page<'_>, table: &Table, indent: &str) -> io::Result<()> {
    if table.is_empty() {
        return Ok(());
    }
    for line in table.lines(page.width - indent.len(), style::LABEL) {
        page.line(&format!("{indent}{line}"))?;
    }
    Ok(())
}

/// `99.8 %`, never rounded up to everything.
fn share(understood: Option<f64>) -> String {
    understood.map_or_else(String::new, |share| {
        let percent = (share.clamp(0.0, 1.0) * 1000.0).floor() / 10.0;
        format!("{percent:.1} %")
    })
}
