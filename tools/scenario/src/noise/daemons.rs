//! Everyday lines of the daemons: hostd, vpxa, fdm, rhttpproxy, and the logs that go through syslog.

use super::times;
use crate::grammar::Sev;
use crate::grammar::writer::{self, by};
use crate::stage::Stage;
use crate::time::Millis;

/// Fills the daemons' logs.
pub(crate) fn everyday(stage: &mut Stage<'_>, host: usize) {
    for at in times(stage, host, 560 * stage.scenario.density) {
        hostd(stage, host, at);
    }
    for at in times(stage, host, 150) {
        vpxa(stage, host, at);
    }
    for at in times(stage, host, 130) {
        fdm(stage, host, at);
    }
    for at in times(stage, host, 90) {
        rhttpproxy(stage, host, at);
    }
    for at in times(stage, host, 60) {
        let text = "Executing command: hostd-probe";
        stage.plain(host, at, writer::syslog("hostd-probe", "In(14)", "hostd-probe"), text);
    }
    for at in times(stage, host, 120) {
        syslog(stage, host, at);
    }
    for at in times(stage, host, 6) {
        let command = stage.rng.pick(&[
            "esxtop -b -n 1",
            "esxcli storage core path list",
            "vim-cmd vmsvc/getallvms",
            "esxcli vm process list",
            "tail -n 200 /var/run/log/vmkernel.log",
            "df -h",
        ]);
        let command = command.to_owned();
        stage.shell(host, at, "root", &command);
    }
    for at in times(stage, host, 14) {
        let port = stage.rng.between(49_152, 65_000);
        let text = format!("Connection from 192.0.2.17 port {port}");
        stage.plain(host, at, writer::syslog("auth", "In(38)", "sshd"), &text);
        let text = "User 'root' running command 'vim-cmd vmsvc/power.getstate 12 2>&1'";
        stage.plain(host, at + 900, writer::syslog("auth", "In(38)", "sshd"), text);
    }
}

fn any_vm(stage: &mut Stage<'_>, host: usize, at: Millis) -> Option<usize> {
    let on = |index: &usize| {
        stage.vms.get(*index).is_some_and(|v| {
            v.runs.iter().any(|r| r.host == host && r.start + 60_000 < at && r.end.is_none_or(|end| end > at))
        })
    };
    let running: Vec<usize> = (0..stage.vms.len()).filter(on).collect();
    let count = u64::try_from(running.len()).unwrap_or(0);
    let place = usize::try_from(stage.rng.below(count)).unwrap_or(0);
    running.get(place).copied()
}

pub(crate) fn hostd(stage: &mut Stage<'_>, host: usize, at: Millis) {
    match stage.rng.below(17) {
        0 => {
            let text = "HTTP Connection has timed out while waiting for further requests; <io_obj t:N7Vmacore6System21LocalSocketObjectAsioE, h:-1, <UNIX 'hostdEntitlementVapi.sock'>>, N7Vmacore16TimeoutExceptionE(Operation timed out: duration: 00:00:46.257054 (hh:mm:ss.us))\n[context]zKq7AVICAgAAAB28eQEIaG9zdGQAAF5oNWxpYnZtYWNvcmUuc28AAHtnJADEaCQAbhMlAGA4JQC7iEoB[/context]";
            stage.hostd(host, at, Sev::Info, by("Vimsvc.HTTPService.HttpConnection", ""), text);
        }
        1..=2 => {
            let text = "GetKernelStatValues: Detected error while retrieving stats: VSINode(2810): Not found (status=195887107)";
            stage.hostd(host, at, Sev::Error, by("VMkernelStatsProvider(000000a67b5238a0)", ""), text);
        }
        3..=4 => {
            for id in 19..22 {
                let text = format!("FillVirtualDeviceStats: Unable to locate sample for stat ID {id}");
                stage.hostd(host, at, Sev::Warning, by("deviceStatsProvider(000000a67b8eb2f0)", ""), &text);
            }
        }
        5 => stage.hostd(
            host,
            at,
            Sev::Error,
            by("Default", ""),
            "IpmiIfcOpenIpmiOpen: open(/dev/ipmi0, RDWR) failed 2 m",
        ),
        6 => stage.hostd(host, at, Sev::Warning, by("Default", ""), "IpmiIfcSdrReadRecordId: retry expired."),
        7..=8 => {
            let id = stage.rng.hex(8);
            let who = format!(" opID={id} user=vpxuser");
            let text = "New request: target='vim.HostSystem:ha-host', method='retrieveInternalCapability'";
            stage.hostd(host, at, Sev::Debug, by("AdapterServer", &who), text);
        }
        9 => {
            let who = format!(" opID=esxui-{}-{}", stage.rng.hex(4), stage.rng.hex(4));
            stage.event(host, at, &who, "User root@192.0.2.17 logged in as VMware-client/6.5.0");
            stage.event(host, at + 400_000, &who, "User root@192.0.2.17 logged out (login time: Saturday, 01 January, 2000 00:00:00, number of API invocations: 14, user agent: VMware-client/6.5.0)");
        }
        10..=12 => vm_line(stage, host, at),
        13 => {
            let seconds = stage.rng.between(11, 19);
            let text = format!(
                "In thread {}, fopen(\"/etc/vmware/hostd/vmAutoStart.xml\") took over {seconds} sec.",
                stage.rng.between(2_098_400, 2_098_460)
            );
            if stage.rng.one_in(4) {
                stage.hostd(host, at, Sev::Warning, by("IoTracker", ""), &text);
            } else {
                stage.hostd(host, at, Sev::Info, by("Libs", ""), "recv detected client closed connection");
            }
        }
        14 => {
            let task = format!(
                "haTask--vim.SearchIndex.findByInventoryPath-{}",
                stage.rng.between(1_000_000, 99_999_999)
            );
            let who = format!(" opID={} user=root", stage.rng.hex(8));
            stage.hostd(
                host,
                at,
                Sev::Info,
                by("Vimsvc.TaskManager", &who),
                &format!("Task Created : {task}"),
            );
            stage.hostd(
                host,
                at + 3,
                Sev::Info,
                by("Vimsvc.TaskManager", &who),
                &format!("Task Completed : {task} Status success"),
            );
        }
        15 => stage.hostd(
            host,
            at,
            Sev::Info,
            by("Libs", ""),
            "SOCKET connect failed, error 2: No such file or directory",
        ),
        _ => stage.hostd(
            host,
            at,
            Sev::Debug,
            by("PropertyProvider", ""),
            "RecordOp ASSIGN: latestPage, 3051, session[52a1]. Sent notification immediately.",
        ),
    }
}

fn vm_line(stage: &mut Stage<'_>, host: usize, at: Millis) {
    let Some(vm) = any_vm(stage, host, at) else { return };
    let Some((sub, id)) = stage.vms.get(vm).map(|v| (format!("Vmsvc.vm:{}", v.vmx_path()), v.spec.vm_id))
    else {
        return;
    };
    match stage.rng.below(5) {
        0 => stage.hostd(
            host,
            at,
            Sev::Warning,
            by(&sub, ""),
            "CannotRetrieveCorefiles: VM is in an invalid state",
        ),
        1 => {
            let text = "Time to gather Snapshot information ( read from disk, build tree): 1 msecs. needConsolidate is false.";
            stage.hostd(host, at, Sev::Info, by(&sub, ""), text);
        }
        2 => {
            stage.hostd(
                host,
                at,
                Sev::Info,
                by(&sub, " opID=5e40a1c2 user=vpxuser"),
                "State Transition (VM_STATE_ON -> VM_STATE_GUEST_OPERATION)",
            );
            stage.hostd(
                host,
                at + 12,
                Sev::Info,
                by(&sub, ""),
                "State Transition (VM_STATE_GUEST_OPERATION -> VM_STATE_ON)",
            );
        }
        3 => {
            let text = format!("Replicator: powerstate change VM: {id} Old: 1 New: 1");
            stage.hostd(host, at, Sev::Info, by("Hbrsvc", ""), &text);
        }
        _ => stage.hostd(host, at, Sev::Debug, by(&sub, ""), "Updating current heartbeatStatus: green"),
    }
}

pub(crate) fn vpxa(stage: &mut Stage<'_>, host: usize, at: Millis) {
    let lro = stage.rng.between(20, 90_000);
    let who = format!(" opID=PollQuickStatsLoop-{}-{}", stage.rng.hex(8), stage.rng.hex(2));
    let method = stage.rng.pick(&[
        "vpxa -- vpxapi.VpxaService.fetchQuickStats",
        "vpxa -- vpxapi.VpxaService.getChanges",
        "networkSystem -- vim.host.NetworkSystem.queryNetworkHint",
        "vpxa -- vpxapi.VpxaService.getVpxaInfo",
    ]);
    let text = format!("[VpxLRO] -- BEGIN lro-{lro} -- {method} -- 52bb5d24-2497-10d0-569c-3ec666d27030");
    stage.hostd(host, at, Sev::Info, by("vpxLro", &who).of("vpxa"), &text);
    let text = format!("[VpxLRO] -- FINISH lro-{lro}");
    stage.hostd(host, at + 1, Sev::Info, by("vpxLro", &who).of("vpxa"), &text);
}

pub(crate) fn fdm(stage: &mut Stage<'_>, host: usize, at: Millis) {
    let who = format!(" opID=SWI-{}", stage.rng.hex(8));
    match stage.rng.below(3) {
        0 => {
            let text = "[ClusterManagerImpl::LogState] hostId=host-21 state=Slave master=host-22 isolated=false host-list-version=41 config-version=9";
            stage.hostd(host, at, Sev::Info, by("Cluster", &who).of("fdm"), text);
        }
        1 => {
            let text = "Sending a heartbeat to the master host-22";
            stage.hostd(host, at, Sev::Debug, by("Cluster", &who).of("fdm"), text);
        }
        _ => {
            let text = "[InventoryManagerImpl::ProcessClusterChange] Cluster state maintained. No change.";
            stage.hostd(host, at, Sev::Debug, by("Invt", &who).of("fdm"), text);
        }
    }
}

pub(crate) fn rhttpproxy(stage: &mut Stage<'_>, host: usize, at: Millis) {
    let port = stage.rng.between(49_152, 65_000);
    let text = format!("New proxy client <TCP '192.0.2.17 : {port}'>");
    stage.hostd(host, at, Sev::Debug, by("Proxy Req 00117", "").of("rhttpproxy"), &text);
}

pub(crate) fn syslog(stage: &mut Stage<'_>, host: usize, at: Millis) {
    match stage.rng.below(4) {
        0 => stage.plain(host, at, writer::syslog("syslog", "In(30)", "watchdog-vobd"), "[2099001] Begin '/usr/lib/vmware/vob/bin/vobd ++securitydom=vobdDom', min-uptime = 60, max-quick-failures = 5"),
        1 => stage.plain(host, at, writer::syslog("syslog", "In(30)", "crond"), "USER root pid 2104770 cmd /bin/hostd-probe.sh ++group=host/vim/vmvisor/hostd-probe"),
        2 => stage.plain(host, at, writer::syslog("syslog", "In(30)", "ntpd"), "proto: precision = 0.620 usec (-21)"),
        _ => stage.plain(host, at, writer::syslog("syslog", "In(30)", "backup.sh"), "Locking esx.conf"),
    }
}
