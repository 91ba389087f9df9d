//! A scenario becomes bundles.

use crate::error::Error;
use crate::event::Event;
use crate::model::{Scenario, TarForm};
use crate::read::validate_event;
use crate::{archive, events, layout, noise};

/// One bundle of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The archive's file name beside the scenario.
    pub file_name: String,
    /// The host it comes from.
    pub host: String,
    /// The folder at the top of the archive.
    pub top_folder: String,
    /// The archive.
    pub bytes: Vec<u8>,
}

/// What tests may ask to be different.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Another order of the members.
    pub order: Option<u64>,
    /// Logs to leave out: names of `var/run/log`, or `sel`.
    pub without: Vec<String>,
    /// Things that happen besides.
    pub extra: Vec<Event>,
}

/// The bundles of a scenario, one for each host. The same scenario always gives the same bytes.
///
/// # Errors
/// If the scenario makes no sense.
pub fn render(scenario: &Scenario) -> Result<Vec<Bundle>, Error> {
    render_with(scenario, &Options::default())
}

/// The same bundles with their members in another order.
///
/// # Errors
/// As [`render`].
pub fn render_with_order(scenario: &Scenario, seed: u64) -> Result<Vec<Bundle>, Error> {
    render_with(scenario, &Options { order: Some(seed), ..Options::default() })
}

/// The same bundles without one log (`hostd`, `vmkernel`, `sel`, …) and its rotated files.
///
/// # Errors
/// As [`render`].
pub fn render_without(scenario: &Scenario, log: &str) -> Result<Vec<Bundle>, Error> {
    render_with(scenario, &Options { without: vec![log.to_owned()], ..Options::default() })
}

/// The bundles with any of these changes. Added events leave all other lines as they were.
///
/// # Errors
/// As [`render`].
pub fn render_with(scenario: &Scenario, options: &Options) -> Result<Vec<Bundle>, Error> {
    for (index, event) in options.extra.iter().enumerate() {
        validate_event(scenario, &format!("extra[{index}]"), event)?;
    }
    let mut stage = events::play(scenario, &options.extra)?;
    noise::fill(&mut stage);
    let mut bundles = Vec::new();
    for (index, host) in stage.hosts.iter().enumerate().filter(|(_, host)| host.spec.collected) {
        let members = layout::members(&stage, index, &options.without, options.order)?;
        let top_folder = layout::top_folder(&stage, index);
        let usual = if host.generation.pax() { TarForm::Pax } else { TarForm::Gnu };
        let bytes = archive::tgz(&top_folder, &members, host.spec.tar.unwrap_or(usual), host.captured)
            .map_err(|source| Error::Archive { scenario: scenario.name.clone(), source })?;
        bundles.push(Bundle {
            file_name: file_name(scenario, &host.spec.name),
            host: host.spec.name.clone(),
            top_folder,
            bytes,
        });
    }
    Ok(bundles)
}

fn file_name(scenario: &Scenario, host: &str) -> String {
    if scenario.hosts.len() == 1 {
        format!("{}.tgz", scenario.name)
    } else {
        format!("{}.{}.tgz", scenario.name, host.split('.').next().unwrap_or(host))
    }
}
