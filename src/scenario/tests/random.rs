//! Whatever stands in a file, the answer is a scenario or messages, never a panic.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;

use super::hosted::HOSTED;
use crate::diagnostics::{Colour, render};
use crate::scenario::*;

/// Pieces that mean something somewhere, so that mutations get past the parser.
const PIECES: &[&str] = &[
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    "=",
    ",",
    "\n",
    ".",
    "-",
    "0",
    "1",
    "99999999999999999999",
    "1e400",
    "nan",
    "true",
    "name",
    "step",
    "[[step]]",
    "[facts.x]",
    "each",
    "after",
    "remove = true\n",
    "extend = \"test.toml\"\n",
    "access",
    "mailbox",
    "rollout",
    "\"0s\"",
    "\"1000w\"",
    "all(mailbox: seeded)",
    "count(",
    ")",
    "not ",
    "ü",
    "\u{0}",
    "\\u00e9",
    "{ uniform = [\"1s\", \"0s\"] }",
    "{ mixture = [] }",
    "between",
    "1979-05-27",
    "class = legacy",
    "[classes.legacy]\nshare = 0.5\n",
    "was = \"access\"\n",
    "{ by-class = { default = \"1h\" } }",
    "inventory = \"none.csv\"\n",
];

type Mutation = (prop::sample::Index, usize, &'static str);

/// A change at a place: cut so many characters, put a piece there.
fn mutation() -> impl Strategy<Value = Mutation> {
    (any::<prop::sample::Index>(), 0..12usize, prop::sample::select(PIECES))
}

fn mutated(text: &str, mutations: Vec<Mutation>) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for (place, cut, piece) in mutations {
        let at = place.index(chars.len() + 1);
        let end = (at + cut).min(chars.len());
        chars.splice(at..end, piece.chars());
    }
    chars.into_iter().collect()
}

/// What later layers rely on without looking.
fn assert_consistent(scenario: &Scenario) {
    let names = sites::sites(scenario);
    let unique: BTreeSet<&String> = names.iter().collect();
    assert_eq!(unique.len(), names.len());
    assert!(scenario.tenants.migrated <= scenario.tenants.count);
    for (at, step) in scenario.steps.iter().enumerate() {
        assert!(step.after.iter().all(|after| usize::from(after.0) < scenario.steps.len()));
        assert!(step.after.iter().all(|after| usize::from(after.0) != at));
        for used in &step.uses {
            assert!(step.kind.sees(scenario.pools[usize::from(used.pool.0)].kind));
        }
        for effect in
            step.at_start.iter().chain(&step.at_end).chain(&step.at_fail).chain(&step.undo)
        {
            let kind = scenario.facts[usize::from(effect.fact.0)].kind;
            assert!(if effect.members { kind.sees(step.kind) } else { step.kind.sees(kind) });
        }
    }
    for fault in &scenario.faults {
        assert!(fault.chance.0 > 0.0 && fault.chance.0 <= 1.0);
    }
}

const EXTENSION: &str = r#"
extend = "base.toml"
name = "variant"
[rollout]
order = "shuffled"
[facts.folder-rights]
initially = "off"
[facts.spare]
each = "mailbox"
[pools.moves]
slots = 3
[[step]]
name = "check"
place-before = "open the gate"
duration = { uniform = ["1s", "5s"] }
[[step]]
name = "close the gate"
place-after = "seed mailbox"
transfer = { size = "mailbox-size", rate = "1 GiB/h" }
[[step]]
name = "public-folder root"
remove = true
[[fault]]
name = "public folders slow"
remove = true
"#;

fn extension(text: &str) -> Result<Loaded, Failure> {
    let read = |path: &Path| match path.to_str() {
        Some("test.toml") => Ok(text.as_bytes().to_vec()),
        Some("base.toml") => Ok(HOSTED.as_bytes().to_vec()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    };
    let loaded = load(Path::new("test.toml"), &read);
    if let Err(failure) = &loaded {
        assert!(!render(&failure.diagnostics, &failure.sources, Colour::Never).is_empty());
    }
    loaded
}

fn answers(text: &str) -> Result<Loaded, String> {
    load_str("test.toml", text).map_err(|failure| {
        assert!(failure.diagnostics.has_errors());
        render(&failure.diagnostics, &failure.sources, Colour::Never)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn mutated_scenarios_never_panic(mutations in prop::collection::vec(mutation(), 1..6)) {
        let text = mutated(HOSTED, mutations);
        match answers(&text) {
            Ok(loaded) => assert_consistent(&loaded.scenario),
            Err(told) => prop_assert!(told.contains("error[S")),
        }
    }

    #[test]
    fn mutated_extensions_never_panic(mutations in prop::collection::vec(mutation(), 0..6)) {
        let text = mutated(EXTENSION, mutations);
        if let Ok(loaded) = extension(&text) {
            assert_consistent(&loaded.scenario);
        }
    }

    #[test]
    fn lines_in_any_order_never_panic(order in Just(HOSTED.lines().collect::<Vec<_>>()).prop_shuffle()) {
        let _ = answers(&order.join("\n"));
    }

    #[test]
    fn any_text_never_panics(text in "\\PC{0,200}") {
        let _ = answers(&text);
    }

    #[test]
    fn any_condition_never_panics(condition in "[a-z(): <>=!0-9]{0,60}") {
        let _ = answers(&format!("{HOSTED}\n[[hazard]]\nname = \"h\"\nwhen = '{condition}'\n"));
    }
}

/// A place where every key of the language could stand, with every sort of value.
#[test]
fn any_value_under_any_key_never_panics() {
    let values = [
        "1",
        "-1",
        "0.5",
        "\"1s\"",
        "\"access\"",
        "true",
        "[]",
        "{}",
        "[[]]",
        "[{}]",
        "1979-05-27",
        "[\"1s\", \"2s\"]",
    ];
    let tables = [
        "",
        "[rollout]",
        "[tenants]",
        "[groups.g]",
        "[facts.f]",
        "[pools.p]",
        "[[step]]\nname = \"s\"",
        "[[reaction]]\nname = \"r\"",
        "[[user]]\nname = \"u\"",
        "[[fault]]\nname = \"f\"",
        "[[hazard]]\nname = \"h\"",
        "[[goal]]\nname = \"g\"",
        "[expect.simulate]",
        "[expect.verify]",
        "[expect]",
    ];
    let keys = schema::all().flat_map(|schema| schema.keys).map(|key| key.name);
    for key in keys {
        for table in tables {
            for value in values {
                let _ = answers(&format!("{table}\n{key} = {value}\n"));
            }
        }
    }
}

/// The parser bounds brackets and dotted keys separately; together they can still nest deep.
#[test]
fn nesting_of_every_sort_never_overflows_the_stack() {
    let dotted = format!("{}a", "a.".repeat(78));
    let inner = format!("{{ {dotted} = ").repeat(75) + "1" + &" }".repeat(75);
    let _ = answers(&format!("{dotted} = {inner}\n"));
    let _ = answers(&format!("[{dotted}]\nb = {inner}\n"));
    let _ = answers(&"[".repeat(1_000_000));
    let _ = answers(&"a.".repeat(1_000_000));
    let _ = answers(&format!("a = {}", "{b = ".repeat(200_000)));
}

/// Large files are answered in time that grows with their size, not with its square.
#[test]
fn a_large_file_of_nonsense_is_answered() {
    let nonsense: String = (0..20_000).map(|i| format!("k{i} = 1\n")).collect();
    let told = answers(&nonsense).expect_err("nonsense");
    assert!(told.contains("more"), "{told}");
    let line = format!("name = [{}]\nx = [{}]\n", "1,".repeat(100_000), "{},".repeat(10_000));
    assert!(answers(&line).is_err());
    let one_line = format!("goal = [{}]", "{}, ".repeat(30_000));
    assert!(answers(&one_line).is_err());
}

#[test]
fn the_extension_itself_is_valid() {
    assert_consistent(&extension(EXTENSION).expect("valid").scenario);
}
