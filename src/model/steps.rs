//! Activities of the plan: readiness, attempts, retries, ends (S1, S2, S5, S6).

use crate::model::rules::Turn;
use crate::model::state::{Bent, flag};
use crate::model::world::Entity;
use crate::model::{Choice, Clock, Delay, Failure, Happening, Outcome, Phase, Timer, TimerKind};
use crate::plan::{BendPlan, StepPlan};
use crate::scenario::OnFailure;

/// Which faults strike one attempt, decided at its start.
#[derive(Clone, Copy, Default)]
struct Strikes {
    skips: bool,
    hangs: bool,
    slow: Option<crate::plan::SiteId>,
}

impl<C: Clock> Turn<'_, C> {
    /// One outstanding predecessor of a step has ended.
    pub(super) fn satisfy(&mut self, step: u16, entity: Entity) {
        let row = self.rules.instance(step, entity);
        let instance = &mut self.state.instances[row];
        instance.pending = instance.pending.checked_sub(1).expect("predecessors end once");
        if instance.pending == 0 {
            self.state.scratch.ready.push((step, entity));
        }
    }

    /// A step that may be ready (S2): its predecessors have ended; now `when`, `done-if`, `needs`.
    pub(super) fn consider(&mut self, step: u16, entity: Entity) {
        let row = self.rules.instance(step, entity);
        let instance = &self.state.instances[row];
        let idle = matches!(instance.phase, Phase::Blocked | Phase::Waiting | Phase::RetryWait);
        if !idle || instance.pending > 0 || instance.flags & flag::CUT != 0 {
            return;
        }
        if !self.still_wanted(step, entity) {
            return;
        }
        let plan = &self.plan.steps[usize::from(step)];
        if let Some(needs) = &plan.needs
            && !self.rules.holds(self.state, needs, plan.kind, entity)
        {
            self.state.instances[row].phase = Phase::Waiting;
            return;
        }
        self.request(step, entity);
    }

    /// Looks at `when` and `done-if`; false if the step has just ended by one of them.
    pub(super) fn still_wanted(&mut self, step: u16, entity: Entity) -> bool {
        let plan = &self.plan.steps[usize::from(step)];
        let holds = |cond| self.rules.holds(self.state, cond, plan.kind, entity);
        if plan.when.as_ref().is_some_and(|when| !holds(when)) {
            self.end_step(step, entity, Outcome::Skipped);
            return false;
        }
        if plan.done_if.as_ref().is_some_and(holds) {
            self.end_step(step, entity, Outcome::Done);
            return false;
        }
        true
    }

    /// An admitted step begins an attempt; with at-start effects in an event of its own.
    pub(super) fn enter(&mut self, step: u16, entity: Entity) {
        let row = self.rules.instance(step, entity);
        self.state.in_flight += 1;
        if self.plan.steps[usize::from(step)].at_start.is_empty() {
            return self.start_attempt(step, entity);
        }
        let instance = &mut self.state.instances[row];
        instance.phase = Phase::Starting;
        let stamp = instance.stamp;
        self.clock.arm(Timer { kind: TimerKind::Start, which: step, entity, stamp }, Delay::Now);
    }

    /// An attempt begins to run: faults decide, timers are armed, at-start effects are issued.
    pub(super) fn start_attempt(&mut self, step: u16, entity: Entity) {
        let plan = &self.plan.steps[usize::from(step)];
        let row = self.rules.instance(step, entity);
        let instance = &mut self.state.instances[row];
        instance.phase = Phase::Running;
        instance.attempt += 1;
        let (number, stamp) = (instance.attempt, instance.stamp);
        self.clock.note(Happening::Attempt { step, entity, number });
        let strikes = if plan.faults.is_empty() {
            Strikes::default()
        } else {
            self.strike(plan, entity, row, number, stamp)
        };
        let choice = |site| Delay::At(Choice { site, entity, occurrence: number });
        let timer = |kind| Timer { kind, which: step, entity, stamp };
        if strikes.skips {
            return self.clock.arm(timer(TimerKind::End), Delay::Now);
        }
        if !strikes.hangs {
            let delay = strikes.slow.or(plan.duration).map_or(Delay::Now, choice);
            self.clock.arm(timer(TimerKind::End), delay);
        }
        if let Some(timeout) = plan.timeout {
            self.clock.arm(timer(TimerKind::Timeout), Delay::Fixed(timeout.0));
        }
        self.issue(&plan.at_start, plan.kind, entity, number, &[]);
        self.check_holds(step, entity);
    }

    /// Asks for every fault on the step whether it strikes this attempt.
    fn strike(
        &mut self,
        plan: &StepPlan,
        entity: Entity,
        row: usize,
        number: u32,
        stamp: u32,
    ) -> Strikes {
        let mut strikes = Strikes::default();
        let mut failing = Vec::new();
        let instance = u32::try_from(row).expect("fewer than 2^32 rows");
        for &fault in &plan.faults {
            let chance = self.plan.faults[usize::from(fault)].chance;
            let choice = |site| Choice { site, entity, occurrence: number };
            if !chance.is_none_or(|site| self.clock.decide(choice(site))) {
                continue;
            }
            let (_, bend) = self.plan.faults[usize::from(fault)].bend.expect("it bends a step");
            match bend {
                BendPlan::Slow(site) => strikes.slow = Some(site),
                BendPlan::Hangs => strikes.hangs = true,
                BendPlan::Skips => strikes.skips = true,
                BendPlan::Fails(Some(site)) => failing.push((fault, choice(site))),
                BendPlan::Fails(None) | BendPlan::Loses(_) | BendPlan::Repeats => {}
            }
            if matches!(bend, BendPlan::Slow(_) | BendPlan::Hangs | BendPlan::Skips) {
                self.clock.note(Happening::Struck { fault, entity });
            }
            self.state.bent.push(Bent { instance, fault });
            self.state.instances[row].flags |= flag::BENT;
        }
        if !strikes.skips {
            // Armed before the end, so that a failure at the very end strikes (design, section 2).
            for (fault, choice) in failing {
                let timer = Timer { kind: TimerKind::Fail, which: fault, entity, stamp };
                self.clock.arm(timer, Delay::At(choice));
            }
        }
        strikes
    }

    /// A running attempt whose `holds` is false fails at this instant, in an event of its own.
    pub(super) fn check_holds(&mut self, step: u16, entity: Entity) {
        let plan = &self.plan.steps[usize::from(step)];
        let Some(holds) = &plan.holds else { return };
        if self.rules.holds(self.state, holds, plan.kind, entity) {
            return;
        }
        let stamp = self.state.stamp();
        let row = self.rules.instance(step, entity);
        self.state.instances[row].stamp = stamp;
        self.clock.arm(Timer { kind: TimerKind::Broken, which: step, entity, stamp }, Delay::Now);
    }

    /// Faults that bend the running attempt, now forgotten.
    fn unbend(&mut self, row: usize) -> Vec<u16> {
        if self.state.instances[row].flags & flag::BENT == 0 {
            return Vec::new();
        }
        self.state.instances[row].flags &= !flag::BENT;
        let mine = |bent: &Bent| bent.instance as usize == row;
        let faults = self.state.bent.iter().filter(|bent| mine(bent)).map(|bent| bent.fault);
        let faults = faults.collect();
        self.state.bent.retain(|bent| !mine(bent));
        faults
    }

    /// The running attempt is over, one way or the other: its timers are void, its slots free.
    fn leave(&mut self, step: u16, entity: Entity, row: usize) {
        let stamp = self.state.stamp();
        let instance = &mut self.state.instances[row];
        debug_assert_eq!(instance.phase, Phase::Running, "only a running attempt ends");
        instance.stamp = stamp;
        instance.phase = Phase::Blocked;
        self.state.in_flight -= 1;
        self.release_attempt(step, entity);
    }

    /// An attempt reaches its end.
    pub(super) fn end_attempt(&mut self, step: u16, entity: Entity) {
        let plan = &self.plan.steps[usize::from(step)];
        let row = self.rules.instance(step, entity);
        let bent = self.unbend(row);
        let bend = |fault: u16| self.plan.faults[usize::from(fault)].bend.expect("it bends").1;
        if let Some(&fault) = bent.iter().find(|&&fault| bend(fault) == BendPlan::Fails(None)) {
            self.clock.note(Happening::Struck { fault, entity });
            return self.fail(step, entity, Failure::Fault(fault));
        }
        self.leave(step, entity, row);
        let number = self.state.instances[row].attempt;
        let repeated = self.state.instances[row].flags & flag::REPEATED != 0;
        let (mut lost, mut skipped, mut repeats) = (Vec::new(), false, false);
        for &fault in &bent {
            match bend(fault) {
                BendPlan::Skips => skipped = true,
                BendPlan::Loses(fact) => lost.push(fact),
                BendPlan::Repeats if !repeated => repeats = true,
                _ => continue,
            }
            if bend(fault) != BendPlan::Skips {
                self.clock.note(Happening::Struck { fault, entity });
            }
        }
        if !skipped {
            self.issue(&plan.at_end, plan.kind, entity, number, &lost);
        }
        self.clock.note(Happening::AttemptEnded { step, entity });
        let instance = &mut self.state.instances[row];
        if repeats && !skipped {
            instance.flags |= flag::REPEATED;
        } else {
            instance.flags &= !flag::REPEATED;
            instance.failures = 0;
            instance.left -= 1;
        }
        if instance.left == 0 {
            self.end_step(step, entity, Outcome::Succeeded);
        } else {
            self.state.scratch.ready.push((step, entity));
        }
    }

    pub(super) fn fail_by_fault(&mut self, fault: u16, entity: Entity) {
        let (step, _) = self.plan.faults[usize::from(fault)].bend.expect("it bends a step");
        self.clock.note(Happening::Struck { fault, entity });
        self.fail_attempt(step, entity, Failure::Fault(fault));
    }

    pub(super) fn fail_attempt(&mut self, step: u16, entity: Entity, why: Failure) {
        let row = self.rules.instance(step, entity);
        self.unbend(row);
        self.fail(step, entity, why);
    }

    /// A failed attempt: at-fail effects, then a retry or what `on-failure` says.
    fn fail(&mut self, step: u16, entity: Entity, why: Failure) {
        let plan = &self.plan.steps[usize::from(step)];
        let row = self.rules.instance(step, entity);
        self.leave(step, entity, row);
        let cut = self.state.instances[row].flags & flag::CUT != 0;
        let instance = &mut self.state.instances[row];
        instance.failures = instance.failures.saturating_add(1);
        let (number, stamp) = (instance.attempt, instance.stamp);
        let retried = instance.failures <= plan.retries && !cut;
        self.issue(&plan.at_fail, plan.kind, entity, number, &[]);
        self.clock.note(Happening::AttemptFailed { step, entity, why, retried });
        if !retried {
            return self.give_up(step, entity, cut);
        }
        self.state.instances[row].phase = Phase::RetryWait;
        self.state.in_flight += 1;
        let site = plan.retry_wait.expect("a step with retries waits between them");
        let delay = Delay::At(Choice { site, entity, occurrence: number });
        self.clock.arm(Timer { kind: TimerKind::Retry, which: step, entity, stamp }, delay);
    }

    /// The wait before a further attempt is over.
    pub(super) fn retry(&mut self, step: u16, entity: Entity) {
        self.state.in_flight -= 1;
        self.state.scratch.ready.push((step, entity));
    }

    fn give_up(&mut self, step: u16, entity: Entity, cut: bool) {
        let policy = self.plan.steps[usize::from(step)].on_failure;
        if cut || policy == OnFailure::Continue {
            return self.end_step(step, entity, Outcome::Failed);
        }
        self.finish(step, entity, Outcome::Failed);
        if policy == OnFailure::HaltRollout {
            self.state.halted = true;
            self.clock.note(Happening::Halted);
        }
        if policy == OnFailure::Undo {
            self.roll_back(step, entity);
        } else {
            self.stop(entity, Some(step));
        }
    }

    /// A step has ended for an entity; whoever waits for it has one predecessor less.
    pub(super) fn end_step(&mut self, step: u16, entity: Entity, outcome: Outcome) {
        let row = self.rules.instance(step, entity);
        let cut = self.state.instances[row].flags & flag::CUT != 0;
        self.finish(step, entity, outcome);
        if cut {
            // Its entity stopped while it ran: whoever waited has been told then.
            return;
        }
        let plan = &self.plan.steps[usize::from(step)];
        let world = self.world;
        for &next in &plan.before {
            let kind = self.plan.steps[usize::from(next)].kind;
            if kind == plan.kind {
                self.satisfy(next, entity);
                continue;
            }
            world.related(plan.kind, entity, kind, &mut |other| self.satisfy(next, other));
        }
        self.close_tenant_if_done(plan.kind, entity);
    }

    /// Books the end of a step: phase, counts, slots held until it, goals counted from it.
    fn finish(&mut self, step: u16, entity: Entity, outcome: Outcome) {
        let plan = &self.plan.steps[usize::from(step)];
        let row = self.rules.instance(step, entity);
        let order = &mut self.state.successes;
        *order += 1;
        let order = *order;
        if let Some(place) = self.state.succeeded.get_mut(row)
            && outcome == Outcome::Succeeded
        {
            *place = order;
        }
        let stamp = self.state.stamp();
        let instance = &mut self.state.instances[row];
        instance.stamp = stamp;
        instance.phase = match outcome {
            Outcome::Succeeded | Outcome::Done => Phase::Succeeded,
            Outcome::Skipped => Phase::Skipped,
            Outcome::Failed => Phase::Failed,
        };
        if instance.flags & flag::CUT == 0 {
            self.state.open_steps -= 1;
            self.count_tenant_step(plan.kind, entity);
        }
        self.clock.note(Happening::StepEnded { step, entity, outcome });
        self.release_waiting_for(step, entity);
        if matches!(outcome, Outcome::Succeeded | Outcome::Done) {
            for &goal in &plan.goals {
                let within = self.plan.goals[usize::from(goal)].within;
                self.state.in_flight += 1;
                let timer = Timer { kind: TimerKind::Goal, which: goal, entity, stamp: 0 };
                self.clock.arm(timer, Delay::Fixed(within.0));
            }
        }
    }

    /// A goal's deadline: it is judged now, after all else at this instant.
    pub(super) fn judge(&mut self, goal: u16, entity: Entity) {
        let plan = &self.plan.goals[usize::from(goal)];
        let kind = self.plan.steps[usize::from(plan.of)].kind;
        let met = self.rules.holds(self.state, &plan.when, kind, entity);
        self.state.in_flight -= 1;
        self.clock.note(Happening::Goal { goal, entity, met });
    }
}
