use std::fs;
use std::sync::Arc;

use cutover::kernel::{Schedule, Setup, Sim};
use cutover::monitor::Watch;
use cutover::plan::Plan;
use cutover::scenario;
use cutover::search::{CauseKey, Forced, Forcing, Found, Limits, Look, Method, drive, key, shrink};
use cutover::simulate::replay;

use super::strategies::hunt;
use super::{Planted, Xorshift, all, folder, wild_value};

/// Plans of which each tenant has its own, so that many of them make a long schedule.
const BUGS: [&str; 12] = [
    "continue-past-restore",
    "counter-add-lost",
    "done-if-believes",
    "effect-lost-on-retry",
    "late-landing",
    "lease-not-renewed-on-retry",
    "lease-too-short",
    "missing-wait",
    "operator-after-complaints",
    "renewal-shortens-lease",
    "undo-opens-first",
    "watchdog-too-early",
];

const LIMITS: Limits = Limits { events: 50_000, after: 1, of: None };

/// The bug in a rollout of 120 tenants.
fn setup(name: &str) -> Setup {
    let text = fs::read_to_string(folder().join(format!("{name}.toml"))).expect("there");
    let many = text.replace("count = 3\n\n[facts", "count = 120\n\n[facts");
    assert_ne!(many, text, "{name}");
    let loaded = scenario::load_str(name, &many).expect("a valid scenario");
    Setup::new(Arc::new(Plan::compile(&loaded.scenario)), 1)
}

/// Every choice of a run forced to something unlikely, over the nominal run.
fn wild_forcing(setup: &Setup, dice: &mut Xorshift) -> Forcing {
    let mut schedule = Schedule::nominal();
    loop {
        let mut sim = Sim::new(setup, schedule.clone());
        sim.record_choices();
        let _ = Watch::new(&sim).run(&mut sim);
        let known = schedule.overrides.len();
        for (choice, _) in sim.take_choices() {
            let value = || wild_value(setup, choice, 3, dice);
            schedule.overrides.entry(choice).or_insert_with(value);
        }
        if schedule.overrides.len() == known {
            return Forcing { overrides: schedule.overrides, ..Forcing::default() };
        }
    }
}

fn found(setup: &Setup, forcing: &Forcing) -> Vec<Found> {
    drive(setup, &mut Forced(forcing), LIMITS, Look::NOTHING).found
}

/// How many choices it takes, as `schedules.toml` says.
fn known(name: &str) -> usize {
    all().iter().find(|bug| bug.name == name).expect("it is listed").overrides.len()
}

/// The cause of what a known schedule leads to: hazard, session, what opened it, faults.
fn cause(bug: &Planted) -> CauseKey {
    let run = replay(&super::setup(&bug.name), None, &bug.overrides, None).expect("it fits");
    let window = run.outcome.windows.first().expect("it exposes");
    key(&window.cause, window.user)
}

/// What the search finds first takes no more choices than anybody knows that it must. A plan may be
/// wrong in more than one way; of another cause than the known one it takes a handful, none of which
/// can be left out.
#[test]
fn findings_are_as_small_as_is_known() {
    const SEEDS: u64 = 3;
    let (mut larger, mut others, mut all_found) = (Vec::new(), 0, 0);
    for bug in &all() {
        let known = cause(bug);
        for seed in 1..=SEEDS {
            let hunt = hunt(&bug.name, &Method::ALL, seed, 2000);
            let finding = hunt.findings.first().expect("the portfolio finds all");
            let left = finding.confirmed.overrides.len();
            assert!(left <= 5 && !finding.cut_short, "{} {seed}: {left}", bug.name);
            all_found += 1;
            if finding.key() != known {
                others += 1;
            } else if left > bug.overrides.len() {
                larger.push(format!("{} {seed}: {left} of {}", bug.name, bug.overrides.len()));
            }
        }
    }
    assert!(larger.is_empty(), "{larger:?}");
    assert!(others * 4 < all_found, "{others} of {all_found} are not what is known");
}

/// From hundreds of forced choices to a handful, none of which can be left out.
#[test]
fn long_schedules_shrink_to_what_they_need() {
    for name in BUGS {
        let setup = setup(name);
        let mut dice = Xorshift(0x2545_f491_4f6c_dd1d);
        // A wild run of so many tenants nearly always exposes one of them.
        let exposing = (0..20).find_map(|_| {
            let forcing = wild_forcing(&setup, &mut dice);
            let first = found(&setup, &forcing).into_iter().next();
            first.map(|found| (forcing, found))
        });
        let (forcing, first) = exposing.unwrap_or_else(|| panic!("{name} exposes nobody"));
        let before = forcing.len();
        assert!(before >= 200, "{name}: {before}");
        let shrunk = shrink(&setup, forcing, &first, &mut Vec::new()).expect("it exposes again");
        let after = shrunk.forcing.len();
        assert!(after <= 5 && shrunk.replays <= 1000 && !shrunk.cut_short, "{name}: {after}");
        assert_eq!(after, known(name), "{name}");
        let same = |found: &Found| {
            (found.hazard, found.user, found.entity)
                == (shrunk.found.hazard, shrunk.found.user, shrunk.found.entity)
        };
        assert!(found(&setup, &shrunk.forcing).iter().any(same), "{name}");
        for &choice in shrunk.forcing.overrides.keys() {
            let mut fewer = shrunk.forcing.clone();
            fewer.overrides.remove(&choice);
            assert!(!found(&setup, &fewer).iter().any(same), "{name} does without {choice:?}");
        }
    }
}
