//! Random stories, once through the kernel and once through the second interpreter.

use std::fmt::Write as _;

use cutover::kernel::Schedule;
use cutover::model::Happening;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::lab::{run_with, setup};
use crate::reference::{Batch, Changes, Fact, Force, Op, Story, Write, play};

/// Two booleans and two counters, one of each on at first.
fn facts() -> Vec<Fact> {
    let fact = |full, initially| Fact { full, initially };
    vec![fact(None, false), fact(None, true), fact(Some(3), false), fact(Some(2), true)]
}

fn write() -> impl Strategy<Value = Write> {
    let delay = || proptest::option::of(0..6u64);
    let only_if = proptest::option::weighted(0.3, (0..4usize, any::<bool>()));
    let chance = proptest::option::weighted(0.1, prop_oneof![Just(49), Just(50)]);
    let late = proptest::bool::weighted(0.2);
    (0..4usize, 0..3u8, delay(), delay(), late, only_if, chance).prop_map(
        |(fact, op, after, lasts, late, only_if, chance)| {
            let op = match op {
                0 => Op::On,
                1 => Op::Off,
                _ if fact < 2 => Op::On,
                _ => Op::Add,
            };
            // E6: an `add` takes no lease.
            let lasts = lasts.filter(|_| op != Op::Add);
            Write { fact, op, after, lasts, late, only_if, chance }
        },
    )
}

/// A batch writes a fact once, but may add several times (E6).
fn batch() -> impl Strategy<Value = Batch> {
    (0..8u64, proptest::collection::vec(write(), 1..4)).prop_map(|(at, all)| {
        let mut writes: Vec<Write> = Vec::new();
        for write in all {
            let clashes = |other: &Write| {
                other.fact == write.fact && (other.op != Op::Add || write.op != Op::Add)
            };
            if !writes.iter().any(clashes) {
                writes.push(write);
            }
        }
        Batch { at, writes }
    })
}

fn force() -> impl Strategy<Value = Force> {
    (0..12u64, 0..4usize, any::<bool>(), 1..8u64).prop_map(|(at, fact, on, lasts)| Force {
        at,
        fact,
        on,
        lasts,
    })
}

fn story() -> impl Strategy<Value = Story> {
    let forces = proptest::collection::vec(force(), 0..4);
    let batches = proptest::collection::vec(batch(), 1..12);
    (forces, batches).prop_map(|(forces, batches)| Story { facts: facts(), forces, batches })
}

/// The story as a scenario: a step without predecessors for each batch, a reaction for each force.
fn scenario(story: &Story) -> String {
    let mut text = "name = 'story'\n[tenants]\ncount = 1\n".to_owned();
    for (index, fact) in story.facts.iter().enumerate() {
        let initially = if fact.initially { "on" } else { "off" };
        let _ = write!(text, "[facts.f{index}]\ninitially = '{initially}'\n");
        if let Some(full) = fact.full {
            let _ = writeln!(text, "count = {full}");
        }
    }
    for (index, force) in story.forces.iter().enumerate() {
        let Force { at, fact, on, lasts } = force;
        let on = if *on { "on" } else { "off" };
        let _ = write!(
            text,
            "[[reaction]]\nname = 'force {index}'\nwhile = 'true'\nafter = '{at}s'\n\
             forces = {{ {on} = 'f{fact}', for = '{lasts}s' }}\n"
        );
    }
    for (index, batch) in story.batches.iter().enumerate() {
        let effects: Vec<String> = batch.writes.iter().map(effect).collect();
        let _ = write!(
            text,
            "[[step]]\nname = 'batch {index}'\nafter = []\nduration = '{}s'\nat-end = [{}]\n",
            batch.at,
            effects.join(", ")
        );
    }
    text
}

fn effect(write: &Write) -> String {
    let op = match write.op {
        Op::On => "on",
        Op::Off => "off",
        Op::Add => "add",
    };
    let mut text = format!("{{ {op} = 'f{}'", write.fact);
    if let Some(after) = write.after {
        let _ = write!(text, ", after = '{after}s'");
    }
    if let Some(lasts) = write.lasts {
        let _ = write!(text, ", for = '{lasts}s'");
    }
    if let Some((fact, on)) = write.only_if {
        let _ = write!(text, ", if = '{}f{fact}'", if on { "" } else { "not " });
    }
    if let Some(chance) = write.chance {
        let _ = write!(text, ", chance = 0.{chance}");
    }
    if write.late {
        text.push_str(", late = true");
    }
    text + " }"
}

fn through_the_kernel(story: &Story) -> Changes {
    let run = run_with(&setup(&scenario(story), 1), Schedule::nominal());
    let changed = run.pick(|what| match *what {
        Happening::Changed { fact, on, .. } => Some((usize::from(fact), on)),
        _ => None,
    });
    changed.into_iter().map(|(at, (fact, on))| (at, fact, on)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_kernel_shows_what_the_reference_shows(story in story()) {
        prop_assert_eq!(through_the_kernel(&story), play(&story), "{}", scenario(&story));
    }
}

/// The stories must reach the interesting cases, or agreement means little.
#[test]
fn the_stories_reach_drops_leases_and_masks() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, TestRunner};
    let config =
        Config { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let (mut changes, mut without_late) = (0, 0);
    for _ in 0..200 {
        let story = story().new_tree(&mut runner).expect("nothing is rejected").current();
        let mut punctual = story.clone();
        for write in punctual.batches.iter_mut().flat_map(|batch| &mut batch.writes) {
            write.late = false;
        }
        let played = play(&story);
        changes += played.len();
        without_late += usize::from(play(&punctual) != played);
    }
    assert!(changes > 1000, "{changes}");
    assert!(without_late > 20, "{without_late}");
}
