use cutover::model::Outcome as End;

use crate::lab::{one, run};

/// Turns fact `f` on at second 10, beside the plan.
const SWITCH: &str = "
    [facts.f]
    [[step]]
    name = 'switch'
    after = []
    duration = '10s'
    at-end = [{ on = 'f' }]";

#[test]
fn s2_a_step_whose_when_is_false_is_skipped_without_effects() {
    let run = run(&one("
        [facts.f]
        [facts.g]
        [[step]]
        name = 'a'
        duration = '5s'
        [[step]]
        name = 'b'
        when = 'f'
        duration = '5s'
        at-start = [{ on = 'g' }]
        at-end = [{ on = 'g' }]
        [[step]]
        name = 'c'
        duration = '5s'"));
    assert_eq!(run.ended("b", "tenant 1"), Some((5, End::Skipped)));
    assert!(!run.seen("g", "tenant 1"));
    assert_eq!(run.begun("c", "tenant 1"), [5]);
}

#[test]
fn s2_a_step_whose_done_if_is_true_is_reported_done_without_effects() {
    let run = run(&one("
        [facts.f]
        initially = 'on'
        [facts.g]
        [[step]]
        name = 'a'
        done-if = 'f'
        duration = '5s'
        at-end = [{ on = 'g' }]"));
    assert_eq!(run.ended("a", "tenant 1"), Some((0, End::Done)));
    assert!(!run.seen("g", "tenant 1"));
}

/// `when` comes before `done-if`, and both before `needs`.
#[test]
fn s2_when_done_if_and_needs_are_looked_at_in_this_order() {
    let run = run(&one("
        [facts.f]
        [facts.g]
        initially = 'on'
        [[step]]
        name = 'a'
        when = 'f'
        done-if = 'g'
        needs = 'f'
        [[step]]
        name = 'b'
        when = 'g'
        done-if = 'g'
        needs = 'f'"));
    assert_eq!(run.ended("a", "tenant 1"), Some((0, End::Skipped)));
    assert_eq!(run.ended("b", "tenant 1"), Some((0, End::Done)));
}

/// They are looked at when all predecessors have ended, not before.
#[test]
fn s2_readiness_is_looked_at_after_the_predecessors() {
    let run = run(&one(&format!(
        "{SWITCH}
        [[step]]
        name = 'a'
        after = []
        duration = '11s'
        [[step]]
        name = 'b'
        when = 'f'"
    )));
    assert_eq!(run.ended("b", "tenant 1"), Some((11, End::Succeeded)));
}

#[test]
fn s2_needs_is_waited_for() {
    let run = run(&one(&format!(
        "{SWITCH}
        [[step]]
        name = 'a'
        after = []
        needs = 'f'
        duration = '5s'"
    )));
    assert_eq!(run.begun("a", "tenant 1"), [10]);
    assert_eq!(run.makespan(), 15);
}

/// Once running, a step does not care about its `needs`.
#[test]
fn s2_needs_is_no_holds() {
    let run = run(&one("
        [facts.f]
        initially = 'on'
        [[step]]
        name = 'off'
        after = []
        duration = '2s'
        at-end = [{ off = 'f' }]
        [[step]]
        name = 'a'
        after = []
        needs = 'f'
        duration = '5s'"));
    assert_eq!(run.ended("a", "tenant 1"), Some((5, End::Succeeded)));
}

/// Three steps queue for one slot. The second needs `go`, which is off from second 5 for a while:
/// so it leaves the queue, and rejoins behind the third.
fn one_slot_with_needs(off_for: &str) -> String {
    one(&format!(
        "
        [facts.go]
        initially = 'on'
        [pools]
        one = {{ slots = 1 }}
        [[step]]
        name = 'first'
        after = []
        uses = 'one'
        duration = '10s'
        [[step]]
        name = 'second'
        after = []
        uses = 'one'
        needs = 'go'
        duration = '10s'
        [[step]]
        name = 'third'
        after = []
        uses = 'one'
        duration = '10s'
        [[reaction]]
        name = 'pause'
        while = 'true'
        after = '5s'
        forces = {{ off = 'go', for = '{off_for}' }}"
    ))
}

#[test]
fn s2_a_queued_step_whose_needs_turns_false_rejoins_at_the_end() {
    let run = run(&one_slot_with_needs("2s"));
    assert_eq!(run.withdrawn("second", "tenant 1"), [5]);
    assert_eq!(run.begun("third", "tenant 1"), [10]);
    assert_eq!(run.begun("second", "tenant 1"), [20]);
    // It waited from 0 to 5 and from 7 to 20, the third from 0 to 10.
    assert_eq!(run.outcome.pools[0].waited, (5 + 13 + 10) * 1_000_000);
}

/// The fact turns on again only at second 50: meanwhile the slot stays free.
#[test]
fn s2_a_step_that_left_the_queue_does_not_enter_while_needs_is_false() {
    let run = run(&one_slot_with_needs("45s"));
    assert_eq!(run.begun("third", "tenant 1"), [10]);
    assert_eq!(run.begun("second", "tenant 1"), [50]);
}

/// A condition that is looked at again at admission: the step is skipped out of the queue.
#[test]
fn s2_when_is_looked_at_again_at_admission() {
    let run = run(&one("
        [facts.f]
        initially = 'on'
        [pools]
        one = { slots = 1 }
        [[step]]
        name = 'first'
        after = []
        uses = 'one'
        duration = '10s'
        at-end = [{ off = 'f' }]
        [[step]]
        name = 'second'
        after = []
        when = 'f'
        uses = 'one'
        duration = '10s'
        [[step]]
        name = 'third'
        duration = '100s'"));
    assert_eq!(run.ended("second", "tenant 1"), Some((10, End::Skipped)));
    assert_eq!(run.makespan(), 110);
    // The request waited for ten seconds, and waits no longer.
    assert_eq!(run.outcome.pools[0].waited, 10_000_000);
}

#[test]
fn times_are_attempts_in_sequence_each_with_its_effects() {
    let run = run(&one("
        [facts.f]
        count = 3
        [[step]]
        name = 'grant'
        times = 3
        duration = '5s'
        at-end = [{ add = 'f' }]"));
    assert_eq!(run.begun("grant", "tenant 1"), [0, 5, 10]);
    assert_eq!(run.changes("f", "tenant 1"), [(15, true)]);
    assert_eq!(run.ended("grant", "tenant 1"), Some((15, End::Succeeded)));
}
