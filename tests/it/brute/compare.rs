//! The prover against brute force, plan by plan.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use cutover::kernel::Setup;
use cutover::plan::Plan;
use cutover::scenario::{self, Scenario};
use cutover::verify::{
    Answer, Found, GoalAnswer, Options, Progress, Property, Verdict, Waits, exact, overall,
    overall_goal, verify, verify_goal,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};

use crate::brute::oracle::{Graph, Limits, Telling, explore, minimal};
use crate::brute::plans::{Small, text};

/// The prover keeps at most so many states: the age of a window adds to those that brute force has.
const STATES: u64 = 12_000;

/// And so many in each exploration of a focal run, of which one verdict takes many.
const FOCAL_STATES: u64 = 1_500;

/// As the prover's options say by themselves.
pub(crate) const LIMITS: Limits =
    Limits { faults: 2, states: 0, wait: None, telling: Telling::Portraits, other: None };

/// Plans by what became of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) plans: u32,
    /// The loader takes it.
    pub(crate) valid: u32,
    /// Brute force comes to an end.
    pub(crate) compared: u32,
    pub(crate) exposed: u32,
    /// Some minimal set has a fault.
    pub(crate) by_faults: u32,
    /// Some minimal set has two.
    pub(crate) by_two: u32,
    /// Sets that no schedule of the kernel confirms, for a stated reason.
    pub(crate) possible: u32,
    pub(crate) lengths: u32,
    pub(crate) endless: u32,
    /// The prover was stopped.
    pub(crate) cut: u32,
    /// Brute force finds no exposure, and the prover calls any number of tenants safe, or not.
    pub(crate) proved: u32,
    pub(crate) not_proved: u32,
    /// Brute force comes to an end for two tenants, and for as many as it was asked for.
    pub(crate) by_many: u32,
    pub(crate) by_all: u32,
    /// One tenant cannot stand for all.
    pub(crate) gaps: u32,
    pub(crate) vertices: u64,
    /// Why the loader refuses others.
    pub(crate) codes: BTreeMap<String, u32>,
}

/// What must not be possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// That somebody is exposed.
    Hazards,
    /// That somebody misses the plan's goal.
    Goal,
}

impl About {
    /// Minimal sets of faults.
    pub(crate) fn sets(self, graph: &Graph) -> BTreeSet<(u16, u64)> {
        match self {
            About::Hazards => graph.minimal(),
            About::Goal => minimal(&graph.missed),
        }
    }
}

/// Goes on for so many states. Where effects pile up in flight a state has ever more successors, and a
/// path no end.
pub(crate) fn within(progress: &Progress, states: u64) -> bool {
    progress.states < states && progress.transitions < 8 * states && progress.depth < 120
}

/// Its hazard, or its goal where one is asked for.
fn number(found: &Found) -> u16 {
    match found.property {
        Property::Hazard(number) | Property::Goal(number) => number,
    }
}

/// Sets of faults as bits, with their hazards.
fn sets<'a>(found: impl IntoIterator<Item = &'a Found>) -> BTreeSet<(u16, u64)> {
    let bits = |found: &Found| found.faults.iter().map(|fault| 1u64 << fault).sum();
    let all = found.into_iter().map(|found| (number(found), bits(found))).collect();
    minimal(&all)
}

/// The plan, if it is one.
fn loaded(text: &str, tally: &RefCell<Tally>) -> Option<Scenario> {
    tally.borrow_mut().plans += 1;
    match scenario::load_str("small.toml", text) {
        Ok(loaded) => {
            tally.borrow_mut().valid += 1;
            Some(loaded.scenario)
        }
        Err(failure) => {
            for one in failure.diagnostics.sorted() {
                *tally.borrow_mut().codes.entry(one.code.id().to_owned()).or_default() += 1;
            }
            None
        }
    }
}

/// A rollout of exactly so many tenants: the same sets, the same longest windows, every witness replays.
pub(crate) fn exactly(
    scenario: &Scenario,
    tenants: u32,
    states: usize,
    tally: &RefCell<Tally>,
) -> Result<(), String> {
    let setup = exact(scenario, tenants, 1)?;
    let options = Options::default();
    let limits = Limits { states, ..LIMITS };
    let Some(graph) = explore(&setup, limits) else { return Ok(()) };
    let verdict = verify(&setup, options, &mut |progress| progress.states < STATES);
    let measured = |found: &Found| found.longest.as_ref().is_some_and(|longest| longest.complete);
    if verdict.complete != Some(options.faults) || !verdict.found.iter().all(measured) {
        tally.borrow_mut().cut += 1;
        return Ok(());
    }
    let mut tally = tally.borrow_mut();
    tally.compared += 1;
    tally.vertices += graph.vertices.len() as u64;
    let expected = graph.minimal();
    tally.exposed += u32::from(!expected.is_empty());
    tally.by_faults += u32::from(expected.iter().any(|set| set.1 != 0));
    tally.by_two += u32::from(expected.iter().any(|set| set.1.count_ones() > 1));
    tally.possible += u32::try_from(verdict.possible.len()).expect("few");
    answers(&setup, &verdict, &expected)?;
    if verdict.answer == Answer::Safe {
        // An outline has proved it: what is explored exactly must have no other answer.
        let options = Options { outline: false, ..options };
        let slow = verify(&setup, options, &mut |progress| progress.states < STATES);
        if slow.complete == Some(options.faults) {
            answers(&setup, &slow, &expected)?;
        }
    }
    lengths(&graph, &verdict, &mut tally)
}

fn answers(
    setup: &Setup,
    verdict: &Verdict,
    expected: &BTreeSet<(u16, u64)>,
) -> Result<(), String> {
    if let Some(bug) = verdict.bugs.first() {
        return Err(format!("a witness does not replay: {bug:#?}"));
    }
    let found = sets(verdict.found.iter().chain(&verdict.possible));
    if found != *expected {
        let faults: Vec<&str> =
            setup.plan().scenario.faults.iter().map(|fault| fault.name.as_str()).collect();
        return Err(format!("{faults:?}: found {found:?}, brute force finds {expected:?}"));
    }
    let answer = match (verdict.found.is_empty(), verdict.possible.is_empty()) {
        (true, true) => Answer::Safe,
        (true, false) => Answer::Inconclusive,
        (false, _) => Answer::Exposed,
    };
    (verdict.answer == answer).then_some(()).ok_or(format!("it is {answer:?}"))
}

fn lengths(graph: &Graph, verdict: &Verdict, tally: &mut Tally) -> Result<(), String> {
    for found in &verdict.found {
        let length = found.longest.as_ref().expect("it was asked for");
        let faults = found.faults.iter().map(|fault| 1u64 << fault).sum();
        let (proved, expected) =
            (length.length.map(|span| span.0), graph.longest(number(found), faults));
        if proved != expected {
            let faults = &found.faults;
            return Err(format!("longest with {faults:?}: {proved:?}, brute force {expected:?}"));
        }
        tally.lengths += 1;
        tally.endless += u32::from(proved.is_none());
    }
    Ok(())
}

/// The goal of a rollout of exactly so many tenants: the same sets of faults miss it.
pub(crate) fn goal_exactly(
    scenario: &Scenario,
    tenants: u32,
    states: usize,
    tally: &RefCell<Tally>,
) -> Result<(), String> {
    let setup = exact(scenario, tenants, 1)?;
    let Some(graph) = explore(&setup, Limits { states, ..LIMITS }) else { return Ok(()) };
    let options = Options::default();
    let verdict = verify_goal(&setup, 0, options, &mut |progress| within(progress, STATES));
    let mut tally = tally.borrow_mut();
    if verdict.complete != Some(options.faults) {
        tally.cut += 1;
        return Ok(());
    }
    tally.compared += 1;
    let expected = minimal(&graph.missed);
    tally.exposed += u32::from(!expected.is_empty());
    tally.by_faults += u32::from(expected.iter().any(|set| set.1 != 0));
    tally.by_two += u32::from(expected.iter().any(|set| set.1.count_ones() > 1));
    tally.possible += u32::try_from(verdict.possible.len()).expect("few");
    answers(&setup, &verdict, &expected)?;
    let answer = match (expected.is_empty(), expected.contains(&(0, 0))) {
        (true, _) => GoalAnswer::Met,
        (false, true) => GoalAnswer::Missed,
        (false, false) => GoalAnswer::MissedWithFaults,
    };
    let same = !verdict.possible.is_empty() || verdict.goal_answer() == answer;
    same.then_some(()).ok_or(format!("{:?}, brute force: {answer:?}", verdict.goal_answer()))
}

/// Any number of tenants: what brute force finds for one, two and so on up to `most` of them, as long as
/// nobody waits longer than the verdict says, is among what is found or possible; and nothing is safe that
/// it exposes.
pub(crate) fn any_number(
    scenario: &Scenario,
    about: About,
    most: u32,
    states: usize,
    tally: &RefCell<Tally>,
) -> Result<(), String> {
    let options = Options { longest: false, ..Options::default() };
    let mut go_on = |progress: &Progress| within(progress, FOCAL_STATES);
    let plan = Plan::compile(scenario);
    let overall = match about {
        About::Hazards => overall(&plan, 1, options, &mut go_on),
        About::Goal => overall_goal(&plan, 0, 1, options, &mut go_on),
    };
    if let Some(bug) = overall.bugs.first() {
        return Err(format!("a witness does not replay: {bug:#?}"));
    }
    let mut tally = tally.borrow_mut();
    if overall.complete != Some(options.faults) {
        tally.cut += 1;
        return Ok(());
    }
    let wait = match overall.waits {
        Waits::Any => None,
        Waits::AtMost(wait) => Some(wait.0),
        Waits::AtLeast(_) => return Ok(()),
    };
    let safe = overall.answer == Answer::Safe;
    let found = sets(overall.found.iter().chain(&overall.possible).map(|set| &set.found));
    let known = |set: &(u16, u64)| found.iter().any(|one| one.0 == set.0 && one.1 & !set.1 == 0);
    let (mut through, mut all) = (0, BTreeSet::new());
    for tenants in 1..=most {
        let limits = Limits { states, wait, ..LIMITS };
        let Some(graph) = explore(&exact(scenario, tenants, 1)?, limits) else { break };
        let expected = about.sets(&graph);
        if !expected.is_empty() && safe || !expected.iter().all(known) && overall.gaps.is_empty() {
            let waits = overall.waits;
            return Err(format!(
                "{tenants} tenants, {waits:?}: found {found:?}, brute force finds {expected:?}"
            ));
        }
        all.extend(expected);
        through = tenants;
    }
    if through == 0 {
        return Ok(());
    }
    tally.compared += 1;
    tally.by_many += u32::from(through > 1);
    tally.by_all += u32::from(through == most);
    tally.exposed += u32::from(!all.is_empty());
    tally.by_faults += u32::from(all.iter().any(|set| set.1 != 0));
    tally.by_two += u32::from(minimal(&all).iter().any(|set| set.1.count_ones() > 1));
    tally.gaps += u32::from(!overall.gaps.is_empty());
    tally.proved += u32::from(safe);
    tally.not_proved += u32::from(all.is_empty() && !safe);
    Ok(())
}

/// What states are told apart by leaves out nothing that matters: up to an instant, the same is possible if
/// they are told apart by their whole histories.
pub(crate) fn whole_histories(
    scenario: &Scenario,
    tenants: u32,
    tally: &RefCell<Tally>,
) -> Result<(), String> {
    const END: u64 = 7;
    let setup = exact(scenario, tenants, 1)?;
    let graph = |telling| explore(&setup, Limits { states: 3_000, telling, ..LIMITS });
    let Some(histories) = graph(Telling::Everything(END)) else { return Ok(()) };
    let portraits = graph(Telling::Instants(END)).expect("there are fewer of them");
    let mut tally = tally.borrow_mut();
    tally.compared += 1;
    tally.vertices += histories.vertices.len() as u64;
    let (one, other) = (histories.minimal(), portraits.minimal());
    (one == other).then_some(()).ok_or(format!("{one:?} by histories, {other:?} by portraits"))
}

/// So many random plans; `BRUTE_SEED` in the environment draws others.
pub(crate) fn try_plans(
    cases: u32,
    plans: impl Strategy<Value = Small>,
    check: impl Fn(&Small, &Scenario, &RefCell<Tally>) -> Result<(), String>,
) -> Tally {
    let seed = std::env::var("BRUTE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let (rng_seed, failure_persistence) = (RngSeed::Fixed(seed), None);
    let config = Config { cases, rng_seed, failure_persistence, ..Config::default() };
    let config = Config { max_shrink_iters: 2_000, ..config };
    let tally = RefCell::new(Tally::default());
    let result = TestRunner::new(config).run(&plans, |plan| {
        let Some(scenario) = loaded(&text(&plan), &tally) else { return Ok(()) };
        check(&plan, &scenario, &tally).map_err(TestCaseError::fail)
    });
    if let Err(TestError::Fail(why, plan)) = &result {
        panic!("{why}\n{}", text(plan));
    }
    result.expect("a plan is drawn");
    tally.into_inner()
}
