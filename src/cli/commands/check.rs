//! `cutover check`.

use std::path::Path;

use crate::check::{Unfit, check, is_scenario, rerun, update};
use crate::cli::args::{Check, Global};
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Stop};
use crate::cli::files;
use crate::cli::progress::Progress;
use crate::report::{CheckReport, FileData, json};
use crate::scenario::finding::FindingFile;

/// Checks every file, then says what differs.
pub(in crate::cli) fn run(args: &Check, global: &Global, console: &Console) -> Result<Exit, Stop> {
    let paths = files::toml_files(&args.paths)?;
    if paths.is_empty() {
        return Err(Stop::Bad("there is no TOML file to check".to_owned()));
    }
    let mut checked = Vec::new();
    for path in &paths {
        let asked = args.paths.contains(path);
        // A file that cannot be read as a finding is one only if its text says so; what cannot be
        // read at all is told by the scenario's own loader.
        let text = files::bytes(path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let is_finding = FindingFile::is_one(&text);
        if !asked && !is_finding && !text.is_empty() && !is_scenario(&text) {
            console.note(&format!("`{}` is no scenario and no finding; skipped", path.display()));
            continue;
        }
        let text = if is_finding { std::fs::read_to_string(path).ok() } else { None };
        checked.push(match text {
            Some(text) => finding(path, &text, console),
            None => scenario(path, args.update, console)?,
        });
    }
    if checked.is_empty() {
        return Err(Stop::Bad("there is no scenario or finding to check".to_owned()));
    }
    let report = CheckReport::new(checked, args.strict);
    let text = match console.json() {
        true => json(&report),
        false => report.text(console.verbose(), console.paint()),
    };
    super::keep(global, "check.json", &json(&report))?;
    console.result(&text)?;
    Ok(match (report.counts.refused > 0, report.holds()) {
        (true, _) => Exit::Bad,
        (false, false) => Exit::Missed,
        (false, true) => Exit::Answered,
    })
}

fn scenario(path: &Path, rewrite: bool, console: &Console) -> Result<FileData, Stop> {
    let name = path.display().to_string();
    let Ok(loaded) = super::load(path, console) else {
        return Ok(FileData::refused(&name, "scenario"));
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

fn finding(path: &Path, text: &str, console: &Console) -> FileData {
    let name = path.display().to_string();
    let file = match FindingFile::read(&name, text) {
        Ok(file) => file,
        Err(failure) => {
            console.problems(&failure.diagnostics, &failure.sources);
            return FileData::refused(&name, "finding");
        }
    };
    match rerun(&file) {
        Ok(rerun) => {
            let got = match (rerun.does, rerun.same) {
                (true, true) => "the same run",
                (true, false) => "it does, in a run with another digest",
                (false, true) => "it does not, in the same run",
                (false, false) => "it does not",
            };
            FileData::finding(&name, file.must.word(), got, rerun.does)
        }
        Err(Unfit::Scenario(failure)) => {
            console.problems(&failure.diagnostics, &failure.sources);
            FileData::refused(&name, "finding")
        }
        Err(Unfit::Overrides(misfits)) => {
            let why = misfits.first().map_or("", |misfit| misfit.why.as_str());
            FileData::finding(&name, file.must.word(), &format!("does not fit: {why}"), false)
        }
    }
}
