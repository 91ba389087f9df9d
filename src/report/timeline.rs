//! The timeline of VMs: its model, for JSON, and its table, for people.

use super::json;
use super::model::{Input, Time, Tool};
use super::text::layout::{Cell, Table, paint};
use super::text::words::{offset, stamp};
use super::text::{Page, TextOptions, style};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// The schema's name and version.
pub const SCHEMA: &str = "vmcoroner.timeline/1";

/// The events of VMs in the order of time.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Timeline {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// What made it.
    pub tool: Tool,
    /// What was given.
    pub inputs: Vec<Input>,
    /// The VMs, by name, then configuration file.
    pub vms: Vec<TimelineVm>,
}

/// One VM with its events.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TimelineVm {
    /// Display name.
    pub name: Option<String>,
    /// The host whose bundle it was found in.
    pub host: Option<String>,
    /// Path of its `.vmx`.
    pub config: Option<String>,
    /// Ids of its crashes, by time.
    pub crashes: Vec<String>,
    /// The events, by time.
    pub events: Vec<Event>,
}

/// One event: a line that a rule read.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Event {
    /// When.
    pub time: Option<Time>,
    /// Distance from each crash within a day, the nearest first; before it is negative.
    pub offsets: Vec<Offset>,
    /// Whom it names: `vm`, `below` (a device or volume under it), `host`, `moment` (nobody).
    pub tie: String,
    /// Kind of crash, operation, origin or fact.
    pub kind: String,
    /// The rule that read it.
    pub rule: String,
    /// Kind of log.
    pub log: String,
    /// Member of the bundle.
    pub member: String,
    /// Line in the member, from 1.
    pub line: u64,
    /// What it says.
    pub message: String,
    /// The line, cleaned.
    pub text: String,
    /// How many equal ones within a second it stands for.
    pub count: u64,
}

/// Distance from a crash.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Offset {
    /// The crash.
    pub crash: String,
    /// Seconds.
    pub offset_s: f64,
}

impl Timeline {
    /// A timeline of these VMs.
    #[must_use]
    pub fn new(inputs: Vec<Input>, vms: Vec<TimelineVm>) -> Self {
        Self { schema: SCHEMA.into(), tool: super::assemble::tool(), inputs, vms }
    }
}

/// Writes it as JSON.
///
/// # Errors
/// What the writer says.
pub fn write_json(timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    json::write(timeline, out)
}

/// Writes it as a table.
///
/// # Errors
/// What the writer says.
pub fn write_text(timeline: &Timeline, options: TextOptions, out: &mut dyn Write) -> io::Result<()> {
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
            let time = stamp(event.time.as_ref(), true);
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
