//! The tests of the program as a whole: from archives, logs and command lines to reports.
//!
//! One binary, so that everything is linked once. Each module holds one promise; what they share is in
//! `it/support`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::string_slice
)]

mod it;
