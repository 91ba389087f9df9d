//! What healthy hosts and guests write all day, including the lines that look alarming and are not.

pub(crate) mod boot;
pub(crate) mod daemons;
pub(crate) mod guest;
pub(crate) mod kernel;

use crate::rng::Rng;
use crate::stage::Stage;
use crate::time::Millis;

/// Fills every log of every host and VM with its everyday lines.
pub(crate) fn fill(stage: &mut Stage<'_>) {
    let name = stage.scenario.name.clone();
    for host in 0..stage.hosts.len() {
        let Some((full, at)) = stage.hosts.get(host).map(|h| (h.spec.name.clone(), h.boot)) else { continue };
        stage.rng = Rng::new(&name, &format!("noise/{full}"));
        boot::kernel(stage, host, at);
        boot::before(stage, host, at);
        kernel::everyday(stage, host);
        daemons::everyday(stage, host);
        sel(stage, host, at);
    }
    for vm in 0..stage.vms.len() {
        let Some(vm_name) = stage.vms.get(vm).map(|v| v.spec.name.clone()) else { continue };
        stage.rng = Rng::new(&name, &format!("noise/vm/{vm_name}"));
        guest::everyday(stage, vm);
    }
}

/// Old and harmless records of the system event log.
pub(crate) fn sel(stage: &mut Stage<'_>, host: usize, boot: Millis) {
    const YEAR: Millis = 365 * 86_400_000;
    stage.sel(
        host,
        boot - 3 * YEAR,
        "111 (Unknown)",
        "Assert + Event Logging Disabled Log Area Reset/Cleared",
        144,
    );
    stage.sel(host, boot - 2 * YEAR, "3 (Warning)", "Assert + Memory Correctable ECC", 31);
    stage.sel(host, boot - YEAR, "1 (Other)", "Assert + Power Supply Power Supply input lost (AC/DC)", 99);
    stage.sel(
        host,
        boot - YEAR + 61_000,
        "1 (Other)",
        "Deassert + Power Supply Power Supply input lost (AC/DC)",
        99,
    );
    stage.sel(
        host,
        boot - 70_000,
        "1 (Other)",
        "Assert + System Boot Initiated Initiated by warm reset",
        130,
    );
    stage.sel(host, boot + 7_200_000, "1 (Other)", "Deassert + Fan Lower Non-critical going low", 168);
}

/// Times for `count` lines between two moments, in order, none while the host is down.
pub(crate) fn times(stage: &mut Stage<'_>, host: usize, count: u64) -> Vec<Millis> {
    let Some((from, to, down)) =
        stage.hosts.get(host).map(|h| (h.boot + 150_000, h.captured, h.down.clone()))
    else {
        return Vec::new();
    };
    let mut at: Vec<Millis> = (0..count).map(|_| stage.rng.time(from, to)).collect();
    at.retain(|at| !down.iter().any(|(from, to)| (*from..=*to + 150_000).contains(at)));
    at.sort_unstable();
    at
}
