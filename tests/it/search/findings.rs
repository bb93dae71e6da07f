use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use cutover::check::rerun;
use cutover::kernel::Setup;
use cutover::plan::knobs::Family;
use cutover::plan::{KindId, Plan};
use cutover::report::{SearchReport, json, search_file};
use cutover::scenario::{self, Loaded};
use cutover::search::{Confirmed, Finding, Method, Prevention, Scope};
use cutover::simulate::{OverrideName, replay};
use cutover::units::Span;

use super::{file, hunt, options, planted};

fn loaded(path: &str) -> Loaded {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let loaded = scenario::load(&path, &|path: &Path| fs::read(path));
    loaded.unwrap_or_else(|failure| panic!("{:#?}", failure.diagnostics))
}

fn exposes(setup: &Setup, confirmed: &Confirmed, overrides: &[OverrideName]) -> bool {
    let replay = replay(setup, None, overrides, None).expect("every name is there");
    // An exposure that another event opens is another finding.
    let opener = confirmed.window.cause.opener;
    replay.window_like(&confirmed.window).is_some_and(|window| window.cause.opener == opener)
}

/// The command's promise: one byte as another, however many threads share the runs.
#[test]
fn a_search_by_count_is_the_same_for_any_number_of_threads() {
    let setup = planted("watchdog-too-early", 3);
    let report = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let hunt = pool.install(|| hunt(&setup, &options(700, &Method::ALL)));
        json(&SearchReport::new(&setup, &hunt, ("700 runs", true), &[]))
    };
    let one = report(1);
    assert_eq!(one, report(2));
    assert_eq!(one, report(5));
}

/// What a finding forces is needed, every bit of it, and the kernel shows what the search saw.
#[test]
fn findings_are_minimal_and_replay_from_their_files() {
    for name in ["lease-too-short", "missing-wait", "session-kept", "tie-at-one-instant"] {
        let setup = planted(name, 1);
        let hunt = hunt(&setup, &options(400, &Method::ALL));
        assert!(!hunt.findings.is_empty(), "{name}");
        for finding in &hunt.findings {
            let confirmed = &finding.confirmed;
            assert!(!finding.cut_short, "{name}");
            for left_out in 0..confirmed.overrides.len() {
                let mut fewer = confirmed.overrides.clone();
                fewer.remove(left_out);
                assert!(!exposes(&setup, confirmed, &fewer), "{name} needs no {left_out}");
            }
            let loaded = loaded(&format!("tests/planted/{name}.toml"));
            let written = search_file(&setup, finding, &loaded.files);
            let again = rerun(&written).unwrap_or_else(|unfit| panic!("{name}: {unfit:?}"));
            assert!(again.does && again.same, "{name}");
        }
    }
}

/// The lock lasts 56 min. Before it closes at 0 nothing takes time; after it the target is enabled,
/// folders move, the policy is set.
#[test]
fn thresholds_are_exact_to_the_microsecond() {
    let setup = planted("lease-too-short", 1);
    let hunt = hunt(&setup, &options(400, &Method::ALL));
    let finding = &hunt.findings[0];
    let mut looked = 0;
    for threshold in &finding.thresholds {
        let Some(least) = &threshold.least else { continue };
        let with = |value: u64| {
            let mut overrides = finding.confirmed.overrides.clone();
            let value = Span(value).to_string();
            let same = |line: &&mut OverrideName| {
                (&line.site, &line.entity) == (&threshold.choice.site, &threshold.choice.entity)
            };
            match overrides.iter_mut().find(same) {
                Some(line) => line.value = value,
                None => overrides.push(OverrideName { value, ..threshold.choice.clone() }),
            }
            exposes(&setup, &finding.confirmed, &overrides)
        };
        let least = Span::parse(least).expect("a duration").0;
        assert!(with(least) && !with(least - 1), "{threshold:?}");
        looked += 1;
    }
    assert!(looked >= 2);
    let longer = |by: &Prevention| by.family == Family::Lease && by.ends;
    assert!(finding.prevented.by.iter().any(longer), "{:?}", finding.prevented);
}

/// Of 2,300 tenants one is searched; what is found holds in the whole rollout.
#[test]
fn the_first_incident_takes_both_faults() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/first-incident.toml");
    let setup = file(&path, 1);
    let mut both = options(400, &Method::ALL);
    both.first = true;
    let found = hunt(&setup, &both);
    assert_eq!(found.scope, (1, false));
    let finding: &Finding = found.findings.first().expect("it is found");
    assert_eq!(finding.confirmed.window.cause.faults, [0, 1]);
    assert_eq!(finding.confirmed.window.tenant, Some(1200));
    // With either pinned away there is nothing to find.
    for off in [0, 1] {
        let pinned =
            cutover::search::Options { off: BTreeSet::from([off]), ..options(400, &Method::ALL) };
        assert!(hunt(&setup, &pinned).findings.is_empty());
    }
    let cured = file(&path.with_file_name("first-incident-cured.toml"), 1);
    let quiet = hunt(&cured, &options(600, &Method::ALL));
    assert!(quiet.findings.is_empty() && quiet.unconfirmed.is_empty());
}

/// A session that begins after the gate has opened is exposed later than the tenant: its schedule is
/// run until then.
#[test]
fn what_is_exposed_later_is_confirmed_too() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/first-incident.toml");
    for seed in [2, 3] {
        let hunt = hunt(&file(&path, seed), &options(2_000, &Method::ALL));
        assert!(hunt.unconfirmed.is_empty(), "{seed}: {:?}", hunt.unconfirmed);
        let users: Vec<_> =
            hunt.findings.iter().map(|finding| finding.confirmed.window.user).collect();
        assert!(users.contains(&None) && users.contains(&Some(0)), "{seed}: {users:?}");
    }
}

/// A plan with two choices of which both must deviate: level 2 finds it, and levels are counted.
#[test]
fn the_enumeration_finishes_its_levels() {
    let text = "
        name = 'small'
        [tenants]
        count = 1
        [facts.access]
        initially = 'on'
        [facts.policy]
        missing = 'open'
        [[step]]
        name = 'close'
        at-end = [{ off = 'access', for = '10m' }, { off = 'policy' }]
        [[step]]
        name = 'one'
        duration = { uniform = ['1m', '5m'] }
        [[step]]
        name = 'two'
        duration = { uniform = ['1m', '5m 1us'] }
        at-end = [{ on = 'policy' }, { on = 'access' }]";
    let loaded = scenario::load_str("small.toml", text).expect("valid");
    let setup = Setup::new(Arc::new(Plan::compile(&loaded.scenario)), 1);
    let hunt = hunt(&setup, &options(100_000, &[Method::Bounded]));
    assert!(hunt.exhausted && hunt.progress.exhausted);
    let (choices, values) = hunt.progress.points;
    assert_eq!(choices, 2);
    // Nothing, one of them, both of them; and both so that the end of the second and the lease's are at
    // one instant, in the other order: 5 min each, or a microsecond less and one more.
    assert_eq!((hunt.progress.finished, hunt.progress.level), (4, (2, 2)));
    assert_eq!(hunt.progress.ties, (0, 0));
    assert!(hunt.runs > 1 + values + 2);
    let [finding] = hunt.findings.as_slice() else { panic!("{:?}", hunt.findings) };
    let forced: Vec<&str> =
        finding.confirmed.overrides.iter().map(|line| line.value.as_str()).collect();
    assert_eq!(forced, ["5 m", "5 m 0.000001 s"]);
    assert_eq!(finding.confirmed.window.length(), Span(1));
}

/// Each strategy by itself, on a bug that it can find.
#[test]
fn every_strategy_finds_something() {
    for method in Method::ALL {
        let setup = planted("watchdog-too-early", 7);
        let found = hunt(&setup, &options(2_000, &[method]));
        assert_eq!(found.findings.len(), 1, "{method:?}");
        assert_eq!(found.findings[0].method, method);
        let cured = planted("watchdog-too-early-cured", 7);
        assert!(hunt(&cured, &options(500, &[method])).findings.is_empty(), "{method:?}");
    }
}

/// What no run can reach is told.
#[test]
fn what_is_never_exercised_is_told() {
    let text = "
        name = 'dead'
        [tenants]
        count = 1
        [facts.access]
        [facts.never]
        [[step]]
        name = 'work'
        duration = '1m'
        timeout = '2m'
        done-if = 'never'
        at-end = [{ on = 'access' }]
        [[fault]]
        name = 'cannot strike'
        while = 'never'
        after = '1m'
        forces = { on = 'access', for = '1m' }";
    let loaded = scenario::load_str("dead.toml", text).expect("valid");
    let setup = Setup::new(Arc::new(Plan::compile(&loaded.scenario)), 1);
    let hunt = hunt(&setup, &options(200, &Method::ALL));
    let report = SearchReport::new(&setup, &hunt, ("200 runs", true), &[]);
    let never: Vec<&str> = report.coverage.never.iter().map(String::as_str).collect();
    assert_eq!(
        never,
        [
            "the `done-if` of *work* was never true",
            "the timeout of *work* was never reached",
            "fault *cannot strike* never struck",
        ]
    );
}

/// A scope of two tenants whose database is cut from the list in blocks takes two of one block: with
/// the first two that come to hand it would be the whole rollout, at a run a second.
#[test]
fn large_rollouts_are_searched_over_two_tenants_of_one_block() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/hosted-exchange.toml");
    let whole = file(&path, 1);
    let scope = Scope::of(&whole);
    assert_eq!((scope.tenants(), scope.all), (2, false));
    let (plan, world) = (whole.plan(), whole.world());
    let small = (scope.setup.plan(), scope.setup.world());
    let tenants = [0, 1].map(|index| scope.entity(small.1.entity(small.0.tenant(), index)));
    assert_ne!(tenants[0], tenants[1]);
    let kinds = (1..plan.tenant().0).map(KindId);
    let groups: Vec<_> = kinds
        .map(|kind| tenants.map(|tenant| world.ancestor(plan.tenant(), tenant, kind)))
        .collect();
    assert!(!groups.is_empty() && groups.iter().all(|[one, other]| one == other), "{groups:?}");
}
