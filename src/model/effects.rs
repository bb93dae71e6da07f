//! Writes to facts: issue, landing, lease, force (E1 to E7).

use crate::model::rules::Turn;
use crate::model::state::{Flight, Forced};
use crate::model::world::Entity;
use crate::model::{Choice, Clock, Delay, Happening, Source, Timer, TimerKind};
use crate::plan::{EffectPlan, FactPlan, KindId};
use crate::scenario::Write;

impl<C: Clock> Turn<'_, C> {
    /// Issues a batch for an entity of kind `kind` (E1): `if` and `chance` of the whole batch are
    /// decided before any of it lands. Facts in `lost` are left out.
    #[inline(always)]
    pub(super) fn issue(
        &mut self,
        effects: &[EffectPlan],
        kind: KindId,
        entity: Entity,
        occurrence: u32,
        lost: &[u16],
    ) {
        if effects.is_empty() {
            return;
        }
        if let [effect] = effects
            && !effect.members
            && (lost.is_empty() || !lost.contains(&effect.fact))
        {
            // The common case needs no list.
            if effect.sure || self.happens(effect, kind, entity, occurrence) {
                let target = self.world.ancestor(kind, entity, effect.holder);
                self.write(effect, entity, target, occurrence);
            }
            return;
        }
        self.issue_batch(effects, kind, entity, occurrence, lost);
    }

    fn issue_batch(
        &mut self,
        effects: &[EffectPlan],
        kind: KindId,
        entity: Entity,
        occurrence: u32,
        lost: &[u16],
    ) {
        let mut targets = std::mem::take(&mut self.state.scratch.targets);
        for (index, effect) in (0u16..).zip(effects) {
            if lost.contains(&effect.fact) {
                continue;
            }
            let fact_kind = effect.holder;
            if !effect.members {
                let target = self.world.ancestor(kind, entity, fact_kind);
                if self.happens(effect, kind, entity, occurrence) {
                    targets.push((index, entity, target));
                }
                continue;
            }
            let world = self.world;
            world.descendants(kind, entity, fact_kind, &mut |member| {
                if self.happens(effect, fact_kind, member, occurrence) {
                    targets.push((index, member, member));
                }
            });
        }
        for (index, chooser, target) in targets.drain(..) {
            self.write(&effects[usize::from(index)], chooser, target, occurrence);
        }
        self.state.scratch.targets = targets;
    }

    fn happens(
        &mut self,
        effect: &EffectPlan,
        kind: KindId,
        entity: Entity,
        occurrence: u32,
    ) -> bool {
        if !self.rules.holds(self.state, &effect.condition, kind, entity) {
            return false;
        }
        effect.chance.is_none_or(|site| self.clock.decide(Choice { site, entity, occurrence }))
    }

    /// Issues one write: it lands now, or flies.
    #[inline(always)]
    fn write(&mut self, effect: &EffectPlan, chooser: Entity, target: Entity, occurrence: u32) {
        let choice = |site| Choice { site, entity: chooser, occurrence };
        let flight = Flight {
            write: effect.write,
            fact: effect.fact,
            late: effect.late,
            issue: self.state.issue(),
            counted: !self.state.background,
            lease: effect.lasts.map(choice),
        };
        let Some(site) = effect.after else {
            // Nothing newer can have been issued.
            let row = self.rules.fact(flight.fact, target);
            return self.apply(flight, target, row);
        };
        let slot = self.state.free_flights.pop().unwrap_or_else(|| {
            self.state.flights.push(None);
            u32::try_from(self.state.flights.len() - 1).expect("fewer than 2^32 effects in flight")
        });
        self.state.flights[slot as usize] = Some(flight);
        self.state.in_flight += u64::from(flight.counted);
        let timer =
            Timer { kind: TimerKind::Landing, which: effect.fact, entity: target, stamp: slot };
        self.clock.arm(timer, Delay::At(choice(site)));
    }

    /// An effect in flight lands.
    pub(super) fn land_flight(&mut self, slot: u32, target: Entity) {
        let flight = self.state.flights[slot as usize].take().expect("a flight lands once");
        self.state.free_flights.push(slot);
        self.state.in_flight -= u64::from(flight.counted);
        self.land(flight, target);
    }

    /// A landing (E2, E3, E6).
    fn land(&mut self, flight: Flight, target: Entity) {
        let row = self.rules.fact(flight.fact, target);
        let slot = &self.state.facts[row];
        let rival = if flight.write == Write::Add { slot.newest_set } else { slot.newest };
        if flight.issue >= rival || flight.late {
            self.apply(flight, target, row);
        }
    }

    /// What a landing does that no newer write stands against.
    #[inline(always)]
    fn apply(&mut self, flight: Flight, target: Entity, row: usize) {
        let plan = &self.plan.facts[usize::from(flight.fact)];
        let full = plan.count;
        let slot = &mut self.state.facts[row];
        let forced = slot.forces > 0;
        slot.newest = slot.newest.max(flight.issue);
        if flight.write == Write::Add {
            slot.count = full.min(slot.count.saturating_add(1));
        } else {
            slot.newest_set = slot.newest_set.max(flight.issue);
            slot.count = if flight.write == Write::On { full } else { 0 };
        }
        let on = match flight.write {
            Write::On => true,
            Write::Off => false,
            Write::Add => slot.count == full,
        };
        self.void_lease(row);
        if let Some(choice) = flight.lease {
            let stamp = self.state.stamp();
            self.state.facts[row].lease = stamp;
            self.state.facts[row].counted = flight.counted;
            self.state.in_flight += u64::from(flight.counted);
            let kind = TimerKind::Expiry;
            let timer = Timer { kind, which: flight.fact, entity: target, stamp };
            self.clock.arm(timer, Delay::At(choice));
        }
        self.set(flight.fact, plan, target, on, Source::Write, forced);
    }

    /// A landing cancels the pending expiry (E3).
    #[inline(always)]
    pub(super) fn void_lease(&mut self, row: usize) {
        let slot = &mut self.state.facts[row];
        if slot.lease != 0 {
            slot.lease = 0;
            self.state.in_flight -= u64::from(slot.counted);
        }
    }

    /// A lease runs out: the fact takes the opposite value (E3).
    pub(super) fn expire(&mut self, fact: u16, entity: Entity) {
        let row = self.rules.fact(fact, entity);
        let plan = &self.plan.facts[usize::from(fact)];
        let on = self.state.words[entity.index()].raw >> plan.bit & 1 == 0;
        let slot = &mut self.state.facts[row];
        slot.lease = 0;
        slot.count = if on { plan.count } else { 0 };
        self.state.in_flight -= u64::from(slot.counted);
        let forced = slot.forces > 0;
        self.set(fact, plan, entity, on, Source::Expiry, forced);
    }

    /// Sets a fact beneath forced values, and what is seen of it unless one masks it (E4).
    #[inline(always)]
    pub(super) fn set(
        &mut self,
        fact: u16,
        plan: &FactPlan,
        entity: Entity,
        on: bool,
        source: Source,
        forced: bool,
    ) {
        let word = &mut self.state.words[entity.index()];
        word.raw = word.raw & !(1 << plan.bit) | u64::from(on) << plan.bit;
        if !forced && (word.seen >> plan.bit & 1 == 1) != on {
            self.show(fact, entity, on, source);
        }
    }

    /// Sets the visible value; if it changes, whoever watches it will look.
    fn show(&mut self, fact: u16, entity: Entity, on: bool, source: Source) {
        let plan = &self.plan.facts[usize::from(fact)];
        let old = self.state.words[entity.index()].seen;
        let new = old & !(1 << plan.bit) | u64::from(on) << plan.bit;
        if new == old {
            return;
        }
        self.state.words[entity.index()].seen = new;
        if plan.settles {
            self.state.count_window(!on);
        }
        if !plan.watchers.is_empty() {
            self.state.scratch.changed.push((entity, fact));
        }
        if self.clock.follows_all() || self.plan.access == Some(fact) {
            self.clock.note(Happening::Changed { fact, entity, on, source });
        }
        for &index in &self.plan.kinds[plan.kind.index()].counted_by {
            let quantifier = &self.plan.quantifiers[usize::from(index)];
            let (was, is) = (quantifier.cond.on_word(old), quantifier.cond.on_word(new));
            if was == is {
                continue;
            }
            let counter = self.world.ancestor(plan.kind, entity, quantifier.at);
            let count = &mut self.state.counts[self.rules.quantifier(index, counter)];
            *count = if is { *count + 1 } else { *count - 1 };
            self.state.scratch.recounted.push((counter, index));
        }
    }

    /// Masks a fact (E4). The latest of several forces on a fact is the one seen.
    pub(super) fn force(&mut self, fact: u16, entity: Entity, on: bool, lasts: Choice) {
        let id = self.state.stamp();
        let counted = !self.state.background;
        let forced = Forced { id, on, counted };
        self.state.forced.entry((entity, fact)).or_default().push(forced);
        let row = self.rules.fact(fact, entity);
        self.state.facts[row].forces += 1;
        self.state.in_flight += u64::from(counted);
        let timer = Timer { kind: TimerKind::Unforce, which: fact, entity, stamp: id };
        self.clock.arm(timer, Delay::At(lasts));
        self.show(fact, entity, on, Source::Force);
    }

    /// A force ends: the latest one left is seen, or what was written beneath.
    pub(super) fn unforce(&mut self, fact: u16, entity: Entity, id: u32) {
        let forces = self.state.forced.get_mut(&(entity, fact)).expect("a force ends once");
        let place = forces.iter().position(|forced| forced.id == id);
        let ended = forces.remove(place.expect("a force ends once"));
        let row = self.rules.fact(fact, entity);
        self.state.facts[row].forces -= 1;
        self.state.in_flight -= u64::from(ended.counted);
        self.show_forced(fact, entity);
    }

    /// Shows what the latest force left says, or what was written beneath.
    pub(super) fn show_forced(&mut self, fact: u16, entity: Entity) {
        let forces = self.state.forced.get(&(entity, fact));
        let left = forces.and_then(|forces| forces.last()).map(|forced| forced.on);
        if left.is_none() {
            self.state.forced.remove(&(entity, fact));
        }
        let bit = self.plan.facts[usize::from(fact)].bit;
        let on = left.unwrap_or(self.state.words[entity.index()].raw >> bit & 1 == 1);
        self.show(fact, entity, on, Source::Force);
    }
}
