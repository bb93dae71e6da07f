//! Knobs: every change says the same to people, to the compiler, and in a file that extends the scenario.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cutover::plan::Plan;
use cutover::plan::knobs::{Family, Knob, knobs};
use cutover::scenario::{self, Scenario};

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["scenarios", "tests/planted"] {
        let entries = fs::read_dir(root.join(folder)).expect("readable");
        let paths = entries.map(|entry| entry.expect("readable").path());
        let skip = |path: &PathBuf| path.ends_with("schedules.toml");
        files.extend(
            paths.filter(|path| path.extension().is_some_and(|e| e == "toml") && !skip(path)),
        );
    }
    files.sort();
    files
}

fn load(path: &Path) -> Scenario {
    let loaded = scenario::load(path, &|path: &Path| fs::read(path));
    loaded.unwrap_or_else(|failure| panic!("{path:?}: {:#?}", failure.diagnostics)).scenario
}

/// The scenario, extended by these lines.
fn extended(path: &Path, toml: &str) -> Scenario {
    let over = path.with_file_name("extending.toml");
    let name = path.file_name().expect("a file").to_str().expect("plain");
    let text = format!("name = \"changed\"\nextend = \"{name}\"\n\n{toml}");
    let read = |asked: &Path| match asked == over {
        true => Ok(text.clone().into_bytes()),
        false => fs::read(asked),
    };
    let loaded = scenario::load(&over, &read);
    loaded.unwrap_or_else(|failure| panic!("{name}: {:#?}\n{text}", failure.diagnostics)).scenario
}

/// What knobs change.
fn meaning(scenario: &Scenario) -> String {
    let Scenario { rollout, pools, steps, reactions, users, faults, hazards, goals, .. } = scenario;
    format!(
        "{rollout:?}\n{pools:?}\n{steps:?}\n{reactions:?}\n{users:?}\n{faults:?}{hazards:?}{goals:?}"
    )
}

#[test]
fn what_is_pasted_is_what_was_tried() {
    let mut seen = Vec::new();
    for path in files() {
        let before = load(&path);
        for Knob { family, ladder } in knobs(&before) {
            seen.push(family);
            for change in [ladder.first(), ladder.last()].into_iter().flatten() {
                let pasted = extended(&path, &change.toml);
                let (pasted, tried) = (meaning(&pasted), meaning(&change.scenario));
                assert_eq!(pasted, tried, "{path:?}: {}\n{}", change.words, change.toml);
                assert_ne!(tried, meaning(&before), "{path:?}: {}", change.words);
            }
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen, Family::ALL, "every kind of knob is met somewhere");
}

/// A plan is compiled of every change: none asks for what the plan does not have.
#[test]
fn every_change_compiles() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/hosted-exchange.toml");
    let before = load(&path);
    let all = knobs(&before);
    let changes: usize = all.iter().map(|knob| knob.ladder.len()).sum();
    assert!((50..400).contains(&changes), "{changes}");
    let compiled = Plan::compile(&before).fingerprint;
    for change in all.iter().flat_map(|knob| &knob.ladder) {
        assert_ne!(
            Arc::new(Plan::compile(&change.scenario)).fingerprint,
            compiled,
            "{}",
            change.words
        );
    }
}

/// What a gate is dangerous without, by hand.
#[test]
fn needs_follow_from_the_hazards() {
    let text = "
        name = 'asks'
        [tenants]
        count = 1
        [facts.access]
        initially = 'on'
        [facts.policy]
        missing = 'open'
        [facts.rows]
        each = 'mailbox'
        missing = 'open'
        [[step]]
        name = 'close'
        at-end = [{ off = 'access' }]
        [[step]]
        name = 'take'
        at-end = [{ off = 'policy' }]
        [[step]]
        name = 'both at once'
        at-end = [{ on = 'policy' }, { on = 'access' }]
        undo = [{ on = 'access' }]";
    let scenario = scenario::load_str("asks.toml", text).expect("valid").scenario;
    let told: Vec<String> = knobs(&scenario)
        .into_iter()
        .filter(|knob| matches!(knob.family, Family::Needs | Family::If))
        .map(|knob| knob.ladder[0].words.clone())
        .collect();
    // `close` opens nothing; what gives access and policy together is dangerous only for the rows.
    assert_eq!(
        told,
        [
            "*take* waits for `not access`",
            "*both at once* waits for `all(mailbox: rows)`",
            "the undo effect 1 of *both at once* is issued only if `policy and all(mailbox: rows)`",
        ]
    );
}
