//! Proofs: the reference model with more and more tenants, with any number of them, the main scenario, and a
//! model in which the locks of all tenants run at once. Time of each, states, and a digest of the answer.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it proved")]

use std::path::Path;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use cutover::kernel::Setup;
use cutover::plan::Plan;
use cutover::scenario::{self, Scenario};
use cutover::verify::{Found, Options, Progress, Property, exact, overall, verify};

/// Two slots, held from the lock to its end; the lock holds for 60 minutes, and the work takes 55 at the most.
const HELD: &str = r#"
name = "slots held across steps"
[tenants]
count = 1
[facts.access]
initially = "on"
[facts.grants]
count = 3
missing = "open"
shows = { whose = "all", data = ["e-mail address"] }
[pools.slots]
slots = 2
[[step]]
name = "block"
uses = [{ pool = "slots", until = "unblock" }]
at-end = [{ off = "access", for = "60m" }]
[[step]]
name = "clear"
duration = { uniform = ["0s", "1m"] }
at-end = [{ off = "grants" }]
[[step]]
name = "move"
duration = { uniform = ["5m", "45m"] }
[[step]]
name = "grant"
times = 3
duration = { uniform = ["1m", "3m"] }
at-end = [{ add = "grants" }]
[[step]]
name = "unblock"
at-end = [{ on = "access" }]
"#;

/// The same, but all are locked at once and queue for slots that are held during the move alone. The lock
/// covers it to the microsecond: 1 + ceil(N / 2) * 45 + 9 minutes.
fn queued(tenants: u32) -> String {
    let lease = 1 + tenants.div_ceil(2) * 45 + 9;
    HELD.replace("for = \"60m\"", &format!("for = \"{lease}m\""))
        .replace("uses = [{ pool = \"slots\", until = \"unblock\" }]\n", "")
        .replace("name = \"move\"", "name = \"move\"\nuses = [\"slots\"]")
}

fn load(text: &str) -> Scenario {
    scenario::load_str("verify.toml", text).expect("the model is valid").scenario
}

/// FNV-1a.
fn digest(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

/// What a proof says, in a line that is the same on every machine.
struct Said {
    answer: &'static str,
    sets: Vec<(Property, Vec<u16>, Option<u64>)>,
    states: u64,
    transitions: u64,
}

impl Said {
    fn of<'a>(
        answer: &'static str,
        found: impl Iterator<Item = &'a Found>,
        progress: Progress,
    ) -> Said {
        let longest = |found: &Found| found.longest.as_ref().and_then(|longest| longest.length);
        let set = |found: &Found| {
            (found.property, found.faults.clone(), longest(found).map(|length| length.0))
        };
        let Progress { states, transitions, .. } = progress;
        Said { answer, sets: found.map(set).collect(), states, transitions }
    }

    fn told(&self, name: &str) {
        let Said { answer, sets, states, transitions } = self;
        let digest = digest(&format!("{answer} {sets:?} {states} {transitions}"));
        println!(
            "{name}: {answer}, {states} states, {transitions} transitions, digest {digest:016x}"
        );
    }
}

/// A rollout of so many tenants.
fn of_tenants(scenario: &Scenario, tenants: u32) -> Said {
    let setup = exact(scenario, tenants, 1).expect("there are so many tenants");
    let verdict = verify(&setup, Options::default(), &mut |_| true);
    Said::of(verdict.answer.word(), verdict.found.iter(), verdict.progress)
}

/// A rollout of any number of tenants.
fn of_any(scenario: &Scenario) -> Said {
    let plan = Setup::new(Arc::new(Plan::compile(scenario)), 1);
    let overall = overall(plan.plan(), 1, Options::default(), &mut |_| true);
    let found = overall.found.iter().map(|set| &set.found);
    Said::of(overall.answer.word(), found, overall.progress)
}

fn held(criterion: &mut Criterion) {
    let (safe, exposed) = (load(HELD), load(&HELD.replace("for = \"60m\"", "for = \"30m\"")));
    let mut group = criterion.benchmark_group("two slots held across steps");
    for tenants in [1, 2, 3, 4, 5, 6, 20, 100] {
        of_tenants(&safe, tenants).told(&format!("slots held, {tenants} tenants"));
        group.bench_with_input(BenchmarkId::from_parameter(tenants), &tenants, |b, &tenants| {
            b.iter(|| of_tenants(&safe, tenants));
        });
    }
    of_any(&safe).told("slots held, any number of tenants");
    group.bench_function("any number", |b| b.iter(|| of_any(&safe)));
    of_tenants(&exposed, 6).told("slots held, 6 tenants, a lock of 30 minutes");
    group.bench_function("6, exposed, with the longest window", |b| {
        b.iter(|| of_tenants(&exposed, 6));
    });
    group.finish();
}

fn all_locks_at_once(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("all locks running while tenants queue");
    for tenants in [2, 6, 10, 20, 40] {
        let scenario = load(&queued(tenants));
        of_tenants(&scenario, tenants).told(&format!("queued, {tenants} tenants"));
        group.bench_with_input(BenchmarkId::from_parameter(tenants), &tenants, |b, &tenants| {
            b.iter(|| of_tenants(&scenario, tenants));
        });
    }
    group.finish();
}

fn main_scenario(criterion: &mut Criterion) {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/hosted-exchange.toml"));
    let loaded = scenario::load(path, &|path| std::fs::read(path)).expect("it is valid");
    of_any(&loaded.scenario).told("hosted-exchange, any number of tenants, 2 faults");
    criterion.bench_function("hosted-exchange, any number, 2 faults", |b| {
        b.iter(|| of_any(&loaded.scenario));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = held, all_locks_at_once, main_scenario
}
criterion_main!(benches);
