//! One bundle while it is read: what was kept of it and what was left out.

use super::bundle_scan::BundleScan;
use crate::bundle::{Root, SmallFile, place, small_files};
use crate::input::{Note, NoteKind};
use crate::log::Millis;
use std::collections::{BTreeMap, BTreeSet};

/// A bundle while it is read.
pub(super) struct OpenBundle {
    pub(super) pass: BundleScan,
    /// Where in its archive it lies.
    pub(super) root: Root,
    /// Which archive it lies in: the place of its loose members among the bundles.
    pub(super) archive: usize,
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
    /// A bundle of the archive `archive`, of which nothing was read.
    pub(super) fn new(name: String, root: Root, archive: usize) -> Self {
        let mut pass = BundleScan { name, ..BundleScan::default() };
        let mut reference = None;
        if let Root::Folder(folder) | Root::Perhaps(folder) = &root {
            let top = folder.rsplit('/').next().unwrap_or_default();
            reference = small_files::folder_name(top).map(|(_, captured)| captured);
            top.clone_into(&mut pass.top);
        }
        Self {
            pass,
            root,
            archive,
            fragments: BTreeMap::new(),
            kept_bytes: 0,
            kept: Vec::new(),
            chunks: Vec::new(),
            reference,
            whole: BTreeMap::new(),
            logs: BTreeSet::new(),
            folders: BTreeSet::new(),
            logs_left_out: 0,
            vms_left_out: 0,
            files_left_out: 0,
        }
    }

    /// Whether nothing came of it.
    pub(super) fn is_empty(&self) -> bool {
        self.pass.logs.is_empty()
            && self.kept.is_empty()
            && self.pass.cores.is_empty()
            && !self.pass.vcenter
            && !self.left_out()
    }

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
