//! The rollout at its true size, mailbox by mailbox over shared links, beside the tenant-level one:
//! nanoseconds per event, memory of a replication, and a digest of each result.

#![expect(clippy::print_stdout, clippy::disallowed_types, reason = "a benchmark times and prints")]

mod common;

use std::sync::Arc;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use cutover::kernel::{Schedule, Setup, Sim};
use cutover::monitor::{Outcome, Watch};
use cutover::plan::Plan;
use cutover::scenario;

/// A plan of its own: 2,300 tenants and about 27,600 mailboxes; five steps, two of them per mailbox.
const MAILBOXES: &str = r#"
name = "mailboxes"
[rollout]
horizon = "1000w"
AT-ONCE
[tenants]
count = 2300
mailboxes = { lognormal = { median = 6, p95 = 40 } }
mailbox-size = { lognormal = { median = "1.5 GiB", p95 = "12 GiB" }, between = ["1 MiB", "50 GiB"] }
[groups.database]
tenants = 36
[facts]
seeded = { each = "mailbox" }
blocked = {}
[pools]
moves = { slots = SLOTS }
cutovers = { slots = SLOTS }
[links]
LINKS
[[step]]
name = "seed"
each = "mailbox"
uses = "moves"
transfer = { size = "mailbox-size", WORK }
at-end = [{ on = "seeded" }]
[[step]]
name = "block"
duration = "1s"
at-end = [{ on = "blocked" }]
[[step]]
name = "finalise"
each = "mailbox"
uses = "cutovers"
duration = { pert = ["1m", "4m", "30m"] }
[[step]]
name = "restore"
duration = { pert = ["1m", "4m", "40m"] }
[[step]]
name = "unblock"
duration = "1s"
at-end = [{ off = "blocked" }]
"#;

const RATE: &str = r#"rate = { lognormal = { median = "0.66 GiB/h", p95 = "1.75 GiB/h" }, between = ["0.2 GiB/h", "3 GiB/h"] }"#;
const WAN: &str = "wan = { rate = \"10 GiB/h\" }";
const LAN: &str = "lan = { rate = \"4 GiB/h\", each = \"database\" }";

fn load(text: &str) -> Setup {
    let loaded = scenario::load_str("mailboxes.toml", text).expect("the rollout is valid");
    Setup::new(Arc::new(Plan::compile(&loaded.scenario)), 1)
}

/// The tenant-level plan, with its `move` mailbox by mailbox over the link, 20 at once.
fn split() -> Setup {
    let lognormal = "{ lognormal = { median = \"720s\", p95 = \"2684.6s\" } }";
    let (before, after) = (common::ROLLOUT, format!("duration = {lognormal}\n"));
    let moved = format!(
        "each = \"mailbox\"\nuses = \"moves\"\ntransfer = {{ size = \"mailbox-size\", {RATE}, link = \"wan\" }}\n"
    );
    assert!(before.contains(&after), "the plan has the step that is split");
    let text = before.replace(&after, &moved).replace("COUNT", "2300\nmailboxes = { lognormal = { median = 6, p95 = 40 } }\nmailbox-size = { lognormal = { median = \"1.5 GiB\", p95 = \"12 GiB\" }, between = [\"1 MiB\", \"50 GiB\"] }");
    let text =
        text.replace("[pools]", &format!("[links]\n{WAN}\n[pools]\nmoves = {{ slots = 20 }}"));
    load(&text.replace("[tenants]", "[rollout]\nhorizon = \"1000w\"\n[tenants]"))
}

fn own(links: &str, work: &str, slots: u32, at_once: &str) -> Setup {
    let text = MAILBOXES.replace("LINKS", links).replace("WORK", work);
    load(&text.replace("SLOTS", &slots.to_string()).replace("AT-ONCE", at_once))
}

/// The tenant-level plan split into mailboxes, and others.
fn variants() -> Vec<(&'static str, Setup)> {
    let (wan, both) = (format!("{RATE}, link = 'wan'"), format!("{RATE}, link = ['wan', 'lan']"));
    let links = format!("{WAN}\n{LAN}");
    let at_once = "at-once = 40";
    vec![
        ("the tenant-level plan, mailbox by mailbox", split()),
        ("own plan, no links", own("", RATE, 20, at_once)),
        ("own plan, one link", own(WAN, &wan, 20, at_once)),
        ("own plan, one link, no caps", own(WAN, "link = 'wan'", 20, at_once)),
        ("own plan, two links", own(&links, &both, 20, at_once)),
        ("own plan, one link, all at once", own(WAN, &wan, 100_000, "")),
    ]
}

/// As the engine does it, replication by replication in the same memory.
fn simulate(sim: &mut Sim, replication: u32) -> Outcome {
    sim.restart(Schedule::sampled(replication));
    Watch::new(sim).run(sim)
}

fn prepared(setup: &Setup) -> Sim {
    Sim::new(setup, Schedule::sampled(0))
}

/// True under `cargo test`, which only looks whether it still runs.
fn quick() -> bool {
    !std::env::args().any(|argument| argument == "--bench")
}

/// A line of /proc/self/status, in KiB.
fn status(key: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}

/// What one replication takes beyond what all share; measured first, because the peak never falls.
fn memory(_: &mut Criterion) {
    let (name, setup) = &variants()[0];
    let before = status("VmRSS:");
    let mut sim = prepared(setup);
    let outcome = Watch::new(&sim).run(&mut sim);
    let peak = status("VmHWM:");
    let mailboxes = setup.world().count(setup.plan().mailbox());
    println!("{name}: {mailboxes} mailboxes, makespan {:?}", outcome.makespan);
    match (before, peak) {
        (Some(before), Some(peak)) => {
            println!("a replication takes {} KiB (peak {peak} KiB)", peak.saturating_sub(before));
        }
        _ => println!("no /proc/self/status here: memory is not measured"),
    }
}

/// Nanoseconds per event of some replications.
fn cost(runs: u32, mut events: impl FnMut(u32) -> u64) -> f64 {
    let start = Instant::now();
    let events: u64 = (0..runs).map(&mut events).sum();
    start.elapsed().as_secs_f64() * 1e9 / events as f64
}

/// All variants and the tenant-level rollout, turn by turn, so that a machine that slows down slows
/// all of them; the median of each.
fn beside_the_tenants(_: &mut Criterion) {
    let tenants = common::rollout(2300);
    let variants = variants();
    let mut at_tenants = prepared(&tenants);
    let mut sims: Vec<Sim> = variants.iter().map(|(_, setup)| prepared(setup)).collect();
    let mut costs: Vec<Vec<f64>> = vec![Vec::new(); variants.len() + 2];
    let turns = if quick() { 1 } else { 11 };
    let median = turns as usize / 2;
    for turn in 0..turns {
        costs[0].push(cost(20, |r| common::floor(&tenants, 20 * turn + r).events));
        costs[1].push(cost(20, |r| simulate(&mut at_tenants, 20 * turn + r).events));
        for (sim, costs) in sims.iter_mut().zip(&mut costs[2..]) {
            costs.push(cost(4, |r| simulate(sim, 4 * turn + r).events));
        }
    }
    for costs in &mut costs {
        costs.sort_by(f64::total_cmp);
    }
    let reference = costs[1][median];
    println!("floor of the tenant level: {:.0} ns/event", costs[0][median]);
    println!("tenant level: {reference:.0} ns/event");
    for (((name, _), sim), costs) in variants.iter().zip(&mut sims).zip(&costs[2..]) {
        let Outcome { events, digest, .. } = simulate(sim, 0);
        println!(
            "{name}: {:.0} ns/event, {:.2} x the tenant level; {events} events, digest {digest:016x}",
            costs[median],
            costs[median] / reference
        );
    }
}

fn replication(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("27,600 mailboxes");
    for (name, setup) in &variants() {
        let mut sim = prepared(setup);
        group.throughput(Throughput::Elements(simulate(&mut sim, 0).events));
        group.bench_function(*name, |b| b.iter(|| simulate(&mut sim, 0)));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = memory, beside_the_tenants, replication
}
criterion_main!(benches);
