//! `random`: every choice by itself.
//!
//! The reference that the others are measured against, and often hard to beat (Ciupa, Leitner, Oriol
//! and Meyer, *ARTOO*, ICSE 2008): values as they are distributed, from the menu, or mostly nominal,
//! decided anew for each run, with a random subset of the faults.

use std::sync::Arc;

use crate::kernel::Setup;
use crate::search::choices::{Dealer, Dice, Menus};
use crate::search::strategy::{Ask, Length, Planner, Strategy};

/// Random runs.
#[derive(Clone, Debug)]
pub struct Random {
    setup: Setup,
    menus: Arc<Menus>,
    seed: u64,
}

impl Random {
    /// Random runs of a seed.
    #[must_use]
    pub fn new(setup: &Setup, menus: &Arc<Menus>, seed: u64) -> Random {
        Random { setup: setup.clone(), menus: Arc::clone(menus), seed }
    }
}

impl Planner for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    fn plan(&mut self, run: u64) -> Option<Box<dyn Strategy + Send>> {
        let dealer = Dealer::new(&self.menus, Dice::new(self.seed, run));
        let (setup, menus) = (self.setup.clone(), Arc::clone(&self.menus));
        Some(Box::new(Dealt { setup, menus, dealer }))
    }
}

/// One random run.
struct Dealt {
    setup: Setup,
    menus: Arc<Menus>,
    dealer: Dealer,
}

impl Strategy for Dealt {
    fn decide(&mut self, ask: &Ask<'_>) -> u64 {
        self.dealer.decide(&self.menus, ask)
    }

    fn length(&mut self, ask: &Ask<'_>) -> Length {
        self.dealer.length(&self.setup, &self.menus, ask)
    }

    fn left_out(&self) -> &[bool] {
        self.dealer.left_out()
    }
}
