//! Whatever stands in a file, the answer is a scenario or messages, never a panic.

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
];

/// A change at a place: cut so many characters, put a piece there.
fn mutation() -> impl Strategy<Value = (prop::sample::Index, usize, &'static str)> {
    (
        any::<prop::sample::Index>(),
        0..12usize,
        prop::sample::select(PIECES),
    )
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
        let mut chars: Vec<char> = HOSTED.chars().collect();
        for (place, cut, piece) in mutations {
            let at = place.index(chars.len() + 1);
            let end = (at + cut).min(chars.len());
            chars.splice(at..end, piece.chars());
        }
        let text: String = chars.into_iter().collect();
        if let Err(told) = answers(&text) {
            prop_assert!(told.contains("error[S"));
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
    let keys = schema::ALL
        .iter()
        .flat_map(|schema| schema.keys)
        .map(|key| key.name);
    for key in keys.chain(schema::PLACEMENT.iter().copied()) {
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
    let line = format!(
        "name = [{}]\nx = [{}]\n",
        "1,".repeat(100_000),
        "{},".repeat(10_000)
    );
    assert!(answers(&line).is_err());
    let one_line = format!("goal = [{}]", "{}, ".repeat(30_000));
    assert!(answers(&one_line).is_err());
}
