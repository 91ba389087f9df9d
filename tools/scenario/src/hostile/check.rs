//! Runs a program on a file and measures it.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a run took and gave.
#[derive(Debug)]
pub struct Measured {
    /// Exit status; `None` if it was ended by a signal or for taking too long.
    pub status: Option<i32>,
    /// How long it took.
    pub seconds: f64,
    /// Peak memory in MiB, as Linux tells it; 0 elsewhere.
    pub peak_mib: u64,
    /// What it wrote to standard output and standard error.
    pub output: String,
}

/// Runs `program` with these arguments in the folder `dir`, at most for `most`.
///
/// # Errors
/// It cannot be started.
pub fn measure(program: &Path, arguments: &[&str], dir: &Path, most: Duration) -> io::Result<Measured> {
    let (out, err) = (dir.join(".stdout"), dir.join(".stderr"));
    let began = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(fs::File::create(&out)?)
        .stderr(fs::File::create(&err)?)
        .spawn()?;
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status.code();
        }
        let text = fs::read_to_string(&status_file).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse().ok());
        peak_kib = peak_kib.max(now.unwrap_or(0));
        if began.elapsed() > most {
            child.kill()?;
            child.wait()?;
            break None;
        }
        sleep(Duration::from_millis(3));
    };
    let seconds = began.elapsed().as_secs_f64();
    let mut output = String::from_utf8_lossy(&fs::read(&out)?).into_owned();
    output.push_str(&String::from_utf8_lossy(&fs::read(&err)?));
    fs::remove_file(out)?;
    fs::remove_file(err)?;
    Ok(Measured { status, seconds, peak_mib: peak_kib / 1024, output })
}
