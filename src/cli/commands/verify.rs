//! `cutover verify`.

use crate::cli::args::{Global, Verify};
use crate::cli::console::Console;
use crate::cli::deadline::Deadline;
use crate::cli::exit::{Exit, Stop};
use crate::cli::progress::Spinner;
use crate::report::{VerifyReport, json};
use crate::verify::{Answer, Options, Progress, exact, verify};

/// Explores, reports, keeps the report in `--out`.
pub(in crate::cli) fn run(args: &Verify, global: &Global, console: &Console) -> Result<Exit, Stop> {
    let loaded = super::load(&args.scenario, console)?;
    let setup = exact(&loaded.scenario, args.tenants, global.seed.unwrap_or(1));
    let setup = setup.map_err(Stop::Bad)?;
    let options = Options { faults: usize::from(args.faults), longest: true };
    let deadline = Deadline::after(args.budget);
    let bar = Spinner::new(console);
    let mut go_on = |progress: &Progress| {
        bar.show(&told(progress));
        !deadline.over() && progress.memory < args.memory.0
    };
    let verdict = verify(&setup, options, &mut go_on);
    drop(bar);
    let report = VerifyReport::new(&verdict);
    super::keep(global, "verify.json", &json(&report))?;
    let text = match console.json() {
        true => json(&report),
        false => report.text(console.paint()),
    };
    console.result(&text)?;
    Ok(match (verdict.bugs.is_empty(), verdict.answer) {
        (false, _) | (true, Answer::Inconclusive) => Exit::Limit,
        (true, Answer::Exposed) => Exit::Missed,
        (true, Answer::Safe) => Exit::Answered,
    })
}

fn told(progress: &Progress) -> String {
    let Progress { states, waiting, depth, faults, .. } = progress;
    format!("{states} states, {waiting} waiting, depth {depth}, {faults} faults")
}
