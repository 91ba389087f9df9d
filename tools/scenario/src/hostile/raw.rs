//! Tar written field by field: names and sizes that no decent writer would write.

use std::io::{self, Write};

/// Unit of a tar.
pub(super) const BLOCK: usize = 512;

/// A header with any name, size and type, its checksum right.
pub(super) fn header(name: &[u8], size: u64, kind: u8) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let short = name.get(..name.len().min(100)).unwrap_or(name);
    put(&mut block, 0, short);
    put(&mut block, 100, b"0000644\0");
    put(&mut block, 108, b"0000000\0");
    put(&mut block, 116, b"0000000\0");
    if size < 1 << 33 {
        put(&mut block, 124, format!("{size:011o}\0").as_bytes());
    } else {
        // Base 256, for sizes that eleven octal digits cannot hold.
        put(&mut block, 124, &[0x80, 0, 0, 0]);
        put(&mut block, 128, &size.to_be_bytes());
    }
    put(&mut block, 136, b"15052537600\0");
    put(&mut block, 148, b"        ");
    put(&mut block, 156, &[kind]);
    put(&mut block, 257, b"ustar  \0");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    put(&mut block, 148, format!("{sum:06o}\0 ").as_bytes());
    block
}

fn put(block: &mut [u8; BLOCK], at: usize, bytes: &[u8]) {
    if let Some(room) = block.get_mut(at..at + bytes.len()) {
        room.copy_from_slice(bytes);
    }
}

/// A whole member.
pub(super) fn member(out: &mut dyn Write, name: &[u8], kind: u8, data: &[u8]) -> io::Result<()> {
    out.write_all(&header(name, data.len() as u64, kind))?;
    out.write_all(data)?;
    pad(out, data.len() as u64)
}

/// A member whose name is given by a GNU long-name record.
pub(super) fn long_member(out: &mut dyn Write, name: &[u8], data: &[u8]) -> io::Result<()> {
    if name.len() > 100 {
        member(out, b"././@LongLink", b'L', &[name, b"\0"].concat())?;
    }
    member(out, name, b'0', data)
}

/// A member of `times` times the same bytes, which are never in memory together.
pub(super) fn repeated(
    out: &mut dyn Write,
    name: &[u8],
    kind: u8,
    piece: &[u8],
    times: u64,
) -> io::Result<()> {
    let size = piece.len() as u64 * times;
    out.write_all(&header(name, size, kind))?;
    for _ in 0..times {
        out.write_all(piece)?;
    }
    pad(out, size)
}

/// Zeros to the next block.
pub(super) fn pad(out: &mut dyn Write, size: u64) -> io::Result<()> {
    let over = usize::try_from(size % BLOCK as u64).unwrap_or(0);
    out.write_all([0; BLOCK].get(..(BLOCK - over) % BLOCK).unwrap_or_default())
}

/// The blocks that end a tar.
pub(super) fn end(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(&[0; 2 * BLOCK])
}
