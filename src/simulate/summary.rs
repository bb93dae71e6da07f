//! What replications say together, with intervals by the stated methods.

use crate::kernel::Setup;
use crate::monitor::Cause;
use crate::scenario::Measure;
use crate::simulate::course::CourseSummary;
use crate::simulate::record::{End, Halt, Record};
use crate::statistics::{Interval, Moments, clopper_pearson, mean_t, quantile_order};
use crate::units::{Instant, Span};

/// A mean per replication with its t interval, and the extremes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Mean over replications.
    pub mean: f64,
    /// t interval of the mean; `None` below two replications.
    pub interval: Option<Interval>,
    /// Deviation of one replication.
    pub deviation: f64,
    /// Smallest of all.
    pub min: f64,
    /// Largest of all.
    pub max: f64,
}

/// A share of replications with its Clopper–Pearson interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Replications in which it happened.
    pub hits: u64,
    /// Replications.
    pub of: u64,
    /// `hits / of`.
    pub share: f64,
    /// Clopper–Pearson.
    pub interval: Interval,
}

/// A quantile over replications with an interval from order statistics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile {
    /// Which: in (0, 1).
    pub q: f64,
    /// Its estimate.
    pub estimate: Span,
    /// Lower bound, if the sample is large enough for one.
    pub low: Option<Span>,
    /// Upper bound, likewise.
    pub high: Option<Span>,
}

/// One cause of exposure over all replications.
#[derive(Clone, Debug, PartialEq)]
pub struct CauseRow {
    /// Why.
    pub cause: Cause,
    /// Replications in which it occurred.
    pub share: Share,
    /// Tenants (or groups) with such a window, over all replications.
    pub tenants: u64,
    /// Its longest window.
    pub longest: Span,
    /// The first replication in which it occurred.
    pub first: u32,
}

/// A pool over all replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoolSummary {
    /// Share of slot-time in use until the last step ended.
    pub utilisation: Estimate,
    /// Mean wait of a request, in microseconds.
    pub wait: Estimate,
    /// Most slots of one instance in use at once.
    pub peak: u32,
}

/// What replications say together. Durations are in microseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Replications.
    pub replications: u32,
    /// One minus the coverage of the intervals.
    pub alpha: f64,
    /// Rollouts in which anyone had a window.
    pub runs_with_exposure: Share,
    /// Per run.
    pub tenants_with_window: Estimate,
    /// Per run.
    pub viewers: Estimate,
    /// Per run, as far as bounds go.
    pub exposed_min: Estimate,
    /// Per run.
    pub exposed: Estimate,
    /// Per run: mailboxes of the exposed.
    pub records: Estimate,
    /// Per run.
    pub expected_reads: Estimate,
    /// Per run.
    pub sampled_reads: Estimate,
    /// Probability that anybody reads at all in a rollout: the mean of 1 − exp(−∫rate).
    pub any_read: Estimate,
    /// Longest window of a run.
    pub longest: Estimate,
    /// Per run, summed over tenants.
    pub exposure_time: Estimate,
    /// Downtime of a run's median tenant.
    pub downtime_median: Option<Estimate>,
    /// Downtime of a run's worst tenant.
    pub downtime_max: Option<Estimate>,
    /// Per run, over all goals.
    pub goals_missed: Estimate,
    /// Per run, by goal.
    pub missed: Vec<Estimate>,
    /// Goals judged per run.
    pub judged: Estimate,
    /// Entities whose own step failed for good, per run.
    pub stopped: Estimate,
    /// Entities unfinished at the end, per run.
    pub stuck: Estimate,
    /// Of all runs: where and why entities halted, and the first replication in which one did.
    pub halts: Vec<(Halt, u32)>,
    /// Per run.
    pub retries: Estimate,
    /// Per run, by fault.
    pub strikes: Vec<Estimate>,
    /// Windows per run, by hazard.
    pub windows: Vec<Estimate>,
    /// Expected reads per run, by hazard.
    pub reads: Vec<Estimate>,
    /// Over finished runs; `None` if none finished.
    pub makespan: Option<Estimate>,
    /// Median, 90 % and 95 % of finished runs.
    pub makespan_quantiles: Vec<Quantile>,
    /// How runs ended.
    pub ends: Vec<(End, u64)>,
    /// By pool.
    pub pools: Vec<PoolSummary>,
    /// Waves, halts, rollbacks.
    pub course: CourseSummary,
    /// Most frequent first.
    pub causes: Vec<CauseRow>,
    /// Events over all runs.
    pub events: u64,
    /// Hash over all runs' digests, in order.
    pub digest: u64,
}

impl Summary {
    /// Sums up replications, in order.
    ///
    /// # Panics
    /// If there are none.
    #[must_use]
    pub fn of(setup: &Setup, records: &[Record], alpha: f64) -> Summary {
        assert!(!records.is_empty(), "a summary needs at least one replication");
        let n = records.len() as u64;
        let mean = |value: &dyn Fn(&Record) -> f64| estimate(records.iter().map(value), alpha);
        let each = |count: usize, value: &dyn Fn(&Record, usize) -> f64| {
            (0..count).map(|index| mean(&|record| value(record, index))).collect::<Vec<_>>()
        };
        let plan = setup.plan();
        let hits = records.iter().filter(|record| record.tenants_with_window > 0).count() as u64;
        let downtime = |pick: &dyn Fn((Span, Span)) -> Span| {
            let some = records.iter().filter_map(|record| record.downtime);
            let values: Vec<f64> = some.map(|pair| micros(pick(pair))).collect();
            (!values.is_empty()).then(|| estimate(values.into_iter(), alpha))
        };
        let mut finished: Vec<Span> = records.iter().filter_map(|record| record.makespan).collect();
        let makespan = (!finished.is_empty())
            .then(|| estimate(finished.iter().map(|&span| micros(span)), alpha));
        finished.sort_unstable();
        let halted = |halts: &[Halt]| halts.iter().map(|halt| halt.count).sum::<u64>() as f64;
        Summary {
            replications: u32::try_from(n).expect("fewer than 2^32 replications"),
            alpha,
            runs_with_exposure: share(hits, n, alpha),
            tenants_with_window: mean(&|record| record.tenants_with_window as f64),
            viewers: mean(&|record| record.viewers as f64),
            exposed_min: mean(&|record| record.exposed.min as f64),
            exposed: mean(&|record| record.exposed.max as f64),
            records: mean(&|record| record.records.max as f64),
            expected_reads: mean(&|record| record.reads.expected),
            sampled_reads: mean(&|record| record.reads.sampled as f64),
            any_read: mean(&|record| record.reads.any()),
            longest: mean(&|record| micros(record.longest)),
            exposure_time: mean(&|record| micros(record.exposure_time)),
            downtime_median: downtime(&|pair| pair.0),
            downtime_max: downtime(&|pair| pair.1),
            goals_missed: mean(&|record| record.missed.iter().sum::<u64>() as f64),
            missed: each(plan.goals.len(), &|record, goal| record.missed[goal] as f64),
            judged: mean(&|record| record.judged as f64),
            stopped: mean(&|record| halted(&record.stopped)),
            stuck: mean(&|record| halted(&record.stuck)),
            halts: halts(records),
            retries: mean(&|record| record.retries as f64),
            strikes: each(plan.faults.len(), &|record, fault| record.strikes[fault] as f64),
            windows: each(plan.hazards.len(), &|record, hazard| record.windows[hazard] as f64),
            reads: each(plan.hazards.len(), &|record, hazard| record.reads.by_hazard[hazard]),
            makespan,
            makespan_quantiles: quantiles(&finished, alpha),
            ends: ends(records),
            pools: (0..plan.pools.len())
                .map(|pool| pool_use(setup, records, pool, alpha))
                .collect(),
            course: CourseSummary::of(setup, records, alpha),
            causes: causes(records, alpha),
            events: records.iter().map(|record| record.events).sum(),
            digest: records.iter().fold(0, |hash: u64, record| {
                (hash.rotate_left(7) ^ record.digest).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            }),
        }
    }

    /// The value of a measure that `[expect.simulate]` can state: durations in microseconds. `None`
    /// if nothing was there to measure.
    #[must_use]
    pub fn measure(&self, measure: Measure) -> Option<f64> {
        let of = |list: &[Estimate], index: u16| list.get(usize::from(index)).map(|e| e.mean);
        Some(match measure {
            Measure::RunsWithExposure => self.runs_with_exposure.share,
            Measure::TenantsWithWindow => self.tenants_with_window.mean,
            Measure::Viewers => self.viewers.mean,
            Measure::Exposed => self.exposed.mean,
            Measure::ExpectedReads => self.expected_reads.mean,
            Measure::LongestWindow => self.longest.max,
            Measure::ExposureTime => self.exposure_time.mean,
            Measure::DowntimeMedian => self.downtime_median?.mean,
            Measure::DowntimeMax => self.downtime_max?.max,
            Measure::GoalsMissed => self.goals_missed.mean,
            Measure::Stopped => self.stopped.mean,
            Measure::Stuck => self.stuck.mean,
            Measure::Retries => self.retries.mean,
            Measure::RunsHalted => self.course.halted.share,
            Measure::NeverStarted => self.course.never_started.mean,
            Measure::RolledBack => self.course.rolled_back.mean,
            Measure::Wave(wave) => self.course.waves.get(usize::from(wave))?.takes?.mean,
            Measure::Makespan => self.makespan?.mean,
            Measure::Reads(hazard) => of(&self.reads, hazard)?,
            Measure::Windows(hazard) => of(&self.windows, hazard)?,
            Measure::Wait(pool) => self.pools.get(usize::from(pool.0))?.wait.mean,
            Measure::Faults(fault) => of(&self.strikes, fault)?,
        })
    }
}

fn micros(span: Span) -> f64 {
    span.0 as f64
}

pub(super) fn estimate(values: impl Iterator<Item = f64>, alpha: f64) -> Estimate {
    let mut moments = Moments::default();
    let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values {
        moments.push(value);
        min = min.min(value);
        max = max.max(value);
    }
    let mean = moments.mean().expect("at least one value");
    let deviation = moments.deviation().unwrap_or(0.0);
    Estimate {
        mean,
        interval: mean_t(mean, deviation, moments.count(), alpha),
        deviation,
        min,
        max,
    }
}

pub(super) fn share(hits: u64, of: u64, alpha: f64) -> Share {
    let interval = clopper_pearson(hits, of, alpha);
    Share { hits, of, share: hits as f64 / of as f64, interval }
}

fn quantiles(sorted: &[Span], alpha: f64) -> Vec<Quantile> {
    if sorted.is_empty() {
        return Vec::new();
    }
    let quantile = |q: f64| {
        let found = quantile_order(sorted, q, alpha);
        Quantile { q, estimate: found.estimate, low: found.low, high: found.high }
    };
    [0.5, 0.9, 0.95].map(quantile).to_vec()
}

fn ends(records: &[Record]) -> Vec<(End, u64)> {
    let mut all: Vec<End> = records.iter().map(|record| End::from(&record.stop)).collect();
    all.sort_unstable();
    all.chunk_by(|a, b| a == b).map(|chunk| (chunk[0], chunk.len() as u64)).collect()
}

fn halts(records: &[Record]) -> Vec<(Halt, u32)> {
    let mut all: Vec<(Halt, u32)> = Vec::new();
    for record in records {
        for halt in record.stopped.iter().chain(&record.stuck) {
            let known = all
                .iter_mut()
                .find(|(known, _)| (known.step, known.reason) == (halt.step, halt.reason));
            match known {
                Some((known, _)) => known.count += halt.count,
                None => all.push((*halt, record.replication)),
            }
        }
    }
    all.sort_by_key(|(halt, _)| (halt.step, halt.reason));
    all
}

fn pool_use(setup: &Setup, records: &[Record], pool: usize, alpha: f64) -> PoolSummary {
    let plan = setup.plan();
    let instances = f64::from(setup.world().count(plan.pools[pool].kind));
    let slots = f64::from(plan.pools[pool].slots) * instances;
    let busy = |record: &Record| {
        let end = record.makespan.unwrap_or(Span(record.end.0));
        let had = if plan.pools[pool].shifts.is_empty() {
            slots * micros(end)
        } else {
            plan.slot_time(pool, Instant(end.0)) as f64 * instances
        };
        if had > 0.0 { record.pools[pool].busy as f64 / had } else { 0.0 }
    };
    let wait = |record: &Record| {
        let used = &record.pools[pool];
        if used.admitted > 0 { used.waited as f64 / used.admitted as f64 } else { 0.0 }
    };
    PoolSummary {
        utilisation: estimate(records.iter().map(busy), alpha),
        wait: estimate(records.iter().map(wait), alpha),
        peak: records.iter().map(|record| record.pools[pool].peak).max().unwrap_or(0),
    }
}

fn causes(records: &[Record], alpha: f64) -> Vec<CauseRow> {
    let mut all: Vec<(&Cause, u32, u64, Span)> = Vec::new();
    for record in records {
        for (cause, tenants, longest) in &record.causes {
            all.push((cause, record.replication, *tenants, *longest));
        }
    }
    all.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let row = |chunk: &[(&Cause, u32, u64, Span)]| CauseRow {
        cause: chunk[0].0.clone(),
        share: share(chunk.len() as u64, records.len() as u64, alpha),
        tenants: chunk.iter().map(|row| row.2).sum(),
        longest: chunk.iter().map(|row| row.3).max().unwrap_or(Span(0)),
        first: chunk[0].1,
    };
    let mut rows: Vec<CauseRow> = all.chunk_by(|a, b| a.0 == b.0).map(row).collect();
    rows.sort_by(|a, b| (b.tenants, &a.cause).cmp(&(a.tenants, &b.cause)));
    rows
}
