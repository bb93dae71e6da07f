//! What must hold for every plan, and for the event queue.

use std::collections::BTreeMap;

use cutover::kernel::{Entry, EventQueue, Monitor, Schedule, Setup, Sim, Stop};
use cutover::model::{Entity, Happening, Phase, Rules, State, Timer, TimerKind};
use cutover::monitor::{StopReason, Stopped, Watch};
use cutover::units::Instant;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::lab::{Run, run_with, setup};
use crate::plans;

fn config(cases: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(1);
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(2000))]

    /// Like a kernel: nothing is pushed before the time of the last pop, orders only grow.
    #[test]
    fn the_event_queue_is_a_sorted_list(steps in proptest::collection::vec(0..9u64, 0..200)) {
        let (mut queue, mut list) = (EventQueue::default(), Vec::new());
        let (mut now, mut order) = (0, 0);
        for step in steps {
            if step < 6 {
                order += 1;
                let timer =
                    Timer { kind: TimerKind::End, which: 0, entity: Entity(0), stamp: 0 };
                // Goals carry a high order, so orders of pushes are not monotone either.
                let order = if step == 5 { order | 1 << 63 } else { order };
                let entry = Entry { time: Instant(now + step / 2), order, timer };
                queue.push(entry);
                list.push(entry);
                list.sort_by_key(|entry| (entry.time, entry.order));
            } else {
                let expected = (!list.is_empty()).then(|| list.remove(0));
                prop_assert_eq!(queue.pop(), expected);
                now = expected.map_or(now, |entry| entry.time.0);
            }
            prop_assert_eq!(queue.len(), list.len());
            prop_assert_eq!(queue.is_empty(), list.is_empty());
            let mut pending: Vec<Entry> = queue.iter().copied().collect();
            pending.sort_by_key(|entry| (entry.time, entry.order));
            prop_assert_eq!(&pending, &list);
        }
    }
}

/// After every event: whoever waits lacks a slot, and no pool is overdrawn.
#[derive(Default)]
struct Queues {
    /// The first that waited though it fitted: event, step, entity.
    waited: Option<(u64, u16, Entity)>,
    overdrawn: bool,
    queued: u64,
}

impl Monitor for Queues {
    fn event(&mut self, sim: &Sim, _: Option<Timer>, happenings: &[Happening]) {
        let (rules, state) = (sim.rules(), sim.state());
        for (step, entity) in instances(rules) {
            if rules.standing(state, step, entity).phase == Phase::Queued {
                self.queued += 1;
                let mut lacks = rules.lacks(state, step, entity);
                if lacks.all(|pool| rules.free_slots(state, pool) > 0) {
                    self.waited.get_or_insert((sim.events(), step, entity));
                }
            }
        }
        let slots = |change: i32, pool: u32| change > 0 && rules.free_slots(state, pool) < 0;
        self.overdrawn |= happenings.iter().any(|what| match *what {
            Happening::Slots { pool, change } => slots(change, pool),
            _ => false,
        });
    }
}

/// Every step of every entity that takes part.
fn instances(rules: &Rules) -> Vec<(u16, Entity)> {
    let steps = (0u16..).zip(&rules.plan.steps);
    let each = steps.flat_map(|(index, step)| {
        let moving = rules.world.all(step.kind).filter(|&e| rules.world.moves(step.kind, e));
        moving.map(move |entity| (index, entity))
    });
    each.collect()
}

fn replications(setup: &Setup) -> impl Iterator<Item = Sim> {
    (0..3).map(|replication| Sim::new(setup, Schedule::sampled(replication)))
}

proptest! {
    #![proptest_config(config(1000))]

    /// S4.
    #[test]
    fn no_request_that_fits_ever_waits(plan in plans::plan()) {
        for mut sim in replications(&setup(&plans::text(&plan), 1)) {
            let mut queues = Queues::default();
            sim.run(&mut queues);
            prop_assert_eq!(queues.waited, None, "{}", plans::text(&plan));
            prop_assert!(!queues.overdrawn, "{}", plans::text(&plan));
        }
    }

    /// Nothing is lost and nothing happens twice.
    #[test]
    fn steps_attempts_and_slots_are_conserved(plan in plans::plan()) {
        let text = plans::text(&plan);
        let setup = setup(&text, 1);
        for replication in 0..3 {
            let run = run_with(&setup, Schedule::sampled(replication));
            let (rules, state) = (run.sim.rules(), run.sim.state());
            let counts = Counts::of(run.log.iter().map(|(_, happening)| happening));
            let stuck: Vec<Entity> = run.outcome.stuck.iter().map(|s| s.entity).collect();
            let finished = run.outcome.stop == Stop::Finished;
            let blocked = |s: &Stopped| s.reason == StopReason::Predecessor;
            let only_blocked = run.outcome.stuck.iter().all(blocked);
            prop_assert!(!finished || only_blocked, "finished: {}", &text);
            for (step, entity) in instances(rules) {
                let phase = rules.standing(state, step, entity).phase;
                let ended = u32::from(phase.ended());
                prop_assert_eq!(counts.ended(step, entity), ended, "{}", &text);
                let accounted = phase.ended()
                    || rules.stopped(state, entity)
                    || stuck.contains(&entity)
                    || kept_out(&run, step, entity);
                prop_assert!(accounted, "step {} of {:?}: {}", step, entity, &text);
                let running = u32::from(phase == Phase::Running);
                prop_assert_eq!(counts.open(step, entity), running, "{}", &text);
            }
            // An outage that strikes when the plan is over may outlast the run.
            let outage = |h: &Happening| match *h {
                Happening::Struck { fault, .. } => {
                    rules.plan.faults[usize::from(fault)].bend.is_none()
                }
                _ => false,
            };
            let late = run.outcome.end.0.saturating_sub(5_000_000);
            let outage = run.log.iter().any(|(at, h)| at.0 >= late && outage(h));
            let rest = outage || at_rest(rules, state, &run.outcome.stop);
            prop_assert!(rest, "ended {:?}, but not at rest: {}", run.outcome.stop, &text);
        }
    }

    /// The same twice, and the digest covers every event.
    #[test]
    fn two_runs_of_a_plan_are_equal(plan in plans::plan()) {
        let setup = setup(&plans::text(&plan), 1);
        for (mut first, mut second) in replications(&setup).zip(replications(&setup)) {
            let watch = (Watch::new(&first), Watch::new(&second));
            prop_assert_eq!(watch.0.run(&mut first), watch.1.run(&mut second));
        }
    }
}

/// True for whom a halt keeps from starting, and for who waits for them when the run ends.
fn kept_out(run: &Run, step: u16, entity: Entity) -> bool {
    let (rules, state) = (run.sim.rules(), run.sim.state());
    let (kind, tenant) = (rules.plan.steps[usize::from(step)].kind, rules.plan.tenant());
    if kind < tenant {
        return run.outcome.stop == Stop::Halted;
    }
    let owner = rules.world.ancestor(kind, entity, tenant);
    state.halted() && !rules.has_started(state, rules.world.index(tenant, owner))
}

/// Ends of steps, and attempts begun minus attempts over.
struct Counts(BTreeMap<(u16, Entity), (u32, u32)>);

impl Counts {
    fn of<'a>(log: impl Iterator<Item = &'a Happening>) -> Counts {
        let mut counts: BTreeMap<(u16, Entity), (u32, u32)> = BTreeMap::new();
        for happening in log {
            match *happening {
                Happening::StepEnded { step, entity, .. } => {
                    counts.entry((step, entity)).or_default().0 += 1;
                }
                Happening::Attempt { step, entity, .. } => {
                    counts.entry((step, entity)).or_default().1 += 1;
                }
                Happening::AttemptEnded { step, entity }
                | Happening::AttemptFailed { step, entity, .. } => {
                    counts.entry((step, entity)).or_default().1 -= 1;
                }
                _ => {}
            }
        }
        Counts(counts)
    }

    fn get(&self, step: u16, entity: Entity) -> (u32, u32) {
        self.0.get(&(step, entity)).copied().unwrap_or_default()
    }

    fn ended(&self, step: u16, entity: Entity) -> u32 {
        self.get(step, entity).0
    }

    fn open(&self, step: u16, entity: Entity) -> u32 {
        self.get(step, entity).1
    }
}

/// A run that is over holds no slot and has nothing in flight, but for attempts that hang or that
/// the horizon cut off.
fn at_rest(rules: &Rules, state: &State, stop: &Stop) -> bool {
    if *stop == Stop::Horizon {
        return true;
    }
    let hangs = |(step, entity)| rules.standing(state, step, entity).phase == Phase::Running;
    let hangs = instances(rules).into_iter().any(hangs);
    let pools = 0..u32::try_from(rules.pool_instances()).expect("few pools");
    let free = pools.into_iter().all(|instance| {
        let (pool, _) = rules.pool_of(instance);
        rules.free_slots(state, instance) == i64::from(rules.plan.pools[usize::from(pool)].slots)
    });
    match stop {
        Stop::Finished => free && !state.busy() && !hangs,
        // A stuck run may hold slots until a step that is never reached. All of its steps may be
        // accounted for, where an attempt of a stopped entity hangs.
        // Whoever has started before a halt is through, but may hold slots until a step that waits
        // for those who have not.
        Stop::Halted => !state.busy() && !hangs,
        Stop::Stuck => (hangs || !state.finished()) && state.busy() == hangs,
        _ => false,
    }
}

/// Random plans must finish, get stuck, fail and queue often enough to mean something.
#[test]
fn random_plans_reach_what_they_are_for() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::new(config(1));
    let (mut finished, mut stuck, mut retries, mut stopped, mut queued) = (0, 0, 0, 0, 0);
    for _ in 0..200 {
        let plan = plans::plan().new_tree(&mut runner).expect("nothing is rejected").current();
        let setup = setup(&plans::text(&plan), 1);
        let run = run_with(&setup, Schedule::sampled(0));
        finished += u32::from(run.outcome.stop == Stop::Finished);
        stuck += u32::from(run.outcome.stop == Stop::Stuck);
        retries += run.outcome.retries;
        stopped += run.outcome.stopped.len();
        let mut queues = Queues::default();
        Sim::new(&setup, Schedule::sampled(0)).run(&mut queues);
        queued += queues.queued;
    }
    assert!(finished > 60 && stuck > 20, "{finished} finished, {stuck} stuck");
    assert!(retries > 50 && stopped > 50 && queued > 500, "{retries} {stopped} {queued}");
}
