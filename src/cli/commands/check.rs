//! `cutover check`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::{Unfit, check, is_scenario, rerun, rerun_on, update};
use crate::cli::args::{Check, Global};
use crate::cli::console::Console;
use crate::cli::deadline::Deadline;
use crate::cli::exit::{Exit, Stop};
use crate::cli::files;
use crate::cli::progress::Progress;
use crate::diagnostics::{Colour, render};
use crate::kernel::Setup;
use crate::plan::Plan;
use crate::report::{CheckReport, DoubledData, FileData, TwiceReport, json, junit, misfit_lines};
use crate::scenario::finding::{FindingFile, Must};
use crate::scenario::{self, Failure, Loaded, Scenario};
use crate::simulate::twice;

/// Checks every file, then says what differs.
pub(in crate::cli) fn run(args: &Check, global: &Global, console: &Console) -> Result<Exit, Stop> {
    let files = files_of(args, console)?;
    if let Some(runs) = args.twice {
        return run_twice(&files, runs, global, console);
    }
    let against = args.against.as_ref().map(|path| super::load(path, console)).transpose()?;
    let against = against.as_ref().map(|loaded| &loaded.scenario);
    let deadline = Deadline::after(args.budget);
    let mut checked = Vec::new();
    for file in &files {
        let name = file.path.display().to_string();
        checked.push(match (file.is_finding, deadline.over()) {
            (is_finding, true) => FileData::not_begun(&name, kind(is_finding)),
            (true, false) => finding(&name, &file.text, against, console),
            (false, false) => scenario(&file.path, args.update, console)?,
        });
    }
    let report = CheckReport::new(checked, args.strict);
    let text = match console.json() {
        true => json(&report),
        false => report.text(console.verbose(), console.paint()),
    };
    super::keep(global, "check.json", &json(&report))?;
    if let Some(path) = &args.junit {
        let xml = junit(&report);
        let xml = xml.map_err(|why| Stop::Bad(format!("cannot write JUnit XML: {why}")))?;
        files::write(path, &xml)?;
    }
    console.result(&text)?;
    Ok(match (report.counts.refused > 0, report.holds(), report.counts.undecided > 0) {
        (true, _, _) => Exit::Bad,
        (false, false, _) => Exit::Missed,
        (false, true, true) => Exit::Limit,
        (false, true, false) => Exit::Answered,
    })
}

/// A file to be checked.
struct File {
    path: PathBuf,
    /// Empty if it cannot be read: the loader will tell.
    text: String,
    is_finding: bool,
}

fn kind(is_finding: bool) -> &'static str {
    if is_finding { "finding" } else { "scenario" }
}

/// What is to be checked of the files that the paths hold.
fn files_of(args: &Check, console: &Console) -> Result<Vec<File>, Stop> {
    let paths = files::toml_files(&args.paths)?;
    if paths.is_empty() {
        return Err(Stop::Bad("there is no TOML file to check".to_owned()));
    }
    let mut found = Vec::new();
    for path in paths {
        let asked = args.paths.contains(&path);
        // A file that cannot be read as a finding is one only if its text says so; what cannot be
        // read at all is told by the scenario's own loader.
        let text = files::bytes(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.unwrap_or_default();
        let is_finding = FindingFile::is_one(&text);
        if !asked && !is_finding && !text.is_empty() && !is_scenario(&text) {
            console.note(&format!("`{}` is no scenario and no finding; skipped", path.display()));
            continue;
        }
        found.push(File { path, text, is_finding });
    }
    // Findings alone can be held against another scenario; scenarios alone are drawn.
    let (wanted, none) = match (args.against.is_some(), args.twice.is_some()) {
        (true, _) => (Some(true), "there is no finding to replay"),
        (_, true) => (Some(false), "there is no scenario to run"),
        _ => (None, "there is no scenario or finding to check"),
    };
    found.retain(|file| wanted.is_none_or(|wanted| file.is_finding == wanted));
    if found.is_empty() { Err(Stop::Bad(none.to_owned())) } else { Ok(found) }
}

/// The problems of a file as text.
fn problems(failure: &Failure) -> String {
    render(&failure.diagnostics, &failure.sources, Colour::Never)
}

fn scenario(path: &Path, rewrite: bool, console: &Console) -> Result<FileData, Stop> {
    let name = path.display().to_string();
    let Ok(loaded) = super::load(path, console) else {
        let failure = scenario::load(path, &files::bytes).err();
        let problems = failure.as_ref().map(problems).unwrap_or_default();
        return Ok(FileData::refused(&name, "scenario", problems));
    };
    let runs = loaded.scenario.expect.simulate.as_ref().map_or(0, |expect| expect.replications);
    let progress = Progress::new(console, u64::from(runs));
    let checked = check(&loaded.scenario, &|runs| progress.done(runs));
    drop(progress);
    let mut data = FileData::scenario(&name, &checked);
    if data.expectations.is_empty() && data.not_checked.is_empty() {
        console.note(&format!("`{name}` is a valid scenario; it states nothing under [expect]"));
    }
    if rewrite && checked.rows.iter().any(|row| !row.met && row.got.is_some()) {
        let text = files::read(path)?;
        let new = update(&text, &checked.rows)
            .map_err(|reason| Stop::Bad(format!("cannot update `{name}`: {reason}")))?;
        files::write(path, &new)?;
        data.rewritten();
    }
    Ok(data)
}

/// A finding on its own scenario, where it must do what it says, or on another one, where it must be
/// harmless.
fn finding(name: &str, text: &str, against: Option<&Scenario>, console: &Console) -> FileData {
    let refused = |failure: &Failure| {
        console.problems(&failure.diagnostics, &failure.sources);
        FileData::refused(name, "finding", problems(failure))
    };
    let file = match FindingFile::read(name, text) {
        Ok(file) => file,
        Err(failure) => return refused(&failure),
    };
    let (must, rerun) = match against {
        Some(scenario) => (Must::Harmless, rerun_on(&file, scenario).map_err(Unfit::Overrides)),
        None => (file.must, rerun(&file)),
    };
    match rerun {
        Ok(rerun) => FileData::finding(name, &file, against.is_none(), &rerun),
        Err(Unfit::Scenario(failure)) => refused(&failure),
        Err(Unfit::Overrides(misfits)) => FileData::unfit(name, must, misfit_lines(&misfits)),
    }
}

/// Makes runs twice, evenly over the scenarios.
fn run_twice(files: &[File], runs: u32, global: &Global, console: &Console) -> Result<Exit, Stop> {
    let mut loaded = Vec::new();
    for file in files {
        loaded.push((file, super::load(&file.path, console)?));
    }
    let progress = Progress::new(console, u64::from(runs));
    let count = u32::try_from(loaded.len()).expect("fewer than 2^32 files");
    let mut data = Vec::new();
    for (place, (file, first)) in (0u32..).zip(&loaded) {
        // The rest of the division goes to the first files.
        let share = runs / count + u32::from(place < runs % count);
        // Loaded a second time, so that nothing is shared by the two.
        let second = scenario::load(&file.path, &files::bytes);
        let second = second.map_err(|_| Stop::Bad("a scenario changed meanwhile".to_owned()))?;
        let setup = |loaded: &Loaded| {
            let seed = global.seed.unwrap_or_else(|| {
                loaded.scenario.expect.simulate.as_ref().map_or(1, |expect| expect.seed)
            });
            Setup::new(Arc::new(Plan::compile(&loaded.scenario)), seed)
        };
        let setups = [setup(first), setup(&second)];
        let doubled = twice([&setups[0], &setups[1]], share, &|runs| progress.done(runs));
        data.push(DoubledData::new(&file.path.display().to_string(), &setups[0], &doubled));
    }
    drop(progress);
    let report = TwiceReport::new(data);
    let text = match console.json() {
        true => json(&report),
        false => report.text(console.verbose(), console.paint()),
    };
    super::keep(global, "twice.json", &json(&report))?;
    console.result(&text)?;
    Ok(if report.holds() { Exit::Answered } else { Exit::Missed })
}
