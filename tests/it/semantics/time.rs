use cutover::kernel::Stop;
use cutover::model::{Happening, Source};
use cutover::monitor::StopReason;

use crate::lab::{one, run, with_tenants};

/// T1: a microsecond is the grain, and nothing is rounded.
#[test]
fn t1_a_microsecond_counts() {
    let run = run(&one("
        [[step]]
        name = 'a'
        duration = '1us'
        [[step]]
        name = 'b'
        duration = '52w'
        [rollout]
        horizon = '60w'"));
    let weeks = 52 * 7 * 24 * 3600 * 1_000_000;
    assert_eq!(run.outcome.makespan.unwrap().0, weeks + 1);
}

/// T2: no condition is looked at between two effects of one event.
#[test]
fn t2_the_effects_of_an_event_land_together() {
    let run = run(&one("
        [facts.a]
        [facts.b]
        [[step]]
        name = 's'
        duration = '5s'
        at-end = [{ on = 'a' }, { on = 'b' }]
        [[reaction]]
        name = 'half'
        while = 'a and not b'
        after = '0s'
        does = [{ off = 'a' }]
        [[hazard]]
        name = 'half'
        when = 'a and not b'"));
    assert!(run.reacted("half", "tenant 1").is_empty());
    assert!(!run.log.iter().any(|(_, what)| matches!(what, Happening::Hazard { .. })));
    assert_eq!(run.changes("a", "tenant 1"), [(5, true)]);
}

/// T2: what an event sets off at its own instant is another event, in which all of it is visible.
#[test]
fn t2_what_follows_at_once_is_a_new_event() {
    let run = run(&one("
        [facts.a]
        [facts.b]
        [[step]]
        name = 's'
        duration = '5s'
        at-end = [{ on = 'a' }]
        [[reaction]]
        name = 'answer'
        while = 'a'
        after = '0s'
        does = [{ on = 'b' }]
        [[hazard]]
        name = 'unanswered'
        when = 'a and not b'"));
    let holds = run.log.iter().filter(|(_, what)| matches!(what, Happening::Hazard { .. }));
    assert_eq!(holds.count(), 2, "it opens and closes at second 5");
    assert!(run.outcome.windows.is_empty(), "a window has a positive length");
}

/// The steps `long` and `short` end at second 120; `long` was scheduled at 0, `short` at 60.
const TIE: &str = "
    [facts.f]
    [[step]]
    name = 'first half'
    duration = '60s'
    [[step]]
    name = 'short'
    duration = '60s'
    at-end = [{ off = 'f' }]
    [[step]]
    name = 'long'
    after = []
    duration = '120s'
    at-end = [{ on = 'f' }]";

/// T3: at one instant the order of scheduling decides, not the order of the plan.
#[test]
fn t3_events_of_an_instant_fire_in_the_order_they_were_scheduled() {
    let run = run(&one(TIE));
    assert_eq!(run.changes("f", "tenant 1"), [(120, true), (120, false)]);
}

/// T3: the goal is armed at second 60, before the end of `short`, and yet judged behind it.
#[test]
fn t3_a_goal_is_judged_after_everything_else_at_its_instant() {
    let goal = "
        [[goal]]
        name = 'g'
        when = 'not f'
        within = { of = 'first half', time = '60s' }
        [[goal]]
        name = 'h'
        when = 'f'
        within = { of = 'first half', time = '60s' }";
    let run = run(&one(&format!("{TIE}{goal}")));
    assert_eq!(run.goals(), [(120, true), (120, false)]);
    assert_eq!((run.outcome.judged, run.outcome.missed.len()), (2, 1));
}

/// A goal that lands itself in a cascade of events of no duration: all of them come first.
#[test]
fn t3_a_goal_waits_for_a_whole_cascade() {
    let run = run(&one("
        [facts.f]
        [[step]]
        name = 'start'
        [[step]]
        name = 'a'
        duration = '10s'
        [[step]]
        name = 'b'
        [[step]]
        name = 'c'
        at-end = [{ on = 'f', after = '0s' }]
        [[goal]]
        name = 'g'
        when = 'f'
        within = { of = 'start', time = '10s' }"));
    assert_eq!(run.goals(), [(10, true)]);
}

/// A goal whose step is never reached is never due.
#[test]
fn a_goal_of_a_step_never_reached_is_not_judged() {
    let run = run(&one("
        [facts.f]
        [[step]]
        name = 'a'
        when = 'f'
        [[goal]]
        name = 'g'
        when = 'f'
        within = { of = 'a', time = '10s' }"));
    assert_eq!(run.outcome.judged, 0);
}

fn failing_for_ever(times: u32) -> String {
    one(&format!(
        "
        [[step]]
        name = 'loop'
        retry = {{ times = {times}, wait = '0s' }}
        [[fault]]
        name = 'always'
        step = 'loop'
        fails = true"
    ))
}

/// T4: more than 1,000 starts at one instant end the run and name the activity.
#[test]
fn t4_a_livelock_ends_the_run_and_names_the_cycle() {
    let run = run(&failing_for_ever(10_000));
    let Stop::Livelock(timer) = run.outcome.stop else { panic!("{:?}", run.outcome.stop) };
    assert_eq!((timer.which, timer.entity), (run.step("loop"), run.entity("tenant 1")));
    assert_eq!(run.sim.now().0, 0);
}

/// T4: few starts at one instant are no livelock.
#[test]
fn t4_nine_hundred_attempts_at_one_instant_are_allowed() {
    let run = run(&failing_for_ever(900));
    assert_eq!(run.outcome.stop, Stop::Finished);
    assert_eq!(run.begun("loop", "tenant 1").len(), 901);
}

/// T4 speaks of an activity that starts again and again; effects of many tenants that land on one
/// fact of the rollout at the same instant are no such thing.
#[test]
fn t4_many_landings_on_one_fact_are_no_livelock() {
    let run = run(&with_tenants(
        2500,
        "
        [facts.moved]
        each = 'rollout'
        count = 2500
        [[step]]
        name = 'move'
        duration = '5s'
        at-end = [{ add = 'moved', after = '10s' }]",
    ));
    assert_eq!(run.outcome.stop, Stop::Finished);
    assert_eq!(run.changes("moved", "rollout"), [(15, true)]);
}

/// T4 again: tenants that start without a pause are different activities.
#[test]
fn t4_many_tenants_at_one_instant_are_no_livelock() {
    let run = run(&with_tenants(
        2500,
        "
        [rollout]
        pace = { empirical = ['0s', '0s', '1us'] }
        [[step]]
        name = 'move'",
    ));
    assert_eq!(run.outcome.stop, Stop::Finished);
}

/// T4: unfinished steps and no event left.
#[test]
fn t4_a_stuck_run_names_who_waits_for_what() {
    let run = run(&one("
        [facts.f]
        [[step]]
        name = 'a'
        duration = '7s'
        [[step]]
        name = 'b'
        needs = 'f'
        [[step]]
        name = 'c'"));
    assert_eq!(run.outcome.stop, Stop::Stuck);
    assert_eq!(run.stuck(), [("tenant 1".to_owned(), "b".to_owned(), StopReason::Needs)]);
    assert_eq!(run.outcome.makespan, None);
}

/// The horizon cuts a run off, and what would come later never does.
#[test]
fn the_horizon_ends_a_run() {
    let run = run(&one("
        [rollout]
        horizon = '30s'
        [[step]]
        name = 'a'
        duration = '20s'
        [[step]]
        name = 'b'
        duration = '20s'"));
    assert_eq!(run.outcome.stop, Stop::Horizon);
    assert_eq!(run.stuck(), [("tenant 1".to_owned(), "b".to_owned(), StopReason::Running)]);
}

/// Void timers neither count as events nor move the clock.
#[test]
fn a_cancelled_timer_does_not_move_the_clock() {
    let run = run(&one("
        [facts.f]
        [[step]]
        name = 'a'
        at-end = [{ on = 'f', for = '100s' }]
        [[step]]
        name = 'b'
        duration = '10s'
        at-end = [{ off = 'f' }]"));
    assert_eq!(run.makespan(), 10);
    assert_eq!(run.outcome.end.0, 10_000_000);
    let expiries =
        |what: &Happening| matches!(what, Happening::Changed { source: Source::Expiry, .. });
    assert!(!run.log.iter().any(|(_, what)| expiries(what)));
}
