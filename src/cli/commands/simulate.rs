//! `cutover simulate`.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::cli::args::{Global, Simulate};
use crate::cli::commands::results::Before;
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Stop};
use crate::cli::files;
use crate::cli::progress::Progress;
use crate::kernel::Setup;
use crate::plan::Plan;
use crate::report::{
    FORMAT, SimulateReport, exposures, finding_file, json, simulate_report, simulate_text,
};
use crate::scenario::Loaded;
use crate::simulate::{Campaign, End, Finding, Options, Stopping, find, simulate};

/// Simulates, reports, and keeps results in `--out`.
pub(in crate::cli) fn run(
    args: &Simulate,
    global: &Global,
    console: &Console,
) -> Result<Exit, Stop> {
    let loaded = super::load(&args.scenario, console)?;
    // An unwritable folder is better known before an hour of simulation than after it.
    let mut before = None;
    if let Some(out) = &global.out {
        files::folder(&out.join("findings"))?;
        before = Some((out, Before::of(out)?));
    }
    let setup = Setup::new(Arc::new(Plan::compile(&loaded.scenario)), global.seed.unwrap_or(1));
    let options = options(args);
    let (Stopping::Replications(most) | Stopping::Precision { most, .. }) = options.stopping;
    let progress = Progress::new(console, u64::from(most));
    let campaign = simulate(&setup, options, &|runs| progress.done(runs));
    let findings = find(&setup, &campaign);
    drop(progress);
    let mut report = simulate_report(&setup, &campaign, &findings);
    if let Some((out, before)) = before {
        before.number(out, &mut report.findings);
        if let Some(told) = before.replace(out, &report.findings)? {
            console.note(&told);
        }
        keep(out, args, &setup, &loaded, (&campaign, &findings, &report))?;
        console.note(&format!("results are in `{}`", out.display()));
    }
    let text = match console.json() {
        true => json(&report),
        false => {
            let out = global.out.as_ref().map(|out| out.display().to_string());
            simulate_text(&report, out.as_deref(), console.paint())
        }
    };
    console.result(&text)?;
    console.detail(&format!("{} events, digest {}", report.events, report.digest));
    let ended = |end: &crate::report::EndData| end.end == End::Events;
    let limited = report.precise == Some(false) || report.ends.iter().any(ended);
    Ok(if limited { Exit::Limit } else { Exit::Answered })
}

fn options(args: &Simulate) -> Options {
    let default = Options::default();
    let stopping = match (args.precision, args.replications) {
        (Some(relative), _) => Stopping::Precision { relative: relative.0, most: args.most },
        (None, Some(count)) => Stopping::Replications(count),
        (None, None) => default.stopping,
    };
    Options { stopping, ..default }
}

/// What was run, for whoever finds the folder later.
#[derive(Serialize)]
struct Run<'a> {
    format: u32,
    command: &'static str,
    version: &'static str,
    scenario: &'a str,
    fingerprint: &'a str,
    seed: u64,
    replications: u32,
    precision: Option<f64>,
    files: Vec<&'a str>,
    results: Vec<String>,
}

fn keep(
    out: &Path,
    args: &Simulate,
    setup: &Setup,
    loaded: &Loaded,
    (campaign, findings, report): (&Campaign, &[Finding], &SimulateReport),
) -> Result<(), Stop> {
    let names = report.findings.iter().map(|finding| finding.file.clone());
    let results = ["run.json", "summary.json", "exposures.csv"].map(str::to_owned);
    let run = Run {
        format: FORMAT,
        command: "simulate",
        version: report.version,
        scenario: &report.scenario,
        fingerprint: &report.fingerprint,
        seed: report.seed,
        replications: report.replications,
        precision: args.precision.map(|ratio| ratio.0),
        files: loaded.files.iter().map(|(name, _)| name.as_str()).collect(),
        results: results.into_iter().chain(names).collect(),
    };
    // First, so that whatever a kill leaves is known as ours.
    files::write(&out.join("run.json"), &json(&run))?;
    for (index, finding) in findings.iter().enumerate() {
        let file = finding_file(setup, finding, "simulate", &loaded.files);
        files::write(&out.join(&report.findings[index].file), &file.write())?;
    }
    files::write(&out.join("exposures.csv"), &exposures(setup, campaign))?;
    files::write(&out.join("summary.json"), &json(report))
}
