use std::fmt::Write as _;

use cutover::kernel::{Schedule, Stop};
use cutover::model::{Entity, Happening};
use cutover::units::Instant;

use crate::lab::{Run, SECOND, force, run, run_with, seconds, setup};

/// An unbounded family may draw a rate of 0; the transfer then runs at 1 B/h.
#[test]
fn a_rate_of_nothing_counts_as_one_byte_an_hour() {
    let setup = setup(
        "
        name = 'slow'
        [tenants]
        count = 1
        mailbox-size = '2 B'
        [[step]]
        name = 'move'
        transfer = { size = 'mailbox-size', rate = { exponential = '1 GiB/h' } }",
        1,
    );
    let mut schedule = Schedule::nominal();
    force(&setup, &mut schedule, ("move / rate", "tenant 1", 1), 0);
    assert_eq!(run_with(&setup, schedule).makespan(), 2 * 3600);
}

/// A link of 1 B/s; what each test adds has mailboxes of 60 B.
fn shared(tenants: u32, rest: &str) -> String {
    format!(
        "
        name = 'shared'
        [tenants]
        count = {tenants}
        mailbox-size = '60 B'
        [links]
        wan = {{ rate = '3600 B/h' }}
        {rest}"
    )
}

/// Every tenant moves over the link, `pace` apart.
fn paced(tenants: u32, pace: &str, cap: &str) -> String {
    shared(
        tenants,
        &format!(
            "
            [rollout]
            pace = '{pace}'
            [[step]]
            name = 'move'
            transfer = {{ size = 'mailbox-size', link = 'wan' {cap} }}"
        ),
    )
}

/// When the step of each tenant ended, in microseconds.
fn ends(run: &Run, name: &str) -> Vec<u64> {
    let wanted = run.step(name);
    let mut ends: Vec<(Entity, u64)> = Vec::new();
    for (at, what) in &run.log {
        if let Happening::StepEnded { step, entity, .. } = *what
            && step == wanted
        {
            ends.push((entity, at.0));
        }
    }
    ends.sort_unstable();
    ends.into_iter().map(|(_, at)| at).collect()
}

/// When the step of each tenant ended, in whole seconds.
fn ended(text: &str, name: &str) -> Vec<u64> {
    let ends = ends(&run(text), name);
    ends.into_iter().map(|at| seconds(Instant(at))).collect()
}

#[test]
fn a_transfer_alone_has_the_link_to_itself() {
    assert_eq!(ended(&paced(1, "1s", ""), "move"), [60]);
    // A cap above what the link carries changes nothing, one below it binds.
    assert_eq!(ended(&paced(1, "1s", ", rate = '1 GiB/h'"), "move"), [60]);
    assert_eq!(ended(&paced(1, "1s", ", rate = '1800 B/h'"), "move"), [120]);
}

/// Half of the first is through when the second comes; from then on each has half of the link.
#[test]
fn two_transfers_share_in_halves() {
    assert_eq!(ended(&paced(2, "0s", ""), "move"), [120, 120]);
    assert_eq!(ended(&paced(2, "30s", ""), "move"), [90, 120]);
}

/// Bytes of each at 30, 60, 105, 165, 180: first 30, 45, 60; second 0, 15, 30, 60; third 0, 0, 15,
/// 45, 60.
#[test]
fn three_transfers_share_in_thirds_while_there_are_three() {
    assert_eq!(ended(&paced(3, "30s", ""), "move"), [105, 165, 180]);
}

/// A third of a link is no whole number of anything, and yet no microsecond is lost or gained: n
/// transfers of what the link carries in an hour take n hours.
#[test]
fn equal_shares_end_on_the_microsecond() {
    for n in [3, 7, 97, 1000] {
        let text = format!(
            "
            name = 'equal'
            [tenants]
            count = {n}
            mailbox-size = '1 GiB'
            [links.wan]
            rate = '1 GiB/h'
            [[step]]
            name = 'move'
            transfer = {{ size = 'mailbox-size', link = 'wan' }}"
        );
        assert!(ended(&text, "move").iter().all(|&at| at == n * 3600));
    }
}

/// Caps of 0.6 B/s. Bytes of each at 50, 100, 115, 175: first 30, 55, 60; second 0, 25, 30, 60;
/// third 0, 0, 5, 35. The last 25 B at 0.6 B/s take 41 2/3 s, rounded up.
#[test]
fn a_cap_binds_where_the_share_is_larger() {
    let run = run(&paced(3, "50s", ", rate = '2160 B/h'"));
    assert_eq!(ends(&run, "move"), [115 * SECOND, 175 * SECOND, 216_666_667]);
}

/// What one leaves by its cap is the other's: a quarter and three quarters.
#[test]
fn what_a_capped_transfer_leaves_is_shared_by_the_others() {
    let text = shared(
        1,
        "
        [[step]]
        name = 'slow'
        transfer = { size = 'mailbox-size', link = 'wan', rate = '900 B/h' }
        [[step]]
        name = 'fast'
        after = []
        transfer = { size = 'mailbox-size', link = 'wan' }",
    );
    assert_eq!(ended(&text, "fast"), [80]);
    assert_eq!(ended(&text, "slow"), [240]);
}

/// Tenants 1 and 2 fill their database's link, 0.125 B/s each; tenant 3 gets what they leave of the
/// wide one, but no more than its own database's 0.25 B/s.
fn databases(wan: u32) -> Vec<u64> {
    let text = format!(
        "
        name = 'databases'
        [tenants]
        count = 3
        mailbox-size = '60 B'
        [groups.database]
        tenants = 2
        [links]
        wan = {{ rate = '{wan} B/h' }}
        lan = {{ rate = '900 B/h', each = 'database' }}
        [[step]]
        name = 'move'
        transfer = {{ size = 'mailbox-size', link = ['wan', 'lan'] }}"
    );
    ended(&text, "move")
}

#[test]
fn a_path_is_as_fast_as_its_narrowest_share() {
    assert_eq!(databases(3600), [480, 480, 240], "both databases bind");
    // 0.45 B/s: 0.125 and 0.125 and 0.2.
    assert_eq!(databases(1620), [480, 480, 300], "one database and the wide link bind");
    // 0.3 B/s: 0.1 each.
    assert_eq!(databases(1080), [600, 600, 600], "the wide link binds everybody");
}

/// The entity's bytes are those of all its mailboxes.
#[test]
fn a_tenants_transfer_is_the_sum_of_its_mailboxes() {
    let text = shared(
        1,
        "
        [[step]]
        name = 'all'
        transfer = { size = 'mailbox-size', link = 'wan' }",
    );
    let text = text.replace("mailbox-size = '60 B'", "mailboxes = 3\nmailbox-size = '60 B'");
    assert_eq!(ended(&text, "all"), [180]);
    let nothing = paced(1, "1s", "").replace("60 B", "0 B");
    assert_eq!(ended(&nothing, "move"), [0]);
}

/// One transfer of a minute, and what slows the link.
fn slowed(slows: &[(&str, &str, &str)]) -> u64 {
    let mut text = paced(1, "1s", "");
    for (number, (after, to, lasts)) in slows.iter().enumerate() {
        let _ = write!(
            text,
            "
            [[fault]]
            name = 'fault {number}'
            each = 'rollout'
            after = '{after}'
            slows = {{ link = 'wan', to = '{to}', for = '{lasts}' }}"
        );
    }
    ended(&text, "move")[0]
}

#[test]
fn a_link_that_fails_for_a_minute_delays_its_transfers_by_a_minute() {
    assert_eq!(slowed(&[("30s", "0 B/h", "1m")]), 120);
    assert_eq!(slowed(&[("60s", "0 B/h", "1m")]), 60, "armed before the transfer ends, after it");
}

#[test]
fn a_link_slowed_to_a_rate_or_a_share_carries_that() {
    // 20 B, then 30 B in a minute, then 10 B.
    assert_eq!(slowed(&[("20s", "50 %", "1m")]), 90);
    assert_eq!(slowed(&[("20s", "1800 B/h", "1m")]), 90);
}

/// 10 B, 5 B until 20, none until 40, 15 B until 70, 30 B.
#[test]
fn of_all_that_slows_a_link_the_worst_counts() {
    assert_eq!(slowed(&[("10s", "50 %", "1m"), ("20s", "0 B/h", "20s")]), 100);
    assert_eq!(slowed(&[("20s", "0 B/h", "20s"), ("10s", "50 %", "1m")]), 100);
}

/// Tenant 1's database is cut off from 30 to 90, tenant 2's is not.
#[test]
fn a_groups_link_fails_alone() {
    let text = "
        name = 'alone'
        [tenants]
        count = 2
        mailbox-size = '60 B'
        [groups.database]
        tenants = 1
        [facts.sick]
        each = 'database'
        [links.lan]
        rate = '3600 B/h'
        each = 'database'
        [[step]]
        name = 'move'
        transfer = { size = 'mailbox-size', link = 'lan' }
        at-start = [{ on = 'sick', chance = 0.5 }]
        [[reaction]]
        name = 'cut'
        each = 'database'
        while = 'sick'
        after = '30s'
        slows = { link = 'lan', to = '0 B/h', for = '60s' }";
    let setup = setup(text, 1);
    let mut schedule = Schedule::nominal();
    force(&setup, &mut schedule, ("move / at-start 1 / chance", "tenant 2", 1), 0);
    assert_eq!(ends(&run_with(&setup, schedule), "move"), [120 * SECOND, 60 * SECOND]);
}

/// Two attempts over one link, of which the first is left at 40 with 20 B through.
fn left_at_40(first: &str, more: &str) -> Vec<u64> {
    let text = shared(
        1,
        &format!(
            "
            [[step]]
            name = 'a'
            transfer = {{ size = 'mailbox-size', link = 'wan' }}
            on-failure = 'continue'
            {first}
            [[step]]
            name = 'b'
            after = []
            transfer = {{ size = 'mailbox-size', link = 'wan' }}
            {more}"
        ),
    );
    ended(&text, "b")
}

/// 20 B, then 40 B at the whole rate.
#[test]
fn what_a_failed_attempt_took_is_free_at_once() {
    assert_eq!(left_at_40("", ""), [120]);
    assert_eq!(left_at_40("timeout = '40s'", ""), [80]);
    let fault = "[[fault]]\nname = 'f'\nstep = 'a'\nfails = { after = '40s' }";
    assert_eq!(left_at_40("", fault), [80]);
    let breaks = "
        [facts.f]
        initially = 'on'
        [[step]]
        name = 'break'
        after = []
        duration = '40s'
        at-end = [{ off = 'f' }]";
    assert_eq!(left_at_40("holds = 'f'", breaks), [80]);
}

/// A second attempt begins with the first byte again: 20 B of `a` in 40 s are in vain, and `b`
/// shares with it for 40 s more.
#[test]
fn a_further_attempt_transfers_everything_again() {
    let text = "retry = { times = 1 }\ntimeout = '40s'";
    assert_eq!(left_at_40(text, ""), [100]);
}

/// What does not transfer takes nothing: 60 s for `b` alone.
#[test]
fn attempts_that_hang_are_slow_or_skipped_leave_the_link_to_others() {
    for bend in ["hangs = true", "slow = '10s'", "skips = true"] {
        let fault = format!("[[fault]]\nname = 'f'\nstep = 'a'\n{bend}");
        assert_eq!(left_at_40("timeout = '5m'", &fault), [60], "{bend}");
    }
}

/// T3: `a` starts before `b`, and both end at 90, because the link is down from 30 to 60. That it
/// was down, and `b` armed meanwhile, does not put `a` behind.
#[test]
fn t3_a_transfer_keeps_the_place_that_its_start_gave_it() {
    let run = run(&shared(
        1,
        "
        [[step]]
        name = 'a'
        after = []
        transfer = { size = 'mailbox-size', link = 'wan' }
        [[step]]
        name = 'wait'
        after = []
        duration = '40s'
        [[step]]
        name = 'b'
        after = 'wait'
        duration = '50s'
        [[fault]]
        name = 'down'
        each = 'rollout'
        after = '30s'
        slows = { link = 'wan', to = '0 B/h', for = '30s' }",
    ));
    let order = run.pick(|what| match *what {
        Happening::AttemptEnded { step, .. } => Some(step),
        _ => None,
    });
    let [wait, a, b] = ["wait", "a", "b"].map(|name| run.step(name));
    assert_eq!(order, [(40, wait), (90, a), (90, b)]);
}

/// Whoever ends at one instant ends in the order of their starts, also where the bytes of the later
/// one were through a fraction of a microsecond before.
#[test]
fn t3_transfers_that_end_in_one_microsecond_end_in_the_order_of_their_starts() {
    let text = "
        name = 'ties'
        [tenants]
        count = 2
        mailboxes = 2
        mailbox-size = '1 B'
        [links.wan]
        rate = '1 PiB/h'
        [[step]]
        name = 'two bytes'
        transfer = { size = 'mailbox-size', link = 'wan' }
        [[step]]
        name = 'one byte'
        each = 'mailbox'
        after = []
        transfer = { size = 'mailbox-size', link = 'wan' }";
    let run = run(text);
    let ends: Vec<(u64, u16)> = run
        .log
        .iter()
        .filter_map(|(at, what)| match *what {
            Happening::AttemptEnded { step, .. } => Some((at.0, step)),
            _ => None,
        })
        .collect();
    let [two, one] = ["two bytes", "one byte"].map(|name| run.step(name));
    assert_eq!(ends, [(1, two), (1, one), (1, one), (1, two), (1, one), (1, one)]);
}

#[test]
fn a_transfer_beyond_the_horizon_leaves_the_run_unfinished() {
    let text =
        format!("{}\n", paced(2, "0s", "")).replace("[rollout]", "[rollout]\nhorizon = '100s'");
    let late = run(&text);
    assert_eq!(late.outcome.stop, Stop::Horizon);
    assert_eq!(late.outcome.stuck.len(), 2);
    let down = format!(
        "{text}
        [[fault]]
        name = 'down'
        each = 'rollout'
        after = '10s'
        slows = {{ link = 'wan', to = '0 B/h', for = '1h' }}"
    );
    assert_eq!(run(&down).outcome.stop, Stop::Horizon);
}

/// A fault that slows a link after the plan has ended keeps no run going: from 50 to 130 the plan's
/// own is slowed, the strike at 100 comes after its end at 70, and that at 150 never.
#[test]
fn what_slows_a_link_after_the_plan_keeps_nothing_going() {
    let text = format!(
        "{}
        [[fault]]
        name = 'again'
        each = 'rollout'
        every = '50s'
        slows = {{ link = 'wan', to = '50 %', for = '80s' }}",
        paced(1, "1s", "")
    );
    let run = run(&text);
    assert_eq!(ends(&run, "move"), [70 * SECOND]);
    assert_eq!(run.outcome.stop, Stop::Finished);
    assert_eq!(run.outcome.end.0, 130 * SECOND);
}

/// Retries, stalls, timeouts, pools and shuffling: where no link is ever full, it is as if there
/// were none, event for event.
#[test]
fn an_ample_link_is_as_good_as_none() {
    let text = crate::determinism::FAULTY;
    let linked = text
        .replace("size = 'mailbox-size',", "size = 'mailbox-size', link = 'wan',")
        .replace("[pools]", "[links.wan]\nrate = '1 PiB/h'\n[pools]");
    assert_ne!(text, linked);
    for replication in 0..5 {
        let [free, linked] = [text, &linked].map(|text| {
            let outcome = run_with(&setup(text, 1), Schedule::sampled(replication)).outcome;
            (outcome.events, outcome.digest, outcome.makespan)
        });
        assert_eq!(free, linked);
    }
}

/// The nominal run takes the median of a cap, and an override replaces it.
#[test]
fn a_cap_is_a_choice() {
    let text = paced(1, "1s", ", rate = { uniform = ['900 B/h', '2700 B/h'] }");
    let setup = setup(&text, 1);
    assert_eq!(run_with(&setup, Schedule::nominal()).makespan(), 120);
    let mut schedule = Schedule::nominal();
    force(&setup, &mut schedule, ("move / rate", "tenant 1", 1), 900);
    assert_eq!(run_with(&setup, schedule).makespan(), 240);
}
