//! Replications in parallel, merged in order; and when to stop.

use rayon::prelude::*;

use crate::kernel::Setup;
use crate::simulate::record::Record;
use crate::simulate::summary::Summary;
use crate::statistics::{Moments, clopper_pearson, mean_t};

/// How many replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stopping {
    /// So many.
    Replications(u32),
    /// Until the relative half-width of the intervals of the mean makespan and of the probability
    /// that a rollout exposes anyone is at most this, or the bound is reached.
    Precision {
        /// Relative half-width, in (0, 1).
        relative: f64,
        /// At most so many replications.
        most: u32,
    },
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// How many replications.
    pub stopping: Stopping,
    /// One minus the coverage of the intervals.
    pub alpha: f64,
}

impl Default for Options {
    fn default() -> Options {
        Options { stopping: Stopping::Replications(1000), alpha: 0.05 }
    }
}

/// Replications and what they say.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// In order.
    pub records: Vec<Record>,
    /// All together.
    pub summary: Summary,
    /// With `Stopping::Precision`: whether it was reached.
    pub precise: Option<bool>,
}

/// Windows kept in detail over all replications.
const ROWS_TOTAL: usize = 100_000;
/// Replications run between two looks at the progress; a bound on what is in memory unmerged.
const BATCH: u32 = 256;
/// The first look of `Stopping::Precision`.
const FIRST_LOOK: u32 = 200;
/// Fewer rare events than this say nothing about precision (design, section 5).
const RARE_EVENTS: u64 = 30;

/// Runs replications on the current rayon pool; `progress` is told how many are done.
#[must_use]
pub fn simulate(setup: &Setup, options: Options, progress: &(dyn Fn(u32) + Sync)) -> Campaign {
    let mut records = Vec::new();
    let mut rows = 0;
    let mut alpha = options.alpha;
    let (mut look, most) = match options.stopping {
        Stopping::Replications(count) => (count, count),
        Stopping::Precision { most, .. } => (FIRST_LOOK.min(most), most),
    };
    let precise = loop {
        run_until(setup, look, &mut records, &mut rows, progress);
        let Stopping::Precision { relative, .. } = options.stopping else { break None };
        // Each look spends half of what is left of α, so that all looks together spend at most α
        // (the union bound).
        alpha /= 2.0;
        if precise(&records, relative, alpha) {
            break Some(true);
        }
        if look == most {
            break Some(false);
        }
        look = look.saturating_mul(2).min(most);
    };
    let summary = Summary::of(setup, &records, alpha);
    Campaign { records, summary, precise }
}

fn run_until(
    setup: &Setup,
    count: u32,
    records: &mut Vec<Record>,
    rows: &mut usize,
    progress: &(dyn Fn(u32) + Sync),
) {
    let mut next = u32::try_from(records.len()).expect("fewer than 2^32 replications");
    while next < count {
        let end = count.min(next.saturating_add(BATCH));
        let batch: Vec<Record> = (next..end)
            .into_par_iter()
            .map_init(Option::default, |memory, replication| {
                let record = Record::run_in(memory, setup, replication);
                progress(1);
                record
            })
            .collect();
        for mut record in batch {
            record.rows.truncate(ROWS_TOTAL - *rows);
            *rows += record.rows.len();
            records.push(record);
        }
        next = end;
    }
}

/// Whether both intervals are narrow enough.
fn precise(records: &[Record], relative: f64, alpha: f64) -> bool {
    let n = records.len() as u64;
    let hits = records.iter().filter(|record| record.tenants_with_window > 0).count() as u64;
    if hits < RARE_EVENTS {
        return false;
    }
    let share = hits as f64 / n as f64;
    let interval = clopper_pearson(hits, n, alpha);
    let narrow = |mean: f64, half: f64| half <= relative * mean;
    let mut makespan = Moments::default();
    for record in records.iter().filter_map(|record| record.makespan) {
        makespan.push(record.as_secs_f64());
    }
    if makespan.count() < RARE_EVENTS {
        return false;
    }
    let mean = makespan.mean().unwrap_or(0.0);
    let half = mean_t(mean, makespan.deviation().unwrap_or(0.0), makespan.count(), alpha);
    narrow(share, (interval.high - interval.low) / 2.0)
        && half.is_some_and(|interval| narrow(mean, (interval.high - interval.low) / 2.0))
}
