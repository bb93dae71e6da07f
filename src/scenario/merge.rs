//! One scenario that extends another: tables merge key by key, lists by name.

use std::ops::Range;

use super::read;
use super::renames;
use super::schema::{ALTERNATIVES, Key, PLACEMENT};
use super::tree::{Entry, Node, Table, Value};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};

/// Lists whose entries merge by name.
pub(super) const LISTS: &[&str] = &["wave", "step", "reaction", "user", "fault", "hazard", "goal"];
/// Tables whose entries are tables by name.
const NAMED: &[&str] = &["facts", "calendars", "pools", "links", "groups", "classes"];
/// Tables that merge key by key.
const PLAIN: &[&str] = &["rollout", "tenants"];

/// Entries of one list or table of an extending scenario: above what any list may hold, and small
/// enough to be looked through for each of them.
const ENTRIES_MAX: usize = 1024;

/// Puts `over` on top of `base`. What has the wrong type is taken over as it is, for the reader to
/// report.
pub(super) fn merge(mut base: Table, over: Table, bag: &mut Diagnostics) -> Table {
    // Expectations are about one plan; another plan's do not carry over.
    base.remove("expect");
    base.remove("extend");
    for entry in over.entries {
        let key = entry.key.as_str();
        let old = base.entries.iter_mut().find(|old| old.key == key);
        match old.map(|old| &mut old.node) {
            Some(Node { value: Value::Table(old), .. }) if PLAIN.contains(&key) => {
                if let Value::Table(new) = entry.node.value {
                    override_keys(old, new);
                } else {
                    replace(&mut base, entry);
                }
            }
            Some(Node { value: Value::Table(old), .. }) if NAMED.contains(&key) => {
                if let Value::Table(new) = entry.node.value {
                    merge_named(old, new, bag);
                } else {
                    replace(&mut base, entry);
                }
            }
            Some(Node { value: Value::Array(old), .. }) if LISTS.contains(&key) => {
                if let Value::Array(new) = entry.node.value {
                    merge_list(old, new, &entry.key, bag);
                } else {
                    replace(&mut base, entry);
                }
            }
            Some(_) => replace(&mut base, entry),
            None => base.entries.push(stripped(entry, bag)),
        }
    }
    base.remove("extend");
    base
}

/// In a scenario without a base, placement has no meaning.
pub(super) fn without_base(root: &mut Table, bag: &mut Diagnostics) {
    for entry in &mut root.entries {
        strip(entry, bag);
    }
}

fn stripped(mut entry: Entry, bag: &mut Diagnostics) -> Entry {
    strip(&mut entry, bag);
    entry
}

/// Reports and removes placement keys where there is nothing to place anything by.
fn strip(entry: &mut Entry, bag: &mut Diagnostics) {
    let key = entry.key.as_str();
    let tables: Vec<&mut Node> = match &mut entry.node.value {
        Value::Array(items) if LISTS.contains(&key) => items.iter_mut().collect(),
        Value::Table(table) if NAMED.contains(&key) => {
            table.entries.iter_mut().map(|entry| &mut entry.node).collect()
        }
        _ => return,
    };
    for node in tables {
        let Value::Table(table) = &mut node.value else {
            continue;
        };
        for Key { name, .. } in PLACEMENT.keys {
            if let Some(found) = table.remove(name) {
                let message = format!("`{name}` has no meaning where nothing is inherited");
                bag.error(Code::Placement, found.key_span, message);
            }
        }
    }
}

fn replace(base: &mut Table, entry: Entry) {
    match base.entries.iter_mut().find(|old| old.key == entry.key) {
        Some(old) => *old = entry,
        None => base.entries.push(entry),
    }
}

/// Replaces the keys that `new` states. Keys that exclude a stated one go first, while everything
/// in `old` is inherited: an override that itself states two of them is still an error.
fn override_keys(old: &mut Table, new: Table) {
    for entry in &new.entries {
        let mut rivals = ALTERNATIVES.iter().filter(|keys| keys.contains(&entry.key.as_str()));
        let rivals: Vec<&str> = rivals.by_ref().flat_map(|keys| keys.iter().copied()).collect();
        old.entries.retain(|old| !rivals.contains(&old.key.as_str()));
    }
    for entry in new.entries {
        replace(old, entry);
    }
}

fn merge_named(old: &mut Table, new: Table, bag: &mut Diagnostics) {
    if let Some(entry) = new.entries.get(ENTRIES_MAX) {
        too_many(entry.key_span.clone(), bag);
        return;
    }
    let stated: Vec<String> = new.entries.iter().map(|entry| entry.key.clone()).collect();
    for mut entry in new.entries {
        let keys: Vec<&str> = old.entries.iter().map(|old| old.key.as_str()).collect();
        let at = renames::inherited(&entry.key, &entry.node, &keys, bag);
        let placement = Placement::take(&mut entry.node, bag);
        if let Some(place) = placement.place {
            bag.error(Code::Placement, place.span, "only entries of lists have an order");
        }
        match at {
            Some(at) if placement.remove.is_some() => {
                old.entries.remove(at);
            }
            Some(at) => {
                let old = &mut old.entries[at];
                (old.key, old.key_span) = (entry.key, entry.key_span);
                override_node(&mut old.node, entry.node);
            }
            None => match placement.remove {
                Some(span) => {
                    missing(&entry.key, span, old.entries.iter().map(|old| old.key.as_str()), bag);
                }
                None => {
                    let hint = "two names that differ by more than a letter or two keep both";
                    slip(
                        &entry.key,
                        entry.key_span.clone(),
                        &entry.node,
                        &keys,
                        &stated,
                        hint,
                        bag,
                    );
                    old.entries.push(entry);
                }
            },
        }
    }
}

/// Warns of a new entry whose name is nearly one of the base's: it was probably meant to override
/// that one. An entry that the same file states, too, is not meant.
fn slip(
    name: &str,
    span: Range<usize>,
    node: &Node,
    base: &[&str],
    stated: &[String],
    hint: &str,
    bag: &mut Diagnostics,
) {
    let renamed = node.as_table().is_some_and(|table| table.get("was").is_some());
    let others = base.iter().filter(|other| stated.iter().all(|stated| stated != **other));
    let near = others.copied().find(|other| !renamed && read::is_slip(name, other));
    if let Some(near) = near {
        let message = format!("`{}` is new: the base has none of that name", read::shortened(name));
        let found = Diagnostic::new(Code::NearName, span, message);
        bag.push(found.label(format!("did you mean `{near}`?")).hint(hint));
    }
}

fn override_node(old: &mut Node, new: Node) {
    match (&mut old.value, new.value) {
        (Value::Table(old_table), Value::Table(mut new_table)) => {
            renames::add_former(old_table, &mut new_table);
            override_keys(old_table, new_table);
            old.span = new.span;
        }
        (_, value) => *old = Node { span: new.span, value },
    }
}

fn missing<'a>(
    name: &str,
    span: Range<usize>,
    known: impl Iterator<Item = &'a str>,
    bag: &mut Diagnostics,
) {
    let message = format!("the base has no `{}`", read::shortened(name));
    let found = Diagnostic::new(Code::Placement, span, message);
    bag.push(match read::suggestion(name, known) {
        Some(near) => found.label(format!("did you mean `{near}`?")),
        None => found,
    });
}

fn merge_list(old: &mut Vec<Node>, new: Vec<Node>, list: &str, bag: &mut Diagnostics) {
    if let Some(node) = new.get(ENTRIES_MAX) {
        too_many(node.span.clone(), bag);
        return;
    }
    let all: Vec<String> = new.iter().filter_map(name).map(str::to_owned).collect();
    let mut stated: Vec<(String, Range<usize>)> = Vec::new();
    for mut node in new {
        let placement = Placement::take(&mut node, bag);
        let Some(name) = name(&node).map(str::to_owned) else {
            // Without a name it cannot override anything; the reader reports it.
            old.push(node);
            continue;
        };
        if let Some((_, first)) = stated.iter().find(|(other, _)| *other == name) {
            bag.push(
                Diagnostic::new(
                    Code::Duplicate,
                    name_span(&node),
                    format!("a second {list} is called `{name}`"),
                )
                .related(first.clone(), "the first one"),
            );
            continue;
        }
        stated.push((name.clone(), name_span(&node)));
        let names: Vec<&str> = old.iter().map(|old| self::name(old).unwrap_or("")).collect();
        let at = renames::inherited(&name, &node, &names, bag);
        if let Some(span) = placement.remove {
            match at {
                Some(at) => {
                    old.remove(at);
                }
                None => missing(&name, span, old.iter().filter_map(self::name), bag),
            }
            continue;
        }
        if at.is_none() && placement.place.is_none() {
            let hint = "one that is added on purpose says where: `place-before` or `place-after`";
            slip(&name, name_span(&node), &node, &names, &all, hint, bag);
        }
        place(old, node, at, placement.place, bag);
    }
}

fn too_many(span: Range<usize>, bag: &mut Diagnostics) {
    bag.error(Code::TooMany, span, format!("more than {ENTRIES_MAX} entries"));
}

/// Overrides the entry at `at` or adds one, and moves it where the placement says.
fn place(
    old: &mut Vec<Node>,
    node: Node,
    at: Option<usize>,
    place: Option<Place>,
    bag: &mut Diagnostics,
) {
    let Some(place) = place else {
        match at {
            Some(at) => override_node(&mut old[at], node),
            None => old.push(node),
        }
        return;
    };
    let node = match at {
        Some(at) => {
            let mut moved = old.remove(at);
            override_node(&mut moved, node);
            moved
        }
        None => node,
    };
    match old.iter().position(|old| name(old) == Some(&place.name)) {
        Some(target) => old.insert(target + usize::from(place.behind), node),
        None => {
            missing(&place.name, place.span, old.iter().filter_map(name), bag);
            old.push(node);
        }
    }
}

fn name(node: &Node) -> Option<&str> {
    node.as_table()?.get("name")?.as_str()
}

fn name_span(node: &Node) -> Range<usize> {
    node.as_table().and_then(|table| table.get("name")).unwrap_or(node).span.clone()
}

/// Where an entry goes.
struct Placement {
    place: Option<Place>,
    /// Where `remove = true` stands.
    remove: Option<Range<usize>>,
}

struct Place {
    name: String,
    behind: bool,
    span: Range<usize>,
}

impl Placement {
    /// Takes the placement keys out of an entry.
    fn take(node: &mut Node, bag: &mut Diagnostics) -> Placement {
        let mut placement = Placement { place: None, remove: None };
        let Value::Table(table) = &mut node.value else {
            return placement;
        };
        for (key, behind) in [("place-before", false), ("place-after", true)] {
            let Some(found) = table.remove(key) else {
                continue;
            };
            let Some(text) = read::text(&found.node, bag) else {
                continue;
            };
            if placement.place.is_some() {
                bag.error(
                    Code::Placement,
                    found.key_span,
                    "`place-before` and `place-after` exclude each other",
                );
                continue;
            }
            placement.place =
                Some(Place { name: text.text.clone(), behind, span: found.node.span });
        }
        if let Some(found) = table.remove("remove") {
            if read::only_true(&found.node, bag).is_some() {
                placement.remove = Some(found.key_span);
            }
            if let Some(other) = table.entries.iter().find(|entry| entry.key != "name") {
                bag.error(
                    Code::Placement,
                    other.key_span.clone(),
                    "an entry that is removed states nothing else",
                );
            }
        }
        placement
    }
}
