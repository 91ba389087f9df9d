//! A timeline as JSON Lines: an event a line, with the VM it concerns in it.

use crate::report::json;
use crate::report::timeline::{Event, Timeline};
use serde::Serialize;
use std::io::{self, Write};

/// One line: the VM first, then the event with its fields in their order.
#[derive(Serialize)]
struct EventLine<'a> {
    schema: &'a str,
    vm: Option<&'a str>,
    host: Option<&'a str>,
    config: Option<&'a str>,
    #[serde(flatten)]
    event: &'a Event,
}

/// Writes the events of each VM, by time; a VM without events has no line.
pub(super) fn write(timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    for vm in &timeline.vms {
        for event in &vm.events {
            let line = EventLine {
                schema: &timeline.schema,
                vm: vm.name.as_deref(),
                host: vm.host.as_deref(),
                config: vm.config.as_deref(),
                event,
            };
            json::write_line(&line, out)?;
        }
    }
    Ok(())
}
