//! Crashes (S8): what dies and what goes on, what is known afterwards, and what follows at restart.
//!
//! A crash of the rollout is one of the whole orchestrator; of a group one of the worker that serves
//! its tenants (the steps of groups and of the rollout are the orchestrator's own); of a tenant one
//! of its job, which moves its mailboxes as well. Landings, leases, reactions and users go on.

use crate::model::rules::Turn;
use crate::model::state::flag;
use crate::model::world::Entity;
use crate::model::{Choice, Clock, Delay, Failure, Happening, Outcome, Phase, Timer, TimerKind};
use crate::plan::{BendPlan, EffectPlan, KindId, SiteId};
use crate::scenario::{Journal, WhenCut};

/// A remote attempt that runs on after a crash without a journal: nobody waits for it any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Orphan {
    pub(super) step: u16,
    pub(super) entity: Entity,
    /// Its attempt.
    pub(super) number: u32,
    /// Slots that its step would have held until a later one, by place in its `uses`.
    pub(super) held: u16,
    /// Faults that bend it.
    pub(super) bent: Vec<u16>,
}

impl<C: Clock> Turn<'_, C> {
    /// True while a crash keeps the steps of an entity from starting.
    #[inline]
    pub(super) fn down(&self, kind: KindId, entity: Entity) -> bool {
        !self.state.downs.is_empty() && self.is_down(kind, entity)
    }

    fn is_down(&self, kind: KindId, entity: Entity) -> bool {
        self.plan.crash_kinds.iter().any(|&of| {
            let reached = of == KindId::ROLLOUT || kind >= self.plan.tenant();
            reached && self.state.downs[self.world.ancestor(kind, entity, of).index()] > 0
        })
    }

    /// True if a crash of the one reaches the other.
    pub(super) fn affects(&self, crashed: Entity, other: Entity) -> bool {
        let (of, kind) = (self.world.kind(crashed), self.world.kind(other));
        of == KindId::ROLLOUT
            || (kind >= self.plan.tenant() && self.world.ancestor(kind, other, of) == crashed)
    }

    /// Calls `f` for every step of everyone whom a crash reaches, in plan order.
    fn for_affected(&mut self, crashed: Entity, f: fn(&mut Self, u16, Entity)) {
        let (plan, world) = (self.plan, self.world);
        let of = world.kind(crashed);
        for (index, step) in (0u16..).zip(&plan.steps) {
            if of == KindId::ROLLOUT || step.kind >= plan.tenant() {
                world.descendants(of, crashed, step.kind, &mut |each| {
                    if world.moves(step.kind, each) {
                        f(self, index, each);
                    }
                });
            }
        }
    }

    /// The orchestrator, a worker or a job dies.
    /// If not `counted`, the restart keeps no finished run going.
    pub(super) fn crash(
        &mut self,
        (act, fault): (u16, u16),
        entity: Entity,
        restart: Choice,
        counted: bool,
    ) {
        self.clock.note(Happening::Crashed { fault, entity });
        self.state.downs[entity.index()] += 1;
        self.state.in_flight += u64::from(counted);
        let stamp = u32::from(counted);
        let timer = Timer { kind: TimerKind::Restart, which: act, entity, stamp };
        self.clock.arm(timer, Delay::At(restart));
        if self.state.downs[entity.index()] > 1 {
            // Whoever is down already has nothing left to lose.
            return;
        }
        self.cut_rollbacks(entity);
        self.for_affected(entity, Self::interrupt);
        if self.plan.journal == Journal::None {
            self.for_affected(entity, Self::forget);
            self.for_affected(entity, Self::recount);
            self.recount_above(entity);
        }
    }

    /// How many of these effects have landed when an attempt or an undo is cut.
    pub(super) fn landed(
        &mut self,
        site: Option<SiteId>,
        effects: &[EffectPlan],
        entity: Entity,
        occurrence: u32,
    ) -> u16 {
        let choice = |site| Choice { site, entity, occurrence };
        let landed = site.map_or(0, |site| self.clock.count(choice(site)));
        u16::try_from(landed.min(effects.len() as u64)).expect("lists of effects are short")
    }

    /// A crash reaches a step: its attempt ends, its place in a queue and its retry wait are void.
    fn interrupt(&mut self, step: u16, entity: Entity) {
        let row = self.rules.instance(step, entity);
        let (phase, flags) = {
            let instance = &self.state.instances[row];
            (instance.phase, instance.flags)
        };
        let remote = self.plan.steps[usize::from(step)].crash.remote;
        match phase {
            Phase::Running if remote => {
                // Of a stopped entity nobody waited for it anyway.
                if self.plan.journal == Journal::None && flags & flag::CUT == 0 {
                    self.let_go(step, entity, row);
                }
            }
            Phase::Running => self.cut_attempt(step, entity, row),
            Phase::Starting => {
                self.leave(self.at(step, entity));
            }
            Phase::Queued | Phase::RetryWait => {
                let stamp = self.state.stamp();
                let wants = self.wants(step, entity);
                let instance = &mut self.state.instances[row];
                instance.stamp = stamp;
                if phase == Phase::Queued {
                    instance.phase = Phase::Blocked;
                    self.clock.note(Happening::Withdrawn { step, entity, wants });
                }
            }
            _ => return,
        }
        let over = self.state.instances[row].phase == Phase::Blocked;
        if flags & flag::CUT != 0 && over {
            self.end_step(step, entity, Outcome::Failed);
        }
    }

    /// A running attempt ends; any prefix of its at-end effects has landed.
    fn cut_attempt(&mut self, step: u16, entity: Entity, row: usize) {
        let plan = &self.plan.steps[usize::from(step)];
        let flags = self.state.instances[row].flags;
        let bent = if flags & flag::BENT != 0 { self.unbend(row) } else { Vec::new() };
        let number = self.state.instances[row].attempt;
        self.leave(self.at(step, entity));
        self.state.instances[row].flags |= flag::INTERRUPTED;
        let skips = bent.iter().any(|&fault| self.bend(fault) == BendPlan::Skips);
        let landed = match skips {
            true => 0,
            false => self.landed(plan.crash.landed, &plan.at_end, entity, number),
        };
        self.clock.note(Happening::Cut { step, entity, landed, undo: false });
        let effects = &plan.at_end[..usize::from(landed)];
        self.issue_bent(effects, plan.kind, entity, number, &bent);
    }

    /// Issues effects without those that one of these faults loses.
    fn issue_bent(
        &mut self,
        effects: &[EffectPlan],
        kind: KindId,
        entity: Entity,
        number: u32,
        bent: &[u16],
    ) {
        let mut lost = Vec::new();
        for &fault in bent {
            if let BendPlan::Loses(fact) = self.bend(fault)
                && effects.iter().any(|effect| effect.fact == fact)
            {
                lost.push(fact);
                self.clock.note(Happening::Struck { fault, entity });
            }
        }
        self.issue(effects, kind, entity, number, &lost);
    }

    /// A remote attempt runs on, but nobody knows of it any more.
    fn let_go(&mut self, step: u16, entity: Entity, row: usize) {
        let flags = self.state.instances[row].flags;
        let bent = if flags & flag::BENT != 0 { self.unbend(row) } else { Vec::new() };
        let stamp = self.state.stamp();
        let instance = &mut self.state.instances[row];
        let number = instance.attempt;
        let held = std::mem::take(&mut instance.held);
        let old = std::mem::replace(&mut instance.stamp, stamp);
        instance.phase = Phase::Blocked;
        self.state.orphans.insert(old, Orphan { step, entity, number, held, bent });
        self.clock.note(Happening::Orphaned { step, entity });
    }

    /// It ends: its effects are issued and its slots are free; no step ends with it.
    pub(super) fn end_orphan(&mut self, stamp: u32, fault: Option<u16>) {
        let orphan = self.state.orphans.remove(&stamp).expect("a live timer has one");
        let Orphan { step, entity, number, held, bent } = orphan;
        let plan = &self.plan.steps[usize::from(step)];
        self.state.in_flight -= 1;
        if let Some(path) = plan.path {
            self.clock.release(path, entity, number);
        }
        for (place, used) in plan.uses.iter().enumerate() {
            if used.until.is_none() || held >> place & 1 == 1 {
                self.free(self.rules.pool(used.pool, plan.kind, entity), 1);
            }
        }
        let at_its_end = bent.iter().find(|&&fault| self.bend(fault) == BendPlan::Fails(None));
        if let Some(fault) = fault.or(at_its_end.copied()) {
            self.clock.note(Happening::Struck { fault, entity });
            let why = Failure::Fault(fault);
            self.clock.note(Happening::AttemptFailed { step, entity, why, retried: false });
            return self.issue(&plan.at_fail, plan.kind, entity, number, &[]);
        }
        self.clock.note(Happening::AttemptEnded { step, entity });
        if bent.iter().all(|&fault| self.bend(fault) != BendPlan::Skips) {
            self.issue_bent(&plan.at_end, plan.kind, entity, number, &bent);
        }
    }

    /// Without a journal the plan of whoever is in progress starts again: what has ended, has not;
    /// retry counts are lost and slots are free. Who has stopped stays so, and so do blocked steps,
    /// tenants that are done and the ended steps of groups and of the rollout.
    fn forget(&mut self, step: u16, entity: Entity) {
        let kind = self.plan.steps[usize::from(step)].kind;
        let row = self.rules.instance(step, entity);
        let instance = &self.state.instances[row];
        let (ended, cut) = (instance.phase.ended(), instance.flags & flag::CUT != 0);
        let tenant = self.tenant_of(kind, entity).map(|(_, index)| index);
        let in_progress = match tenant {
            Some(index) => self.state.tenants[index].started && self.state.tenants[index].open > 0,
            None => !ended,
        };
        if !in_progress || cut || self.state.stopped[entity.index()] {
            return;
        }
        if ended {
            self.state.open_steps += 1;
            let index = tenant.expect("ended steps of others stay so");
            self.state.tenants[index].open += 1;
        }
        if self.state.instances[row].phase == Phase::RetryWait {
            self.state.in_flight -= 1;
        }
        self.release_held(step, entity, None);
        if let Some(order) = self.state.ended_as.get_mut(row) {
            *order = 0;
        }
        let stamp = self.state.stamp();
        let instance = &mut self.state.instances[row];
        instance.stamp = stamp;
        instance.phase = Phase::Blocked;
        instance.left = self.plan.steps[usize::from(step)].times;
        instance.failures = 0;
        instance.flags = 0;
    }

    /// Counts the predecessors of a step that has not become ready again.
    fn recount(&mut self, step: u16, entity: Entity) {
        let row = self.rules.instance(step, entity);
        let instance = &self.state.instances[row];
        if instance.phase == Phase::Blocked && instance.flags & flag::CUT == 0 {
            let pending = self.rules.outstanding(self.state, step, entity);
            let instance = &mut self.state.instances[row];
            instance.pending = pending;
            // Others that it waits for may have to begin again as well.
            instance.flags &= !flag::JOINED;
        }
    }

    /// The same for steps of groups and of the rollout that wait for whoever was forgotten.
    fn recount_above(&mut self, crashed: Entity) {
        let (plan, world) = (self.plan, self.world);
        let of = world.kind(crashed);
        let above = (0u16..).zip(&plan.steps).filter(|(_, step)| step.kind < plan.tenant());
        for (index, step) in above {
            if of != KindId::ROLLOUT {
                world.related(of, crashed, step.kind, &mut |each| self.recount(index, each));
            }
        }
    }

    /// What has crashed is up again.
    pub(super) fn restart(&mut self, act: u16, entity: Entity, counted: bool) {
        self.state.in_flight -= u64::from(counted);
        self.state.downs[entity.index()] -= 1;
        let (fault, _) = self.plan.acts[usize::from(act)].fault.expect("only a fault crashes");
        self.clock.note(Happening::Restarted { fault, entity });
        if self.state.downs[entity.index()] > 0 {
            return;
        }
        self.for_affected(entity, Self::resume);
        self.resume_rollbacks();
        self.start_tenants();
    }

    /// A step goes on where the crash, and what has happened since, has left it.
    fn resume(&mut self, step: u16, entity: Entity) {
        let plan = &self.plan.steps[usize::from(step)];
        let row = self.rules.instance(step, entity);
        let instance = &mut self.state.instances[row];
        let (phase, flags) = (instance.phase, instance.flags);
        if flags & flag::CUT != 0 || self.down(plan.kind, entity) {
            return;
        }
        let instance = &mut self.state.instances[row];
        match phase {
            Phase::RetryWait if flags & flag::UNDOING == 0 => self.wait_to_retry(step, entity),
            Phase::Blocked if flags & flag::INTERRUPTED != 0 => {
                instance.flags &= !flag::INTERRUPTED;
                match plan.crash.when_cut {
                    WhenCut::Redo => self.state.scratch.ready.push((step, entity)),
                    WhenCut::Skip => self.skip_cut(step, entity, row),
                    WhenCut::Undo => self.undo_cut(step, entity),
                }
            }
            Phase::Blocked | Phase::Waiting if instance.pending == 0 => {
                self.state.scratch.ready.push((step, entity));
            }
            _ => {}
        }
    }

    /// The cut attempt counts as made.
    fn skip_cut(&mut self, step: u16, entity: Entity, row: usize) {
        let instance = &mut self.state.instances[row];
        instance.flags &= !flag::REPEATED;
        instance.failures = 0;
        instance.left -= 1;
        if instance.left == 0 {
            self.end_step(step, entity, Outcome::Skipped);
        } else {
            self.state.scratch.ready.push((step, entity));
        }
    }
}
