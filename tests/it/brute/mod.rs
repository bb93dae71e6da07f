//! Two engines, one semantics: the prover against brute force on random small plans.
//!
//! A few plans of each kind are part of every run; so many more can be asked for (`brute::` lists the kinds,
//! and `margins` has a number of its own, because each end of each bound takes many enumerations):
//!
//! ```text
//! BRUTE=10000 cargo test --release --test it brute::verdicts -- --nocapture
//! BRUTE=10000 cargo test --release --test it brute::any -- --nocapture
//! BRUTE=2500 cargo test --release --test it brute::goals -- --nocapture
//! BRUTE_MARGINS=300 cargo test --release --test it brute::margins -- --nocapture
//! ```
//!
//! `BRUTE_SEED=7` draws others. A failure prints the shrunk plan; what was found so stands below as a test
//! of its own.
//!
//! **Verdicts**, sets and longest windows of explicit tenants: of 10,000 plans (seed 5) the loader takes
//! 8,803; brute force goes through 7,332 of them, which took three minutes. Both expose 3,679, 864 of
//! them by faults and 81 by two, and measure 4,496 longest windows, 2,343 of them without an end: no
//! difference. With up to 6,000 states a plan instead of 3,000 (seeds 11 to 20, 1,000 plans each) it is
//! 7,714 of 8,807 plans, 3,978 exposed, 4,944 windows: none either.
//!
//! **Any number of tenants** of 10,000 plans (seed 5) against one, two and three of them, five minutes
//! without optimisation: 8,312 compared (5,917 of them with two tenants, 3,543 with three), 4,495
//! exposed, none of which is called safe; of the other 3,817 3,252 are safe and 565, 14.8 %, not proved.
//! The goals of 2,000 plans (seed 5): 1,688 compared, 1,032 missed, none of them called met; of the
//! others 612 are met and 44, 6.7 %, not proved.
//!
//! **Margins** of 300 plans with a lease (seed 7), with no fault and with one, a minute and a half: of
//! 5,402 ends brute force and the prover name the same value of 802, move 1,212 as far as there is, and
//! find 3,388 that alone make nothing safe; 367 ends were moved in, of plans exposed already. 142 were
//! cut off. No difference, and each first value has its schedule. Of **goals** of 300 plans (seed 8):
//! 4,425 ends, 614 with the same value, 1,648 without one, 2,163 that alone are not enough, 143 cut off;
//! no difference.
//!
//! **Goals** of 2,500 plans (seed 1): 1,728 compared, 1,030 missed, 271 of them by faults and 17 by two:
//! no difference.

mod compare;
mod longest;
mod margins;
mod oracle;
mod plans;

use std::cell::{Cell, RefCell};
use std::io::{self, Write};

use cutover::kernel::Schedule;
use cutover::plan::Plan;
use cutover::units::Span;
use cutover::verify::{
    Answer, Base, End, Followed, Of, Options, Proved, Waits, exact, follow, margins, overall,
    verify,
};
use proptest::prelude::*;

use crate::brute::compare::{
    About, Tally, any_number, exactly, goal_exactly, try_plans, whole_histories,
};
use crate::brute::margins::{Ends, margins_of};
use crate::brute::plans::{Small, leased, small, with_goal};
use crate::lab::load;

/// How many plans: so many, unless the environment asks for more.
fn cases(few: u32) -> u32 {
    std::env::var("BRUTE").ok().and_then(|number| number.parse().ok()).unwrap_or(few)
}

/// States that brute force goes through at most: more for more plans.
fn states() -> usize {
    if cases(0) > 0 { 3_000 } else { 1_500 }
}

fn tell(what: &str, tally: &Tally) {
    writeln!(io::stderr(), "{what}: {tally:?}").expect("standard error");
}

#[test]
fn verdicts_sets_and_longest_windows_are_those_of_brute_force() {
    let tally = try_plans(cases(300), small(), |plan, scenario, tally| {
        exactly(scenario, plan.frame.tenants, states(), tally)
    });
    tell("exact", &tally);
    assert!(tally.compared * 10 > tally.plans * 6, "{tally:?}");
    assert!(tally.by_faults * 15 > tally.compared, "{tally:?}");
    assert!(tally.lengths > tally.endless && tally.endless > 0, "{tally:?}");
    assert!(tally.exposed * 10 < tally.compared * 7, "{tally:?}");
}

#[test]
fn any_number_of_tenants_is_never_safe_where_brute_force_exposes() {
    try_any_number(40, About::Hazards, small());
}

#[test]
fn any_number_of_tenants_never_meets_a_goal_that_brute_force_misses() {
    try_any_number(40, About::Goal, with_goal());
}

fn try_any_number(few: u32, about: About, plans: impl Strategy<Value = Small>) {
    let tally = try_plans(cases(few), plans, |_, scenario, tally| {
        any_number(scenario, about, 3, states(), tally)
    });
    tell("any number", &tally);
    let Tally { compared, exposed, proved, not_proved, .. } = tally;
    let share = 100.0 * f64::from(not_proved) / f64::from((proved + not_proved).max(1));
    // A plan that is called safe and exposed ends the run, so there is none.
    writeln!(
        io::stderr(),
        "{about:?}: compared {compared}: brute force has {exposed} exposed, none of them called safe; of \
         the others {proved} are safe and {not_proved} ({share:.1} %) not proved"
    )
    .expect("standard error");
    assert!(compared * 2 > tally.plans && proved > 0 && tally.by_all > 0, "{tally:?}");
}

#[test]
fn goals_and_the_sets_that_miss_them_are_those_of_brute_force() {
    let tally = try_plans(cases(100), with_goal(), |plan, scenario, tally| {
        goal_exactly(scenario, plan.frame.tenants, states(), tally)
    });
    tell("goals", &tally);
    assert!(tally.compared * 2 > tally.plans && tally.by_faults > 0, "{tally:?}");
    assert!(tally.exposed * 10 < tally.compared * 9, "{tally:?}");
}

#[test]
fn margins_are_those_of_brute_force() {
    take_margins(About::Hazards, leased());
}

#[test]
fn margins_of_goals_are_those_of_brute_force() {
    take_margins(About::Goal, with_goal());
}

fn take_margins(about: About, plans: impl Strategy<Value = Small>) {
    let many = std::env::var("BRUTE_MARGINS").ok().and_then(|number| number.parse().ok());
    let ends = RefCell::new(Ends::default());
    let tally = try_plans(many.unwrap_or(8), plans, |plan, scenario, _| {
        for faults in 0..2 {
            let (tenants, states) = (plan.frame.tenants, if many.is_some() { 2_000 } else { 500 });
            margins_of(scenario, about, tenants, faults, states, &mut ends.borrow_mut())?;
        }
        Ok(())
    });
    let ends = ends.into_inner();
    writeln!(io::stderr(), "margins of {} plans, {about:?}: {ends:?}", tally.plans)
        .expect("standard error");
    assert!(ends.compared > 5 * ends.plans && ends.exact * 5 > ends.plans, "{ends:?}");
}

#[test]
fn portraits_forget_nothing_that_matters() {
    let tally = try_plans(cases(40), small(), |plan, scenario, tally| {
        whole_histories(scenario, plan.frame.tenants, tally)
    });
    tell("histories", &tally);
    assert!(tally.compared * 3 > tally.plans, "{tally:?}");
}

#[test]
fn runs_of_the_kernel_stay_inside_what_is_proved() {
    let (plans, events) = (Cell::new(0), Cell::new(0));
    let tally = try_plans(cases(200), small(), |plan, scenario, _| {
        let setup = exact(scenario, plan.frame.tenants, 1)?;
        let schedules: Vec<Schedule> = (0..8).map(Schedule::sampled).collect();
        let followed = follow(&setup, 2, &schedules, &mut |progress| progress.states < 3_000);
        let Some(Followed { events: inside, strays }) = followed else { return Ok(()) };
        plans.set(plans.get() + 1);
        events.set(events.get() + inside);
        strays.is_empty().then_some(()).ok_or(format!("outside: {strays:?}"))
    });
    let (plans, events) = (plans.get(), events.get());
    writeln!(io::stderr(), "inside: {events} events of {plans} plans").expect("standard error");
    assert!(plans * 10 > tally.plans * 7 && events > 50 * u64::from(plans), "{plans} {events}");
}

/// Sessions that follow each other at one instant are one window, which need not end. It was measured
/// for ever.
#[test]
fn a_window_of_sessions_without_a_pause_has_no_greatest_length() {
    let text = "
        name = 'sessions'
        [rollout]
        horizon = '200us'
        [tenants]
        count = 1
        [facts]
        access = { initially = 'on' }
        p = { missing = 'open' }
        n = { count = 2, missing = 'open' }
        [[step]]
        name = 'clear'
        at-end = [{ off = 'n' }]
        [[user]]
        name = 'u'
        reads = '6 / h'
        connects = { while = 'access', every = { exponential = '3us' } }
        session = { lasts = { uniform = ['1us', '3us'] }, keeps = ['p'] }";
    let setup = exact(&load(text).scenario, 1, 1).expect("one tenant");
    let verdict = verify(&setup, Options::default(), &mut |progress| progress.states < 1_000);
    assert_eq!((verdict.answer, verdict.complete), (Answer::Exposed, Some(2)));
    for found in &verdict.found {
        let longest = found.longest.as_ref().expect("it was asked for");
        assert_eq!((longest.length, longest.complete), (None::<Span>, true));
    }
}

/// A witness was replayed for a day at least, however short the horizon: here that is a hundred thousand
/// million events.
#[test]
fn a_witness_is_replayed_for_no_longer_than_the_horizon_after_its_window() {
    let text = "
        name = 'loop'
        [rollout]
        horizon = '1ms'
        [tenants]
        count = 1
        [facts]
        access = { initially = 'on' }
        p = { missing = 'open' }
        [[step]]
        name = 'work'
        duration = '2us'
        [[reaction]]
        name = 'again and again'
        while = 'p'
        after = '1us'
        forces = { off = 'p', for = '1us' }";
    let setup = exact(&load(text).scenario, 1, 1).expect("one tenant");
    let verdict = verify(&setup, Options::default(), &mut |_| true);
    assert_eq!((verdict.answer, verdict.bugs.len()), (Answer::Exposed, 0));
    let length = verdict.found[0].longest.as_ref().and_then(|longest| longest.length);
    assert_eq!(length, Some(Span(1)));
}

/// Nothing ever closes it, and something goes on happening meanwhile: it was measured as the one that is
/// closed at the instant at which it opens.
#[test]
fn a_window_that_stays_open_while_a_reaction_goes_on_has_no_greatest_length() {
    let text = "
        name = 'stays'
        [rollout]
        horizon = '200us'
        [tenants]
        count = 1
        [facts]
        access = { initially = 'on' }
        p = { missing = 'open' }
        [[step]]
        name = 'clear'
        at-end = [{ off = 'p' }]
        [[step]]
        name = 'close'
        duration = { uniform = ['0us', '1us'] }
        at-end = [{ off = 'access' }]
        [[reaction]]
        name = 'again and again'
        while = 'true'
        every = '2us'
        does = [{ on = 'access', after = '1us' }]";
    let setup = exact(&load(text).scenario, 1, 1).expect("one tenant");
    let verdict = verify(&setup, Options::default(), &mut |progress| progress.states < 1_000);
    assert_eq!((verdict.answer, verdict.bugs.len()), (Answer::Exposed, 0));
    let longest = verdict.found[0].longest.as_ref().expect("it was asked for");
    assert_eq!((longest.length, longest.complete), (None::<Span>, true));
}

/// Two restores, each of which a fault loses: it takes both. A third fault has nothing to do with it.
#[test]
fn it_takes_two_faults_where_one_is_made_good() {
    let restore = |name: &str| {
        format!(
            "[[step]]
            name = '{name}'
            at-end = [{{ on = 'p' }}]
            [[fault]]
            name = '{name} lost'
            step = '{name}'
            loses = 'p'
            chance = 0.3
            "
        )
    };
    let text = format!(
        "name = 'twice'
        [rollout]
        horizon = '200us'
        [tenants]
        count = 1
        [facts]
        access = {{ initially = 'on' }}
        p = {{ missing = 'open' }}
        [[step]]
        name = 'close'
        at-end = [{{ off = 'access' }}, {{ off = 'p' }}]
        [[fault]]
        name = 'close slow'
        step = 'close'
        slow = '2us'
        chance = 0.3
        {}{}
        [[step]]
        name = 'open'
        at-end = [{{ on = 'access' }}]",
        restore("restore"),
        restore("restore again")
    );
    let setup = exact(&load(&text).scenario, 1, 1).expect("one tenant");
    let verdict = verify(&setup, Options { faults: 3, ..Options::default() }, &mut |_| true);
    let sets: Vec<&[u16]> = verdict.found.iter().map(|found| found.faults.as_slice()).collect();
    assert_eq!(sets, [[1, 2]]);
}

/// A crash that comes before others let a request through, all at one instant: the simulator let it through
/// first, whatever the schedule said.
#[test]
fn a_crash_may_be_faster_than_those_who_let_a_request_through_at_once() {
    let text = "
        name = 'crash'
        [rollout]
        horizon = '200us'
        [tenants]
        count = 1
        [facts]
        access = { initially = 'on' }
        p = { missing = 'open' }
        [pools]
        q = { slots = 1 }
        [[step]]
        name = 'close'
        at-end = [{ off = 'access' }, { off = 'p' }]
        [[step]]
        name = 'lend'
        at-end = [{ on = 'p', for = '3us' }]
        [[step]]
        name = 'keep'
        duration = { uniform = ['0us', '2us'] }
        uses = 'q'
        at-end = [{ on = 'p', if = 'p' }]
        [[step]]
        name = 'open'
        at-end = [{ on = 'access' }]
        [[fault]]
        name = 'dies'
        chance = 0.3
        each = 'rollout'
        after = '0us'
        crashes = { restart = { uniform = ['0us', '2us'] } }";
    let plan = Plan::compile(&load(text).scenario);
    let overall = overall(&plan, 1, Options::default(), &mut |_| true);
    let sets: Vec<&[u16]> = overall.found.iter().map(|set| set.found.faults.as_slice()).collect();
    assert_eq!((overall.waits, sets), (Waits::AtMost(Span(0)), vec![[0u16].as_slice()]));
    assert!(overall.bugs.is_empty() && overall.possible.is_empty(), "{:#?}", overall.bugs);
}

/// A budget ended after a set that was known before, and what was left unexplored counted as clean.
#[test]
fn a_budget_that_ends_behind_a_known_set_proves_no_margin() {
    let text = "
        name = 'known'
        [rollout]
        horizon = '200us'
        at-once = 1
        [tenants]
        count = 2
        mailboxes = 1
        [facts]
        access = { initially = 'on' }
        p = { missing = 'open' }
        [[step]]
        name = 'close'
        at-end = [{ off = 'access', for = '2us' }, { off = 'p' }]
        [[step]]
        name = 'work'
        duration = '1us'
        at-end = [{ on = 'p' }]
        [[step]]
        name = 'each mailbox'
        each = 'mailbox'
        [[step]]
        name = 'rest'
        duration = '1us'
        [[step]]
        name = 'restore'
        duration = '1us'
        at-end = [{ on = 'p' }]
        [[step]]
        name = 'restore again'
        at-end = [{ on = 'p' }]
        [[step]]
        name = 'open'
        at-end = [{ on = 'access' }]
        [[fault]]
        name = 'rolls back'
        chance = 0.3
        each = 'rollout'
        while = 'true'
        after = '1us'
        rolls-back = 'in-progress'
        [[fault]]
        name = 'dies'
        chance = 0.3
        each = 'rollout'
        after = '0us'
        crashes = { restart = { uniform = ['0us', '2us'] } }
        [[fault]]
        name = 'restores'
        chance = 0.3
        each = 'tenant'
        while = 'p'
        every = '2us'
        does = [{ on = 'p', after = '1us' }]";
    let setup = exact(&load(text).scenario, 2, 1).expect("two tenants");
    let told = margins(Of::Exact(&setup), 1, &mut |progress| progress.states < 300);
    assert_eq!(told.base, Base::Safe);
    let bound = told.called("fault rolls back / trigger").expect("it has a bound");
    let mut ends = told.margins.iter();
    let lower = ends.find(|one| (one.bound, one.end) == (bound, End::Lower)).expect("both ends");
    // At once it rolls back what is still to be restored.
    assert_eq!(lower.proved, Proved::UpTo(1));
}
