//! Errors of the host's memory, CPUs and boards.

use crate::error::Error;
use crate::event::Event;
use crate::grammar::writer::vob;
use crate::stage::{SelRecord, Stage};
use crate::time::{Millis, parse_span};

impl Stage<'_> {
    pub(super) fn mce_corrected(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let host = self.host_of(event);
        for index in 0..event.count.unwrap_or(1) {
            let when = at + i64::try_from(index).unwrap_or(0) * 17_300;
            let page = self.rng.hex(7);
            let text = format!(
                "MCA: 202: CE Poll G0 B8 S9c00004{}00091 A6{page}40 M200401c0898{} P6{page}/40 Memory Controller Read Error on Channel 1.",
                self.rng.hex(3),
                self.rng.hex(5)
            );
            self.vmk(host, when, &text);
        }
        Ok(())
    }

    pub(super) fn mce_uncorrected(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let (host, world) = self.vms.get(vm).map(|v| (v.host, v.world)).unwrap_or_default();
        let page = self.rng.hex(7);
        let cpu = self.rng.below(32);
        let text = format!(
            "ALERT: MCA: 200: SRAR Excp G7 B1 Sbd80000000100134 A{page}c0 M86 P{page}c0/40 Cache Hierarchy: Level 0 Data Cache DataRead Error."
        );
        self.vmk_as(host, at, world, &text);
        let text = format!(
            "MCAIntel: 1120: Force retiring MPN 0x{page} to recover from MCA error detected by cpu{cpu} in bank1."
        );
        self.vmk_as(host, at, world, &text);
        Ok(())
    }

    pub(super) fn page_retire_kill(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let (host, world, cartel, name) =
            self.vms.get(vm).map(|v| (v.host, v.world, v.cartel, v.spec.name.clone())).unwrap_or_default();
        let text = format!(
            "WARNING: World: vm {world}: PanicWork:8430: vmm0:{name}:vcpu-0:Using a corrupted memory page that could not be retired"
        );
        self.vmk_as(host, at, world, &text);
        let text = format!(
            "Virtual machine {name} (cartel {cartel}) killed as it kept using a corrupted memory page."
        );
        self.observe(
            host,
            at + 2,
            vob("UserWorldCorrelator", "vob.pageretire.mce.injected", "esx.problem.pageretire.mce.injected"),
            &text,
        );
        self.vmk_ordered_panic(vm, at + 4, "Using a corrupted memory page that could not be retired");
        self.vanished(vm, at + 1_200);
        Ok(())
    }

    pub(super) fn sel_record(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let host = self.host_of(event);
        let kind = if event.style.is_empty() { "111 (Unknown)" } else { &event.style };
        let text = if event.text.is_empty() { "Assert + Processor IERR" } else { &event.text };
        let sensor = event.count.unwrap_or_else(|| self.rng.between(60, 190));
        self.sel(host, at, kind, text, sensor);
        Ok(())
    }

    /// Adds a record to the system event log, at the controller's own time.
    pub(crate) fn sel(&mut self, host: usize, at: Millis, kind: &str, message: &str, sensor: u64) {
        if let Some(state) = self.hosts.get_mut(host) {
            let ahead = state.spec.sel_ahead.as_deref().and_then(parse_span).unwrap_or(0);
            state.sel.push(SelRecord {
                at: at + ahead,
                kind: kind.to_owned(),
                message: message.to_owned(),
                sensor,
            });
        }
    }
}
