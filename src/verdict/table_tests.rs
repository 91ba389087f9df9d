#![allow(clippy::unwrap_used)]
use super::*;
use crate::terms::Confidence;
use crate::verdict::coverage::Cover;
use crate::verdict::judge::{Decision, Method, judge};

/// A crash of this kind with every log covering it and nothing that speaks for an origin.
fn case(kind: CrashKind) -> Case {
    let covers = LogKind::ALL
        .iter()
        .map(|&log| Cover { log, covers: true, reason: None, of_absent_host: false })
        .collect();
    Case {
        kind,
        code: None,
        points_to: &[],
        hosted: false,
        is_silent: false,
        open_state: false,
        candidates: Vec::new(),
        covers,
        absent_hosts: Vec::new(),
        unresolved: None,
        nmi_to_another: None,
        clock_step: None,
        host_ended: None,
        dump_disagrees: false,
        actor: None,
    }
}

/// A cause of this strength, a minute before the crash, in a log that the guest's verdict rests on.
fn own(origin: Origin, best: Strength) -> Candidate {
    Candidate {
        origin,
        best,
        since: -60_000,
        lead: 0,
        witnesses: 1,
        pointed: false,
        cause: true,
        own_log_only: false,
        side_logs_only: false,
    }
}

fn with(kind: CrashKind, candidates: &[Candidate]) -> Case {
    Case { candidates: candidates.to_vec(), ..case(kind) }
}

fn without(case: Case, logs: &[LogKind]) -> Case {
    let covers =
        case.covers.into_iter().map(|own| Cover { covers: !logs.contains(&own.log), ..own }).collect();
    Case { covers, ..case }
}

/// A Windows crash with this bugcheck, whose arguments are not known.
fn bugcheck(code: u64) -> Case {
    let points_to = crate::windows::points_to(code, &[None; 4]);
    Case { code: Some(code), points_to, ..case(WindowsBugcheck) }
}

fn decided(case: Case) -> Decision {
    judge(case, false, &Method::default())
}

#[track_caller]
fn assert_decides(case: Case, row: RowName, origin: Origin, confidence: Confidence) -> Decision {
    let decision = decided(case);
    assert_eq!((decision.row, decision.origin, decision.confidence), (row, origin, confidence));
    decision
}

use crate::terms::Confidence::{Confirmed, Likely, Possible};
use CrashKind::{GuestPanic, HostDown, TripleFault, VmReset, VmmFailure, VmxFailure, WindowsBugcheck};
use Strength::{Context, Decisive, Moderate, Strong};

#[test]
fn host_down() {
    let host = |best| own(Origin::HostFailure, best);
    let row = RowName::HostDown;
    assert_decides(with(HostDown, &[host(Decisive)]), row, Origin::HostFailure, Confirmed);
    assert_decides(with(HostDown, &[host(Strong)]), row, Origin::HostFailure, Likely);
    let hardware = own(Origin::HostHardware, Strong);
    assert_decides(with(HostDown, std::slice::from_ref(&hardware)), row, Origin::HostFailure, Likely);
    let decision = assert_decides(
        with(HostDown, &[host(Decisive), hardware.clone()]),
        row,
        Origin::HostFailure,
        Confirmed,
    );
    assert_eq!(decision.loses(&hardware), "the host failure beats every symptom of a VM");
}

#[test]
fn host_failure_below() {
    let host = |best| own(Origin::HostFailure, best);
    for kind in [WindowsBugcheck, VmxFailure, VmReset] {
        let case = with(kind, &[host(Decisive), own(Origin::Storage, Decisive)]);
        assert_decides(case, RowName::HostFailureBelow, Origin::HostFailure, Likely);
    }
    assert_ne!(decided(with(WindowsBugcheck, &[host(Moderate)])).row, RowName::HostFailureBelow);
}

#[test]
fn host_silent() {
    let quiet = with(HostDown, &[own(Origin::HostFailure, Moderate), own(Origin::Storage, Decisive)]);
    let decision = assert_decides(quiet.clone(), RowName::HostSilent, Origin::Undetermined, Possible);
    assert_eq!((decision.leaning, decision.missing), (Some(Origin::HostFailure), Vec::new()));
    let decision = decided(without(quiet, &[LogKind::Vmksummary, LogKind::Hostd]));
    assert_eq!(decision.missing, [LogKind::Vmksummary]);
}

#[test]
fn admin_nmi() {
    let nmi = |best| own(Origin::AdminNmi, best);
    let row = RowName::AdminNmi;
    assert_decides(with(WindowsBugcheck, &[nmi(Decisive)]), row, Origin::AdminNmi, Confirmed);
    let rival = own(Origin::Storage, Decisive);
    let decision =
        assert_decides(with(GuestPanic, &[rival.clone(), nmi(Strong)]), row, Origin::AdminNmi, Likely);
    assert_eq!(decision.loses(&rival), "the NMI that was sent is the more specific cause");
    assert_ne!(decided(with(WindowsBugcheck, &[nmi(Moderate)])).row, row);
    assert_ne!(decided(with(VmxFailure, &[nmi(Decisive)])).origin, Origin::AdminNmi, "no root of this kind");
}

#[test]
fn operator() {
    let person = |best| own(Origin::Operator, best);
    let row = RowName::Operator;
    let alone = with(VmReset, &[person(Decisive)]);
    assert_decides(alone.clone(), row, Origin::Operator, Confirmed);
    for log in BESIDE_ACTOR {
        let decision = assert_decides(without(alone.clone(), &[*log]), row, Origin::Operator, Likely);
        assert_eq!(decision.missing, [*log], "it would show why the VM was reset");
    }
    let rival = own(Origin::Stun, Decisive);
    let case = with(VmReset, &[rival, person(Decisive)]);
    let decision = assert_decides(case, RowName::DecisiveCause, Origin::Stun, Confirmed);
    assert_eq!(decision.loses(&person(Decisive)), "stun is the stronger or the earlier anomaly");
    let weak = own(Origin::Stun, Moderate);
    let decision =
        assert_decides(with(VmReset, &[person(Strong), weak.clone()]), row, Origin::Operator, Likely);
    assert_eq!(decision.loses(&weak), "who acted on the VM is written in the logs");
    // A kill, and the process that died of it.
    let died = Candidate { cause: false, since: -59_000, ..own(Origin::Hypervisor, Strong) };
    assert_decides(with(VmxFailure, &[person(Strong), died.clone()]), row, Origin::Operator, Likely);
    let later = Candidate { since: -50_000, ..person(Strong) };
    assert_decides(with(VmxFailure, &[died, later]), RowName::Mechanism, Origin::Hypervisor, Likely);
    // A reset through the API that only the VM's own log tells: HA looks the same.
    let bare = Candidate { own_log_only: true, ..person(Strong) };
    assert_decides(with(VmReset, std::slice::from_ref(&bare)), row, Origin::Operator, Likely);
    for log in [LogKind::Hostd, LogKind::Fdm] {
        let decision = decided(without(with(VmReset, std::slice::from_ref(&bare)), &[log]));
        assert_eq!((decision.row, decision.leaning), (RowName::Undetermined, None));
        assert!(decision.missing.contains(&log));
    }
    let ha = own(Origin::HaReset, Strong);
    assert_ne!(decided(with(VmReset, &[person(Decisive), ha])).row, row, "HA uses the same calls");
    assert_ne!(decided(with(WindowsBugcheck, &[person(Decisive)])).origin, Origin::Operator);
}

#[test]
fn decisive_cause() {
    let early = Candidate { since: -90_000, ..own(Origin::Stun, Decisive) };
    let late = Candidate { pointed: true, ..own(Origin::Storage, Decisive) };
    let case = with(WindowsBugcheck, &[late.clone(), early]);
    let decision = assert_decides(case, RowName::DecisiveCause, Origin::Stun, Confirmed);
    assert_eq!(decision.loses(&late), "stun is the stronger or the earlier anomaly");
    for log in CORE {
        let alone = with(WindowsBugcheck, &[own(Origin::Stun, Decisive)]);
        let decision = assert_decides(without(alone, &[*log]), RowName::DecisiveCause, Origin::Stun, Likely);
        assert_eq!(decision.missing, [*log], "it may hold a cause that came before");
    }
    let no_sel = without(with(WindowsBugcheck, &[own(Origin::Storage, Decisive)]), &[LogKind::Sel]);
    assert_eq!(decided(no_sel).confidence, Confirmed, "no record of it decides alone");
    let mechanism = Candidate { cause: false, since: -99_000, ..own(Origin::Hypervisor, Decisive) };
    let case = with(VmxFailure, &[mechanism.clone(), own(Origin::Resource, Decisive)]);
    let decision = assert_decides(case, RowName::DecisiveCause, Origin::Resource, Confirmed);
    assert_eq!(decision.loses(&mechanism), "it is how the VM died; resource came before it");
    let stun = with(VmxFailure, &[own(Origin::Stun, Decisive)]);
    assert_eq!(decided(stun).row, RowName::Undetermined, "no root of this kind");
}

#[test]
fn strong_cause() {
    let early = Candidate { since: -90_000, ..own(Origin::Stun, Strong) };
    let pointed = Candidate { pointed: true, ..own(Origin::Storage, Strong) };
    let row = RowName::StrongCause;
    let both = [early.clone(), pointed];
    assert_decides(with(WindowsBugcheck, &both), row, Origin::Storage, Likely);
    let case = with(WindowsBugcheck, &[early, own(Origin::Storage, Strong)]);
    assert_decides(case, row, Origin::Stun, Likely);
}

#[test]
fn mechanism() {
    let died = |best| Candidate { cause: false, ..own(Origin::Hypervisor, best) };
    let row = RowName::Mechanism;
    let case = with(VmmFailure, &[died(Decisive)]);
    assert_decides(case.clone(), row, Origin::Hypervisor, Confirmed);
    assert_decides(with(VmmFailure, &[died(Strong)]), row, Origin::Hypervisor, Likely);
    for log in [LogKind::Hostd, LogKind::Vmkernel, LogKind::Vobd, LogKind::Sel] {
        let decision = assert_decides(without(case.clone(), &[log]), row, Origin::Hypervisor, Likely);
        assert_eq!(decision.missing, [log]);
    }
    let unresolved = Case { unresolved: Some(Origin::Storage), ..case };
    assert_decides(unresolved, row, Origin::Hypervisor, Likely);
    let actor = Candidate { cause: false, ..own(Origin::HaReset, Strong) };
    assert_ne!(decided(with(VmReset, &[actor])).row, row);
}

#[test]
fn ha_reset() {
    let ha = |best| Candidate { cause: false, ..own(Origin::HaReset, best) };
    let row = RowName::HaReset;
    let case = with(VmReset, &[ha(Decisive)]);
    assert_decides(case.clone(), row, Origin::HaReset, Confirmed);
    assert_decides(with(VmReset, &[ha(Strong)]), row, Origin::HaReset, Likely);
    let decision = assert_decides(without(case.clone(), &[LogKind::Vobd]), row, Origin::HaReset, Likely);
    assert_eq!(decision.missing, [LogKind::Vobd]);
    assert_decides(Case { unresolved: Some(Origin::Storage), ..case }, row, Origin::HaReset, Likely);
    let explained = with(VmReset, &[ha(Decisive), own(Origin::Storage, Strong)]);
    assert_eq!(decided(explained).origin, Origin::Storage);
}

#[test]
fn two_witnesses() {
    let moderate = |origin| own(origin, Moderate);
    let row = RowName::TwoWitnesses;
    let two = Candidate { witnesses: 2, ..moderate(Origin::Storage) };
    assert_decides(with(WindowsBugcheck, std::slice::from_ref(&two)), row, Origin::Storage, Likely);
    let pointed = Candidate { pointed: true, since: -1_000, ..moderate(Origin::HostHardware) };
    assert_decides(with(WindowsBugcheck, &[two.clone(), pointed]), row, Origin::HostHardware, Likely);
    let side = Candidate { side_logs_only: true, ..two };
    assert_ne!(decided(with(WindowsBugcheck, &[side])).row, row);
    assert_ne!(decided(with(WindowsBugcheck, &[moderate(Origin::Storage)])).row, row);
}

#[test]
fn one_witness() {
    let case = with(WindowsBugcheck, &[own(Origin::Storage, Moderate)]);
    let decision = assert_decides(case.clone(), RowName::OneWitness, Origin::Undetermined, Possible);
    assert_eq!((decision.leaning, decision.missing), (Some(Origin::Storage), Vec::new()));
    let decision = decided(without(case, &[LogKind::Vmkernel, LogKind::Sel]));
    assert_eq!(decision.missing, [LogKind::Vmkernel]);
    let side = Candidate { side_logs_only: true, ..own(Origin::HostHardware, Moderate) };
    assert_eq!(decided(with(WindowsBugcheck, &[side])).row, RowName::GuestOs);
}

#[test]
fn guest_os() {
    let row = RowName::GuestOs;
    for kind in [WindowsBugcheck, GuestPanic] {
        assert_decides(case(kind), row, Origin::GuestOs, Confirmed);
    }
    assert_decides(case(TripleFault), row, Origin::GuestOs, Likely);
    // What speaks only in side logs is no second party, and keeps it from being sure.
    let side = Candidate { side_logs_only: true, ..own(Origin::HostHardware, Moderate) };
    assert_decides(with(WindowsBugcheck, &[side]), row, Origin::GuestOs, Likely);
    assert_decides(with(WindowsBugcheck, &[own(Origin::Storage, Context)]), row, Origin::GuestOs, Confirmed);
    for log in [LogKind::Sel, LogKind::Vobd] {
        let decision = assert_decides(without(case(GuestPanic), &[log]), row, Origin::GuestOs, Likely);
        assert_eq!(decision.missing, [log]);
    }
    assert_decides(bugcheck(0x7a), row, Origin::GuestOs, Likely);
    for log in [LogKind::Hostd, LogKind::Vmkernel, LogKind::Vobd, LogKind::Vmware] {
        let decision = decided(without(bugcheck(0x7a), &[log]));
        assert_eq!((decision.row, decision.missing), (RowName::Undetermined, vec![log]));
    }
    assert_eq!(decided(without(bugcheck(0x7a), &[LogKind::Sel])).row, row);
    let decision = decided(without(bugcheck(0x124), &[LogKind::Sel]));
    assert_eq!((decision.row, decision.leaning), (RowName::Undetermined, Some(Origin::HostHardware)));
    assert_eq!(
        decided(without(bugcheck(0xef), &[LogKind::Vobd])).row,
        row,
        "it may be the guest's own fault"
    );
    let elsewhere = Case { nmi_to_another: Some(4_000), ..bugcheck(0x80) };
    let decision = decided(elsewhere);
    assert_eq!((decision.row, decision.leaning), (RowName::Undetermined, None));
    let outlived = Case { open_state: true, ..case(WindowsBugcheck) };
    assert_decides(outlived, row, Origin::GuestOs, Likely);
    let differs = Case { dump_disagrees: true, ..case(WindowsBugcheck) };
    assert_eq!(decided(differs).confidence, Likely);
    let decision = decided(Case { host_ended: Some(20_000), ..case(WindowsBugcheck) });
    assert_eq!((decision.row, decision.leaning), (RowName::Undetermined, Some(Origin::HostFailure)));
    let stepped = Case { clock_step: Some((-40_000, 60_000)), ..case(WindowsBugcheck) };
    assert_eq!(decided(stepped.clone()).row, RowName::Undetermined, "what came before is not known");
    let stepped = Case { candidates: vec![own(Origin::Storage, Decisive)], ..stepped };
    let decision = decided(stepped);
    assert_eq!((decision.origin, decision.confidence), (Origin::Storage, Possible));
    for log in [LogKind::Hostd, LogKind::Vmkernel] {
        assert_eq!(decided(without(case(WindowsBugcheck), &[log])).row, RowName::Undetermined);
    }
    let nmi = bugcheck(0x80);
    assert_eq!(decided(nmi.clone()).row, row);
    assert_eq!(decided(without(nmi, &[LogKind::Shell])).row, RowName::Undetermined);
    assert_eq!(decided(without(case(WindowsBugcheck), &[LogKind::Shell])).row, row);
    let unresolved = Case { unresolved: Some(Origin::Storage), ..case(WindowsBugcheck) };
    assert_eq!(decided(unresolved).row, RowName::Undetermined);
    assert_eq!(decided(case(VmxFailure)).row, RowName::Undetermined);
}

#[test]
fn undetermined() {
    let leans = |case: Case| {
        let decision = assert_decides(case, RowName::Undetermined, Origin::Undetermined, Possible);
        (decision.leaning, decision.missing)
    };
    let blind = |kind| without(case(kind), LogKind::ALL);
    let core = vec![LogKind::Hostd, LogKind::Vmkernel];
    assert_eq!(leans(blind(WindowsBugcheck)), (Some(Origin::GuestOs), core.clone()));
    let with_shell = [core.clone(), vec![LogKind::Shell]].concat();
    assert_eq!(
        leans(without(bugcheck(0x80), LogKind::ALL)),
        (None, with_shell),
        "a person, the hardware or the guest"
    );
    assert_eq!(leans(without(bugcheck(0x50), LogKind::ALL)).0, Some(Origin::GuestOs));
    let gone = leans(Case { is_silent: true, ..without(case(VmxFailure), &[LogKind::Shell]) });
    assert_eq!(gone, (None, vec![LogKind::Shell]), "a kill at the shell is told there alone");
    let with_own = [core, vec![LogKind::Vmware]].concat();
    assert_eq!(leans(blind(VmxFailure)), (Some(Origin::Hypervisor), with_own.clone()));
    assert_eq!(leans(blind(VmReset)), (Some(Origin::Operator), with_own));
    assert_eq!(leans(Case { actor: Some(Origin::HaReset), ..case(VmReset) }).0, Some(Origin::HaReset));
    let hosted = Case { hosted: true, ..blind(VmxFailure) };
    assert_eq!(leans(hosted).1, [LogKind::Vmware], "it keeps no other log");
    let nmi = Case { unresolved: Some(Origin::AdminNmi), ..case(WindowsBugcheck) };
    assert_eq!(leans(nmi).0, Some(Origin::AdminNmi));
}

#[test]
fn every_row_has_a_name_of_its_own_and_the_last_one_takes_all() {
    for (at, row) in ROWS.iter().enumerate() {
        assert!(ROWS.iter().skip(at + 1).all(|other| other.name != row.name), "{:?}", row.name);
        assert!(!row.applies.is_empty() && !row.names.is_empty(), "{:?}", row.name);
    }
    assert!((ROWS.last().unwrap().when)(&case(HostDown)));
}
