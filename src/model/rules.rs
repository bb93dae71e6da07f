//! The door of the model: the rules over one plan and one population.

use std::sync::Arc;

use crate::model::layout::Layout;
use crate::model::state::{Path, flag};
use crate::model::world::{Entity, World};
use crate::model::{Clock, Phase, State, Timer, TimerKind};
use crate::plan::{Cond, KindId, Plan};
use crate::scenario::{Compare, Period};

/// The transition relation of one plan over one population.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The population.
    pub world: Arc<World>,
    pub(super) layout: Layout,
    /// The state before anything happened, and what begins by itself in it.
    prototype: State,
    /// Descendants by row of `State::counts`.
    totals: Vec<u32>,
    acts: Vec<(u16, Entity)>,
    users: Vec<(u16, Entity)>,
    hazards: Vec<(u16, Entity)>,
}

/// One transition under way: the rules, the state they change, the clock they ask.
pub(super) struct Turn<'a, C> {
    pub(super) rules: &'a Rules,
    pub(super) plan: &'a Plan,
    pub(super) world: &'a World,
    pub(super) state: &'a mut State,
    pub(super) clock: &'a mut C,
}

impl Rules {
    /// Lays out the state for a plan and a population.
    #[must_use]
    pub fn new(plan: Arc<Plan>, world: Arc<World>) -> Rules {
        let layout = Layout::new(&plan, &world);
        let prototype = State::new(&plan, &world, &layout);
        let (acts, users, hazards) = (Vec::new(), Vec::new(), Vec::new());
        let totals = vec![0; layout.totals[6]];
        let mut rules = Rules { plan, world, layout, prototype, totals, acts, users, hazards };
        rules.prepare_counts();
        rules.prepare_settled();
        rules.prepare_steps();
        rules.prepare_watchers();
        rules
    }

    /// A state in which nothing has begun. `order`: the tenants' order of starting, if it is not
    /// the population's own.
    #[must_use]
    pub fn initial(&self, order: Option<Vec<u32>>) -> State {
        let mut state = self.prototype.clone();
        state.letting.order = order;
        state
    }

    /// The same in the memory of a state that is no longer wanted.
    pub fn initial_in(&self, state: &mut State, order: Option<Vec<u32>>) {
        state.clone_from(&self.prototype);
        state.letting.order = order;
    }

    /// The event at time 0 that sets everything going.
    pub fn begin<C: Clock>(&self, state: &mut State, clock: &mut C) {
        let mut turn = self.turn(state, clock);
        turn.begin_calendars();
        turn.begin_others();
        for &(act, entity) in &self.acts {
            turn.begin_interval(act, entity);
        }
        for &(user, entity) in &self.users {
            turn.look_at_user(user, entity);
        }
        for &(hazard, entity) in &self.hazards {
            turn.look_at_hazard(hazard, entity);
        }
        turn.begin_steps();
        turn.begin_waves();
        turn.begin_environment();
        turn.start_tenants();
        turn.settle();
    }

    /// The transition for one fired timer. A timer that is no longer [live](Self::live) does
    /// nothing; the return value tells.
    #[inline(always)]
    pub fn fire<C: Clock>(&self, state: &mut State, timer: Timer, clock: &mut C) -> bool {
        if timer.kind == TimerKind::End && state.orphans.is_empty() {
            return self.fire_end(state, timer, clock);
        }
        self.fire_any(state, timer, clock)
    }

    /// Most events are ends of attempts: their row is looked up once.
    #[inline(always)]
    fn fire_end<C: Clock>(&self, state: &mut State, timer: Timer, clock: &mut C) -> bool {
        let mut turn = self.turn(state, clock);
        let at = turn.at(timer.which, timer.entity);
        if turn.state.instances[at.row].stamp != timer.stamp {
            return false;
        }
        turn.end_attempt(at);
        turn.settle();
        true
    }

    #[inline(never)]
    fn fire_any<C: Clock>(&self, state: &mut State, timer: Timer, clock: &mut C) -> bool {
        if !self.live(state, timer) {
            return false;
        }
        let mut turn = self.turn(state, clock);
        let Timer { kind, which, entity, stamp } = timer;
        match kind {
            TimerKind::End | TimerKind::Fail if turn.state.is_orphan(stamp) => {
                turn.end_orphan(stamp, (kind == TimerKind::Fail).then_some(which));
            }
            TimerKind::Start => turn.start_attempt(turn.at(which, entity)),
            TimerKind::End => turn.end_attempt(turn.at(which, entity)),
            TimerKind::Fail => turn.fail_by_fault(which, entity),
            TimerKind::Broken => turn.fail_attempt(which, entity, super::Failure::Holds),
            TimerKind::Timeout => turn.fail_attempt(which, entity, super::Failure::Timeout),
            TimerKind::Retry => turn.retry(which, entity),
            TimerKind::Undo => turn.undo(which, entity, stamp),
            TimerKind::Landing => turn.land_flight(stamp, entity),
            TimerKind::Expiry => turn.expire(which, entity),
            TimerKind::Act => turn.act(which, entity),
            TimerKind::Unforce => turn.unforce(which, entity, stamp),
            TimerKind::Restore => turn.restore(which, entity, stamp),
            TimerKind::Connect => turn.connect(which, entity),
            TimerKind::Disconnect => turn.disconnect(which, entity),
            TimerKind::Goal => turn.judge(which, entity),
            TimerKind::Pace => turn.pace(),
            TimerKind::Restart => turn.restart(which, entity, stamp != 0),
            TimerKind::UndoFail => turn.fail_undo(which, entity, stamp),
            TimerKind::Unslow => turn.unslow(which, entity, stamp),
            TimerKind::Calendar => turn.pass_boundary(which),
            TimerKind::Wait => turn.end_wait(which, entity),
            TimerKind::Join => turn.end_join(which, entity),
            TimerKind::Flip => turn.flip(which),
            TimerKind::Date => turn.pass_date(),
            TimerKind::Soak => turn.soaked(which),
            TimerKind::RollBack => turn.begin_withdrawn(entity),
        }
        turn.settle();
        true
    }

    /// True while a pending timer still counts.
    #[inline]
    #[must_use]
    pub fn live(&self, state: &State, timer: Timer) -> bool {
        let Timer { kind, which, entity, stamp } = timer;
        match kind {
            TimerKind::Start
            | TimerKind::Broken
            | TimerKind::Timeout
            | TimerKind::Retry
            | TimerKind::Wait
            | TimerKind::Join => state.instances[self.instance(which, entity)].stamp == stamp,
            TimerKind::End => {
                state.instances[self.instance(which, entity)].stamp == stamp
                    || state.is_orphan(stamp)
            }
            TimerKind::Fail => {
                let step = self.plan.faults[usize::from(which)].bend.expect("it bends a step").0;
                state.instances[self.instance(step, entity)].stamp == stamp
                    || state.is_orphan(stamp)
            }
            TimerKind::Undo | TimerKind::UndoFail => state.rollbacks.contains_key(&stamp),
            TimerKind::Expiry => state.facts[self.fact(which, entity)].lease == stamp,
            TimerKind::Act => state.acts[self.act(which, entity)].stamp == stamp,
            TimerKind::Connect | TimerKind::Disconnect => {
                state.users[self.user(which, entity)].stamp == stamp
            }
            TimerKind::Landing
            | TimerKind::Unforce
            | TimerKind::Restore
            | TimerKind::Goal
            | TimerKind::Restart
            | TimerKind::Pace
            | TimerKind::Date
            | TimerKind::Soak
            | TimerKind::Unslow
            | TimerKind::Calendar
            | TimerKind::Flip => true,
            TimerKind::RollBack => state.withdrawn.get(&entity) == Some(&0),
        }
    }

    /// One step of one entity.
    #[must_use]
    pub fn standing(&self, state: &State, step: u16, entity: Entity) -> super::Instance {
        state.instances[self.instance(step, entity)]
    }

    /// True if the entity's plan ended early.
    #[must_use]
    pub fn stopped(&self, state: &State, entity: Entity) -> bool {
        state.stopped[entity.index()]
    }

    /// Whether a condition holds for an entity of kind `kind`.
    #[inline]
    #[must_use]
    pub fn holds(&self, state: &State, cond: &Cond, kind: KindId, entity: Entity) -> bool {
        self.evaluate(state, cond, kind, entity, &|_, word| word)
    }

    /// As [`Self::holds`], with `overlay` changing the words read.
    pub(super) fn evaluate(
        &self,
        state: &State,
        cond: &Cond,
        kind: KindId,
        entity: Entity,
        overlay: &impl Fn(KindId, u64) -> u64,
    ) -> bool {
        let part = |cond: &Cond| self.evaluate(state, cond, kind, entity, overlay);
        match cond {
            Cond::Const(value) => *value,
            Cond::Mask { level, mask, want } => {
                let holder = self.world.ancestor(kind, entity, *level);
                overlay(*level, state.words[holder.index()].seen) & mask == *want
            }
            Cond::All(parts) => parts.iter().all(part),
            Cond::Any(parts) => parts.iter().any(part),
            Cond::Not(inner) => !part(inner),
            Cond::Count { quantifier, compare } => {
                let at = self.plan.quantifiers[usize::from(*quantifier)].at;
                let counter = self.world.ancestor(kind, entity, at);
                self.counted(state, *quantifier, counter, *compare)
            }
        }
    }

    fn counted(
        &self,
        state: &State,
        quantifier: u16,
        counter: Entity,
        compare: Option<(Compare, u32)>,
    ) -> bool {
        let count = state.counts[self.quantifier(quantifier, counter)];
        let (others, all_others) = self.others(state, quantifier);
        match compare {
            Some((compare, number)) => compare.holds(count.saturating_add(others), number),
            None => all_others && count == self.totals[self.quantifier(quantifier, counter)],
        }
    }

    #[inline]
    pub(super) fn instance(&self, step: u16, entity: Entity) -> usize {
        self.layout.instances[usize::from(step)].of(entity)
    }

    #[inline]
    pub(super) fn fact(&self, fact: u16, entity: Entity) -> usize {
        self.layout.facts[usize::from(fact)].of(entity)
    }

    pub(super) fn act(&self, act: u16, entity: Entity) -> usize {
        let kind = self.plan.acts[usize::from(act)].kind;
        (self.layout.acts[usize::from(act)] + self.world.index(kind, entity)) as usize
    }

    pub(super) fn user(&self, user: u16, entity: Entity) -> usize {
        let kind = self.plan.users[usize::from(user)].kind;
        (self.layout.users[usize::from(user)] + self.world.index(kind, entity)) as usize
    }

    pub(super) fn hazard(&self, hazard: u16, entity: Entity) -> usize {
        let kind = self.plan.hazards[usize::from(hazard)].kind;
        (self.layout.hazards[usize::from(hazard)] + self.world.index(kind, entity)) as usize
    }

    pub(super) fn quantifier(&self, quantifier: u16, entity: Entity) -> usize {
        let at = self.plan.quantifiers[usize::from(quantifier)].at;
        let base = self.layout.quantifiers[usize::from(quantifier)];
        (base + self.world.index(at, entity)) as usize
    }

    /// Number of the pool instance that serves an entity.
    #[inline]
    pub(super) fn pool(&self, pool: u16, kind: KindId, entity: Entity) -> u32 {
        let at = self.plan.pools[usize::from(pool)].kind;
        let holder = self.world.ancestor(kind, entity, at);
        self.layout.pools[usize::from(pool)] + self.world.index(at, holder)
    }

    /// Pool and instance within it, of a pool instance's number.
    #[must_use]
    pub fn pool_of(&self, instance: u32) -> (u16, u32) {
        let pool = self.layout.pools.partition_point(|&base| base <= instance) - 1;
        (u16::try_from(pool).expect("few pools"), instance - self.layout.pools[pool])
    }

    /// Number of pool instances.
    #[must_use]
    pub fn pool_instances(&self) -> usize {
        self.layout.totals[2]
    }

    /// Free slots of a pool instance; negative while an outage takes more than are free.
    #[must_use]
    pub fn free_slots(&self, state: &State, instance: u32) -> i64 {
        state.pools[instance as usize].free
    }

    /// The pool instances of which a step would take a slot if it were admitted now: all that it
    /// uses but for those it holds.
    pub fn lacks(&self, state: &State, step: u16, entity: Entity) -> impl Iterator<Item = u32> {
        let plan = &self.plan.steps[usize::from(step)];
        let held = state.instances[self.instance(step, entity)].held;
        let lacked = plan.uses.iter().enumerate().filter(move |(place, _)| held >> place & 1 == 0);
        lacked.map(move |(_, used)| self.pool(used.pool, plan.kind, entity))
    }

    #[inline(always)]
    fn turn<'a, C: Clock>(&'a self, state: &'a mut State, clock: &'a mut C) -> Turn<'a, C> {
        Turn { rules: self, plan: &self.plan, world: &self.world, state, clock }
    }

    fn prepare_counts(&mut self) {
        for (index, quantifier) in (0u16..).zip(&self.plan.quantifiers) {
            for counter in self.world.all(quantifier.at) {
                let (mut count, mut total) = (0, 0);
                self.world.descendants(quantifier.at, counter, quantifier.over, &mut |entity| {
                    let word = self.prototype.words[entity.index()].seen;
                    count += u32::from(quantifier.cond.on_word(word));
                    total += 1;
                });
                let row = self.quantifier(index, counter);
                self.prototype.counts[row] = count;
                self.totals[row] = total;
            }
        }
    }

    /// Facts off at the start that leave a run unsettled.
    fn prepare_settled(&mut self) {
        for fact in self.plan.facts.iter().filter(|fact| fact.settles) {
            let word = |entity: &Entity| self.prototype.words[entity.index()].seen;
            let off = |entity: &Entity| word(entity) >> fact.bit & 1 == 0;
            self.prototype.unsettled += self.world.all(fact.kind).filter(off).count() as u64;
        }
    }

    /// Outstanding predecessors of every step of every entity that takes part.
    fn prepare_steps(&mut self) {
        let (plan, world) = (Arc::clone(&self.plan), Arc::clone(&self.world));
        for (index, pool) in plan.pools.iter().enumerate() {
            let open = |calendar| self.open(&self.prototype, Some(calendar));
            let slots = i64::from(pool.slots_in(open));
            for row in 0..world.count(pool.kind) {
                let row = (self.layout.pools[index] + row) as usize;
                self.prototype.pools[row].free = slots;
                self.prototype.pools[row].left = Period::ALL.map(|period| pool.admissions(period));
            }
        }
        for (index, step) in (0u16..).zip(&plan.steps) {
            for entity in world.all(step.kind) {
                let row = self.instance(index, entity);
                if !world.moves(step.kind, entity) {
                    self.prototype.instances[row].phase = Phase::Skipped;
                    continue;
                }
                let pending = self.outstanding(&self.prototype, index, entity);
                let instance = &mut self.prototype.instances[row];
                instance.pending = pending;
                instance.left = step.times;
                self.prototype.open_steps += 1;
                if step.kind >= plan.tenant() {
                    let tenant = world.ancestor(step.kind, entity, plan.tenant());
                    let tenant = world.index(plan.tenant(), tenant);
                    self.prototype.tenants[tenant as usize].open += 1;
                    self.prototype.letting.waiting_steps += 1;
                }
            }
        }
    }

    /// Predecessors of a step (and the start of its tenant) that are still outstanding. One that
    /// was cut off by a stop is not: only a step that joins the running ones has got that far.
    pub(super) fn outstanding(&self, state: &State, step: u16, entity: Entity) -> u32 {
        let plan = &self.plan.steps[usize::from(step)];
        let tenant = |entity| {
            let tenant = self.world.ancestor(plan.kind, entity, self.plan.tenant());
            self.world.index(self.plan.tenant(), tenant) as usize
        };
        let mut pending = u32::from(plan.starts && !state.tenants[tenant(entity)].started);
        if self.plan.wave_kind() == Some(plan.kind) {
            // The steps of a wave wait for its turn.
            let wave = self.world.index(plan.kind, entity) as usize;
            pending += u32::from(!state.letting.waves[wave].open);
        }
        for &after in &plan.after {
            let kind = self.plan.steps[usize::from(after)].kind;
            self.world.related(plan.kind, entity, kind, &mut |other| {
                let instance = &state.instances[self.instance(after, other)];
                let over = instance.phase.ended() || instance.flags & flag::CUT != 0;
                pending += u32::from(!over);
            });
        }
        pending
    }

    /// What holds from the start, so that a run need not look at every entity again.
    fn prepare_watchers(&mut self) {
        let (plan, world) = (Arc::clone(&self.plan), Arc::clone(&self.world));
        for (index, act) in (0u16..).zip(&plan.acts) {
            for entity in world.all(act.kind) {
                if self.holds(&self.prototype, &act.condition, act.kind, entity) {
                    self.acts.push((index, entity));
                    let row = self.act(index, entity);
                    self.prototype.acts[row].holds = true;
                }
            }
        }
        for (index, user) in (0u16..).zip(&plan.users) {
            for entity in world.all(user.kind) {
                let row = self.user(index, entity);
                self.prototype.users[row].frozen = self.kept(&self.prototype, index, entity);
                if self.at_rest(&self.prototype, index, entity) {
                    self.prototype.users[row].path = Path::Asleep;
                    continue;
                }
                let connects = self.holds(&self.prototype, &user.connects, user.kind, entity);
                if connects {
                    self.users.push((index, entity));
                }
                // Who may connect is woken by the long run, for which a profile has none.
                if !connects || user.profile.is_some() {
                    self.prototype.users[row].path = Path::Idle;
                }
            }
        }
        for (index, hazard) in (0u16..).zip(&plan.hazards) {
            for entity in world.all(hazard.kind) {
                if self.holds(&self.prototype, &hazard.when, hazard.kind, entity) {
                    self.hazards.push((index, entity));
                }
            }
        }
    }
}
