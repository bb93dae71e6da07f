//! Transfers over the same links: those that share, all at one level, and those at their own caps.

use std::cmp::Reverse;

use super::heap::Heap;
use super::{Flow, NEVER, Start, UNLIMITED, Work, end, flow};
use crate::model::Timer;
use crate::units::{Instant, Rate};

/// A transfer under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transfer {
    pub(super) row: u32,
    pub(super) attempt: u32,
    pub(super) timer: Timer,
    pub(super) order: u64,
    /// In whole bytes per hour, as everywhere in lanes.
    cap: Option<Rate>,
    /// It runs at its cap, and so much was left at `since`.
    capped: bool,
    left: Work,
    since: Instant,
}

impl Transfer {
    pub(super) fn new(row: u32, start: Start) -> Transfer {
        let Start { attempt, cap, timer, order, .. } = start;
        Transfer { row, attempt, timer, order, cap, capped: false, left: 0, since: Instant(0) }
    }
}

/// All transfers under way, with their places in the heaps of their lanes.
#[derive(Clone, Debug, Default)]
pub(super) struct Transfers {
    list: Vec<Transfer>,
    free: Vec<u32>,
    by_end: Vec<u32>,
    by_cap: Vec<u32>,
}

impl Transfers {
    pub(super) fn under_way(&self) -> usize {
        self.list.len() - self.free.len()
    }

    pub(super) fn add(&mut self, transfer: Transfer) -> u32 {
        if let Some(id) = self.free.pop() {
            self.list[id as usize] = transfer;
            return id;
        }
        self.list.push(transfer);
        self.by_end.push(0);
        self.by_cap.push(0);
        u32::try_from(self.list.len() - 1).expect("fewer than 2^32 transfers")
    }

    /// Which attempt it is of.
    pub(super) fn attempt(&self, id: u32) -> u32 {
        self.list[id as usize].attempt
    }

    /// Its number may be given to another; until then it can still be read.
    pub(super) fn free(&mut self, id: u32) -> &Transfer {
        self.free.push(id);
        &self.list[id as usize]
    }
}

/// Transfers over the same links.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    /// What those that share run at; `UNLIMITED` where nobody does.
    pub(super) level: Flow,
    /// What the level has done for each of them up to `since`.
    served: Work,
    since: Instant,
    /// Those that share, each by the value of `served` at which it ends; and by their caps, the
    /// smallest first, if they have one.
    shared: Heap<Work>,
    shared_caps: Heap<Rate>,
    /// Those at their caps, by when they end; and by cap, the greatest first.
    capped: Heap<Instant>,
    capped_caps: Heap<Reverse<Rate>>,
    /// The sum of the caps of these.
    pub(super) caps: Flow,
    /// The sum of caps and how many shared when the level was found.
    found: (Flow, u64),
    /// When one that shares ends next, unless that is to be computed again.
    shared_end: Option<Instant>,
}

impl Default for Lane {
    fn default() -> Lane {
        Lane {
            level: UNLIMITED,
            served: 0,
            since: Instant(0),
            shared: Heap::default(),
            shared_caps: Heap::default(),
            capped: Heap::default(),
            capped_caps: Heap::default(),
            caps: 0,
            found: (0, 0),
            shared_end: None,
        }
    }
}

/// Once so much has been served, all counts begin anew; far below 2^128 even with the largest
/// transfer on top.
const RESTART: Work = 1 << 120;

impl Lane {
    pub(super) fn is_empty(&self) -> bool {
        self.shared.is_empty() && self.capped.is_empty()
    }

    /// Forgets what an empty lane has been, but keeps its room.
    pub(super) fn reset(&mut self) {
        debug_assert!(self.is_empty() && self.caps == 0, "only an empty lane is reset");
        self.level = UNLIMITED;
        self.served = 0;
        self.found = (0, 0);
        self.shared_end = None;
    }

    /// True if it takes as much of its links at the same level as when that was found.
    pub(super) fn as_found(&self) -> bool {
        self.found == (self.caps, self.sharing())
    }

    /// How many share.
    pub(super) fn sharing(&self) -> u64 {
        self.shared.len() as u64
    }

    /// What all of its transfers together take.
    pub(super) fn flow(&self) -> Flow {
        match self.sharing() {
            0 => self.caps,
            sharing => self.caps + self.level * Flow::from(sharing),
        }
    }

    /// The smallest cap of those that share.
    pub(super) fn smallest_shared_cap(&self) -> Option<(Flow, u32)> {
        self.shared_caps.first().map(|(cap, id)| (flow(cap), id))
    }

    /// The greatest cap of those at their caps.
    pub(super) fn greatest_own_cap(&self) -> Option<(Flow, u32)> {
        self.capped_caps.first().map(|(Reverse(cap), id)| (flow(cap), id))
    }

    /// Brings `served` up to date.
    fn sync(&mut self, now: Instant) {
        if self.shared.is_empty() {
            self.served = 0;
        } else if now > self.since {
            self.served += self.level * Work::from(now.0 - self.since.0);
            if self.served >= RESTART {
                let served = self.served;
                // One that is due has less than `served` left to reach.
                self.shared.shift(|target| target.saturating_sub(served));
                self.served = 0;
            }
        }
        self.since = now;
    }

    /// Another level from now on.
    pub(super) fn set_level(&mut self, level: Flow, now: Instant) {
        self.found = (self.caps, self.sharing());
        if self.level != level {
            self.sync(now);
            self.level = level;
            self.shared_end = None;
        }
    }

    /// A transfer with so much left shares from now on.
    pub(super) fn share(&mut self, id: u32, left: Work, now: Instant, all: &mut Transfers) {
        self.sync(now);
        let transfer = &mut all.list[id as usize];
        transfer.capped = false;
        self.shared.insert(self.served + left, id, &mut all.by_end);
        if let Some(cap) = transfer.cap {
            self.shared_caps.insert(cap, id, &mut all.by_cap);
        }
        self.shared_end = None;
    }

    /// A transfer with so much left runs at its cap from now on.
    pub(super) fn cap(&mut self, id: u32, left: Work, now: Instant, all: &mut Transfers) {
        let transfer = &mut all.list[id as usize];
        (transfer.capped, transfer.left, transfer.since) = (true, left, now);
        let cap = transfer.cap.expect("a transfer without a cap always shares");
        self.capped.insert(end(now, left, flow(cap)), id, &mut all.by_end);
        self.capped_caps.insert(Reverse(cap), id, &mut all.by_cap);
        self.caps += flow(cap);
    }

    /// Takes a transfer out; what is left of it.
    pub(super) fn drop(&mut self, id: u32, now: Instant, all: &mut Transfers) -> Work {
        let transfer = &all.list[id as usize];
        if transfer.capped {
            self.capped.remove(id, &mut all.by_end);
            let Reverse(cap) = self.capped_caps.remove(id, &mut all.by_cap);
            self.caps -= flow(cap);
            let done = flow(cap) * Work::from(now.0 - transfer.since.0);
            return transfer.left.saturating_sub(done);
        }
        self.sync(now);
        if transfer.cap.is_some() {
            self.shared_caps.remove(id, &mut all.by_cap);
        }
        self.shared_end = None;
        self.shared.remove(id, &mut all.by_end).saturating_sub(self.served)
    }

    /// When a transfer ends next.
    pub(super) fn next(&mut self) -> Instant {
        let shared = match (self.shared_end, self.shared.first()) {
            (Some(known), _) => known,
            (None, None) => NEVER,
            (None, Some((target, _))) => {
                end(self.since, target.saturating_sub(self.served), self.level)
            }
        };
        self.shared_end = Some(shared);
        self.capped.first().map_or(shared, |(capped, _)| shared.min(capped))
    }

    /// Takes out one transfer that has ended by now.
    pub(super) fn due(&mut self, now: Instant, all: &mut Transfers) -> Option<u32> {
        self.sync(now);
        let shared = self.shared.first().filter(|(target, _)| *target <= self.served);
        let capped = self.capped.first().filter(|(end, _)| *end <= now).map(|(_, id)| id);
        let id = shared.map(|(_, id)| id).or(capped)?;
        self.drop(id, now, all);
        Some(id)
    }

    /// What a transfer runs at.
    #[cfg(test)]
    pub(super) fn rate(&self, id: u32, all: &Transfers) -> Flow {
        let transfer = &all.list[id as usize];
        let cap = transfer.cap.map_or(UNLIMITED, flow);
        if transfer.capped { cap } else { self.level.min(cap) }
    }
}
