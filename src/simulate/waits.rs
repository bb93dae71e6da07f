//! How often somebody waits for pools longer than a proof allows.

use std::collections::{BTreeMap, BTreeSet};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::kernel::{Monitor, Schedule, Setup, Sim};
use crate::model::{Entity, Happening, Timer};
use crate::statistics::{Interval, clopper_pearson};
use crate::units::{Instant, Span};

/// In how many runs somebody waits longer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beyond {
    /// Runs in which somebody does.
    pub runs: u32,
    /// Of so many.
    pub of: u32,
    /// The chance of such a run, with 95 % confidence (Clopper and Pearson).
    pub chance: Interval,
    /// The longest wait of all runs.
    pub longest: Span,
}

/// Runs a rollout so often (at least once), and looks for requests of some steps for pools that wait
/// longer than `wait`. A request that leaves its queue asks anew later.
#[must_use]
pub fn waits_beyond(setup: &Setup, steps: &BTreeSet<u16>, wait: Span, replications: u32) -> Beyond {
    let longest = |replication| {
        let mut sim = Sim::new(setup, Schedule::sampled(replication));
        let mut queues = Queues { steps, since: BTreeMap::new(), longest: Span(0) };
        sim.run(&mut queues);
        let left = queues.since.values().map(|&since| sim.now().since(since)).max();
        queues.longest.max(left.unwrap_or(Span(0)))
    };
    let all: Vec<Span> = (0..replications).into_par_iter().map(longest).collect();
    let runs = all.iter().filter(|&&longest| longest > wait).count() as u64;
    Beyond {
        runs: u32::try_from(runs).expect("no more than there are"),
        of: replications,
        chance: clopper_pearson(runs, u64::from(replications), 0.05),
        longest: all.into_iter().max().unwrap_or(Span(0)),
    }
}

/// Requests that wait, and the longest wait of those that do not any more.
#[derive(Debug)]
struct Queues<'a> {
    steps: &'a BTreeSet<u16>,
    since: BTreeMap<(u16, Entity), Instant>,
    longest: Span,
}

impl Monitor for Queues<'_> {
    fn event(&mut self, sim: &Sim, _: Option<Timer>, happenings: &[Happening]) {
        for happening in happenings {
            match *happening {
                Happening::Queued { step, entity, .. } if self.steps.contains(&step) => {
                    self.since.insert((step, entity), sim.now());
                }
                Happening::Withdrawn { step, entity, .. }
                | Happening::Admitted { step, entity, .. } => {
                    if let Some(since) = self.since.remove(&(step, entity)) {
                        self.longest = self.longest.max(sim.now().since(since));
                    }
                }
                _ => {}
            }
        }
    }

    fn follows_all(&self) -> bool {
        false
    }
}
