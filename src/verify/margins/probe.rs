//! One question: with these ends moved, is anything possible that was not before?

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::kernel::Setup;
use crate::plan::{Gap, Plan};
use crate::units::Span;
use crate::verify::explore::{GoOn, Progress};
use crate::verify::margins::bounds::{End, Move, moved, stretch};
use crate::verify::prove::{Found, Options, Property, Question, stretched};

/// What margins are about.
#[derive(Clone, Debug)]
pub(super) enum Ground {
    /// Any number of tenants: focal runs with waits up to this.
    Any { plan: Box<Plan>, seed: u64, wait: Option<Span> },
    /// Exactly the tenants of a rollout.
    Exact(Setup),
}

/// Hazards, or the goal, with sets of faults.
pub(super) type Sets = BTreeSet<(Property, Vec<u16>)>;

/// A schedule that exposes somebody, or misses the goal.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The rollout or focal run in which the kernel has replayed it.
    pub setup: Setup,
    /// The set with its witness.
    pub found: Found,
}

/// What is possible.
#[derive(Clone, Debug)]
pub(super) enum Seen {
    /// Nothing that was not before.
    Clean,
    /// Something, and the kernel has replayed it.
    Exposed(Box<Shown>),
    /// Something, but no schedule of it was replayed; how far the end has to reach for it.
    Possible(Option<u64>),
    /// The budget ended first.
    Stopped,
}

/// One run explored.
struct Explored {
    found: Vec<Found>,
    /// What is only possible.
    open: Vec<Found>,
    /// The budget was enough for all of it.
    whole: bool,
}

/// Explores one ground again and again.
pub(super) struct Prober<'a> {
    pub(super) ground: Ground,
    /// What must stay as it is.
    question: Question,
    /// Sets of at most so many faults.
    pub(super) faults: usize,
    /// What was possible before; sets that have none of these are new.
    pub(super) base: Sets,
    /// All runs, the one that showed something last first.
    setups: Vec<Setup>,
    pub(super) progress: Progress,
    /// Schedules that should replay and do not.
    pub(super) bugs: Vec<Shown>,
    go_on: GoOn<'a>,
}

impl<'a> Prober<'a> {
    pub(super) fn new(
        ground: Ground,
        question: Question,
        faults: usize,
        go_on: GoOn<'a>,
    ) -> Prober<'a> {
        let (setups, base) = (setups(&ground), Sets::new());
        let (progress, bugs) = (Progress::default(), Vec::new());
        Prober { ground, question, faults, base, setups, progress, bugs, go_on }
    }

    /// The same for other waits.
    pub(super) fn wait_at_most(&mut self, longest: Option<Span>) {
        if let Ground::Any { wait, .. } = &mut self.ground {
            *wait = longest;
        }
        self.setups = setups(&self.ground);
    }

    /// Plans of the runs.
    pub(super) fn plans(&self) -> Vec<&Plan> {
        self.setups.iter().map(Setup::plan).collect()
    }

    /// Somebody waits for pools.
    pub(super) fn waits(&self) -> bool {
        let focal = self.setups.iter().filter_map(|setup| setup.plan().focal.as_ref());
        focal.into_iter().any(|focal| focal.waits.iter().any(Option::is_some))
    }

    /// Classes of the tenants there are, by index of [`Plan::classes`].
    pub(super) fn classes(&self) -> Vec<usize> {
        let mut classes = BTreeSet::new();
        for setup in &self.setups {
            let (plan, world) = (setup.plan(), setup.world());
            let tenants = world.all(plan.tenant());
            classes.extend(tenants.map(|tenant| world.class(plan, tenant)));
            if plan.steps.iter().any(|step| step.kind < plan.tenant()) {
                classes.insert(plan.classes.len());
            }
        }
        classes.into_iter().collect()
    }

    /// Why one tenant cannot stand for all, if it cannot.
    pub(super) fn gaps(&self) -> Vec<Gap> {
        let focal = self.setups.iter().filter_map(|setup| setup.plan().focal.as_ref());
        let gaps: BTreeSet<Gap> = focal.flat_map(|focal| focal.gaps.iter().copied()).collect();
        gaps.into_iter().collect()
    }

    /// The sets that are replayed, and those that are only possible; `None`: the budget ended first.
    pub(super) fn sets(&mut self) -> Option<(Sets, Sets)> {
        let (mut replayed, mut possible) = (Sets::new(), Sets::new());
        for setup in self.setups.clone() {
            let Explored { found, open, whole } = self.explore(&setup, &[], None);
            // What takes no fault is all that matters then; else a further set may have been missed.
            if !whole && found.iter().all(|found| !found.faults.is_empty()) {
                return None;
            }
            replayed.extend(found.into_iter().map(|found| (found.property, found.faults)));
            possible.extend(open.into_iter().map(|found| (found.property, found.faults)));
        }
        Some((replayed, possible))
    }

    /// With these ends moved. Schedules keep the bound of the last one as close as they can.
    pub(super) fn probe(&mut self, moves: &[Move<'_>]) -> Seen {
        let mut possible = None;
        for place in 0..self.setups.len() {
            let setup = self.setups[place].clone();
            let Explored { found, open, whole } = self.explore(&setup, moves, moves.last());
            let new = |found: &Found| {
                let known = self.base.iter().filter(|(of, _)| *of == found.property);
                known
                    .into_iter()
                    .all(|(_, set)| set.iter().any(|fault| !found.faults.contains(fault)))
            };
            let found = found.into_iter().filter(&new).min_by_key(|found| {
                let upper = moves.last().is_none_or(|last| last.end == End::Upper);
                found.witness.stretch.map_or(u64::MAX, |to| if upper { to } else { u64::MAX - to })
            });
            if let Some(found) = found {
                let setup = altered(&setup, moves);
                // What showed something is likely to do so again.
                self.setups[..=place].rotate_right(1);
                return Seen::Exposed(Box::new(Shown { setup, found }));
            }
            if !whole {
                // Sets that were known before say nothing about what is left.
                return Seen::Stopped;
            }
            let open = open.into_iter().filter(&new).map(|found| found.witness.stretch);
            possible = possible.or_else(|| open.min());
        }
        possible.map_or(Seen::Clean, Seen::Possible)
    }

    /// What is found and what is only possible in one run.
    fn explore(
        &mut self,
        setup: &Setup,
        moves: &[Move<'_>],
        closest: Option<&Move<'_>>,
    ) -> Explored {
        let setup = altered(setup, moves);
        let end = closest.and_then(|end| stretch(setup.plan(), *end));
        let options = Options { faults: self.faults, longest: false, outline: true };
        let goal = match self.question {
            Question::Hazards => None,
            Question::Goal(goal) => Some(goal),
        };
        let reduced = match (&self.ground, goal) {
            (Ground::Any { .. }, goal) => Some(setup.coarse(goal)),
            (Ground::Exact(_), Some(goal)) => Some(setup.with(setup.plan().about(goal))),
            (Ground::Exact(_), None) => None,
        };
        let (explored, exact) = match &reduced {
            Some(reduced) => (reduced, Some(&setup)),
            None => (&setup, None),
        };
        let mut verdict = stretched(explored, exact, self.question, end, options, &mut *self.go_on);
        self.progress.states += verdict.progress.states;
        self.progress.transitions += verdict.progress.transitions;
        let bugs = std::mem::take(&mut verdict.bugs);
        verdict.possible.extend(bugs.iter().cloned());
        self.bugs.extend(bugs.into_iter().map(|found| Shown { setup: setup.clone(), found }));
        let whole = verdict.complete == Some(self.faults);
        Explored { found: verdict.found, open: verdict.possible, whole }
    }
}

fn setups(ground: &Ground) -> Vec<Setup> {
    match ground {
        Ground::Any { plan, seed, wait } => {
            let scopes = plan.scopes(*wait).into_iter();
            scopes.map(|scope| Setup::focal(plan, scope, *seed)).collect()
        }
        Ground::Exact(setup) => vec![setup.clone()],
    }
}

/// The run with these ends moved.
fn altered(setup: &Setup, moves: &[Move<'_>]) -> Setup {
    if moves.is_empty() {
        return setup.clone();
    }
    let plan = moved(setup.plan(), moves);
    Setup::of(Arc::new(plan), setup.world().clone(), setup.seed)
}
