//! The inventory for a person: inputs, hosts with their logs and volumes, VMs.

use super::layout::{Cell, Table, cut, paint, width};
use super::words::{count, host_name, stamp, thousands, vm_name};
use super::{Page, TextOptions, gaps, style};
use crate::report::model::{Host, HostLog, Report};
use std::io::{self, Write};

/// Writes the inventory.
pub(super) fn write(report: &Report, options: TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(options, out);
    inputs(&mut page, report)?;
    for host in &report.hosts {
        page.blank()?;
        let product = [host.product.as_deref(), host.version.as_deref(), host.build.as_deref()];
        let product: Vec<&str> = product.into_iter().flatten().collect();
        let name = cut(host.name.as_deref().unwrap_or("unnamed host"), page.width / 2);
        let captured = host.captured_at.map(|time| format!(", captured {} UTC", stamp(Some(time), false)));
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
            Cell::new(&stamp(log.first, false)),
            Cell::new(&stamp(log.last, false)),
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
            Cell::new(&time(vm.logs.first)),
            Cell::new(&time(vm.logs.last)),
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
