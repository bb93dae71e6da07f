//! What replications say of the course of a rollout.

use crate::kernel::Setup;
use crate::model::{By, Entity};
use crate::monitor::{Course, Halted, WaveTimes};
use crate::simulate::record::Record;
use crate::simulate::summary::{Estimate, Share, estimate, share};
use crate::units::Instant;

/// The course over all replications.
#[derive(Clone, Debug, PartialEq)]
pub struct CourseSummary {
    /// Rollouts that were halted at least once.
    pub halted: Share,
    /// What halted them, and when, in the order of steps and acts.
    pub halts: Vec<HaltRow>,
    /// Tenants that a halt kept from starting to the end, per run.
    pub never_started: Estimate,
    /// Rollbacks done, per run.
    pub rolled_back: Estimate,
    /// By wave.
    pub waves: Vec<WaveSummary>,
}

/// One cause of halts.
#[derive(Clone, Debug, PartialEq)]
pub struct HaltRow {
    /// What halted the rollout.
    pub by: By,
    /// Replications in which it did.
    pub runs: Share,
    /// When it first did in such a run, in microseconds since the start.
    pub first: Estimate,
    /// How long tenants did not start then, of the halts that ended; `None` if none did.
    pub lasted: Option<Estimate>,
    /// Whose step, reaction or fault it was the first time.
    pub example: Entity,
    /// The first replication in which it occurred.
    pub replication: u32,
}

/// One wave.
#[derive(Clone, Debug, PartialEq)]
pub struct WaveSummary {
    /// Replications in which its turn came.
    pub started: u64,
    /// Replications in which its last tenant was through.
    pub ended: u64,
    /// When its turn came, of those in which it did, in microseconds since the start.
    pub starts: Option<Estimate>,
    /// From then until its last tenant was through, of those in which that was so.
    pub takes: Option<Estimate>,
}

impl CourseSummary {
    pub(super) fn of(setup: &Setup, records: &[Record], alpha: f64) -> CourseSummary {
        let runs = records.len() as u64;
        let mean = |value: &dyn Fn(&Course) -> f64| {
            estimate(records.iter().map(|record| value(&record.course)), alpha)
        };
        let halted = records.iter().filter(|record| !record.course.halts.is_empty()).count();
        let waves = setup.plan().wave_kind().map_or(0, |_| setup.world().waves());
        CourseSummary {
            halted: share(halted as u64, runs, alpha),
            halts: halts(records, alpha),
            never_started: mean(&|course| f64::from(course.never_started)),
            rolled_back: mean(&|course| course.rolled_back as f64),
            waves: (0..waves).map(|wave| WaveSummary::of(records, wave, alpha)).collect(),
        }
    }
}

fn micros(at: Instant) -> f64 {
    at.0 as f64
}

fn some(values: Vec<f64>, alpha: f64) -> Option<Estimate> {
    (!values.is_empty()).then(|| estimate(values.into_iter(), alpha))
}

fn halts(records: &[Record], alpha: f64) -> Vec<HaltRow> {
    let each = |record: &Record| {
        let first = |halt: &&Halted| {
            record.course.halts.iter().find(|other| other.by == halt.by) == Some(*halt)
        };
        let halts = record.course.halts.iter().filter(first);
        halts.map(|halt| (halt.by, record.replication, *halt)).collect::<Vec<_>>()
    };
    let mut all: Vec<(By, u32, Halted)> = records.iter().flat_map(each).collect();
    all.sort_by_key(|&(by, replication, _)| (by, replication));
    let row = |chunk: &[(By, u32, Halted)]| {
        let lasted = |(_, _, halt): &(By, u32, Halted)| Some(halt.until?.since(halt.at).0 as f64);
        HaltRow {
            by: chunk[0].0,
            runs: share(chunk.len() as u64, records.len() as u64, alpha),
            first: estimate(chunk.iter().map(|(_, _, halt)| micros(halt.at)), alpha),
            lasted: some(chunk.iter().filter_map(lasted).collect(), alpha),
            example: chunk[0].2.entity,
            replication: chunk[0].1,
        }
    };
    all.chunk_by(|a, b| a.0 == b.0).map(row).collect()
}

impl WaveSummary {
    fn of(records: &[Record], wave: usize, alpha: f64) -> WaveSummary {
        let times: Vec<WaveTimes> =
            records.iter().map(|record| record.course.waves[wave]).collect();
        let started: Vec<f64> = times.iter().filter_map(|w| w.started.map(micros)).collect();
        let took = |wave: &WaveTimes| Some(wave.ended?.since(wave.started?).0 as f64);
        let ended: Vec<f64> = times.iter().filter_map(took).collect();
        WaveSummary {
            started: started.len() as u64,
            ended: ended.len() as u64,
            starts: some(started, alpha),
            takes: some(ended, alpha),
        }
    }
}
