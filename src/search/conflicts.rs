//! Which events of one instant do not commute: whose order is a choice worth making.
//!
//! Two events commute if either order leads to the same state (*independence*: Mazurkiewicz, 1977;
//! Godefroid, *Partial-order methods*, LNCS 1032, 1996, section 3.1). What an event touches follows
//! from the plan: facts that its effects write; facts read by their conditions, by what may become
//! ready with it, and by whatever watches a fact that it writes, since all of that is looked at within
//! the event (T2); pools that run short. Two events conflict if one writes what the other touches, or
//! if both touch such a pool. Where this is not worked out (crashes, outages, starts of tenants, waves
//! that end, rollbacks), they are taken to conflict.
//!
//! [`Races`](crate::search::Races) is the coarser relation that priorities are drawn anew by.

use std::collections::{BTreeMap, BTreeSet};

use crate::kernel::{Setup, Tie};
use crate::model::{Entity, Timer, TimerKind, World};
use crate::plan::{ActPlan, Cond, EffectPlan, KindId, Plan, StepPlan};
use crate::scenario::{OnFailure, Write};
use crate::search::strategy::Ready;

/// Whose facts an event touches, as seen from its entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// Its own or those of the one ancestor of their kind; without one, of any within the tenant.
    Own,
    /// Of any within its tenant.
    Tenant,
    /// Of any.
    Anywhere,
}

/// What events of one kind touch.
#[derive(Clone, Debug, Default)]
struct Print {
    /// With what they are all set to, if that is one thing.
    writes: BTreeMap<u16, (Reach, Option<Write>)>,
    reads: BTreeMap<u16, Reach>,
    pools: BTreeSet<u16>,
    /// Everything within the tenant.
    tenant: bool,
    /// Everything.
    all: bool,
}

impl Print {
    fn read(&mut self, fact: u16, reach: Reach) {
        let known = self.reads.entry(fact).or_insert(reach);
        *known = (*known).max(reach);
    }

    fn write(&mut self, fact: u16, reach: Reach, write: Option<Write>) {
        let known = self.writes.entry(fact).or_insert((reach, write));
        *known = (known.0.max(reach), known.1.filter(|_| known.1 == write));
    }
}

/// What a condition reads: facts by name, and those that it counts with the kind that counts.
fn facts_of(plan: &Plan, cond: &Cond) -> (BTreeSet<u16>, BTreeSet<(u16, KindId)>) {
    let of = |level: KindId, mask: u64| {
        let facts = (0u16..).zip(&plan.facts);
        facts.filter(move |(_, fact)| fact.kind == level && mask >> fact.bit & 1 == 1)
    };
    let (mut named, mut counted, mut quantifiers) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    cond.visit(
        &mut |level, mask| named.extend(of(level, mask).map(|(fact, _)| fact)),
        &mut |quantifier| quantifiers.push(quantifier),
    );
    for quantifier in quantifiers {
        let quantifier = &plan.quantifiers[usize::from(quantifier)];
        let mut count = |level, mask| {
            counted.extend(of(level, mask).map(|(fact, _)| (fact, quantifier.at)));
        };
        quantifier.cond.visit(&mut count, &mut |_| {});
    }
    (named, counted)
}

/// Pools that may run short in this population.
fn short(plan: &Plan, world: &World) -> BTreeSet<u16> {
    let taken: BTreeSet<u16> =
        plan.acts.iter().filter_map(|act| act.takes).map(|(pool, ..)| pool).collect();
    let short = |(number, pool): &(u16, &crate::plan::PoolPlan)| {
        let uses = |step: &&StepPlan| step.uses.iter().any(|used| used.pool == *number);
        let most = plan.steps.iter().filter(uses).map(|step| u64::from(world.count(step.kind)));
        taken.contains(number)
            || !pool.shifts.is_empty()
            || pool.quotas.0.iter().any(Option::is_some)
            || most.sum::<u64>() > u64::from(pool.slots)
    };
    (0..).zip(&plan.pools).filter(short).map(|(number, _)| number).collect()
}

/// Works out what the events of a plan touch.
struct Survey<'a> {
    plan: &'a Plan,
    short: BTreeSet<u16>,
    /// The end of a tenant lets another start.
    starts: bool,
}

impl Survey<'_> {
    fn reads(&self, cond: &Cond, print: &mut Print) {
        let (named, counted) = facts_of(self.plan, cond);
        named.into_iter().for_each(|fact| print.read(fact, Reach::Own));
        for (fact, at) in counted {
            let within = at >= self.plan.tenant();
            print.read(fact, if within { Reach::Tenant } else { Reach::Anywhere });
        }
    }

    /// Effects that are issued, and whatever watches what they set.
    fn issues(&self, effects: &[EffectPlan], print: &mut Print) {
        for effect in effects {
            let reach = if effect.members { Reach::Tenant } else { Reach::Own };
            // What lands later is ordered by when it was issued (E2), whatever it sets.
            let at_once = effect.after.is_none() && effect.lasts.is_none();
            let write = Some(effect.write).filter(|write| at_once && *write != Write::Add);
            print.write(effect.fact, reach, write);
            self.reads(&effect.condition, print);
            self.watched(effect.fact, print);
        }
    }

    /// A step that may be ready is looked at; skipped or done, those behind it are, too.
    fn looks(&self, step: u16, seen: &mut BTreeSet<u16>, print: &mut Print) {
        if !seen.insert(step) {
            return;
        }
        let plan = &self.plan.steps[usize::from(step)];
        let conds = [&plan.when, &plan.done_if, &plan.needs];
        conds.into_iter().flatten().for_each(|cond| self.reads(cond, print));
        self.uses(plan, print);
        if plan.when.is_some() || plan.done_if.is_some() {
            self.ends(plan, seen, print);
        }
    }

    /// Slots are asked for or given back; whoever waits for them is looked at.
    fn uses(&self, step: &StepPlan, print: &mut Print) {
        let freed = step.frees.iter().map(|&step| &self.plan.steps[usize::from(step)]);
        let used = freed.chain([step]).flat_map(|step| &step.uses).map(|used| used.pool);
        for pool in used.filter(|pool| self.short.contains(pool)) {
            if !print.pools.insert(pool) {
                continue;
            }
            let waits = |step: &&StepPlan| step.uses.iter().any(|used| used.pool == pool);
            for step in self.plan.steps.iter().filter(waits) {
                for cond in [&step.when, &step.done_if, &step.needs].into_iter().flatten() {
                    let (named, counted) = facts_of(self.plan, cond);
                    let counted = counted.into_iter().map(|(fact, _)| fact);
                    named.into_iter().chain(counted).for_each(|fact| {
                        print.read(fact, Reach::Anywhere);
                    });
                }
            }
        }
    }

    /// What may be ready once a step has ended.
    fn ends(&self, step: &StepPlan, seen: &mut BTreeSet<u16>, print: &mut Print) {
        self.uses(step, print);
        step.before.iter().for_each(|&next| self.looks(next, seen, print));
        print.all |= step.before.is_empty() && self.starts;
    }

    /// Whatever watches a fact that an event sets is looked at within it.
    fn watched(&self, fact: u16, print: &mut Print) {
        let plan = self.plan;
        for (number, step) in (0u16..).zip(&plan.steps) {
            let conds = [&step.needs, &step.holds].into_iter().flatten();
            let anchor = conds.filter_map(|cond| self.watch(fact, cond, print)).min();
            let Some(anchor) = anchor else { continue };
            // It may be let in, or end by its `done-if`, and its entity may be another one.
            let mut other = Print::default();
            self.looks(number, &mut BTreeSet::new(), &mut other);
            print.all |= other.all;
            print.pools.extend(other.pools);
            for (read, reach) in other.reads {
                print.read(read, reach.max(self.seen(anchor, read)));
            }
        }
        for act in &plan.acts {
            self.watch(fact, &act.condition, print);
        }
        for user in &plan.users {
            self.watch(fact, &user.connects, print);
            self.watch(fact, &user.ends_when, print);
        }
    }

    /// Of whom those below an entity of this kind read.
    fn beyond(&self, kind: KindId) -> Reach {
        if kind >= self.plan.tenant() { Reach::Tenant } else { Reach::Anywhere }
    }

    /// Of whom a fact is read by those below an entity of this kind.
    fn seen(&self, anchor: KindId, fact: u16) -> Reach {
        let kind = self.plan.facts[usize::from(fact)].kind;
        if self.plan.sees(anchor, kind) { Reach::Own } else { self.beyond(anchor) }
    }

    /// If a condition watches a fact, all that it reads is read; below which kind that is.
    fn watch(&self, fact: u16, cond: &Cond, print: &mut Print) -> Option<KindId> {
        let (named, counted) = facts_of(self.plan, cond);
        let at = counted.iter().filter(|(of, _)| *of == fact).map(|&(_, at)| at);
        let own = named.contains(&fact).then(|| self.plan.facts[usize::from(fact)].kind);
        let anchor = at.chain(own).min()?;
        for &read in &named {
            print.read(read, self.seen(anchor, read));
        }
        for &(read, at) in &counted {
            print.read(read, self.beyond(at.min(anchor)));
        }
        Some(anchor)
    }

    fn begin(&self, step: &StepPlan) -> Print {
        let mut print = Print::default();
        self.issues(&step.at_start, &mut print);
        step.holds.iter().for_each(|cond| self.reads(cond, &mut print));
        print
    }

    fn end(&self, step: &StepPlan) -> Print {
        let mut print = Print::default();
        self.issues(&step.at_end, &mut print);
        let own = [&step.when, &step.done_if, &step.needs];
        own.into_iter().flatten().for_each(|cond| self.reads(cond, &mut print));
        self.ends(step, &mut BTreeSet::new(), &mut print);
        print
    }

    /// A failure, or the wait after one: what was done may be taken back.
    fn fail(&self, step: &StepPlan) -> Print {
        let mut print = self.end(step);
        self.issues(&step.at_fail, &mut print);
        print.tenant = true;
        print.all |= step.on_failure == OnFailure::HaltRollout || self.starts;
        print
    }

    /// A part of a rollback.
    fn undo(&self, step: &StepPlan) -> Print {
        let mut print = self.end(step);
        self.issues(&step.undo, &mut print);
        Print { tenant: true, ..print }
    }

    fn act(&self, act: &ActPlan) -> Print {
        let mut print = Print::default();
        self.issues(&act.does, &mut print);
        self.reads(&act.condition, &mut print);
        if let Some((fact, ..)) = act.forces {
            print.write(fact, Reach::Own, None);
            self.watched(fact, &mut print);
        }
        let far = act.crashes.is_some() || act.takes.is_some() || act.slows.is_some();
        print.all = far || act.steers.any();
        print
    }

    fn user(&self, user: &crate::plan::UserPlan) -> Print {
        let mut print = Print::default();
        self.reads(&user.connects, &mut print);
        self.reads(&user.ends_when, &mut print);
        user.keeps.iter().for_each(|&fact| print.read(fact, Reach::Own));
        print
    }

    fn fact(&self, fact: u16) -> Print {
        let mut print = Print::default();
        print.write(fact, Reach::Own, None);
        self.watched(fact, &mut print);
        print
    }
}

/// What the events of a plan touch, by kind.
#[derive(Clone, Debug)]
pub struct Conflicts {
    begins: Vec<Print>,
    ends: Vec<Print>,
    fails: Vec<Print>,
    undoes: Vec<Print>,
    acts: Vec<Print>,
    users: Vec<Print>,
    facts: Vec<Print>,
}

impl Conflicts {
    /// Nothing is worked out: every two events are taken to conflict.
    #[must_use]
    pub fn all() -> Conflicts {
        let none = Vec::new;
        Conflicts {
            begins: none(),
            ends: none(),
            fails: none(),
            undoes: none(),
            acts: none(),
            users: none(),
            facts: none(),
        }
    }

    /// Works out what events touch.
    #[must_use]
    pub fn new(setup: &Setup) -> Conflicts {
        let (plan, world) = (setup.plan(), setup.world());
        let starts = plan.at_once < world.count(plan.tenant())
            || !plan.waves.is_empty()
            || plan.halted.is_some();
        let survey = Survey { plan, short: short(plan, world), starts };
        let steps = |print: &dyn Fn(&StepPlan) -> Print| plan.steps.iter().map(print).collect();
        let facts = 0..u16::try_from(plan.facts.len()).expect("few facts");
        Conflicts {
            begins: steps(&|step| survey.begin(step)),
            ends: steps(&|step| survey.end(step)),
            fails: steps(&|step| survey.fail(step)),
            undoes: steps(&|step| survey.undo(step)),
            acts: plan.acts.iter().map(|act| survey.act(act)).collect(),
            users: plan.users.iter().map(|user| survey.user(user)).collect(),
            facts: facts.map(|fact| survey.fact(fact)).collect(),
        }
    }

    fn print(&self, plan: &Plan, timer: &Timer) -> Option<&Print> {
        let which = usize::from(timer.which);
        match timer.kind {
            TimerKind::Start => self.begins.get(which),
            TimerKind::End => self.ends.get(which),
            TimerKind::Broken | TimerKind::Timeout | TimerKind::Retry => self.fails.get(which),
            TimerKind::Undo => self.undoes.get(which),
            TimerKind::Fail | TimerKind::UndoFail => {
                let fault = &plan.faults[which];
                let (step, _) = fault.bend.or(fault.undo_bend)?;
                self.fails.get(usize::from(step))
            }
            TimerKind::Act => self.acts.get(which),
            TimerKind::Connect | TimerKind::Disconnect => self.users.get(which),
            TimerKind::Landing | TimerKind::Expiry | TimerKind::Unforce => self.facts.get(which),
            _ => None,
        }
    }

    /// Whether the order of two events of one instant may matter.
    #[must_use]
    pub fn conflict(&self, setup: &Setup, a: &Timer, b: &Timer) -> bool {
        let plan = setup.plan();
        let (Some(one), Some(two)) = (self.print(plan, a), self.print(plan, b)) else {
            return true;
        };
        let pair = Pair::new(setup, a, b);
        if one.all || two.all || (one.tenant || two.tenant) && !pair.apart {
            return true;
        }
        let pools = one.pools.intersection(&two.pools);
        let mut pools = pools.map(|&pool| plan.pools[usize::from(pool)].kind);
        pools.any(|kind| !(pair.apart && kind >= plan.tenant()))
            || pair.touch(one, two)
            || pair.turned().touch(two, one)
    }

    /// Of events of one instant, in the order in which they fire unless somebody decides: those that
    /// change something by going first, by index. One that commutes with the first may as well go
    /// second, and is asked about again there.
    #[must_use]
    pub fn alternatives(&self, setup: &Setup, tied: &[Ready]) -> Vec<usize> {
        let timer = |place: usize| tied[place].timer;
        let may = |&place: &usize| {
            let free = Tie::is_free(timer(0).kind) && Tie::is_free(timer(place).kind);
            free && self.conflict(setup, &timer(0), &timer(place))
        };
        (1..tied.len()).filter(may).collect()
    }
}

/// Two events, as far as it matters whose they are.
#[derive(Clone, Copy)]
struct Pair<'a> {
    setup: &'a Setup,
    of: (KindId, Entity),
    other: (KindId, Entity),
    /// They are of two tenants.
    apart: bool,
    /// They are the same of two entities.
    alike: bool,
}

impl<'a> Pair<'a> {
    fn new(setup: &'a Setup, a: &Timer, b: &Timer) -> Pair<'a> {
        let (plan, world) = (setup.plan(), setup.world());
        let tenant = plan.tenant();
        let kinded = |timer: &Timer| (world.kind(timer.entity), timer.entity);
        let (of, other) = (kinded(a), kinded(b));
        let above = |(kind, entity): (KindId, Entity)| {
            (kind >= tenant).then(|| world.ancestor(kind, entity, tenant))
        };
        let apart = above(of).zip(above(other)).is_some_and(|(one, two)| one != two);
        let alike = (a.kind, a.which) == (b.kind, b.which);
        Pair { setup, of, other, apart, alike }
    }

    fn turned(self) -> Pair<'a> {
        Pair { of: self.other, other: self.of, ..self }
    }

    /// Whether the first writes what the second touches.
    fn touch(self, one: &Print, two: &Print) -> bool {
        one.writes.iter().any(|(fact, &(reach, write))| {
            let kind = self.setup.plan().facts[usize::from(*fact)].kind;
            let written = two.writes.get(fact);
            let read = two.reads.get(fact).filter(|&&read| {
                // Members that all set their own to the same are counted alike in any order.
                let counted = read > Reach::Own && reach == Reach::Own;
                !(self.alike && counted && write.is_some() && kind == self.of.0)
            });
            written.is_some_and(|&(other, _)| self.meet(kind, reach, other))
                || read.is_some_and(|&other| self.meet(kind, reach, other))
        })
    }

    /// Whether two facts of this kind may be one.
    fn meet(self, kind: KindId, one: Reach, two: Reach) -> bool {
        let (plan, world) = (self.setup.plan(), self.setup.world());
        let own = |reach: Reach, (of, entity): (KindId, Entity)| {
            let sees = reach == Reach::Own && plan.sees(of, kind);
            sees.then(|| world.ancestor(of, entity, kind))
        };
        match (own(one, self.of), own(two, self.other)) {
            (Some(one), Some(two)) => one == two,
            _ if one == Reach::Anywhere || two == Reach::Anywhere => true,
            _ => !(self.apart && kind >= plan.tenant()),
        }
    }
}
