//! One file a command.

pub(super) mod check;
pub(super) mod completions;
pub(super) mod explain;
pub(super) mod init;
pub(super) mod plan;
pub(super) mod replay;
pub(super) mod schema;
pub(super) mod simulate;

use std::path::Path;

use crate::cli::args::Global;
use crate::cli::console::Console;
use crate::cli::exit::Stop;
use crate::cli::files;
use crate::scenario::{self, Loaded};

/// Loads a scenario; its problems go to standard error.
fn load(path: &Path, console: &Console) -> Result<Loaded, Stop> {
    match scenario::load(path, &files::bytes) {
        Ok(loaded) => {
            if !loaded.warnings.is_empty() {
                console.warnings(&loaded.warnings, &loaded.sources);
            }
            Ok(loaded)
        }
        Err(failure) => {
            console.problems(&failure.diagnostics, &failure.sources);
            let codes = failure.diagnostics.sorted();
            if let Some(first) = codes.first() {
                console.note(&format!("`cutover explain {}` says more", first.code.id()));
            }
            Err(Stop::Told)
        }
    }
}

/// Keeps a result in `--out`, if there is one.
fn keep(global: &Global, name: &str, text: &str) -> Result<(), Stop> {
    let Some(out) = &global.out else { return Ok(()) };
    files::folder(out)?;
    files::write(&out.join(name), text)
}
