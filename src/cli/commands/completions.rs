//! `cutover completions`.

use clap::CommandFactory;

use crate::cli::args::{Cli, Completions};
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Stop};

/// The completions of a shell, made from the definition of the command line.
pub(in crate::cli) fn run(args: &Completions, console: &Console) -> Result<Exit, Stop> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "cutover", &mut bytes);
    console.result(&String::from_utf8_lossy(&bytes))?;
    Ok(Exit::Answered)
}
