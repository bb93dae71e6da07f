//! `cutover verify`.

use std::sync::Arc;

use crate::check::{InFull, in_full};
use crate::cli::args::{Global, Verify};
use crate::cli::console::Console;
use crate::cli::deadline::Deadline;
use crate::cli::exit::{Exit, Stop};
use crate::cli::progress::Spinner;
use crate::kernel::Setup;
use crate::plan::Plan;
use crate::report::{VerifyReport, json};
use crate::verify::{
    Answer, GoalAnswer, Options, Overall, Progress, Verdict, exact, overall, overall_goal, verify,
    verify_goal,
};

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
    let (report, end) = match args.tenants {
        Some(tenants) => {
            let setup = exact(&loaded.scenario, tenants, seed).map_err(Stop::Bad)?;
            let verdict = verify(&setup, options, &mut go_on);
            let goals = goals_of(setup.plan());
            let goals: Vec<Verdict> =
                goals.map(|goal| verify_goal(&setup, goal, options, &mut go_on)).collect();
            let mut end = End::of(verdict.answer, !verdict.bugs.is_empty());
            goals.iter().for_each(|goal| end.goal(goal.goal_answer(), !goal.bugs.is_empty()));
            (VerifyReport::new(&verdict, &goals), end)
        }
        None => {
            let full = Setup::new(Arc::new(Plan::compile(&loaded.scenario)), seed);
            let hazards = overall(full.plan(), seed, options, &mut go_on);
            let goals = goals_of(full.plan());
            let goals: Vec<Overall> = goals
                .map(|goal| overall_goal(full.plan(), goal, seed, options, &mut go_on))
                .collect();
            let mut end = End::of(hazards.answer, !hazards.bugs.is_empty());
            goals.iter().for_each(|goal| end.goal(goal.goal_answer(), !goal.bugs.is_empty()));
            let mut go_on = || !deadline.over();
            let tried = in_full(&full, &hazards, REPLICATIONS, &mut go_on);
            let goals: Vec<(Overall, InFull)> = goals
                .into_iter()
                .map(|goal| {
                    let tried = in_full(&full, &goal, REPLICATIONS, &mut go_on);
                    (goal, tried)
                })
                .collect();
            (VerifyReport::overall(&full, (&hazards, &tried), &goals), end)
        }
    };
    drop(bar);
    super::keep(global, "verify.json", &json(&report))?;
    let text = match console.json() {
        true => json(&report),
        false => report.text(console.paint()),
    };
    console.result(&text)?;
    Ok(end.exit())
}

/// The goals of a plan.
fn goals_of(plan: &Plan) -> std::ops::Range<u16> {
    0..u16::try_from(plan.goals.len()).expect("few goals")
}

/// What the answers come to.
struct End {
    bug: bool,
    failed: bool,
    open: bool,
}

impl End {
    fn of(answer: Answer, bug: bool) -> End {
        End { bug, failed: answer == Answer::Exposed, open: answer == Answer::Inconclusive }
    }

    /// A plan that misses a goal without any fault that costs fails: whoever locks everybody out
    /// exposes nobody.
    fn goal(&mut self, answer: GoalAnswer, bug: bool) {
        self.bug |= bug;
        self.failed |= answer == GoalAnswer::Missed;
        self.open |= answer == GoalAnswer::Inconclusive;
    }

    fn exit(&self) -> Exit {
        match (self.bug, self.failed, self.open) {
            (true, ..) | (_, false, true) => Exit::Limit,
            (_, true, _) => Exit::Missed,
            (_, false, false) => Exit::Answered,
        }
    }
}

fn told(progress: &Progress) -> String {
    let Progress { states, waiting, depth, faults, .. } = progress;
    format!("{states} states, {waiting} waiting, depth {depth}, {faults} faults")
}
