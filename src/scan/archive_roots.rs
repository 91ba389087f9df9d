//! The bundles of one archive: unpacked ones lie in it at any depth, several beside each other, and what belongs to none
//! lies loose.

use super::open_bundle::OpenBundle;
use crate::bundle::{Role, Root, role};
use std::collections::BTreeMap;

/// Unpacked bundles that one archive may hold; a folder is as cheap to name as a file.
const MAX_ROOTS: usize = 64;

/// Folders with a file that may lie in the root of a bundle.
const MAX_PERHAPS: usize = 256;

/// An archive that is being read.
pub(super) struct OpenArchive {
    /// The place of its loose members among the bundles.
    pub(super) loose: usize,
    /// The bundle of the member that is open.
    pub(super) current: usize,
    /// The bundles in it by their folders.
    roots: BTreeMap<String, usize>,
    /// How many of them are known to be bundles.
    sure: usize,
    /// Members of bundles beyond those that it may hold.
    pub(super) left_out: u64,
}

impl OpenArchive {
    /// An archive whose loose members are those of the last bundle.
    pub(super) const fn new(loose: usize) -> Self {
        Self { loose, current: loose, roots: BTreeMap::new(), sure: 0, left_out: 0 }
    }

    /// Makes the bundle of a member the current one, a new one if it is the first of it. Whether there is room for it.
    pub(super) fn choose(&mut self, root: &Root, bundles: &mut Vec<OpenBundle>) -> bool {
        let (folder, sure) = match root {
            Root::None => {
                self.current = self.loose;
                return true;
            }
            Root::Folder(folder) => (folder, true),
            Root::Perhaps(folder) => (folder, false),
        };
        if let Some(&known) = self.roots.get(folder) {
            self.current = known;
            if let Some(bundle) = bundles.get_mut(known).filter(|bundle| sure && bundle.root != *root) {
                bundle.root = root.clone();
                self.sure += 1;
            }
            return true;
        }
        let room = if sure { self.sure < MAX_ROOTS } else { self.roots.len() - self.sure < MAX_PERHAPS };
        if !room {
            self.left_out += u64::from(sure);
            return false;
        }
        self.sure += usize::from(sure);
        let name = bundles.get(self.loose).map(|loose| loose.pass.name.clone()).unwrap_or_default();
        self.current = bundles.len();
        self.roots.insert(folder.clone(), self.current);
        bundles.push(OpenBundle::new(name, root.clone(), self.loose));
        true
    }
}

/// Puts loose members into the bundle in whose folder they lie, and what lies in the root of no bundle away.
pub(super) fn settle(bundles: &mut [OpenBundle]) {
    let mut roots: BTreeMap<(usize, String), usize> = BTreeMap::new();
    for (at, bundle) in bundles.iter().enumerate() {
        if let Root::Folder(folder) | Root::Perhaps(folder) = &bundle.root {
            roots.insert((bundle.archive, folder.clone()), at);
        }
    }
    for at in 0..bundles.len() {
        let Some(bundle) = bundles.get_mut(at).filter(|bundle| bundle.root == Root::None) else { continue };
        let archive = bundle.archive;
        let home = |path: &str| home_of(&roots, archive, path);
        let (logs, kept) = (std::mem::take(&mut bundle.pass.logs), std::mem::take(&mut bundle.kept));
        let fragments = std::mem::take(&mut bundle.fragments);
        if fragments.is_empty() {
            for (keep, path, bytes) in kept {
                let found = home(&path).and_then(|(to, below)| match role(&below) {
                    Role::SmallFile(keep) => Some((to, keep)),
                    _ => None,
                });
                let (to, keep) = found.unwrap_or((at, keep));
                if let Some(bundle) = bundles.get_mut(to) {
                    bundle.kept.push((keep, path, bytes));
                }
            }
        } else if let Some(bundle) = bundles.get_mut(at) {
            bundle.kept = kept;
            bundle.fragments = fragments;
        }
        for mut log in logs {
            let found = home(&log.path).and_then(|(to, below)| match role(&below) {
                Role::Log { owner, .. } => Some((to, owner)),
                _ => None,
            });
            let to = match found {
                Some((to, owner)) => {
                    log.owner = owner;
                    to
                }
                None => at,
            };
            if let Some(bundle) = bundles.get_mut(to) {
                bundle.pass.logs.push(log);
            }
        }
    }
    // A file of this name alone makes no bundle.
    for bundle in bundles.iter_mut().filter(|bundle| matches!(bundle.root, Root::Perhaps(_))) {
        if bundle.pass.logs.is_empty() {
            bundle.kept.clear();
            bundle.fragments.clear();
        }
    }
}

/// The bundle in whose folder a path lies, the innermost, and the path below it.
fn home_of(roots: &BTreeMap<(usize, String), usize>, archive: usize, path: &str) -> Option<(usize, String)> {
    let mut folder = path;
    loop {
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        if let Some(&at) = roots.get(&(archive, folder.to_owned())) {
            let cut = if folder.is_empty() { 0 } else { folder.len() + 1 };
            return Some((at, path.get(cut..)?.to_owned()));
        }
        if folder.is_empty() {
            return None;
        }
    }
}
