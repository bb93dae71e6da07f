//! `cutover verify`.

use std::sync::Arc;

use crate::check::in_full;
use crate::cli::args::{Global, Verify};
use crate::cli::console::Console;
use crate::cli::deadline::Deadline;
use crate::cli::exit::{Exit, Stop};
use crate::cli::progress::Spinner;
use crate::kernel::Setup;
use crate::plan::Plan;
use crate::report::{VerifyReport, json};
use crate::verify::{Answer, Options, Progress, exact, overall, verify};

/// So many runs of the full rollout say how often somebody waits too long.
const REPLICATIONS: u32 = 200;

/// Explores, reports, keeps the report in `--out`.
pub(in crate::cli) fn run(args: &Verify, global: &Global, console: &Console) -> Result<Exit, Stop> {
    let loaded = super::load(&args.scenario, console)?;
    let seed = global.seed.unwrap_or(1);
    let options = Options { faults: usize::from(args.faults), longest: true };
    let deadline = Deadline::after(args.budget);
    let bar = Spinner::new(console);
    let mut go_on = |progress: &Progress| {
        bar.show(&told(progress));
        !deadline.over() && progress.memory < args.memory.0
    };
    let (report, answer, bugs) = match args.tenants {
        Some(tenants) => {
            let setup = exact(&loaded.scenario, tenants, seed).map_err(Stop::Bad)?;
            let verdict = verify(&setup, options, &mut go_on);
            (VerifyReport::new(&verdict), verdict.answer, !verdict.bugs.is_empty())
        }
        None => {
            let full = Setup::new(Arc::new(Plan::compile(&loaded.scenario)), seed);
            let overall = overall(full.plan(), seed, options, &mut go_on);
            let mut go_on = || !deadline.over();
            let tried = in_full(&full, &overall, REPLICATIONS, &mut go_on);
            let report = VerifyReport::overall(&full, &overall, &tried);
            (report, overall.answer, !overall.bugs.is_empty())
        }
    };
    drop(bar);
    super::keep(global, "verify.json", &json(&report))?;
    let text = match console.json() {
        true => json(&report),
        false => report.text(console.paint()),
    };
    console.result(&text)?;
    Ok(match (bugs, answer) {
        (true, _) | (false, Answer::Inconclusive) => Exit::Limit,
        (false, Answer::Exposed) => Exit::Missed,
        (false, Answer::Safe) => Exit::Answered,
    })
}

fn told(progress: &Progress) -> String {
    let Progress { states, waiting, depth, faults, .. } = progress;
    format!("{states} states, {waiting} waiting, depth {depth}, {faults} faults")
}
