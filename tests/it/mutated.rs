//! Scenarios changed at the level of their tables load, compile and run without a panic: what the
//! fuzz target does for hours, for a few seconds.

use std::fs;
use std::path::Path;

use cutover::scenario::schema::{Key, all};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};

use crate::bounded::answer;
use crate::language::json;

/// Values that mean something in some place, and ends of ranges.
fn values() -> Vec<Value> {
    let mut values = vec![
        json!(0),
        json!(1),
        json!(-1),
        json!(2.5),
        json!(65_535),
        json!(4_000_000),
        json!(i64::MAX),
        json!(1e-9),
        json!(1e300),
        json!(true),
        json!([]),
        json!({}),
    ];
    let words = [
        "",
        "0s",
        "1us",
        "1h",
        "52w",
        "52178w",
        "0 B",
        "1 B",
        "1 PiB",
        "1 B/h",
        "1 PiB/h",
        "1 / us",
        "1 / 1000w",
        "100 %",
        "1e-30",
        "rollout",
        "tenant",
        "mailbox",
        "database",
        "access",
        "not access",
        "true",
        "false",
        "on",
        "off",
        "undo",
        "continue",
        "halt-rollout",
        "members",
        "all",
        "own",
        "running",
        "shuffled",
        "largest-first",
    ];
    values.extend(words.map(Value::from));
    values
}

/// Every key with an example, as the lists have them.
fn examples() -> Vec<(&'static Key, Value)> {
    let keys = all().flat_map(|schema| schema.keys).filter(|key| !key.example.is_empty());
    keys.map(|key| {
        let value = json::value(&format!("x = {}", key.example)).expect("valid TOML");
        (key, value["x"].clone())
    })
    .collect()
}

/// Paths to everything inside a value, itself left out.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        Value::Array(items) => (0..items.len()).map(|at| (at.to_string(), &items[at])).collect(),
        _ => return,
    };
    for (key, value) in inner {
        let path = format!("{path}/{key}");
        found.push(path.clone());
        places(value, &path, found);
    }
}

/// What happens at a place, and with what.
type Mutation = (u8, Index, Index);

fn mutate(root: &mut Value, (what, at, with): Mutation) {
    let mut found = Vec::new();
    places(root, "", &mut found);
    if found.is_empty() {
        return;
    }
    let place = &found[at.index(found.len())];
    let (parent, key) = place.rsplit_once('/').expect("a path has parts");
    let (parent, key) = (parent.to_owned(), key.replace("~1", "/").replace("~0", "~"));
    let new = match what {
        // Another value of the same key, from elsewhere in the file.
        0..=2 => {
            let end = format!("/{}", place.rsplit('/').next().unwrap_or_default());
            let same: Vec<&String> = found.iter().filter(|other| other.ends_with(&end)).collect();
            root.pointer(same[with.index(same.len())]).cloned()
        }
        3..=4 => {
            let values = values();
            Some(values[with.index(values.len())].clone())
        }
        _ => None,
    };
    let Some(parent) = root.pointer_mut(&parent) else { return };
    match (parent, new) {
        (Value::Object(map), Some(new)) => drop(map.insert(key, new)),
        (Value::Array(items), Some(new)) => items[key.parse::<usize>().expect("an index")] = new,
        (Value::Object(map), None) if what == 5 => drop(map.remove(&key)),
        (Value::Object(map), None) => {
            let examples = examples();
            let (key, value) = &examples[with.index(examples.len())];
            map.insert(key.name.to_owned(), value.clone());
        }
        (Value::Array(items), None) => reorder(items, &key, what, with),
        _ => {}
    }
}

/// Entries of a list vanish, change places or stand twice under two names.
fn reorder(items: &mut Vec<Value>, key: &str, what: u8, with: Index) {
    let at: usize = key.parse().expect("an index");
    let other = with.index(items.len());
    match what {
        5 => drop(items.remove(at)),
        6..=7 => items.swap(at, other),
        _ => {
            let mut copy = items[at].clone();
            if let Some(name) = copy.get_mut("name") {
                *name = json!(format!("{} again", name.as_str().unwrap_or("entry")));
            }
            items.insert(other, copy);
        }
    }
}

/// A value as it stands in TOML.
fn written(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{} = {}", json!(key), written(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(written).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Null => "\"\"".to_owned(),
        other => other.to_string(),
    }
}

fn file(root: &Value) -> String {
    let root: &Map<String, Value> = root.as_object().expect("a file is a table");
    root.iter().map(|(key, value)| format!("{} = {}\n", json!(key), written(value))).collect()
}

/// The scenarios that stand alone.
fn seeds() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    paths.sort();
    let texts = paths.iter().map(|path| fs::read_to_string(path).expect("readable"));
    let alone = texts.filter(|text| !text.contains("extend"));
    alone.map(|text| json::value(&text).expect("valid TOML")).collect()
}

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    prop::collection::vec((0..10u8, any::<Index>(), any::<Index>()), 0..8)
}

fn config(cases: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(1);
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn mutated_scenarios_load_compile_and_run(seed in any::<Index>(), mutations in mutations()) {
        let seeds = seeds();
        let mut root = seeds[seed.index(seeds.len())].clone();
        mutations.into_iter().for_each(|mutation| mutate(&mut root, mutation));
        answer(&file(&root));
    }
}

/// Mutations that nothing survives would test the reader alone.
#[test]
fn many_mutated_scenarios_are_still_scenarios() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::new(config(1));
    let seeds = seeds();
    let mut valid = 0;
    for at in 0..200 {
        let mutations = mutations().new_tree(&mut runner).expect("nothing is rejected").current();
        let mut root = seeds[at % seeds.len()].clone();
        mutations.into_iter().for_each(|mutation| mutate(&mut root, mutation));
        valid += u32::from(answer(&file(&root)));
    }
    assert!(valid > 40, "{valid} of 200");
}

/// What fuzzing found once stays found, and what it has learnt to reach is reached.
#[test]
fn inputs_of_the_fuzzer_are_answered() {
    let mut scenarios = 0;
    for folder in ["fuzz/found", "fuzz/seeds"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let bytes = fs::read(entry.expect("readable").path()).expect("readable");
            scenarios += u32::from(answer(&String::from_utf8_lossy(&bytes)));
        }
    }
    assert!(scenarios > 20, "only {scenarios} of the inputs are scenarios");
}
