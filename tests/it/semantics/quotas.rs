use cutover::kernel::{Schedule, Stop};
use cutover::model::Outcome as End;

use super::calendars::{HOUR, MINUTE, begun, friday};
use crate::lab::{Run, force, one, run, run_with, setup, with_tenants};

/// A rollout that starts on this local time in Berlin.
fn starting(start: &str) -> String {
    format!("[rollout]\nstart = '{start}[Europe/Berlin]'\n")
}

/// When each of so many tenants is admitted to a pool with these quotas.
fn admitted(start: &str, quotas: &str, tenants: u32) -> Vec<u64> {
    let run = run(&with_tenants(
        tenants,
        &format!(
            "
            {}
            [pools]
            workers = {{ slots = 10, {quotas} }}
            [[step]]
            name = 'move'
            uses = 'workers'
            duration = '1m'",
            starting(start)
        ),
    ));
    begun(&run, "move", tenants as usize).into_iter().flatten().collect()
}

#[test]
fn a_pool_admits_so_many_on_a_day() {
    // Of the first day six hours are left.
    let at = admitted("2016-11-25T18:00", "per-day = 2", 5);
    assert_eq!(at, [0, 0, 6 * HOUR, 6 * HOUR, 30 * HOUR]);
}

/// In Berlin 2017-03-26 lasts 23 hours and 2016-10-30 lasts 25.
#[test]
fn a_day_lasts_from_midnight_to_midnight() {
    let at = admitted("2017-03-26T00:00", "per-day = 1", 3);
    assert_eq!(at, [0, 23 * HOUR, 47 * HOUR]);
    let at = admitted("2016-10-30T00:00", "per-day = 1", 3);
    assert_eq!(at, [0, 25 * HOUR, 49 * HOUR]);
}

#[test]
fn an_hour_begins_whenever_the_clock_shows_a_full_one() {
    let first = |at: u64| [0, at, HOUR + at, 2 * HOUR + at];
    assert_eq!(admitted("2016-11-25T20:20", "per-hour = 1", 4), first(40 * MINUTE));
    // 01:30, 03:00, 04:00: the hour between does not take place.
    assert_eq!(admitted("2017-03-26T01:30", "per-hour = 1", 4), first(30 * MINUTE));
    // 01:30, 02:00, 02:00 again, 03:00.
    assert_eq!(admitted("2016-10-30T01:30", "per-hour = 1", 4), first(30 * MINUTE));
    // Half an hour is skipped at 02:00, and 03:00 is half an hour on.
    let at = setup(&lord_howe(), 1);
    let run = run_with(&at, Schedule::sampled(0));
    let at: Vec<u64> = begun(&run, "move", 3).into_iter().flatten().collect();
    assert_eq!(at, [0, 60 * MINUTE, 90 * MINUTE]);
}

fn lord_howe() -> String {
    with_tenants(
        3,
        "
        [rollout]
        start = '2017-10-01T01:00[Australia/Lord_Howe]'
        [pools]
        workers = { slots = 10, per-hour = 1 }
        [[step]]
        name = 'move'
        uses = 'workers'",
    )
}

#[test]
fn both_quotas_hold_at_once() {
    // 21:30, 22:00, then the day's two are used up; 00:00 and 01:00.
    let at = admitted("2016-11-25T21:30", "per-hour = 1, per-day = 2", 4);
    assert_eq!(at, [0, 30 * MINUTE, 150 * MINUTE, 210 * MINUTE]);
}

/// Every attempt is an admission.
#[test]
fn a_retry_uses_up_a_quota_too() {
    let run = run(&one(&friday(
        "
        [pools]
        workers = { slots = 1, per-day = 1 }
        [[step]]
        name = 'move'
        uses = 'workers'
        duration = '2h'
        timeout = '1h'
        retry = { times = 1 }",
    )));
    assert_eq!(run.begun("move", "tenant 1"), [0, 6 * HOUR]);
}

#[test]
fn each_tenant_has_a_quota_of_its_own() {
    let run = run(&with_tenants(
        2,
        &friday(
            "
            [pools]
            own = { slots = 1, each = 'tenant', per-day = 1 }
            [[step]]
            name = 'a'
            uses = 'own'
            [[step]]
            name = 'b'
            uses = 'own'",
        ),
    ));
    assert_eq!(begun(&run, "a", 2), [[0], [0]]);
    assert_eq!(begun(&run, "b", 2), [[6 * HOUR], [6 * HOUR]]);
}

/// Who waits keeps his place: at midnight the first in the queue enters, though another asks just
/// then. The slot is free all the time.
#[test]
fn a_used_up_quota_is_a_queue() {
    let run = run(&with_tenants(
        3,
        &friday(
            "
            pace = '3h'
            [pools]
            workers = { slots = 1, per-day = 1 }
            [[step]]
            name = 'move'
            uses = 'workers'",
        ),
    ));
    assert_eq!(begun(&run, "move", 3), [[0], [6 * HOUR], [30 * HOUR]]);
}

/// One transfer of so many bytes over a link of 1 B/s; when it ends.
fn moved(start: &str, bytes: u32, quotas: &str, more: &str) -> Run {
    run(&one(&format!(
        "
        mailbox-size = '{bytes} B'
        {}
        [links]
        wan = {{ rate = '3600 B/h', {quotas} }}
        [[step]]
        name = 'move'
        transfer = {{ size = 'mailbox-size', link = 'wan' }}
        {more}",
        starting(start)
    )))
}

fn end(run: &Run, whose: &str) -> u64 {
    let (at, how) = run.ended("move", whose).expect("it has ended");
    assert_eq!(how, End::Succeeded);
    at
}

#[test]
fn a_transfer_stalls_when_the_day_is_used_up() {
    let ends = |start: &str, bytes| end(&moved(start, bytes, "per-day = '3600 B'", ""), "tenant 1");
    // From 18:00: one hour, then from midnight on.
    assert_eq!(ends("2016-11-25T18:00", 5400), 6 * HOUR + 30 * MINUTE);
    // What ends just when the budget does, ends.
    assert_eq!(ends("2016-11-25T18:00", 3600), HOUR);
    assert_eq!(ends("2016-11-25T18:00", 7200), 7 * HOUR);
    // What is left at midnight is lost: half an hour before it, an hour after, half an hour a day on.
    assert_eq!(ends("2016-11-25T23:30", 7200), 24 * HOUR + 60 * MINUTE);
    // Days of 23 and of 25 hours.
    assert_eq!(ends("2017-03-26T00:00", 9000), 47 * HOUR + 30 * MINUTE);
    assert_eq!(ends("2016-10-30T00:00", 9000), 49 * HOUR + 30 * MINUTE);
}

#[test]
fn a_transfer_stalls_when_the_hour_is_used_up() {
    let ends = |start: &str| end(&moved(start, 5400, "per-hour = '1800 B'", ""), "tenant 1");
    assert_eq!(ends("2016-11-25T20:00"), 150 * MINUTE);
    // 20:40: twenty minutes, then 30 in each of two hours, and the last ten.
    assert_eq!(ends("2016-11-25T20:40"), 140 * MINUTE + 10 * MINUTE);
    // The hour that the clock shows twice is two.
    assert_eq!(ends("2016-10-30T01:30"), 120 * MINUTE);
}

/// 10 B, 20 s of an outage, 20 B: used up at 50 s, and not before. Whatever the link is said to carry
/// afterwards, it carries nothing until the hour is over.
#[test]
fn an_outage_uses_nothing_up_and_its_end_renews_nothing() {
    let slows = |after: u32, lasts: u32| {
        format!(
            "
            [[fault]]
            name = 'down'
            each = 'rollout'
            after = '{after}s'
            slows = {{ link = 'wan', to = '0 B/h', for = '{lasts}s' }}"
        )
    };
    for (after, lasts) in [(10, 20), (40, 60), (20, 3000)] {
        let run = moved("2016-11-25T20:00", 60, "per-hour = '30 B'", &slows(after, lasts));
        assert_eq!(end(&run, "tenant 1"), HOUR + 30, "{after} {lasts}");
    }
    // A link that is down when the hour begins carries on when it is up.
    let run = moved("2016-11-25T20:00", 60, "per-hour = '30 B'", &slows(40, 3600));
    assert_eq!(end(&run, "tenant 1"), HOUR + 40 + 30);
}

/// 40 B of a failed attempt are in vain and count; 20 B of the next are through at 60 s.
#[test]
fn bytes_of_failed_attempts_count() {
    let text = one(&format!(
        "
        mailbox-size = '60 B'
        {}
        [links]
        wan = {{ rate = '3600 B/h', per-hour = '60 B' }}
        [[step]]
        name = 'move'
        transfer = {{ size = 'mailbox-size', link = 'wan' }}
        retry = {{ times = 1 }}
        [[fault]]
        name = 'stall'
        step = 'move'
        fails = {{ after = '40s' }}
        chance = 0.5",
        starting("2016-11-25T20:00")
    ));
    let setup = setup(&text, 1);
    let mut schedule = Schedule::sampled(0);
    force(&setup, &mut schedule, ("fault stall / chance", "tenant 1", 1), 1);
    force(&setup, &mut schedule, ("fault stall / chance", "tenant 1", 2), 0);
    assert_eq!(run_with(&setup, schedule).makespan(), HOUR + 40);
}

/// Two tenants of 60 B, so many seconds apart, over a link of 1 B/s and one of each tenant's own.
fn own(pace: u32, wan: &str, own: &str) -> Vec<u64> {
    let run = run(&with_tenants(
        2,
        &format!(
            "
            mailbox-size = '60 B'
            {}
            pace = '{pace}s'
            [links]
            wan = {{ rate = '3600 B/h' {wan} }}
            own = {{ rate = '3600 B/h', each = 'tenant' {own} }}
            [[step]]
            name = 'move'
            transfer = {{ size = 'mailbox-size', link = ['wan', 'own'] }}",
            starting("2016-11-25T20:00")
        ),
    ));
    (1..=2).map(|tenant| end(&run, &format!("tenant {tenant}"))).collect()
}

#[test]
fn transfers_share_a_quota_as_they_share_its_link() {
    // 30 B each by 60 s, the rest in the first minute of the next hour.
    assert_eq!(own(0, ", per-hour = '60 B'", ""), [HOUR + 60, HOUR + 60]);
    // 30 B of the first alone; at 60 s 45 and 15 B are through, and the first ends 30 s into the
    // next hour, when the other has 30 B.
    assert_eq!(own(30, ", per-hour = '60 B'", ""), [HOUR + 30, HOUR + 60]);
}

/// Alone until 30 s, then half each: 45 B of the first are through at 60 s, and it stalls. The second
/// has the wide link to itself and 45 B through at 90 s. Each needs 15 B more.
#[test]
fn who_has_used_up_his_own_leaves_the_rest_to_others() {
    assert_eq!(own(30, "", ", per-hour = '45 B'"), [HOUR + 30, HOUR + 30]);
    assert_eq!(own(30, "", ""), [90, 120]);
}

#[test]
fn what_a_quota_holds_up_for_ever_ends_at_the_horizon() {
    let text = "
        horizon = '3d'
        [links]
        wan = { rate = '3600 B/h', per-day = '60 B' }
        [[step]]
        name = 'move'
        transfer = { size = 'mailbox-size', link = 'wan' }";
    let run = run(&one(&format!("mailbox-size = '1 GiB'\n{}", friday(text))));
    assert_eq!(run.outcome.stop, Stop::Horizon);
    assert_eq!(run.outcome.stuck.len(), 1);
}
