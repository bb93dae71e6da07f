//! Windows, shifts and quotas: what opens, closes, grows, shrinks and begins anew as time goes by.
//!
//! A calendar is half-open: at the instant at which it closes nothing starts any more. Its boundaries
//! are not chosen by anyone, so they come before everything else at their instant.

use crate::model::rules::{Rules, Turn};
use crate::model::world::Entity;
use crate::model::{Clock, Delay, Happening, Phase, State, Timer, TimerKind};
use crate::scenario::Period;

impl Rules {
    /// Whether a calendar is open; what keeps to none always is.
    #[inline]
    #[must_use]
    pub fn open(&self, state: &State, calendar: Option<u16>) -> bool {
        calendar.is_none_or(|calendar| state.passed[usize::from(calendar)] % 2 == 1)
    }

    /// True if a tenant is not started only because the rollout's windows are closed.
    #[must_use]
    pub fn starts_wait(&self, state: &State) -> bool {
        let may = !state.halted && state.in_progress < self.plan.at_once;
        may && !self.open(state, self.plan.windows)
    }

    /// True if a step that waits would enter if its windows were open.
    #[must_use]
    pub fn waits_for_windows(&self, state: &State, step: u16, entity: Entity) -> bool {
        let plan = &self.plan.steps[usize::from(step)];
        let needs = plan.needs.as_ref();
        !self.open(state, plan.windows)
            && needs.is_none_or(|needs| self.holds(state, needs, plan.kind, entity))
    }

    /// Whether a ready step may ask to enter: its `needs` holds and its windows are open (S2).
    pub(super) fn may_enter(&self, state: &State, step: u16, entity: Entity) -> bool {
        let plan = &self.plan.steps[usize::from(step)];
        let needs = plan.needs.as_ref();
        self.open(state, plan.windows)
            && needs.is_none_or(|needs| self.holds(state, needs, plan.kind, entity))
    }

    /// Slots of each instance of a pool as its calendars stand.
    fn slots(&self, state: &State, pool: u16) -> i64 {
        let plan = &self.plan.pools[usize::from(pool)];
        i64::from(plan.slots_in(|calendar| self.open(state, Some(calendar))))
    }
}

impl<C: Clock> Turn<'_, C> {
    /// All calendars as they stand at the start, and their first boundaries after it.
    pub(super) fn begin_calendars(&mut self) {
        for calendar in 0..self.plan.calendars.len() {
            self.arm_boundary(u16::try_from(calendar).expect("few calendars"));
        }
    }

    /// Nothing waits for a boundary but what keeps to the calendar, so it keeps no run going.
    fn arm_boundary(&mut self, calendar: u16) {
        let next = self.state.passed[usize::from(calendar)] as usize;
        let boundaries = &self.plan.calendars[usize::from(calendar)].boundaries;
        if let Some(&at) = boundaries.get(next) {
            let kind = TimerKind::Calendar;
            let timer = Timer { kind, which: calendar, entity: Entity(0), stamp: 0 };
            self.clock.arm(timer, Delay::Until(at));
        }
    }

    /// A calendar opens or closes.
    pub(super) fn pass_boundary(&mut self, calendar: u16) {
        let plan = self.plan;
        let kept = &plan.calendars[usize::from(calendar)];
        let slots = |turn: &Self, pool: u16| turn.rules.slots(turn.state, pool);
        let before: Vec<i64> = kept.pools.iter().map(|&pool| slots(self, pool)).collect();
        self.state.passed[usize::from(calendar)] += 1;
        self.arm_boundary(calendar);
        for (&pool, before) in kept.pools.iter().zip(before) {
            self.resize(pool, slots(self, pool) - before);
        }
        for &step in &kept.steps {
            for entity in self.world.all(plan.steps[usize::from(step)].kind) {
                self.look_at_entry(step, entity);
            }
        }
        if kept.starts {
            self.start_tenants();
        }
        if let Some(period) = kept.renews {
            self.renew(period);
        }
    }

    /// An hour or a day begins: what was used up of its quotas is there again.
    fn renew(&mut self, period: Period) {
        let plan = self.plan;
        for (index, pool) in plan.pools.iter().enumerate() {
            if pool.quotas.of(period).is_none() {
                continue;
            }
            let first = self.rules.layout.pools[index];
            for instance in first..first + self.world.count(pool.kind) {
                let left = &mut self.state.pools[instance as usize].left[period as usize];
                if std::mem::replace(left, pool.admissions(period)) == 0 {
                    self.state.scratch.freed.push(instance);
                }
            }
        }
        for (index, link) in (0u16..).zip(&plan.links) {
            if link.quotas.of(period).is_some() {
                self.clock.renew(index, period);
            }
        }
    }

    /// `needs` or the windows of a step may have changed: a waiting one may enter, a queued one leaves
    /// and will rejoin at the end (S2): its place in the queue is void.
    pub(super) fn look_at_entry(&mut self, step: u16, entity: Entity) {
        let row = self.rules.instance(step, entity);
        let phase = self.state.instances[row].phase;
        if phase != Phase::Waiting && phase != Phase::Queued {
            return;
        }
        let may = self.rules.may_enter(self.state, step, entity);
        if phase == Phase::Waiting && may {
            self.state.scratch.ready.push((step, entity));
        } else if phase == Phase::Queued && !may {
            let stamp = self.state.stamp();
            let instance = &mut self.state.instances[row];
            instance.stamp = stamp;
            instance.phase = Phase::Waiting;
            let wants = self.wants(step, entity);
            self.clock.note(Happening::Withdrawn { step, entity, wants });
        }
    }

    /// Every instance of a pool gets so many slots more. Running attempts keep theirs, so fewer than
    /// none may be free.
    fn resize(&mut self, pool: u16, change: i64) {
        let instances = self.world.count(self.plan.pools[usize::from(pool)].kind);
        let first = self.rules.layout.pools[usize::from(pool)];
        for instance in first..first + instances {
            self.state.pools[instance as usize].free += change;
            if change > 0 {
                self.state.scratch.freed.push(instance);
            }
        }
    }
}
