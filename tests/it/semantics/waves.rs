use cutover::kernel::{Schedule, Stop};
use cutover::model::Happening;
use cutover::units::Instant;

use super::calendars::{HOUR, friday};
use super::listed::run_listed;
use crate::lab::{NEVER, Run, force, run, run_with, seconds, setup, with_tenants};

const MOVE: &str = "
    [[step]]
    name = 'move'
    duration = '10s'";

/// When each of so many tenants started.
fn starts(run: &Run, count: usize) -> Vec<Vec<u64>> {
    (1..=count).map(|tenant| run.started(&format!("tenant {tenant}"))).collect()
}

/// Tenants of 10 s each in waves.
fn moved(count: u32, text: &str) -> Run {
    run(&with_tenants(count, &format!("{text}\n{MOVE}")))
}

/// Turns and ends of waves.
fn times(run: &Run) -> Vec<(Option<u64>, Option<u64>)> {
    let of = |at: Option<Instant>| at.map(seconds);
    run.outcome.course.waves.iter().map(|wave| (of(wave.started), of(wave.ended))).collect()
}

/// The second wave comes when the first has ended; whom none takes comes last.
#[test]
fn waves_come_in_order() {
    let run = moved(
        5,
        "
        [[wave]]
        name = 'canary'
        take = 1
        [[wave]]
        name = 'next'
        take = 2",
    );
    assert_eq!(starts(&run, 5), [[0], [10], [10], [20], [20]]);
    let ends = [(Some(0), Some(10)), (Some(10), Some(20)), (Some(20), Some(30))];
    assert_eq!(times(&run), ends);
    assert_eq!(run.makespan(), 30);
    let name = |number| run.sim.setup().world().name(run.sim.setup().plan(), number);
    let wave = run.entity("wave rest");
    assert_eq!(name(wave), "wave rest");
}

/// The soak counts from the end of a wave, and a schedule can say how long it is.
#[test]
fn a_wave_soaks() {
    let text = format!(
        "
        [[wave]]
        name = 'canary'
        take = 1
        soak = {{ uniform = ['50s', '70s'] }}
        {MOVE}"
    );
    let setup = setup(&with_tenants(2, &text), 1);
    let mut schedule = Schedule::sampled(0);
    let soak = ("wave canary / soak", "wave canary", 1);
    force(&setup, &mut schedule, soak, 60_000_000);
    let run = run_with(&setup, schedule);
    assert_eq!(starts(&run, 2), [[0], [70]]);
}

/// A share is one of all that move, rounded up; those who have moved come in no wave.
#[test]
fn a_share_is_of_all_that_move() {
    let run = moved(
        7,
        "migrated = 2
        [[wave]]
        name = 'a'
        take = '30 %'
        [[wave]]
        name = 'b'
        take = 0.3",
    );
    // 1.5 of 5 are 2, whoever is left.
    let began = [0, 0, 10, 10, 20].map(|at| vec![at]);
    assert_eq!(starts(&run, 7)[2..], began);
    assert_eq!(starts(&run, 2), [NEVER, NEVER]);
    assert_eq!(run.entity("wave moved before").0, run.entity("wave rest").0 + 1);
}

/// Two of four are through at 20 s: the rest starts then, beside who is still in progress.
#[test]
fn a_wave_has_ended_when_enough_are_through() {
    let run = moved(
        6,
        "
        [[wave]]
        name = 'a'
        take = 4
        at-once = 1
        enough = '50 %'",
    );
    assert_eq!(starts(&run, 6), [[0], [10], [20], [30], [20], [20]]);
    assert_eq!(times(&run), [(Some(0), Some(40)), (Some(20), Some(30))]);
}

/// A tenant that fails is through, too.
#[test]
fn who_has_stopped_is_through() {
    let run = moved(
        2,
        "
        [[wave]]
        name = 'a'
        take = 1
        [[fault]]
        name = 'broken'
        step = 'move'
        fails = true",
    );
    assert_eq!(starts(&run, 2), [[0], [10]]);
    assert_eq!(run.outcome.stop, Stop::Finished);
}

/// The limit of the rollout holds beside that of a wave.
#[test]
fn both_limits_hold() {
    let both = |limits: &str| {
        let text = format!("[rollout]\nat-once = 2\n[[wave]]\nname = 'a'\n{limits}");
        starts(&moved(3, &text), 3)
    };
    assert_eq!(both("at-once = 1"), [[0], [10], [20]]);
    assert_eq!(both("at-once = 3"), [[0], [0], [10]]);
}

/// Between two starts of a wave its own pace counts; the start of the next wave keeps the pace of
/// the last start.
#[test]
fn a_wave_has_its_own_pace() {
    let run = moved(
        5,
        "
        [rollout]
        pace = '3s'
        [[wave]]
        name = 'a'
        take = 3
        pace = '7s'
        enough = 0.1",
    );
    // The first is through at 10 s. The third starts at 14 s, the next wave 7 s later.
    assert_eq!(starts(&run, 5), [[0], [7], [14], [21], [24]]);
}

/// Groups by number, and so many of them.
#[test]
fn a_wave_takes_groups() {
    let run = moved(
        8,
        "
        [groups.site]
        tenants = 2
        [[wave]]
        name = 'a'
        take = { site = [2, 4], most = 3 }
        [[wave]]
        name = 'b'
        take = { site = 1 }",
    );
    let at = |numbers: [u64; 8]| numbers.map(|at| vec![at]);
    assert_eq!(starts(&run, 8), at([10, 10, 0, 0, 20, 20, 0, 20]));
}

/// A wave that nobody is left for ends as its turn comes, and soaks all the same.
#[test]
fn an_empty_wave_ends_at_once() {
    let run = moved(
        4,
        "
        [groups.site]
        tenants = 2
        [[wave]]
        name = 'a'
        take = { site = 1 }
        [[wave]]
        name = 'again'
        take = { site = 1 }
        soak = '5s'
        [[step]]
        name = 'announce'
        each = 'wave'
        after = []",
    );
    assert_eq!(starts(&run, 4), [[0], [0], [15], [15]]);
    assert_eq!(times(&run)[1], (Some(10), Some(10)));
    assert_eq!(run.begun("announce", "wave again"), NEVER);
}

/// Whichever comes later counts: the end of the soak or the date.
#[test]
fn a_wave_has_a_date() {
    let second = |date: &str| {
        let text = format!(
            "
            [[wave]]
            name = 'a'
            take = 1
            soak = '5h'
            [[wave]]
            name = 'b'
            not-before = '{date}'
            {MOVE}"
        );
        starts(&run(&with_tenants(2, &friday(&text))), 2)[1].clone()
    };
    assert_eq!(second("3h"), [5 * HOUR + 10]);
    assert_eq!(second("6h"), [6 * HOUR]);
    // The rollout starts on a Friday, 18:00; Saturday begins 6 h later.
    assert_eq!(second("2016-11-26"), [6 * HOUR]);
    assert_eq!(second("2016-11-26T02:30"), [8 * HOUR + HOUR / 2]);
    assert_eq!(second("2016-11-24T12:00"), [5 * HOUR + 10]);
}

/// Steps, pools and facts of a wave. A step of a wave starts with its turn at the earliest.
#[test]
fn a_wave_is_a_group() {
    let run = run(&with_tenants(
        4,
        "
        [facts.signed]
        each = 'wave'
        [pools]
        movers = { slots = 1, each = 'wave' }
        [[wave]]
        name = 'a'
        take = 2
        enough = '50 %'
        [[step]]
        name = 'announce'
        each = 'wave'
        after = []
        duration = '1s'
        [[step]]
        name = 'move'
        after = 'announce'
        uses = 'movers'
        duration = '10s'
        [[step]]
        name = 'sign'
        each = 'wave'
        at-end = [{ on = 'signed' }]",
    ));
    assert_eq!(run.begun("announce", "wave a"), [0]);
    assert_eq!(run.begun("move", "tenant 1"), [1]);
    assert_eq!(run.begun("move", "tenant 2"), [11]);
    // The first tenant is through at 11 s.
    assert_eq!(run.begun("announce", "wave rest"), [11]);
    assert_eq!(run.begun("move", "tenant 3"), [12]);
    assert_eq!(run.begun("move", "tenant 4"), [22]);
    assert_eq!(run.changes("signed", "wave a"), [(21, true)]);
    assert_eq!(run.changes("signed", "wave rest"), [(32, true)]);
}

/// Windows of the rollout hold for tenants of every wave.
#[test]
fn waves_keep_to_the_windows_of_the_rollout() {
    let text = friday(&format!(
        "windows = ['Fri 20:00 - Fri 21:00', 'Sat 20:00 - Sat 21:00']
        [[wave]]
        name = 'a'
        take = 1
        soak = '2h'
        {MOVE}"
    ));
    let run = run(&with_tenants(2, &text));
    assert_eq!(starts(&run, 2), [[2 * HOUR], [26 * HOUR]]);
}

const LIST: &str = "tenant;class;priority;not-before\n\
    A;small;;\n\
    B;large;;\n\
    C;small;9;\n\
    D;large;;1h\n\
    E;;;2016-11-25T18:00:30\n\
    F;small;-1;0s\n";

/// Priorities and dates of the list come before those of the class. Who is passed over starts as
/// soon as his date has come.
#[test]
fn priorities_and_dates_of_tenants() {
    let text = "
        [rollout]
        start = '2016-11-25T18:00[Europe/Berlin]'
        at-once = 1
        [classes]
        large = { priority = 5, not-before = '15s' }
        small = {}
        [[step]]
        name = 'move'
        duration = '10s'";
    let run = run_listed(LIST, text);
    let start = |name: &str| run.started(&format!("tenant {name}"));
    // In order of priority: C (9), B and D (5), A and E (0), F (-1). B's date is 15 s, so A comes
    // before; at 20 s it is B's turn, E's at 30 s.
    assert_eq!(["C", "A", "B", "E", "F"].map(start), [[0], [10], [20], [30], [40]]);
    assert_eq!(start("D"), [HOUR]);
    assert_eq!(run.outcome.stop, Stop::Finished);
}

/// A full wave does not keep the tenants of another that is open.
#[test]
fn a_wave_takes_classes_in_the_order_of_starts() {
    let text = "
        [rollout]
        start = '2016-11-25T18:00[Europe/Berlin]'
        [classes]
        large = {}
        small = {}
        [[wave]]
        name = 'canary'
        take = { class = 'small', most = 2 }
        [[step]]
        name = 'move'
        duration = '10s'";
    let run = run_listed(LIST, text);
    let start = |name: &str| run.started(&format!("tenant {name}"));
    // C has the highest priority, F the lowest of the small ones.
    assert_eq!(["C", "A", "B", "F"].map(start), [[0], [0], [10], [10]]);
    assert_eq!([start("E"), start("D")], [vec![30], vec![HOUR]]);
}

/// A tenant without a date may start before one whose date has not come, also of an earlier wave
/// that is not full; a shuffled order stays within waves and priorities.
#[test]
fn a_shuffled_order_stays_within_waves() {
    let text = with_tenants(
        40,
        &format!(
            "
            [rollout]
            order = 'shuffled'
            at-once = 1
            [[wave]]
            name = 'a'
            take = 10
            {MOVE}"
        ),
    );
    let setup = setup(&text, 1);
    let order = |replication| {
        let run = run_with(&setup, Schedule::sampled(replication));
        let started = run.pick(|what| match *what {
            Happening::TenantStarted(tenant) => Some(tenant),
            _ => None,
        });
        let numbers = started.into_iter().map(|(_, tenant)| {
            run.sim.setup().world().index(run.sim.setup().plan().tenant(), tenant)
        });
        numbers.collect::<Vec<u32>>()
    };
    let (first, second) = (order(0), order(1));
    assert_ne!(first, second);
    for order in [first, second] {
        assert!(order[..10].iter().all(|&tenant| tenant < 10), "{order:?}");
        assert!(!order.is_sorted(), "{order:?}");
    }
}
