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
    /// What the scenario is called.
    pub name: String,
    /// Free text shown at the head of reports.
    pub description: Option<String>,
    /// How tenants are let in.
    pub rollout: Rollout,
    /// The population.
    pub tenants: Tenants,
    /// Partitions of the tenants.
    pub groups: Vec<Group>,
    /// Facts and permissions.
    pub facts: Vec<Fact>,
    /// Slots that steps wait for.
    pub pools: Vec<Pool>,
    /// The plan.
    pub steps: Vec<Step>,
    /// Activities that conditions start.
    pub reactions: Vec<Reaction>,
    /// Who connects and reads.
    pub users: Vec<User>,
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

/// The generated population. It is drawn once per seed, not per replication.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenants {
    /// How many, at least 1.
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
    /// At least 1.
    pub slots: u32,
    /// `Kind::Rollout`: one pool for all; `Kind::Group(_)`: one per group of that kind.
    pub kind: Kind,
}

/// A condition over the facts of an entity.
#[derive(Clone, Debug, PartialEq)]
pub enum Cond {
    /// Always or never.
    Const(bool),
    /// Own or an ancestor's fact.
    Fact(FactId),
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

/// An activity of the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Unique among the steps.
    pub name: String,
    /// Which entities do it.
    pub kind: Kind,
    /// Attempts in sequence, at least 1.
    pub times: u32,
    /// Resolved: explicit `after`, or the default predecessor of S3.
    pub after: Vec<StepId>,
    /// Skipped if false (S2).
    pub when: Option<Cond>,
    /// Reported done without effects if true (S2).
    pub done_if: Option<Cond>,
    /// Waited for (S2).
    pub needs: Option<Cond>,
    /// Must hold during an attempt (S6).
    pub holds: Option<Cond>,
    /// Slots taken together at admission (S4); each pool at most once.
    pub uses: Vec<Use>,
    /// Higher enters first; 0 unless said.
    pub priority: i32,
    /// What an attempt spends its time on.
    pub work: Work,
    /// Issued at every attempt.
    pub at_start: Vec<Effect>,
    /// Issued on success.
    pub at_end: Vec<Effect>,
    /// Issued on every failure.
    pub at_fail: Vec<Effect>,
    /// What follows a failed attempt; `None`: nothing.
    pub retry: Option<Retry>,
    /// Bounds an attempt (S5), more than 0.
    pub timeout: Option<Span>,
    /// What follows when no retry is left.
    pub on_failure: OnFailure,
    /// Issued by a rollback (S7).
    pub undo: Vec<Effect>,
    /// How long the undo of this step takes (S7); `None`: no time.
    pub undo_duration: Option<Dist>,
    /// How stopped entities are treated.
    pub join: Join,
}

/// A slot of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// Of the own entity or an ancestor.
    pub pool: PoolId,
    /// Held until this step of the same entity (or of an ancestor) has ended.
    pub until: Option<StepId>,
}

/// What an attempt spends its time on.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// No duration.
    Instant,
    /// So long.
    Lasts(Dist),
    /// Size over a rate: the mailbox's size, or the sum over the mailboxes of the entity.
    /// `rate` is in bytes per hour.
    Transfer {
        /// Drawn per attempt; a draw below 1 B/h counts as 1 B/h.
        rate: Dist,
    },
}

/// What follows a failed attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Further attempts after a failure, counted per success wanted.
    pub times: u32,
    /// Time before the next attempt.
    pub wait: Dist,
}

/// What follows when no retry is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// The entity stops.
    Stop,
    /// The plan goes on as if it had succeeded.
    Continue,
    /// Ended steps are undone, latest first.
    Undo,
    /// No further tenant starts.
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
    /// Unique among the reactions.
    pub name: String,
    /// Of which entities.
    pub kind: Kind,
    /// What it does, and when.
    pub act: Act,
}

/// What a reaction or a free-standing fault does, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// `while`; `None`: always.
    pub condition: Option<Cond>,
    /// When it fires.
    pub trigger: Trigger,
    /// Effects it issues.
    pub does: Vec<Effect>,
    /// A fact it masks.
    pub forces: Option<Force>,
    /// Slots it takes away.
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
    /// The masked fact.
    pub fact: FactId,
    /// The value it shows.
    pub on: bool,
    /// For how long.
    pub lasts: Dist,
}

/// A pool outage: slots that are taken out of service for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Takes {
    /// Of the same kind as the act.
    pub pool: PoolId,
    /// 1 to the slots of the pool.
    pub slots: u32,
    /// For how long.
    pub lasts: Dist,
}

/// Someone who connects, keeps a session, reads.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// Unique among the users.
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
    /// How long a session lasts at most.
    pub lasts: Dist,
    /// Facts frozen at connect.
    pub keeps: Vec<FactId>,
    /// Ends a session at once.
    pub ends_when: Option<Cond>,
}

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Unique among the faults.
    pub name: String,
    /// 1, or 0 for ordinary misbehaviour.
    pub cost: u8,
    /// Probability per attempt, or per interval of a free-standing fault's condition.
    pub chance: Ratio,
    /// What it bends.
    pub form: FaultForm,
}

/// What a fault bends.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultForm {
    /// Bends attempts of a step.
    Attempt {
        /// Whose attempts.
        step: StepId,
        /// How.
        bend: Bend,
    },
    /// Stands free: a reaction that costs.
    Free {
        /// Of which entities.
        kind: Kind,
        /// What it does, and when.
        act: Act,
    },
}

/// The six faults on an attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Bend {
    /// Another duration.
    Slow(Dist),
    /// `after` measured from the attempt's start; `None`: at its end.
    /// The attempt fails.
    Fails {
        /// Measured from the attempt's start.
        after: Option<Dist>,
    },
    /// It never ends by itself.
    Hangs,
    /// The at-end effects on this fact, while success is reported.
    Loses(FactId),
    /// It runs once more, effects included.
    Repeats,
    /// Success is reported and nothing done.
    Skips,
}

/// A condition that must not hold for a positive time.
#[derive(Clone, Debug, PartialEq)]
pub struct Hazard {
    /// Unique among the hazards.
    pub name: String,
    /// Whose condition it is.
    pub kind: Kind,
    /// What must not hold.
    pub when: Cond,
    /// What a reader sees while it holds.
    pub shows: Shows,
    /// The permission it is derived from.
    pub derived: Option<FactId>,
}

/// A condition that must hold at its deadline.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// Unique among the goals.
    pub name: String,
    /// About the entities of that step.
    pub when: Cond,
    /// The deadline counts from this step's success, for its entity.
    pub of: StepId,
    /// Time from that success to the deadline.
    pub within: Span,
}

/// A distribution over unsigned integers in base units: microseconds for durations, bytes for
/// sizes, bytes per hour for rates, plain numbers for counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Dist {
    /// The family and its parameters.
    pub shape: Shape,
    /// Conditioned on lying in this closed interval.
    pub between: Option<(u64, u64)>,
}

/// The family, by the parameters people have.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// One value.
    Constant(u64),
    /// Flat.
    Uniform {
        /// Least value.
        low: u64,
        /// Greatest value.
        high: u64,
    },
    /// A triangle.
    Triangular {
        /// Least value.
        low: u64,
        /// Most likely value.
        mode: u64,
        /// Greatest value.
        high: u64,
    },
    /// Beta on [low, high] with shape parameters 1 + 4 (mode - low) / (high - low) and
    /// 1 + 4 (high - mode) / (high - low).
    Pert {
        /// Least value.
        low: u64,
        /// Most likely value.
        mode: u64,
        /// Greatest value.
        high: u64,
    },
    /// Without memory.
    Exponential {
        /// Mean, more than 0.
        mean: u64,
    },
    /// Of a normal logarithm.
    Lognormal {
        /// Half lie below; more than 0.
        median: u64,
        /// 19 in 20 lie below; more than the other parameter.
        p95: u64,
    },
    /// By its moments.
    Gamma {
        /// Mean, more than 0.
        mean: u64,
        /// Standard deviation, more than 0.
        sd: u64,
    },
    /// By its quantiles.
    Weibull {
        /// Half lie below; more than 0.
        median: u64,
        /// 19 in 20 lie below; more than the other parameter.
        p95: u64,
    },
    /// A heavy tail.
    Pareto {
        /// Least value, more than 0.
        min: u64,
        /// 19 in 20 lie below; more than the other parameter.
        p95: u64,
    },
    /// Sorted; linear between order statistics.
    Empirical(Vec<u64>),
    /// Weights are positive and need not sum to 1.
    Mixture(Vec<(f64, Dist)>),
}
