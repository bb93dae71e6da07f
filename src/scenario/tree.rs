//! A TOML file as a tree that owns its texts and knows where everything stands.
//!
//! `toml` parses; this copies its result with every span moved to the global offset space of
//! [`Sources`](crate::diagnostics::Sources), so that trees of several files can be merged.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::merge::LISTS;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};

/// Values nested deeper than this mean nothing in a scenario.
const DEPTH_MAX: usize = 64;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) value: Value,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    String(Text),
    /// `None`: too large for 64 bits.
    Integer(Option<i64>),
    Float(f64),
    Boolean(bool),
    Datetime,
    Array(Vec<Node>),
    Table(Table),
}

/// A string.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) text: String,
    /// Where its first character stands, if the file spells it without escapes: then a place in
    /// the text is a place in the file.
    pub(super) start: Option<usize>,
}

/// A table in the order of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) entries: Vec<Entry>,
}

/// One key of a table.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) node: Node,
}

impl Table {
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(at))
    }
}

impl Node {
    /// What a user calls this type of value.
    pub(super) fn type_name(&self) -> &'static str {
        match self.value {
            Value::String(_) => "a string",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number with a decimal point",
            Value::Boolean(_) => "true or false",
            Value::Datetime => "a date",
            Value::Array(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(&text.text),
            _ => None,
        }
    }

    pub(super) fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }
}

/// Reads a file that starts at the global offset `start`. All syntax errors are reported; with any,
/// there is no tree, because what follows from half a file would bury them.
pub(super) fn parse(text: &str, start: usize, bag: &mut Diagnostics) -> Option<Table> {
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in worth_telling(text, &errors) {
        let span = error.span().unwrap_or(text.len()..text.len());
        let found = Diagnostic::new(
            Code::Syntax,
            start + span.start..start + span.end,
            phrase(error.message()),
        );
        bag.push(match advice(text, span.start, error.message()) {
            Some(hint) => found.hint(hint),
            None => found,
        });
    }
    let mut copy = Copy { text, start, too_deep: None };
    let table = copy.table(root.get_ref(), 0);
    if let Some(span) = copy.too_deep {
        bag.error(Code::Syntax, span, format!("values are nested deeper than {DEPTH_MAX} levels"));
        return None;
    }
    errors.is_empty().then_some(table)
}

/// What to write instead, where the parser's own words do not say it.
fn advice(text: &str, at: usize, message: &str) -> Option<String> {
    if message.contains("must be quoted") {
        let hint = "texts, names and quantities with a unit stand in quotes: \"30m\"";
        return Some(hint.to_owned());
    }
    let header = header(text, at).filter(|_| message == DUPLICATE)?;
    let name = header.trim_matches(['[', ']', ' ']);
    Some(match LISTS.contains(&name) {
        true => format!("every entry of a list begins with [[{name}]]"),
        false => format!("state all of `{name}` in one place"),
    })
}

/// What the parser says of a key that is there already.
const DUPLICATE: &str = "duplicate key";

/// The line at a place, if it is the header of a table.
fn header(text: &str, at: usize) -> Option<&str> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next()?.trim();
    line.starts_with('[').then_some(line)
}

/// True if a place belongs to the table whose header is at `header`: no other begins between them.
fn below(text: &str, header: usize, at: usize) -> bool {
    let between = text.get(header..at).unwrap_or("").lines().skip(1);
    between.into_iter().all(|line| !line.trim_start().starts_with('['))
}

/// The first error of each line, and few of them: the parser goes on, but what follows an unclosed
/// bracket is noise. A table that is there already is told once, not once for each of its keys.
fn worth_telling<'a>(text: &str, errors: &'a [Error]) -> Vec<&'a Error> {
    const TOLD: usize = 3;
    let mut told: Vec<(usize, &Error)> = Vec::new();
    let mut twice = None;
    for error in errors {
        let at = error.span().map_or(text.len(), |span| span.start.min(text.len()));
        if error.message() == DUPLICATE {
            if twice.is_some_and(|header| below(text, header, at)) {
                continue;
            }
            twice = header(text, at).map(|_| at);
        }
        let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count();
        if told.iter().all(|(other, _)| *other != line) {
            told.push((line, error));
        }
        if told.len() == TOLD {
            break;
        }
    }
    told.into_iter().map(|(_, error)| error).collect()
}

/// The parser's message in our form: no full stop, no line break.
fn phrase(message: &str) -> String {
    let message = message.trim().trim_end_matches('.').replace('\n', ", ");
    if message.is_empty() { "this is not valid TOML".to_owned() } else { message }
}

struct Copy<'a> {
    text: &'a str,
    start: usize,
    too_deep: Option<Range<usize>>,
}

impl Copy<'_> {
    fn shift(&self, span: Range<usize>) -> Range<usize> {
        self.start + span.start..self.start + span.end
    }

    fn table(&mut self, table: &DeTable<'_>, depth: usize) -> Table {
        let mut entries: Vec<Entry> = table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().to_string(),
                key_span: self.shift(key.span()),
                node: self.node(value, depth + 1),
            })
            .collect();
        // The parser's map moves entries when it takes one out; a table stands where its header does.
        entries.sort_by_key(|entry| entry.key_span.start);
        Table { entries }
    }

    fn node(&mut self, node: &Spanned<DeValue<'_>>, depth: usize) -> Node {
        let span = self.shift(node.span());
        if depth > DEPTH_MAX {
            self.too_deep.get_or_insert(span.clone());
            return Node { span, value: Value::Boolean(false) };
        }
        let value = match node.get_ref() {
            DeValue::String(text) => Value::String(self.string(text, node.span())),
            DeValue::Integer(number) => {
                Value::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok())
            }
            DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(value) => Value::Boolean(*value),
            DeValue::Datetime(_) => Value::Datetime,
            DeValue::Array(items) => {
                Value::Array(items.iter().map(|item| self.node(item, depth + 1)).collect())
            }
            DeValue::Table(table) => Value::Table(self.table(table, depth)),
        };
        Node { span, value }
    }

    fn string(&self, text: &str, span: Range<usize>) -> Text {
        let raw = self.text.get(span.clone()).unwrap_or("");
        let mut opened = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
        if opened == 3 {
            let rest = &raw[3..];
            opened +=
                if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
        }
        let verbatim = raw.get(opened..).is_some_and(|rest| rest.starts_with(text));
        Text { text: text.to_owned(), start: verbatim.then_some(self.start + span.start + opened) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Table {
        let mut bag = Diagnostics::new();
        let table = parse(text, 100, &mut bag);
        assert!(bag.is_empty(), "{bag:?}");
        table.expect("valid")
    }

    #[test]
    fn spans_are_global_and_order_is_the_files() {
        let table =
            parsed("[b.c]\nx = \"hi\"\n[a]\n[b]\ny = 0x_1f\n".replace("0x_", "0x").as_str());
        let keys: Vec<&str> = table.entries.iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(keys, ["a", "b"]);
        let c = table.get("b").and_then(Node::as_table).and_then(|b| b.get("c"));
        let x = c.and_then(Node::as_table).and_then(|c| c.get("x")).expect("there");
        assert_eq!(x.span, 110..114);
        assert!(matches!(&x.value, Value::String(text) if text.start == Some(111)));
    }

    #[test]
    fn places_inside_strings_are_known_unless_escaped() {
        let table = parsed("a = \"\"\"\nxy\"\"\"\nb = 'z'\nc = \"q\\u0041\"\nd = 1_000\n");
        let start = |key: &str| match &table.get(key).expect("there").value {
            Value::String(text) => text.start,
            _ => panic!("a string"),
        };
        assert_eq!(start("a"), Some(108));
        assert_eq!(start("b"), Some(119));
        assert_eq!(start("c"), None);
        assert!(matches!(table.get("d").expect("there").value, Value::Integer(Some(1000))));
    }

    #[test]
    fn depth_is_bounded() {
        let mut bag = Diagnostics::new();
        let deep = format!("a = {}1{}", "[".repeat(70), "]".repeat(70));
        assert!(parse(&deep, 0, &mut bag).is_none());
        let dotted = format!("{}a = 1", "a.".repeat(70));
        assert!(parse(&dotted, 0, &mut bag).is_none());
        assert!(bag.has_errors());
    }
}
