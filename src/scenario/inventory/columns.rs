//! What the columns mean.

use std::ops::Range;

use super::table::Table;
use super::{ColumnName, problem};
use crate::diagnostics::{Code, Diagnostics};
use crate::scenario::names::Names;
use crate::scenario::read::{listed, shortened, suggestion};
use crate::scenario::types::Group;
use crate::units::Bytes;

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Tenant,
    Class,
    Mailboxes,
    Mailbox,
    /// With the unit of plain numbers, if the heading states one.
    Size(Option<String>),
    Status,
    Priority,
    NotBefore,
    /// When a tenant moved that has moved.
    Moved,
    Group(usize),
    /// It has been reported.
    Unknown,
}

const PLAIN: [(&str, Column); 8] = [
    ("tenant", Column::Tenant),
    ("class", Column::Class),
    ("mailboxes", Column::Mailboxes),
    ("mailbox", Column::Mailbox),
    ("status", Column::Status),
    ("priority", Column::Priority),
    ("not-before", Column::NotBefore),
    ("moved", Column::Moved),
];

/// Reads the headings; all that is wrong with them is told.
pub(super) fn columns(
    table: &Table<'_>,
    groups: &[(Group, Option<ColumnName>)],
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<Vec<Column>> {
    let mut columns: Vec<Column> = Vec::new();
    for (heading, span) in &table.head {
        let column = column(heading, span, groups, names, bag);
        let same = |other: &Column| match (other, &column) {
            (Column::Size(_), Column::Size(_)) => true,
            (other, column) => other == column && *other != Column::Unknown,
        };
        if let Some(first) = columns.iter().position(same) {
            let message = format!("a second column is called `{}`", shortened(heading));
            bag.push(
                problem(Code::Duplicate, span, message)
                    .related(table.head[first].1.clone(), "the first one"),
            );
        }
        columns.push(column);
    }
    let top = table.head.first().map_or(0..0, |(_, span)| span.start..span.start);
    if !columns.contains(&Column::Tenant) {
        let found = problem(Code::InventoryTable, &top, "there is no column `tenant`");
        let named: Vec<&str> = table.head.iter().map(|(name, _)| name.as_str()).collect();
        bag.push(found.hint(format!(
            "separated by {:?}, the columns are {}",
            table.separator,
            listed(&named)
        )));
        return None;
    }
    for (index, (group, column)) in groups.iter().enumerate() {
        let Some(wanted) = column else { continue };
        if !columns.contains(&Column::Group(index)) {
            let message = format!("there is no column `{}`", shortened(&wanted.name));
            let label = format!("which {} a tenant belongs to", group.name);
            bag.push(
                problem(Code::InventoryTable, &top, message).related(wanted.span.clone(), label),
            );
        }
    }
    Some(columns)
}

fn column(
    heading: &str,
    span: &Range<usize>,
    groups: &[(Group, Option<ColumnName>)],
    names: &Names,
    bag: &mut Diagnostics,
) -> Column {
    let is = |name: &str| name.to_lowercase() == heading.to_lowercase();
    if let Some((_, column)) = PLAIN.iter().find(|(name, _)| is(name)) {
        if *column == Column::Class && names.classes.is_empty() {
            let found = problem(Code::UnknownColumn, span, "the scenario has no classes");
            bag.push(found.hint("define them as [classes.NAME], or delete the column"));
        }
        return column.clone();
    }
    let of_group = |(_, column): &(Group, Option<ColumnName>)| {
        column.as_ref().is_some_and(|column| is(column.name.trim()))
    };
    if let Some(group) = groups.iter().position(of_group) {
        return Column::Group(group);
    }
    if let Some(unit) = size_unit(heading) {
        if unit.is_empty() {
            return Column::Size(None);
        }
        if let Err(reason) = Bytes::parse(&format!("1 {unit}")) {
            bag.error(Code::UnknownColumn, span.clone(), reason);
            return Column::Unknown;
        }
        return Column::Size(Some(unit.to_owned()));
    }
    unknown(heading, span, groups, bag);
    Column::Unknown
}

/// The unit behind `size`, perhaps in brackets.
fn size_unit(heading: &str) -> Option<&str> {
    let word = heading.get(..4).filter(|word| word.eq_ignore_ascii_case("size"))?;
    let rest = &heading[word.len()..];
    if !rest.is_empty() && !rest.starts_with([' ', '(', '[']) {
        return None;
    }
    let open = |c: char| c.is_whitespace() || "()[]".contains(c);
    Some(rest.trim_matches(open))
}

fn unknown(
    heading: &str,
    span: &Range<usize>,
    groups: &[(Group, Option<ColumnName>)],
    bag: &mut Diagnostics,
) {
    let mut known: Vec<&str> = PLAIN.iter().map(|(name, _)| *name).collect();
    known.push("size");
    known.extend(groups.iter().filter_map(|(_, column)| Some(column.as_ref()?.name.as_str())));
    let message = format!("unknown column `{}`", shortened(heading));
    let found = problem(Code::UnknownColumn, span, message);
    if let Some((group, _)) = groups.iter().find(|(group, _)| group.name == heading) {
        let hint = format!("[groups.{}] deals tenants by itself: state column instead", group.name);
        bag.push(found.hint(hint));
        return;
    }
    let allowed = format!("an inventory has {}", listed(&known));
    bag.push(match suggestion(heading, known.iter().copied()) {
        Some(near) => found.label(format!("did you mean `{near}`?")).hint(allowed),
        None => found.hint(allowed),
    });
}
