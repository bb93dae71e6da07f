//! `per-hour` and `per-day` of pools and links.

use super::dist::{self, Quantity};
use super::read::Fields;
use super::tree::Node;
use super::types::{Period, Quotas};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};

/// The keys, as [`Quotas`] has them.
const KEYS: [&str; 2] = ["per-hour", "per-day"];

/// Admissions.
pub(super) fn of_pool(fields: &Fields<'_>, bag: &mut Diagnostics) -> Quotas {
    quotas(fields, bag, |key, _, bag| fields.whole_u32(key, bag).map(u64::from))
}

/// Bytes.
pub(super) fn of_link(fields: &Fields<'_>, bag: &mut Diagnostics) -> Quotas {
    quotas(fields, bag, |_, node, bag| {
        let bytes = dist::quantity(node, Quantity::Size, bag)?;
        if bytes == 0 {
            let message = "a link that never carries anything; `slows` cuts one off for a while";
            bag.error(Code::OutOfRange, node.span.clone(), message);
            return None;
        }
        Some(bytes)
    })
}

fn quotas(
    fields: &Fields<'_>,
    bag: &mut Diagnostics,
    read: impl Fn(&str, &Node, &mut Diagnostics) -> Option<u64>,
) -> Quotas {
    let quotas = KEYS.map(|key| fields.get(key).and_then(|node| read(key, node, bag)));
    if let [Some(hour), Some(day)] = quotas
        && hour >= day
    {
        let message = "the quota of an hour is as much as that of a whole day, so it never counts";
        bag.push(
            Diagnostic::new(Code::IdleQuota, fields.place(KEYS[Period::Hour as usize]), message)
                .related(fields.place(KEYS[Period::Day as usize]), "the whole day"),
        );
    }
    Quotas(quotas)
}

/// Where the first quota is written: of a pool, else of a link.
pub(super) fn first<'t>(fields: &Fields<'t>) -> Option<&'t Node> {
    ["pools", "links"].iter().find_map(|&list| {
        let tables = fields.get(list)?.as_table()?.entries.iter();
        let mut tables = tables.filter_map(|entry| entry.node.as_table());
        tables.find_map(|table| KEYS.iter().find_map(|&key| table.get(key)))
    })
}
