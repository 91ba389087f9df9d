//! What the fuzz targets share.

use std::sync::{Arc, LazyLock};
use vmcoroner::internals::input::{End, Limits, Member, Note, Open, Sink, looks_like_archive};
use vmcoroner::internals::rules::RuleSet;

/// The built-in rules, compiled once.
pub static RULES: LazyLock<Arc<RuleSet>> = LazyLock::new(|| match RuleSet::builtin() {
    Ok(rules) => Arc::new(rules),
    Err(error) => panic!("the built-in rules are refused: {error}"),
});

/// Budgets small enough for many runs a second.
#[must_use]
pub fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.output = 8 << 20;
    limits.member_output = 2 << 20;
    limits.ratio_grace = 1 << 20;
    limits.members = 5_000;
    limits.header_record = 4 << 10;
    limits
}

/// Takes everything and checks that the walker keeps its side of the contract.
#[derive(Debug, Default)]
pub struct Checked {
    depth: usize,
    open: bool,
    room: Vec<u8>,
    /// A digest of what came: two readings of the same bytes must agree.
    pub digest: u64,
    /// Bytes of members.
    pub bytes: u64,
}

impl Checked {
    fn mix(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.digest = (self.digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// After the walk: everything that began has ended.
    pub fn assert_done(&self) {
        assert!(self.depth == 0 && !self.open);
    }
}

impl Sink for Checked {
    fn bundle_begins(&mut self, name: &[u8]) {
        assert!(!self.open);
        self.depth += 1;
        self.mix(name);
    }

    fn bundle_ends(&mut self) {
        assert!(!self.open && self.depth > 0);
        self.depth -= 1;
    }

    fn open(&mut self, member: &Member<'_>) -> Open {
        assert!(!self.open && self.depth > 0);
        assert!(!member.path.starts_with(b"/") && !member.path.contains(&b'\\'));
        self.mix(member.path);
        if looks_like_archive(member.path) {
            return Open::Descend;
        }
        if member.path.ends_with(b"x") {
            return Open::Skip;
        }
        self.open = true;
        Open::Read
    }

    fn space(&mut self) -> &mut [u8] {
        assert!(self.open);
        self.room.resize(1000, 0);
        &mut self.room
    }

    fn filled(&mut self, n: usize) {
        assert!(self.open && n > 0 && n <= self.room.len());
        self.bytes += n as u64;
        let room = std::mem::take(&mut self.room);
        self.mix(room.get(..n).unwrap_or_default());
        self.room = room;
    }

    fn close(&mut self, end: End) {
        assert!(self.open);
        self.open = false;
        self.mix(format!("{end:?}").as_bytes());
    }

    fn note(&mut self, note: Note) {
        assert!(!self.open);
        self.mix(note.text.as_bytes());
    }
}

/// Gives bytes out in pieces of uneven size.
#[derive(Debug)]
pub struct Trickle<'a>(pub &'a [u8], pub u64);

impl std::io::Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.1 = self.1.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let most = usize::try_from(self.1 >> 54).unwrap_or(1).max(1);
        let n = most.min(into.len()).min(self.0.len());
        let (now, rest) = self.0.split_at(n);
        into[..n].copy_from_slice(now);
        self.0 = rest;
        Ok(n)
    }
}

/// Members that reach every reader of a bundle, by the byte that chooses them.
pub const NAMES: [&str; 24] = [
    "README",
    "action.log",
    "error.log",
    "commands/uname_-a.txt",
    "commands/vmware_-vl.txt",
    "commands/localcli_system-stats-uptime-get.txt",
    "commands/localcli_vm-process-list.txt",
    "commands/localcli_storage-vmfs-extent-list.txt",
    "commands/localcli_storage-filesystem-list.txt",
    "commands/localcli_hardware-ipmi-sel-list--p--i--n-all.txt",
    "commands/ls_-isla-vmfsvolumes5f3aAPP01.txt",
    "etc/vmware/esx.conf",
    "etc/vmware/hostd/vmInventory.xml",
    "var/run/log/vmkernel.log",
    "var/run/log/vmkwarning.log",
    "var/run/log/hostd.log",
    "var/run/log/vpxa.log",
    "var/run/log/fdm.log",
    "var/run/log/vobd.log",
    "var/run/log/vmksummary.log",
    "vmfs/volumes/5f3a/APP01/APP01.vmx",
    "vmfs/volumes/5f3a/APP01/vmware.log",
    "vmfs/volumes/5f3a/APP01/vmware-1.log",
    "var/run/log/hostd.0.gz",
];

/// A tar of the members that the data describe: each begins at a byte 0xff, which is followed by the one that
/// chooses its name.
#[must_use]
pub fn bundle(data: &[u8]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for part in data.split(|byte| *byte == 0xff) {
        let Some((choice, content)) = part.split_first() else { continue };
        let name = NAMES[usize::from(*choice) % NAMES.len()];
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mtime(1_760_000_000);
        let path = format!("esx-esx01.lab.example-2025-05-12--20.55-2102233/{name}");
        builder.append_data(&mut header, path, content).ok();
    }
    builder.into_inner().unwrap_or_default()
}
