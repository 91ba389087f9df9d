//! Bundles of any size, for measuring: the same host, the same noise, many VMs, written as a stream.
//!
//! The members are planned first (names and shares of the size), then each is made when its turn comes and dropped
//! after it was written, so memory does not grow with the size. Each member has a generator of its own: the order
//! does not change any content.

mod content;
mod job;
mod plan;

use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use tar::Builder;

use crate::archive::{RECORD, append};
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::events;
use crate::layout::{Member, commands, top_folder};
use crate::model::{Scenario, TarForm};
use crate::read::parse;
use crate::rng::Rng;
use content::Maker;

/// What a load should be like.
#[derive(Debug, Clone)]
pub struct Load {
    /// The size of the unpacked archive in bytes; met, and passed by a few percent at most from some ten MiB on.
    pub size: u64,
    /// The number of VMs.
    pub vms: u32,
    /// How many crashes there are: one for each VM, and what is beyond that in the first VM, which is in a loop.
    pub crashes: u32,
    /// Another seed gives other content of the same kind.
    pub seed: u64,
}

/// What was written.
#[derive(Debug, Clone, Default)]
pub struct LoadSummary {
    /// Members of the archive.
    pub members: u64,
    /// Bytes of the unpacked archive.
    pub unpacked: u64,
    /// Bytes of logs in it that an analyser scans, as they stand there.
    pub logs: u64,
}

struct Counting<W> {
    inner: W,
    count: u64,
}

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.count += u64::try_from(written).unwrap_or(0);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Writes a bundle of about the size asked for. The same load always gives the same bytes.
///
/// # Errors
/// If `out` cannot be written.
pub fn write_load<W: Write>(load: &Load, out: W) -> Result<LoadSummary, Error> {
    let scenario = scenario_of(load)?;
    let stage = events::play(&scenario, &[])?;
    let top = top_folder(&stage, 0);
    let archive = |source| Error::Archive { scenario: scenario.name.clone(), source };

    let header = GzBuilder::new().filename(format!("{top}.tgz")).mtime(0).operating_system(255);
    let packed = header.write(out, Compression::new(6));
    let mut builder = Builder::new(Counting { inner: packed, count: 0 });
    let mut summary = LoadSummary::default();
    let mut actions: Vec<Member> = Vec::new();

    let mut maker = Maker::new(stage);
    let (mut members, parts) = plan::plan(load, &mut maker)?;
    let mut rng = Rng::new(&scenario.name, "order");
    let mut jobs: Vec<job::Job> = parts;
    rng.shuffle(&mut jobs);
    plan::keep_pieces_in_order(&mut jobs);
    // Small members are spread evenly between the large ones.
    let every = (jobs.len() / members.len().max(1)).max(1);
    members.reverse();
    for (index, job) in jobs.iter().enumerate() {
        if index % every == 0
            && let Some(member) = members.pop()
        {
            write(&mut builder, &top, &member, &mut summary, &mut actions).map_err(archive)?;
        }
        let member = maker.make(job).map_err(archive)?;
        if job.is_log() {
            summary.logs += u64::try_from(member.bytes.len()).unwrap_or(0);
        }
        write(&mut builder, &top, &member, &mut summary, &mut actions).map_err(archive)?;
    }
    // What the estimates of the plan lack is made up for by more output of commands.
    let mut piece = jobs.iter().filter_map(job::Job::last_tree).max().map_or(0, |last| last + 1);
    while let Some(lacking) = load.size.checked_sub(builder.get_ref().count).filter(|bytes| *bytes > 2_048) {
        let mut member = maker.make(&plan::more_tree(piece)).map_err(archive)?;
        member.bytes.truncate(usize::try_from(lacking - 2_048).unwrap_or(usize::MAX));
        write(&mut builder, &top, &member, &mut summary, &mut actions).map_err(archive)?;
        piece += 1;
    }
    let at = maker.captured();
    members.reverse();
    members.push(Member::made("error.log", commands::errors(), at));
    for member in &members {
        write(&mut builder, &top, member, &mut summary, &mut actions).map_err(archive)?;
    }
    let last = Member::made("action.log", commands::actions(&actions, at, &mut rng), at);
    write(&mut builder, &top, &last, &mut summary, &mut Vec::new()).map_err(archive)?;

    let mut counting = builder.into_inner().map_err(archive)?;
    let record = u64::try_from(RECORD).unwrap_or(10_240);
    let rest = usize::try_from(counting.count.next_multiple_of(record) - counting.count).unwrap_or(0);
    counting.write_all(&vec![0_u8; rest]).map_err(archive)?;
    summary.unpacked = counting.count;
    counting.inner.finish().and_then(|mut out| out.flush()).map_err(archive)?;
    Ok(summary)
}

fn write<W: Write>(
    builder: &mut Builder<W>,
    top: &str,
    member: &Member,
    summary: &mut LoadSummary,
    actions: &mut Vec<Member>,
) -> io::Result<()> {
    append(builder, top, member, TarForm::Pax)?;
    summary.members += 1;
    actions.push(Member { path: member.path.clone(), bytes: Vec::new(), at: member.at, made: member.made });
    Ok(())
}

/// A host with many VMs on six volumes; crashes are spread over the days its logs cover.
fn scenario_of(load: &Load) -> Result<Scenario, Error> {
    let mut text = String::from(
        "about = \"load\"\nbase = \"2026-03-20T12:00:00Z\"\n[[hosts]]\nname = \"esx-load.lab.example\"\ngeneration = \"8.0\"\nup_since = \"-9d\"\ncaptured_at = \"3h\"\nbig_command = false\n",
    );
    for volume in 1..=6 {
        text.push_str(&format!("[[volumes]]\nlabel = \"load-lun-{volume}\"\n"));
    }
    for vm in 1..=load.vms {
        let guest = if vm % 3 == 0 { "ubuntu64Guest" } else { "windows2019srv-64" };
        text.push_str(&format!(
            "[[vms]]\nname = \"LOAD-{vm:03}\"\nvolume = \"load-lun-{}\"\nguest_os = \"{guest}\"\non_since = \"-8d12h\"\nolder_runs = 0\n",
            1 + vm % 6
        ));
    }
    let mut scenario = parse(&format!("load-{}", load.seed), &text)?;
    let crashes = load.crashes;
    for number in 0..crashes {
        let at = -8.0 * 86_400.0 + f64::from(number + 1) * 8.0 * 86_400.0 / f64::from(crashes + 1);
        let vm = format!("LOAD-{:03}", 1 + if number < load.vms { number } else { 0 });
        let mut crash = Event::new(at, EventKind::Bugcheck);
        crash.vm.clone_from(&vm);
        crash.code = ["0x50", "0x80", "0x101", "0x7a"]
            .get((number % 4) as usize)
            .copied()
            .unwrap_or("0x50")
            .to_owned();
        crash.args = ["0x0", "0x0", "0x0", "0x0"].map(str::to_owned).to_vec();
        let cause = match number % 4 {
            1 => Some((-20.0, EventKind::NmiManifest)),
            2 => Some((-47.0, EventKind::Stun)),
            3 => Some((-31.0, EventKind::IoFailed)),
            _ => None,
        };
        if let Some((before, kind)) = cause {
            let mut event = Event::new(at + before, kind);
            event.vm = vm;
            event.seconds = Some(45.0);
            scenario.events.push(event);
        }
        scenario.events.push(crash);
    }
    Ok(scenario)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_load_has_the_size_asked_for_and_the_same_mix_at_each() {
        for mib in [24_u64, 48] {
            let load = Load { size: mib << 20, vms: 4, crashes: 4, seed: 7 };
            let summary = write_load(&load, io::sink()).unwrap();
            assert!((load.size..load.size / 20 * 21).contains(&summary.unpacked), "{mib}: {summary:?}");
            let logs = summary.logs * 100 / summary.unpacked;
            assert!((45..56).contains(&logs), "{mib}: {logs} percent are logs");
        }
    }
}
