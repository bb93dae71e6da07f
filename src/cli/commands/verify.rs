//! `cutover verify`.

#[expect(
    clippy::disallowed_types,
    reason = "a budget is wall time, and cli owns the wall clock"
)]
use std::time::Instant;

use crate::cli::args::{Global, Verify};
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Stop};
use crate::cli::progress::Spinner;
use crate::report::{VerifyReport, json};
use crate::units::Span;
use crate::verify::{Answer, Options, Progress, exact, verify};

/// Explores, reports, keeps the report in `--out`.
pub(in crate::cli) fn run(args: &Verify, global: &Global, console: &Console) -> Result<Exit, Stop> {
    let loaded = super::load(&args.scenario, console)?;
    let setup = exact(&loaded.scenario, args.tenants, global.seed.unwrap_or(1));
    let setup = setup.map_err(Stop::Bad)?;
    let options = Options { faults: usize::from(args.faults), longest: true };
    let budget = Budget::new(args);
    let bar = Spinner::new(console);
    let mut go_on = |progress: &Progress| {
        bar.show(&told(progress));
        budget.left(progress)
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

/// What ends an exploration.
struct Budget {
    #[expect(
        clippy::disallowed_types,
        reason = "a budget is wall time, and cli owns the wall clock"
    )]
    begun: Instant,
    most: Option<Span>,
    memory: u64,
}

impl Budget {
    fn new(args: &Verify) -> Budget {
        #[expect(clippy::disallowed_types, reason = "as above")]
        let begun = Instant::now();
        Budget { begun, most: args.budget, memory: args.memory.0 }
    }

    fn left(&self, progress: &Progress) -> bool {
        let elapsed = self.begun.elapsed().as_micros();
        let time = self.most.is_none_or(|most| elapsed < u128::from(most.0));
        time && progress.memory < self.memory
    }
}

fn told(progress: &Progress) -> String {
    let Progress { states, waiting, depth, faults, .. } = progress;
    format!("{states} states, {waiting} waiting, depth {depth}, {faults} faults")
}
