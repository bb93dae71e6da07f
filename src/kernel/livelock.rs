//! Runs that would never end: who starts again and again at one instant (T4).

use std::collections::BTreeMap;

use crate::model::{Entity, Timer, TimerKind};
use crate::units::Instant;

/// The same activity may start so often at one instant (T4).
const MOST: usize = 1000;

/// Whose timer fired: what starts again and again is told by it.
type Owner = (TimerKind, u16, Entity);

/// What fired at the present instant.
#[derive(Clone, Debug)]
pub(super) struct Repeats {
    /// The first: most instants see no other.
    pub(super) first: Timer,
    /// The instant of the rest.
    at: Instant,
    /// All, if there are several.
    all: Vec<Owner>,
    /// How often each did, beyond a thousand.
    counts: BTreeMap<Owner, usize>,
}

impl Repeats {
    /// Nothing has fired.
    pub(super) fn new() -> Repeats {
        // Of no importance: the event that begins a run has no timer, so it counts as a landing.
        let first = Timer { kind: TimerKind::Landing, which: 0, entity: Entity(0), stamp: 0 };
        Repeats { first, at: Instant(0), all: Vec::new(), counts: BTreeMap::new() }
    }

    /// Counts what fires behind the first at one instant; true if something did too often.
    #[inline(never)]
    pub(super) fn too_many(&mut self, timer: Timer, at: Instant) -> bool {
        if self.at != at {
            self.at = at;
            self.all.clear();
            self.counts.clear();
        }
        if self.all.is_empty() && starts(self.first.kind) {
            self.all.push(owner(self.first));
        }
        starts(timer.kind) && self.counted(owner(timer))
    }

    fn counted(&mut self, owner: Owner) -> bool {
        if self.all.len() < MOST {
            self.all.push(owner);
            return false;
        }
        if self.counts.is_empty() {
            for &owner in &self.all {
                *self.counts.entry(owner).or_default() += 1;
            }
        }
        let count = self.counts.entry(owner).or_default();
        *count += 1;
        *count > MOST
    }
}

fn owner(timer: Timer) -> Owner {
    (timer.kind, timer.which, timer.entity)
}

/// Whether such an event may start something again. Landings and the like do not: they come from many
/// entities to one fact, one pool, the rollout.
fn starts(kind: TimerKind) -> bool {
    use TimerKind::{Landing, Pace, Restore, Soak, Unforce, Unslow};
    !matches!(kind, Landing | Unforce | Restore | Unslow | Pace | Soak)
}
