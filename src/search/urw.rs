//! `urw`: random, weighted by what is left to do.
//!
//! Uniform random walk (Zhao, Wolff, Mathur and Roychoudhury, *Selectively uniform concurrency
//! testing*, ASPLOS 2025): a random walk that picks among actors evenly reaches the middle of a long
//! one hardly ever; weighted by the events that each has left, all interleavings of independent
//! actors are alike. Counts are those of runs before. It departs from the paper where bounds
//! constrain the order, and there it is a heuristic.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kernel::Setup;
use crate::search::choices::{Dice, Menus};
use crate::search::drive::Trace;
use crate::search::order::{Actor, Bounds, actor};
use crate::search::strategy::{Ask, Length, Pick, Planner, Ready, Strategy};

/// Random walks, weighted.
#[derive(Clone, Debug)]
pub struct Urw {
    setup: Setup,
    menus: Arc<Menus>,
    seed: u64,
    /// Most events of each actor in a run.
    counts: Arc<BTreeMap<Actor, u32>>,
}

impl Urw {
    /// Weighted walks of a seed.
    #[must_use]
    pub fn new(setup: &Setup, menus: &Arc<Menus>, seed: u64) -> Urw {
        let counts = Arc::default();
        Urw { setup: setup.clone(), menus: Arc::clone(menus), seed, counts }
    }
}

/// Events of each actor in a run.
pub(super) fn count(trace: &Trace) -> BTreeMap<Actor, u32> {
    let mut counts = BTreeMap::new();
    for event in &trace.events {
        let (timer, at) = (event.timer, event.at);
        let ready = Ready { timer, id: 0, earliest: at, latest: at, place: 0 };
        *counts.entry(actor(&ready)).or_insert(0) += 1;
    }
    counts
}

impl Planner for Urw {
    fn name(&self) -> &'static str {
        "urw"
    }

    fn plan(&mut self, run: u64) -> Option<Box<dyn Strategy + Send>> {
        let bounds = Bounds::new(&self.setup, &self.menus, Dice::new(self.seed, run));
        Some(Box::new(Walk { bounds, left: (*self.counts).clone() }))
    }

    fn learn(&mut self, trace: &Trace, mine: bool) {
        // The nominal run tells most; runs with faults tell of what only they do.
        if !mine && !self.counts.is_empty() {
            return;
        }
        let counts = Arc::make_mut(&mut self.counts);
        for (actor, count) in count(trace) {
            let known = counts.entry(actor).or_insert(0);
            *known = (*known).max(count);
        }
    }
}

/// One walk.
struct Walk {
    bounds: Bounds,
    left: BTreeMap<Actor, u32>,
}

impl Strategy for Walk {
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
        // Who was not met before has at least this event.
        let weight =
            |ready: &Ready| u64::from(self.left.get(&actor(ready)).copied().unwrap_or(1).max(1));
        let weights: Vec<u64> = ready.iter().map(weight).collect();
        let mut draw = self.bounds.dealer.dice.below(weights.iter().sum());
        let place = weights.iter().position(|&weight| {
            let here = draw < weight;
            draw = draw.saturating_sub(weight);
            here
        });
        self.bounds.pick(place.expect("a draw below the sum"), ready)
    }

    fn fired(&mut self, picked: &Ready, _: &[Ready]) {
        if let Some(left) = self.left.get_mut(&actor(picked)) {
            *left = left.saturating_sub(1);
        }
    }
}
