//! Makes the corpus the targets start from, out of the sample bundles and the rule files.
//!
//! `cargo run --example seed -- SAMPLE-BUNDLES RULES CORPUS`

use std::fs;
use std::io::Read as _;
use std::path::Path;
use vmcoroner_fuzz::NAMES;

/// Bytes of a member that go into a seed: whole logs would make every run slow.
const MOST: usize = 6_000;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [samples, rules, corpus] = arguments.as_slice() else {
        panic!("usage: seed SAMPLE-BUNDLES RULES CORPUS");
    };
    let corpus = Path::new(corpus);
    for target in ["walk", "lines", "rules", "commands", "analysis"] {
        fs::create_dir_all(corpus.join(target))?;
    }
    for entry in fs::read_dir(rules)?.filter_map(Result::ok) {
        let text = fs::read_to_string(entry.path())?;
        // One rule a seed: a whole file is a slow one.
        for (n, part) in text.split("\n[[rule]]\n").skip(1).enumerate().step_by(4) {
            let name = format!("{}-{n}", entry.file_name().to_string_lossy());
            fs::write(corpus.join("rules").join(name), format!("topic = \"fuzz\"\n\n[[rule]]\n{part}"))?;
        }
    }
    for entry in fs::read_dir(samples)?.filter_map(Result::ok) {
        if entry.path().extension().is_some_and(|extension| extension == "tgz") {
            bundle(&entry.path(), corpus)?;
        }
    }
    Ok(())
}

/// The seeds of one bundle.
fn bundle(path: &Path, corpus: &Path) -> std::io::Result<()> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let bytes = fs::read(path)?;
    let mut tar = Vec::new();
    flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut tar)?;
    let mut all = Vec::new();
    let mut small = tar::Builder::new(Vec::new());
    for (n, member) in tar::Archive::new(&tar[..]).entries()?.enumerate() {
        let mut member = member?;
        let name = String::from_utf8_lossy(&member.path_bytes()).into_owned();
        let below = name.split_once('/').map_or(&*name, |(_, below)| below).to_owned();
        let mut content = Vec::new();
        member.read_to_end(&mut content)?;
        // The end of a log is where the crash is.
        let from = content.len().saturating_sub(MOST);
        let from = from + content[from..].iter().position(|b| *b == b'\n').map_or(0, |at| if from > 0 { at + 1 } else { 0 });
        let tail = &content[from..];
        if n < 12 {
            let mut header = tar::Header::new_gnu();
            header.set_size(tail.len().min(600) as u64);
            small.append_data(&mut header, &name, &tail[..tail.len().min(600)])?;
        }
        let choice = NAMES.iter().position(|known| {
            let last = known.rsplit('/').next().unwrap_or_default();
            below == *known || (below.starts_with("vmfs/") && below.ends_with(last)) || (known.ends_with(".vmx") && below.ends_with(".vmx"))
        });
        let Some(choice) = choice else { continue };
        all.push(0xff);
        all.push(choice as u8);
        all.extend(tail.iter().map(|byte| if *byte == 0xff { b'?' } else { *byte }));
        let own = format!("{stem}-{n}");
        if below.ends_with(".log") {
            let kind = (choice as u8).wrapping_add(n as u8);
            fs::write(corpus.join("lines").join(&own), [&[kind], tail].concat())?;
        } else {
            fs::write(corpus.join("commands").join(&own), tail)?;
        }
    }
    fs::write(corpus.join("analysis").join(&stem), &all)?;
    let small = small.into_inner()?;
    fs::write(corpus.join("walk").join(&stem), [b"T", &small[..]].concat())?;
    fs::write(corpus.join("walk").join(format!("{stem}-gz")), [b"G", &small[..]].concat())?;
    let at = bytes.len() * 2 / 3;
    fs::write(corpus.join("walk").join(format!("{stem}-cut")), &bytes[..at.min(20_000)])
}
