use cutover::kernel::Stop;
use cutover::monitor::StopReason;

use crate::lab::{Run, load, one, refused, run, with_tenants};

pub(super) const HOUR: u64 = 3600;
pub(super) const MINUTE: u64 = 60;

/// A rollout that starts on this local time in Berlin.
fn starting(start: &str, rest: &str) -> String {
    format!("[rollout]\nstart = '{start}[Europe/Berlin]'\n{rest}")
}

/// From a Friday, 18:00, with no change of the clock near.
pub(super) fn friday(rest: &str) -> String {
    starting("2016-11-25T18:00", rest)
}

pub(super) fn begun(run: &Run, step: &str, count: usize) -> Vec<Vec<u64>> {
    (1..=count).map(|tenant| run.begun(step, &format!("tenant {tenant}"))).collect()
}

/// Saturday's window begins 28 h after the start, ends 8 h later, and comes again every week.
const NIGHT: &str = "
    [[step]]
    name = 'prepare'
    duration = '29h'
    [[step]]
    name = 'move'
    windows = ['Sat 22:00 - Sun 06:00']
    duration = '7h'
    [[step]]
    name = 'check'
    windows = ['Sat 22:00 - Sun 06:00']
    duration = '1h'";

/// An attempt that has started runs on behind the end of the window; the next step waits a week.
#[test]
fn attempts_start_only_inside() {
    let run = run(&one(&friday(NIGHT)));
    assert_eq!(run.begun("move", "tenant 1"), [29 * HOUR]);
    // It ends at 36 h, the instant at which the window closes: half-open, so that is too late.
    assert_eq!(run.begun("check", "tenant 1"), [(28 + 168) * HOUR]);
    assert_eq!(run.makespan(), (28 + 168 + 1) * HOUR);
}

/// At the very instant of opening a step may start; 1 µs before the end it may, at the end not.
#[test]
fn windows_are_half_open() {
    let first = |duration: &str| {
        let run = run(&one(&friday(&format!(
            "
            [[step]]
            name = 'before'
            duration = '{duration}'
            [[step]]
            name = 'inside'
            windows = ['Fri 20:00 - Fri 21:00']"
        ))));
        run.outcome.makespan.expect("it ends").0
    };
    let hours = |hours: u64| hours * HOUR * 1_000_000;
    assert_eq!(first("1h"), hours(2));
    assert_eq!(first("2h"), hours(2));
    assert_eq!(first("2h 59m 59.999999s"), hours(3) - 1);
    assert_eq!(first("3h"), hours(168 + 2));
}

/// A step of 3 h was scheduled before the boundary at 3 h was (at 2 h), and yet ends behind it.
#[test]
fn t3_a_boundary_comes_before_everything_else_at_its_instant() {
    let text = friday(
        "
        [[step]]
        name = 'before'
        duration = '3h'
        [[step]]
        name = 'late'
        windows = ['Fri 20:00 - Fri 21:00']
        [[step]]
        name = 'now'
        after = 'before'
        windows = ['Fri 21:00 - Fri 22:00']",
    );
    let run = run(&one(&text));
    assert_eq!(run.begun("now", "tenant 1"), [3 * HOUR]);
    assert_eq!(run.begun("late", "tenant 1"), [(168 + 2) * HOUR]);
}

/// The night in which the clock goes from 02:00 to 03:00: the window is 7 h long.
#[test]
fn a_daylight_saving_night_an_hour_short() {
    let run = run(&with_tenants(
        2,
        &starting(
            "2017-03-25T22:00",
            "
            at-once = 1
            [[step]]
            name = 'move'
            windows = ['Sat 22:00 - Sun 06:00']
            duration = '7h'",
        ),
    ));
    // After 7 h the clock shows 06:00, not 05:00. Until the next Saturday, 22:00, it is an hour less
    // than a week.
    assert_eq!(begun(&run, "move", 2), [[0], [167 * HOUR]]);
}

/// The night in which the clock goes from 03:00 back to 02:00: the window is 9 h long.
#[test]
fn a_daylight_saving_night_an_hour_long() {
    let run = run(&with_tenants(
        3,
        &starting(
            "2016-10-29T22:00",
            "
            at-once = 1
            [[step]]
            name = 'move'
            windows = ['Sat 22:00 - Sun 06:00']
            duration = '8h 30m'",
        ),
    ));
    // The second starts at 05:30 by the clock, though the first took longer than a window of 8 h.
    assert_eq!(begun(&run, "move", 3), [[0], [8 * HOUR + 30 * MINUTE], [169 * HOUR]]);
}

/// Blackout dates are whole local days: of the weekend only Sunday is left.
#[test]
fn excepted_days_are_cut_out() {
    let run = run(&one(&starting(
        "2016-12-23T20:00",
        "
        windows = 'weekend'
        [calendars.weekend]
        windows = ['Fri 22:00 - Mon 06:00']
        except = ['2016-12-23 - 2016-12-24', '2016-12-26']
        [[step]]
        name = 'prepare'
        duration = '1h'
        [[step]]
        name = 'move'
        windows = 'weekend'
        duration = '25h'
        [[step]]
        name = 'check'
        windows = 'weekend'",
    )));
    assert_eq!(run.started("tenant 1"), [28 * HOUR], "Sunday, 00:00");
    assert_eq!(run.begun("move", "tenant 1"), [29 * HOUR]);
    // Sunday ends at 52 h, and Monday is excepted, so the check waits for Friday, 22:00.
    assert_eq!(run.begun("check", "tenant 1"), [(168 + 2) * HOUR]);
}

/// Tenants start only inside; who runs when the window ends runs on.
#[test]
fn a_window_that_ends_mid_tenant() {
    let run = run(&with_tenants(
        3,
        &friday(
            "
            windows = ['Fri 20:00 - Fri 24:00']
            at-once = 1
            [[step]]
            name = 'move'
            duration = '2h'
            [[step]]
            name = 'check'
            duration = '1h'",
        ),
    ));
    let started: Vec<_> = (1..=3).map(|t| run.started(&format!("tenant {t}"))).collect();
    // The second starts at 23:00 and ends at 02:00, when nobody may follow.
    assert_eq!(started, [[2 * HOUR], [5 * HOUR], [(168 + 2) * HOUR]]);
    assert_eq!(run.begun("check", "tenant 2"), [7 * HOUR]);
}

/// The gap counts from the last start, open or closed: after a closed week the next start goes at
/// once, and the one behind it waits for its gap.
#[test]
fn pace_counts_as_before() {
    let run = run(&with_tenants(
        4,
        &friday(
            "
            windows = ['Fri 18:00 - Fri 20:00']
            pace = '90m'
            [[step]]
            name = 'move'",
        ),
    ));
    let started: Vec<_> = (1..=4).map(|t| run.started(&format!("tenant {t}"))).collect();
    let week = 168 * HOUR;
    assert_eq!(started, [[0], [90 * MINUTE], [week], [week + 90 * MINUTE]]);
}

/// Retries keep to the windows, too, whenever their wait ends.
#[test]
fn further_attempts_start_only_inside() {
    let run = run(&one(&friday(
        "
        [[step]]
        name = 'move'
        windows = ['Fri 18:00 - Fri 20:00', 'Sat 00:00 - Sat 01:00']
        duration = '50m'
        retry = { times = 4, wait = '10m' }
        [[fault]]
        name = 'always'
        step = 'move'
        fails = true",
    )));
    let times = [0, 1, 6, 168, 169].map(|hour| hour * HOUR);
    assert_eq!(run.begun("move", "tenant 1"), times);
}

/// A step that runs several times keeps to the windows each time.
#[test]
fn every_one_of_several_times_starts_inside() {
    let run = run(&one(&friday(
        "
        [[step]]
        name = 'pass'
        times = 3
        windows = ['Fri 18:00 - Fri 20:00']
        duration = '90m'",
    )));
    assert_eq!(run.begun("pass", "tenant 1"), [0, 90 * MINUTE, 168 * HOUR]);
}

/// A queued step whose window closes leaves, and rejoins at the end: behind who asked meanwhile.
#[test]
fn a_queued_step_leaves_when_its_window_closes() {
    let run = run(&one(&friday(
        "
        [pools]
        one = { slots = 1 }
        [[step]]
        name = 'long'
        after = []
        uses = 'one'
        duration = '3h'
        [[step]]
        name = 'keeps'
        after = []
        windows = ['Fri 18:00 - Fri 20:00', 'Fri 20:30 - Fri 24:00']
        uses = 'one'
        duration = '1h'
        [[step]]
        name = 'later'
        after = []
        windows = ['Fri 20:15 - Fri 24:00']
        uses = 'one'
        duration = '1h'",
    )));
    assert_eq!(run.withdrawn("keeps", "tenant 1"), [2 * HOUR]);
    assert_eq!(run.begun("later", "tenant 1"), [3 * HOUR]);
    assert_eq!(run.begun("keeps", "tenant 1"), [4 * HOUR]);
}

/// `needs` and windows must both allow it; neither alone does.
#[test]
fn needs_and_windows_hold_together() {
    let run = run(&one(&friday(
        "
        [facts.f]
        [[step]]
        name = 'blink'
        duration = '1h'
        at-end = [{ on = 'f', for = '30m' }]
        [[step]]
        name = 'move'
        after = []
        needs = 'f'
        windows = ['Fri 20:00 - Fri 21:00']
        [[step]]
        name = 'blink again'
        after = 'blink'
        duration = '1h 30m'
        at-end = [{ on = 'f' }]",
    )));
    // The fact is on from 19:00 to 19:30 and from 20:30 on.
    assert_eq!(run.begun("move", "tenant 1"), [2 * HOUR + 30 * MINUTE]);
}

/// What was skipped or done does not wait for a window.
#[test]
fn a_step_without_work_does_not_wait() {
    let run = run(&one(&friday(
        "
        [[step]]
        name = 'move'
        when = 'false'
        windows = ['Mon 20:00 - Mon 21:00']
        [[step]]
        name = 'check'
        done-if = 'true'
        windows = ['Mon 20:00 - Mon 21:00']",
    )));
    assert_eq!(run.makespan(), 0);
}

/// `fits`: the last start is the one whose nominal duration ends with the window.
#[test]
fn what_cannot_finish_does_not_start() {
    let run = |prepare: &str| {
        run(&one(&friday(&format!(
            "
            [[step]]
            name = 'prepare'
            duration = '{prepare}'
            [[step]]
            name = 'move'
            windows = ['Sat 22:00 - Sun 06:00']
            fits = true
            duration = {{ uniform = ['6h', '8h'] }}"
        ))))
    };
    // The median is 7 h, whatever is drawn; the window opens at 28 h and closes at 36 h.
    assert_eq!(run("29h").begun("move", "tenant 1"), [29 * HOUR]);
    let late = run("29h 0.000001s");
    let begins = late.outcome.makespan.expect("it ends").0 / 1_000_000;
    assert!(begins > (28 + 168 + 6) * HOUR - 1, "not before the next week");
}

/// A spring night is too short for 8 h, so they wait a week: 7 days less an hour.
#[test]
fn a_short_night_holds_less() {
    let run = run(&one(&starting(
        "2017-03-25T22:00",
        "
        [[step]]
        name = 'move'
        windows = ['Sat 22:00 - Sun 06:00']
        fits = true
        duration = '8h'",
    )));
    assert_eq!(run.begun("move", "tenant 1"), [167 * HOUR]);
}

/// Windows that touch are one, so what fits may reach from one into the next.
#[test]
fn what_fits_may_reach_over_touching_windows() {
    let run = run(&one(&friday(
        "
        [[step]]
        name = 'prepare'
        duration = '4h'
        [[step]]
        name = 'move'
        windows = ['Fri 20:00 - Fri 24:00', 'Sat 00:00 - Sat 06:00']
        fits = true
        duration = '8h'",
    )));
    assert_eq!(run.begun("move", "tenant 1"), [4 * HOUR]);
}

/// Nothing waits for an unused boundary: the run ends with its last step.
#[test]
fn a_calendar_keeps_no_run_going() {
    let run = run(&one(&friday(NIGHT)));
    assert_eq!(run.outcome.stop, Stop::Finished);
    assert_eq!(run.outcome.end.0, (28 + 168 + 1) * HOUR * 1_000_000);
}

/// Who waits for a window that does not open again is told so, not that it waits for `needs`.
#[test]
fn stuck_at_a_window_is_named() {
    let text = friday(
        "
        horizon = '1w'
        [facts.f]
        [[step]]
        name = 'prepare'
        duration = '5h'
        [[step]]
        name = 'move'
        windows = ['Fri 20:00 - Fri 21:00']
        [[step]]
        name = 'never'
        needs = 'f'
        each = 'mailbox'
        after = []
        windows = ['Fri 20:00 - Fri 21:00']",
    );
    let stuck = run(&one(&text));
    assert_eq!(stuck.outcome.stop, Stop::Stuck);
    let who = |entity: &str, step: &str, why| (entity.to_owned(), step.to_owned(), why);
    let expected = [
        who("tenant 1", "move", StopReason::Windows),
        who("mailbox 1 of tenant 1", "never", StopReason::Needs),
    ];
    assert_eq!(stuck.stuck(), expected);
    let text = "
        horizon = '6d'
        windows = ['Fri 18:00 - Fri 19:00']
        at-once = 1
        [[step]]
        name = 'move'
        duration = '2h'";
    let unstarted = run(&with_tenants(2, &friday(text)));
    assert_eq!(unstarted.stuck(), [who("tenant 2", "move", StopReason::Windows)]);
}

/// An empty list takes a base's windows away; without windows no start is needed.
#[test]
fn an_empty_list_is_no_limit() {
    let free = run(&one("
        [[step]]
        name = 'move'
        windows = []"));
    assert_eq!(free.begun("move", "tenant 1"), [0]);
    assert!(refused(&one("
        [[step]]
        name = 'move'
        windows = ['22:00 - 06:00']")));
}

/// Calendars that open and close alike are one, and unused ones none.
#[test]
fn equal_calendars_are_one() {
    let text = one(&friday(
        "
        windows = 'night'
        [calendars.night]
        windows = ['22:00 - 06:00']
        [calendars.other]
        windows = ['21:00 - 06:00']
        [[step]]
        name = 'a'
        windows = ['22:00 - 06:00']
        [[step]]
        name = 'b'
        windows = 'night'
        fits = true
        duration = '1us'
        [[step]]
        name = 'c'
        windows = 'night'
        fits = true
        duration = '2us'",
    ));
    let plan = cutover::plan::Plan::compile(&load(&text).scenario);
    let steps: Vec<_> = plan.calendars.iter().map(|calendar| calendar.steps.clone()).collect();
    assert_eq!(steps, [vec![0, 1], vec![2]], "1 us fits wherever an instant is left");
    assert!(plan.calendars[0].starts && !plan.calendars[1].starts);
}
