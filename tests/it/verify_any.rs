//! Proofs for any number of tenants, with answers worked out by hand.

use std::path::Path;

use cutover::plan::{Gap, Plan};
use cutover::scenario;
use cutover::units::Span;
use cutover::verify::{Answer, Options, Overall, Waits, overall};

use crate::lab::{load, with_tenants};

const SECOND: u64 = 1_000_000;
const HOUR: u64 = 3_600 * SECOND;

fn of(plan: &Plan) -> Overall {
    let overall = overall(plan, 1, Options::default(), &mut |_| true);
    assert!(overall.bugs.is_empty(), "every witness replays: {:#?}", overall.bugs);
    overall
}

fn verdict(text: &str) -> Overall {
    of(&Plan::compile(&load(text).scenario))
}

fn file(path: &str) -> Plan {
    let loaded = scenario::load(Path::new(path), &|path| std::fs::read(path));
    let loaded = loaded.unwrap_or_else(|failure| panic!("{path}: {:#?}", failure.diagnostics));
    Plan::compile(&loaded.scenario)
}

/// Names of the faults, set by set.
fn sets(overall: &Overall) -> Vec<Vec<String>> {
    let name = |part: usize, fault: u16| {
        let plan = overall.parts[part].setup.plan();
        plan.scenario.faults[usize::from(fault)].name.clone()
    };
    let sets = overall.found.iter();
    let mut sets: Vec<Vec<String>> = sets
        .map(|set| set.found.faults.iter().map(|&fault| name(set.part, fault)).collect())
        .collect();
    sets.sort();
    sets
}

/// The gate is closed for an hour, and the policy is away from then until a shared pool has had a slot
/// for so many seconds.
fn lease(more: &str, restore: u64) -> String {
    with_tenants(
        9,
        &format!(
            "[facts.access]
            initially = 'on'
            [facts.policy]
            missing = 'open'
            [pools.workers]
            slots = 2
            [[step]]
            name = 'close'
            duration = '10s'
            at-end = [{{ off = 'access', for = '1h' }}, {{ off = 'policy' }}]
            [[step]]
            name = 'restore'
            uses = 'workers'
            duration = '{restore}s'
            at-end = [{{ on = 'policy' }}]
            {more}
            [[step]]
            name = 'open'
            at-end = [{{ on = 'access' }}]"
        ),
    )
}

/// Restored after W + 30 s, which the lease of 1 h covers up to and including the instant of its end.
#[test]
fn how_long_nobody_may_wait_is_exact() {
    let verdict = verdict(&lease("", 30));
    assert_eq!(verdict.answer, Answer::Safe);
    assert_eq!(verdict.waits, Waits::AtMost(Span(HOUR - 30 * SECOND)));
    let beyond: Vec<&[u16]> = verdict.beyond.iter().map(|found| found.faults.as_slice()).collect();
    assert_eq!(beyond, [&[] as &[u16]], "then it takes no fault");
    let window = verdict.beyond[0].witness.window.as_ref().expect("the simulator has it");
    assert_eq!(window.length(), Span(1));
}

/// With the fault it is exposed without any wait; without it, only by waiting: the answer is about the
/// fault, as long as nobody waits longer than 1 h less 30 s.
#[test]
fn waits_are_bounded_for_the_sets_that_take_none() {
    let fault = "[[fault]]
        name = 'stuck'
        step = 'restore'
        slow = '2h'
        chance = 0.01";
    let verdict = verdict(&lease(fault, 30));
    assert_eq!(verdict.answer, Answer::Exposed);
    assert_eq!(sets(&verdict), [["stuck"]]);
    assert_eq!(verdict.waits, Waits::AtMost(Span(HOUR - 30 * SECOND)));
}

/// Without waiting it is exposed already, and no wait takes fewer faults than none.
#[test]
fn what_takes_no_wait_is_so_however_long_anybody_waits() {
    let verdict = verdict(&lease("", 3_601));
    assert_eq!((verdict.answer, verdict.waits), (Answer::Exposed, Waits::Any));
    assert_eq!(sets(&verdict), [Vec::<String>::new()]);
    assert!(verdict.all_sets());
}

/// A step that waits for its pool before the gate is closed may wait as long as it likes.
#[test]
fn waits_that_no_lease_covers_have_no_bound() {
    let text = lease("", 30).replace("uses = 'workers'", "");
    let text = text.replace("name = 'close'", "name = 'close'\nuses = 'workers'");
    let verdict = verdict(&text);
    assert_eq!((verdict.answer, verdict.waits), (Answer::Safe, Waits::Any));
}

/// What one tenant with few of its mailboxes does not cover is never called safe.
#[test]
fn nothing_is_safe_while_there_is_a_gap() {
    let undo = "on-failure = 'undo'
        [[step]]
        name = 'seed'
        each = 'mailbox'
        undo = [{ off = 'seeded' }]
        [facts.seeded]
        each = 'mailbox'
        [[step]]
        name = 'check'
        on-failure = 'undo'";
    let text = lease(undo, 30).replace("uses = 'workers'", "");
    let text = text.replace("count = 9", "count = 9\nmailboxes = 5");
    let verdict = verdict(&text);
    assert!(matches!(verdict.gaps.as_slice(), [Gap::UndoOfMailboxes(_)]), "{:?}", verdict.gaps);
    assert!(verdict.found.is_empty());
    assert_eq!(verdict.answer, Answer::Inconclusive);
}

/// Its three singletons need no wait; windows, by hand: the slow step ends 72 h 10 s after the gate has
/// closed, the policy is there 51 s later, the lock ran out after 8 h, and whoever connects at the last
/// instant stays for 24 h. The other two are open from "enable target" on, for 2 h 51 s and a session.
#[test]
fn the_hosted_exchange_has_three_fault_sets() {
    let verdict = of(&file("scenarios/hosted-exchange.toml"));
    let expected =
        [["gate falls open"], ["gate reported closed, still open"], ["public folders slow"]];
    assert_eq!(sets(&verdict), expected);
    assert_eq!((verdict.answer, verdict.waits), (Answer::Exposed, Waits::Any));
    assert!(verdict.all_sets() && verdict.complete == Some(2));
    let mut longest: Vec<Span> = verdict
        .found
        .iter()
        .map(|set| set.found.longest.as_ref().and_then(|longest| longest.length).expect("it ends"))
        .collect();
    longest.sort();
    let short = Span(26 * HOUR + 51 * SECOND);
    assert_eq!(longest, [short, short, Span(88 * HOUR + 61 * SECOND)]);
}

/// Its cure, and the run without faults.
#[test]
fn cures_are_proved() {
    for path in ["scenarios/hosted-exchange-calm.toml", "scenarios/first-incident-cured.toml"] {
        let verdict = of(&file(path));
        assert_eq!((verdict.answer, verdict.waits), (Answer::Safe, Waits::Any), "{path}");
    }
}
