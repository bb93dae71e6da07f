//! `[classes.NAME]` and distributions by class.

use super::dates::Dates;
use super::dist::{Quantity, dist};
use super::names::{Names, plain_name};
use super::population::{FACTS_MAX, at_most, by_name, mailboxes};
use super::read::{self, Fields};
use super::schema;
use super::tree::{Entry, Node, Value};
use super::types::{ByClass, Class, Dist, Kind, Scenario, Tenants, classless};
use super::waves::not_before;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::units::Span;

/// Reads all classes; facts are known before, because both are bits of a tenant's word.
pub(super) fn classes(
    fields: &Fields<'_>,
    dates: Dates<'_>,
    names: &mut Names,
    bag: &mut Diagnostics,
) -> Vec<Class> {
    let entries = by_name(fields, "classes", bag);
    let facts = names.fact_list.iter().filter(|fact| fact.kind == Kind::Tenant).count();
    let room = FACTS_MAX.saturating_sub(facts);
    let count = at_most(room, entries, "class", bag);
    let mut classes = Vec::new();
    for entry in &entries[..count] {
        plain_name("class", &entry.key, &entry.key_span, bag);
        names.classes.add("class", &entry.key, entry.key_span.clone(), bag);
        classes.push(class(entry, dates, bag));
    }
    shares_fit(&classes, entries, bag);
    classes
}

fn class(entry: &Entry, dates: Dates<'_>, bag: &mut Diagnostics) -> Class {
    let mut class = Class {
        name: entry.key.clone(),
        share: None,
        mailboxes: None,
        mailbox_size: None,
        priority: 0,
        not_before: Span(0),
    };
    let Some(fields) = Fields::open(&entry.node, &schema::CLASS, bag) else { return class };
    class.share = fields.get("share").and_then(|node| read::ratio(node, bag));
    class.mailboxes = fields.get("mailboxes").and_then(|node| {
        let dist = dist(node, Quantity::Count, bag)?;
        mailboxes(dist, node, bag)
    });
    let size = fields.get("mailbox-size");
    class.mailbox_size = size.and_then(|node| dist(node, Quantity::Size, bag));
    class.priority = read::priority(&fields, bag);
    class.not_before = not_before(&fields, dates, bag).unwrap_or(Span(0));
    class
}

fn shares_fit(classes: &[Class], entries: &[Entry], bag: &mut Diagnostics) {
    let shares: f64 = classes.iter().filter_map(|class| class.share).map(|share| share.0).sum();
    if shares > 1.0 + 1e-9 {
        let last = classes.iter().rposition(|class| class.share.is_some()).unwrap_or(0);
        let message = format!("the shares of the classes add up to {shares:.6}, more than 1");
        bag.error(Code::Class, share_of(&entries[last]), message);
    }
}

fn share_of(entry: &Entry) -> std::ops::Range<usize> {
    let share = entry.node.as_table().and_then(|table| table.get("share"));
    share.map_or_else(|| entry.key_span.clone(), |node| node.span.clone())
}

/// Every class gets its tenants by a share, or all by the inventory; and if the mailboxes of one
/// have sizes, so have all others.
pub(super) fn classes_get_tenants(
    fields: &Fields<'_>,
    classes: &[Class],
    tenants: &Tenants,
    by_inventory: bool,
    names: &mut Names,
    listed: bool,
    bag: &mut Diagnostics,
) {
    names.classless = classless(classes, listed);
    let entries = fields.get("classes").and_then(Node::as_table);
    for (class, entry) in classes.iter().zip(entries.map_or(&[][..], |table| &table.entries)) {
        let stated = entry.node.as_table().is_some_and(|table| table.get("share").is_some());
        if stated && by_inventory {
            let message = "the inventory says who belongs to which class";
            let found = Diagnostic::new(Code::NoInventory, share_of(entry), message);
            bag.push(found.hint("leave `share` out, or the column `class`"));
        } else if !stated && !by_inventory {
            let message = format!("nothing says who belongs to `{}`", class.name);
            let found = Diagnostic::new(Code::NoInventory, entry.key_span.clone(), message);
            bag.push(found.hint("state its `share`, or a column `class` in an inventory"));
        }
    }
    let sized = |class: &&Class| class.mailbox_size.is_some();
    let some = classes.iter().any(|class| sized(&class));
    let all = classes.iter().all(|class| sized(&class)) && !names.classless;
    if some && !all && tenants.mailbox_size.is_none() {
        let message = "mailboxes of some classes have sizes, and others have none";
        let span = fields.place("tenants");
        let found = Diagnostic::new(Code::Class, span, message);
        bag.push(found.hint("state [tenants] mailbox-size for the others"));
    }
}

/// What a step lasts, or moves at: a distribution, or one for each class.
pub(super) enum Either {
    One(Dist),
    Classes(ByClass),
}

/// Reads a distribution that may differ by class.
pub(super) fn dist_or_by_class(
    node: &Node,
    unit: Quantity,
    kind: Kind,
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<Either> {
    let table = node.as_table().filter(|table| table.get("by-class").is_some());
    if table.is_none() {
        return dist(node, unit, bag).map(Either::One);
    }
    let fields = Fields::open(node, &schema::BY_CLASS, bag)?;
    let node = fields.get("by-class")?;
    let Value::Table(table) = &node.value else {
        read::table(node, "{ CLASS = distribution }", bag);
        return None;
    };
    if !matches!(kind, Kind::Tenant | Kind::Mailbox) {
        let message = format!("a {} has no class", names.kind_name(kind));
        bag.error(Code::Class, node.span.clone(), message);
    }
    let mut listed: Vec<Option<Dist>> = vec![None; names.classes.len() + 1];
    let mut whole = true;
    for entry in &table.entries {
        let place = match entry.key.as_str() {
            "default" => Some(names.classes.len()),
            name => names.class(name, &entry.key_span, bag).map(|class| usize::from(class.0)),
        };
        let dist = dist(&entry.node, unit, bag);
        whole &= dist.is_some() && place.is_some();
        if let Some(place) = place {
            listed[place] = dist;
        }
    }
    whole.then(|| covered(listed, node, names, bag)).flatten().map(Either::Classes)
}

/// Puts the default where a class is not listed.
fn covered(
    mut listed: Vec<Option<Dist>>,
    node: &Node,
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<ByClass> {
    let default = listed.pop().flatten();
    let missing = listed.iter().position(Option::is_none);
    if default.is_none() && (missing.is_some() || names.classless) {
        let message = match missing {
            Some(class) => {
                format!("this says nothing for the class `{}`", names.classes.name(class))
            }
            None => "this says nothing for tenants without a class".to_owned(),
        };
        bag.push(
            Diagnostic::new(Code::Class, node.span.clone(), message)
                .hint("add it, or `default` for all that are not named"),
        );
        return None;
    }
    let mut dists: Vec<Dist> =
        listed.into_iter().map(|dist| dist.or_else(|| default.clone())).collect::<Option<_>>()?;
    // Where nobody is without a class, what stands there for them is never looked up.
    dists.push(default.or_else(|| dists.first().cloned())?);
    Some(ByClass(dists))
}

impl Scenario {
    /// True if tenants can be without a class.
    #[must_use]
    pub fn classless(&self) -> bool {
        let listed = self.inventory.as_deref();
        let listed = listed.is_some_and(|listed| listed.tenants.iter().any(|t| t.class.is_none()));
        classless(&self.classes, listed)
    }
}
