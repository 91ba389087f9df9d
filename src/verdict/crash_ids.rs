//! What crashes are called in the report, and that each is told once.

use super::run::Judged;
use crate::evidence::{HostId, HostModel};
use crate::log::{Millis, is_of_unknown_year, rfc3339};
use std::collections::BTreeMap;

/// A time as an id contains it.
pub(super) fn moment(time: Millis) -> String {
    if is_of_unknown_year(time) { UNKNOWN.to_owned() } else { rfc3339(time) }
}

/// What an id contains for a time whose year is not known.
const UNKNOWN: &str = "unknown";

/// A VM in the bundles of two hosts has its crash in both: it is kept where it ran, else where it was found first.
pub(super) fn once_a_vm(hosts: &[HostModel], judged: &mut Vec<Judged>) {
    let identity = |one: &Judged| {
        let model = &hosts[one.host][one.crash.vm];
        Some((model.vmx.bios_uuid.clone()?, model.config_key.clone()?, one.id.clone()))
    };
    let mut kept: BTreeMap<(String, String, String), HostId> = BTreeMap::new();
    for one in judged.iter() {
        let Some(identity) = identity(one) else { continue };
        let own = kept.entry(identity).or_insert(one.host);
        if one.ran_on.host == Some(one.host) {
            *own = one.host;
        }
    }
    judged.retain(|one| {
        identity(one).and_then(|own| kept.get(&own).copied()).is_none_or(|host| host == one.host)
    });
}

/// Numbers the crashes of one VM whose times are not known, in their order.
pub(super) fn number_undated(judged: &mut [Judged]) {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for one in judged.iter_mut().filter(|one| is_of_unknown_year(one.crash.time)) {
        let number = seen.entry(one.id.clone()).or_default();
        *number += 1;
        one.id = format!("{}-{number}", one.id);
    }
}
