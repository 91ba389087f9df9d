//! The host to which a crash belongs: the one that ran the VM, whosever bundle the VM was found in.

use crate::evidence::{HostId, HostModel, RanOn, Stay};

/// The host that ran a VM at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostOfCrash {
    /// The host; `None` if its bundle was not given.
    pub host: Option<HostId>,
    /// What it is called, as far as is known.
    pub name: Option<String>,
}

impl HostOfCrash {
    /// Where a VM of `home` ran in a stay.
    pub(super) fn of(hosts: &[HostModel], home: HostId, stay: Option<&Stay>) -> Self {
        let host = match stay.map_or(RanOn::Here, |stay| stay.ran_on) {
            RanOn::Here => Some(home),
            RanOn::There(there, _) => Some(there),
            RanOn::Elsewhere => None,
        };
        let name = match host {
            Some(host) => hosts[host].name.clone(),
            None => stay.and_then(|stay| stay.host.clone()),
        };
        Self { host, name }
    }
}
