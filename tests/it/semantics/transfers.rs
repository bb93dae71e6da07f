//! A link of 1 B/s, and transfers of 60 B where nothing else is said.

use cutover::kernel::Schedule;
use cutover::model::Outcome as End;

use super::calendars::{HOUR, friday};
use super::crash::{crash, journal};
use super::listed::run_listed;
use crate::lab::{Run, force, one, run, run_with, setup};

const LINK: &str = "
    [links.wan]
    rate = '3600 B/h'";

/// One tenant's transfer `a` over the link, with these keys.
fn transfer(keys: &str) -> String {
    format!(
        "mailbox-size = '60 B'
        {LINK}
        [[step]]
        name = 'a'
        transfer = {{ size = 'mailbox-size', link = 'wan' }}
        {keys}"
    )
}

/// `b`, remote, beside it.
const BESIDE: &str = "
    [[step]]
    name = 'b'
    after = []
    remote = true
    transfer = { size = 'mailbox-size', link = 'wan' }";

/// Of each 20 B until the crash at 40; `b` has the link to itself from there on.
#[test]
fn s8_a_cut_transfer_leaves_its_links() {
    let text = format!("{}{BESIDE}{}", transfer(""), crash("rollout", 40, 100));
    let run = run(&one(&text));
    assert_eq!(run.ended("b", "tenant 1"), Some((80, End::Succeeded)));
    // From the first byte again.
    assert_eq!(run.begun("a", "tenant 1"), [0, 140]);
    assert_eq!(run.makespan(), 200);
}

#[test]
fn s8_a_remote_transfer_goes_on() {
    let text = format!("{}{}", transfer("remote = true"), crash("rollout", 30, 50));
    let run = run(&one(&text));
    assert_eq!(run.begun("a", "tenant 1"), [0]);
    assert_eq!(run.makespan(), 60);
}

/// Without a journal nobody knows that it does.
fn forgotten(more: &str) -> String {
    one(&format!(
        "{}{}\n{}{more}",
        transfer("remote = true"),
        crash("rollout", 20, 10),
        journal("none")
    ))
}

/// 30 B of the first are through when the second begins at 30; each has half until 90, then the
/// second has 30 B left.
#[test]
fn s8_a_forgotten_transfer_shares_with_the_one_beside_it() {
    let run = run(&forgotten(""));
    assert_eq!(run.begun("a", "tenant 1"), [0, 30]);
    assert_eq!(run.makespan(), 120);
}

/// It fails at 50, when 10 B of the second are through.
#[test]
fn s8_a_forgotten_transfer_that_fails_leaves_its_links() {
    let text = forgotten(
        "
        [[fault]]
        name = 'stall'
        step = 'a'
        fails = { after = '50s' }
        chance = 0.5",
    );
    let setup = setup(&text, 1);
    let mut schedule = Schedule::sampled(0);
    force(&setup, &mut schedule, ("fault stall / chance", "tenant 1", 1), 1);
    force(&setup, &mut schedule, ("fault stall / chance", "tenant 1", 2), 0);
    assert_eq!(run_with(&setup, schedule).makespan(), 100);
}

/// `a` is forgotten at 20. At 40 a second crash strikes between its admission and its start: what is
/// withdrawn is the new attempt, and the forgotten one has 50 B through when the next begins at 60.
/// Each has half until 80, then the last has 50 B left.
#[test]
fn s8_what_has_not_begun_has_no_transfer_to_give_up() {
    let first = transfer("remote = true\nat-start = [{ on = 'begun' }]");
    let run = run(&one(&format!(
        "{}{}\n{}
        [facts.begun]
        [facts.late]
        each = 'rollout'
        [[reaction]]
        name = 'it gets late'
        each = 'rollout'
        while = 'not late'
        after = '35s'
        does = [{{ on = 'late' }}]
        [[fault]]
        name = 'again'
        each = 'rollout'
        while = 'late'
        after = '5s'
        crashes = {{ restart = '10s' }}",
        first.replace("[[step]]", "[[step]]\nname = 'before'\nduration = '10s'\n[[step]]"),
        crash("rollout", 20, 10),
        journal("none"),
    )));
    assert_eq!(run.begun("before", "tenant 1"), [0, 30, 50]);
    assert_eq!(run.begun("a", "tenant 1"), [10, 60]);
    assert_eq!(run.makespan(), 130);
}

/// 2 h of bytes in a window of 1 h: what has started runs on, and what follows waits a week.
#[test]
fn a_transfer_runs_on_when_its_window_closes() {
    let window = "windows = ['Fri 20:00 - Fri 21:00']";
    let text = transfer(window).replace("60 B", "7200 B");
    let next = BESIDE.replace("after = []\n    remote = true", &format!("after = 'a'\n{window}"));
    let run = run(&one(&format!("{text}{next}\n{}", friday(""))));
    assert_eq!(run.ended("a", "tenant 1"), Some((4 * HOUR, End::Succeeded)));
    assert_eq!(run.begun("b", "tenant 1"), [(2 + 168) * HOUR]);
}

fn moved(run: &Run, names: &[&str]) -> Vec<Option<(u64, End)>> {
    names.iter().map(|name| run.ended("move", name)).collect()
}

/// Half of the link each until the smaller one is through at 60, then 30 B alone.
#[test]
fn sizes_of_an_inventory_go_over_links() {
    let list = "tenant,mailbox,size\nA,x,30 B\nA,y,60 B\n";
    let step = "
        [[step]]
        name = 'move'
        each = 'mailbox'
        transfer = { size = 'mailbox-size', link = 'wan' }";
    let run = run_listed(list, &format!("{LINK}{step}"));
    let names = ["mailbox x of tenant A", "mailbox y of tenant A"];
    assert_eq!(moved(&run, &names), [60, 90].map(|at| Some((at, End::Succeeded))));
}

/// 120 B of a large tenant, at most at a quarter of the link; 60 B of the other have the rest.
#[test]
fn classes_have_sizes_and_caps_of_their_own() {
    let list = "tenant,class\nA,large\nB,small\n";
    let text = format!(
        "
        [classes.large]
        mailbox-size = '120 B'
        [classes.small]
        mailbox-size = '60 B'
        {LINK}
        [[step]]
        name = 'move'
        transfer = {{ size = 'mailbox-size', link = 'wan', rate = {{ by-class = {{ large = '900 B/h', small = '1 GiB/h' }} }} }}"
    );
    let run = run_listed(list, &text);
    assert_eq!(
        moved(&run, &["tenant A", "tenant B"]),
        [480, 80].map(|at| Some((at, End::Succeeded)))
    );
}
