//! The course of a rollout as data: waves, halts, rollbacks.

use serde::Serialize;

use crate::kernel::Setup;
use crate::model::By;
use crate::report::data::{MeanData, ShareData};
use crate::report::words::Names;
use crate::simulate::CourseSummary;

/// Waves, halts and rollbacks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CourseData {
    /// Rollouts that were halted at least once.
    pub halted: ShareData,
    /// What halted them.
    pub halts: Vec<HaltCauseData>,
    /// Tenants that a halt kept from starting to the end, per run.
    pub never_started: MeanData,
    /// Rollbacks done, per run.
    pub rolled_back: MeanData,
    /// In order.
    pub waves: Vec<WaveData>,
}

/// One cause of halts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HaltCauseData {
    /// The step, reaction or fault.
    pub by: String,
    /// "step", "reaction" or "fault".
    pub what: &'static str,
    /// Runs in which it halted the rollout.
    pub runs: ShareData,
    /// When it first did in such a run.
    pub at_us: MeanData,
    /// For how long, of the halts that ended; `None` if none did.
    pub lasted_us: Option<MeanData>,
    /// Whose it was in the first such run.
    pub example: String,
    /// That run.
    pub replication: u32,
}

/// One wave.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WaveData {
    /// Its name.
    pub name: String,
    /// Its tenants that move.
    pub tenants: u32,
    /// Runs in which its turn came.
    pub started: u64,
    /// Runs in which its last tenant was through.
    pub ended: u64,
    /// When its turn came, of the runs in which it did.
    pub starts_us: Option<MeanData>,
    /// From then until its last tenant was through, of the runs in which it was.
    pub takes_us: Option<MeanData>,
}

/// The data of a course.
pub(super) fn course(setup: &Setup, names: &Names<'_>, course: &CourseSummary) -> CourseData {
    let (plan, world) = (setup.plan(), setup.world());
    let halts = course.halts.iter().map(|halt| {
        let (by, what) = halted_by(names, halt.by);
        HaltCauseData {
            by: by.to_owned(),
            what,
            runs: (&halt.runs).into(),
            at_us: (&halt.first).into(),
            lasted_us: halt.lasted.as_ref().map(Into::into),
            example: world.name(plan, halt.example),
            replication: halt.replication,
        }
    });
    let waves = (0u32..).zip(&course.waves).map(|(index, wave)| {
        let places = world.places(index as usize);
        WaveData {
            name: world.wave_name(plan, index).to_owned(),
            tenants: places.end - places.start,
            started: wave.started,
            ended: wave.ended,
            starts_us: wave.starts.as_ref().map(Into::into),
            takes_us: wave.takes.as_ref().map(Into::into),
        }
    });
    CourseData {
        halted: (&course.halted).into(),
        halts: halts.collect(),
        never_started: (&course.never_started).into(),
        rolled_back: (&course.rolled_back).into(),
        waves: waves.collect(),
    }
}

/// What halts the rollout, by name, and what it is.
pub(super) fn halted_by<'n>(names: &'n Names<'_>, by: By) -> (&'n str, &'static str) {
    match by {
        By::Step(step) => (names.step(step), "step"),
        By::Act(act) => {
            let fault = names.plan.acts[usize::from(act)].fault.is_some();
            (names.act(act), if fault { "fault" } else { "reaction" })
        }
    }
}
