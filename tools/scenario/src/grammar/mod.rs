//! How a line begins, log by log and generation by generation.

pub(crate) mod host;
pub(crate) mod vmware;
pub(crate) mod writer;

/// How serious a line says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sev {
    /// Settings written back by the VMX.
    Notice,
    /// An error.
    Error,
    /// A warning.
    Warning,
    /// Plain information.
    Info,
    /// Chatter.
    Debug,
}
