//! Users and their sessions (U1, U2).
//!
//! A session path is generated only while it can matter. A path is *asleep* while its user may
//! connect, nothing would expose, and its tenant is not in the plan: then it is in or out of a
//! session as in the long run. The first change that matters wakes it: the renewal theorem gives
//! the probability that it is inside a session and how much of it is left (`connected` and
//! `residual`, compiled with the plan) or how long it waits until the next (`gap`). It falls asleep
//! again when a session ends in which nothing is left to matter. Users with a profile never sleep: they
//! begin outside a session, and what is drawn until the next passes as fast as the clock's profile says.

use crate::model::rules::{Rules, Turn};
use crate::model::state::{Path, State};
use crate::model::world::Entity;
use crate::model::{Choice, Clock, Delay, Happening, Timer, TimerKind};
use crate::plan::{Copied, KindId, SiteId, UserPlan};

impl Rules {
    /// The live values of the facts a user keeps, in the order of `keeps`.
    pub(super) fn kept(&self, state: &State, user: u16, entity: Entity) -> u64 {
        let plan = &self.plan.users[usize::from(user)];
        let bit = |(place, &fact): (usize, &u16)| {
            let fact = &self.plan.facts[usize::from(fact)];
            let holder = self.world.ancestor(plan.kind, entity, fact.kind);
            (state.words[holder.index()].seen >> fact.bit & 1) << place
        };
        plan.keeps.iter().enumerate().map(bit).sum()
    }

    /// The copies of hazards that hold inside a session with these frozen facts, in the order of
    /// `copies`: `access` is true and kept facts are as at connect (U1).
    fn exposing(&self, state: &State, user: u16, entity: Entity, frozen: u64) -> u64 {
        let plan = &self.plan.users[usize::from(user)];
        let overlay = |level: KindId, word: u64| self.inside(plan, frozen, level, word);
        let holds = |(place, &(hazard, copied)): (usize, &(u16, Copied))| {
            let when = &self.plan.hazards[usize::from(hazard)].when;
            let holds = match copied {
                Copied::Frozen => self.evaluate(state, when, plan.kind, entity, &overlay),
                Copied::Live => self.holds(state, when, plan.kind, entity),
            };
            u64::from(holds) << place
        };
        plan.copies.iter().enumerate().map(holds).sum()
    }

    fn inside(&self, plan: &UserPlan, frozen: u64, level: KindId, word: u64) -> u64 {
        let mut word = word;
        for (place, &fact) in plan.keeps.iter().enumerate() {
            let fact = &self.plan.facts[usize::from(fact)];
            if fact.kind == level {
                word = word & !(1 << fact.bit) | (frozen >> place & 1) << fact.bit;
            }
        }
        if let Some(access) = self.plan.access {
            let fact = &self.plan.facts[usize::from(access)];
            if fact.kind == level {
                word |= 1 << fact.bit;
            }
        }
        word
    }

    /// True if a path may sleep: its user has no profile, may connect and would see nothing it should
    /// not.
    pub(super) fn at_rest(&self, state: &State, user: u16, entity: Entity) -> bool {
        let plan = &self.plan.users[usize::from(user)];
        plan.profile.is_none()
            && self.holds(state, &plan.connects, plan.kind, entity)
            && !self.holds(state, &plan.ends_when, plan.kind, entity)
            && self.exposing(state, user, entity, self.kept(state, user, entity)) == 0
    }
}

impl<C: Clock> Turn<'_, C> {
    /// Something that a user's path depends on has changed.
    pub(super) fn look_at_user(&mut self, user: u16, entity: Entity) {
        let row = self.rules.user(user, entity);
        if self.rules.environment().coarse() && self.is_further(user, entity) {
            return;
        }
        if self.state.users[row].path == Path::Asleep {
            if self.rules.at_rest(self.state, user, entity) {
                self.state.users[row].frozen = self.rules.kept(self.state, user, entity);
                return;
            }
            self.wake(user, entity, row);
        }
        match self.state.users[row].path {
            Path::Session => self.look_inside(user, entity, row),
            Path::Idle => self.look_outside(user, entity, row),
            Path::Asleep => unreachable!("it has just been woken"),
        }
    }

    /// A mailbox behind the first: sessions change nothing, and mailboxes of a focal run are alike, so
    /// what one of them sees is enough.
    fn is_further(&self, user: u16, entity: Entity) -> bool {
        let kind = self.plan.users[usize::from(user)].kind;
        kind == self.plan.mailbox() && self.world.place(entity).0 > 0
    }

    /// Decides where in the long run the path is: its session is as old as the last time at rest.
    fn wake(&mut self, user: u16, entity: Entity, row: usize) {
        let plan = &self.plan.users[usize::from(user)];
        let slot = &mut self.state.users[row];
        slot.occurrence += 1;
        slot.path = Path::Idle;
        let occurrence = slot.occurrence;
        if self.clock.decide(Choice { site: plan.connected, entity, occurrence }) {
            let frozen = self.state.users[row].frozen;
            self.open_session(user, entity, row, plan.residual, frozen);
        } else if self.rules.holds(self.state, &plan.connects, plan.kind, entity) {
            self.state.users[row].armed = true;
            self.arm(TimerKind::Connect, user, entity, row, plan.gap);
        }
    }

    fn arm(&mut self, kind: TimerKind, user: u16, entity: Entity, row: usize, site: SiteId) {
        let stamp = self.state.stamp();
        let slot = &mut self.state.users[row];
        slot.stamp = stamp;
        let choice = Choice { site, entity, occurrence: slot.occurrence };
        self.clock.arm(Timer { kind, which: user, entity, stamp }, Delay::At(choice));
    }

    fn open_session(&mut self, user: u16, entity: Entity, row: usize, lasts: SiteId, frozen: u64) {
        let slot = &mut self.state.users[row];
        slot.path = Path::Session;
        slot.armed = false;
        slot.frozen = frozen;
        self.clock.note(Happening::Session { user, entity, open: true });
        self.arm(TimerKind::Disconnect, user, entity, row, lasts);
    }

    /// Inside a session: does it end at once, and which copies of hazards hold?
    fn look_inside(&mut self, user: u16, entity: Entity, row: usize) {
        let plan = &self.plan.users[usize::from(user)];
        if self.rules.holds(self.state, &plan.ends_when, plan.kind, entity) {
            return self.close_session(user, entity, row);
        }
        let frozen = self.state.users[row].frozen;
        let open = self.rules.exposing(self.state, user, entity, frozen);
        self.set_copies(user, entity, row, open);
    }

    /// Outside a session: may it connect?
    fn look_outside(&mut self, user: u16, entity: Entity, row: usize) {
        let plan = &self.plan.users[usize::from(user)];
        let may = self.rules.holds(self.state, &plan.connects, plan.kind, entity);
        let slot = &mut self.state.users[row];
        if may && !slot.armed {
            slot.armed = true;
            slot.occurrence += 1;
            self.arm(TimerKind::Connect, user, entity, row, plan.every);
        } else if !may && slot.armed {
            slot.armed = false;
            slot.stamp = 0;
        }
    }

    pub(super) fn connect(&mut self, user: u16, entity: Entity) {
        let row = self.rules.user(user, entity);
        let plan = &self.plan.users[usize::from(user)];
        let frozen = self.rules.kept(self.state, user, entity);
        self.open_session(user, entity, row, plan.lasts, frozen);
        self.look_inside(user, entity, row);
    }

    pub(super) fn disconnect(&mut self, user: u16, entity: Entity) {
        let row = self.rules.user(user, entity);
        self.close_session(user, entity, row);
    }

    fn close_session(&mut self, user: u16, entity: Entity, row: usize) {
        self.set_copies(user, entity, row, 0);
        let slot = &mut self.state.users[row];
        slot.path = Path::Idle;
        slot.armed = false;
        slot.stamp = 0;
        self.clock.note(Happening::Session { user, entity, open: false });
        let kind = self.plan.users[usize::from(user)].kind;
        if !self.in_progress(kind, entity) && self.rules.at_rest(self.state, user, entity) {
            let frozen = self.rules.kept(self.state, user, entity);
            let slot = &mut self.state.users[row];
            slot.path = Path::Asleep;
            slot.frozen = frozen;
            return;
        }
        self.look_outside(user, entity, row);
    }

    fn set_copies(&mut self, user: u16, entity: Entity, row: usize, open: u64) {
        let old = std::mem::replace(&mut self.state.users[row].open, open);
        // An exposing session keeps the run going until it ends.
        self.state.in_flight += u64::from(open != 0);
        self.state.in_flight -= u64::from(old != 0);
        let copies = &self.plan.users[usize::from(user)].copies;
        for (place, &(hazard, _)) in copies.iter().enumerate() {
            let (was, is) = (old >> place & 1, open >> place & 1);
            if was != is {
                let open = is == 1;
                self.state.count_window(open);
                self.clock.note(Happening::Hazard { hazard, user: Some(user), entity, open });
            }
        }
    }
}
