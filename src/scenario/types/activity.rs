//! What happens in a plan, and what is asked of it: steps, reactions, users, faults, hazards, goals.

use super::{
    Cond, Crash, Dist, Effect, FactId, Kind, LinkId, PoolId, Shows, Slows, StepId, WhenCut, Windows,
};
use crate::units::{Ratio, Span};

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
    /// Attempts start only inside.
    pub windows: Option<Windows>,
    /// ... and only where their nominal duration ends by the end of the window.
    pub fits: bool,
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
    /// Its attempts go on when the orchestrator dies (S8).
    pub remote: bool,
    /// What follows when a crash cut an attempt (S8).
    pub when_cut: WhenCut,
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
    /// `rate` is in bytes per hour. One of both is stated.
    Transfer {
        /// Drawn per attempt; a draw below 1 B/h counts as 1 B/h. Over links it is the most that
        /// the transfer takes of them; `None`: as much as it gets.
        rate: Option<Dist>,
        /// The links it shares with others, each once.
        over: Vec<LinkId>,
    },
    /// So long, by class.
    LastsByClass(ByClass),
    /// Size over a rate that depends on the class.
    TransferByClass {
        /// As the rate of a transfer.
        rates: ByClass,
        /// As the links of a transfer.
        over: Vec<LinkId>,
    },
}

/// A distribution for each class, in the order of the classes, then one for tenants without a
/// class. They share one draw, so that two classes differ by their distributions alone.
#[derive(Clone, Debug, PartialEq)]
pub struct ByClass(pub Vec<Dist>);

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
    /// A link it slows.
    pub slows: Option<Slows>,
    /// Its entity crashes; only of a fault. Boxed, because few acts do.
    pub crashes: Option<Box<Crash>>,
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
    /// Bends the undo of a step (S7): slow, fails, hangs or loses.
    Undo {
        /// Whose undo.
        step: StepId,
        /// How.
        bend: Bend,
    },
    /// Stands free: a reaction that costs.
    Free {
        /// Of which entities.
        kind: Kind,
        /// What it does, and when.
        act: Box<Act>,
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
