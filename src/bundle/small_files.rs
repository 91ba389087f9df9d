//! The small files of a bundle, read: who the host is, which VMs it knows, what its volumes depend on.
//!
//! Each reader takes the text of one file and survives any text; what it does not understand it leaves out.

use crate::log::{Millis, read_alone};

/// A VM of the running list (`localcli vm process list`). The ids are those at the time of the capture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListedVm {
    /// Display name.
    pub name: String,
    /// World id of its first VMM world.
    pub world: Option<u64>,
    /// Cartel id (leader world).
    pub cartel: Option<u64>,
    /// Uuid as listed.
    pub uuid: Option<String>,
    /// Path of its `.vmx`.
    pub config: Option<String>,
}

/// A volume with a device under it, or a mount.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VolumeRow {
    /// Label.
    pub label: Option<String>,
    /// Uuid.
    pub uuid: Option<String>,
    /// File system type in lower case.
    pub kind: Option<String>,
    /// Device id.
    pub device: Option<String>,
}

/// The entries of a `.vmx` that matter here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vmx {
    /// `displayName`.
    pub name: Option<String>,
    /// `guestOS`.
    pub guest_os: Option<String>,
    /// `uuid.bios`.
    pub bios_uuid: Option<String>,
    /// PCI addresses of passed-through devices (`pciPassthruN.id`).
    pub pci: Vec<String>,
    /// Disk paths that name another folder.
    pub disks: Vec<String>,
}

/// Takes one entry of a configuration, as the `.vmx` or the log's dump of it states it.
impl Vmx {
    /// Notes an entry; keys are compared without case.
    pub fn entry(&mut self, key: &str, value: &str) {
        let lower = key.trim().to_ascii_lowercase();
        let value = unescape(value.trim().trim_matches('"'));
        if value.is_empty() {
            return;
        }
        match lower.as_str() {
            "displayname" => self.name = Some(value),
            "guestos" => self.guest_os = Some(value),
            "uuid.bios" => self.bios_uuid = Some(value),
            _ if lower.starts_with("pcipassthru") && lower.ends_with(".id") => add_once(&mut self.pci, value),
            _ if lower.ends_with(".filename") && value.starts_with('/') => add_once(&mut self.disks, value),
            _ => {}
        }
    }

    /// Fills what is unknown here from another reading of the same VM.
    pub fn fill_from(&mut self, other: &Self) {
        self.name = self.name.take().or_else(|| other.name.clone());
        self.guest_os = self.guest_os.take().or_else(|| other.guest_os.clone());
        self.bios_uuid = self.bios_uuid.take().or_else(|| other.bios_uuid.clone());
        for (own, more) in [(&mut self.pci, &other.pci), (&mut self.disks, &other.disks)] {
            for item in more {
                if !own.contains(item) {
                    own.push(item.clone());
                }
            }
        }
    }
}

fn add_once(list: &mut Vec<String>, value: String) {
    if !list.contains(&value) {
        list.push(value);
    }
}

/// `|22` is a quote, `|7C` a bar: how a `.vmx` writes characters it cannot hold.
fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('|') {
        out.push_str(before);
        let code = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(byte) if byte.is_ascii() => {
                out.push(char::from(byte));
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                out.push('|');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Reads a `.vmx`.
#[must_use]
pub fn vmx(text: &str) -> Vmx {
    let mut vmx = Vmx::default();
    for line in text.lines() {
        if let Some((key, value)) = line.split_once('=') {
            vmx.entry(key, value);
        }
    }
    vmx
}

/// Reads the list of running VMs: a line with the name, then indented fields.
#[must_use]
pub fn vm_process_list(text: &str) -> Vec<ListedVm> {
    let mut vms: Vec<ListedVm> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            continue;
        }
        let field = line.starts_with([' ', '\t']).then(|| trimmed.split_once(": ")).flatten();
        match (field, vms.last_mut()) {
            (Some((key, value)), Some(vm)) => match key {
                "World ID" => vm.world = value.trim().parse().ok(),
                "VMX Cartel ID" => vm.cartel = value.trim().parse().ok(),
                "UUID" => vm.uuid = Some(value.trim().to_owned()),
                "Display Name" => vm.name = value.to_owned(),
                "Config File" => vm.config = Some(value.to_owned()),
                _ => {}
            },
            _ if !line.starts_with([' ', '\t']) => {
                let name = trimmed.strip_suffix(':').unwrap_or(trimmed);
                vms.push(ListedVm { name: name.to_owned(), ..ListedVm::default() });
            }
            _ => {}
        }
    }
    vms.retain(|vm| vm.world.is_some() || vm.config.is_some());
    vms
}

/// Columns of a table; the widest real one has nine.
const MAX_COLUMNS: usize = 64;

/// Reads a table of `localcli`: a heading, a line of dashes that fixes the columns, rows. Returns heading → cell
/// for each row. Columns are cut where the dashes end, since cells may hold blanks.
fn table(text: &str) -> Vec<Vec<(String, String)>> {
    let lines: Vec<&str> = text.lines().collect();
    let is_ruler = |line: &str| line.contains("---") && line.chars().all(|c| c == '-' || c == ' ');
    let Some(ruler_at) = lines.iter().position(|line| is_ruler(line)) else { return Vec::new() };
    let (Some(ruler), Some(heading)) =
        (lines.get(ruler_at), ruler_at.checked_sub(1).and_then(|at| lines.get(at)))
    else {
        return Vec::new();
    };
    let mut starts = Vec::new();
    let mut inside = false;
    for (at, c) in ruler.chars().enumerate() {
        if c == '-' && !inside && starts.len() < MAX_COLUMNS {
            starts.push(at);
        }
        inside = c == '-';
    }
    let cut = |line: &str| -> Vec<String> {
        let chars: Vec<char> = line.chars().collect();
        (0..starts.len())
            .map(|n| {
                let from = starts.get(n).copied().unwrap_or(0);
                let to = starts.get(n + 1).copied().unwrap_or(chars.len()).min(chars.len());
                chars.get(from.min(to)..to).unwrap_or_default().iter().collect::<String>().trim().to_owned()
            })
            .collect()
    };
    let heads = cut(heading);
    lines
        .iter()
        .skip(ruler_at + 1)
        .filter(|line| !line.trim().is_empty())
        .map(|line| heads.iter().cloned().zip(cut(line)).collect())
        .collect()
}

fn cell(row: &[(String, String)], name: &str) -> Option<String> {
    row.iter()
        .find(|(head, _)| head.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.clone())
        .filter(|v| !v.is_empty())
}

/// Reads `localcli storage vmfs extent list`.
#[must_use]
pub fn extent_list(text: &str) -> Vec<VolumeRow> {
    table(text)
        .iter()
        .map(|row| VolumeRow {
            label: cell(row, "Volume Name"),
            uuid: cell(row, "VMFS UUID"),
            kind: Some("vmfs".into()),
            device: cell(row, "Device Name"),
        })
        .filter(|row| row.uuid.is_some() || row.label.is_some())
        .collect()
}

/// Reads `localcli storage filesystem list`.
#[must_use]
pub fn filesystem_list(text: &str) -> Vec<VolumeRow> {
    table(text)
        .iter()
        .map(|row| VolumeRow {
            label: cell(row, "Volume Name"),
            uuid: cell(row, "UUID"),
            kind: cell(row, "Type").map(|kind| kind.to_ascii_lowercase()),
            device: None,
        })
        .filter(|row| row.uuid.is_some() || row.label.is_some())
        .collect()
}

/// Reads `vmInventory.xml`: number and path of each registered VM.
#[must_use]
pub fn vm_inventory(text: &str) -> Vec<(Option<u64>, String)> {
    let tag = |entry: &str, name: &str| {
        let (_, after) = entry.split_once(&format!("<{name}>"))?;
        let (value, _) = after.split_once(&format!("</{name}>"))?;
        Some(xml_unescape(value.trim()))
    };
    text.split("<ConfigEntry")
        .skip(1)
        .filter_map(|entry| {
            Some((tag(entry, "objID").and_then(|id| id.parse().ok()), tag(entry, "vmxCfgPath")?))
        })
        .collect()
}

fn xml_unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

/// Reads `uname -a`: host name, version, build.
#[must_use]
pub fn uname(text: &str) -> Option<(String, Option<String>, Option<String>)> {
    let line = text.lines().find(|line| line.starts_with("VMkernel "))?;
    let mut words = line.split_whitespace().skip(1);
    let name = words.next()?.to_owned();
    let version =
        words.next().filter(|word| word.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned);
    let build = line.split_whitespace().find_map(|word| word.strip_prefix("build-")).map(str::to_owned);
    Some((name, version, build))
}

/// Reads `vmware -vl`: product, version, build.
#[must_use]
pub fn vmware_vl(text: &str) -> Option<(String, String, Option<String>)> {
    let line = text.lines().find(|line| line.starts_with("VMware ESX"))?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let product = words.get(..at)?.join(" ");
    let build = words.iter().find_map(|word| word.strip_prefix("build-")).map(str::to_owned);
    Some((product, (*words.get(at)?).to_owned(), build))
}

/// Reads the `README`: when the bundle was made, and the manifests that were requested by name.
#[must_use]
pub fn readme(text: &str) -> (Option<Millis>, Vec<String>) {
    let captured = text.lines().find_map(|line| {
        let value = line.trim().strip_prefix("Captured on:")?.trim();
        read_alone(&value.replacen(' ', "T", 1))
    });
    let manifests = text
        .split(['\'', '"', ',', ' ', '[', ']'])
        .filter(|word| word.starts_with("HungVM:"))
        .map(str::to_owned)
        .collect();
    (captured, manifests)
}

/// The moment in a bundle's folder name, `esx-<host>-2025-05-12--20.55-2102233`, and the host's name in it.
#[must_use]
pub fn folder_name(name: &str) -> Option<(String, Millis)> {
    let bytes = name.as_bytes();
    let at = name.rmatch_indices("--").map(|(at, _)| at).find(|&at| {
        at >= 11
            && name.get(at + 2..at + 7).is_some_and(|clock| clock.as_bytes().get(2) == Some(&b'.'))
            && bytes.get(at - 11) == Some(&b'-')
    })?;
    let date = name.get(at - 10..at)?;
    let clock = name.get(at + 2..at + 7)?.replace('.', ":");
    let time = read_alone(&format!("{date}T{clock}:00Z"))?;
    let host = name.get(..at - 11)?.split_once('-').map_or("", |(_, host)| host);
    Some((host.to_owned(), time))
}

/// The host name in `esx.conf`.
#[must_use]
pub fn esx_conf_host(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let value = line.trim().strip_prefix("/adv/Misc/HostName")?.trim().strip_prefix('=')?;
        Some(value.trim().trim_matches('"').to_owned())
    })
}

/// What `error.log` says could not be collected: its lines but the heading.
#[must_use]
pub fn error_log(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("Non-fatal errors"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_vm_list_keeps_names_with_colons_and_blanks() {
        let list = vm_process_list(
            "web 01: prod\n   World ID: 3199732\n   Process ID: 0\n   VMX Cartel ID: 3199731\n   UUID: 42 30\n   Display Name: web 01: prod\n   Config File: /vmfs/volumes/643475f9/web 01/web 01.vmx\n\nB\n   World ID: 5\n",
        );
        assert_eq!(list.len(), 2);
        assert_eq!(list[0].name, "web 01: prod");
        assert_eq!((list[0].world, list[0].cartel), (Some(3_199_732), Some(3_199_731)));
        assert_eq!(list[0].config.as_deref(), Some("/vmfs/volumes/643475f9/web 01/web 01.vmx"));
    }

    #[test]
    fn columns_are_cut_where_the_dashes_end() {
        let rows = extent_list(
            "Volume Name  VMFS UUID                            Extent Number  Device Name        Partition\n-----------  -----------------------------------  -------------  -----------------  ---------\nds 01 fast   5f3a1c2e-9d7b6a10-33f1-0025b5aa0012              0  naa.600508b1001c0          3\n",
        );
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].label.as_deref(), Some("ds 01 fast"));
        assert_eq!(rows[0].device.as_deref(), Some("naa.600508b1001c0"));
    }

    #[test]
    fn identity_is_read_from_its_files() {
        assert_eq!(
            uname("VMkernel esx01.lab 8.0.2 #1 SMP Release build-22380479 Sep  4 2023 x86_64 ESXi"),
            Some(("esx01.lab".into(), Some("8.0.2".into()), Some("22380479".into())))
        );
        assert_eq!(
            vmware_vl("VMware ESXi 7.0.3 build-21313628\nVMware ESXi 7.0 Update 3"),
            Some(("VMware ESXi".into(), "7.0.3".into(), Some("21313628".into())))
        );
        let (host, time) = folder_name("esx-my-host-01.lab-2024-03-11--09.42-2133417").unwrap();
        assert_eq!(host, "my-host-01.lab");
        assert_eq!(crate::log::rfc3339(time), "2024-03-11T09:42:00.000Z");
        assert_eq!(folder_name("esx-h-2024-03-11--09.42").unwrap().0, "h");
        assert_eq!(folder_name("whatever"), None);
    }

    #[test]
    fn a_vmx_hides_quotes_behind_bars() {
        let vmx = vmx(
            "displayName = \"say |22hi|22\"\nguestOS = \"windows2019srv-64\"\npciPassthru0.id = \"0000:05:00.0\"\nscsi0:0.fileName = \"/vmfs/volumes/x/y/z.vmdk\"\nscsi0:1.fileName = \"own.vmdk\"",
        );
        assert_eq!(vmx.name.as_deref(), Some("say \"hi\""));
        assert_eq!(vmx.pci, ["0000:05:00.0"]);
        assert_eq!(vmx.disks, ["/vmfs/volumes/x/y/z.vmdk"]);
    }
}
