//! `pct`: random priorities with d − 1 points at which one of them drops.
//!
//! Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and Nagarakatte, ASPLOS 2010):
//! actors get a random permutation of priorities; at each step the highest that may run does; at
//! d − 1 random steps the running one falls below all others. A bug of depth d among n actors and k
//! steps is met with probability at least 1 / (n k^(d−1)) by an untimed scheduler; where bounds
//! constrain the order it is a heuristic. Only steps with more than one candidate count. d goes
//! round from 2 to 6, k is that of the runs before.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kernel::Setup;
use crate::search::choices::{Dice, Menus};
use crate::search::drive::Trace;
use crate::search::order::{Actor, Bounds, actor};
use crate::search::strategy::{Ask, Length, Pick, Planner, Ready, Strategy};

/// Priorities of many runs.
#[derive(Clone, Debug)]
pub struct Pct {
    setup: Setup,
    menus: Arc<Menus>,
    seed: u64,
    runs: u64,
    /// Most steps with a choice, and most actors, of a run.
    size: (u64, u64),
}

impl Pct {
    /// Priorities of a seed.
    #[must_use]
    pub fn new(setup: &Setup, menus: &Arc<Menus>, seed: u64) -> Pct {
        Pct { setup: setup.clone(), menus: Arc::clone(menus), seed, runs: 0, size: (1, 1) }
    }

    /// Actors and steps of a run: n and k.
    #[must_use]
    pub fn size(&self) -> (u64, u64) {
        (self.size.1, self.size.0)
    }
}

impl Planner for Pct {
    fn name(&self) -> &'static str {
        "pct"
    }

    fn plan(&mut self, run: u64) -> Option<Box<dyn Strategy + Send>> {
        let mut bounds = Bounds::new(&self.setup, &self.menus, Dice::new(self.seed, run));
        let depth = 2 + self.runs % 5;
        self.runs += 1;
        let mut drops: Vec<u64> =
            (1..depth).map(|_| 1 + bounds.dealer.dice.below(self.size.0)).collect();
        drops.sort_unstable();
        Some(Box::new(Prioritised { bounds, priorities: BTreeMap::new(), drops, step: 0, low: 0 }))
    }

    fn learn(&mut self, trace: &Trace, _: bool) {
        let steps = trace.events.iter().filter(|event| event.contested).count() as u64;
        self.size.0 = self.size.0.max(steps);
        self.size.1 = self.size.1.max(crate::search::urw::count(trace).len() as u64);
    }
}

/// One run with priorities.
struct Prioritised {
    bounds: Bounds,
    /// Higher runs first. Those that are drawn lie above those that dropped.
    priorities: BTreeMap<Actor, u64>,
    drops: Vec<u64>,
    step: u64,
    low: u64,
}

/// Initial priorities lie above this.
const INITIAL: u64 = 1 << 32;

impl Strategy for Prioritised {
    fn decide(&mut self, ask: &Ask<'_>) -> u64 {
        self.bounds.decide(ask)
    }

    fn length(&mut self, ask: &Ask<'_>) -> Length {
        self.bounds.length(ask)
    }

    fn left_out(&self) -> &[bool] {
        self.bounds.left_out()
    }

    fn next(&mut self, ready: &[Ready]) -> Pick {
        let mut best = (0, 0);
        for (index, each) in ready.iter().enumerate() {
            let dice = &mut self.bounds.dealer.dice;
            // 64 random bits are a random permutation but for ties, which go to the first.
            let drawn = self.priorities.entry(actor(each)).or_insert_with(|| dice.draw() | INITIAL);
            if *drawn > best.0 {
                best = (*drawn, index);
            }
        }
        if ready.len() > 1 {
            self.step += 1;
            if self.drops.binary_search(&self.step).is_ok() {
                self.low += 1;
                // Later drops lie below earlier ones, all below the initial priorities.
                self.priorities.insert(actor(&ready[best.1]), INITIAL - 1 - self.low);
            }
        }
        self.bounds.pick(best.1, ready)
    }
}
