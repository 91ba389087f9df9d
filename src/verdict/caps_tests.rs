#![allow(clippy::unwrap_used)]
use super::*;
use crate::verdict::thresholds::WINDOW_BEFORE_MS;

/// A strong cause in vmkernel.log a minute before a Windows crash, tied to what the VM depends on: no cap applies.
fn plain() -> Line {
    Line {
        origin: Some(Origin::Storage),
        check: Check::Storage,
        part: Part::Cause,
        log: LogKind::Vmkernel,
        tie: Tie::Under,
        strength: Strength::Strong,
        written_ms: -60_000,
        began_ms: -60_000,
        closed_ms: None,
        ended_ms: None,
        alive_after: false,
        open: false,
        outlived: false,
        frozen: false,
        answers: false,
        zoneless: false,
        window_ms: -WINDOW_BEFORE_MS,
        run_ms: None,
        arrived_ms: None,
        sel_from_ms: -WINDOW_BEFORE_MS / 3,
        names_storage: true,
        too_few: None,
        kind: CrashKind::WindowsBugcheck,
        code: Some(0x7a),
        points_to: &[Origin::Storage, Origin::HostHardware],
    }
}

/// What one cap does, by name.
fn tried(name: &str, line: &Line) -> Option<To> {
    (CAPS.iter().find(|cap| cap.name == name).unwrap().lowers)(line)
}

/// A cap applies to the first line and to none of the look-alikes.
fn assert_cap(name: &str, to: To, applies: &[Line], look_alikes: &[Line]) {
    for line in applies {
        assert_eq!(tried(name, line), Some(to), "{name}: {line:?}");
    }
    for line in look_alikes {
        assert_eq!(tried(name, line), None, "{name}: {line:?}");
    }
    assert_eq!(tried(name, &plain()), None, "{name} applies to a plain line");
}

const CONTEXT: To = To::AtMost(Strength::Context);

#[test]
fn a_plain_line_keeps_its_strength() {
    let caps: Vec<&Cap> = CAPS.iter().collect();
    for stage in [Stage::Line, Stage::Group, Stage::Decision] {
        let kept = capped(&caps, stage, &mut plain());
        assert_eq!(kept, Capped { strength: Some(Strength::Strong), by: Vec::new() });
    }
}

#[test]
fn another_vm() {
    let other = Line { tie: Tie::Other, ..plain() };
    assert_cap("another-vm", To::Out, &[other], &[Line { tie: Tie::Unknown, ..plain() }]);
}

#[test]
fn another_moment() {
    let moment = |written_ms| Line { tie: Tie::Moment, written_ms, ..plain() };
    let near = [moment(-10_000), moment(10_000), Line { written_ms: 10_001, ..plain() }];
    assert_cap("another-moment", To::Out, &[moment(-10_001), moment(10_001)], &near);
}

#[test]
fn a_state_that_was_over() {
    let closed = |closed_ms| Line { closed_ms, ..plain() };
    let lasting = [closed(Some(-WINDOW_BEFORE_MS)), closed(Some(5_000))];
    assert_cap("state-over", To::Out, &[closed(Some(-WINDOW_BEFORE_MS - 1))], &lasting);
}

#[test]
fn another_run_of_the_vm() {
    let earlier = |part| Line { part, run_ms: Some(-30_000), ..plain() };
    let host = Line { check: Check::HostFailure, ..earlier(Part::Cause) };
    let applies = [earlier(Part::Mechanism), earlier(Part::Consequence), host.clone()];
    let look_alikes = [
        // What was wrong below the VM before it was started is wrong still.
        earlier(Part::Cause),
        Line { run_ms: Some(-60_000), ..earlier(Part::Mechanism) },
        Line { run_ms: None, ..earlier(Part::Mechanism) },
        Line { kind: CrashKind::HostDown, ..host },
    ];
    assert_cap("another-run", To::Out, &applies, &look_alikes);
}

#[test]
fn what_cannot_be_resolved() {
    let unknown = Line { tie: Tie::Unknown, ..plain() };
    assert_cap("unresolved", CONTEXT, std::slice::from_ref(&unknown), &[Line { tie: Tie::Host, ..plain() }]);
    assert!(unknown.is_unresolved());
    assert!(!Line { strength: Strength::Context, ..unknown.clone() }.is_unresolved());
    assert!(!Line { names_storage: false, ..unknown.clone() }.is_unresolved());
    let nmi = Line { origin: Some(Origin::AdminNmi), names_storage: false, code: Some(0x80), ..unknown };
    assert!(nmi.is_unresolved());
    assert!(!Line { code: Some(0x50), ..nmi }.is_unresolved());
}

#[test]
fn what_began_too_late() {
    let late = Line { written_ms: 90_000, began_ms: 60_001, ..plain() };
    let look_alikes = [
        Line { began_ms: 60_000, ..late.clone() },
        Line { part: Part::Mechanism, ..late.clone() },
        Line { log: LogKind::Readme, ..late.clone() },
        Line { kind: CrashKind::HostDown, ..late.clone() },
    ];
    assert_cap("too-late", CONTEXT, &[late], &look_alikes);
}

#[test]
fn what_had_ended() {
    let ended = |ended_ms| Line { ended_ms: Some(ended_ms), code: Some(0x3b), points_to: &[], ..plain() };
    let alive = Line { alive_after: true, ..ended(-30_000) };
    let look_alikes = [
        ended(-120_000),
        Line { ended_ms: None, ..ended(0) },
        Line { part: Part::Mechanism, ..ended(-120_001) },
        Line { kind: CrashKind::HostDown, ..ended(-120_001) },
    ];
    assert_cap("ended", CONTEXT, &[ended(-120_001), alive.clone()], &look_alikes);
    // 0x7a points to storage.
    let pointed = Line { points_to: &[Origin::Storage], ..ended(-120_001) };
    assert!(pointed.is_pointed_to());
    assert_cap("ended", To::AtMost(Strength::Moderate), &[pointed], &[]);
    assert_cap("ended", CONTEXT, &[Line { points_to: &[Origin::Storage], ..alive }], &[]);
}

#[test]
fn a_crash_that_was_ordered() {
    let ordered = Line { code: Some(0xe2), ..plain() };
    let look_alikes = [plain(), Line { part: Part::Actor, ..ordered.clone() }];
    assert_cap("ordered-crash", CONTEXT, &[ordered], &look_alikes);
}

#[test]
fn storage_of_the_host_as_a_whole() {
    let host_wide = Line { tie: Tie::Host, ..plain() };
    let look_alikes =
        [Line { tie: Tie::Under, ..plain() }, Line { origin: Some(Origin::Resource), ..host_wide.clone() }];
    assert_cap("host-wide-storage", CONTEXT, &[host_wide], &look_alikes);
}

#[test]
fn the_clock_of_the_sel() {
    let sel = |written_ms| Line { log: LogKind::Sel, written_ms, ..plain() };
    let near = -WINDOW_BEFORE_MS / 3;
    let moderate = To::AtMost(Strength::Moderate);
    let down = Line { kind: CrashKind::HostDown, ..sel(near - 1) };
    assert_cap("sel-clock", moderate, &[sel(near - 1)], &[sel(near), sel(60_001), down]);
}

#[test]
fn too_few_lines() {
    let few = |below| Line { too_few: Some(below), ..plain() };
    assert_cap("too-few", To::Out, &[few(None)], &[]);
    assert_cap("too-few", CONTEXT, &[few(Some(Strength::Context))], &[]);
}

#[test]
fn an_nmi_needs_0x80() {
    let nmi = |code| Line { origin: Some(Origin::AdminNmi), code, ..plain() };
    let look_alikes = [nmi(Some(0x80)), nmi(None), Line { code: Some(0x50), ..plain() }];
    assert_cap("nmi-without-0x80", CONTEXT, &[nmi(Some(0x50))], &look_alikes);
}

#[test]
fn a_decisive_line_decides_for_the_vm_it_names() {
    let decisive = |tie| Line { strength: Strength::Decisive, tie, ..plain() };
    let killed = Line { kind: CrashKind::VmxFailure, began_ms: -3_000, ..decisive(Tie::Moment) };
    let applies = [
        decisive(Tie::Host),
        decisive(Tie::Moment),
        Line { began_ms: -3_001, ..killed.clone() },
        Line { kind: CrashKind::GuestPanic, ..killed.clone() },
    ];
    let look_alikes = [
        decisive(Tie::This),
        decisive(Tie::Under),
        killed,
        Line { origin: Some(Origin::HostFailure), ..decisive(Tie::Host) },
        Line { strength: Strength::Strong, ..decisive(Tie::Host) },
    ];
    assert_cap("decisive-without-name", To::AtMost(Strength::Strong), &applies, &look_alikes);
}

#[test]
fn a_later_line_of_the_own_log_is_no_root() {
    let later = Line {
        origin: Some(Origin::Hypervisor),
        part: Part::Mechanism,
        log: LogKind::Vmware,
        tie: Tie::This,
        written_ms: 55,
        began_ms: 55,
        kind: CrashKind::TripleFault,
        code: None,
        ..plain()
    };
    assert_cap(
        "later-line",
        CONTEXT,
        &[later.clone(), Line { kind: CrashKind::WindowsBugcheck, part: Part::Cause, ..later.clone() }],
        &[
            Line { began_ms: 0, ..later.clone() },
            Line { kind: CrashKind::VmmFailure, ..later.clone() },
            Line { log: LogKind::Vmkernel, part: Part::Cause, ..later },
        ],
    );
}

#[test]
fn a_frozen_guest_explains_a_reset_alone() {
    let frozen = Line { frozen: true, origin: Some(Origin::Stun), kind: CrashKind::VmReset, ..plain() };
    assert_cap(
        "frozen-guest",
        CONTEXT,
        &[
            Line { kind: CrashKind::WindowsBugcheck, ..frozen.clone() },
            Line { alive_after: true, ..frozen.clone() },
        ],
        &[frozen.clone(), Line { alive_after: true, ..plain() }],
    );
    assert_cap("frozen-guest", CONTEXT, &[Line { answers: true, ..frozen }], &[]);
}

#[test]
fn what_was_over_before_the_vm_came() {
    let over = Line { arrived_ms: Some(-30_000), ..plain() };
    let look_alikes = [
        Line { arrived_ms: Some(-50_000), ..over.clone() },
        Line { open: true, ..over.clone() },
        Line { ended_ms: Some(-40_000), ..over.clone() },
        Line { check: Check::HardwareEvent, ..over.clone() },
        Line { log: LogKind::Vmware, ..over.clone() },
    ];
    let ended = Line { open: true, ended_ms: Some(-40_001), ..over.clone() };
    assert_cap("before-arrival", To::Out, &[over, Line { open: false, ..ended }], &look_alikes);
}

#[test]
fn what_the_guest_outlived() {
    let outlived = Line { open: true, outlived: true, ..plain() };
    let look_alikes = [
        Line { outlived: false, ..outlived.clone() },
        Line { kind: CrashKind::HostDown, ..outlived.clone() },
        Line { part: Part::Mechanism, ..outlived.clone() },
    ];
    assert_cap(OUTLIVED, To::AtMost(Strength::Moderate), std::slice::from_ref(&outlived), &look_alikes);
    assert_cap(OUTLIVED, CONTEXT, &[Line { code: Some(0x3b), points_to: &[], ..outlived }], &[]);
}

#[test]
fn a_line_of_an_unknown_zone() {
    let zoneless = Line { zoneless: true, ..plain() };
    assert_cap("zone-unknown", To::AtMost(Strength::Moderate), &[zoneless], &[plain()]);
}

#[test]
fn who_acts_after_a_crash_did_not_cause_it() {
    let acts = |began_ms| Line { part: Part::Actor, began_ms, ..plain() };
    let look_alikes = [
        acts(0),
        Line { kind: CrashKind::VmReset, ..acts(1) },
        Line { part: Part::Mechanism, ..acts(1) },
        Line { part: Part::Cause, ..acts(1) },
    ];
    assert_cap("actor-after", To::Out, &[acts(1)], &look_alikes);
}

#[test]
fn caps_are_tried_in_order_and_their_names_are_kept() {
    let caps: Vec<&Cap> = CAPS.iter().collect();
    let mut late_and_far = Line { tie: Tie::Unknown, began_ms: 60_001, ..plain() };
    let by = capped(&caps, Stage::Line, &mut late_and_far);
    assert_eq!(by, Capped { strength: Some(Strength::Context), by: vec!["unresolved"] });
    let mut out = Line { tie: Tie::Other, ..plain() };
    assert_eq!(capped(&caps, Stage::Line, &mut out), Capped { strength: None, by: vec!["another-vm"] });
}

#[test]
fn every_cap_has_a_name_of_its_own_and_a_sentence() {
    let names: std::collections::BTreeSet<&str> = CAPS.iter().map(|cap| cap.name).collect();
    assert_eq!(names.len(), CAPS.len());
    assert!(CAPS.iter().all(|cap| cap.says.ends_with('.') && reason(cap.name) == cap.says));
}
