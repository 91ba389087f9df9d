//! The worked example of `docs/rules.md`, taken off the page and carried out.

use std::path::Path;
use std::sync::Arc;
use vmcoroner::internals::progress::Silent;
use vmcoroner::internals::rules::{RuleSet, samples};
use vmcoroner::internals::terms::{Confidence, Origin};
use vmcoroner::{Options, analyze};

/// The fenced blocks of a page whose info string names a file: path and text.
fn files(page: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in page.lines() {
        if let Some(info) = line.strip_prefix("```") {
            open = !open && info.contains("file=");
            if let Some((_, path)) = info.split_once("file=") {
                out.push((path.trim().to_owned(), String::new()));
            }
        } else if open {
            let (_, text) = out.last_mut().unwrap();
            text.push_str(line);
            text.push('\n');
        }
    }
    out
}

#[test]
fn the_worked_example_does_what_the_page_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/rules.md")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let files = files(&page);
    assert!(files.iter().any(|(path, _)| path.starts_with("own-rules/")), "the page holds no example");
    for (path, text) in &files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    let own = RuleSet::only_dir(&dir.path().join("own-rules")).unwrap();
    let rules = RuleSet::with_dir(&dir.path().join("own-rules")).unwrap();
    assert_eq!(rules.rules().len(), RuleSet::builtin().unwrap().rules().len() + own.rules().len());
    let failures: Vec<_> = samples::run(&rules)
        .failures
        .into_iter()
        .filter(|failure| own.get(&failure.rule).is_some())
        .collect();
    assert_eq!(failures, []);

    let case = [dir.path().join("case")];
    let verdict = |rules: RuleSet| {
        let report = analyze(&case, &Options::new(Arc::new(rules)), &Silent).unwrap();
        let crashes: Vec<_> = report.vms.into_iter().flat_map(|vm| vm.crashes).collect();
        assert_eq!(crashes.len(), 1);
        crashes.into_iter().next().unwrap()
    };
    let without = verdict(RuleSet::builtin().unwrap());
    assert_eq!(without.verdict.origin, Origin::Undetermined);
    let with = verdict(rules);
    assert_eq!((with.verdict.origin, with.verdict.confidence), (Origin::Storage, Confidence::Likely));
    let ids: Vec<&str> = own.rules().iter().map(|rule| rule.rule.id.as_str()).collect();
    assert!(with.evidence.iter().any(|line| ids.contains(&line.rule.as_str())));
    // The page shows the sentence of the verdict.
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat(&page).contains(&flat(&with.verdict.because)),
        "the page should say: {}",
        with.verdict.because
    );
}
