//! The inventory: hosts, VMs, volumes, logs and the time they cover, without verdicts.

use super::model::{Host, Input, Report, Tool, VmLogs};
use schemars::JsonSchema;
use serde::Serialize;

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
