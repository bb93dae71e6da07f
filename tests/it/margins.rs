//! Margins with values worked out by hand (methods 3.4), to the microsecond.

use std::path::Path;

use cutover::plan::Plan;
use cutover::plan::knobs::Family;
use cutover::report::{MarginsData, Paint};
use cutover::scenario::{self, Scenario};
use cutover::units::Span;
use cutover::verify::{
    Base, Cures, End, Margins, Of, Over, Proved, Region, cures, exact, margins, margins_goal,
    region,
};

use crate::lab::{load, with_tenants};
use crate::verify::{lease, retried};

const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

fn file(path: &str) -> Scenario {
    let loaded = scenario::load(Path::new(path), &|path| std::fs::read(path));
    loaded.unwrap_or_else(|failure| panic!("{path}: {:#?}", failure.diagnostics)).scenario
}

/// Of exactly so many tenants.
fn of(scenario: &Scenario, tenants: u32) -> Margins {
    let setup = exact(scenario, tenants, 1).expect("it has so many tenants");
    replayed(margins(Of::Exact(&setup), 0, &mut |_| true))
}

/// Of any number of tenants.
fn of_any(scenario: &Scenario, faults: usize) -> Margins {
    replayed(margins(Of::Any(&Plan::compile(scenario), 1), faults, &mut |_| true))
}

/// Each value from which somebody is exposed has a schedule that the simulator has replayed.
fn replayed(margins: Margins) -> Margins {
    assert!(margins.bugs.is_empty(), "{:#?}", margins.bugs);
    for margin in &margins.margins {
        if let Some((at, shown)) = &margin.exposed {
            let witness = &shown.found.witness;
            assert!(witness.window.is_some());
            assert_eq!(witness.stretch, Some(*at), "{}", margins.bounds[margin.bound].name);
        }
    }
    margins
}

/// Up to where an end is proved, and from where it is exposed.
fn end(margins: &Margins, name: &str, end: End) -> (Proved, Option<u64>) {
    let bound = margins.called(name).unwrap_or_else(|| panic!("no bound `{name}`"));
    let mut all = margins.margins.iter();
    let margin = all.find(|margin| (margin.bound, margin.end) == (bound, end));
    let margin = margin.expect("each end has its margin");
    (margin.proved, margin.exposed.as_ref().map(|(at, _)| *at))
}

fn upper(margins: &Margins, name: &str) -> (Proved, Option<u64>) {
    end(margins, name, End::Upper)
}

fn lower(margins: &Margins, name: &str) -> (Proved, Option<u64>) {
    end(margins, name, End::Lower)
}

fn up_to(to: u64) -> (Proved, Option<u64>) {
    (Proved::UpTo(to), Some(to + 1))
}

fn down_to(to: u64) -> (Proved, Option<u64>) {
    (Proved::UpTo(to), Some(to - 1))
}

const NEVER: (Proved, Option<u64>) = (Proved::Any, None);
const NOWHERE: (Proved, Option<u64>) = (Proved::Nowhere, None);

/// 1 + 45 + 9 minutes of work under a lease of 60.
#[test]
fn a_lease_of_60_minutes_covers_moves_of_50() {
    for tenants in [1, 2] {
        let margins = of(&load(&lease(60 * MINUTE, 45 * MINUTE)).scenario, tenants);
        assert_eq!(margins.base, Base::Safe);
        assert_eq!(upper(&margins, "move"), up_to(50 * MINUTE));
        assert_eq!(upper(&margins, "clear"), up_to(6 * MINUTE));
        // Three of them, each as long as that.
        assert_eq!(upper(&margins, "grant"), up_to(3 * MINUTE + 100 * SECOND));
        assert_eq!(lower(&margins, "block / at-end 1 / for"), down_to(55 * MINUTE));
        assert_eq!(upper(&margins, "block / at-end 1 / for"), NEVER);
        for name in ["move", "clear", "grant"] {
            assert_eq!(lower(&margins, name), NEVER, "{name}");
        }
    }
}

/// Safe up to and including a move of 20 minutes, of 45 assumed; no other duration is enough.
#[test]
fn a_lease_of_30_minutes_is_25_too_short() {
    for tenants in [1, 2] {
        let margins = of(&load(&lease(30 * MINUTE, 45 * MINUTE)).scenario, tenants);
        assert_eq!(margins.base, Base::Exposed);
        assert_eq!(upper(&margins, "move"), up_to(20 * MINUTE));
        assert_eq!(lower(&margins, "block / at-end 1 / for"), down_to(55 * MINUTE));
        for name in ["clear", "grant", "block / at-end 1 / for"] {
            assert_eq!(upper(&margins, name), NOWHERE, "{name}");
        }
        for name in ["clear", "grant", "move"] {
            assert_eq!(lower(&margins, name), NOWHERE, "{name}");
        }
    }
}

/// All are blocked and cleared at 0, then queue for two slots that are held during the move: of N
/// tenants the last waits for ceil(N / 2) - 1 moves, 1 + ceil(N / 2) p + 9 = 60.
#[test]
fn a_queue_shares_the_slack_among_the_moves() {
    let text = lease(60 * MINUTE, 20 * MINUTE)
        .replace("uses = [{ pool = \"slots\", until = \"unblock\" }]\n", "")
        .replace("uniform = [\"0s\", \"1m\"]", "uniform = [\"1m\", \"1m\"]")
        .replace("name = \"move\"", "name = \"move\"\nuses = [\"slots\"]");
    for (tenants, most) in [(2, 50), (3, 25)] {
        let margins = of(&load(&text).scenario, tenants);
        assert_eq!(upper(&margins, "move"), up_to(most * MINUTE), "{tenants}");
    }
}

/// With one fault allowed; without it the step is never reached.
#[test]
fn a_back_off_of_17_minutes_is_the_longest() {
    let scenario = load(&retried(5 * MINUTE)).scenario;
    let setup = exact(&scenario, 1, 1).expect("it has a tenant");
    let with = replayed(margins(Of::Exact(&setup), 1, &mut |_| true));
    assert_eq!((with.base, upper(&with, "wait")), (Base::Safe, up_to(17 * MINUTE)));
    assert_eq!(upper(&of(&scenario, 1), "wait"), NEVER);
}

/// A plan under a lock of an hour; `work` is what is done while the policy is away.
fn locked(work: &str) -> String {
    with_tenants(
        1,
        &format!(
            "[facts.access]
            initially = 'on'
            [facts.policy]
            missing = 'open'
            [[step]]
            name = 'close'
            at-end = [{{ off = 'access', for = '1h' }}, {{ off = 'policy' }}]
            {work}
            [[step]]
            name = 'restore'
            at-end = [{{ on = 'policy' }}]
            [[step]]
            name = 'open'
            at-end = [{{ on = 'access' }}]"
        ),
    )
}

/// Three attempts of up to 10 minutes with two waits between: 30 + 2 p = 60. Each wait is a value of its
/// own, though the plan has one constant.
#[test]
fn a_constant_is_chosen_anew_at_each_occurrence() {
    let work = "[[step]]
        name = 'move'
        duration = '10m'
        retry = { times = 2, wait = '5m' }
        on-failure = 'continue'
        [[fault]]
        name = 'refused'
        step = 'move'
        fails = true
        chance = 0.1
        cost = 0";
    let margins = of(&load(&locked(work)).scenario, 1);
    assert_eq!(upper(&margins, "move / retry wait"), up_to(15 * MINUTE));
    // 3 p + 10 = 60.
    assert_eq!(upper(&margins, "move"), up_to(50 * MINUTE / 3));
    assert_eq!(lower(&margins, "close / at-end 1 / for"), down_to(40 * MINUTE));
}

/// An attempt that hangs lasts as long as its timeout, which the lock has to outlast.
#[test]
fn a_timeout_has_a_margin() {
    let work = "[[step]]
        name = 'move'
        duration = '10m'
        timeout = '20m'
        on-failure = 'continue'
        [[fault]]
        name = 'hangs'
        step = 'move'
        hangs = true
        chance = 0.1
        cost = 0";
    let margins = of(&load(&locked(work)).scenario, 1);
    assert_eq!(upper(&margins, "move / timeout"), up_to(60 * MINUTE));
    assert_eq!(lower(&margins, "move / timeout"), NEVER);
    // However long an attempt would take, the timeout ends it.
    assert_eq!(upper(&margins, "move"), NEVER);
}

/// An effect that lands late, and a transfer from 1 GiB at 2 GiB/h to 1 GiB at 1 GiB/h.
#[test]
fn landings_and_transfers_have_margins() {
    let late = locked("").replace("on = 'policy' }", "on = 'policy', after = ['1m', '5m'] }");
    let late = late.replace("['1m', '5m']", "{ uniform = ['1m', '5m'] }");
    let margins = of_any(&load(&late).scenario, 0);
    assert_eq!(margins.base, Base::Exposed, "access comes before the policy has landed");
    assert_eq!(upper(&margins, "restore / at-end 1 / after"), up_to(0));
    let copied = locked(
        "[[step]]
        name = 'copy'
        transfer = { size = 'mailbox-size', rate = { uniform = ['1 GiB/h', '2 GiB/h'] } }",
    )
    .replace("count = 1\n", "count = 1\nmailbox-size = '1 GiB'\n")
    .replace("for = '1h'", "for = '3h'");
    let margins = of_any(&load(&copied).scenario, 0);
    assert_eq!(upper(&margins, "copy"), up_to(3 * HOUR));
    assert_eq!(margins.bounds[margins.called("copy").expect("it is there")].low, HOUR / 2);
}

/// Waiting would take all the slack, so nobody waits; with a fault allowed that exposes anyway, the
/// margin is that of the fewest faults.
#[test]
fn margins_say_with_which_waits_and_faults() {
    let text = locked(
        "[pools.workers]
        slots = 2
        [[step]]
        name = 'move'
        uses = 'workers'
        duration = '30s'
        [[fault]]
        name = 'stuck'
        step = 'move'
        slow = '2h'
        chance = 0.01",
    )
    .replace("count = 1\n", "count = 9\n");
    for faults in [0, 1] {
        let margins = of_any(&load(&text).scenario, faults);
        assert_eq!((margins.base, margins.wait), (Base::Safe, Some(Span(0))), "{faults}");
        assert_eq!(upper(&margins, "move"), up_to(HOUR), "{faults}");
    }
}

/// The longest of classes with times of their own; the other classes stay as they are.
#[test]
fn classes_have_margins_of_their_own() {
    let text = locked(
        "[classes.legacy]
        share = '10 %'
        [[step]]
        name = 'move'
        duration = { by-class = { legacy = '30m', default = { uniform = ['5m', '10m'] } } }
        [[step]]
        name = 'tidy'
        duration = '20m'",
    );
    let margins = of_any(&load(&text).scenario, 0);
    for name in ["move (legacy)", "move (no class)"] {
        assert_eq!(upper(&margins, name), up_to(40 * MINUTE), "{name}");
    }
    assert_eq!(upper(&margins, "tidy"), up_to(30 * MINUTE));
}

/// By hand: 10 + p + 30 + 21 s = 8 h, and the session that connects at that very instant counts; without
/// users it takes a window, 1 us more. The lock could be as short as 10 s + 2 h + 51 s, and the
/// instant.
#[test]
fn the_public_folder_step_of_the_hosted_exchange() {
    let mut scenario = file("scenarios/hosted-exchange.toml");
    let margins = of_any(&scenario, 0);
    assert_eq!((margins.base, margins.wait), (Base::Safe, None));
    let exposed = 8 * HOUR - 61 * SECOND;
    assert_eq!(upper(&margins, "public-folder root"), up_to(exposed - 1));
    let lock = 2 * HOUR + 61 * SECOND;
    assert_eq!(lower(&margins, "close the gate / at-end 1 / for"), down_to(lock + 1));
    for name in ["seed mailbox", "finalise mailbox", "restore folder rights"] {
        assert_eq!((upper(&margins, name), lower(&margins, name)), (NEVER, NEVER), "{name}");
    }
    scenario.users.clear();
    let margins = of_any(&scenario, 0);
    assert_eq!(upper(&margins, "public-folder root"), up_to(exposed));
}

/// As `cutover verify --margins` tells it.
fn told(scenario: &Scenario) -> String {
    let plan = Plan::compile(scenario);
    let margins = of_any(scenario, 0);
    MarginsData::new(&plan, &margins, None, None).text(true, Paint::default())
}

/// Why somebody is exposed from there on: what a designer can change, not who happened to look.
#[test]
fn margins_say_what_ran_out_and_what_was_under_way() {
    let hosted = told(&file("scenarios/hosted-exchange.toml"));
    let lines = [
        "if it takes 7 h 58 m 59 s: Outlook of mailbox 1 of tenant 1 could read",
        "because the lease on *access* ran out after 8 h and *Outlook* connected before a change of \
         *address-book-policy* had landed",
        "because the lease on *access* ran out after 2 h 1 m 1 s and *Outlook* connected",
    ];
    for line in lines {
        assert!(hosted.contains(line), "{line}\n{hosted}");
    }
    assert!(!hosted.contains("because *Outlook* connected"), "{hosted}");
    let holds = told(&file("scenarios/lease-holds.toml"));
    for line in [
        "if it takes 50 m 0.000001 s: tenant 1 could read",
        "because the lease on *access* ran out after 1 h while *grant* was under way",
        "because the lease on *access* ran out after 54 m 59.999999 s while *grant* was under way",
    ] {
        assert!(holds.contains(line), "{line}\n{holds}");
    }
}

/// The margins of its one goal.
fn of_goal(scenario: &Scenario, tenants: Option<u32>, faults: usize) -> Margins {
    let plan = Plan::compile(scenario);
    let setup = tenants.map(|tenants| exact(scenario, tenants, 1).expect("it has so many tenants"));
    let of = setup.as_ref().map_or(Of::Any(&plan, 1), Of::Exact);
    let margins = margins_goal(of, 0, faults, &mut |_| true);
    assert_eq!(margins.goal, Some(0));
    assert!(margins.bugs.is_empty(), "{:#?}", margins.bugs);
    for margin in &margins.margins {
        if let Some((at, shown)) = &margin.exposed {
            let witness = &shown.found.witness;
            assert!(witness.missed.is_some() && witness.window.is_none());
            assert_eq!(witness.stretch, Some(*at), "{}", margins.bounds[margin.bound].name);
        }
    }
    margins
}

/// Ten minutes, then up to half an hour, of an hour; whoever is back at the very deadline is in time. A
/// lease lets people in by itself, so the shorter the better: it has a greatest value.
fn due(lease: &str) -> String {
    with_tenants(
        1,
        &format!(
            "[facts.access]
            initially = 'on'
            [[step]]
            name = 'close'
            at-end = [{{ off = 'access' {lease} }}]
            [[step]]
            name = 'copy'
            duration = '10m'
            [[step]]
            name = 'move'
            duration = {{ uniform = ['5m', '30m'] }}
            [[step]]
            name = 'open'
            at-end = [{{ on = 'access' }}]
            [[goal]]
            name = 'back'
            when = 'access'
            within = {{ of = 'close', time = '1h' }}"
        ),
    )
}

#[test]
fn goals_have_margins() {
    let scenario = load(&due("")).scenario;
    for tenants in [Some(1), Some(2), None] {
        let margins = of_goal(&scenario, tenants, 0);
        assert_eq!((margins.base, margins.wait), (Base::Safe, None));
        assert_eq!(upper(&margins, "move"), up_to(50 * MINUTE), "{tenants:?}");
        assert_eq!(upper(&margins, "copy"), up_to(30 * MINUTE), "{tenants:?}");
        assert_eq!(lower(&margins, "move"), NEVER, "{tenants:?}");
    }
    // With the lease the gate opens in any case: the least of the two.
    let margins = of_goal(&load(&due(", for = '50m'")).scenario, None, 0);
    assert_eq!(upper(&margins, "move"), NEVER);
    assert_eq!(upper(&margins, "close / at-end 1 / for"), NEVER, "the work is done by then");
    let long = due("").replace("'5m', '30m'", "'5m', '70m'");
    let margins = of_goal(&load(&long).scenario, None, 0);
    assert_eq!(margins.base, Base::Exposed);
    assert_eq!(upper(&margins, "move"), up_to(50 * MINUTE));
    assert_eq!(upper(&margins, "copy"), NOWHERE);
}

/// Waits take from the slack of a goal as from that of a lock; a fault that misses it by itself is known.
#[test]
fn margins_of_goals_say_with_which_waits_and_faults() {
    let text = due("").replace("name = 'move'", "name = 'move'\nuses = 'movers'")
        + "\n[pools.movers]\nslots = 2\n"
        + "[[fault]]\nname = 'stuck'\nstep = 'open'\nhangs = true\nchance = 0.01";
    for faults in [0, 1] {
        let margins = of_goal(&load(&text).scenario, None, faults);
        assert_eq!((margins.base, margins.wait), (Base::Safe, Some(Span(0))), "{faults}");
        assert_eq!(upper(&margins, "move"), up_to(50 * MINUTE), "{faults}");
    }
}

fn region_of(text: &str, names: [&str; 2]) -> Region {
    let setup = exact(&load(text).scenario, 1, 1).expect("it has a tenant");
    let region = region(Of::Exact(&setup), 0, names, &mut |_| true);
    let region = region.expect("there is one");
    assert!(region.complete && region.corners.len() > 8, "{:?}", region.corners);
    region
}

/// clear + move + 9 = 60, and lease = 1 + move + 9: the border is a line, exact at every corner.
#[test]
fn the_border_of_two_bounds_is_exact() {
    let text = lease(60 * MINUTE, 45 * MINUTE);
    let region = region_of(&text, ["move", "clear"]);
    for corner in &region.corners {
        let first = corner.first.expect("no move is endless");
        let second = 51 * MINUTE - first;
        assert_eq!((corner.second, corner.exposed), up_to(second));
    }
    let at = |first: u64| region.corners.iter().any(|corner| corner.first == Some(first));
    assert!(at(5 * MINUTE) && at(45 * MINUTE) && at(51 * MINUTE), "{:?}", region.corners);
    for text in [text, lease(30 * MINUTE, 45 * MINUTE)] {
        for corner in region_of(&text, ["move", "block / at-end 1 / for"]).corners {
            let lock = corner.first.expect("no move is endless") + 10 * MINUTE;
            assert_eq!((corner.second, corner.exposed), down_to(lock));
        }
    }
}

#[test]
fn a_region_needs_two_bounds_that_there_are() {
    let setup = exact(&load(&lease(60 * MINUTE, 45 * MINUTE)).scenario, 1, 1).expect("a tenant");
    let told = |names| region(Of::Exact(&setup), 0, names, &mut |_| true).map(|_| ());
    assert!(
        told(["move", "copy"])
            .is_err_and(|why| why.contains("`copy`") && why.contains("`move / duration`"))
    );
    assert!(told(["move", "move / duration"]).is_err());
}

/// A budget that ends before the answer leaves margins unknown, not wrong.
#[test]
fn without_time_nothing_is_claimed() {
    let plan = Plan::compile(&file("scenarios/hosted-exchange.toml"));
    let mut partly = 0;
    for budget in [1, 2, 4, 7, 10, 14, 20, 30, 50, 70, 100, 150, 250, 400] {
        let mut left = budget;
        let margins = margins(Of::Any(&plan, 1), 0, &mut |_| {
            left -= 1;
            left > 0
        });
        let public = margins.called("public-folder root").expect("it is there");
        for margin in &margins.margins {
            let to = match margin.proved {
                Proved::AtLeast(to) => to,
                Proved::UpTo(to) => Some(to),
                _ => None,
            };
            let upper = (margin.bound, margin.end) == (public, End::Upper);
            assert!(!upper || to.is_some_and(|to| to < 8 * HOUR - 61 * SECOND), "{margin:?}");
            partly += u32::from(matches!(margin.proved, Proved::AtLeast(_)));
        }
    }
    assert!(partly > 0, "one of them ends in the middle");
}

fn cured(scenario: &Scenario, over: Over, faults: usize) -> Cures {
    let cures = cures(scenario, over, faults, &mut |_| true);
    assert!(cures.tried > 0 && cures.untried == 0);
    for cure in &cures.by {
        assert!(!cure.toml.is_empty(), "{}", cure.words);
    }
    cures
}

/// A lock of 30 minutes over 55 of work: one of 60, twice as long, is the mildest of its ladder.
#[test]
fn a_longer_lease_is_proved_to_be_enough() {
    let scenario = load(&lease(30 * MINUTE, 45 * MINUTE)).scenario;
    for over in [Over::Exact(2, 1), Over::Any(1)] {
        let cures = cured(&scenario, over, 0);
        let mut leases = cures.by.iter().filter(|cure| cure.family == Family::Lease);
        let cure = leases.next().expect("a longer lease is enough");
        assert!(cure.words.contains("1 h") && cure.wait.is_none(), "{over:?}: {cure:?}");
    }
}

/// The work is never done, so no lease is long enough.
#[test]
fn a_change_that_does_not_help_is_not_named() {
    let never = locked("").replace("{ on = 'policy' }", "{ off = 'policy' }");
    let cures = cured(&load(&never).scenario, Over::Exact(1, 1), 0);
    for cure in &cures.by {
        assert!(cure.family != Family::Lease || cure.words.contains("no lease"), "{cure:?}");
    }
}
