//! Reactions and free-standing faults (R1).

use crate::model::rules::Turn;
use crate::model::world::Entity;
use crate::model::{Choice, Clock, Delay, Happening, Timer, TimerKind};

impl<C: Clock> Turn<'_, C> {
    pub(super) fn look_at_act(&mut self, act: u16, entity: Entity) {
        let plan = &self.plan.acts[usize::from(act)];
        let holds = self.rules.holds(self.state, &plan.condition, plan.kind, entity);
        let row = self.rules.act(act, entity);
        let slot = &mut self.state.acts[row];
        if slot.holds == holds {
            return;
        }
        slot.holds = holds;
        if holds {
            self.begin_interval(act, entity);
        } else {
            self.disarm(act, row);
        }
    }

    /// The condition has become true: a fault decides whether it strikes in this interval.
    pub(super) fn begin_interval(&mut self, act: u16, entity: Entity) {
        let row = self.rules.act(act, entity);
        let slot = &mut self.state.acts[row];
        slot.holds = true;
        slot.occurrence += 1;
        let occurrence = slot.occurrence;
        let fault = self.plan.acts[usize::from(act)].fault;
        let chance = fault.and_then(|(_, chance)| chance);
        if chance.is_none_or(|site| self.clock.decide(Choice { site, entity, occurrence })) {
            self.arm_act(act, entity, row);
        }
    }

    fn arm_act(&mut self, act: u16, entity: Entity, row: usize) {
        let plan = &self.plan.acts[usize::from(act)];
        let stamp = self.state.stamp();
        let slot = &mut self.state.acts[row];
        slot.stamp = stamp;
        let occurrence = slot.occurrence;
        self.count(act, true);
        let choice = Choice { site: plan.trigger, entity, occurrence };
        let timer = Timer { kind: TimerKind::Act, which: act, entity, stamp };
        self.clock.arm(timer, Delay::At(choice));
    }

    /// Counts a pending act. A one-shot reaction keeps a finished run going: the plan counts on it.
    /// Periodic reactions and free-standing faults never do.
    fn count(&mut self, act: u16, begins: bool) {
        let plan = &self.plan.acts[usize::from(act)];
        if !plan.every && plan.fault.is_none() {
            let number = &mut self.state.in_flight;
            *number = if begins { *number + 1 } else { *number - 1 };
        }
    }

    fn disarm(&mut self, act: u16, row: usize) {
        let slot = &mut self.state.acts[row];
        if std::mem::replace(&mut slot.stamp, 0) != 0 {
            self.count(act, false);
        }
    }

    /// A reaction or free-standing fault fires.
    pub(super) fn act(&mut self, act: u16, entity: Entity) {
        let plan = &self.plan.acts[usize::from(act)];
        let row = self.rules.act(act, entity);
        let occurrence = self.state.acts[row].occurrence;
        self.disarm(act, row);
        if let Some((fault, _)) = plan.fault {
            self.clock.note(Happening::Struck { fault, entity });
        }
        if let Some(reaction) = plan.reaction {
            self.clock.note(Happening::Reacted { reaction, entity });
        }
        if plan.every {
            self.state.acts[row].occurrence += 1;
            self.arm_act(act, entity, row);
        }
        self.state.background = plan.fault.is_some() && self.state.finished();
        self.issue(&plan.does, plan.kind, entity, occurrence, &[]);
        let choice = |site| Choice { site, entity, occurrence };
        if let Some((fact, on, lasts)) = plan.forces {
            let kind = self.plan.facts[usize::from(fact)].kind;
            let target = self.world.ancestor(plan.kind, entity, kind);
            self.force(fact, target, on, choice(lasts));
        }
        if let Some((pool, slots, lasts)) = plan.takes {
            let kind = self.plan.pools[usize::from(pool)].kind;
            let holder = self.world.ancestor(plan.kind, entity, kind);
            let stamp = self.outage(self.rules.pool(pool, kind, holder), slots);
            let timer = Timer { kind: TimerKind::Restore, which: pool, entity: holder, stamp };
            self.clock.arm(timer, Delay::At(choice(lasts)));
        }
        if let Some(slows) = plan.slows {
            let kind = self.plan.links[usize::from(slows.link)].kind;
            let holder = self.world.ancestor(plan.kind, entity, kind);
            self.slow(slows, holder, choice(slows.lasts));
        }
        // A crash is over by itself; what it does to attempts of the plan counts as theirs.
        let counted = !std::mem::replace(&mut self.state.background, false);
        if let (Some(restart), Some((fault, _))) = (plan.crashes, plan.fault) {
            self.crash((act, fault), entity, choice(restart), counted);
        }
    }
}
