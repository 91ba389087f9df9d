//! Rules of a user: what they are called changes nothing.

use super::hostile_make::{gzip, members, tar_of};
use super::support::program::run_in;
use super::support::{Folder, archives, scenario_named};

/// A rule about vSAN that decides, under this id and with this tie.
fn rule(id: &str, tie: &str) -> String {
    format!(
        "topic = \"own\"\n\n[[rule]]\nid = \"{id}\"\ntitle = \"the array was lost\"\nlogs = [\"vmkernel\"]\nliterals = [\"OWNTEST\"]\n\
         pattern = 'OWNTEST array lost'\ncheck = \"storage\"\norigin = \"storage\"\nstrength = \"decisive\"\n\
         tie = [\"{tie}\"]\n"
    )
}

#[test]
fn a_verdict_does_not_depend_on_the_name_of_a_rule() {
    let folder = Folder::new();
    let bundle = std::fs::read(archives(scenario_named("guest-0x50-vsan-7.0u3")).remove(0)).unwrap();
    let mut members = members(&bundle);
    let log = members.iter_mut().find(|(name, _)| name.ends_with("/var/run/log/vmkernel.log")).unwrap();
    log.1.extend(b"2025-10-30T15:16:05.000Z cpu2:2097259)OWNTEST array lost\n");
    folder.put("case.tgz", gzip(&tar_of(&members)));
    let verdict = |id: &str, tie: &str| {
        folder.put("own/own.toml", rule(id, tie));
        let ran = run_in(folder.path(), &["case.tgz", "--rules", "own", "-f", "json"]);
        let report = ran.json();
        let crashes: Vec<_> = report["vms"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|vm| vm["crashes"].as_array().unwrap())
            .collect();
        assert_eq!(crashes.len(), 1, "{}", ran.err);
        crashes[0]["verdict"]["origin"].as_str().unwrap().to_owned()
    };
    assert_eq!(verdict("own.vsan-like", "host"), verdict("own.x", "host"));
    assert_eq!(verdict("own.vsan-like", "vsan"), "storage");
    assert_eq!(verdict("own.x", "vsan"), "storage");
}
