use super::calendars::{HOUR, MINUTE, begun, friday};
use crate::lab::{load, one, run, with_tenants};

/// A pool shrinks while it is full: running attempts keep their slots, nobody enters until enough
/// have ended; it grows, and who waits enters at once.
#[test]
fn a_pool_that_shrinks_while_full() {
    let run = run(&with_tenants(
        8,
        &friday(
            "
            [pools.crew]
            slots = 3
            shifts = [{ windows = ['20:00 - 24:00'], slots = 1 }, { windows = ['00:00 - 06:00'], slots = 4 }]
            [[step]]
            name = 'move'
            uses = 'crew'
            duration = '90m'",
        ),
    ));
    let half = 30 * MINUTE;
    // 18:00 three; at 19:30 three more, of whom none has ended when two slots go at 20:00: all run on
    // to 21:00. Then one slot is left, to 22:30, and so on.
    let expected: [[u64; 1]; 8] =
        [[0], [0], [0], [3 * half], [3 * half], [3 * half], [6 * half], [9 * half]];
    assert_eq!(begun(&run, "move", 8), expected);
    assert_eq!(run.outcome.pools[0].peak, 3);
    // Four slots from 00:00 on.
    let run = self::run(&with_tenants(
        9,
        &friday(
            "
            [pools.crew]
            slots = 3
            shifts = [{ windows = ['19:00 - 24:00'], slots = 0 }, { windows = ['00:00 - 06:00'], slots = 4 }]
            [[step]]
            name = 'move'
            uses = 'crew'
            duration = '90m'",
        ),
    ));
    let times = [0, 0, 0, 6, 6, 6, 6].map(|hour| [hour * HOUR]);
    assert_eq!(begun(&run, "move", 7), times);
    assert_eq!(begun(&run, "move", 9)[7..], [[7 * HOUR + half]; 2]);
}

/// An outage and a shift take from the same slots.
#[test]
fn shifts_and_outages_add_up() {
    let run = run(&with_tenants(
        4,
        &friday(
            "
            [pools.crew]
            slots = 2
            shifts = [{ windows = ['19:00 - 20:00'], slots = 4 }]
            [[reaction]]
            name = 'outage'
            each = 'rollout'
            after = '30m'
            takes = { pool = 'crew', slots = 2, for = '2h' }
            [[step]]
            name = 'move'
            uses = 'crew'
            duration = '45m'",
        ),
    ));
    // Two at 18:00. At 18:45 the outage has left none of two, at 19:00 two of four; they end at 19:45.
    assert_eq!(begun(&run, "move", 4), [[0], [0], [HOUR], [HOUR]]);
}

/// The first shift that is open counts; a pool may have no slots outside its shifts.
#[test]
fn the_first_open_shift_counts() {
    let run = run(&with_tenants(
        4,
        &friday(
            "
            [pools.office]
            slots = 0
            shifts = [{ windows = ['Sat 09:00 - Sat 10:00'], slots = 1 }, { windows = ['08:00 - 17:00'], slots = 2 }]
            [[step]]
            name = 'call'
            uses = 'office'
            duration = '1h'",
        ),
    ));
    // Saturday 08:00 is 14 h after the start: two; at 09:00 one; at 10:00 two again.
    assert_eq!(begun(&run, "call", 4), [14, 14, 15, 16].map(|hour| [hour * HOUR]));
}

/// Each group's pool has its own slots in the shift.
#[test]
fn shifts_change_every_instance_of_a_pool() {
    let run = run(&with_tenants(
        4,
        &friday(
            "
            [groups.site]
            tenants = 2
            [pools.hands]
            each = 'site'
            slots = 1
            shifts = [{ windows = ['18:30 - 24:00'], slots = 2 }]
            [[step]]
            name = 'move'
            uses = 'hands'
            duration = '2h'",
        ),
    ));
    assert_eq!(begun(&run, "move", 4), [[0], [30 * MINUTE], [0], [30 * MINUTE]]);
}

/// The share of slots in use counts the slots there were.
#[test]
fn slots_are_counted_as_they_were() {
    let text = one(&friday(
        "
        [pools.crew]
        slots = 2
        shifts = [{ windows = ['20:00 - 22:00'], slots = 5 }]
        [[step]]
        name = 'move'
        uses = 'crew'",
    ));
    let plan = cutover::plan::Plan::compile(&load(&text).scenario);
    let hours = |hours: u64| cutover::units::Instant(hours * HOUR * 1_000_000);
    let slot_hours = |until: u64| plan.slot_time(0, hours(until)) / u128::from(hours(1).0);
    assert_eq!([0, 1, 3, 6, 30].map(slot_hours), [0, 2, 9, 18, 72]);
}
