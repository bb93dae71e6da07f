//! The event loop against its floor, at three sizes. Each group prints a digest of its results, so
//! that a faster wrong answer shows.

#![expect(clippy::print_stdout, clippy::disallowed_types, reason = "a benchmark times and prints")]

mod common;

use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use cutover::kernel::{Schedule, Setup, Sim};
use cutover::monitor::{Outcome, Watch};

/// True when run by `cargo test`: everything once, on small inputs.
fn quick() -> bool {
    !std::env::args().any(|argument| argument == "--bench")
}

/// As the engine does it, replication by replication in the same memory.
fn simulate(sim: &mut Sim, replication: u32) -> Outcome {
    sim.restart(Schedule::sampled(replication));
    Watch::new(sim).run(sim)
}

fn prepared(setup: &Setup) -> Sim {
    Sim::new(setup, Schedule::sampled(0))
}

/// One replication of the rollout on both, as often as criterion wants.
fn against_the_floor(criterion: &mut Criterion) {
    let setup = common::rollout(2300);
    let mut sim = prepared(&setup);
    let outcome = simulate(&mut sim, 0);
    let floor = common::floor(&setup, 0);
    assert_eq!(floor.events, outcome.events, "both run the same rollout");
    assert_eq!(Some(floor.makespan), outcome.makespan.map(|span| span.0));
    println!("rollout of 2,300: {} events, digest {:016x}", outcome.events, outcome.digest);
    let mut group = criterion.benchmark_group("rollout of 2,300 tenants");
    group.throughput(Throughput::Elements(outcome.events));
    group.bench_function("floor", |b| b.iter(|| common::floor(&setup, 0)));
    group.bench_function("simulate", |b| b.iter(|| simulate(&mut sim, 0)));
    group.finish();
}

/// The ratio of both, pair by pair in one run, so that a machine that slows down slows both.
fn ratio(_: &mut Criterion) {
    if quick() {
        return;
    }
    let setup = common::rollout(2300);
    let mut sim = prepared(&setup);
    let mut ratios: Vec<f64> =
        (0..41).map(|replication| pair(&setup, &mut sim, replication)).collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "simulate / floor: median {:.2}, quartiles {:.2} and {:.2} over 41 pairs",
        ratios[20], ratios[10], ratios[30]
    );
}

fn pair(setup: &Setup, sim: &mut Sim, replication: u32) -> f64 {
    let start = Instant::now();
    std::hint::black_box(common::floor(setup, replication));
    let floor = start.elapsed();
    let start = Instant::now();
    std::hint::black_box(simulate(sim, replication));
    start.elapsed().as_secs_f64() / floor.as_secs_f64()
}

/// Nanoseconds per event must not grow with the population.
fn growth(_: &mut Criterion) {
    let sizes: &[u32] = if quick() { &[2300] } else { &[2300, 100_000, 1_000_000] };
    for &tenants in sizes {
        let setup = common::rollout(tenants);
        let runs = if quick() { 1 } else { (1_000_000 / tenants).clamp(1, 40) };
        let mut sim = prepared(&setup);
        let start = Instant::now();
        let events: u64 = (0..runs).map(|replication| simulate(&mut sim, replication).events).sum();
        let simulated = start.elapsed().as_secs_f64() * 1e9 / events as f64;
        let start = Instant::now();
        let events: u64 =
            (0..runs).map(|replication| common::floor(&setup, replication).events).sum();
        let floor = start.elapsed().as_secs_f64() * 1e9 / events as f64;
        println!(
            "{tenants:>9} tenants: simulate {simulated:.1} ns/event, floor {floor:.1} ns/event"
        );
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = against_the_floor, ratio, growth
}
criterion_main!(benches);
