//! A state without its history: what can still matter, in a form in which equal means equal future.
//!
//! Two states with equal portraits and equal pending timers behave alike under every clock. Left out
//! are numbers that only say when something was given out: stamps, issue and request numbers,
//! occurrences (they address choices, they decide nothing), slots of effects in flight, attempts made.
//! What remains of them is their order where it counts: writes in flight to one fact (E2), requests in
//! the queues (S4), ended steps that a rollback would undo (S7), forces on one fact (E4). Values that
//! follow from others (counts, live hazards, open steps of an entity) are left out too.
//!
//! A tenant's part, with its mailboxes, is apart from all others and names none of them, so that
//! whoever compares states may sort tenants.

use crate::model::rollback::Rollback;
use crate::model::rules::Rules;
use crate::model::state::{Flight, Forced, Path, State, flag};
use crate::model::world::Entity;
use crate::model::{Phase, Timer, TimerKind};
use crate::plan::KindId;
use crate::scenario::Write;

impl State {
    /// About so many bytes of memory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let tables = [
            size_of_val(&*self.words),
            size_of_val(&*self.facts),
            size_of_val(&*self.instances),
            size_of_val(&*self.pools),
            size_of_val(&*self.acts),
            size_of_val(&*self.users),
            size_of_val(&*self.hazards),
            size_of_val(&*self.counts),
            size_of_val(&*self.tenants),
            size_of_val(&*self.stopped),
            size_of_val(&*self.ended_as),
            size_of_val(&*self.flights),
            size_of_val(&*self.downs),
        ];
        (size_of::<State>() + tables.iter().sum::<usize>()) as u64
    }
}

/// One part of a portrait.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// What can still matter.
    pub words: Vec<u32>,
    /// Its pending timers, by index in the list that was given, in an order that depends on the part
    /// alone, except among timers of which each can stand for the other.
    pub timers: Vec<usize>,
}

/// A state without its history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Portrait {
    /// Rollout, groups, pools.
    pub shared: Part,
    /// By tenant.
    pub tenants: Vec<Part>,
}

/// A timer in its part: entity, kind, number, what tells it from others of these, and its index.
type Row = (Entity, TimerKind, u16, Vec<u32>, usize);

impl Rules {
    /// A run is over: all steps have ended, nothing with an end of its own is pending, and nobody is
    /// without what is open when missing.
    #[must_use]
    pub fn over(&self, state: &State) -> bool {
        let settled = state.finished() && !state.busy() && !state.unsettled();
        // Others may change something at any time; and while they go on, so does the run.
        settled && self.environment().inputs().is_empty() && !self.environment().coarse()
    }

    /// The portrait of a state between two events, with its pending timers, void ones left out.
    #[must_use]
    pub fn portrait(&self, state: &State, timers: &[Timer]) -> Portrait {
        let queue = self.queue(state);
        let landing = |timer: &&Timer| timer.kind == TimerKind::Landing;
        let landings = timers.iter().filter(landing);
        let mut landings: Vec<_> =
            landings.map(|timer| (timer.entity, timer.which, timer.stamp)).collect();
        landings.sort_unstable();
        let mut painter = Painter { rules: self, state, queue, landings, rows: Vec::new() };
        painter.rows = timers
            .iter()
            .enumerate()
            .map(|(index, timer)| {
                (timer.entity, timer.kind, timer.which, painter.detail(timer), index)
            })
            .collect();
        painter.rows.sort_unstable();
        let (tenant, world) = (self.plan.tenant(), &self.world);
        let mut shared = Part::default();
        painter.globals(&mut shared.words);
        for kind in (0..tenant.0).map(KindId) {
            for entity in world.all(kind) {
                painter.entity(kind, entity, &mut shared);
                painter.ended(&[entity], &mut shared.words);
            }
        }
        let tenants = world.all(tenant).map(|entity| painter.tenant(entity)).collect();
        Portrait { shared, tenants }
    }

    /// Steps that wait for pools, in request order.
    fn queue(&self, state: &State) -> Vec<(u16, Entity)> {
        let all = state.lines.iter().flat_map(|line| &line.requests);
        let mut live: Vec<_> = all
            .filter(|request| {
                let instance = &state.instances[self.instance(request.step, request.entity)];
                instance.stamp == request.stamp && instance.phase == Phase::Queued
            })
            .map(|request| (request.number, (request.step, request.entity)))
            .collect();
        live.sort_unstable();
        live.into_iter().map(|(_, request)| request).collect()
    }
}

struct Painter<'a> {
    rules: &'a Rules,
    state: &'a State,
    queue: Vec<(u16, Entity)>,
    /// Entity, fact and slot of every effect in flight.
    landings: Vec<(Entity, u16, u32)>,
    rows: Vec<Row>,
}

/// Both halves of a word.
fn wide(word: u64, words: &mut Vec<u32>) {
    words.extend([(word >> 32) as u32, word as u32]);
}

/// A list behind its length, so that lists that follow each other do not run together.
fn list(items: impl ExactSizeIterator<Item = u32>, words: &mut Vec<u32>) {
    words.push(u32::try_from(items.len()).expect("short lists"));
    words.extend(items);
}

impl Painter<'_> {
    fn globals(&self, words: &mut Vec<u32>) {
        let state = self.state;
        state.letting.paint(words);
        wide(state.in_flight, words);
        words.extend(&state.passed);
        for &(others, all) in &state.outside.others {
            words.extend([others, u32::from(all)]);
        }
        for pool in &state.pools {
            wide(pool.free.cast_unsigned(), words);
            words.extend(pool.left);
        }
    }

    fn tenant(&self, tenant: Entity) -> Part {
        let (plan, world) = (&self.rules.plan, &self.rules.world);
        let mut part = Part::default();
        let slot = &self.state.tenants[world.index(plan.tenant(), tenant) as usize];
        let flags = u32::from(slot.started)
            | u32::from(slot.cut) << 1
            | u32::from(slot.in_progress) << 2
            | u32::from(slot.rollbacks) << 3;
        // One past the attempts that its rollback still waits for; 0: it is not rolled back.
        let withdrawn = self.state.withdrawn.get(&tenant).map_or(0, |running| running + 1);
        part.words.extend([slot.open, flags, withdrawn]);
        let mut entities = vec![tenant];
        self.entity(plan.tenant(), tenant, &mut part);
        world.descendants(plan.tenant(), tenant, plan.mailbox(), &mut |mailbox| {
            self.entity(plan.mailbox(), mailbox, &mut part);
            entities.push(mailbox);
        });
        self.ended(&entities, &mut part.words);
        part
    }

    fn entity(&self, kind: KindId, entity: Entity, part: &mut Part) {
        let (plan, state) = (&self.rules.plan, self.state);
        let words = &mut part.words;
        wide(state.words[entity.index()].seen, words);
        wide(state.words[entity.index()].raw, words);
        words.push(u32::from(state.stopped[entity.index()]));
        words.extend(state.downs.get(entity.index()).map(|&downs| u32::from(downs)));
        for &fact in &plan.kinds[kind.index()].facts {
            self.fact(fact, entity, words);
        }
        for &step in &plan.kinds[kind.index()].steps {
            self.step(step, entity, words);
        }
        for (index, act) in (0u16..).zip(&plan.acts) {
            if act.kind == kind {
                words.push(u32::from(state.acts[self.rules.act(index, entity)].holds));
            }
        }
        for (index, user) in (0u16..).zip(&plan.users) {
            if user.kind == kind {
                self.user(index, entity, words);
            }
        }
        let first = self.rows.partition_point(|row| row.0 < entity);
        for (_, kind, which, detail, index) in
            self.rows[first..].iter().take_while(|row| row.0 == entity)
        {
            words.push((*kind as u32) << 16 | u32::from(*which));
            list(detail.iter().copied(), words);
            part.timers.push(*index);
        }
        // No timer has this kind, so what follows is told apart.
        words.push(u32::MAX);
        // A crash holds it up, so no timer speaks of it.
        let held_up = self.state.rollbacks.values().filter(|rollback| !rollback.running);
        for rollback in held_up.filter(|rollback| rollback.entity == entity) {
            list(self.rollback(rollback).into_iter(), words);
        }
    }

    fn fact(&self, fact: u16, entity: Entity, words: &mut Vec<u32>) {
        let slot = &self.state.facts[self.rules.fact(fact, entity)];
        let lease = if slot.lease == 0 { 0 } else { 1 + u32::from(slot.counted) };
        words.push(u32::from(slot.count) << 2 | lease);
        if slot.forces > 0 {
            let forces = &self.state.forced[&(entity, fact)];
            let form = |forced: &Forced| u32::from(forced.on) | u32::from(forced.counted) << 1;
            list(forces.iter().map(form), words);
        }
    }

    fn step(&self, step: u16, entity: Entity, words: &mut Vec<u32>) {
        let row = self.rules.instance(step, entity);
        let instance = &self.state.instances[row];
        let plan = &self.rules.plan.steps[usize::from(step)];
        let ended = instance.phase.ended();
        // Failures beyond the last retry are alike, and those of an ended step are past.
        let counted = self.rules.environment().gives_up(step).is_none();
        let failures = if ended || !counted { 0 } else { instance.failures.min(plan.retries + 1) };
        words.push(u32::from(instance.phase as u8) << 8 | u32::from(instance.flags));
        words.push(instance.pending);
        words.push(u32::from(instance.left) << 16 | u32::from(failures));
        words.push(u32::from(instance.held));
        if instance.flags & flag::BENT != 0 {
            list(self.state.bent[&row].iter().map(|&fault| u32::from(fault)), words);
        }
        if instance.phase == Phase::Queued {
            let place = self.queue.iter().position(|&request| request == (step, entity));
            // In a focal run it may still wait for others.
            words.push(place.map_or(u32::MAX, |place| place as u32));
        }
    }

    fn user(&self, user: u16, entity: Entity, words: &mut Vec<u32>) {
        let slot = &self.state.users[self.rules.user(user, entity)];
        words.push(slot.path as u32 | u32::from(slot.armed) << 2);
        if slot.path != Path::Idle {
            wide(slot.frozen, words);
            wide(slot.open, words);
        }
    }

    /// The order in which steps that have something to undo ended.
    fn ended(&self, entities: &[Entity], words: &mut Vec<u32>) {
        let (rules, state) = (self.rules, self.state);
        if state.ended_as.is_empty() {
            return;
        }
        let mut orders = Vec::new();
        for &entity in entities {
            for &step in &rules.plan.kinds[rules.world.kind(entity).index()].steps {
                if !rules.plan.steps[usize::from(step)].undo.is_empty() {
                    orders.push(state.ended_as[rules.instance(step, entity)]);
                }
            }
        }
        let mut sorted: Vec<u32> = orders.iter().copied().filter(|&order| order > 0).collect();
        sorted.sort_unstable();
        words.extend(orders.iter().map(|order| match order {
            0 => 0,
            order => 1 + sorted.partition_point(|other| other < order) as u32,
        }));
    }

    /// What tells a timer from others of its kind, number and entity.
    fn detail(&self, timer: &Timer) -> Vec<u32> {
        let Timer { kind, which, entity, stamp } = *timer;
        match kind {
            TimerKind::Landing => self.flight(which, entity, stamp),
            TimerKind::Unforce => {
                let forces = &self.state.forced[&(entity, which)];
                let place = forces.iter().position(|forced| forced.id == stamp);
                vec![place.expect("a pending force is there") as u32]
            }
            TimerKind::Undo | TimerKind::UndoFail => self.rollback(&self.state.rollbacks[&stamp]),
            TimerKind::End | TimerKind::Fail => self.orphan(stamp),
            TimerKind::Unslow => {
                let slowed = self.state.slowed.iter().find(|slowed| slowed.id == stamp);
                let slowed = slowed.expect("what slows is there until it ends");
                let mut words = vec![u32::from(slowed.counted)];
                wide(slowed.to.0, &mut words);
                words
            }
            TimerKind::Restore | TimerKind::Restart => vec![stamp],
            _ => Vec::new(),
        }
    }

    /// An effect in flight: its place in the order of issue, and how it stands to what has landed.
    fn flight(&self, fact: u16, entity: Entity, slot: u32) -> Vec<u32> {
        let flight = |slot: u32| self.state.flights[slot as usize].expect("it is in flight");
        let Flight { write, late, issue, counted, lease, .. } = flight(slot);
        let written = &self.state.facts[self.rules.fact(fact, entity)];
        let write = match write {
            Write::Off => 0,
            Write::On => 1,
            Write::Add => 2,
        };
        let form = write
            | u32::from(late) << 2
            | u32::from(counted) << 3
            | u32::from(issue < written.newest) << 4
            | u32::from(issue < written.newest_set) << 5;
        let earlier = self.others(fact, entity).filter(|&other| flight(other).issue < issue);
        let mut detail = vec![earlier.count() as u32, form];
        if let Some(lease) = lease {
            let class = self.rules.world.class(&self.rules.plan, lease.entity);
            detail.extend([1 + u32::from(lease.site.0), class as u32]);
        }
        detail
    }

    /// Slots of the effects in flight to one fact.
    fn others(&self, fact: u16, entity: Entity) -> impl Iterator<Item = u32> {
        let first = self.landings.partition_point(|row| (row.0, row.1) < (entity, fact));
        let rows = self.landings[first..].iter();
        rows.take_while(move |row| (row.0, row.1) == (entity, fact)).map(|row| row.2)
    }

    fn rollback(&self, rollback: &Rollback) -> Vec<u32> {
        let again = rollback.again.map_or(0, |step| 1 + u32::from(step));
        let mut words = vec![self.place(rollback.entity), again, u32::from(rollback.running)];
        for &(step, entity) in &rollback.left {
            words.extend([u32::from(step), self.place(entity)]);
        }
        words.push(u32::MAX);
        words.extend(rollback.bent.iter().map(|&fault| u32::from(fault)));
        words
    }

    /// Empty for an attempt that somebody waits for.
    fn orphan(&self, stamp: u32) -> Vec<u32> {
        let Some(orphan) = self.state.orphans.get(&stamp) else { return Vec::new() };
        let mut words = vec![u32::from(orphan.step), self.place(orphan.entity)];
        words.push(u32::from(orphan.held));
        words.extend(orphan.bent.iter().map(|&fault| u32::from(fault)));
        words
    }

    /// An entity named from within its tenant.
    fn place(&self, entity: Entity) -> u32 {
        let (plan, world) = (&self.rules.plan, &self.rules.world);
        let kind = world.kind(entity);
        if kind == plan.mailbox() {
            return 1 + world.place(entity).0;
        }
        if kind == plan.tenant() { 0 } else { 1 << 31 | entity.0 }
    }
}
