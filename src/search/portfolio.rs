//! The portfolio: which strategy makes which run.
//!
//! No strategy wins everywhere (Thomson, Donaldson and Betts, *Concurrency testing using controlled
//! schedulers*, TOPC 2016), so all of them run, in a fixed order that depends on the number of the
//! run alone. Runs are made in batches: strategies learn between batches, in the order of the runs,
//! so that the number of threads changes nothing. Batches begin small, because what the first runs
//! show is worth the most, and grow.

use std::sync::Arc;

use rayon::prelude::*;

use crate::kernel::Setup;
use crate::search::bounded::{Bounded, Progress};
use crate::search::choices::Menus;
use crate::search::drive::{Limits, Look, Trace, drive};
use crate::search::guided::Guided;
use crate::search::pct::Pct;
use crate::search::pos::Pos;
use crate::search::random::Random;
use crate::search::strategy::{Planner, Strategy};
use crate::search::urw::Urw;

/// A way of searching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Every choice by itself.
    Random,
    /// Nominal but for at most k choices, all of them.
    Bounded,
    /// Random priorities that drop.
    Pct,
    /// A priority for each event.
    Pos,
    /// Random walks weighted by what is left.
    Urw,
    /// Aims at hazards that were nearly met.
    Guided,
}

impl Method {
    /// All, in the order of the reports.
    pub const ALL: [Method; 6] =
        [Method::Random, Method::Bounded, Method::Pct, Method::Pos, Method::Urw, Method::Guided];

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Method::Random => "random",
            Method::Bounded => "bounded",
            Method::Pct => "pct",
            Method::Pos => "pos",
            Method::Urw => "urw",
            Method::Guided => "guided",
        }
    }
}

/// The split of the runs. The first run is nominal, whatever the methods.
const SPLIT: [Method; 16] = [
    Method::Bounded,
    Method::Guided,
    Method::Random,
    Method::Guided,
    Method::Urw,
    Method::Bounded,
    Method::Guided,
    Method::Pct,
    Method::Random,
    Method::Guided,
    Method::Pos,
    Method::Bounded,
    Method::Guided,
    Method::Urw,
    Method::Guided,
    Method::Pct,
];

/// Entities of a scope at most, if states are compared: with more it costs more than the runs it saves.
const STATES_OF: usize = 500;

/// Runs of the largest batch.
const BATCH_MAX: u64 = 128;

/// All strategies, and whose turn it is.
pub struct Portfolio {
    limits: Limits,
    random: Random,
    bounded: Bounded,
    pct: Pct,
    pos: Pos,
    urw: Urw,
    guided: Guided,
    split: Vec<Method>,
    runs: u64,
    batch: u64,
}

/// A run of a batch.
pub struct Turn {
    /// Counted from 1.
    pub number: u64,
    /// Whose it was.
    pub method: Method,
    /// What it came to.
    pub trace: Trace,
    /// By fault: whether the run left it out; empty where the strategy leaves none out.
    pub left_out: Vec<bool>,
    /// Microseconds it took, as the clock that was given measures them; nothing depends on it.
    pub micros: u64,
}

impl Portfolio {
    /// These methods, over a scope.
    #[must_use]
    pub fn new(
        setup: &Setup,
        menus: &Arc<Menus>,
        seed: u64,
        methods: &[Method],
        limits: Limits,
    ) -> Portfolio {
        let split: Vec<Method> =
            SPLIT.into_iter().filter(|method| methods.contains(method)).collect();
        Portfolio {
            limits,
            random: Random::new(setup, menus, seed),
            bounded: Bounded::new(setup, menus),
            pct: Pct::new(setup, menus, seed),
            pos: Pos::new(setup, menus, seed),
            urw: Urw::new(setup, menus, seed),
            guided: Guided::new(setup, menus, seed),
            split: if split.is_empty() { methods.to_vec() } else { split },
            runs: 0,
            batch: 1,
        }
    }

    fn planner(&mut self, method: Method) -> &mut dyn Planner {
        match method {
            Method::Random => &mut self.random,
            Method::Bounded => &mut self.bounded,
            Method::Pct => &mut self.pct,
            Method::Pos => &mut self.pos,
            Method::Urw => &mut self.urw,
            Method::Guided => &mut self.guided,
        }
    }

    /// Makes the next batch of runs, at most so many; empty if nothing is left to try.
    pub fn batch(
        &mut self,
        setup: &Setup,
        most: u64,
        clock: &(dyn Fn() -> u64 + Sync),
    ) -> Vec<Turn> {
        let size = self.batch.min(most);
        self.batch = (self.batch * 2).min(BATCH_MAX);
        let mut planned: Vec<(u64, Method, Box<dyn Strategy + Send>)> = Vec::new();
        for _ in 0..size {
            let Some((method, strategy)) = self.plan() else { break };
            self.runs += 1;
            planned.push((self.runs, method, strategy));
        }
        let limits = self.limits;
        let run = |(number, method, mut strategy): (u64, Method, Box<dyn Strategy + Send>)| {
            let since = clock();
            let enumerates = method == Method::Bounded;
            let small = setup.world().entities() <= STATES_OF;
            let look = Look { states: enumerates && small, ties: enumerates, ..Look::NEAR };
            let trace = drive(setup, &mut *strategy, limits, look);
            let left_out = strategy.left_out().to_vec();
            Turn { number, method, trace, left_out, micros: clock().saturating_sub(since) }
        };
        let turns: Vec<Turn> = planned.into_par_iter().map(run).collect();
        for turn in &turns {
            for method in Method::ALL {
                self.planner(method).learn(&turn.trace, method == turn.method);
            }
        }
        turns
    }

    fn plan(&mut self) -> Option<(Method, Box<dyn Strategy + Send>)> {
        let run = self.runs;
        // Whoever has nothing left leaves his turn to the next.
        for turn in 0..self.split.len() as u64 {
            let place = usize::try_from((run + turn) % self.split.len() as u64).expect("an index");
            let method = self.split[place];
            if let Some(strategy) = self.planner(method).plan(run) {
                return Some((method, strategy));
            }
        }
        None
    }

    /// How far the enumeration is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.bounded.progress()
    }

    /// Actors and contested steps of a run, n and k.
    #[must_use]
    pub fn size(&self) -> (u64, u64) {
        self.pct.size()
    }

    /// Distinct ordered pairs of kinds of events.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.guided.pairs()
    }

    /// Every schedule that the methods can make has been made.
    #[must_use]
    pub fn exhausted(&self) -> bool {
        self.split.iter().all(|&method| method == Method::Bounded) && self.progress().exhausted
    }
}
