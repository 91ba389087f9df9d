//! Paths and names of volumes brought to one form, so that a line and a VM can be compared.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// A volume of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VolumeInfo {
    /// Uuid, the key of the volume; the label where no uuid is known.
    pub key: String,
    /// Label.
    pub label: Option<String>,
    /// `vmfs-6`, `nfs`, `vsan` …
    pub kind: Option<String>,
    /// Devices it depends on.
    pub devices: Vec<String>,
}

/// All volumes of a host, found by uuid or label.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Volumes {
    by_key: BTreeMap<String, VolumeInfo>,
    key_of_label: BTreeMap<String, String>,
}

impl Volumes {
    /// Notes what a list says about a volume.
    pub fn add(&mut self, row: &crate::bundle::small_files::VolumeRow) {
        let Some(key) = row.uuid.clone().or_else(|| row.label.clone()) else { return };
        let volume = self
            .by_key
            .entry(key.clone())
            .or_insert_with(|| VolumeInfo { key: key.clone(), ..Default::default() });
        if let Some(label) = &row.label {
            volume.label.get_or_insert_with(|| label.clone());
            self.key_of_label.entry(label.clone()).or_insert(key);
        }
        if volume.kind.is_none() || row.device.is_none() {
            volume.kind = row.kind.clone().or(volume.kind.take());
        }
        if let Some(device) = &row.device {
            let device = device_key(device);
            if !volume.devices.contains(&device) {
                volume.devices.push(device);
            }
        }
    }

    /// All volumes, by key.
    pub fn iter(&self) -> impl Iterator<Item = &VolumeInfo> {
        self.by_key.values()
    }

    /// The key of a volume named by uuid or label; the name itself if it is in no list.
    #[must_use]
    pub fn key<'a>(&'a self, name: &'a str) -> &'a str {
        let name = name.trim().trim_matches(['"', '\'', '“', '”', '„']);
        if self.by_key.contains_key(name) {
            return name;
        }
        self.key_of_label.get(name).map_or(name, String::as_str)
    }

    /// Whether a list names this volume.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.by_key.contains_key(self.key(name))
    }

    /// The volume, by uuid or label.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&VolumeInfo> {
        self.by_key.get(self.key(name))
    }

    /// Whether any list maps this device to a volume.
    #[must_use]
    pub fn knows_device(&self, device: &str) -> bool {
        let device = device_key(device);
        self.by_key.values().any(|volume| volume.devices.contains(&device))
    }

    /// Whether any device is mapped at all: without the extent list nothing can be said of devices.
    #[must_use]
    pub fn maps_devices(&self) -> bool {
        self.by_key.values().any(|volume| !volume.devices.is_empty())
    }

    /// A path in canonical form: volume key, `/`, the rest. Paths outside volumes stay as they are, without the
    /// leading slash.
    #[must_use]
    pub fn canonical(&self, path: &str) -> String {
        let path = &plain(path.trim().trim_start_matches('/'));
        let path = path.as_ref();
        // `[label] folder/name.vmx`, as clients write it.
        if let Some((label, rest)) = path.strip_prefix('[').and_then(|inner| inner.split_once("] ")) {
            return format!("{}/{rest}", self.key(label));
        }
        let Some(rest) = path.strip_prefix("vmfs/volumes/") else { return path.replace('\\', "/") };
        match rest.split_once('/') {
            Some((volume, rest)) => format!("{}/{rest}", self.key(volume)),
            None => self.key(rest).to_owned(),
        }
    }
}

/// A path without escapes: the host's agents write `%25`, `%2f` or `%c3%bc` where a file system or another log has the
/// character itself.
fn plain(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        out.extend(before.bytes());
        match after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push(b'%');
                rest = after;
            }
        }
    }
    out.extend(rest.bytes());
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// The volume component of a path below `/vmfs/volumes/`.
#[must_use]
pub fn volume_of(path: &str) -> Option<&str> {
    let rest = path.trim_start_matches('/').strip_prefix("vmfs/volumes/")?;
    rest.split('/').next().filter(|volume| !volume.is_empty())
}

/// A device id without quotes and without a partition (`naa.x:1`).
#[must_use]
pub fn device_key(device: &str) -> String {
    let device = device.trim().trim_matches(['"', '\'', '“', '”', '„', '[', ']']);
    match device.rsplit_once(':') {
        Some((base, partition))
            if !base.contains(':')
                && !partition.is_empty()
                && partition.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            base.to_owned()
        }
        _ => device.to_owned(),
    }
}

/// The folder of a path.
#[must_use]
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last component of a path.
#[must_use]
pub fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::small_files::VolumeRow;

    #[test]
    fn label_and_uuid_are_one_volume() {
        let mut volumes = Volumes::default();
        volumes.add(&VolumeRow {
            label: Some("ds 01".into()),
            uuid: Some("5f3a-1".into()),
            kind: Some("vmfs".into()),
            device: Some("naa.6001:1".into()),
        });
        assert_eq!(volumes.canonical("/vmfs/volumes/ds 01/a b/a b.vmx"), "5f3a-1/a b/a b.vmx");
        assert_eq!(volumes.canonical("vmfs/volumes/5f3a-1/a b/a b.vmx"), "5f3a-1/a b/a b.vmx");
        assert_eq!(volumes.canonical("[ds 01] a b/a b.vmx"), "5f3a-1/a b/a b.vmx");
        assert_eq!(volumes.canonical("/vmfs/volumes/ds 01/50%25 b%c3%bc/b.vmx"), "5f3a-1/50% bü/b.vmx");
        assert_eq!(volumes.canonical("/vmfs/volumes/ds 01/100% b/b.vmx"), "5f3a-1/100% b/b.vmx");
        assert!(volumes.knows_device("\"naa.6001\""));
        assert!(!volumes.knows_device("naa.6002"));
        assert_eq!(device_key("mpx.vmhba32:C0:T0:L0"), "mpx.vmhba32:C0:T0:L0");
    }
}
