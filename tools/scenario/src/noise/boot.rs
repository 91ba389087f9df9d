//! A host starts: lines that are there at every boot, among them the famous look-alikes.

use crate::generation::Generation;
use crate::grammar::host;
use crate::grammar::writer::syslog;
use crate::stage::Stage;
use crate::time::Millis;

const HOUR: Millis = 3_600_000;

/// The kernel's boot lines.
pub(crate) fn kernel(stage: &mut Stage<'_>, host: usize, at: Millis) {
    let generation = stage.generation(host);
    let version = stage.hosts.get(host).map(|h| {
        (
            h.spec.version.clone().unwrap_or_else(|| h.generation.version().to_owned()),
            h.spec.build.clone().unwrap_or_else(|| h.generation.build().to_owned()),
        )
    });
    let (version, build) = version.unwrap_or_default();
    let early = [
        "VMB: 65: Reserved 4 MPNs starting @ 0x4c1".to_owned(),
        "VMB_SERIAL: 170: Serial port configuration obtained from firmware.".to_owned(),
        "EFI: 250: 64-bit EFI v2.70 revision 65536".to_owned(),
        format!("Init: 252: VMware ESXi {version} build-{build} booting"),
        "Cpu: 967: id1.version 50657".to_owned(),
        "APIC: 224: X2APIC supported.".to_owned(),
        "CPUIntel: 953: Using CPUID B-Leaf for topology generation: coreBits = 5, htBits = 1".to_owned(),
        "MCE: 1480: Detected 9 MCE banks. MCG_CAP MSR:0x1c09".to_owned(),
        "WARNING: IOAPIC: 748: pin 5 is not masked".to_owned(),
        "NMI: 697: NMILint1IntAction is set to default, LINT1 NMI will be handled".to_owned(),
    ];
    for (index, text) in early.iter().enumerate() {
        let when = at + i64::try_from(index).unwrap_or(0) * 350;
        stage.write(host, "vmkernel", when, host::early_boot(generation, when, text));
    }
    let later = [
        "ApeiHEST: 984: GESB lists: 1 NMI, 0 MCE, 0 CMC, 0 DMC, 1 SCI, 0 VMWPR",
        "ApeiHEST: 612: Registered NMI handler for HEST generic error source 1",
        "WARNING: PCI: 252: dlBusAddress s00000002.00 for PCI device 0000:04:00.0 not unique; using sbdf",
        "Jumpstart plugin swapobjd activated.",
        "VC: 2002: Device rescan time 704 msec (total number of devices 11)",
        "WARNING: NetPortset: 1740: vSwitch0: already exists",
        "WARNING: LinuxSignal: 541: ignored unexpected signal flags 0x2 (sig 17)",
        "<6>vmnic0 NIC Link is Up 10000 Mbps Full Duplex, Flow Control: Rx/Tx",
        "Jumpstart plugin restore-networking activated.",
        "VMKAPIMod: 86: Failed to check if port is Uplink : Failure",
    ];
    for (index, text) in later.iter().enumerate() {
        stage.vmk(host, at + 8_000 + i64::try_from(index).unwrap_or(0) * 4_100, text);
    }
    let devices: Vec<String> = stage
        .scenario
        .volumes
        .iter()
        .map(|v| if v.device.is_empty() { v.uuid.clone() } else { v.device.clone() })
        .chain(["naa.600508b1001c3a5d8e1f20b96a7714e2".to_owned(), "mpx.vmhba32:C0:T0:L0".to_owned()])
        .collect();
    for id in devices {
        let lock = stage.rng.hex(12);
        let text = if generation >= Generation::V65 {
            format!("StorageApdHandler: 982: APD Handle {id} Created with lock[StorageApd-0x{lock}]")
        } else {
            format!("StorageApdHandler: 692: APD Handle {id} Created with lock")
        };
        stage.vmk(host, at + 31_000, &text);
    }
}

/// What was there before the boot: an orderly restart, and the kernel's summary of the days before.
pub(crate) fn before(stage: &mut Stage<'_>, host: usize, at: Millis) {
    let first = at - 40 * HOUR;
    let boot = at - 19 * 24 * HOUR;
    let mut hour = first - first.rem_euclid(HOUR);
    while hour < at - HOUR {
        heartbeat(stage, host, hour, boot, 0);
        hour += HOUR;
    }
    stage.plain(host, at - 420_000, syslog("vmksummary", "No(13)", "bootstop"), "Host is rebooting");
    stage.plain(host, at + 95_000, syslog("vmksummary", "No(13)", "bootstop"), "Host has booted");
    let Some((captured, down)) = stage.hosts.get(host).map(|h| (h.captured, h.down.clone())) else { return };
    let mut boot = at;
    let mut hour = at - at.rem_euclid(HOUR) + HOUR;
    while hour < captured {
        if let Some((_, back)) = down.iter().find(|(from, to)| (*from..=*to + 95_000).contains(&hour)) {
            boot = *back;
        } else {
            let since = down.iter().map(|(_, back)| *back).filter(|back| *back < hour).max().unwrap_or(boot);
            heartbeat(stage, host, hour, since, 1);
        }
        hour += HOUR;
    }
}

fn heartbeat(stage: &mut Stage<'_>, host: usize, at: Millis, boot: Millis, running: usize) {
    let up = (at - boot).max(0) / 1_000;
    let (days, hours, minutes, seconds) = (up / 86_400, up / 3_600 % 24, up / 60 % 60, up % 60);
    let vms: Vec<String> = stage
        .vms
        .iter()
        .filter(|v| {
            running > 0
                && v.runs.iter().any(|r| r.host == host && r.start < at && r.end.is_none_or(|e| e > at))
        })
        .map(|v| format!("[{} vmx {}kB]", v.cartel, v.spec.memory * 1_024))
        .collect();
    let text = format!("up {days}d{hours}h{minutes}m{seconds}s, {} VMs; [{}] []", vms.len(), vms.join(" "));
    stage.plain(host, at, syslog("vmksummary", "In(14)", "heartbeat").pid(2_103_377), &text);
}
