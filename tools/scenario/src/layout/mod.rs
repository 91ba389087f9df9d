//! The members of a bundle: which files there are and what they hold.

pub(crate) mod commands;
pub(crate) mod folders;
pub(crate) mod logs;
pub(crate) mod vmx;

use crate::error::Error;
use crate::rng::Rng;
use crate::stage::Stage;
use crate::time::{Millis, bundle_stamp};

/// One member, its path below the top folder.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) at: Millis,
    /// The output of a command, not the copy of a file.
    pub(crate) made: bool,
}

impl Member {
    pub(crate) fn copied(path: impl Into<String>, bytes: impl Into<Vec<u8>>, at: Millis) -> Self {
        Self { path: path.into(), bytes: bytes.into(), at, made: false }
    }

    pub(crate) fn made(path: impl Into<String>, bytes: impl Into<Vec<u8>>, at: Millis) -> Self {
        Self { path: path.into(), bytes: bytes.into(), at, made: true }
    }
}

/// The name of the top folder.
pub(crate) fn top_folder(stage: &Stage<'_>, host: usize) -> String {
    let Some(state) = stage.hosts.get(host) else { return String::new() };
    let pid =
        Rng::new(&stage.scenario.name, &format!("pid/{}", state.spec.name)).between(2_100_000, 2_199_999);
    format!("esx-{}-{}-{pid}", state.spec.name, bundle_stamp(state.begun))
}

/// All members of a host's bundle in the order in which the writer's threads finish them.
pub(crate) fn members(
    stage: &Stage<'_>,
    host: usize,
    without: &[String],
    order: Option<u64>,
) -> Result<Vec<Member>, Error> {
    let Some(state) = stage.hosts.get(host) else { return Ok(Vec::new()) };
    let mut missing = state.spec.missing.clone();
    missing.extend(without.iter().cloned());
    let mut members = logs::host_logs(stage, host, &missing)?;
    members.extend(commands::outputs(stage, host, &missing));
    members.extend(folders::configuration(stage, host));
    members.extend(folders::machines(stage, host)?);
    members.extend(folders::odds_and_ends(stage, host));

    let seed = format!("order/{}", state.spec.name);
    let mut rng = order.map_or_else(|| Rng::new(&stage.scenario.name, &seed), Rng::from_seed);
    rng.shuffle(&mut members);
    keep_pieces_in_order(&mut members);
    let at = state.captured;
    let readme = Member::made("README", commands::readme(stage, host), at);
    let place = usize::try_from(rng.below(4)).unwrap_or(0).min(members.len());
    members.insert(place, readme);
    members.push(Member::made("errors-ignored.log", "Non-fatal errors encountered during the run:\n", at));
    members.push(Member::made("error.log", commands::errors(), at));
    members.push(Member::made("action.log", commands::actions(&members, at, &mut rng), at));
    Ok(members)
}

/// Pieces of one command come from one thread: they never overtake each other.
fn keep_pieces_in_order(members: &mut [Member]) {
    let piece = |m: &Member| m.path.split_once(".FRAG-").map(|(name, _)| name.to_owned());
    let places: Vec<usize> =
        (0..members.len()).filter(|i| members.get(*i).is_some_and(|m| piece(m).is_some())).collect();
    let mut pieces: Vec<Member> = places.iter().filter_map(|i| members.get(*i).cloned()).collect();
    pieces.sort_by(|a, b| a.path.cmp(&b.path));
    for (place, member) in places.into_iter().zip(pieces) {
        if let Some(slot) = members.get_mut(place) {
            *slot = member;
        }
    }
}
