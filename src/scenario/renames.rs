//! `was`: former names.

use std::ops::Range;

use super::names::{Index, Names, free_name};
use super::read;
use super::tree::{Entry, Node, Table, Value};
use super::types::Renamable;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};

/// A former name, of the entry at this place of a list.
pub(super) struct Former {
    entry: usize,
    old: String,
    span: Range<usize>,
}

/// The former names that an entry states.
pub(super) fn former(entry: usize, node: &Node, what: &str, bag: &mut Diagnostics) -> Vec<Former> {
    let Some(was) = node.as_table().and_then(|table| table.get("was")) else {
        return Vec::new();
    };
    let names = read::texts(was, "names", bag).into_iter();
    let former = names.map(|(old, span)| {
        free_name(what, old, &span, bag);
        Former { entry, old: old.to_owned(), span }
    });
    former.collect()
}

/// The former names of a table's entries.
pub(super) fn of_table(entries: &[Entry], what: &str, bag: &mut Diagnostics) -> Vec<Former> {
    let entries = entries.iter().enumerate();
    entries.flat_map(|(at, entry)| former(at, &entry.node, what, bag)).collect()
}

/// Lets former names go on meaning what they meant, in `index` and in findings.
pub(super) fn keep(
    what: Renamable,
    former: &[Former],
    index: &mut Index,
    names: &mut Names,
    bag: &mut Diagnostics,
) {
    for Former { entry, old, span } in former {
        if index.alias(old, *entry, span, bag) {
            let new = index.name(*entry).to_owned();
            names.renamed(what, old, &new);
        }
    }
}

/// Which entry of the base an entry of an extending scenario is about: the one of its name, or of
/// a former name.
pub(super) fn inherited(
    name: &str,
    node: &Node,
    base: &[&str],
    bag: &mut Diagnostics,
) -> Option<usize> {
    let here = |name: &str| base.iter().position(|known| *known == name);
    let was = node.as_table().and_then(|table| table.get("was"));
    // What is no name is told where the entry is read.
    let was: Vec<(&str, Range<usize>)> = match was.map(|was| &was.value) {
        Some(Value::String(_) | Value::Array(_)) => {
            was.map(|was| read::texts(was, "names", &mut Diagnostics::new())).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let mut found = here(name);
    for (old, span) in was {
        match here(old) {
            Some(_) if found.is_some() => {
                let message = format!("the base has `{name}` and `{}`", read::shortened(old));
                let problem = Diagnostic::new(Code::Rename, span, message);
                bag.push(problem.hint("of two entries only one can have become this one"));
            }
            Some(at) => found = Some(at),
            None if found.is_none() => misspelt(old, span, base, bag),
            None => {}
        }
    }
    found
}

/// A former name may be that of a former version of the file itself; but one that the base nearly
/// has is a slip that would add a second entry beside the one that is meant.
fn misspelt(old: &str, span: Range<usize>, base: &[&str], bag: &mut Diagnostics) {
    if let Some(near) = read::suggestion(old, base.iter().copied()) {
        let message = format!("the base has no `{}`", read::shortened(old));
        let problem = Diagnostic::new(Code::Rename, span, message);
        bag.push(problem.label(format!("did you mean `{near}`?")));
    }
}

/// Former names of the base's entry go on being former names.
pub(super) fn add_former(base: &Table, over: &mut Table) {
    let Some(old) = base.get("was") else { return };
    let Some(new) = over.entries.iter_mut().find(|entry| entry.key == "was") else { return };
    let span = new.node.span.clone();
    let items = |node: &Node| match &node.value {
        Value::Array(items) => items.clone(),
        _ => vec![node.clone()],
    };
    let mut all = items(old);
    all.extend(items(&new.node));
    new.node = Node { span, value: Value::Array(all) };
}
