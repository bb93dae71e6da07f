//! Rows to tenants and mailboxes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::columns::Column;
use super::table::Row;
use super::{File, Listed, cells, problem};
use crate::diagnostics::{Code, Diagnostics};
use crate::scenario::dates::Dates;
use crate::scenario::dist::COUNT_MAX;
use crate::scenario::names::{Names, free_name};
use crate::scenario::read::shortened;
use crate::scenario::schema::TENANTS_MAX;
use crate::scenario::types::{ClassId, Inventory, ListedSizes, ListedTenant};
use crate::units::Span;

/// What has been read so far.
pub(super) struct Rows<'a> {
    columns: &'a [Column],
    names: &'a Names,
    /// Sizes that are left out are drawn.
    fill: bool,
    dates: Dates<'a>,
    tenants: Vec<Draft>,
    by_name: BTreeMap<String, usize>,
    mailboxes: BTreeSet<(usize, String)>,
    groups: Vec<Vec<String>>,
    group_numbers: Vec<BTreeMap<String, u32>>,
    empty: Vec<Range<usize>>,
    full: bool,
}

/// A tenant, and where it was first spoken of.
struct Draft {
    name: String,
    span: Range<usize>,
    /// A row of its own, not of one of its mailboxes.
    whole: bool,
    said: Said,
    mailboxes: Option<u32>,
    names: Vec<String>,
    sizes: ListedSizes,
}

/// What every row of a tenant may say; the same each time.
#[derive(Clone, Default)]
struct Said {
    class: Option<ClassId>,
    migrated: Option<bool>,
    moved: Option<Span>,
    priority: Option<i32>,
    not_before: Option<Span>,
    groups: Vec<Option<u32>>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        columns: &'a [Column],
        groups: usize,
        (fill, dates): (bool, Dates<'a>),
        names: &'a Names,
    ) -> Rows<'a> {
        Rows {
            columns,
            names,
            fill,
            dates,
            tenants: Vec::new(),
            by_name: BTreeMap::new(),
            mailboxes: BTreeSet::new(),
            groups: vec![Vec::new(); groups],
            group_numbers: vec![BTreeMap::new(); groups],
            empty: Vec::new(),
            full: false,
        }
    }

    fn place(&self, column: &Column) -> Option<usize> {
        self.columns.iter().position(|known| known == column)
    }

    fn text<'r>(&self, row: &'r Row<'_>, column: &Column) -> (&'r str, Range<usize>) {
        match self.place(column) {
            Some(index) => (row.cell(index), row.span(index)),
            None => ("", row.span(0)),
        }
    }

    /// One row: a tenant, a mailbox, or told.
    pub(super) fn take(&mut self, row: &Row<'_>, bag: &mut Diagnostics) {
        let (name, span) = self.text(row, &Column::Tenant);
        if name.is_empty() {
            bag.error(Code::InventoryRow, span, "this row names no tenant");
            return;
        }
        if !self.by_name.contains_key(name) {
            free_name("tenant", name, &span, bag);
        }
        let said = self.said(row, bag);
        let (mailbox, mailbox_span) = self.text(row, &Column::Mailbox);
        if mailbox.is_empty() {
            self.tenant(name, &span, said, row, bag);
        } else {
            free_name("mailbox", mailbox, &mailbox_span, bag);
            self.mailbox((name, &span), (mailbox, &mailbox_span), &said, row, bag);
        }
    }

    fn said(&mut self, row: &Row<'_>, bag: &mut Diagnostics) -> Said {
        let mut said = Said { groups: vec![None; self.groups.len()], ..Said::default() };
        for (index, column) in self.columns.iter().enumerate() {
            let text = row.cell(index);
            if text.is_empty() {
                continue;
            }
            match column {
                // Without any class the column itself has been told.
                Column::Class if !self.names.classes.is_empty() => {
                    said.class = self.names.class(text, &row.span(index), bag);
                }
                Column::Priority => {
                    said.priority = cells::priority(text, &row.span(index), bag);
                }
                Column::NotBefore => {
                    said.not_before = self.dates.read(text, &row.span(index), bag);
                }
                Column::Moved => said.moved = self.dates.before(text, &row.span(index), bag),
                Column::Status => said.migrated = cells::status(text, &row.span(index), bag),
                Column::Group(group) => {
                    let known = self.group_numbers[*group].get(text).copied();
                    said.groups[*group] = Some(known.unwrap_or_else(|| {
                        free_name("group", text, &row.span(index), bag);
                        self.new_group(*group, text)
                    }));
                }
                _ => {}
            }
        }
        if said.moved.is_some() {
            self.has_moved(&mut said, row, bag);
        }
        said
    }

    /// Who has a date at which he moved has moved, whether or not his status says so.
    fn has_moved(&self, said: &mut Said, row: &Row<'_>, bag: &mut Diagnostics) {
        if said.migrated == Some(false) {
            let ((text, span), (_, date)) =
                (self.text(row, &Column::Status), self.text(row, &Column::Moved));
            let message = format!("who has moved cannot be `{}`", shortened(text));
            let found = problem(Code::Inconsistent, &span, message);
            bag.push(found.related(date, "when it moved"));
        }
        said.migrated = Some(true);
    }

    fn new_group(&mut self, kind: usize, name: &str) -> u32 {
        let number = u32::try_from(self.groups[kind].len()).unwrap_or(u32::MAX);
        self.groups[kind].push(name.to_owned());
        self.group_numbers[kind].insert(name.to_owned(), number);
        number
    }

    fn size(&self, row: &Row<'_>, bag: &mut Diagnostics) -> Option<u64> {
        let is_size = |column: &Column| matches!(column, Column::Size(_));
        let index = self.columns.iter().position(is_size)?;
        let Column::Size(unit) = &self.columns[index] else { return None };
        let size = cells::size(
            row.cell(index),
            unit.as_deref(),
            row.decimal_comma(),
            &row.span(index),
            bag,
        );
        if size.is_none() && !self.fill {
            let message = "there is no size, and no distribution to draw one from";
            let found = problem(Code::InventoryCell, &row.span(index), message);
            bag.push(found.hint("state the size, or [tenants] mailbox-size for what is left out"));
        }
        size
    }

    fn tenant(
        &mut self,
        name: &str,
        span: &Range<usize>,
        said: Said,
        row: &Row<'_>,
        bag: &mut Diagnostics,
    ) {
        if let Some(&first) = self.by_name.get(name) {
            let message = format!("a second row is about the tenant `{}`", shortened(name));
            bag.push(
                problem(Code::Duplicate, span, message)
                    .related(self.tenants[first].span.clone(), "the first one"),
            );
            return;
        }
        let (count, count_span) = self.text(row, &Column::Mailboxes);
        let mailboxes = cells::count(count, &count_span, bag);
        let size = self.size(row, bag);
        if mailboxes == Some(0) {
            if size.is_some_and(|size| size > 0) {
                let message = "a tenant without mailboxes has no size";
                bag.error(Code::InventoryCell, count_span.clone(), message);
            }
            if said.migrated != Some(true) {
                self.empty.push(count_span);
            }
        }
        let sizes = size.map_or(ListedSizes::Drawn, ListedSizes::Total);
        self.add(name, span, true, said, bag);
        if let Some(draft) = self.tenants.last_mut() {
            draft.mailboxes = mailboxes;
            draft.sizes = sizes;
        }
    }

    fn add(
        &mut self,
        name: &str,
        span: &Range<usize>,
        whole: bool,
        said: Said,
        bag: &mut Diagnostics,
    ) {
        if self.tenants.len() >= TENANTS_MAX as usize {
            if !std::mem::replace(&mut self.full, true) {
                let message = format!("more than {TENANTS_MAX} tenants");
                bag.error(Code::TooMany, span.clone(), message);
            }
            return;
        }
        self.by_name.insert(name.to_owned(), self.tenants.len());
        self.tenants.push(Draft {
            name: name.to_owned(),
            span: span.clone(),
            whole,
            said,
            mailboxes: None,
            names: Vec::new(),
            sizes: ListedSizes::Drawn,
        });
    }

    fn mailbox(
        &mut self,
        (tenant, span): (&str, &Range<usize>),
        (name, name_span): (&str, &Range<usize>),
        said: &Said,
        row: &Row<'_>,
        bag: &mut Diagnostics,
    ) {
        let (count, count_span) = self.text(row, &Column::Mailboxes);
        if !count.is_empty() {
            let message = "a row for one mailbox states no number of mailboxes";
            bag.error(Code::InventoryRow, count_span, message);
        }
        let size = self.size(row, bag);
        let at = match self.by_name.get(tenant) {
            Some(&at) => at,
            None => {
                self.add(tenant, span, false, said.clone(), bag);
                if self.full {
                    return;
                }
                self.tenants.len() - 1
            }
        };
        if self.tenants[at].whole {
            let message = format!("`{}` has a row for the whole tenant", shortened(tenant));
            let found = problem(Code::InventoryRow, name_span, message);
            bag.push(found.related(self.tenants[at].span.clone(), "this one").hint(
                "either one row states the number of mailboxes, or each mailbox has its own",
            ));
            return;
        }
        self.agree(at, said, row, bag);
        if !self.mailboxes.insert((at, name.to_owned())) {
            let message = format!("a second mailbox of this tenant is called `{name}`");
            bag.error(Code::Duplicate, name_span.clone(), message);
        }
        let draft = &mut self.tenants[at];
        if draft.names.len() as u64 == COUNT_MAX {
            let message = format!("more than {COUNT_MAX} mailboxes of a tenant");
            bag.error(Code::TooMany, name_span.clone(), message);
        }
        draft.names.push(name.to_owned());
        match &mut draft.sizes {
            ListedSizes::Each(sizes) => sizes.push(size),
            sizes => *sizes = ListedSizes::Each(vec![size]),
        }
    }

    /// What a row says of its tenant, held against what earlier ones said.
    fn agree(&mut self, at: usize, said: &Said, row: &Row<'_>, bag: &mut Diagnostics) {
        let mut clash: Vec<usize> = Vec::new();
        let (columns, draft) = (self.columns, &mut self.tenants[at]);
        let known = &mut draft.said;
        let place = |column: &Column| columns.iter().position(|other| other == column);
        if differs(&mut known.class, said.class) {
            clash.extend(place(&Column::Class));
        }
        if differs(&mut known.migrated, said.migrated) {
            clash.extend(place(&Column::Status));
        }
        if differs(&mut known.moved, said.moved) {
            clash.extend(place(&Column::Moved));
        }
        if differs(&mut known.priority, said.priority) {
            clash.extend(place(&Column::Priority));
        }
        if differs(&mut known.not_before, said.not_before) {
            clash.extend(place(&Column::NotBefore));
        }
        for (group, (known, said)) in known.groups.iter_mut().zip(&said.groups).enumerate() {
            if differs(known, *said) {
                clash.extend(place(&Column::Group(group)));
            }
        }
        for index in clash {
            let message = format!("another row says otherwise of `{}`", shortened(&draft.name));
            bag.push(
                problem(Code::Inconsistent, &row.span(index), message)
                    .related(draft.span.clone(), "its first row"),
            );
        }
    }

    /// The inventory, when all rows are read.
    pub(super) fn finish(
        self,
        file: &File,
        separator: char,
        classes: bool,
        bag: &mut Diagnostics,
    ) -> Option<Listed> {
        let mut tenants = Vec::with_capacity(self.tenants.len());
        for draft in self.tenants {
            for column in self.columns {
                if let Column::Group(group) = column
                    && draft.said.groups[*group].is_none()
                {
                    let message = format!("`{}` belongs to no group here", shortened(&draft.name));
                    let found = problem(Code::InventoryRow, &draft.span, message);
                    bag.push(found.hint("every tenant belongs to one group of each kind"));
                }
            }
            tenants.push(draft.done());
        }
        let mut by_name: Vec<u32> = (0..).take_while(|&at| (at as usize) < tenants.len()).collect();
        by_name.sort_by(|&a, &b| tenants[a as usize].name.cmp(&tenants[b as usize].name));
        let (file, groups) = (file.name.clone(), self.groups);
        let inventory = Inventory { file, separator, tenants, groups, by_name };
        Some(Listed { inventory, empty: self.empty, classes })
    }
}

/// Takes over what had not been said; true if it had been said otherwise.
fn differs<T: PartialEq + Copy>(known: &mut Option<T>, said: Option<T>) -> bool {
    match (*known, said) {
        (None, said) => {
            *known = said;
            false
        }
        (Some(known), Some(said)) => known != said,
        (Some(_), None) => false,
    }
}

impl Draft {
    fn done(self) -> ListedTenant {
        let listed = u32::try_from(self.names.len()).ok().filter(|number| *number > 0);
        let sizes = match self.sizes {
            ListedSizes::Each(sizes) if sizes.iter().all(Option::is_none) => ListedSizes::Drawn,
            sizes => sizes,
        };
        ListedTenant {
            name: self.name,
            class: self.said.class,
            migrated: self.said.migrated == Some(true),
            moved: self.said.moved,
            priority: self.said.priority,
            not_before: self.said.not_before,
            mailboxes: listed.or(self.mailboxes),
            names: self.names,
            sizes,
            groups: self.said.groups.into_iter().map(|group| group.unwrap_or(0)).collect(),
        }
    }
}
