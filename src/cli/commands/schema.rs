//! `cutover schema`.

use crate::cli::console::Console;
use crate::cli::exit::{Exit, Stop};
use crate::report::{json, json_schema};

/// The JSON Schema of a scenario; text and JSON are the same here.
pub(in crate::cli) fn run(console: &Console) -> Result<Exit, Stop> {
    console.result(&json(&json_schema()))?;
    Ok(Exit::Answered)
}
