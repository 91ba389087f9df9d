//! Devices handed through to a VM.

use crate::error::Error;
use crate::event::Event;
use crate::stage::Stage;
use crate::time::Millis;

impl Stage<'_> {
    pub(super) fn passthrough_down(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let host = self.host_of(event);
        let address = self
            .vms
            .get(vm)
            .and_then(|v| v.spec.vmx.get("pciPassthru0.id"))
            .cloned()
            .ok_or_else(|| self.wrong(event, "vm", "the VM has no pciPassthru0.id"))?;
        let cartel = self.vms.get(vm).map_or(0, |v| v.cartel);
        let text =
            format!("PCI: 1401: Skipping device reset on {address} because PCIe link to the device is down.");
        self.vmk_as(host, at, cartel, &text);
        let text = format!("PCIPassthru: 1750: Disable Domain for device {address}");
        self.vmk_as(host, at, cartel, &text);
        let text = format!(
            "PCIPassthru: 1039: pcipdevInfo: 0x4314{} ({address}), state 0, destroyed",
            self.rng.hex(8)
        );
        self.vmk_as(host, at, cartel, &text);
        Ok(())
    }
}
