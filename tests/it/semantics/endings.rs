use cutover::kernel::Stop;

use crate::lab::{one, run};

/// A fault that strikes again and again bends a plan while there is one; it keeps no run going.
#[test]
fn a_fault_that_strikes_for_ever_ends_with_the_plan() {
    let run = run(&one("
        [facts.x]
        [[step]]
        name = 'a'
        duration = '10s'
        [[fault]]
        name = 'blip'
        while = 'not x'
        after = '3s'
        forces = { on = 'x', for = '2s' }"));
    assert_eq!(run.outcome.stop, Stop::Finished);
    // Forced from 3 to 5 and from 8 to 10, where the plan ends.
    assert_eq!(run.struck(), [3, 8]);
    assert_eq!(run.outcome.end.0, 10_000_000);
}

/// The same for one whose writes come back by themselves.
#[test]
fn leases_of_a_fault_after_the_plan_keep_nothing_going() {
    let run = run(&one("
        [facts.x]
        [[step]]
        name = 'a'
        duration = '10s'
        [[fault]]
        name = 'again'
        every = '4s'
        does = [{ on = 'x', for = '6s' }]"));
    assert_eq!(run.outcome.stop, Stop::Finished);
    // The lease of the strike at 8 is the plan's own: the strike at 12 renews it, and counts no more.
    assert_eq!(run.struck(), [4, 8, 12]);
}

/// A periodic reaction that may yet close an open window keeps the run going until it does.
#[test]
fn a_window_may_be_closed_by_a_reaction_after_the_plan() {
    let run = run(&one("
        [facts.access]
        initially = 'on'
        [facts.policy]
        missing = 'open'
        [[step]]
        name = 'a'
        at-end = [{ off = 'policy' }]
        [[reaction]]
        name = 'watchdog'
        while = 'not policy'
        every = '30s'
        does = [{ on = 'policy' }]"));
    assert_eq!(run.outcome.stop, Stop::Finished);
    assert_eq!(run.windows("policy missing", "tenant 1"), [(0, 30)]);
}

/// While somebody is exposed a finished run goes on: whoever connects later is a viewer.
#[test]
fn users_of_an_open_window_are_followed_after_the_plan() {
    let run = run(&one("
        [rollout]
        horizon = '1h'
        [facts.access]
        initially = 'on'
        [facts.policy]
        missing = 'open'
        [[step]]
        name = 'a'
        at-end = [{ off = 'policy' }]
        [[user]]
        name = 'mail'
        connects = { while = 'access', every = '10m' }
        session = { lasts = '10m', ends-when = 'not access' }"));
    assert!(run.outcome.windows[0].open_ended);
    let inside = run.outcome.windows.iter().filter(|window| window.user.is_some());
    assert!(inside.count() > 1);
}

/// A heartbeat keeps no settled run going.
#[test]
fn a_heartbeat_keeps_nothing_going() {
    let run = run(&one("
        [facts.beat]
        [[step]]
        name = 'a'
        duration = '5s'
        [[reaction]]
        name = 'heartbeat'
        every = '1s'
        does = [{ on = 'beat' }]"));
    assert_eq!(run.outcome.stop, Stop::Finished);
    assert_eq!(run.outcome.end.0, 5_000_000);
}
