//! Inflates a gzip file with the decompressor that the program uses, and drops what comes out: the speed that reading a
//! bundle cannot pass.
#![allow(clippy::print_stdout)]

use flate2::{Decompress, FlushDecompress, Status};
use std::io::Read;

/// Bytes of either buffer; as in the program.
const BUFFER: usize = 256 << 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: inflate FILE.tgz")?;
    let mut file = std::fs::File::open(path)?;
    let (mut packed, mut plain) = (vec![0; BUFFER], vec![0; BUFFER]);
    let mut inflater = Decompress::new_gzip(15);
    let (mut start, mut end, mut bytes) = (0, 0, 0_u64);
    loop {
        if start == end {
            (start, end) = (0, file.read(&mut packed)?);
        }
        let (taken, given) = (inflater.total_in(), inflater.total_out());
        let status = inflater.decompress(packed.get(start..end).unwrap_or_default(), &mut plain, FlushDecompress::None)?;
        start += usize::try_from(inflater.total_in() - taken)?;
        bytes += inflater.total_out() - given;
        if status == Status::StreamEnd {
            break;
        }
        if end == 0 && inflater.total_out() == given {
            return Err("the file ends early".into());
        }
    }
    println!("{bytes} bytes");
    Ok(())
}
