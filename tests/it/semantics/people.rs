use cutover::kernel::{Schedule, Stop};

use crate::lab::{one, run, run_with, setup};

/// Fact `f` is on from 10 to 40 and from 60 to 95.
fn reaction(trigger: &str) -> String {
    one(&format!(
        "
        [facts.f]
        [[step]]
        name = 'on'
        after = []
        duration = '10s'
        at-end = [{{ on = 'f', for = '30s' }}]
        [[step]]
        name = 'on again'
        after = []
        duration = '60s'
        at-end = [{{ on = 'f', for = '35s' }}]
        [[step]]
        name = 'last'
        after = []
        duration = '200s'
        [[reaction]]
        name = 'r'
        while = 'f'
        {trigger}
        does = []"
    ))
}

#[test]
fn r1_after_fires_once_in_each_interval() {
    let fired = |after: &str| {
        let text = reaction(after).replace("does = []", "does = [{ on = 'g' }]");
        run(&text.replace("[facts.f]", "[facts.f]\n[facts.g]")).reacted("r", "tenant 1")
    };
    assert_eq!(fired("after = '8s'"), [18, 68]);
    assert_eq!(fired("after = '0s'"), [10, 60]);
}

#[test]
fn r1_every_fires_repeatedly_while_it_holds() {
    let text = reaction("every = '10s'").replace("does = []", "does = [{ on = 'g' }]");
    let run = run(&text.replace("[facts.f]", "[facts.f]\n[facts.g]"));
    // The expiry at 40 was scheduled at 10, before the timer that is due at 40.
    assert_eq!(run.reacted("r", "tenant 1"), [20, 30, 70, 80, 90]);
}

#[test]
fn r1_the_timer_is_cancelled_when_while_turns_false() {
    let text = reaction("after = '32s'").replace("does = []", "does = [{ on = 'g' }]");
    let run = run(&text.replace("[facts.f]", "[facts.f]\n[facts.g]"));
    assert_eq!(run.reacted("r", "tenant 1"), [92], "the first interval is 30 seconds long");
}

#[test]
fn r1_while_sees_forced_values() {
    let run = run(&one("
        [facts.f]
        [facts.g]
        [[step]]
        name = 'last'
        duration = '100s'
        [[reaction]]
        name = 'mask'
        while = 'true'
        after = '10s'
        forces = { on = 'f', for = '20s' }
        [[reaction]]
        name = 'sees'
        while = 'f'
        every = '9s'
        does = [{ on = 'g' }]"));
    assert_eq!(run.reacted("sees", "tenant 1"), [19, 28]);
}

/// A reaction that has been armed keeps a run going that is otherwise over.
#[test]
fn a_reaction_that_is_due_still_fires_after_the_last_step() {
    let run = run(&one("
        [facts.f]
        [[step]]
        name = 'a'
        at-end = [{ on = 'f' }]
        [[reaction]]
        name = 'r'
        while = 'f'
        after = '50s'
        does = [{ off = 'f' }]"));
    assert_eq!(run.reacted("r", "tenant 1"), [50]);
    assert_eq!(run.outcome.stop, Stop::Finished);
    assert_eq!(run.makespan(), 0);
}

/// The policy is off from 0 to 15; the user may connect from 0 and does so every 10 seconds that it
/// is outside a session of 100 seconds.
fn session(more: &str) -> String {
    one(&format!(
        "
        [facts.access]
        initially = 'on'
        [facts.policy]
        missing = 'open'
        [facts.door]
        [[step]]
        name = 'drop'
        at-end = [{{ off = 'policy' }}, {{ on = 'door' }}]
        [[step]]
        name = 'restore'
        duration = '15s'
        at-end = [{{ on = 'policy' }}]
        [[step]]
        name = 'close'
        duration = '35s'
        at-end = [{{ off = 'access' }}]
        [[step]]
        name = 'last'
        duration = '200s'
        [[user]]
        name = 'mail'
        connects = {{ while = 'door', every = '10s' }}
        session = {{ lasts = '100s', keeps = ['policy']{more} }}"
    ))
}

#[test]
fn u1_a_session_keeps_facts_as_they_were_at_connect() {
    let run = run(&session(""));
    assert_eq!(
        run.sessions("tenant 1"),
        [(10, true), (110, false), (120, true), (220, false), (230, true), (330, false)]
    );
    // Live, the policy is missing until 15; whoever connected at 10 goes on without it, and is not
    // bothered by the gate that closes at 50.
    assert_eq!(run.windows("policy missing", "tenant 1"), [(0, 15)]);
    assert_eq!(run.session_windows("policy missing", "tenant 1"), [(10, 110)]);
}

#[test]
fn u1_what_is_not_kept_is_read_live() {
    let run = run(&session("").replace("keeps = ['policy']", "keeps = []"));
    assert_eq!(run.session_windows("policy missing", "tenant 1"), [(10, 15)]);
}

/// Connected while the policy is there, a session is safe though it goes missing.
#[test]
fn u1_a_session_from_before_is_safe() {
    let run = run(&one("
        [facts.access]
        initially = 'on'
        [facts.policy]
        missing = 'open'
        [facts.door]
        [[step]]
        name = 'open'
        at-end = [{ on = 'door' }]
        [[step]]
        name = 'drop'
        duration = '15s'
        at-end = [{ off = 'policy' }]
        [[step]]
        name = 'restore'
        duration = '50s'
        at-end = [{ on = 'policy' }]
        [[user]]
        name = 'mail'
        connects = { while = 'door', every = '10s' }
        session = { lasts = '100s', keeps = ['policy'] }"));
    assert_eq!(run.windows("policy missing", "tenant 1"), [(15, 65)]);
    assert_eq!(run.session_windows("policy missing", "tenant 1"), []);
}

#[test]
fn u1_ends_when_ends_a_session_at_once() {
    let run = run(&session(", ends-when = 'not access'"));
    assert_eq!(run.sessions("tenant 1")[..2], [(10, true), (50, false)]);
    assert_eq!(run.session_windows("policy missing", "tenant 1"), [(10, 50)]);
}

/// The pending connection is given up when the condition turns false.
#[test]
fn u1_a_user_connects_only_while_its_condition_holds() {
    let run = run(&session("").replace("{ on = 'door' }", "{ on = 'door', for = '9s' }"));
    assert_eq!(run.sessions("tenant 1"), []);
}

/// The exposing session outlives the plan, and the run waits for its end.
#[test]
fn u1_a_run_goes_on_until_an_exposing_session_ends() {
    let run = run(&session("").replace("duration = '200s'", "duration = '1s'"));
    assert_eq!(run.outcome.stop, Stop::Finished);
    assert_eq!(run.session_windows("policy missing", "tenant 1"), [(10, 110)]);
}

#[test]
fn the_nominal_run_has_no_sessions() {
    let run = run_with(&setup(&session(""), 1), Schedule::nominal());
    assert_eq!(run.sessions("tenant 1"), []);
    assert_eq!(run.windows("policy missing", "tenant 1"), [(0, 15)]);
}

/// One mailbox's session says nothing about another's.
#[test]
fn u1_each_mailbox_has_its_own_session() {
    let text = session("")
        .replace("count = 1", "count = 1\nmailboxes = 2")
        .replace("name = 'mail'", "name = 'mail'\neach = 'mailbox'");
    let run = run(&text);
    for mailbox in ["mailbox 1 of tenant 1", "mailbox 2 of tenant 1"] {
        assert_eq!(run.session_windows("policy missing", mailbox), [(10, 110)]);
    }
}
