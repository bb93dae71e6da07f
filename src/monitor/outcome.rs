//! What one run came to.

use crate::kernel::{Monitor, Sim, Stop};
use crate::model::{Entity, Happening, Phase, Timer};
use crate::monitor::course::Course;
use crate::monitor::measures::{Measures, PoolUse};
use crate::monitor::windows::{Window, Windows};
use crate::plan::KindId;
use crate::units::{Instant, Span};

/// What one run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Why it ended.
    pub stop: Stop,
    /// When it ended.
    pub end: Instant,
    /// End of the last step; `None` if steps are unfinished.
    pub makespan: Option<Span>,
    /// All windows of at least 1 µs, in order of opening.
    pub windows: Vec<Window>,
    /// Downtime of each tenant that moved, by tenant; empty if there is no fact `access`.
    pub downtime: Vec<Span>,
    /// Goals that did not hold at their deadline.
    pub missed: Vec<Missed>,
    /// Goals judged.
    pub judged: u64,
    /// Entities whose own step failed for good.
    pub stopped: Vec<Stopped>,
    /// Tenants that have not ended, and what they wait for.
    pub stuck: Vec<Stopped>,
    /// Failed attempts that were tried again.
    pub retries: u64,
    /// How often each fault struck, by index in the plan.
    pub strikes: Vec<u64>,
    /// By pool.
    pub pools: Vec<PoolUse>,
    /// Events.
    pub events: u64,
    /// Hash over all events.
    pub digest: u64,
    /// Waves, halts, rollbacks.
    pub course: Course,
    /// Tenant by tenant: when it ended in this run (for who is on the new system), if it did.
    pub ended: Vec<(u32, Instant)>,
}

/// A goal missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// By index in the plan.
    pub goal: u16,
    /// For whom.
    pub entity: Entity,
    /// The deadline.
    pub at: Instant,
}

/// Somebody whose plan did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Who.
    pub entity: Entity,
    /// At which step.
    pub step: u16,
    /// Why.
    pub reason: StopReason,
}

/// Why somebody's plan did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopReason {
    /// The step failed and no retry was left.
    Failed,
    /// It waits for a predecessor that does not end.
    Predecessor,
    /// Its `needs` never held.
    Needs,
    /// Its windows do not open again before the horizon.
    Windows,
    /// It never got its slots.
    Pools,
    /// The attempt never ended.
    Running,
    /// Its tenant never started.
    NotStarted,
    /// Its rollback failed before this step was undone.
    RollbackFailed,
    /// The undo of this step never ended.
    RollingBack,
}

/// The monitor that makes an [`Outcome`].
#[derive(Clone, Debug)]
pub struct Watch {
    windows: Windows,
    measures: Measures,
    course: Course,
    missed: Vec<Missed>,
    judged: u64,
    stopped: Vec<Stopped>,
    blocked: Vec<(u16, Entity)>,
    ended: Vec<(u32, Instant)>,
}

impl Watch {
    /// Watches a run from its beginning.
    #[must_use]
    pub fn new(sim: &Sim) -> Watch {
        Watch {
            windows: Windows::default(),
            measures: Measures::new(sim),
            course: Course::new(sim),
            missed: Vec::new(),
            judged: 0,
            stopped: Vec::new(),
            blocked: Vec::new(),
            ended: Vec::new(),
        }
    }

    /// Runs to the end and says what it came to.
    #[must_use]
    pub fn run(mut self, sim: &mut Sim) -> Outcome {
        let stop = sim.run(&mut self);
        self.finish(sim, stop)
    }

    /// What the run came to.
    #[must_use]
    pub fn finish(mut self, sim: &Sim, stop: Stop) -> Outcome {
        let horizon = Instant(sim.rules().plan.horizon.0);
        let end = if stop == Stop::Horizon { horizon } else { sim.now() };
        // What is left as it is at the end stays so; a run that was broken off says nothing of that.
        let broken_off = matches!(stop, Stop::Livelock(_) | Stop::Events);
        let lasting = if broken_off { end } else { horizon };
        let finished = sim.state().finished();
        let makespan = sim.last_end().since(Instant(0));
        Outcome {
            end,
            makespan: finished.then_some(makespan),
            windows: self.windows.finish(lasting),
            downtime: self.measures.downtime(sim, lasting),
            missed: self.missed,
            judged: self.judged,
            stopped: self.stopped,
            stuck: stuck(sim, &stop, &self.blocked),
            retries: self.measures.retries,
            pools: self.measures.pools(sim, end),
            strikes: self.measures.strikes,
            events: sim.events(),
            digest: sim.digest(),
            ended: self.ended,
            course: self.course.finish(sim),
            stop,
        }
    }
}

impl Watch {
    /// Whose rollback failed has stopped before; now the reason is worse.
    fn not_undone(&mut self, entity: Entity, step: u16) {
        let worse = Stopped { entity, step, reason: StopReason::RollbackFailed };
        match self.stopped.iter_mut().rfind(|stopped| stopped.entity == entity) {
            Some(stopped) => *stopped = worse,
            None => self.stopped.push(worse),
        }
    }
}

impl Monitor for Watch {
    fn event(&mut self, sim: &Sim, timer: Option<Timer>, happenings: &[Happening]) {
        for happening in happenings {
            match *happening {
                Happening::Struck { .. } => {
                    self.windows.note(sim, timer, happening);
                    self.measures.note(sim, happening);
                }
                Happening::Hazard { .. } => self.windows.note(sim, timer, happening),
                Happening::Goal { goal, entity, met } => {
                    self.judged += 1;
                    if !met {
                        self.missed.push(Missed { goal, entity, at: sim.now() });
                    }
                }
                Happening::Stopped { entity, step: Some(step) } => {
                    self.stopped.push(Stopped { entity, step, reason: StopReason::Failed });
                }
                Happening::RollbackFailed { entity, step } => self.not_undone(entity, step),
                Happening::Blocked { step, entity } => self.blocked.push((step, entity)),
                Happening::TenantEnded(tenant) => {
                    let rules = sim.rules();
                    let index = rules.world.index(rules.plan.tenant(), tenant);
                    self.ended.push((index, sim.now()));
                }
                Happening::Halted { .. }
                | Happening::Resumed { .. }
                | Happening::WaveStarted(_)
                | Happening::WaveEnded(_)
                | Happening::RolledBack(_) => self.course.note(sim, happening),
                _ => self.measures.note(sim, happening),
            }
        }
    }

    fn follows_all(&self) -> bool {
        false
    }
}

/// Entities with unfinished rollbacks, unfinished or blocked steps in a run that has ended, each
/// with the first of them that waits for something else than its predecessors.
fn stuck(sim: &Sim, stop: &Stop, blocked: &[(u16, Entity)]) -> Vec<Stopped> {
    let undoing = sim.state().rolling_back();
    let undoing =
        undoing.map(|(entity, step)| Stopped { entity, step, reason: StopReason::RollingBack });
    let blocked = blocked.iter().map(|&(step, entity)| Stopped {
        entity,
        step,
        reason: StopReason::Predecessor,
    });
    let mut stuck: Vec<Stopped> = undoing.chain(blocked).collect();
    // Whom a halt keeps from starting waits for nothing.
    if !sim.state().finished() && *stop != Stop::Halted {
        unfinished(sim, &mut stuck);
    }
    stuck.sort_by_key(|stopped| {
        (stopped.entity, stopped.reason == StopReason::Predecessor, stopped.step)
    });
    stuck.dedup_by_key(|stopped| stopped.entity);
    stuck
}

fn unfinished(sim: &Sim, stuck: &mut Vec<Stopped>) {
    let rules = sim.rules();
    let starts_wait = rules.starts_wait(sim.state());
    let halted = sim.state().halted();
    for (index, step) in (0u16..).zip(&rules.plan.steps) {
        for entity in rules.world.all(step.kind) {
            let standing = rules.standing(sim.state(), index, entity);
            if standing.phase.ended() || rules.stopped(sim.state(), entity) {
                continue;
            }
            if halted && !has_started(sim, step.kind, entity) {
                continue;
            }
            let reason = match standing.phase {
                Phase::Blocked if standing.pending > 0 && step.starts => match starts_wait {
                    true => StopReason::Windows,
                    false => StopReason::NotStarted,
                },
                Phase::Blocked => StopReason::Predecessor,
                Phase::Waiting if rules.waits_for_windows(sim.state(), index, entity) => {
                    StopReason::Windows
                }
                Phase::Waiting => StopReason::Needs,
                Phase::Queued => StopReason::Pools,
                _ => StopReason::Running,
            };
            stuck.push(Stopped { entity, step: index, reason });
        }
    }
}

/// False for a tenant that has not started, and for its mailboxes.
fn has_started(sim: &Sim, kind: KindId, entity: Entity) -> bool {
    let (rules, tenant) = (sim.rules(), sim.rules().plan.tenant());
    kind < tenant || {
        let tenant_entity = rules.world.ancestor(kind, entity, tenant);
        rules.has_started(sim.state(), rules.world.index(tenant, tenant_entity))
    }
}

/// The time in which at least one of the windows is open.
#[must_use]
pub fn exposure_time<'a>(windows: impl Iterator<Item = &'a Window>) -> Span {
    let mut total = Span(0);
    each_exposure(windows, &mut |from, to| total = total.saturating_add(to.since(from)));
    total
}

/// Calls `f` with the intervals in which at least one of the windows is open, in order and apart but
/// for their ends.
pub fn each_exposure<'a>(
    windows: impl Iterator<Item = &'a Window>,
    f: &mut dyn FnMut(Instant, Instant),
) {
    let mut intervals: Vec<(Instant, Instant)> = windows.map(|w| (w.from, w.to)).collect();
    intervals.sort_unstable();
    let mut until = Instant(0);
    for (from, to) in intervals {
        let from = from.max(until);
        if to > from {
            f(from, to);
            until = to;
        }
    }
}
