use std::sync::Arc;

use cutover::kernel::Setup;
use cutover::plan::Plan;
use cutover::search::Method;
use cutover::simulate::Reads;
use cutover::verify::{Abstraction, Doubt, Options, Verdict, exact, verify};

use crate::lab::{SECOND, load, one, run, setup};
use crate::search::{hunt, options};

const HOUR: u64 = 3600;

/// The policy is missing for a while from the local start in Berlin on; a user reads 6 times an hour.
fn reading(start: &str, hours: f64, profile: &str) -> String {
    let seconds = hours * 3600.0;
    one(&format!(
        "
        [rollout]
        start = '{start}[Europe/Berlin]'
        [facts.access]
        initially = 'on'
        [facts.policy]
        missing = 'open'
        [calendars.'office']
        windows = ['08:00 - 18:00']
        except = ['2016-11-26']
        [[step]]
        name = 'replace'
        duration = '{seconds}s'
        at-start = [{{ off = 'policy' }}]
        at-end = [{{ on = 'policy' }}]
        [[user]]
        name = 'mail'
        reads = '6 / h'
        profile = [{profile}]"
    ))
}

fn reads(text: &str) -> f64 {
    let mut run = run(text);
    Reads::of(&mut run.sim, &run.outcome.windows).expected
}

fn near(value: f64, wanted: f64) {
    assert!((value - wanted).abs() < 1e-9, "{value} instead of {wanted}");
}

#[test]
fn reads_are_the_integral_of_the_rate() {
    let office = "{ windows = 'office', factor = 2 }, { factor = 0.25 }";
    // Half an hour at 12 / h, half an hour at 1.5 / h.
    near(reads(&reading("2016-11-25T17:30", 1.0, office)), 6.0 + 0.75);
    // All of Saturday is excepted: 0.5 h at 12 / h, then until 18:00 at 1.5 / h.
    near(reads(&reading("2016-11-25T17:30", 24.5, office)), 6.0 + 36.0);
    // Without an entry for the rest of the time it stays as it is.
    near(reads(&reading("2016-11-25T17:30", 1.0, "{ windows = 'office', factor = 0 }")), 3.0);
    // None at all: a profile of a base is taken away.
    near(reads(&reading("2016-11-25T17:30", 1.0, "")), 6.0);
}

#[test]
fn the_first_entry_that_is_open_counts() {
    let profile = "{ windows = ['Fri 17:00 - Fri 17:45'], factor = 10 },
        { windows = ['Fri 00:00 - Sat 00:00'], factor = 1 }, { factor = 0 }";
    // 15 min at 60 / h, then until midnight at 6 / h, then nothing.
    near(reads(&reading("2016-11-25T17:30", 12.0, profile)), 15.0 + 6.25 * 6.0);
}

/// `22:00 - 06:00` lasts 7 h in the night in which daylight saving begins, 9 h in which it ends.
#[test]
fn reads_follow_the_clock_through_daylight_saving() {
    let nights = "{ windows = ['22:00 - 06:00'], factor = 0.5 }";
    // From 23:00 on 6 h are left of the night an hour short, and 8 h of the other.
    near(reads(&reading("2017-03-25T23:00", 8.0, nights)), 6.0 * 3.0 + 2.0 * 6.0);
    near(reads(&reading("2016-10-29T23:00", 10.0, nights)), 8.0 * 3.0 + 2.0 * 6.0);
}

/// Where nobody reads, none is drawn.
#[test]
fn nobody_reads_at_a_factor_of_0() {
    let text = reading(
        "2016-11-25T22:00",
        8.0,
        "{ windows = ['07:00 - 19:00'], factor = 1 }, { factor = 0 }",
    );
    let mut run = run(&text);
    let reads = Reads::of(&mut run.sim, &run.outcome.windows);
    assert_eq!((reads.expected.to_bits(), reads.sampled), (0, 0));
    assert_eq!(run.windows("policy missing", "tenant 1"), [(0, 8 * HOUR)]);
}

/// The user connects `every` so often; the run starts on a Friday.
fn connecting(clock: &str, every: &str, profile: &str) -> String {
    one(&format!(
        "
        [rollout]
        start = '2016-11-25T{clock}[Europe/Berlin]'
        horizon = '1w'
        [facts.access]
        initially = 'on'
        [[step]]
        name = 'last'
        duration = '40h'
        [[user]]
        name = 'mail'
        connects = {{ while = 'access', every = '{every}' }}
        session = {{ lasts = '1h' }}
        profile = [{profile}]"
    ))
}

const OFFICE: &str = "{ windows = ['08:00 - 18:00'], factor = 1 }, { factor = 0 }";

/// One hour passes until 18:00, the other two from 08:00 on; sessions last as long as ever. The last
/// connection comes as the office closes.
#[test]
fn connections_come_when_the_factor_has_added_up() {
    let sessions = run(&connecting("17:00", "3h", OFFICE)).sessions("tenant 1");
    let hours: Vec<(u64, bool)> = sessions.iter().map(|&(at, open)| (at / HOUR, open)).collect();
    assert!(sessions.iter().all(|(at, _)| at % HOUR == 0));
    assert_eq!(hours, [(17, true), (18, false), (21, true), (22, false), (25, true), (26, false)]);
    // The next begins its 3 h at 19:00, and so ends on Sunday at 11:00, an hour after the last step.
}

#[test]
fn a_factor_makes_time_pass_faster_or_slower() {
    let first = |every: &str, profile: &str| {
        run(&connecting("17:00", every, profile)).sessions("tenant 1").first().map(|&(at, _)| at)
    };
    let rush = "{ windows = ['Fri 17:00 - Fri 18:00'], factor = 1.5 }, { factor = 0.1 }";
    // 1 h at 1.5 makes 1.5 h, the other half hour takes five.
    assert_eq!(first("2h", rush), Some(6 * HOUR));
    assert_eq!(first("90m", rush), Some(HOUR));
    assert_eq!(first("30m", rush), Some(20 * 60));
    // It would take three hours, and there is only one.
    let once = "{ windows = ['Fri 16:00 - Fri 18:00'], factor = 1 }, { factor = 0 }";
    assert_eq!(first("1h", once), Some(HOUR));
    assert_eq!(first("61m", once), None);
}

/// What has been waited for is lost when the user may not connect any more.
#[test]
fn who_may_connect_again_waits_anew() {
    let text = connecting("17:00", "3h", OFFICE).replace(
        "name = 'last'",
        "name = 'lock'
        duration = '16h'
        at-end = [{ off = 'access', for = '30m' }]
        [[step]]
        name = 'last'",
    );
    // Locked from 09:00 to 09:30 on Saturday, after two of three hours: 12:30 is 19.5 h after the start.
    assert_eq!(run(&text).sessions("tenant 1")[0], (19 * HOUR + 1800, true));
}

/// An exponential law stays one: a constant factor over all that matters is another mean.
#[test]
fn draws_are_those_without_a_profile() {
    let first = |profile: &str| {
        let text = connecting("17:00", "3h", profile)
            .replace("every = '3h'", "every = { exponential = '2h' }");
        let setup: Setup = setup(&text.replace("initially = 'on'", ""), 1);
        let text = text.replace("initially = 'on'", "").replace(
            "name = 'last'",
            "name = 'open'
            at-end = [{ on = 'access' }]
            [[step]]
            name = 'last'",
        );
        assert_eq!(setup.plan().profiles.len(), usize::from(!profile.is_empty()));
        let setup = Setup::new(Arc::new(Plan::compile(&load(&text).scenario)), 1);
        let run = crate::lab::run_with(&setup, cutover::kernel::Schedule::sampled(0));
        run.log.iter().find_map(|(at, what)| match what {
            cutover::model::Happening::Session { open: true, .. } => Some(at.0),
            _ => None,
        })
    };
    let (plain, slow) =
        (first(""), first("{ windows = ['Sat 00:00 - Sat 01:00'], factor = 9 }, { factor = 0.5 }"));
    let (plain, slow) = (plain.expect("it connects"), slow.expect("it connects"));
    assert!(plain * 2 < 7 * HOUR * SECOND, "before midnight: {plain}");
    assert_eq!(slow, plain * 2);
}

/// The policy is missing for an hour, in which nobody sees anything but in sessions.
fn in_sessions(clock: &str) -> String {
    connecting(clock, "3h", OFFICE)
        .replace("every = '3h'", "every = { uniform = ['1m', '2h'] }")
        .replace("[facts.access]", "[facts.access]\n[facts.door]")
        .replace("while = 'access'", "while = 'door'")
        .replace("lasts = '1h'", "lasts = '1h', keeps = ['policy']")
        .replace(
            "[[step]]",
            "[facts.policy]
            missing = 'open'
            [[step]]
            name = 'replace'
            duration = '1h'
            at-start = [{ off = 'policy' }]
            at-end = [{ on = 'policy' }]
            [[step]]",
        )
}

fn proved(clock: &str) -> Verdict {
    let setup = exact(&load(&in_sessions(clock)).scenario, 1, 1).expect("it has a tenant");
    let verdict = verify(&setup, Options { longest: false, ..Options::default() }, &mut |_| true);
    assert!(verdict.bugs.is_empty(), "{:#?}", verdict.bugs);
    assert!(verdict.abstractions.contains(&Abstraction::Profiles));
    verdict
}

/// Verify lets a user connect at any time; only what the kernel confirms is found.
#[test]
fn a_proof_finds_sessions_while_the_factor_allows_them() {
    let verdict = proved("09:00");
    assert!(verdict.found.iter().any(|found| found.user.is_some()));
    assert!(verdict.possible.is_empty());
}

#[test]
fn a_proof_says_where_a_profile_may_keep_users_away() {
    let verdict = proved("22:00");
    assert!(verdict.found.iter().all(|found| found.user.is_none()), "{:#?}", verdict.found);
    let possible = verdict.possible.iter().find(|found| found.user.is_some());
    let doubts = &possible.expect("it is possible to verify").witness.doubts;
    assert_eq!(*doubts, [Doubt::Profile]);
}

/// What the search finds, its own clock and the kernel's agree on.
#[test]
fn a_search_finds_sessions_only_while_the_factor_allows_them() {
    let hunt = |clock: &str| hunt(&setup(&in_sessions(clock), 1), &options(300, &Method::ALL));
    let (day, night) = (hunt("09:00"), hunt("22:00"));
    assert!(day.findings.iter().any(|found| found.confirmed.window.user.is_some()));
    assert!(day.unconfirmed.is_empty() && night.unconfirmed.is_empty());
    assert_eq!(night.findings.len(), 0);
}
