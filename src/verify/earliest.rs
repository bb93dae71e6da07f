//! The earliest instant at which some faults expose somebody, over all schedules.
//!
//! The zone gets one more variable, the beginning of the run, so it knows how long ago that was. What has
//! taken least is explored first (Niebert, Tripakis and Yovine, "Minimum-Time Reachability for Timed
//! Automata", 2000), so the search is over when all that is left has taken longer than the earliest exposure
//! so far. Nothing that follows depends on how long it took, and more is never better: the greatest time is
//! forgotten, and a state that is reached again later is included in what was there before, so loops end.

use crate::verify::dbm::Dbm;
use crate::verify::explore::{Explorer, GoOn};
use crate::verify::node::{Body, Opening};

/// Nodes expanded between two looks at the budget.
const LOOK: u64 = 64;

/// The earliest window of a hazard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Earliest {
    pub(super) opening: Opening,
    /// When it opens.
    pub(super) at: i64,
    /// Where it is open and time may pass.
    pub(super) node: u32,
}

/// The least time since the beginning, which is the last variable of a zone.
pub(super) fn elapsed(zone: &Dbm) -> i64 {
    -zone.bound(zone.len() - 1, 0)
}

impl Explorer<'_> {
    /// Explores until the earliest windows of these hazards are known; false if it was told to stop before.
    pub(super) fn run_soonest(&mut self, hazards: &[u16], go_on: GoOn<'_>) -> bool {
        self.begin();
        let mut turns = 0u64;
        while let Some((passed, id)) = self.soonest.pop_first() {
            self.progress.waiting -= 1;
            let known = |hazard: &u16| {
                self.earliest.get(hazard).is_some_and(|earliest| earliest.at <= passed)
            };
            if hazards.iter().all(known) {
                return true;
            }
            self.visit(id);
            turns += 1;
            if turns.is_multiple_of(LOOK) {
                let node = &self.nodes[id as usize];
                (self.progress.faults, self.progress.depth) = (node.faults.len(), node.depth);
                if !go_on(&self.progress) {
                    return false;
                }
            }
        }
        true
    }

    /// Notes windows that are open at a node, if time may pass there.
    pub(super) fn opens_early(&mut self, id: u32, body: &Body) {
        let mut zone = self.nodes[id as usize].zone.clone();
        if !(1..=body.timers.len()).all(|timer| zone.and(0, timer, -1)) {
            return;
        }
        let at = elapsed(&zone);
        for &opening in &body.open {
            let earliest = Earliest { opening, at, node: id };
            let known = self.earliest.entry(opening.hazard).or_insert(earliest);
            if at < known.at {
                *known = earliest;
            }
        }
    }
}
