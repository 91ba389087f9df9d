//! Which members a load has and how large each is.

use super::Load;
use super::content::Maker;
use super::job::{Job, LONGEST};
use crate::error::Error;
use crate::layout::{Member, commands, folders};
use crate::time::Millis;

const MIB: u64 = 1_048_576;
/// No log file is larger: the text of one is the most that is held in memory.
const LARGEST: u64 = 6 * MIB;

/// The logs of the host, and how many MiB of each, unpacked and with all rotations, there are in a GiB of bundle. They
/// grow with the load like everything else in it, so that a figure for one size holds for another.
const HOST_LOGS: [(&str, u64); 6] =
    [("hostd", 54), ("vmkernel", 54), ("vpxa", 54), ("fdm", 54), ("rhttpproxy", 44), ("syslog", 37)];

/// Pieces of one command do not overtake each other.
pub(super) fn keep_pieces_in_order(jobs: &mut [Job]) {
    let places: Vec<usize> =
        (0..jobs.len()).filter(|i| jobs.get(*i).is_some_and(|job| job.piece().is_some())).collect();
    let mut pieces: Vec<Job> = places.iter().filter_map(|i| jobs.get(*i).cloned()).collect();
    // All pieces of one command come before those of the next only where the shuffle put them so: order by number.
    pieces.sort_by(|a, b| {
        a.piece().map(|p| p.1).cmp(&b.piece().map(|p| p.1)).then_with(|| a.piece().cmp(&b.piece()))
    });
    for (place, piece) in places.into_iter().zip(pieces) {
        if let Some(slot) = jobs.get_mut(place) {
            *slot = piece;
        }
    }
}

/// The small members, finished, and the large ones to be made.
pub(super) fn plan(load: &Load, maker: &mut Maker<'_>) -> Result<(Vec<Member>, Vec<Job>), Error> {
    let mut small = maker.small_logs();
    small.push(Member::made("README", commands::readme(maker.stage(), 0), maker.captured()));
    small.extend(commands::outputs(maker.stage(), 0, &[]));
    small.extend(folders::configuration(maker.stage(), 0));
    small.extend(
        folders::machines(maker.stage(), 0)?.into_iter().filter(|m| !m.path.ends_with("/vmware.log")),
    );
    small.extend(folders::odds_and_ends(maker.stage(), 0));

    let mut jobs = Vec::new();
    for (log, share) in HOST_LOGS {
        host_log(&mut jobs, maker, log, load.size / 1024 * share);
    }
    let plain: u64 = jobs
        .iter()
        .map(|job| if let Job::HostLog { bytes, packed: false, .. } = job { *bytes } else { 0 })
        .sum();
    let vm_logs = (load.size / 2).saturating_sub(plain);
    for vm in 0..maker.vms() {
        // VMs write different amounts.
        let weight = [6, 10, 14, 8, 12].get(vm % 5).copied().unwrap_or(10);
        let bytes = vm_logs / u64::from(load.vms.max(1)) / 10 * weight;
        vm_log(&mut jobs, maker, vm, bytes);
    }
    let logs: u64 = jobs
        .iter()
        .map(|job| match job {
            Job::HostLog { bytes, packed, .. } => {
                if *packed {
                    *bytes / 9
                } else {
                    *bytes
                }
            }
            Job::VmLog { bytes, .. } => *bytes,
            _ => 0,
        })
        .sum();
    let rest = load.size.saturating_sub(logs);
    let cores = load.size / 100 * 15 / MIB;
    for piece in 0..cores {
        jobs.push(Job::Core { path: format!("var/core/vmkernel-zdump.1.FRAG-{piece:05}"), piece });
    }
    let trees = (rest / MIB).saturating_sub(cores);
    jobs.extend((0..trees / 2).map(|piece| tree("vsi_traverse_-s", piece)));
    jobs.extend((0..trees - trees / 2).map(more_tree));
    Ok((small, jobs))
}

fn tree(name: &str, piece: u64) -> Job {
    Job::Tree { path: format!("commands/{name}.txt.FRAG-{piece:05}"), piece }
}

/// A piece of the command whose output continues for as long as a load needs.
pub(super) fn more_tree(piece: u64) -> Job {
    tree(LONGEST, piece)
}

/// `total` bytes of a log of the host: the newest file as it is, its rotations packed.
fn host_log(jobs: &mut Vec<Job>, maker: &Maker<'_>, log: &'static str, total: u64) {
    let (from, to) = (maker.boot(), maker.captured());
    let count = total.div_ceil(LARGEST).max(9);
    let bytes = (total / count).max(20_000);
    let files = i64::try_from(count).unwrap_or(9);
    let step = (to - from) / files;
    for index in 0..files {
        let newest = index == files - 1;
        let path = if newest {
            format!("var/run/log/{log}.log")
        } else {
            format!("var/run/log/{log}.{}.gz", files - 2 - index)
        };
        let start = from + step * index;
        let end = if newest { to } else { start + step };
        jobs.push(Job::HostLog { log, path, from: start, to: end, bytes, packed: !newest });
    }
}

fn vm_log(jobs: &mut Vec<Job>, maker: &Maker<'_>, vm: usize, bytes: u64) {
    let (from, to) = (maker.boot() + 3_600_000, maker.captured());
    let files = bytes.div_ceil(LARGEST).max(3);
    let step = (to - from) / i64::try_from(files).unwrap_or(1);
    let dir = maker.vm_dir(vm);
    for index in 0..files {
        let newest = index == files - 1;
        let path =
            if newest { format!("{dir}/vmware.log") } else { format!("{dir}/vmware-{}.log", 11 + index) };
        let start =
            if index == 0 { Millis::MIN / 2 } else { from + step * i64::try_from(index).unwrap_or(0) };
        let end = if newest { to } else { from + step * i64::try_from(index + 1).unwrap_or(0) };
        jobs.push(Job::VmLog { vm, path, from: start, to: end, bytes: bytes / files });
    }
}
