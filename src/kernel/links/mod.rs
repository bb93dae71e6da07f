//! Links: bandwidth shared max-min fairly by the transfers that run over them.
//!
//! In: transfers that start and are given up, links whose rate changes. Out: the microsecond at which
//! the next transfer ends. Next: `sim` puts its End into the queue just before that instant begins.
//!
//! # The rule
//!
//! Water rises for all transfers of a component (what shares a link, directly or through others) at
//! the same level. A transfer stays behind at its own cap; the first link to fill up stops everybody
//! on it; the others rise on, until each transfer has reached its cap or a full link. So no transfer
//! could have more without one that has no more than it having less.
//!
//! # What is exact
//!
//! A level is a whole number of 2^-32 B/h, rounded *up*: the least at which the link is full. Caps
//! and rates of links are whole B/h. Everything else is exact: work is counted in 2^-32 B/h times
//! microseconds, so that rate times time is a whole number and nothing accumulates. A transfer ends at
//! the first microsecond at which all its bytes have arrived, and holds its share until then; at one
//! instant, ends fire in the order in which their transfers started (T3). Because levels are rounded
//! up, a time that the exact quotients would put on a microsecond is met there and not one later; the
//! price is that a link carries up to 2^-32 B/h more than its rate for each of its transfers. A
//! transfer that never shares runs exactly as one without a link.
//!
//! # Quotas
//!
//! A link may carry only so much in an hour or on a day; see `budget`.
//!
//! # What it costs
//!
//! Changes of one instant are answered together, when time is about to go on. All transfers with the
//! same links and no narrower cap (a *lane*) run at one level, so that each of them ends when the work
//! done at that level reaches a number that is fixed while it shares: only the smallest counts. A
//! change costs O(log n) for its transfer and for each that reaches or leaves its cap, and O(lanes in
//! use) for the levels of the component. Nothing is pending in the queue meanwhile, and so nothing
//! there becomes void.

mod budget;
mod fill;
mod heap;
mod lane;
mod roads;
#[cfg(test)]
mod tests;

pub(super) use roads::Roads;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kernel::queue::Entry;
use crate::model::{Entity, Timer};
use crate::scenario::{Period, Quotas};
use crate::units::{Bytes, Instant, Rate, Span};
use budget::{Budget, Budgets};
use fill::Levels;
use heap::Heap;
use lane::{Lane, Transfer, Transfers};

/// A rate in 2^-32 bytes per hour.
type Flow = u128;
/// What a flow has carried: 2^-32 bytes per hour, for so many microseconds.
type Work = u128;

/// Nothing limits it.
const UNLIMITED: Flow = Flow::MAX;
/// It does not come.
const NEVER: Instant = Instant(u64::MAX);

fn flow(rate: Rate) -> Flow {
    Flow::from(rate.0) << 32
}

fn work(bytes: Bytes) -> Work {
    // At most 10,000 mailboxes of 1 PiB: 2^63.3 * 2^31.7 * 2^32 is less than 2^128.
    (Work::from(bytes.0) * Work::from(Span::HOUR.0)) << 32
}

/// When so much work is done that begins at `since`; rounded up to a microsecond.
fn end(since: Instant, left: Work, rate: Flow) -> Instant {
    if left == 0 {
        return since;
    }
    if rate == 0 {
        return NEVER;
    }
    let whole = left / rate;
    let micros = whole + u128::from(whole * rate != left);
    Instant(u64::try_from(micros).map_or(u64::MAX, |micros| since.0.saturating_add(micros)))
}

/// A transfer as the clock starts it.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// By index in `Plan::paths`.
    pub path: u16,
    /// Tells the transfers of one entity over one path apart.
    pub attempt: u32,
    /// More than 0.
    pub bytes: Bytes,
    /// More than 0.
    pub cap: Option<Rate>,
    /// Fires at its end.
    pub timer: Timer,
    /// Its place among events of the same instant.
    pub order: u64,
}

/// All links of a run and the transfers on them. A clone is a snapshot.
#[derive(Clone, Debug)]
pub struct Links {
    roads: Arc<Roads>,
    /// Number of the transfer under way, by row of the roads; `NONE`. Of several the last.
    slots: Vec<u32>,
    /// The others, by row and attempt: a crash left them to themselves.
    earlier: BTreeMap<(u32, u32), u32>,
    transfers: Transfers,
    lanes: Vec<Lane>,
    /// Lanes in use, by component.
    used: Vec<Vec<u32>>,
    levels: Levels,
    budgets: Budgets,
    /// Components to be looked at before time goes on from `at`.
    changed: Vec<u32>,
    at: Instant,
    /// Components in which a transfer will end, by when.
    agenda: Heap<Instant>,
    /// Per component: its place there, and its time (`NEVER`: it is not there).
    places: Vec<u32>,
    times: Vec<Instant>,
    marks: Vec<bool>,
    /// A link has another rate, or a lane is no longer in use.
    reopened: Vec<bool>,
}

const NONE: u32 = u32::MAX;

impl Links {
    pub(super) fn new(roads: Arc<Roads>) -> Links {
        let budget = |&(instance, quotas): &(u32, Quotas)| {
            let most = Period::ALL
                .map(|period| quotas.of(period).map_or(Work::MAX, |most| work(Bytes(most))));
            Budget::new(instance, most, flow(roads.rates[instance as usize]))
        };
        let budgets = roads.quotas.iter().map(budget).collect();
        Links {
            slots: vec![NONE; roads.lane.len()],
            earlier: BTreeMap::new(),
            transfers: Transfers::default(),
            lanes: vec![Lane::default(); roads.lanes.len()],
            used: vec![Vec::new(); roads.components],
            levels: Levels::new(roads.rates.iter().map(|&rate| flow(rate))),
            budgets: Budgets::new(budgets, roads.components),
            changed: Vec::new(),
            at: Instant(0),
            agenda: Heap::default(),
            places: vec![0; roads.components],
            times: vec![NEVER; roads.components],
            marks: vec![false; roads.components],
            reopened: vec![false; roads.components],
            roads,
        }
    }

    /// True if no transfer is under way.
    #[must_use]
    pub fn idle(&self) -> bool {
        self.transfers.under_way() == 0 && self.changed.is_empty()
    }

    /// A transfer starts.
    pub fn start(&mut self, now: Instant, start: Start) {
        let row = self.roads.row(start.path, start.timer.entity);
        let number = self.roads.lane[row as usize];
        let lane = &mut self.lanes[number as usize];
        if lane.is_empty() {
            self.used[self.roads.component_of_lane[number as usize] as usize].push(number);
        }
        let id = self.transfers.add(Transfer::new(row, start));
        let before = std::mem::replace(&mut self.slots[row as usize], id);
        if before != NONE {
            let known = self.earlier.insert((row, self.transfers.attempt(before)), before);
            debug_assert_eq!(known, None, "attempts are numbered");
        }
        // A guess, which is right unless the level moves past the cap.
        if start.cap.is_some_and(|cap| flow(cap) < lane.level) {
            lane.cap(id, work(start.bytes), now, &mut self.transfers);
        } else {
            lane.share(id, work(start.bytes), now, &mut self.transfers);
        }
        self.change(number, now);
    }

    /// A transfer, if it is still under way, is given up.
    pub fn release(&mut self, now: Instant, path: u16, entity: Entity, attempt: u32) {
        let row = self.roads.row(path, entity);
        if let Some(id) = self.forget(row, attempt) {
            let number = self.roads.lane[row as usize];
            self.lanes[number as usize].drop(id, now, &mut self.transfers);
            self.transfers.free(id);
            self.leave_if_empty(number);
            self.change(number, now);
        }
    }

    /// The link of its kind's entity with this index has another rate from now on.
    pub fn set_rate(&mut self, now: Instant, link: u16, index: u32, rate: Rate) {
        let instance = self.roads.instance(link, index);
        self.levels.capacity[instance as usize] = self.budgets.set_rate(instance, flow(rate));
        let component = self.roads.component[instance as usize];
        self.reopened[component as usize] = true;
        self.mark(component, now);
    }

    /// A period begins for all instances of a link.
    pub fn renew(&mut self, now: Instant, link: u16, period: Period) {
        let roads = Arc::clone(&self.roads);
        let mut renewed = Vec::new();
        self.budgets.renew(roads.instances(link), period, now, |instance, capacity| {
            renewed.push((instance, capacity));
        });
        for (instance, capacity) in renewed {
            self.levels.capacity[instance as usize] = capacity;
            let component = self.roads.component[instance as usize];
            self.reopened[component as usize] = true;
            self.mark(component, now);
        }
    }

    /// When a transfer ends next or a budget is used up, if nothing else happens before. `head`: when the next other event
    /// fires; what ends after it is not asked for.
    #[inline]
    pub fn next(&mut self, head: Option<Instant>) -> Option<Instant> {
        if !self.changed.is_empty() && head.is_none_or(|head| head > self.at) {
            self.settle();
        }
        let (time, _) = self.agenda.first()?;
        head.is_none_or(|head| time <= head).then_some(time)
    }

    /// Ends every transfer that ends at this instant, which `next` has named, and closes the links whose
    /// budgets are used up.
    pub fn finish(&mut self, now: Instant, push: &mut impl FnMut(Entry)) {
        while let Some((time, component)) = self.agenda.first()
            && time == now
        {
            self.agenda.remove(component, &mut self.places);
            self.times[component as usize] = NEVER;
            // From behind, because a lane that gets empty leaves the list.
            for place in (0..self.used[component as usize].len()).rev() {
                let number = self.used[component as usize][place];
                let lane = &mut self.lanes[number as usize];
                if lane.next() > now {
                    continue;
                }
                while let Some(id) = lane.due(now, &mut self.transfers) {
                    let Transfer { row, attempt, timer, order, .. } = *self.transfers.free(id);
                    let slot = &mut self.slots[row as usize];
                    if *slot == id {
                        *slot = NONE;
                    } else {
                        self.earlier.remove(&(row, attempt));
                    }
                    push(Entry { time: now, order, timer });
                }
                self.leave_if_empty(number);
            }
            let (levels, reopened) = (&mut self.levels, &mut self.reopened[component as usize]);
            self.budgets.use_up(component, now, |instance| {
                levels.capacity[instance as usize] = 0;
                *reopened = true;
            });
            self.mark(component, now);
        }
    }

    /// The number of a transfer under way, which is listed no longer.
    fn forget(&mut self, row: u32, attempt: u32) -> Option<u32> {
        let slot = &mut self.slots[row as usize];
        if *slot != NONE && self.transfers.attempt(*slot) == attempt {
            return Some(std::mem::replace(slot, NONE));
        }
        self.earlier.remove(&(row, attempt))
    }

    fn leave_if_empty(&mut self, number: u32) {
        let lane = &mut self.lanes[number as usize];
        if lane.is_empty() {
            lane.reset();
            let component = self.roads.component_of_lane[number as usize];
            self.reopened[component as usize] = true;
            let used = &mut self.used[component as usize];
            let place = used.iter().position(|&other| other == number);
            used.swap_remove(place.expect("a lane in use is listed"));
        }
    }

    fn change(&mut self, lane: u32, now: Instant) {
        self.mark(self.roads.component_of_lane[lane as usize], now);
    }

    fn mark(&mut self, component: u32, now: Instant) {
        debug_assert!(self.changed.is_empty() || self.at == now, "time waits for what changed");
        self.at = now;
        if !std::mem::replace(&mut self.marks[component as usize], true) {
            self.changed.push(component);
        }
    }

    /// Shares out the changed components as they now stand.
    fn settle(&mut self) {
        while let Some(component) = self.changed.pop() {
            self.marks[component as usize] = false;
            let used = &self.used[component as usize];
            let (lanes, transfers) = (&mut self.lanes, &mut self.transfers);
            // Whoever takes the place of one that shared as well changes no level.
            if std::mem::take(&mut self.reopened[component as usize])
                || !used.iter().all(|&lane| lanes[lane as usize].as_found())
            {
                self.levels.fill(self.at, used, &self.roads.lanes, lanes, transfers);
            }
            let next = used.iter().map(|&lane| self.lanes[lane as usize].next()).min();
            let lanes = &self.lanes;
            let used_up = self.budgets.settle(component, self.at, (&self.roads, used), lanes);
            let next = next.unwrap_or(NEVER).min(used_up);
            let known = std::mem::replace(&mut self.times[component as usize], next);
            match (known, next) {
                (NEVER, NEVER) => {}
                (NEVER, _) => self.agenda.insert(next, component, &mut self.places),
                (_, NEVER) => {
                    self.agenda.remove(component, &mut self.places);
                }
                _ => self.agenda.rekey(next, component, &mut self.places),
            }
        }
    }
}
