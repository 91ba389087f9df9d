//! Members as a `.tgz`, the way the real writer makes one.

use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use crate::layout::Member;
use crate::model::TarForm;
use crate::time::Millis;

/// Tar is padded to records of this size.
pub(crate) const RECORD: usize = 10_240;
/// Longer names do not fit into a header.
const NAME: usize = 100;

/// A gzip'd tar of the members below `top`. The same input always gives the same bytes.
pub(crate) fn tgz(top: &str, members: &[Member], form: TarForm, at: Millis) -> io::Result<Vec<u8>> {
    let tar = tar(top, members, form)?;
    let seconds = u32::try_from(at / 1_000).unwrap_or(0);
    let header = GzBuilder::new().filename(format!("{top}.tgz")).mtime(seconds).operating_system(255);
    let mut writer = header.write(Vec::new(), Compression::new(9));
    writer.write_all(&tar)?;
    writer.finish()
}

/// The tar alone.
fn tar(top: &str, members: &[Member], form: TarForm) -> io::Result<Vec<u8>> {
    let mut builder = Builder::new(Vec::new());
    for member in members {
        append(&mut builder, top, member, form)?;
    }
    let mut bytes = builder.into_inner()?;
    bytes.resize(bytes.len().next_multiple_of(RECORD), 0);
    Ok(bytes)
}

/// One member, in either form.
pub(crate) fn append<W: Write>(
    builder: &mut Builder<W>,
    top: &str,
    member: &Member,
    form: TarForm,
) -> io::Result<()> {
    let path = format!("{top}/{}", member.path);
    match form {
        TarForm::Gnu => {
            let mut header = fill(Header::new_gnu(), member);
            builder.append_data(&mut header, &path, member.bytes.as_slice())
        }
        TarForm::Pax => pax(builder, &path, member),
    }
}

fn fill(mut header: Header, member: &Member) -> Header {
    header.set_size(u64::try_from(member.bytes.len()).unwrap_or(0));
    header.set_mode(if member.made { 0o644 } else { 0o600 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(u64::try_from(member.at / 1_000).unwrap_or(0));
    header.set_entry_type(EntryType::Regular);
    header
}

/// A pax header holds what the plain one cannot: long or non-ASCII names, and fractions of a second.
fn pax<W: Write>(builder: &mut Builder<W>, path: &str, member: &Member) -> io::Result<()> {
    let mut records = Vec::new();
    let plain = path.is_ascii() && path.len() <= NAME;
    if !plain {
        record(&mut records, "path", path);
    }
    if !member.made {
        let time = format!("{}.{:03}", member.at / 1_000, member.at.rem_euclid(1_000));
        record(&mut records, "mtime", &time);
    }
    if !records.is_empty() {
        let mut header = Header::new_ustar();
        header.set_path("././@PaxHeader")?;
        header.set_size(u64::try_from(records.len()).unwrap_or(0));
        header.set_mode(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_entry_type(EntryType::XHeader);
        header.set_cksum();
        builder.append(&header, records.as_slice())?;
    }
    let mut header = fill(Header::new_ustar(), member);
    if plain {
        header.set_path(path)?;
    } else {
        let short: String = path.chars().map(|c| if c.is_ascii() { c } else { '?' }).take(NAME - 1).collect();
        header.set_path(short.trim_end_matches('/'))?;
    }
    header.set_cksum();
    builder.append(&header, member.bytes.as_slice())
}

/// `LENGTH KEY=VALUE\n`, where LENGTH counts itself.
fn record(out: &mut Vec<u8>, key: &str, value: &str) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    out.extend(format!("{length} {key}={value}\n").bytes());
}

#[cfg(test)]
mod tests {
    use super::record;

    #[test]
    fn a_pax_record_counts_itself() {
        let mut out = Vec::new();
        record(&mut out, "path", "abc");
        assert_eq!(out, b"12 path=abc\n");
        out.clear();
        record(&mut out, "mtime", &"1".repeat(90));
        assert_eq!(out.len(), 101);
        assert!(out.starts_with(b"101 mtime=1"));
    }
}
