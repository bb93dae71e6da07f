//! Meaning made flat: ids, masks, watch lists, quantile tables.
//!
//! In: a consistent [`crate::scenario::Scenario`]. Out: an immutable [`Plan`], the only thing that `model` and
//! `kernel` look at while they run. Next: `model`.
//!
//! `Plan::compile` is total on a valid scenario: a scenario it could not compile is refused one
//! layer below.

mod about;
mod calendars;
mod classes;
mod compile;
mod cond;
mod cover;
mod crash;
mod effects;
mod fingerprint;
mod focal;
pub mod knobs;
pub mod law;
mod links;
mod migrated;
mod people;
mod profiles;
mod show;
mod sites;
mod watch;
mod waves;

pub use calendars::CalendarPlan;
pub use classes::ClassPlan;
pub use cond::Cond;
pub use cover::{Cover, Cut};
pub use crash::CutPlan;
pub use effects::EffectPlan;
pub use focal::{Coarse, FocalPlan, Gap, Input, InputPlan, Scope};
pub use law::Law;
pub use links::{LinkPlan, PathPlan, SlowsPlan};
pub use people::{Copied, ReaderPlan, UserPlan};
pub use profiles::ProfilePlan;
pub use watch::{Watch, Watcher};
pub use waves::WavePlan;

use sites::index16;
pub(crate) use waves::part;

use std::sync::Arc;

use crate::scenario::{
    Bend, Journal, Missing, OnFailure, Order, Partition, Quotas, Scenario, Shows, Steers,
    present_site,
};
use crate::units::{Ratio, Span};

/// A kind of entity: 0 is the rollout, then the group kinds, then tenants, then mailboxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindId(pub u8);

impl KindId {
    /// The one rollout.
    pub const ROLLOUT: KindId = KindId(0);

    /// As an index of a table with one row per kind.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Number of a draw site in [`Plan::sites`]; part of a draw's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteId(pub u16);

impl SiteId {
    /// As an index of [`Plan::sites`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A place in the plan where the outside world decides something.
#[derive(Clone, Debug)]
pub struct Site {
    /// Its name, by which schedules address it.
    pub name: String,
    /// What is decided there.
    pub form: SiteForm,
}

/// What is decided at a site.
#[derive(Clone, Debug)]
pub enum SiteForm {
    /// A length of time in microseconds.
    Delay(Law),
    /// A transfer rate in bytes per hour; the delay is the entity's size over it.
    Rate(Law),
    /// Whether an effect lands; nominally iff the chance is at least one half.
    Chance(Ratio),
    /// Whether a fault strikes, or a user is connected; nominally not.
    Strikes(Ratio),
    /// When a user connects next: a delay that the nominal run leaves out.
    Connect(Law),
    /// How many, from 0 to this, each as likely as the others; nominally none.
    Count(u16),
    /// A delay or a rate by class, in the order of [`Plan::classes`], then without one.
    ByClass(Box<[SiteForm]>),
    /// A length of time, or when something happens, that the environment of a focal run decides; it
    /// is never drawn.
    Outside {
        /// The least value, in microseconds.
        low: u64,
        /// The value in the nominal run; `None`: it does not come about.
        nominal: Option<u64>,
        /// The greatest value; `None`: it has none.
        high: Option<u64>,
    },
    /// A draw as it is: a place in a random order, or in the shares of the classes.
    Rank,
    /// Kept only so that the sites after it keep their numbers.
    Unused,
}

/// Everything compiled.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it was compiled from; names for people live here.
    pub scenario: Arc<Scenario>,
    /// One row per kind, by [`KindId`].
    pub kinds: Vec<KindPlan>,
    /// By `FactId`.
    pub facts: Vec<FactPlan>,
    /// By `StepId`.
    pub steps: Vec<StepPlan>,
    /// When steps, pools and the rollout keep to windows; equal ones are one.
    pub calendars: Vec<CalendarPlan>,
    /// By `PoolId`.
    pub pools: Vec<PoolPlan>,
    /// By `LinkId`.
    pub links: Vec<LinkPlan>,
    /// Of the steps whose transfers take links.
    pub paths: Vec<PathPlan>,
    /// Reactions first, then free-standing faults: plan order.
    pub acts: Vec<ActPlan>,
    /// By index in the scenario.
    pub faults: Vec<FaultPlan>,
    /// Users that keep sessions.
    pub users: Vec<UserPlan>,
    /// How busy users are; users and readers name theirs.
    pub profiles: Vec<ProfilePlan>,
    /// Users that read.
    pub readers: Vec<ReaderPlan>,
    /// Derived hazards first.
    pub hazards: Vec<HazardPlan>,
    /// By index in the scenario.
    pub goals: Vec<GoalPlan>,
    /// Conditions over descendants that are counted as facts change.
    pub quantifiers: Vec<QuantifierPlan>,
    /// By [`SiteId`].
    pub sites: Vec<Site>,
    /// What is looked at when a fact changes, by plan order.
    pub watchers: Vec<Watcher>,
    /// The fact called `access`, whose absence is downtime.
    pub access: Option<u16>,
    /// Tenants in progress at once.
    pub at_once: u32,
    /// Order of tenant starts.
    pub order: Order,
    /// Site of the time between tenant starts.
    pub pace: Option<SiteId>,
    /// Tenants start only while this calendar is open.
    pub windows: Option<u16>,
    /// Waves that the scenario names, in order; none: all tenants are one.
    pub waves: Vec<WavePlan>,
    /// The fact of the rollout that says whether it is halted, if anything halts it.
    pub halted: Option<u16>,
    /// A run ends here at the latest.
    pub horizon: Span,
    /// What is remembered after a crash.
    pub journal: Journal,
    /// Kinds whose entities crash, each once, in order.
    pub crash_kinds: Vec<KindId>,
    /// Classes of tenants, by `ClassId`.
    pub classes: Vec<ClassPlan>,
    /// Identifies the plan's meaning; equal plans have equal fingerprints on every machine.
    pub fingerprint: u64,
    /// If it is the plan of a focal run: what the environment decides in it.
    pub focal: Option<Arc<FocalPlan>>,
    pub(crate) order_site: Option<SiteId>,
    pub(crate) mailboxes_site: SiteId,
    pub(crate) size_site: Option<SiteId>,
    pub(crate) class_site: Option<SiteId>,
}

/// One kind of entity.
#[derive(Clone, Debug, Default)]
pub struct KindPlan {
    /// "rollout", "database", "tenant", "mailbox".
    pub name: String,
    /// How tenants are dealt to it, for group kinds.
    pub partition: Option<Partition>,
    /// Facts of this kind, in order; a fact's bit is its place here.
    pub facts: Vec<u16>,
    /// Steps of this kind, in plan order; a step's slot is its place here.
    pub steps: Vec<u16>,
    /// Those of them that wait for the start of their tenant and for no step of it.
    pub starters: Vec<u16>,
    /// Values of the facts at the start, by bit.
    pub initial: u64,
    /// Values after the whole plan has run nominally, the state of migrated tenants: by class, then
    /// without one.
    pub migrated: Vec<u64>,
    /// Quantifiers over entities of this kind.
    pub counted_by: Vec<u16>,
}

/// One fact.
#[derive(Clone, Debug)]
pub struct FactPlan {
    /// Kind of the entities that have it.
    pub kind: KindId,
    /// Its bit in the kind's word and its slot among the kind's facts.
    pub bit: u8,
    /// A counter's full value; 0 for a boolean.
    pub count: u16,
    /// A permission's default.
    pub missing: Option<Missing>,
    /// A finished run goes on while it is off: `access`, or a permission that may expose somebody.
    pub settles: bool,
    /// Watchers of kinds at or below the fact's, in plan order.
    pub watchers: Vec<u16>,
}

/// One step, compiled.
#[derive(Clone, Debug)]
pub struct StepPlan {
    /// Kind of its entities.
    pub kind: KindId,
    /// Its slot among the kind's steps.
    pub slot: u16,
    /// Attempts in sequence.
    pub times: u16,
    /// Steps it waits for.
    pub after: Vec<u16>,
    /// Steps that wait for it.
    pub before: Vec<u16>,
    /// False at readiness: skipped.
    pub when: Option<Cond>,
    /// True at readiness: done without effects.
    pub done_if: Option<Cond>,
    /// Must hold to enter.
    pub needs: Option<Cond>,
    /// Must hold while running.
    pub holds: Option<Cond>,
    /// Attempts start only while this calendar is open.
    pub windows: Option<u16>,
    /// Pools, taken together.
    pub uses: Vec<UsePlan>,
    /// Steps whose `until` names this one.
    pub frees: Vec<u16>,
    /// Higher enters first.
    pub priority: i32,
    /// Site of the attempt's duration or rate; `None`: no time, or no cap on a path.
    pub duration: Option<SiteId>,
    /// The links that its transfers take, by index in [`Plan::paths`]; the rate is then a cap.
    pub path: Option<u16>,
    /// Issued at every attempt's start.
    pub at_start: Vec<EffectPlan>,
    /// Issued on success.
    pub at_end: Vec<EffectPlan>,
    /// Issued on every failure.
    pub at_fail: Vec<EffectPlan>,
    /// Further attempts after a failure.
    pub retries: u16,
    /// Time between a failure and the next attempt.
    pub retry_wait: Option<SiteId>,
    /// Bound on an attempt.
    pub timeout: Option<Span>,
    /// Site of that bound, where a proof has widened it to an interval.
    pub timeout_site: Option<SiteId>,
    /// When no retry is left.
    pub on_failure: OnFailure,
    /// Issued in rollback.
    pub undo: Vec<EffectPlan>,
    /// Time the rollback of this step takes.
    pub undo_duration: Option<SiteId>,
    /// Stopped members are ignored.
    pub join_running: bool,
    /// A tenant's start is its only predecessor within the tenant.
    pub starts: bool,
    /// Place of its priority among the plan's, 0 the highest.
    pub class: u16,
    /// Faults on its attempts, by index in [`Plan::faults`].
    pub faults: Vec<u16>,
    /// Faults on its undo.
    pub undo_faults: Vec<u16>,
    /// What a crash does to it.
    pub crash: CutPlan,
    /// Goals counted from its success.
    pub goals: Vec<u16>,
    /// No `when`, `done-if`, `needs`, windows or pools: it enters once its predecessors have ended.
    pub unhindered: bool,
    /// Nothing but its duration decides when an attempt of it ends, and nothing happens at its
    /// start: no faults, no links, no `timeout`, no `holds`, no at-start effects.
    pub undisturbed: bool,
}

impl StepPlan {
    /// Settles [`Self::unhindered`] and [`Self::undisturbed`] once all else is compiled.
    fn classify(&mut self) {
        let conditions = [&self.when, &self.done_if, &self.needs];
        self.unhindered = conditions.iter().all(|cond| cond.is_none())
            && self.windows.is_none()
            && self.uses.is_empty();
        self.undisturbed = self.faults.is_empty()
            && self.path.is_none()
            && self.timeout.is_none()
            && self.holds.is_none()
            && self.at_start.is_empty();
    }
}

/// A pool a step uses.
#[derive(Clone, Copy, Debug)]
pub struct UsePlan {
    /// By `PoolId`.
    pub pool: u16,
    /// Held until this step has ended.
    pub until: Option<u16>,
}

/// One pool.
#[derive(Clone, Debug)]
pub struct PoolPlan {
    /// Slots of each of its instances, outside all shifts.
    pub slots: u32,
    /// Calendars and the slots while they are open; the first open one counts.
    pub shifts: Vec<(u16, u32)>,
    /// Admissions of each instance in an hour, in a day.
    pub quotas: Quotas,
    /// One instance per entity of this kind.
    pub kind: KindId,
}

/// A reaction or free-standing fault, compiled.
#[derive(Clone, Debug)]
pub struct ActPlan {
    /// Kind of its entities.
    pub kind: KindId,
    /// `while`.
    pub condition: Cond,
    /// Fires repeatedly.
    pub every: bool,
    /// Site of the time until it fires.
    pub trigger: SiteId,
    /// The fault it is, by index in [`Plan::faults`], and the site of its chance.
    pub fault: Option<(u16, Option<SiteId>)>,
    /// Effects.
    pub does: Vec<EffectPlan>,
    /// A fact forced, its value, for how long.
    pub forces: Option<(u16, bool, SiteId)>,
    /// A pool, slots taken, for how long.
    pub takes: Option<(u16, u32, SiteId)>,
    /// Its entity crashes; site of the time until it is up again.
    pub crashes: Option<SiteId>,
    /// What it does to the rollout as a whole.
    pub steers: Steers,
    /// A link slowed for a while.
    pub slows: Option<SlowsPlan>,
    /// Its index among the scenario's reactions, if it is one.
    pub reaction: Option<u16>,
}

/// One fault, compiled.
#[derive(Clone, Debug)]
pub struct FaultPlan {
    /// 1, or 0 for ordinary misbehaviour.
    pub cost: u8,
    /// Site of its chance; `None`: certain.
    pub chance: Option<SiteId>,
    /// What it does to an attempt of which step; `None` for any other.
    pub bend: Option<(u16, BendPlan)>,
    /// What it does to the undo of which step.
    pub undo_bend: Option<(u16, BendPlan)>,
}

/// What a fault does to an attempt or to an undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BendPlan {
    /// Another duration.
    Slow(SiteId),
    /// Fails after a while; `None`: at the attempt's end.
    Fails(Option<SiteId>),
    /// Never ends by itself.
    Hangs,
    /// At-end effects on this fact are lost.
    Loses(u16),
    /// Runs once more after success.
    Repeats,
    /// Reports success without having run.
    Skips,
}

impl BendPlan {
    fn of(bend: &Bend, site: impl Fn(&str) -> SiteId) -> BendPlan {
        match bend {
            Bend::Slow(_) => BendPlan::Slow(site("slow")),
            Bend::Fails { after } => BendPlan::Fails(after.as_ref().map(|_| site("after"))),
            Bend::Hangs => BendPlan::Hangs,
            Bend::Loses(fact) => BendPlan::Loses(fact.0),
            Bend::Repeats => BendPlan::Repeats,
            Bend::Skips => BendPlan::Skips,
        }
    }
}

/// One hazard.
#[derive(Clone, Debug)]
pub struct HazardPlan {
    /// Kind of its entities.
    pub kind: KindId,
    /// Must not hold for a positive time.
    pub when: Cond,
    /// Whose data, which categories.
    pub shows: Shows,
}

/// One goal.
#[derive(Clone, Debug)]
pub struct GoalPlan {
    /// Counted from this step's success.
    pub of: u16,
    /// Must hold at the deadline.
    pub when: Cond,
    /// The deadline.
    pub within: Span,
}

/// A condition on entities of one kind, counted for an ancestor.
#[derive(Clone, Debug)]
pub struct QuantifierPlan {
    /// The kind counted.
    pub over: KindId,
    /// The kind that counts.
    pub at: KindId,
    /// A condition on the word of the counted kind alone.
    pub cond: Cond,
    /// Watchers of kinds at or below `at`, in plan order.
    pub watchers: Vec<u16>,
}

impl Plan {
    /// The tenants' kind.
    #[must_use]
    pub fn tenant(&self) -> KindId {
        KindId(u8::try_from(self.kinds.len() - 2).expect("few kinds"))
    }

    /// The mailboxes' kind.
    #[must_use]
    pub fn mailbox(&self) -> KindId {
        KindId(u8::try_from(self.kinds.len() - 1).expect("few kinds"))
    }

    /// True if an entity of kind `of` has exactly one ancestor of kind `other`, or is of it.
    #[must_use]
    pub fn sees(&self, of: KindId, other: KindId) -> bool {
        of == other
            || other == KindId::ROLLOUT
            || (of >= self.tenant() && other < self.tenant())
            || (of == self.mailbox() && other == self.tenant())
    }

    /// The site with this name, if the plan has it; a former name counts.
    #[must_use]
    pub fn site(&self, name: &str) -> Option<SiteId> {
        let renamed = present_site(&self.scenario.renames, name);
        let found = self.sites.iter().position(|site| site.name == renamed)?;
        let live = !matches!(self.sites[found].form, SiteForm::Unused);
        live.then(|| SiteId(u16::try_from(found).expect("at most 65,535 sites")))
    }
}
