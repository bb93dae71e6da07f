//! What the enumeration leaves out, others show.

use std::collections::BTreeSet;
use std::sync::Arc;

use cutover::kernel::Setup;
use cutover::plan::Plan;
use cutover::scenario;
use cutover::search::{
    Ask, Bounded, Length, Limits, Look, Menus, Pick, Planner, Progress, Ready, Signature, Strategy,
    Trace, drive, first,
};

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
        let trace =
            drive(setup, &mut *strategy, LIMITS, Look { near: false, states: !full, ties: true });
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

/// The enumeration of a plan up to a level: runs that exposed somebody, by level; how far it came, by
/// level, when all runs of the level had been made.
fn levels(setup: &Setup, mut bounded: Bounded, most: usize) -> (Vec<u64>, Vec<Progress>) {
    let (mut exposing, mut progress) = (vec![0; most + 1], Vec::new());
    while progress.len() <= most {
        let Some(mut strategy) = bounded.plan(0) else { break };
        let look = Look { near: false, states: true, ties: true };
        let trace = drive(setup, &mut *strategy, LIMITS, look);
        exposing[progress.len()] += u64::from(!trace.found.is_empty());
        bounded.learn(&trace, true);
        let now = bounded.progress();
        if now.finished > progress.len() {
            progress.push(now);
        }
    }
    (exposing, progress)
}

fn menus(setup: &Setup) -> Arc<Menus> {
    Arc::new(Menus::new(setup.plan(), &BTreeSet::new(), &BTreeSet::new()))
}

#[test]
fn what_only_an_order_shows_takes_one_deviation() {
    let setup = planted("jobs-that-end-together", 1);
    let (exposing, progress) = levels(&setup, Bounded::new(&setup, &menus(&setup)), 1);
    assert_eq!(exposing[0], 0);
    // Of each tenant the import and the policy; all other events of one instant commute.
    assert_eq!(progress[0].ties, (3, 3));
    assert_eq!(exposing[1], 3);
    let cured = planted("jobs-that-end-together-cured", 1);
    let (exposing, progress) = levels(&cured, Bounded::new(&cured, &menus(&cured)), 1);
    assert_eq!((exposing, progress[0].ties), (vec![0, 0], (0, 0)));
}

/// Two jobs that may end together, a fault that shifts one of them: what is tied differs from run
/// to run, and so does what is asked.
const TINY: &str = "
    name = 'tiny'
    [tenants]
    count = 1
    mailboxes = 1
    [facts.policy]
    [[step]]
    name = 'begin'
    [[step]]
    name = 'one'
    after = 'begin'
    duration = '10m'
    at-end = [{ off = 'policy' }]
    [[step]]
    name = 'two'
    after = 'begin'
    duration = '10m'
    at-end = [{ on = 'policy' }]
    [[step]]
    name = 'three'
    after = 'two'
    duration = { uniform = ['0s', '10m'] }
    at-end = [{ on = 'policy' }]
    [[fault]]
    name = 'late'
    step = 'one'
    slow = { uniform = ['10m', '20m'] }
    chance = 0.1";

/// One run by the numbers of its decisions: values and orders in the order in which they come up.
struct Counted<'a> {
    setup: &'a Setup,
    menus: &'a Menus,
    /// Decisions that deviate, and to which of their alternatives.
    deviations: &'a [(usize, usize)],
    /// Alternatives of each decision that came up.
    decisions: Vec<usize>,
}

impl Counted<'_> {
    /// The alternative that is taken, of so many.
    fn place(&mut self, alternatives: usize) -> Option<usize> {
        let number = self.decisions.len();
        self.decisions.push(alternatives);
        self.deviations.iter().find(|(of, _)| *of == number).map(|(_, place)| *place)
    }

    fn value(&mut self, ask: &Ask<'_>) -> Option<u64> {
        let menu = self.menus.of(self.setup, ask);
        let others: Vec<u64> =
            menu.iter().copied().filter(|&value| Some(value) != ask.nominal).collect();
        self.place(others.len()).map(|place| others[place]).or(ask.nominal)
    }
}

impl Strategy for Counted<'_> {
    fn decide(&mut self, ask: &Ask<'_>) -> u64 {
        self.value(ask).unwrap_or(0)
    }

    fn length(&mut self, ask: &Ask<'_>) -> Length {
        self.value(ask).map_or(Length::Never, Length::Exactly)
    }

    fn next(&mut self, ready: &[Ready]) -> Pick {
        let usual = first(ready);
        let mut others: Vec<usize> = (0..ready.len()).filter(|&at| at != usual.index).collect();
        others.sort_by_key(|&at| (ready[at].place, ready[at].id));
        let place = self.place(others.len());
        place.map_or(usual, |place| Pick { index: others[place], at: usual.at })
    }
}

/// Adds the runs with one more deviation, later than all others, level by level.
fn count(setup: &Setup, menus: &Menus, deviations: &mut Vec<(usize, usize)>, runs: &mut [u64]) {
    let mut strategy = Counted { setup, menus, deviations, decisions: Vec::new() };
    let _: Trace = drive(setup, &mut strategy, LIMITS, Look::NOTHING);
    let decisions = strategy.decisions;
    runs[deviations.len()] += 1;
    if deviations.len() + 1 == runs.len() {
        return;
    }
    let next = deviations.last().map_or(0, |(number, _)| number + 1);
    for (number, alternatives) in decisions.into_iter().enumerate().skip(next) {
        for place in 0..alternatives {
            deviations.push((number, place));
            count(setup, menus, deviations, runs);
            deviations.pop();
        }
    }
}

/// The odometer makes as many schedules of each level as there are, and says so before.
#[test]
fn schedules_are_counted_as_brute_force_counts_them() {
    let tiny = scenario::load_str("tiny.toml", TINY).expect("valid");
    let tiny = Setup::new(Arc::new(Plan::compile(&tiny.scenario)), 1);
    for setup in [tiny, planted("jobs-that-end-together", 1)] {
        let menus = menus(&setup);
        let (_, progress) = levels(&setup, Bounded::in_full(&setup, &menus), 2);
        let enumerated: Vec<u64> = progress.iter().map(|level| level.level.0).collect();
        assert!(progress.iter().all(|level| level.level.0 == level.level.1));
        let mut runs = [0; 3];
        count(&setup, &menus, &mut Vec::new(), &mut runs);
        assert_eq!(enumerated, runs);
        assert!(progress[0].ties.1 > 0 && runs[2] > runs[1], "{runs:?}");
    }
}
