//! Detections as data: the rule model, the loader, the fast filter and the matcher.

mod compiled;
mod decode;
mod embedded;
mod filter;
mod model;
mod needs;
mod registry;
pub mod samples;

pub use compiled::{Captures, Compiled, LineResult};
pub use filter::{Filter, Mark};
pub use model::{
    Count, Decoder, Duration, Fact, Grade, GradeStep, Interval, KnownIssue, Negative, OneOrMany, Part, Positive, Rule,
    RuleFile, TieBy, TimeRelation,
};
pub use registry::{LoadError, RuleError, RuleSet, check};
