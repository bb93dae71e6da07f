//! What an event sets off: conditions are looked at in plan order, then pools admit (T2).

use crate::model::rules::Turn;
use crate::model::world::Entity;
use crate::model::{Clock, Happening, Phase};
use crate::plan::{KindId, Watch};

impl<C: Clock> Turn<'_, C> {
    /// Finishes an event: every condition that watches a changed fact is looked at, then steps that
    /// became ready ask to enter and the pools admit.
    #[inline(always)]
    pub(super) fn settle(&mut self) {
        let scratch = &self.state.scratch;
        if scratch.idle() {
            return;
        }
        if !scratch.changed.is_empty() || !scratch.recounted.is_empty() {
            self.look();
        }
        self.admit();
        debug_assert!(self.state.scratch.changed.is_empty(), "looking and admitting write nothing");
    }

    fn look(&mut self) {
        let plan = self.plan;
        let mut looks = std::mem::take(&mut self.state.scratch.looks);
        let mut changed = std::mem::take(&mut self.state.scratch.changed);
        let mut recounted = std::mem::take(&mut self.state.scratch.recounted);
        for (entity, fact) in changed.drain(..) {
            let fact = &plan.facts[usize::from(fact)];
            self.collect(&fact.watchers, fact.kind, entity, &mut looks);
        }
        for (counter, index) in recounted.drain(..) {
            let quantifier = &plan.quantifiers[usize::from(index)];
            self.collect(&quantifier.watchers, quantifier.at, counter, &mut looks);
        }
        if looks.len() > 1 {
            looks.sort_unstable();
            looks.dedup();
        }
        for (watcher, entity) in looks.drain(..) {
            match plan.watchers[usize::from(watcher)].what {
                Watch::Needs(step) => self.look_at_entry(step, entity),
                Watch::Holds(step) => self.look_at_holds(step, entity),
                Watch::Act(act) => self.look_at_act(act, entity),
                Watch::User(user) => self.look_at_user(user, entity),
                Watch::Hazard(hazard) => self.look_at_hazard(hazard, entity),
            }
        }
        self.state.scratch.looks = looks;
        self.state.scratch.changed = changed;
        self.state.scratch.recounted = recounted;
    }

    /// Whoever of these watchers looks at `entity` or at a descendant of it.
    fn collect(
        &self,
        watchers: &[u16],
        kind: KindId,
        entity: Entity,
        looks: &mut Vec<(u16, Entity)>,
    ) {
        for &index in watchers {
            let watcher = self.plan.watchers[usize::from(index)];
            if watcher.kind == kind {
                looks.push((index, entity));
                continue;
            }
            self.world.descendants(kind, entity, watcher.kind, &mut |looker| {
                looks.push((index, looker));
            });
        }
    }

    fn look_at_holds(&mut self, step: u16, entity: Entity) {
        let row = self.rules.instance(step, entity);
        if self.state.instances[row].phase == Phase::Running {
            self.check_holds(step, entity);
        }
    }

    pub(super) fn look_at_hazard(&mut self, hazard: u16, entity: Entity) {
        let plan = &self.plan.hazards[usize::from(hazard)];
        let open = self.rules.holds(self.state, &plan.when, plan.kind, entity);
        let known = &mut self.state.hazards[self.rules.hazard(hazard, entity)];
        if *known != open {
            *known = open;
            self.state.count_window(open);
            self.clock.note(Happening::Hazard { hazard, user: None, entity, open });
        }
    }
}
