//! What a scenario means: typed, names resolved, consistent by construction.
//!
//! Every list keeps the order of the file (of the base first, where one scenario extends another),
//! because plan order is part of the semantics (design T2, S3).

mod activity;
mod crash;
mod calendar;
mod dist;
mod inventory;
mod link;
mod waves;

pub use activity::*;
pub use calendar::*;
pub use crash::*;
pub use dist::*;
pub(super) use inventory::classless;
pub use inventory::*;
pub use link::*;
pub use waves::*;

use std::sync::Arc;

use crate::units::{Ratio, Span};

/// Index of a fact in [`Scenario::facts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactId(pub u16);
/// Index of a step in [`Scenario::steps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub u16);
/// Index of a pool in [`Scenario::pools`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolId(pub u16);

/// A kind of entity. A mailbox belongs to one tenant; a tenant to one group of every group kind;
/// everything to the rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The one rollout.
    Rollout,
    /// The group kind with this index in [`Scenario::groups`].
    Group(u8),
    /// A tenant.
    Tenant,
    /// A mailbox of a tenant.
    Mailbox,
}

impl Kind {
    /// True if an entity of this kind has exactly one ancestor of kind `other`, or is of it.
    #[must_use]
    pub fn sees(self, other: Kind) -> bool {
        match (self, other) {
            (Kind::Group(a), Kind::Group(b)) => a == b,
            (Kind::Group(_) | Kind::Rollout, Kind::Tenant | Kind::Mailbox) => false,
            (Kind::Rollout, Kind::Group(_)) | (Kind::Tenant, Kind::Mailbox) => false,
            _ => true,
        }
    }
}

/// A whole scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What the scenario is called.
    pub name: String,
    /// Free text shown at the head of reports.
    pub description: Option<String>,
    /// How tenants are let in.
    pub rollout: Rollout,
    /// The population.
    pub tenants: Tenants,
    /// Who is listed by name, if the population is not generated.
    pub inventory: Option<Arc<Inventory>>,
    /// Classes of tenants.
    pub classes: Vec<Class>,
    /// Partitions of the tenants.
    pub groups: Vec<Group>,
    /// Facts and permissions.
    pub facts: Vec<Fact>,
    /// Windows by name.
    pub calendars: Vec<Calendar>,
    /// Slots that steps wait for.
    pub pools: Vec<Pool>,
    /// Bandwidth that transfers share.
    pub links: Vec<Link>,
    /// Waves in which the tenants start; none: all at once, as far as `at_once` and `pace` let them.
    pub waves: Vec<Wave>,
    /// The plan.
    pub steps: Vec<Step>,
    /// Activities that conditions start.
    pub reactions: Vec<Reaction>,
    /// Who connects and reads.
    pub users: Vec<User>,
    /// How busy users are by the calendar, at most one for each.
    pub profiles: Vec<Profile>,
    /// What can go wrong.
    pub faults: Vec<Fault>,
    /// Derived hazards first, in the order of their facts, then written ones.
    pub hazards: Vec<Hazard>,
    /// What must hold at a deadline.
    pub goals: Vec<Goal>,
    /// What the engines must answer.
    pub expect: super::Expect,
    /// Names of the extended base's draw sites in its order (empty without `extend`): they keep
    /// their numbers, so that plans that extend one base share their dice (design, section 4).
    pub base_sites: Vec<String>,
    /// Former names.
    pub renames: Vec<Rename>,
}

/// How tenants are let into the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollout {
    /// Tenants in progress at once; `None`: no limit.
    pub at_once: Option<u32>,
    /// The order of tenant starts.
    pub order: Order,
    /// Time between two tenant starts; the first tenant starts at 0.
    pub pace: Option<Dist>,
    /// A run ends here at the latest.
    pub horizon: Span,
    /// What is remembered after a crash.
    pub journal: Journal,
    /// What instant 0 is on the calendar; there is one if there are windows.
    pub start: Option<super::Start>,
    /// Tenants start only inside.
    pub windows: Option<Windows>,
}

/// The order in which tenants start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As in the list.
    Listed,
    /// A permutation drawn per replication.
    Shuffled,
    /// By the sum of mailbox sizes (or, without sizes, the number of mailboxes); ties as listed.
    LargestFirst,
    /// The reverse of `LargestFirst`.
    SmallestFirst,
}

/// The population. What is generated is drawn once per seed, not per replication.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenants {
    /// How many, at least 1.
    pub count: u32,
    /// So many have moved already: the first of the list, or those that the inventory says.
    pub migrated: u32,
    /// Mailboxes per tenant (a count, at least 1 unless constant 0).
    pub mailboxes: Dist,
    /// Bytes per mailbox.
    pub mailbox_size: Option<Dist>,
}

/// A partition of the tenants.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// As written, a plain name.
    pub name: String,
    /// How tenants are dealt.
    pub by: Partition,
}

/// How tenants are dealt to the groups of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// `tenants = 36`: blocks of so many consecutive tenants.
    Blocks(u32),
    /// `count = 4`: dealt round robin to so many groups.
    Dealt(u32),
    /// As a column of the inventory says.
    Column,
    /// As [`Scenario::waves`] take them.
    Waves,
}

/// A boolean or a small counter of every entity of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// As written, a plain name.
    pub name: String,
    /// Whose fact it is.
    pub kind: Kind,
    /// Its first value (of a counter: `count` or 0).
    pub initially: bool,
    /// `Some(n)`: a counter that is true as a condition iff it equals n (1 ..= 65535).
    pub count: Option<u16>,
    /// `Some`: a permission.
    pub missing: Option<Missing>,
    /// What a reader sees while it is off.
    pub shows: Shows,
}

/// What a reader sees while a permission is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Too much.
    Open,
    /// Too little.
    Closed,
}

/// Whose data a hazard shows, and which categories.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Shows {
    /// Whose data.
    pub whose: Whose,
    /// For instance "telephone number"; may be empty.
    pub data: Vec<String>,
}

/// Whose data can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Whose {
    /// All other tenants of the rollout.
    #[default]
    All,
    /// The viewer's own only (other people of the same tenant).
    Own,
    /// The other tenants of the viewer's group of this kind (index in `groups`).
    Group(u8),
}

/// Slots that steps wait for.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// As written, a plain name.
    pub name: String,
    /// Outside all shifts; at least 1, or 0 if a shift has some.
    pub slots: u32,
    /// `Kind::Rollout`: one pool for all; else: one per entity of that kind.
    pub kind: Kind,
    /// Other numbers of slots for a while; the first one that is open counts.
    pub shifts: Vec<Shift>,
    /// Admissions in an hour, in a day.
    pub quotas: Quotas,
}

impl Pool {
    /// The most slots it ever has.
    #[must_use]
    pub fn most(&self) -> u32 {
        self.shifts.iter().map(|shift| shift.slots).fold(self.slots, u32::max)
    }
}

/// A condition over the facts of an entity.
#[derive(Clone, Debug, PartialEq)]
pub enum Cond {
    /// Always or never.
    Const(bool),
    /// Own or an ancestor's fact.
    Fact(FactId),
    /// The tenant is of this class.
    Class(ClassId),
    /// Negation.
    Not(Box<Cond>),
    /// At least two parts.
    And(Vec<Cond>),
    /// At least two parts.
    Or(Vec<Cond>),
    /// `all(mailbox: c)`, `any(mailbox: c)`, `count(mailbox: c) < 3` over the descendants of kind
    /// `over`; `cond` names facts of exactly that kind and holds no quantifier.
    Quantified {
        /// How.
        quantifier: Quantifier,
        /// Descendants of this kind.
        over: Kind,
        /// About each of them.
        cond: Box<Cond>,
    },
}

/// How descendants are quantified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// True without descendants.
    All,
    /// False without descendants.
    Any,
    /// So many of them.
    Count(Compare, u32),
}

/// A comparison of a count with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
}

/// One write to one fact (design E1 to E7).
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// What it does.
    pub write: Write,
    /// To which fact.
    pub fact: FactId,
    /// Lands so much later; `None`: within the event that issues it.
    pub after: Option<Dist>,
    /// `for`: a lease, counted from landing; never with `Write::Add`.
    pub lasts: Option<Dist>,
    /// `if`: decided at issue, in the scope of the issuing entity, or of each member.
    pub condition: Option<Cond>,
    /// `of = "members"`: goes to all descendants of the fact's kind. Otherwise the fact's kind is
    /// the issuing entity's own or an ancestor's.
    pub members: bool,
    /// Lands with this probability.
    pub chance: Option<Ratio>,
    /// A landing issued before the newest landed write still lands.
    pub late: bool,
}

/// What an effect does to its fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// True (a counter: its `count`).
    On,
    /// False (a counter: 0).
    Off,
    /// One more on a counter, saturating at its `count`.
    Add,
}
