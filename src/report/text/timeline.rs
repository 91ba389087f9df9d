//! The timeline for a person: a table for each VM.

use super::layout::{Cell, Table, paint};
use super::words::{offset, stamp};
use super::{Page, TextOptions, style};
use crate::report::timeline::Timeline;
use std::io::{self, Write};

/// Writes the timeline.
pub(super) fn write(timeline: &Timeline, options: TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(options, out);
    if timeline.vms.is_empty() {
        return page.line("No VM of that name is in what was given.");
    }
    for (n, vm) in timeline.vms.iter().enumerate() {
        if n > 0 {
            page.blank()?;
        }
        let name = vm.name.as_deref().unwrap_or("(unnamed)");
        let host = vm.host.as_deref().map_or(String::new(), |host| format!(" on {host}"));
        page.line(&format!("{}{host}", paint(style::HEAD, name)))?;
        page.line(&match vm.crashes.len() {
            0 => "no crash".to_owned(),
            1 => format!("crash: {}", vm.crashes.join(", ")),
            n => {
                format!("{n} crashes: {}", vm.crashes.iter().take(6).cloned().collect::<Vec<_>>().join(", "))
            }
        })?;
        page.blank()?;
        let mut table =
            Table::new(vec!["TIME (UTC)", "TO CRASH", "OF", "LOG", "EVENT"], vec![4]).right(vec![1]);
        for event in &vm.events {
            let time = stamp(event.time, true);
            let offset = event.offsets.first().map_or_else(String::new, |near| offset(near.offset_s));
            let times = if event.count > 1 { format!(" ({} times)", event.count) } else { String::new() };
            table.row(vec![
                Cell::new(&time),
                Cell::new(&offset),
                Cell::new(&event.tie),
                Cell::new(&event.log),
                Cell::new(&format!("{}{times}", event.message)),
            ]);
        }
        for line in table.lines(page.width, style::LABEL) {
            page.line(&line)?;
        }
    }
    Ok(())
}
