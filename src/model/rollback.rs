//! Rollback as an activity (S7): the undo lists of ended steps, latest first. It takes time, faults
//! strike it, and a crash cuts it (S8).

use crate::model::rules::Turn;
use crate::model::state::flag;
use crate::model::world::Entity;
use crate::model::{Choice, Clock, Delay, Happening, Outcome, Phase, Timer, TimerKind};
use crate::plan::BendPlan;
use crate::scenario::Journal;

/// The undo lists still to be issued for one entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rollback {
    pub(super) entity: Entity,
    /// (step, entity), next last.
    pub(super) left: Vec<(u16, Entity)>,
    /// It only takes back a cut attempt of this step, of which another follows.
    pub(super) again: Option<u16>,
    /// The next undo is under way; not so while a crash holds it up.
    pub(super) running: bool,
    /// Of the undo under way, counted from 1 for its step and entity.
    pub(super) occurrence: u32,
    /// Faults that will bend the end of the undo under way.
    pub(super) bent: Vec<u16>,
}

impl Rollback {
    /// With nothing to undo yet.
    pub(super) fn of(entity: Entity) -> Rollback {
        let (left, bent) = (Vec::new(), Vec::new());
        Rollback { entity, left, again: None, running: false, occurrence: 0, bent }
    }
}

impl<C: Clock> Turn<'_, C> {
    /// Undoes what ended for an entity, the failed step first, and for a tenant also for its
    /// mailboxes. They start nothing new from now on; a tenant keeps its place of `at-once` until
    /// the end.
    pub(super) fn roll_back(&mut self, step: u16, entity: Entity) {
        let left = self.to_undo(entity);
        self.count_rollback(entity, true);
        self.cut(entity, Some(step));
        let (plan, world) = (self.plan, self.world);
        if world.kind(entity) == plan.tenant() {
            world.descendants(plan.tenant(), entity, plan.mailbox(), &mut |mailbox| {
                self.cut(mailbox, None);
            });
        }
        self.state.in_flight += 1;
        self.next_undo(Rollback { left, ..Rollback::of(entity) });
    }

    /// What a rollback of an entity undoes, next last.
    fn to_undo(&self, entity: Entity) -> Vec<(u16, Entity)> {
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
        done.into_iter().map(|(_, step, each)| (step, each)).collect()
    }

    /// Takes a cut attempt back before another one (`when-cut = "undo"`).
    pub(super) fn undo_cut(&mut self, step: u16, entity: Entity) {
        let row = self.rules.instance(step, entity);
        let stamp = self.state.stamp();
        let instance = &mut self.state.instances[row];
        instance.stamp = stamp;
        instance.phase = Phase::RetryWait;
        instance.flags |= flag::UNDOING;
        // One for the step that waits, one for the undo itself.
        self.state.in_flight += 2;
        self.next_undo(Rollback {
            left: vec![(step, entity)],
            again: Some(step),
            ..Rollback::of(entity)
        });
    }

    /// Keeps a rollback until it can go on.
    fn keep(&mut self, rollback: Rollback) {
        let stamp = self.state.stamp();
        self.state.rollbacks.insert(stamp, rollback);
    }

    /// Begins the next undo, unless a crash keeps it from starting, or ends the rollback.
    fn next_undo(&mut self, mut rollback: Rollback) {
        // Another rollback of the same tenant may have undone it meanwhile.
        while let Some(&(step, each)) = rollback.left.last()
            && rollback.again.is_none()
            && self.state.ended_as[self.rules.instance(step, each)] == 0
        {
            rollback.left.pop();
        }
        let Some(&(step, each)) = rollback.left.last() else {
            return self.end_rollback(&rollback);
        };
        if self.down(self.world.kind(rollback.entity), rollback.entity) {
            return self.keep(rollback);
        }
        let row = u32::try_from(self.rules.instance(step, each)).expect("fewer than 2^32 rows");
        let occurrence = self.state.undos.entry(row).or_default();
        *occurrence += 1;
        rollback.occurrence = *occurrence;
        rollback.running = true;
        let stamp = self.state.stamp();
        let delay = self.strike_undo(&mut rollback, step, each, stamp);
        if let Some(delay) = delay {
            self.clock
                .arm(Timer { kind: TimerKind::Undo, which: step, entity: each, stamp }, delay);
        }
        self.state.rollbacks.insert(stamp, rollback);
    }

    /// Asks for every fault on the undo whether it strikes; how long the undo takes, if it ends.
    fn strike_undo(
        &mut self,
        rollback: &mut Rollback,
        step: u16,
        entity: Entity,
        stamp: u32,
    ) -> Option<Delay> {
        let plan = &self.plan.steps[usize::from(step)];
        let occurrence = rollback.occurrence;
        let choice = |site| Choice { site, entity, occurrence };
        let (mut duration, mut hangs) = (plan.undo_duration, false);
        for &fault in &plan.undo_faults {
            let chance = self.plan.faults[usize::from(fault)].chance;
            if !chance.is_none_or(|site| self.clock.decide(choice(site))) {
                continue;
            }
            match self.undo_bend(fault) {
                BendPlan::Slow(site) => duration = Some(site),
                BendPlan::Hangs => hangs = true,
                // Armed before the end, so that a failure at the very end strikes.
                BendPlan::Fails(Some(site)) => {
                    let timer = Timer { kind: TimerKind::UndoFail, which: fault, entity, stamp };
                    self.clock.arm(timer, Delay::At(choice(site)));
                    continue;
                }
                _ => {
                    rollback.bent.push(fault);
                    continue;
                }
            }
            self.clock.note(Happening::Struck { fault, entity });
        }
        (!hangs).then(|| duration.map_or(Delay::Now, |site| Delay::At(choice(site))))
    }

    fn undo_bend(&self, fault: u16) -> BendPlan {
        self.plan.faults[usize::from(fault)].undo_bend.expect("it bends an undo").1
    }

    /// The undo list of one step is issued (E5: E2 settles any race with what is in flight).
    pub(super) fn undo(&mut self, step: u16, entity: Entity, stamp: u32) {
        let mut rollback = self.state.rollbacks.remove(&stamp).expect("a live timer has one");
        let fails = |&&fault: &&u16| self.undo_bend(fault) == BendPlan::Fails(None);
        if let Some(&fault) = rollback.bent.iter().find(fails) {
            self.clock.note(Happening::Struck { fault, entity });
            return self.fail_rollback(&rollback);
        }
        let taken = rollback.left.pop();
        debug_assert_eq!(taken, Some((step, entity)), "undo lists come latest first");
        let plan = &self.plan.steps[usize::from(step)];
        self.clock.note(Happening::Undone { step, entity });
        self.issue_undo(&mut rollback, step, entity, plan.undo.len());
        let row = self.rules.instance(step, entity);
        if let Some(order) = self.state.ended_as.get_mut(row) {
            *order = 0;
        }
        self.next_undo(rollback);
    }

    /// Issues so many effects of an undo list, without those that a fault loses.
    fn issue_undo(&mut self, rollback: &mut Rollback, step: u16, entity: Entity, count: usize) {
        let plan = &self.plan.steps[usize::from(step)];
        let effects = &plan.undo[..count];
        let mut lost = Vec::new();
        for fault in rollback.bent.drain(..) {
            if let BendPlan::Loses(fact) = self.undo_bend(fault)
                && effects.iter().any(|effect| effect.fact == fact)
            {
                lost.push(fact);
                self.clock.note(Happening::Struck { fault, entity });
            }
        }
        rollback.running = false;
        self.issue(effects, plan.kind, entity, rollback.occurrence, &lost);
    }

    /// A fault ends the undo under way before its list is issued.
    pub(super) fn fail_undo(&mut self, fault: u16, entity: Entity, stamp: u32) {
        let rollback = self.state.rollbacks.remove(&stamp).expect("a live timer has one");
        self.clock.note(Happening::Struck { fault, entity });
        self.fail_rollback(&rollback);
    }

    /// Nothing further is undone: what is left stays as it is.
    fn fail_rollback(&mut self, rollback: &Rollback) {
        self.state.in_flight -= 1;
        let entity = rollback.entity;
        let &(step, each) = rollback.left.last().expect("an undo was under way");
        if rollback.again.is_none() {
            self.clock.note(Happening::RollbackFailed { entity, step });
            return self.leave_rollback(entity);
        }
        if self.still_undoes(step, each) {
            self.state.in_flight -= 1;
            self.finish(self.at(step, each), Outcome::Failed);
            self.stop(each, Some(step));
        }
        self.clock.note(Happening::RollbackFailed { entity, step });
    }

    fn end_rollback(&mut self, rollback: &Rollback) {
        self.state.in_flight -= 1;
        let entity = rollback.entity;
        let Some(step) = rollback.again else {
            self.clock.note(Happening::RolledBack(entity));
            return self.leave_rollback(entity);
        };
        if self.still_undoes(step, entity) {
            self.retry(step, entity);
        }
    }

    /// After the undo of a cut attempt: true if its step still waits for it, which it then does no
    /// longer.
    fn still_undoes(&mut self, step: u16, entity: Entity) -> bool {
        let row = self.rules.instance(step, entity);
        let instance = &mut self.state.instances[row];
        instance.flags &= !flag::UNDOING;
        instance.phase == Phase::RetryWait && instance.flags & flag::CUT == 0
    }

    fn leave_rollback(&mut self, entity: Entity) {
        self.count_rollback(entity, false);
        self.leave_after_stop(entity);
    }

    /// A crash cuts the undo under way: a prefix of its list has landed. Without a journal nobody
    /// knows afterwards that there was something to undo.
    pub(super) fn cut_rollbacks(&mut self, crashed: Entity) {
        let rollbacks = self.state.rollbacks.iter();
        let affected = rollbacks.filter(|(_, rollback)| self.affects(crashed, rollback.entity));
        let stamps: Vec<u32> = affected.map(|(&stamp, _)| stamp).collect();
        for stamp in stamps {
            let mut rollback = self.state.rollbacks.remove(&stamp).expect("just listed");
            let &(step, each) = rollback.left.last().expect("kept only while something is left");
            if rollback.running {
                let plan = &self.plan.steps[usize::from(step)];
                let occurrence = rollback.occurrence;
                let landed = self.landed(plan.crash.undo_landed, &plan.undo, each, occurrence);
                self.clock.note(Happening::Cut { step, entity: each, landed, undo: true });
                self.issue_undo(&mut rollback, step, each, usize::from(landed));
            }
            match self.plan.journal {
                Journal::Step => self.keep(rollback),
                Journal::None => self.fail_rollback(&rollback),
            }
        }
    }

    /// Rollbacks that a crash held up go on: the undo that was cut begins again.
    pub(super) fn resume_rollbacks(&mut self) {
        let waiting = self.state.rollbacks.iter().filter(|(_, rollback)| {
            let kind = self.world.kind(rollback.entity);
            !rollback.running && !self.down(kind, rollback.entity)
        });
        let stamps: Vec<u32> = waiting.map(|(&stamp, _)| stamp).collect();
        for stamp in stamps {
            let rollback = self.state.rollbacks.remove(&stamp).expect("just listed");
            self.next_undo(rollback);
        }
    }
}
