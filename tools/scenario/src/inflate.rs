//! Inflating alone, with the decompressor of the program: the speed that reading a bundle cannot pass.

use flate2::{Decompress, FlushDecompress, Status};
use std::io::{self, Read};
use std::path::Path;

/// Bytes of either buffer; as in the program.
const BUFFER: usize = 256 << 10;

/// Inflates the first gzip member of a file and drops what comes out; gives its bytes.
///
/// # Errors
/// If the file cannot be read, is no gzip, or ends early.
pub(crate) fn inflate(path: &Path) -> io::Result<u64> {
    let mut file = std::fs::File::open(path)?;
    let (mut packed, mut plain) = (vec![0; BUFFER], vec![0; BUFFER]);
    let mut inflater = Decompress::new_gzip(15);
    let (mut start, mut end, mut bytes) = (0, 0, 0_u64);
    loop {
        if start == end {
            (start, end) = (0, file.read(&mut packed)?);
        }
        let (taken, given) = (inflater.total_in(), inflater.total_out());
        let status = inflater.decompress(
            packed.get(start..end).unwrap_or_default(),
            &mut plain,
            FlushDecompress::None,
        )?;
        start += usize::try_from(inflater.total_in() - taken).unwrap_or(0);
        bytes += inflater.total_out() - given;
        if status == Status::StreamEnd {
            return Ok(bytes);
        }
        if end == 0 && inflater.total_out() == given {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
