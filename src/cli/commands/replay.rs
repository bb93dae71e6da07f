//! `cutover replay`.

use serde::Serialize;

use crate::check::{Unfit, rerun as rerun_of, rerun_on};
use crate::cli::args::{Global, Replay};
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Stop};
use crate::cli::files;
use crate::report::{FORMAT, ReplayReport, json, misfit_line, misfit_lines};
use crate::scenario::finding::FindingFile;
use crate::simulate::Misfit;

/// Replays a finding and tells its story.
pub(in crate::cli) fn run(args: &Replay, global: &Global, console: &Console) -> Result<Exit, Stop> {
    let text = files::read(&args.finding)?;
    let name = args.finding.display().to_string();
    let file = FindingFile::read(&name, &text).map_err(|failure| {
        console.problems(&failure.diagnostics, &failure.sources);
        Stop::Told
    })?;
    let rerun = match &args.against {
        Some(other) => {
            let loaded = super::load(other, console)?;
            match rerun_on(&file, &loaded.scenario) {
                Ok(rerun) => rerun,
                Err(misfits) => {
                    let other = other.display().to_string();
                    return misfit(&file, &other, &misfits, console);
                }
            }
        }
        None => rerun_of(&file).map_err(|unfit| told(&name, &unfit, console))?,
    };
    // The same scenario by another path is the finding's own.
    let own = || rerun_of(&file).ok().map(|own| own.setup.plan().fingerprint);
    let other = args.against.is_some() && own() != Some(rerun.setup.plan().fingerprint);
    let report = ReplayReport::new(&rerun, &file, other);
    let text = match console.json() {
        true => json(&report),
        false => report.text(console.verbose(), console.paint()),
    };
    super::keep(global, "replay.json", &json(&report))?;
    console.result(&text)?;
    Ok(if args.expect && !report.does { Exit::Missed } else { Exit::Answered })
}

/// A finding that does not fit the scenario it embeds was edited.
fn told(name: &str, unfit: &Unfit, console: &Console) -> Stop {
    match unfit {
        Unfit::Scenario(failure) => {
            console.error(&format!("the scenario embedded in `{name}` is refused"));
            console.problems(&failure.diagnostics, &failure.sources);
        }
        Unfit::Overrides(misfits) => {
            console.error(&format!("`{name}` does not fit the scenario it embeds (F002)"));
            for misfit in misfits {
                console.error(&misfit_line(misfit));
            }
        }
    }
    Stop::Told
}

#[derive(Serialize)]
struct Report<'a> {
    format: u32,
    command: &'static str,
    title: &'a str,
    must: &'static str,
    does: bool,
    misfits: Vec<String>,
}

/// That a finding has no place in a changed scenario is told as a result, and exits as bad input.
fn misfit(
    file: &FindingFile,
    other: &str,
    misfits: &[Misfit],
    console: &Console,
) -> Result<Exit, Stop> {
    let text = if console.json() {
        json(&Report {
            format: FORMAT,
            command: "replay",
            title: &file.title,
            must: file.must.word(),
            does: false,
            misfits: misfits.iter().map(misfit_line).collect(),
        })
    } else {
        let mut text = format!("the finding does not fit `{other}` (F002): {}\n", file.title);
        for line in misfit_lines(misfits) {
            text.push_str(&format!("  {line}\n"));
        }
        text
    };
    console.result(&text)?;
    Ok(Exit::Bad)
}
