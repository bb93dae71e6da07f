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
use crate::simulate::{Contribution, predicted_contribution};
use crate::verify::{
    Answer, Base, Found, GoOn, GoalAnswer, Of, Options, Over, Overall, Progress, Property, Verdict,
    cures, exact, margins, margins_goal, overall, overall_goal, region, verify, verify_goal,
};

/// Sets of at most so many faults, unless said.
const FAULTS: usize = 2;
/// So many runs of the full rollout say how often somebody waits too long.
const REPLICATIONS: u32 = 100;

/// Explores, reports, keeps the report and the schedules in `--out`.
pub(in crate::cli) fn run(args: &Verify, global: &Global, console: &Console) -> Result<Exit, Stop> {
    let loaded = super::load(&args.scenario, console)?;
    let seed = global.seed.unwrap_or(1);
    let faults = args.faults.map_or(FAULTS, usize::from);
    let options = Options { faults, ..Options::default() };
    let deadline = Deadline::after(args.budget);
    let bar = Spinner::new(console);
    let mut go_on = |progress: &Progress| {
        bar.show(&told(progress));
        !deadline.over() && progress.memory < args.memory.0
    };
    let setup = match args.tenants {
        Some(tenants) => exact(&loaded.scenario, tenants, seed).map_err(Stop::Bad)?,
        None => Setup::new(Arc::new(Plan::compile(&loaded.scenario)), seed),
    };
    let asked = Asked { full: &setup, any: args.tenants.is_none(), options, deadline: &deadline };
    let (mut report, mut end, found) = asked.answer(&setup, &mut go_on);
    let (of, over) = match args.tenants {
        Some(tenants) => (Of::Exact(&setup), Over::Exact(tenants, seed)),
        None => (Of::Any(setup.plan(), seed), Over::Any(seed)),
    };
    report.margins = moved(args, of, (!end.safe).then_some(over), &mut go_on)?;
    for (goal, verdict) in (0u16..).zip(&mut report.goals).take_while(|_| args.margins) {
        let taken = margins_goal(of, goal, margin_faults(args), &mut go_on);
        verdict.margins = Some(MarginsData::new(setup.plan(), &taken, None, None));
    }
    let coverage = args.coverage.filter(|_| !end.all_well);
    if let Some(coverage) = coverage {
        let (plan, cover) = setup.plan().cover(coverage, asked.any);
        if !cover.cuts.is_empty() {
            let (covered, covered_end, _) = asked.answer(&setup.with(plan), &mut go_on);
            report = report.with_coverage(setup.plan(), &cover, covered);
            end = End { bug: end.bug || covered_end.bug, ..covered_end };
        }
    }
    drop(bar);
    if let Some(out) = &global.out {
        keep_findings(out, &mut report, found, &loaded, console)?;
    }
    super::keep(global, "verify.json", &json(&report))?;
    let text = match console.json() {
        true => json(&report),
        false => report.text(console.paint()),
    };
    console.result(&text)?;
    let about_goals = report.goals.iter().filter_map(|goal| goal.margins.as_ref());
    for margins in report.margins.iter().chain(about_goals) {
        end.bug |= !margins.bugs.is_empty();
        end.open |= margins.is_incomplete();
    }
    Ok(end.exit())
}

/// What is asked of a plan, whole or cut.
struct Asked<'a> {
    /// The rollout.
    full: &'a Setup,
    /// Of any number of tenants.
    any: bool,
    options: Options,
    deadline: &'a Deadline,
}

impl Asked<'_> {
    /// The answer for the rollout, with the plan of `setup`, and the schedules of its sets: of the hazards,
    /// then of each goal.
    fn answer(&self, setup: &Setup, go_on: GoOn<'_>) -> (VerifyReport, End, Vec<Vec<Schedule>>) {
        let options = self.options;
        if !self.any {
            let verdict = verify(setup, options, &mut *go_on);
            let goals = goals_of(setup.plan());
            let goals: Vec<Verdict> =
                goals.map(|goal| verify_goal(setup, goal, options, &mut *go_on)).collect();
            let mut end = End::of(verdict.answer, !verdict.bugs.is_empty());
            goals.iter().for_each(|goal| end.goal(goal.goal_answer(), !goal.bugs.is_empty()));
            let report = VerifyReport::new(&verdict, &goals);
            let report = report.with_contributions(&self.contributions(verdict.found.iter()));
            let found = std::iter::once(verdict).chain(goals).map(|verdict| {
                let found = verdict.found.into_iter();
                found.map(|found| (setup.clone(), found)).collect()
            });
            return (report, end, found.collect());
        }
        let (plan, seed) = (setup.plan(), setup.seed);
        let hazards = overall(plan, seed, options, &mut *go_on);
        let goals: Vec<Overall> = goals_of(plan)
            .map(|goal| overall_goal(plan, goal, seed, options, &mut *go_on))
            .collect();
        let mut end = End::of(hazards.answer, !hazards.bugs.is_empty());
        goals.iter().for_each(|goal| end.goal(goal.goal_answer(), !goal.bugs.is_empty()));
        let mut go_on = || !self.deadline.over();
        let mut tried = |overall: &Overall| in_full(self.full, overall, REPLICATIONS, &mut go_on);
        let hazards_tried = tried(&hazards);
        let goals: Vec<(Overall, InFull)> = goals
            .into_iter()
            .map(|goal| {
                let tried = tried(&goal);
                (goal, tried)
            })
            .collect();
        let report = VerifyReport::overall(self.full, (&hazards, &hazards_tried), &goals);
        let found = hazards.found.iter().map(|set| &set.found);
        let report = report.with_contributions(&self.contributions(found));
        let all = std::iter::once(&hazards).chain(goals.iter().map(|(goal, _)| goal));
        let found = all.map(|overall| {
            let found = overall.found.iter();
            found.map(|set| (overall.parts[set.part].setup.clone(), set.found.clone())).collect()
        });
        let found = found.collect();
        (report, end, found)
    }

    /// What each set accounts for in the rollout, as long as there is time.
    fn contributions<'b>(
        &self,
        sets: impl Iterator<Item = &'b Found>,
    ) -> Vec<Option<Contribution>> {
        let share = |found: &Found| match found.property {
            Property::Hazard(hazard) if !self.deadline.over() => {
                Some(predicted_contribution(self.full, hazard, &found.faults))
            }
            _ => None,
        };
        sets.map(share).collect()
    }
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
    /// Nobody is exposed.
    safe: bool,
    /// Nor is any goal missed, with whatever faults.
    all_well: bool,
}

impl End {
    fn of(answer: Answer, bug: bool) -> End {
        End {
            bug,
            failed: answer == Answer::Exposed,
            open: answer == Answer::Inconclusive,
            safe: answer == Answer::Safe,
            all_well: answer == Answer::Safe,
        }
    }

    /// A plan that misses a goal without any fault that costs fails: whoever locks everybody out
    /// exposes nobody.
    fn goal(&mut self, answer: GoalAnswer, bug: bool) {
        self.bug |= bug;
        self.failed |= answer == GoalAnswer::Missed;
        self.open |= answer == GoalAnswer::Inconclusive;
        self.all_well &= answer == GoalAnswer::Met;
    }

    fn exit(&self) -> Exit {
        match (self.bug, self.failed, self.open) {
            (true, ..) | (_, false, true) => Exit::Limit,
            (_, true, _) => Exit::Missed,
            (_, false, false) => Exit::Answered,
        }
    }
}

/// With so many faults margins are taken.
fn margin_faults(args: &Verify) -> usize {
    args.faults.map_or(0, usize::from)
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
    let faults = margin_faults(args);
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
    found: Vec<Vec<Schedule>>,
    loaded: &Loaded,
    console: &Console,
) -> Result<(), Stop> {
    let folder = out.join("findings");
    let name = |number: usize| folder.join(format!("verify-{number}.toml"));
    if found.iter().any(|found| !found.is_empty()) {
        files::folder(&folder)?;
    }
    let explored = report.scope.tenants.filter(|&tenants| {
        let population = &loaded.scenario.tenants;
        (population.count, population.migrated) != (tenants, 0)
    });
    let goals = report.goals.iter_mut().map(|goal| &mut goal.fault_sets);
    let sets = std::iter::once(&mut report.fault_sets).chain(goals).flatten();
    let mut number = 0;
    for ((setup, found), set) in found.into_iter().flatten().zip(sets) {
        number += 1;
        let path = name(number);
        files::remove(&path)?;
        let file = proved_file(&setup, &found, explored, &loaded.files);
        let again = |file: FindingFile| match rerun(&file) {
            Ok(again) if again.does && again.same => Ok(file),
            _ => Err("its scenario cannot be written so that it replays there".to_owned()),
        };
        match file.and_then(again) {
            Ok(file) => {
                files::write(&path, &file.write())?;
                set.file = Some(path.display().to_string());
            }
            Err(why) => console.note(&format!("set {number} is kept in no finding: {why}")),
        }
    }
    let left = (number + 1..).map(name).take_while(|path| path.exists());
    left.into_iter().try_for_each(|path| files::remove(&path))
}

fn told(progress: &Progress) -> String {
    let Progress { states, waiting, depth, faults, .. } = progress;
    format!("{states} states, {waiting} waiting, depth {depth}, {faults} faults")
}
