//! One file a command.

pub(super) mod check;
pub(super) mod completions;
pub(super) mod explain;
pub(super) mod init;
pub(super) mod plan;
pub(super) mod replay;
mod results;
pub(super) mod schema;
pub(super) mod search;
pub(super) mod simulate;
pub(super) mod verify;

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::args::Global;
use crate::cli::console::Console;
use crate::cli::exit::Stop;
use crate::cli::files;
use crate::scenario::finding::FindingFile;
use crate::scenario::{self, Loaded};

/// Loads a scenario; its problems go to standard error.
fn load(path: &Path, console: &Console) -> Result<Loaded, Stop> {
    let text = files::bytes(path).unwrap_or_default();
    if FindingFile::is_one(&String::from_utf8_lossy(&text)) {
        let file = path.display();
        return Err(Stop::Bad(format!("`{file}` is a finding: `cutover replay {file}` runs it")));
    }
    match scenario::load(path, &files::bytes) {
        Ok(loaded) => {
            if let Some(listed) = &loaded.scenario.inventory {
                let tenants = listed.tenants.len();
                let by = listed.separated_by();
                console.detail(&format!("{}: {tenants} tenants, separated by {by}", listed.file));
            }
            if !loaded.warnings.is_empty() {
                console.warnings(&loaded.warnings, &loaded.sources);
            }
            Ok(loaded)
        }
        Err(failure) => {
            console.problems(&failure.diagnostics, &failure.sources);
            let told = failure.diagnostics.sorted();
            let codes: BTreeSet<&str> = told.iter().map(|problem| problem.code.id()).collect();
            let codes: Vec<&str> = codes.into_iter().collect();
            console.note(&format!("`cutover explain {}` says more", codes.join(" ")));
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
