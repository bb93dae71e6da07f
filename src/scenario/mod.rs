//! Text to checked meaning: the only layer that knows TOML.
//!
//! In: a file (and the files it extends). Out: a [`Scenario`] that later layers take without
//! asking, or every problem of the file at once. Next: `plan`.

mod acts;
mod calendars;
mod classes;
mod condition;
mod dates;
mod dist;
mod dist_rules;
mod effects;
mod expect;
mod files;
pub mod finding;
mod inventory;
mod lex;
mod links;
mod lower;
mod margins;
mod merge;
mod names;
mod people;
mod population;
mod profiles;
mod quotas;
mod read;
mod renames;
mod rules;
pub mod schema;
pub mod sites;
mod start;
mod steps;
mod takes;
#[cfg(test)]
mod tests;
mod tree;
mod types;
mod waves;
mod words;

use std::io;
use std::path::Path;

pub use expect::{Expect, ExpectSearch, ExpectSimulate, ExpectVerify, Expected, Measure};
pub use files::LIST_MAX;
pub use margins::{ExpectMargin, Reach};
pub use start::Start;
pub use types::*;
pub use waves::{BEFORE, HALTED, REST, WAVE};

use crate::diagnostics::{Diagnostics, Sources};

/// A scenario that holds together.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the files mean.
    pub scenario: Scenario,
    /// The texts that spans point into.
    pub sources: Sources,
    /// What is odd but not wrong.
    pub warnings: Diagnostics,
    /// Name and text of every file that was read, the scenario itself first, then its base, then
    /// that one's; [`load`] with a reader that answers from this list gives the same scenario.
    pub files: Vec<(String, String)>,
}

/// Why there is no scenario.
#[derive(Clone, Debug)]
pub struct Failure {
    /// All problems, at least one of them an error.
    pub diagnostics: Diagnostics,
    /// The texts that spans point into.
    pub sources: Sources,
}

/// Reads a scenario and what it extends. `read` is asked for each file by its path: the given one,
/// or a base's, which is relative to the file that extends it.
///
/// # Errors
/// Every problem of the files that could be read; problems of a base hide those of what extends it.
pub fn load(path: &Path, read: &dyn Fn(&Path) -> io::Result<Vec<u8>>) -> Result<Loaded, Failure> {
    files::load(path, read)
}

/// Reads a scenario from a text that extends nothing; `name` stands in messages.
///
/// # Errors
/// Every problem of the text.
pub fn load_str(name: &str, text: &str) -> Result<Loaded, Failure> {
    let only = Path::new(name);
    files::load(only, &|path| {
        if path == only {
            return Ok(text.as_bytes().to_vec());
        }
        Err(io::Error::other("a scenario given as text has no files beside it"))
    })
}
