//! What the enumeration leaves out, others show.

use std::collections::BTreeSet;
use std::sync::Arc;

use cutover::kernel::Setup;
use cutover::plan::Plan;
use cutover::scenario;
use cutover::search::{Bounded, Limits, Look, Menus, Planner, Signature, drive};

use super::planted;

const LIMITS: Limits = Limits { events: 4_000, after: 200, of: None };
/// Runs of one enumeration at most.
const RUNS: u64 = 40_000;

/// What was exposed, and the faults that had struck.
type Exposed = BTreeSet<(Signature, Vec<u16>)>;

/// Everything that is exposed by the levels up to 2, by signature and faults; the runs it took; what
/// was left out.
fn enumerate(setup: &Setup, full: bool) -> Option<(Exposed, u64, u64)> {
    let menus = Arc::new(Menus::new(setup.plan(), &BTreeSet::new(), &BTreeSet::new()));
    let mut bounded = match full {
        true => Bounded::in_full(setup, &menus),
        false => Bounded::new(setup, &menus),
    };
    let mut found = BTreeSet::new();
    for run in 0..RUNS {
        let Some(mut strategy) =
            (bounded.progress().finished < 3).then(|| bounded.plan(run)).flatten()
        else {
            return Some((found, run, bounded.progress().left_out));
        };
        let trace = drive(setup, &mut *strategy, LIMITS, Look { near: false, states: !full });
        found.extend(trace.found.iter().map(|each| (Signature::of(each), each.faults.clone())));
        bounded.learn(&trace, true);
    }
    None
}

/// Sets of faults that no other one of the signature is within.
fn minimal(found: &Exposed) -> Exposed {
    let within = |one: &(Signature, Vec<u16>)| {
        found.iter().any(|other| {
            other.0 == one.0
                && other.1 != one.1
                && other.1.iter().all(|fault| one.1.contains(fault))
        })
    };
    found.iter().filter(|one| !within(one)).cloned().collect()
}

/// Tenants that share nothing, mailboxes that wait for each other: both reductions have work.
const APART: &str = "
    name = 'apart'
    [tenants]
    count = 3
    mailboxes = 2
    [facts.access]
    initially = 'on'
    [facts.policy]
    missing = 'open'
    [[step]]
    name = 'close'
    at-end = [{ off = 'access', for = '1h' }]
    [[step]]
    name = 'take'
    at-end = [{ off = 'policy' }]
    [[step]]
    name = 'copy'
    each = 'mailbox'
    duration = { uniform = ['5m', '31m'] }
    [[step]]
    name = 'set'
    duration = { uniform = ['5m', '30m'] }
    at-end = [{ on = 'policy' }]
    [[step]]
    name = 'open'
    at-end = [{ on = 'access' }]
    [[step]]
    name = 'tell'
    duration = { uniform = ['1m', '2m'] }
    [[fault]]
    name = 'copy fails'
    step = 'copy'
    slow = { uniform = ['20m', '40m'] }
    chance = 0.1";

#[test]
fn what_is_left_out_is_shown_by_others() {
    let apart = scenario::load_str("apart.toml", APART).expect("valid");
    let mut setups = vec![("apart", Setup::new(Arc::new(Plan::compile(&apart.scenario)), 1))];
    let names = [
        "any-instead-of-all",
        "continue-past-restore",
        "done-if-believes",
        "lease-too-short",
        "missing-wait",
        "session-kept",
        "undo-opens-first",
        "watchdog-too-early",
    ];
    setups.extend(names.map(|name| (name, planted(name, 1))));
    let (mut compared, mut left_out) = (0, 0);
    for (name, setup) in setups {
        let Some((reduced, fewer, out)) = enumerate(&setup, false) else { continue };
        let Some((all, runs, _)) = enumerate(&setup, true) else { continue };
        assert!(!all.is_empty(), "{name}");
        assert_eq!(minimal(&reduced), minimal(&all), "{name}");
        assert!(fewer <= runs, "{name}: {fewer} of {runs}");
        compared += 1;
        left_out += u64::from(out > 0);
        if name == "apart" {
            assert!(fewer * 2 < runs, "{fewer} of {runs}");
        }
    }
    assert!(compared >= 4 && left_out >= 3, "{compared} {left_out}");
}
