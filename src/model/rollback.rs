//! Rollback as an activity (S7): the undo lists of ended steps, latest first.

use crate::model::rules::Turn;
use crate::model::state::Rollback;
use crate::model::world::Entity;
use crate::model::{Choice, Clock, Delay, Happening, Phase, Timer, TimerKind};

impl<C: Clock> Turn<'_, C> {
    /// Undoes what succeeded for an entity, and for a tenant also for its mailboxes. The entity
    /// starts nothing new meanwhile; a tenant keeps its place of `at-once` until the end.
    pub(super) fn roll_back(&mut self, step: u16, entity: Entity) {
        let (plan, world) = (self.plan, self.world);
        let own = world.kind(entity);
        let kinds = if own == plan.tenant() { vec![own, plan.mailbox()] } else { vec![own] };
        let mut done: Vec<(u32, u16, Entity)> = Vec::new();
        for kind in kinds {
            for &index in &plan.kinds[kind.index()].steps {
                if plan.steps[usize::from(index)].undo.is_empty() {
                    continue;
                }
                world.descendants(own, entity, kind, &mut |each| {
                    let row = self.rules.instance(index, each);
                    let order = self.state.succeeded[row];
                    if order > 0 && self.state.instances[row].phase == Phase::Succeeded {
                        done.push((order, index, each));
                    }
                });
            }
        }
        done.sort_unstable();
        let left: Vec<(u16, Entity)> =
            done.into_iter().map(|(_, step, each)| (step, each)).collect();
        // Known before anyone else stops, so that a stopped mailbox does not close its tenant.
        let stamp = self.state.stamp();
        self.state.rollbacks.insert(stamp, Rollback { entity, left });
        self.state.in_flight += 1;
        let blocked = self.cut(entity, Some(step));
        for other in blocked {
            self.stop(other, None);
        }
        self.next_undo(stamp);
    }

    /// True while the entity's undo lists are being issued.
    pub(super) fn rolls_back(&self, entity: Entity) -> bool {
        self.state.rollbacks.values().any(|rollback| rollback.entity == entity)
    }

    fn next_undo(&mut self, stamp: u32) {
        let rollback = &self.state.rollbacks[&stamp];
        let Some(&(step, each)) = rollback.left.last() else {
            let entity = rollback.entity;
            self.state.rollbacks.remove(&stamp);
            self.state.in_flight -= 1;
            self.clock.note(Happening::RolledBack(entity));
            let kind = self.world.kind(entity);
            if kind == self.plan.tenant() {
                self.leave_place(self.world.index(kind, entity) as usize);
            } else {
                self.close_tenant_if_done(kind, entity);
            }
            return;
        };
        let delay = self.plan.steps[usize::from(step)]
            .undo_duration
            .map_or(Delay::Now, |site| Delay::At(Choice { site, entity: each, occurrence: 1 }));
        let timer = Timer { kind: TimerKind::Undo, which: step, entity: each, stamp };
        self.clock.arm(timer, delay);
    }

    /// The undo list of one step is issued (E5: E2 settles any race with what is in flight).
    pub(super) fn undo(&mut self, step: u16, entity: Entity, stamp: u32) {
        let rollback = self.state.rollbacks.get_mut(&stamp);
        let taken = rollback.and_then(|rollback| rollback.left.pop());
        debug_assert_eq!(taken, Some((step, entity)), "undo lists come latest first");
        let plan = &self.plan.steps[usize::from(step)];
        self.issue(&plan.undo, plan.kind, entity, 1, &[]);
        self.next_undo(stamp);
    }
}
