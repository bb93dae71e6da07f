//! Rollback as an activity (S7): the undo lists of ended steps, latest first.

use crate::model::rules::Turn;
use crate::model::state::Rollback;
use crate::model::world::Entity;
use crate::model::{Choice, Clock, Delay, Happening, Phase, Timer, TimerKind};

impl<C: Clock> Turn<'_, C> {
    /// Undoes what ended for an entity, the failed step first, and for a tenant also for its
    /// mailboxes. They start nothing new from now on; a tenant keeps its place of `at-once` until
    /// the end.
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
                    let order = self.state.ended_as[row];
                    if order > 0 && self.state.instances[row].phase != Phase::Skipped {
                        done.push((order, index, each));
                    }
                });
            }
        }
        done.sort_unstable();
        let left: Vec<(u16, Entity)> =
            done.into_iter().map(|(_, step, each)| (step, each)).collect();
        self.count_rollback(entity, true);
        self.cut(entity, Some(step));
        if own == plan.tenant() {
            world.descendants(own, entity, plan.mailbox(), &mut |mailbox| self.cut(mailbox, None));
        }
        let slot = u32::try_from(self.state.rollbacks.len()).expect("fewer than 2^32 rollbacks");
        self.state.rollbacks.push(Rollback { entity, left });
        self.state.in_flight += 1;
        self.next_undo(slot);
    }

    fn next_undo(&mut self, slot: u32) {
        let rollback = &self.state.rollbacks[slot as usize];
        let Some(&(step, each)) = rollback.left.last() else {
            let entity = rollback.entity;
            self.state.in_flight -= 1;
            self.clock.note(Happening::RolledBack(entity));
            self.count_rollback(entity, false);
            self.leave_after_stop(entity);
            return;
        };
        let delay = self.plan.steps[usize::from(step)]
            .undo_duration
            .map_or(Delay::Now, |site| Delay::At(Choice { site, entity: each, occurrence: 1 }));
        let timer = Timer { kind: TimerKind::Undo, which: step, entity: each, stamp: slot };
        self.clock.arm(timer, delay);
    }

    /// The undo list of one step is issued (E5: E2 settles any race with what is in flight).
    pub(super) fn undo(&mut self, step: u16, entity: Entity, slot: u32) {
        let taken = self.state.rollbacks[slot as usize].left.pop();
        debug_assert_eq!(taken, Some((step, entity)), "undo lists come latest first");
        let plan = &self.plan.steps[usize::from(step)];
        self.issue(&plan.undo, plan.kind, entity, 1, &[]);
        self.next_undo(slot);
    }
}
