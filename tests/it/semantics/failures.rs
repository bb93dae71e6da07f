use cutover::kernel::Stop;
use cutover::model::{Failure, Outcome as End};

use crate::lab::{NEVER, one, run, stopped, with_tenants};

#[test]
fn s5_a_timeout_bounds_the_attempt() {
    let run = run(&one("
        [[step]]
        name = 'a'
        duration = '10s'
        timeout = '4s'"));
    assert_eq!(run.failed("a", "tenant 1"), [(4, Failure::Timeout)]);
    assert_eq!(run.ended("a", "tenant 1"), Some((4, End::Failed)));
}

/// An attempt that ends at its bound was scheduled first.
#[test]
fn s5_an_attempt_as_long_as_its_timeout_succeeds() {
    let run = run(&one("
        [[step]]
        name = 'a'
        duration = '10s'
        timeout = '10s'"));
    assert_eq!(run.ended("a", "tenant 1"), Some((10, End::Succeeded)));
}

#[test]
fn s5_a_timeout_does_not_bound_the_queue() {
    let run = run(&with_tenants(
        3,
        "
        [pools]
        one = { slots = 1 }
        [[step]]
        name = 'a'
        uses = 'one'
        duration = '10s'
        timeout = '12s'",
    ));
    assert_eq!(run.ended("a", "tenant 3"), Some((30, End::Succeeded)));
}

#[test]
fn s5_retries_are_further_attempts_each_after_its_wait() {
    let run = run(&one("
        [[step]]
        name = 'a'
        duration = '10s'
        timeout = '4s'
        retry = { times = 2, wait = '3s' }"));
    assert_eq!(run.begun("a", "tenant 1"), [0, 7, 14]);
    assert_eq!(run.ended("a", "tenant 1"), Some((18, End::Failed)));
    assert_eq!(run.outcome.retries, 2);
}

/// Retries count per success wanted: `off` at 3 makes attempt 2 fail, `off` at 13 attempt 5.
#[test]
fn s5_a_success_renews_the_retries() {
    let run = run(&one("
        [facts.ok]
        initially = 'on'
        [[step]]
        name = 'a'
        times = 3
        duration = '2s'
        holds = 'ok'
        retry = { times = 1, wait = '3s' }
        [[reaction]]
        name = 'first'
        while = 'true'
        after = '3s'
        does = [{ off = 'ok', for = '1s' }]
        [[reaction]]
        name = 'second'
        while = 'true'
        after = '9s'
        does = [{ off = 'ok', for = '1s' }]"));
    // 0-2 succeeds, 2-3 fails, 6-8 succeeds, 8-9 fails, 12-14 succeeds.
    assert_eq!(run.begun("a", "tenant 1"), [0, 2, 6, 8, 12]);
    assert_eq!(run.ended("a", "tenant 1"), Some((14, End::Succeeded)));
}

#[test]
fn s5_every_attempt_draws_anew() {
    let run = run(&one("
        [[step]]
        name = 'a'
        times = 20
        duration = { mixture = [{ weight = 1, of = '1s' }, { weight = 1, of = '2s' }] }"));
    let begun = run.begun("a", "tenant 1");
    let gaps: Vec<u64> = begun.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.contains(&1) && gaps.contains(&2), "{gaps:?}");
}

/// `starts` counts at-start, `fails` at-fail, `ends` at-end over three attempts, the last of which
/// succeeds.
#[test]
fn s6_effects_of_start_end_and_failure() {
    let run = run(&one("
        [facts.ready]
        [facts.starts]
        count = 3
        [facts.fails]
        count = 2
        [facts.ends]
        count = 1
        [[step]]
        name = 'a'
        duration = '5s'
        holds = 'ready'
        retry = { times = 9, wait = '10s' }
        at-start = [{ add = 'starts' }]
        at-end = [{ add = 'ends' }]
        at-fail = [{ add = 'fails' }]
        [[reaction]]
        name = 'soon'
        while = 'true'
        after = '15s'
        does = [{ on = 'ready' }]"));
    assert_eq!(run.begun("a", "tenant 1"), [0, 10, 20]);
    assert_eq!(run.changes("starts", "tenant 1"), [(20, true)]);
    assert_eq!(run.changes("fails", "tenant 1"), [(10, true)]);
    assert_eq!(run.changes("ends", "tenant 1"), [(25, true)]);
}

#[test]
fn s6_an_attempt_fails_the_instant_its_holds_is_broken() {
    let run = run(&one("
        [facts.f]
        initially = 'on'
        [[step]]
        name = 'a'
        duration = '10s'
        holds = 'f'
        [[reaction]]
        name = 'break'
        while = 'true'
        after = '4s'
        does = [{ off = 'f' }]"));
    assert_eq!(run.failed("a", "tenant 1"), [(4, Failure::Holds)]);
}

/// It is broken though it holds again at the same instant.
#[test]
fn s6_holds_broken_for_an_instant_is_broken() {
    let run = run(&one("
        [facts.f]
        initially = 'on'
        [[step]]
        name = 'a'
        duration = '10s'
        holds = 'f'
        [[reaction]]
        name = 'break'
        while = 'true'
        after = '4s'
        does = [{ off = 'f', for = '0s' }]"));
    assert_eq!(run.failed("a", "tenant 1"), [(4, Failure::Holds)]);
}

#[test]
fn s6_no_duration_means_no_time() {
    let run = run(&one("
        [[step]]
        name = 'a'
        [[step]]
        name = 'b'
        duration = '3s'"));
    assert_eq!(run.ended("a", "tenant 1"), Some((0, End::Succeeded)));
    assert_eq!(run.makespan(), 3);
}

/// Steps `a`, `b` and `c` succeed at 1, 2 and 3; `d` fails at 4.
fn undone(policy: &str) -> String {
    format!(
        "
        [facts.a]
        [facts.b]
        [facts.c]
        [facts.e]
        [[step]]
        name = 'a'
        duration = '1s'
        at-end = [{{ on = 'a' }}]
        undo = [{{ off = 'a' }}]
        undo-duration = '7s'
        [[step]]
        name = 'b'
        duration = '1s'
        at-end = [{{ on = 'b' }}]
        undo = [{{ off = 'b' }}]
        undo-duration = '5s'
        [[step]]
        name = 'c'
        duration = '1s'
        at-end = [{{ on = 'c' }}]
        [[step]]
        name = 'd'
        duration = '1s'
        {policy}
        [[fault]]
        name = 'no'
        step = 'd'
        fails = true
        [[step]]
        name = 'e'
        at-end = [{{ on = 'e' }}]"
    )
}

#[test]
fn s7_undo_goes_latest_first_and_takes_its_time() {
    let run = run(&one(&undone("on-failure = 'undo'")));
    assert_eq!(run.changes("b", "tenant 1"), [(2, true), (9, false)]);
    assert_eq!(run.changes("a", "tenant 1"), [(1, true), (16, false)]);
    assert_eq!(run.changes("c", "tenant 1"), [(3, true)], "it has no undo list");
    assert_eq!(run.begun("e", "tenant 1"), NEVER);
    assert!(stopped(&run, "tenant 1"));
    assert_eq!(run.outcome.stop, Stop::Finished);
}

/// The tenant keeps its place of `at-once` until the rollback is over.
#[test]
fn s7_a_rollback_keeps_the_tenants_place() {
    let text = undone("on-failure = 'undo'");
    let run = run(&with_tenants(2, &format!("[rollout]\nat-once = 1\n{text}")));
    assert_eq!(run.started("tenant 2"), [16]);
}

/// The same with mailboxes that wait for the tenant's failed step.
#[test]
fn s7_a_rollback_keeps_the_tenants_place_though_its_mailboxes_stop() {
    let text =
        undone("on-failure = 'undo'").replace("name = 'e'\n", "name = 'e'\neach = 'mailbox'\n");
    let run = run(&with_tenants(2, &format!("[rollout]\nat-once = 1\n{text}")));
    assert!(stopped(&run, "mailbox 1 of tenant 1"));
    assert_eq!(run.started("tenant 2"), [16]);
}

/// What is reported done without effects has nothing to undo.
#[test]
fn s7_only_what_succeeded_is_undone() {
    let run = run(&one("
        [facts.a]
        initially = 'on'
        [[step]]
        name = 'a'
        done-if = 'a'
        undo = [{ off = 'a' }]
        [[step]]
        name = 'd'
        on-failure = 'undo'
        [[fault]]
        name = 'no'
        step = 'd'
        fails = true"));
    assert_eq!(run.changes("a", "tenant 1"), []);
}

#[test]
fn on_failure_stop_ends_the_tenants_plan_and_frees_its_place() {
    let run = run(&with_tenants(2, &format!("[rollout]\nat-once = 1\n{}", undone(""))));
    assert_eq!(run.begun("e", "tenant 1"), NEVER);
    assert!(stopped(&run, "tenant 1"));
    assert_eq!(run.changes("a", "tenant 1"), [(1, true)], "nothing is undone");
    assert_eq!(run.started("tenant 2"), [4]);
    assert_eq!(run.outcome.stopped.len(), 2);
    assert_eq!(run.outcome.stop, Stop::Finished);
}

#[test]
fn on_failure_continue_goes_on_as_if_it_had_succeeded() {
    let run = run(&one(&undone("on-failure = 'continue'")));
    assert_eq!(run.ended("d", "tenant 1"), Some((4, End::Failed)));
    assert_eq!(run.changes("e", "tenant 1"), [(4, true)]);
    assert!(!stopped(&run, "tenant 1"));
    assert_eq!(run.outcome.stop, Stop::Finished);
}

/// No further tenant starts; who has started goes on.
#[test]
fn on_failure_halt_rollout_lets_no_further_tenant_start() {
    let text = undone("on-failure = 'halt-rollout'");
    let run = run(&with_tenants(3, &format!("[rollout]\npace = '3s'\nat-once = 2\n{text}")));
    assert_eq!(run.started("tenant 2"), [3]);
    assert_eq!(run.started("tenant 3"), NEVER);
    assert_eq!(run.begun("d", "tenant 2"), [6]);
    assert_eq!(run.outcome.stop, Stop::Halted);
}

/// A stopped tenant frees the slots that it holds across steps.
#[test]
fn a_stopped_tenant_frees_its_slots() {
    let run = run(&with_tenants(
        2,
        "
        [pools]
        one = { slots = 1 }
        [[step]]
        name = 'a'
        uses = [{ pool = 'one', until = 'c' }]
        duration = '1s'
        [[step]]
        name = 'b'
        duration = '10s'
        timeout = '5s'
        [[step]]
        name = 'c'",
    ));
    assert_eq!(run.begun("a", "tenant 2"), [6]);
}

/// Running attempts of a stopped tenant run on, with their slots and their effects.
#[test]
fn a_running_attempt_outlives_its_stopped_tenant() {
    let run = run(&one("
        [facts.f]
        [pools]
        one = { slots = 1 }
        [[step]]
        name = 'fails'
        after = []
        duration = '10s'
        timeout = '2s'
        [[step]]
        name = 'runs'
        after = []
        duration = '20s'
        uses = 'one'
        at-end = [{ on = 'f' }]
        [[step]]
        name = 'next'"));
    assert_eq!(run.changes("f", "tenant 1"), [(20, true)]);
    assert_eq!(run.begun("next", "tenant 1"), NEVER);
}

/// So does one whose slot is held until a step that is cut off by the stop.
#[test]
fn a_running_attempt_keeps_the_slot_it_would_have_held_longer() {
    let run = run(&with_tenants(
        2,
        "
        [pools]
        one = { slots = 1 }
        [[step]]
        name = 'fails'
        after = []
        duration = '10s'
        timeout = '2s'
        [[step]]
        name = 'runs'
        after = []
        duration = '20s'
        uses = [{ pool = 'one', until = 'next' }]
        [[step]]
        name = 'next'",
    ));
    assert_eq!(run.begun("runs", "tenant 1"), [0]);
    // The second tenant stops at 2 as well, so nobody else may use the slot meanwhile.
    assert_eq!(run.outcome.pools[0].busy, 20_000_000);
}
