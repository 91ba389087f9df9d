//! Writes the sample bundles of `vmcoroner` from readable scenario files.
//!
//! A scenario is one TOML file: hosts, volumes, VMs, what happened to them second by second, and the verdicts an
//! analyser should reach. [`render`] plays it and gives the vm-support bundles the hosts would have left, scaled
//! down but with the real layout, line forms and everyday noise of their generation. Names, ids and times are
//! invented. The same scenario always gives the same bytes.
//!
//! ```
//! let scenario = scenario::parse(
//!     "demo",
//!     r#"
//!     about = "A guest crashes by itself."
//!     base = "2026-03-14T03:00:00Z"
//!     [[hosts]]
//!     name = "esx01.lab.example"
//!     generation = "8.0"
//!     [[volumes]]
//!     label = "gold-01"
//!     [[vms]]
//!     name = "APP01"
//!     [[events]]
//!     at = 0
//!     kind = "bugcheck"
//!     vm = "APP01"
//!     code = "0x50"
//!     args = ["0x0", "0x1", "0x2", "0x3"]
//!     "#,
//! )?;
//! let bundles = scenario::render(&scenario)?;
//! assert_eq!(bundles[0].file_name, "demo.tgz");
//! # Ok::<(), scenario::Error>(())
//! ```

mod archive;
mod error;
mod event;
mod events;
mod generation;
mod grammar;
mod hostile;
mod layout;
mod load;
mod model;
mod noise;
mod read;
mod render;
mod rng;
mod stage;
mod time;

pub use error::Error;
pub use event::{Event, EventKind};
pub use generation::Generation;
pub use hostile::{Hostile, Measured, hostile_set, measure};
pub use load::{Load, LoadSummary, write_load};
pub use model::{Expect, ExpectOperation, Host, OneOrMany, Reach, Scenario, TarForm, Vm, Volume, VolumeKind};
pub use read::{load_dir, load_file, parse};
pub use render::{Bundle, Options, render, render_with, render_with_order, render_without};
pub use time::{Millis, iso};
