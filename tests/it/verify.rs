//! Proofs with answers worked out by hand.

use std::path::Path;

use cutover::kernel::Setup;
use cutover::scenario::{self, Scenario};
use cutover::units::{Instant, Span};
use cutover::verify::{Answer, Found, Options, Progress, Verdict, exact, verify};

use crate::lab::load;

const MINUTE: u64 = 60_000_000;

fn prove(setup: &Setup, options: Options) -> Verdict {
    let verdict = verify(setup, options, &mut |_| true);
    assert!(verdict.bugs.is_empty(), "every witness replays: {:#?}", verdict.bugs);
    verdict
}

/// The verdict of a text for so many tenants.
fn verdict(text: &str, tenants: u32) -> Verdict {
    let setup = exact(&load(text).scenario, tenants, 1).expect("it has so many tenants");
    prove(&setup, Options::default())
}

/// The verdict without any measuring.
fn answer(text: &str, tenants: u32) -> Answer {
    let setup = exact(&load(text).scenario, tenants, 1).expect("it has so many tenants");
    prove(&setup, Options { longest: false, ..Options::default() }).answer
}

fn file(path: &str) -> Scenario {
    let loaded = scenario::load(Path::new(path), &|path| std::fs::read(path));
    loaded.unwrap_or_else(|failure| panic!("{path}: {:#?}", failure.diagnostics)).scenario
}

fn minutes(span: Option<Span>) -> Option<u64> {
    span.map(|span| {
        assert_eq!(span.0 % MINUTE, 0);
        span.0 / MINUTE
    })
}

/// The model of a lease, a slow move and three grants; `lease` and `most` (the longest move) in
/// microseconds.
pub(crate) fn lease(lease: u64, most: u64) -> String {
    format!(
        r#"
name = "lease"
[tenants]
count = 2
[facts.access]
initially = "on"
[facts.grants]
count = 3
missing = "open"
shows = {{ whose = "all", data = ["e-mail address"] }}
[pools.slots]
slots = 2
[[step]]
name = "block"
uses = [{{ pool = "slots", until = "unblock" }}]
at-end = [{{ off = "access", for = "{lease} us" }}]
[[step]]
name = "clear"
duration = {{ uniform = ["0s", "1m"] }}
at-end = [{{ off = "grants" }}]
[[step]]
name = "move"
duration = {{ uniform = ["5m", "{most} us"] }}
[[step]]
name = "grant"
times = 3
duration = {{ uniform = ["1m", "3m"] }}
at-end = [{{ add = "grants" }}]
[[step]]
name = "unblock"
at-end = [{{ on = "access" }}]
"#
    )
}

#[test]
fn a_lease_of_30_minutes_needs_no_fault_to_expose() {
    for tenants in [1, 2] {
        let verdict = verdict(&lease(30 * MINUTE, 45 * MINUTE), tenants);
        assert_eq!(verdict.answer, Answer::Exposed);
        let [found] = verdict.found.as_slice() else { panic!("{:#?}", verdict.found) };
        assert!(found.faults.is_empty());
        assert_eq!(found.witness.earliest, 30 * MINUTE, "the lease ends before the work");
        assert_eq!(found.witness.from, 30 * MINUTE);
        let longest = found.longest.as_ref().expect("it was measured");
        // 1 + 45 + 9 minutes of work, 30 of them closed.
        assert_eq!((minutes(longest.length), longest.complete), (Some(25), true));
        let first = found.first.as_ref().expect("it was looked for");
        assert_eq!(first.at, Instant(30 * MINUTE), "no other schedule is earlier");
        let window = first.witness.window.as_ref().expect("the kernel has it");
        assert_eq!(window.from, first.at);
        let witness = longest.witness.as_ref().expect("it ends");
        let window = witness.window.as_ref().expect("the kernel has it");
        assert_eq!(window.length().0, 25 * MINUTE);
    }
}

/// The schedule that is found first has the fewest events, which need not be the earliest.
#[test]
fn the_earliest_exposure_is_that_of_all_paths() {
    let text = "
        name = 'earliest'
        [tenants]
        count = 1
        [facts.access]
        initially = 'on'
        [facts.policy]
        missing = 'open'
        [facts.asked]
        [[step]]
        name = 'close'
        at-end = [{ off = 'access', for = '5h' }, { off = 'policy' }]
        [[step]]
        name = 'ask'
        duration = { uniform = ['20m', '30m'] }
        at-end = [{ on = 'asked', after = { uniform = ['10m', '15m'] } }]
        [[step]]
        name = 'restore'
        duration = '6h'
        at-end = [{ on = 'policy' }]
        [[step]]
        name = 'open'
        at-end = [{ on = 'access' }]
        [[reaction]]
        name = 'somebody is let in'
        while = 'asked'
        after = { uniform = ['1m', '7m'] }
        does = [{ on = 'access' }]";
    // Found first: the lease runs out. Earliest: 20 + 10 + 1 minutes.
    let found = verdict(text, 1).found;
    let [found] = found.as_slice() else { panic!("{found:#?}") };
    let first = found.first.as_ref().expect("it was looked for");
    assert_eq!(first.at, Instant(31 * MINUTE));
    assert_eq!(first.witness.from, 31 * MINUTE);
    assert_eq!(first.witness.window.as_ref().map(|window| window.from), Some(first.at));
    let length = found.longest.as_ref().and_then(|longest| longest.length);
    // Six hours from when it was asked, less 10 + 1 minutes.
    assert_eq!(minutes(length), Some(6 * 60 - 11));
}

/// Safe up to and including 1 + p + 9 = lease; a window is at least 1 µs long.
#[test]
fn the_longest_move_that_a_lease_covers_is_exact() {
    for (minutes, most) in [(30, 20), (60, 50)] {
        for tenants in [1, 2] {
            let (lease_for, most) = (minutes * MINUTE, most * MINUTE);
            assert_eq!(answer(&lease(lease_for, most), tenants), Answer::Safe);
            assert_eq!(answer(&lease(lease_for, most + 1), tenants), Answer::Exposed);
        }
    }
}

/// All are blocked and cleared at 0, then queue for two slots that are held during the move: of N tenants
/// the last waits for ceil(N / 2) − 1 moves.
#[test]
fn a_queue_adds_the_moves_of_those_before() {
    let text = |most: u64| {
        lease(60 * MINUTE, most)
            .replace("uses = [{ pool = \"slots\", until = \"unblock\" }]\n", "")
            .replace("uniform = [\"0s\", \"1m\"]", "uniform = [\"1m\", \"1m\"]")
            .replace("name = \"move\"", "name = \"move\"\nuses = [\"slots\"]")
    };
    // 1 + ceil(N / 2) p + 9 = 60.
    for (tenants, most) in [(1, 50 * MINUTE), (2, 50 * MINUTE), (3, 25 * MINUTE), (4, 25 * MINUTE)]
    {
        assert_eq!(answer(&text(most), tenants), Answer::Safe, "{tenants}");
        assert_eq!(answer(&text(most + 1), tenants), Answer::Exposed, "{tenants}");
    }
}

/// One failed grant, and a wait before it is made again: 1 + 30 + 9 + (3 + p) = 60.
pub(crate) fn retried(wait: u64) -> String {
    let again = format!(
        r#"
[facts.refused]
[[step]]
name = "last grant"
duration = {{ uniform = ["1m", "3m"] }}
at-end = [{{ add = "grants" }}]
at-fail = [{{ on = "refused" }}]
on-failure = "continue"
[[step]]
name = "wait"
when = "refused"
duration = {{ uniform = ["0s", "{wait} us"] }}
[[step]]
name = "grant again"
when = "refused"
duration = {{ uniform = ["1m", "3m"] }}
at-end = [{{ add = "grants" }}]
[[fault]]
name = "refused"
step = "last grant"
fails = true
chance = 0.1
"#
    );
    let text = lease(60 * MINUTE, 30 * MINUTE).replace("times = 3", "times = 2");
    let unblock = text.find("[[step]]\nname = \"unblock\"").expect("it is there");
    format!("{}{again}{}", &text[..unblock], &text[unblock..])
}

#[test]
fn a_retry_adds_its_wait() {
    let most = 17 * MINUTE;
    assert_eq!(answer(&retried(most), 1), Answer::Safe);
    let exposed = verdict(&retried(most + 1), 1);
    assert_eq!(exposed.answer, Answer::Exposed);
    let [found] = exposed.found.as_slice() else { panic!("{:#?}", exposed.found) };
    assert_eq!(found.faults, [0], "it takes the fault");
    let length = found.longest.as_ref().and_then(|longest| longest.length);
    assert_eq!(length, Some(Span(1)));
}

/// Dates are instants: the second one is counted from the start, not from the first.
#[test]
fn dates_are_counted_from_the_start() {
    let text = "
        name = 'dates'
        [rollout]
        start = '2016-11-25T18:00[Europe/Berlin]'
        [tenants]
        count = 2
        [[wave]]
        name = 'a'
        take = 1
        not-before = '1h'
        [[wave]]
        name = 'b'
        not-before = '6h'
        [facts.done]
        [[step]]
        name = 'move'
        duration = '10m'
        at-end = [{ on = 'done' }]
        [[hazard]]
        name = 'both'
        each = 'rollout'
        when = 'all(tenant: done)'";
    let verdict = verdict(text, 2);
    assert_eq!(verdict.answer, Answer::Exposed);
    assert_eq!(verdict.found[0].witness.earliest, (6 * 60 + 10) * MINUTE);
}

/// What a proof costs: a change of these figures is a change of what is kept. A published checker with
/// inclusion keeps 8, 314, 1,838, 7,316, 24,312 and 72,730 states of this model, one with inclusion and
/// symmetry 8, 158, 308, 458, 608 and 758. From the third tenant on each costs 28: one for each way in which
/// two tenants hold the slots.
#[test]
fn states_of_the_lease_model() {
    let states = |tenants: u32| {
        let setup = exact(&load(&lease(60 * MINUTE, 45 * MINUTE)).scenario, tenants, 1);
        let verdict = prove(&setup.expect("so many tenants"), Options::default());
        assert_eq!(verdict.answer, Answer::Safe);
        assert_eq!(verdict.symmetry, Ok(()));
        verdict.progress.states
    };
    let counts: Vec<u64> = [1, 2, 3, 4, 5, 6, 20].into_iter().map(states).collect();
    assert_eq!(counts, [8, 26, 53, 81, 109, 137, 529]);
}

/// The same without an outline: whoever is exposed is found among these.
#[test]
fn states_of_the_lease_model_without_an_outline() {
    let states = |tenants: u32| {
        let setup = exact(&load(&lease(60 * MINUTE, 45 * MINUTE)).scenario, tenants, 1);
        let options = Options { outline: false, ..Options::default() };
        let verdict = prove(&setup.expect("so many tenants"), options);
        assert_eq!(verdict.answer, Answer::Safe);
        verdict.progress.states
    };
    let counts: Vec<u64> = [1, 2, 3, 4, 5, 6].into_iter().map(states).collect();
    assert_eq!(counts, [8, 32, 138, 569, 957, 1376]);
}

/// What ends before everything is explored says how many faults it got to: of the outline, and of what is
/// explored exactly.
#[test]
fn a_proof_that_is_ended_says_what_it_has_explored() {
    for minutes in [600, 50] {
        let slow = "[[fault]]
            name = 'slow'
            step = 'clear'
            slow = { uniform = ['1m', '9m'] }
            chance = 0.1
            [[fault]]
            name = 'slower'
            step = 'grant'
            slow = { uniform = ['3m', '4m'] }
            chance = 0.1";
        let text = format!("{}{slow}", lease(minutes * MINUTE, 30 * MINUTE));
        let setup = exact(&load(&text).scenario, 4, 1).expect("it has so many tenants");
        let options = Options { longest: false, ..Options::default() };
        for (level, complete) in [(0, None), (1, Some(0)), (2, Some(1))] {
            let mut most = Progress::default();
            let mut go_on = |progress: &Progress| {
                most = most.max(*progress);
                progress.faults < level
            };
            let verdict = verify(&setup, options, &mut go_on);
            assert_eq!(verdict.complete, complete, "{minutes} {level}");
            assert_eq!(verdict.answer, Answer::Inconclusive);
            assert!(most.states > 0 && most.waiting > 0 && most.depth > 0 && most.memory > 0);
        }
        let whole = prove(&setup, options);
        assert_eq!(whole.complete, Some(2));
        assert_eq!(whole.answer == Answer::Safe, minutes == 600);
    }
}

/// Plans made wrong on purpose are exposed by the faults that they say, their cures are safe.
#[test]
fn planted_bugs_are_found_and_cures_are_proved() {
    let names = std::fs::read_dir("tests/planted").expect("the folder is there");
    let names = names.map(|entry| entry.expect("readable").file_name().to_string_lossy().into());
    let mut names: Vec<String> = names.filter(|name: &String| name.ends_with(".toml")).collect();
    names.retain(|name| name != "schedules.toml");
    names.sort();
    assert!(names.len() > 50);
    let mut wrong = Vec::new();
    for name in names {
        let scenario = file(&format!("tests/planted/{name}"));
        let expected = scenario.expect.verify.as_ref();
        let expected = expected.and_then(|expect| expect.fault_sets.clone());
        // Where tenants have nothing to do with each other, one is as good as three, and quicker.
        let tenants =
            if name.starts_with("needs-without-holds") { 1 } else { scenario.tenants.count };
        let setup = exact(&scenario, tenants, 1).expect("it has so many tenants");
        let verdict = prove(&setup, Options { longest: false, ..Options::default() });
        let sets = |list: &[Found]| list.iter().map(|found| found.faults.clone()).collect();
        let (mut found, possible): (Vec<Vec<u16>>, Vec<Vec<u16>>) =
            (sets(&verdict.found), sets(&verdict.possible));
        found.extend(possible);
        found.sort();
        let cured = name.ends_with("-cured.toml");
        if found.is_empty() != cured || expected.as_ref().is_some_and(|sets| found != *sets) {
            wrong.push(format!("{name}: {found:?} instead of {expected:?}"));
        }
        if !verdict.possible.is_empty() {
            wrong.push(format!("{name}: not confirmed"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
