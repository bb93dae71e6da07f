//! `pos`: a random priority for each event, drawn anew after a race.
//!
//! Partial order sampling (Yuan, Yang and Gu, CAV 2018; as in Fray, OOPSLA 2025): every pending event
//! has a random priority and the highest fires; then those that race with it draw again, so that
//! orders of events that do not race are not counted twice. Two events race if they concern the same
//! tenant and facts that one of them writes and the other reads or writes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kernel::Setup;
use crate::search::choices::{Dice, Menus};
use crate::search::order::Bounds;
use crate::search::races::Races;
use crate::search::strategy::{Ask, Length, Pick, Planner, Ready, Strategy};

/// Priorities of events.
#[derive(Clone, Debug)]
pub struct Pos {
    setup: Setup,
    menus: Arc<Menus>,
    seed: u64,
    races: Arc<Races>,
}

impl Pos {
    /// Priorities of a seed.
    #[must_use]
    pub fn new(setup: &Setup, menus: &Arc<Menus>, seed: u64) -> Pos {
        let races = Arc::new(Races::new(setup.plan()));
        Pos { setup: setup.clone(), menus: Arc::clone(menus), seed, races }
    }
}

impl Planner for Pos {
    fn name(&self) -> &'static str {
        "pos"
    }

    fn plan(&mut self, run: u64) -> Option<Box<dyn Strategy + Send>> {
        let bounds = Bounds::new(&self.setup, &self.menus, Dice::new(self.seed, run));
        let (setup, races) = (self.setup.clone(), Arc::clone(&self.races));
        Some(Box::new(Sampled { bounds, setup, races, priorities: BTreeMap::new() }))
    }
}

/// One run.
struct Sampled {
    bounds: Bounds,
    setup: Setup,
    races: Arc<Races>,
    /// By number of the arming.
    priorities: BTreeMap<u64, u64>,
}

impl Strategy for Sampled {
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
            let priority = self.priorities.entry(each.id).or_insert_with(|| dice.draw());
            if *priority >= best.0 {
                best = (*priority, index);
            }
        }
        self.bounds.pick(best.1, ready)
    }

    fn fired(&mut self, picked: &Ready, ready: &[Ready]) {
        self.priorities.remove(&picked.id);
        for other in ready.iter().filter(|other| other.id != picked.id) {
            if self.races.race(&self.setup, &picked.timer, &other.timer) {
                self.priorities.remove(&other.id);
            }
        }
    }
}
