use cutover::kernel::{Schedule, Stop};
use cutover::model::{Failure, Outcome as End};
use cutover::monitor::StopReason;

use crate::lab::{NEVER, Run, SECOND, force, one, run, run_with, setup};

/// One step of ten seconds, bent by one fault.
fn bent(fault: &str, more: &str) -> String {
    one(&format!(
        "
        [facts.f]
        [facts.g]
        [facts.runs]
        count = 2
        [[step]]
        name = 'a'
        duration = '10s'
        at-start = [{{ add = 'runs' }}]
        at-end = [{{ on = 'f' }}, {{ on = 'g' }}]
        {more}
        [[fault]]
        name = 'x'
        step = 'a'
        {fault}"
    ))
}

#[test]
fn slow_is_another_duration() {
    let run = run(&bent("slow = '70s'", ""));
    assert_eq!(run.changes("f", "tenant 1"), [(70, true)]);
    assert_eq!(run.struck(), [0]);
    assert_eq!(run.outcome.strikes, [1]);
}

#[test]
fn fails_at_its_end_does_not_issue_at_end() {
    let run = run(&bent("fails = true", ""));
    assert_eq!(run.failed("a", "tenant 1"), [(10, Failure::Fault(0))]);
    assert_eq!(run.changes("f", "tenant 1"), []);
    assert_eq!(run.struck(), [10]);
}

#[test]
fn fails_after_a_while() {
    let run = run(&bent("fails = { after = '3s' }", ""));
    assert_eq!(run.failed("a", "tenant 1"), [(3, Failure::Fault(0))]);
}

/// The failure of the first attempt comes after so many seconds.
fn failing_after(seconds: u64) -> Run {
    let setup = setup(&bent("fails = { after = { uniform = ['1s', '20s'] } }", ""), 1);
    let mut schedule = Schedule::nominal();
    force(&setup, &mut schedule, ("fault x / after", "tenant 1", 1), seconds * SECOND);
    force(&setup, &mut schedule, ("fault x / chance", "tenant 1", 1), 1);
    run_with(&setup, schedule)
}

#[test]
fn fails_later_than_the_end_does_not_strike() {
    let run = failing_after(11);
    assert_eq!(run.ended("a", "tenant 1"), Some((10, End::Succeeded)));
    assert_eq!(run.struck(), NEVER);
    assert_eq!(failing_after(10).ended("a", "tenant 1"), Some((10, End::Failed)));
}

#[test]
fn hangs_runs_into_the_timeout() {
    let run = run(&bent("hangs = true", "timeout = '60s'"));
    assert_eq!(run.failed("a", "tenant 1"), [(60, Failure::Timeout)]);
}

#[test]
fn hangs_for_ever_without_a_timeout() {
    let run = run(&bent("hangs = true", ""));
    assert_eq!(run.outcome.stop, Stop::Stuck);
    assert_eq!(run.stuck(), [("tenant 1".to_owned(), "a".to_owned(), StopReason::Running)]);
}

#[test]
fn loses_one_effect_and_reports_success() {
    let run = run(&bent("loses = 'f'", ""));
    assert_eq!(run.changes("f", "tenant 1"), []);
    assert_eq!(run.changes("g", "tenant 1"), [(10, true)]);
    assert_eq!(run.ended("a", "tenant 1"), Some((10, End::Succeeded)));
}

#[test]
fn repeats_runs_once_more_with_its_effects() {
    let run = run(&bent("repeats = true", ""));
    assert_eq!(run.begun("a", "tenant 1"), [0, 10]);
    assert_eq!(run.changes("runs", "tenant 1"), [(10, true)], "at-start is issued twice");
    assert_eq!(run.ended("a", "tenant 1"), Some((20, End::Succeeded)));
    assert_eq!(run.outcome.strikes, [1], "what repeats is not repeated");
}

#[test]
fn skips_reports_success_at_once_without_effects() {
    let run = run(&bent("skips = true", "timeout = '5s'"));
    assert_eq!(run.ended("a", "tenant 1"), Some((0, End::Succeeded)));
    assert_eq!(run.changes("f", "tenant 1"), []);
    assert_eq!(run.changes("runs", "tenant 1"), []);
}

/// A fault strikes each attempt anew; a retry is another attempt.
#[test]
fn a_fault_is_decided_for_each_attempt() {
    let text = bent("fails = { after = '3s' }\nchance = 0.5", "retry = { times = 9, wait = '1s' }");
    let setup = setup(&text, 1);
    let mut schedule = Schedule::nominal();
    force(&setup, &mut schedule, ("fault x / chance", "tenant 1", 1), 1);
    let run = run_with(&setup, schedule);
    assert_eq!(run.begun("a", "tenant 1"), [0, 4]);
    assert_eq!(run.ended("a", "tenant 1"), Some((14, End::Succeeded)));
}

/// The nominal run has no fault, unless a schedule forces one.
#[test]
fn the_nominal_run_has_no_fault_with_a_chance() {
    let setup = setup(&bent("fails = true\nchance = 0.999", ""), 1);
    let run = run_with(&setup, Schedule::nominal());
    assert_eq!(run.outcome.strikes, [0]);
}

/// Free-standing: a fact forced for a while.
#[test]
fn a_free_standing_fault_forces_a_fact() {
    let run = run(&one("
        [facts.access]
        initially = 'on'
        [[step]]
        name = 'close'
        duration = '10s'
        at-end = [{ off = 'access' }]
        [[step]]
        name = 'work'
        duration = '100s'
        [[fault]]
        name = 'falls open'
        while = 'not access'
        after = '20s'
        forces = { on = 'access', for = '5s' }"));
    // Open again at 35 is a new interval of `not access`, and so is every 25 seconds from there.
    let expected = [(10, false), (30, true), (35, false), (55, true), (60, false)];
    assert_eq!(run.changes("access", "tenant 1")[..5], expected);
}
