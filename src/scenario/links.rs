//! `[links]`, the links of a transfer, and what slows them.

use std::ops::Range;

use super::acts::positive;
use super::classes::{Either, dist_or_by_class};
use super::dist::{self, Quantity};
use super::lower::LIST_MAX;
use super::names::{Names, plain_name};
use super::population::{at_most, by_name, each};
use super::quotas;
use super::read::{self, Fields};
use super::rules;
use super::schema;
use super::tree::{Node, Value};
use super::types::{Kind, Link, LinkId, Quotas, Slows, Work};
use super::words;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::units::{Rate, Ratio};

/// Reads all links into `names`.
pub(super) fn links(fields: &Fields<'_>, names: &mut Names, bag: &mut Diagnostics) {
    let entries = by_name(fields, "links", bag);
    let count = at_most(LIST_MAX, entries, "link", bag);
    for entry in &entries[..count] {
        plain_name("link", &entry.key, &entry.key_span, bag);
        let mut link = Link {
            name: entry.key.clone(),
            rate: Rate(1),
            kind: Kind::Rollout,
            quotas: Quotas::default(),
        };
        if let Some(fields) = Fields::open(&entry.node, &schema::LINK, bag) {
            if fields.has("each") {
                link.kind = each(&fields, |kind| kind != Kind::Rollout, names, bag);
            }
            link.quotas = quotas::of_link(&fields, bag);
            let rate = fields.get("rate");
            let rate = rate.and_then(|node| dist::quantity(node, Quantity::Rate, bag));
            // One that cannot be read has been reported; nothing is too fast for it.
            link.rate = Rate(rate.unwrap_or(u64::MAX));
        }
        names.links.add("link", &entry.key, entry.key_span.clone(), bag);
        names.link_list.push(link);
    }
}

/// What a step's `transfer` says.
pub(super) fn transfer(
    node: &Node,
    kind: Kind,
    sized: bool,
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<Work> {
    let fields = Fields::open(node, &schema::TRANSFER, bag)?;
    if let Some(size) = fields.get("size") {
        read::word(size, &words::SIZES, bag);
        rules::transfer_has_sizes(sized, node.span.clone(), bag);
    }
    let none = |node: &Node| matches!(&node.value, Value::Array(items) if items.is_empty());
    if !fields.has("rate") && fields.get("link").is_none_or(none) {
        let message = "a transfer without a link lacks `rate`";
        bag.push(
            Diagnostic::new(Code::MissingKey, fields.span.clone(), message)
                .hint("`rate`: distribution of rates; or `link`: the link it shares with others"),
        );
    }
    let rate =
        fields.get("rate").map(|node| dist_or_by_class(node, Quantity::Rate, kind, names, bag));
    let over = fields.get("link").map(|node| over(node, kind, names, bag));
    // Both have been looked at before one that cannot be read ends it.
    let over = over.unwrap_or_default();
    match rate {
        None => Some(Work::Transfer { rate: None, over }),
        Some(rate) => Some(match rate? {
            Either::One(rate) => Work::Transfer { rate: Some(rate), over },
            Either::Classes(rates) => Work::TransferByClass { rates, over },
        }),
    }
}

/// A link or a list of links, each of them once and in reach of the step.
fn over(node: &Node, kind: Kind, names: &Names, bag: &mut Diagnostics) -> Vec<LinkId> {
    let mut over: Vec<(LinkId, Range<usize>)> = Vec::new();
    for (name, span) in read::texts(node, "link names", bag) {
        let Some(id) = names.link(name, &span, bag) else {
            continue;
        };
        rules::link_serves(id, kind, &span, names, bag);
        if let Some((_, first)) = over.iter().find(|(other, _)| *other == id) {
            let message = format!("the transfer takes `{name}` twice");
            bag.push(
                Diagnostic::new(Code::LinkTwice, span, message)
                    .related(first.clone(), "the first time"),
            );
        } else {
            over.push((id, span));
        }
    }
    over.into_iter().map(|(id, _)| id).collect()
}

/// What an act does to a link.
pub(super) fn slows(
    node: &Node,
    kind: Kind,
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<Slows> {
    let fields = Fields::open(node, &schema::SLOWS, bag)?;
    let lasts = positive(&fields, bag);
    let link_node = fields.get("link")?;
    let id = names.link(&read::text(link_node, bag)?.text, &link_node.span, bag)?;
    rules::act_owns_link(id, kind, &link_node.span, names, bag);
    let link = &names.link_list[usize::from(id.0)];
    let to_node = fields.get("to")?;
    let to = less(to_node, link.rate, bag)?;
    rules::slower_than_before(to, link, to_node, bag);
    Some(Slows { link: id, to, lasts: lasts? })
}

/// A rate, 0 included, or a share of `whole`, rounded down to whole bytes an hour.
fn less(node: &Node, whole: Rate, bag: &mut Diagnostics) -> Option<Rate> {
    let text = &read::text(node, bag)?.text;
    let share = text.trim_end().ends_with('%');
    let parsed = if share {
        let share = Ratio::parse(text).map(|share| share_of(whole, share));
        share.map_err(|_| format!("`{text}` is no share; it lies between 0 and 100 %"))
    } else {
        Rate::parse_or_zero(text)
    };
    match parsed {
        Ok(rate) => Some(rate),
        Err(reason) => {
            let hint = "write a rate such as \"0 B/h\" or a share such as \"50 %\"";
            bag.push(Diagnostic::new(Code::BadQuantity, node.span.clone(), reason).hint(hint));
            None
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share lies between 0 and 1, and a rate is at most 2^50"
)]
fn share_of(whole: Rate, share: Ratio) -> Rate {
    Rate((whole.0 as f64 * share.0) as u64)
}
