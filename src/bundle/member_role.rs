//! What a member of a bundle is, recognised by its path alone: a log to scan, a small file to keep, or bytes to pass over.

use super::small_files;
use crate::input::looks_like_archive;
use crate::layout;
use crate::log_table::{Belongs, LogKind};

/// What is done with a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// A log: scanned line by line.
    Log {
        /// Its kind.
        kind: LogKind,
        /// Whose it is.
        owner: Owner,
    },
    /// A small file that is kept whole and read after the pass.
    SmallFile(SmallFile),
    /// An archive that may hold bundles.
    Container,
    /// A core or dump: passed over, and said.
    Core,
    /// Nothing of interest: passed over.
    Pass,
}

/// Whose log it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The host's.
    Host,
    /// The VM's whose folder this is (`vmfs/volumes/<volume>/<dir>`, or the folder of a loose log).
    Vm(String),
}

/// A small file that is kept whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmallFile {
    /// `README` of the bundle.
    Readme,
    /// `commands/uname_-a.txt`.
    Uname,
    /// `commands/vmware_-vl.txt`.
    VmwareVl,
    /// `commands/localcli_system-stats-uptime-get.txt`: one integer, microseconds.
    Uptime,
    /// `etc/vmware/esx.conf`.
    EsxConf,
    /// `commands/localcli_vm-process-list.txt`.
    VmProcessList,
    /// `commands/localcli_storage-vmfs-extent-list*.txt`.
    ExtentList,
    /// `commands/localcli_storage-filesystem-list*.txt`.
    FilesystemList,
    /// `etc/vmware/hostd/vmInventory.xml`.
    VmInventory,
    /// A VM's `.vmx`, with its folder.
    Vmx(String),
    /// `action.log`: written last.
    ActionLog,
    /// `error.log`: what could not be collected.
    ErrorLog,
}

/// Where in its archive the bundle of a member lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// The folder of an unpacked bundle, whatever is above it; empty for the archive itself.
    Folder(String),
    /// The folder of a file that lies in the root of a bundle, if it is one.
    Perhaps(String),
    /// None: the member lies loose.
    None,
}

/// The parts of a member's path that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The bundle it is part of.
    pub root: Root,
    /// Path below the bundle's root; of a loose member that below the first folder.
    pub path: String,
    /// Number of the piece, where a file was cut into `.FRAG-NNNNN` members.
    pub fragment: Option<u32>,
}

/// The root of the bundle, the path below it, and the number of the fragment if it is one.
#[must_use]
pub fn place(path: &[u8]) -> Place {
    let path = String::from_utf8_lossy(path);
    let trimmed = path.trim_start_matches("./").trim_start_matches('/');
    let (root, below) = rooted(trimmed);
    match below.rsplit_once(".FRAG-") {
        Some((base, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
            Place { root, path: base.to_owned(), fragment: number.parse().ok() }
        }
        _ => Place { root, path: below.to_owned(), fragment: None },
    }
}

/// The root of the bundle and the path below it. A folder under the name that vm-support gives is one; else the folder
/// above what only bundles have.
fn rooted(path: &str) -> (Root, &str) {
    let mut folders: Vec<&str> = path.split('/').collect();
    let Some(name) = folders.pop() else { return (Root::None, path) };
    let named = |at: &usize| folders.get(*at).is_some_and(|name| small_files::folder_name(name).is_some());
    let has_entry = |at: &usize| folders.get(at + 1).is_some_and(|name| layout::is_entry(name));
    let depth = (0..folders.len())
        .filter(named)
        .find(has_entry)
        .or_else(|| (0..folders.len()).rfind(named))
        .map(|at| at + 1)
        .or_else(|| layout::root_depth(&folders));
    let below = |depth: usize| {
        let root = folders.get(..depth).unwrap_or_default().join("/");
        let cut = if root.is_empty() { 0 } else { root.len() + 1 };
        (root, path.get(cut..).unwrap_or_default())
    };
    match (depth, folders.first()) {
        (Some(depth), _) => {
            let (root, rest) = below(depth);
            (Root::Folder(root), rest)
        }
        (None, Some(first)) if layout::is_entry(first) => (Root::Folder(String::new()), path),
        (None, _) if layout::is_root_file(name) => {
            let (root, rest) = below(folders.len());
            (Root::Perhaps(root), rest)
        }
        (None, Some(_)) => (Root::None, below(1).1),
        (None, None) => (Root::None, path),
    }
}

/// Whether a member is what a Mac keeps beside a file: its attributes, under the name of the file.
#[must_use]
pub fn is_mac_twin(path: &[u8]) -> bool {
    let mut parts = path.split(|byte| *byte == b'/');
    parts.next_back().is_some_and(|name| name.starts_with(b"._")) || parts.any(|part| part == b"__MACOSX")
}

/// The role of a member by its path below the top folder.
#[must_use]
pub fn role(path: &str) -> Role {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if let Some(role) = log_role(folder, name) {
        return role;
    }
    if folder == "commands" || folder.ends_with("/commands") {
        return command(name);
    }
    match name {
        "README" if folder.is_empty() => return Role::SmallFile(SmallFile::Readme),
        "action.log" if folder.is_empty() => return Role::SmallFile(SmallFile::ActionLog),
        "error.log" if folder.is_empty() => return Role::SmallFile(SmallFile::ErrorLog),
        "esx.conf" if folder.ends_with("etc/vmware") => return Role::SmallFile(SmallFile::EsxConf),
        "vmInventory.xml" => return Role::SmallFile(SmallFile::VmInventory),
        _ => {}
    }
    if let Some((_, ext)) = name.rsplit_once('.') {
        if ext.eq_ignore_ascii_case("vmx") {
            return Role::SmallFile(SmallFile::Vmx(folder.to_owned()));
        }
        // Nested archives of the bundle itself (saved state, command output) hold nothing to scan; an archive at
        // the top of a wrapper may be a bundle.
        if looks_like_archive(name.as_bytes()) && !layout::holds_archives(folder) {
            return Role::Container;
        }
    }
    if name.contains("-zdump") || name.starts_with("vmmcores") || name.ends_with("vmfsdump.gz") {
        return Role::Core;
    }
    Role::Pass
}

fn log_role(folder: &str, name: &str) -> Option<Role> {
    // ESX 3 and 4 call it `var/log/vmkernel`.
    let bare = || LogKind::of_file(&format!("{name}.log")).filter(|_| folder == "var/log");
    let kind = LogKind::of_file(name).or_else(bare)?;
    let owner = match kind.log().belongs {
        Belongs::ToVm => Owner::Vm(folder.to_owned()),
        Belongs::ToHost => Owner::Host,
    };
    Some(Role::Log { kind, owner })
}

/// Outputs of commands. A second command of the same name is stored as `1.<name>`.
fn command(name: &str) -> Role {
    if let Some(kind) = LogKind::of_output(name) {
        return Role::Log { kind, owner: Owner::Host };
    }
    let keep = match name {
        "uname_-a.txt" => SmallFile::Uname,
        "vmware_-vl.txt" => SmallFile::VmwareVl,
        "localcli_system-stats-uptime-get.txt" => SmallFile::Uptime,
        "localcli_vm-process-list.txt" | "esxcli_vm_process_list.txt" => SmallFile::VmProcessList,
        _ if name.starts_with("localcli_storage-vmfs-extent-list") && name.ends_with(".txt") => {
            SmallFile::ExtentList
        }
        _ if name.starts_with("localcli_storage-filesystem-list") && name.ends_with(".txt") => {
            SmallFile::FilesystemList
        }
        _ => return Role::Pass,
    };
    Role::SmallFile(keep)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role_of(path: &str) -> Role {
        role(&place(path.as_bytes()).path)
    }

    #[test]
    fn logs_are_told_by_their_names() {
        let top = "esx-esx01.lab.example-2024-03-11--09.42-2133417";
        let host = |kind| Role::Log { kind, owner: Owner::Host };
        assert_eq!(role_of(&format!("{top}/var/run/log/vmkernel.log")), host(LogKind::Vmkernel));
        assert_eq!(role_of(&format!("{top}/var/run/log/hostd.10.gz")), host(LogKind::Hostd));
        assert_eq!(role_of(&format!("{top}/var/run/log/hostd.1")), host(LogKind::Hostd));
        assert_eq!(role_of(&format!("{top}/var/log/vobd.log.3")), host(LogKind::Vobd));
        assert_eq!(role_of("./var/run/log/hostd-probe.log"), host(LogKind::HostdProbe));
        assert_eq!(role_of(&format!("{top}/var/run/log/vmkernel.logx")), Role::Pass);
        let own = |name: &str| role_of(&format!("{top}/vmfs/volumes/5f3a1c2e/web 01 (prod)/{name}"));
        let vm = Role::Log {
            kind: LogKind::Vmware,
            owner: Owner::Vm("vmfs/volumes/5f3a1c2e/web 01 (prod)".into()),
        };
        assert_eq!(own("vmware.log"), vm);
        assert_eq!(own("vmware-21.log"), vm);
        assert_eq!(own("vmware-21.log.gz"), vm);
        assert_eq!(own("vmware-core.gz"), Role::Pass);
        assert_eq!(own("vmmcores-4.gz"), Role::Core);
        assert_eq!(
            own("web 01 (prod).vmx"),
            Role::SmallFile(SmallFile::Vmx("vmfs/volumes/5f3a1c2e/web 01 (prod)".into()))
        );
    }

    #[test]
    fn the_root_of_a_bundle_is_found_wherever_it_lies() {
        let found = |path: &str| {
            let place = place(path.as_bytes());
            (place.root, place.path)
        };
        let bundle = |root: &str, below: &str| (Root::Folder(root.into()), below.to_owned());
        let named = "esx-esx01.lab.example-2024-03-11--09.42-2133417";
        for above in ["", "case/", "a/var/log/case 7/", "tmp/"] {
            let root = format!("{above}{named}");
            assert_eq!(found(&format!("{root}/README")), bundle(&root, "README"));
            assert_eq!(found(&format!("{root}/json/x.json")), bundle(&root, "json/x.json"));
        }
        let twice = format!("{named}/{named}");
        assert_eq!(found(&format!("{twice}/var/run/log/hostd.log")), bundle(&twice, "var/run/log/hostd.log"));
        assert_eq!(found("a/b/renamed/var/run/log/x"), bundle("a/b/renamed", "var/run/log/x"));
        assert_eq!(found("renamed/vmfs/volumes/u/var/log/x"), bundle("renamed", "vmfs/volumes/u/var/log/x"));
        assert_eq!(found("a/renamed/commands/uname_-a.txt"), bundle("a/renamed", "commands/uname_-a.txt"));
        assert_eq!(found("var/run/log/hostd.log"), bundle("", "var/run/log/hostd.log"));
        assert_eq!(found("bootbank/state.tgz"), bundle("", "bootbank/state.tgz"));
        assert_eq!(found("a/renamed/README"), (Root::Perhaps("a/renamed".into()), "README".into()));
        assert_eq!(found("README"), (Root::Perhaps(String::new()), "README".into()));
        assert_eq!(found("case/vm1/vmware.log"), (Root::None, "vm1/vmware.log".into()));
        assert_eq!(found("vmware.log"), (Root::None, "vmware.log".into()));
    }

    #[test]
    fn what_a_mac_keeps_beside_a_file_is_no_file() {
        assert!(is_mac_twin(b"__MACOSX/esx/var/run/log/hostd.log") && is_mac_twin(b"a/._hostd.log"));
        assert!(!is_mac_twin(b"a/_hostd.log") && !is_mac_twin(b"a/.hostd.log"));
    }

    #[test]
    fn fragments_are_pieces_of_one_file() {
        assert_eq!(
            place(b"esx-a/commands/vsi_traverse_-s.txt.FRAG-00012"),
            Place {
                root: Root::Folder("esx-a".into()),
                path: "commands/vsi_traverse_-s.txt".into(),
                fragment: Some(12)
            }
        );
        assert_eq!(place(b"esx-a/commands/x.FRAG-").fragment, None);
        assert_eq!(place(b"esx-a/commands/x.FRAG-123456").fragment, Some(123_456));
    }

    #[test]
    fn only_archives_outside_the_bundle_tree_are_containers() {
        assert_eq!(role_of("wrapper/host1-vm2021-8-03@14-49-26.tgz"), Role::Container);
        assert_eq!(role_of("host1-vm2021-8-03@14-49-26.tgz"), Role::Container);
        assert_eq!(role_of("esx-a/bootbank/local.tgz"), Role::Pass);
        assert_eq!(role_of("esx-a/commands/fcdInfo.py.tgz"), Role::Pass);
    }
}
