//! Proofs about goals, with answers worked out by hand.

use cutover::kernel::Setup;
use cutover::plan::Plan;
use cutover::units::Span;
use cutover::verify::{
    Answer, GoalAnswer, Options, Overall, Verdict, Waits, exact, overall, overall_goal, verify_goal,
};

use crate::lab::{load, with_tenants};

const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// The first goal of any number of tenants.
fn any(text: &str) -> Overall {
    any_of(text, 0)
}

fn any_of(text: &str, goal: u16) -> Overall {
    let plan = Plan::compile(&load(text).scenario);
    let overall = overall_goal(&plan, goal, 1, Options::default(), &mut |_| true);
    assert!(overall.bugs.is_empty(), "every witness replays: {:#?}", overall.bugs);
    overall
}

/// The first goal of so many tenants.
fn of(text: &str, tenants: u32) -> (Setup, Verdict) {
    let setup = exact(&load(text).scenario, tenants, 1).expect("it has so many tenants");
    let verdict = verify_goal(&setup, 0, Options::default(), &mut |_| true);
    assert!(verdict.bugs.is_empty(), "every witness replays: {:#?}", verdict.bugs);
    (setup, verdict)
}

/// Sets of faults, by index.
fn sets(overall: &Overall) -> Vec<Vec<u16>> {
    overall.found.iter().map(|set| set.found.faults.clone()).collect()
}

/// The gate is closed, then two steps that take up to so many minutes, each through a pool of its own; the
/// last opens it.
fn plan(more: &str) -> String {
    with_tenants(
        9,
        &format!(
            "[facts.access]
            initially = 'on'
            [pools.movers]
            slots = 2
            [pools.admins]
            slots = 2
            [[step]]
            name = 'prepare'
            uses = 'movers'
            duration = '10m'
            [[step]]
            name = 'close'
            duration = '10s'
            at-end = [{{ off = 'access' }}]
            [[step]]
            name = 'move'
            duration = {{ uniform = ['5m', '30m'] }}
            [[step]]
            name = 'open'
            uses = 'admins'
            duration = {{ uniform = ['1m', '20m'] }}
            at-end = [{{ on = 'access' }}]
            [[goal]]
            name = 'back at work'
            when = 'access'
            within = {{ of = 'close', time = '1h' }}
            {more}"
        ),
    )
}

/// Of the hour, 30 and 20 min are work: 10 min are left for the admins, and all the time in the world for the
/// movers, who come before the gate closes. Whoever is back at the very instant of the deadline is in time.
#[test]
fn how_long_nobody_may_wait_is_exact() {
    let verdict = any(&plan(""));
    assert_eq!(verdict.goal_answer(), GoalAnswer::Met);
    assert_eq!(verdict.waits, Waits::AtMost(Span(10 * MINUTE)));
    assert_eq!(verdict.waiting.iter().copied().collect::<Vec<u16>>(), [3], "only `open`");
    let [beyond] = verdict.beyond.as_slice() else { panic!("{:#?}", verdict.beyond) };
    assert!(beyond.faults.is_empty(), "then it takes no fault");
    let missed = beyond.witness.missed.as_ref().expect("the simulator has it");
    assert_eq!(missed.at.0, HOUR + 10 * MINUTE + 10 * SECOND);
    assert_eq!((missed.running.as_slice(), missed.waiting.as_slice()), (&[3u16][..], &[][..]));
}

/// The same bound where everybody is there: of two tenants nobody waits for two slots, and 1 h 10 min of
/// work are 1 µs too much for an hour and ten minutes less 1 µs.
#[test]
fn a_deadline_is_judged_after_all_else_at_its_instant() {
    for (most, met) in [("40m", GoalAnswer::Met), ("2400000001us", GoalAnswer::Missed)] {
        let text = plan("").replace("'5m', '30m'", &format!("'5m', '{most}'"));
        for tenants in [1, 2] {
            assert_eq!(of(&text, tenants).1.goal_answer(), met, "{most}, {tenants} tenants");
        }
    }
}

/// Three tenants and two admins: the third may have to wait for the first two, who take up to 20 min.
#[test]
fn queues_are_exact_where_everybody_is_there() {
    let text = plan("").replace("uses = 'movers'", "");
    assert_eq!(of(&text, 2).1.goal_answer(), GoalAnswer::Met);
    let (_, verdict) = of(&text, 3);
    assert_eq!(verdict.goal_answer(), GoalAnswer::Missed);
    let text = text.replace("'5m', '30m'", "'5m', '20m'");
    assert_eq!(of(&text, 3).1.goal_answer(), GoalAnswer::Met, "20 + 20 + 20 min are an hour");
}

/// Whoever has stopped, or hangs for ever, misses it at the deadline; a step that fails before the gate
/// closes makes nothing due, and an ordinary failure costs nothing.
#[test]
fn the_stuck_are_judged_and_the_unreached_are_not() {
    let fault = |step: &str, what: &str, cost: u16| {
        format!(
            "[[fault]]\nname = '{step} {what}'\nstep = '{step}'\n{what} = true\nchance = 0.01\n\
             cost = {cost}\n"
        )
    };
    let more =
        fault("prepare", "fails", 1) + &fault("move", "fails", 1) + &fault("open", "hangs", 1);
    let verdict = any(&plan(&more));
    assert_eq!(verdict.goal_answer(), GoalAnswer::MissedWithFaults);
    assert_eq!(sets(&verdict), [[1], [2]], "not the failure before the gate closes");
    assert_eq!(verdict.waits, Waits::AtMost(Span(10 * MINUTE)));
    let failed = verdict.found[0].found.witness.missed.as_ref().expect("the simulator has it");
    assert_eq!(failed.failed, [2]);
    assert_eq!(failed.faults, [1]);

    let verdict = any(&plan(&fault("move", "fails", 0)));
    assert_eq!(verdict.goal_answer(), GoalAnswer::Missed, "an ordinary failure is always allowed");
    assert_eq!(sets(&verdict), [Vec::<u16>::new()]);
    assert_eq!(verdict.waits, Waits::Any, "it takes no wait");
}

/// Two faults that only together miss it, and neither alone.
#[test]
fn sets_are_minimal() {
    let slow = |step: &str, to: &str| {
        format!("[[fault]]\nname = '{step}'\nstep = '{step}'\nslow = '{to}'\nchance = 0.01\n")
    };
    let verdict = any(&plan(&(slow("move", "36m") + &slow("open", "25m"))));
    assert_eq!(sets(&verdict), [[0, 1]]);
    // 36 + 25 min are too long by themselves; with one of them 1 h - 36 - 20 min are left to wait.
    assert_eq!(verdict.waits, Waits::AtMost(Span(4 * MINUTE)));
}

/// A plan that locks everybody out is safe, and no fix: its goal is missed.
#[test]
fn a_locked_door_is_safe_and_misses_its_goal() {
    let text = plan("[facts.policy]\nmissing = 'open'").replace("at-end = [{ on = 'access' }]", "");
    let hazards = Plan::compile(&load(&text).scenario);
    let hazards = overall(&hazards, 1, Options::default(), &mut |_| true);
    assert_eq!(hazards.answer, Answer::Safe);
    let verdict = any(&text);
    assert_eq!((verdict.goal_answer(), verdict.waits), (GoalAnswer::Missed, Waits::Any));
}

/// Each goal has its own answer and its own bound.
#[test]
fn goals_are_told_apart() {
    let more = "[[goal]]
        name = 'soon back'
        when = 'access'
        within = { of = 'close', time = '55m' }
        [[goal]]
        name = 'at once'
        when = 'access'
        within = { of = 'open', time = '1us' }";
    let text = plan(more);
    assert_eq!(any_of(&text, 0).waits, Waits::AtMost(Span(10 * MINUTE)));
    assert_eq!(any_of(&text, 1).waits, Waits::AtMost(Span(5 * MINUTE)));
    let last = any_of(&text, 2);
    assert_eq!((last.goal_answer(), last.waits), (GoalAnswer::Met, Waits::Any));
}

/// Coarse focal runs, whose windows are open at any time, may wait for ever; the focal run itself does not.
#[test]
fn what_only_open_windows_make_possible_is_looked_at_exactly() {
    let text = plan("").replace("uses = 'admins'", "windows = ['Mon 00:00 - Sun 24:00']");
    let text = text
        .replace("[tenants]", "[rollout]\nstart = '2016-11-25T20:00[Europe/Berlin]'\n[tenants]");
    let verdict = any(&text);
    // In its coarse form a step starts at any instant, however late; these windows never close.
    assert_eq!(verdict.goal_answer(), GoalAnswer::Met);
    assert!(verdict.possible.is_empty(), "{:#?}", verdict.possible);
}

/// Groups and mailboxes have goals, too: the deadline of a mailbox is its own.
#[test]
fn mailboxes_have_deadlines_of_their_own() {
    let text = |time: &str| {
        with_tenants(
            2,
            &format!(
                "mailboxes = 3
                [pools.movers]
                slots = 1
                [facts.there]
                each = 'mailbox'
                [[step]]
                name = 'ask'
                each = 'mailbox'
                [[step]]
                name = 'move'
                each = 'mailbox'
                uses = 'movers'
                duration = '10m'
                at-end = [{{ on = 'there' }}]
                [[goal]]
                name = 'moved'
                when = 'there'
                within = {{ of = 'ask', time = '{time}' }}"
            ),
        )
    };
    // Of one tenant, the third waits for two others.
    assert_eq!(of(&text("30m"), 1).1.goal_answer(), GoalAnswer::Met);
    assert_eq!(of(&text("29m"), 1).1.goal_answer(), GoalAnswer::Missed);
    let verdict = any(&text("30m"));
    assert_eq!(verdict.goal_answer(), GoalAnswer::Met);
}
