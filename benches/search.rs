//! The search: runs per second on one core, and how soon the seed incident is found. Each prints a
//! digest of what was found, so that a faster search for something else shows.

#![expect(clippy::print_stdout, clippy::disallowed_types, reason = "a benchmark times and prints")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use cutover::kernel::Setup;
use cutover::plan::Plan;
use cutover::scenario::{self, Loaded};
use cutover::search::{Budget, Finding, Hunt, Method, Options, Outside, Standing, search};

/// Five tenants that share two administrators, with sessions and two faults: searched whole. Nothing
/// exposes anybody, so that all time goes into runs.
const FIVE: &str = r#"
name = "five tenants"
[tenants]
count = 5
[facts.access]
initially = "on"
[facts.policy]
missing = "open"
[pools]
administrators = { slots = 2 }
[[step]]
name = "close the gate"
at-end = [{ off = "access" }]
[[step]]
name = "move"
duration = { uniform = ["10m", "20m"] }
retry = { times = 2, wait = "1m" }
at-start = [{ off = "policy" }]
[[step]]
name = "set the policy"
uses = "administrators"
duration = { uniform = ["2m", "5m"] }
at-end = [{ on = "policy", after = { uniform = ["15s", "21s"] } }]
[[step]]
name = "open the gate"
needs = "policy"
at-end = [{ on = "access" }]
[[step]]
name = "archive the old mailbox"
uses = "administrators"
duration = { uniform = ["5m", "20m"] }
[[user]]
name = "Outlook"
connects = { while = "access", every = { exponential = "10m" } }
session = { lasts = { exponential = "4h" }, keeps = ["policy"], ends-when = "not access" }
reads = "6 / h"
[[fault]]
name = "slow move"
step = "move"
slow = { uniform = ["30m", "60m"] }
chance = 0.05
[[fault]]
name = "move fails"
step = "move"
fails = { after = { uniform = ["1m", "9m"] } }
chance = 0.05
"#;

/// True when run by `cargo test`: everything once, on small inputs.
fn quick() -> bool {
    !std::env::args().any(|argument| argument == "--bench")
}

struct Nobody;

impl Outside for Nobody {
    fn clock(&self) -> u64 {
        0
    }

    fn over(&self) -> bool {
        false
    }

    fn found(&self, _: &Finding) {}

    fn progress(&self, _: &Standing) {}
}

fn hunt(setup: &Setup, runs: u64, methods: &[Method], first: bool) -> Hunt {
    let options = Options {
        budget: Budget::Runs(runs),
        methods: methods.to_vec(),
        off: BTreeSet::new(),
        on: BTreeSet::new(),
        first,
        known: Vec::new(),
    };
    search(setup, &options, &Nobody)
}

/// A hash over what a search did and found (FNV-1a).
fn digest(hunt: &Hunt) -> u64 {
    let mut words = vec![hunt.runs, hunt.events, hunt.orders, hunt.pairs as u64];
    words.extend(hunt.findings.iter().map(|finding| finding.confirmed.digest));
    words
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, word| (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3))
}

fn setup(loaded: &Loaded) -> Setup {
    Setup::new(Arc::new(Plan::compile(&loaded.scenario)), 1)
}

/// Runs per second of all strategies together and of each, on one thread.
fn five_tenants(criterion: &mut Criterion) {
    let loaded = scenario::load_str("five.toml", FIVE).expect("valid");
    let setup = setup(&loaded);
    let runs = if quick() { 200 } else { 10_000 };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let timed = |methods: &[Method]| {
        let since = Instant::now();
        let hunt = pool.install(|| hunt(&setup, runs, methods, false));
        let rate = hunt.runs as f64 / since.elapsed().as_secs_f64();
        (rate, hunt)
    };
    let (rate, all) = timed(&Method::ALL);
    assert!(all.findings.is_empty() && all.unconfirmed.is_empty());
    let events = all.events as f64 / all.runs as f64;
    println!(
        "five tenants: {rate:.0} runs/s, {events:.1} events a run, digest {:016x}",
        digest(&all)
    );
    if !quick() {
        for method in Method::ALL {
            println!("  {}: {:.0} runs/s", method.name(), timed(&[method]).0);
        }
    }
    let mut group = criterion.benchmark_group("search");
    group.sample_size(10);
    group.throughput(Throughput::Elements(200));
    group.bench_function("200 runs of five tenants", |b| {
        b.iter(|| pool.install(|| hunt(&setup, 200, &Method::ALL, false)));
    });
    group.finish();
}

/// From the text of the scenario to the first confirmed finding in the rollout of 2,300 tenants.
fn first_incident(criterion: &mut Criterion) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/first-incident.toml");
    let from_text = || {
        let loaded = scenario::load(&path, &|path: &Path| fs::read(path)).expect("valid");
        hunt(&setup(&loaded), 2_000, &Method::ALL, true)
    };
    let since = Instant::now();
    let found = from_text();
    let spent = since.elapsed().as_secs_f64() * 1e3;
    assert_eq!(found.findings.len(), 1);
    println!("first incident: run {}, {spent:.0} ms, digest {:016x}", found.runs, digest(&found));
    let mut group = criterion.benchmark_group("search");
    group.sample_size(10);
    group.bench_function("first finding of the first incident", |b| b.iter(from_text));
    group.finish();
}

criterion_group!(benches, five_tenants, first_incident);
criterion_main!(benches);
