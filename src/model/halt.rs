//! What happens to the rollout as a whole: halts, resumptions, and tenants rolled back on command.
//!
//! A halt keeps tenants from starting and does nothing else: those in progress go on, soaks and dates
//! go by. A tenant that is rolled back on command starts nothing new; its attempts under way run to
//! their end, and then what has ended is undone, latest first, as S7 says.

use crate::model::rules::Turn;
use crate::model::state::flag;
use crate::model::world::Entity;
use crate::model::{By, Clock, Delay, Happening, Phase, Source, Timer, TimerKind};
use crate::plan::{ActPlan, KindId};
use crate::scenario::{Journal, RollBack, Starts};

impl<C: Clock> Turn<'_, C> {
    /// What an act does to the rollout as a whole.
    pub(super) fn steer(&mut self, act: u16, plan: &ActPlan, entity: Entity) {
        match plan.steers.starts {
            Some(Starts::Halt) => self.halt(By::Act(act), entity),
            Some(Starts::Resume) => self.resume_starts(act, entity),
            None => {}
        }
        if let Some(which) = plan.steers.rolls_back {
            self.roll_back_tenants(plan.kind, entity, which);
        }
    }

    /// No further tenant starts.
    pub(super) fn halt(&mut self, by: By, entity: Entity) {
        if !std::mem::replace(&mut self.state.letting.halted, true) {
            self.clock.note(Happening::Halted { by, entity });
            self.show_halt(true);
        }
    }

    /// Tenants start again.
    fn resume_starts(&mut self, act: u16, entity: Entity) {
        if std::mem::replace(&mut self.state.letting.halted, false) {
            self.clock.note(Happening::Resumed { act, entity });
            self.show_halt(false);
            self.start_tenants();
        }
    }

    fn show_halt(&mut self, halted: bool) {
        // Where nothing reads it there is no such fact.
        let Some(fact) = self.plan.halted else { return };
        let plan = &self.plan.facts[usize::from(fact)];
        self.set(fact, plan, Entity(0), halted, Source::Write, false);
    }

    fn roll_back_tenants(&mut self, kind: KindId, entity: Entity, which: RollBack) {
        let (plan, world) = (self.plan, self.world);
        let tenant = plan.tenant();
        world.descendants(kind, entity, tenant, &mut |entity| {
            let index = world.index(tenant, entity) as usize;
            let slot = &self.state.tenants[index];
            let stopped = self.state.stopped[entity.index()];
            let meant = match which {
                RollBack::InProgress => slot.in_progress && !stopped,
                // Of one that has stopped already something may be left to undo.
                RollBack::Started => slot.started && (!stopped || self.left_undone(entity, index)),
            };
            if meant {
                self.withdraw(entity);
            }
        });
    }

    fn left_undone(&self, entity: Entity, index: usize) -> bool {
        self.state.tenants[index].rollbacks == 0 && !self.to_undo(entity).is_empty()
    }

    /// A tenant and its mailboxes start nothing new; once nothing of them runs, they are undone.
    fn withdraw(&mut self, entity: Entity) {
        let (plan, world) = (self.plan, self.world);
        self.count_rollback(entity, true);
        self.state.in_flight += 1;
        self.cut(entity, None);
        let mut running = self.running(plan.tenant(), entity);
        world.descendants(plan.tenant(), entity, plan.mailbox(), &mut |mailbox| {
            self.cut(mailbox, None);
            running += self.running(plan.mailbox(), mailbox);
        });
        if running == 0 {
            return self.begin_rollback(entity);
        }
        self.state.withdrawn.insert(entity, running);
    }

    /// Attempts of an entity under way.
    fn running(&self, kind: KindId, entity: Entity) -> u32 {
        let steps = self.plan.kinds[kind.index()].steps.iter();
        let under_way = |step: &&u16| {
            let instance = &self.state.instances[self.rules.instance(**step, entity)];
            matches!(instance.phase, Phase::Running | Phase::Starting)
        };
        u32::try_from(steps.filter(under_way).count()).expect("few steps")
    }

    /// An attempt of somebody who has stopped is over: the last one lets its tenant's rollback begin,
    /// in an event of its own, behind what the attempt still issues.
    pub(super) fn left_while_stopped(&mut self, kind: KindId, entity: Entity) {
        let Some((tenant, _)) = self.tenant_of(kind, entity) else { return };
        let Some(running) = self.state.withdrawn.get_mut(&tenant) else { return };
        *running -= 1;
        if *running == 0 {
            let kind = TimerKind::RollBack;
            self.clock.arm(Timer { kind, which: 0, entity: tenant, stamp: 0 }, Delay::Now);
        }
    }

    /// The last attempt of a tenant that is rolled back has ended.
    pub(super) fn begin_withdrawn(&mut self, tenant: Entity) {
        self.state.withdrawn.remove(&tenant);
        self.begin_rollback(tenant);
    }

    /// Without a journal a crash forgets what was to be rolled back and has not begun.
    pub(super) fn forget_withdrawn(&mut self, crashed: Entity) {
        if self.plan.journal == Journal::Step {
            return;
        }
        let all = self.state.withdrawn.keys().copied();
        let affected: Vec<Entity> = all.filter(|&each| self.affects(crashed, each)).collect();
        for tenant in affected {
            self.state.withdrawn.remove(&tenant);
            match self.to_undo(tenant).last() {
                Some(&(step, _)) => self.forget_rollback(tenant, step),
                None => self.begin_rollback(tenant),
            }
        }
    }

    /// True if this step of an entity was cut off, so that nothing waits for its attempt.
    pub(super) fn is_cut(&self, row: usize) -> bool {
        self.state.instances[row].flags & flag::CUT != 0
    }
}
