//! Detections as data: the rule model, the loader, the fast filter and the matcher.

mod captures;
mod compiled;
mod decode;
mod duration;
mod embedded;
mod filter;
mod fingerprint;
mod floor;
mod model;
mod needs;
pub mod reference;
mod references;
mod registry;
pub mod samples;

pub use captures::Captures;
pub use compiled::{Compiled, LineResult};
pub use duration::Duration;
pub use filter::{Filter, LiteralHit};
pub use model::{
    Count, Decoder, Fact, Grade, GradeStep, Interval, KnownIssue, Negative, OneOrMany, Part, Positive, Rule,
    RuleFile, TieBy, TimeRelation,
};
pub use references::{Fault, Help};
pub use registry::{LoadError, RuleError, RuleId, RuleSet, check};
