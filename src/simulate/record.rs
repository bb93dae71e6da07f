//! What is kept of one replication.

use serde::Serialize;

use crate::kernel::{Schedule, Setup, Sim, Stop};
use crate::model::Entity;
use crate::monitor::{
    Cause, Course, Outcome, PoolUse, StopReason, Stopped, Watch, Window, exposure_time,
};
use crate::simulate::exposure::{Exposed, Exposure, each_tenant};
use crate::simulate::reads::Reads;
use crate::units::{Instant, Span};

/// Windows kept in detail per replication; all are counted.
pub const ROWS_MAX: usize = 200;

/// What is kept of one replication.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Counted from 0.
    pub replication: u32,
    /// Why it ended.
    pub stop: Stop,
    /// When it ended.
    pub end: Instant,
    /// End of the last step, if all ended.
    pub makespan: Option<Span>,
    /// Tenants with at least one window.
    pub tenants_with_window: u64,
    /// Tenants somebody of whom could read in one.
    pub viewers: u64,
    /// Tenants whose data could be read.
    pub exposed: Exposed,
    /// Their mailboxes.
    pub records: Exposed,
    /// Windows by hazard.
    pub windows: Vec<u64>,
    /// Reads inside windows.
    pub reads: Reads,
    /// The longest window.
    pub longest: Span,
    /// Exposure time summed over tenants: per tenant, the union over its windows.
    pub exposure_time: Span,
    /// Downtime of the median and of the worst tenant; `None` without `access`.
    pub downtime: Option<(Span, Span)>,
    /// Goals missed, by goal.
    pub missed: Vec<u64>,
    /// Goals judged.
    pub judged: u64,
    /// Whose own step failed for good, by step.
    pub stopped: Vec<Halt>,
    /// Who is unfinished at the end, by step and reason.
    pub stuck: Vec<Halt>,
    /// Failed attempts tried again.
    pub retries: u64,
    /// By fault.
    pub strikes: Vec<u64>,
    /// By pool.
    pub pools: Vec<PoolUse>,
    /// Events.
    pub events: u64,
    /// Hash over all events.
    pub digest: u64,
    /// Causes of this run's windows: tenants and longest window of each.
    pub causes: Vec<(Cause, u64, Span)>,
    /// Waves, halts, rollbacks.
    pub course: Course,
    /// The first windows in detail.
    pub rows: Vec<Row>,
}

/// One window in detail.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The window.
    pub window: Window,
    /// Tenants it shows.
    pub exposed: Exposed,
    /// Their mailboxes.
    pub records: Exposed,
    /// Expected reads inside it.
    pub reads: f64,
}

/// So many entities halted at one step for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halt {
    /// At which step.
    pub step: u16,
    /// Why.
    pub reason: StopReason,
    /// How many.
    pub count: u64,
    /// The first of them.
    pub example: Entity,
}

impl Record {
    /// Runs a replication.
    #[must_use]
    pub fn run(setup: &Setup, replication: u32) -> Record {
        Record::run_in(&mut None, setup, replication)
    }

    /// The same in the memory of a run of the same setup before it, if there is one.
    #[must_use]
    pub(super) fn run_in(memory: &mut Option<Sim>, setup: &Setup, replication: u32) -> Record {
        let schedule = Schedule::sampled(replication);
        let sim = match memory {
            Some(sim) => {
                sim.restart(schedule);
                sim
            }
            None => memory.insert(Sim::new(setup, schedule)),
        };
        let outcome = Watch::new(sim).run(sim);
        Record::of(sim, replication, outcome)
    }

    fn of(sim: &mut Sim, replication: u32, outcome: Outcome) -> Record {
        let exposure = Exposure::of(sim, &outcome);
        let reads = Reads::of(sim, &outcome.windows);
        let mut windows = vec![0; sim.rules().plan.hazards.len()];
        for window in &outcome.windows {
            windows[usize::from(window.cause.hazard)] += 1;
        }
        let mut missed = vec![0; sim.rules().plan.goals.len()];
        for miss in &outcome.missed {
            missed[usize::from(miss.goal)] += 1;
        }
        let rows = rows(sim, &outcome);
        Record {
            replication,
            end: outcome.end,
            makespan: outcome.makespan,
            tenants_with_window: exposure.with_window.len() as u64,
            viewers: exposure.viewers.len() as u64,
            exposed: exposure.exposed,
            records: exposure.records,
            windows,
            reads,
            longest: outcome.windows.iter().map(Window::length).max().unwrap_or(Span(0)),
            exposure_time: by_tenant(sim, &outcome.windows),
            downtime: middle_and_worst(&outcome.downtime),
            missed,
            judged: outcome.judged,
            stopped: halts(&outcome.stopped),
            stuck: halts(&outcome.stuck),
            retries: outcome.retries,
            strikes: outcome.strikes,
            pools: outcome.pools,
            events: outcome.events,
            digest: outcome.digest,
            causes: causes(&outcome.windows),
            rows,
            course: outcome.course,
            stop: outcome.stop,
        }
    }
}

fn rows(sim: &mut Sim, outcome: &Outcome) -> Vec<Row> {
    let mut rows = Vec::new();
    for window in outcome.windows.iter().take(ROWS_MAX) {
        let (exposed, records) = Exposure::of_window(sim, outcome, window);
        let reads = Reads::of(sim, std::slice::from_ref(window)).expected;
        rows.push(Row { window: window.clone(), exposed, records, reads });
    }
    rows
}

fn halts(all: &[Stopped]) -> Vec<Halt> {
    let mut sorted = all.to_vec();
    sorted.sort_by_key(|stopped| (stopped.step, stopped.reason, stopped.entity));
    let chunks = sorted.chunk_by(|a, b| (a.step, a.reason) == (b.step, b.reason));
    let halt = |chunk: &[Stopped]| Halt {
        step: chunk[0].step,
        reason: chunk[0].reason,
        count: chunk.len() as u64,
        example: chunk[0].entity,
    };
    chunks.map(halt).collect()
}

/// Exposure time summed over tenants; a window of a group or the rollout is one of each tenant's.
fn by_tenant(sim: &Sim, windows: &[Window]) -> Span {
    let (plan, world) = (&sim.rules().plan, &sim.rules().world);
    let mut all: Vec<(u32, &Window)> = Vec::new();
    for window in windows {
        each_tenant(plan, world, window, &mut |tenant| all.push((tenant, window)));
    }
    all.sort_by_key(|(tenant, window)| (*tenant, window.from));
    let chunks = all.chunk_by(|a, b| a.0 == b.0);
    let times = chunks.map(|chunk| exposure_time(chunk.iter().map(|(_, window)| *window)));
    times.fold(Span(0), Span::saturating_add)
}

fn middle_and_worst(downtime: &[Span]) -> Option<(Span, Span)> {
    let mut sorted = downtime.to_vec();
    sorted.sort_unstable();
    Some((*sorted.get(sorted.len().saturating_sub(1) / 2)?, *sorted.last()?))
}

fn causes(windows: &[Window]) -> Vec<(Cause, u64, Span)> {
    let mut sorted: Vec<&Window> = windows.iter().collect();
    sorted.sort_by(|a, b| (&a.cause, a.tenant, a.entity).cmp(&(&b.cause, b.tenant, b.entity)));
    let mut causes = Vec::new();
    for chunk in sorted.chunk_by(|a, b| a.cause == b.cause) {
        let tenants = chunk.chunk_by(|a, b| {
            (a.tenant, a.tenant.is_none().then_some(a.entity))
                == (b.tenant, b.tenant.is_none().then_some(b.entity))
        });
        let longest = chunk.iter().map(|window| window.length()).max().unwrap_or(Span(0));
        causes.push((chunk[0].cause.clone(), tenants.count() as u64, longest));
    }
    causes
}

/// The stop reason as a word for tables and JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Every step ended.
    Finished,
    /// Something is left that never ends.
    Stuck,
    /// The rollout was halted, and whoever had started is through.
    Halted,
    /// Cut off by the horizon.
    Horizon,
    /// The same activity started again and again at one instant.
    Livelock,
    /// Too many events.
    Events,
}

impl From<&Stop> for End {
    fn from(stop: &Stop) -> End {
        match stop {
            Stop::Finished => End::Finished,
            Stop::Stuck => End::Stuck,
            Stop::Halted => End::Halted,
            Stop::Horizon => End::Horizon,
            Stop::Livelock(_) => End::Livelock,
            Stop::Events => End::Events,
        }
    }
}
