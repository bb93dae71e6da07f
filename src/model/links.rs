//! Links that are slowed for a while.
//!
//! How transfers share a link is the clock's business: here a transfer is a delay of its own sort
//! ([`Delay::Transfer`]), given up by [`Clock::release`]. What a link carries is a rule, and so it is
//! decided here: of all that slows it at present, the worst counts.

use crate::model::rules::Turn;
use crate::model::state::Slowed;
use crate::model::world::Entity;
use crate::model::{Choice, Clock, Delay, Timer, TimerKind};
use crate::plan::SlowsPlan;

impl<C: Clock> Turn<'_, C> {
    /// A link carries less from now on; `lasts` decides for how long.
    pub(super) fn slow(&mut self, slows: SlowsPlan, holder: Entity, lasts: Choice) {
        let SlowsPlan { link, to, .. } = slows;
        let id = self.state.stamp();
        let counted = !self.state.background;
        self.state.slowed.push(Slowed { id, holder, link, to, counted });
        self.state.in_flight += u64::from(counted);
        let timer = Timer { kind: TimerKind::Unslow, which: link, entity: holder, stamp: id };
        self.clock.arm(timer, Delay::At(lasts));
        self.set_rate(link, holder);
    }

    /// What slowed a link is over.
    pub(super) fn unslow(&mut self, link: u16, holder: Entity, id: u32) {
        let place = self.state.slowed.iter().position(|slowed| slowed.id == id);
        let ended = self.state.slowed.remove(place.expect("what slows ends once"));
        self.state.in_flight -= u64::from(ended.counted);
        self.set_rate(link, holder);
    }

    fn set_rate(&mut self, link: u16, holder: Entity) {
        let mine = |slowed: &&Slowed| (slowed.link, slowed.holder) == (link, holder);
        let worst = self.state.slowed.iter().filter(mine).map(|slowed| slowed.to).min();
        let rate = worst.unwrap_or(self.plan.links[usize::from(link)].rate);
        self.clock.set_rate(link, holder, rate);
    }
}
