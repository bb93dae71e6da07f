//! Inventories: a population that is listed in a CSV file.
//!
//! In: the text of the file, beside the scenario that names it. Out: an [`Inventory`], or every
//! problem of the file with its line and column. Each row becomes a tenant or a mailbox, or is an
//! error; nothing is skipped.

mod cells;
mod columns;
mod rows;
mod table;
pub(super) mod text;

use std::ops::Range;
use std::sync::Arc;

use super::dates::Dates;
use super::names::Names;
use super::types::{Group, Inventory, Tenants};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use rows::Rows;
use table::Table;

/// The text of an inventory, where spans can point into it.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) text: Arc<str>,
    /// Its first global offset.
    pub(super) start: usize,
}

/// Whether a scenario names an inventory.
#[derive(Clone, Debug)]
pub(super) enum Listing {
    /// It does not.
    None,
    /// It does, and why the file cannot be read has been told.
    Unreadable,
    /// It does.
    File(File),
}

/// What an inventory comes to.
pub(super) struct Listed {
    pub(super) inventory: Inventory,
    /// Tenants that move and have no mailbox, for steps of mailboxes to complain about.
    pub(super) empty: Vec<Range<usize>>,
    /// It says who belongs to which class.
    pub(super) classes: bool,
}

/// Reads an inventory. `fill`: sizes that it leaves out are drawn; dates are held against `dates`.
pub(super) fn read(
    file: &File,
    groups: &[(Group, Option<ColumnName>)],
    (fill, dates): (bool, Dates<'_>),
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<Listed> {
    let mut table = Table::open(file, bag)?;
    let columns = columns::columns(&table, groups, names, bag)?;
    let mut rows = Rows::new(&columns, groups.len(), (fill, dates), names);
    while let Some(row) = table.next_row(bag) {
        rows.take(&row, bag);
    }
    table.closed(bag);
    let classes = columns.iter().any(|column| matches!(column, columns::Column::Class));
    rows.finish(file, table.separator, classes, bag)
}

/// What the column of a group kind is called, and where that is said.
#[derive(Clone, Debug)]
pub(super) struct ColumnName {
    pub(super) name: String,
    pub(super) span: Range<usize>,
}

/// The number of tenants and how many of them have moved, of a population that is listed.
pub(super) fn counted(tenants: &mut Tenants, inventory: &Inventory) {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    tenants.count = count(inventory.tenants.len());
    tenants.migrated = count(inventory.tenants.iter().filter(|tenant| tenant.migrated).count());
}

fn problem(code: Code, span: &Range<usize>, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(code, span.clone(), message)
}
