//! Schedules: what is forced on a run, over what base.

use std::collections::BTreeMap;

use crate::kernel::ties::Tie;
use crate::model::Choice;

/// Where values come from that no override forces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Drawn: this replication of the seed.
    Sampled {
        /// Counted from 0.
        replication: u32,
    },
    /// No fault, each delay its median, an effect with a chance of at least one half lands, no
    /// sessions (design, section 2).
    Nominal,
}

/// A base and overrides. Values are microseconds (for a rate: bytes per hour), or 0 and 1 for
/// whether something happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Where other values come from.
    pub base: Base,
    /// Forced values.
    pub overrides: BTreeMap<Choice, u64>,
    /// Forced places among the events of one instant: lower first, 0 for all that are not named.
    pub ranks: BTreeMap<Tie, i16>,
}

impl Schedule {
    /// A base with nothing forced.
    #[must_use]
    pub fn free(base: Base) -> Schedule {
        Schedule { base, overrides: BTreeMap::new(), ranks: BTreeMap::new() }
    }

    /// A replication as it is drawn.
    #[must_use]
    pub fn sampled(replication: u32) -> Schedule {
        Schedule::free(Base::Sampled { replication })
    }

    /// The nominal run.
    #[must_use]
    pub fn nominal() -> Schedule {
        Schedule::free(Base::Nominal)
    }
}
