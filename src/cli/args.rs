//! Options that several commands share, and how their values are read.

use super::exit::{FailOn, Failure};
use super::output::Target;
use crate::cli::formats::ANALYZE;
use crate::cli::hints::HINTS;
use crate::limits::Limits;
use crate::log::{Millis, read_asked, rfc3339};
use crate::report::Format;
use crate::rules::{Duration, RuleSet};
use crate::verdict::thresholds::{WINDOW_AFTER_MS, WINDOW_BEFORE_MS};
use crate::windows::Given;
use crate::{Options, Threads};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// When to show something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl ColorWhen {
    /// Makes it the choice of every stream that is opened from now on.
    pub(crate) fn apply(self) {
        match self {
            Self::Auto => {}
            Self::Always => anstream::ColorChoice::Always.write_global(),
            Self::Never => anstream::ColorChoice::Never.write_global(),
        }
    }
}

/// What `analyze` takes.
#[derive(Debug, Args)]
pub(crate) struct AnalyzeArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) time: TimeArgs,
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "text", value_parser = ANALYZE, help_heading = "Output")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// Also write a report of the same run in this format to FILE, or to standard output with -; may be repeated
    #[arg(long, value_name = "FORMAT=FILE", value_parser = report_to, help_heading = "Output")]
    pub(crate) report: Vec<ReportTo>,
    /// With --format jsonl: skip the inputs that this file of an earlier run already contains; copy their lines
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) resume: Option<PathBuf>,
    /// Compare with this bugcheck, written as on the blue screen or in a debugger; numbers are hexadecimal
    #[arg(long, value_name = "CODE(A,B,C,D)", help_heading = "Verdicts")]
    pub(crate) bugcheck: Option<Given>,
    /// Count evidence from this long before a crash
    #[arg(long, value_name = "DURATION", default_value = shown(WINDOW_BEFORE_MS), value_parser = duration, help_heading = "Verdicts")]
    pub(crate) window_before: Duration,
    /// Count evidence that is logged up to this long after a crash
    #[arg(long, value_name = "DURATION", default_value = shown(WINDOW_AFTER_MS), value_parser = duration, help_heading = "Verdicts")]
    pub(crate) window_after: Duration,
    /// Exit with status 10 if a crash has one of these origins: a comma-separated list of origins, `any` or `infrastructure`
    #[arg(long, value_name = "LIST", value_parser = FailOn::parse, help_heading = "Verdicts")]
    pub(crate) fail_on: Option<FailOn>,
}

/// What is to be read, and how.
#[derive(Debug, Args)]
pub(crate) struct InputArgs {
    /// A bundle, an archive or folder of bundles, an unpacked bundle, a single log, or - for standard input
    #[arg(value_name = "PATH", required_unless_present = "files_from")]
    pub(crate) paths: Vec<PathBuf>,
    /// Also read the paths in this file, or on standard input with -; one a line, or separated by NUL
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) files_from: Option<PathBuf>,
    /// What standard input (-) is called
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) name: Option<String>,
    /// Only VMs whose name matches; * matches any text, ? one character
    #[arg(long, value_name = "GLOB", help_heading = "Input")]
    pub(crate) vm: Option<String>,
    /// Add the rule files in this folder; a rule with the id of a built-in rule replaces it
    #[arg(long, value_name = "DIR", help_heading = "Input")]
    pub(crate) rules: Option<PathBuf>,
    /// Number of threads; by default one for each core
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Input")]
    pub(crate) jobs: Option<u16>,
    /// Change a limit (depth, output, members, vms …) on how much of an input is read
    #[arg(long, value_name = "NAME=VALUE", value_parser = limit, help_heading = "Input")]
    pub(crate) limit: Vec<Limit>,
    /// When to show progress, on standard error
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", help_heading = "Display")]
    pub(crate) progress: When,
}

impl InputArgs {
    fn limits(&self) -> Result<Limits, Failure> {
        let mut limits = Limits::default();
        for Limit(text) in &self.limit {
            limits.set(text).map_err(|why| Failure::usage(format!("--limit {text}: {why}")))?;
        }
        Ok(limits)
    }

    /// The options of a run with the windows as they are by default.
    pub(crate) fn options(&self) -> Result<Options, Failure> {
        let mut options = Options::new(Arc::new(match self.rules.as_deref() {
            Some(dir) => RuleSet::with_dir(dir)?,
            None => RuleSet::brief()?,
        }));
        options.threads = self.jobs.map_or(Threads::Machine, |jobs| Threads::Exactly(usize::from(jobs)));
        options.hints = HINTS;
        options.vm.clone_from(&self.vm);
        options.limits = self.limits()?;
        Ok(options)
    }
}

/// Of which time the result is to tell.
#[derive(Debug, Args)]
pub(crate) struct TimeArgs {
    /// Only events at this time or later: 2026-03-14 or 2026-03-14T03:00; UTC unless an offset is given
    #[arg(long, value_name = "TIME", value_parser = since, help_heading = "Input")]
    since: Option<Millis>,
    /// Only events at this time or earlier; a date alone includes the whole day
    #[arg(long, value_name = "TIME", value_parser = until, help_heading = "Input")]
    until: Option<Millis>,
}

impl TimeArgs {
    /// Makes them options of a run.
    pub(crate) fn apply(&self, options: &mut Options) -> Result<(), Failure> {
        (options.since, options.until) = (self.since, self.until);
        match (self.since, self.until) {
            (Some(since), Some(until)) if since > until => Err(Failure::usage(format!(
                "--since {} is later than --until {}",
                rfc3339(since),
                rfc3339(until)
            ))),
            _ => Ok(()),
        }
    }
}

fn since(text: &str) -> Result<Millis, String> {
    moment(text, false)
}

fn until(text: &str) -> Result<Millis, String> {
    moment(text, true)
}

fn moment(text: &str, end: bool) -> Result<Millis, String> {
    read_asked(text, end).ok_or_else(|| "write a time like 2026-03-14 or 2026-03-14T03:00:00Z".to_owned())
}

/// Where the result goes.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Write to FILE; - is standard output
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

impl OutputArgs {
    /// Where the result goes.
    pub(crate) fn target(&self) -> Target {
        Target::of(self.output.as_deref())
    }
}

/// The built-in rules, with those of a folder if there is one.
pub(crate) fn rule_set(dir: Option<&Path>) -> Result<RuleSet, Failure> {
    Ok(match dir {
        Some(dir) => RuleSet::with_dir(dir)?,
        None => RuleSet::builtin()?,
    })
}

/// A parser for a list of words, which names them all where another is given.
macro_rules! words_parser {
    ($words:ty) => {
        PossibleValuesParser::new(<$words>::ALL.iter().map(|word| word.as_str()))
            .try_map(|word| <$words>::parse(&word).ok_or("it is not a known word"))
    };
}
pub(crate) use words_parser;

/// A change of a budget that was found to be right.
#[derive(Debug, Clone)]
pub(crate) struct Limit(String);

fn limit(text: &str) -> Result<Limit, String> {
    Limits::default().set(text).map(|()| Limit(text.to_owned()))
}

/// One of several outputs.
#[derive(Debug, Clone)]
pub(crate) struct ReportTo {
    pub(crate) format: Format,
    pub(crate) target: Target,
}

fn report_to(text: &str) -> Result<ReportTo, String> {
    let (format, file) = text.split_once('=').ok_or("write it as FORMAT=FILE, such as json=report.json")?;
    let format = ANALYZE.read(format)?;
    if file.is_empty() {
        return Err("the name of the file is missing".to_owned());
    }
    Ok(ReportTo { format, target: Target::of(Some(Path::new(file))) })
}

/// A span of time as it is written on the command line.
fn shown(ms: Millis) -> String {
    format!("{}m", ms / 60_000)
}

fn duration(text: &str) -> Result<Duration, String> {
    Duration::parse(text).ok_or_else(|| "write a span of time like 90s, 15m, 2h or 1h30m".to_owned())
}
