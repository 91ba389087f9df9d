//! `scenario build DIR` writes the bundles beside their scenarios; `scenario check DIR` says whether they are the
//! ones the scenarios give; `scenario load` writes a large bundle for measuring;
//! `scenario hostile` writes bundles as an enemy would make them and holds a program against them.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod inflate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use scenario::{Error, Load, load_dir, render, write_load};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["build", dir] => build(Path::new(dir)),
        ["check", dir] => check(Path::new(dir)),
        ["hostile", dir] => hostile(Path::new(dir), None),
        ["hostile", dir, "--check", program] => hostile(Path::new(dir), Some(Path::new(program))),
        ["inflate", file] => inflated(Path::new(file)),
        ["load", options @ .., out] => match load_options(options) {
            Some(options) => load(&options, Path::new(out)),
            None => return usage(),
        },
        _ => return usage(),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!(
        "usage: scenario build DIR\n       scenario check DIR\n       scenario load [--size 1GiB] [--vms 30] [--crashes 0] [--seed 7] OUT.tgz\n       \
         scenario hostile DIR [--check PROGRAM]\n       scenario inflate FILE.tgz"
    );
    ExitCode::from(2)
}

/// `512MiB`, `1GiB`, or plain bytes.
fn size(text: &str) -> Option<u64> {
    for (unit, factor) in [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1_u64 << 30)] {
        if let Some(number) = text.strip_suffix(unit) {
            return number.parse::<u64>().ok()?.checked_mul(factor);
        }
    }
    text.parse().ok()
}

fn load_options(arguments: &[&str]) -> Option<Load> {
    let mut load = Load { size: 1 << 30, vms: 30, crashes: 0, seed: 7 };
    for pair in arguments.chunks(2) {
        match *pair {
            ["--size", value] => load.size = size(value)?,
            ["--vms", value] => load.vms = value.parse().ok()?,
            ["--crashes", value] => load.crashes = value.parse().ok()?,
            ["--seed", value] => load.seed = value.parse().ok()?,
            _ => return None,
        }
    }
    Some(load)
}

fn load(load: &Load, out: &Path) -> Result<bool, Error> {
    let file = std::fs::File::create(out).map_err(io(out))?;
    let summary = write_load(load, std::io::BufWriter::new(file))?;
    let packed = std::fs::metadata(out).map_err(io(out))?.len();
    println!(
        "{} members, {} bytes unpacked of which {} logs, {packed} packed",
        summary.members, summary.unpacked, summary.logs
    );
    Ok(true)
}

/// Most memory and time a program may take for one file of the hostile set.
const MOST: (u64, f64) = (192, 10.0);

/// Writes the hostile set; with a program, runs it on each file and says whether it did as it should.
fn hostile(dir: &Path, program: Option<&Path>) -> Result<bool, Error> {
    std::fs::create_dir_all(dir).map_err(io(dir))?;
    let mut good = true;
    for one in scenario::hostile_set(1)? {
        let path = dir.join(&one.name);
        if !path.exists() {
            let mut out = std::io::BufWriter::new(std::fs::File::create(&path).map_err(io(&path))?);
            one.write(&mut out).and_then(|()| std::io::Write::flush(&mut out)).map_err(io(&path))?;
        }
        let Some(program) = program else { continue };
        let work = dir.join("empty");
        std::fs::create_dir_all(&work).map_err(io(&work))?;
        let given = format!("../{}", one.name);
        let most = std::time::Duration::from_secs(120);
        let ran = scenario::measure(program, &[&given, "-f", "json"], &work, most).map_err(io(program))?;
        let mut wrong = Vec::new();
        if !ran.status.is_some_and(|status| one.status.contains(&status)) {
            wrong.push(format!("status is not one of {:?}", one.status));
        }
        if ran.output.contains("panicked") || ran.output.contains("internal error") {
            wrong.push("it panicked".to_owned());
        }
        if !ran.output.contains(one.words) {
            wrong.push(format!("it does not say \"{}\"", one.words));
        }
        if ran.peak_mib > MOST.0 || ran.seconds > MOST.1 {
            wrong.push("too much".to_owned());
        }
        if std::fs::read_dir(&work).map_err(io(&work))?.count() > 0 {
            wrong.push("it wrote a file".to_owned());
        }
        good &= wrong.is_empty();
        let status = ran.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        println!(
            "{:24} {status:>4} {:7.2} s {:5} MiB  {}",
            one.name,
            ran.seconds,
            ran.peak_mib,
            wrong.join("; ")
        );
    }
    Ok(good)
}

fn inflated(file: &Path) -> Result<bool, Error> {
    println!("{} bytes", inflate::inflate(file).map_err(io(file))?);
    Ok(true)
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}

/// The archives in a folder.
fn archives(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(io(dir))? {
        let path = entry.map_err(io(dir))?.path();
        if path.extension().is_some_and(|e| e == "tgz") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn build(dir: &Path) -> Result<bool, Error> {
    let mut wanted = Vec::new();
    let mut total = 0;
    for scenario in load_dir(dir)? {
        for bundle in render(&scenario)? {
            let path = dir.join(&bundle.file_name);
            println!("{:>8}  {}", bundle.bytes.len(), bundle.file_name);
            total += bundle.bytes.len();
            if std::fs::read(&path).ok().as_ref() != Some(&bundle.bytes) {
                std::fs::write(&path, &bundle.bytes).map_err(io(&path))?;
            }
            wanted.push(path);
        }
    }
    for path in archives(dir)? {
        if !wanted.contains(&path) {
            println!("removed   {}", path.display());
            std::fs::remove_file(&path).map_err(io(&path))?;
        }
    }
    println!("{total:>8}  in all, {} bundles", wanted.len());
    Ok(true)
}

fn check(dir: &Path) -> Result<bool, Error> {
    let mut good = true;
    let mut wanted = Vec::new();
    for scenario in load_dir(dir)? {
        for bundle in render(&scenario)? {
            let path = dir.join(&bundle.file_name);
            match std::fs::read(&path) {
                Ok(bytes) if bytes == bundle.bytes => {}
                Ok(_) => {
                    eprintln!("{}: differs from its scenario; run `scenario build`", path.display());
                    good = false;
                }
                Err(error) => {
                    eprintln!("{}: {error}", path.display());
                    good = false;
                }
            }
            wanted.push(path);
        }
    }
    for path in archives(dir)? {
        if !wanted.contains(&path) {
            eprintln!("{}: belongs to no scenario", path.display());
            good = false;
        }
    }
    Ok(good)
}
