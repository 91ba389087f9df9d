//! What can be wrong with a scenario.

use std::path::PathBuf;

/// A scenario that cannot be read or rendered. Every message names the scenario and, where there is one, the
/// field to look at.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file or folder could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a scenario: bad TOML, or an unknown or ill-typed field.
    #[error("{scenario}: {source}")]
    Toml {
        /// The scenario's name.
        scenario: String,
        /// What is wrong and where.
        source: Box<toml::de::Error>,
    },
    /// A field holds something that makes no sense.
    #[error("{scenario}: {field}: {problem}")]
    Field {
        /// The scenario's name.
        scenario: String,
        /// The field, as a path such as `events[3].vm`.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The archive could not be put together.
    #[error("{scenario}: archive: {source}")]
    Archive {
        /// The scenario's name.
        scenario: String,
        /// What the writer said.
        source: std::io::Error,
    },
}
