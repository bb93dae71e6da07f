//! Distributions cut at a quantile, and what sets of faults account for, with answers worked out by hand.

use cutover::kernel::Setup;
use cutover::plan::{Cover, Plan};
use cutover::simulate::predicted_contribution;
use cutover::units::Span;
use cutover::verify::{Answer, Options, exact, overall, verify};

use crate::lab::{load, setup, with_tenants};

const MINUTE: u64 = 60_000_000;

/// Closed for two hours over a step that has no end: its median is 10 min, and one in 20 takes over
/// 100 min.
fn lease(more: &str) -> String {
    with_tenants(
        50,
        &format!(
            "[facts.access]
            initially = 'on'
            [facts.policy]
            missing = 'open'
            [[step]]
            name = 'lock'
            at-end = [{{ off = 'access', for = '2h' }}, {{ off = 'policy' }}]
            [[step]]
            name = 'work'
            duration = {{ lognormal = {{ median = '10m', p95 = '100m' }} }}
            at-end = [{{ on = 'policy' }}]
            [[step]]
            name = 'unlock'
            at-end = [{{ on = 'access' }}]
            {more}"
        ),
    )
}

fn cut(text: &str, coverage: f64) -> (Plan, Cover) {
    Plan::compile(&load(text).scenario).cover(coverage, true)
}

/// How many draws of a site concern one tenant; 0: it is not cut.
fn draws(text: &str, site: &str) -> u64 {
    let (plan, cover) = cut(text, 1e-3);
    let of = plan.site(site).unwrap_or_else(|| panic!("no site {site}"));
    cover.cuts.iter().find(|cut| cut.site == of).map_or(0, |cut| cut.draws)
}

/// At 5 % the step is cut at 100 min, which the lease covers; at 3 % it is cut beyond its two hours, because
/// 3.8 % take longer. Whole, it may take for ever.
#[test]
fn a_cut_at_the_right_quantile_proves_what_the_lease_covers() {
    let answer = |plan: &Plan| overall(plan, 1, Options::default(), &mut |_| true).answer;
    let text = lease("");
    assert_eq!(answer(&Plan::compile(&load(&text).scenario)), Answer::Exposed);
    for (coverage, expected) in [(0.05, Answer::Safe), (0.03, Answer::Exposed)] {
        let (plan, cover) = cut(&text, coverage);
        assert_eq!(answer(&plan), expected, "{coverage}");
        assert!(cover.per_tenant <= coverage * 1.000_001, "{cover:?}");
        assert!(cover.per_tenant > coverage * 0.999, "{cover:?}");
        let setup = exact(&load(&text).scenario, 2, 1).expect("two tenants");
        let (plan, _) = setup.plan().cover(coverage, false);
        let verdict = verify(&setup.with(plan), Options::default(), &mut |_| true);
        assert_eq!(verdict.answer, expected, "{coverage}, of two tenants");
        assert!(verdict.bugs.is_empty());
    }
    let (_, cover) = cut(&text, 0.05);
    let [one] = cover.cuts.as_slice() else { panic!("{cover:?}") };
    let high = Span(one.high.expect("its upper end"));
    // The table of quantiles is within 2e-4 of the exact ones.
    assert!(high.0.abs_diff(100 * MINUTE) < MINUTE / 20, "{high}");
}

/// Every draw that may concern a tenant counts: attempts in sequence, retries, mailboxes, members, repeats.
#[test]
fn draws_are_counted_up_to_their_limits() {
    let long = "{ exponential = '10m' }";
    let more = format!(
        "[facts.seen]
        each = 'mailbox'
        [[step]]
        name = 'copy'
        each = 'mailbox'
        times = 3
        duration = {long}
        retry = {{ times = 4, wait = {long} }}
        at-fail = [{{ on = 'seen', after = {long} }}]
        [[step]]
        name = 'tell'
        duration = {long}
        at-end = [{{ on = 'seen', after = {long}, of = 'members' }}]
        [[fault]]
        name = 'again'
        step = 'tell'
        repeats = true
        chance = 0.1
        [[fault]]
        name = 'slow'
        step = 'copy'
        slow = {long}
        chance = 0.1"
    );
    let text = lease(&more).replace("count = 50", "count = 50\nmailboxes = 7");
    let attempts = 3 * (1 + 4) * 7;
    assert_eq!(draws(&text, "copy / duration"), attempts);
    assert_eq!(draws(&text, "copy / retry wait"), attempts);
    assert_eq!(draws(&text, "copy / at-fail 1 / after"), attempts);
    assert_eq!(draws(&text, "fault slow / slow"), attempts);
    assert_eq!(draws(&text, "tell / duration"), 2, "a repeated attempt draws anew");
    assert_eq!(draws(&text, "tell / at-end 1 / after"), 2 * 7);
    let (_, cover) = cut(&text, 1e-3);
    let sum: f64 = cover.cuts.iter().map(|cut| cut.chance * cut.draws as f64).sum();
    assert!((sum - cover.per_tenant).abs() < 1e-12 && sum <= 1e-3 * 1.000_001, "{sum}");
    assert_eq!(cover.mailboxes, None, "there are seven");
}

/// Users, reactions and free-standing faults come as often as they like; after a crash, so do attempts.
#[test]
fn what_nothing_counts_is_not_cut() {
    let more = "[[reaction]]
        name = 'helper'
        after = { exponential = '1h' }
        does = [{ on = 'policy' }]
        [[user]]
        name = 'reader'
        connects = { while = 'access', every = { exponential = '1h' } }
        session = { lasts = { exponential = '1h' }, keeps = ['policy'] }";
    let (plan, cover) = cut(&lease(more), 1e-3);
    let names: Vec<&str> =
        cover.cuts.iter().map(|cut| plan.sites[cut.site.index()].name.as_str()).collect();
    assert_eq!(names, ["work / duration"]);
    let crash = "[[fault]]
        name = 'crash'
        each = 'rollout'
        every = { exponential = '100h' }
        crashes = { restart = '1m' }";
    assert!(cut(&lease(crash), 1e-3).1.cuts.is_empty());
}

/// The number of mailboxes and their sizes have quantiles of their own; a rate is cut where it is slow.
#[test]
fn mailboxes_sizes_and_rates_are_cut() {
    let more = "[[step]]
        name = 'copy'
        each = 'mailbox'
        transfer = { size = 'mailbox-size', rate = { lognormal = { median = '1 GiB/h', p95 = '2 GiB/h' } } }";
    let sizes = "count = 50
        mailboxes = { lognormal = { median = 6, p95 = 40 } }
        mailbox-size = { lognormal = { median = '1 GiB', p95 = '5 GiB' } }";
    let (plan, cover) = cut(&lease(more).replace("count = 50", sizes), 1e-2);
    let (most, exceeded) = cover.mailboxes.expect("there may be more");
    // Lognormal: median 6, 40 at 1.645 deviations, so 6 × exp(2.576 × 1.1533) = 117 at 1 in 200.
    assert!((116..=118).contains(&most) && exceeded <= 0.005, "{most}, {exceeded}");
    let at = |site: &str| {
        let site = plan.site(site).expect("it is there");
        cover.cuts.iter().find(|cut| cut.site == site).expect("it is cut")
    };
    assert_eq!(at("copy / rate").draws, most);
    assert!(at("copy / rate").low.is_some());
    assert!(cover.cuts.iter().any(|cut| plan.is_size(cut.site) && cut.draws == most));
    assert!(cover.per_tenant <= 0.01 * 1.000_001);
}

/// What one in a hundred tenants does by itself, half an hour beyond its lease: 50 × 0.01 × 30 min a rollout,
/// and as many tenants as are struck. The other fault has no part in it.
#[test]
fn contributions_are_weighted_by_chances() {
    let fault = |name: &str, chance: f64, slow: &str| {
        format!("[[fault]]\nname = '{name}'\nstep = 'work'\nslow = '{slow}'\nchance = {chance}\n")
    };
    let more = fault("late", 0.01, "150m") + &fault("much too late", 0.001, "26h");
    let text = lease(&more).replace("{ lognormal = { median = '10m', p95 = '100m' } }", "'10m'");
    let setup: Setup = setup(&text, 1);
    let hazard = 0;
    let late = predicted_contribution(&setup, hazard, &[0]);
    assert_eq!(late.runs, 200, "runs are short");
    // A tenant is struck in 5 % of 10,000 cases: 500 ± 22, weighted by 0.2 a run of 50.
    assert!((late.tenants - 0.5).abs() < 0.075, "{late:?}");
    assert!((late.exposure / (30 * MINUTE) as f64 - late.tenants).abs() < 1e-9, "{late:?}");
    let much = predicted_contribution(&setup, hazard, &[1]);
    assert!((much.tenants - 0.05).abs() < 0.0075, "{much:?}");
    assert!((much.exposure / (24 * 60 * MINUTE) as f64 - much.tenants).abs() < 1e-9, "{much:?}");
    assert!(predicted_contribution(&setup, hazard, &[]).exposure < 1.0);
    assert_eq!(late, predicted_contribution(&setup, hazard, &[0]), "deterministic");
}
