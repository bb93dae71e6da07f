//! What a key takes, as data: the reader, the reference and the JSON Schema ask the same lists.

use std::fmt;

use super::schema::Schema;

/// What a number with a unit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// Microseconds.
    Duration,
    /// Bytes.
    Size,
    /// Bytes per hour.
    Rate,
    /// A whole number of things.
    Count,
}

/// What a name can stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A fact.
    Fact,
    /// A counter.
    Counter,
    /// A step.
    Step,
    /// A pool.
    Pool,
    /// A group kind.
    Group,
    /// A link.
    Link,
    /// A calendar.
    Calendar,
    /// A kind of entity.
    Kind,
    /// A fault.
    Fault,
    /// A hazard, written or derived.
    Hazard,
    /// A goal.
    Goal,
    /// A wave.
    Wave,
    /// A duration, delay or lease.
    Bound,
    /// An entry of the same list.
    Entry,
}

/// The value of a key.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// Nothing has been said about it; no key of a scenario's tables may stay so.
    Unstated,
    /// Free text.
    Text,
    /// A name: free text that can be addressed.
    Name,
    /// `true` or `false`.
    Flag,
    /// `true` and nothing else.
    True,
    /// A whole number in a closed range.
    Whole(i64, i64),
    /// A number in a closed range; infinity: none.
    Number(f64, f64),
    /// A number from 0 to 1, or a string with `%` or `/`.
    Probability,
    /// A duration of 0 or more.
    Duration,
    /// A duration of more than 0.
    Positive,
    /// A local time and its time zone.
    Start,
    /// A window of every week or of every day.
    Window,
    /// A local day, or the first and the last of several.
    Days,
    /// A duration since the rollout's start, or a local time or day.
    Date,
    /// In a table: which class, which groups by their kind, and how many at most.
    Tenants,
    /// A rate of more than 0.
    Rate,
    /// A rate, 0 included, or a share with `%`.
    RateOrShare,
    /// A size of more than 0.
    Size,
    /// Reads per time.
    ReadRate,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A text of the condition language.
    Condition,
    /// The name of something that is defined elsewhere.
    NameOf(Named),
    /// A list of something.
    List(&'static Takes),
    /// One of something, or a list of it.
    OneOrMany(&'static Takes),
    /// Any of these.
    Either(&'static [Takes]),
    /// A table.
    Table(&'static Schema),
    /// A list of named tables, each under a `[[header]]`.
    Entries(&'static Schema),
    /// Tables by name.
    ByName(&'static Schema),
    /// A quantity or a distribution of it.
    Dist(Quantity),
    /// A duration or a distribution of it, where a constant 0 is refused.
    Lasting,
    /// A quantity, a distribution of it, or a distribution for each class.
    DistOrByClass(Quantity),
    /// Inside a distribution by class: quantities or distributions by the name of a class.
    OwnsByClass,
    /// Inside a distribution: what it is a distribution of.
    Own,
    /// Inside a distribution: so many of these, in a list.
    Owns(usize),
    /// Inside a distribution: a distribution of the same.
    OwnDist,
    /// One value, or `[low, high]`.
    Range(&'static Takes),
    /// Values or ranges by name.
    RangesOf(Named, &'static Takes),
    /// Read by an engine that is not there yet.
    Anything,
}

/// What the keys of a table demand of each other.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// One of them is stated, and no other.
    ExactlyOne(&'static [&'static str]),
    /// At most one of them is stated.
    AtMostOne(&'static [&'static str]),
    /// At least one of them is stated.
    AtLeastOne(&'static [&'static str]),
    /// All of them are stated, or none.
    Together(&'static [&'static str]),
    /// Beside this key stand only these.
    Alone(&'static str, &'static [&'static str]),
    /// With this key one set of rules holds, without it another; the keys belong to one side each.
    Split {
        /// The key that decides.
        by: &'static str,
        /// Rules with it, and the keys that stand only beside it.
        with: (&'static [Rule], &'static [&'static str]),
        /// Rules without it, and the keys that stand only without it.
        without: (&'static [Rule], &'static [&'static str]),
    },
}

/// One key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// Whether a table without it is refused.
    pub required: bool,
    /// What it means, in one line.
    pub doc: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What holds where it is not stated.
    pub default: Default,
    /// A value as it may be written; empty for tables that have a section of their own.
    pub example: &'static str,
}

/// What holds where a key is not stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// Nothing that could be said in a word: the key has no meaning unless stated.
    None,
    /// The same as this value, as it is written.
    Value(&'static str),
    /// In words.
    Says(&'static str),
}

/// An optional key.
#[must_use]
pub const fn key(name: &'static str, doc: &'static str) -> Key {
    Key { name, required: false, doc, takes: Takes::Unstated, default: Default::None, example: "" }
}

/// A required key.
#[must_use]
pub const fn must(name: &'static str, doc: &'static str) -> Key {
    Key { required: true, ..key(name, doc) }
}

impl Key {
    /// States what it takes.
    #[must_use]
    pub const fn takes(self, takes: Takes) -> Key {
        Key { takes, ..self }
    }

    /// States the value that holds unless another is written.
    #[must_use]
    pub const fn default(self, value: &'static str) -> Key {
        Key { default: Default::Value(value), ..self }
    }

    /// States in words what holds unless a value is written.
    #[must_use]
    pub const fn unless(self, words: &'static str) -> Key {
        Key { default: Default::Says(words), ..self }
    }

    /// States a value as it may be written.
    #[must_use]
    pub const fn example(self, example: &'static str) -> Key {
        Key { example, ..self }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Quantity::Duration => "duration",
            Quantity::Size => "size",
            Quantity::Rate => "rate",
            Quantity::Count => "whole number",
        })
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Named::Fact => "a fact",
            Named::Counter => "a counter",
            Named::Step => "a step",
            Named::Pool => "a pool",
            Named::Group => "a group",
            Named::Link => "a link",
            Named::Calendar => "the name of a calendar",
            Named::Kind => "`rollout`, a group, `tenant` or `mailbox`",
            Named::Fault => "a fault",
            Named::Hazard => "a hazard",
            Named::Goal => "a goal",
            Named::Wave => "a wave",
            Named::Bound => "a duration, delay or lease",
            Named::Entry => "an entry of the same list",
        })
    }
}

/// The type and range in words, for people.
impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Takes::Unstated | Takes::Anything => f.write_str("anything"),
            Takes::Text => f.write_str("text"),
            Takes::Name => f.write_str("a name"),
            Takes::Flag => f.write_str("`true` or `false`"),
            Takes::True => f.write_str("`true`"),
            Takes::Whole(low, i64::MAX) => write!(f, "a whole number, {low} or more"),
            Takes::Whole(low, high) => write!(f, "a whole number, {low} to {high}"),
            Takes::Number(low, f64::INFINITY) => write!(f, "a number, {low} or more"),
            Takes::Number(low, high) => write!(f, "a number, {low:e} to {high:e}"),
            Takes::Probability => f.write_str("a probability"),
            Takes::Duration => f.write_str("a duration"),
            Takes::Positive => f.write_str("a duration, more than 0"),
            Takes::Start => f.write_str("a local time and its zone"),
            Takes::Window => {
                f.write_str("a window such as `\"Fri 20:00 - Mon 06:00\"` or `\"22:00 - 06:00\"`")
            }
            Takes::Days => f.write_str("a date, or two and ` - ` between them"),
            Takes::Date => f.write_str("a duration, a local time or a local day"),
            Takes::Tenants => f.write_str(
                "a table of `class`, kinds of groups, and `most` (so many of them, or a share)",
            ),
            Takes::Rate => f.write_str("a rate"),
            Takes::RateOrShare => f.write_str("a rate, 0 included, or a share such as `\"50 %\"`"),
            Takes::Size => f.write_str("a size, more than 0"),
            Takes::ReadRate => f.write_str("a read rate"),
            Takes::Words(words) => write!(f, "{}", alternatives(words)),
            Takes::Condition => f.write_str("a condition"),
            Takes::NameOf(named) => named.fmt(f),
            Takes::List(of) => write!(f, "a list, each entry {of}"),
            Takes::OneOrMany(of) => write!(f, "{of}, or a list of such"),
            Takes::Either(all) => {
                let all: Vec<String> = all.iter().map(Takes::to_string).collect();
                f.write_str(&all.join(", or "))
            }
            Takes::Table(schema) => write!(f, "a table: {}", schema.table),
            Takes::Entries(schema) => write!(f, "tables: {}", schema.table),
            Takes::ByName(schema) => write!(f, "tables: {}", schema.table),
            Takes::Dist(of) => write!(f, "a {of} or a distribution"),
            Takes::Lasting => f.write_str("a duration of more than 0, or a distribution"),
            Takes::DistOrByClass(of) => write!(f, "a {of}, a distribution, or one by class"),
            Takes::OwnsByClass => {
                f.write_str("by the name of a class, or `default`: a quantity or a distribution")
            }
            Takes::Own => f.write_str("a quantity"),
            Takes::Owns(count) => write!(f, "a list of {count} quantities"),
            Takes::OwnDist => f.write_str("a quantity or a distribution"),
            Takes::Range(of) => write!(f, "{of}; or a range `[low, high]`"),
            Takes::RangesOf(named, of) => {
                write!(f, "by the name of {named}: {of}; or a range `[low, high]`")
            }
        }
    }
}

fn alternatives(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`\"{word}\"`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
