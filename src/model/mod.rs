//! What can happen, as a pure transition relation: no clock, no randomness, no input or output.
//!
//! In: a [`crate::plan::Plan`], a [`World`] (its population) and a [`State`]. Out: [`Rules::begin`] and
//! [`Rules::fire`], which change the state for one fired [`Timer`] and tell a [`Clock`] which timers
//! to arm. Next: `kernel`, which gives it one sampled clock.
//!
//! # The semantics in prose
//!
//! **Events (T2).** One timer fires. The effects it issues now land together; then every condition
//! that watches a changed fact is looked at in plan order (`look`); then steps that became ready
//! ask to enter, and the pools admit (`pools`). What follows at the same instant is a new event,
//! armed with no delay: an attempt's at-start effects, a broken `holds`.
//!
//! **Cancelling.** A timer carries the stamp that its owner had when it was armed. Cancelling gives
//! the owner a new stamp; [`Rules::live`] tells whether a timer still counts. One clock asks when a
//! timer comes up, another may ask after every transition.
//!
//! **Transfers.** Over links, a transfer's length depends on who else transfers. The model arms its
//! end with [`Delay::Transfer`] and says when the attempt is left early ([`Clock::release`]) or a
//! link's rate changes ([`Clock::set_rate`]); how the links are shared is the clock's. A clock that
//! does not know the others may take any length from the bytes over the cap (or over the slowest
//! link, if there is no cap) up to the bytes over whatever rate it assumes as the least.
//!
//! **Calendars.** A calendar is a list of instants at which it opens and closes; the plan knows them, so
//! they are no choice, and they come before everything else at their instant. To a step its windows
//! are part of `needs`; to a pool a shift is another number of slots. No boundary keeps a run going.
//!
//! **Quotas.** Hours and days of the local clock are calendars, too. Each instance of a pool counts
//! its admissions in them and admits nobody when they are used up; what a link has carried in them
//! depends on how it is shared, so the clock counts it, and is told when a period begins
//! ([`Clock::renew`]).
//!
//! **Choices.** A yes or no that the outside world decides (does a fault strike, does an effect
//! land) or a number (how much of a cut attempt has landed) is asked from the clock by site, entity
//! and occurrence, as delays are.
//!
//! **Starts.** Which tenant starts next stands in `order` (what is known before a run) and `starts`
//! (what a run decides); what halts and rolls back the rollout in `halt`.
//!
//! **Environment.** A focal run has one tenant; what the others would do to it comes through one
//! interface, `environment`: waits for pools, ends of joins, writes.
//!
//! **Crashes (S8)** stand in `crash`: who is down starts nothing, and whatever could start asks
//! there; a restart looks at everybody who was down.

mod acts;
mod crash;
mod calendars;
mod effects;
mod environment;
mod faults;
mod halt;
mod layout;
mod links;
mod look;
mod names;
mod order;
mod pools;
mod portrait;
mod renew;
mod rollback;
mod rules;
mod slots;
mod starts;
mod state;
mod steps;
mod tenants;
mod users;
mod world;

pub use environment::{Admission, Environment};
pub use portrait::{Part, Portrait};
pub use rules::Rules;
pub use state::{Instance, Phase, State};
pub use world::{Entity, Population, World};

use crate::plan::SiteId;
use crate::scenario::Period;
use crate::units::Rate;

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum TimerKind {
    /// The next tenant may start (`which`: none).
    Pace,
    /// An admitted attempt begins (`which`: step).
    Start,
    /// An attempt ends (`which`: step).
    End,
    /// An attempt fails by a fault (`which`: fault).
    Fail,
    /// An attempt fails because its `holds` broke (`which`: step).
    Broken,
    /// An attempt runs into its bound (`which`: step).
    Timeout,
    /// The wait before a further attempt is over (`which`: step).
    Retry,
    /// The undo list of a step is due in a rollback (`which`: step, `stamp`: the rollback).
    Undo,
    /// An effect in flight lands (`stamp`: its slot in the state).
    Landing,
    /// A lease runs out (`which`: fact).
    Expiry,
    /// A forced value ends (`stamp`: the force).
    Unforce,
    /// Slots taken by an outage come back (`which`: pool, `stamp`: how many).
    Restore,
    /// A reaction or free-standing fault fires (`which`: act).
    Act,
    /// A user connects (`which`: user).
    Connect,
    /// A session ends (`which`: user).
    Disconnect,
    /// A goal is judged, after all else at its instant (`which`: goal).
    Goal,
    /// What has crashed is up again (`which`: act, `stamp`: whether it keeps a finished run going).
    Restart,
    /// An undo fails by a fault (`which`: fault, `stamp`: the rollback).
    UndoFail,
    /// A calendar opens or closes, before all else at its instant (`which`: calendar).
    Calendar,
    /// A link is no longer slowed (`which`: link, `stamp`: by what).
    Unslow,
    /// In a focal run: others let a request for pools through (`which`: step).
    Wait,
    /// In a focal run: the others' part of a join has ended (`which`: step).
    Join,
    /// In a focal run: others change something (`which`: input).
    Flip,
    /// A date has come of a wave or of tenants, before all else but calendars (`which`: none).
    Date,
    /// A wave has soaked: it is the turn of the next one (`which`: that wave).
    Soak,
    /// Nothing runs any more of a tenant that is to be rolled back (`which`: none).
    RollBack,
}

/// A pending event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer {
    /// What it is for.
    pub kind: TimerKind,
    /// Step, fact, act, user, goal or pool, as the kind says.
    pub which: u16,
    /// Whose it is.
    pub entity: Entity,
    /// The owner's stamp when it was armed, or what the kind says.
    pub stamp: u32,
}

/// How long until a timer fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// At this instant, in a new event.
    Now,
    /// A constant of the plan, in microseconds.
    Fixed(u64),
    /// An instant of the plan, in microseconds since the start.
    Until(u64),
    /// Decided at a site.
    At(Choice),
    /// As long as the bytes of the timer's entity take over the links of a path.
    Transfer {
        /// By index in [`crate::plan::Plan::paths`].
        path: u16,
        /// Of this attempt: after a crash that nobody remembers an entity may run several.
        attempt: u32,
        /// Decides the most it takes of them; `None`: whatever it gets.
        cap: Option<Choice>,
    },
}

/// The address of a decision: where, for whom, for which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Choice {
    /// Where in the plan.
    pub site: SiteId,
    /// For which entity.
    pub entity: Entity,
    /// Counted from 1: the attempt, the interval of a condition, the connection.
    pub occurrence: u32,
}

/// What the model asks of whoever runs it.
pub trait Clock {
    /// A timer is pending from now on.
    fn arm(&mut self, timer: Timer, delay: Delay);
    /// The transfer over a path, armed by [`Delay::Transfer`], of this attempt of the entity is given
    /// up unless it has just ended: what it took of its links is free from now on. Its timer is void
    /// as any other.
    fn release(&mut self, path: u16, entity: Entity, attempt: u32);
    /// The instance of a link that belongs to `holder` carries so much from now on; 0: nothing.
    fn set_rate(&mut self, link: u16, holder: Entity, rate: Rate);
    /// A period begins: what every instance of a link may carry in it is there again.
    fn renew(&mut self, link: u16, period: Period);
    /// Does it happen?
    fn decide(&mut self, choice: Choice) -> bool;
    /// How many are there?
    fn count(&mut self, choice: Choice) -> u64;
    /// Something observable happened, in this order.
    fn note(&mut self, happening: Happening);
    /// Whether everything is noted. Otherwise the most frequent happenings are left out: attempts that
    /// begin or succeed, ends of steps, and changes of facts other than `access`.
    fn follows_all(&self) -> bool {
        true
    }
}

/// What halts the rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// A step that failed with `on-failure = "halt-rollout"`, by index.
    Step(u16),
    /// A reaction or fault, by index in `Plan::acts`.
    Act(u16),
}

/// Why an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A fault struck, by index.
    Fault(u16),
    /// Its `timeout` was reached.
    Timeout,
    /// Its `holds` turned false.
    Holds,
}

/// How a step ended for an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All its attempts succeeded.
    Succeeded,
    /// `done-if` held: reported done without effects.
    Done,
    /// `when` was false.
    Skipped,
    /// It failed and no retry was left.
    Failed,
}

/// Why a fact's visible value changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An effect landed.
    Write,
    /// A lease ran out.
    Expiry,
    /// A forced value began or ended.
    Force,
}

/// Something a monitor may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A tenant enters the plan.
    TenantStarted(Entity),
    /// All its steps, and its mailboxes', have ended.
    TenantEnded(Entity),
    /// An entity's plan ends here: a step of its own failed, or (`None`) its tenant rolls back.
    Stopped {
        /// Who.
        entity: Entity,
        /// The step that failed for it.
        step: Option<u16>,
    },
    /// A step can never be ready: one that it waits for will not end.
    Blocked {
        /// The step.
        step: u16,
        /// For whom.
        entity: Entity,
    },
    /// A step asks its pools for slots.
    Queued {
        /// The step.
        step: u16,
        /// For whom.
        entity: Entity,
        /// For which of its `uses`, as bits: those it did not hold.
        wants: u16,
    },
    /// It leaves the queue without having entered.
    Withdrawn {
        /// The step.
        step: u16,
        /// For whom.
        entity: Entity,
        /// For which of its `uses`, as bits: those it did not hold.
        wants: u16,
    },
    /// It has its slots.
    Admitted {
        /// The step.
        step: u16,
        /// For whom.
        entity: Entity,
        /// For which of its `uses`, as bits: those it did not hold.
        wants: u16,
    },
    /// An attempt begins to run (its pools, if any, have admitted it).
    Attempt {
        /// The step.
        step: u16,
        /// For whom.
        entity: Entity,
        /// Counted from 1 over all attempts of this step for this entity.
        number: u32,
    },
    /// An attempt succeeded.
    AttemptEnded {
        /// The step.
        step: u16,
        /// For whom.
        entity: Entity,
    },
    /// An attempt failed.
    AttemptFailed {
        /// The step.
        step: u16,
        /// For whom.
        entity: Entity,
        /// Why.
        why: Failure,
        /// A further attempt follows.
        retried: bool,
    },
    /// A step ended for an entity.
    StepEnded {
        /// The step.
        step: u16,
        /// For whom.
        entity: Entity,
        /// How.
        outcome: Outcome,
    },
    /// A fault struck.
    Struck {
        /// By index in the plan.
        fault: u16,
        /// Whom.
        entity: Entity,
    },
    /// A reaction fired.
    Reacted {
        /// By index in the scenario.
        reaction: u16,
        /// Whose.
        entity: Entity,
    },
    /// A fact's visible value changed.
    Changed {
        /// The fact.
        fact: u16,
        /// Whose.
        entity: Entity,
        /// Its new value.
        on: bool,
        /// Why.
        source: Source,
    },
    /// A hazard begins or ceases to hold.
    Hazard {
        /// By index in the plan.
        hazard: u16,
        /// Inside this user's session (index in `Plan::users`), or live.
        user: Option<u16>,
        /// Whose: the hazard's entity, or the user's.
        entity: Entity,
        /// Begins.
        open: bool,
    },
    /// A session begins or ends.
    Session {
        /// By index in `Plan::users`.
        user: u16,
        /// Whose.
        entity: Entity,
        /// Begins.
        open: bool,
    },
    /// A goal was judged.
    Goal {
        /// By index.
        goal: u16,
        /// For whom.
        entity: Entity,
        /// It held.
        met: bool,
    },
    /// Slots of a pool instance in use changed.
    Slots {
        /// Pool instance, by index in the state.
        pool: u32,
        /// By so many.
        change: i32,
    },
    /// A rollback is over.
    RolledBack(Entity),
    /// The undo list of a step is issued.
    Undone {
        /// The step.
        step: u16,
        /// For whom.
        entity: Entity,
    },
    /// A rollback ends before all is undone: an undo failed, or a crash left nobody who knows.
    RollbackFailed {
        /// Whose.
        entity: Entity,
        /// The step whose undo was next.
        step: u16,
    },
    /// The orchestrator, the worker of a group or the job of a tenant dies.
    Crashed {
        /// The fault, by index in the plan.
        fault: u16,
        /// The rollout, the group or the tenant.
        entity: Entity,
    },
    /// It is up again, unless another crash still keeps it down.
    Restarted {
        /// The fault.
        fault: u16,
        /// The rollout, the group or the tenant.
        entity: Entity,
    },
    /// A crash ends an attempt, or an undo.
    Cut {
        /// The step.
        step: u16,
        /// For whom.
        entity: Entity,
        /// So many of the at-end effects (of the undo list) have landed.
        landed: u16,
        /// It was the undo of the step.
        undo: bool,
    },
    /// A remote attempt runs on after a crash, but nobody waits for it any more.
    Orphaned {
        /// The step.
        step: u16,
        /// For whom.
        entity: Entity,
    },
    /// No further tenant starts.
    Halted {
        /// What halts the rollout.
        by: By,
        /// Whose step or act it is.
        entity: Entity,
    },
    /// After a halt tenants start again.
    Resumed {
        /// The reaction or fault, by index in `Plan::acts`.
        act: u16,
        /// Whose.
        entity: Entity,
    },
    /// It is the turn of a wave.
    WaveStarted(Entity),
    /// All tenants of a wave are through.
    WaveEnded(Entity),
}
