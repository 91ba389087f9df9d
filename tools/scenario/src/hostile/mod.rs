//! Bundles as an enemy or a broken disk would make them, and what a reader has to say about each.

mod check;
mod files;
mod raw;

use std::io::{self, Write};

pub use check::{Measured, measure};

/// One file of the hostile set.
pub struct Hostile {
    /// File name.
    pub name: String,
    /// The exit statuses that are right for it.
    pub status: &'static [i32],
    /// What its notes have to contain.
    pub words: &'static str,
    make: Make,
}

type Make = Box<dyn Fn(&mut dyn Write) -> io::Result<()>>;

impl Hostile {
    /// Writes it.
    ///
    /// # Errors
    /// What the writer reports.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        (self.make)(out)
    }
}

/// The whole set; `scale` divides what is large, so that tests can have it small.
///
/// # Errors
/// The bundle that is damaged cannot be made.
pub fn hostile_set(scale: u64) -> Result<Vec<Hostile>, crate::Error> {
    files::all(scale.max(1))
}
