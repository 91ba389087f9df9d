//! What the tests share: where things lie, how a scenario becomes a report, how misses are shown.

pub(crate) mod cases;
pub(crate) mod decisive;
pub(crate) mod program;
pub(crate) mod table;

use rayon::prelude::*;
use scenario::{Bundle, Scenario};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use table::Table;
use vmcoroner::internals::clean::clean;
use vmcoroner::internals::report::model::{Confidence, Crash, Origin, Report, Vm};
use vmcoroner::internals::rules::RuleSet;

/// The root of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of the scenarios and their archives.
pub(crate) fn sample_bundles() -> PathBuf {
    repository().join("sample-bundles")
}

/// All scenarios, by name.
pub(crate) fn scenarios() -> &'static [Scenario] {
    static ALL: LazyLock<Vec<Scenario>> = LazyLock::new(|| scenario::load_dir(sample_bundles()).unwrap());
    &ALL
}

/// The scenario of this name.
pub(crate) fn scenario_named(name: &str) -> &'static Scenario {
    scenarios().iter().find(|scenario| scenario.name == name).unwrap_or_else(|| panic!("no scenario {name}"))
}

/// The committed archives of a scenario, one per host.
pub(crate) fn archives(scenario: &Scenario) -> Vec<PathBuf> {
    let file = |host: &scenario::Host| match scenario.hosts.len() {
        1 => format!("{}.tgz", scenario.name),
        _ => format!("{}.{}.tgz", scenario.name, host.name.split('.').next().unwrap()),
    };
    scenario
        .hosts
        .iter()
        .filter(|host| host.collected)
        .map(|host| sample_bundles().join(file(host)))
        .collect()
}

/// The built-in rules.
pub(crate) fn rules() -> Arc<RuleSet> {
    static RULES: LazyLock<Arc<RuleSet>> =
        LazyLock::new(|| Arc::new(RuleSet::builtin().unwrap_or_else(|error| panic!("{error}"))));
    Arc::clone(&RULES)
}

/// Analyses paths with so many jobs; panics if there is no report.
pub(crate) fn analyze_with(paths: &[PathBuf], jobs: usize) -> Report {
    try_analyze(paths, jobs).unwrap_or_else(|error| panic!("{paths:?}: {error}"))
}

/// Analyses paths with so many jobs.
pub(crate) fn try_analyze(paths: &[PathBuf], jobs: usize) -> Result<Report, vmcoroner::Error> {
    let mut options = vmcoroner::Options::new(rules());
    options.threads = vmcoroner::Threads::Exactly(jobs);
    options.hints = vmcoroner::internals::HINTS;
    vmcoroner::analyze(paths, &options, &vmcoroner::internals::progress::Silent)
}

/// Analyses paths in one thread.
pub(crate) fn analyze(paths: &[PathBuf]) -> Report {
    analyze_with(paths, 1)
}

/// The report of the committed archives of a scenario.
pub(crate) fn committed(scenario: &Scenario) -> Report {
    analyze(&archives(scenario))
}

/// Files in a folder that goes away.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file and gives its path.
    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// The report of bundles that are not on disk; its paths are the bare file names, so that two can be compared.
pub(crate) fn analyze_bundles(bundles: &[Bundle]) -> Report {
    let folder = Folder::new();
    let paths: Vec<PathBuf> =
        bundles.iter().map(|bundle| folder.put(&bundle.file_name, &bundle.bytes)).collect();
    without_folders(analyze(&paths))
}

/// The report with the bare file names of its inputs, and without the sizes of its files.
pub(crate) fn without_folders(mut report: Report) -> Report {
    for input in &mut report.inputs {
        let name = Path::new(&input.path).file_name().unwrap().to_string_lossy().into_owned();
        input.path = name;
    }
    for file in &mut report.files {
        file.path = Path::new(&file.path).file_name().unwrap().to_string_lossy().into_owned();
        file.bytes = 0;
    }
    report
}

/// The report as JSON text.
pub(crate) fn json_text(report: &Report) -> String {
    let mut out = Vec::new();
    vmcoroner::internals::report::json::write(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The report as a JSON value.
pub(crate) fn json(report: &Report) -> serde_json::Value {
    serde_json::from_str(&json_text(report)).unwrap()
}

/// Milliseconds since 1970 of a time of a report.
pub(crate) fn millis(time: &str) -> i64 {
    let time: jiff::Timestamp = time.parse().unwrap_or_else(|error| panic!("{time}: {error}"));
    time.as_millisecond()
}

/// When a crash was, in milliseconds since 1970.
pub(crate) fn crash_millis(crash: &Crash) -> i64 {
    crash.time.unwrap_or_else(|| panic!("{}: no time", crash.id)).ms()
}

/// All crashes of a report with their VMs.
pub(crate) fn crashes(report: &Report) -> impl Iterator<Item = (&Vm, &Crash)> {
    report.vms.iter().flat_map(|vm| vm.crashes.iter().map(move |crash| (vm, crash)))
}

/// Whether this is the VM of that name in a scenario; the report shows names without control characters.
pub(crate) fn is_named(vm: &Vm, name: &str) -> bool {
    vm.name.as_deref() == Some(&*clean(name))
}

/// The name of the host a VM was found on.
pub(crate) fn host_name<'a>(report: &'a Report, vm: &Vm) -> Option<&'a str> {
    let host = report.hosts.iter().find(|host| Some(&host.id) == vm.host.as_ref())?;
    host.name.as_deref()
}

/// Whether two reports tell of the same crash of the same VM.
pub(crate) fn same_crash((a_vm, a): (&Vm, &Crash), (b_vm, b): (&Vm, &Crash)) -> bool {
    let same_vm = a_vm.name == b_vm.name || a_vm.config.is_some() && a_vm.config == b_vm.config;
    same_vm && (crash_millis(a) - crash_millis(b)).abs() <= 60_000
}

/// How much a verdict claims: nothing if it is undetermined, else its confidence.
pub(crate) fn verdict_rank(crash: &Crash) -> Option<Confidence> {
    (crash.verdict.origin != Origin::Undetermined).then_some(crash.verdict.confidence)
}

/// The folder of the labelled cases, if the environment names one.
pub(crate) fn cases_folder() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("VMCORONER_CASES")?);
    // Tests run in the folder of the package; the variable may be relative to it.
    let folder = repository().join(folder);
    assert!(folder.is_dir(), "VMCORONER_CASES names {}, which is no folder", folder.display());
    Some(folder)
}

/// Says that a test had nothing to look at.
pub(crate) fn skipped(test: &str) {
    println!("{test}: skipped, VMCORONER_CASES is not set");
}

/// Looks at each scenario, several side by side; the misses of all in the order of the scenarios.
pub(crate) fn gather(
    scenarios: &[Scenario],
    heads: &[&'static str],
    look: impl Fn(&Scenario, &mut Table) + Sync,
) -> Table {
    let tables: Vec<Table> = scenarios
        .par_iter()
        .map(|scenario| {
            let mut table = Table::new(heads);
            look(scenario, &mut table);
            table
        })
        .collect();
    let mut all = Table::new(heads);
    tables.into_iter().for_each(|table| all.append(table));
    all
}
