//! What a healthy VM's `vmware.log` holds: the process starts, the guest boots, days go by, it ends in order.

use crate::grammar::Sev;
use crate::layout::vmx;
use crate::stage::Stage;
use crate::time::Millis;

const INFO: Sev = Sev::Info;

/// A new process: banner, configuration, devices, the guest's first boot.
pub(crate) fn start(stage: &mut Stage<'_>, vm: usize, at: Millis) {
    banner(stage, vm, at);
    devices(stage, vm, at + 400);
    boot(stage, vm, at + 900);
}

/// The process at the destination of a migration: no boot, the guest continues.
pub(crate) fn arrive(stage: &mut Stage<'_>, vm: usize, at: Millis, resumed: Millis, id: u64) {
    banner(stage, vm, at);
    let text = format!("Received migrate 'from' request for mid id {id}, src ip <198.51.100.11>.");
    stage.vmx(vm, at + 300, INFO, "vmx", &text);
    devices(stage, vm, at + 400);
    let text = format!("Migrate_Open: Restoring from <198.51.100.11> with migration id {id}");
    stage.vmx(vm, at + 900, INFO, "vmx", &text);
    for (step, late) in [(8, 900), (9, 700), (10, 300), (11, 80)] {
        let text = format!("MigrateSetState: Transitioning from state {step} to {}.", step + 1);
        stage.vmx(vm, resumed - late, INFO, "vmx", &text);
    }
    stage.vmx(vm, resumed + 900, INFO, "vmx", "Tools: Changing running status: 0 => 1.");
}

fn banner(stage: &mut Stage<'_>, vm: usize, at: Millis) {
    let Some((host, cartel)) = stage.vms.get(vm).and_then(|v| v.runs.last().map(|r| (r.host, v.cartel)))
    else {
        return;
    };
    let Some((full, generation, version, build)) = stage.hosts.get(host).map(|h| {
        (
            h.spec.name.clone(),
            h.generation,
            h.spec.version.clone().unwrap_or_else(|| h.generation.version().to_owned()),
            h.spec.build.clone().unwrap_or_else(|| h.generation.build().to_owned()),
        )
    }) else {
        return;
    };
    let log = format!("Log for VMware ESX pid={cartel} version={version} build=build-{build} option=Release");
    // The banner's stamp is a little later than the line after it.
    stage.vmx(vm, at, INFO, "vmx", &log);
    stage.vmx(vm, at, INFO, "vmx", "The host is x86_64.");
    stage.vmx(vm, at, INFO, "vmx", "Host codepage=UTF-8 encoding=UTF-8");
    stage.vmx(vm, at, INFO, "vmx", &format!("Host is VMkernel {version}"));
    for text in [
        "VTHREAD 139637976700160 \"vmx\" tid 2104477".to_owned(),
        "Msg_SetLocaleEx: HostLocale=UTF-8 UserLocale=NULL".to_owned(),
        "lib/ssl: OpenSSL using FIPS_drbg for RAND".to_owned(),
        format!("Hostname={full}"),
        "IP=198.51.100.11 (vmk0)".to_owned(),
        "VMXVmdb: Local connection timeout: 60000 ms.".to_owned(),
        "Vix: [mainDispatch.c:488]: VMAutomation: Initializing VMAutomation.".to_owned(),
        "Transitioned vmx/execState/val to poweredOff".to_owned(),
        "FeatureCompat: No EVC masks.".to_owned(),
        "hostCPUID vendor: GenuineIntel".to_owned(),
        "hostCPUID name: Intel(R) Xeon(R) Gold 6254 CPU @ 3.10GHz".to_owned(),
    ] {
        stage.vmx(vm, at + 20, INFO, "vmx", &text);
    }
    let path = stage.vms.get(vm).map(|v| v.vmx_path()).unwrap_or_default();
    stage.vmx(vm, at + 60, INFO, "vmx", "DICT --- GLOBAL SETTINGS /usr/lib/vmware/settings");
    stage.vmx(vm, at + 60, INFO, "vmx", "DICT --- NON PERSISTENT (null)");
    stage.vmx(vm, at + 60, INFO, "vmx", &format!("DICT --- CONFIGURATION {path}"));
    let pairs = stage.vms.get(vm).map(|v| vmx::pairs(v, generation)).unwrap_or_default();
    for (key, value) in pairs {
        stage.vmx(vm, at + 60, INFO, "vmx", &format!("DICT {key:>25} = \"{value}\""));
    }
    stage.vmx(vm, at + 61, INFO, "vmx", "DICT --- USER DEFAULTS ~/.vmware/config");
    stage.vmx(vm, at + 61, INFO, "vmx", "DICT --- HOST DEFAULTS /etc/vmware/config");
    stage.vmx(vm, at + 61, INFO, "vmx", "DICT                    libdir = \"/usr/lib/vmware\"");
    stage.vmx(vm, at + 61, INFO, "vmx", "DICT                   guestOS = \"other\"");
    stage.vmx(vm, at + 61, INFO, "vmx", "DICT --- SITE DEFAULTS /usr/lib/vmware/config");
}

fn devices(stage: &mut Stage<'_>, vm: usize, at: Millis) {
    let Some((dir, stem, handle)) = stage.vms.get(vm).map(|v| (v.dir(), v.stem().to_owned(), v.handle))
    else {
        return;
    };
    if let Some(base) = stage.base_dir(vm) {
        let text = format!(
            "DISKLIB-VMFS  : \"{base}/{stem}-base-flat.vmdk\" : open successful (8) size = 107374182400, hd = 0. Type 3"
        );
        stage.vmx(vm, at, INFO, "vmx", &text);
    }
    let lines = [
        "MemSched: reserved mem (in MB) min 128 max 13440 recommended 13440".to_owned(),
        "Host PA size: 46 bits. Guest PA size: 45 bits.".to_owned(),
        "ToolsISO: Updated cached value for imageName to 'windows.iso'.".to_owned(),
        "MStat: Creating Stat vm.uptime".to_owned(),
        "WORKER: Creating new group with maxThreads=1 (3)".to_owned(),
        "MKSXlib: Failed to open libXi.so.6".to_owned(),
        "MigrateBusMemPrealloc: BusMem preallocation begins.".to_owned(),
        format!("DISK: OPEN scsi0:0 '{dir}/{stem}.vmdk' persistent R[]"),
        format!(
            "DISKLIB-VMFS  : \"{dir}/{stem}-flat.vmdk\" : open successful (10) size = 107374182400, hd = 0. Type 3"
        ),
        format!("DISKLIB-LINK  : Opened '{dir}/{stem}.vmdk' (0xa): vmfs, 209715200 sectors / 100 GB."),
        "DISKUTIL: scsi0:0 : capacity=209715200 logical sector size=512".to_owned(),
        format!("Creating virtual dev for scsi0:0 vscsi={handle}"),
        "SVGA: graphicsMemoryKB=262144".to_owned(),
        "SVGA-GFB: Config settings: autodetect=0, numDisplays=1, maxWidth=1176, maxHeight=885".to_owned(),
        "VMXNET3 user: Ethernet0 Driver Info: version = 0 gosBits = 0 gosType = 0, gosVer = 0, gosMisc = 0"
            .to_owned(),
        "AHCI-VMM:HBA reset issued on sata0.".to_owned(),
        "CDROM:  initial physical CDROM state is 1 (sense)".to_owned(),
        "VMXSTATS: Registering 50 stats: vmx.vigor.opsPerS".to_owned(),
    ];
    for (index, text) in lines.iter().enumerate() {
        stage.vmx(vm, at + i64::try_from(index).unwrap_or(0) * 11, INFO, "vmx", text);
    }
    stage.vmx(vm, at + 210, Sev::Notice, "vmx", "ConfigDB: Setting softPowerOff = \"FALSE\"");
    stage.vmx(vm, at + 220, Sev::Notice, "vmx", "ConfigDB: Setting cleanShutdown = \"FALSE\"");
    stage.vmx(vm, at + 230, INFO, "vmx", "Transitioned vmx/execState/val to poweredOn");
    let text = "Vix: [mainDispatch.c:4213]: VMAutomation_ReportPowerOpFinished: statevar=0, newAppState=1872, success=1 additionalError=0";
    stage.vmx(vm, at + 240, INFO, "vmx", text);
}

/// The guest starts again inside the same process.
pub(crate) fn restart(stage: &mut Stage<'_>, vm: usize, at: Millis) {
    boot(stage, vm, at);
}

fn boot(stage: &mut Stage<'_>, vm: usize, at: Millis) {
    let Some((cpus, uuid, windows)) = stage
        .vms
        .get(vm)
        .map(|v| (v.spec.cpus, v.spec.bios_uuid.clone(), v.spec.guest_os.starts_with("win")))
    else {
        return;
    };
    stage.vmx(vm, at, INFO, "vcpu-0", "DEVICE: Resetting device 'ALL'.");
    for cpu in 0..cpus {
        let mode = if cpu == 0 { "HV" } else { "Emulation" };
        stage.vmx(vm, at + 1, INFO, &format!("vcpu-{cpu}"), &format!("CPU reset: hard (mode {mode})"));
    }
    let text = "Guest: EFI ROM version: VMW71.00V.18227214.B64.2106252220 (64-bit RELEASE)";
    stage.vmx(vm, at + 700, INFO, "vcpu-0", text);
    stage.vmx(vm, at + 760, INFO, "vcpu-0", &format!("BIOS-UUID is {uuid}"));
    stage.vmx(
        vm,
        at + 2_100,
        INFO,
        "vcpu-0",
        "Guest: About to do EFI boot: EFI VMware Virtual SCSI Hard Drive (0.0)",
    );
    stage.vmx(vm, at + 3_300, INFO, "vcpu-0", "Guest: Firmware has transitioned to runtime.");
    for cpu in 1..cpus {
        let when = at + 5_200 + i64::try_from(cpu).unwrap_or(0) * 11;
        stage.vmx(vm, when, INFO, &format!("vcpu-{cpu}"), "CPU reset: soft (mode HV)");
    }
    let text = "SCSI0: RESET BUS";
    if windows {
        stage.vmx(vm, at + 5_600, INFO, "vcpu-1", text);
    }
    let text = format!(
        "HBACommon: First write on scsi0:0.fileName='{}'",
        stage.vms.get(vm).map(|v| format!("{}/{}.vmdk", v.dir(), v.stem())).unwrap_or_default()
    );
    stage.vmx(vm, at + 6_400, INFO, "vcpu-0", &text);
    let gos = if windows { 2 } else { 1 };
    let text = format!(
        "VMXNET3 user: Ethernet0 Driver Info: version = 17302784 gosBits = 2 gosType = {gos}, gosVer = 0, gosMisc = 0"
    );
    stage.vmx(vm, at + 9_800, INFO, "vcpu-1", &text);
    stage.vmx(vm, at + 21_000, INFO, "vcpu-0", "Guest: toolbox: Version: 12.1.5.39265 (build-20735119)");
    stage.vmx(
        vm,
        at + 21_010,
        INFO,
        "vmx",
        "TOOLS: appName=toolbox, oldStatus=0, status=1, guestInitiated=1.",
    );
    stage.vmx(vm, at + 21_020, INFO, "vmx", "Tools: Running status rpc handler: 0 => 1.");
    stage.vmx(vm, at + 21_021, INFO, "vmx", "Tools: Changing running status: 0 => 1.");
    let text = "Tools: [RunningStatus] Last heartbeat value 1 (last received 0s ago)";
    stage.vmx(vm, at + 21_022, INFO, "vmx", text);
    stage.vmx(vm, at + 21_400, INFO, "vcpu-0", "TOOLS setting the tools version to '12389'");
    stage.vmx(vm, at + 62_000, INFO, "vmx", "GuestRpcSendTimedOut: message to toolbox-dnd timed out.");
}

/// Tools say good-bye: the sign of an orderly stop.
pub(crate) fn tools_stop(stage: &mut Stage<'_>, vm: usize, at: Millis) {
    let beat = stage.rng.between(3_000, 80_000);
    stage.vmx(vm, at, INFO, "vmx", "TOOLS: appName=toolbox, oldStatus=1, status=0, guestInitiated=1.");
    stage.vmx(vm, at + 3, INFO, "vmx", "Tools: Running status rpc handler: 1 => 0.");
    stage.vmx(vm, at + 4, INFO, "vmx", "Tools: Changing running status: 1 => 0.");
    let text = format!("Tools: [RunningStatus] Last heartbeat value {beat} (last received 0s ago)");
    stage.vmx(vm, at + 5, INFO, "vmx", &text);
}

/// The guest shuts down by itself and the process ends.
pub(crate) fn orderly_end(stage: &mut Stage<'_>, vm: usize, at: Millis) {
    tools_stop(stage, vm, at - 14_000);
    stage.quiet(vm, at - 13_900, at);
    stage.vmx(vm, at - 40, Sev::Notice, "vcpu-0", "ConfigDB: Setting softPowerOff = \"TRUE\"");
    let text = "Chipset: The guest has requested that the virtual machine be powered off.";
    stage.vmx(vm, at - 30, INFO, "vcpu-0", text);
    stage.vmx(vm, at - 20, INFO, "vcpu-0", "VMX: Issuing power-off request...");
    process_end(stage, vm, at);
}

/// The process ends in order.
pub(crate) fn process_end(stage: &mut Stage<'_>, vm: usize, at: Millis) {
    stage.vmx(vm, at, INFO, "vmx", "Stopping VCPU threads...");
    stage.vmx(vm, at + 90, INFO, "svga", "SVGA thread is exiting the main loop");
    stage.vmx(vm, at + 190, INFO, "mks", "MKS: Release starting (Shutdown)");
    stage.vmx(vm, at + 240, Sev::Notice, "vmx", "ConfigDB: Setting cleanShutdown = \"TRUE\"");
    stage.vmx(vm, at + 300, INFO, "vmx", "Closing disk scsi0:0");
    stage.vmx(vm, at + 420, INFO, "vmx", "Transitioned vmx/execState/val to poweredOff");
    stage.vmx(vm, at + 430, INFO, "vmx", "VMX idle exit");
    stage.vmx(vm, at + 470, INFO, "vmx", "Vix: [mainDispatch.c:818]: VMAutomation_LateShutdown()");
    stage.vmx(vm, at + 480, INFO, "vmx", "Flushing VMX VMDB connections");
    stage.vmx(vm, at + 500, INFO, "vmx", "VMX exit (0).");
    stage.vmx(vm, at + 510, INFO, "vmx", "VMX has left the building: 0.");
    stage.end_run(vm, at + 511);
}

/// Everyday lines for as long as each process lived.
pub(crate) fn everyday(stage: &mut Stage<'_>, vm: usize) {
    let Some(state) = stage.vms.get_mut(vm) else { return };
    let mut runs = std::mem::take(&mut state.runs);
    for run in &mut runs {
        let captured = stage.hosts.get(run.host).map_or(run.start, |h| h.captured);
        let end = run.end.unwrap_or(captured).min(captured);
        let from = run.start + 90_000;
        let quiet = std::mem::take(&mut run.quiet);
        let own = std::mem::take(&mut run.lines);
        // Lines of this run only: the stage writes to the last run it sees.
        let probe = crate::stage::Run { host: run.host, start: run.start, end: run.end, quiet, lines: own };
        if let Some(state) = stage.vms.get_mut(vm) {
            state.runs = vec![probe];
        }
        let hours = u64::try_from((end - from).max(0) / 3_600_000).unwrap_or(0);
        for _ in 0..(40 + hours * 4).min(190) {
            let at = stage.rng.time(from, end - 1_000);
            let silent = |v: &crate::stage::VmState| {
                v.runs.last().is_some_and(|r| r.quiet.iter().any(|(from, to)| (*from..=*to).contains(&at)))
            };
            if at <= from || stage.vms.get(vm).is_some_and(silent) {
                continue;
            }
            line(stage, vm, at);
        }
        if let Some(done) = stage.vms.get_mut(vm).and_then(|v| v.runs.pop()) {
            run.lines = done.lines;
            run.quiet = done.quiet;
        }
    }
    if let Some(state) = stage.vms.get_mut(vm) {
        state.runs = runs;
    }
}

/// One everyday line of a VM.
pub(crate) fn line(stage: &mut Stage<'_>, vm: usize, at: Millis) {
    match stage.rng.below(16) {
        0..=2 => {
            let text = stage.rng.pick(&[
                "CDROM: Emulate GET CONFIGURATION RT 0 starting feature 0",
                "CDROM sata0:1: CMD 0x52 (*UNKNOWN (0x52)*) FAILED (key 0x5 asc 0x20 ascq 0)",
                "SCSI DEVICE (scsi0:0): MODE SENSE(6) for unsupported page 0x8",
                "Command *UNKNOWN (0x46)* took 1.121 seconds (ok)",
            ]);
            stage.vmx(vm, at, INFO, "vcpu-1", text);
        }
        3 => {
            let text = format!("scsi0:0: Command WRITE(10) took 1.{:03} seconds (ok)", stage.rng.below(900));
            if stage.rng.one_in(3) { stage.vmx(vm, at, INFO, "vmx", &text) } else { vigor(stage, vm, at, "MKS.IssueTicket") }
        }
        4..=6 => {
            let request = stage.rng.pick(&["GuestInfo.Refresh", "Bootstrap.Query", "MKS.IssueTicket", "Disk.Query"]).to_owned();
            vigor(stage, vm, at, &request);
        }
        7 => {
            let merged = stage.rng.between(800, 90_000);
            let text = format!("DISKLIB-LIB   : numIOs = {} numMergedIOs = {merged} numSplitIOs = 549", merged * 21);
            stage.vmx(vm, at, INFO, "vmx", &text);
        }
        8 => stage.vmx(vm, at, INFO, "vmx", "GuestRpcSendTimedOut: message to toolbox-dnd timed out."),
        9 => {
            let count = stage.rng.between(1, 90) * 100;
            let text = format!("SetMSR: unknown MSR[0x1d9]:=0x0 (sinking): rip=0xafd5990 count={count}");
            stage.vmx(vm, at, INFO, "vcpu-0", &text);
        }
        10 => {
            stage.vmx(vm, at, INFO, "vmx", "MKSVMX: Vigor requested a screenshot");
            stage.vmx(vm, at + 1, INFO, "svga", "MKSScreenShotMgr: Taking a screenshot");
        }
        11 => stage.vmx(vm, at, INFO, "vmx", "Vix: [mainDispatch.c:1059]: VMAutomation: Connection Error (4) on connection 5."),
        12 => stage.vmx(vm, at, INFO, "vcpu-0", "SVGA: FIFO is already mapped"),
        13 => stage.vmx(vm, at, INFO, "mks", "SWBScreen: Screen 0 Resized: xywh(0, 0, 1024, 768) flags=0x2"),
        14 => {
            let text = "Guest: *** WARNING: GuestInfo collection interval longer than expected; actual=34 sec, expected=30 sec. ***";
            if stage.rng.one_in(5) {
                stage.vmx(vm, at, INFO, "vcpu-0", text);
            } else {
                stage.vmx(vm, at, INFO, "vmx", "Tools: [AppStatus] Last heartbeat value 1 (last received 0s ago)");
            }
        }
        _ => stage.vmx(vm, at, INFO, "vcpu-1", "VMXNET3 user: Ethernet0 Driver Info: version = 17302784 gosBits = 2 gosType = 2, gosVer = 0, gosMisc = 0"),
    }
}

fn vigor(stage: &mut Stage<'_>, vm: usize, at: Millis, request: &str) {
    let (op, sequence) = (stage.rng.hex(8), stage.rng.between(100, 90_000));
    let text =
        format!("VigorTransportProcessClientPayload: opID={op} seq={sequence}: Receiving {request} request.");
    stage.vmx(vm, at, INFO, "vmx", &text);
    let text =
        format!("VigorTransport_ServerSendResponse opID={op} seq={sequence}: Completed {request} request.");
    stage.vmx(vm, at + 4, INFO, "vmx", &text);
}
