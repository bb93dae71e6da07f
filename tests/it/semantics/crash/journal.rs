use cutover::kernel::{Schedule, Stop};
use cutover::model::{Happening, Outcome as End};

use super::{crash, first_only, journal};
use crate::lab::{Run, force, one, run, run_with, setup, with_tenants};

/// Every end of a step: without a journal there may be several.
fn ends(run: &Run, name: &str, whose: &str) -> Vec<(u64, End)> {
    let (wanted, who) = (run.step(name), run.entity(whose));
    run.pick(|what| match *what {
        Happening::StepEnded { step, entity, outcome } => {
            ((step, entity) == (wanted, who)).then_some(outcome)
        }
        _ => None,
    })
}

/// `a` for 3 s, `b` for 10 s; a crash at 5, up at 8.
fn forgetful(more: &str) -> String {
    format!(
        "
        {}
        [facts.f]
        [[step]]
        name = 'a'
        duration = '3s'
        at-end = [{{ on = 'f' }}]
        {more}
        [[step]]
        name = 'b'
        duration = '10s'
        {}",
        journal("none"),
        crash("rollout", 5, 3)
    )
}

#[test]
fn s8_without_a_journal_the_plan_starts_again() {
    let run = run(&one(&forgetful("")));
    assert_eq!(run.begun("a", "tenant 1"), [0, 8]);
    assert_eq!(run.begun("b", "tenant 1"), [3, 11]);
    assert_eq!(ends(&run, "a", "tenant 1"), [(3, End::Succeeded), (11, End::Succeeded)]);
    assert_eq!(run.makespan(), 21);
}

#[test]
fn s8_done_if_decides_what_is_believed_done() {
    let run = run(&one(&forgetful("done-if = 'f'")));
    assert_eq!(ends(&run, "a", "tenant 1"), [(3, End::Succeeded), (8, End::Done)]);
    assert_eq!(run.begun("b", "tenant 1"), [3, 8]);
}

/// Tenants that are done, and those that have stopped, stay so; who has not started starts once.
#[test]
fn s8_without_a_journal_only_plans_in_progress_start_again() {
    let text =
        forgetful("").replace("'10s'", "'1s'").replace("[rollout]", "[rollout]\nat-once = 1");
    let run = run(&with_tenants(3, &text));
    // The first is done at 4, the second is cut in `a` at 5.
    assert_eq!(run.begun("a", "tenant 1"), [0]);
    assert_eq!(run.begun("a", "tenant 2"), [4, 8]);
    assert_eq!(run.begun("a", "tenant 3"), [12]);
    let text = forgetful("").replace("name = 'b'", "name = 'b'\ntimeout = '1s'");
    let run = self::run(&one(&text));
    assert_eq!(run.begun("a", "tenant 1"), [0], "it stopped at 4");
}

/// Two tenants in a wave: `a`, then `w` of the wave, then `c` after both.
fn joined(a: &str, w: &str, at: u32, restart: u32, each: &str) -> String {
    with_tenants(
        2,
        &format!(
            "
            {}
            [groups.wave]
            tenants = 2
            [facts.go]
            [[step]]
            name = 'a'
            duration = '2s'
            {a}
            [[step]]
            name = 'w'
            each = 'wave'
            after = 'a'
            duration = '{w}'
            [[step]]
            name = 'c'
            after = ['a', 'w']
            duration = '10s'
            {}",
            journal("none"),
            crash(each, at, restart)
        ),
    )
}

/// `w` ended at 4 and stays so; `c` waits for `a` alone.
#[test]
fn s8_ended_steps_of_groups_stay_ended() {
    let run = run(&joined("", "2s", 6, 2, "rollout"));
    assert_eq!(run.begun("a", "tenant 1"), [0, 8]);
    assert_eq!(run.begun("w", "wave 1"), [2]);
    assert_eq!(run.begun("c", "tenant 1"), [4, 10]);
    assert_eq!(run.outcome.stop, Stop::Finished);
}

/// Cut at 6 in the middle of `w`, which waits for both tenants again.
#[test]
fn s8_steps_of_groups_that_have_not_ended_wait_again() {
    let run = run(&joined("", "10s", 6, 2, "rollout"));
    assert_eq!(run.begun("a", "tenant 2"), [0, 8]);
    assert_eq!(run.begun("w", "wave 1"), [2, 10]);
    assert_eq!(run.begun("c", "tenant 2"), [20]);
}

/// The first tenant's `a` is forgotten at 5 and done again at 17; `w` has not begun, so it waits.
#[test]
fn s8_a_join_that_has_not_begun_waits_for_who_was_forgotten() {
    let go = "
        needs = 'go'
        [[reaction]]
        name = 'let the first go'
        after = '0s'
        does = [{ on = 'go' }]";
    let setup = setup(&joined(go, "2s", 5, 10, "tenant").replace("after = '0s'", LATE), 1);
    let mut schedule = Schedule::sampled(0);
    force(&setup, &mut schedule, ("fault crash / chance", "tenant 2", 1), 0);
    force(&setup, &mut schedule, ("reaction let the first go / trigger", "tenant 1", 1), 0);
    force(&setup, &mut schedule, ("reaction let the first go / trigger", "tenant 2", 1), 6_000_000);
    let run = run_with(&setup, schedule);
    assert_eq!(run.begun("a", "tenant 1"), [0, 15]);
    assert_eq!(run.begun("a", "tenant 2"), [6]);
    assert_eq!(run.begun("w", "wave 1"), [17]);
}

const LATE: &str = "after = { uniform = ['0s', '9s'] }";

/// `w` of the orchestrator runs on, and is told nothing when `a` ends a second time.
#[test]
fn s8_a_join_that_has_begun_is_not_disturbed() {
    let run = first_only(&joined("", "10s", 5, 3, "tenant"), &["tenant 2"]);
    assert_eq!(run.begun("a", "tenant 1"), [0, 8]);
    assert_eq!(run.begun("w", "wave 1"), [2]);
    assert_eq!(run.begun("c", "tenant 1"), [12]);
    assert_eq!(run.outcome.stop, Stop::Finished);
}

/// `w` has begun when `a` is made a second time and fails at 10: the wave is not blocked by that.
#[test]
fn s8_a_join_that_has_begun_is_not_blocked() {
    let text = joined("", "10s", 5, 3, "tenant")
        + "
        [[fault]]
        name = 'no'
        step = 'a'
        chance = 0.5
        fails = true";
    let setup = setup(&text, 1);
    let mut schedule = Schedule::sampled(0);
    force(&setup, &mut schedule, ("fault crash / chance", "tenant 2", 1), 0);
    for (tenant, attempt, fails) in [("tenant 1", 1, 0), ("tenant 1", 2, 1), ("tenant 2", 1, 0)] {
        force(&setup, &mut schedule, ("fault no / chance", tenant, attempt), fails);
    }
    let run = run_with(&setup, schedule);
    assert_eq!(run.begun("a", "tenant 1"), [0, 8]);
    assert_eq!(ends(&run, "w", "wave 1"), [(12, End::Succeeded)]);
    assert_eq!(run.begun("c", "tenant 2"), [12]);
    assert_eq!(run.outcome.stuck, []);
    assert_eq!(run.outcome.stop, Stop::Finished);
}

/// A forgotten remote attempt keeps its slot and its effects; the plan makes another.
#[test]
fn s8_without_a_journal_remote_attempts_are_forgotten_but_go_on() {
    let text = |uses: &str| {
        one(&format!(
            "
            {}
            [pools]
            one = {{ slots = 1 }}
            [facts.f]
            [facts.n]
            count = 2
            [[step]]
            name = 'a'
            remote = true
            {uses}
            duration = '10s'
            at-end = [{{ on = 'f' }}, {{ add = 'n' }}]
            {}",
            journal("none"),
            crash("rollout", 4, 2)
        ))
    };
    let free = run(&text(""));
    assert_eq!(free.begun("a", "tenant 1"), [0, 6]);
    assert_eq!(free.changes("f", "tenant 1"), [(10, true)]);
    assert_eq!(free.changes("n", "tenant 1"), [(16, true)]);
    assert_eq!(ends(&free, "a", "tenant 1"), [(16, End::Succeeded)]);
    let busy = run(&text("uses = 'one'"));
    assert_eq!(busy.begun("a", "tenant 1"), [0, 10]);
    assert_eq!(busy.outcome.pools[0].busy, 20_000_000);
    assert_eq!(busy.outcome.stop, Stop::Finished);
}
