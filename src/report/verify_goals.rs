//! The report of `cutover verify` about goals.

use serde::Serialize;

use crate::check::InFull;
use crate::kernel::Setup;
use crate::model::World;
use crate::monitor::Miss;
use crate::report::margins::MarginsData;
use crate::report::verify::{SetData, set};
use crate::report::verify_any::{WaitsData, data, tried_sets, waits};
use crate::report::words::{Names, listed};
use crate::verify::{Overall, Verdict};

/// The verdict about one goal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GoalVerdictData {
    /// The goal.
    pub goal: String,
    /// "met"; "missed-with-faults": it takes a fault that costs; "missed": it takes none; or
    /// "inconclusive".
    pub verdict: &'static str,
    /// For any number of tenants: how long anybody may wait, if the verdict is to hold.
    pub waits: Option<WaitsData>,
    /// Sets of at most so many faults were asked for.
    pub faults: usize,
    /// All schedules with at most so many faults were explored; `null`: not even those without.
    pub complete_to_faults: Option<usize>,
    /// Minimal sets of faults that miss it, each with a schedule that the simulator has replayed.
    pub fault_sets: Vec<SetData>,
    /// Sets whose schedules the simulator cannot follow, and why; they prune nothing.
    pub possible: Vec<SetData>,
    /// Schedules that should replay and do not: a bug of cutover.
    pub bugs: Vec<SetData>,
    /// How far each bound can be moved until somebody misses it, if that was asked for.
    pub margins: Option<MarginsData>,
    /// States kept.
    pub states: u64,
}

/// Of a rollout of so many tenants.
pub(super) fn exact(goal: u16, verdict: &Verdict) -> GoalVerdictData {
    let sets = |list: &[_]| list.iter().map(|found| set(&verdict.setup, found)).collect();
    GoalVerdictData {
        goal: Names::new(verdict.setup.plan()).goal(goal).to_owned(),
        verdict: verdict.goal_answer().word(),
        waits: None,
        faults: verdict.faults,
        complete_to_faults: verdict.complete,
        fault_sets: sets(&verdict.found),
        possible: sets(&verdict.possible),
        bugs: sets(&verdict.bugs),
        margins: None,
        states: verdict.progress.states,
    }
}

/// Of any number of tenants.
pub(super) fn any_number_of(
    full: &Setup,
    goal: u16,
    overall: &Overall,
    tried: &InFull,
) -> GoalVerdictData {
    GoalVerdictData {
        goal: Names::new(full.plan()).goal(goal).to_owned(),
        verdict: overall.goal_answer().word(),
        waits: Some(waits(full.plan(), overall, tried)),
        faults: overall.faults,
        complete_to_faults: overall.complete,
        fault_sets: tried_sets(full, overall, tried),
        possible: overall.possible.iter().map(|each| data(overall, each)).collect(),
        bugs: overall.bugs.iter().map(|each| data(overall, each)).collect(),
        margins: None,
        states: overall.progress.states,
    }
}

impl Names<'_> {
    /// The sentence about a missed goal: for whom, when, and what stood in its way.
    pub(super) fn missed(&self, world: &World, miss: &Miss) -> String {
        let goal = &self.plan.goals[usize::from(miss.goal)];
        let steps = |steps: &[u16], one: &str, several: &str| {
            let names: Vec<String> = steps.iter().map(|&step| self.mark(self.step(step))).collect();
            let said = if steps.len() == 1 { one } else { several };
            (!steps.is_empty()).then(|| format!("{} {said}", listed(&names)))
        };
        let reasons = [
            steps(&miss.running, "was under way", "were under way"),
            steps(&miss.waiting, "was waiting", "were waiting"),
            steps(&miss.failed, "had failed", "had failed"),
        ];
        let reasons: Vec<String> = reasons.into_iter().flatten().collect();
        let reasons = match reasons.is_empty() {
            true => String::new(),
            false => format!(", while {}", listed(&reasons)),
        };
        let faults: Vec<String> =
            miss.faults.iter().map(|&fault| self.mark(self.fault(fault))).collect();
        let after = match faults.len() {
            0 => String::new(),
            1 => format!(", after the fault {}", faults[0]),
            _ => format!(", after the faults {}", listed(&faults)),
        };
        format!(
            "{} did not hold for {} at {}, which is {} after {}{reasons}{after}",
            self.mark(self.goal(miss.goal)),
            world.name(self.plan, miss.entity),
            miss.at,
            goal.within,
            self.mark(self.step(goal.of)),
        )
    }
}
