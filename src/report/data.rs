//! The data of a simulation's report. Times are microseconds; floats carry 9 digits.

use serde::Serialize;

use crate::report::course::CourseData;
use crate::simulate::{End, Estimate, Share};
use crate::statistics::round9;

/// A mean with its interval and the extremes over replications.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeanData {
    /// Mean over replications.
    pub mean: f64,
    /// Lower end of the t interval; `None` below two replications.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Smallest of all replications.
    pub min: f64,
    /// Largest of all.
    pub max: f64,
}

impl From<&Estimate> for MeanData {
    fn from(estimate: &Estimate) -> MeanData {
        MeanData {
            mean: round9(estimate.mean),
            low: estimate.interval.map(|interval| round9(interval.low)),
            high: estimate.interval.map(|interval| round9(interval.high)),
            min: round9(estimate.min),
            max: round9(estimate.max),
        }
    }
}

/// A share of replications with its interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShareData {
    /// Replications in which it happened.
    pub hits: u64,
    /// Replications.
    pub of: u64,
    /// `hits / of`.
    pub share: f64,
    /// Lower end of the Clopper–Pearson interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl From<&Share> for ShareData {
    fn from(share: &Share) -> ShareData {
        ShareData {
            hits: share.hits,
            of: share.of,
            share: round9(share.share),
            low: round9(share.interval.low),
            high: round9(share.interval.high),
        }
    }
}

/// What `cutover simulate` reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SimulateReport {
    /// [`crate::report::FORMAT`].
    pub format: u32,
    /// "simulate".
    pub command: &'static str,
    /// The version that computed it.
    pub version: &'static str,
    /// Name of the scenario.
    pub scenario: String,
    /// Fingerprint of the plan, hexadecimal.
    pub fingerprint: String,
    /// Seed of population and draws.
    pub seed: u64,
    /// Runs.
    pub replications: u32,
    /// Coverage of the intervals.
    pub confidence: f64,
    /// With `--precision`: whether it was reached.
    pub precise: Option<bool>,
    /// "predicted": all that follows is simulated, nothing was observed.
    pub status: &'static str,
    /// How runs ended that did not finish, and who waits for what; `None` if all finished.
    pub unfinished: Option<String>,
    /// The answer in a sentence.
    pub headline: String,
    /// Who could read.
    pub exposure: ExposureData,
    /// Why, most frequent first.
    pub causes: Vec<CauseData>,
    /// Time without access.
    pub downtime: Option<DowntimeData>,
    /// Goals.
    pub goals: Vec<GoalData>,
    /// Whose plan did not end.
    pub halted: HaltedData,
    /// How long it takes.
    pub makespan: Option<MakespanData>,
    /// Waves, halts and rollbacks.
    pub course: CourseData,
    /// How runs ended.
    pub ends: Vec<EndData>,
    /// Slots and waits.
    pub pools: Vec<PoolData>,
    /// What struck.
    pub faults: Vec<FaultData>,
    /// Retries per run.
    pub retries: MeanData,
    /// Exposures kept.
    pub findings: Vec<FindingData>,
    /// Windows that were counted but are not in `exposures.csv`, which holds so many a run.
    pub windows_left_out: u64,
    /// Events over all runs.
    pub events: u64,
    /// Hash over all runs, hexadecimal.
    pub digest: String,
}

/// Who could read, and how much.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExposureData {
    /// Rollouts that exposed anyone.
    pub runs: ShareData,
    /// Rollouts in which somebody was there to read: inside a session, or without needing one.
    pub runs_with_viewers: ShareData,
    /// Tenants with a window, per run.
    pub tenants_with_window: MeanData,
    /// Tenants who could read, per run.
    pub viewers: MeanData,
    /// Tenants on the new system whose data could be read, per run.
    pub exposed_min: MeanData,
    /// Tenants whose data could be read, per run.
    pub exposed: MeanData,
    /// Their mailboxes, per run: an approximate number of records.
    pub records: MeanData,
    /// Expected reads, per run.
    pub expected_reads: MeanData,
    /// Reads of a run as they were drawn, where `expected_reads` is their mean.
    pub sampled_reads: MeanData,
    /// Probability that anybody reads at all.
    pub any_read: MeanData,
    /// Longest window of a run.
    pub longest_us: MeanData,
    /// Exposure time of a run, summed over tenants.
    pub exposure_time_us: MeanData,
    /// By hazard.
    pub hazards: Vec<HazardData>,
}

/// One hazard.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HazardData {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// Windows per run.
    pub windows: MeanData,
    /// Expected reads per run.
    pub reads: MeanData,
}

/// One cause.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CauseData {
    /// In words.
    pub words: String,
    /// The hazard.
    pub hazard: String,
    /// Steps under way when it began.
    pub running: Vec<String>,
    /// Costly faults that had struck.
    pub faults: Vec<String>,
    /// Runs in which it occurred.
    pub runs: ShareData,
    /// Tenants (or groups) concerned, over all runs.
    pub tenants: u64,
    /// Its longest window.
    pub longest_us: u64,
    /// The first replication in which it occurred.
    pub first_replication: u32,
}

/// Time without access.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DowntimeData {
    /// Of a run's median tenant.
    pub median_us: MeanData,
    /// Of a run's worst tenant.
    pub max_us: MeanData,
}

/// One goal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GoalData {
    /// Its name.
    pub name: String,
    /// Missed per run.
    pub missed: MeanData,
}

/// Whose plan did not end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HaltedData {
    /// Own step failed for good, per run.
    pub stopped: MeanData,
    /// Unfinished at the end, per run.
    pub stuck: MeanData,
    /// Where and why.
    pub reasons: Vec<HaltData>,
}

/// One place and reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HaltData {
    /// The step.
    pub step: String,
    /// Why, in words.
    pub reason: &'static str,
    /// How many, over all runs.
    pub count: u64,
    /// The first of them.
    pub example: String,
    /// The run it is from.
    pub replication: u32,
}

/// How long the rollout takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MakespanData {
    /// Runs whose steps all ended; the figures are of these alone.
    pub finished: u64,
    /// Over finished runs.
    pub mean_us: MeanData,
    /// Finished runs.
    pub quantiles: Vec<QuantileData>,
}

/// One quantile.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuantileData {
    /// Which.
    pub q: f64,
    /// The estimate.
    pub estimate_us: u64,
    /// Lower end of the interval from order statistics.
    pub low_us: Option<u64>,
    /// Upper end.
    pub high_us: Option<u64>,
}

/// How many runs ended so.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EndData {
    /// How.
    pub end: End,
    /// How many.
    pub runs: u64,
}

/// One pool.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PoolData {
    /// Its name.
    pub name: String,
    /// Slots of each instance.
    pub slots: u32,
    /// "database" if every database has one.
    pub each: Option<String>,
    /// Share of slot-time in use.
    pub utilisation: MeanData,
    /// Time that requests waited, over requests admitted; means little if not all were served.
    pub wait_us: MeanData,
    /// No run ended with somebody who was not through.
    pub all_served: bool,
    /// Most slots of one instance in use at once.
    pub peak: u32,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaultData {
    /// Its name.
    pub name: String,
    /// 1, or 0 for ordinary misbehaviour.
    pub cost: u8,
    /// Strikes per run.
    pub strikes: MeanData,
}

/// One exposure that was kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindingData {
    /// "first", "longest", "widest".
    pub why: String,
    /// What happened, in a sentence.
    pub sentence: String,
    /// The run it is from.
    pub replication: u32,
    /// Its file in `--out`.
    pub file: String,
}
