use cutover::kernel::{Schedule, Setup};
use cutover::simulate::{Attempt, Others, Shown, Trial, try_in_full};

use super::focal;
use crate::lab::{SECOND, force, run_with, setup, with_tenants};

/// Nine tenants close their gates for two hours and restore through two slots, nominally in 30 s
/// each; now and then it takes as long as `longest`.
fn restores(longest: &str) -> String {
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
            at-end = [{{ off = 'access', for = '2h' }}, {{ off = 'policy' }}]
            [[step]]
            name = 'restore'
            uses = 'workers'
            duration = {{ empirical = ['30s', '30s', '{longest}'] }}
            at-end = [{{ on = 'policy' }}]
            [[step]]
            name = 'open'
            at-end = [{{ on = 'access' }}]
            [[fault]]
            name = 'stuck'
            step = 'restore'
            slow = '3h'
            chance = 0.1"
        ),
    )
}

fn tried(text: &str, at: (&str, &str, u32), value: u64) -> (Setup, Trial) {
    let (full, focal) = (setup(text, 1), focal(text));
    let mut schedule = Schedule::nominal();
    force(&focal, &mut schedule, at, value);
    let run = run_with(&focal, schedule.clone());
    let window = run.outcome.windows.first().expect("the witness exposes").clone();
    let trial = try_in_full(&full, &focal, &schedule, &Shown::Window(window), &mut || true);
    (full, trial)
}

/// What the focal tenant does itself exposes whoever does it.
#[test]
fn an_own_fault_is_reached_at_once() {
    let at = ("fault stuck / chance", "tenant 1", 1);
    let (_, trial) = tried(&restores("30s"), at, 1);
    let attempt = Attempt { tenant: 8, others: Others::Nominal };
    assert_eq!(trial.tried, [attempt]);
    assert_eq!(trial.reached.expect("it is its own doing").attempt, attempt);
}

/// The last of nine waits for four rounds of 40 min before it, so for 2 h 40 m, if all others are
/// slow; nominally for 2 min.
#[test]
fn a_wait_is_reached_where_others_are_slow_enough() {
    let at = ("restore / wait", "tenant 1", 1);
    let (full, trial) = tried(&restores("40m"), at, 3 * 3600 * SECOND);
    let nominal = Attempt { tenant: 8, others: Others::Nominal };
    let slow = Attempt { others: Others::Slow, ..nominal };
    assert_eq!(trial.tried, [nominal, slow]);
    let reached = trial.reached.expect("2 h 40 m are more than 2 h");
    // Open again at 2 h 10 s; restored at 10 s + 2 h 40 m + 30 s.
    let Shown::Window(window) = reached.shown else { panic!("{:?}", reached.shown) };
    assert_eq!(window.from.0, 7210 * SECOND);
    assert_eq!(window.to.0, 9640 * SECOND);
    // The schedule alone shows it again.
    let again = run_with(&full, reached.schedule);
    assert!(again.outcome.windows.contains(&window));
}

/// Four rounds of 20 min are less than the lease: no full run of the list shows it.
#[test]
fn a_wait_that_no_other_causes_is_not_reached() {
    let (_, trial) = tried(&restores("20m"), ("restore / wait", "tenant 1", 1), 7200 * SECOND);
    assert_eq!(trial.reached, None);
    let tenants: Vec<u32> = trial.tried.iter().map(|attempt| attempt.tenant).collect();
    assert_eq!(tenants, [8, 8, 0, 0, 4, 4]);
}
