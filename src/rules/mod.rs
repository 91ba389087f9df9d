//! Detections as data: the rule model, the loader, the fast filter and the matcher.

mod captures;
mod compiled;
mod decode;
mod duration;
mod embedded;
mod fact;
mod filter;
mod fingerprint;
mod inner_literals;
mod min_number;
mod model;
pub mod reference_page;
mod registry;
pub mod samples;
mod validate;

pub use captures::Captures;
pub use compiled::{Compiled, LineResult};
pub use duration::Duration;
pub use fact::Fact;
pub use filter::{Filter, LiteralHit};
pub use model::{
    Count, Decoder, Grade, GradeStep, Interval, KnownIssue, Negative, OneOrMany, Part, Positive, Rule,
    RuleFile, TieBy, TimeRelation,
};
pub use registry::{LoadError, RuleError, RuleId, RuleSet, check};
pub use validate::{Fault, Help};
