//! Rules of links.

use std::ops::Range;

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::scenario::names::Names;
use crate::scenario::tree::Node;
use crate::scenario::types::{Kind, Link, LinkId, Pool, Step, Work};
use crate::units::Rate;

/// A group's link carries the transfers of that group and of what is inside it.
pub(in crate::scenario) fn link_serves(
    id: LinkId,
    kind: Kind,
    span: &Range<usize>,
    names: &Names,
    bag: &mut Diagnostics,
) {
    let link = &names.link_list[usize::from(id.0)];
    if !kind.sees(link.kind) {
        let (own, of) = (names.kind_name(kind), names.kind_name(link.kind));
        let message = format!("each {of} has its own `{}`, and a {own} belongs to none", link.name);
        bag.error(Code::LinkScope, span.clone(), message);
    }
}

/// An act slows a link of its own entity.
pub(in crate::scenario) fn act_owns_link(
    id: LinkId,
    kind: Kind,
    span: &Range<usize>,
    names: &Names,
    bag: &mut Diagnostics,
) {
    let link = &names.link_list[usize::from(id.0)];
    if link.kind != kind {
        let (own, of) = (names.kind_name(kind), names.kind_name(link.kind));
        let message = format!("`{}` is a link of the {of}, not of a {own}", link.name);
        bag.push(
            Diagnostic::new(Code::Slows, span.clone(), message)
                .hint(format!("state each = \"{of}\"")),
        );
    }
}

/// What slows a link leaves it less than it has.
pub(in crate::scenario) fn slower_than_before(
    to: Rate,
    link: &Link,
    node: &Node,
    bag: &mut Diagnostics,
) {
    if to >= link.rate {
        let message = format!("`{}` carries {}, and {to} is no less", link.name, link.rate);
        bag.error(Code::Slows, node.span.clone(), message);
    }
}

/// Warnings: nobody asks for the pool, nothing is transferred over the link.
pub(in crate::scenario) fn pools_and_links_are_used(
    pools: &[Pool],
    steps: &[Step],
    names: &Names,
    bag: &mut Diagnostics,
) {
    super::pools_are_used(pools, steps, names, bag);
    links_are_used(steps, names, bag);
}

fn links_are_used(steps: &[Step], names: &Names, bag: &mut Diagnostics) {
    let used = |at: usize| {
        steps.iter().any(|step| match &step.work {
            Work::Transfer { over, .. } | Work::TransferByClass { over, .. } => {
                over.iter().any(|link| usize::from(link.0) == at)
            }
            _ => false,
        })
    };
    for (at, link) in names.link_list.iter().enumerate() {
        if !used(at) {
            let message = format!("no transfer takes the link `{}`", link.name);
            bag.push(
                Diagnostic::new(Code::UnusedLink, names.links.span(at), message)
                    .hint("name it in a step: transfer = { .., link = \"NAME\" }"),
            );
        }
    }
}
