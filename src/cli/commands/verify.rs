//! `cutover verify`.

use std::path::Path;
use std::sync::Arc;

use crate::check::{InFull, in_full, rerun};
use crate::cli::args::{Global, Verify};
use crate::cli::console::Console;
use crate::cli::deadline::Deadline;
use crate::cli::exit::{Exit, Stop};
use crate::cli::files;
use crate::cli::progress::Spinner;
use crate::kernel::Setup;
use crate::plan::Plan;
use crate::report::{MarginsData, VerifyReport, json, proved_file};
use crate::scenario::Loaded;
use crate::scenario::finding::FindingFile;
use crate::verify::{
    Answer, Base, Found, GoOn, GoalAnswer, Of, Options, Over, Overall, Progress, Verdict, cures,
    exact, margins, overall, overall_goal, region, verify, verify_goal,
};

/// Sets of at most so many faults, unless said.
const FAULTS: usize = 2;
/// So many runs of the full rollout say how often somebody waits too long.
const REPLICATIONS: u32 = 200;

/// Explores, reports, keeps the report and the schedules in `--out`.
pub(in crate::cli) fn run(args: &Verify, global: &Global, console: &Console) -> Result<Exit, Stop> {
    let loaded = super::load(&args.scenario, console)?;
    let seed = global.seed.unwrap_or(1);
    let options = Options { faults: args.faults.map_or(FAULTS, usize::from), longest: true };
    let deadline = Deadline::after(args.budget);
    let bar = Spinner::new(console);
    let mut go_on = |progress: &Progress| {
        bar.show(&told(progress));
        !deadline.over() && progress.memory < args.memory.0
    };
    let (mut report, mut end, found): (_, _, Vec<Schedule>) = match args.tenants {
        Some(tenants) => {
            let setup = exact(&loaded.scenario, tenants, seed).map_err(Stop::Bad)?;
            let verdict = verify(&setup, options, &mut go_on);
            let goals = goals_of(setup.plan());
            let goals: Vec<Verdict> =
                goals.map(|goal| verify_goal(&setup, goal, options, &mut go_on)).collect();
            let mut end = End::of(verdict.answer, !verdict.bugs.is_empty());
            goals.iter().for_each(|goal| end.goal(goal.goal_answer(), !goal.bugs.is_empty()));
            let mut report = VerifyReport::new(&verdict, &goals);
            let over = (verdict.answer != Answer::Safe).then_some(Over::Exact(tenants, seed));
            report.margins = moved(args, Of::Exact(&setup), over, &mut go_on)?;
            let found = verdict.found.iter().map(|found| (setup.clone(), found.clone())).collect();
            (report, end, found)
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
            let mut in_time = || !deadline.over();
            let tried = in_full(&full, &hazards, REPLICATIONS, &mut in_time);
            let goals: Vec<(Overall, InFull)> = goals
                .into_iter()
                .map(|goal| {
                    let tried = in_full(&full, &goal, REPLICATIONS, &mut in_time);
                    (goal, tried)
                })
                .collect();
            let mut report = VerifyReport::overall(&full, (&hazards, &tried), &goals);
            let over = (hazards.answer != Answer::Safe).then_some(Over::Any(seed));
            report.margins = moved(args, Of::Any(full.plan(), seed), over, &mut go_on)?;
            let found = hazards.found.iter();
            let found = found.map(|set| (hazards.parts[set.part].setup.clone(), set.found.clone()));
            (report, end, found.collect())
        }
    };
    drop(bar);
    if let Some(out) = &global.out {
        keep_findings(out, &mut report, &found, &loaded, console)?;
    }
    super::keep(global, "verify.json", &json(&report))?;
    let text = match console.json() {
        true => json(&report),
        false => report.text(console.paint()),
    };
    console.result(&text)?;
    if let Some(margins) = &report.margins {
        end.bug |= !margins.bugs.is_empty();
        end.open |= margins.is_incomplete();
    }
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

/// Margins, a region, and what would make the plan safe, if they were asked for.
fn moved(
    args: &Verify,
    of: Of<'_>,
    over: Option<Over>,
    go_on: GoOn<'_>,
) -> Result<Option<MarginsData>, Stop> {
    if !args.margins && args.region.is_empty() {
        return Ok(None);
    }
    let faults = args.faults.map_or(0, usize::from);
    let plan = match of {
        Of::Any(plan, _) => plan,
        Of::Exact(setup) => setup.plan(),
    };
    let region = match args.region.as_slice() {
        [one, two] => Some(region(of, faults, [one, two], &mut *go_on).map_err(Stop::Bad)?),
        _ => None,
    };
    let margins = margins(of, faults, &mut *go_on);
    // What is safe without faults needs no change, though it may take some with more of them.
    let over = over.filter(|_| margins.base != Base::Safe || faults > 0);
    let cures = over.map(|over| cures(&plan.scenario, over, faults, go_on));
    Ok(Some(MarginsData::new(plan, &margins, region.as_ref(), cures.as_ref())))
}

/// A set with the run in which its schedule replays.
type Schedule = (Setup, Found);

/// Writes the schedule of each set as a finding, and says so in the report. What an earlier run left of them
/// goes.
fn keep_findings(
    out: &Path,
    report: &mut VerifyReport,
    found: &[Schedule],
    loaded: &Loaded,
    console: &Console,
) -> Result<(), Stop> {
    let folder = out.join("findings");
    let name = |number: usize| folder.join(format!("verify-{number}.toml"));
    if !found.is_empty() {
        files::folder(&folder)?;
    }
    let explored = report.scope.tenants.filter(|&tenants| {
        let population = &loaded.scenario.tenants;
        (population.count, population.migrated) != (tenants, 0)
    });
    for (number, (setup, found)) in (1..).zip(found) {
        let path = name(number);
        files::remove(&path)?;
        let file = proved_file(setup, found, explored, &loaded.files);
        let again = |file: FindingFile| match rerun(&file) {
            Ok(again) if again.does && again.same => Ok(file),
            _ => Err("its scenario cannot be written so that it replays there".to_owned()),
        };
        match file.and_then(again) {
            Ok(file) => {
                files::write(&path, &file.write())?;
                report.fault_sets[number - 1].file = Some(path.display().to_string());
            }
            Err(why) => console.note(&format!("set {number} is kept in no finding: {why}")),
        }
    }
    let left = (found.len() + 1..).map(name).take_while(|path| path.exists());
    left.into_iter().try_for_each(|path| files::remove(&path))
}

fn told(progress: &Progress) -> String {
    let Progress { states, waiting, depth, faults, .. } = progress;
    format!("{states} states, {waiting} waiting, depth {depth}, {faults} faults")
}
