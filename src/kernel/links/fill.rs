//! The water level: progressive filling over lanes.

use super::lane::{Lane, Transfers};
use super::{Flow, UNLIMITED};
use crate::units::Instant;

/// One link while the water rises.
#[derive(Clone, Copy, Debug, Default)]
struct Basin {
    /// What is left for those that still rise; negative if caps alone are more than it carries.
    spare: i128,
    /// How many still rise.
    rising: u64,
    /// Lanes that are open here.
    open: u32,
    /// The level at which it is full.
    full: Flow,
}

/// The links' rates, and work space.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    /// What each link instance carries at present.
    pub(super) capacity: Vec<Flow>,
    basins: Vec<Basin>,
    /// Lanes whose level is not fixed yet, and the links they use.
    open: Vec<u32>,
    links: Vec<u32>,
}

impl Levels {
    pub(super) fn new(capacity: impl Iterator<Item = Flow>) -> Levels {
        let capacity: Vec<Flow> = capacity.collect();
        let basins = vec![Basin::default(); capacity.len()];
        Levels { capacity, basins, open: Vec::new(), links: Vec::new() }
    }

    /// Shares out the links of the lanes in use. `roads`: the links of each lane.
    ///
    /// Whoever shares or runs at its cap is taken over from before, and corrected while the level
    /// rises. In a round the level never falls: to let a transfer with a cap above it share again,
    /// or to leave one with a cap below it behind, frees more than it costs. So a round ends, and
    /// the result is the least level at which some link is full, whatever it began from.
    pub(super) fn fill(
        &mut self,
        now: Instant,
        used: &[u32],
        roads: &[Vec<u32>],
        lanes: &mut [Lane],
        transfers: &mut Transfers,
    ) {
        self.begin(used, roads, lanes);
        while !self.open.is_empty() {
            let level = self.level();
            if self.share_again(level, now, roads, lanes, transfers)
                || self.leave_behind(level, now, roads, lanes, transfers)
            {
                continue;
            }
            self.fix(level, now, roads, lanes);
        }
    }

    fn begin(&mut self, used: &[u32], roads: &[Vec<u32>], lanes: &[Lane]) {
        self.open.clear();
        self.open.extend(used);
        self.links.clear();
        for &lane in used {
            let (caps, sharing) =
                (signed(lanes[lane as usize].caps), lanes[lane as usize].sharing());
            for &link in &roads[lane as usize] {
                let basin = &mut self.basins[link as usize];
                if basin.open == 0 {
                    self.links.push(link);
                    basin.spare = signed(self.capacity[link as usize]);
                    basin.rising = 0;
                }
                basin.open += 1;
                basin.spare -= caps;
                basin.rising += sharing;
            }
        }
    }

    /// The least level at which a link with an open lane is full.
    fn level(&mut self) -> Flow {
        let mut least = UNLIMITED;
        for &link in &self.links {
            let basin = &mut self.basins[link as usize];
            if basin.open == 0 {
                continue;
            }
            basin.full = match (u128::try_from(basin.spare), basin.rising) {
                (Ok(_), 0) => UNLIMITED,
                (Ok(spare), rising) => {
                    let share = spare / u128::from(rising);
                    share + u128::from(share * u128::from(rising) != spare)
                }
                (Err(_), _) => 0,
            };
            least = least.min(basin.full);
        }
        least
    }

    /// The transfer with the greatest cap shares again, if its cap is above the level. One at a
    /// time, because each raises the level.
    fn share_again(
        &mut self,
        level: Flow,
        now: Instant,
        roads: &[Vec<u32>],
        lanes: &mut [Lane],
        transfers: &mut Transfers,
    ) -> bool {
        let greatest = |&lane: &u32| {
            let (cap, id) = lanes[lane as usize].greatest_own_cap()?;
            (cap > level).then_some((cap, id, lane))
        };
        let Some((cap, id, lane)) = self.open.iter().filter_map(greatest).max() else {
            return false;
        };
        let left = lanes[lane as usize].drop(id, now, transfers);
        lanes[lane as usize].share(id, left, now, transfers);
        for &link in &roads[lane as usize] {
            self.basins[link as usize].spare += signed(cap);
            self.basins[link as usize].rising += 1;
        }
        true
    }

    /// Transfers with caps below the level stay behind at them.
    fn leave_behind(
        &mut self,
        level: Flow,
        now: Instant,
        roads: &[Vec<u32>],
        lanes: &mut [Lane],
        transfers: &mut Transfers,
    ) -> bool {
        let mut any = false;
        for &number in &self.open {
            let lane = &mut lanes[number as usize];
            while let Some((cap, id)) = lane.smallest_shared_cap()
                && cap < level
            {
                let left = lane.drop(id, now, transfers);
                lane.cap(id, left, now, transfers);
                for &link in &roads[number as usize] {
                    self.basins[link as usize].spare -= signed(cap);
                    self.basins[link as usize].rising -= 1;
                }
                any = true;
            }
        }
        any
    }

    /// Fixes the lanes of the links that are full at the level, or all if no link will be.
    fn fix(&mut self, level: Flow, now: Instant, roads: &[Vec<u32>], lanes: &mut [Lane]) {
        let basins = &mut self.basins;
        self.open.retain(|&number| {
            let links = &roads[number as usize];
            let stops = |&link: &u32| basins[link as usize].full == level;
            if level != UNLIMITED && !links.iter().any(stops) {
                return true;
            }
            let lane = &mut lanes[number as usize];
            lane.set_level(level, now);
            let sharing = lane.sharing();
            for &link in links {
                let basin = &mut basins[link as usize];
                basin.open -= 1;
                if sharing > 0 {
                    basin.spare -= signed(level * u128::from(sharing));
                    basin.rising -= sharing;
                }
            }
            false
        });
    }
}

/// Rates and sums of rates stay far below 2^127: a rate is at most 2^50 B/h.
fn signed(flow: Flow) -> i128 {
    flow.cast_signed()
}
