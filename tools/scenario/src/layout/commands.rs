//! `commands/` and `json/`: what the bundle's commands printed at the time it was taken.

use super::{Member, top_folder};
use crate::model::VolumeKind;
use crate::rng::Rng;
use crate::stage::{SelRecord, Stage};
use crate::time::{Millis, civil, day_name, iso, iso_plain, month_name};

const PIECE: usize = 1_048_576;

/// The file name of a command: what its arguments leave after all but letters, digits and `()_-` is dropped.
fn file_name(arguments: &[&str]) -> String {
    let clean = |text: &&str| -> String {
        text.chars().filter(|c| c.is_ascii_alphanumeric() || "()_-".contains(*c)).collect()
    };
    match arguments.split_first() {
        Some((program, rest)) if !rest.is_empty() => {
            format!("{}_{}", program, rest.iter().map(clean).collect::<Vec<_>>().join("-"))
        }
        Some((program, _)) => (*program).to_owned(),
        None => String::new(),
    }
}

fn uname(state: &crate::stage::HostState, version: &str, build: &str) -> String {
    let system = if state.generation.pax() { "ESXi" } else { "GNU/Linux" };
    format!(
        "VMkernel {} {version} #1 SMP Release build-{build} Sep  4 2023 00:00:00 x86_64 x86_64 x86_64 {system}\n",
        state.spec.name
    )
}

fn date(at: Millis) -> String {
    let (year, month, day, hour, minute, second, _) = civil(at);
    let (name, month) = (day_name(at), month_name(month));
    format!("{name} {month} {day:>2} {hour:02}:{minute:02}:{second:02} UTC {year}\n")
}

/// All command outputs of a host.
pub(crate) fn outputs(stage: &Stage<'_>, host: usize, missing: &[String]) -> Vec<Member> {
    let Some(state) = stage.hosts.get(host) else { return Vec::new() };
    let at = state.captured;
    let version = state.spec.version.clone().unwrap_or_else(|| state.generation.version().to_owned());
    let build = state.spec.build.clone().unwrap_or_else(|| state.generation.build().to_owned());
    let boot = state.down.iter().map(|(_, back)| *back).max().unwrap_or(state.boot);
    let mut list: Vec<(String, String)> = vec![
        (file_name(&["uname", "-a"]), uname(state, &version, &build)),
        (file_name(&["vmware", "-vl"]), format!("VMware ESXi {version} build-{build}\n{}\n", state.generation.release())),
        ("date".to_owned(), date(at)),
        (file_name(&["localcli", "system", "stats", "uptime", "get"]), format!("{}\n", (at - boot) * 1_000)),
        (file_name(&["localcli", "vm", "process", "list"]), processes(stage, host)),
        (file_name(&["localcli", "storage", "vmfs", "extent", "list"]), extents(stage)),
        (file_name(&["localcli", "storage", "filesystem", "list", "-i"]), filesystems(stage)),
        (file_name(&["localcli", "storage", "core", "device", "list"]), devices(stage)),
        (file_name(&["localcli", "storage", "nfs", "list"]), nfs(stage)),
        (file_name(&["localcli", "hardware", "ipmi", "sdr", "list", "-p", "-i", "-n", "all"]), sdr()),
        (file_name(&["localcli", "storage", "core", "device", "list", "--pe-only"]), String::new()),
        ("1.localcli_storage-core-device-list---pe-only".to_owned(), String::new()),
        (file_name(&["ntpq", "-p"]), "     remote           refid      st t when poll reach   delay   offset  jitter\n==============================================================================\n*192.0.2.1       .GPS.            1 u   44   64  377    0.311    0.014   0.021\n".to_owned()),
        (file_name(&["sh", "-c", "/bin/md5sum $(find /bin/ -type f)"]), "d41d8cd98f00b204e9800998ecf8427e  /bin/true\n".to_owned()),
        (file_name(&["localcli", "system", "settings", "advanced", "list", "-d"]), "   Path: /Misc/HeartbeatPanicIpiCount\n   Type: integer\n   Int Value: 2\n   Default Int Value: 2\n   Description: Number of warnings and stack trace NMI IPIs sent to target pcpu before sending a panic NMI IPI\n".to_owned()),
        (file_name(&["prettyPrint.sh", "hostlist"]), hostlist(stage)),
    ];
    if !missing.iter().any(|m| m == "sel") {
        list.push((
            file_name(&["localcli", "hardware", "ipmi", "sel", "list", "-p", "-i", "-n", "all"]),
            sel(&state.sel),
        ));
    }
    for vm in stage.vms.iter().filter(|v| v.host == host) {
        let dir = vm.dir();
        let mut text = format!(
            "total 104882240\n   4194436      8 drwxr-xr-x    1 root     root         77824 Jan  3 09:12 .\n  12583044   1024 -rw-------    1 root     root       107374182400 Jan  3 09:12 {0}-flat.vmdk\n  16777348      0 -rw-------    1 root     root           541 Jan  3 09:12 {0}.vmdk\n",
            vm.stem()
        );
        for file in &vm.leftovers {
            let name = file.path.rsplit('/').next().unwrap_or_default();
            let (_, month, day, hour, minute, _, _) = civil(file.at);
            text.push_str(&format!("  29360260   1024 -r--------    1 root     root     {:>13} {} {day:>2} {hour:02}:{minute:02} {name}\n", 41_943_040, month_name(month)));
        }
        list.push((file_name(&["ls", "-isla", &dir]), text));
    }
    for volume in &stage.scenario.volumes {
        let name = file_name(&["vmkfstools", "-P", "-v", "10", &format!("/vmfs/volumes/{}", volume.label)]);
        let text = format!(
            "{} file system spanning 1 partitions.\nFile system label (if any): {}\nMode: public\nUUID: {}\nPartitions spanned (on \"lvm\"):\n\t{}:1\n",
            state.generation.vmfs(),
            volume.label,
            volume.uuid,
            volume.device
        );
        list.push((name, text));
    }
    let mut members: Vec<Member> = Vec::new();
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for (name, text) in list {
        let count = seen.entry(name.clone()).and_modify(|n| *n += 1).or_insert(0);
        let name = if *count == 0 { name } else { format!("{count}.{name}") };
        members.push(Member::made(format!("commands/{name}.txt"), text, at));
    }
    let json = processes_json(stage, host);
    members.push(Member::made("json/localcli_vm-process-list.json", json, at));
    members.push(Member::made("json/localcli_storage-core-device-list---pe-only.json", "[]\n", at));
    members.push(Member::made("json/1.localcli_storage-core-device-list---pe-only.json", "[]\n", at));
    if state.spec.big_command {
        members.extend(pieces("commands/vsi_traverse_-s.txt", traverse(), at));
    }
    members
}

fn pieces(name: &str, text: String, at: Millis) -> Vec<Member> {
    let bytes = text.into_bytes();
    bytes
        .chunks(PIECE)
        .enumerate()
        .map(|(index, piece)| Member::made(format!("{name}.FRAG-{index:05}"), piece, at))
        .collect()
}

/// A little over 1 MiB of the kernel's own tree.
fn traverse() -> String {
    let mut text = String::with_capacity(PIECE + 65_536);
    let mut node = 0_u32;
    while text.len() < PIECE + 40_000 {
        text.push_str(&format!("/memory/nodeList/{node}/kmem/\nNode {node} {{\n   Total memory:67108864 KB\n   Heartbeat NMI:0\n   MCE banks:9\n   APD handles:0\n}}\n"));
        node += 1;
    }
    text
}

/// Ids at the time of the bundle, not at the time of a crash.
fn processes(stage: &Stage<'_>, host: usize) -> String {
    let mut text = String::new();
    for vm in stage.vms.iter().filter(|v| v.host == host && v.on()) {
        let name = &vm.spec.name;
        text.push_str(&format!(
            "{name}\n   World ID: {}\n   Process ID: 0\n   VMX Cartel ID: {}\n   UUID: {}\n   Display Name: {name}\n   Config File: {}\n\n",
            vm.world,
            vm.cartel,
            vm.spec.bios_uuid,
            vm.vmx_path()
        ));
    }
    text
}

fn processes_json(stage: &Stage<'_>, host: usize) -> String {
    let quote = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let items: Vec<String> = stage
        .vms
        .iter()
        .filter(|v| v.host == host && v.on())
        .map(|vm| {
            format!(
                "{{\"ConfigFile\": \"{}\", \"DisplayName\": \"{}\", \"ProcessID\": 0, \"UUID\": \"{}\", \"VMXCartelID\": {}, \"WorldID\": {}}}",
                quote(&vm.vmx_path()),
                quote(&vm.spec.name),
                vm.spec.bios_uuid,
                vm.cartel,
                vm.world
            )
        })
        .collect();
    format!("[{}]\n", items.join(", "))
}

fn extents(stage: &Stage<'_>) -> String {
    let mut text = String::from(
        "Volume Name         VMFS UUID                            Extent Number  Device Name                           Partition\n------------------  -----------------------------------  -------------  ------------------------------------  ---------\n",
    );
    for volume in stage.scenario.volumes.iter().filter(|v| v.kind == VolumeKind::Vmfs) {
        text.push_str(&format!(
            "{:<18}  {}              0  {:<36}          1\n",
            volume.label, volume.uuid, volume.device
        ));
    }
    text
}

fn filesystems(stage: &Stage<'_>) -> String {
    let mut text = String::from(
        "Mount Point                                        Volume Name         UUID                                 Mounted  Type             Size          Free\n-------------------------------------------------  ------------------  -----------------------------------  -------  ------  -------------  ------------\n",
    );
    let vmfs = stage.generation(0).vmfs();
    for volume in &stage.scenario.volumes {
        let (kind, colon) = match volume.kind {
            VolumeKind::Vmfs => (vmfs, ""),
            VolumeKind::Nfs => ("NFS", ""),
            VolumeKind::Vsan => ("vsan", "vsan:"),
        };
        let mount = format!("/vmfs/volumes/{colon}{}", volume.uuid);
        text.push_str(&format!(
            "{mount:<49}  {:<18}  {colon}{:<35}     true  {kind:<6}  2198754820096  901412880384\n",
            volume.label, volume.uuid
        ));
    }
    text
}

fn devices(stage: &Stage<'_>) -> String {
    let mut text = String::new();
    for volume in stage.scenario.volumes.iter().filter(|v| v.kind == VolumeKind::Vmfs) {
        let id = &volume.device;
        text.push_str(&format!(
            "{id}:\n   Display Name: Fibre Channel Disk ({id})\n   Has Settable Display Name: true\n   Size: 2097152\n   Device Type: Direct-Access \n   Multipath Plugin: NMP\n   Devfs Path: /vmfs/devices/disks/{id}\n   Vendor: LABSAN  \n   Model: LUN C-Mode      \n   Is Pseudo: false\n   Status: on\n   Is SSD: true\n   Is Offline: false\n\n"
        ));
    }
    text
}

fn nfs(stage: &Stage<'_>) -> String {
    let mut text = String::from(
        "Volume Name         Host          Share               Accessible  Mounted  Read-Only   isPE\n------------------  ------------  ------------------  ----------  -------  ---------  -----\n",
    );
    for volume in stage.scenario.volumes.iter().filter(|v| v.kind == VolumeKind::Nfs) {
        text.push_str(&format!(
            "{:<18}  {:<12}  /vol/{:<13}        true     true      false  false\n",
            volume.label, volume.server, volume.label
        ));
    }
    text
}

fn hostlist(stage: &Stage<'_>) -> String {
    let mut text = String::from("<hostList>\n");
    for (index, host) in stage.hosts.iter().enumerate() {
        text.push_str(&format!("  <host>\n    <hostId>host-{}</hostId>\n    <hostName>{}</hostName>\n    <build>{}</build>\n  </host>\n", 21 + index, host.spec.name, host.generation.build()));
    }
    text.push_str("</hostList>\n");
    text
}

fn sdr() -> String {
    "Record:1:\n   Sensor Number: 31\n   Sensor Name: Memory Device 7 DIMM_A4\nRecord:2:\n   Sensor Number: 80\n   Sensor Name: Processor 1 CPU1 IERR\nRecord:3:\n   Sensor Number: 99\n   Sensor Name: Power Supply 2 PSU2 Status\nRecord:4:\n   Sensor Number: 168\n   Sensor Name: Fan Device 5 FAN5A\n".to_owned()
}

fn sel(records: &[SelRecord]) -> String {
    let mut records: Vec<&SelRecord> = records.iter().collect();
    records.sort_by_key(|r| r.at);
    let mut text = String::new();
    for (index, record) in records.into_iter().enumerate() {
        let number = index + 1;
        let seconds = record.at / 1_000;
        let stamp: Vec<String> = (0..4).map(|i| format!("{:02x}", (seconds >> (8 * i)) & 0xff)).collect();
        text.push_str(&format!(
            "Record:{number}:\n   Record Id: {number}\n   When: {}\n   Event Type: {}\n   SEL Type: 2 (System Event)\n   Message: {}\n   Sensor Number: {}\n   Raw:\n   Formatted-Raw: {number:02x} 00 02 {} 20 00 04 0c {:02x} 6f a1 ff ff\n",
            iso_plain(record.at),
            record.kind,
            record.message,
            record.sensor,
            stamp.join(" "),
            record.sensor & 0xff
        ));
    }
    text
}

/// The bundle's README.
pub(crate) fn readme(stage: &Stage<'_>, host: usize) -> String {
    let at = stage.hosts.get(host).map_or(0, |h| h.begun);
    let asked = stage.hosts.get(host).map(|h| h.spec.manifests.join(" ")).unwrap_or_default();
    let (manifests, command) = if asked.is_empty() {
        ("None".to_owned(), "-s".to_owned())
    } else {
        (format!("'{asked}'"), format!("-s -a {asked}"))
    };
    let captured = iso(at).replace('T', " ").replace('Z', "000");
    format!(
        "Command line: /bin/vm-support {command}\nBundle name: {}.tgz\nCaptured on: {captured}\nvm-support version: 2.12\nOptions: {{'manifests': {manifests}, 'stream': True, 'performance': False, 'workingdir': None}}\n\nThis is a support bundle. Files larger than 1 MB that were made by commands are stored in pieces.\n",
        top_folder(stage, host)
    )
}

/// `error.log`.
pub(crate) fn errors() -> String {
    "Non-fatal errors encountered during the run:\n    cmd \"localcli storage iofilter list\" timed out after 10 seconds due to lack of progress in last 10 seconds (0 bytes read)\n".to_owned()
}

/// `action.log`: one line for each action.
pub(crate) fn actions(members: &[Member], at: Millis, rng: &mut Rng) -> String {
    let mut text = String::new();
    let mut when = at;
    for member in members {
        let took = rng.between(1, 700);
        let action = if member.made { "run" } else { "copy" };
        text.push_str(&format!(
            "{}: {action} {} (base) took 0.{took:03} sec\n",
            iso_plain(when),
            member.path
        ));
        when += i64::try_from(took).unwrap_or(0);
    }
    text
}
