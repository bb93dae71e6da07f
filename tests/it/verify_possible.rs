//! Sets of faults that only an abstraction makes possible: they are told apart, and prune nothing.

use cutover::verify::{
    Answer, Doubt, Found, GoalAnswer, Options, Verdict, exact, verify, verify_goal,
};

use crate::lab::{load, with_tenants};

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
