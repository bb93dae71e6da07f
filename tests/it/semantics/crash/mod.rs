/// Without a journal.
mod journal;

/// Random plans.
mod random;

use cutover::kernel::{Schedule, Setup, Stop};
use cutover::model::{Happening, Outcome as End};

use crate::lab::{NEVER, Run, force, one, run, run_with, setup, with_tenants};

/// Somebody crashes at a second, and is up again so many seconds later.
pub(super) fn crash(each: &str, at: u32, restart: u32) -> String {
    format!(
        "
        [[fault]]
        name = 'crash'
        each = '{each}'
        after = '{at}s'
        crashes = {{ restart = '{restart}s' }}"
    )
}

/// One step of ten seconds with three effects; the orchestrator crashes at 4 and is up at 7.
fn cut(more: &str) -> String {
    one(&format!(
        "
        [facts.f]
        [facts.g]
        [facts.h]
        [[step]]
        name = 'a'
        duration = '10s'
        at-end = [{{ on = 'f' }}, {{ on = 'g' }}, {{ on = 'h' }}]
        {more}
        [[step]]
        name = 'b'
        {}",
        crash("rollout", 4, 3)
    ))
}

/// Runs with so many effects of the first attempt of `a` landed when it is cut.
fn landed(text: &str, count: u64) -> Run {
    let setup = setup(text, 1);
    let mut schedule = Schedule::sampled(0);
    force(&setup, &mut schedule, ("a / cut", "tenant 1", 1), count);
    run_with(&setup, schedule)
}

/// Runs with a crash of the first of some only.
fn first_only(text: &str, others: &[&str]) -> Run {
    let setup = setup(text, 1);
    let mut schedule = Schedule::sampled(0);
    for other in others {
        force(&setup, &mut schedule, ("fault crash / chance", other, 1), 0);
    }
    run_with(&setup, schedule)
}

/// Attempts and undos that were cut, and how much of them had landed.
fn cuts(run: &Run) -> Vec<(u64, (u16, bool))> {
    run.pick(|what| match *what {
        Happening::Cut { landed, undo, .. } => Some((landed, undo)),
        _ => None,
    })
}

pub(super) fn journal(kind: &str) -> String {
    format!("[rollout]\njournal = '{kind}'\n")
}

#[test]
fn s8_a_cut_attempt_is_redone_when_the_orchestrator_is_up_again() {
    let run = landed(&cut(""), 0);
    assert_eq!(run.begun("a", "tenant 1"), [0, 7]);
    assert_eq!(cuts(&run), [(4, (0, false))]);
    assert_eq!(run.ended("a", "tenant 1"), Some((17, End::Succeeded)));
    assert_eq!(run.begun("b", "tenant 1"), [17]);
    assert_eq!(run.outcome.strikes, [1]);
    assert_eq!(run.outcome.stop, Stop::Finished);
}

/// So many of the three land at the crash, in their order, the others when the attempt is redone.
#[test]
fn s8_any_prefix_of_the_at_end_effects_may_have_landed() {
    for count in 0..=3 {
        let run = landed(&cut(""), count);
        for (place, fact) in (0..).zip(["f", "g", "h"]) {
            let at = if place < count { 4 } else { 17 };
            assert_eq!(run.changes(fact, "tenant 1"), [(at, true)], "{fact} of {count}");
        }
    }
}

#[test]
fn s8_nominally_nothing_of_a_cut_attempt_has_landed() {
    let setup = setup(&cut(""), 1);
    let mut schedule = Schedule::nominal();
    force(&setup, &mut schedule, ("fault crash / chance", "rollout", 1), 1);
    assert_eq!(cuts(&run_with(&setup, schedule)), [(4, (0, false))]);
}

/// Of 4,000 tenants 1,000 each; four standard deviations are 110.
#[test]
fn s8_every_prefix_is_as_likely_as_the_others() {
    let text = cut("").replace("count = 1\n", "count = 4000\n");
    let mut counts = [0u32; 4];
    for (_, (landed, _)) in cuts(&run(&text)) {
        counts[usize::from(landed)] += 1;
    }
    assert_eq!(counts.iter().sum::<u32>(), 4000);
    assert!(counts.iter().all(|count| count.abs_diff(1000) < 110), "{counts:?}");
}

/// What a fault loses is lost of the prefix as well.
#[test]
fn s8_a_lost_effect_is_not_among_those_that_land() {
    let fault = "
        [[fault]]
        name = 'lost'
        step = 'a'
        loses = 'f'";
    let run = landed(&(cut("") + fault), 2);
    assert_eq!(run.changes("f", "tenant 1"), []);
    assert_eq!(run.changes("g", "tenant 1"), [(4, true)]);
}

/// A cut attempt has not failed: no at-fail, no retry spent.
#[test]
fn s8_a_cut_attempt_is_no_failure() {
    let more = "at-fail = [{ on = 'failed' }]\n[facts.failed]";
    let run = landed(&cut(more), 0);
    assert_eq!(run.changes("failed", "tenant 1"), []);
    assert_eq!(run.outcome.retries, 0);
}

#[test]
fn s8_remote_attempts_go_on_and_what_follows_them_waits() {
    let run = run(&cut("remote = true").replace("restart = '3s'", "restart = '20s'"));
    assert_eq!(run.begun("a", "tenant 1"), [0]);
    assert_eq!(run.changes("f", "tenant 1"), [(10, true)]);
    assert_eq!(run.ended("a", "tenant 1"), Some((10, End::Succeeded)));
    assert_eq!(run.begun("b", "tenant 1"), [24]);
}

/// A remote attempt that fails meanwhile waits for its retry when the orchestrator is up again.
#[test]
fn s8_a_remote_failure_is_retried_after_the_restart() {
    let more = "remote = true\ntimeout = '6s'\nretry = { times = 1, wait = '5s' }";
    let run = run(&cut(more).replace("restart = '3s'", "restart = '20s'"));
    assert_eq!(run.begun("a", "tenant 1"), [0, 29]);
}

#[test]
fn s8_landings_and_leases_go_on() {
    let run = run(&one(&format!(
        "
        [facts.access]
        initially = 'on'
        [facts.late]
        [[step]]
        name = 'a'
        at-end = [{{ off = 'access', for = '10s' }}, {{ on = 'late', after = '6s' }}]
        [[step]]
        name = 'b'
        duration = '20s'
        {}",
        crash("rollout", 5, 20)
    )));
    assert_eq!(run.changes("access", "tenant 1"), [(0, false), (10, true)]);
    assert_eq!(run.changes("late", "tenant 1"), [(6, true)]);
}

/// Three tenants, one slot.
fn queue(more: &str) -> String {
    with_tenants(
        3,
        &format!(
            "
            [pools]
            one = {{ slots = 1 }}
            [[step]]
            name = 'a'
            uses = 'one'
            duration = '10s'
            {more}"
        ),
    )
}

#[test]
fn s8_requests_leave_the_queue_and_rejoin_at_the_restart() {
    let run = run(&queue(&crash("rollout", 4, 3)));
    assert_eq!(run.withdrawn("a", "tenant 2"), [4]);
    assert_eq!(run.begun("a", "tenant 1"), [0, 7]);
    assert_eq!(run.begun("a", "tenant 2"), [17]);
    assert_eq!(run.begun("a", "tenant 3"), [27]);
    assert_eq!(run.outcome.pools[0].busy, 34_000_000);
}

/// A crashed job frees its slot for others and asks again, behind them, when it is up.
#[test]
fn s8_a_crashed_job_frees_its_slot_for_others() {
    let run = first_only(&queue(&crash("tenant", 4, 3)), &["tenant 2", "tenant 3"]);
    assert_eq!(run.begun("a", "tenant 2"), [4]);
    assert_eq!(run.begun("a", "tenant 3"), [14]);
    assert_eq!(run.begun("a", "tenant 1"), [0, 24]);
}

/// `a` takes the slot until `c`; the first tenant's job crashes in `b` at 5 and is up at 8.
fn holding(kind: &str) -> Run {
    let text = with_tenants(
        2,
        &format!(
            "
            {}
            [pools]
            one = {{ slots = 1 }}
            [[step]]
            name = 'a'
            uses = [{{ pool = 'one', until = 'c' }}]
            duration = '2s'
            [[step]]
            name = 'b'
            duration = '10s'
            [[step]]
            name = 'c'
            {}",
            journal(kind),
            crash("tenant", 5, 3)
        ),
    );
    first_only(&text, &["tenant 2"])
}

#[test]
fn s8_slots_held_longer_are_kept_by_a_journal() {
    let run = holding("step");
    assert_eq!(run.begun("b", "tenant 1"), [2, 8]);
    assert_eq!(run.begun("a", "tenant 2"), [18]);
}

#[test]
fn s8_slots_held_longer_are_freed_without_a_journal() {
    let run = holding("none");
    assert_eq!(run.begun("a", "tenant 2"), [5]);
    // The second tenant has `a` for 2 s and `b` for 10 s, then the first begins again.
    assert_eq!(run.begun("a", "tenant 1"), [0, 17]);
    assert_eq!(run.outcome.stop, Stop::Finished);
}

/// Attempts of two seconds that run into their timeout, twice retried after 10 s; a crash at 5.
fn retrying(kind: &str) -> Run {
    run(&one(&format!(
        "
        {}
        [[step]]
        name = 'a'
        duration = '9s'
        timeout = '2s'
        retry = {{ times = 2, wait = '10s' }}
        {}",
        journal(kind),
        crash("rollout", 5, 3)
    )))
}

#[test]
fn s8_a_retry_wait_begins_anew_and_the_count_is_kept() {
    let run = retrying("step");
    assert_eq!(run.begun("a", "tenant 1"), [0, 18, 30]);
    assert_eq!(run.ended("a", "tenant 1"), Some((32, End::Failed)));
}

#[test]
fn s8_retry_counts_are_lost_without_a_journal() {
    let run = retrying("none");
    assert_eq!(run.begun("a", "tenant 1"), [0, 8, 20, 32]);
    assert_eq!(run.ended("a", "tenant 1"), Some((34, End::Failed)));
}

/// The second tenant is due at 5, the third 5 s after it.
#[test]
fn s8_no_tenant_starts_while_the_orchestrator_is_down() {
    let text = format!("[rollout]\npace = '5s'\n[[step]]\nname = 'a'\n{}", crash("rollout", 4, 10));
    let run = run(&with_tenants(3, &text));
    assert_eq!(run.started("tenant 2"), [14]);
    assert_eq!(run.started("tenant 3"), [19]);
}

/// The worker of a group serves its tenants; the steps of groups are the orchestrator's own.
#[test]
fn s8_a_worker_takes_only_its_tenants_down() {
    let text = with_tenants(
        4,
        &format!(
            "
            [groups.wave]
            tenants = 2
            [[step]]
            name = 'w'
            each = 'wave'
            duration = '10s'
            [[step]]
            name = 'a'
            duration = '10s'
            [[step]]
            name = 'm'
            each = 'mailbox'
            after = []
            duration = '10s'
            {}",
            crash("wave", 4, 3)
        ),
    );
    let run = first_only(&text, &["wave 2"]);
    for tenant in ["tenant 1", "tenant 2"] {
        assert_eq!(run.begun("a", tenant), [0, 7]);
        assert_eq!(run.begun("m", &format!("mailbox 1 of {tenant}")), [0, 7]);
    }
    assert_eq!(run.begun("a", "tenant 3"), [0]);
    assert_eq!(run.begun("m", "mailbox 1 of tenant 4"), [0]);
    assert_eq!(run.begun("w", "wave 1"), [0]);
}

/// Down until both are over.
#[test]
fn s8_crashes_overlap() {
    let second = crash("rollout", 6, 3).replace("'crash'", "'again'");
    let text = cut("").replace("restart = '3s'", "restart = '10s'") + &second;
    assert_eq!(run(&text).begun("a", "tenant 1"), [0, 14]);
    let second = crash("tenant", 6, 30).replace("'crash'", "'again'");
    let text = cut("") + &second;
    assert_eq!(run(&text).begun("a", "tenant 1"), [0, 36]);
}

#[test]
fn s8_a_crash_stands_beside_other_actions() {
    let text = cut("") + "\ndoes = [{ on = 'seen', of = 'members' }]\n[facts.seen]";
    let run = run(&text);
    assert_eq!(run.changes("seen", "tenant 1"), [(4, true)]);
    assert_eq!(run.begun("a", "tenant 1"), [0, 7]);
}

#[test]
fn s8_a_skipped_cut_counts_as_made() {
    let run = landed(&cut("when-cut = 'skip'"), 1);
    assert_eq!(run.begun("a", "tenant 1"), [0]);
    assert_eq!(run.ended("a", "tenant 1"), Some((7, End::Skipped)));
    assert_eq!(run.begun("b", "tenant 1"), [7]);
    assert_eq!(run.changes("f", "tenant 1"), [(4, true)]);
    assert_eq!(run.changes("g", "tenant 1"), [], "nobody makes up for it");
}

#[test]
fn s8_of_several_attempts_only_the_cut_one_is_skipped() {
    let run = landed(&cut("when-cut = 'skip'\ntimes = 2"), 0);
    assert_eq!(run.begun("a", "tenant 1"), [0, 7]);
    assert_eq!(run.ended("a", "tenant 1"), Some((17, End::Succeeded)));
}

/// Up at 7, undone at 12, made again until 22.
const UNDO: &str = "when-cut = 'undo'\nundo = [{ off = 'f' }]\nundo-duration = '5s'";

#[test]
fn s8_a_cut_attempt_is_undone_before_it_is_made_again() {
    let run = landed(&cut(UNDO), 1);
    assert_eq!(run.changes("f", "tenant 1"), [(4, true), (12, false), (22, true)]);
    assert_eq!(run.begun("a", "tenant 1"), [0, 12]);
    assert_eq!(run.ended("a", "tenant 1"), Some((22, End::Succeeded)));
    assert_eq!(run.outcome.stopped, []);
}

/// The undo of a cut attempt fails: the tenant stops there.
#[test]
fn s8_the_undo_of_a_cut_attempt_can_fail() {
    let fault = "
        [[fault]]
        name = 'no'
        step = 'a'
        of = 'undo'
        fails = true";
    let run = landed(&(cut(UNDO) + fault), 1);
    assert_eq!(run.ended("a", "tenant 1"), Some((12, End::Failed)));
    assert_eq!(run.changes("f", "tenant 1"), [(4, true)]);
    assert_eq!(run.begun("b", "tenant 1"), NEVER);
    assert_eq!(run.outcome.stop, Stop::Finished);
}

/// A second crash at 10 cuts the undo; up at 13, undone at 18.
#[test]
fn s8_the_undo_of_a_cut_attempt_can_be_cut() {
    let second = crash("tenant", 10, 3).replace("'crash'", "'again'");
    let setup = setup(&(cut(UNDO) + &second), 1);
    let mut schedule = Schedule::sampled(0);
    force(&setup, &mut schedule, ("a / cut", "tenant 1", 1), 1);
    force(&setup, &mut schedule, ("a / undo cut", "tenant 1", 1), 0);
    let run = run_with(&setup, schedule);
    assert_eq!(cuts(&run), [(4, (1, false)), (10, (0, true))]);
    assert_eq!(run.changes("f", "tenant 1"), [(4, true), (18, false), (28, true)]);
}

/// Sites exist only where something crashes, behind all others.
#[test]
fn s8_sites_of_cuts_come_last() {
    let names = |setup: &Setup| -> Vec<String> {
        setup.plan().sites.iter().map(|site| site.name.clone()).collect()
    };
    let with = names(&setup(&cut(UNDO), 1));
    let [.., cut_site, undo] = with.as_slice() else { panic!("{with:?}") };
    assert_eq!((cut_site.as_str(), undo.as_str()), ("a / cut", "a / undo cut"));
    let without = names(&setup(&cut(UNDO).replace(&crash("rollout", 4, 3), ""), 1));
    assert!(without.iter().all(|name| !name.ends_with("cut")), "{without:?}");
}

/// The lease runs out at 6; the crash strikes when the plan is over, and its restart is not waited
/// for.
#[test]
fn s8_a_crash_after_the_plan_keeps_nothing_going() {
    let run = run(&one(&format!(
        "
        [facts.access]
        initially = 'on'
        [[step]]
        name = 'a'
        duration = '1s'
        at-end = [{{ off = 'access', for = '5s' }}]
        {}",
        crash("rollout", 3, 100)
    )));
    assert_eq!(run.outcome.strikes, [1]);
    assert_eq!(run.outcome.end.0, 6_000_000);
    assert_eq!(run.outcome.stop, Stop::Finished);
}
