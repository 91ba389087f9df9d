//! The pages under `docs/` and the README held against the program: the tables of decisions, and what it prints.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use vmcoroner::internals::progress::Silent;
use vmcoroner::internals::report::model::Report;
use vmcoroner::internals::report::text::{TextOptions, write};
use vmcoroner::internals::rules::RuleSet;
use vmcoroner::internals::terms::Origin;
use vmcoroner::internals::verdict::page::tables;
use vmcoroner::{Options, analyze};

fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// A fenced block whose info string names a bundle: the bundle and the text.
fn blocks(page: &str) -> Vec<(PathBuf, String)> {
    let mut out: Vec<(PathBuf, String)> = Vec::new();
    let mut open = false;
    for line in page.lines() {
        if let Some(info) = line.strip_prefix("```") {
            let bundle = info.split_once("bundle=").map(|(_, path)| path.trim());
            open = !open && bundle.is_some();
            if let Some(bundle) = bundle {
                out.push((Path::new(env!("CARGO_MANIFEST_DIR")).join(bundle), String::new()));
            }
        } else if open {
            let (_, text) = out.last_mut().unwrap();
            text.push_str(line);
            text.push('\n');
        }
    }
    out
}

fn run(bundle: &Path) -> (Report, String) {
    let mut options = Options::new(Arc::new(RuleSet::builtin().unwrap()));
    options.hints = vmcoroner::internals::HINTS;
    let report = analyze(&[bundle.to_path_buf()], &options, &Silent).unwrap();
    let mut out = Vec::new();
    write(&report, TextOptions { width: Some(100), hints: vmcoroner::internals::HINTS }, &mut out).unwrap();
    let shown = anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string();
    (report, shown)
}

/// Every stretch of the block between lines of `…` is in what the program prints, in this order.
fn assert_shown(name: &str, bundle: &Path, block: &str, shown: &str) {
    let mut rest = shown;
    let body: Vec<&str> = block.lines().filter(|line| !line.starts_with("$ ")).collect();
    for stretch in body.split(|line| line.trim() == "…") {
        let stretch = stretch.join("\n");
        let stretch = stretch.trim_matches('\n');
        match rest.find(stretch) {
            Some(at) => rest = rest.get(at + stretch.len()..).unwrap(),
            None => panic!(
                "{name} does not show what the program prints for {}. The page has\n{stretch}\n\nThe program prints, at \
                 100 columns without colours,\n{shown}",
                bundle.display()
            ),
        }
    }
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let blocks = blocks(&page("README.md"));
    assert_eq!(blocks.len(), 1);
    for (bundle, block) in blocks {
        assert_shown("README.md", &bundle, &block, &run(&bundle).1);
    }
}

#[test]
fn every_origin_has_an_example_that_holds() {
    let mut seen = Vec::new();
    for (bundle, block) in blocks(&page("docs/verdicts.md")) {
        let (report, shown) = run(&bundle);
        assert_shown("docs/verdicts.md", &bundle, &block, &shown);
        let origins = report.vms.iter().flat_map(|vm| &vm.crashes).map(|crash| crash.verdict.origin);
        seen.extend(origins.filter(|origin| block.contains(&format!("Verdict    {origin}"))));
    }
    for origin in Origin::ALL {
        assert!(seen.contains(origin), "docs/verdicts.md has no example of {origin}");
    }
}

/// With `VMCORONER_WRITE_DOCS` set the page is written again instead.
#[test]
fn the_page_of_verdicts_contains_the_tables_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verdicts.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let mut rest = page.as_str();
    let mut wanted = String::new();
    for (name, table) in tables() {
        let mark = format!("<!-- table: {name} -->\n");
        let (before, after) = rest.split_once(&mark).unwrap_or_else(|| panic!("no table {name}"));
        let (_, behind) = after.split_once("<!-- end -->").unwrap_or_else(|| panic!("{name} does not end"));
        wanted += &format!("{before}{mark}{table}<!-- end -->");
        rest = behind;
    }
    wanted += rest;
    if std::env::var_os("VMCORONER_WRITE_DOCS").is_some() {
        std::fs::write(&path, wanted).unwrap();
        return;
    }
    if let Some((has, should)) = page.lines().zip(wanted.lines()).find(|(has, should)| has != should) {
        panic!("docs/verdicts.md has\n{has}\nand should have\n{should}\n(VMCORONER_WRITE_DOCS=1 writes it)");
    }
    assert_eq!(page.len(), wanted.len());
}
