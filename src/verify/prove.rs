//! The question asked, and its answer.

use std::sync::Arc;

use crate::kernel::Setup;
use crate::model::Entity;
use crate::plan::Plan;
use crate::scenario::{Order, Scenario};
use crate::units::{Instant, Span};
use crate::verify::dbm::NONE;
use crate::verify::earliest::Earliest;
use crate::verify::explore::{Explorer, Exposure, GoOn, Longest, Progress, Scope};
use crate::verify::faults::{FaultSet, Sites};
use crate::verify::limits::{Abstraction, abstractions};
use crate::verify::outline::Outline;
use crate::verify::stretch::Stretch;
use crate::verify::witness::{Aim, Witness, witness};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Sets of at most so many faults.
    pub faults: usize,
    /// Measure the longest window of each set, and when one opens at the earliest.
    pub longest: bool,
    /// Try an outline first. It never changes an answer, only how many states it takes.
    pub outline: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { faults: 2, longest: true, outline: true }
    }
}

/// Something that a plan must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Property {
    /// A hazard, by index in the plan, holds for no positive time.
    Hazard(u16),
    /// A goal, by index in the plan, holds at each of its deadlines.
    Goal(u16),
}

impl Property {
    /// The hazard, if it is one.
    pub(super) fn hazard(self) -> Option<u16> {
        match self {
            Property::Hazard(hazard) => Some(hazard),
            Property::Goal(_) => None,
        }
    }
}

/// What one exploration looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Windows of any hazard.
    Hazards,
    /// Deadlines at which this goal does not hold.
    Goal(u16),
}

/// The answer about all hazards, or about a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// No timing, no order of events at one instant, and none of the allowed faults exposes anyone, or
    /// misses the goal.
    Safe,
    /// Some schedule does, and the kernel has confirmed it.
    Exposed,
    /// A budget or limit ended the search, or the only schedules found are unconfirmed.
    Inconclusive,
}

impl Answer {
    /// As expectations and reports write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Answer::Safe => "safe",
            Answer::Exposed => "exposed",
            Answer::Inconclusive => "inconclusive",
        }
    }
}

/// The longest window that some faults make possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Length {
    /// Its length; `None`: it need not end.
    pub length: Option<Span>,
    /// Everything with these faults was explored, so no window is longer.
    pub complete: bool,
    /// A schedule with it; `None` if it need not end.
    pub witness: Option<Witness>,
}

impl Length {
    /// The simulator has such a window; else there is none longer. One that need not end is none of a
    /// run that ends.
    #[must_use]
    pub fn replayed(&self) -> bool {
        self.witness.as_ref().is_none_or(|witness| witness.window.is_some())
    }
}

/// When the first window opens that some faults make possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct First {
    /// That instant: no schedule with these faults has a window before.
    pub at: Instant,
    /// A schedule with a window from then on, if its `window` is there: else only the exploration has it.
    pub witness: Witness,
}

/// A set of faults that exposes somebody or misses a goal, and none of its subsets does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The hazard or goal.
    pub property: Property,
    /// The user in whose session a hazard holds, by index in `Plan::users`; `None`: live.
    pub user: Option<u16>,
    /// Whose window, or for whom the goal is missed.
    pub entity: Entity,
    /// Faults, by index in the plan; none: it takes no fault.
    pub faults: Vec<u16>,
    /// A schedule with it.
    pub witness: Witness,
    /// If it was asked for and is known.
    pub longest: Option<Length>,
    /// Likewise.
    pub first: Option<First>,
}

/// What was explored of one rollout or focal run.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Plan and population that were explored.
    pub setup: Setup,
    /// The answer.
    pub answer: Answer,
    /// Minimal sets, by hazard and size; each confirmed by the kernel.
    pub found: Vec<Found>,
    /// Sets whose schedules the kernel could not follow, for a reason that each states.
    pub possible: Vec<Found>,
    /// Schedules that the kernel should follow and does not: bugs of ours.
    pub bugs: Vec<Found>,
    /// Sets of at most so many faults were asked for.
    pub faults: usize,
    /// All schedules with at most so many faults were explored; `None`: not even those without.
    pub complete: Option<usize>,
    /// Tenants that are alike were exchanged; else why not.
    pub symmetry: Result<(), &'static str>,
    /// What is not exact; each only adds behaviours.
    pub abstractions: Vec<Abstraction>,
    /// How far it went.
    pub progress: Progress,
}

/// A rollout of so many tenants of a scenario, sizes as drawn for the seed.
///
/// # Errors
/// Why there is no such rollout.
pub fn exact(scenario: &Scenario, tenants: u32, seed: u64) -> Result<Setup, String> {
    let mut scenario = scenario.clone();
    if let Some(inventory) = &scenario.inventory {
        let mut few = (**inventory).clone();
        let mut left = tenants;
        few.tenants.retain(|tenant| {
            let keep = !tenant.migrated && left > 0;
            left -= u32::from(keep);
            keep
        });
        if left > 0 {
            let listed = tenants - left;
            return Err(format!("the inventory lists {listed} tenants that move, not {tenants}"));
        }
        scenario.inventory = Some(Arc::new(few));
    }
    scenario.tenants.count = tenants;
    scenario.tenants.migrated = 0;
    let setup = Setup::new(Arc::new(Plan::compile(&scenario)), seed);
    let scope = Scope::of(Question::Hazards, 0);
    let symmetric = Explorer::new(&setup, &Sites::new(setup.plan()), scope).symmetric();
    if scenario.rollout.order == Order::Shuffled && tenants > 1 && !symmetric {
        return Err("tenants differ and start in random order: list the order to verify".to_owned());
    }
    Ok(setup)
}

/// Explores everything that some timing makes possible. `go_on` is asked now and then.
#[must_use]
pub fn verify(setup: &Setup, options: Options, go_on: GoOn<'_>) -> Verdict {
    prove(setup, None, Question::Hazards, options, go_on)
}

/// Explores everything that some timing makes possible about one goal.
#[must_use]
pub fn verify_goal(setup: &Setup, goal: u16, options: Options, go_on: GoOn<'_>) -> Verdict {
    let reduced = setup.with(setup.plan().about(goal));
    let verdict = prove(&reduced, Some(setup), Question::Goal(goal), options, go_on);
    Verdict { setup: setup.clone(), ..verdict }
}

/// The same; `exact`: the run whose coarser one it is, which has to confirm what is found.
pub(super) fn prove(
    setup: &Setup,
    exact: Option<&Setup>,
    question: Question,
    options: Options,
    go_on: GoOn<'_>,
) -> Verdict {
    stretched(setup, exact, question, None, options, go_on)
}

/// The same; `stretch`: the end whose bound schedules keep as close as they can.
pub(super) fn stretched(
    setup: &Setup,
    exact: Option<&Setup>,
    question: Question,
    stretch: Option<Stretch>,
    options: Options,
    go_on: GoOn<'_>,
) -> Verdict {
    let bounded = until_horizon(setup);
    let explored = bounded.as_ref().unwrap_or(setup);
    let sites = Sites::new(setup.plan());
    let mut explorer = Explorer::new(explored, &sites, Scope::of(question, options.faults));
    explorer.outline = options.outline.then(Outline::default);
    let mut whole = explorer.run(&mut *go_on);
    let outline = explorer.progress;
    if explorer.outline.is_some_and(|outline| outline.says_nothing) {
        explorer = Explorer::new(explored, &sites, Scope::of(question, options.faults));
        explorer.exact = exact;
        explorer.stretch = stretch;
        whole = explorer.run(&mut *go_on);
        explorer.progress.add(outline);
    }
    let mut verdict = Verdict {
        setup: setup.clone(),
        answer: Answer::Safe,
        found: Vec::new(),
        possible: Vec::new(),
        bugs: Vec::new(),
        faults: options.faults,
        complete: explorer.complete,
        symmetry: explorer.symmetry.because.map_or(Ok(()), Err),
        abstractions: abstractions(setup.plan()),
        progress: explorer.progress,
    };
    for exposure in explorer.exposures.clone() {
        let list = match (exposure.confirmed(), exposure.witness.doubts.is_empty()) {
            (true, _) => &mut verdict.found,
            (false, false) => &mut verdict.possible,
            (false, true) => &mut verdict.bugs,
        };
        list.push(found(exposure));
    }
    drop(explorer);
    if options.longest && question == Question::Hazards {
        verdict.measure(exact, &sites, go_on);
    }
    let order = |found: &Found| (found.property, found.faults.len(), found.faults.clone());
    verdict.found.sort_by_key(order);
    verdict.possible.sort_by_key(order);
    let open = !whole || !verdict.possible.is_empty() || !verdict.bugs.is_empty();
    verdict.answer = match (verdict.found.is_empty(), open) {
        (false, _) => Answer::Exposed,
        (true, true) => Answer::Inconclusive,
        (true, false) => Answer::Safe,
    };
    verdict
}

/// With calendars, the run that ends at the horizon: nothing is known of windows after it.
fn until_horizon(setup: &Setup) -> Option<Setup> {
    setup.plan().past_the_horizon().map(|plan| setup.with(plan))
}

fn found(exposure: Exposure) -> Found {
    let Exposure { property, user, entity, faults, witness, .. } = exposure;
    let faults = faults.iter().collect();
    Found { property, user, entity, faults, witness, longest: None, first: None }
}

impl Verdict {
    /// The longest and the first window of each set: everything with its faults alone is explored once
    /// more for each, and the age of one window, or the time since the beginning, is kept in the zone.
    fn measure(&mut self, exact: Option<&Setup>, sites: &Sites, go_on: GoOn<'_>) {
        let mut sets: Vec<Vec<u16>> = self.found.iter().map(|found| found.faults.clone()).collect();
        sets.sort();
        sets.dedup();
        let bounded = until_horizon(&self.setup);
        let setup = bounded.unwrap_or_else(|| self.setup.clone());
        for faults in sets {
            let mut set = FaultSet::default();
            faults.iter().for_each(|&fault| set.insert(fault));
            let question = Question::Hazards;
            let (most, measure) = (faults.len(), Some(set));
            let scope = Scope { question, most, measure, soonest: false };
            let mut explorer = Explorer::new(&setup, sites, scope);
            explorer.exact = exact;
            let complete = explorer.run(&mut *go_on);
            self.progress.add(explorer.progress);
            for found in self.found.iter_mut().filter(|found| found.faults == faults) {
                let Property::Hazard(hazard) = found.property else { continue };
                let longest = explorer.longest.get(&hazard);
                found.longest = longest.map(|&longest| length(&explorer, longest, complete));
            }
            let mut explorer = Explorer::new(&setup, sites, Scope { soonest: true, ..scope });
            explorer.exact = exact;
            self.first(&faults, &mut explorer, &mut *go_on);
        }
        self.bugs.extend(self.found.iter().flat_map(unreplayed));
    }

    /// The first window of a set.
    fn first(&mut self, faults: &[u16], explorer: &mut Explorer<'_>, go_on: GoOn<'_>) {
        let same = self.found.iter().filter(|found| found.faults == faults);
        let hazards: Vec<u16> = same.filter_map(|found| found.property.hazard()).collect();
        let complete = explorer.run_soonest(&hazards, go_on);
        self.progress.add(explorer.progress);
        if !complete {
            return;
        }
        for found in self.found.iter_mut().filter(|found| found.faults == faults) {
            let hazard = found.property.hazard();
            let known = hazard.and_then(|hazard| explorer.earliest.get(&hazard));
            let Some(&earliest) = known else { continue };
            let Earliest { opening, at, node } = earliest;
            let micros = u64::try_from(at).expect("nothing happens before the beginning");
            let witness = witness(explorer.setup, explorer, node, Aim::OpenAt(opening, at));
            found.first = Some(First { at: Instant(micros), witness });
        }
    }
}

/// Measured windows that the simulator should have, and has not.
fn unreplayed(found: &Found) -> Vec<Found> {
    let longest = found.longest.iter().filter_map(|longest| longest.witness.as_ref());
    let all = longest.chain(found.first.iter().map(|first| &first.witness));
    let wrong = all.filter(|witness| witness.window.is_none() && witness.doubts.is_empty());
    wrong.map(|witness| Found { witness: witness.clone(), ..found.clone() }).collect()
}

fn length(explorer: &Explorer<'_>, longest: Longest, complete: bool) -> Length {
    let Longest { opening, length, node } = longest;
    if length == NONE {
        return Length { length: None, complete, witness: None };
    }
    let aim = Aim::Lasts(opening, length);
    Length {
        length: Some(Span(u64::try_from(length).expect("no window ends before it begins"))),
        complete,
        witness: Some(witness(explorer.setup, explorer, node, aim)),
    }
}
