//! Reads typed values out of a tree. Every reader reports what is wrong and goes on.

use std::ops::{Range, RangeInclusive};

use super::schema::{Key, Schema, Takes};
use super::tree::{Entry, Node, Table, Text, Value};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::units::Ratio;

/// A table whose keys have been compared with its schema.
#[derive(Clone)]
pub(super) struct Fields<'t> {
    table: &'t Table,
    schema: &'static Schema,
    /// Where the table as a whole is shown: its header or its braces.
    pub(super) span: Range<usize>,
}

impl<'t> Fields<'t> {
    /// Opens a table and reports unknown keys and missing ones.
    pub(super) fn open(
        node: &'t Node,
        schema: &'static Schema,
        bag: &mut Diagnostics,
    ) -> Option<Self> {
        let table = table(node, schema.table, bag)?;
        Some(Fields::check(table, node.span.clone(), schema, bag))
    }

    /// As [`Fields::open`], of a table that has no node of its own.
    pub(super) fn check(
        table: &'t Table,
        span: Range<usize>,
        schema: &'static Schema,
        bag: &mut Diagnostics,
    ) -> Self {
        for entry in &table.entries {
            if schema.keys.iter().all(|key| key.name != entry.key) {
                bag.push(unknown_key(entry, schema));
            }
        }
        for key in schema.keys {
            if key.required && table.get(key.name).is_none() {
                let message = format!("{} lacks `{}`", schema.table, key.name);
                bag.push(
                    Diagnostic::new(Code::MissingKey, span.clone(), message)
                        .hint(format!("`{}`: {} ({})", key.name, key.doc, key.takes)),
                );
            }
        }
        Fields { table, schema, span }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'t Node> {
        debug_assert!(self.schema.keys.iter().any(|known| known.name == key), "{key}");
        self.table.get(key)
    }

    /// The whole number under a key, if stated, in the range that the schema gives.
    pub(super) fn whole(&self, key: &str, bag: &mut Diagnostics) -> Option<i64> {
        let node = self.get(key)?;
        let known = self.schema.keys.iter().find(|known| known.name == key);
        let Some(Key { takes: Takes::Whole(low, high), .. }) = known else {
            unreachable!("`{key}` of {} takes whole numbers", self.schema.table)
        };
        whole(node, *low..=*high, bag)
    }

    /// As [`Fields::whole`], where the range fits.
    pub(super) fn whole_u32(&self, key: &str, bag: &mut Diagnostics) -> Option<u32> {
        self.whole(key, bag).and_then(|number| u32::try_from(number).ok())
    }

    /// The word under a key, if stated; the schema has the same words.
    pub(super) fn word<T: Copy>(
        &self,
        key: &str,
        words: &[(&str, T)],
        bag: &mut Diagnostics,
    ) -> Option<T> {
        word(self.get(key)?, words, bag)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Where a key's value stands, or the table if it has none.
    pub(super) fn place(&self, key: &str) -> Range<usize> {
        self.get(key).map_or_else(|| self.span.clone(), |node| node.span.clone())
    }

    /// The one of `keys` that is stated; reports none and several.
    pub(super) fn one_of(
        &self,
        keys: &[&'static str],
        bag: &mut Diagnostics,
    ) -> Option<(&'static str, &'t Node)> {
        let stated = self.at_most_one_of(keys, bag)?;
        if stated.is_none() {
            let message = format!("{} needs {}", self.schema.table, choices(keys));
            bag.error(Code::OneOf, self.span.clone(), message);
        }
        stated
    }

    /// As [`Fields::one_of`], but none is fine: `None` is an error, `Some(None)` nothing stated.
    pub(super) fn at_most_one_of(
        &self,
        keys: &[&'static str],
        bag: &mut Diagnostics,
    ) -> Option<Option<(&'static str, &'t Node)>> {
        let mut stated =
            keys.iter().filter_map(|key| self.table.entry(key).map(|entry| (*key, entry)));
        let Some((key, first)) = stated.next() else {
            return Some(None);
        };
        if let Some((_, second)) = stated.next() {
            let message = format!("`{key}` and `{}` exclude each other", second.key);
            bag.push(
                Diagnostic::new(Code::OneOf, second.key_span.clone(), message)
                    .related(first.key_span.clone(), "the other one")
                    .hint(format!("state only one of {}", listed(keys))),
            );
            return None;
        }
        Some(Some((key, &first.node)))
    }
}

fn unknown_key(entry: &Entry, schema: &Schema) -> Diagnostic {
    let names: Vec<&str> = schema.keys.iter().map(|key| key.name).collect();
    let message = format!("unknown key `{}` in {}", entry.key, schema.table);
    let diagnostic = Diagnostic::new(Code::UnknownKey, entry.key_span.clone(), message);
    let allowed = format!("it takes {}", listed(&names));
    match suggestion(&entry.key, names.iter().copied()) {
        Some(name) => diagnostic.label(format!("did you mean `{name}`?")).hint(allowed),
        None => diagnostic.hint(allowed),
    }
}

/// "`a`, `b` and `c`", cut where a list gets too long to be read.
pub(super) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    joined(names, "and")
}

/// "`a`, `b` or `c`".
pub(super) fn choices<S: AsRef<str>>(names: &[S]) -> String {
    joined(names, "or")
}

fn joined<S: AsRef<str>>(names: &[S], last: &str) -> String {
    const SHOWN: usize = 40;
    let mut quoted: Vec<String> =
        names.iter().take(SHOWN).map(|name| format!("`{}`", shortened(name.as_ref()))).collect();
    if names.len() > SHOWN {
        quoted.push(format!("{} more", names.len() - SHOWN));
    }
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
    }
}

/// The known name that `name` was probably meant to be.
pub(super) fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Comparing takes time quadratic in the length, and nobody misspells a page of text.
    if name.len() > 100 {
        return None;
    }
    let near = (name.chars().count() / 3).max(1);
    let name = name.to_lowercase();
    // The beginning of a name is as good as a name with one letter wrong.
    let begins = |other: &str| name.len() > 3 && other.starts_with(&name);
    known
        .filter(|other| other.len() <= 100)
        .map(|other| (other, other.to_lowercase()))
        .map(|(other, lower)| match begins(&lower) {
            true => (1, other),
            false => (strsim::osa_distance(&name, &lower), other),
        })
        .filter(|(distance, _)| *distance <= near)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// True if one name is probably the other, misspelt: word by word they differ by a letter or two.
/// Short words and numbers are told apart by single letters on purpose (`wave 1`, `site-a`).
pub(super) fn is_slip(name: &str, other: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    if name == other || name.len().max(other.len()) > 100 {
        return false;
    }
    let (ours, theirs) = (words(name), words(other));
    if ours.len() != theirs.len() {
        return ours.concat() == theirs.concat();
    }
    ours.iter().zip(&theirs).filter(|(ours, theirs)| ours != theirs).all(|(ours, theirs)| {
        let shorter = ours.chars().count().min(theirs.chars().count());
        let digits = ours.chars().chain(theirs.chars()).any(char::is_numeric);
        shorter > 3
            && !digits
            && strsim::osa_distance(ours, theirs) <= if shorter > 5 { 2 } else { 1 }
    })
}

/// Reports another type than the one that is wanted, and how to come from one to the other.
pub(super) fn wrong_type(node: &Node, wanted: &str, bag: &mut Diagnostics) {
    let message = format!("this is {}, not {wanted}", node.type_name());
    let found = Diagnostic::new(Code::WrongType, node.span.clone(), message);
    let hint = match &node.value {
        Value::String(text) if text.text.trim().parse::<f64>().is_ok() => {
            Some("numbers stand without quotes")
        }
        Value::Integer(_) | Value::Float(_) if wanted.contains('"') => {
            Some("quantities are strings with a unit")
        }
        Value::Table(_) if wanted.starts_with("a list of") => Some("put it in brackets: [{ .. }]"),
        Value::Boolean(_) if wanted == "a string" => Some("write it in quotes"),
        _ => None,
    };
    bag.push(match hint {
        Some(hint) => found.hint(hint),
        None => found,
    });
}

pub(super) fn table<'t>(node: &'t Node, what: &str, bag: &mut Diagnostics) -> Option<&'t Table> {
    let table = node.as_table();
    if table.is_none() {
        wrong_type(node, &format!("a table ({what})"), bag);
    }
    table
}

pub(super) fn text<'t>(node: &'t Node, bag: &mut Diagnostics) -> Option<&'t Text> {
    if let Value::String(text) = &node.value {
        return Some(text);
    }
    wrong_type(node, "a string", bag);
    None
}

pub(super) fn list<'t>(node: &'t Node, what: &str, bag: &mut Diagnostics) -> Option<&'t [Node]> {
    if let Value::Array(items) = &node.value {
        return Some(items);
    }
    wrong_type(node, &format!("a list of {what}"), bag);
    None
}

/// One string or a list of strings.
pub(super) fn texts<'t>(
    node: &'t Node,
    what: &str,
    bag: &mut Diagnostics,
) -> Vec<(&'t str, Range<usize>)> {
    let items = match &node.value {
        Value::String(text) => return vec![(text.text.as_str(), node.span.clone())],
        Value::Array(items) => items,
        _ => {
            wrong_type(node, &format!("a string or a list of {what}"), bag);
            return Vec::new();
        }
    };
    items
        .iter()
        .filter_map(|item| Some((text(item, bag)?.text.as_str(), item.span.clone())))
        .collect()
}

pub(super) fn flag(node: &Node, bag: &mut Diagnostics) -> Option<bool> {
    if let Value::Boolean(value) = node.value {
        return Some(value);
    }
    wrong_type(node, "true or false", bag);
    None
}

/// A key whose only value is `true`: stating `false` would look like overriding something.
pub(super) fn only_true(node: &Node, bag: &mut Diagnostics) -> Option<()> {
    if !flag(node, bag)? {
        bag.push(
            Diagnostic::new(Code::UnknownWord, node.span.clone(), "the only value here is `true`")
                .hint("leave the key out instead"),
        );
        return None;
    }
    Some(())
}

/// A whole number in a range.
pub(super) fn whole(node: &Node, range: RangeInclusive<i64>, bag: &mut Diagnostics) -> Option<i64> {
    let number = match node.value {
        Value::Integer(number) => number,
        _ => {
            wrong_type(node, "a whole number", bag);
            return None;
        }
    };
    if let Some(number) = number.filter(|number| range.contains(number)) {
        return Some(number);
    }
    let message = match (*range.start(), *range.end()) {
        (low, i64::MAX) => format!("this number must be at least {low}"),
        (low, high) => format!("this number must lie between {low} and {high}"),
    };
    bag.error(Code::OutOfRange, node.span.clone(), message);
    None
}

/// As [`whole`], for ranges inside `u32`.
pub(super) fn whole_u32(
    node: &Node,
    range: RangeInclusive<u32>,
    bag: &mut Diagnostics,
) -> Option<u32> {
    let range = i64::from(*range.start())..=i64::from(*range.end());
    whole(node, range, bag).and_then(|number| u32::try_from(number).ok())
}

/// `priority`: higher comes first; 0 unless said.
pub(super) fn priority(fields: &Fields<'_>, bag: &mut Diagnostics) -> i32 {
    let stated = fields.whole("priority", bag);
    stated.and_then(|priority| i32::try_from(priority).ok()).unwrap_or(0)
}

/// Any finite number that is not negative.
pub(super) fn number(node: &Node, bag: &mut Diagnostics) -> Option<f64> {
    let number = match node.value {
        Value::Integer(Some(number)) => number as f64,
        Value::Float(number) => number,
        Value::Integer(None) => f64::INFINITY,
        _ => {
            wrong_type(node, "a number", bag);
            return None;
        }
    };
    if number.is_finite() && number >= 0.0 {
        return Some(number);
    }
    bag.error(Code::OutOfRange, node.span.clone(), "this number must be finite and not negative");
    None
}

/// One of a few words.
pub(super) fn word<T: Copy>(node: &Node, words: &[(&str, T)], bag: &mut Diagnostics) -> Option<T> {
    let written = text(node, bag)?;
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == written.text) {
        return Some(*value);
    }
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let message = format!("`{}` is not {}", shortened(&written.text), choices(&names));
    let diagnostic = Diagnostic::new(Code::UnknownWord, node.span.clone(), message);
    bag.push(match suggestion(&written.text, names.iter().copied()) {
        Some(name) => diagnostic.label(format!("did you mean `{name}`?")),
        None => diagnostic,
    });
    None
}

/// The word under a key, or what holds unless said.
pub(super) fn word_or<T: Copy>(
    fields: &Fields<'_>,
    key: &str,
    words: &[(&str, T)],
    otherwise: T,
    bag: &mut Diagnostics,
) -> T {
    fields.word(key, words, bag).unwrap_or(otherwise)
}

/// A probability: a number, or a string such as `"0.3 %"`.
pub(super) fn ratio(node: &Node, bag: &mut Diagnostics) -> Option<Ratio> {
    let Value::String(written) = &node.value else {
        let number = number(node, bag)?;
        if number > 1.0 {
            bag.push(
                Diagnostic::new(Code::OutOfRange, node.span.clone(), "a probability is at most 1")
                    .hint("percentages are strings: \"3 %\""),
            );
            return None;
        }
        return Some(Ratio(number));
    };
    let ratio = Ratio::parse(&written.text);
    ratio.map_err(|reason| bag.error(Code::BadQuantity, node.span.clone(), reason)).ok()
}

/// A text short enough to be quoted in a message.
pub(super) fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    text.chars().take(SHOWN).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions_are_near_misses_only() {
        let known = ["seeded", "access", "folder-rights"];
        assert_eq!(suggestion("seded", known.into_iter()), Some("seeded"));
        assert_eq!(suggestion("folder_rights", known.into_iter()), Some("folder-rights"));
        assert_eq!(suggestion("gate", known.into_iter()), None);
    }

    #[test]
    fn slips_are_misspelt_words_and_no_other_names() {
        for (name, other) in [
            ("seed mailbx", "seed mailbox"),
            ("Seed Mailbox", "seed mailbox"),
            ("seed mail box", "seed mailbox"),
            ("folder_rights", "folder-rights"),
            ("folder-rigths", "folder-rights"),
            ("open the gates", "open the gate"),
        ] {
            assert!(is_slip(name, other) && is_slip(other, name), "{name} / {other}");
        }
        for (name, other) in [
            ("wave 1", "wave 2"),
            ("site-a", "site-b"),
            ("wave10", "wave11"),
            ("seed mailbox", "seed mailbox"),
            ("move mailbox", "move mailbox again"),
            ("open the gate", "close the gate"),
            ("lock", "lick the stamps"),
        ] {
            assert!(!is_slip(name, other), "{name} / {other}");
        }
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(listed::<&str>(&[]), "nothing");
        assert_eq!(listed(&["a"]), "`a`");
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
