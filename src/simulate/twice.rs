//! Runs made twice and compared event by event: the same scenario, seed and replication must give the
//! same run (design, section 4).

use rayon::prelude::*;

use crate::kernel::{Monitor, Schedule, Setup, Sim, Stop};
use crate::model::{Happening, Timer};
use crate::units::Instant;

/// Where two runs of one replication part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Counted from 0.
    pub replication: u32,
    /// The first event that differs, counted from 1; 0: already the beginning does.
    pub event: u64,
    /// What each of the two did then.
    pub sides: [Side; 2],
}

/// What a run did in one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// When.
    pub at: Instant,
    /// What fired.
    pub timer: Option<Timer>,
    /// What came of it.
    pub happenings: Vec<Happening>,
    /// The run was over, and why.
    pub over: Option<Stop>,
}

/// What came of running twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubled {
    /// Replications, each run twice.
    pub runs: u32,
    /// Events of the first of the two, over all replications.
    pub events: u64,
    /// Of the first replication that has one.
    pub difference: Option<Difference>,
}

/// Runs so many replications twice, side by side, on the current rayon pool.
///
/// The two setups are made from one scenario, each by itself, so that what loading, compiling or
/// drawing the population decides is made twice, too. `progress` is told how many are done.
#[must_use]
pub fn twice(setups: [&Setup; 2], runs: u32, progress: &(dyn Fn(u32) + Sync)) -> Doubled {
    let pairs = (0..runs).into_par_iter().map(|replication| {
        let pair = side_by_side(setups, replication);
        progress(1);
        pair
    });
    let pairs: Vec<(u64, Option<Difference>)> = pairs.collect();
    let events = pairs.iter().map(|(events, _)| events).sum();
    let difference = pairs.into_iter().find_map(|(_, difference)| difference);
    Doubled { runs, events, difference }
}

/// Remembers the last event.
impl Monitor for Side {
    fn event(&mut self, _: &Sim, timer: Option<Timer>, happenings: &[Happening]) {
        self.timer = timer;
        self.happenings.clear();
        self.happenings.extend_from_slice(happenings);
    }
}

/// Steps two runs of a replication to the end, or to the first event in which they differ.
fn side_by_side(setups: [&Setup; 2], replication: u32) -> (u64, Option<Difference>) {
    let mut sims = setups.map(|setup| Sim::new(setup, Schedule::sampled(replication)));
    let mut sides = [Side::default(), Side::default()];
    loop {
        for (sim, side) in sims.iter_mut().zip(&mut sides) {
            // A void timer shows nothing, and must be void in both.
            (side.timer, side.over) = (None, None);
            side.happenings.clear();
            side.over = sim.step(side);
            side.at = sim.now();
        }
        let [first, second] = &sims;
        let event = first.events();
        let same = (event, first.digest()) == (second.events(), second.digest());
        if !same || sides[0] != sides[1] {
            return (event, Some(Difference { replication, event, sides }));
        }
        if sides[0].over.is_some() {
            return (event, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::TimerKind;
    use crate::plan::Plan;
    use crate::scenario;

    fn setup(of_b: &str) -> Setup {
        let text = format!(
            "name = 'twice'\n[tenants]\ncount = 2\n\
             [[step]]\nname = 'a'\nduration = '5s'\n\
             [[step]]\nname = 'b'\nduration = {of_b}\n\
             [[step]]\nname = 'c'\nduration = '5s'\n"
        );
        let loaded = scenario::load_str("twice.toml", &text).expect("a valid scenario");
        Setup::new(Arc::new(Plan::compile(&loaded.scenario)), 1)
    }

    const UNIFORM: &str = "{ uniform = ['5s', '9s'] }";

    #[test]
    fn the_same_scenario_gives_the_same_runs() {
        let doubled = twice([&setup(UNIFORM), &setup(UNIFORM)], 20, &|_| ());
        assert_eq!(doubled, Doubled { runs: 20, events: 20 * 6, difference: None });
    }

    /// Three seconds later for both tenants: each has ended `a`, so the third event differs.
    #[test]
    fn the_first_event_that_differs_is_told() {
        let doubled = twice([&setup("'5s'"), &setup("'8s'")], 3, &|_| ());
        let difference = doubled.difference.expect("they differ");
        assert_eq!((difference.replication, difference.event), (0, 3));
        let [first, second] = difference.sides;
        assert_eq!((first.at, second.at), (Instant(10_000_000), Instant(13_000_000)));
        let kind = |side: &Side| side.timer.expect("something fired").kind;
        assert_eq!([kind(&first), kind(&second)], [TimerKind::End, TimerKind::End]);
    }
}
