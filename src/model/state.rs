//! The state of a run: plain tables by entity, cheap to clone.

use std::collections::BTreeMap;

use crate::model::Choice;
use crate::model::crash::Orphan;
use crate::model::environment::Outside;
use crate::model::layout::Layout;
use crate::model::rollback::Rollback;
use crate::model::slots::{Line, PoolSlot, Request};
use crate::model::starts::Letting;
use crate::model::world::{Entity, World};
use crate::plan::{CalendarPlan, KindId, Plan};
use crate::scenario::Write;
use crate::units::{Instant, Rate};

/// Where an activity of the plan stands for one entity (S1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Waits for its predecessors, or for its tenant to start.
    #[default]
    Blocked,
    /// Ready but for `needs`.
    Waiting,
    /// Waits for its pools.
    Queued,
    /// Admitted; its at-start effects come in an event of their own.
    Starting,
    /// An attempt runs.
    Running,
    /// Waits before a further attempt.
    RetryWait,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// Ended without having run.
    Skipped,
}

impl Phase {
    /// True in the three final phases.
    #[must_use]
    pub fn ended(self) -> bool {
        self >= Phase::Succeeded
    }
}

/// One step of one entity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instance {
    /// Predecessors (and the tenant's start) still outstanding.
    pub pending: u32,
    /// Changes whenever its timers or its place in a queue become void.
    pub stamp: u32,
    /// Attempts begun.
    pub attempt: u32,
    /// Successful attempts still wanted.
    pub left: u16,
    /// Failures since the last success.
    pub failures: u16,
    /// Where it stands.
    pub phase: Phase,
    /// See `flag`.
    pub flags: u8,
    /// Slots it holds `until` a later step, by place in the step's `uses`.
    pub held: u16,
}

/// Bits of [`Instance::flags`].
pub(super) mod flag {
    /// A fault bends the running attempt: see `State::bent`.
    pub(crate) const BENT: u8 = 2;
    /// The running attempt repeats one that succeeded.
    pub(crate) const REPEATED: u8 = 4;
    /// Its entity stopped before it ended.
    pub(crate) const CUT: u8 = 8;
    /// A crash cut its attempt, and nothing has followed from that yet.
    pub(crate) const INTERRUPTED: u8 = 16;
    /// What a crash cut is being undone.
    pub(crate) const UNDOING: u8 = 32;
    /// The others that it waits for have ended theirs (in a focal run).
    pub(crate) const JOINED: u8 = 64;
}

/// Facts of one entity, by bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// What everybody reads.
    pub(super) seen: u64,
    /// What is written beneath forced values.
    pub(super) raw: u64,
}

/// The write history of one fact of one entity, as far as E2, E3 and E6 need it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct FactSlot {
    /// Issue number of the newest landed write.
    pub(super) newest: u32,
    /// Issue number of the newest landed on or off.
    pub(super) newest_set: u32,
    /// Stamp of the pending expiry; 0: none.
    pub(super) lease: u32,
    /// A counter's value.
    pub(super) count: u16,
    /// Values forced on it at present.
    pub(super) forces: u16,
    /// The pending expiry keeps a finished run going.
    pub(super) counted: bool,
}

/// An effect in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flight {
    pub(super) write: Write,
    pub(super) fact: u16,
    pub(super) late: bool,
    pub(super) issue: u32,
    /// It keeps a finished run going.
    pub(super) counted: bool,
    /// Site, entity and occurrence of the lease.
    pub(super) lease: Option<Choice>,
}

/// A forced value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Forced {
    pub(super) id: u32,
    pub(super) on: bool,
    /// It keeps a finished run going.
    pub(super) counted: bool,
}

/// A link that is slowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slowed {
    pub(super) id: u32,
    pub(super) holder: Entity,
    pub(super) link: u16,
    /// To this rate.
    pub(super) to: Rate,
    /// It keeps a finished run going.
    pub(super) counted: bool,
}

/// One act of one entity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct ActSlot {
    pub(super) stamp: u32,
    pub(super) occurrence: u32,
    pub(super) holds: bool,
}

/// Where a user's session path stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Path {
    /// Nothing can matter: in or out of a session as in the long run, undecided which.
    #[default]
    Asleep,
    /// No session; connects after a while if it may.
    Idle,
    /// In a session.
    Session,
}

/// One user of one entity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct UserSlot {
    pub(super) stamp: u32,
    pub(super) occurrence: u32,
    /// Kept facts as they were at connect, in the order of `keeps`.
    pub(super) frozen: u64,
    /// Copies of hazards that hold, in the order of `copies`.
    pub(super) open: u64,
    pub(super) path: Path,
    /// A connection is pending.
    pub(super) armed: bool,
}

/// Where a tenant stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TenantSlot {
    /// Steps of the tenant and its mailboxes that have not ended.
    pub(super) open: u32,
    pub(super) started: bool,
    /// A step of it or of a mailbox was cut off or blocked.
    pub(super) cut: bool,
    /// Rollbacks under way for it or its mailboxes.
    pub(super) rollbacks: u16,
    /// Holds a place of `at-once`.
    pub(super) in_progress: bool,
}

/// The state of a run.
#[derive(Debug)]
pub struct State {
    /// Per entity.
    pub(super) words: Vec<Word>,
    pub(super) facts: Vec<FactSlot>,
    pub(super) instances: Vec<Instance>,
    pub(super) pools: Vec<PoolSlot>,
    pub(super) lines: Vec<Line>,
    /// Number of the line for a class and a set of pool instances.
    pub(super) line_numbers: BTreeMap<(u16, Vec<u32>), u32>,
    pub(super) acts: Vec<ActSlot>,
    pub(super) users: Vec<UserSlot>,
    /// Per hazard and entity: holds live.
    pub(super) hazards: Vec<bool>,
    /// Per quantifier and counting entity.
    pub(super) counts: Vec<u32>,
    pub(super) tenants: Vec<TenantSlot>,
    /// Per entity: its plan has ended early.
    pub(super) stopped: Vec<bool>,
    /// Per instance, in order of ending, for rollback: only kept if the plan has undo lists.
    pub(super) ended_as: Vec<u32>,
    pub(super) flights: Vec<Option<Flight>>,
    pub(super) free_flights: Vec<u32>,
    /// By whom and what, in order of beginning: the last is seen.
    pub(super) forced: BTreeMap<(Entity, u16), Vec<Forced>>,
    /// Faults that bend running attempts, by row of `instances`.
    pub(super) bent: BTreeMap<usize, Vec<u16>>,
    pub(super) slowed: Vec<Slowed>,
    /// By the stamp of their pending timer.
    pub(super) rollbacks: BTreeMap<u32, Rollback>,
    /// Undos begun, by instance.
    pub(super) undos: BTreeMap<u32, u32>,
    /// By the stamp of their timers.
    pub(super) orphans: BTreeMap<u32, Orphan>,
    /// Per entity: crashes of its own orchestrator, worker or job that it is not up from yet; empty
    /// if nothing can crash.
    pub(super) downs: Vec<u16>,
    /// Issue numbers, stamps, request numbers given so far.
    pub(super) issues: u32,
    pub(super) stamps: u32,
    pub(super) requests: u64,
    pub(super) ends: u32,
    /// Who has started and who may.
    pub(super) letting: Letting,
    /// Tenants to be rolled back once their attempts under way have ended: how many there are.
    pub(super) withdrawn: BTreeMap<Entity, u32>,
    /// Boundaries of each calendar that have been passed.
    pub(super) passed: Vec<u32>,
    /// Steps that take part and have not ended, and timers that keep a run going.
    pub(super) open_steps: u64,
    pub(super) in_flight: u64,
    /// Hazards that hold, live and inside sessions, and facts off that leave a run unsettled.
    pub(super) unsettled: u64,
    /// What is issued now is a fault's doing after the plan has ended: it keeps nothing going, or a
    /// fault that strikes again and again would never let a run end.
    pub(super) background: bool,
    /// What the environment of a focal run has done.
    pub(super) outside: Outside,
    pub(super) scratch: Scratch,
}

/// Work lists of one event, empty between events; kept for their capacity.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// (entity, fact) whose visible value changed.
    pub(super) changed: Vec<(Entity, u16)>,
    /// (entity, quantifier) whose count changed.
    pub(super) recounted: Vec<(Entity, u16)>,
    /// (watcher, entity) to be looked at.
    pub(super) looks: Vec<(u16, Entity)>,
    /// Steps that may have become ready.
    pub(super) ready: Vec<(u16, Entity)>,
    /// New requests, as (priority class, request).
    pub(super) asked: Vec<(u16, Request)>,
    /// Requests that others have let through (in a focal run).
    pub(super) waited: Vec<(u16, Request)>,
    /// Pool instances with slots that became free.
    pub(super) freed: Vec<u32>,
    /// Lines with requests for them.
    pub(super) lines: Vec<u32>,
    /// Pool instances that one request needs.
    pub(super) pools: Vec<u32>,
    /// The line that was asked for last: where to look first.
    pub(super) line: u32,
    /// Writes of a batch that will be issued: effect, who decides, whose fact.
    pub(super) targets: Vec<(u16, Entity, Entity)>,
}

impl Scratch {
    /// True if nothing follows from the event so far.
    #[inline(always)]
    pub(super) fn idle(&self) -> bool {
        let looks = self.changed.len() | self.recounted.len();
        let entries = self.ready.len() | self.asked.len() | self.waited.len();
        looks | entries | self.freed.len() == 0
    }
}

/// A calendar may be open from the start.
fn passed_at_start(calendar: &CalendarPlan) -> u32 {
    u32::try_from(calendar.passed(Instant(0))).expect("fewer than 2^32 boundaries")
}

impl State {
    /// A place in the tables for everything, nothing begun.
    pub(super) fn new(plan: &Plan, world: &World, layout: &Layout) -> State {
        let mut words = Vec::with_capacity(world.entities());
        let mut facts = Vec::with_capacity(layout.totals[0]);
        for (kind, index) in plan.kinds.iter().zip(0..) {
            let id = KindId(index);
            for entity in world.all(id) {
                let moves = world.moves(id, entity) || id == KindId::ROLLOUT;
                let class = if plan.classes.is_empty() { 0 } else { world.class(plan, entity) };
                // What a tenant's class is stands in its word, where conditions read it.
                let word = match moves {
                    true => kind.initial | plan.class_word(id, class),
                    false => kind.migrated[class],
                };
                words.push(Word { seen: word, raw: word });
                facts.extend(kind.facts.iter().map(|&fact| {
                    let fact = &plan.facts[usize::from(fact)];
                    let count = if word >> fact.bit & 1 == 1 { fact.count } else { 0 };
                    FactSlot { count, ..FactSlot::default() }
                }));
            }
        }
        let crashes = !plan.crash_kinds.is_empty();
        let (quantifiers, instances) = (plan.quantifiers.len(), layout.totals[1]);
        let outside = plan.focal.as_ref().map(|focal| Outside::new(focal, quantifiers, instances));
        let undoes = plan.steps.iter().any(|step| !step.undo.is_empty());
        State {
            words,
            facts,
            instances: vec![Instance::default(); layout.totals[1]],
            pools: vec![PoolSlot::default(); layout.totals[2]],
            lines: Vec::new(),
            line_numbers: BTreeMap::new(),
            acts: vec![ActSlot::default(); layout.totals[3]],
            users: vec![UserSlot::default(); layout.totals[4]],
            hazards: vec![false; layout.totals[5]],
            counts: vec![0; layout.totals[6]],
            tenants: vec![TenantSlot::default(); world.count(plan.tenant()) as usize],
            stopped: vec![false; world.entities()],
            ended_as: if undoes { vec![0; layout.totals[1]] } else { Vec::new() },
            flights: Vec::new(),
            free_flights: Vec::new(),
            forced: BTreeMap::new(),
            bent: BTreeMap::new(),
            slowed: Vec::new(),
            rollbacks: BTreeMap::new(),
            undos: BTreeMap::new(),
            orphans: BTreeMap::new(),
            downs: if crashes { vec![0; world.entities()] } else { Vec::new() },
            issues: 0,
            stamps: 0,
            requests: 0,
            ends: 0,
            letting: Letting::new(world),
            withdrawn: BTreeMap::new(),
            passed: plan.calendars.iter().map(passed_at_start).collect(),
            open_steps: 0,
            in_flight: 0,
            unsettled: 0,
            background: false,
            outside: outside.unwrap_or_default(),
            scratch: Scratch::default(),
        }
    }

    /// Visible facts of an entity, by bit.
    #[must_use]
    pub fn facts_of(&self, entity: Entity) -> u64 {
        self.words[entity.index()].seen
    }

    /// True when every step that takes part has ended or its entity has stopped.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.open_steps == 0
    }

    /// True if no step is open and nothing is pending that has an end of its own.
    #[inline(always)]
    pub(crate) fn idle(&self) -> bool {
        self.open_steps | self.in_flight == 0
    }

    /// Ends of steps so far, whichever way they ended.
    #[must_use]
    pub fn ends(&self) -> u32 {
        self.ends
    }

    /// True while something is pending that has an end of its own: an attempt, a landing, a lease,
    /// a goal, an exposing session. Not so a free-standing fault or an ordinary connection.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.in_flight > 0
    }

    /// Whose undo lists are being issued, each with the step that is undone next.
    pub fn rolling_back(&self) -> impl Iterator<Item = (Entity, u16)> {
        let rollbacks = self.rollbacks.values().filter(|rollback| rollback.again.is_none());
        rollbacks.filter_map(|rollback| Some((rollback.entity, rollback.left.last()?.0)))
    }

    /// True while a hazard holds, or while `access` or a permission that is open when missing is
    /// off for anybody: users, faults and reactions may still make something of it.
    #[must_use]
    pub fn unsettled(&self) -> bool {
        self.unsettled > 0
    }

    /// A hazard begins or ceases to hold.
    pub(super) fn count_window(&mut self, open: bool) {
        self.unsettled = if open { self.unsettled + 1 } else { self.unsettled - 1 };
    }

    /// True if a timer is that of a remote attempt for which nobody waits any more.
    #[inline]
    pub(super) fn is_orphan(&self, stamp: u32) -> bool {
        !self.orphans.is_empty() && self.orphans.contains_key(&stamp)
    }

    #[inline]
    pub(super) fn stamp(&mut self) -> u32 {
        self.stamps += 1;
        self.stamps
    }

    pub(super) fn issue(&mut self) -> u32 {
        self.issues += 1;
        self.issues
    }
}
