//! Activities of the plan: readiness, attempts, retries, ends (S1, S2, S5, S6).

use crate::model::faults::Strikes;
use crate::model::rules::Turn;
use crate::model::state::flag;
use crate::model::world::Entity;
use crate::model::{
    By, Choice, Clock, Delay, Failure, Happening, Instance, Outcome, Phase, Timer, TimerKind,
};
use crate::plan::StepPlan;
use crate::scenario::{Journal, OnFailure};

/// One step of one entity: looked up once in an event, then handed on.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) step: u16,
    pub(super) entity: Entity,
    /// In `State::instances`.
    pub(super) row: usize,
    pub(super) plan: &'a StepPlan,
}

impl<'a, C: Clock> Turn<'a, C> {
    #[inline(always)]
    pub(super) fn at(&self, step: u16, entity: Entity) -> At<'a> {
        let row = self.rules.instance(step, entity);
        At { step, entity, row, plan: &self.plan.steps[usize::from(step)] }
    }

    /// One outstanding predecessor of a step has ended.
    #[inline(always)]
    pub(super) fn satisfy(&mut self, step: u16, entity: Entity) {
        let row = self.rules.instance(step, entity);
        let instance = &mut self.state.instances[row];
        let Some(pending) = instance.pending.checked_sub(1) else {
            debug_assert!(self.plan.journal == Journal::None, "predecessors end once");
            return;
        };
        instance.pending = pending;
        if instance.pending == 0 {
            self.state.scratch.ready.push((step, entity));
        }
    }

    /// A step that may be ready (S2): its predecessors have ended; now `when`, `done-if`, `needs`
    /// and windows.
    #[inline(always)]
    pub(super) fn consider(&mut self, at: At<'a>) {
        let At { step, entity, row, plan } = at;
        let instance = &mut self.state.instances[row];
        let idle = matches!(instance.phase, Phase::Blocked | Phase::Waiting | Phase::RetryWait);
        if !idle || instance.pending > 0 || instance.flags & flag::CUT != 0 {
            return;
        }
        if self.down(plan.kind, entity) {
            return;
        }
        if plan.unhindered {
            let stamp = self.state.stamp();
            self.state.instances[row].stamp = stamp;
            return self.enter(at);
        }
        if self.joins_outside(step, entity) || !self.still_wanted(step, entity) {
            return;
        }
        if !self.rules.may_enter(self.state, step, entity) {
            self.state.instances[row].phase = Phase::Waiting;
            return;
        }
        self.request(at);
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
    #[inline(always)]
    pub(super) fn enter(&mut self, at: At<'a>) {
        self.state.in_flight += 1;
        if at.plan.at_start.is_empty() {
            return self.start_attempt(at);
        }
        let At { step, entity, row, .. } = at;
        let instance = &mut self.state.instances[row];
        instance.phase = Phase::Starting;
        let stamp = instance.stamp;
        self.clock.arm(Timer { kind: TimerKind::Start, which: step, entity, stamp }, Delay::Now);
    }

    /// An attempt begins to run: faults decide, timers are armed, at-start effects are issued.
    #[inline(always)]
    pub(super) fn start_attempt(&mut self, at: At<'a>) {
        let At { step, entity, row, plan } = at;
        let instance = &mut self.state.instances[row];
        instance.phase = Phase::Running;
        instance.attempt += 1;
        let (number, stamp) = (instance.attempt, instance.stamp);
        if self.clock.follows_all() {
            self.clock.note(Happening::Attempt { step, entity, number });
        }
        let choice = |site| Delay::At(Choice { site, entity, occurrence: number });
        let timer = |kind| Timer { kind, which: step, entity, stamp };
        if plan.undisturbed {
            return self.clock.arm(timer(TimerKind::End), plan.duration.map_or(Delay::Now, choice));
        }
        self.start_disturbed(at);
    }

    /// The rest of a start where faults, a bound, `holds` or at-start effects have a say.
    fn start_disturbed(&mut self, at: At<'a>) {
        let At { step, entity, row, plan } = at;
        let Instance { attempt: number, stamp, .. } = self.state.instances[row];
        let choice = |site| Choice { site, entity, occurrence: number };
        let timer = |kind| Timer { kind, which: step, entity, stamp };
        let strikes = if plan.faults.is_empty() {
            Strikes::default()
        } else {
            self.strike(plan, entity, row, number, stamp)
        };
        if strikes.skips {
            return self.clock.arm(timer(TimerKind::End), Delay::Now);
        }
        if !strikes.hangs {
            let delay = match (strikes.slow, plan.path) {
                (None, Some(path)) => {
                    Delay::Transfer { path, attempt: number, cap: plan.duration.map(choice) }
                }
                // A slow attempt lasts as long as it is said to, whatever its links have left.
                (slow, _) => {
                    slow.or(plan.duration).map_or(Delay::Now, |site| Delay::At(choice(site)))
                }
            };
            self.clock.arm(timer(TimerKind::End), delay);
        }
        if let Some(timeout) = plan.timeout {
            let delay =
                plan.timeout_site.map_or(Delay::Fixed(timeout.0), |site| Delay::At(choice(site)));
            self.clock.arm(timer(TimerKind::Timeout), delay);
        }
        self.issue(&plan.at_start, plan.kind, entity, number, &[]);
        self.check_holds(step, entity);
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

    /// The running attempt is over, one way or the other: its timers are void, its slots free.
    /// Returns its number.
    #[inline(always)]
    pub(super) fn leave(&mut self, at: At<'a>) -> u32 {
        let stamp = self.state.stamp();
        let instance = &mut self.state.instances[at.row];
        let under_way = matches!(instance.phase, Phase::Starting | Phase::Running);
        debug_assert!(under_way, "only a running attempt ends, or one that a crash cuts");
        instance.stamp = stamp;
        let before = std::mem::replace(&mut instance.phase, Phase::Blocked);
        let attempt = instance.attempt;
        self.state.in_flight -= 1;
        if let Some(path) = at.plan.path
            && before == Phase::Running
        {
            self.clock.release(path, at.entity, attempt);
        }
        if !at.plan.uses.is_empty() {
            self.release_attempt(at);
        }
        if !self.state.withdrawn.is_empty() && self.is_cut(at.row) {
            self.left_while_stopped(at.plan.kind, at.entity);
        }
        attempt
    }

    /// An attempt reaches its end.
    #[inline(always)]
    pub(super) fn end_attempt(&mut self, at: At<'a>) {
        if self.state.instances[at.row].flags & flag::BENT != 0 {
            return self.end_bent_attempt(at);
        }
        let number = self.leave(at);
        self.issue(&at.plan.at_end, at.plan.kind, at.entity, number, &[]);
        self.succeed(at, false);
    }

    /// An attempt has reported success; `again`: a fault repeats it.
    #[inline(always)]
    pub(super) fn succeed(&mut self, at: At<'a>, again: bool) {
        let At { step, entity, row, .. } = at;
        if self.clock.follows_all() {
            self.clock.note(Happening::AttemptEnded { step, entity });
        }
        let instance = &mut self.state.instances[row];
        if again {
            instance.flags |= flag::REPEATED;
        } else {
            instance.flags &= !flag::REPEATED;
            instance.failures = 0;
            instance.left -= 1;
        }
        if instance.left == 0 {
            self.end(at, Outcome::Succeeded);
        } else if self.state.scratch.idle() {
            // Nothing else follows from this event: what would be looked at next is looked at now.
            self.consider(at);
        } else {
            self.state.scratch.ready.push((step, entity));
        }
    }

    pub(super) fn fail_attempt(&mut self, step: u16, entity: Entity, why: Failure) {
        let row = self.rules.instance(step, entity);
        if self.state.instances[row].flags & flag::BENT != 0 {
            self.unbend(row);
        }
        self.fail(step, entity, why);
    }

    /// A failed attempt: at-fail effects, then a retry or what `on-failure` says.
    pub(super) fn fail(&mut self, step: u16, entity: Entity, why: Failure) {
        let at @ At { row, plan, .. } = self.at(step, entity);
        let number = self.leave(at);
        let instance = &mut self.state.instances[row];
        let cut = instance.flags & flag::CUT != 0;
        instance.failures = instance.failures.saturating_add(1);
        let within = instance.failures <= plan.retries;
        let retried = !cut
            && match self.rules.environment().gives_up(step) {
                Some(site) => !self.clock.decide(Choice { site, entity, occurrence: number }),
                None => within,
            };
        self.issue(&plan.at_fail, plan.kind, entity, number, &[]);
        self.clock.note(Happening::AttemptFailed { step, entity, why, retried });
        if !retried {
            return self.give_up(step, entity, cut);
        }
        self.state.instances[row].phase = Phase::RetryWait;
        self.state.in_flight += 1;
        if !self.down(plan.kind, entity) {
            self.wait_to_retry(step, entity);
        }
    }

    /// Begins the wait before a further attempt; after a crash anew, and as long as before.
    pub(super) fn wait_to_retry(&mut self, step: u16, entity: Entity) {
        let site = self.plan.steps[usize::from(step)].retry_wait;
        let site = site.expect("a step with retries waits between them");
        let instance = &self.state.instances[self.rules.instance(step, entity)];
        let (occurrence, stamp) = (instance.attempt, instance.stamp);
        let timer = Timer { kind: TimerKind::Retry, which: step, entity, stamp };
        self.clock.arm(timer, Delay::At(Choice { site, entity, occurrence }));
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
        self.finish(self.at(step, entity), Outcome::Failed);
        if policy == OnFailure::HaltRollout {
            self.halt(By::Step(step), entity);
        }
        if policy == OnFailure::Undo {
            self.roll_back(step, entity);
        } else {
            self.stop(entity, Some(step));
        }
    }

    /// A step has ended for an entity; whoever waits for it has one predecessor less.
    #[inline(never)]
    pub(super) fn end_step(&mut self, step: u16, entity: Entity, outcome: Outcome) {
        self.end(self.at(step, entity), outcome);
    }

    #[inline(always)]
    fn end(&mut self, at: At<'a>, outcome: Outcome) {
        let cut = self.is_cut(at.row);
        let last = self.finish(at, outcome);
        if cut {
            // Its entity stopped while it ran: whoever waited has been told then.
            return;
        }
        let (kind, entity, world) = (at.plan.kind, at.entity, self.world);
        for &next in &at.plan.before {
            let next_kind = self.plan.steps[usize::from(next)].kind;
            if next_kind == kind {
                self.satisfy(next, entity);
                continue;
            }
            world.related(kind, entity, next_kind, &mut |other| self.satisfy(next, other));
        }
        if last {
            self.close_tenant_if_done(kind, entity);
        }
    }

    /// Books the end of a step: phase, counts, slots held until it, goals counted from it. Returns
    /// whether no step is open any more for its tenant.
    #[inline(always)]
    pub(super) fn finish(&mut self, at: At<'a>, outcome: Outcome) -> bool {
        let At { step, entity, row, plan } = at;
        self.state.ends += 1;
        let order = self.state.ends;
        if let Some(place) = self.state.ended_as.get_mut(row)
            && matches!(outcome, Outcome::Succeeded | Outcome::Failed)
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
        let mut last = false;
        if instance.flags & flag::CUT == 0 {
            self.state.open_steps -= 1;
            last = self.count_tenant_step(plan.kind, entity);
        }
        if self.clock.follows_all() {
            self.clock.note(Happening::StepEnded { step, entity, outcome });
        }
        if !plan.frees.is_empty() {
            self.release_waiting_for(step, entity);
        }
        if matches!(outcome, Outcome::Succeeded | Outcome::Done) {
            for &goal in &plan.goals {
                let within = self.plan.goals[usize::from(goal)].within;
                self.state.in_flight += 1;
                let timer = Timer { kind: TimerKind::Goal, which: goal, entity, stamp: 0 };
                self.clock.arm(timer, Delay::Fixed(within.0));
            }
        }
        last
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
