//! What a scenario means: typed, names resolved, consistent by construction.
//!
//! Every list keeps the order of the file (of the base first, where one scenario extends another),
//! because plan order is part of the semantics (design T2, S3).

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
    pub name: String,
    /// Free text shown at the head of reports.
    pub description: Option<String>,
    pub rollout: Rollout,
    pub tenants: Tenants,
    pub groups: Vec<Group>,
    pub facts: Vec<Fact>,
    pub pools: Vec<Pool>,
    pub steps: Vec<Step>,
    pub reactions: Vec<Reaction>,
    pub users: Vec<User>,
    pub faults: Vec<Fault>,
    /// Derived hazards first, in the order of their facts, then written ones.
    pub hazards: Vec<Hazard>,
    pub goals: Vec<Goal>,
    pub expect: super::Expect,
    /// Names of the extended base's draw sites in its order (empty without `extend`): they keep
    /// their numbers, so that plans that extend one base share their dice (design, section 4).
    pub base_sites: Vec<String>,
}

/// How tenants are let into the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollout {
    /// Tenants in progress at once; `None`: no limit.
    pub at_once: Option<u32>,
    pub order: Order,
    /// Time between two tenant starts; the first tenant starts at 0.
    pub pace: Option<Dist>,
    /// A run ends here at the latest.
    pub horizon: Span,
}

/// The order in which tenants start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Listed,
    /// A permutation drawn per replication.
    Shuffled,
    /// By the sum of mailbox sizes (or, without sizes, the number of mailboxes); ties as listed.
    LargestFirst,
    SmallestFirst,
}

/// The generated population. It is drawn once per seed, not per replication.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenants {
    pub count: u32,
    /// The first so many tenants of the list have moved already.
    pub migrated: u32,
    /// Mailboxes per tenant (a count, at least 1 unless constant 0).
    pub mailboxes: Dist,
    /// Bytes per mailbox.
    pub mailbox_size: Option<Dist>,
}

/// A partition of the tenants.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub name: String,
    pub by: Partition,
}

/// How tenants are dealt to the groups of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// `tenants = 36`: blocks of so many consecutive tenants.
    Blocks(u32),
    /// `count = 4`: dealt round robin to so many groups.
    Dealt(u32),
}

/// A boolean or a small counter of every entity of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    pub name: String,
    pub kind: Kind,
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
    pub name: String,
    pub slots: u32,
    /// `Kind::Rollout`: one pool for all; `Kind::Group(_)`: one per group of that kind.
    pub kind: Kind,
}

/// A condition over the facts of an entity.
#[derive(Clone, Debug, PartialEq)]
pub enum Cond {
    Const(bool),
    /// Own or an ancestor's fact.
    Fact(FactId),
    Not(Box<Cond>),
    And(Vec<Cond>),
    Or(Vec<Cond>),
    /// `all(mailbox: c)`, `any(mailbox: c)`, `count(mailbox: c) < 3` over the descendants of kind
    /// `over`; `cond` names facts of exactly that kind and holds no quantifier.
    Quantified { quantifier: Quantifier, over: Kind, cond: Box<Cond> },
}

/// How descendants are quantified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// True without descendants.
    All,
    Any,
    Count(Compare, u32),
}

/// A comparison of a count with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

/// One write to one fact (design E1 to E7).
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    pub write: Write,
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
    On,
    Off,
    /// One more on a counter, saturating at its `count`.
    Add,
}

/// An activity of the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub name: String,
    pub kind: Kind,
    /// Attempts in sequence, at least 1.
    pub times: u32,
    /// Resolved: explicit `after`, or the default predecessor of S3.
    pub after: Vec<StepId>,
    pub when: Option<Cond>,
    pub done_if: Option<Cond>,
    pub needs: Option<Cond>,
    pub holds: Option<Cond>,
    pub uses: Vec<Use>,
    /// Higher enters first; 0 unless said.
    pub priority: i32,
    pub work: Work,
    pub at_start: Vec<Effect>,
    pub at_end: Vec<Effect>,
    pub at_fail: Vec<Effect>,
    pub retry: Option<Retry>,
    pub timeout: Option<Span>,
    pub on_failure: OnFailure,
    pub undo: Vec<Effect>,
    /// How long the undo of this step takes (S7); `None`: no time.
    pub undo_duration: Option<Dist>,
    pub join: Join,
}

/// A slot of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    pub pool: PoolId,
    /// Held until this step of the same entity (or of an ancestor) has ended.
    pub until: Option<StepId>,
}

/// What an attempt spends its time on.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// No duration.
    Instant,
    Lasts(Dist),
    /// Size over a rate: the mailbox's size, or the sum over the mailboxes of the entity.
    /// `rate` is in bytes per hour.
    Transfer { rate: Dist },
}

/// What follows a failed attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Further attempts after a failure, counted per success wanted.
    pub times: u32,
    pub wait: Dist,
}

/// What follows when no retry is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    Stop,
    Continue,
    Undo,
    HaltRollout,
}

/// How a step that waits for several entities treats stopped ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// A stopped member blocks it.
    All,
    /// Stopped members are ignored.
    Running,
}

/// An activity that a condition starts (R1).
#[derive(Clone, Debug, PartialEq)]
pub struct Reaction {
    pub name: String,
    pub kind: Kind,
    pub act: Act,
}

/// What a reaction or a free-standing fault does, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// `while`; `None`: always.
    pub condition: Option<Cond>,
    pub trigger: Trigger,
    pub does: Vec<Effect>,
    pub forces: Option<Force>,
    pub takes: Option<Takes>,
}

/// When an act fires.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// Once per interval in which the condition holds.
    After(Dist),
    /// Repeatedly while it holds.
    Every(Dist),
}

/// A fact masked for a while (E4): own or an ancestor's.
#[derive(Clone, Debug, PartialEq)]
pub struct Force {
    pub fact: FactId,
    pub on: bool,
    pub lasts: Dist,
}

/// A pool outage: slots that are taken out of service for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Takes {
    pub pool: PoolId,
    pub slots: u32,
    pub lasts: Dist,
}

/// Someone who connects, keeps a session, reads.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    pub name: String,
    /// `Kind::Tenant` or `Kind::Mailbox`.
    pub kind: Kind,
    /// `None`: reads whenever access is open.
    pub session: Option<Session>,
    /// Mean time between two reads of one user (the inverse of `reads = "6 / h"`).
    pub read_gap: Option<Span>,
}

/// U1.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// `connects.while`.
    pub connects_while: Cond,
    /// `connects.every`: time until the next connection while it holds and no session is open.
    pub connects_every: Dist,
    pub lasts: Dist,
    /// Facts frozen at connect.
    pub keeps: Vec<FactId>,
    pub ends_when: Option<Cond>,
}

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub name: String,
    /// 1, or 0 for ordinary misbehaviour.
    pub cost: u8,
    /// Probability per attempt, or per interval of a free-standing fault's condition.
    pub chance: Ratio,
    pub form: FaultForm,
}

/// What a fault bends.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultForm {
    Attempt { step: StepId, bend: Bend },
    Free { kind: Kind, act: Act },
}

/// The six faults on an attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Bend {
    Slow(Dist),
    /// `after` measured from the attempt's start; `None`: at its end.
    Fails { after: Option<Dist> },
    Hangs,
    /// The at-end effects on this fact, while success is reported.
    Loses(FactId),
    Repeats,
    Skips,
}

/// A condition that must not hold for a positive time.
#[derive(Clone, Debug, PartialEq)]
pub struct Hazard {
    pub name: String,
    pub kind: Kind,
    pub when: Cond,
    pub shows: Shows,
    /// The permission it is derived from.
    pub derived: Option<FactId>,
}

/// A condition that must hold at its deadline.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    pub name: String,
    pub when: Cond,
    /// The deadline counts from this step's success, for its entity.
    pub of: StepId,
    pub within: Span,
}

/// A distribution over unsigned integers in base units: microseconds for durations, bytes for
/// sizes, bytes per hour for rates, plain numbers for counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Dist {
    pub shape: Shape,
    /// Conditioned on lying in this closed interval.
    pub between: Option<(u64, u64)>,
}

/// The family, by the parameters people have.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Constant(u64),
    Uniform { low: u64, high: u64 },
    Triangular { low: u64, mode: u64, high: u64 },
    /// Beta on [low, high] with shape parameters 1 + 4 (mode - low) / (high - low) and
    /// 1 + 4 (high - mode) / (high - low).
    Pert { low: u64, mode: u64, high: u64 },
    Exponential { mean: u64 },
    Lognormal { median: u64, p95: u64 },
    Gamma { mean: u64, sd: u64 },
    Weibull { median: u64, p95: u64 },
    Pareto { min: u64, p95: u64 },
    /// Sorted; linear between order statistics.
    Empirical(Vec<u64>),
    /// Weights are positive and need not sum to 1.
    Mixture(Vec<(f64, Dist)>),
}
