//! What pools are made of: slots, admissions, and requests in lines.

use std::collections::VecDeque;

use crate::model::world::Entity;

/// A request for pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) number: u64,
    pub(super) entity: Entity,
    pub(super) step: u16,
    pub(super) stamp: u32,
}

/// One instance of a pool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PoolSlot {
    /// Negative while an outage takes more than is free.
    pub(super) free: i64,
    /// Lines with requests that need a slot of it.
    pub(super) lines: Vec<u32>,
    /// Admissions left in this hour, on this day; `UNLIMITED`: any number.
    pub(super) left: [u32; 2],
}

/// No quota.
pub(super) const UNLIMITED: u32 = u32::MAX;

impl PoolSlot {
    /// True if it could admit somebody.
    #[inline]
    pub(super) fn admits(&self) -> bool {
        self.free > 0 && self.left[0] > 0 && self.left[1] > 0
    }

    /// A slot is taken, and an admission.
    #[inline]
    pub(super) fn admit(&mut self) {
        self.free -= 1;
        for left in &mut self.left {
            *left -= u32::from(*left != UNLIMITED);
        }
    }
}

/// Requests of one priority class for the same pool instances, in request order: one of them fits
/// iff all do, so that a release looks at the head of each line and not at everyone who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) class: u16,
    pub(super) pools: Vec<u32>,
    /// Entries may be void.
    pub(super) requests: VecDeque<Request>,
}
