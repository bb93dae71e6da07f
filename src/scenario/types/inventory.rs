//! Who is listed, of which class, and what was called otherwise before.

use super::Dist;
use crate::units::{Ratio, Span};

/// Index of a class in [`super::Scenario::classes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(pub u8);

/// A class of tenants: conditions and distributions may tell it from others.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// As written, a plain name.
    pub name: String,
    /// The share of tenants dealt to it; `None`: the inventory says who belongs to it.
    pub share: Option<Ratio>,
    /// Mailboxes of its tenants, instead of the population's.
    pub mailboxes: Option<Dist>,
    /// Bytes of its mailboxes, instead of the population's.
    pub mailbox_size: Option<Dist>,
    /// Its tenants start before those of lower priority; 0 unless said.
    pub priority: i32,
    /// They start no sooner than so long after the rollout's start.
    pub not_before: Span,
}

/// A population that is listed instead of generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// The file, as it was read.
    pub file: String,
    /// What stands between its cells.
    pub separator: char,
    /// In the order of the file; a tenant stands where its first row does.
    pub tenants: Vec<ListedTenant>,
    /// Names of the groups by group kind, in the order of the file; none where the kind has no
    /// column.
    pub groups: Vec<Vec<String>>,
    /// Indices of the tenants, sorted by name.
    pub by_name: Vec<u32>,
}

/// One tenant of an inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedTenant {
    /// As written, unique.
    pub name: String,
    /// Its class, if it has one.
    pub class: Option<ClassId>,
    /// It has moved already.
    pub migrated: bool,
    /// So long before the rollout's start, if that is listed.
    pub moved: Option<Span>,
    /// Starts before those of lower priority; `None`: as its class.
    pub priority: Option<i32>,
    /// Starts no sooner than so long after the rollout's start; `None`: as its class.
    pub not_before: Option<Span>,
    /// How many mailboxes; `None`: drawn.
    pub mailboxes: Option<u32>,
    /// Names of the mailboxes, if they are listed one by one.
    pub names: Vec<String>,
    /// Their sizes.
    pub sizes: ListedSizes,
    /// Index of its group by group kind; 0 where the kind has no column.
    pub groups: Vec<u32>,
}

/// What an inventory says about the sizes of a tenant's mailboxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListedSizes {
    /// Nothing: drawn, if the scenario has sizes at all.
    Drawn,
    /// Bytes of all together.
    Total(u64),
    /// Bytes of each; `None`: drawn.
    Each(Vec<Option<u64>>),
}

impl Inventory {
    /// The tenant of this name, by index.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<u32> {
        let name_of = |&index: &u32| self.tenants[index as usize].name.as_str();
        let place = self.by_name.binary_search_by(|index| name_of(index).cmp(name)).ok()?;
        Some(self.by_name[place])
    }

    /// True if some mailbox has a size of its own.
    #[must_use]
    pub fn has_sizes(&self) -> bool {
        self.tenants.iter().any(|tenant| tenant.sizes != ListedSizes::Drawn)
    }

    /// What separates the cells, in a word.
    #[must_use]
    pub fn separated_by(&self) -> &'static str {
        match self.separator {
            ';' => "semicolons (so numbers may have a decimal comma)",
            '\t' => "tabs",
            _ => "commas",
        }
    }
}

/// True if tenants can be without a class. `listed`: the inventory lists some without.
pub(in crate::scenario) fn classless(classes: &[Class], listed: bool) -> bool {
    if classes.iter().any(|class| class.share.is_some()) {
        let shares: f64 = classes.iter().filter_map(|class| class.share).map(|s| s.0).sum();
        return shares < 1.0 - 1e-9;
    }
    listed || classes.is_empty()
}

/// Of what a name has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Renamable {
    /// A group kind.
    Group,
    /// A fact.
    Fact,
    /// A pool.
    Pool,
    /// A step.
    Step,
    /// A reaction.
    Reaction,
    /// A user.
    User,
    /// A fault.
    Fault,
    /// A hazard; a derived one is renamed with its permission.
    Hazard,
    /// A goal.
    Goal,
    /// A wave, which is a group, too.
    Wave,
}

/// A former name, which findings and extended scenarios may still use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// Of what.
    pub what: Renamable,
    /// Its former name.
    pub old: String,
    /// Its name now.
    pub new: String,
}

impl Renamable {
    /// What stands before its name in the names of its draw sites.
    #[must_use]
    pub fn owner(self) -> Option<&'static str> {
        match self {
            Renamable::Step => Some(""),
            Renamable::Reaction => Some("reaction "),
            Renamable::User => Some("user "),
            Renamable::Fault => Some("fault "),
            Renamable::Wave => Some("wave "),
            _ => None,
        }
    }
}

/// The present name of something that was called `old`, or `old` itself.
#[must_use]
pub fn present<'a>(renames: &'a [Rename], what: Renamable, old: &'a str) -> &'a str {
    let known = renames.iter().find(|rename| rename.what == what && rename.old == old);
    known.map_or(old, |rename| rename.new.as_str())
}

/// The present name of a draw site that was called `site`.
#[must_use]
pub fn present_site(renames: &[Rename], site: &str) -> String {
    for rename in renames {
        let Some(owner) = rename.what.owner() else { continue };
        let rest = site
            .strip_prefix(owner)
            .and_then(|rest| rest.strip_prefix(rename.old.as_str()))
            .filter(|rest| rest.starts_with(" / "));
        if let Some(rest) = rest {
            return format!("{owner}{}{rest}", rename.new);
        }
    }
    site.to_owned()
}
