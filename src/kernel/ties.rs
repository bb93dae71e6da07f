//! Who goes first at one instant, where a schedule says so (T3).
//!
//! Events of one instant fire in the order they were scheduled, and that order is a choice. A
//! schedule gives single events a rank: lower ones fire first, events without one have rank 0, and
//! equal ranks keep the order of scheduling. Calendars stay in front of everything, goals behind it.
//! A run without ranks never comes here.

use std::collections::BTreeMap;

use crate::model::{Entity, Timer, TimerKind};

/// The address of one event: what for, whose, for which time it was scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tie {
    /// What it is for.
    pub kind: TimerKind,
    /// Step, fact, act, user or pool, as the kind says.
    pub which: u16,
    /// Whose it is.
    pub entity: Entity,
    /// Counted from 1: how often such an event had been scheduled when it was.
    pub occurrence: u32,
}

impl Tie {
    /// Whether anybody may decide its place: calendars and goals have theirs.
    #[must_use]
    pub fn is_free(kind: TimerKind) -> bool {
        !matches!(kind, TimerKind::Calendar | TimerKind::Goal)
    }
}

/// How often each event has been scheduled.
#[derive(Clone, Debug, Default)]
pub(super) struct Ties {
    scheduled: BTreeMap<(TimerKind, u16, Entity), u32>,
}

impl Ties {
    /// The rank of an event that is scheduled now.
    pub(super) fn rank(&mut self, ranks: &BTreeMap<Tie, i16>, timer: Timer) -> i16 {
        let Timer { kind, which, entity, .. } = timer;
        let occurrence = self.scheduled.entry((kind, which, entity)).or_default();
        *occurrence += 1;
        if !Tie::is_free(kind) {
            return 0;
        }
        let tie = Tie { kind, which, entity, occurrence: *occurrence };
        ranks.get(&tie).copied().unwrap_or(0)
    }

    /// Whether an event was ever scheduled.
    pub(super) fn met(&self, tie: &Tie) -> bool {
        let scheduled = self.scheduled.get(&(tie.kind, tie.which, tie.entity));
        scheduled.is_some_and(|&number| number >= tie.occurrence)
    }
}
