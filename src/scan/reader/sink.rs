//! How the reader takes what the walker gives.

use super::super::archive_roots::OpenArchive;
use super::super::chunker::Chunker;
use super::super::open_bundle::OpenBundle;
use super::super::rotation_inflater;
use super::{Current, Reader};
use crate::bundle::{Owner, Place, Role, Root, is_mac_twin, place, role};
use crate::input::{End, Member, Note, NoteKind, Open, Sink, unpacked_name};
use crate::log::{LogKind, Millis};
use crate::log_content::{kind_of, stray_log};
use crate::log_table::Belongs;
use crate::quoting::Quoting;

/// Cores of a bundle that are named; the rest is passed over like the others.
const MAX_CORES_LISTED: usize = 500;

/// A rotated log of up to this many compressed bytes is gathered and inflated by a worker; a larger one is inflated
/// as it comes.
const MAX_GATHERED_BYTES: u64 = 8 << 20;

/// Chunks of such a large rotation that may wait for the workers; their buffers are not the pool's.
const MAX_INLINE_CHUNKS: usize = 8;

/// What only a bundle of vCenter Server holds.
const VCENTER_FOLDERS: [&str; 4] = [
    "var/log/vmware/vpxd/",
    "usr/lib/vmware-sca/",
    "usr/lib/vmware-vpx/",
    "ProgramData/VMware/vCenterServer/",
];

/// First bytes of a single log by which its kind is told.
const DETECT_BYTES: usize = 64 << 10;

impl Reader<'_> {
    /// Before any of a log that lies loose is scanned: what stands before its lines, and of a single log whose name says
    /// nothing the kind.
    fn look_at_head(&mut self, member: usize, head: &[u8]) {
        let single_log = self.single_log;
        let Some(state) = self.bundle() else { return };
        let Some(log) = state.pass.logs.get_mut(member) else { return };
        log.quoting = Quoting::of(head);
        if !single_log || role(&place(log.path.as_bytes()).path) != Role::Pass {
            return;
        }
        match kind_of(head) {
            Some(kind) => {
                log.kind = kind;
                if kind != LogKind::Vmware {
                    log.owner = Owner::Host;
                }
            }
            None => log.known = false,
        }
    }

    /// Whether a log lies loose and nothing of it was scanned.
    fn begins_loose(&mut self, member: usize) -> bool {
        self.bundle().is_some_and(|state| {
            state.chunks.get(member) == Some(&0) && !matches!(state.root, Root::Folder(_))
        })
    }

    /// The first bytes of a log tell whether it is compressed, and of a nameless one what it is.
    fn start_log(&mut self) {
        let Current::Log { member, chunker, started, size } = &mut self.current else { return };
        if *started || chunker.seen().len() < 2 {
            return;
        }
        *started = true;
        let (member, size) = (*member, *size);
        if !chunker.seen().starts_with(&[0x1f, 0x8b]) {
            return;
        }
        let Current::Log { chunker, .. } = std::mem::replace(&mut self.current, Current::None) else {
            return;
        };
        let seen = chunker.seen().to_vec();
        let room = chunker.finish().data;
        if size <= MAX_GATHERED_BYTES {
            let reserved = usize::try_from(size).unwrap_or(usize::MAX).max(seen.len());
            self.shared.pool.reserve(reserved, || self.work.help());
            let mut bytes = Vec::with_capacity(reserved);
            bytes.extend_from_slice(&seen);
            self.current = Current::Gather { member, bytes, room, reserved };
        } else {
            self.shared.pool.give(room);
            let mut inflater = Box::new(rotation_inflater::Inline::new());
            let chunks = inflater.push(&seen);
            self.current = Current::Inflate { member, inflater, room: vec![0; 64 << 10] };
            for chunk in chunks {
                self.spawn(member, chunk);
            }
        }
    }

    /// Looks at a member that is not read: whether it says what kind of bundle this is.
    fn pass_over(&mut self, place: &str) {
        let Some(state) = self.bundle() else { return };
        state.pass.vcenter |= VCENTER_FOLDERS.iter().any(|known| place.starts_with(known));
    }

    /// Opens a log. `size` is what its header states, in bytes.
    fn open_log(
        &mut self,
        (kind, owner): (LogKind, Owner),
        path: String,
        modified: Option<Millis>,
        size: u64,
    ) -> Open {
        let (files, vms) = (self.shared.limits.files, self.shared.limits.vms);
        let Some(state) = self.bundle() else { return Open::Skip };
        if state.pass.logs.len() >= files {
            state.logs_left_out += 1;
            return Open::Skip;
        }
        if let Owner::Vm(folder) = &owner
            && !state.has_room_for(folder, vms)
        {
            return Open::Skip;
        }
        if !state.logs.insert(path.clone()) {
            self.say(NoteKind::Remark, &path, "is there twice; both are read".to_owned());
        }
        let Some(index) = self.add_log(path, kind, owner, modified) else { return Open::Skip };
        let chunker = Chunker::new(self.shared.pool.take(|| self.work.help()));
        self.current = Current::Log { member: index, chunker, started: false, size };
        Open::Read
    }

    /// Takes bytes of a log, and hands a chunk on when it is full.
    fn filled_log(&mut self, n: usize) {
        let Current::Log { member, chunker, .. } = &mut self.current else { return };
        let member = *member;
        let full = chunker.filled(n);
        self.start_log();
        if full
            && self.begins_loose(member)
            && let Current::Log { chunker, .. } = &self.current
        {
            let head = chunker.seen().get(..DETECT_BYTES).unwrap_or(chunker.seen()).to_vec();
            self.look_at_head(member, &head);
        }
        if full && let Current::Log { chunker, .. } = &mut self.current {
            // The chunk leaves with its buffer before a new one is waited for.
            let fresh = chunker.cut(Vec::new());
            self.spawn(member, fresh);
            let buffer = self.shared.pool.take(|| self.work.help());
            if let Current::Log { chunker, .. } = &mut self.current {
                chunker.settle(buffer);
            }
        }
    }
}

/// Whether the content of a file that no name calls a log is looked at: it lies loose, or where ESX 3 and 4 kept logs
/// without an ending.
fn may_be_log(place: &Place) -> bool {
    match &place.root {
        Root::None => true,
        Root::Folder(_) => place.path.strip_prefix("var/log/").is_some_and(|name| !name.contains(['/', '.'])),
        Root::Perhaps(_) => false,
    }
}

/// When a member was last changed, in milliseconds since 1970 UTC.
fn modified(member: &Member<'_>) -> Option<Millis> {
    member.modified.map(|seconds| seconds.saturating_mul(1000)).filter(|ms| *ms > 0)
}

impl Sink for Reader<'_> {
    fn bundle_begins(&mut self, name: &[u8]) {
        let name = String::from_utf8_lossy(name).into_owned();
        let loose = self.bundles.len();
        self.open.push(OpenArchive::new(loose));
        self.bundles.push(OpenBundle::new(name, Root::None, loose));
    }

    fn bundle_ends(&mut self) {
        let Some(ended) = self.open.pop() else { return };
        if ended.left_out > 0 {
            let text = format!(
                "{} members of unpacked bundles were not read: there are more bundles than an archive may hold",
                ended.left_out
            );
            self.note(Note { kind: NoteKind::OverBudget, member: None, text });
        }
        // Thousands of archives with nothing in them must not add up.
        while self.bundles.len() > ended.loose && self.bundles.last().is_some_and(OpenBundle::is_empty) {
            self.bundles.pop();
        }
    }

    fn open(&mut self, member: &Member<'_>) -> Open {
        if is_mac_twin(member.path) {
            return Open::Skip;
        }
        let place = place(member.path);
        self.single_log = member.alone;
        let Some(archive) = self.open.last_mut() else { return Open::Skip };
        if !archive.choose(&place.root, &mut self.bundles) {
            return Open::Skip;
        }
        let Some(state) = self.bundle() else { return Open::Skip };
        state.pass.members += 1;
        let path = String::from_utf8_lossy(member.path).into_owned();
        let modified = modified(member);
        let unpacked = unpacked_name(place.path.as_bytes()).map(|name| role(&String::from_utf8_lossy(name)));
        if let Some(Role::Log { kind, owner }) = unpacked {
            return match self.open_log((kind, owner), path, modified, member.size) {
                Open::Read => Open::Unpack,
                other => other,
            };
        }
        let found = match role(&place.path) {
            Role::Pass if member.alone => {
                Role::Log { kind: LogKind::Vmware, owner: Owner::Vm(String::new()) }
            }
            found => found,
        };
        match found {
            Role::Pass if may_be_log(&place) => Open::Look,
            Role::Pass => {
                self.pass_over(&place.path);
                Open::Skip
            }
            Role::Core => {
                if place.fragment.unwrap_or(0) == 0 && state.pass.cores.len() < MAX_CORES_LISTED {
                    state.pass.cores.push(path);
                }
                Open::Skip
            }
            Role::Container => Open::Descend,
            Role::SmallFile(keep) => self.open_kept(keep, &place, path),
            Role::Log { kind, owner } => self.open_log((kind, owner), path, modified, member.size),
        }
    }

    fn look(&mut self, member: &Member<'_>, head: &[u8]) -> Open {
        let (place, path) = (place(member.path), String::from_utf8_lossy(member.path).into_owned());
        let Some(kind) = stray_log(head) else {
            self.pass_over(&place.path);
            return Open::Skip;
        };
        let owner = match kind.log().belongs {
            Belongs::ToVm => Owner::Vm(place.path.rsplit_once('/').map_or("", |(above, _)| above).to_owned()),
            Belongs::ToHost => Owner::Host,
        };
        self.open_log((kind, owner), path, modified(member), member.size)
    }

    fn space(&mut self) -> &mut [u8] {
        match &mut self.current {
            Current::Log { chunker, .. } => chunker.space(),
            Current::SmallFile { room, .. }
            | Current::Gather { room, .. }
            | Current::Inflate { room, .. } => room,
            Current::None => &mut [],
        }
    }

    fn filled(&mut self, n: usize) {
        match &mut self.current {
            Current::None => {}
            Current::SmallFile { .. } => self.filled_kept(n),
            Current::Log { .. } => self.filled_log(n),
            Current::Gather { bytes, room, reserved, .. } => {
                bytes.extend_from_slice(room.get(..n).unwrap_or_default());
                // A header that lied about the size must not lift the budget.
                if bytes.len() > *reserved + (1 << 20) {
                    bytes.truncate(*reserved);
                }
            }
            Current::Inflate { member, inflater, room } => {
                let member = *member;
                let chunks = inflater.push(room.get(..n).unwrap_or_default());
                for chunk in chunks {
                    self.work.throttle(MAX_INLINE_CHUNKS);
                    self.spawn(member, chunk);
                }
            }
        }
    }

    fn close(&mut self, end: End) {
        match std::mem::replace(&mut self.current, Current::None) {
            Current::None | Current::SmallFile { .. } => {}
            Current::Log { member, chunker, .. } => {
                if self.begins_loose(member) {
                    self.look_at_head(member, chunker.seen());
                }
                if let Some(log) = self.bundle().and_then(|state| state.pass.logs.get_mut(member)) {
                    log.long_lines += chunker.long_lines;
                }
                let chunk = chunker.finish();
                self.spawn(member, chunk);
            }
            Current::Gather { member, bytes, room, reserved } => {
                self.shared.pool.give(room);
                self.spawn_gathered(member, bytes, reserved);
            }
            Current::Inflate { member, inflater, .. } => {
                let (chunk, damage, long_lines) = inflater.finish(matches!(end, End::Complete));
                if let Some(log) = self.bundle().and_then(|state| state.pass.logs.get_mut(member)) {
                    log.long_lines += long_lines;
                }
                self.spawn(member, chunk);
                if let Some((kind, text)) = damage {
                    let path = self
                        .bundle()
                        .and_then(|state| state.pass.logs.get(member))
                        .map(|log| log.path.clone())
                        .unwrap_or_default();
                    self.say(kind, &path, text);
                }
            }
        }
    }

    fn note(&mut self, note: Note) {
        // The walker bounds its own.
        let place = self.next_place();
        self.notes.push((place, note));
    }
}
