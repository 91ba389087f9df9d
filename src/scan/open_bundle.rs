//! One bundle while it is read: what was kept of it and what was left out.

use super::bundle_scan::BundleScan;
use crate::bundle::{SmallFile, place};
use crate::input::{Note, NoteKind};
use crate::log::Millis;
use std::collections::{BTreeMap, BTreeSet};

/// A bundle while it is read.
pub(super) struct OpenBundle {
    pub(super) pass: BundleScan,
    /// Kept files that come in fragments: path → their place among the kept, and the fragments by number.
    pub(super) fragments: BTreeMap<String, (usize, BTreeMap<u32, Vec<u8>>)>,
    pub(super) kept_bytes: usize,
    pub(super) kept: Vec<(SmallFile, String, Vec<u8>)>,
    pub(super) chunks: Vec<u32>,
    pub(super) reference: Option<Millis>,
    /// Kept files that came whole: path → their place among the kept.
    pub(super) whole: BTreeMap<String, usize>,
    /// Paths of logs.
    pub(super) logs: BTreeSet<String>,
    /// Folders of VMs.
    pub(super) folders: BTreeSet<String>,
    pub(super) logs_left_out: u64,
    pub(super) vms_left_out: u64,
    pub(super) files_left_out: u64,
}

impl OpenBundle {
    pub(super) fn left_out(&self) -> bool {
        self.logs_left_out + self.vms_left_out + self.files_left_out > 0
    }

    /// Whether this folder is one of a VM that may be had.
    pub(super) fn has_room_for(&mut self, folder: &str, most: usize) -> bool {
        if self.folders.contains(folder) {
            return true;
        }
        let room = self.folders.len() < most;
        if room {
            self.folders.insert(folder.to_owned());
        } else {
            self.vms_left_out += 1;
        }
        room
    }
}

/// Puts fragments together by number. A file that is also there as a whole, as in a folder where they were joined,
/// is taken as it is.
pub(super) fn join_fragments(state: &mut OpenBundle, most: usize, notes: &mut Vec<(usize, Note)>) {
    let wholes: BTreeSet<String> = state
        .kept
        .iter()
        .map(|(_, path, _)| place(path.as_bytes()))
        .filter(|place| place.fragment.is_none())
        .map(|place| place.path)
        .collect();
    let mut spare = BTreeSet::new();
    for (base, (index, parts)) in std::mem::take(&mut state.fragments) {
        let Some((_, path, bytes)) = state.kept.get_mut(index) else { continue };
        let mut say = |kind: NoteKind, text: String| {
            notes.push((usize::MAX, Note { kind, member: Some(path.clone().into_bytes()), text }));
        };
        if wholes.contains(&base) {
            say(
                NoteKind::Remark,
                "the whole file is there too; its fragments are left over and were not used".to_owned(),
            );
            spare.insert(index);
            continue;
        }
        let mut expected = 0;
        for (number, part) in parts {
            if number != expected {
                say(
                    NoteKind::Damaged,
                    format!(
                        "fragment {number} follows where {expected} was expected; what lies between is missing"
                    ),
                );
            }
            expected = number.saturating_add(1);
            let free = most.saturating_sub(bytes.len());
            bytes.extend_from_slice(part.get(..part.len().min(free)).unwrap_or_default());
        }
    }
    let mut at = 0;
    state.kept.retain(|_| {
        at += 1;
        !spare.contains(&(at - 1))
    });
}
