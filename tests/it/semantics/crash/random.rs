use std::collections::BTreeMap;

use cutover::kernel::{Monitor, Schedule, Sim, Stop};
use cutover::model::{Entity, Happening, Phase, Rules, State, Timer};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::lab::{Run, run_with, setup};
use crate::plans;

/// Who crashes, when, for how long; what is remembered; which step is remote, and which is cut how.
#[derive(Clone, Debug)]
struct CrashChoice {
    crashes: Vec<(usize, u32, u32)>,
    journal: bool,
    remote: u8,
    cut: (u8, usize),
    slow_undo: bool,
}

fn crash() -> impl Strategy<Value = CrashChoice> {
    let crashes = proptest::collection::vec((0..3usize, 0..25u32, 0..6u32), 1..5);
    let rest = (any::<bool>(), 0..8u8, (0..8u8, 0..3usize), any::<bool>());
    (crashes, rest).prop_map(|(crashes, (journal, remote, cut, slow_undo))| CrashChoice {
        crashes,
        journal,
        remote,
        cut,
        slow_undo,
    })
}

/// A random plan with crashes, in which some steps can be undone.
fn text(plan: &plans::PlanChoice, choice: &CrashChoice) -> String {
    let journal = if choice.journal { "step" } else { "none" };
    let mut text = plans::text(plan);
    text = text.replace("[rollout]\n", &format!("[rollout]\njournal = '{journal}'\n"));
    let mut add = |step: u8, line: &str| {
        let head = format!("[[step]]\nname = 's{step}'\n");
        text = text.replace(&head, &format!("{head}{line}\n"));
    };
    add(choice.remote, "remote = true");
    if choice.journal && choice.remote != choice.cut.0 {
        let when = ["redo", "skip", "undo"][choice.cut.1];
        add(choice.cut.0, &format!("when-cut = '{when}'"));
    }
    if choice.slow_undo {
        let quick = "undo = [{ on = 'f' }]\n";
        text = text.replace(quick, &format!("{quick}undo-duration = '15s'\n"));
        text = text.replace("on-failure = 'continue'", "on-failure = 'undo'");
    }
    for (number, (who, at, restart)) in choice.crashes.iter().enumerate() {
        let who = ["rollout", "wave", "tenant"][*who];
        text.push_str(&format!(
            "[[fault]]\nname = 'crash {number}'\neach = '{who}'\nafter = '{at}s'\nchance = 0.8\n\
             crashes = {{ restart = '{restart}s' }}\n"
        ));
    }
    text
}

/// Attempts begun that are not over.
fn open_attempts(run: &Run) -> BTreeMap<(u16, Entity), i32> {
    let mut open = BTreeMap::new();
    for (_, what) in &run.log {
        let (step, entity, change) = match *what {
            Happening::Attempt { step, entity, .. } => (step, entity, 1),
            Happening::AttemptEnded { step, entity }
            | Happening::AttemptFailed { step, entity, .. }
            | Happening::Cut { step, entity, undo: false, .. } => (step, entity, -1),
            _ => continue,
        };
        *open.entry((step, entity)).or_default() += change;
    }
    open
}

/// An outage that strikes when the plan is over, for five seconds, may outlast the run.
fn outage_at_end(run: &Run) -> bool {
    let plan = &run.sim.rules().plan;
    let late = run.outcome.end.0.saturating_sub(5_000_000);
    run.log.iter().any(|(at, what)| match *what {
        Happening::Struck { fault, .. } => {
            let mut acts = plan.acts.iter();
            let takes = acts.any(|act| {
                act.takes.is_some() && act.fault.is_some_and(|(other, _)| other == fault)
            });
            takes && at.0 >= late
        }
        _ => false,
    })
}

/// After every event: whoever waits lacks a slot, and nothing of who is down is admitted.
#[derive(Default)]
struct Watch {
    down: BTreeMap<Entity, u32>,
    waited: bool,
    started: bool,
}

impl Watch {
    fn is_down(&self, rules: &Rules, entity: Entity) -> bool {
        let (plan, world) = (&rules.plan, &rules.world);
        let kind = world.kind(entity);
        self.down.iter().any(|(&scope, &count)| {
            let of = world.kind(scope);
            let rollout = scope == Entity(0);
            count > 0
                && (rollout || (kind >= plan.tenant() && world.ancestor(kind, entity, of) == scope))
        })
    }
}

impl Monitor for Watch {
    fn event(&mut self, sim: &Sim, _: Option<Timer>, happenings: &[Happening]) {
        let (rules, state): (&Rules, &State) = (sim.rules(), sim.state());
        for what in happenings {
            match *what {
                Happening::Crashed { entity, .. } => *self.down.entry(entity).or_default() += 1,
                Happening::Restarted { entity, .. } => *self.down.entry(entity).or_default() -= 1,
                Happening::Queued { entity, .. } | Happening::Attempt { entity, .. } => {
                    self.started |= self.is_down(rules, entity);
                }
                _ => {}
            }
        }
        for (step, plan) in (0u16..).zip(&rules.plan.steps) {
            for entity in rules.world.all(plan.kind) {
                if rules.standing(state, step, entity).phase == Phase::Queued {
                    let mut lacks = rules.lacks(state, step, entity);
                    self.waited |= lacks.all(|pool| rules.free_slots(state, pool) > 0);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 600,
        rng_seed: RngSeed::Fixed(8),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Nothing starts while it is down, no request that fits waits, nothing is lost: a finished run
    /// holds no slot and has nothing in flight, and by a journal every step ends once.
    #[test]
    fn s8_crashes_lose_nothing_that_a_journal_knows(plan in plans::plan(), choice in crash()) {
        let text = text(&plan, &choice);
        let setup = setup(&text, 1);
        for replication in 0..2 {
            let schedule = Schedule::sampled(replication);
            let run = run_with(&setup, schedule.clone());
            let (rules, state) = (run.sim.rules(), run.sim.state());
            let mut watch = Watch::default();
            Sim::new(&setup, schedule).run(&mut watch);
            prop_assert!(!watch.waited && !watch.started, "{}", text);
            let livelock = matches!(run.outcome.stop, Stop::Livelock(_) | Stop::Events);
            prop_assert!(!livelock, "{:?} {}", run.outcome.stop, text);
            let open = open_attempts(&run);
            let running = |&(step, entity): &(u16, Entity)| {
                i32::from(rules.standing(state, step, entity).phase == Phase::Running)
            };
            // A forgotten remote attempt that hangs is open beside the one that runs.
            let odd = open.iter().any(|(at, &count)| {
                count < running(at) || (choice.journal && count != running(at))
            });
            prop_assert!(!odd, "{}", text);
            if run.outcome.stop == Stop::Finished {
                prop_assert!(state.finished() && !state.busy(), "{}", text);
                prop_assert!(open.values().all(|&count| count == 0), "{}", text);
                let slots = |instance: u32| {
                    let (pool, _) = rules.pool_of(instance);
                    i64::from(rules.plan.pools[usize::from(pool)].slots)
                };
                let free = |instance| rules.free_slots(state, instance) == slots(instance);
                let pools = u32::try_from(rules.pool_instances()).expect("few");
                prop_assert!(outage_at_end(&run) || (0..pools).all(free), "{}", text);
            }
            if choice.journal {
                let mut ends = BTreeMap::new();
                for (_, what) in &run.log {
                    if let Happening::StepEnded { step, entity, .. } = *what {
                        *ends.entry((step, entity)).or_insert(0u32) += 1;
                    }
                }
                prop_assert!(ends.values().all(|&count| count == 1), "{}", text);
            }
        }
    }
}

/// The property means something: plans finish, attempts are cut, forgotten and undone.
#[test]
fn random_crashes_reach_what_they_are_for() {
    use proptest::strategy::ValueTree;
    let config = ProptestConfig { rng_seed: RngSeed::Fixed(8), ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let (mut finished, mut cut, mut orphaned, mut undone, mut lost) = (0, 0, 0, 0, 0);
    for _ in 0..300 {
        let strategy = (plans::plan(), crash());
        let (plan, choice) = strategy.new_tree(&mut runner).expect("nothing is rejected").current();
        let run = run_with(&setup(&text(&plan, &choice), 1), Schedule::sampled(0));
        finished += u32::from(run.outcome.stop == Stop::Finished);
        for (_, what) in &run.log {
            match what {
                Happening::Cut { undo: false, .. } => cut += 1,
                Happening::Orphaned { .. } => orphaned += 1,
                Happening::Undone { .. } => undone += 1,
                Happening::RollbackFailed { .. } => lost += 1,
                _ => {}
            }
        }
    }
    assert!(finished > 80 && cut > 200, "{finished} {cut}");
    assert!(orphaned > 5 && undone > 20 && lost > 0, "{orphaned} {undone} {lost}");
}
