//! Lists the rule files for embedding, so that adding a file needs no change in the source: as they are, and in brief,
//! without what only readers and tests of rules want, so that a run does not parse it at every start.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let mut files: Vec<PathBuf> = std::fs::read_dir(root.join("rules"))?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .collect();
    files.sort();
    let (mut whole, mut brief) = (String::from("&[\n"), String::from("&[\n"));
    for file in &files {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let short = out.join(format!("brief-{name}"));
        std::fs::write(&short, in_brief(&std::fs::read_to_string(file)?))?;
        for (list, path) in [(&mut whole, file.as_path()), (&mut brief, Path::new(&short))] {
            writeln!(list, "    ({name:?}, include_str!({:?})),", path.display().to_string())?;
        }
    }
    std::fs::write(out.join("rule_files.rs"), whole + "]\n")?;
    std::fs::write(out.join("rule_files_brief.rs"), brief + "]\n")?;
    println!("cargo:rerun-if-changed=rules");
    println!("cargo:rerun-if-changed=build.rs");
    Ok(())
}

/// A rule file without samples, explanations, references, comments and blank lines. It knows only as much of TOML as
/// the rule files use; a test compares what both forms parse to.
fn in_brief(text: &str) -> String {
    let mut out = String::new();
    // The mark that ends the string of several lines that is open, and whether what is read is left out.
    let mut open: Option<&str> = None;
    let (mut in_sample, mut leave) = (false, false);
    for line in text.lines() {
        if let Some(mark) = open {
            if !leave {
                out.push_str(line);
                out.push('\n');
            }
            if line.contains(mark) {
                open = None;
            }
            continue;
        }
        let start = line.trim_start();
        if start.starts_with('[') && !line.starts_with(' ') {
            in_sample = start.starts_with("[[rule.positive]]") || start.starts_with("[[rule.negative]]");
        }
        let key = start.split(['=', ' ']).next().unwrap_or_default();
        // A list of several lines is not left out: its end would have to be found.
        let for_readers = matches!(key, "explain" | "about")
            || (matches!(key, "references" | "generations") && start.ends_with(']'));
        leave = in_sample || for_readers || start.is_empty() || start.starts_with('#');
        let value = start.split_once('=').map_or("", |(_, value)| value.trim_start());
        open = ["\"\"\"", "'''"]
            .into_iter()
            .find(|mark| value.strip_prefix(mark).is_some_and(|rest| !rest.contains(mark)));
        if !leave {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}
