//! The reference of the language: every table, key, type, default and an example, generated from
//! the lists that the reader uses.

use std::fmt::Write;

use crate::scenario::schema::{Default, Key, Rule, Schema, Takes, all};

const HEAD: &str = "\
# Reference of the scenario language

Generated from `src/scenario/schema.rs`; `UPDATE=1 cargo test --test it language` writes it anew. An overview is in
[language.md](language.md), the same as a JSON Schema for editors comes from `cutover schema`.

Quantities are strings: a **duration** `\"8h 15m\"` (`us ms s m h d w`, at most 1000 years), a **size** `\"1.5 GiB\"` (at most
1 PiB), a **rate** `\"0.66 GiB/h\"` (more than 0, at most 1 PiB/h), a **read rate** `\"6 / h\"`. A **probability** is `0.03`,
`\"0.3 %\"` or `\"3/1000\"`. A **condition** is a text such as `\"access and not all(mailbox: seeded)\"`. A **name** is text of at
most 100 characters without ` / `; facts, groups and pools have plain names: a letter, then letters, digits, `-`, `_`.
Keys in **bold** are required.
";

/// The text of `docs/reference.md`.
#[must_use]
pub fn reference() -> String {
    let mut text = HEAD.to_owned();
    for schema in all() {
        section(&mut text, schema);
    }
    text
}

fn section(text: &mut String, schema: &Schema) {
    let (table, doc) = (schema.table, schema.doc.trim());
    // Writing to a string cannot fail.
    let _ = write!(text, "\n## {table}\n\n{doc}\n\n");
    let _ = writeln!(text, "| key | meaning | takes | unless stated | example |");
    let _ = writeln!(text, "|---|---|---|---|---|");
    for key in schema.keys {
        row(text, key);
    }
    for rule in schema.rules {
        let _ = writeln!(text, "\n{}.", demand(rule));
    }
}

fn row(text: &mut String, key: &Key) {
    let name = match key.required {
        true => format!("**`{}`**", key.name),
        false => format!("`{}`", key.name),
    };
    let default = match key.default {
        Default::None => String::new(),
        Default::Value(value) => format!("`{value}`"),
        Default::Says(words) => words.to_owned(),
    };
    let example = match (key.example, &key.takes) {
        ("", Takes::Table(schema) | Takes::ByName(schema) | Takes::Entries(schema)) => {
            format!("`{}`", schema.table)
        }
        (value, _) => format!("`{} = {value}`", key.name),
    };
    let cells = [name, key.doc.to_owned(), key.takes.to_string(), default, example];
    let cells = cells.map(|cell| cell.replace('|', "\\|"));
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

fn demand(rule: &Rule) -> String {
    match rule {
        Rule::ExactlyOne(keys) => format!("Exactly one of {} is stated", listed(keys)),
        Rule::AtMostOne(keys) => format!("At most one of {} is stated", listed(keys)),
        Rule::AtLeastOne(keys) => format!("At least one of {} is stated", listed(keys)),
        Rule::Alone(key, beside) => {
            format!("Beside `{key}` stands nothing else but {}", listed(beside))
        }
        Rule::Together(keys) => format!("{} stand together or not at all", listed(keys)),
        Rule::Split { by, with, without } => {
            let all = |rules: &[Rule]| {
                let rules: Vec<String> = rules.iter().map(demand).collect();
                rules.join(". ")
            };
            format!(
                "With `{by}`: {}. Without it: {}. {} stand only without it",
                all(with.0),
                all(without.0),
                listed(without.1)
            )
        }
    }
}

fn listed(keys: &[&str]) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    quoted.join(", ")
}
