//! The lists of keys against what is generated from them, and against the reader.

/// The smallest scenario around one key.
mod around;

/// A TOML file as JSON.
pub(crate) mod json;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cutover::diagnostics::{Colour, render};
use cutover::report::{json_schema, reference};
use cutover::scenario::schema::{Default, PLACEMENT, Quantity, TOP, Takes, all};
use cutover::scenario::{Failure, Scenario, load as load_scenario};
use jsonschema::Validator;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn validator() -> Validator {
    let schema = json_schema();
    assert!(jsonschema::meta::is_valid(&schema), "the schema itself is not valid");
    jsonschema::validator_for(&schema).expect("a valid schema")
}

/// Name and text of every TOML file of a folder that is UTF-8.
fn texts(folder: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(root().join(folder)).expect("the folder is there");
    let paths: BTreeSet<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    let toml = paths.iter().filter(|path| path.extension().is_some_and(|end| end == "toml"));
    toml.filter_map(|path| {
        let name = path.file_name()?.to_str()?.to_owned();
        Some((name, fs::read_to_string(path).ok()?))
    })
    .collect()
}

#[test]
fn the_json_schema_accepts_every_scenario() {
    let validator = validator();
    let mut scenarios = [texts("scenarios"), texts("tests/planted")].concat();
    scenarios.retain(|(name, _)| name != "schedules.toml");
    assert!(scenarios.len() > 10);
    for (name, text) in scenarios {
        let value = json::value(&text).expect("valid TOML");
        let problem = validator.iter_errors(&value).next();
        assert!(problem.is_none(), "{name}: {}", problem.expect("there is one"));
    }
}

/// What a schema of the form cannot know: other files, what names stand for, two values together,
/// sums and probabilities, the inside of a condition.
const BEYOND: &[&str] = &[
    "S001", "S009", "S012", "S015", "S017", "S018", "S019", "S020", "S021", "S022", "S023", "S024",
    "S025", "S026", "S027", "S028", "S029", "S030", "S031", "S032", "S033", "S035", "S036", "S037",
    "S038", "S039", "S040", "S043", "S044", "S046", "S047", "S062", "S063", "S064", "S065", "S071",
    "S072", "S073", "S074", "S075", "S076", "S077", "S078", "S079", "S081", "S082", "S083", "S084",
    "S085", "S086", "S091", "S092", "S093", "S095", "S096", "S097", "S098", "S099", "S101", "S102",
    "S106", "S111", "S112", "S113", "S114", "S115", "S116",
];
/// Files whose code is one of form, but whose case is not.
const BEYOND_FILES: &[&str] = &[
    // The inventory is another file.
    "S003-inventory-latin1.toml",
    "S003-inventory-utf16.toml",
    "S061-moved.toml",
    "S061-not-before.toml",
    // JSON has no dates; editors show them to the schema as strings.
    "S007-a-date.toml",
    // Two keys that contradict each other.
    "S048-expectation-of-a-search.toml",
    // Form and unit are right; the value is not.
    "S013-finer-than-a-microsecond.toml",
];

#[test]
fn the_json_schema_refuses_what_is_malformed() {
    let validator = validator();
    let mut wrong = Vec::new();
    for (name, text) in texts("tests/bad") {
        let Some(value) = json::value(&text).filter(|_| name.starts_with('S')) else { continue };
        let beyond = BEYOND.contains(&&name[..4]) || BEYOND_FILES.contains(&name.as_str());
        // A file beyond its knowledge may still be refused for another reason of form.
        if validator.is_valid(&value) && !beyond {
            wrong.push(format!("{name} is accepted"));
        } else if BEYOND_FILES.contains(&name.as_str()) && !validator.is_valid(&value) {
            wrong.push(format!("{name} is refused after all"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_reference_is_what_the_lists_say() {
    in_step("docs/reference.md", &reference());
}

/// A generated file is as it would be generated now.
fn in_step(file: &str, generated: &str) {
    let path = root().join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, generated).expect("writable");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written.replace("\r\n", "\n") == generated,
        "{file} is out of step; `UPDATE=1 cargo test --test it language` writes it anew"
    );
}

/// The fuzzer's dictionary: keys, words and pieces of examples.
fn dictionary() -> String {
    let mut words = BTreeSet::new();
    for key in all().flat_map(|schema| schema.keys) {
        words.insert(format!("{} = ", key.name));
        words.insert(key.example.to_owned());
        if let Takes::Words(all) = key.takes {
            words.extend(all.iter().map(|word| format!("\"{word}\"")));
        }
    }
    words.extend(
        all()
            .filter(|schema| schema.table.starts_with('['))
            .map(|schema| format!("\n{}\n", schema.table.replace("NAME", "x"))),
    );
    words.extend(["all(mailbox: ", "any(", "count(", " and ", " or ", "not "].map(str::to_owned));
    words.remove("");
    let escaped =
        |word: &String| word.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\x0a");
    words.iter().map(|word| format!("\"{}\"\n", escaped(word))).collect()
}

#[test]
fn the_dictionary_is_what_the_lists_say() {
    in_step("fuzz/scenario.dict", &dictionary());
}

fn load(text: &str) -> Result<Scenario, String> {
    let told = |failure: Failure| render(&failure.diagnostics, &failure.sources, Colour::Never);
    let read = |path: &Path| match path.to_str() {
        Some("tenants.csv") => Ok(around::INVENTORY.as_bytes().to_vec()),
        _ => Ok(text.as_bytes().to_vec()),
    };
    load_scenario(Path::new("example.toml"), &read).map(|loaded| loaded.scenario).map_err(told)
}

#[test]
fn every_example_is_a_scenario_and_fits_the_json_schema() {
    let validator = validator();
    let mut wrong = Vec::new();
    for schema in all().filter(|schema| schema.table != PLACEMENT.table) {
        for key in schema.keys.iter().filter(|key| !key.example.is_empty()) {
            // The base is another file.
            if schema.table == TOP.table && key.name == "extend" {
                continue;
            }
            let text = around::scenario(schema, &[(key.name, key.example.to_owned())]);
            let place = format!("`{}` of {}", key.name, schema.table);
            if let Err(told) = load(&text) {
                wrong.push(format!("{place}:\n{told}"));
            }
            let value = json::value(&text).unwrap_or_else(|| panic!("no TOML: {text}"));
            if let Some(problem) = validator.iter_errors(&value).next() {
                wrong.push(format!("{place}: {problem}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_default_means_the_same_as_nothing() {
    for schema in all() {
        for key in schema.keys {
            let Default::Value(value) = key.default else { continue };
            // These mean the same, but are kept as written: a site more, a condition that is true.
            let kept = [
                Takes::Condition,
                Takes::Probability,
                Takes::Dist(Quantity::Duration),
                Takes::DistOrByClass(Quantity::Duration),
            ];
            if kept.iter().any(|takes| format!("{takes:?}") == format!("{:?}", key.takes)) {
                continue;
            }
            let with = around::scenario(schema, &[(key.name, value.to_owned())]);
            // What the key needs beside it is stated in both.
            let without = around::without(schema, key.name);
            let place = format!("`{}` of {}", key.name, schema.table);
            let with = load(&with).unwrap_or_else(|told| panic!("{place}:\n{told}"));
            let without = load(&without).unwrap_or_else(|told| panic!("{place}:\n{told}"));
            assert_eq!(with, without, "{place}");
        }
    }
}
