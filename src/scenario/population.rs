//! Who takes part: `[rollout]`, `[tenants]`, `[groups]`, `[facts]` and `[pools]`.

use super::calendars;
use super::classes::classes_get_tenants;
use super::dates::Dates;
use super::dist::{self, Quantity};
use super::dist_rules;
use super::inventory::{self, ColumnName, Listing};
use super::lower::LIST_MAX;
use super::names::{Names, plain_name};
use super::quotas;
use super::read::{self, Fields};
use super::renames;
use super::schema;
use super::tree::{Entry, Node, Value};
use super::types::{
    Class, Dist, Fact, Group, Journal, Kind, Missing, Order, Partition, Pool, Quotas, Renamable,
    Rollout, Shape, Shows, Tenants, Whose,
};
use super::waves::{self, Dealt};
use super::words;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::units::Span;

/// Group kinds: an entity of each is looked up for every tenant.
pub(super) const GROUPS_MAX: usize = 8;
/// Facts of a kind: bits of a machine word.
pub(super) const FACTS_MAX: usize = 64;
/// One year of 52 weeks.
const HORIZON: Span = Span(52 * 7 * 24 * 3600 * 1_000_000);

/// The entries of a table of named tables.
pub(super) fn by_name<'t>(
    fields: &Fields<'t>,
    key: &'static str,
    bag: &mut Diagnostics,
) -> &'t [Entry] {
    let table = fields.get(key).and_then(|node| read::table(node, &format!("[{key}.NAME]"), bag));
    table.map_or(&[], |table| &table.entries)
}

pub(super) fn at_most(limit: usize, entries: &[Entry], what: &str, bag: &mut Diagnostics) -> usize {
    if let Some(first) = entries.get(limit) {
        bag.error(Code::TooMany, first.key_span.clone(), format!("more than {limit} {what}s"));
    }
    entries.len().min(limit)
}

/// Reads all groups; beside each the column of the inventory that deals it, if one does.
pub(super) fn groups(
    fields: &Fields<'_>,
    names: &mut Names,
    bag: &mut Diagnostics,
) -> Vec<(Group, Option<ColumnName>)> {
    let entries = by_name(fields, "groups", bag);
    let count = at_most(GROUPS_MAX, entries, "group kind", bag);
    let mut groups = Vec::new();
    for entry in &entries[..count] {
        plain_name("group", &entry.key, &entry.key_span, bag);
        names.groups.add("group", &entry.key, entry.key_span.clone(), bag);
        let dealt = partition(entry, is_listed(fields), bag);
        let (by, column) = dealt.unwrap_or((Partition::Blocks(1), None));
        groups.push((Group { name: entry.key.clone(), by }, column));
    }
    let former = renames::of_table(&entries[..count], "group", bag);
    let mut index = std::mem::take(&mut names.groups);
    renames::keep(Renamable::Group, &former, &mut index, names, bag);
    names.groups = index;
    waves::kind(fields, &mut groups, names, bag);
    groups
}

/// True if the scenario names an inventory, readable or not.
fn is_listed(fields: &Fields<'_>) -> bool {
    let tenants = fields.get("tenants").and_then(Node::as_table);
    tenants.is_some_and(|tenants| tenants.get("inventory").is_some())
}

fn partition(
    entry: &Entry,
    listed: bool,
    bag: &mut Diagnostics,
) -> Option<(Partition, Option<ColumnName>)> {
    let fields = Fields::open(&entry.node, &schema::GROUP, bag)?;
    let keys = schema::PARTITIONS;
    // With an inventory, a group that says nothing is a column of its own name.
    let stated = match listed {
        true => fields.at_most_one_of(keys, bag)?,
        false => Some(fields.one_of(&keys[..2 + usize::from(fields.has("column"))], bag)?),
    };
    let Some((key, value)) = stated else {
        let column = ColumnName { name: entry.key.clone(), span: entry.key_span.clone() };
        return Some((Partition::Column, Some(column)));
    };
    if key == "column" {
        let name = read::text(value, bag)?.text.clone();
        if !listed {
            let message = "there is no inventory to have this column";
            let found = Diagnostic::new(Code::NoInventory, value.span.clone(), message);
            bag.push(found.hint("deal the groups by `tenants` or `count`"));
        }
        return Some((Partition::Column, Some(ColumnName { name, span: value.span.clone() })));
    }
    let number = fields.whole_u32(key, bag)?;
    let by = if key == "tenants" { Partition::Blocks(number) } else { Partition::Dealt(number) };
    Some((by, None))
}

pub(super) fn facts(fields: &Fields<'_>, names: &mut Names, bag: &mut Diagnostics) {
    let entries = by_name(fields, "facts", bag);
    for entry in entries {
        plain_name("fact", &entry.key, &entry.key_span, bag);
        let fact = fact(entry, names, bag);
        let same_kind = names.fact_list.iter().filter(|other| other.kind == fact.kind).count();
        if same_kind >= FACTS_MAX {
            let kind = names.kind_name(fact.kind);
            let message = format!("more than {FACTS_MAX} facts of a {kind}");
            bag.error(Code::TooMany, entry.key_span.clone(), message);
            return;
        }
        names.facts.add("fact", &entry.key, entry.key_span.clone(), bag);
        names.fact_list.push(fact);
    }
    let former = renames::of_table(entries, "fact", bag);
    let mut index = std::mem::take(&mut names.facts);
    renames::keep(Renamable::Fact, &former, &mut index, names, bag);
    names.facts = index;
    waves::halted(fields, names, bag);
}

fn fact(entry: &Entry, names: &Names, bag: &mut Diagnostics) -> Fact {
    let mut fact = Fact {
        name: entry.key.clone(),
        kind: Kind::Tenant,
        initially: false,
        count: None,
        missing: None,
        shows: Shows::default(),
    };
    let Some(fields) = Fields::open(&entry.node, &schema::FACT, bag) else {
        return fact;
    };
    fact.kind = each(&fields, |_| true, names, bag);
    fact.missing = fields.word("missing", &words::MISSING, bag);
    let initially = fields.word("initially", &words::ON_OFF, bag);
    fact.initially = initially.unwrap_or(fact.missing.is_some());
    let count = fields.whole("count", bag);
    fact.count = count.and_then(|count| u16::try_from(count).ok());
    if let Some(node) = fields.get("shows") {
        fact.shows = shows(node, names, bag);
        if fact.missing != Some(Missing::Open) {
            let message = format!(
                "`{}` shows nothing: it is no permission with missing = \"open\"",
                fact.name
            );
            bag.error(Code::ShowsNothing, node.span.clone(), message);
        }
    }
    fact
}

/// `shows` of a fact or hazard.
pub(super) fn shows(node: &Node, names: &Names, bag: &mut Diagnostics) -> Shows {
    let mut shows = Shows::default();
    let Some(fields) = Fields::open(node, &schema::SHOWS, bag) else {
        return shows;
    };
    if let Some((node, text)) =
        fields.get("whose").and_then(|node| Some((node, read::text(node, bag)?)))
    {
        match (text.text.as_str(), names.kind(&text.text)) {
            ("all", _) => shows.whose = Whose::All,
            ("own", _) => shows.whose = Whose::Own,
            (_, Some(Kind::Group(group))) => shows.whose = Whose::Group(group),
            (other, _) => {
                let found = names
                    .unknown_kind(other, node.span.clone(), |kind| matches!(kind, Kind::Group(_)));
                bag.push(found.hint("`whose` is \"all\", \"own\" or the name of a group"));
            }
        }
    }
    if let Some(node) = fields.get("data") {
        shows.data = read::texts(node, "categories", bag)
            .into_iter()
            .map(|(text, _)| text.to_owned())
            .collect();
    }
    shows
}

/// `each`, a tenant unless said.
pub(super) fn each(
    fields: &Fields<'_>,
    allowed: fn(Kind) -> bool,
    names: &Names,
    bag: &mut Diagnostics,
) -> Kind {
    let Some(node) = fields.get("each") else {
        return Kind::Tenant;
    };
    let Some(text) = read::text(node, bag) else {
        return Kind::Tenant;
    };
    if let Some(kind) = names.kind(&text.text).filter(|kind| allowed(*kind)) {
        return kind;
    }
    bag.push(names.unknown_kind(&text.text, node.span.clone(), allowed));
    Kind::Tenant
}

pub(super) fn pools(fields: &Fields<'_>, names: &mut Names, bag: &mut Diagnostics) -> Vec<Pool> {
    let entries = by_name(fields, "pools", bag);
    let count = at_most(LIST_MAX, entries, "pool", bag);
    let mut pools = Vec::new();
    for entry in &entries[..count] {
        plain_name("pool", &entry.key, &entry.key_span, bag);
        let name = entry.key.clone();
        let mut pool = Pool {
            name,
            slots: 1,
            kind: Kind::Rollout,
            shifts: Vec::new(),
            quotas: Quotas::default(),
        };
        if let Some(fields) = Fields::open(&entry.node, &schema::POOL, bag) {
            if fields.has("each") {
                pool.kind = each(&fields, |kind| kind != Kind::Rollout, names, bag);
            }
            pool.shifts = calendars::shifts(&fields, names, bag);
            pool.quotas = quotas::of_pool(&fields, bag);
            let some = pool.shifts.iter().any(|shift| shift.slots > 0);
            pool.slots = slots(&entry.key, &fields, some, bag).unwrap_or(1);
        }
        names.pools.add("pool", &entry.key, entry.key_span.clone(), bag);
        names.pool_kinds.push(pool.kind);
        pools.push(pool);
    }
    let former = renames::of_table(&entries[..count], "pool", bag);
    let mut index = std::mem::take(&mut names.pools);
    renames::keep(Renamable::Pool, &former, &mut index, names, bag);
    names.pools = index;
    pools
}

/// `some`: there are slots in a shift.
fn slots(name: &str, fields: &Fields<'_>, some: bool, bag: &mut Diagnostics) -> Option<u32> {
    let node = fields.get("slots")?;
    if matches!(node.value, Value::Integer(Some(0))) && !some {
        bag.push(
            Diagnostic::new(
                Code::NoSlots,
                node.span.clone(),
                format!("pool `{name}` has no slots"),
            )
            .hint("leave the pool out to have no limit"),
        );
        return None;
    }
    fields.whole_u32("slots", bag)
}

pub(super) fn rollout(fields: &Fields<'_>, names: &Names, bag: &mut Diagnostics) -> Rollout {
    let mut rollout = Rollout {
        at_once: None,
        order: Order::Listed,
        pace: None,
        horizon: HORIZON,
        journal: Journal::Step,
        start: None,
        windows: None,
    };
    let Some(fields) =
        fields.get("rollout").and_then(|node| Fields::open(node, &schema::ROLLOUT, bag))
    else {
        return rollout;
    };
    rollout.at_once = fields.whole_u32("at-once", bag);
    rollout.order = read::word_or(&fields, "order", &words::ORDER, Order::Listed, bag);
    rollout.start = calendars::start(&fields, bag);
    rollout.windows = calendars::windows(&fields, names, bag);
    rollout.pace = fields.get("pace").and_then(|node| dist::dist(node, Quantity::Duration, bag));
    if let Some(node) = fields.get("horizon") {
        rollout.horizon = positive_duration(node, bag).unwrap_or(HORIZON);
    }
    rollout.journal = read::word_or(&fields, "journal", &words::JOURNAL, Journal::Step, bag);
    rollout
}

/// A duration of more than 0.
pub(super) fn positive_duration(node: &Node, bag: &mut Diagnostics) -> Option<Span> {
    let span = dist::duration(node, bag)?;
    if span.0 == 0 {
        bag.error(Code::OutOfRange, node.span.clone(), "this duration must be more than 0");
        return None;
    }
    Some(span)
}

/// The population: generated, or as the inventory lists it.
pub(super) fn tenants(
    fields: &Fields<'_>,
    listing: &Listing,
    (groups, classes, dates): (&[Dealt], &[Class], Dates<'_>),
    names: &mut Names,
    bag: &mut Diagnostics,
) -> Option<(Tenants, Option<inventory::Listed>)> {
    let top = fields;
    let fields = Fields::open(fields.get("tenants")?, &schema::TENANTS, bag)?;
    let mut tenants = generated(&fields, bag);
    excluded(&fields, bag);
    let fill =
        tenants.mailbox_size.is_some() || classes.iter().any(|class| class.mailbox_size.is_some());
    let listed = match listing {
        Listing::File(file) => Some(inventory::read(file, groups, (fill, dates), names, bag)?),
        _ => None,
    };
    if let Some(listed) = &listed {
        inventory::counted(&mut tenants, &listed.inventory);
    }
    // Of a file that cannot be read nothing is known that could be complained about.
    if !matches!(listing, Listing::Unreadable) {
        let by_inventory = listed.as_ref().is_some_and(|listed| listed.classes);
        let left_out = listed.as_ref().is_some_and(|listed| {
            listed.inventory.tenants.iter().any(|tenant| tenant.class.is_none())
        });
        classes_get_tenants(top, classes, &tenants, by_inventory, names, left_out, bag);
    }
    Some((tenants, listed))
}

/// A list and a generated population exclude each other.
fn excluded(fields: &Fields<'_>, bag: &mut Diagnostics) {
    let Some(inventory) = fields.get("inventory") else {
        if !fields.has("count") {
            let found =
                Diagnostic::new(Code::MissingKey, fields.span.clone(), "[tenants] lacks `count`");
            bag.push(
                found.hint("`count`: 1 to 4000000; or `inventory`: a CSV file of the tenants"),
            );
        }
        return;
    };
    read::text(inventory, bag);
    for key in ["count", "migrated"] {
        if fields.has(key) {
            let message = format!("`{key}` and `inventory` exclude each other");
            bag.push(
                Diagnostic::new(Code::NoInventory, fields.place(key), message)
                    .related(inventory.span.clone(), "the inventory says it"),
            );
        }
    }
}

fn generated(fields: &Fields<'_>, bag: &mut Diagnostics) -> Tenants {
    let count = fields.whole_u32("count", bag);
    let migrated = fields.whole_u32("migrated", bag).unwrap_or(0);
    let mailboxes = match fields.get("mailboxes") {
        Some(node) => {
            dist::dist(node, Quantity::Count, bag).and_then(|dist| mailboxes(dist, node, bag))
        }
        None => Some(constant(1)),
    };
    // One that cannot be read is reported once, not again by every transfer.
    let mailbox_size = fields
        .get("mailbox-size")
        .map(|node| dist::dist(node, Quantity::Size, bag).unwrap_or_else(|| constant(1)));
    if count.is_some_and(|count| migrated > count) {
        let message = "more tenants have moved already than there are";
        bag.push(
            Diagnostic::new(Code::Migrated, fields.place("migrated"), message)
                .related(fields.place("count"), "so many there are"),
        );
    }
    Tenants {
        count: count.unwrap_or(1),
        migrated,
        mailboxes: mailboxes.unwrap_or_else(|| constant(1)),
        mailbox_size,
    }
}

fn constant(value: u64) -> Dist {
    Dist { shape: Shape::Constant(value), between: None }
}

/// A drawn number of mailboxes lies in 1 to 10,000: unbounded families are conditioned on it,
/// bounded ones must say so.
pub(super) fn mailboxes(dist: Dist, node: &Node, bag: &mut Diagnostics) -> Option<Dist> {
    if dist.shape == Shape::Constant(0) {
        return Some(dist);
    }
    let bounded = bound_count(dist);
    if dist_rules::support(&bounded).0 == 0 {
        bag.push(
            Diagnostic::new(
                Code::OutOfRange,
                node.span.clone(),
                "a drawn number of mailboxes starts at 1",
            )
            .hint("write `mailboxes = 0` if there are none at all"),
        );
        return None;
    }
    Some(bounded)
}

fn bound_count(mut dist: Dist) -> Dist {
    if let Shape::Mixture(parts) = dist.shape {
        dist.shape = Shape::Mixture(
            parts.into_iter().map(|(weight, part)| (weight, bound_count(part))).collect(),
        );
    } else if dist.between.is_none() && dist_rules::support(&dist).1.is_none() {
        dist.between = Some((1, dist::COUNT_MAX));
    }
    dist
}
