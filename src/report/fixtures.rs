//! Reports made by hand for the tests of the formats.

use super::model::*;
use crate::terms::{Check, Confidence, CrashKind, Origin, Strength};
use std::collections::BTreeMap;

/// A name that tries everything a terminal or a page could fall for.
pub(crate) const HOSTILE: &str = "APP\u{1b}[31m<script>alert(1)</script>\u{202e}10\u{200b}\u{9b}2J";

fn at(text: &str) -> Option<Time> {
    crate::log::read_alone(text).map(Time::new)
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn host(logs: Vec<HostLog>) -> Host {
    Host {
        id: "H1".into(),
        input: "I1".into(),
        name: some("esx01.lab.local"),
        product: some("VMware ESXi"),
        version: some("8.0.2"),
        build: some("22380479"),
        captured_at: at("2026-03-14T10:22:00.000Z"),
        logs,
        volumes: vec![Volume {
            label: some("ds-gold-01"),
            uuid: some("65a1b2c3-0d4e5f60-7a8b-0025b5aa0012"),
            kind: some("vmfs"),
            devices: vec!["naa.600508b1001c4d2f0000000000000001".into()],
        }],
    }
}

fn log(name: &str, lines: u64) -> HostLog {
    HostLog {
        log: name.into(),
        first: at("2026-03-01T00:00:00.112Z"),
        last: at("2026-03-14T10:21:58.040Z"),
        members: 9,
        lines,
        understood: Some(0.9987),
        gaps: Vec::new(),
    }
}

fn vm(name: &str, crashes: Vec<Crash>) -> Vm {
    Vm {
        id: "V1".into(),
        host: some("H1"),
        name: some(name),
        config: Some("/vmfs/volumes/65a1b2c3-0d4e5f60-7a8b-0025b5aa0012/APP01/APP01.vmx".into()),
        guest_os: some("windows2019srv-64"),
        bios_uuid: some("42 1c 0a 11 22 33 44 55-66 77 88 99 aa bb cc dd"),
        logs: VmLogs {
            first: at("2026-02-01T08:00:00.000Z"),
            last: at("2026-03-14T10:20:11.000Z"),
            members: 7,
            lines: 12_345,
            understood: Some(1.0),
        },
        crashes,
        operations: Vec::new(),
    }
}

fn report(inputs: Vec<Input>, hosts: Vec<Host>, vms: Vec<Vm>) -> Report {
    let mut by_origin = BTreeMap::new();
    for crash in vms.iter().flat_map(|vm| &vm.crashes) {
        *by_origin.entry(crash.verdict.origin).or_insert(0) += 1;
    }
    Report {
        files: Vec::new(),
        schema: SCHEMA.into(),
        tool: Tool { name: "vmcoroner".into(), version: "0.1.0".into() },
        settings: Settings { window_before_s: 900.0, window_after_s: 120.0, since: None, until: None },
        summary: Summary {
            inputs: inputs.len() as u64,
            hosts: hosts.len() as u64,
            vms: vms.len() as u64,
            crashes: by_origin.values().sum(),
            by_origin,
            partial: inputs.iter().any(|input| input.state != InputState::Complete),
            unclaimed: 0,
            hosts_not_given: Vec::new(),
        },
        inputs,
        hosts,
        vms,
        incidents: Vec::new(),
    }
}

fn input(state: InputState, notes: &[&str]) -> Input {
    Input {
        id: "I1".into(),
        path: "case/esx-esx01.lab.local-2026-03-14--10.22-2101234.tgz".into(),
        kind: InputKind::VmSupport,
        state,
        members: 2311,
        bytes: 812_345_678,
        notes: notes.iter().map(|note| (*note).to_owned()).collect(),
    }
}

fn checks(found: &[(Check, &[&str])], open: &[(Check, &str)]) -> Vec<CheckResult> {
    let result = |id: Check| {
        let logs = match id {
            Check::GuestReport | Check::DumpMatch | Check::VmxVmm => vec!["vmware".to_owned()],
            Check::HardwareEvent => vec!["sel".to_owned()],
            _ => vec!["vmkernel".to_owned(), "vobd".to_owned()],
        };
        let hit = found.iter().find(|(own, _)| *own == id).map(|(_, ids)| *ids);
        let gap = open.iter().find(|(own, _)| *own == id).map(|(_, note)| *note);
        CheckResult {
            id,
            result: match (hit, gap) {
                (Some(_), _) => CheckOutcome::Found,
                (None, Some(_)) => CheckOutcome::NotCovered,
                (None, None) => CheckOutcome::Clear,
            },
            logs,
            evidence: hit.unwrap_or_default().iter().map(|id| (*id).to_owned()).collect(),
            note: gap.filter(|note| !note.is_empty()).map(str::to_owned),
        }
    };
    Check::ALL.iter().copied().map(result).collect()
}

fn evidence(id: &str, offset: f64, log: &str, member: &str, line: u64, text: &str) -> Evidence {
    Evidence {
        id: id.into(),
        rule: "test.rule".into(),
        origin: None,
        time: at("2026-03-14T02:59:39.900Z"),
        offset_s: Some(offset),
        log: log.into(),
        member: format!("esx-esx01.lab.local-2026-03-14--10.22-2101234/{member}"),
        line: Some(line),
        text: text.into(),
        message: String::new(),
        strength: None,
        count: 1,
    }
}

/// A crash that is explained beyond doubt, of a VM with a hostile name, joined with another host's.
pub(crate) fn confirmed() -> Report {
    let mut nmi = evidence(
        "E1",
        -20.1,
        "hostd",
        "var/run/log/hostd.log",
        4711,
        "2026-03-14T02:59:39.900Z In(166) Hostd[2098914]: [Originator@6876 sub=Default opID=7f3a] Received request \
         GET /cgi-bin/vm-support.cgi?manifests=HungVM:Coredump_VM%20HungVM:Send_NMI_To_Guest&vm=/vmfs/volumes/\
         65a1b2c3-0d4e5f60-7a8b-0025b5aa0012/APP01/APP01.vmx from 192.0.2.17 user=root session=52f1c0de",
    );
    nmi.origin = Some(Origin::AdminNmi);
    nmi.strength = Some(Strength::Decisive);
    nmi.message = "vm-support was asked to send an NMI to this VM".into();
    nmi.rule = "nmi.vm-support-manifest".into();
    let mut bsod = evidence(
        "E2",
        0.0,
        "vmware",
        "vmfs/volumes/65a1b2c3-0d4e5f60-7a8b-0025b5aa0012/APP01/vmware.log",
        902,
        "2026-03-14T03:00:00.000Z In(05) vcpu-0 - WinBSOD: Synthetic MSR[0x40000100] 0x80\u{1b}[2J",
    );
    bsod.message = "Windows wrote its bugcheck 0x80 into the synthetic crash registers".into();
    bsod.count = 5;
    bsod.strength = Some(Strength::Strong);
    let mut crash = Crash {
        id: format!("{HOSTILE}@2026-03-14T03:00:00.000Z"),
        time: at("2026-03-14T03:00:00.000Z"),
        kind: CrashKind::WindowsBugcheck,
        host: some("H1"),
        host_name: None,
        count: 1,
        bugcheck: Some(Bugcheck {
            code: "0x80".into(),
            name: some("NMI_HARDWARE_FAILURE"),
            args: ["0x4f4454", "0x0", "0x0", "0x0"].map(some).to_vec(),
            vcpu: Some(0),
        }),
        verdict: Verdict {
            origin: Origin::AdminNmi,
            confidence: Confidence::Confirmed,
            because: "root asked vm-support from 192.0.2.17 to send an NMI to this VM 20.1 s before Windows stopped \
                with NMI_HARDWARE_FAILURE, and nothing of the host's hardware shows at that time."
                .into(),
            leaning: None,
            missing: Vec::new(),
            next_step: NextStep {
                who: Who::Administrator,
                text: "Ask who collected the support bundle at 02:59 from 192.0.2.17. The crash was meant to give a \
                    dump; what made the guest hang before it is the question for the dump."
                    .into(),
            },
        },
        rivals: vec![Rival {
            origin: Origin::HostHardware,
            confidence: Confidence::Possible,
            because: "Bugcheck 0x80 names hardware, but neither vmkernel nor the IPMI SEL shows an error.".into(),
        }],
        checks: checks(
            &[(Check::GuestReport, &["E2"]), (Check::DumpMatch, &[]), (Check::HypervisorNmi, &["E1"])],
            &[(Check::HardwareEvent, "the bundle holds no IPMI SEL")],
        ),
        dump_match: DumpMatch {
            source: some("MEMORY.DMP"),
            result: MatchResult::Mismatch,
            differences: vec!["argument 2: the log has 0x0, the Windows side 0x1".into()],
        },
        evidence: vec![nmi, bsod],
        known_issues: vec![KnownIssue {
            article: "999999".into(),
            summary: "The host takes a guest that answers late for one that hangs.".into(),
            state: IssueState::Affected,
            fixed_in: "8.0 Update 3".into(),
            text: "ESXi 8.0.2 build 22380479 is older than the fix (8.0 Update 3).".into(),
        }],
    };
    crash.checks[1].note = some("an argument differs from the one in MEMORY.DMP");
    let mut report = report(
        vec![input(InputState::Complete, &[])],
        vec![host(vec![log("hostd", 61_234)])],
        vec![vm(HOSTILE, vec![crash])],
    );
    report.incidents.push(Incident {
        id: "N1".into(),
        time: at("2026-03-14T03:00:00.000Z"),
        origin: Origin::AdminNmi,
        crashes: vec![format!("{HOSTILE}@2026-03-14T03:00:00.000Z"), "DB02@2026-03-14T03:00:04.120Z".into()],
        because: "The same session of root sent an NMI to both VMs within 5 s.".into(),
    });
    report
}

/// A crash that cannot be explained: the bundle is cut off and logs are missing.
pub(crate) fn undetermined() -> Report {
    let crash = Crash {
        id: "DB02@2026-03-12T23:11:07.431Z".into(),
        time: at("2026-03-12T23:11:07.431Z"),
        kind: CrashKind::WindowsBugcheck,
        host: some("H1"),
        host_name: None,
        count: 1,
        bugcheck: Some(Bugcheck { code: "0x7a".into(), name: some("KERNEL_DATA_INPAGE_ERROR"), args: vec![None; 4], vcpu: None }),
        verdict: Verdict {
            origin: Origin::Undetermined,
            confidence: Confidence::Possible,
            because: "Windows stopped because a page could not be read from disk, but no log of the host reaches that \
                moment, so nothing can be said about its storage."
                .into(),
            leaning: Some(Origin::Storage),
            missing: vec!["hostd".into(), "vmkernel".into()],
            next_step: NextStep {
                who: Who::Administrator,
                text: "Look for vmkernel.log of 2026-03-12 23:00 to 23:15 UTC on the log server; it decides.".into(),
            },
        },
        rivals: Vec::new(),
        checks: checks(
            &[(Check::GuestReport, &["E1"])],
            &[
                (Check::DumpMatch, "no bugcheck of the Windows side was given"),
                (Check::HypervisorNmi, ""),
                (Check::Stun, ""),
                (Check::Storage, "vmkernel begins at 2026-03-13 02:40:11, 3 h 29 min after the crash"),
                (Check::HostMemory, ""),
                (Check::HardwareEvent, "the bundle holds no IPMI SEL"),
                (Check::VirtualDevice, ""),
                (Check::Resource, ""),
                (Check::HostFailure, ""),
                (Check::Operation, ""),
            ],
        ),
        dump_match: DumpMatch { source: None, result: MatchResult::NotGiven, differences: Vec::new() },
        evidence: vec![evidence("E1", 0.0, "vmware", "vmfs/volumes/nfs01/DB02/vmware-3.log", 18_220,
            "2026-03-12T23:11:07.431Z| vcpu-1| W115: WinBSOD: Synthetic MSR[0x40000100] 0x7a")],
        known_issues: Vec::new(),
    };
    let mut silent = vm("FILE03", Vec::new());
    silent.logs = VmLogs { first: None, last: None, members: 0, lines: 0, understood: None };
    let mut db = vm("DB02", vec![crash]);
    db.config = some("/vmfs/volumes/nfs01/DB02/DB02.vmx");
    let notes = [
        "the gzip stream ends after 398,221,312 bytes, within var/run/log/vmkernel.3.gz",
        "action.log is missing: the bundle is not whole",
    ];
    report(vec![input(InputState::Truncated, &notes)], vec![host(Vec::new())], vec![db, silent])
}

/// No crash at all.
pub(crate) fn healthy() -> Report {
    let mut vmkernel = log("vmkernel", 1_234_567);
    vmkernel.gaps.push(Gap { from: at("2026-03-05T10:00:00.000Z"), to: at("2026-03-05T14:30:00.000Z") });
    let hosts = vec![host(vec![log("hostd", 61_234), vmkernel, log("vobd", 912)])];
    report(
        vec![input(InputState::Complete, &[])],
        hosts,
        vec![vm("APP01", Vec::new()), vm("仮想マシン 02", Vec::new())],
    )
}
