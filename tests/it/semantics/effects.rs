use cutover::kernel::Schedule;
use cutover::model::Happening;

use crate::lab::{one, refused, run, run_with, setup};

/// Steps that issue effects at given seconds, all at once in plan order.
fn writes(list: &[(u64, &str)]) -> String {
    let step = |(number, (at, effect)): (usize, &(u64, &str))| {
        format!(
            "[[step]]\nname = 'w{number}'\nafter = []\nduration = '{at}s'\nat-end = [{effect}]\n"
        )
    };
    list.iter().enumerate().map(step).collect()
}

/// The changes of fact `f`, of which `facts` says what it is, under a list of writes.
fn changes(facts: &str, list: &[(u64, &str)]) -> Vec<(u64, bool)> {
    run(&one(&format!("{facts}\n{}", writes(list)))).changes("f", "tenant 1")
}

const OFF: &str = "[facts.f]\n[facts.g]\n";
const ON: &str = "[facts.f]\ninitially = 'on'\n[facts.g]\n";

#[test]
fn e1_if_is_decided_at_issue_not_at_landing() {
    let facts = "[facts.f]\n[facts.g]\ninitially = 'on'";
    let list = [(1, "{ on = 'f', after = '10s', if = 'g' }"), (5, "{ off = 'g' }")];
    assert_eq!(changes(facts, &list), [(11, true)]);
    let list = [(1, "{ on = 'f', after = '10s', if = 'not g' }"), (5, "{ off = 'g' }")];
    assert_eq!(changes(facts, &list), []);
}

#[test]
fn e1_the_ifs_of_a_batch_are_decided_before_any_of_it_lands() {
    let list = [(1, "{ on = 'g' }, { on = 'f', if = 'g' }")];
    assert_eq!(changes(OFF, &list), []);
}

#[test]
fn e1_chance_decides_nominally_at_one_half() {
    for (chance, lands) in [("0.5", true), ("0.499", false)] {
        let text =
            one(&format!("{OFF}{}", writes(&[(1, &format!("{{ on = 'f', chance = {chance} }}"))])));
        let run = run_with(&setup(&text, 1), Schedule::nominal());
        assert_eq!(run.seen("f", "tenant 1"), lands);
    }
}

#[test]
fn e1_for_counts_from_landing() {
    assert_eq!(
        changes(OFF, &[(1, "{ on = 'f', after = '10s', for = '5s' }")]),
        [(11, true), (16, false)]
    );
}

#[test]
fn e2_a_landing_issued_before_the_newest_landed_write_is_dropped() {
    let list = [(1, "{ on = 'f', after = '10s' }"), (2, "{ off = 'f', after = '1s' }")];
    assert_eq!(changes(ON, &list), [(3, false)]);
}

#[test]
fn e2_order_of_issue_counts_not_of_landing() {
    // The first write lands first, the second later, as they were issued: nothing is dropped.
    let list = [(1, "{ off = 'f', after = '1s' }"), (2, "{ on = 'f', after = '10s' }")];
    assert_eq!(changes(ON, &list), [(2, false), (12, true)]);
}

#[test]
fn e2_an_older_write_may_land_before_a_newer_one() {
    let list = [(1, "{ off = 'f', after = '3s' }"), (2, "{ on = 'f', after = '10s' }")];
    assert_eq!(changes(ON, &list), [(4, false), (12, true)]);
}

#[test]
fn e2_late_lands_behind_a_later_write() {
    let list =
        [(1, "{ on = 'f', after = '10s', late = true }"), (2, "{ off = 'f', after = '1s' }")];
    assert_eq!(changes(ON, &list), [(3, false), (11, true)]);
}

/// A late landing does not make itself the newest write: one issued between the two is still old.
#[test]
fn e2_a_late_landing_does_not_become_the_newest() {
    let list = [
        (1, "{ on = 'f', after = '10s', late = true }"),
        (2, "{ off = 'f', after = '18s' }"),
        (3, "{ off = 'f', after = '1s' }"),
    ];
    assert_eq!(changes(ON, &list), [(4, false), (11, true)], "the write of second 2 is dropped");
}

#[test]
fn e3_a_lease_reverts_to_the_opposite_value() {
    assert_eq!(changes(ON, &[(1, "{ off = 'f', for = '8s' }")]), [(1, false), (9, true)]);
    // The opposite of what was written, not what was there before.
    assert_eq!(changes(ON, &[(1, "{ on = 'f', for = '8s' }")]), [(9, false)]);
}

#[test]
fn e3_a_landing_with_the_same_value_cancels_the_lease() {
    let list = [(1, "{ off = 'f', for = '8s' }"), (5, "{ off = 'f' }")];
    assert_eq!(changes(ON, &list), [(1, false)]);
}

#[test]
fn e3_a_fact_has_at_most_one_expiry() {
    let list = [(1, "{ off = 'f', for = '8s' }"), (5, "{ off = 'f', for = '8s' }")];
    assert_eq!(changes(ON, &list), [(1, false), (13, true)]);
    // A shorter lease replaces a longer one as well.
    let list = [(1, "{ off = 'f', for = '50s' }"), (5, "{ off = 'f', for = '2s' }")];
    assert_eq!(changes(ON, &list), [(1, false), (7, true)]);
}

#[test]
fn e3_a_dropped_landing_leaves_the_lease_alone() {
    let list = [(1, "{ on = 'f', after = '4s' }"), (2, "{ off = 'f', for = '8s' }")];
    assert_eq!(changes(ON, &list), [(2, false), (10, true)]);
}

/// A forced value of `f`: on for so long from so long after the start.
fn forced(at: u64, on: &str, lasts: u64) -> String {
    format!(
        "[[reaction]]\nname = 'force {at}'\nwhile = 'true'\nafter = '{at}s'\n\
         forces = {{ {on} = 'f', for = '{lasts}s' }}\n"
    )
}

#[test]
fn e4_a_forced_value_masks_and_what_was_written_beneath_is_seen_after_it() {
    let text = format!("{ON}{}{}", forced(5, "on", 10), writes(&[(1, "{ off = 'f' }")]));
    assert_eq!(run(&one(&text)).changes("f", "tenant 1"), [(1, false), (5, true), (15, false)]);
}

#[test]
fn e4_writes_go_on_beneath_a_forced_value() {
    let text = format!("{ON}{}{}", forced(5, "on", 10), writes(&[(7, "{ off = 'f' }")]));
    assert_eq!(run(&one(&text)).changes("f", "tenant 1"), [(15, false)]);
}

#[test]
fn e4_leases_go_on_beneath_a_forced_value() {
    // Off from 1, back on at 9, all beneath a value forced from 5 to 15.
    let text =
        format!("{ON}{}{}", forced(5, "off", 10), writes(&[(1, "{ off = 'f', for = '8s' }")]));
    assert_eq!(run(&one(&text)).changes("f", "tenant 1"), [(1, false), (15, true)]);
}

#[test]
fn e4_the_latest_of_two_forced_values_is_seen() {
    let text = format!(
        "{OFF}{}{}{}",
        forced(5, "on", 20),
        forced(10, "off", 5),
        writes(&[(1, "{ off = 'f' }")])
    );
    let expected = [(5, true), (10, false), (15, true), (25, false)];
    assert_eq!(run(&one(&text)).changes("f", "tenant 1"), expected);
}

#[test]
fn e5_a_failure_recalls_nothing_in_flight() {
    let run = run(&one("
        [facts.f]
        [[step]]
        name = 'a'
        at-end = [{ on = 'f', after = '10s' }]
        [[step]]
        name = 'b'
        duration = '2s'
        [[step]]
        name = 'c'
        [[fault]]
        name = 'no'
        step = 'b'
        fails = true"));
    assert_eq!(run.changes("f", "tenant 1"), [(10, true)]);
}

#[test]
fn e5_a_later_undo_wins_over_what_was_in_flight() {
    let run = run(&one("
        [facts.f]
        initially = 'on'
        [[step]]
        name = 'a'
        at-end = [{ on = 'f', after = '10s' }]
        undo = [{ off = 'f' }]
        [[step]]
        name = 'b'
        duration = '2s'
        on-failure = 'undo'
        [[fault]]
        name = 'no'
        step = 'b'
        fails = true"));
    assert_eq!(run.changes("f", "tenant 1"), [(2, false)]);
}

const COUNTER: &str = "[facts.f]\ncount = 3\n";

#[test]
fn e6_a_counter_is_true_at_its_count_and_saturates_there() {
    let add = "{ add = 'f' }";
    let list = [(1, add), (2, add), (3, add), (4, add), (5, "{ off = 'f' }"), (6, add), (7, add)];
    assert_eq!(changes(COUNTER, &list), [(3, true), (5, false)]);
    let more: Vec<(u64, &str)> = list.into_iter().chain([(8, add)]).collect();
    assert_eq!(changes(COUNTER, &more), [(3, true), (5, false), (8, true)]);
}

/// Were the count to run past its end, the fact would stop being true.
#[test]
fn e6_a_full_counter_stays_full() {
    let run = run(&one(&format!(
        "{COUNTER}{}",
        writes(&[(1, "{ on = 'f' }"), (2, "{ add = 'f' }"), (3, "{ add = 'f' }")])
    )));
    assert_eq!(run.changes("f", "tenant 1"), [(1, true)]);
    assert!(run.seen("f", "tenant 1"));
}

#[test]
fn e6_an_add_is_not_dropped_by_a_later_add() {
    let list = [(1, "{ add = 'f', after = '10s' }"), (2, "{ add = 'f' }"), (3, "{ add = 'f' }")];
    assert_eq!(changes(COUNTER, &list), [(11, true)]);
}

#[test]
fn e6_an_add_is_dropped_by_a_later_on_or_off() {
    let add = "{ add = 'f' }";
    let list = [(1, "{ add = 'f', after = '10s' }"), (5, "{ off = 'f' }"), (6, add), (7, add)];
    assert_eq!(changes(COUNTER, &list), []);
    let late = [
        (1, "{ add = 'f', after = '10s', late = true }"),
        (5, "{ off = 'f' }"),
        (6, add),
        (7, add),
    ];
    assert_eq!(changes(COUNTER, &late), [(11, true)]);
}

#[test]
fn e6_an_add_cancels_a_lease() {
    let list = [(1, "{ off = 'f', for = '8s' }"), (2, "{ add = 'f' }")];
    assert_eq!(changes(COUNTER, &list), []);
}

#[test]
fn e6_an_expiry_turns_a_counter_full_or_empty() {
    assert_eq!(changes(COUNTER, &[(1, "{ off = 'f', for = '8s' }")]), [(9, true)]);
    let list = [(1, "{ on = 'f', for = '8s' }"), (10, "{ add = 'f' }"), (11, "{ add = 'f' }")];
    assert_eq!(changes(COUNTER, &list), [(1, true), (9, false)]);
}

#[test]
fn e6_a_batch_writes_a_fact_once() {
    let batch =
        |effects: &str| one(&format!("{OFF}[facts.c]\ncount = 2\n{}", writes(&[(1, effects)])));
    assert!(refused(&batch("{ on = 'f' }, { off = 'f' }")));
    assert!(!refused(&batch("{ on = 'f', if = 'g' }, { off = 'f', if = 'not g' }")));
    assert!(!refused(&batch("{ add = 'c' }, { add = 'c' }")));
    assert!(refused(&batch("{ add = 'c', for = '1s' }")));
    assert!(run(&batch("{ add = 'c' }, { add = 'c' }")).seen("c", "tenant 1"));
}

/// A tenant of two mailboxes; the first is marked at second 10, the second at second 20.
const MAILBOXES: &str = "
    name = 'members'
    [tenants]
    count = 1
    mailboxes = 2
    [pools]
    one = { slots = 1 }
    [facts.marked]
    each = 'mailbox'
    [facts.f]
    each = 'mailbox'
    [facts.whole]
    [[step]]
    name = 'mark'
    each = 'mailbox'
    uses = 'one'
    duration = '10s'
    at-end = [{ on = 'marked' }, { on = 'whole' }]";

#[test]
fn e7_an_effect_addresses_its_own_entity_or_an_ancestor() {
    let run = run(MAILBOXES);
    assert_eq!(run.changes("marked", "mailbox 1 of tenant 1"), [(10, true)]);
    assert_eq!(run.changes("marked", "mailbox 2 of tenant 1"), [(20, true)]);
    assert_eq!(run.changes("whole", "tenant 1"), [(10, true)]);
}

#[test]
fn e7_members_are_all_descendants() {
    let run = run(&format!(
        "{MAILBOXES}
        [[step]]
        name = 'all'
        after = []
        duration = '15s'
        at-end = [{{ on = 'f', of = 'members' }}]"
    ));
    for mailbox in ["mailbox 1 of tenant 1", "mailbox 2 of tenant 1"] {
        assert_eq!(run.changes("f", mailbox), [(15, true)]);
    }
}

#[test]
fn e7_if_is_decided_for_each_member() {
    let run = run(&format!(
        "{MAILBOXES}
        [[step]]
        name = 'all'
        after = []
        duration = '15s'
        at-end = [{{ on = 'f', of = 'members', if = 'marked' }}]"
    ));
    assert_eq!(run.changes("f", "mailbox 1 of tenant 1"), [(15, true)]);
    assert_eq!(run.changes("f", "mailbox 2 of tenant 1"), []);
}

#[test]
fn e7_chance_and_after_are_drawn_for_each_member() {
    let text = "
        name = 'members'
        [tenants]
        count = 1
        mailboxes = 200
        [facts.f]
        each = 'mailbox'
        [[step]]
        name = 'all'
        at-end = [{ on = 'f', of = 'members', chance = 0.5, after = { exponential = '99s' } }]";
    let run = run_with(&setup(text, 1), Schedule::sampled(0));
    let landed = run.log.iter().filter(|(_, what)| matches!(what, Happening::Changed { .. }));
    let mut times: Vec<u64> = landed.map(|(at, _)| at.0).collect();
    // Beyond five standard deviations of 7.07 the draws cannot be independent halves.
    assert!((65..=135).contains(&times.len()), "{}", times.len());
    let all = times.len();
    times.dedup();
    assert_eq!(times.len(), all, "hardly any microsecond is drawn twice");
}
