//! `cutover init`.

use crate::cli::args::Init;
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Stop};
use crate::cli::files;

/// The plan to start from: safe, and small enough to be read in a minute.
const STARTER: &str = include_str!("starter.toml");

/// Writes the starter plan; never over a file.
pub(in crate::cli) fn run(args: &Init, console: &Console) -> Result<Exit, Stop> {
    files::create(&args.file, STARTER)?;
    let file = args.file.display();
    console.note(&format!("wrote `{file}`; next: cutover simulate {file}"));
    Ok(Exit::Answered)
}
