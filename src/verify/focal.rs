//! The default scope: any number of tenants.
//!
//! In: a plan. Every tenant of a rollout of it runs one of the focal runs of [`Plan::scopes`], so what
//! none of them makes possible, no rollout does. Each is explored in its coarse form ([`Plan::coarse`]),
//! and what is found has to replay in the focal run itself. If the coarse form alone has some set, the focal
//! run itself is explored, too; if that takes too much, the set stays possible.
//!
//! **Waits.** First everybody may wait for pools without bound. If that makes more sets of faults
//! minimal than no waiting does, the longest wait `W` with which it does not is bisected on whole
//! microseconds: more waiting only adds behaviours, so sets stay minimal or shrink as `W` grows. Then one step
//! after the other may wait for ever; where that changes no set, the bound is not about it.

use std::collections::BTreeSet;

use crate::kernel::Setup;
use crate::plan::{Gap, Plan, Scope};
use crate::units::Span;
use crate::verify::explore::{GoOn, Progress};
use crate::verify::prove::{Answer, Found, Options, Property, Question, Verdict, prove};
use crate::verify::witness::Doubt;

/// A focal run itself may take so many states more than its coarse one.
const EXACT_TIMES: u64 = 10;
/// And so many in any case.
const EXACT_AT_FIRST: u64 = 400_000;

/// The focal runs of one scope.
#[derive(Clone, Debug)]
pub struct Part {
    /// Which tenant they are about, and how long others keep it waiting.
    pub scope: Scope,
    /// The focal run, in which witnesses replay.
    pub setup: Setup,
    /// What its coarse form makes possible.
    pub verdict: Verdict,
}

/// A minimal set of faults, over all scopes.
#[derive(Clone, Debug)]
pub struct Set {
    /// Its scope, by index in [`Overall::parts`].
    pub part: usize,
    /// The set with its witness in that focal run.
    pub found: Found,
}

/// How long anybody may wait for pools, if the verdict is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// For ever.
    Any,
    /// So long, and not 1 µs longer.
    AtMost(Span),
    /// At least so long; the budget ended before more was known.
    AtLeast(Span),
}

/// The answer for any number of tenants.
#[derive(Clone, Debug)]
pub struct Overall {
    /// The answer, as long as nobody waits longer than [`Self::waits`] says.
    pub answer: Answer,
    /// How long that is.
    pub waits: Waits,
    /// Steps whose waits have that bound, if there is one.
    pub waiting: BTreeSet<u16>,
    /// Every scope, with waits up to that.
    pub parts: Vec<Part>,
    /// Minimal sets, by hazard and size; each confirmed in a focal run.
    pub found: Vec<Set>,
    /// Sets that no focal run confirms, though the coarse ones have them.
    pub possible: Vec<Set>,
    /// Schedules that should replay and do not: bugs of ours.
    pub bugs: Vec<Set>,
    /// What takes a wait of 1 µs more, where waits have a bound.
    pub beyond: Vec<Found>,
    /// What one tenant cannot stand for; while there is any, nothing is safe.
    pub gaps: Vec<Gap>,
    /// Sets of at most so many faults were asked for.
    pub faults: usize,
    /// All schedules with at most so many faults were explored; `None`: not even those without.
    pub complete: Option<usize>,
    /// States kept, transitions computed, over all explorations.
    pub progress: Progress,
}

/// Hazards, or the goal, with their minimal sets.
type Sets = BTreeSet<(Property, Vec<u16>)>;

/// Explores every focal run of a plan. `go_on` is asked now and then.
#[must_use]
pub fn overall(plan: &Plan, seed: u64, options: Options, go_on: GoOn<'_>) -> Overall {
    answer(plan, seed, Question::Hazards, options, go_on)
}

/// The same about one goal.
#[must_use]
pub fn overall_goal(
    plan: &Plan,
    goal: u16,
    seed: u64,
    options: Options,
    go_on: GoOn<'_>,
) -> Overall {
    answer(plan, seed, Question::Goal(goal), options, go_on)
}

fn answer(
    plan: &Plan,
    seed: u64,
    question: Question,
    options: Options,
    go_on: GoOn<'_>,
) -> Overall {
    let (progress, patient) = (Progress::default(), BTreeSet::new());
    let mut asked = Asked { plan, seed, question, options, patient, progress };
    let free = asked.explore(None, options.longest, go_on);
    if !free.whole() || free.takes_no_wait() {
        return free.answered(Waits::Any, Vec::new(), &asked);
    }
    let none = asked.explore(Some(Span(0)), false, go_on);
    let base = none.sets();
    if !none.whole() || free.sets() == base {
        return free.answered(Waits::Any, Vec::new(), &asked);
    }
    let (mut least, mut most, mut beyond) = (0, free.longest_needed(&base), free);
    let mut known = true;
    while known && most - least > 1 {
        let wait = least + (most - least) / 2;
        let tried = asked.explore(Some(Span(wait)), false, go_on);
        if !tried.whole() {
            known = false;
        } else if tried.sets() == base {
            least = wait;
        } else {
            most = tried.longest_needed(&base).min(wait);
            beyond = tried;
        }
    }
    let waits = if known { Waits::AtMost(Span(least)) } else { Waits::AtLeast(Span(least)) };
    let more = beyond.merged(|verdict| &verdict.found);
    let more = more.into_iter().map(|set| set.found);
    let more = more.filter(|found| !base.contains(&(found.property, found.faults.clone())));
    let beyond = more.collect();
    asked.find_patient(Span(least), &base, go_on);
    let last = asked.explore(Some(Span(least)), options.longest, go_on);
    last.answered(waits, beyond, &asked)
}

struct Asked<'a> {
    plan: &'a Plan,
    seed: u64,
    question: Question,
    options: Options,
    /// Steps that may wait for ever, whatever the bound of the others.
    patient: BTreeSet<u16>,
    progress: Progress,
}

impl Asked<'_> {
    fn explore(&mut self, wait: Option<Span>, longest: bool, go_on: GoOn<'_>) -> Explored {
        let options = Options { longest, ..self.options };
        let mut parts = Vec::new();
        for scope in self.plan.scopes(wait) {
            let mut setup = Setup::focal(self.plan, scope, self.seed);
            if !self.patient.is_empty() {
                let mut plan = setup.plan().clone();
                plan.wait_for_ever(&self.patient);
                setup = setup.with(plan);
            }
            let goal = match self.question {
                Question::Hazards => None,
                Question::Goal(goal) => Some(goal),
            };
            let coarse = setup.coarse(goal);
            let mut verdict = prove(&coarse, Some(&setup), self.question, options, &mut *go_on);
            let coarse = |found: &Found| found.witness.doubts.contains(&Doubt::Coarse);
            if verdict.possible.iter().any(coarse) {
                let asked = (self.question, options);
                verdict = exactly(&setup, verdict, asked, &mut *go_on);
            }
            self.progress.add(verdict.progress);
            parts.push(Part { scope, setup, verdict });
        }
        Explored { parts, faults: options.faults }
    }

    /// Steps that wait for pools.
    fn waiting(&self) -> BTreeSet<u16> {
        let steps = (0u16..).zip(&self.plan.steps);
        steps.filter(|(_, step)| !step.uses.is_empty()).map(|(index, _)| index).collect()
    }

    /// Looks for steps that may wait for ever without a further set.
    fn find_patient(&mut self, wait: Span, base: &Sets, go_on: GoOn<'_>) {
        for step in self.waiting() {
            self.patient.insert(step);
            let tried = self.explore(Some(wait), false, go_on);
            if !tried.whole() || tried.sets() != *base {
                self.patient.remove(&step);
            }
        }
    }
}

/// The verdict on a focal run itself, if that is not much more work than its coarse one was.
fn exactly(
    setup: &Setup,
    coarse: Verdict,
    (question, options): (Question, Options),
    go_on: GoOn<'_>,
) -> Verdict {
    let most = EXACT_AT_FIRST + EXACT_TIMES * coarse.progress.states;
    let mut go_on = |progress: &Progress| progress.states < most && go_on(progress);
    let mut verdict = prove(setup, None, question, options, &mut go_on);
    if verdict.complete != Some(options.faults) {
        let progress = verdict.progress;
        verdict = coarse;
        verdict.progress.add(progress);
        return verdict;
    }
    verdict.progress.add(coarse.progress);
    verdict
}

/// All scopes with one bound on waits.
struct Explored {
    parts: Vec<Part>,
    faults: usize,
}

impl Explored {
    /// All schedules with at most so many faults were explored in every scope.
    fn complete(&self) -> Option<usize> {
        // `None` is less than any level.
        self.parts.iter().map(|part| part.verdict.complete).min().flatten()
    }

    fn whole(&self) -> bool {
        self.complete() == Some(self.faults)
    }

    /// Sets that no other of the same hazard is part of, whichever scope it comes from.
    fn merged(&self, list: impl Fn(&Verdict) -> &Vec<Found>) -> Vec<Set> {
        let mut all: Vec<Set> = Vec::new();
        for (part, Part { verdict, .. }) in self.parts.iter().enumerate() {
            all.extend(list(verdict).iter().map(|found| Set { part, found: found.clone() }));
        }
        all.sort_by_key(|Set { part, found }| {
            (found.property, found.faults.len(), found.faults.clone(), *part)
        });
        let mut least: Vec<Set> = Vec::new();
        for set in all {
            let within = |known: &Set| {
                let (known, new) = (&known.found, &set.found);
                known.property == new.property
                    && known.faults.iter().all(|f| new.faults.contains(f))
            };
            if !least.iter().any(within) {
                least.push(set);
            }
        }
        least
    }

    /// What is possible, confirmed or not.
    fn sets(&self) -> Sets {
        let both = |verdict: &Verdict| [verdict.found.clone(), verdict.possible.clone()].concat();
        let mut sets = Sets::new();
        for part in &self.parts {
            sets.extend(both(&part.verdict).into_iter().map(|each| (each.property, each.faults)));
        }
        let all = sets.clone();
        sets.retain(|(property, faults)| {
            let smaller = |other: &(Property, Vec<u16>)| {
                other.0 == *property
                    && other.1.len() < faults.len()
                    && other.1.iter().all(|fault| faults.contains(fault))
            };
            !all.iter().any(smaller)
        });
        sets
    }

    /// The longest wait that a witness takes.
    fn wait_of(part: &Part, found: &Found) -> u64 {
        let focal = part.setup.plan().focal.as_ref().expect("the setup of a focal run");
        let waits = found.witness.overrides.iter();
        let waits = waits.filter(|(choice, _)| focal.waits.contains(&Some(choice.site)));
        waits.map(|(_, &wait)| wait).max().unwrap_or(0)
    }

    fn with_waits(&self) -> impl Iterator<Item = (u64, &Found)> {
        self.parts.iter().flat_map(|part| {
            let both = part.verdict.found.iter().chain(&part.verdict.possible);
            both.map(|found| (Self::wait_of(part, found), found))
        })
    }

    /// All that is possible is so without any wait.
    fn takes_no_wait(&self) -> bool {
        self.with_waits().all(|(wait, _)| wait == 0)
    }

    /// With waits so long, something is possible that is not among these sets, nor has one of them.
    fn longest_needed(&self, base: &Sets) -> u64 {
        let new = |found: &Found| {
            let known = base.iter().filter(|(property, _)| *property == found.property);
            known.into_iter().all(|(_, known)| known.iter().any(|f| !found.faults.contains(f)))
        };
        let shrunk = |found: &Found| !base.contains(&(found.property, found.faults.clone()));
        let waits = self.with_waits().filter(|(_, found)| new(found) && shrunk(found));
        waits.map(|(wait, _)| wait).min().expect("something new is possible")
    }

    fn answered(self, waits: Waits, beyond: Vec<Found>, asked: &Asked) -> Overall {
        let waiting = match waits {
            Waits::Any => BTreeSet::new(),
            _ => asked.waiting().difference(&asked.patient).copied().collect(),
        };
        let found = self.merged(|verdict| &verdict.found);
        let mut possible = self.merged(|verdict| &verdict.possible);
        possible.retain(|set| {
            let confirmed = |known: &Set| {
                let (known, new) = (&known.found, &set.found);
                known.property == new.property
                    && known.faults.iter().all(|f| new.faults.contains(f))
            };
            !found.iter().any(confirmed)
        });
        let bugs = self.merged(|verdict| &verdict.bugs);
        let gaps: BTreeSet<Gap> = self
            .parts
            .iter()
            .filter_map(|part| part.setup.plan().focal.as_ref())
            .flat_map(|focal| focal.gaps.iter().copied())
            .collect();
        let open = !self.whole() || !possible.is_empty() || !bugs.is_empty() || !gaps.is_empty();
        let answer = match (found.is_empty(), open) {
            (false, _) => Answer::Exposed,
            (true, true) => Answer::Inconclusive,
            (true, false) => Answer::Safe,
        };
        Overall {
            answer,
            waits,
            waiting,
            found,
            possible,
            bugs,
            beyond,
            gaps: gaps.into_iter().collect(),
            faults: self.faults,
            complete: self.complete(),
            progress: asked.progress,
            parts: self.parts,
        }
    }
}

impl Overall {
    /// Whether its sets are all there are with so many faults.
    #[must_use]
    pub fn all_sets(&self) -> bool {
        let sure = self.possible.is_empty() && self.bugs.is_empty() && self.gaps.is_empty();
        sure && self.complete == Some(self.faults)
    }
}
