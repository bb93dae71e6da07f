use cutover::kernel::Stop;
use cutover::model::Outcome as End;

use crate::lab::{Run, one, run, with_tenants};

/// When each of the first `count` tenants began a step.
fn begun(run: &Run, step: &str, count: usize) -> Vec<Vec<u64>> {
    (1..=count).map(|tenant| run.begun(step, &format!("tenant {tenant}"))).collect()
}

#[test]
fn s4_slots_go_in_the_order_of_requests() {
    let run = run(&with_tenants(
        4,
        "
        [pools]
        one = { slots = 1 }
        [[step]]
        name = 'a'
        uses = 'one'
        duration = '10s'
        [[step]]
        name = 'b'
        uses = 'one'
        duration = '10s'",
    ));
    assert_eq!(begun(&run, "a", 4), [[0], [10], [20], [30]]);
    assert_eq!(begun(&run, "b", 4), [[40], [50], [60], [70]], "they ask at 10, 20, 30 and 40");
}

#[test]
fn s4_a_pool_serves_as_many_as_it_has_slots() {
    let run = run(&with_tenants(
        5,
        "
        [pools]
        two = { slots = 2 }
        [[step]]
        name = 'a'
        uses = 'two'
        duration = '10s'",
    ));
    assert_eq!(begun(&run, "a", 5), [[0], [0], [10], [10], [20]]);
    let used = run.outcome.pools[0];
    assert_eq!((used.peak, used.admitted), (2, 5));
    assert_eq!(used.busy, 50_000_000);
    assert_eq!(used.waited, (10 + 10 + 20) * 1_000_000);
}

#[test]
fn s4_higher_priority_enters_first() {
    let run = run(&one("
        [pools]
        one = { slots = 1 }
        [[step]]
        name = 'now'
        after = []
        uses = 'one'
        priority = 9
        duration = '10s'
        [[step]]
        name = 'low'
        after = []
        uses = 'one'
        duration = '10s'
        [[step]]
        name = 'high'
        after = []
        uses = 'one'
        priority = 5
        duration = '10s'"));
    let begun = ["now", "high", "low"].map(|step| run.begun(step, "tenant 1"));
    assert_eq!(begun, [[0], [10], [20]]);
}

/// Priority decides among those that wait; it takes nothing from who runs.
#[test]
fn s4_priority_does_not_preempt() {
    let run = run(&one("
        [pools]
        one = { slots = 1 }
        [[step]]
        name = 'low'
        after = []
        uses = 'one'
        duration = '10s'
        [[step]]
        name = 'later'
        after = []
        duration = '5s'
        [[step]]
        name = 'high'
        after = 'later'
        uses = 'one'
        priority = 5"));
    assert_eq!(run.begun("high", "tenant 1"), [10]);
}

const TWO_POOLS: &str = "
    [pools]
    p = { slots = 1 }
    q = { slots = 1 }
    [[step]]
    name = 'holds q'
    after = []
    uses = 'q'
    duration = '10s'
    [[step]]
    name = 'wants both'
    after = []
    uses = ['p', 'q']
    duration = '10s'
    [[step]]
    name = 'wants p'
    after = []
    uses = 'p'
    duration = '30s'";

/// While it waits for one pool, a request keeps no slot of the other from those behind it.
#[test]
fn s4_all_pools_of_a_request_are_taken_together() {
    let run = run(&one(TWO_POOLS));
    assert_eq!(run.begun("wants p", "tenant 1"), [0]);
    assert_eq!(run.begun("wants both", "tenant 1"), [30]);
}

/// Overtaken, a request keeps its place: `wants p again` asks later and enters later.
#[test]
fn s4_who_does_not_fit_keeps_its_place() {
    let run = run(&one(&format!(
        "{TWO_POOLS}
        [[step]]
        name = 'wants p again'
        after = []
        uses = 'p'
        duration = '5s'"
    )));
    assert_eq!(run.begun("wants both", "tenant 1"), [30]);
    assert_eq!(run.begun("wants p again", "tenant 1"), [40]);
}

/// A step that is skipped as it is looked at for admission ends what another slot was held for;
/// that slot must be offered in the same event.
#[test]
fn s4_slots_freed_by_a_step_skipped_at_admission_are_offered() {
    let run = run(&one("
        [facts.f]
        initially = 'on'
        [pools]
        p = { slots = 1 }
        q = { slots = 1 }
        [[step]]
        name = 'busy'
        after = []
        uses = 'q'
        duration = '10s'
        at-end = [{ off = 'f' }]
        [[step]]
        name = 'takes p'
        after = []
        uses = [{ pool = 'p', until = 'last' }]
        [[step]]
        name = 'last'
        when = 'f'
        uses = 'q'
        [[step]]
        name = 'waits for p'
        after = []
        uses = 'p'"));
    assert_eq!(run.ended("last", "tenant 1"), Some((10, End::Skipped)));
    assert_eq!(run.begun("waits for p", "tenant 1"), [10]);
}

#[test]
fn s4_a_pool_of_each_group_serves_that_group_alone() {
    let run = run("
        name = 'pools'
        [tenants]
        count = 4
        [groups.wave]
        tenants = 2
        [pools]
        one = { slots = 1, each = 'wave' }
        [[step]]
        name = 'a'
        uses = 'one'
        duration = '10s'");
    assert_eq!(begun(&run, "a", 4), [[0], [10], [0], [10]]);
}

#[test]
fn until_holds_a_slot_across_steps() {
    let run = run(&with_tenants(
        2,
        "
        [pools]
        one = { slots = 1 }
        [[step]]
        name = 'a'
        uses = [{ pool = 'one', until = 'c' }]
        duration = '10s'
        [[step]]
        name = 'b'
        duration = '10s'
        [[step]]
        name = 'c'
        duration = '10s'
        [[step]]
        name = 'd'
        duration = '10s'",
    ));
    assert_eq!(begun(&run, "a", 2), [[0], [30]]);
    assert_eq!(run.makespan(), 70);
    assert_eq!(run.outcome.pools[0].busy, 60_000_000);
}

/// Every mailbox holds its slot until its tenant has opened the gate.
#[test]
fn until_may_name_a_step_of_the_tenant() {
    let run = run("
        name = 'until'
        [tenants]
        count = 2
        mailboxes = 2
        [pools]
        two = { slots = 2 }
        [[step]]
        name = 'move'
        each = 'mailbox'
        uses = [{ pool = 'two', until = 'open' }]
        duration = '10s'
        [[step]]
        name = 'open'
        duration = '5s'");
    assert_eq!(run.begun("move", "mailbox 2 of tenant 1"), [0]);
    assert_eq!(run.begun("move", "mailbox 1 of tenant 2"), [15]);
    assert_eq!(run.makespan(), 30);
}

/// The step that a slot is held until may be over before the slot is taken; it is then held for
/// the attempt alone.
#[test]
fn until_a_step_that_is_over_holds_nothing() {
    let run = run(&one("
        [pools]
        one = { slots = 1 }
        [[step]]
        name = 'early'
        after = []
        uses = 'one'
        duration = '10s'
        [[step]]
        name = 'other'
        after = []
        duration = '5s'
        [[step]]
        name = 'late'
        after = []
        uses = [{ pool = 'one', until = 'other' }]
        duration = '10s'
        [[step]]
        name = 'last'
        after = []
        uses = 'one'
        priority = -1"));
    assert_eq!(run.begun("late", "tenant 1"), [10]);
    assert_eq!(run.begun("last", "tenant 1"), [20]);
}

/// A step that holds one pool and waits for another again, when what it holds is taken from it,
/// waits for both: it must be found when either is released.
#[test]
fn s4_who_loses_a_held_slot_while_it_waits_is_found_at_the_next_release() {
    let run = run(&one("
        [pools]
        p = { slots = 1 }
        q = { slots = 1 }
        [[step]]
        name = 'a'
        after = []
        uses = [{ pool = 'p', until = 'x' }, 'q']
        duration = '10s'
        timeout = '5s'
        retry = { times = 1, wait = '1s' }
        on-failure = 'continue'
        [[step]]
        name = 'x'
        after = []
        duration = '8s'
        [[step]]
        name = 'takes q'
        after = []
        uses = 'q'
        duration = '10s'
        priority = -1
        [[step]]
        name = 'takes p'
        after = []
        uses = 'p'
        duration = '40s'
        priority = -1"));
    // `a` fails at 5; `takes q` runs from 5 to 15; `x` ends at 8 and gives p to `takes p` until 48.
    assert_eq!(run.begun("takes p", "tenant 1"), [8]);
    assert_eq!(run.begun("a", "tenant 1"), [0, 48]);
}

/// The first tenant's first attempt fails at once, because `ready` is still off.
fn retried(uses: &str) -> Run {
    run(&with_tenants(
        2,
        &format!(
            "
            [facts.ready]
            each = 'rollout'
            [pools]
            one = {{ slots = 1 }}
            [[step]]
            name = 'a'
            uses = {uses}
            holds = 'ready'
            duration = '10s'
            retry = {{ times = 9, wait = '30s' }}
            [[step]]
            name = 'end'
            [[reaction]]
            name = 'soon'
            each = 'rollout'
            while = 'true'
            after = '1s'
            does = [{{ on = 'ready' }}]
            [[step]]
            name = 'other'
            after = []
            uses = 'one'
            duration = '2s'"
        ),
    ))
}

#[test]
fn s5_slots_are_free_during_the_retry_wait() {
    let run = retried("'one'");
    assert_eq!(run.begun("a", "tenant 1"), [0, 30]);
    // The slot of the first attempt goes to those behind it in the queue.
    assert_eq!(run.begun("other", "tenant 1"), [0]);
    assert_eq!(run.begun("a", "tenant 2"), [2]);
    assert_eq!(run.begun("other", "tenant 2"), [12]);
}

#[test]
fn s5_until_holds_a_slot_during_the_retry_wait() {
    let run = retried("[{ pool = 'one', until = 'end' }]");
    assert_eq!(run.begun("a", "tenant 1"), [0, 30]);
    // Tenant 1 holds the slot from 0 to 40; then it goes on in the order of requests.
    let second = run.begun("a", "tenant 2");
    assert!(second[0] >= 40, "{second:?}");
    assert_eq!(run.outcome.stop, Stop::Finished);
}

/// Slots taken out of service at 5 until 25; who has one keeps it.
#[test]
fn an_outage_takes_slots_and_gives_them_back() {
    let run = run(&with_tenants(
        3,
        "
        [pools]
        one = { slots = 1 }
        [[step]]
        name = 'a'
        uses = 'one'
        duration = '10s'
        [[fault]]
        name = 'outage'
        each = 'rollout'
        after = '5s'
        takes = { pool = 'one', for = '20s' }",
    ));
    assert_eq!(begun(&run, "a", 3), [[0], [25], [35]]);
    assert_eq!(run.struck(), [5]);
}

#[test]
fn an_outage_may_take_some_of_the_slots() {
    let run = run(&with_tenants(
        4,
        "
        [pools]
        two = { slots = 2 }
        [[step]]
        name = 'a'
        uses = 'two'
        duration = '10s'
        [[fault]]
        name = 'outage'
        each = 'rollout'
        after = '5s'
        takes = { pool = 'two', slots = 1, for = '12s' }",
    ));
    // At 10 both slots come back, but one is out of service until 17.
    assert_eq!(begun(&run, "a", 4), [[0], [0], [10], [17]]);
}

#[test]
fn an_outage_of_a_groups_pool_leaves_the_others_alone() {
    let run = run("
        name = 'outage'
        [tenants]
        count = 2
        [groups.wave]
        tenants = 1
        [facts.sick]
        each = 'wave'
        [pools]
        one = { slots = 1, each = 'wave' }
        [[step]]
        name = 'a'
        uses = 'one'
        duration = '10s'
        at-start = [{ on = 'sick' }]
        [[step]]
        name = 'b'
        uses = 'one'
        [[reaction]]
        name = 'outage'
        each = 'wave'
        while = 'sick'
        after = '5s'
        takes = { pool = 'one', for = '20s' }");
    assert_eq!(begun(&run, "b", 2), [[25], [25]], "each wave has its own outage");
}

/// Slots of one step that are held until different steps are given back one by one.
#[test]
fn s4_two_slots_are_held_until_two_steps() {
    let run = run(&one("
        [pools]
        p = { slots = 1 }
        q = { slots = 1 }
        [[step]]
        name = 'take'
        uses = [{ pool = 'p', until = 'first' }, { pool = 'q', until = 'second' }]
        [[step]]
        name = 'first'
        duration = '10s'
        [[step]]
        name = 'second'
        duration = '10s'
        [[step]]
        name = 'wants p'
        after = []
        uses = 'p'
        priority = -1
        [[step]]
        name = 'wants q'
        after = []
        uses = 'q'
        priority = -1"));
    assert_eq!(run.begun("wants p", "tenant 1"), [10]);
    assert_eq!(run.begun("wants q", "tenant 1"), [20]);
}
