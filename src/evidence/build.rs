//! Makes the model of a host out of what the pass found. Identity and lists may have come last: nothing is tied
//! before everything is there.

use super::model::{Finding, HostModel, VmId, VmModel};
use super::paths::file_name;
use super::vms::machines;
use super::worlds::{stands_on, worlds};
use super::zones::shows_clock;
use crate::bundle::small_files::{self, ListedVm};
use crate::bundle::{Owner, SmallFile};
use crate::log::{Coverage, LogKind, Span};
use crate::rules::{Captures, Fact, RuleId, RuleSet};
use crate::scan::{BundleScan, Hit, KeptFile, MemberLog};
use std::collections::{BTreeMap, BTreeSet};

/// Builds the model of one bundle.
#[must_use]
pub fn build(input: usize, mut pass: BundleScan, rules: &RuleSet) -> HostModel {
    let mut host = HostModel { input, cores: pass.cores.clone(), ..HostModel::default() };
    let zones = super::zones::settle(&mut pass, rules);
    host.remarks = zones.remarks;
    // Members are numbered in the order of the logs.
    host.zoneless = zones.unknown;
    let listed = identity(&mut host, &pass);
    let owners = machines(&mut host, &pass, &listed);
    host.is_host = pass.logs.iter().any(|log| log.owner == Owner::Host) || host.name.is_some();
    coverage(&mut host, &pass, &owners);
    clock_steps(&mut host, &pass);
    collect(&mut host, pass, &owners, rules);
    configurations(&mut host, rules);
    super::twins::join(&mut host);
    finish_names(&mut host);
    worlds(&mut host, rules, &listed);
    super::sel_clock::correct(&mut host, rules);
    super::sessions::find(&mut host, rules);
    super::placements::find(&mut host, rules);
    stands_on(&mut host);
    drop_used_facts(&mut host, rules);
    sort_vms(&mut host);
    host
}

/// Host name, version, capture, volumes; gives the list of running VMs.
fn identity(host: &mut HostModel, pass: &BundleScan) -> Vec<ListedVm> {
    let mut listed = Vec::new();
    let mut uptime_us: Option<i64> = None;
    let mut conf_name = None;
    for file in &pass.kept {
        // A second output of the same command is stored as `1.<name>` and adds nothing.
        match &file.keep {
            SmallFile::Uname => {
                if let Some((name, version, build)) = small_files::uname(&file.text) {
                    host.name = Some(name);
                    host.version = host.version.take().or(version);
                    host.build = host.build.take().or(build);
                }
            }
            SmallFile::VmwareVl => {
                if let Some((product, version, build)) = small_files::vmware_vl(&file.text) {
                    host.product = Some(product);
                    host.version = Some(version);
                    host.build = build.or(host.build.take());
                }
            }
            SmallFile::Uptime => uptime_us = file.text.trim().parse().ok(),
            SmallFile::EsxConf => conf_name = small_files::esx_conf_host(&file.text),
            SmallFile::Readme => host.captured_at = host.captured_at.or(small_files::readme(&file.text).0),
            SmallFile::ActionLog => host.has_action_log = true,
            SmallFile::ErrorLog => host.collection_errors = small_files::error_log(&file.text),
            SmallFile::VmProcessList => listed.extend(small_files::vm_process_list(&file.text)),
            SmallFile::ExtentList => {
                for row in small_files::extent_list(&file.text) {
                    host.volumes.add(&row);
                }
            }
            SmallFile::FilesystemList => {
                for row in small_files::filesystem_list(&file.text) {
                    host.volumes.add(&row);
                }
            }
            SmallFile::VmInventory | SmallFile::Vmx(_) => {}
        }
    }
    let from_folder = small_files::folder_name(&pass.top).or_else(|| {
        let stem = file_name(&pass.name);
        small_files::folder_name(stem.strip_suffix(".tgz").unwrap_or(stem))
    });
    host.name = host.name.take().or(conf_name).or_else(|| from_folder.as_ref().map(|(name, _)| name.clone()));
    host.captured_at = host.captured_at.or(from_folder.map(|(_, time)| time));
    host.booted_at = uptime_us.and_then(|us| Some(host.captured_at? - us / 1000));
    listed
}

/// Which logs speak over which time.
fn coverage(host: &mut HostModel, pass: &BundleScan, owners: &BTreeMap<String, VmId>) {
    let assemble = |kind: LogKind, logs: &[(usize, &MemberLog)], zoneless: &BTreeSet<usize>| {
        let mut coverage = Coverage::default();
        let mut silences: Vec<Span> = Vec::new();
        let mut hours: BTreeMap<i64, u64> = BTreeMap::new();
        for (member, log) in logs {
            coverage.members += 1;
            coverage.lines += log.scanned.lines;
            coverage.looked += log.scanned.looked;
            coverage.understood += log.scanned.understood;
            coverage.stamped += log.scanned.stamped;
            if zoneless.contains(member) {
                coverage.zoneless = true;
                // A VM's own log has a course of its own; a host's log is laid beside others.
                if log.owner == Owner::Host {
                    continue;
                }
            }
            coverage.spans.extend(log.spans.iter().copied());
            silences.extend(log.scanned.silences.iter().copied());
            for (hour, bytes) in &log.scanned.hours {
                *hours.entry(*hour).or_default() += bytes;
            }
        }
        coverage.assemble(kind, &silences, &hours)
    };
    for &kind in LogKind::ALL {
        let own = |(_, log): &(usize, &MemberLog)| log.kind == kind && log.owner == Owner::Host;
        let logs: Vec<(usize, &MemberLog)> = pass.logs.iter().enumerate().filter(own).collect();
        if !logs.is_empty() {
            let coverage = assemble(kind, &logs, &host.zoneless);
            host.logs.insert(kind, coverage);
        }
    }
    let mut by_vm: BTreeMap<VmId, Vec<(usize, &MemberLog)>> = BTreeMap::new();
    for (member, log) in pass.logs.iter().enumerate() {
        if let Owner::Vm(folder) = &log.owner
            && let Some(&vm) = owners.get(folder)
        {
            by_vm.entry(vm).or_default().push((member, log));
        }
    }
    for (vm, logs) in by_vm {
        let coverage = assemble(LogKind::Vmware, &logs, &host.zoneless);
        host[vm].coverage = coverage;
    }
    for (member, log) in pass.logs.iter().enumerate() {
        if let Owner::Vm(folder) = &log.owner
            && let Some(&vm) = owners.get(folder)
        {
            host[vm].spans.extend(log.spans.iter().map(|span| (member, *span)));
        }
    }
}

/// Where the stamps of the host's logs run back: its clock was stepped.
fn clock_steps(host: &mut HostModel, pass: &BundleScan) {
    let logs = pass.logs.iter().filter(|log| log.owner == Owner::Host && shows_clock(log.kind));
    host.clock_steps = logs.flat_map(|log| log.scanned.steps_back.iter().copied()).collect();
    host.clock_steps.sort_unstable();
    host.clock_steps.dedup();
}

/// Turns hits into findings with their place.
fn collect(host: &mut HostModel, pass: BundleScan, owners: &BTreeMap<String, VmId>, rules: &RuleSet) {
    let kept = pass.kept;
    for log in pass.logs {
        let member = host.members.len();
        host.members.push(log.path);
        let owner = match &log.owner {
            Owner::Vm(folder) => owners.get(folder).copied(),
            Owner::Host => None,
        };
        for mut hit in log.scanned.hits {
            // Of what was written before the clock was set only the boot has its place.
            let unset = hit.time.is_some_and(|time| log.unset.contains(&time));
            if unset && rules[hit.rule].rule.fact != Some(Fact::HostBoot) {
                hit.time = None;
            }
            if rules[hit.rule].rule.fact == Some(Fact::FirmwareFirst) {
                host.firmware_first = true;
            }
            host.findings.push(Finding { hit, log: log.kind, owner, member });
        }
    }
    readme(host, &kept, rules);
    host.findings.sort_by_key(Finding::order);
    once_across_logs(host);
}

/// The README says how the bundle was made: its lines count at the moment of the capture.
fn readme(host: &mut HostModel, kept: &[KeptFile], rules: &RuleSet) {
    for file in kept.iter().filter(|file| file.keep == SmallFile::Readme) {
        let member = host.members.len();
        host.members.push(file.path.clone());
        for (index, line) in (0_u64..).zip(file.text.lines().take(200)) {
            let found: Vec<(RuleId, Captures)> = rules
                .by_id()
                .filter(|(_, rule)| rule.looks_at(LogKind::Readme))
                .filter(|(_, rule)| rule.rule.literals.iter().any(|literal| line.contains(literal.as_str())))
                .filter_map(|(id, rule)| Some((id, rule.matches(line.as_bytes())?)))
                .collect();
            for (id, captures) in &found {
                let excluded_by = &rules[*id].rule.excluded_by;
                if found.iter().any(|(other, _)| excluded_by.contains(&rules[*other].rule.id)) {
                    continue;
                }
                let hit = Hit {
                    rule: *id,
                    index,
                    time: host.captured_at,
                    before: None,
                    captures: captures.clone(),
                    text: line.chars().take(4096).collect(),
                    count: 1,
                    last: host.captured_at,
                };
                host.findings.push(Finding { hit, log: LogKind::Readme, owner: None, member });
            }
        }
    }
}

/// A log may repeat lines of another: the same line counts once.
fn once_across_logs(host: &mut HostModel) {
    let key = |finding: &Finding| {
        let values: Vec<&str> = finding.captures.iter().map(|(_, value)| value).collect();
        (finding.rule, finding.time, values.join("\u{1f}"))
    };
    for copy in LogKind::ALL {
        let Some(original) = copy.log().repeats else { continue };
        if !host.findings.iter().any(|finding| finding.log == *copy) {
            continue;
        }
        let told: BTreeSet<_> =
            host.findings.iter().filter(|finding| finding.log == original).map(key).collect();
        host.findings.retain(|finding| finding.log != *copy || !told.contains(&key(finding)));
    }
}

/// What the VMs' own logs say about their configuration; the newest log is believed first.
fn configurations(host: &mut HostModel, rules: &RuleSet) {
    let mut dumps: BTreeMap<VmId, small_files::Vmx> = BTreeMap::new();
    let mut configs: BTreeMap<VmId, String> = BTreeMap::new();
    let mut products: BTreeMap<VmId, String> = BTreeMap::new();
    for finding in host.facts(rules, Fact::ConfigEntry) {
        if let (Some(vm), Some(key), Some(value)) =
            (finding.owner, finding.captures.get("key"), finding.captures.get("value"))
        {
            dumps.entry(vm).or_default().entry(key, value);
        }
    }
    for finding in host.facts(rules, Fact::ConfigFile) {
        if let (Some(vm), Some(path)) = (finding.owner, finding.captures.get("vmx")) {
            configs.insert(vm, path.trim().to_owned());
        }
    }
    for finding in host.facts(rules, Fact::VmxStart) {
        if let (Some(vm), Some(product)) = (finding.owner, finding.captures.get("product")) {
            products.insert(vm, product.trim().to_owned());
        }
    }
    for (at, vm) in host.vms.iter_mut().enumerate() {
        let id = VmId::new(at);
        if let Some(dump) = dumps.get(&id) {
            vm.vmx.fill_from(dump);
        }
        if vm.config.is_none()
            && let Some(path) = configs.get(&id)
        {
            vm.config_key = Some(host.volumes.canonical(path));
            vm.config = Some(path.clone());
        }
        vm.product = products.get(&id).cloned();
        vm.hosted = vm.product.as_ref().is_some_and(|product| !product.contains("ESX"));
    }
}

fn finish_names(host: &mut HostModel) {
    for vm in &mut host.vms {
        let stem = vm
            .config
            .as_deref()
            .map(|path| file_name(&path.replace('\\', "/")).to_owned())
            .map(|name| name.strip_suffix(".vmx").unwrap_or(&name).to_owned());
        let folder = vm
            .folders
            .iter()
            .next()
            .map(|folder| file_name(folder).to_owned())
            .filter(|name| !name.is_empty());
        for name in vm.vmx.name.iter().chain(&stem) {
            vm.names.insert(name.clone());
        }
        vm.name = vm.vmx.name.clone().or(stem).or(folder);
    }
}

/// Facts that have gone into the tables are not looked at again: they need no memory.
fn drop_used_facts(host: &mut HostModel, rules: &RuleSet) {
    host.findings.retain(|finding| {
        let rule = &rules[finding.rule];
        let used = matches!(
            rule.rule.fact,
            Some(
                Fact::ConfigEntry
                    | Fact::ConfigFile
                    | Fact::DiskOpen
                    | Fact::WorldName
                    | Fact::WorldCartel
                    | Fact::HandleWorld
                    | Fact::OpidUser
            )
        );
        !used || rule.rule.origin.is_some() || rule.rule.operation.is_some() || rule.rule.crash.is_some()
    });
}

/// VMs by name, then configuration; findings follow their VM to its new place.
fn sort_vms(host: &mut HostModel) {
    let mut order: Vec<usize> = (0..host.vms.len()).collect();
    order.sort_by_key(|&index| {
        host.vms.get(index).map(|vm| (vm.name.clone(), vm.config.clone(), vm.folders.clone()))
    });
    let places: BTreeMap<VmId, VmId> =
        order.iter().enumerate().map(|(new, &old)| (VmId::new(old), VmId::new(new))).collect();
    let mut vms: Vec<Option<VmModel>> = std::mem::take(&mut host.vms).into_iter().map(Some).collect();
    host.vms = order.iter().filter_map(|&old| vms.get_mut(old).and_then(Option::take)).collect();
    for finding in &mut host.findings {
        finding.owner = finding.owner.and_then(|old| places.get(&old).copied());
    }
}
