use cutover::monitor::exposure_time;

use crate::lab::{SECOND, one, run};

/// Fact `f` is a hazard while it is on; a list of (second, what happens to it then).
fn toggled(list: &[(u64, &str)]) -> String {
    let steps = list.iter().enumerate().map(|(number, (at, effect))| {
        format!(
            "[[step]]\nname = 's{number}'\nafter = []\nduration = '{at}s'\nat-end = [{effect}]\n"
        )
    });
    let steps: String = steps.collect();
    one(&format!("[facts.f]\n[[hazard]]\nname = 'h'\nwhen = 'f'\n{steps}"))
}

#[test]
fn a_window_is_half_open() {
    let run = run(&toggled(&[(3, "{ on = 'f' }"), (8, "{ off = 'f' }")]));
    assert_eq!(run.windows("h", "tenant 1"), [(3, 8)]);
    assert_eq!(run.outcome.windows[0].length().0, 5 * SECOND);
}

#[test]
fn a_window_of_no_length_is_none() {
    let run = run(&toggled(&[(3, "{ on = 'f' }"), (3, "{ off = 'f' }")]));
    assert!(run.outcome.windows.is_empty());
}

#[test]
fn a_microsecond_is_a_window() {
    let run = run(&toggled(&[(3, "{ on = 'f', for = '1us' }")]));
    assert_eq!(run.outcome.windows.len(), 1);
    assert_eq!(run.outcome.windows[0].length().0, 1);
}

#[test]
fn a_window_that_closes_and_opens_at_one_instant_goes_on() {
    let list =
        [(3, "{ on = 'f' }"), (8, "{ off = 'f' }"), (8, "{ on = 'f' }"), (10, "{ off = 'f' }")];
    assert_eq!(run(&toggled(&list)).windows("h", "tenant 1"), [(3, 10)]);
}

#[test]
fn two_windows_with_time_between_are_two() {
    let list =
        [(3, "{ on = 'f' }"), (8, "{ off = 'f' }"), (9, "{ on = 'f' }"), (10, "{ off = 'f' }")];
    let run = run(&toggled(&list));
    assert_eq!(run.windows("h", "tenant 1"), [(3, 8), (9, 10)]);
    assert_eq!(exposure_time(run.outcome.windows.iter()).0, 6 * SECOND);
}

#[test]
fn a_window_that_never_closes_lasts_to_the_horizon() {
    let text = toggled(&[(3, "{ on = 'f' }")]);
    let run = run(&format!("{text}\n[rollout]\nhorizon = '100s'\n"));
    assert_eq!(run.windows("h", "tenant 1"), [(3, 100)]);
    assert!(run.outcome.windows[0].open_ended);
}

#[test]
fn a_window_may_be_open_from_the_start() {
    let text = toggled(&[(3, "{ off = 'f' }")]).replace("[facts.f]", "[facts.f]\ninitially = 'on'");
    assert_eq!(run(&text).windows("h", "tenant 1"), [(0, 3)]);
}

/// The exposure time of a tenant is the union over its hazards.
#[test]
fn exposure_time_counts_overlapping_windows_once() {
    let run = run(&one("
        [facts.f]
        [facts.g]
        [[hazard]]
        name = 'f'
        when = 'f'
        [[hazard]]
        name = 'g'
        when = 'g'
        [[step]]
        name = 'a'
        duration = '10s'
        at-end = [{ on = 'f', for = '20s' }]
        [[step]]
        name = 'b'
        duration = '5s'
        at-end = [{ on = 'g', for = '3s' }]
        [[step]]
        name = 'c'
        duration = '10s'
        at-end = [{ on = 'g', for = '10s' }]"));
    assert_eq!(run.windows("f", "tenant 1"), [(10, 30)]);
    assert_eq!(run.windows("g", "tenant 1"), [(15, 18), (25, 35)]);
    assert_eq!(exposure_time(run.outcome.windows.iter()).0, 25 * SECOND);
}

/// `access and not P` is derived for each permission that is missing open.
#[test]
fn a_hazard_is_derived_from_a_permission() {
    let run = run(&one("
        [facts.access]
        initially = 'on'
        [facts.policy]
        missing = 'open'
        [[step]]
        name = 'close'
        duration = '5s'
        at-end = [{ off = 'access', for = '20s' }]
        [[step]]
        name = 'enable'
        duration = '10s'
        at-end = [{ off = 'policy' }]
        [[step]]
        name = 'restrict'
        duration = '30s'
        at-end = [{ on = 'policy' }]"));
    assert_eq!(run.windows("policy missing", "tenant 1"), [(25, 45)]);
    assert_eq!(run.outcome.downtime[0].0, 20 * SECOND);
}

/// Tenants that have moved carry the state in which the plan ends, leases run out, and are exposed
/// by what happens to their group though they do not move themselves.
#[test]
fn migrated_tenants_carry_the_end_state() {
    let run = run("
        name = 'migrated'
        [tenants]
        count = 2
        migrated = 1
        [facts.access]
        initially = 'on'
        [facts.moved]
        [facts.locked]
        [facts.grants]
        count = 3
        [facts.forest]
        each = 'rollout'
        missing = 'open'
        [[step]]
        name = 'close'
        duration = '5s'
        at-end = [{ off = 'access', for = '8h' }, { on = 'locked', for = '1h' }, { off = 'grants' }]
        [[step]]
        name = 'move'
        at-start = [{ on = 'moved' }]
        [[step]]
        name = 'grant'
        times = 3
        at-end = [{ add = 'grants' }]
        [[step]]
        name = 'break the forest'
        each = 'rollout'
        after = []
        duration = '7s'
        at-end = [{ off = 'forest', for = '3s' }]");
    let seen = |fact: &str| run.seen(fact, "tenant 1");
    assert!(seen("access") && seen("moved") && !seen("locked") && seen("grants"));
    assert_eq!(run.changes("moved", "tenant 1"), []);
    assert_eq!(run.windows("forest missing", "tenant 1"), [(7, 10)]);
    assert_eq!(run.windows("forest missing", "tenant 2"), [], "its gate is closed from 5");
}

/// Downtime is access taken away: what has not been there yet, in a plan that provides something
/// new, is not down; what is closed and opened again is.
#[test]
fn downtime_counts_from_where_access_is_taken_away() {
    let run = run(&one("
        [facts.access]
        [[step]]
        name = 'provide'
        duration = '30s'
        at-end = [{ on = 'access' }]
        [[step]]
        name = 'close'
        at-end = [{ off = 'access' }]
        [[step]]
        name = 'open'
        duration = '10s'
        at-end = [{ on = 'access' }]"));
    assert_eq!(run.outcome.downtime[0].0, 10 * SECOND);
}
