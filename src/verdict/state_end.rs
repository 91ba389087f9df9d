//! When a state that a line opened was over: an outage of a volume ends with the line about the device under it too.

use super::weigh::HostView;
use crate::evidence::paths::device_key;
use crate::evidence::{Finding, HostModel, Tie, VmId, tie};
use crate::log::Millis;
use crate::rules::{Compiled, TieBy};

/// When the state that a line opened was closed: by a line of an end rule that agrees in every tie they share, or that
/// names the VM as the first one does.
pub(super) fn interval_end(
    scene: HostView<'_>,
    rule: &Compiled,
    (opened, vm): (&Finding, VmId),
) -> Option<Millis> {
    let interval = rule.rule.interval.as_ref()?;
    let from = opened.time?;
    let of_vm = tie(scene.host, rule, opened, vm) == Tie::This;
    let ends = interval.end.iter().filter_map(|id| scene.rules.id_of(id)).flat_map(|end| {
        let lines = scene.index.between(scene.host, end, from, Millis::MAX);
        lines.iter().map(move |&at| (&scene.rules[end], &scene.host[at]))
    });
    ends.filter(|(rule, end)| {
        (of_vm && tie(scene.host, rule, end, vm) == Tie::This) || is_of_one_state(scene.host, opened, end)
    })
    .filter_map(|(_, end)| end.time)
    .min()
}

/// Whether one line ends what another began: they agree in every tie that they share; where they share none, the one
/// names a volume and the other the device under it.
fn is_of_one_state(host: &HostModel, opened: &Finding, end: &Finding) -> bool {
    let mut shared = 0;
    let agree =
        TieBy::ALL.iter().all(|by| match (opened.captures.get(by.as_str()), end.captures.get(by.as_str())) {
            (Some(a), Some(b)) => {
                shared += 1;
                same_key(host, *by, a, b)
            }
            _ => true,
        });
    let get = |finding: &Finding, by: TieBy| finding.captures.get(by.as_str()).map(str::to_owned);
    let below = |volume: &str| host.volumes.get(volume).map_or(&[][..], |volume| volume.devices.as_slice());
    let crossed = || match (get(opened, TieBy::Device), get(opened, TieBy::Volume)) {
        (Some(device), _) => {
            get(end, TieBy::Volume).is_some_and(|volume| below(&volume).contains(&device_key(&device)))
        }
        // A volume on several devices is back when all of them are.
        (None, Some(volume)) => {
            get(end, TieBy::Device).is_some_and(|device| below(&volume) == [device_key(&device)])
        }
        (None, None) => false,
    };
    agree && (shared > 0 || crossed())
}

fn same_key(host: &HostModel, by: TieBy, a: &str, b: &str) -> bool {
    match by {
        TieBy::Device => device_key(a) == device_key(b),
        TieBy::Volume => host.volumes.key(a) == host.volumes.key(b),
        _ => a == b,
    }
}
