//! Small files of a bundle, which are kept whole, and their fragments.

use super::{Current, Reader};
use crate::bundle::{Place, SmallFile, place};
use crate::input::{NoteKind, Open};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Reader<'_> {
    /// Opens a small file that is kept whole, or one of its fragments.
    pub(super) fn open_kept(&mut self, keep: SmallFile, place: &Place, path: String) -> Open {
        let shared = Arc::clone(self.shared);
        let limits = &shared.limits;
        let part = place.fragment;
        let Some(state) = self.bundle() else { return Open::Skip };
        if let Some(number) = part
            && let Some((index, parts)) = state.fragments.get_mut(&place.path)
        {
            let index = *index;
            if parts.contains_key(&number) {
                let text = "the fragment is there twice; the first is used".to_owned();
                self.say(NoteKind::Damaged, &path, text);
                return Open::Skip;
            }
            // A fragment has a MiB: those beyond the limit of one file are not asked for.
            if parts.len() > limits.small_file.div_ceil(1 << 20).max(1) {
                return Open::Skip;
            }
            parts.insert(number, Vec::new());
            return self.keep(index, part);
        }
        if part.is_none()
            && let Some(&index) = state.whole.get(&path)
            && let Some((_, _, bytes)) = state.kept.get_mut(index)
        {
            state.kept_bytes = state.kept_bytes.saturating_sub(bytes.len());
            bytes.clear();
            self.say(NoteKind::Remark, &path, "is there twice; the last one counts".to_owned());
            return self.keep(index, None);
        }
        if let SmallFile::Vmx(folder) = &keep
            && !state.has_room_for(folder, limits.vms)
        {
            return Open::Skip;
        }
        let full = state.kept_bytes > limits.small_files
            || state.kept.len() >= limits.files
            || (part.is_some() && state.fragments.len() >= limits.fragments);
        if full {
            state.files_left_out += 1;
            return Open::Skip;
        }
        let index = state.kept.len();
        state.kept.push((keep, path.clone(), Vec::new()));
        match part {
            None => {
                state.whole.insert(path, index);
            }
            Some(number) => {
                let parts = BTreeMap::from([(number, Vec::new())]);
                state.fragments.insert(place.path.clone(), (index, parts));
            }
        }
        self.keep(index, part)
    }

    fn keep(&mut self, index: usize, part: Option<u32>) -> Open {
        self.current = Current::SmallFile { index, part, room: vec![0; 64 << 10] };
        Open::Read
    }

    /// Takes bytes of a small file.
    pub(super) fn filled_kept(&mut self, n: usize) {
        let Current::SmallFile { index, part, room } = &mut self.current else { return };
        let (index, part) = (*index, *part);
        let bytes = room.get(..n).unwrap_or_default();
        let Some(state) = self.open.last().and_then(|open| self.bundles.get_mut(open.current)) else {
            return;
        };
        let most = self.shared.limits.small_file;
        let Some((_, path, whole)) = state.kept.get_mut(index) else { return };
        let parts = part.and_then(|number| {
            let base = path.rsplit_once(".FRAG-").map_or(path.as_str(), |(base, _)| base);
            let place = place(base.as_bytes()).path;
            state.fragments.get_mut(&place)?.1.get_mut(&number)
        });
        let kept = parts.unwrap_or(whole);
        let free = most.saturating_sub(kept.len());
        kept.extend_from_slice(bytes.get(..n.min(free)).unwrap_or_default());
        state.kept_bytes += n.min(free);
        if n > free && free > 0 {
            let path = path.clone();
            self.say(NoteKind::OverBudget, &path, format!("only its first {most} bytes were read"));
        }
    }
}
