//! The labelled excerpts of `cases-guest.jsonl` and `cases-host.jsonl`, read from outside the repository, with the
//! stamps and names that their sources masked filled in again.

use regex::Regex;
use serde::Deserialize;
use std::path::Path;
use std::sync::LazyLock;
use vmcoroner::internals::log::LogKind;

/// One excerpt.
#[derive(Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) log_file: String,
    pub(crate) lines: Vec<String>,
    pub(crate) origin_label: String,
    /// What the source says was the cause.
    #[serde(default)]
    pub(crate) stated_cause: String,
    /// What is to be known of the lines: what was cut, masked, left out.
    #[serde(default)]
    pub(crate) notes: String,
}

/// All cases of both files.
pub(crate) fn load(folder: &Path) -> Vec<Case> {
    let mut all = Vec::new();
    for name in ["cases-guest.jsonl", "cases-host.jsonl"] {
        let path = folder.join(name);
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let mut case: Case =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}: {line}"));
            // Templates of messages are no lines.
            case.lines.retain(|line| !line.contains("{{."));
            all.push(case);
        }
    }
    all
}

/// Names of logs as the cases write them. A name that says none of these may be any log.
const KINDS: &[(&str, &[LogKind])] = &[
    ("vmware.log", &[LogKind::Vmware]),
    ("vmkernel", &[LogKind::Vmkernel, LogKind::Vmkwarning]),
    ("vmkwarning", &[LogKind::Vmkwarning, LogKind::Vmkernel]),
    ("hostd", &[LogKind::Hostd, LogKind::HostdCgi, LogKind::Rhttpproxy]),
    ("Hostd", &[LogKind::Hostd]),
    ("vobd", &[LogKind::Vobd]),
    ("fdm", &[LogKind::Fdm]),
    ("vmksummary", &[LogKind::Vmksummary]),
    ("shell.log", &[LogKind::Shell]),
    ("auth.log", &[LogKind::Auth]),
    ("syslog.log", &[LogKind::Syslog]),
    ("ipmi-sel", &[LogKind::Sel]),
    ("folder listing", &[LogKind::FolderListing]),
];

/// Whether the name is that of a log that the program reads. A catalogue lists texts, and is in no log.
pub(crate) fn is_log(name: &str) -> bool {
    !name.contains("catalogue") && KINDS.iter().any(|(word, _)| name.contains(word))
}

impl Case {
    /// The kinds of log its lines may be in.
    pub(crate) fn kinds(&self) -> Vec<LogKind> {
        // "event catalogue (vobd.log / hostd.log event ids)" and the like list texts, not lines of these logs.
        let catalogue = self.log_file.contains("catalogue") || self.log_file.contains("event");
        let mut kinds: Vec<LogKind> = KINDS
            .iter()
            .filter(|(word, _)| !catalogue && self.log_file.contains(word))
            .flat_map(|(_, kinds)| kinds.iter().copied())
            .collect();
        if kinds.is_empty() {
            kinds = LogKind::ALL.to_vec();
        }
        kinds.sort();
        kinds.dedup();
        kinds
    }

    /// Its lines as a log would hold them.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for line in self.lines.iter().flat_map(|line| line.split('\n')) {
            text.push_str(&filled(line));
            text.push('\n');
        }
        text
    }
}

/// What sources mask, and what stands there in a real line.
static MASKS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        // Whole stamps in every style of masking.
        (r"^<YYYY>T<time>(</time>)?:?", "2026-01-02T03:04:05.006Z|"),
        (r"</time>", ""),
        (r"\[?YYYY-MM-DDT?:?HH:MM(:SS)?(\.XXX)?Z?\]?", "2026-01-02T03:04:05.006Z"),
        (r"\[?YYYY-MM-DDThh:mm:ss(\.\d+)?Z?\]?", "2026-01-02T03:04:05.006Z"),
        (r"YYYY-MM-DDT?:?H?H?:?M?M?:?\d*\.\d+Z", "2026-01-02T03:04:05.006Z"),
        (r"####-##-##T##:##:##\.###Z", "2026-01-02T03:04:05.006Z"),
        (r"^\[Date\]T#+", "2026-01-02T03:04:05.006Z"),
        (r"^<date>T", "2026-01-02T"),
        (r"^<later-date>T", "2026-01-03T"),
        // Numbers.
        (r"In\((#+)?\)", "In(182)"),
        (r"cpu#+:#+\)", "cpu12:2101234)"),
        (r"naa\.(#+|x+)", "naa.600a098038304437415d4b6a59685679"),
        (r"NN+", "12345"),
        (r"\bup XXdXXhXXmXXs, X VMs\b", "up 12d3h4m5s, 6 VMs"),
        (r"\[X{3,}\]", "[2101234]"),
        // Names in angle brackets; `<ex. 123>` gives the example itself.
        (r"<ex\. (\d+)>", "$1"),
        (r"\bhost-<ID>", "host-113"),
        (r"<datastore uuid>|<datastore>|VOLUME_UUID", "5f1e6f2e-8a9b1c2d-3e4f-a0369f112233"),
        (r"<(VM|vm)[ _]?([Nn]ame|NAME)>|<Virtual machine Name>|VM_NAME", "APP01"),
        (r"0x#+", "0x1a2b"),
        (r"#{3,}", "2101234"),
        (r"##", "12"),
    ]
    .map(|(pattern, value)| (Regex::new(pattern).unwrap(), value))
    .into()
});

/// A line with its masks filled in.
fn filled(line: &str) -> String {
    MASKS.iter().fold(line.to_owned(), |line, (mask, value)| mask.replace_all(&line, *value).into_owned())
}
