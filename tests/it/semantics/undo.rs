use cutover::kernel::{Schedule, Stop};
use cutover::model::Happening;
use cutover::monitor::StopReason;

use crate::lab::{Run, SECOND, force, run, run_with, setup, stopped, with_tenants};

/// Two tenants, one at once. `a` and `b` succeed at 1 and 2, `c` fails at 3; undoing `b` takes 5 s,
/// undoing `a` 7 s: undone at 8 and at 15.
fn rolled_back(more: &str) -> String {
    with_tenants(
        2,
        &format!(
            "
            [rollout]
            at-once = 1
            [facts.a]
            [facts.b]
            [facts.also]
            [[step]]
            name = 'a'
            duration = '1s'
            at-end = [{{ on = 'a' }}]
            undo = [{{ off = 'a' }}]
            undo-duration = '7s'
            [[step]]
            name = 'b'
            duration = '1s'
            at-end = [{{ on = 'b' }}, {{ on = 'also' }}]
            undo = [{{ off = 'b' }}, {{ off = 'also' }}]
            undo-duration = '5s'
            [[step]]
            name = 'c'
            duration = '1s'
            on-failure = 'undo'
            [[fault]]
            name = 'no'
            step = 'c'
            fails = true
            {more}"
        ),
    )
}

fn fault(step: &str, bend: &str) -> String {
    format!("\n[[fault]]\nname = 'x'\nstep = '{step}'\nof = 'undo'\n{bend}")
}

/// Why the first tenant is reported as stopped, and at which step.
fn reason(run: &Run) -> (u16, StopReason) {
    let first = run.entity("tenant 1");
    let mut mine = run.outcome.stopped.iter().filter(|stopped| stopped.entity == first);
    let stopped = mine.next().expect("it is reported");
    assert_eq!(mine.next(), None, "it is reported once");
    (stopped.step, stopped.reason)
}

#[test]
fn s7_a_rollback_without_faults() {
    let run = run(&rolled_back(""));
    assert_eq!(run.changes("b", "tenant 1"), [(2, true), (8, false)]);
    assert_eq!(run.changes("a", "tenant 1"), [(1, true), (15, false)]);
    assert_eq!(reason(&run), (run.step("c"), StopReason::Failed));
    assert_eq!(run.started("tenant 2"), [15]);
}

#[test]
fn s7_a_slow_undo_takes_another_time() {
    let run = run(&rolled_back(&fault("b", "slow = '50s'")));
    assert_eq!(run.changes("b", "tenant 1"), [(2, true), (53, false)]);
    assert_eq!(run.changes("a", "tenant 1"), [(1, true), (60, false)]);
    assert_eq!(run.struck()[..2], [3, 3], "the failure, then the slow undo");
}

/// Nothing of its list is issued, and nothing further is undone.
#[test]
fn s7_a_rollback_stops_where_an_undo_fails() {
    let run = run(&rolled_back(&fault("b", "fails = true")));
    assert_eq!(run.changes("b", "tenant 1"), [(2, true)]);
    assert_eq!(run.changes("a", "tenant 1"), [(1, true)]);
    assert_eq!(reason(&run), (run.step("b"), StopReason::RollbackFailed));
    assert!(stopped(&run, "tenant 1"));
    assert_eq!(run.started("tenant 2"), [8], "its place is free");
    assert_eq!(run.outcome.stop, Stop::Finished);
    assert_eq!(run.outcome.strikes, [2, 2]);
}

#[test]
fn s7_an_undo_that_fails_leaves_what_is_undone_undone() {
    let run = run(&rolled_back(&fault("a", "fails = { after = '2s' }")));
    assert_eq!(run.changes("b", "tenant 1"), [(2, true), (8, false)]);
    assert_eq!(run.changes("a", "tenant 1"), [(1, true)]);
    assert_eq!(reason(&run), (run.step("a"), StopReason::RollbackFailed));
    assert_eq!(run.started("tenant 2"), [10]);
}

/// At the end it strikes, later it does not.
#[test]
fn s7_a_failure_later_than_the_undo_does_not_strike() {
    let text = rolled_back(&fault("b", "fails = { after = { uniform = ['1s', '9s'] } }"));
    let setup = setup(&text, 1);
    let undone = |seconds: u64| {
        let mut schedule = Schedule::sampled(0);
        force(&setup, &mut schedule, ("fault x / after", "tenant 1", 1), seconds * SECOND);
        let run = run_with(&setup, schedule);
        run.changes("b", "tenant 1").len() == 2
    };
    assert!(undone(6));
    assert!(!undone(5));
}

/// A place is kept for ever, so the second tenant never starts.
#[test]
fn s7_an_undo_that_hangs_never_ends() {
    let run = run(&rolled_back(&fault("a", "hangs = true")));
    assert_eq!(run.changes("b", "tenant 1"), [(2, true), (8, false)]);
    assert_eq!(run.changes("a", "tenant 1"), [(1, true)]);
    assert_eq!(run.outcome.stop, Stop::Stuck);
    let first = ("tenant 1".to_owned(), "a".to_owned(), StopReason::RollingBack);
    assert_eq!(run.stuck()[0], first);
    assert_eq!(run.stuck().len(), 2);
}

#[test]
fn s7_an_undo_loses_an_effect() {
    let run = run(&rolled_back(&fault("b", "loses = 'b'")));
    assert_eq!(run.changes("b", "tenant 1"), [(2, true)]);
    assert_eq!(run.changes("also", "tenant 1"), [(2, true), (8, false)]);
    assert_eq!(run.changes("a", "tenant 1"), [(1, true), (15, false)]);
    assert_eq!(reason(&run), (run.step("c"), StopReason::Failed), "it is not noticed");
}

/// The orchestrator dies at 5, in the undo of `b`, and is up at 9.
fn cut(journal: &str, landed: u64) -> Run {
    let crash = "
        [[fault]]
        name = 'crash'
        each = 'rollout'
        after = '5s'
        crashes = { restart = '4s' }";
    let text =
        rolled_back(crash).replace("[rollout]", &format!("[rollout]\njournal = '{journal}'"));
    let setup = setup(&text, 1);
    let mut schedule = Schedule::sampled(0);
    force(&setup, &mut schedule, ("b / undo cut", "tenant 1", 1), landed);
    run_with(&setup, schedule)
}

/// The undo of `b` begins again at 9.
#[test]
fn s8_a_rollback_goes_on_by_the_journal() {
    let run = cut("step", 0);
    assert_eq!(run.changes("b", "tenant 1"), [(2, true), (14, false)]);
    assert_eq!(run.changes("a", "tenant 1"), [(1, true), (21, false)]);
    assert_eq!(run.started("tenant 2"), [21]);
    assert_eq!(reason(&run), (run.step("c"), StopReason::Failed));
}

#[test]
fn s8_a_prefix_of_a_cut_undo_has_landed() {
    let run = cut("step", 1);
    assert_eq!(run.changes("b", "tenant 1"), [(2, true), (5, false)]);
    assert_eq!(run.changes("also", "tenant 1"), [(2, true), (14, false)]);
}

/// Nobody knows any more that there was something to undo.
#[test]
fn s8_without_a_journal_a_rollback_is_lost() {
    let run = cut("none", 0);
    assert_eq!(run.changes("b", "tenant 1"), [(2, true)]);
    assert_eq!(run.changes("a", "tenant 1"), [(1, true)]);
    assert_eq!(reason(&run), (run.step("b"), StopReason::RollbackFailed));
    assert_eq!(run.started("tenant 2"), [9]);
    assert_eq!(run.outcome.stop, Stop::Finished);
}

/// `d` fails while the orchestrator is down only if it is remote; its rollback begins at 9.
#[test]
fn s8_no_rollback_begins_while_the_orchestrator_is_down() {
    let crash = "
        remote = true
        [[fault]]
        name = 'crash'
        each = 'rollout'
        after = '2500ms'
        crashes = { restart = '6500ms' }";
    let text = rolled_back("").replace("[[fault]]", "{}").replacen(
        "{}",
        &format!("{crash}\n[[fault]]"),
        1,
    );
    let run = run(&text);
    assert_eq!(run.changes("b", "tenant 1"), [(2, true), (14, false)]);
    assert_eq!(run.changes("a", "tenant 1"), [(1, true), (21, false)]);
}

/// A mailbox's own rollback has undone its step before the tenant's comes to it.
#[test]
fn s7_what_one_rollback_has_undone_another_does_not() {
    let run = run(&with_tenants(
        1,
        "
        [facts.m]
        each = 'mailbox'
        [[step]]
        name = 'm'
        each = 'mailbox'
        at-end = [{ on = 'm' }]
        undo = [{ off = 'm' }]
        [[step]]
        name = 'n'
        each = 'mailbox'
        duration = '2s'
        timeout = '1s'
        on-failure = 'undo'
        [[step]]
        name = 't'
        after = []
        duration = '5s'
        timeout = '3s'
        on-failure = 'undo'",
    ));
    let undone = run.pick(|what| match *what {
        Happening::Undone { step, .. } => Some(step),
        _ => None,
    });
    assert_eq!(undone, [(1, run.step("m"))]);
}
