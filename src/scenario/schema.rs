//! Which keys each table takes, and what each key takes and means: data only. The reader refuses
//! what is not in these lists and takes ranges from them; `docs/reference.md` and the JSON Schema
//! are generated from them. The comment above a table is its text in the reference.
//!
//! **To add a key**: write a line in its table (`schema/*.rs`) with what it means, `.takes(…)`, the
//! default (`.default(value)`, or `.unless(words)`) and an `.example(…)`; its words, if it takes some,
//! go to `words.rs`. Read it with `Fields` of the module `read`, whose `whole` and `word` take range
//! and words from here. `UPDATE=1 cargo test --test it language` writes the reference and the fuzzer's
//! dictionary anew; the same tests load every example, hold defaults against what is read where
//! nothing is stated, and hold good and bad files against the JSON Schema. What the example needs
//! beside it (another key, another table) is said in `tests/it/language/around.rs`. Keys that exclude
//! or need each other are a [`Rule`] after the table's list.

use super::takes::Named::Calendar;
use super::takes::Takes::{Either, List, NameOf, Number, OneOrMany, Range, Table};

pub use super::takes::{Default, Key, Named, Quantity, Rule, Takes, key, must};
pub use dist::{DIST, MEAN_SD, MEDIAN_P95, MIN_P95, PART};
pub use events::{
    CONNECTS, CRASHES, FAILS, FAULT, FORCES, GOAL, HAZARD, PROFILE, REACTION, SESSION, SLOWS,
    TAKES, USER, WITHIN,
};
pub use expect::{EXPECT, EXPECT_MARGIN, EXPECT_SEARCH, EXPECT_SIMULATE, EXPECT_VERIFY, PLACEMENT};
pub use plan::{BY_CLASS, EFFECT, RETRY, STEP, TRANSFER, USE};
pub use population::{
    CALENDAR, CLASS, FACT, GROUP, LINK, POOL, ROLLOUT, SHIFT, SHOWS, TENANTS, TOP, WAVE,
};

/// The keys of a table.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// How a user refers to the table.
    pub table: &'static str,
    /// What it is, in a sentence or two.
    pub doc: &'static str,
    /// In the order of the reference.
    pub keys: &'static [Key],
    /// What the keys demand of each other.
    pub rules: &'static [Rule],
}

macro_rules! schemas {
    ($($(#[doc = $doc:literal])* $id:ident = $table:literal [$($key:expr),* $(,)?]
        $(rules [$($rule:expr),* $(,)?])?;)*) => {
        $($(#[doc = $doc])* pub const $id: Schema = Schema {
            table: $table,
            doc: concat!($($doc),*),
            keys: &[$($key),*],
            rules: &[$($($rule),*)?],
        };)*

        /// The tables of this file, in the order of the reference.
        pub(super) const ALL: &[&Schema] = &[$(&$id),*];
    };
}

mod dist;
mod events;
mod expect;
mod plan;
mod population;

/// Every table of the language, in the order of the reference.
pub fn all() -> impl Iterator<Item = &'static Schema> {
    let parts = [population::ALL, plan::ALL, events::ALL, dist::ALL, expect::ALL];
    parts.into_iter().flatten().copied()
}

/// Tenants of a rollout, and slots of a pool.
pub const TENANTS_MAX: i64 = 4_000_000;
/// Nobody needs more grades, and sums of two stay far from overflow.
pub const PRIORITY_MAX: i64 = 1_000_000;

/// Weights in a mixture: least and greatest.
pub const WEIGHTS: (f64, f64) = (1e-9, 1e9);
/// The ways to write a fact.
pub const WRITES: &[&str] = &["on", "off", "add"];
/// The ways to force one.
pub const MASKS: &[&str] = &["on", "off"];
/// When a reaction or a free-standing fault fires.
pub const TRIGGERS: &[&str] = &["after", "every"];
/// What it does then.
pub const DEEDS: &[&str] = &["does", "forces", "takes", "slows", "halts", "resumes", "rolls-back"];
/// What a free-standing fault does then.
pub const FREE_DEEDS: &[&str] =
    &["does", "forces", "takes", "slows", "crashes", "halts", "resumes", "rolls-back"];
/// What it does to the starts of tenants.
pub const STARTS: &[&str] = &["halts", "resumes"];
/// The ways to bend an attempt.
pub const BENDS: &[&str] = &["slow", "fails", "hangs", "loses", "repeats", "skips"];
/// The keys of a fault that bends a step.
pub const BENT: &[&str] = &["of", "slow", "fails", "hangs", "loses", "repeats", "skips"];
/// The keys of a free-standing fault.
pub const FREE: &[&str] = &[
    "each",
    "while",
    "after",
    "every",
    "does",
    "forces",
    "takes",
    "slows",
    "crashes",
    "halts",
    "resumes",
    "rolls-back",
];
/// How tenants are split into groups.
pub const PARTITIONS: &[&str] = &["tenants", "count", "column"];
/// How long a step takes.
pub const WORK: &[&str] = &["duration", "transfer"];
/// The families of distributions.
pub const FAMILIES: &[&str] = &[
    "uniform",
    "triangular",
    "pert",
    "exponential",
    "lognormal",
    "gamma",
    "weibull",
    "pareto",
    "empirical",
    "mixture",
];

/// Sets of keys of which one replaces the others, so that an extending scenario that states one
/// overrides whichever its base states.
pub const ALTERNATIVES: &[&[&str]] = &[
    WORK,
    BENDS,
    TRIGGERS,
    STARTS,
    PARTITIONS,
    &["inventory", "count"],
    &["inventory", "migrated"],
];

const EFFECTS: Takes = List(&Table(&EFFECT));
const PER_RUN: Takes = Range(&Number(0.0, f64::INFINITY));
const TIME: Takes = Range(&Takes::Duration);
/// A calendar by its name, or windows in place.
const WINDOWS: Takes = Either(&[NameOf(Calendar), List(&Takes::Window)]);
/// Former names, wherever they stand.
const WAS: Key = key("was", "former names: findings and extending scenarios may still use them")
    .takes(OneOrMany(&Takes::Name))
    .default("[]")
    .example("\"its old name\"");
/// In the order of starts.
const PRIORITY: Key = key("priority", "its tenants start before those of lower priority")
    .takes(Takes::Whole(-PRIORITY_MAX, PRIORITY_MAX))
    .default("0")
    .example("1");
/// Of waves and classes.
const NOT_BEFORE: Key = key(
    "not-before",
    "its tenants start no sooner: so long after the rollout's start, or at a local time",
)
.takes(Takes::Date)
.default("\"0s\"")
.example("\"2016-12-03T20:00\"");

#[cfg(test)]
mod tests {
    use super::Rule::{Alone, AtLeastOne, AtMostOne, ExactlyOne, Split, Together};
    use super::Takes::{ByName, Entries};
    use super::*;

    #[test]
    fn keys_are_unique_and_documented() {
        for schema in all() {
            assert!(schema.doc.trim().ends_with('.'), "{}", schema.table);
            for (i, key) in schema.keys.iter().enumerate() {
                let name = key.name;
                let place = format!("`{name}` in {}", schema.table);
                assert!(!key.doc.is_empty() && !key.doc.ends_with('.'), "{place}: its text");
                assert!(schema.keys[..i].iter().all(|other| other.name != name), "{place}: twice");
                assert!(
                    !matches!(key.takes, Takes::Unstated),
                    "{place} does not say what it takes"
                );
                let section = matches!(key.takes, Table(_) | ByName(_) | Entries(_));
                assert!(!key.example.is_empty() || section, "{place} has no example");
                assert!(!key.required || key.default == Default::None, "{place}: a default");
            }
        }
    }

    #[test]
    fn rules_are_about_keys_of_their_table() {
        fn named(rule: &Rule) -> Vec<&'static str> {
            match *rule {
                ExactlyOne(keys) | AtMostOne(keys) | AtLeastOne(keys) | Together(keys) => {
                    keys.to_vec()
                }
                // What stands beside it is a key of another table.
                Alone(key, _) => vec![key],
                Split { by, with, without } => {
                    let inner = with.0.iter().chain(without.0).flat_map(named);
                    inner.chain([by]).chain([with.1, without.1].concat()).collect()
                }
            }
        }
        for schema in all() {
            for name in schema.rules.iter().flat_map(named) {
                assert!(schema.keys.iter().any(|key| key.name == name), "{name}");
            }
        }
        let families = DIST.keys.iter().map(|key| key.name).filter(|name| *name != "between");
        assert!(families.eq(FAMILIES.iter().copied()));
    }
}
