//! The same scenario, seed and replication give the same run; and what is added to a plan changes
//! nobody else's draws.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use cutover::kernel::{Schedule, Setup, Sim};
use cutover::monitor::Watch;
use cutover::plan::Plan;
use cutover::scenario;

use crate::lab::{SECOND, force, run_with, setup};

/// Gates, leases, late effects, retries, faults of several forms, undo.
pub(crate) const FAULTY: &str = "
    name = 'faulty'
    [rollout]
    at-once = 7
    order = 'shuffled'
    [tenants]
    count = 60
    mailboxes = { empirical = [1, 2, 3, 9] }
    mailbox-size = { lognormal = { median = '1 GiB', p95 = '8 GiB' } }
    [facts.access]
    initially = 'on'
    [facts.rights]
    missing = 'open'
    [facts.seeded]
    each = 'mailbox'
    [pools]
    moves = { slots = 5 }
    [[step]]
    name = 'close'
    duration = { uniform = ['1s', '5s'] }
    at-end = [{ off = 'access', for = '2h' }, { off = 'rights' }]
    undo = [{ on = 'access' }]
    undo-duration = { exponential = '1m' }
    [[step]]
    name = 'move'
    each = 'mailbox'
    uses = 'moves'
    transfer = { size = 'mailbox-size', rate = { triangular = ['1 GiB/h', '2 GiB/h', '6 GiB/h'] } }
    retry = { times = 3, wait = { exponential = '30s' } }
    timeout = '3h'
    at-end = [{ on = 'seeded', chance = 0.9 }]
    [[step]]
    name = 'restore'
    duration = { gamma = { mean = '10m', sd = '8m' } }
    at-end = [{ on = 'rights', after = { triangular = ['1s', '5s', '9m'] } }]
    on-failure = 'undo'
    [[step]]
    name = 'open'
    needs = 'rights'
    at-end = [{ on = 'access' }]
    [[fault]]
    name = 'stall'
    step = 'move'
    fails = { after = { uniform = ['1m', '30m'] } }
    chance = 0.2
    [[fault]]
    name = 'slow'
    step = 'restore'
    slow = { pareto = { min = '1h', p95 = '9h' } }
    chance = 0.1
    [[fault]]
    name = 'broken'
    step = 'restore'
    fails = true
    chance = 0.05";

/// Groups, joins, reactions, outages, forced values.
const GROUPS: &str = "
    name = 'groups'
    [tenants]
    count = 40
    migrated = 5
    [groups.wave]
    tenants = 8
    [groups.site]
    count = 3
    [facts.access]
    initially = 'on'
    [facts.ready]
    each = 'wave'
    [pools]
    admins = { slots = 2, each = 'site' }
    [[step]]
    name = 'prepare'
    each = 'wave'
    after = []
    duration = { weibull = { median = '1h', p95 = '4h' } }
    at-end = [{ on = 'ready' }]
    [[step]]
    name = 'move'
    after = 'prepare'
    uses = [{ pool = 'admins', until = 'check' }]
    duration = { pert = ['5m', '20m', '2h'] }
    at-start = [{ off = 'access' }]
    [[step]]
    name = 'check'
    duration = { mixture = [{ weight = 9, of = '90s' }, { weight = 1, of = '1h' }] }
    at-end = [{ on = 'access' }]
    [[step]]
    name = 'release'
    each = 'wave'
    after = 'check'
    join = 'running'
    [[reaction]]
    name = 'watchdog'
    while = 'not access'
    after = '90m'
    does = [{ on = 'access' }]
    [[fault]]
    name = 'outage'
    each = 'site'
    every = { exponential = '3h' }
    takes = { pool = 'admins', slots = 1, for = { uniform = ['5m', '40m'] } }
    [[fault]]
    name = 'falls open'
    while = 'not access'
    every = { exponential = '10h' }
    forces = { on = 'access', for = '10m' }";

/// Sessions that keep what was visible at connect.
const SESSIONS: &str = "
    name = 'sessions'
    [rollout]
    pace = { exponential = '20m' }
    [tenants]
    count = 30
    mailboxes = 4
    [facts.access]
    initially = 'on'
    [facts.policy]
    missing = 'open'
    [[step]]
    name = 'close'
    at-end = [{ off = 'access' }]
    [[step]]
    name = 'drop'
    duration = { uniform = ['1m', '2m'] }
    at-end = [{ off = 'policy' }, { on = 'access', after = '1m' }]
    [[step]]
    name = 'set'
    duration = { exponential = '10m' }
    at-end = [{ on = 'policy' }]
    [[user]]
    name = 'mail'
    each = 'mailbox'
    connects = { while = 'access', every = { exponential = '10m' } }
    session = { lasts = { exponential = '4h', between = ['1m', '24h'] }, keeps = ['policy'] }
    reads = '6 / h'";

/// Nothing but a queue.
const QUEUE: &str = "
    name = 'queue'
    [rollout]
    pace = { exponential = '1m' }
    [tenants]
    count = 500
    [pools]
    servers = { slots = 4 }
    [[step]]
    name = 'work'
    uses = 'servers'
    duration = { exponential = '3m' }";

/// Shared links, caps, outages, transfers that fail.
const LINKS: &str = "
    name = 'links'
    [rollout]
    at-once = 15
    pace = { exponential = '5m' }
    [tenants]
    count = 60
    mailboxes = { empirical = [1, 2, 3, 9] }
    mailbox-size = { lognormal = { median = '1 GiB', p95 = '8 GiB' } }
    [groups.database]
    count = 4
    [pools]
    moves = { slots = 12 }
    [links]
    wan = { rate = '10 GiB/h' }
    lan = { rate = '4 GiB/h', each = 'database' }
    [[step]]
    name = 'export'
    transfer = { size = 'mailbox-size', link = 'lan' }
    timeout = '6h'
    on-failure = 'continue'
    [[step]]
    name = 'move'
    each = 'mailbox'
    uses = 'moves'
    transfer = { size = 'mailbox-size', rate = { lognormal = { median = '1 GiB/h', p95 = '3 GiB/h' } }, link = ['wan', 'lan'] }
    retry = { times = 9, wait = '30s' }
    [[fault]]
    name = 'stall'
    step = 'move'
    fails = { after = { uniform = ['1m', '30m'] } }
    chance = 0.2
    [[fault]]
    name = 'line down'
    each = 'rollout'
    every = { exponential = '3h' }
    slows = { link = 'wan', to = '0 B/h', for = { uniform = ['1m', '20m'] } }
    [[fault]]
    name = 'database busy'
    each = 'database'
    every = { exponential = '2h' }
    slows = { link = 'lan', to = '30 %', for = { exponential = '1h' } }";

const ALL: [&str; 5] = [FAULTY, GROUPS, SESSIONS, QUEUE, LINKS];

#[test]
fn the_same_seed_gives_the_same_run() {
    for text in ALL {
        let (first, second) = (setup(text, 7), setup(text, 7));
        for replication in 0..3 {
            let first = run_with(&first, Schedule::sampled(replication));
            let second = run_with(&second, Schedule::sampled(replication));
            assert_eq!(first.outcome, second.outcome);
            assert_eq!(first.log, second.log);
        }
    }
}

#[test]
fn seeds_and_replications_differ() {
    for text in ALL {
        let mut digests: Vec<u64> = Vec::new();
        for seed in 0..3 {
            let setup = setup(text, seed);
            digests.extend((0..3).map(|r| run_with(&setup, Schedule::sampled(r)).outcome.digest));
        }
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), 9);
    }
}

/// Constants that debug and release both meet, on every machine. They change when a rule, a
/// distribution or the numbering of events does, and then only on purpose.
const PINNED: [(u64, u64); 5] = [
    (585, 0xb2e5_9d91_bb80_f1a5),
    (136, 0x474a_7229_bb0e_fe1f),
    (254, 0x89de_0a2f_47ba_1abe),
    (999, 0x2d0e_5e4a_7270_17f5),
    (1425, 0x63c4_ed46_4e18_388a),
];

#[test]
fn digests_are_pinned() {
    let digest = |text: &&str| {
        let outcome = run_with(&setup(text, 1), Schedule::sampled(0)).outcome;
        (outcome.events, outcome.digest)
    };
    let digests: Vec<(u64, u64)> = ALL.iter().map(digest).collect();
    assert_eq!(digests, PINNED, "{digests:#x?}");
}

/// Steps two runs side by side: the number of the first event in which they differ.
fn first_difference(first: &mut Sim, second: &mut Sim) -> Option<u64> {
    loop {
        let ends = (first.step(&mut ()), second.step(&mut ()));
        let states = [&*first, &*second].map(|sim| (sim.events(), sim.now(), sim.digest()));
        if states[0] != states[1] || ends.0 != ends.1 {
            return Some(first.events().max(second.events()));
        }
        if ends.0.is_some() {
            return None;
        }
    }
}

#[test]
fn a_run_twice_differs_in_no_event() {
    for text in ALL {
        let setup = setup(text, 3);
        let new = || Sim::new(&setup, Schedule::sampled(1));
        assert_eq!(first_difference(&mut new(), &mut new()), None);
    }
}

/// The helper itself: one forced delay shows in the event that it moves, and not before.
#[test]
fn the_first_difference_is_where_a_forced_delay_ends() {
    let text = "
        name = 'difference'
        [tenants]
        count = 1
        [[step]]
        name = 'a'
        duration = '5s'
        [[step]]
        name = 'b'
        duration = { uniform = ['5s', '9s'] }
        [[step]]
        name = 'c'
        duration = '5s'";
    let setup = setup(text, 1);
    let mut schedule = Schedule::nominal();
    force(&setup, &mut schedule, ("b / duration", "tenant 1", 1), 6 * SECOND);
    let mut nominal = Sim::new(&setup, Schedule::nominal());
    assert_eq!(first_difference(&mut nominal, &mut Sim::new(&setup, schedule)), Some(2));
}

#[test]
fn a_clone_goes_on_as_its_original_does() {
    for text in ALL {
        let setup = setup(text, 1);
        let mut original = Sim::new(&setup, Schedule::sampled(0));
        let mut watch = Watch::new(&original);
        for _ in 0..100 {
            original.step(&mut watch);
        }
        let (mut clone, copy) = (original.clone(), watch.clone());
        assert_eq!(first_difference(&mut original.clone(), &mut clone.clone()), None);
        assert_eq!(watch.run(&mut original), copy.run(&mut clone));
        assert_eq!(original.digest(), clone.digest());
    }
}

/// A scenario that extends a base, both given as texts.
fn extended(base: &str, text: &str) -> Setup {
    let read = |path: &Path| match path.to_str() {
        Some("top.toml") => Ok(text.as_bytes().to_vec()),
        Some("base.toml") => Ok(base.as_bytes().to_vec()),
        _ => Err(io::Error::new(io::ErrorKind::NotFound, "no such file")),
    };
    let loaded = scenario::load(Path::new("top.toml"), &read);
    let loaded = loaded.unwrap_or_else(|failure| panic!("{:#?}", failure.diagnostics));
    Setup::new(Arc::new(Plan::compile(&loaded.scenario)), 1)
}

/// Every value decided in a run, by names of its site and entity and by occurrence.
fn choices(setup: &Setup) -> BTreeMap<(String, String, u32), u64> {
    let mut sim = Sim::new(setup, Schedule::sampled(0));
    sim.record_choices();
    sim.run(&mut ());
    let (plan, world) = (setup.plan(), setup.world());
    let named = sim.take_choices().into_iter().map(|(choice, value)| {
        let site = plan.sites[choice.site.index()].name.clone();
        ((site, world.name(plan, choice.entity), choice.occurrence), value)
    });
    named.collect()
}

/// All of the base's decisions are made in the extension, with the same values; so many are new.
#[track_caller]
fn assert_extends(base: &str, extension: &str) {
    let text = format!("extend = 'base.toml'\nname = 'more'\n{extension}");
    let (base, more) = (choices(&setup(base, 1)), choices(&extended(base, &text)));
    for (choice, value) in &base {
        assert_eq!(more.get(choice), Some(value), "{choice:?}");
    }
    assert!(more.len() > base.len());
}

/// Without pools and shuffling, so that the same decisions are asked for.
const FREE: &str = "
    name = 'base'
    [tenants]
    count = 20
    mailboxes = { empirical = [1, 2, 3, 9] }
    [groups.wave]
    tenants = 3
    [facts.f]
    [[step]]
    name = 'a'
    duration = { uniform = ['1s', '5s'] }
    at-end = [{ on = 'f', after = { exponential = '1m' }, chance = 0.5 }]
    [[step]]
    name = 'b'
    each = 'mailbox'
    duration = { exponential = '1h' }
    times = 3
    [[step]]
    name = 'c'
    each = 'wave'
    after = 'b'
    duration = { gamma = { mean = '10m', sd = '8m' } }
    [[fault]]
    name = 'stall'
    step = 'b'
    slow = { exponential = '9h' }
    chance = 0.2";

#[test]
fn another_tenant_changes_nobody_elses_draws() {
    assert_extends(FREE, "[tenants]\ncount = 24\n");
}

#[test]
fn another_step_changes_no_other_draws() {
    let step = "name = 'new'\nduration = { uniform = ['1s', '5s'] }";
    assert_extends(FREE, &format!("[[step]]\n{step}\n"));
    assert_extends(FREE, &format!("[[step]]\n{step}\nplace-before = 'a'\nafter = []\n"));
    assert_extends(FREE, &format!("[[step]]\n{step}\neach = 'mailbox'\nplace-after = 'b'\n"));
}

#[test]
fn another_fault_reaction_or_user_changes_no_other_draws() {
    assert_extends(FREE, "[[fault]]\nname = 'x'\nstep = 'c'\nrepeats = true\nchance = 0.5\n");
    let reaction = "name = 'r'\nwhile = 'f'\nafter = { exponential = '1h' }\ndoes = [{ on = 'f' }]";
    assert_extends(FREE, &format!("[[reaction]]\n{reaction}\n"));
}

/// A distribution that is written otherwise takes its own draws and leaves the others alone.
#[test]
fn another_distribution_changes_only_its_own_values() {
    let text = "
        extend = 'base.toml'
        name = 'more'
        [[step]]
        name = 'a'
        duration = { uniform = ['10s', '50s'] }";
    let (base, more) = (choices(&setup(FREE, 1)), choices(&extended(FREE, text)));
    assert_eq!(base.keys().collect::<Vec<_>>(), more.keys().collect::<Vec<_>>());
    for ((site, entity, occurrence), value) in &base {
        let other = more[&(site.clone(), entity.clone(), *occurrence)];
        if site == "a / duration" {
            // The same draw through another quantile function: ten times, up to rounding.
            assert!(other.abs_diff(10 * value) <= 10, "{other} {value}");
        } else {
            assert_eq!(other, *value);
        }
    }
}

/// Addresses of draws must not collide: a plan with as many sites as the loader takes draws
/// independently at all of them, and one with more is refused.
#[test]
fn a_plan_with_many_sites_draws_independently() {
    let step = |number: u32| {
        format!(
            "[[step]]\nname = 's{number}'\nafter = []\ntimes = 2\n\
             duration = {{ uniform = ['1s', '1000000s'] }}\n\
             retry = {{ times = 1, wait = {{ exponential = '1s' }} }}\n"
        )
    };
    let text = |steps: u32| {
        let steps: String = (0..steps).map(step).collect();
        format!("name = 'many'\n[tenants]\ncount = 1\n{steps}")
    };
    let setup = setup(&text(255), 1);
    let mut values: Vec<u64> = choices(&setup).into_values().filter(|&v| v > 0).collect();
    let all = values.len();
    values.sort_unstable();
    values.dedup();
    assert_eq!(values.len(), all, "of 500 values in 10^12, two are equal once in a million");
    let failure = scenario::load_str("many.toml", &text(256)).expect_err("too many sites");
    assert!(failure.diagnostics.sorted()[0].message.contains("at most 512"));
}

/// A run in the memory of another is the run that it would have been: whatever the one before it
/// left, with another schedule and midway through, changes nothing.
#[test]
fn a_restarted_run_is_as_a_new_one() {
    for (name, text) in [("faulty", FAULTY), ("groups", GROUPS)] {
        restarts_as_new(name, &setup(text, 3));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for name in ["hosted-exchange", "weekend-windows", "crash-without-journal", "shared-link"] {
        let path = folder.join(format!("{name}.toml"));
        let loaded = scenario::load(&path, &|path| std::fs::read(path))
            .unwrap_or_else(|_| panic!("{name} is valid"));
        restarts_as_new(name, &Setup::new(Arc::new(Plan::compile(&loaded.scenario)), 3));
    }
}

fn restarts_as_new(name: &str, setup: &Setup) {
    let outcome = |sim: &mut Sim| Watch::new(sim).run(sim);
    let fresh = |schedule| outcome(&mut Sim::new(setup, schedule));
    let mut sim = Sim::new(setup, Schedule::nominal());
    sim.record_choices();
    for _ in 0..50 {
        sim.step(&mut ());
    }
    for replication in [4, 0] {
        sim.restart(Schedule::sampled(replication));
        assert_eq!(outcome(&mut sim), fresh(Schedule::sampled(replication)), "{name}");
        assert!(sim.take_choices().is_empty());
    }
    sim.restart(Schedule::nominal());
    assert_eq!(outcome(&mut sim), fresh(Schedule::nominal()), "{name}");
}
