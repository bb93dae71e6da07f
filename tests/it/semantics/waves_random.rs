//! Random plans in random waves, with halts, resumptions and rollbacks at random.

use std::collections::BTreeMap;

use cutover::kernel::{Schedule, Stop};
use cutover::model::{Entity, Happening, Phase};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::lab::{Run, run_with, setup};
use crate::plans;

/// What a wave takes, how many at once, how long it soaks, how many are enough, and its date.
type WaveChoice = (u32, u32, u32, u32, u32);

#[derive(Clone, Debug)]
struct WavesChoice {
    waves: Vec<WaveChoice>,
    /// After how long it is halted and, if it is, resumed.
    halt: Option<(u32, Option<u32>)>,
    /// Who is rolled back, of whom, after how long.
    back: Option<(usize, usize, u32)>,
}

fn waves() -> impl Strategy<Value = WavesChoice> {
    let wave = (1..4u32, 1..4u32, 0..9u32, 1..4u32, 0..30u32);
    let halt = proptest::option::of((1..40u32, proptest::option::of(1..20u32)));
    let back = proptest::option::of((0..3usize, 0..2usize, 1..40u32));
    (proptest::collection::vec(wave, 1..4), halt, back)
        .prop_map(|(waves, halt, back)| WavesChoice { waves, halt, back })
}

/// The plan in waves; what the plan calls a wave is a site now.
fn text(plan: &plans::PlanChoice, choice: &WavesChoice) -> String {
    let mut text = plans::text(plan);
    text = text.replace("[groups.wave]", "[groups.site]").replace("'wave'", "'site'");
    for (number, (take, at_once, soak, enough, date)) in choice.waves.iter().enumerate() {
        text.push_str(&format!(
            "[[wave]]\nname = 'w{number}'\ntake = {take}\nat-once = {at_once}\n\
             soak = {{ uniform = ['{soak}s', '9s'] }}\nenough = '{} %'\nnot-before = '{date}s'\n",
            enough * 33
        ));
    }
    let mut acts = |name: &str, each: &str, condition: &str, after: u32, does: &str| {
        text.push_str(&format!(
            "[[reaction]]\nname = '{name}'\neach = '{each}'\nwhile = '{condition}'\n\
             after = '{after}s'\n{does}\n"
        ));
    };
    if let Some((after, resumes)) = choice.halt {
        acts("halt", "rollout", "not r", after, "halts = true");
        if let Some(after) = resumes {
            acts("resume", "rollout", "halted", after, "resumes = true");
        }
    }
    if let Some((who, whom, after)) = choice.back {
        let whom = ["in-progress", "started"][whom];
        let each = ["rollout", "wave", "tenant"][who];
        acts("take back", each, "not r", after, &format!("rolls-back = '{whom}'"));
    }
    text
}

/// What the log says of starts: times in microseconds.
#[derive(Default)]
struct Story {
    started: BTreeMap<Entity, Vec<u64>>,
    /// Turn and end of each wave.
    waves: BTreeMap<usize, (u64, Option<u64>)>,
    /// A tenant started while the rollout was halted.
    while_halted: bool,
    attempts: BTreeMap<(u16, Entity), i32>,
}

fn story(run: &Run) -> Story {
    let (mut story, mut halted) = (Story::default(), false);
    let rules = run.sim.rules();
    let kind = rules.plan.wave_kind().expect("there are waves");
    let number = |wave| rules.world.index(kind, wave) as usize;
    for (at, what) in &run.log {
        match *what {
            Happening::TenantStarted(tenant) => {
                story.started.entry(tenant).or_default().push(at.0);
                story.while_halted |= halted;
            }
            Happening::Halted { .. } => halted = true,
            Happening::Resumed { .. } => halted = false,
            Happening::WaveStarted(wave) => _ = story.waves.insert(number(wave), (at.0, None)),
            Happening::WaveEnded(wave) => {
                let times = story.waves.get_mut(&number(wave));
                times.expect("a wave ends after its turn").1 = Some(at.0);
            }
            Happening::Attempt { step, entity, .. } => {
                *story.attempts.entry((step, entity)).or_default() += 1;
            }
            Happening::AttemptEnded { step, entity }
            | Happening::AttemptFailed { step, entity, .. } => {
                *story.attempts.entry((step, entity)).or_default() -= 1;
            }
            _ => {}
        }
    }
    story
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 500,
        rng_seed: RngSeed::Fixed(5),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    /// Whoever starts does so once, in his wave's turn and not while the rollout is halted; turns come
    /// in order, at their dates at the earliest; and nothing is left over when a run has finished.
    #[test]
    fn waves_start_everybody_once_and_in_order(plan in plans::plan(), choice in waves()) {
        let text = text(&plan, &choice);
        let setup = setup(&text, 1);
        for replication in 0..2 {
            let run = run_with(&setup, Schedule::sampled(replication));
            let (rules, state) = (run.sim.rules(), run.sim.state());
            let (world, tenant) = (&rules.world, rules.plan.tenant());
            let story = story(&run);
            prop_assert!(!story.while_halted, "{}", text);
            for (&entity, starts) in &story.started {
                prop_assert_eq!(starts.len(), 1, "{}", text);
                let index = world.index(tenant, entity);
                let turn = story.waves.get(&world.wave(index)).map(|turn| turn.0);
                prop_assert!(turn.is_some_and(|turn| turn <= starts[0]), "{}", text);
            }
            let mut due = Some(0);
            for (wave, &(_, _, soak, enough, date)) in choice.waves.iter().enumerate() {
                let Some(&(turn, through)) = story.waves.get(&wave) else { due = None; continue };
                let date = u64::from(date) * 1_000_000;
                prop_assert!(due.is_some_and(|due| due.max(date) <= turn), "w{}: {}", wave, text);
                // It ends no sooner than its turn comes, and with everybody where all are needed.
                let ended = if enough == 3 { through } else { Some(turn) };
                due = ended.map(|ended| ended + u64::from(soak) * 1_000_000);
            }
            let livelock = matches!(run.outcome.stop, Stop::Livelock(_) | Stop::Events);
            prop_assert!(!livelock, "{:?} {}", run.outcome.stop, text);
            for (&(step, entity), &open) in &story.attempts {
                let running = rules.standing(state, step, entity).phase == Phase::Running;
                prop_assert_eq!(open, i32::from(running), "{}", text);
            }
            if run.outcome.stop == Stop::Finished {
                prop_assert!(state.finished() && !state.busy(), "{}", text);
            }
        }
    }
}

/// The property means something: waves come, halts and rollbacks happen, rollouts finish.
#[test]
fn random_waves_reach_what_they_are_for() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::new(config());
    let (mut finished, mut turns, mut halts, mut resumed, mut back) = (0, 0, 0, 0, 0);
    for _ in 0..300 {
        let strategy = (plans::plan(), waves());
        let (plan, choice) = strategy.new_tree(&mut runner).expect("nothing is rejected").current();
        let run = run_with(&setup(&text(&plan, &choice), 1), Schedule::sampled(0));
        finished += u32::from(run.outcome.stop == Stop::Finished);
        turns += run.outcome.course.waves.iter().filter(|wave| wave.started.is_some()).count();
        halts += run.outcome.course.halts.len();
        resumed += run.outcome.course.halts.iter().filter(|halt| halt.until.is_some()).count();
        back += run.outcome.course.rolled_back;
    }
    let reached = [finished > 60, turns > 400, halts > 40, resumed > 10, back > 20];
    assert_eq!(reached, [true; 5], "{finished} {turns} {halts} {resumed} {back}");
}
