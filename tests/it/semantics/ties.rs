use cutover::kernel::{Schedule, Tie};
use cutover::model::TimerKind;
use cutover::simulate::{OverrideName, find_order, name_order, replay};

use crate::lab::{one, run_with, setup};

/// `long`, scheduled at 0, and `short`, scheduled at 60, end at second 120; then all is judged.
const TIE: &str = "
    [facts.f]
    [facts.access]
    [facts.p]
    missing = 'open'
    [groups.site]
    tenants = 1
    [pools]
    hands = { slots = 2 }
    [links.wire]
    rate = '1 GiB/h'
    [rollout]
    pace = '5s'
    [[step]]
    name = 'first half'
    duration = '60s'
    [[step]]
    name = 'short'
    uses = ['hands']
    duration = '60s'
    at-end = [{ off = 'f' }]
    undo = [{ on = 'f' }]
    [[step]]
    name = 'long'
    after = []
    duration = '120s'
    at-end = [{ on = 'f' }]
    [[reaction]]
    name = 'echo'
    while = 'f'
    after = '0s'
    does = [{ on = 'access', for = '0s' }]
    [[user]]
    name = 'mail'
    connects = { while = 'f', every = '1m' }
    session = { lasts = '1h', keeps = ['p'] }
    [[fault]]
    name = 'late'
    step = 'short'
    fails = { after = '1s' }
    [[fault]]
    name = 'flood'
    each = 'rollout'
    after = '1h'
    takes = { pool = 'hands', for = '1m' }
    [[goal]]
    name = 'g'
    when = 'not f'
    within = { of = 'first half', time = '60s' }";

fn line(site: &str, occurrence: u32, value: &str) -> OverrideName {
    let (entity, site) = ("tenant 1".to_owned(), site.to_owned());
    OverrideName { entity, site, occurrence, value: value.to_owned() }
}

/// T3: a rank turns two events of one instant round; the goal stays behind both.
#[test]
fn a_rank_puts_an_event_before_or_after_the_others_of_its_instant() {
    let setup = setup(&one(TIE), 1);
    let entity = setup.world().find(setup.plan(), "tenant 1").expect("there is one");
    let end = |step| Tie { kind: TimerKind::End, which: step, entity, occurrence: 1 };
    let changes = |ranks: &[(Tie, i16)]| {
        let mut schedule = Schedule::nominal();
        schedule.ranks.extend(ranks.iter().copied());
        let run = run_with(&setup, schedule);
        (run.changes("f", "tenant 1"), run.outcome.missed.len())
    };
    let (short, long) = (end(1), end(2));
    let scheduled = (vec![(120, true), (120, false)], 0);
    assert_eq!(changes(&[]), scheduled);
    assert_eq!(changes(&[(long, -1), (short, -1)]), scheduled);
    // `short` first: its `off` changes nothing, and `f` stays on.
    let turned = (vec![(120, true)], 1);
    for ranks in
        [[(short, -1), (long, 0)], [(short, 0), (long, 1)], [(short, i16::MIN), (long, i16::MAX)]]
    {
        assert_eq!(changes(&ranks), turned);
    }
    // Of another occurrence than the only one.
    assert_eq!(changes(&[(Tie { occurrence: 2, ..long }, 1)]), scheduled);
}

/// A rank of nobody's changes neither events nor digest.
#[test]
fn ranks_that_do_not_come_up_change_nothing() {
    let setup = setup(&one(TIE), 1);
    let plain = replay(&setup, None, &[], None).expect("nothing to misfit");
    let lines = [line("short / end / order", 2, "5"), line("long / end / order", 1, "0")];
    let other = replay(&setup, None, &lines, None).expect("both have their place");
    assert_eq!(plain.outcome, other.outcome);
    assert_eq!(other.unused, lines[..1]);
}

#[test]
fn orders_are_replayed_by_name_and_strictly() {
    let setup = setup(&one(TIE), 1);
    let turned = replay(&setup, None, &[line("long / end / order", 1, "1")], None);
    assert_eq!(turned.expect("it fits").outcome.missed.len(), 1);
    for (site, value, why) in [
        ("gone / end / order", "1", "the plan has no `gone / end / order`"),
        ("long / ends / order", "1", "the plan has no `long / ends / order`"),
        ("long / end / order", "first", "`first` is no rank: -32768 to 32767"),
        ("long / end / order", "32768", "`32768` is no rank: -32768 to 32767"),
    ] {
        let misfits = replay(&setup, None, &[line(site, 1, value)], None).expect_err(site);
        assert_eq!(misfits[0].why, why);
    }
}

#[test]
fn every_event_that_may_be_moved_has_a_name_of_its_own() {
    let setup = setup(&one(TIE), 1);
    let plan = setup.plan();
    let entity = setup.world().find(plan, "tenant 1").expect("there is one");
    let mut names = Vec::new();
    for (kind, count) in [
        (TimerKind::Pace, 1),
        (TimerKind::Start, 3),
        (TimerKind::End, 3),
        (TimerKind::Broken, 3),
        (TimerKind::Timeout, 3),
        (TimerKind::Retry, 3),
        (TimerKind::Undo, 3),
        (TimerKind::Landing, 3),
        (TimerKind::Expiry, 3),
        (TimerKind::Unforce, 3),
        (TimerKind::Restore, 1),
        (TimerKind::Unslow, 1),
        (TimerKind::Act, 2),
        (TimerKind::Connect, 1),
        (TimerKind::Disconnect, 1),
        (TimerKind::Fail, 2),
        (TimerKind::UndoFail, 2),
    ] {
        for which in 0..count {
            let tie = Tie { kind, which, entity, occurrence: 3 };
            let name = name_order(plan, &tie);
            assert_eq!(find_order(plan, &name, entity, 3), Some(tie), "{name}");
            names.push(name);
        }
    }
    let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
    assert_eq!(distinct.len(), names.len(), "{names:#?}");
}
