//! What a scope leaves out, and how it reaches those who are in (design, section 3, "one
//! environment").
//!
//! In a full run the other entities answer: a request meets them in the queues, and they write, end
//! and start as their own rules say. In a focal run the answers are choices with sites of their own
//! (`plan::FocalPlan` says which), armed as timers: a clock draws nothing at them, a schedule
//! overrides them, a proof follows them all.

use crate::model::rules::{Rules, Turn};
use crate::model::slots::Request;
use crate::model::state::{Forced, flag};
use crate::model::world::Entity;
use crate::model::{Choice, Clock, Delay, Phase, Source, State, Timer, TimerKind};
use crate::plan::{FocalPlan, Input, InputPlan, KindId, SiteId};
use crate::scenario::Write;

/// Who answers a request for pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The pools' own queues, filled by the other entities of the run.
    Queues,
    /// The environment, after a wait that is decided at this site; then the queues of those who are
    /// in the run.
    After(SiteId),
}

/// Whatever a scope leaves out reaches an entity through this interface.
#[derive(Clone, Copy, Debug)]
pub struct Environment<'a>(Option<&'a FocalPlan>);

impl<'a> Environment<'a> {
    /// How a step's request for pools is answered.
    #[inline]
    #[must_use]
    pub fn admission(&self, step: u16) -> Admission {
        let wait = self.0.and_then(|focal| focal.waits[usize::from(step)]);
        wait.map_or(Admission::Queues, Admission::After)
    }

    /// Where it is decided how much later than everybody in the run the others let a step of a
    /// group or of the rollout start; `None`: nobody else is waited for.
    #[inline]
    #[must_use]
    pub fn join(&self, step: u16) -> Option<SiteId> {
        self.0.and_then(|focal| focal.joins[usize::from(step)])
    }

    /// Where it is decided when the focal tenant starts; `None`: as in the full run.
    #[must_use]
    pub fn start(&self) -> Option<SiteId> {
        self.0.and_then(|focal| focal.start)
    }

    /// Where it is decided that a failed step is not tried again, if its retries are not counted.
    #[must_use]
    pub fn gives_up(&self, step: u16) -> Option<SiteId> {
        let coarse = self.0.and_then(|focal| focal.coarse.as_ref());
        coarse.and_then(|coarse| coarse.gives_up[usize::from(step)])
    }

    /// True if only the first of the tenant's mailboxes has users, and the run goes on when the tenant
    /// is through.
    #[must_use]
    pub fn coarse(&self) -> bool {
        self.0.is_some_and(|focal| focal.coarse.is_some())
    }

    /// What others change.
    #[must_use]
    pub fn inputs(&self) -> &'a [InputPlan] {
        self.0.map_or(&[], |focal| &focal.inputs)
    }
}

/// What the environment has done so far. Only `others` decides what can follow; the rest numbers
/// choices, so that each has an address of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outside {
    /// By quantifier: how many others it counts, and whether all of them; empty in a full run.
    pub(super) others: Vec<(u32, bool)>,
    /// By input: times armed.
    flips: Vec<u32>,
    /// By input: questions about effects in flight.
    passes: Vec<u32>,
    /// By instance: requests for pools; starts of joins.
    waits: Vec<u32>,
    joins: Vec<u32>,
}

impl Outside {
    /// Nothing has happened, and there is nobody else.
    pub(super) fn new(focal: &FocalPlan, quantifiers: usize, instances: usize) -> Outside {
        Outside {
            others: vec![(0, true); quantifiers],
            flips: vec![0; focal.inputs.len()],
            passes: vec![0; focal.inputs.len()],
            waits: vec![0; instances],
            joins: vec![0; instances],
        }
    }
}

impl Rules {
    /// Who answers for whatever the scope leaves out.
    #[inline]
    #[must_use]
    pub fn environment(&self) -> Environment<'_> {
        Environment(self.plan.focal.as_deref())
    }

    /// How many others a quantifier counts, and whether all of them.
    #[inline]
    pub(super) fn others(&self, state: &State, quantifier: u16) -> (u32, bool) {
        state.outside.others.get(usize::from(quantifier)).copied().unwrap_or((0, true))
    }
}

impl<C: Clock> Turn<'_, C> {
    /// How many others there are whom conditions count, before anything else.
    pub(super) fn begin_others(&mut self) {
        for plan in self.rules.environment().inputs() {
            let Input::Count { quantifier, values } = &plan.what else { continue };
            let Some(site) = plan.first else { continue };
            let entity = self.only(plan.kind);
            let first = self.clock.count(Choice { site, entity, occurrence: 1 });
            self.count_others(*quantifier, values, first, entity);
        }
    }

    fn count_others(&mut self, quantifier: u16, values: &[(u32, bool)], to: u64, counter: Entity) {
        let to = usize::try_from(to).map_or(0, |to| to.min(values.len() - 1));
        self.state.outside.others[usize::from(quantifier)] = values[to];
        self.state.scratch.recounted.push((counter, quantifier));
    }

    /// Others may change things from now on, and the tenant starts when they let it.
    pub(super) fn begin_environment(&mut self) {
        let environment = self.rules.environment();
        for input in 0..environment.inputs().len() {
            self.arm_input(u16::try_from(input).expect("few inputs"));
        }
        if let Some(site) = environment.start() {
            self.state.letting.pace_open = false;
            self.state.in_flight += 1;
            let rollout = Entity(0);
            let timer = Timer { kind: TimerKind::Pace, which: 0, entity: rollout, stamp: 0 };
            let choice = Choice { site, entity: rollout, occurrence: 1 };
            self.clock.arm(timer, Delay::At(choice));
        }
    }

    /// A request waits for others before it meets those who are in the run.
    pub(super) fn wait_outside(&mut self, site: SiteId, step: u16, entity: Entity, stamp: u32) {
        let occurrence = &mut self.state.outside.waits[self.rules.instance(step, entity)];
        *occurrence += 1;
        let choice = Choice { site, entity, occurrence: *occurrence };
        let timer = Timer { kind: TimerKind::Wait, which: step, entity, stamp };
        self.clock.arm(timer, Delay::At(choice));
    }

    /// Nobody outside is in the way of a request any longer.
    pub(super) fn end_wait(&mut self, step: u16, entity: Entity) {
        let row = self.rules.instance(step, entity);
        let stamp = self.state.stamp();
        let instance = &mut self.state.instances[row];
        debug_assert_eq!(instance.phase, Phase::Queued, "only a request waits");
        instance.stamp = stamp;
        self.state.requests += 1;
        let request = Request { number: self.state.requests, entity, step, stamp };
        let class = self.plan.steps[usize::from(step)].class;
        self.state.scratch.waited.push((class, request));
    }

    /// Whether others still keep a step from being ready; asks for how long, if nobody has.
    pub(super) fn joins_outside(&mut self, step: u16, entity: Entity) -> bool {
        let Some(site) = self.rules.environment().join(step) else { return false };
        let row = self.rules.instance(step, entity);
        if self.state.instances[row].flags & flag::JOINED != 0 {
            return false;
        }
        let stamp = self.state.stamp();
        self.state.instances[row].stamp = stamp;
        let occurrence = &mut self.state.outside.joins[row];
        *occurrence += 1;
        let choice = Choice { site, entity, occurrence: *occurrence };
        let timer = Timer { kind: TimerKind::Join, which: step, entity, stamp };
        self.clock.arm(timer, Delay::At(choice));
        true
    }

    /// True while others keep a step from being ready, whatever those in the run do.
    pub(super) fn held_up_outside(&self, step: u16, entity: Entity) -> bool {
        let joins = self.rules.environment().join(step).is_some();
        let flags = self.state.instances[self.rules.instance(step, entity)].flags;
        joins && flags & flag::JOINED == 0
    }

    /// The others' part of a join has ended.
    pub(super) fn end_join(&mut self, step: u16, entity: Entity) {
        let row = self.rules.instance(step, entity);
        let instance = &mut self.state.instances[row];
        // A crash may have made somebody in the run begin again meanwhile.
        if instance.pending == 0 && instance.phase == Phase::Blocked {
            instance.flags |= flag::JOINED;
            self.state.scratch.ready.push((step, entity));
        }
    }

    fn arm_input(&mut self, input: u16) {
        let plan = &self.rules.environment().inputs()[usize::from(input)];
        let entity = self.only(plan.kind);
        let occurrence = &mut self.state.outside.flips[usize::from(input)];
        *occurrence += 1;
        let choice = Choice { site: plan.when, entity, occurrence: *occurrence };
        let timer = Timer { kind: TimerKind::Flip, which: input, entity, stamp: 0 };
        self.clock.arm(timer, Delay::At(choice));
    }

    /// The one entity of a kind that others can change something of.
    fn only(&self, kind: KindId) -> Entity {
        debug_assert_eq!(self.world.count(kind), 1, "mailboxes are changed by their own");
        self.world.first(kind)
    }

    /// Others change something.
    pub(super) fn flip(&mut self, input: u16) {
        let rules = self.rules;
        let plan = &rules.environment().inputs()[usize::from(input)];
        let entity = self.only(plan.kind);
        let occurrence = self.state.outside.flips[usize::from(input)];
        let at = |site| Choice { site, entity, occurrence };
        match &plan.what {
            Input::Write(fact) => {
                let on = plan.to.is_some_and(|site| self.clock.decide(at(site)));
                let write = if on { Write::On } else { Write::Off };
                self.write_outside(*fact, entity, write, input);
            }
            Input::Add(fact) => self.write_outside(*fact, entity, Write::Add, input),
            Input::Force(fact) => {
                let to = plan.to.map_or(0, |site| self.clock.count(at(site)));
                self.force_outside(*fact, entity, to);
            }
            Input::Block(step) => {
                // Whoever has left the plan blocks nothing any more.
                if self.world.moves(plan.kind, entity) {
                    self.block(vec![(*step, entity)]);
                }
            }
            Input::Count { quantifier, values } => {
                let to = plan.to.map_or(0, |site| self.clock.count(at(site)));
                self.count_others(*quantifier, values, to, entity);
            }
        }
        self.arm_input(input);
    }

    /// A write of somebody else lands (E2, E3): it cancels the pending expiry, and whatever it was
    /// issued after will be dropped.
    fn write_outside(&mut self, fact: u16, entity: Entity, write: Write, input: u16) {
        let row = self.rules.fact(fact, entity);
        let newest = self.passed(fact, row, input);
        let plan = &self.plan.facts[usize::from(fact)];
        let full = plan.count;
        let slot = &mut self.state.facts[row];
        slot.newest = slot.newest.max(newest);
        if write != Write::Add {
            slot.newest_set = slot.newest_set.max(newest);
        }
        let on = match write {
            Write::On => true,
            Write::Off => false,
            Write::Add => slot.count.saturating_add(1) >= full,
        };
        slot.count = match write {
            Write::On => full,
            Write::Off => 0,
            Write::Add => full.min(slot.count.saturating_add(1)),
        };
        self.void_lease(row);
        let forced = self.state.facts[row].forces > 0;
        self.set(fact, plan, entity, on, Source::Write, forced);
    }

    /// A number of issue behind the effects in flight that a write of somebody else comes behind,
    /// and before the others; 0 if it comes behind none.
    fn passed(&mut self, fact: u16, row: usize, input: u16) -> u32 {
        let plan = &self.rules.environment().inputs()[usize::from(input)];
        let Some(site) = plan.passes else { return 0 };
        let newest = self.state.facts[row].newest;
        let flights = self.state.flights.iter().flatten();
        let mine = flights.filter(|flight| flight.fact == fact && !flight.late);
        let mut issues: Vec<u32> =
            mine.map(|flight| flight.issue).filter(|&issue| issue >= newest).collect();
        issues.sort_unstable();
        let entity = self.only(plan.kind);
        let mut behind = 0;
        for issue in issues {
            let occurrence = &mut self.state.outside.passes[usize::from(input)];
            *occurrence += 1;
            if !self.clock.decide(Choice { site, entity, occurrence: *occurrence }) {
                break;
            }
            // The next issue may have this very number: it is not before itself.
            behind = issue + 1;
        }
        behind
    }

    /// Somebody else forces a fact off (0) or on (1), or no longer (2). One force stands for all of
    /// theirs: what is seen while several hold is what the latest says.
    fn force_outside(&mut self, fact: u16, entity: Entity, to: u64) {
        let row = self.rules.fact(fact, entity);
        let forces = self.state.forced.entry((entity, fact)).or_default();
        let before = forces.len();
        forces.retain(|forced| forced.id != OUTSIDE);
        self.state.facts[row].forces -= u16::from(forces.len() < before);
        if to < 2 {
            forces.push(Forced { id: OUTSIDE, on: to == 1, counted: false });
            self.state.facts[row].forces += 1;
        }
        self.show_forced(fact, entity);
    }
}

/// The stamp of others' force, which no stamp of the state is.
const OUTSIDE: u32 = 0;
