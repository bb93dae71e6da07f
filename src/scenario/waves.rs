//! `[[wave]]`, and what halts and rolls back the rollout.

use super::dates::Dates;
use super::dist;
use super::inventory;
use super::lower::{LIST_MAX, Listed};
use super::names::{Names, listed_kind};
use super::population::{FACTS_MAX, GROUPS_MAX};
use super::read::{self, Fields};
use super::rules;
use super::schema;
use super::tree::{Entry, Node, Value};
use super::types::{
    Fact, FactId, Group, Kind, Most, Partition, Shows, Starts, Steers, Take, Tenants, Wave,
};
use super::words;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::units::{Ratio, Span};

/// Tenants of a rollout.
const TENANTS_MAX: u32 = schema::TENANTS_MAX as u32;

/// The group kind whose groups the waves are.
pub const WAVE: &str = "wave";
/// The wave of those that no other takes, which comes last.
pub const REST: &str = "rest";
/// The wave of those that have moved before the rollout, which never comes.
pub const BEFORE: &str = "moved before";
/// The fact of the rollout that says whether it is halted, where something halts it.
pub const HALTED: &str = "halted";

/// A group kind, with the column that deals it, if one does.
pub(super) type Dealt = (Group, Option<inventory::ColumnName>);
/// The tenants, and what an inventory says of them.
type Population = (Tenants, Option<inventory::Listed>);

/// With waves there is a group kind of that name.
pub(super) fn kind(
    fields: &Fields<'_>,
    groups: &mut Vec<Dealt>,
    names: &mut Names,
    bag: &mut Diagnostics,
) {
    let Some(node) = fields.get("wave") else { return };
    if !matches!(&node.value, Value::Array(items) if !items.is_empty()) {
        return;
    }
    if let Some(own) = names.groups.position(WAVE) {
        let message = "`wave` is taken: the groups of this kind are the scenario's waves";
        let found = Diagnostic::new(Code::BuiltIn, names.groups.span(own), message);
        bag.push(found.hint("call the group kind something else, for instance `planned-wave`"));
        return;
    }
    if groups.len() >= GROUPS_MAX {
        let message = format!("more than {GROUPS_MAX} group kinds, `wave` included");
        bag.error(Code::TooMany, node.span.clone(), message);
        return;
    }
    names.groups.add("group", WAVE, node.span.clone(), bag);
    groups.push((Group { name: WAVE.to_owned(), by: Partition::Waves }, None));
}

/// Where something halts the rollout, the rollout has a fact that says so.
pub(super) fn halted(fields: &Fields<'_>, names: &mut Names, bag: &mut Diagnostics) {
    let acts = ["reaction", "fault"];
    names.rolled_back = rules::stated(fields, &acts, "rolls-back").is_some();
    let policy = |step: &Node| {
        let policy = step.as_table().and_then(|table| table.get("on-failure"));
        policy.and_then(Node::as_str) == Some("halt-rollout")
    };
    let steps = match fields.get("step").map(|node| &node.value) {
        Some(Value::Array(steps)) => steps.as_slice(),
        _ => &[],
    };
    let resumes = rules::stated(fields, &acts, "resumes").is_some();
    let acts = rules::stated(fields, &acts, "halts").is_some();
    // A step that halts the rollout needs the fact only where a reaction or a step reads it.
    let named = ["reaction", "fault", "step"].iter().filter_map(|list| fields.get(list));
    let read = resumes || named.into_iter().any(|node| names_halted(&node.value));
    if !(acts || read && steps.iter().any(policy)) {
        return;
    }
    if let Some(own) = names.facts.position(HALTED) {
        let message = "`halted` is taken: it says whether the rollout is halted";
        let found = Diagnostic::new(Code::BuiltIn, names.facts.span(own), message);
        bag.push(found.hint("call the fact something else, or leave it out: it exists by itself"));
        return;
    }
    let others = names.fact_list.iter().filter(|fact| fact.kind == Kind::Rollout).count();
    if others >= FACTS_MAX {
        let message = format!("more than {FACTS_MAX} facts of a rollout, `halted` included");
        bag.error(Code::TooMany, fields.place("facts"), message);
        return;
    }
    let at = names.fact_list.len();
    names.halted = u16::try_from(at).ok().map(FactId);
    names.facts.add("fact", HALTED, fields.place("facts"), bag);
    names.fact_list.push(Fact {
        name: HALTED.to_owned(),
        kind: Kind::Rollout,
        initially: false,
        count: None,
        missing: None,
        shows: Shows::default(),
    });
}

/// True if a text inside names the fact.
fn names_halted(value: &Value) -> bool {
    match value {
        Value::String(text) => text.text.contains(HALTED),
        Value::Array(items) => items.iter().any(|item| names_halted(&item.value)),
        Value::Table(table) => table.entries.iter().any(|entry| names_halted(&entry.node.value)),
        _ => false,
    }
}

/// What a wave may take: who there is.
struct Takes<'a> {
    groups: &'a [Dealt],
    population: Option<&'a Population>,
}

/// Reads all waves.
pub(super) fn waves(
    listed: &[Listed<'_>],
    groups: &[Dealt],
    population: Option<&Population>,
    dates: Dates<'_>,
    names: &Names,
    bag: &mut Diagnostics,
) -> Vec<Wave> {
    let takes = &Takes { groups, population };
    let mut waves: Vec<Wave> = Vec::new();
    let mut last: Option<&Listed<'_>> = None;
    for entry in listed.iter().take(LIST_MAX) {
        let Some(fields) = Fields::open(entry.node, &schema::WAVE, bag) else { continue };
        let wave = wave(&entry.name, &fields, takes, dates, names, bag);
        if let Some(all) = last {
            let message = format!("nobody is left for `{}`", entry.name);
            bag.push(
                Diagnostic::new(Code::EmptyWave, entry.name_span.clone(), message)
                    .related(all.name_span.clone(), "this wave takes all who are left")
                    .hint("state what the earlier wave takes, or put it last"),
            );
        }
        if wave.take.everybody() && !fields.has("take") {
            last = Some(entry);
        }
        let taken = entry.name == BEFORE || (entry.name == REST && fields.has("take"));
        if taken {
            let message = match entry.name == REST {
                true => "`rest` is the wave of those that no other takes, so it has no `take`",
                false => "`moved before` is taken: it is the wave of those that have moved",
            };
            bag.error(Code::BuiltIn, entry.name_span.clone(), message);
        }
        nobody_waits(&wave, &fields, bag);
        waves.push(wave);
    }
    waves
}

/// A warning: nothing comes after a wave that takes everybody.
fn nobody_waits(wave: &Wave, fields: &Fields<'_>, bag: &mut Diagnostics) {
    if fields.has("take") {
        return;
    }
    if let Some(key) = ["soak", "enough"].into_iter().find(|key| fields.has(key)) {
        let message = format!("`{key}` keeps nobody waiting: no wave comes after `{}`", wave.name);
        bag.error(Code::LastWave, fields.place(key), message);
    }
}

fn wave(
    name: &str,
    fields: &Fields<'_>,
    takes: &Takes<'_>,
    dates: Dates<'_>,
    names: &Names,
    bag: &mut Diagnostics,
) -> Wave {
    let take = fields.get("take").and_then(|node| take(node, takes, names, bag));
    let everybody = Take { classes: Vec::new(), groups: Vec::new(), most: Most::All };
    let enough = fields.get("enough").and_then(|node| share(node, bag));
    Wave {
        name: name.to_owned(),
        take: take.unwrap_or(everybody),
        at_once: fields.whole_u32("at-once", bag),
        pace: dist::lasting(fields, "pace", bag),
        soak: dist::lasting(fields, "soak", bag),
        enough: enough.unwrap_or(Ratio(1.0)),
        not_before: not_before(fields, dates, bag).unwrap_or(Span(0)),
    }
}

/// `not-before` of a wave or a class.
pub(super) fn not_before(
    fields: &Fields<'_>,
    dates: Dates<'_>,
    bag: &mut Diagnostics,
) -> Option<Span> {
    let node = fields.get("not-before")?;
    dates.read(&read::text(node, bag)?.text, &node.span, bag)
}

/// A probability that is more than 0.
fn share(node: &Node, bag: &mut Diagnostics) -> Option<Ratio> {
    let share = read::ratio(node, bag)?;
    if share.0 > 0.0 {
        return Some(share);
    }
    bag.error(Code::OutOfRange, node.span.clone(), "this share must be more than 0");
    None
}

/// A number of tenants or a share of them.
fn most(node: &Node, bag: &mut Diagnostics) -> Option<Most> {
    if let Value::Integer(_) = node.value {
        return read::whole_u32(node, 1..=TENANTS_MAX, bag).map(Most::Count);
    }
    share(node, bag).map(Most::Share)
}

/// A number, a share, or a table that names classes and groups.
fn take(node: &Node, takes: &Takes<'_>, names: &Names, bag: &mut Diagnostics) -> Option<Take> {
    let mut take = Take { classes: Vec::new(), groups: Vec::new(), most: Most::All };
    let Value::Table(table) = &node.value else {
        take.most = most(node, bag)?;
        return Some(take);
    };
    if table.entries.is_empty() {
        let message = "this names nobody";
        bag.push(
            Diagnostic::new(Code::MissingKey, node.span.clone(), message)
                .hint("state `class`, a group kind, or `most`; leave `take` out to take everybody"),
        );
    }
    for entry in &table.entries {
        match (entry.key.as_str(), names.kind(&entry.key)) {
            ("most", _) => take.most = most(&entry.node, bag).unwrap_or(Most::All),
            ("class", _) => {
                let texts = read::texts(&entry.node, "classes", bag);
                let known = texts.into_iter().filter_map(|(text, at)| names.class(text, &at, bag));
                take.classes = known.collect();
            }
            (key, Some(Kind::Group(kind))) if key != WAVE => {
                take.groups.push((kind, members(entry, kind, takes, bag)));
            }
            _ => bag.push(listed_kind(names, &entry.key, entry.key_span.clone())),
        }
    }
    Some(take)
}

/// Groups of a kind: by name where an inventory names them, else by number, from 1.
fn members(entry: &Entry, kind: u8, takes: &Takes<'_>, bag: &mut Diagnostics) -> Vec<u32> {
    let (group, _) = &takes.groups[usize::from(kind)];
    if group.by == Partition::Column {
        let listed = takes.population.and_then(|(_, listed)| listed.as_ref());
        let known = listed.map(|listed| &listed.inventory.groups[usize::from(kind)]);
        let texts = read::texts(&entry.node, "groups", bag);
        // Of an inventory that cannot be read nothing is known.
        let Some(known) = known else { return Vec::new() };
        let find = |(text, at): (&str, std::ops::Range<usize>)| {
            let place = known.iter().position(|name| name == text);
            if place.is_none() {
                let message = format!("there is no {} `{}`", group.name, read::shortened(text));
                let found = Diagnostic::new(Code::UnknownGroup, at, message);
                let near = read::suggestion(text, known.iter().map(String::as_str));
                bag.push(match near {
                    Some(near) => found.label(format!("did you mean `{near}`?")),
                    None => found.hint(format!("the inventory has {}", read::listed(known))),
                });
            }
            place.and_then(|place| u32::try_from(place).ok())
        };
        return texts.into_iter().filter_map(find).collect();
    }
    let count = takes.population.map_or(TENANTS_MAX, |(tenants, _)| tenants.count);
    let most = match group.by {
        Partition::Blocks(size) => count.div_ceil(size),
        Partition::Dealt(groups) => groups.min(count),
        Partition::Column | Partition::Waves => TENANTS_MAX,
    };
    let items = match &entry.node.value {
        Value::Array(items) => items.as_slice(),
        _ => std::slice::from_ref(&entry.node),
    };
    let numbers = items.iter().filter_map(|item| read::whole_u32(item, 1..=most, bag));
    numbers.map(|number| number - 1).collect()
}

/// `halts`, `resumes` and `rolls-back` of a reaction or a free-standing fault.
pub(super) fn steers(
    fields: &Fields<'_>,
    kind: Kind,
    names: &Names,
    bag: &mut Diagnostics,
) -> Steers {
    let mut steers = Steers::default();
    if let Some(Some((key, node))) = fields.at_most_one_of(schema::STARTS, bag) {
        read::only_true(node, bag);
        steers.starts = Some(if key == "halts" { Starts::Halt } else { Starts::Resume });
        if key == "resumes" && names.halted.is_none() {
            let message = "nothing halts this rollout, so nothing resumes it";
            bag.push(
                Diagnostic::new(Code::NothingHalts, node.span.clone(), message)
                    .hint("a reaction or fault halts it with halts = true, a step with on-failure = \"halt-rollout\""),
            );
        }
    }
    if let Some(node) = fields.get("rolls-back") {
        steers.rolls_back = read::word(node, &words::ROLLS_BACK, bag);
        if kind == Kind::Mailbox {
            let message = "tenants are rolled back, with all their mailboxes";
            bag.push(
                Diagnostic::new(Code::RollBackScope, node.span.clone(), message)
                    .hint("state each = \"tenant\", \"wave\", another group kind or \"rollout\""),
            );
        }
    }
    steers
}
