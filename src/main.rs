//! The program.
fn main() {
    let paths: Vec<std::path::PathBuf> = std::env::args_os().skip(1).map(Into::into).collect();
    let rules = std::sync::Arc::new(vmcoroner::rules::RuleSet::builtin().unwrap());
    let report =
        vmcoroner::analyze(&paths, &vmcoroner::Options::new(rules), &vmcoroner::progress::Silent).unwrap();
    println!("{}", serde_json::to_string_pretty(&report).unwrap());
}
