//! Sets of faults that only an abstraction makes possible: they are told apart, and prune nothing.

use cutover::check::in_full;
use cutover::kernel::Setup;
use cutover::plan::Plan;
use cutover::report::{Paint, VerifyReport};
use cutover::verify::{
    Answer, Doubt, Found, GoalAnswer, Options, Verdict, exact, overall, overall_goal, verify,
    verify_goal,
};

use crate::lab::{load, setup, with_tenants};

/// The gate is closed for two hours, over a copy of 1 GiB through a link of 1 GiB/h that nobody else uses and
/// a check of ten minutes. A proof lets the copy take any time from an hour on, the simulator does not.
fn over_a_link(more: &str) -> String {
    with_tenants(
        1,
        &format!(
            "mailbox-size = '1 GiB'
            [links]
            wan = {{ rate = '1 GiB/h' }}
            [facts.access]
            initially = 'on'
            [facts.policy]
            missing = 'open'
            [[step]]
            name = 'close'
            at-end = [{{ off = 'access', for = '2h' }}, {{ off = 'policy' }}]
            [[step]]
            name = 'copy'
            transfer = {{ size = 'mailbox-size', link = 'wan' }}
            [[step]]
            name = 'check'
            duration = '10m'
            at-end = [{{ on = 'policy' }}]
            [[step]]
            name = 'open'
            at-end = [{{ on = 'access' }}]
            [[goal]]
            name = 'back at work'
            when = 'access and policy'
            within = {{ of = 'close', time = '90m' }}
            {more}"
        ),
    )
}

/// An hour and three are longer than the lock, and than the goal allows.
const SLOW: &str = "[[fault]]
    name = 'check takes hours'
    step = 'check'
    slow = '3h'
    chance = 0.01
    [[fault]]
    name = 'close fails'
    step = 'close'
    fails = true
    chance = 0.01";

fn hazards(more: &str) -> Verdict {
    let setup = exact(&load(&over_a_link(more)).scenario, 1, 1).expect("it has a tenant");
    clean(verify(&setup, Options::default(), &mut |_| true))
}

fn goal(more: &str) -> Verdict {
    let setup = exact(&load(&over_a_link(more)).scenario, 1, 1).expect("it has a tenant");
    clean(verify_goal(&setup, 0, Options::default(), &mut |_| true))
}

fn clean(verdict: Verdict) -> Verdict {
    assert!(verdict.bugs.is_empty(), "{:#?}", verdict.bugs);
    assert_eq!(verdict.complete, Some(2));
    verdict
}

/// Their faults, with whether the simulator has them.
fn sets(list: &[Found]) -> Vec<(&[u16], bool)> {
    list.iter().map(|found| (found.faults.as_slice(), found.witness.confirmed())).collect()
}

const NONE: &[u16] = &[];

/// A copy of more than 110 minutes would expose somebody without any fault, but there is none: it prunes
/// neither the fault that does, nor is it pruned by that.
#[test]
fn a_possible_set_prunes_no_larger_one() {
    for verdict in [hazards(SLOW), goal(SLOW)] {
        assert_eq!(sets(&verdict.found), [(&[0][..], true)]);
        assert_eq!(sets(&verdict.possible), [(NONE, false)]);
        assert_eq!(verdict.possible[0].witness.doubts, [Doubt::Link]);
    }
    assert_eq!(hazards(SLOW).answer, Answer::Exposed);
    // What misses it without a fault is not confirmed, so whether it takes one is not known.
    assert_eq!(goal(SLOW).goal_answer(), GoalAnswer::Inconclusive);
}

/// Nothing else is there: that is no exposure, and no safety either.
#[test]
fn a_set_that_is_only_possible_stays_so() {
    let (hazards, goal) = (hazards(""), goal(""));
    assert_eq!(hazards.answer, Answer::Inconclusive);
    assert_eq!(goal.goal_answer(), GoalAnswer::Inconclusive);
    for verdict in [hazards, goal] {
        assert_eq!(sets(&verdict.found), []);
        assert_eq!(sets(&verdict.possible), [(NONE, false)]);
        assert_eq!(verdict.possible[0].witness.doubts, [Doubt::Link]);
    }
}

/// The gate may close in the evening, and somebody is called in the morning after it has opened.
const CALLED: &str = "name = 'called'
    [rollout]
    start = '2016-11-25T20:00[Europe/Berlin]'
    horizon = '2w'
    [tenants]
    count = 20
    [facts.access]
    initially = 'on'
    [facts.called]
    [[step]]
    name = 'close'
    windows = ['18:00 - 22:00']
    duration = '10s'
    at-end = [{ off = 'access' }]
    [[step]]
    name = 'open'
    duration = '1h'
    at-end = [{ on = 'access' }]
    [[step]]
    name = 'call'
    windows = ['08:00 - 12:00']
    duration = '10m'
    at-end = [{ on = 'called' }]
    [[goal]]
    name = 'told'
    when = 'called'
    within = { of = 'open', time = '16h' }";

/// In outline windows are open at any instant, so the call may never come. Where there is no time to look at
/// the windows themselves, that is told in the terms of what was explored.
#[test]
fn what_only_the_outline_of_windows_has_is_told_as_such() {
    let full: Setup = setup(CALLED, 1);
    let plan = Plan::compile(&load(CALLED).scenario);
    let goal = overall_goal(&plan, 0, 1, Options::default(), &mut |_| false);
    assert_eq!(goal.goal_answer(), GoalAnswer::Inconclusive);
    assert!(goal.found.is_empty() && goal.bugs.is_empty());
    assert_eq!(goal.possible[0].found.witness.doubts, [Doubt::Coarse]);
    let hazards = overall(&plan, 1, Options::default(), &mut |_| false);
    let tried = |overall| in_full(&full, overall, 0, &mut || true);
    let (of_hazards, of_goal) = (tried(&hazards), tried(&goal));
    let report = VerifyReport::overall(&full, (&hazards, &of_hazards), &[(goal, of_goal)]);
    let forced = &report.goals[0].possible[0].witness.overrides;
    assert!(forced.iter().any(|forced| forced.site == "call / window"), "{forced:?}");
    let text = report.text(Paint::default());
    let told = "whether the plan's own do took too many states to explore";
    assert!(text.contains("GOAL INCONCLUSIVE: told") && text.contains(told), "{text}");
}

/// With time there is no doubt: the gate opens at 22:00 and some at the latest, and by 8:10 everybody is called.
/// Whoever starts so late that the run ends before the morning has no deadline in it.
#[test]
fn windows_after_the_step_of_a_goal_are_looked_at_themselves() {
    let answer = |time: &str| {
        let text = CALLED.replace("'16h'", time);
        let plan = Plan::compile(&load(&text).scenario);
        let goal = overall_goal(&plan, 0, 1, Options::default(), &mut |_| true);
        assert!(goal.possible.is_empty() && goal.bugs.is_empty());
        goal.goal_answer()
    };
    // The gate closes at 18:00 at the earliest and opens at 19:00:10; 13 h 9 min 50 s later it is 8:10.
    assert_eq!(answer("'13h 9m 50s'"), GoalAnswer::Met);
    assert_eq!(answer("'13h 9m 49.999999s'"), GoalAnswer::Missed);
}
