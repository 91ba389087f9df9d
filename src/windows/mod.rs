//! The guest's side of a Windows crash: the bugcheck table, what a person read off the blue screen or out of a
//! dump, and the comparison of both with what the host's logs say.

mod bugcheck_arg;
mod details;
mod names;
mod points_to;
mod table;

pub use bugcheck_arg::{Given, ParseGivenError, compare};
pub use points_to::{io_status, points_to};
pub use table::{Bugcheck, all, lookup, lookup_name};
