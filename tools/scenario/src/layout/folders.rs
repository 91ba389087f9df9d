//! Copied files: configuration of the host, folders of the VMs, odds and ends.

use super::{Member, vmx};
use crate::error::Error;
use crate::generation::Generation;
use crate::rng::Rng;
use crate::stage::{Run, Stage, VmState};
use crate::time::Millis;

fn captured(stage: &Stage<'_>, host: usize) -> Millis {
    stage.hosts.get(host).map_or(0, |h| h.captured)
}

/// `etc/` and `bootbank/`.
pub(crate) fn configuration(stage: &Stage<'_>, host: usize) -> Vec<Member> {
    let Some(state) = stage.hosts.get(host) else { return Vec::new() };
    let at = state.boot;
    let mut rng = Rng::new(&stage.scenario.name, &format!("etc/{}", state.spec.name));
    let short = state.spec.name.split('.').next().unwrap_or_default();
    let mut esx = String::new();
    if state.generation < Generation::V80 {
        esx.push_str(&format!("/adv/Misc/HostName = \"{}\"\n", state.spec.name));
    }
    esx.push_str(&format!(
        "/system/uuid = \"6{}-{}-{}-{}\"\n/system/inception = \"1654012800\"\n/device/000:04:00.0/vmkname = \"vmnic0\"\n/net/vswitch/child[0000]/name = \"vSwitch0\"\n",
        rng.hex(7),
        rng.hex(8),
        rng.hex(4),
        rng.hex(12)
    ));
    let mut inventory = String::from("<ConfigRoot>\n");
    for (index, vm) in stage.vms.iter().filter(|v| v.host == host).enumerate() {
        let path = escape(&vm.vmx_path());
        inventory.push_str(&format!(
            "  <ConfigEntry id=\"{index:04}\">\n    <objID>{}</objID>\n    <secDomain>{index}</secDomain>\n    <vmxCfgPath>{path}</vmxCfgPath>\n  </ConfigEntry>\n",
            vm.spec.vm_id
        ));
    }
    inventory.push_str("</ConfigRoot>\n");
    let build = state.spec.build.clone().unwrap_or_else(|| state.generation.build().to_owned());
    let boot = format!(
        "bootstate=0\ntitle=Loading VMware ESXi\ntimeout=5\nprefix=\nkernel=b.b00\nkernelopt=autoPartition=FALSE\nbuild={}-0.0.{build}\nupdated=3\n",
        state.generation.version()
    );
    let mut members = vec![
        Member::copied("etc/vmware/esx.conf", esx, at),
        Member::copied("etc/vmware/hostd/vmInventory.xml", inventory, at + 90_000),
        Member::copied(
            "etc/hosts",
            format!(
                "127.0.0.1\tlocalhost.localdomain localhost\n198.51.100.11\t{} {short}\n",
                state.spec.name
            ),
            at,
        ),
        Member::copied(
            "etc/ntp.conf",
            "restrict default kod nomodify notrap nopeer noquery\nserver 192.0.2.1\n",
            at,
        ),
        Member::copied(
            "etc/vmsyslog.conf",
            "[vmsyslog-logger]\nrotate = 8\nsize = 1024\nlogdir = <none>\n",
            at,
        ),
        Member::copied("etc/vmware/.buildInfo", format!("BUILDNUMBER:{build}\nSUMMARY:VMware ESXi\n"), at),
        Member::copied("bootbank/boot.cfg", boot.clone(), at),
        Member::copied("altbootbank/boot.cfg", boot.replace("bootstate=0", "bootstate=1"), at),
    ];
    if state.generation >= Generation::V80 {
        let mut store = b"SQLite format 3\0".to_vec();
        store.extend((0..2_000).map(|i: u32| u8::try_from(i % 7).unwrap_or(0) * u8::from(i % 90 < 9)));
        members.push(Member::copied("etc/vmware/configstore/current-store-1", store, at));
    }
    members
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The folders of the VMs that are registered on the host.
pub(crate) fn machines(stage: &Stage<'_>, host: usize) -> Result<Vec<Member>, Error> {
    let mut members = Vec::new();
    for vm in stage.vms.iter().filter(|v| v.host == host && !v.spec.no_folder) {
        let dir = vm.dir().trim_start_matches('/').to_owned();
        let stem = vm.stem();
        let at = captured(stage, host);
        let generation = stage.generation(host);
        let started = vm.runs.last().map_or(at, |r| r.start);
        members.push(Member::copied(format!("{dir}/{stem}.vmx"), vmx::file(vm, generation), started));
        let vmxf = format!(
            "<?xml version=\"1.0\"?>\n<Foundry>\n<VM>\n<VMId type=\"string\">{}</VMId>\n</VM></Foundry>\n",
            vm.spec.bios_uuid
        );
        members.push(Member::copied(format!("{dir}/{stem}.vmxf"), vmxf, started));
        members.push(Member::copied(format!("{dir}/{stem}.vmsd"), "", started));
        let descriptor = format!(
            "# Disk DescriptorFile\nversion=1\nencoding=\"UTF-8\"\nCID=fffffffe\nparentCID=ffffffff\ncreateType=\"vmfs\"\n\n# Extent description\nRW 209715200 VMFS \"{stem}-flat.vmdk\"\n\n# The Disk Data Base\n#DDB\n\nddb.adapterType = \"lsilogic\"\nddb.geometry.cylinders = \"13054\"\n"
        );
        members.push(Member::copied(format!("{dir}/{stem}.vmdk"), descriptor, started));
        members.push(Member::copied(format!("{dir}/{stem}-flat.vmdk"), first_kilobyte(), at - 30_000));
        members.extend(vmware_logs(stage, vm, &dir));
        for file in &vm.leftovers {
            members.push(Member::copied(file.path.trim_start_matches('/'), file.bytes.clone(), file.at));
        }
    }
    Ok(members)
}

/// The first 1,024 bytes of a disk: a boot record.
fn first_kilobyte() -> Vec<u8> {
    let mut bytes = vec![0_u8; 1_024];
    for (index, byte) in
        [0x33, 0xc0, 0x8e, 0xd0, 0xbc, 0x00, 0x7c, 0x8e, 0xc0, 0x8e, 0xd8].into_iter().enumerate()
    {
        if let Some(slot) = bytes.get_mut(index) {
            *slot = byte;
        }
    }
    for (index, byte) in [(510, 0x55), (511, 0xaa), (512, b'E'), (513, b'F'), (514, b'I')] {
        if let Some(slot) = bytes.get_mut(index) {
            *slot = byte;
        }
    }
    bytes
}

fn vmware_logs(stage: &Stage<'_>, vm: &VmState, dir: &str) -> Vec<Member> {
    let captured = captured(stage, vm.host);
    let known: Vec<&Run> = vm.runs.iter().filter(|run| run.start < captured).collect();
    let last = known.len().saturating_sub(1);
    let first = 20 + Rng::new(&stage.scenario.name, &format!("rotation/{}", vm.spec.name)).below(40);
    let mut members: Vec<Member> = Vec::new();
    for (index, run) in known.into_iter().enumerate() {
        let mut lines: Vec<_> = run
            .lines
            .iter()
            .filter(|line| line.at <= captured && run.end.is_none_or(|end| line.at <= end))
            .collect();
        lines.sort_by_key(|line| line.at);
        let mut text = String::new();
        for line in &lines {
            text.push_str(&line.text);
            text.push('\n');
        }
        let at = lines.last().map_or(run.start, |line| line.at);
        let name = if index == last {
            "vmware.log".to_owned()
        } else {
            format!("vmware-{}.log", first + u64::try_from(index).unwrap_or(0))
        };
        members.push(Member::copied(format!("{dir}/{name}"), text, at));
    }
    // A backup of the folder has touched the oldest log: times of files do not follow their numbers.
    if last > 0
        && let Some(oldest) = members.first_mut()
    {
        oldest.at = captured - 3_600_000;
    }
    members
}

/// Cores, dumps, empty files, things that are not text.
pub(crate) fn odds_and_ends(stage: &Stage<'_>, host: usize) -> Vec<Member> {
    let Some(state) = stage.hosts.get(host) else { return Vec::new() };
    let at = state.boot;
    let mut binary = b"\x00_SM_\x00\x00NULs\x00in\x00text".to_vec();
    binary.extend(std::iter::repeat_n(0_u8, 600));
    let mut members = vec![
        Member::made("commands/smbios.bin", binary.clone(), state.captured),
        Member::copied("var/log/.vmsyslogd.err", "", at),
        Member::copied(
            "var/log/sysboot.log",
            format!("sysboot: {} jumpstart done\n", crate::time::iso_seconds(at)),
            at,
        ),
        Member::copied("tmp/vmware-root/vmware-vmx-2101234.log", binary, at),
        Member::copied("var/lib/vmware/hostd/stats/hostAgentStats-20.stats", vec![0_u8; 900], at),
    ];
    for file in &state.leftovers {
        members.push(Member::copied(file.path.trim_start_matches('/'), file.bytes.clone(), file.at));
    }
    members
}
