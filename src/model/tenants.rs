//! Who is in the plan, who is through, and whose plan ends early.

use crate::model::rules::Turn;
use crate::model::state::flag;
use crate::model::world::Entity;
use crate::model::{Clock, Happening, Phase};
use crate::plan::KindId;

impl<C: Clock> Turn<'_, C> {
    /// Group and rollout steps without predecessors may enter from the start.
    pub(super) fn begin_steps(&mut self) {
        let (plan, world) = (self.plan, self.world);
        for (index, step) in (0u16..).zip(&plan.steps) {
            if step.kind < plan.tenant() {
                for entity in world.all(step.kind).filter(|&entity| world.moves(step.kind, entity))
                {
                    self.state.scratch.ready.push((index, entity));
                }
            }
        }
    }

    /// The tenant of a tenant or mailbox.
    #[inline(always)]
    pub(super) fn tenant_of(&self, kind: KindId, entity: Entity) -> Option<(Entity, usize)> {
        let of = self.world.tenant;
        if kind < of {
            return None;
        }
        let tenant = if kind == of { entity } else { self.world.ancestor(kind, entity, of) };
        Some((tenant, self.world.index(of, tenant) as usize))
    }

    /// One step less is open for the tenant; true if it was the last.
    #[inline(always)]
    pub(super) fn count_tenant_step(&mut self, kind: KindId, entity: Entity) -> bool {
        let Some((_, index)) = self.tenant_of(kind, entity) else { return false };
        let slot = &mut self.state.tenants[index];
        slot.open -= 1;
        if !slot.started {
            self.state.letting.waiting_steps -= 1;
        }
        slot.open == 0
    }

    /// A tenant with no open step leaves its place to the next, unless a rollback is under way; it
    /// has ended if none was cut off.
    #[inline(always)]
    pub(super) fn close_tenant_if_done(&mut self, kind: KindId, entity: Entity) {
        if let Some((tenant, index)) = self.tenant_of(kind, entity)
            && self.state.tenants[index].open == 0
            && self.state.tenants[index].rollbacks == 0
            && self.state.tenants[index].in_progress
            && !self.state.stopped[tenant.index()]
        {
            if !self.state.tenants[index].cut {
                self.clock.note(Happening::TenantEnded(tenant));
            }
            self.leave_place(index);
        }
    }

    /// True while the entity's tenant is in the plan.
    pub(super) fn in_progress(&self, kind: KindId, entity: Entity) -> bool {
        self.tenant_of(kind, entity).is_some_and(|(_, index)| self.state.tenants[index].in_progress)
    }

    /// An entity's plan ends here. Running attempts run on; nothing is recalled.
    pub(super) fn stop(&mut self, entity: Entity, step: Option<u16>) {
        if !self.state.stopped[entity.index()] {
            self.cut(entity, step);
            self.leave_after_stop(entity);
        }
    }

    /// A stopped tenant leaves its place, unless a rollback of it or of a mailbox is under way; a
    /// stopped mailbox may have been the last that its tenant waited for.
    pub(super) fn leave_after_stop(&mut self, entity: Entity) {
        let kind = self.world.kind(entity);
        let Some((tenant, index)) = self.tenant_of(kind, entity) else { return };
        if !self.state.stopped[tenant.index()] {
            self.close_tenant_if_done(kind, entity);
        } else if self.state.tenants[index].rollbacks == 0 {
            self.leave_place(index);
        }
    }

    /// Counts a rollback that begins or ends for an entity's tenant.
    pub(super) fn count_rollback(&mut self, entity: Entity, begins: bool) {
        let kind = self.world.kind(entity);
        if let Some((_, index)) = self.tenant_of(kind, entity) {
            let rollbacks = &mut self.state.tenants[index].rollbacks;
            *rollbacks = if begins { *rollbacks + 1 } else { *rollbacks - 1 };
        }
    }

    /// Cuts off an entity's further steps, and every step of anybody that waits for one of them,
    /// unless it joins running members only.
    pub(super) fn cut(&mut self, entity: Entity, failed: Option<u16>) {
        if std::mem::replace(&mut self.state.stopped[entity.index()], true) {
            return;
        }
        self.clock.note(Happening::Stopped { entity, step: failed });
        let (plan, world) = (self.plan, self.world);
        let kind = world.kind(entity);
        let mut blocked: Vec<(u16, Entity)> = Vec::new();
        for &step in &plan.kinds[kind.index()].steps {
            let row = self.rules.instance(step, entity);
            let instance = &self.state.instances[row];
            if instance.phase.ended() {
                // It may hold slots until a step that it no longer waits for itself.
                self.release_held(step, entity, None);
            } else if instance.flags & flag::CUT == 0 {
                self.cut_step(step, entity, row);
                self.block_next(step, entity, &mut blocked);
            }
        }
        if let Some(failed) = failed {
            self.block_next(failed, entity, &mut blocked);
        }
        self.block(blocked);
    }

    /// Steps that can never be ready, because one that they wait for will not end.
    pub(super) fn block(&mut self, mut blocked: Vec<(u16, Entity)>) {
        while let Some((step, entity)) = blocked.pop() {
            let row = self.rules.instance(step, entity);
            let instance = &self.state.instances[row];
            // One that has begun waits no longer, even if a crash made its predecessor begin again.
            let waits = instance.pending > 0 || self.held_up_outside(step, entity);
            let waits = waits && !instance.phase.ended();
            if !waits || instance.flags & flag::CUT != 0 {
                continue;
            }
            self.cut_step(step, entity, row);
            self.clock.note(Happening::Blocked { step, entity });
            self.block_next(step, entity, &mut blocked);
            self.close_tenant_if_done(self.plan.steps[usize::from(step)].kind, entity);
        }
    }

    /// Whoever waits for a step that will not end is blocked, or, if it joins running members
    /// only, has one predecessor less.
    fn block_next(&mut self, step: u16, entity: Entity, blocked: &mut Vec<(u16, Entity)>) {
        let (plan, world) = (self.plan, self.world);
        let kind = plan.steps[usize::from(step)].kind;
        for &next in &plan.steps[usize::from(step)].before {
            let next_plan = &plan.steps[usize::from(next)];
            world.related(kind, entity, next_plan.kind, &mut |other| {
                if next_plan.join_running && other != entity {
                    self.satisfy(next, other);
                } else {
                    blocked.push((next, other));
                }
            });
        }
    }

    fn cut_step(&mut self, step: u16, entity: Entity, row: usize) {
        let stamp = self.state.stamp();
        let wants = self.wants(step, entity);
        let instance = &mut self.state.instances[row];
        instance.flags |= flag::CUT;
        match instance.phase {
            Phase::Running | Phase::Starting => {}
            phase => {
                if phase == Phase::Queued {
                    self.clock.note(Happening::Withdrawn { step, entity, wants });
                }
                instance.stamp = stamp;
                instance.phase = Phase::Blocked;
                if phase == Phase::RetryWait {
                    self.state.in_flight -= 1;
                }
            }
        }
        self.state.open_steps -= 1;
        let kind = self.plan.steps[usize::from(step)].kind;
        self.count_tenant_step(kind, entity);
        if let Some((_, index)) = self.tenant_of(kind, entity) {
            self.state.tenants[index].cut = true;
        }
        self.release_held(step, entity, None);
        self.release_waiting_for(step, entity);
    }
}
