//! The pages of `docs/` and the README name files that are there.

use std::path::Path;

/// The words in backquotes that are paths of this repository.
fn paths(page: &str) -> impl Iterator<Item = &str> {
    page.split('`').skip(1).step_by(2).filter(|word| {
        let known =
            ["src/", "tests/", "docs/", "fuzz/", "benches/", "tools/", "sample-bundles/", "examples/"];
        known.iter().any(|start| word.starts_with(start)) && !word.contains(['*', ' ', '<', 'N', '…', '{'])
    })
}

#[test]
fn every_file_that_a_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<_> =
        std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.extend([root.join("README.md"), root.join("CONTRIBUTING.md")]);
    let mut named = 0;
    for page in pages.iter().filter(|page| page.extension().is_some_and(|ext| ext == "md")) {
        let text = std::fs::read_to_string(page).unwrap();
        for path in paths(&text) {
            named += 1;
            assert!(root.join(path).exists(), "{} names {path}", page.display());
        }
    }
    assert!(named > 30, "{named}");
}
