//! Everyday lines of the kernel and its observers.

use super::times;
use crate::grammar::Sev;
use crate::grammar::writer::{by, vob};
use crate::stage::Stage;
use crate::time::Millis;

/// Fills `vmkernel`, `vmkwarning` and `vobd`.
pub(crate) fn everyday(stage: &mut Stage<'_>, host: usize) {
    for at in times(stage, host, 430 * stage.scenario.density) {
        line(stage, host, at);
    }
    for at in times(stage, host, 12) {
        let text = "SSH session was opened for 'root@192.0.2.17'.";
        stage.observe(host, at, vob("UserLevelCorrelator", "vob.user.ssh.session.opened", ""), text);
        let text = "SSH session was closed for 'root@192.0.2.17'.";
        stage.observe(host, at + 61_000, vob("UserLevelCorrelator", "vob.user.ssh.session.closed", ""), text);
    }
    for at in times(stage, host, 3) {
        let generation = stage.generation(host);
        let line = crate::grammar::host::vobd(generation, at, "No correlator for vob.net.vmnic.linkstate.up");
        stage.write(host, "vobd", at, line);
    }
    // One line of each daemon's death that is not a VM's.
    for at in times(stage, host, 1) {
        let text = "/usr/lib/vmware/vpxa/bin/vpxa crashed (1 time(s) so far) and a core file might have been created at /var/core/vpxa-worker-zdump.000. This might have caused connections to the host to be dropped.";
        stage.observe(host, at, vob("UserWorldCorrelator", "", "esx.problem.vpxa.core.dumped"), text);
        stage.hostd(host, at + 40, Sev::Info, by("Hostsvc", ""), "Lookupvm: Cartel ID not set for VM 3");
    }
}

fn any_device(stage: &mut Stage<'_>) -> String {
    let count = u64::try_from(stage.scenario.volumes.len()).unwrap_or(0);
    let index = usize::try_from(stage.rng.below(count)).unwrap_or(0);
    let device = stage.scenario.volumes.get(index).map(|v| v.device.clone()).unwrap_or_default();
    if device.is_empty() { "naa.600508b1001c3a5d8e1f20b96a7714e2".to_owned() } else { device }
}

/// One everyday line of the kernel.
pub(crate) fn line(stage: &mut Stage<'_>, host: usize, at: Millis) {
    match stage.rng.below(20) {
        0..=3 => rejected(stage, host, at),
        4 => {
            let device = any_device(stage);
            let (low, high) = (stage.rng.between(380, 900), stage.rng.between(9_000, 29_000));
            let text = format!(
                "WARNING: ScsiDeviceIO: 1513: Device {device} performance has deteriorated. I/O latency increased from average value of {low} microseconds to {high} microseconds."
            );
            stage.vmk(host, at, &text);
            let text = format!(
                "ScsiDeviceIO: 1484: Device {device} performance has improved. I/O latency reduced from {high} microseconds to {low} microseconds."
            );
            stage.vmk(host, at + 41_000, &text);
        }
        5..=6 => {
            let (op, hex) = (stage.rng.hex(8), stage.rng.hex(8));
            let text = format!("World: 12231: VC opID {op}-{} maps to vmkernel opID {hex}", stage.rng.hex(4));
            stage.vmk(host, at, &text);
        }
        7..=8 => {
            let text = stage.rng.pick(&[
                "Config: 727: \"TrackMigrations\" = 1, Old Value: 0, (Status: 0x0)",
                "Config: 727: \"TrackHistos\" = 0, Old Value: 0, (Status: 0x0)",
                "Config: 346: \"SIOControlFlag2\" = 0, Old Value: 1, (Status: 0x0)",
            ]);
            stage.vmk(host, at, text);
        }
        9 => {
            let text = format!(
                "SchedVsi: 2208: Group: host/user/pool4({}): min=64382 max=130475 minLimit=64382 shares=34847, units: mb",
                stage.rng.between(3_000, 90_000)
            );
            stage.vmk(host, at, &text);
        }
        10 => stage.vmk(host, at, "NRandomHwrng: 500: Out of entropy, refreshing."),
        11 => {
            let text = format!(
                "Tcpip_Vmk: 1288: Affinitizing 198.51.100.{} to world {}, Success",
                stage.rng.between(2, 90),
                stage.rng.between(2_097_500, 2_099_000)
            );
            stage.vmk(host, at, &text);
        }
        12 => {
            let world = stage.rng.between(2_105_000, 2_240_000);
            let text = format!("Admission failure in path: host/vim/vmvisor/dcui:dcui.{world}:uw.{world}");
            stage.vmk(host, at, &text);
        }
        13 => {
            let text = format!(
                "<unk>: UWVMKSyscall: ForkExec:2408: hostd-worker: Found params <group=hostd-tmp,mem={}>",
                stage.rng.between(5, 20)
            );
            stage.vmk(host, at, &text);
        }
        14 => stage.vmk(host, at, "VC: 2002: Device rescan time 61 msec (total number of devices 11)"),
        15 => {
            let text = format!(
                "VMotion: 4650: {} S: Another pre-copy iteration needed with 61422 pages left to send (prev2 128040, prev1 90211, network bandwidth ~842.114 MB/s)",
                stage.rng.between(1_000_000_000_000_000_000, 8_000_000_000_000_000_000)
            );
            stage.vmk(host, at, &text);
        }
        16 => {
            let vm = stage.vms.first().map_or("tmpl", |v| v.spec.name.as_str());
            let text = format!(
                "Vmxnet3: 21154: {vm}.eth0,00:50:56:9a:11:20, portID(67108883): Hang detected,numHangQ: 1, enableGen: 21"
            );
            if stage.rng.one_in(6) { stage.vmk(host, at, &text) } else { rejected(stage, host, at) }
        }
        17 => {
            let text = stage.rng.pick(&[
                "ALERT: Bootbank cannot be found at path '/altbootbank.tmp'",
                "NetSchedHClk: NetSchedHClkNotify: vmnic3: link up notification",
                "WARNING: UserSocketInet: 2244: hostd-probe: waiters list not empty!",
            ]);
            if stage.rng.one_in(4) { stage.vmk(host, at, text) } else { rejected(stage, host, at) }
        }
        _ => {
            let text = format!(
                "FSS: 6391: Failed to open file '{}'; Requested flags 0x4001, world: {} [sdrsInjector], (Existing flags 0x4001, world: {} [sdrsInjector]): Busy",
                stage.rng.hex(8),
                stage.rng.between(2_099_000, 2_100_000),
                stage.rng.between(2_099_000, 2_100_000)
            );
            stage.vmk(host, at, &text);
        }
    }
}

/// Optional SCSI commands that devices reject every few minutes.
fn rejected(stage: &mut Stage<'_>, host: usize, at: Millis) {
    let opcode = stage.rng.pick(&["0x1a", "0x85", "0x9e", "0x4d", "0x12"]);
    let sense = stage.rng.pick(&["0x5 0x20 0x0", "0x5 0x24 0x0"]);
    let device = if stage.rng.one_in(2) { any_device(stage) } else { "mpx.vmhba32:C0:T0:L0".to_owned() };
    let command = format!("0x459a{}", stage.rng.hex(8));
    let text = if stage.rng.one_in(2) {
        format!(
            "ScsiDeviceIO: 3469: Cmd({command}) {opcode}, CmdSN 0x{} from world 0 to dev \"{device}\" failed H:0x0 D:0x2 P:0x0 Valid sense data: {sense}.",
            stage.rng.hex(5)
        )
    } else {
        format!(
            "NMP: nmp_ThrottleLogForDevice:3689: Cmd {opcode} ({command}, 0) to dev \"{device}\" on path \"vmhba2:C0:T1:L3\" Failed: H:0x0 D:0x2 P:0x0 Valid sense data: {sense}. Act:NONE"
        )
    };
    stage.vmk(host, at, &text);
}
