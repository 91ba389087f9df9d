//! vmcoroner tells where a virtual machine's crash came from, out of a VMware ESXi `vm-support` bundle.
//!
//! ```
//! use vmcoroner::{Options, Silent, Source, analyze};
//!
//! let options = Options::builtin()?;
//! let report = analyze(&[Source::path("sample-bundles/guest-0x50-8.0.tgz")], &options, &Silent)?;
//! for vm in &report.vms {
//!     for crash in &vm.crashes {
//!         println!("{} {} {}", crash.id, crash.verdict.origin, crash.verdict.confidence);
//!     }
//! }
//! assert_eq!(report.summary.crashes, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`Source`] is a path, a stream or bytes in memory; [`Options`] decide the rest, the threads included; the
//! [`Report`] is plain data that serde writes as the JSON of the program. Damage in an input is a note in the report,
//! and [`Error`] is for what leaves nothing to analyse.

// The modules follow the order the data takes: `input` → `bundle` → `log` → `rules` → `scan` → `evidence` →
// `verdict` → `report`. A module knows those before it and never those after it; `terms` contains the words that all of
// them share, `windows` what is known of the guest's own side.
// The rooms are private; what is in them is public to each other, to the program and, by `internals`, to the tests.
#![allow(unreachable_pub)]
// Without program and tests some of it has no caller.
#![cfg_attr(not(all(feature = "cli", feature = "internals")), allow(dead_code, unused_imports))]

mod batch;
mod bundle;
mod clean;
#[cfg(feature = "cli")]
pub mod cli;
mod engine;
mod error;
mod evidence;
mod gather;
mod hints;
mod input;
mod inputs;
mod layout;
mod limits;
mod log;
mod log_content;
mod log_table;
mod options;
mod progress;
mod quoting;
mod read_input;
mod report;
mod rules;
mod scan;
mod selection;
mod source;
mod stream;
mod terms;
mod timeline;
mod trace;
mod verdict;
mod why;
mod windows;

pub use engine::analyze;
pub use error::Error;
pub use hints::Hints;
pub use limits::{Limit, Limits, Stop};
pub use options::{Options, Threads};
pub use progress::{Progress, Silent};
pub use report::model::{self, Report};
pub use report::{Format, json};
pub use rules::{LoadError, RuleSet};
pub use source::Source;
pub use windows::Given;

/// The inner rooms, for the tests, benches and fuzz targets of this repository. They change without notice.
#[cfg(feature = "internals")]
#[doc(hidden)]
#[allow(missing_docs)]
pub mod internals {
    macro_rules! rooms {
        ($($room:ident),+) => { $(pub mod $room { pub use crate::$room::*; })+ };
    }
    /// The hints of the command line.
    #[cfg(feature = "cli")]
    pub const HINTS: crate::Hints = crate::cli::HINTS;
    rooms!(
        bundle,
        clean,
        engine,
        error,
        evidence,
        hints,
        input,
        limits,
        log,
        log_content,
        log_table,
        quoting,
        progress,
        report,
        rules,
        scan,
        stream,
        terms,
        timeline,
        trace,
        verdict,
        why,
        windows
    );
}
