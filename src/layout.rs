//! How a bundle is laid out: the entries below its top folder, and those by which an unpacked one is recognised.

/// An entry below the top folder of a bundle.
struct Entry {
    name: &'static str,
    /// Whether archives in it are saved state and outputs of the host, and no bundles of their own.
    holds_archives: bool,
    /// Whether it shows, beside a folder `commands`, that a folder is an unpacked bundle.
    proves: bool,
}

const fn entry(name: &'static str, holds_archives: bool, proves: bool) -> Entry {
    Entry { name, holds_archives, proves }
}

const ENTRIES: &[Entry] = &[
    entry("var", true, false),
    entry("var/log", false, true),
    entry("var/core", false, true),
    entry("commands", true, false),
    entry("vmfs", true, false),
    entry("etc", true, false),
    entry("etc/vmware", false, true),
    entry("json", false, true),
    entry("proc", false, false),
    entry("bootbank", true, true),
    entry("altbootbank", true, false),
    entry("tmp", true, false),
    entry("usr", true, false),
    entry("scratch", true, false),
    entry("locker", true, false),
    entry("opt", true, false),
    entry("lib64", false, false),
    entry("README", false, true),
    entry("action.log", false, true),
    entry("error.log", false, true),
    entry("errors-ignored.log", false, true),
];

/// Folders that only an unpacked bundle has.
const ONLY_IN_BUNDLES: [&str; 2] = ["var/run/log", "vmfs/volumes"];

/// Entries of two and three folders by which the root of a bundle is found, wherever it lies in an archive.
const ROOT_MARKS: [&[&str]; 8] = [
    &["var", "run"],
    &["var", "log"],
    &["var", "core"],
    &["vmfs", "volumes"],
    &["etc", "vmware"],
    &["scratch", "log"],
    &["proc", "vmware"],
    &["commands"],
];

/// Where in a path the root of a bundle lies: the number of folders above its first entry. `None` if no entry is in it.
#[must_use]
pub fn root_depth(folders: &[&str]) -> Option<usize> {
    (0..folders.len()).find(|&at| {
        let below = folders.get(at..).unwrap_or_default();
        ROOT_MARKS.iter().any(|mark| below.starts_with(mark))
    })
}

/// Whether the name is that of a file that lies in the root of a bundle.
#[must_use]
pub fn is_root_file(name: &str) -> bool {
    matches!(name, "README" | "action.log" | "error.log")
}

/// Whether the name is that of an entry below the top folder of a bundle.
#[must_use]
pub fn is_entry(name: &str) -> bool {
    ENTRIES.iter().any(|entry| entry.name == name)
}

/// Whether archives in this folder of a bundle belong to the host and are no bundles.
#[must_use]
pub fn holds_archives(folder: &str) -> bool {
    let own = ENTRIES.iter().filter(|entry| entry.holds_archives);
    folder.ends_with("bootbank")
        || own
            .into_iter()
            .any(|entry| folder.strip_prefix(entry.name).is_some_and(|r| r.is_empty() || r.starts_with('/')))
}

/// Whether a folder is an unpacked bundle, by what only those have in them. `has_folder` and `has` look up a path in it.
#[must_use]
pub fn is_bundle(has_folder: impl Fn(&str) -> bool, has: impl Fn(&str) -> bool) -> bool {
    ONLY_IN_BUNDLES.iter().any(|folder| has_folder(folder))
        || (has_folder("commands") && ENTRIES.iter().any(|entry| entry.proves && has(entry.name)))
}
